"""The log: dense positions, exact bytes, a tree that anybody can compute again, and a hole is an alarm."""

import datetime as dt
import hashlib
import json

import pytest

from ledger.books.accounts import CloseAccount, OpenAccount, RenameAccount
from ledger.books.ledger import DeclareCurrency
from ledger.codec import Envelope, seal
from ledger.decide import decide, evolve, restore_command
from ledger.errors import Corrupt
from ledger.journal import Receipt, Record
from ledger.merkle import EMPTY_FRONTIER, EMPTY_ROOT, compute_root, hash_leaf
from ledger.sequencer import Order
from ledger.state import OldRecord, State
from ledger.transactions import TOTALS, TransactionPosted
from tests.builders import CHART, credit, debit, post, reverse, transfer
from tests.readmodels.reading import statements_counted
from tests.stores import Books, Outsider, Store


async def written(books: Books) -> list[Receipt]:
    """A bit of everything, in batches of several sizes."""
    receipts = [await books.submit(transfer("5.00", description="Überweisung 🧾", metadata={"n": 1.5}))]
    receipts.append(await books.submit(reverse(receipts[0].id, notes="by mistake"), key="undo"))
    answers = await books.submit_all(
        DeclareCurrency("BEANS", 0),
        OpenAccount("Assets:Beans", number="7", metadata={"where": ["cellar", None]}),
        post(debit("Assets:Beans", "3", "BEANS"), credit("Equity:Opening", "3", "BEANS")),
        RenameAccount("#7", path="Assets:Bohnen"),
        *[Order(transfer(f"{n}.00"), key=f"key-{n}") for n in range(1, 41)],
        CloseAccount("Expenses:Rent"),
    )
    return receipts + [answer for answer in answers if isinstance(answer, Receipt)]


async def test_positions_are_dense_and_every_receipt_names_its_own(store: Store) -> None:
    books = await store.books()
    receipts = await written(books)
    records = await books.records()
    assert [record.position for record in records] == list(range(len(records)))
    at = 1 + len(CHART)
    for receipt in receipts:
        assert receipt.first == at
        assert receipt.position == at + receipt.count - 1
        assert receipt.size == at + receipt.count
        answering = records[receipt.position]
        assert (answering.id, answering.event) == (receipt.id, receipt.event)
        assert answering.recorded_at == receipt.recorded_at
        commands = {record.envelope["command"] for record in records[receipt.first : receipt.size]}
        assert commands == {receipt.command}
        at = receipt.size
    assert at == await books.size()
    assert len({record.id for record in records}) == len(records)


async def test_head_and_root_are_those_of_the_stored_bytes(store: Store, outside: Outsider) -> None:
    books = await store.books()
    for batch in (1, 2, 7, 64):
        await books.submit_all(*[transfer(f"{n}.10") for n in range(1, batch + 1)])
        mine = f"WHERE ledger = {(await books.ledger()).serial}"
        rows = await outside.fetch(f"SELECT record FROM journal {mine} ORDER BY position")
        leaves = [hash_leaf(bytes(record)) for (record,) in rows]
        [(size, frontier, root, recorded_at)] = await outside.fetch(
            f"SELECT size, frontier, root, recorded_at FROM ledgers WHERE uuid = '{books.uuid}'"
        )
        assert size == len(leaves)
        assert bytes(root) == compute_root(leaves)
        assert bytes(frontier) == EMPTY_FRONTIER.extend(leaves).to_bytes()
        assert recorded_at == await outside.value(f"SELECT max(recorded_at) FROM journal {mine}")
        head = (await books.ledger()).head
        assert (head.size, head.root) == (size, compute_root(leaves))
    assert (await books.ledger()).head.root != EMPTY_ROOT


async def test_records_are_read_back_byte_for_byte(store: Store, outside: Outsider) -> None:
    books = await store.books()
    await written(books)
    rows = await outside.fetch(
        "SELECT journal.position, record, data, memo FROM journal LEFT JOIN memos "
        "ON memos.ledger = journal.ledger AND memos.position = journal.position "
        f"WHERE journal.ledger = {(await books.ledger()).serial} ORDER BY journal.position"
    )
    records = await books.records()
    assert [(r.position, r.record, r.data, r.memo) for r in records] == [
        (position, bytes(record), bytes(data), None if memo is None else bytes(memo))
        for position, record, data, memo in rows
    ]
    for record in records:
        envelope = record.envelope
        assert envelope["data_sha256"] == hashlib.sha256(record.data).hexdigest()
        assert envelope["memo_sha256"] == (record.memo and hashlib.sha256(record.memo).hexdigest())
        salt = b"" if record.memo is None else bytes.fromhex(json.loads(record.memo)["salt"])
        assert len(salt) == (0 if record.memo is None else 16)
        again = seal(record.event, _envelope(record), salt)
        assert again == (record.record, record.data, record.memo)
    salts = [json.loads(record.memo)["salt"] for record in records if record.memo]
    assert len(set(salts)) == len(salts)


def _envelope(record: Record) -> Envelope:
    members = record.envelope
    return Envelope(
        ledger=members["ledger"],
        position=members["position"],
        id=members["id"],
        recorded_at=record.recorded_at,
        actor=record.actor,
        request=members["request"],
        command=members["command"],
        key=members["key"],
    )


