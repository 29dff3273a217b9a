"""A restore takes a sound file and an empty database, and otherwise changes nothing; on both engines."""

import asyncio
import gzip
import io
import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

import migrations
from api.auth.tables import users
from api.backup.files import LINE_BYTES_MAX, BackupRefused
from api.backup.restoring import restore_backup
from ledger.store.urls import read_database_url
from tests.audited import rich_books
from tests.backups import (
    Lines,
    backup_of,
    changed_row,
    disconnect_all,
    lines_of,
    new_urls,
    restored,
    rows_of,
    table_of,
    written,
)
from tests.http.service import run_apart
from tests.stores import ENGINES, migrated, open_databases, open_store, outsider

DEEP = 100_000


@pytest.fixture(params=ENGINES)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Gives databases that nothing was ever done to."""
    return new_urls(request, tmp_path, request.param)


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A sound one of books with everything in them."""
    url = f"sqlite:///{tmp_path_factory.mktemp('original') / 'ledger.db'}"

    async def make() -> bytes:
        await migrated(url)
        async with open_store(url) as store:
            await rich_books(store, transfers=10)
            return await backup_of(store.journal.database)

    return asyncio.run(make())


async def is_untouched(url: str) -> bool:
    """Whether there is no table in a database."""
    async with open_databases(url) as (journal, _):
        if journal.missing is not None:
            return True
        async with journal.read.connect() as connection:
            return await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == []


async def assert_refused(url: str, backup: bytes, reason: str) -> None:
    """The backup is refused in a sentence, and nothing is left of it."""
    with pytest.raises(BackupRefused, match=reason) as refused:
        await restored(url, backup)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 400
    assert await is_untouched(url)


# --- files that are not sound

Change = Callable[[Lines], Any]


def repeat_row(lines: Lines, table: str, number: int, **values: Any) -> None:
    """A row once more, with other values."""
    add_row(lines, table, list(lines[lines.index({"table": table}) + 1 + number]))
    changed_row(lines, table, 0, **values)


def add_row(lines: Lines, table: str, row: list[Any]) -> None:
    """This row too, and the header knows of it."""
    lines.insert(lines.index({"table": table}) + 1, row)
    table_of(lines, table)["rows"] += 1


def drop_row(lines: Lines, table: str, number: int) -> None:
    """One row less, and the header knows of it."""
    del lines[lines.index({"table": table}) + 1 + number]
    table_of(lines, table)["rows"] -= 1


def drop_table(lines: Lines, table: str) -> None:
    """No such table."""
    at = lines.index({"table": table})
    del lines[at : at + 1 + table_of(lines, table)["rows"]]
    lines[0]["tables"].remove(table_of(lines, table))


def add_column(lines: Lines, table: str) -> None:
    """One more column, and a value for it."""
    at = lines.index({"table": table}) + 1
    for row in lines[at : at + table_of(lines, table)["rows"]]:
        row.append(1)
    table_of(lines, table)["columns"].append({"name": "extra", "kind": "integer"})


def rename(lines: Lines, table: str, name: str) -> None:
    """The same table under another name."""
    lines[lines.index({"table": table})]["table"] = name
    table_of(lines, table)["name"] = name


def kind_of_column(lines: Lines, table: str, column: str, kind: str) -> None:
    """The column is said to hold something else."""
    next(each for each in table_of(lines, table)["columns"] if each["name"] == column)["kind"] = kind


def change_facts(lines: Lines, old: str, new: str) -> None:
    """Another text in the facts of the first record that has this one."""
    number, row = next((n, row) for n, row in enumerate(rows_of(lines, "journal")) if old in row["data"])
    changed_row(lines, "journal", number, data=row["data"].replace(old, new))


