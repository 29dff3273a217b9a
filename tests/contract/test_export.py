"""A log goes out as files and comes in elsewhere, and is the same log: from engine to engine, and back."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from api.audit.report import Name
from api.exchange import exporting, import_of_export
from api.exchange.exporting import ExportRefused, ExportReport, export_ledger
from api.exchange.import_of_export import ExportImported, ExportUnsound
from api.exchange.import_of_export import import_export as import_directory
from ledger.books.accounts import OpenAccount
from ledger.books.erasure import EraseMemo
from ledger.errors import Corrupt, LedgerExists
from ledger.journal import Record
from ledger.merkle import compute_root
from ledger.notes import LogCheckpoint, make_origin
from ledger.tiles import decode_bundle
from tests.audited import WHY, assert_fine, audited, rich_books
from tests.builders import transfer
from tests.contract.test_verify import BESIDE_THE_LOG
from tests.stores import Books, Store, migrated, open_store

ORIGIN = "example.com/books"
PERSON = "Mary Shelley"


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A new SQLite database."""
    url = f"sqlite:///{tmp_path / 'first.db'}"
    asyncio.run(migrated(url))
    return url


async def exported(store: Store, uuid: str, folder: Path) -> ExportReport:
    """An export of the ledger as it is now."""
    ledger = await store.journal.find(uuid)
    assert ledger is not None
    return await export_ledger(store.journal, ledger, folder, origin=ORIGIN)


async def shown(store: Store, uuid: str) -> tuple[bytes, str, object, list[tuple[bytes, bytes, bytes | None]]]:
    """Root, checkpoint text, balances, and every byte of the log."""
    await store.project()
    ledger = await store.journal.find(uuid)
    assert ledger is not None
    head = ledger.head
    records = [each async for each in store.journal.read_range(ledger.serial, 0, head.size)]
    assert compute_root([record.leaf_hash for record in records]) == head.root
    text = LogCheckpoint(make_origin(ORIGIN, uuid), head.size, head.root).text
    return head.root, text, await store.journal.read_totals(ledger.serial), [_bytes(record) for record in records]


def _bytes(record: Record) -> tuple[bytes, bytes, bytes | None]:
    return record.record, record.data, record.memo


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of an export."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def test_from_sqlite_to_postgresql_and_back(sqlite_url: str, fresh_postgres_database: str, tmp_path: Path) -> None:
    third = f"sqlite:///{tmp_path / 'third.db'}"

    async def run() -> None:
        async with open_store(sqlite_url) as store:
            books = await rich_books(store)
            first = await shown(store, books.uuid)
            await exported(store, books.uuid, tmp_path / "one")
        for url, source, target in ((fresh_postgres_database, "one", "two"), (third, "two", "three")):
            await migrated(url)
            async with open_store(url) as store:
                done = await import_directory(store.journal, tmp_path / source)
                assert (done.ledger, done.added) == (books.uuid, len(first[3]))
                assert await shown(store, books.uuid) == first
                await exported(store, books.uuid, tmp_path / target)
            assert_fine(await audited(url))
        assert files_of(tmp_path / "one") == files_of(tmp_path / "two") == files_of(tmp_path / "three")

    asyncio.run(run())


async def test_what_was_answered_once_is_answered_again_elsewhere(store: Store, tmp_path: Path) -> None:
    books = await store.books()
    first = await books.submit(transfer("5.00"), key="sale-1")
    await exported(store, books.uuid, tmp_path / "export")
    url = f"sqlite:///{tmp_path / 'other.db'}"
    await migrated(url)
    async with open_store(url) as other:
        assert (await import_directory(other.journal, tmp_path / "export", id_="second")).id == "second"
        there = Books(other, books.uuid, other.sequencer())
        again = await there.submit(transfer("5.00"), key="sale-1")
        assert (again.id, again.position, again.replayed) == (first.id, first.position, True)
        assert (await there.ledger()).id == "second"
        assert (await there.submit(transfer("1.00"))).position == first.position + 1


# --- exports ---------------------------------------------------------------------------------------------------------


