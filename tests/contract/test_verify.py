"""An audit of sound books finds nothing wrong, wherever they lie; and says what it could not look at."""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from api.audit import auditing, workers
from api.audit.auditing import verify
from api.audit.open_source import open_source
from api.audit.policy_and_state import StateFile
from api.audit.report import FindingKind, Name, Report
from api.audit.sources import Unusable
from api.exchange.exporting import export_ledger
from ledger.books.accounts import OpenAccount, RenameAccount, UpdateAccount
from ledger.books.erasure import EraseMemo
from ledger.merkle import compute_root
from ledger.notes import LogCheckpoint, SigningKey, make_origin, sign_checkpoint, sign_note
from ledger.store import tables as t
from projections import rebuild as rebuild_module
from projections.rebuild import rebuild_all
from projections.registry import make_projections
from tests.audited import WHY, assert_fine, audit, audited, rich_books
from tests.builders import transfer
from tests.stores import Books, Store, outsider

BESIDE_THE_LOG = {Name.GUARDS, Name.PROJECTION, Name.READ_MODELS}


async def exported(books: Books, folder: Path) -> Path:
    """An export of the ledger."""
    await export_ledger(books.store.journal, await books.ledger(), folder, origin="example.com/books")
    return folder


async def test_a_database_with_everything_in_it_is_fine(store: Store) -> None:
    books = await rich_books(store)
    report = await audited(store.url, books.uuid)
    assert_fine(report)
    ledger = await books.ledger()
    assert (report.size, report.root, report.erased) == (ledger.head.size, ledger.head.root.hex(), 3)
    assert [currency for currency, _, _ in report.balances] == ["EUR", "JPY", "USD"]
    assert all(debits == credits for _, debits, credits in report.balances)
    assert report[Name.RULES].unchecked == ["rules about erased names, for 2 records"]


async def test_an_export_is_fine(store: Store, tmp_path: Path) -> None:
    books = await rich_books(store)
    report = await audited(await exported(books, tmp_path / "export"))
    assert_fine(report, unchecked={Name.SIGNATURES, Name.HISTORY} | BESIDE_THE_LOG)
    assert report.erased == 3


async def test_an_export_that_several_processes_read_is_fine(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "TOGETHER_RECORDS", 1)
    monkeypatch.setattr(workers, "RECORDS_AT_ONCE", 100)  # they share bundles
    folder = await exported(await rich_books(store, transfers=700), tmp_path / "export")
    alone, together = await audited(folder), await audited(folder, processes=2)
    assert together.to_json() == alone.to_json()
    assert together.exit_code == 0


async def test_a_ledger_that_was_just_opened_is_fine(store: Store) -> None:
    books = await store.books(chart=())
    await store.project()
    assert_fine(await audited(store.url, books.uuid))


async def test_a_projection_that_lags_is_compared_with_what_it_reflects(store: Store) -> None:
    books = await rich_books(store, transfers=2)
    size = await books.size()
    await books.submit(transfer("1.00"))
    report = await audited(store.url, books.uuid)
    assert_fine(report)
    for name in (Name.PROJECTION, Name.TILES, Name.READ_MODELS):
        assert f"reflects {size} records of {size + 1}" in report[name].notes[0]


async def test_texts_erased_by_records_that_a_read_model_has_not_reached_are_no_alarm(store: Store) -> None:
    books = await rich_books(store, transfers=2)
    old = await books.submit(OpenAccount("Assets:Of Tilly", label="Tilly", metadata={"who": "Tilly"}))
    named = await books.submit(transfer("2.00", description="for Tilly", metadata={"who": "Tilly"}))
    plain = await books.submit(transfer("3.00", description="for nobody"))
    await store.project()
    await books.submit(RenameAccount(old.position, path="Assets:Of nobody", label="nobody"))
    await books.submit(UpdateAccount(old.position, metadata={}))
    for position in (named.position, old.position):
        await books.submit(EraseMemo(position, WHY, force=True))
    report = await audited(store.url, books.uuid)
    assert_fine(report)
    said = report[Name.READ_MODELS].unchecked
    assert [each.split()[0] for each in said] == ["chart", "register"]
    async with outsider(store.url, projected=True) as outside:
        await outside.execute(f"UPDATE register_transactions SET payee = 'X' WHERE position = {plain.position}")
        await outside.execute(f"UPDATE register_transactions SET number = 99 WHERE position = {named.position}")
    faults = (await audited(store.url, books.uuid))[Name.READ_MODELS].faults
    assert {fault.position for fault in faults} == {plain.position, named.position}
    await store.project()
    assert len((await audited(store.url, books.uuid))[Name.READ_MODELS].faults) == 2