CHANGES: dict[str, tuple[Change, str]] = {
    # the header
    "format": (lambda lines: lines[0].update(format="tar"), "not a backup"),
    "version": (lambda lines: lines[0].update(version=2), "version 2 of the format, and this program reads 1"),
    "no version": (lambda lines: lines[0].pop("version"), "version None"),
    "unknown member": (lambda lines: lines[0].update(more=1), "header of the backup is wrong at more"),
    "no ledgers": (lambda lines: lines[0].pop("ledgers"), "wrong at ledgers"),
    "a count that is a text": (lambda lines: table_of(lines, "keys").update(rows="4"), "wrong at tables"),
    "a negative count": (lambda lines: table_of(lines, "keys").update(rows=-1), "wrong at tables"),
    "a kind that nobody knows": (lambda lines: kind_of_column(lines, "keys", "first", "float"), "wrong at tables"),
    "a root in another form": (lambda lines: lines[0]["ledgers"][0].update(root="00"), "wrong at ledgers"),
    "another root": (lambda lines: lines[0]["ledgers"][0].update(root="00" * 32), "not those that its header names"),
    "another size": (lambda lines: lines[0]["ledgers"][0].update(size=3), "not those that its header names"),
    "one ledger less": (lambda lines: lines[0]["ledgers"].clear(), "not those that its header names"),
    "a newer program": (lambda lines: lines[0].update(revision="9999"), "too old"),
    "a revision of Alembic's": (lambda lines: lines[0].update(revision="head"), "too old"),
    # tables
    "a table less": (lambda lines: drop_table(lines, "signing"), "table signing is missing"),
    "a table that is none": (lambda lines: rename(lines, "signing", "spy"), "table signing is missing|spy"),
    "the version's table": (lambda lines: rename(lines, "signing", "alembic_version_journal"), "missing|alembic"),
    "a name with a quote": (lambda lines: rename(lines, "signing", 'x" ;'), "wrong at tables"),
    "a table twice": (lambda lines: lines[0]["tables"].append(table_of(lines, "signing")), "an unknown table"),
    "a column more": (lambda lines: add_column(lines, "keys"), "keys in the backup has wrong columns"),
    "a column of another kind": (lambda lines: kind_of_column(lines, "keys", "key", "bytes"), "holds text, not bytes"),
    # rows
    "more rows than said": (lambda lines: table_of(lines, "keys").update(rows=1), "should begin here"),
    "fewer rows than said": (lambda lines: table_of(lines, "keys").update(rows=99), "and the header says 99"),
    "no line before a table": (lambda lines: lines.remove({"table": "keys"}), "should begin here"),
    "an object as a row": (lambda lines: lines.insert(-1, {"a": 1}), "should begin|header says|more rows|checksum"),
    "a row twice": (lambda lines: repeat_row(lines, "journal", 5), "table journal: the database does not take"),
    "a key twice": (lambda lines: repeat_row(lines, "keys", 1), "table keys: the database does not take"),
    "a short row": (lambda lines: lines[lines.index({"table": "keys"}) + 1].pop(), "4 values in 5 columns"),
    "a text for a number": (lambda lines: changed_row(lines, "keys", 0, first="1"), "column first: it is not an int"),
    "true for a number": (lambda lines: changed_row(lines, "keys", 0, first=True), "column first: it is not an int"),
    "a number too large": (lambda lines: changed_row(lines, "keys", 0, first=2**63), "column first: it is not an int"),
    "a number too small": (lambda lines: changed_row(lines, "currencies", 0, scale=2**40), "currencies"),
    "NUL": (lambda lines: changed_row(lines, "members", 0, user_id="a\0b"), "members|differs from them"),
    "a session of nobody": (lambda lines: add_row(lines, "session", ["s", "nobody", 1]), "table session"),
    "a fraction": (lambda lines: changed_row(lines, "keys", 0, first=1.5), "column first: it is not an integer"),
    "no value": (lambda lines: changed_row(lines, "keys", 0, first=None), "table keys: the database does not take"),
    "half a character": (lambda lines: changed_row(lines, "ledgers", 0, name="\ud800"), "column name: .*UTF-8"),
    "odd bytes": (lambda lines: changed_row(lines, "ledgers", 0, frontier={"hex": "0"}), "column frontier"),
    "another object": (lambda lines: changed_row(lines, "ledgers", 0, root={"hex": "00", "x": 1}), "column root"),
    "an odd uuid": (lambda lines: changed_row(lines, "ledgers", 0, uuid="X"), "column uuid"),
    "units with a fraction": (lambda lines: changed_row(lines, "account_totals", 0, debits="1.0"), "column debits"),
    "minus zero": (lambda lines: changed_row(lines, "account_totals", 0, debits="-0"), "column debits"),
    "endless units": (lambda lines: changed_row(lines, "account_totals", 0, debits="9" * 5000), "column debits"),
    # what only an audit finds
    "a record that was changed": (
        lambda lines: change_facts(lines, "5.00", "6.00"),
        "the hash of the body",
    ),
    "a record less": (lambda lines: drop_row(lines, "journal", 7), "log of ledger .* is not complete: position 7"),
    "a memo less": (lambda lines: drop_row(lines, "memos", 0), "position 0: the memo is missing"),
    "a ledger that is not there": (lambda lines: repeat_row(lines, "signing", 0, ledger=9), "signing|differs"),
    "another owner": (lambda lines: changed_row(lines, "members", 1, role="owner", until=None), "differs from them"),
    "other totals": (lambda lines: changed_row(lines, "account_totals", 0, debits="1"), "differs from them"),
    "another name of the ledger": (lambda lines: changed_row(lines, "ledgers", 0, name="x"), "differs from them"),
}


