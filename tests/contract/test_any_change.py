"""Whatever one member of one document, or one column of one row, is put to: an audit ends with a report.

Every hash is put right after each change, so that only the reading, the rules and the comparisons can tell. Seeds are
printed; `LLMEDGER_TEST_CHANGES` asks for more than a few, and `LLMEDGER_TEST_SEED` repeats them.
"""

import asyncio
import gc
import json
import os
import random
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from api.audit.report import Name, Report
from ledger.merkle import compute_root, hash_leaf
from ledger.notes import LogCheckpoint, SigningKey, make_origin, sign_note
from ledger.store.tables import metadata as journal_metadata
from projections.projection import metadata as projections_metadata
from tests.audited import audit, rich_books
from tests.forging import ODD, Forged, tree_of, write_export
from tests.postgres import PostgresServer
from tests.stores import migrated_url, open_store

CHANGES = int(os.environ.get("LLMEDGER_TEST_CHANGES", "20"))
SEED = int(os.environ.get("LLMEDGER_TEST_SEED", random.randrange(10**6)))
KEY = SigningKey.generate("example.com/books")
"""Printed where a test fails."""


def assert_reported(report: Report, what: str) -> None:
    """The report is whole, can be shown anywhere, and its exit code is one of an audit that was made."""
    assert report.exit_code in (0, 1, 3, 4), what
    text = report.to_text().splitlines()
    assert text[0] == text[-1] == report.verdict, what
    assert text[0].startswith("PASSED: " if report.exit_code == 0 else "FAILED: "), what
    assert all(line.isprintable() for line in text), what
    assert json.loads(json.dumps(report.to_json(), ensure_ascii=False).encode())["exit_code"] == report.exit_code


def assert_found(report: Report, forged: Forged, what: str) -> None:
    """A member of a type that it cannot have is never taken for sound."""
    assert_reported(report, what)
    assert report.exit_code != 0 or not forged.is_of_another_type, what


@dataclass(frozen=True)
class Sound:
    """A database with sound books and read models, and its log."""

    url: str
    uuid: str
    log: Forged


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def sound(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sound]:
    """Made once; every change is made to a copy."""
    for url in migrated_url(request, tmp_path_factory.mktemp("sound")):
        uuid, log = asyncio.run(_filled(url))
        yield Sound(url, uuid, log)


async def _filled(url: str) -> tuple[str, Forged]:
    async with open_store(url) as store:
        books = await rich_books(store, transfers=4)
        records = await books.records()
        ledger = await books.ledger()
        root = compute_root([hash_leaf(each.record) for each in records])
        note = sign_note(LogCheckpoint(make_origin("example.com/books", books.uuid), len(records), root).text, KEY)
        async with store.journal.database.write.begin() as connection:
            values = {"ledger": ledger.serial, "size": len(records), "note": str(note), "vkey": str(KEY.verifier)}
            await connection.execute(journal_metadata.tables["signed_checkpoints"].insert(), values | {"signed_at": 0})
    if url.startswith("sqlite"):
        for name in ("ledger", "ledger-projections"):
            with closing(sqlite3.connect(url.removeprefix("sqlite:///").replace("ledger.db", f"{name}.db"))) as file:
                file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return books.uuid, Forged.of([(each.record, each.data, each.memo) for each in records])


@pytest.fixture
def chance() -> random.Random:
    """What is changed, and to what."""
    return random.Random(SEED)


async def test_a_change_in_an_export_with_every_hash_right_is_reported(
    sound: Sound, chance: random.Random, tmp_path: Path
) -> None:
    for number in range(CHANGES):
        forged = sound.log.changed_somewhere(chance)
        folder = tmp_path / str(number)
        write_export(folder, sound.uuid, forged)
        assert_found(audit(folder), forged, f"seed {SEED}: {forged.what} = {forged.after!r:.100}")
        shutil.rmtree(folder)


async def test_a_change_in_the_head_of_an_export_is_reported(
    sound: Sound, chance: random.Random, tmp_path: Path
) -> None:
    write_export(tmp_path, sound.uuid, sound.log)
    head = json.loads((tmp_path / "head.json").read_text())
    assert audit(tmp_path).exit_code == 0
    for name in (*head, None):
        for odd in [*ODD, 10**15]:
            changed = {"x": odd, **head, name: odd} if name else odd
            (tmp_path / "head.json").write_text(json.dumps(changed))
            report = audit(tmp_path)
            assert_reported(report, f"{name} = {odd!r:.100}")
            assert report.exit_code != 0 or name == "origin" or changed == {"x": odd} | head, (name, odd)
    for raw in (b"", b"\xff", b"[" * 100_000, b"{" + b" " * 10**6):
        (tmp_path / "head.json").write_bytes(raw)
        assert audit(tmp_path).exit_code == 4


# --- databases -------------------------------------------------------------------------------------------------------