async def test_a_second_run_writes_what_is_new(store: Store, tmp_path: Path) -> None:
    books, folder = await rich_books(store), tmp_path / "export"
    first = await exported(store, books.uuid, folder)
    again = await exported(store, books.uuid, folder)
    assert (again.added, again.files, again.root) == (0, 1, first.root)
    before = {file: file.stat().st_mtime_ns for file in (folder / "tile" / "0").iterdir() if file.is_file()}
    await books.submit_all(*(transfer(f"{n}.00") for n in range(1, 300)))
    more = await exported(store, books.uuid, folder)
    assert (more.added, more.size) == (299, first.size + 299)
    assert all(file.stat().st_mtime_ns == changed for file, changed in before.items()), "full tiles never change"
    assert_fine(await audited(folder), unchecked={Name.SIGNATURES, Name.HISTORY} | BESIDE_THE_LOG)
    afresh = tmp_path / "afresh"
    await exported(store, books.uuid, afresh)
    assert files_of(folder) == files_of(afresh)


async def test_what_is_erased_leaves_the_export(store: Store, tmp_path: Path) -> None:
    books, folder = await store.books(), tmp_path / "export"
    named = await books.submit(transfer("5.00", description=PERSON))
    await books.submit_all(*(transfer(f"{n}.00", description="others") for n in range(1, 300)))
    await exported(store, books.uuid, folder)
    assert any(PERSON.encode() in content for content in files_of(folder).values())
    await books.submit(EraseMemo(named.position, WHY, force=True))
    report = await exported(store, books.uuid, folder)
    assert report.memos_rewritten == 1
    assert not any(PERSON.encode() in content for content in files_of(folder).values())
    lines = (folder / "memos" / "000").read_bytes().split(b"\n")
    around = slice(named.position - 1, named.position + 2)
    assert [line[:5] for line in lines[around]] == [b"", b"null", b'{"des'], "never there, erased, there"
    assert (await audited(folder)).erased == 1


async def test_an_export_that_was_broken_off_goes_on(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "SLICE_RECORDS", 512)
    books, folder = await rich_books(store, transfers=1_500), tmp_path / "export"
    ledger = await books.ledger()

    def pulled(done: int, _total: int) -> None:
        if done > 1_100:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await export_ledger(store.journal, ledger, folder, origin=ORIGIN, told=pulled)
    assert not (folder / "head.json").exists()
    report = await exported(store, books.uuid, folder)
    assert report.added == ledger.head.size - 1_024
    await exported(store, books.uuid, tmp_path / "afresh")
    assert files_of(folder) == files_of(tmp_path / "afresh")


async def test_the_entry_bundles_hold_the_records(store: Store, tmp_path: Path) -> None:
    books, folder = await rich_books(store, transfers=1), tmp_path / "export"
    await exported(store, books.uuid, folder)
    records = await books.records()
    (bundle,) = (folder / "tile" / "entries" / "000.p").iterdir()
    assert decode_bundle(bundle.read_bytes()) == [record.record for record in records]
    (data,), (memos,) = (list((folder / kind / "000.p").iterdir()) for kind in ("data", "memos"))
    assert data.read_bytes() == b"".join(record.data + b"\n" for record in records)
    lines = (record.memo or (b"null" if record.memo_erased else b"") for record in records)
    assert memos.read_bytes() == b"".join(line + b"\n" for line in lines)
    head = json.loads((folder / "head.json").read_bytes())
    assert head == {
        "format": 1,
        "ledger": books.uuid,
        "origin": f"{ORIGIN}/{books.uuid}",
        "size": len(records),
        "root": (await books.ledger()).head.root.hex(),
    }


async def test_a_folder_with_something_else_in_it_is_left_alone(store: Store, tmp_path: Path) -> None:
    books, other = await store.books(), await store.books()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    with pytest.raises(ExportRefused, match="not empty"):
        await exported(store, books.uuid, tmp_path / "full")
    await exported(store, books.uuid, tmp_path / "export")
    with pytest.raises(ExportRefused, match="another ledger"):
        await exported(store, other.uuid, tmp_path / "export")
    next((tmp_path / "export" / "tile" / "0" / "000.p").iterdir()).unlink()
    with pytest.raises(ExportRefused, match="damaged"):
        await exported(store, books.uuid, tmp_path / "export")


