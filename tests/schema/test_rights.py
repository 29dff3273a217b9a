"""Roles of PostgreSQL that may do no more than they must: what the page gives is enough, what is missing is named."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

from api.auth import tables as auth_tables
from ledger.books.accounts import OpenAccount
from ledger.books.erasure import EraseMemo
from ledger.store import engine, tables
from ledger.store.engine import open_database
from ledger.store.urls import read_database_url
from migrations import BRANCHES, migrate, migrating, require_current
from migrations.rights import SIGN_IN, RightsMissing, require_service_rights, service_rights
from projections import registry
from tests.audited import assert_fine, audited
from tests.builders import reverse, transfer
from tests.postgres import PostgresServer
from tests.stores import Outsider, open_store, outsider, rebuild

PAGE = Path(__file__).parents[2] / "docs" / "postgresql.md"
AUDIT_PAGE = PAGE.with_name("audit.md")


@dataclass(frozen=True)
class Roles:
    """A database of one role's, and two more that may log in; none has a right that was not given."""

    url: str
    owner: str = "ledger_owner"
    service: str = "ledger_service"
    auditor: str = "ledger_auditor"

    def at(self, role: str) -> str:
        """The database as this role reaches it."""
        return self.url.replace("postgresql://postgres@", f"postgresql://{role}@")

    async def migrate(self, *, service: bool = True) -> None:
        """Migrate as the owner."""
        database = open_database(read_database_url(self.at(self.owner)))
        try:
            await migrate(database, database, service_role=self.service if service else None)
        finally:
            await database.close()

    async def require(self) -> None:
        """What `serve` looks at before it starts."""
        database = open_database(read_database_url(self.at(self.service)))
        try:
            for branch in BRANCHES:
                await require_current(database, branch)
            async with database.read.connect() as connection:
                await require_service_rights(connection)
        finally:
            await database.close()


@pytest.fixture
def roles(postgres: PostgresServer) -> Iterator[Roles]:
    """As the page makes them."""
    made = Roles(postgres.url("rights"))
    for role in (made.owner, made.service, made.auditor):
        postgres.execute(f"CREATE ROLE {role} LOGIN")
    postgres.execute(f"CREATE DATABASE rights OWNER {made.owner}")
    yield made
    postgres.drop_database("rights")
    for role in (made.owner, made.service, made.auditor):
        postgres.execute(f"DROP ROLE {role}")


