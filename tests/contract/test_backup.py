"""A backup holds everything, is made while others write, and is restored whole or not at all; into either engine."""

import asyncio
import io
import itertools
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import inspect

from api.auth.foreign_tables import make_own_tables
from api.auth.sessions import Sessions
from api.auth.tokens import Tokens
from api.backup.files import BackupRefused
from api.backup.notices import open_journal
from api.backup.restoring import BooksDiffer
from api.backup.saving import save_backup
from api.backup.snapshot import list_saved_tables
from api.proofs.signing import Signer
from api.settings import Settings
from ledger.books.accounts import OpenAccount
from ledger.books.erasure import EraseMemo
from ledger.follow import Wakeup
from ledger.members import MemberRole
from ledger.notes import KeyType, SigningKey, cosign, write_key
from ledger.store import engine, tables
from ledger.store.signed_checkpoints import Checkpoints
from ledger.store.urls import read_database_url
from migrations import BRANCHES, version_table
from projections.projection import metadata as projected_metadata
from tests.audited import assert_fine, audited, rich_books
from tests.backups import backup_of, disconnect_all, lines_of, new_urls, restored, table_of, untold
from tests.builders import credit, debit, post, transfer
from tests.http.service import run_apart
from tests.stores import ENGINES, Books, Outsider, Store, migrated, open_databases, open_store, outsider

pytestmark = pytest.mark.own_database

ODD_TEXT = "'\"\\ \t\n\r\x01\x7f\u2028\ufeff\U0001f600 äöü عربي \u202e%s $1 NULL \\N"
LARGEST = "9" * 38