@dataclass
class Copy:
    """A copy of a database, in the hands of somebody who may do anything."""

    url: str
    journal: Any
    projections: Any

    @property
    def is_sqlite(self) -> bool:
        return self.url.startswith("sqlite")

    async def run(self, statement: str, *values: Any, projected: bool = False) -> None:
        """Run a statement, whose parameters are `$1` and so on."""
        connection = self.projections if projected else self.journal
        if self.is_sqlite:
            connection.execute(statement.replace("$", "?"), values)
        else:
            await connection.execute(statement, *values)

    async def rows(self, statement: str, *, projected: bool = False) -> list[Any]:
        """What a query finds."""
        connection = self.projections if projected else self.journal
        return list(connection.execute(statement) if self.is_sqlite else await connection.fetch(statement))


@pytest.fixture
async def copies(
    sound: Sound, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Callable[[], Awaitable[Copy]]]:
    """Makes copies without triggers, the one in place of the other."""
    opened: list[Copy] = []

    async def another() -> Copy:
        while opened:
            await closed(opened.pop())
        copied = await _copied(sound, request, tmp_path)
        opened.append(copied)
        return copied

    async def closed(copied: Copy) -> None:
        if copied.is_sqlite:
            copied.journal.close()
            copied.projections.close()
        else:
            await copied.journal.close()
            request.getfixturevalue("postgres").drop_database("any_change")

    yield another
    while opened:
        await closed(opened.pop())


async def _copied(sound: Sound, request: pytest.FixtureRequest, folder: Path) -> Copy:
    if sound.url.startswith("sqlite"):
        files = []
        for name in ("ledger.db", "ledger-projections.db"):
            shutil.copy(Path(sound.url.removeprefix("sqlite:///")).with_name(name), folder / name)
            files.append(sqlite3.connect(folder / name, isolation_level=None))
            files[-1].execute("PRAGMA journal_mode = DELETE")
            files[-1].execute("PRAGMA ignore_check_constraints = ON")
            for (trigger,) in files[-1].execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                files[-1].execute(f"DROP TRIGGER {trigger}")
            files[-1].text_factory = bytes
        return Copy(f"sqlite:///{folder / 'ledger.db'}", *files)
    server: PostgresServer = request.getfixturevalue("postgres")
    url = server.create_database("any_change", template=sound.url.split("/")[3].partition("?")[0])
    connection = await asyncpg.connect(url)
    for (table,) in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
        await connection.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER ALL')
    return Copy(url, connection, connection)


async def write_down(copied: Copy, forged: Forged) -> None:
    """The forged log takes the place of the sound one: nothing in the database tells of another."""
    spelled = forged.spelled()
    for position, (record, data, memo) in enumerate(spelled):
        at = f"WHERE ledger = 1 AND position = {position}"
        await copied.run(f"UPDATE journal SET record = $1, data = $2 {at}", record, data)
        await copied.run(f"UPDATE memos SET memo = $1 {at}", memo)
    tree = tree_of([record for record, _, _ in spelled])
    await copied.run("UPDATE ledgers SET frontier = $1, root = $2", tree.to_bytes(), tree.compute_root())
    await copied.run("DELETE FROM signed_checkpoints")
    for table in projections_metadata.tables:
        await copied.run(f"DELETE FROM {table}", projected=True)


async def test_a_change_in_a_database_with_every_hash_right_is_reported(
    sound: Sound, copies: Any, chance: random.Random
) -> None:
    many = CHANGES if sound.url.startswith("sqlite") else CHANGES // 6
    for number in range(many):
        copied, forged = await copies(), sound.log.changed_somewhere(chance)
        await write_down(copied, forged)
        report = await asyncio.to_thread(audit, copied.url, read_models=number % 3 == 0)
        assert_found(report, forged, f"seed {SEED}: {forged.what} = {forged.after!r:.100}")


SQLITE_ODD = [
    "NULL",
    "-1",
    "0",
    "9223372036854775807",
    "1.5",
    "9e999",
    "''",
    "'x'",
    "'[1'",
    "'[[]]'",
    "CAST(x'ff1b5b324a' AS TEXT)",
    "char(27) || char(8238)",
    "x''",
    "x'00ff'",
    "zeroblob(100000)",
    "'p0035'",
]
POSTGRES_ODD = ["NULL", "-1", "0", "9223372036854775807", "''", "'x'", "'[[]]'", "'NaN'", "'\\x00ff'", "E'\\x1b[2J'"]


def columns_of(tables: Any) -> list[tuple[str, str]]:
    """Every column of these tables that is not which ledger a row belongs to."""
    return [(table.name, column.name) for table in tables for column in table.c if column.name not in UNTOLD]