async def test_a_rebuild_is_no_alarm_while_it_runs_nor_after(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    books = await rich_books(store, transfers=300)
    ledger = await books.ledger()
    seen: list[Report] = []

    def look(_done: int, _size: int) -> None:
        with ThreadPoolExecutor(1) as elsewhere:  # an audit has an event loop of its own
            seen.append(elsewhere.submit(audit, store.url, books.uuid).result())

    monkeypatch.setattr(rebuild_module, "SLICE_RECORDS", 200)
    models, log = make_projections(), store.journal
    reports = await rebuild_all(log, store.projections, models, ledger.serial, accept=True, progress=look)
    assert len(seen) == 2
    assert all(each.cut_over for each in reports)
    for report in (*seen, await audited(store.url, books.uuid)):
        assert_fine(report)
    await books.submit(transfer("1.00"))
    await store.project()
    assert_fine(await audited(store.url, books.uuid))


async def test_audits_beside_a_running_service_raise_no_alarm(store: Store) -> None:
    books = await rich_books(store, transfers=2)
    running = asyncio.create_task(store.projector(slice_records=7).run())

    async def posting() -> None:
        for n in range(40):
            posted = await books.submit(transfer("1.00", description=f"of today {n}", metadata={"n": n}))
            if n % 20 == 0:
                await books.submit(EraseMemo(posted.position, WHY, force=True))
            await asyncio.sleep(0.02)

    writing = asyncio.create_task(posting())
    audits = 0
    try:
        while not writing.done() or audits < 3:
            report = await audited(store.url, books.uuid)
            assert not list(report.faults)
            audits += 1
        await writing
    finally:
        running.cancel()
        await asyncio.gather(running, writing, return_exceptions=True)


async def test_read_models_that_nobody_has_begun_are_said_not_to_be_compared(store: Store) -> None:
    books = await store.books()
    report = await audited(store.url, books.uuid)
    unchecked = {Name.SIGNATURES, Name.HISTORY, Name.PROJECTION, Name.TILES, Name.READ_MODELS}
    assert_fine(report, unchecked=unchecked)
    assert f"reflects 0 records of {report.size}" in report[Name.PROJECTION].unchecked[0]


def test_the_auditor_uses_nothing_of_the_service() -> None:
    program = "import sys, api.audit.open_source, api.audit.auditing; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    ours = {name for name in loaded if name.startswith(("api.", "ledger.", "projections", "migrations"))}
    assert {name.split(".")[1] for name in ours if name.startswith("api.")} == {"audit"}
    assert not ours & {"ledger.store", "ledger.sequencer", "projections", "migrations"}
    assert "sqlalchemy" not in loaded and "fastapi" not in loaded


async def test_the_audit_writes_nothing(store: Store, tmp_path: Path) -> None:
    books = await rich_books(store, transfers=2)
    before = await books.ledger()
    await audited(store.url, books.uuid)
    if store.is_sqlite:
        with pytest.raises(Unusable, match="cannot be read"):
            await audited(tmp_path / "nothing.db")
        assert not (tmp_path / "nothing.db").exists()
    assert await books.ledger() == before


# --- which ledger it is ----------------------------------------------------------------------------------------------


async def two_ledgers(store: Store) -> tuple[Books, Books]:
    """Two ledgers, projected."""
    one, other = await store.books(), await store.books()
    for books in (one, other):
        await books.submit(transfer("1.00"))
    await store.project()
    return one, other


async def names(books: Books) -> tuple[str, str, int]:
    """Uuid, id and serial."""
    ledger = await books.ledger()
    return ledger.uuid, ledger.id, ledger.serial


async def swap(store: Store, column: str, one: tuple[int, str], other: tuple[int, str]) -> None:
    """Two rows of `ledgers` exchange a value."""
    spare = "00000000-0000-7000-8000-000000000000"
    async with outsider(store.url) as outside:
        await outside.disarm()
        for serial, value in ((one[0], spare), (other[0], one[1]), (one[0], other[1])):
            await outside.execute(f"UPDATE ledgers SET {column} = '{value}' WHERE serial = {serial}")


@pytest.mark.own_database
async def test_ids_of_two_ledgers_that_were_exchanged_are_found_by_id_and_by_uuid(store: Store, tmp_path: Path) -> None:
    one, other = await two_ledgers(store)
    (uuid, id_, serial), (other_uuid, other_id, other_serial) = await names(one), await names(other)
    for named in (id_, uuid):
        assert (await audited(store.url, named, state=tmp_path / "state.json")).exit_code == 0
    await swap(store, "id", (serial, id_), (other_serial, other_id))
    for named, own, listed in ((other_id, id_, other_id), (uuid, id_, other_id), (other_uuid, other_id, id_)):
        report = await audited(store.url, named)
        assert report.exit_code == FindingKind.BOOKS.value
        assert f"has the id {listed}, but it was opened as {own}" in report.verdict
    history = (await audited(store.url, uuid, state=tmp_path / "state.json"))[Name.HISTORY]
    assert f"had the id {id_} at your last audit, and has the id {other_id} now" in history.faults[0].what


@pytest.mark.own_database
async def test_uuids_of_two_ledgers_that_were_exchanged_are_found_by_id_and_by_uuid(store: Store) -> None:
    one, other = await two_ledgers(store)
    (uuid, id_, serial), (other_uuid, _, other_serial) = await names(one), await names(other)
    await swap(store, "uuid", (serial, uuid), (other_serial, other_uuid))
    for named in (id_, uuid, other_uuid):
        report = await audited(store.url, named)
        assert report.exit_code == FindingKind.TAMPERING.value
        assert any("one of ledger" in fault.what for fault in report[Name.LOG].faults)


@pytest.mark.own_database
async def test_a_ledger_that_took_the_id_of_another_one_is_found_by_who_saw_that_one(
    store: Store, tmp_path: Path
) -> None:
    state = tmp_path / "state.json"
    one, other = await two_ledgers(store)
    (uuid, id_, serial), (other_uuid, _, other_serial) = await names(one), await names(other)
    await audited(store.url, uuid, state=state)
    async with outsider(store.url) as outside:
        await outside.disarm()
        await outside.execute(f"UPDATE ledgers SET id = 'gone' WHERE serial = {serial}")
        await outside.execute(f"UPDATE ledgers SET id = '{id_}' WHERE serial = {other_serial}")
    history = (await audited(store.url, other_uuid, state=state))[Name.HISTORY]
    assert f"at your last audit ledger {uuid} had the id {id_}" in history.faults[0].what
    assert (await audited(store.url, id_)).ledger == other_uuid
    assert (await audited(store.url, id_)).exit_code == FindingKind.BOOKS.value


@pytest.mark.own_database
async def test_a_ledger_whose_row_has_another_id_is_found_by_the_id_that_it_was_opened_with(store: Store) -> None:
    one, _ = await two_ledgers(store)
    uuid, id_, serial = await names(one)
    async with outsider(store.url) as outside:
        await outside.disarm()
        await outside.execute(f"UPDATE ledgers SET id = 'another-{id_}' WHERE serial = {serial}")
        for named in (id_, uuid, f"another-{id_}"):
            report = await audited(store.url, named)
            assert (report.ledger, report.exit_code) == (uuid, FindingKind.BOOKS.value)
            assert f"it was opened as {id_}, and no import with another id is recorded" in report.verdict
        await outside.execute(f"UPDATE ledgers SET opened_as = 'x' WHERE serial = {serial}")
        assert "the source says that it was opened as x" in (await audited(store.url, uuid)).verdict
        await outside.execute("ALTER TABLE ledgers DROP COLUMN opened_as")
    report = await audited(store.url, uuid)
    assert report.exit_code == 0, "a database of before cannot say that it was imported"
    assert f"opened as {id_}: it was imported" in report[Name.GUARDS].notes[0]


# --- signatures and history ------------------------------------------------------------------------------------------


async def signed(books: Books, key: SigningKey, *, size: int | None = None, once: bool = False) -> None:
    """Have a key sign the tree of a size, as the service does; `once`: as it did when it signed under one name."""
    ledger = await books.ledger()
    records = await books.records()
    size = size or ledger.head.size
    root = compute_root([record.leaf_hash for record in records[:size]])
    checkpoint = LogCheckpoint(make_origin("example.com/books", books.uuid), size, root)
    note = sign_note(checkpoint.text, key) if once else sign_checkpoint(checkpoint, key)
    row = {
        "ledger": ledger.serial,
        "size": size,
        "note": str(note),
        "vkey": str(key.verifier),
        "signed_at": time.time_ns() // 1_000,
    }
    async with books.store.journal.database.write.begin() as connection:
        await connection.execute(t.signed_checkpoints.insert(), row)


async def test_signatures_count_only_by_keys_that_the_policy_pins(store: Store) -> None:
    books = await rich_books(store, transfers=2)
    ours, other = SigningKey.generate("example.com/books"), SigningKey.generate("example.com/other")
    without = await audited(store.url, books.uuid, policy=[ours.verifier])
    assert without.exit_code == FindingKind.MISSING.value
    await signed(books, ours, size=7)
    await signed(books, ours)
    fine = await audited(store.url, books.uuid, policy=[ours.verifier, other.verifier])
    assert_fine(fine, unchecked={Name.HISTORY})
    assert fine[Name.SIGNATURES].notes == ["2 signed"]
    assert fine.to_json()["signed"] == {"size": fine.size, "unsigned": 0, "pinned": True}
    for _ in range(3):
        await books.submit(transfer("1.00"))
    behind = await audited(store.url, books.uuid)
    assert behind.to_json()["signed"] == {"size": fine.size, "unsigned": 3, "pinned": False}
    assert without.to_json()["signed"] == {"size": None, "unsigned": without.size, "pinned": True}
    strange = await audited(store.url, books.uuid, policy=[other.verifier])
    assert strange.exit_code == FindingKind.TAMPERING.value and strange.signed is None
    assert strange[Name.SIGNATURES].more == 0 and len(strange[Name.SIGNATURES].faults) == 2


async def test_a_pinned_key_counts_under_its_own_name_and_under_the_origin_then_and_now(store: Store) -> None:
    books = await rich_books(store, transfers=2)
    key, other = SigningKey.generate("example.com/books"), SigningKey.generate("example.com/books")
    await signed(books, key, size=7, once=True)
    await signed(books, key, size=9)
    origin = make_origin("example.com/books", books.uuid)
    for vkey in (key.verifier, key.verifier.rename(origin), key.verifier.rename("example.com/moved")):
        report = await audited(store.url, books.uuid, policy=[vkey])
        assert (report.exit_code, report.signed) == (0, 9), report.verdict
    for vkey in (other.verifier, other.verifier.rename(origin)):
        assert (await audited(store.url, books.uuid, policy=[vkey])).exit_code == FindingKind.TAMPERING.value


async def test_an_export_carries_the_checkpoint_and_the_tiles_of_its_tree(store: Store, tmp_path: Path) -> None:
    books = await rich_books(store)
    key = SigningKey.generate("example.com/books")
    await signed(books, key, size=270)
    folder = await exported(books, tmp_path / "export")
    assert (folder / "tile" / "0" / "001.p" / "14").stat().st_size == 14 * 32
    assert (folder / "tile" / "entries" / "001.p" / "14").exists()
    report = await audited(folder, policy=[key.verifier])
    assert_fine(report, unchecked={Name.HISTORY} | BESIDE_THE_LOG)
    for path in ("tile/0/001.p/14", "tile/1/000.p/1", "tile/entries/001.p/14"):
        raw = (folder / path).read_bytes()
        (folder / path).write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
        assert (await audited(folder)).exit_code == FindingKind.TAMPERING.value, path
        (folder / path).unlink()
        assert (await audited(folder)).exit_code == FindingKind.MISSING.value, path
        (folder / path).write_bytes(raw)


async def test_an_audit_ends_whatever_size_a_head_claims(store: Store, tmp_path: Path) -> None:
    books = await rich_books(store, transfers=2)
    folder = await exported(books, tmp_path / "export")
    head = folder / "head.json"
    head.write_text(json.dumps(json.loads(head.read_text()) | {"size": 10**15}))
    assert (await audited(folder)).exit_code == FindingKind.MISSING.value
    head.write_text(json.dumps(json.loads(head.read_text()) | {"format": 2}))
    other = await audited(folder)
    assert other.exit_code == FindingKind.MISSING.value
    assert "format is 2" in other.verdict


async def test_the_second_visit_is_compared_with_the_first(store: Store, tmp_path: Path) -> None:
    books = await rich_books(store, transfers=2)
    state = tmp_path / "state.json"
    first = await audited(store.url, books.uuid, state=state)
    assert "first audit" in first[Name.HISTORY].unchecked[0]
    await books.submit(transfer("1.00"))
    await store.project()
    second = await audited(store.url, books.uuid, state=state)
    assert_fine(second, unchecked={Name.SIGNATURES})
    assert second[Name.HISTORY].notes[0].startswith(f"extends the {first.size} records")
    assert json.loads(state.read_text())["logs"][books.uuid]["size"] == second.size
    assert not StateFile(state).progress.exists()


async def test_an_audit_that_was_broken_off_goes_on(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = await rich_books(store, transfers=2_000)
    folder, state = await exported(books, tmp_path / "export"), tmp_path / "state.json"
    whole = await audited(folder, state=tmp_path / "other.json")
    monkeypatch.setattr(auditing, "SAVE_RECORDS", 500)
    opened = open_source(str(folder))

    def pulled(done: int, _total: int) -> None:
        if done > 1_200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        verify(opened, state=StateFile(state), told=pulled)
    await books.submit(EraseMemo(whole.size - 5, WHY, force=True))
    await books.submit(transfer("1.00"), key="after")
    await exported(books, folder)
    elsewhere = tmp_path / "elsewhere.json"
    shutil.copy(StateFile(state).progress, StateFile(elsewhere).progress)
    assert (await audited(store.url, books.uuid, state=elsewhere)).resumed_at == 0, "of this source nothing was read"
    again = await audited(folder, state=state)
    assert again.resumed_at == 1_024
    afresh = await audited(folder)
    assert (again.root, again.erased, again.balances) == (afresh.root, 4, afresh.balances)
    assert_fine(again, unchecked={Name.SIGNATURES, Name.HISTORY} | BESIDE_THE_LOG)


async def test_an_audit_begins_again_where_a_projection_stands_before_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    books, state = await rich_books(store, transfers=1_200), StateFile(tmp_path / "state.json")
    monkeypatch.setattr(auditing, "SAVE_RECORDS", 500)

    def pulled(done: int, _total: int) -> None:
        if done >= 1_000:
            raise KeyboardInterrupt

    def broken_off() -> None:
        with closing(open_source(store.url, ledger=books.uuid)) as opened, pytest.raises(KeyboardInterrupt):
            verify(opened, state=state, told=pulled)

    await asyncio.to_thread(broken_off)
    other = Path(shutil.copy(state.progress, tmp_path / "other.json.progress")).with_suffix("")
    assert (await audited(store.url, books.uuid, state=other)).resumed_at == 1_000
    serial = (await books.ledger()).serial
    async with outsider(store.url, projected=True) as outside:
        await outside.execute(
            f"UPDATE checkpoints SET applied = 400 WHERE ledger = {serial} AND projection = 'account_balances'"
        )
    report = await audited(store.url, books.uuid, state=tmp_path / "state.json")
    assert report.resumed_at == 0
    assert any("balances of" in fault.what for fault in report[Name.PROJECTION].faults)


# --- what cannot be verified -----------------------------------------------------------------------------------------


def test_what_is_no_source_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database")
    for source in (tmp_path, tmp_path / "text", tmp_path / "missing", "https://user@host/api/ledgers/x", "http://x"):
        with pytest.raises(Unusable):
            audit(source)


async def test_one_ledger_of_several_has_to_be_named(store: Store) -> None:
    books, other = await store.books(), await store.books()
    with pytest.raises(Unusable, match="name one"):
        await audited(store.url)
    with pytest.raises(Unusable, match="no ledger 'none'"):
        await audited(store.url, "none")
    assert (await audited(store.url, (await other.ledger()).id)).ledger == other.uuid
    assert (await audited(store.url, books.uuid.upper())).ledger == books.uuid