@pytest.fixture(params=ENGINES)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives databases that nothing was ever done to."""
    return new_urls(request, tmp_path, request.param)


@dataclass(frozen=True)
class Installation:
    """Everything that an installation may hold."""

    store: Store
    books: Books
    token: str
    """Of a session."""
    secret: str
    """Of a program."""
    key: Path


async def installation(store: Store, folder: Path) -> Installation:
    """Books with every event, odd texts and the largest amounts; users, sessions, tokens; a signed checkpoint."""
    books = await rich_books(store, transfers=30)
    await books.submit(
        post(
            debit("Assets:Cash", LARGEST, "JPY", text=ODD_TEXT),
            credit("Equity:Opening", LARGEST, "JPY"),
            description=ODD_TEXT,
            metadata={ODD_TEXT: ODD_TEXT},
        ),
        key="the largest",
    )
    again = post(debit("Assets:Cash", LARGEST, "JPY"), credit("Equity:Opening", LARGEST, "JPY"))
    await books.submit_all(*[again] * 20)  # sums of more than 38 digits
    await store.books("second")
    await store.project()
    database = store.journal.database
    sessions = sessions_of(store)
    user = await sessions.register("ann", "correct horse")
    await sessions.register("bob", ODD_TEXT)
    _, token, _ = await sessions.begin(user)
    await sessions.keep_opening_uuid(user.id, ODD_TEXT, books.uuid)
    _, secret = await Tokens(database).create(books.uuid, user.id, ODD_TEXT, MemberRole.VIEWER, None)
    key = folder / "key"
    write_key(key, SigningKey.generate("example.com/key"))
    await sign(store, books, key)
    return Installation(store, books, token, secret, key)


def sessions_of(store: Store) -> Sessions:
    """Sign-in with our own tables."""
    database = store.journal.database
    return Sessions(make_own_tables(None), database, database)


def signer_of(store: Store, key: Path) -> Signer:
    """A process that has the key."""
    checkpoints = Checkpoints(store.journal.database)
    return Signer(store.journal, store.reader(), checkpoints, key=key, origin="example.com", grown=Wakeup())


async def sign(store: Store, books: Books, key: Path) -> None:
    """A checkpoint with a second signature below it."""
    signed = await signer_of(store, key).sign(books.uuid)
    witness = SigningKey.generate("witness.example", KeyType.COSIGNATURE)
    lines = [
        each for each in cosign(signed.note, witness, time=1_800_000_000).signatures if each.name == "witness.example"
    ]
    serial = (await books.ledger()).serial
    await Checkpoints(store.journal.database).add_signatures(serial, signed.size, lines)


# --- everything, exactly


async def test_a_backup_restores_into_either_engine_without_any_difference(
    store: Store, new_url: Callable[[], str], tmp_path: Path
) -> None:
    there = await installation(store, tmp_path)
    backup = await backup_of(store.journal.database)
    url = new_url()
    report = await restored(url, backup)
    heads, _ = await store.journal.list_ledgers()
    assert {(each.id, each.uuid, each.size, each.root) for each in report.ledgers} == {
        (each.id, each.uuid, each.head.size, each.head.root.hex()) for each in heads
    }
    async with open_databases(url) as (journal, _):
        assert lines_of(await backup_of(journal))[1:] == lines_of(backup)[1:], "not a byte is another one"
    await migrated(url)
    async with open_store(url) as opened:
        await opened.project()
    assert_fine(await audited(url, there.books.uuid))


async def test_what_was_restored_goes_on_as_if_nothing_had_been(
    store: Store, new_url: Callable[[], str], tmp_path: Path
) -> None:
    there = await installation(store, tmp_path)
    posted = transfer("7.00", description="before")
    before = await there.books.submit(posted, key="before")
    url = new_url()
    await restored(url, await backup_of(store.journal.database))
    await migrated(url)
    async with open_store(url) as opened:
        books = Books(opened, there.books.uuid, opened.sequencer())
        again = await books.submit(posted, key="before")
        assert (again.id, again.position, again.replayed) == (before.id, before.position, True)
        await books.submit(transfer("8.00"))
        await books.submit_all(OpenAccount("Assets:New"), EraseMemo(before.position, "asked", force=True))
        assert await books.size() == await there.books.size() + 3
        new = await opened.books("third")
        serials = [each.serial for each in (await opened.journal.list_ledgers())[0]]
        assert (await new.ledger()).serial == max(serials) and len(set(serials)) == 3
        await opened.project()
        sessions = sessions_of(opened)
        assert await sessions.find(there.token) is not None
        assert (await sessions.sign_in("ann", "correct horse"))[0].username == "ann"
        assert (await sessions.sign_in("bob", ODD_TEXT))[0].username == "bob"
        assert await Tokens(opened.journal.database).find(there.secret) is not None
        await signer_of(opened, there.key).sign(books.uuid)
        async with outsider(url) as outside:
            for table in tables.APPEND_ONLY:
                for change in (f"UPDATE {table.name} SET ledger = ledger", f"DELETE FROM {table.name}"):
                    with pytest.raises((asyncpg.PostgresError, sqlite3.Error), match=r"append-only|rewritten"):
                        await outside.execute(change)
    assert_fine(await audited(url, there.books.uuid))


async def test_every_table_of_the_journals_database_is_in_a_backup(store: Store) -> None:
    database = store.journal.database
    async with database.read.connect() as connection:
        found = set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))
    there = found - set(projected_metadata.tables) - {version_table(branch) for branch in BRANCHES}
    assert len(there) > 15
    lines = lines_of(await backup_of(database))
    assert {table["name"] for table in lines[0]["tables"]} == there
    for table in list_saved_tables():
        assert [column["name"] for column in table_of(lines, table.name)["columns"]] == list(table.c.keys())


async def test_an_installation_without_any_ledger_can_be_restored(store: Store, new_url: Callable[[], str]) -> None:
    await sessions_of(store).register("ann", "correct horse")
    url = new_url()
    report = await restored(url, await backup_of(store.journal.database))
    assert report.ledgers == []
    async with open_store(url) as opened:
        assert await sessions_of(opened).find_user_named("ann") is not None


# --- while others write


async def test_posting_goes_on_while_a_backup_is_made_and_the_backup_is_of_one_moment(
    store: Store, other: Store, new_url: Callable[[], str]
) -> None:
    books = await rich_books(store, transfers=200)
    writing = Books(other, books.uuid, other.sequencer())
    sizes: list[int] = []
    begun = asyncio.Event()

    async def write() -> None:
        for number in itertools.count():
            await writing.submit(transfer("1.00"), key=f"while {number}")
            sizes.append(await writing.size())
            begun.set()

    task = asyncio.create_task(write())
    await begun.wait()
    size_before, written_before = await books.size(), len(sizes)
    backup = await backup_of(store.journal.database)
    written_meanwhile = len(sizes) - written_before
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert written_meanwhile > 0, "the writer waited for the backup"
    [ledger] = (await restored(url := new_url(), backup)).ledgers
    assert size_before <= ledger.size < await books.size()
    records = await books.records()
    async with open_store(url) as opened:
        same = Books(opened, books.uuid, opened.sequencer())
        assert [each.record for each in await same.records()] == [each.record for each in records[: ledger.size]]


@pytest.mark.parametrize("url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize("stage", ["Checking", "Writing"])
async def test_a_server_that_goes_away_ends_a_backup_with_a_sentence(
    store: Store, postgres_url: str, stage: str
) -> None:
    await rich_books(store, transfers=10)
    name = str(read_database_url(store.url).database)

    def told(what: str, _done: int, _total: int) -> None:
        if what == stage:
            run_apart(partial(disconnect_all, postgres_url, name))

    with pytest.raises(BackupRefused, match=r"^the database cannot be read: |^the connection to the database was lost"):
        await save_backup(store.journal.database, io.BytesIO(), told)


@pytest.mark.parametrize("url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
async def test_a_backup_waits_as_long_as_it_must(
    store: Store, outside: Outsider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limits of a serving process are not those of a backup."""
    await rich_books(store, transfers=10)
    monkeypatch.setattr(engine, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(engine, "TIMEOUTS", dict.fromkeys(engine.TIMEOUTS, "200ms"))
    await outside.execute("BEGIN")
    await outside.execute("LOCK TABLE keys IN ACCESS EXCLUSIVE MODE")
    async with open_journal(Settings(database_url=store.url, _env_file=None)) as journal:
        waiting = asyncio.create_task(backup_of(journal))
        await outside.waiters(1)
        await asyncio.sleep(0.5)
        assert not waiting.done()
        await outside.execute("ROLLBACK")
        await waiting


# --- a database that is not sound


async def forced(outside: Outsider, *statements: str) -> None:
    """Past every trigger, as whoever owns the database can."""
    if outside.is_sqlite:
        names = [name for (name,) in await outside.fetch("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in names:
            await outside.execute(f"DROP TRIGGER {name}")
    else:
        for table in (*tables.APPEND_ONLY, tables.ledgers):
            await outside.execute(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
    for statement in statements:
        await outside.execute(statement)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DELETE FROM journal WHERE position = 5", "position 5: this record is missing"),
        ("UPDATE journal SET data = (SELECT data FROM journal WHERE position = 8) WHERE position = 9", "position 9"),
        ("UPDATE journal SET record = data WHERE position = 3", "position 3"),
        ("DELETE FROM memos WHERE position = 0", "position 0: the memo is missing"),
        ("UPDATE ledgers SET size = size + 1", "is missing"),
        ("UPDATE ledgers SET root = frontier", "a row of the table ledgers"),
    ],
)
async def test_a_log_that_is_not_whole_makes_no_backup(
    store: Store, outside: Outsider, statement: str, reason: str
) -> None:
    await rich_books(store, transfers=10)
    await forced(outside, statement)
    file = io.BytesIO()
    with pytest.raises(BackupRefused, match=reason):
        await save_backup(store.journal.database, file, untold)


async def test_books_that_differ_from_their_log_are_saved_and_restored_only_when_that_is_accepted(
    store: Store, outside: Outsider, new_url: Callable[[], str]
) -> None:
    books = await rich_books(store, transfers=10)
    await forced(outside, "UPDATE members SET role = 'owner'", "UPDATE account_totals SET debits = credits")
    file = io.BytesIO()
    report = await save_backup(store.journal.database, file, untold)
    assert len(report.faults) > 2 and all("guards" in fault or "balance" in fault for fault in report.faults)
    url = new_url()
    with pytest.raises(BooksDiffer) as refused:
        await restored(url, file.getvalue())
    assert sorted(refused.value.faults) == sorted(report.faults)
    accepted = await restored(url, file.getvalue(), accept=True)
    assert sorted(accepted.faults) == sorted(report.faults)
    async with open_store(url) as opened:
        assert await Books(opened, books.uuid, opened.sequencer()).size() == await books.size()


async def test_rows_of_a_ledger_that_is_not_there_are_found(store: Store, outside: Outsider) -> None:
    await rich_books(store, transfers=10)
    await forced(outside, "INSERT INTO counters (ledger, series, year, last) VALUES (77, 'A', 2024, 3)")
    report = await save_backup(store.journal.database, io.BytesIO(), untold)
    assert report.faults == ["the table counters has rows of a ledger that is not there"]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
async def test_a_value_of_another_type_makes_no_backup(store: Store, outside: Outsider) -> None:
    """SQLite's columns take everything."""
    await rich_books(store, transfers=10)
    await outside.execute("INSERT INTO opening_keys VALUES ('u', x'00ff', 'no uuid')")
    with pytest.raises(BackupRefused, match="table opening_keys, column key: it is not a text"):
        await save_backup(store.journal.database, io.BytesIO(), untold)