def grants() -> list[str]:
    """The GRANTs that the page lists, for the role that the tests have."""
    block = re.search(r"```sql\n(GRANT USAGE ON SCHEMA.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert block is not None
    return [
        " ".join(each.split()).replace(" books", f" {Roles.service}") for each in block[1].split(";") if each.strip()
    ]


async def books_can_be_kept(url: str) -> None:
    """Write, erase, project and rebuild as the service does."""
    async with open_store(url) as store:
        books = await store.books()
        posted = await books.submit(transfer("5.00", description="x"), key="k")
        await books.submit_all(reverse(posted.id), OpenAccount("Assets:Till"))
        await books.submit(EraseMemo(posted.position, "asked", force=True))
        await store.project()
        ledger = await books.ledger()
        for projection in registry.make_projections():
            assert (await store.reader().read_checkpoints(ledger))[projection.name].applied == await books.size()
            assert (await rebuild(store.journal, store.projections, projection, ledger.serial)).cut_over
        async with store.journal.database.write.begin() as connection:
            await connection.execute(auth_tables.users.insert().values(id="u", username="ada", password_hash="x"))
            await connection.execute(auth_tables.sessions.insert().values(id="s", user_id="u", expires_at=1))
            await connection.execute(auth_tables.sessions.delete())
            await connection.execute(auth_tables.users.delete())


async def test_an_owner_without_any_special_right_lets_the_service_serve(roles: Roles) -> None:
    for _ in range(2):
        await roles.migrate()
        await roles.require()
        await books_can_be_kept(roles.at(roles.service))


async def test_the_service_cannot_touch_the_log_nor_make_or_drop_tables(roles: Roles) -> None:
    await roles.migrate()
    async with outsider(roles.at(roles.service)) as outside:
        for table in tables.APPEND_ONLY:
            for statement in (
                f"UPDATE {table.name} SET ledger = ledger",
                f"DELETE FROM {table.name}",
                f"TRUNCATE {table.name}",
                f"ALTER TABLE {table.name} DISABLE TRIGGER ALL",
                f"DROP TABLE {table.name}",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await outside.execute(statement)
        for statement in (
            "SET session_replication_role = replica",
            "CREATE TABLE mine (n int)",
            "DROP TABLE ledgers",
            "DELETE FROM alembic_version_journal",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await outside.execute(statement)


async def test_a_right_to_change_the_log_that_was_given_by_hand_is_taken_back(roles: Roles) -> None:
    await roles.migrate()
    async with outsider(roles.at(roles.owner)) as owner:
        await owner.execute(f"GRANT UPDATE, DELETE, TRUNCATE ON journal TO {roles.service}")
    await roles.migrate()
    async with outsider(roles.at(roles.service)) as outside:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await outside.execute("DELETE FROM journal")


async def test_other_tables_in_the_same_schema_are_not_the_services(roles: Roles) -> None:
    async with outsider(roles.at(roles.owner)) as owner:
        await owner.execute("CREATE TABLE salaries (n int)")
    await roles.migrate()
    async with outsider(roles.at(roles.service)) as outside:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await outside.execute("SELECT * FROM salaries")


async def test_an_owner_can_migrate_and_serve_alone(roles: Roles) -> None:
    await roles.migrate(service=False)
    await books_can_be_kept(roles.at(roles.owner))
    async with outsider(roles.at(roles.owner)) as outside:
        with pytest.raises(asyncpg.PostgresError, match="append-only"):
            await outside.execute("DELETE FROM journal")


async def test_an_auditor_is_a_third_role(roles: Roles) -> None:
    await roles.migrate()
    await books_can_be_kept(roles.at(roles.service))
    grant = re.search(r"GRANT SELECT ON [^;]*? TO auditor;", AUDIT_PAGE.read_text(), flags=re.DOTALL)
    assert grant is not None
    async with outsider(roles.at(roles.owner)) as owner:
        await owner.execute(grant[0].replace("auditor;", f"{roles.auditor};"))
    assert_fine(await audited(roles.at(roles.auditor)))


# --- exactly what the page says


async def test_the_page_lists_what_migrating_gives(roles: Roles) -> None:
    await roles.migrate(service=False)
    async with outsider(roles.at(roles.owner)) as owner:
        for grant in grants():
            await owner.execute(grant)
    await roles.require()
    await books_can_be_kept(roles.at(roles.service))


@pytest.mark.parametrize("left_out", range(len(grants())), ids=lambda number: grants()[number][:40])
async def test_a_grant_that_was_left_out_is_named(roles: Roles, left_out: int) -> None:
    await roles.migrate(service=False)
    given = grants()
    missing = given.pop(left_out)
    async with outsider(roles.at(roles.owner)) as owner:
        if "SCHEMA" in missing:
            await owner.execute("REVOKE USAGE ON SCHEMA public FROM PUBLIC")
        for grant in given:
            await owner.execute(grant)
    named = re.fullmatch(r"GRANT (.*?) ON (?:(SCHEMA|SEQUENCE|FUNCTION) )?(\w+|\"user\").* TO \w+", missing)
    assert named is not None
    with pytest.raises(Exception, match=named[3].strip('"')) as told:
        await roles.require()
    said = " ".join([str(told.value), *getattr(told.value, "__notes__", [])])
    assert roles.service in said, said
    if isinstance(told.value, RightsMissing):
        assert named[1].partition(",")[0] in said and "docs/postgresql.md" in said, said


def test_the_tables_of_sign_in_are_known_here() -> None:
    assert set(SIGN_IN) == set(auth_tables.metadata.tables)
    named = {right.name for right in service_rights("public")}
    assert named >= {*tables.metadata.tables, *auth_tables.metadata.tables}


# --- what is wrong with the owner


async def is_empty(outside: Outsider) -> bool:
    """Whether nothing was made."""
    found = await outside.fetch("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    return not found


async def test_a_role_that_may_make_no_tables_is_told_so_and_makes_none(roles: Roles, postgres: PostgresServer) -> None:
    postgres.execute("REVOKE CREATE ON SCHEMA public FROM pg_database_owner", database="rights")
    with pytest.raises(RightsMissing, match=f"{roles.owner} lacks CREATE on schema public: .*GRANT USAGE, CREATE"):
        await roles.migrate()
    async with outsider(roles.url) as outside:
        assert await is_empty(outside)


async def test_a_role_that_does_not_own_the_tables_is_told_so(roles: Roles) -> None:
    await roles.migrate()
    async with outsider(roles.url) as outside:
        await outside.execute("ALTER TABLE journal OWNER TO postgres")
    with pytest.raises(RightsMissing, match=f"{roles.owner} lacks ownership on table journal"):
        await roles.migrate()


async def test_a_service_role_that_is_not_there_leaves_nothing_half_made(roles: Roles) -> None:
    database = open_database(read_database_url(roles.at(roles.owner)))
    with pytest.raises(RightsMissing, match=r"there is no role nobody .*CREATE ROLE nobody LOGIN"):
        await migrate(database, database, service_role="nobody")
    await database.close()
    async with outsider(roles.url) as outside:
        assert await is_empty(outside)
    await roles.migrate()
    await roles.require()


async def test_a_schema_of_somebody_elses_is_named_and_nothing_is_left_half_made(
    roles: Roles, postgres: PostgresServer
) -> None:
    postgres.execute("ALTER SCHEMA public OWNER TO postgres", database="rights")
    postgres.execute("REVOKE USAGE ON SCHEMA public FROM PUBLIC", database="rights")
    postgres.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {roles.owner}", database="rights")
    with pytest.raises(
        RightsMissing, match=f"{roles.service} lacks USAGE on schema public: {roles.owner} may not give"
    ):
        await roles.migrate()
    async with outsider(roles.url) as outside:
        assert await is_empty(outside)
    postgres.execute(f"GRANT USAGE ON SCHEMA public TO {roles.service}", database="rights")
    await roles.migrate()
    await roles.require()


async def test_another_schema_will_do(roles: Roles) -> None:
    async with outsider(roles.at(roles.owner)) as owner:
        await owner.execute("CREATE SCHEMA books")
    elsewhere = Roles(f"{roles.url}&options=-csearch_path%3Dbooks")
    await elsewhere.migrate()
    await elsewhere.require()
    await books_can_be_kept(elsewhere.at(roles.service))
    async with outsider(roles.url) as outside:
        assert await is_empty(outside)


async def test_the_command_line_says_which_right_is_missing(roles: Roles, tmp_path: Path) -> None:
    def run(command: str) -> tuple[int, str]:
        environment = {
            "PATH": "/usr/bin:/bin",
            "LEDGER_DATABASE_URL": roles.at(roles.service),
            "LEDGER_MIGRATION_DATABASE_URL": roles.at(roles.owner),
        }
        told = subprocess.run(
            [sys.executable, "-m", "api", command],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return told.returncode, told.stderr

    code, _ = await asyncio.to_thread(run, "migrate")
    assert code == 0
    async with outsider(roles.at(roles.owner)) as owner:
        await owner.execute(f"REVOKE INSERT ON journal FROM {roles.service}")
        await owner.execute(f"REVOKE EXECUTE ON FUNCTION llmedger_erase FROM {roles.service}")
    code, said = await asyncio.to_thread(run, "serve")
    assert code == 1 and said.count("\n") == 1, said
    assert f"the role {roles.service} lacks INSERT on table journal; EXECUTE on function llmedger_erase" in said
    assert "LEDGER_MIGRATION_DATABASE_URL" in said


# --- time-outs


async def test_a_migration_outlasts_the_time_outs_and_waits_for_another(
    fresh_postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in engine.TIMEOUTS:
        monkeypatch.setitem(engine.TIMEOUTS, name, "200ms")
    database = open_database(read_database_url(fresh_postgres_database))
    async with outsider(fresh_postgres_database) as another:
        await another.execute("BEGIN")
        await another.execute("SELECT pg_advisory_xact_lock(hashtext('llmedger migrate'))")
        waiting = asyncio.create_task(migrate(database, database))
        await another.waiters(1)
        await asyncio.sleep(0.4)
        assert not waiting.done()
        await another.execute("COMMIT")
        await waiting
    async with migrating(database) as connection:
        await connection.exec_driver_sql("SELECT pg_sleep(0.4)")
    await database.close()