async def test_an_export_is_not_continued_with_another_history(store: Store, tmp_path: Path) -> None:
    """As after a backup was put back, and other records were written since."""
    books, folder = await store.books(), tmp_path / "export"
    await books.submit(transfer("5.00"))
    await exported(store, books.uuid, folder)
    shutil.copytree(folder, tmp_path / "kept")
    await books.submit(transfer("6.00"))
    await exported(store, books.uuid, folder)
    url = f"sqlite:///{tmp_path / 'other.db'}"
    await migrated(url)
    async with open_store(url) as other:
        await import_directory(other.journal, tmp_path / "kept")
        there = Books(other, books.uuid, other.sequencer())
        with pytest.raises(ExportRefused, match="has 10 records, but the ledger has only 9"):
            await exported(other, books.uuid, folder)
        await there.submit_all(transfer("7.00"), transfer("8.00"))
        before = (folder / "head.json").read_bytes()
        with pytest.raises(Corrupt, match=r"differs from the exported one|rewritten"):
            await exported(other, books.uuid, folder)
        assert (folder / "head.json").read_bytes() == before


# --- imports ---------------------------------------------------------------------------------------------------------


async def test_a_ledger_that_is_there_is_left_alone(store: Store, tmp_path: Path) -> None:
    books, folder = await store.books(), tmp_path / "export"
    name = (await books.ledger()).id
    await books.submit(transfer("5.00"))
    await exported(store, books.uuid, folder)
    done = await import_directory(store.journal, folder)
    assert (done.added, done.size) == (0, await books.size())
    await books.submit(transfer("6.00"))
    with pytest.raises(LedgerExists):
        await import_directory(store.journal, folder)
    await exported(store, books.uuid, folder)
    url = f"sqlite:///{tmp_path / 'other.db'}"
    await migrated(url)
    async with open_store(url) as other:
        await other.books(name)
        with pytest.raises(LedgerExists, match=name):
            await import_directory(other.journal, folder)
        assert (await import_directory(other.journal, folder, id_="here-too")).id == "here-too"
        found = await other.journal.find("here-too")
        assert found is not None and (found.id, found.opened_as) == ("here-too", name)
    report = await audited(url, "here-too")
    assert report.exit_code == 0
    assert report[Name.GUARDS].notes == [
        f"the ledger has the id here-too, but it was opened as {name}: it was imported with another id"
    ]


async def test_an_import_that_was_broken_off_goes_on(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_of_export, "BATCH_RECORDS", 100)
    books, folder = await rich_books(store), tmp_path / "export"
    first = await shown(store, books.uuid)
    await exported(store, books.uuid, folder)
    url = f"sqlite:///{tmp_path / 'other.db'}"
    await migrated(url)

    def pulled(done: int, _total: int) -> None:
        if done > len(first[3]) + 150:
            raise KeyboardInterrupt

    async with open_store(url) as other:
        with pytest.raises(KeyboardInterrupt):
            await import_directory(other.journal, folder, told=pulled)
        done = await import_directory(other.journal, folder)
        assert 0 < done.added < len(first[3])
        assert await shown(other, books.uuid) == first
    assert_fine(await audited(url))


async def test_a_beginning_is_extended_and_what_was_erased_since_is_erased(store: Store, tmp_path: Path) -> None:
    books, folder = await store.books(), tmp_path / "export"
    named = await books.submit(transfer("5.00", description=PERSON))
    old = await books.submit(OpenAccount(f"Assets:{PERSON}"))
    await exported(store, books.uuid, folder)
    url = f"sqlite:///{tmp_path / 'other.db'}"
    await migrated(url)
    async with open_store(url) as other:
        await import_directory(other.journal, folder)
        await books.submit(EraseMemo(named.position, WHY, force=True))
        assert old.position > named.position
        await exported(store, books.uuid, folder)
        done: ExportImported = await import_directory(other.journal, folder)
        assert done.added == 1
        assert await shown(other, books.uuid) == await shown(store, books.uuid)
    assert_fine(await audited(url))


async def test_an_export_that_is_not_sound_is_not_imported(store: Store, tmp_path: Path) -> None:
    books, folder = await rich_books(store, transfers=3), tmp_path / "export"
    await exported(store, books.uuid, folder)
    (data,) = (folder / "data" / "000.p").iterdir()
    data.write_bytes(data.read_bytes().replace(b'"5.00"', b'"6.00"', 1))
    url = f"sqlite:///{tmp_path / 'other.db'}"
    await migrated(url)
    async with open_store(url) as other:
        with pytest.raises(ExportUnsound, match="nothing was written") as caught:
            await import_directory(other.journal, folder)
        assert caught.value.report.exit_code == 3
        assert await other.journal.list_ledgers() == ([], [])