LEFT_TO_THE_DATABASE = ("a row twice", "a key twice", "a number too small", "no value", "NUL", "a session of nobody")


@pytest.mark.parametrize(
    ("new_url", "what"),
    [
        *(("sqlite", what) for what in CHANGES),
        *(pytest.param("postgresql", what, marks=pytest.mark.postgres) for what in LEFT_TO_THE_DATABASE),
    ],
    indirect=["new_url"],
)
async def test_a_file_that_was_changed_is_refused_and_leaves_nothing(
    new_url: Callable[[], str], backup: bytes, what: str
) -> None:
    change, reason = CHANGES[what]
    lines = lines_of(backup)
    if "signing" in reason or "signing" in what:  # a table that has a row
        add_row(lines, "signing", [1, None])
    change(lines)
    await assert_refused(new_url(), written(lines), reason)


FILES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "cut off"),
    "not compressed": (lambda _: b"ledger" * 100, "not a backup"),
    "something else, compressed": (lambda _: gzip.compress(b"ledger\n" * 100), "line 1 of the backup: it is not JSON"),
    "JSON of another kind": (lambda _: gzip.compress(b'[{"a": 1}]\n'), "not a backup"),
    "a database": (lambda _: b"SQLite format 3\0" * 100, "not a backup"),
    "a long line": (lambda _: gzip.compress(b"1" * (LINE_BYTES_MAX + 2)), "line 1 of the backup: it has more than"),
    "deep JSON": (lambda _: gzip.compress(b"[" * DEEP + b"]" * DEEP + b"\n"), "it is not JSON|not a backup"),
    "a long number": (lambda _: gzip.compress(b"9" * DEEP + b"\n"), "it is not JSON|not a backup"),
    "no last line": (lambda backup: gzip.compress(b"".join(plain(backup)[:-1])), "cut off"),
    "another checksum": (
        lambda backup: gzip.compress(b"".join([*plain(backup)[:-1], b'{"end":true,"sha256":"00"}\n'])),
        "the checksum is not",
    ),
    "a changed row": (
        lambda backup: gzip.compress(gzip.decompress(backup).replace(b"Rent", b"Lent")),
        "checksum|whole",
    ),
    "a line after the end": (lambda backup: gzip.compress(gzip.decompress(backup) + b"1\n"), "follows the last line"),
    "twice": (lambda backup: backup * 2, "follows the last line"),
    "bytes after the end": (lambda backup: backup + b"x" * 100, "damaged"),
}


def plain(backup: bytes) -> list[bytes]:
    """The lines as bytes."""
    return gzip.decompress(backup).splitlines(keepends=True)