async def test_the_log_alone_decides_itself_again(store: Store) -> None:
    books = await store.books()
    await written(books)
    state = State()
    for record in await books.records():
        event = record.event
        assert decide(restore_command(event), state, record.recorded_at) == [event]
        evolve(state, event, record.position)
        if isinstance(event, TransactionPosted):
            state.records[record.id] = OldRecord(record.position, event, record.recorded_at, has_memo=True)
    assert await store.journal.read_totals((await books.ledger()).serial) == state[TOTALS]


@pytest.mark.own_database
async def test_reading_stops_at_a_hole(store: Store, outside: Outsider) -> None:
    books = await store.books()
    await books.submit_all(*[transfer("1.00") for _ in range(10)])
    serial = (await books.ledger()).serial
    if outside.is_sqlite:
        await outside.execute("DROP TRIGGER journal_no_delete")
    else:
        await outside.execute("ALTER TABLE journal DISABLE TRIGGER journal_append_only")
    await outside.execute("DELETE FROM journal WHERE position = 9")
    assert [record.position for record in await store.journal.read(serial, 0, 9)] == list(range(9))
    assert [record.position for record in await store.journal.read(serial, 10, 3)] == [10, 11, 12]
    for start in (0, 5, 9):
        with pytest.raises(Corrupt, match="a hole at position 9"):
            await store.journal.read(serial, start, 20)
    await outside.execute("DELETE FROM journal WHERE position >= 15")
    with pytest.raises(Corrupt, match="ends at 15, before its size 17"):
        _ = [record async for record in store.journal.read_range(serial, 10, 17)]


async def test_records_that_fit_are_read_by_one_statement_and_of_others_as_many_as_fit(store: Store) -> None:
    books = await store.books()
    for _ in range(3):
        await books.submit(transfer("5.00"))
    serial, log = (await books.ledger()).serial, await books.records()
    positions = [len(log) - 1, 0, len(log) - 2]
    wanted = [log[position] for position in positions]
    async with store.journal.database.read.connect() as connection:
        journal = store.journal.on(connection)
        async with statements_counted(connection) as sent:
            assert await journal.read_fitting(serial, positions, sum(each.length for each in wanted)) == wanted
            assert len(sent) == 1
        for most, count in ((sum(each.length for each in wanted) - 1, 2), (wanted[0].length, 1), (1, 1)):
            assert await journal.read_fitting(serial, positions, most) == wanted[:count]
        assert await journal.read_fitting(serial, []) == []


@pytest.mark.own_database
async def test_ledgers_in_one_database_know_nothing_of_each_other(store: Store) -> None:
    first, second = await store.books("first"), await store.books("second")
    await first.submit(transfer("5.00"), key="same")
    await second.submit_all(Order(transfer("7.00"), key="same"), transfer("1.00"))
    assert [await each.size() for each in (first, second)] == [9, 10]
    for books in (first, second):
        assert {record.envelope["ledger"] for record in await books.records()} == {books.uuid}
    serials = [(await each.ledger()).serial for each in (first, second)]
    assert {serial: size for serial, (_, size) in (await store.journal.read_extents()).items()} == dict(
        zip(serials, [9, 10], strict=True)
    )
    assert {each.id for each in (await store.journal.list_ledgers())[0]} == {"first", "second"}
    page, following = await store.journal.list_standings("ada", limit=1)
    assert ([each.ledger.id for each in page], following) == (["first"], "first")
    page, following = await store.journal.list_standings("ada", after="first", limit=1)
    assert ([each.ledger.id for each in page], following) == (["second"], None)
    assert await store.journal.list_standings("grace", limit=5) == ([], None)
    assert [await store.journal.count_owned("ada", most=most) for most in (1, 5)] == [1, 2]
    assert await store.journal.find("third") is None


@pytest.mark.own_database
async def test_a_tampered_head_is_named_and_hides_no_other_ledger(store: Store, outside: Outsider) -> None:
    first, second = await store.books("first"), await store.books("second")
    await first.submit(transfer("5.00"))  # nine records: the tree is more than one hash, the root is one
    await outside.execute("UPDATE ledgers SET root = frontier WHERE id = 'first'")
    found, corrupt = await store.journal.list_ledgers()
    assert [each.id for each in found] == ["second"]
    assert len(corrupt) == 1 and first.uuid in corrupt[0].what
    assert [each.ledger.uuid for each in (await store.journal.list_standings("ada", limit=5))[0]] == [second.uuid]
    with pytest.raises(Corrupt):
        await store.journal.find_standing("first", "ada")


async def test_times_and_sizes_map_to_each_other(store: Store) -> None:
    now = dt.datetime.now(dt.UTC)
    moments = iter([now + dt.timedelta(milliseconds=n) for n in range(-3, 3)])
    books = await store.books(clock=lambda: next(moments))
    for _ in range(3):
        await books.submit(transfer("1.00"))
    serial, before = (await books.ledger()).serial, 1 + len(CHART)
    opened = now - dt.timedelta(milliseconds=3)
    assert await store.journal.find_size_at(serial, opened - dt.timedelta(microseconds=1)) == 0
    # The currency's declaration stands before the first transaction.
    for milliseconds, size in [(-3, before), (-2, before + 2), (-1, before + 3), (0, before + 4), (99, before + 4)]:
        assert await store.journal.find_size_at(serial, now + dt.timedelta(milliseconds=milliseconds)) == size
    assert await store.journal.find_recorded_at(serial, before) == opened
    assert await store.journal.find_recorded_at(serial, 0) is None
