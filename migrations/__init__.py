"""Alembic migrations for both databases: `journal` (the books, and sign-in) and `projections` (what can be rebuilt).

On PostgreSQL both live in one database, each with a version table of its own; on SQLite in two files.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.store.engine import Database

HERE = Path(__file__).parent.absolute()
BRANCHES = ("journal", "projections")

ROLE_TIMEOUTS: Mapping[str, str] = {
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "10s",
    "statement_timeout": "60s",
}
"""On the database role, so that a frozen holder of a lock loses it within seconds, behind a pooler too."""


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
    DatabaseNewer."""
    for branch, database in (("journal", journal), ("projections", projections)):
        async with migrating(database) as connection:
            await upgrade(connection, branch)
    if not journal.is_sqlite:
        async with migrating(journal) as connection:  # two at once are told "tuple concurrently updated"
            await _set_up_role(connection, service_role)


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
    for setting in ROLE_TIMEOUTS:
        await connection.execute(text(f"SET LOCAL {setting} = 0"))


async def require_current(database: Database, branch: str) -> None:
    """Raises NotMigrated (DatabaseMissing where there is none) or DatabaseNewer unless the database has the schema of
    this version of the program."""
    found = await schema_of(database, branch)
    if (path := database.missing) is not None:
        raise DatabaseMissing(path)
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
    if found is not None and found not in schemas(branch):
        raise DatabaseNewer(found, known_schema(branch))
    return found


def version_table(branch: str) -> str:
    """Where a branch's version is kept."""
    return f"alembic_version_{branch}"


def _upgrade(connection: Connection, branch: str, revision: str) -> None:
    connection.exec_driver_sql("SELECT 1")  # Alembic ends what it finds nobody to have begun by way of SQLAlchemy
    _known_schema(connection, branch)
    command.upgrade(alembic_config(branch, connection), revision)


async def _set_up_role(connection: AsyncConnection, service_role: str | None) -> None:
    me = (await connection.execute(text("SELECT current_user"))).scalar_one()
    role = service_role or me
    for setting, value in ROLE_TIMEOUTS.items():
        await _execute_formatted(
            connection,
            "ALTER ROLE %I IN DATABASE %I SET " + setting + " = %L",
            role,
            await _database(connection),
            value,
        )
    if role != me:
        for grant in (
            "GRANT USAGE ON SCHEMA public TO %I",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %I",
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO %I",
            "REVOKE UPDATE, DELETE ON journal, memos, keys, signed_checkpoints, cosignatures FROM %I",
            "GRANT EXECUTE ON FUNCTION llmedger_erase TO %I",
        ):
            await _execute_formatted(connection, grant, role)


async def _database(connection: AsyncConnection) -> str:
    return str((await connection.execute(text("SELECT current_database()"))).scalar_one())


async def _execute_formatted(connection: AsyncConnection, template: str, *values: str) -> None:
    """Run a statement that takes no parameters, quoted by the server's own format()."""
    named: dict[str, Any] = {f"v{index}": value for index, value in enumerate(values)}
    arguments = ", ".join(f"CAST(:{name} AS text)" for name in named)
    query = text(f"SELECT format(:template, {arguments})")
    statement = (await connection.execute(query, {"template": template, **named})).scalar_one()
    await connection.exec_driver_sql(statement)