@pytest.mark.parametrize("new_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("what", FILES)
async def test_a_file_that_is_no_backup_is_refused(new_url: Callable[[], str], backup: bytes, what: str) -> None:
    make, reason = FILES[what]
    await assert_refused(new_url(), make(backup), reason)


@pytest.mark.parametrize("new_url", ["sqlite"], indirect=True)
async def test_a_file_that_was_cut_off_or_damaged_anywhere_is_refused(
    new_url: Callable[[], str], backup: bytes
) -> None:
    url, chance = new_url(), random.Random(7)
    for end in sorted(chance.sample(range(len(backup)), 20)):
        await assert_refused(url, backup[:end], ".")
    for place in sorted(chance.sample(range(10, len(backup)), 20)):
        damaged = bytearray(backup)
        damaged[place] ^= 1 << chance.randrange(8)
        await assert_refused(url, bytes(damaged), ".")
    await restored(url, backup)


# --- databases


async def test_only_an_empty_database_is_restored_into(new_url: Callable[[], str], backup: bytes) -> None:
    url = new_url()
    await migrated(url)
    async with open_store(url) as store, store.journal.database.write.begin() as connection:
        await connection.execute(users.insert().values(id="u", username="ada", password_hash="x"))
    with pytest.raises(BackupRefused, match="not empty: it has rows in user"):
        await restored(url, backup)
    async with open_store(url) as store:
        async with store.journal.database.write.begin() as connection:
            await connection.execute(users.delete())
        assert (await store.journal.list_ledgers()) == ([], [])
    await restored(url, backup)
    with pytest.raises(BackupRefused, match="not empty"):
        await restored(url, backup)


async def test_of_two_restores_at_once_one_is_refused(new_url: Callable[[], str], backup: bytes) -> None:
    url = new_url()
    answers = await asyncio.gather(restored(url, backup), restored(url, backup), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["BackupRefused", "BackupReport"]


async def test_a_restore_that_is_cancelled_leaves_nothing(new_url: Callable[[], str], backup: bytes) -> None:
    url = new_url()
    call = asyncio.get_running_loop().call_soon_threadsafe
    for stage in ("Loading", "Checking"):
        reached = asyncio.Event()

        def told(what: str, _done: int, _total: int, stage: str = stage, reached: asyncio.Event = reached) -> None:
            if what == stage:
                call(reached.set)

        async with open_databases(url) as (journal, _):
            task = asyncio.create_task(restore_backup(journal, io.BytesIO(backup), told))
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert await is_untouched(url)
    await restored(url, backup)


@pytest.mark.parametrize("new_url", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
@pytest.mark.parametrize("stage", ["Loading", "Checking"])
async def test_a_server_that_goes_away_ends_a_restore_with_a_sentence(
    new_url: Callable[[], str], backup: bytes, postgres_url: str, stage: str
) -> None:
    url = new_url()

    def told(what: str, _done: int, _total: int) -> None:
        if what == stage:
            run_apart(partial(disconnect_all, postgres_url, str(read_database_url(url).database)))

    async with open_databases(url) as (journal, _):
        with pytest.raises(BackupRefused, match=r"^the database cannot take the backup: |^the connection .* was lost"):
            await restore_backup(journal, io.BytesIO(backup), told)
    assert await is_untouched(url)
    await restored(url, backup)


@pytest.fixture
def newer_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more migration of the journal than there is."""
    folder = tmp_path / "migrations"
    last = migrations.schemas("journal")[-1]
    shutil.copytree(migrations.HERE, folder)
    (folder / "journal" / "versions" / "9999_newer.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n"
        f"revision = '9999'\ndown_revision = '{last}'\nbranch_labels = depends_on = None\n"
        "def upgrade():\n"
        "    op.add_column('ledgers', sa.Column('color', sa.Text(), server_default='red'))\n"
    )
    monkeypatch.setattr(migrations, "HERE", folder)


@pytest.mark.usefixtures("newer_program")
async def test_a_newer_program_restores_an_older_backup(new_url: Callable[[], str], backup: bytes) -> None:
    url = new_url()
    await restored(url, backup)
    async with outsider(url) as outside:
        assert await outside.fetch("SELECT color FROM ledgers") == [("red",)]
        assert await outside.value("SELECT version_num FROM alembic_version_journal") == "9999"
    await migrated(url)


async def test_a_database_that_is_set_up_for_a_newer_program_takes_no_older_backup(
    new_url: Callable[[], str], backup: bytes, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue("newer_program")
    url = new_url()
    await migrated(url)
    with pytest.raises(BackupRefused, match="set up for a newer one: restore into a new database"):
        await restored(url, backup)
    request.getfixturevalue("monkeypatch").undo()
    with pytest.raises(migrations.DatabaseNewer):
        await restored(url, backup)
