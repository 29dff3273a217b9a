"""`llmedger backup` and `llmedger restore` as an operator calls them."""

import asyncio
import gzip
import json
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ledger.notes import LogCheckpoint
from tests.backups import new_urls
from tests.cli.test_cli import JANUARY, LLMEDGER, Cli, environment_for, own_environment
from tests.cli.test_keys import ORIGIN, receipt_of
from tests.foreign import DRIZZLE, SqliteFile
from tests.http.service import PASSWORD
from tests.postgres import PostgresServer
from tests.stores import ENGINES, outsider

SECONDS_MAX = 60


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """A ledger with some transactions in a SQLite file."""
    return installed(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Both in turn."""
    return str(request.param)


def installed(url: str, folder: Path) -> Cli:
    """An installation with a user, and a ledger with some transactions."""
    cli = Cli({**environment_for(url), "LEDGER_ORIGIN": ORIGIN}, folder)
    cli("migrate")
    cli("user", "add", "ann", "--password-stdin", stdin=f"{PASSWORD}\n")
    cli("ledger", "create", "books", "--owner", "ann", "--currency", "EUR")
    (folder / "january.jsonl").write_text(JANUARY, encoding="utf-8")
    post(cli, "first", "--open-accounts", "--type-map", "Kasse=asset")
    return cli


def post(cli: Cli, source: str, *options: str) -> None:
    """More transactions."""
    cli("import", "january.jsonl", "--ledger", "books", "--source", source, *options)


def at(cli: Cli, url: str) -> Cli:
    """The same operator, with another database."""
    return Cli({**cli.environment, "LEDGER_DATABASE_URL": url}, cli.folder)


def assert_well(cli: Cli) -> None:
    """Guards and balances agree, once the read models have caught up."""
    cli("balances", "--ledger", "books")
    assert cli.json("status")["well"]


# --- what an operator does


def test_a_backup_is_restored_on_another_machine(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    new = new_urls(request, tmp_path, engine)
    cli = installed(new(), tmp_path)
    (head,) = cli.json("ledger", "list")["ledgers"]
    out, _ = cli.spawn("backup", "books.backup")
    assert f"books {head['uuid']}: {head['size']} records, root {head['root']}" in out
    assert "Not in it: the read models, which are built again; the settings" in out
    file = tmp_path / "books.backup"
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(tmp_path.glob(".*")) == [], "nothing else is left"
    elsewhere = at(cli, new())
    out, _ = elsewhere.spawn("restore", "books.backup")
    assert f"books {head['uuid']}: {head['size']} records, root {head['root']}" in out
    assert "built again" in out and "docs/backup.md" in out
    assert elsewhere.json("ledger", "list")["ledgers"] == [head]
    assert elsewhere.json("balances", "--ledger", "books") == cli.json("balances", "--ledger", "books")
    assert elsewhere.json("user", "list") == cli.json("user", "list")
    post(elsewhere, "second")
    assert_well(elsewhere)


def test_read_models_of_what_was_lost_are_built_again(cli: Cli, tmp_path: Path) -> None:
    """The journal's file is lost, the read models' file is still there, and it knows more than the backup."""
    before = cli.json("balances", "--ledger", "books")
    cli("backup", "books.backup")
    post(cli, "lost")
    assert cli.json("balances", "--ledger", "books")["as_of"] != before["as_of"]
    for file in tmp_path.glob("ledger.db*"):
        file.unlink()
    assert (tmp_path / "ledger-projections.db").exists()
    cli("restore", "books.backup")
    assert cli.json("balances", "--ledger", "books") == before
    post(cli, "afterwards")
    assert_well(cli)


def test_read_models_of_other_books_are_built_again(cli: Cli, tmp_path: Path) -> None:
    cli("backup", "books.backup")
    (tmp_path / "other").mkdir()
    other = installed(f"sqlite:///{tmp_path / 'other' / 'ledger.db'}", tmp_path / "other")
    post(other, "more")
    other.json("balances", "--ledger", "books")
    for file in (tmp_path / "other").glob("ledger.db*"):
        file.unlink()
    other("restore", str(tmp_path / "books.backup"))
    assert other.json("balances", "--ledger", "books") == cli.json("balances", "--ledger", "books")
    assert_well(other)


def test_what_programs_are_told(cli: Cli, tmp_path: Path) -> None:
    (head,) = cli.json("ledger", "list")["ledgers"]
    ledgers = [{"id": "books", "uuid": head["uuid"], "size": head["size"], "root": head["root"]}]
    made = cli.json("backup", "books.backup")
    assert made["ledgers"] == ledgers and made["faults"] == []
    assert made["bytes"] == (tmp_path / "books.backup").stat().st_size
    assert made["tables"]["journal"] == head["size"] and made["tables"]["user"] == 1
    assert len(made["not_in_it"]) == 3
    told = at(cli, f"sqlite:///{tmp_path / 'new.db'}").json("restore", "books.backup")
    assert (told["ledgers"], told["tables"], told["made_at"]) == (ledgers, made["tables"], made["made_at"])
    assert len(told["advice"]) == 2


def test_a_stranger_can_read_the_file(cli: Cli, tmp_path: Path) -> None:
    cli("backup", "books.backup")
    lines = [json.loads(line) for line in gzip.decompress((tmp_path / "books.backup").read_bytes()).splitlines()]
    assert lines[0]["format"] == "llmedger backup"
    journal = lines[lines.index({"table": "journal"}) + 1]
    assert json.loads(journal[4])["type"] == "LedgerOpened"


def test_a_backup_goes_through_a_pipe(cli: Cli, tmp_path: Path) -> None:
    made = subprocess.run(
        [LLMEDGER, "backup", "-"], env={**own_environment(), **cli.environment}, cwd=tmp_path, capture_output=True
    )
    assert made.returncode == 0 and b"Not in it" in made.stderr
    environment = at(cli, f"sqlite:///{tmp_path / 'new.db'}").environment
    restored = subprocess.run(
        [LLMEDGER, "restore", "-"], env={**own_environment(), **environment}, input=made.stdout, capture_output=True
    )
    assert restored.returncode == 0, restored.stderr
    assert b"books " in restored.stdout
    assert "leave out --json" in cli.run("backup", "-", "--json", code=2)[1]


def test_a_backup_never_replaces_a_file(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "books.backup"
    file.write_text("mine")
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("books.backup", "link", "."):
        assert "already exists" in cli.run("backup", name, code=1)[1]
    assert file.read_text() == "mine"
    assert "there is no folder nowhere" in cli.run("backup", "nowhere/books.backup", code=1)[1]


def test_where_there_is_no_database_none_is_made(tmp_path: Path) -> None:
    nobody = Cli(environment_for(f"sqlite:///{tmp_path / 'data' / 'ledger.db'}"), tmp_path)
    assert "no such file" in nobody.run("backup", "books.backup", code=1)[1]
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_is_not_up_to_date_makes_no_backup(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").touch()
    nobody = Cli(environment_for(f"sqlite:///{tmp_path / 'ledger.db'}"), tmp_path)
    assert "llmedger migrate" in nobody.run("backup", "books.backup", code=1)[1]
    assert not (tmp_path / "books.backup").exists()


def test_a_file_that_is_no_backup_touches_no_database(cli: Cli, tmp_path: Path) -> None:
    new = at(cli, f"sqlite:///{tmp_path / 'data' / 'new.db'}")
    assert "Nothing was restored" in new.run("restore", "january.jsonl", code=1)[1]
    assert "nowhere" in new.run("restore", "nowhere", code=1)[1]
    assert not (tmp_path / "data" / "new.db").exists()


# --- killed


@contextmanager
def running(cli: Cli, *arguments: str, **options: Any) -> "Iterator[subprocess.Popen[bytes]]":
    """A command that is killed at the end of the block, and gets no chance to do anything about it."""
    process = subprocess.Popen(
        [LLMEDGER, *arguments],
        env={**own_environment(), **cli.environment},
        cwd=cli.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **options,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(SECONDS_MAX)


def wait_until(happened: Callable[[], object]) -> None:
    """Return when it has."""
    deadline = time.monotonic() + SECONDS_MAX
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_backup_that_is_killed_leaves_no_file_under_its_name(cli: Cli, tmp_path: Path) -> None:
    with running(cli, "backup", "books.backup"):
        wait_until(lambda: list(tmp_path.glob(".books.backup.*.part")))
    assert not (tmp_path / "books.backup").exists()
    cli("backup", "books.backup")


def test_a_restore_that_is_killed_leaves_nothing(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    new = new_urls(request, tmp_path, engine)
    cli = installed(new(), tmp_path)
    cli("backup", "books.backup")
    backup = (tmp_path / "books.backup").read_bytes()
    target = at(cli, new())
    with running(target, "restore", "-", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(backup[: len(backup) - 20])
        process.stdin.flush()
        wait_until(lambda: is_writing(target.environment["LEDGER_DATABASE_URL"]))
    assert "up to date" in target.run("ledger", "list", code=1)[1]
    target("restore", "books.backup")
    assert target.json("ledger", "list") == cli.json("ledger", "list")


def is_writing(url: str) -> bool:
    """Whether somebody is in the middle of a transaction that writes to this database."""
    if url.startswith("postgresql"):
        return asyncio.run(_is_in_transaction(url))
    path = Path(url.removeprefix("sqlite:///"))
    if not path.exists():
        return False
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        return False


async def _is_in_transaction(url: str) -> bool:
    async with outsider(url) as outside:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL"
        return bool(await outside.value(query))


# --- PostgreSQL's roles


@pytest.fixture
def role(postgres: PostgresServer) -> Iterator[str]:
    """A role that may log in and nothing else; made before the test's database and dropped after it."""
    postgres.execute("CREATE ROLE somebody LOGIN")
    yield "somebody"
    postgres.execute("DROP ROLE somebody")


@pytest.mark.postgres
def test_a_role_that_may_only_read_makes_backups(role: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = new_urls(request, tmp_path, "postgresql")()
    cli = installed(url, tmp_path)
    reading = at(cli, url.replace("postgres@", f"{role}@"))
    grant(url, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}", f'REVOKE SELECT ON "user", keys FROM {role}')
    told = reading.run("backup", "books.backup", code=1)[1]
    assert f'GRANT SELECT ON "keys", "user" TO {role}' in told
    assert not (tmp_path / "books.backup").exists()
    grant(url, told[told.index("GRANT") :].partition(". ")[0])
    reading("backup", "books.backup")


@pytest.mark.postgres
def test_a_restore_as_the_migrating_role_lets_the_service_serve(
    role: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    cli = installed(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path)
    cli("backup", "books.backup")
    url = new_urls(request, tmp_path, "postgresql")()
    serving = at(cli, url.replace("postgres@", f"{role}@"))
    told = serving.run("restore", "books.backup", code=1)[1]
    assert "permission denied" in told and "LEDGER_MIGRATION_DATABASE_URL" in told
    serving("restore", "books.backup", LEDGER_MIGRATION_DATABASE_URL=url)
    post(serving, "second")
    assert serving.json("balances", "--ledger", "books")["balances"]


def grant(url: str, *statements: str) -> None:
    """Run these as the server's superuser."""

    async def run() -> None:
        async with outsider(url) as outside:
            for statement in statements:
                await outside.execute(statement)

    asyncio.run(run())


# --- what is not in it


def test_a_key_that_has_signed_more_than_was_restored_is_told_of(cli: Cli, tmp_path: Path) -> None:
    key = tmp_path / "key"
    cli("key", "new", str(key))
    receipt_of(cli, 2, key)
    cli("backup", "books.backup")
    same = at(cli, f"sqlite:///{tmp_path / 'same.db'}")
    told = same("restore", "books.backup", LEDGER_SIGNING_KEY=str(key))
    assert "has signed" not in told and f"the signing key {key} and the folder {key}.d" in told
    (head,) = cli.json("ledger", "list")["ledgers"]
    post(cli, "more")
    size = cli.json("ledger", "list")["ledgers"][0]["size"]
    lost = LogCheckpoint.parse(receipt_of(cli, size - 1, key).checkpoint.text)
    old = at(cli, f"sqlite:///{tmp_path / 'old.db'}")
    told = old("restore", "books.backup", LEDGER_SIGNING_KEY=str(key))
    assert f"has signed {size} records of books, and {head['size']} were restored" in told
    advised = told[told.index("llmedger key release") :].split("\n")[0].split()
    assert advised[advised.index("--root") + 1] == lost.root.hex()
    post(old, "other")
    asked = ("proof", "receipt", str(head["size"]), "--ledger", "books")
    assert "Nothing is signed" in old.run(*asked, code=1, LEDGER_SIGNING_KEY=str(key))[1]
    old(*advised[1:])
    elsewhere = at(cli, f"sqlite:///{tmp_path / 'elsewhere.db'}")
    assert "LEDGER_SIGNING_KEY is not set here" in elsewhere("restore", "books.backup")


def test_another_program_keeps_its_users(cli: Cli, tmp_path: Path) -> None:
    frontend = SqliteFile(tmp_path / "frontend.db")
    frontend.script(DRIZZLE)
    out = cli("backup", "books.backup", LEDGER_AUTH_DATABASE_URL=frontend.url)
    assert f"users and sessions, which another program keeps in {frontend.path}" in out
    database = "postgresql://frontend:secret@db.example/frontend"
    out = cli("backup", "second.backup", LEDGER_AUTH_DATABASE_URL=database)
    assert "keeps in frontend on db.example" in out and "secret" not in out


# --- books that differ from their log


def test_books_that_differ_are_saved_with_an_error_and_restored_when_that_is_accepted(cli: Cli, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection, connection:
        connection.execute("UPDATE members SET role = 'viewer'")
    told = cli.run("backup", "books.backup", code=1)[1]
    assert "books: guards: members" in told and "the backup was made" in told
    new = at(cli, f"sqlite:///{tmp_path / 'new.db'}")
    told = new.run("restore", "books.backup", code=1)[1]
    assert "books: guards: members" in told and "--accept" in told
    new("restore", "books.backup", "--accept")
