"""Alembic migrations for both databases: `journal` (the books, and sign-in) and `projections` (what can be rebuilt).

On PostgreSQL both live in one database, each with a version table of its own; on SQLite in two files.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.store.engine import TIMEOUTS, Database
from migrations.rights import give_service_rights, require_owner, require_schema

HERE = Path(__file__).parent.absolute()
BRANCHES = ("journal", "projections")
REPLACED = {"journal": (), "projections": tuple(f"000{number}" for number in range(1, 8))}
"""Revisions of old versions, by branch. The first revision that there is now drops what they made."""


class NotMigrated(Exception):
    """The database is not up to date: run `llmedger migrate`."""

    def __str__(self) -> str:
        return str(self.__doc__)


class DatabaseMissing(NotMigrated):
    """There is no SQLite file where the database is to be."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return f"no such file: {self.path} (LEDGER_DATABASE_URL); `llmedger migrate` makes the database"


class DatabaseNewer(Exception):
    """A newer version of this program has migrated the database: this one must not touch it."""

    def __init__(self, found: str, known: str) -> None:
        super().__init__(found, known)
        self.found = found
        self.known = known

    def __str__(self) -> str:
        return (
            f"the database is newer than this program: its schema is {self.found}, and this version knows "
            f"{self.known}. Run the version that migrated it, or restore a backup that was made before"
        )


def alembic_config(branch: str, connection: Connection | None = None) -> Config:
    """Alembic's configuration for one branch, without any ini file."""
    config = Config()
    # Alembic reads a percent sign as the beginning of an interpolation.
    config.set_main_option("script_location", str(HERE / branch).replace("%", "%%"))
    config.attributes["branch"] = branch
    config.attributes["connection"] = connection
    return config


async def migrate(journal: Database, projections: Database, *, service_role: str | None = None) -> None:
    """Bring both databases up to date. `service_role`: the PostgreSQL role that the service runs as, where it is not
    the one that migrates; it gets no more rights than it needs. Makes SQLite files that are missing. Raises
    DatabaseNewer and RightsMissing."""
    if journal.is_sqlite:
        for branch, database in (("journal", journal), ("projections", projections)):
            async with migrating(database) as connection:
                await upgrade(connection, branch)
        return
    async with migrating(journal) as connection:  # one transaction: whatever is missing, nothing is left half made
        await require_owner(connection)
        for branch in BRANCHES:
            await upgrade(connection, branch)
        if service_role is not None:
            await give_service_rights(connection, service_role)


@asynccontextmanager
async def migrating(database: Database) -> AsyncIterator[AsyncConnection]:
    """A transaction that may change tables, in a SQLite file that is made where it is missing. Several processes may
    start at once: one migrates, the others wait; SQLite's write lock does the same."""
    database.make_file()
    async with database.write.begin() as connection:
        if not database.is_sqlite:
            await lift_time_outs(connection)
            await connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('llmedger migrate'))"))
        yield connection


async def upgrade(connection: AsyncConnection, branch: str, revision: str = "head") -> None:
    """Bring the tables of a branch up to a revision, in a transaction of `migrating`. Raises DatabaseNewer."""
    await connection.run_sync(_upgrade, branch, revision)


async def lift_time_outs(connection: AsyncConnection) -> None:
    """Let this transaction on PostgreSQL take as long as it needs, whatever its role is set to."""
    for setting in TIMEOUTS:
        await connection.execute(text(f"SET LOCAL {setting} = 0"))


async def require_current(database: Database, branch: str) -> None:
    """Raises NotMigrated (DatabaseMissing where there is none), RightsMissing or DatabaseNewer unless the database has
    the schema of this version of the program."""
    found = await schema_of(database, branch)
    if (path := database.missing) is not None:
        raise DatabaseMissing(path)
    if found is None and not database.is_sqlite:
        async with database.read.connect() as connection:
            await require_schema(connection)
    if found != known_schema(branch):
        raise NotMigrated


async def schema_of(database: Database, branch: str) -> str | None:
    """The revision that the database has; None: it has no tables of ours, or is not there. Raises DatabaseNewer."""
    if database.missing is not None:
        return None
    async with database.read.connect() as connection:
        return await schema_in(connection, branch)


async def schema_in(connection: AsyncConnection, branch: str) -> str | None:
    """The same, as a transaction sees it."""
    return await connection.run_sync(_known_schema, branch)


def known_schema(branch: str) -> str:
    """The newest revision of a branch that this version of the program has."""
    return schemas(branch)[-1]


def schemas(branch: str) -> list[str]:
    """The revisions of a branch that this version of the program has, from the first to the newest."""
    scripts = ScriptDirectory.from_config(alembic_config(branch))
    return [script.revision for script in reversed(list(scripts.walk_revisions()))]


def _known_schema(connection: Connection, branch: str) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": version_table(branch)})
    found = context.get_current_revision()
    if found is not None and found not in (*REPLACED[branch], *schemas(branch)):
        raise DatabaseNewer(found, known_schema(branch))
    return found


def version_table(branch: str) -> str:
    """Where a branch's version is kept."""
    return f"alembic_version_{branch}"


def _upgrade(connection: Connection, branch: str, revision: str) -> None:
    connection.exec_driver_sql("SELECT 1")  # Alembic ends what it finds nobody to have begun by way of SQLAlchemy
    if _known_schema(connection, branch) in REPLACED[branch]:
        connection.execute(text(f"DELETE FROM {version_table(branch)}"))  # noqa: S608  (a name from this file)
    command.upgrade(alembic_config(branch, connection), revision)