UNTOLD = ("ledger", "serial", "generation", "added_at")
"""Which rows are meant, and what no log tells."""
MAY_BE_UNKNOWN = {
    ("account_names", "position"),
    ("accounts", "path_at"),
    ("accounts", "label_at"),
    ("accounts", "metadata_at"),
    ("chart_accounts", "path"),
}
"""NULL where it was not kept, or was erased."""
NOT_AUDITED = {"signing", "checkpoints"}


async def test_a_change_of_any_column_is_reported(sound: Sound, copies: Any, chance: random.Random) -> None:
    """Of any type that the database lets in: SQLite's columns take anything."""
    journal, projected = journal_metadata.sorted_tables, projections_metadata.sorted_tables
    columns = [(*each, False) for each in columns_of(journal)] + [(*each, True) for each in columns_of(projected)]
    odd = SQLITE_ODD if sound.url.startswith("sqlite") else POSTGRES_ODD
    many = 2 * CHANGES if sound.url.startswith("sqlite") else CHANGES // 4
    for _ in range(many):
        table, column, of_projections = chance.choice(columns)
        value, copied = chance.choice(odd), await copies()
        rows = await copied.rows(f"SELECT {column} FROM {table}", projected=of_projections)
        if not rows:
            continue
        row = "rowid" if copied.is_sqlite and not without_rowid(copied, table, of_projections) else None
        before = chance.randrange(len(rows))
        place = f" WHERE {row} = (SELECT {row} FROM {table} LIMIT 1 OFFSET {before})" if row else ""
        changed = f"UPDATE {table} SET {column} = {value}{place}"
        with suppress(sqlite3.IntegrityError, asyncpg.PostgresError):
            await copied.run(changed, projected=of_projections)
        after = await copied.rows(f"SELECT {column} FROM {table}", projected=of_projections)
        report = await asyncio.to_thread(audit, copied.url, policy=[KEY.verifier])
        what = f"seed {SEED}: {changed}"
        assert_reported(report, what)
        excused = table in NOT_AUDITED or (value == "NULL" and (table, column) in MAY_BE_UNKNOWN)
        assert report.exit_code != 0 or after == rows or excused, what


def without_rowid(copied: Copy, table: str, projected: bool) -> bool:
    """Whether rows of this table can only be told apart by their keys."""
    try:
        (copied.projections if projected else copied.journal).execute(f"SELECT rowid FROM {table} LIMIT 1")
    except sqlite3.OperationalError:
        return True
    return False


def test_a_damaged_page_of_a_file_is_reported_and_makes_no_noise(
    sound: Sound, chance: random.Random, tmp_path: Path
) -> None:
    """What lies on other pages is checked all the same."""
    if sound.url.startswith("postgresql"):
        return
    names, page = ("ledger.db", "ledger-projections.db"), 4_096
    files = {name: Path(sound.url.removeprefix("sqlite:///")).with_name(name).read_bytes() for name in names}
    places = [(name, at) for name, raw in files.items() for at in range(0, len(raw), page)]
    noise: list[Any] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.unraisablehook", noise.append)
        for name, at in chance.sample(places, min(len(places), CHANGES)):
            for each, raw in files.items():
                (tmp_path / each).write_bytes(raw)
            damaged = bytearray(files[name])
            # SQLite keeps the first hundred bytes of a file apart.
            damaged[at + 100 * (at == 0) : at + page] = chance.randbytes(page - 100 * (at == 0))
            (tmp_path / name).write_bytes(damaged)
            assert_reported(audit(tmp_path / "ledger.db"), f"seed {SEED}: {name} at {at}")
            gc.collect()
    assert noise == []


def test_a_damaged_file_leaves_the_rest_to_be_checked(sound: Sound, tmp_path: Path) -> None:
    """Of the log one page is gone: what is on the others is read, decided and compared."""
    if sound.url.startswith("postgresql"):
        return
    for name in ("ledger.db", "ledger-projections.db"):
        shutil.copy(Path(sound.url.removeprefix("sqlite:///")).with_name(name), tmp_path / name)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as file:
        query = "SELECT pageno FROM dbstat WHERE name = 'journal' AND pagetype = 'leaf' ORDER BY pageno"
        try:
            pages = [page for (page,) in file.execute(query)]
        except sqlite3.OperationalError:
            pytest.skip("this SQLite has no dbstat")
    raw = bytearray((tmp_path / "ledger.db").read_bytes())
    at = (pages[len(pages) // 2] - 1) * 4_096
    raw[at : at + 4_096] = b"\xff" * 4_096
    (tmp_path / "ledger.db").write_bytes(raw)
    report = audit(tmp_path / "ledger.db")
    assert report.exit_code == 4
    lost = [fault for fault in report[Name.LOG].faults if "unreadable" in fault.what]
    assert lost and lost[0].position is not None
    assert report[Name.RULES].status in ("partly checked", "failed")
    assert report[Name.BALANCE].status == "partly checked"
    assert report.balances
