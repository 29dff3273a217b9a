"""Group commit: answers only after COMMIT, refusals alone, all or nothing where asked for, and a fixed cost a batch."""

import asyncio
import datetime as dt
import gc
import itertools
import re
from typing import Any

import pytest

import ledger.sequencer
from ledger.books.accounts import AccountOpened, CloseAccount, OpenAccount, RenameAccount, ReopenAccount, UpdateAccount
from ledger.books.ledger import UpdateLedger
from ledger.books.members import GrantRole
from ledger.codec import Actor
from ledger.dates import to_micros
from ledger.decide import decide
from ledger.errors import (
    AccountExists,
    AccountIsClosed,
    AlreadyReversed,
    Busy,
    ClockBehind,
    Forbidden,
    LedgerMissing,
    NotFound,
    PreconditionFailed,
    Rejected,
    Unbalanced,
    UnknownAccount,
)
from ledger.journal import Receipt
from ledger.members import MemberRole
from ledger.sequencer import Clock, Order, make_uuid, utc_now
from ledger.slices import Command
from ledger.transactions import TransactionPosted
from tests.builders import CHART, credit, debit, post, reverse, transfer
from tests.readmodels.reading import writing_counted
from tests.stores import CLERK, Books, Outsider, Store, outsider

UNBALANCED = post(debit("Assets:Cash", "5.00"), credit("Equity:Opening", "4.00"))


def receipts(answers: list[Any]) -> list[Receipt]:
    """The answers, all of them receipts."""
    assert all(isinstance(answer, Receipt) for answer in answers), answers
    return answers


# --- answers


async def test_nothing_of_a_refused_command_waits_for_garbage_to_be_looked_for(store: Store) -> None:
    books = await store.books()

    async def refused() -> None:
        with pytest.raises(Unbalanced):
            await books.submit(UNBALANCED, key="refused")
        with pytest.raises(Unbalanced):
            await books.submit_all(Order(UNBALANCED, "refused"), atomic=True)

    gc.disable()
    try:
        await refused()
        assert not [each for each in gc.get_objects() if isinstance(each, Order) and each.key == "refused"]
    finally:
        gc.enable()


async def test_a_receipt_is_given_when_everybody_else_can_see_the_record(store: Store, url: str) -> None:
    books = await store.books()
    async with outsider(url) as outside:
        for n in range(1, 6):
            receipt = await books.submit(transfer(f"{n}.00"))
            found = await outside.fetch(f"SELECT position FROM journal WHERE id = '{receipt.id}'")
            assert found == [(receipt.position,)]
            assert await outside.value(f"SELECT size FROM ledgers WHERE uuid = '{books.uuid}'") == receipt.size


async def test_nobody_is_answered_before_the_head_lock_is_free(store: Store, outside: Outsider) -> None:
    books = await store.books()
    async with outside.holding_head(books.uuid):
        waiting = asyncio.create_task(books.submit(transfer("5.00")))
        await outside.waiters(1)
        assert not waiting.done()
        assert await outside.value(f"SELECT size FROM ledgers WHERE uuid = '{books.uuid}'") == 1 + len(CHART)
    assert (await waiting).size == await books.size()


async def test_what_comes_while_a_batch_waits_joins_it(store: Store, outside: Outsider) -> None:
    books = await store.books()
    async with outside.holding_head(books.uuid):
        first = asyncio.create_task(books.submit(transfer("1.00")))
        await outside.waiters(1)
        others = [asyncio.create_task(books.submit(transfer("2.00"))) for _ in range(20)]
        await asyncio.sleep(0)
    answers = await asyncio.gather(first, *others)
    assert len({answer.recorded_at for answer in answers}) == 1, "one batch has one time"
    assert sorted(answer.position for answer in answers) == list(range(answers[0].position, answers[0].position + 21))


async def test_a_caller_that_goes_away_does_not_take_the_write_along(store: Store, outside: Outsider) -> None:
    books = await store.books()
    async with outside.holding_head(books.uuid):
        gone = asyncio.create_task(books.submit(transfer("5.00", description="gone"), key="gone"))
        queued = asyncio.create_task(books.submit(transfer("6.00", description="queued")))
        await outside.waiters(1)
        for task in (gone, queued):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    await books.sequencer.close()
    texts = [record.event.memo.description for record in await transactions(books)]
    assert texts == ["gone", "queued"]
    assert (await books.submit(transfer("5.00", description="gone"), key="gone")).replayed


async def transactions(books: Books) -> list[Any]:
    """The records of all transactions."""
    return [record for record in await books.records() if isinstance(record.event, TransactionPosted)]


async def test_what_a_record_says_of_its_writing_is_what_was_said(store: Store) -> None:
    books = await store.books()
    actor, request = Actor("token", "t-1", "ada"), make_uuid()
    receipt = await books.sequencer.submit(books.uuid, transfer("5.00"), actor=actor, key="k", request=request)
    envelope = (await books.records())[receipt.position].envelope
    assert envelope["actor"] == {"type": "token", "id": "t-1", "for": "ada"}
    assert (envelope["request"], envelope["key"], envelope["command"]) == (request, "k", receipt.command)
    assert envelope["recorded_at"].endswith("Z")
    assert len(envelope["recorded_at"]) == len("2026-01-01T00:00:00.000000Z")


# --- refusals


async def test_a_refused_command_spares_its_neighbours(store: Store) -> None:
    books = await store.books()
    answers = await books.submit_all(
        transfer("1.00"),
        UNBALANCED,
        transfer("2.00"),
        post(debit("Assets:Nowhere", "5.00"), credit("Equity:Opening", "5.00")),
        OpenAccount("Assets:Cash"),
        transfer("3.00"),
    )
    assert [type(answer) for answer in answers] == [
        Receipt,
        Unbalanced,
        Receipt,
        UnknownAccount,
        AccountExists,
        Receipt,
    ]
    written = receipts([answers[0], answers[2], answers[5]])
    assert [answer.first for answer in written][1:] == [answer.size for answer in written][:-1]
    assert [answer.event.number for answer in written if isinstance(answer.event, TransactionPosted)] == [1, 2, 3]
    assert await books.size() == written[-1].size


async def test_callers_in_one_batch_do_not_see_each_others_refusals(store: Store, outside: Outsider) -> None:
    books = await store.books()
    async with outside.holding_head(books.uuid):
        tasks = [
            asyncio.create_task(books.submit(command))
            for command in (transfer("1.00"), UNBALANCED, transfer("2.00"), reverse(make_uuid()))
        ]
        await outside.waiters(1)
    good, unbalanced, better, nothing = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(good, Receipt) and isinstance(better, Receipt)
    assert isinstance(unbalanced, Unbalanced)
    assert isinstance(nothing, NotFound)


@pytest.mark.parametrize(
    "command",
    [
        reverse("no uuid at all"),
        reverse("\0"),
        post(debit("Assets:\0Cash", "5.00"), credit("Equity:Opening", "5.00")),
        post(debit("Assets:\ud800Cash", "5.00"), credit("Equity:Opening", "5.00")),
        post(debit(10**30, "5.00"), credit("Equity:Opening", "5.00")),
        post(debit(-1, "5.00"), credit("Equity:Opening", "5.00")),
        CloseAccount("\0"),
        OpenAccount("Assets:\0"),
        OpenAccount("Assets:X", number="\0"),
    ],
    ids=lambda command: type(command).__name__,
)
async def test_a_name_that_nothing_can_have_is_refused_like_any_other(store: Store, command: Command) -> None:
    books = await store.books(patience_seconds=1.0)
    answers = await books.submit_all(transfer("1.00"), command, transfer("2.00"))
    assert [isinstance(answer, Rejected) for answer in answers] == [False, True, False]


async def test_a_ledger_that_is_not_there_refuses(store: Store) -> None:
    books = await store.books()
    with pytest.raises(LedgerMissing):
        await books.sequencer.submit(make_uuid(), transfer("5.00"), actor=CLERK)


async def test_a_refusal_is_not_remembered(store: Store) -> None:
    books = await store.books()
    later = post(debit("Assets:Later", "5.00"), credit("Equity:Opening", "5.00"))
    with pytest.raises(UnknownAccount):
        await books.submit(later, key="k")
    await books.submit(OpenAccount("Assets:Later"))
    assert not (await books.submit(later, key="k")).replayed


async def test_a_precondition_is_checked_under_the_lock(store: Store, outside: Outsider) -> None:
    books = await store.books()
    account = (await books.submit(OpenAccount("Assets:Till"))).position

    def label(text: str) -> "asyncio.Task[Receipt]":
        command = RenameAccount(account, label=text)
        submitted = books.sequencer.submit(books.uuid, command, actor=CLERK, unchanged_since=[account])
        return asyncio.create_task(submitted)

    async with outside.holding_head(books.uuid):
        both = [label("mine"), label("yours")]
        await outside.waiters(1)
    first, second = await asyncio.gather(*both, return_exceptions=True)
    assert isinstance(first, Receipt)
    assert isinstance(second, PreconditionFailed)


# --- together


async def test_a_group_is_written_whole(store: Store) -> None:
    books = await store.books()
    answers = receipts(await books.submit_all(transfer("1.00"), transfer("2.00"), atomic=True))
    assert answers[1].first == answers[0].size


async def test_a_group_that_is_refused_leaves_no_trace(store: Store, outside: Outsider) -> None:
    books = await store.books()
    before = await everything(outside, books)
    with pytest.raises(Unbalanced) as caught:
        await books.submit_all(
            OpenAccount("Assets:Till", number="1234"),
            Order(post(debit("Assets:Till", "5", "JPY"), credit("Equity:Opening", "5", "JPY")), key="in group"),
            CloseAccount("Expenses:Rent"),
            UNBALANCED,
            atomic=True,
        )
    assert caught.value.index == 3
    assert await everything(outside, books) == before


async def everything(outside: Outsider, books: Books) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of this ledger in all tables that writing touches."""
    serial = (await books.ledger()).serial
    log = ["journal", "memos", "keys"]
    guards = ["account_names", "accounts", "account_totals", "currencies", "counters", "reversals"]
    asked = {"ledgers": "serial"} | dict.fromkeys(log + guards, "ledger")
    return {
        table: sorted(await outside.fetch(f"SELECT * FROM {table} WHERE {column} = {serial}"), key=repr)
        for table, column in asked.items()
    }


async def test_a_group_fails_with_the_place_of_its_first_refusal(store: Store, outside: Outsider) -> None:
    books = await store.books()
    async with outside.holding_head(books.uuid):
        before = asyncio.create_task(books.submit(transfer("1.00"), key="before"))
        await outside.waiters(1)
        group = asyncio.create_task(
            books.submit_all(
                OpenAccount("Assets:Till", number="1234"),
                Order(post(debit("Assets:Till", "5", "JPY"), credit("Equity:Opening", "5", "JPY")), key="in group"),
                UNBALANCED,
                OpenAccount("Assets:Cash"),
                atomic=True,
            )
        )
        after = asyncio.create_task(books.submit(transfer("2.00"), key="in group"))
        await asyncio.sleep(0)
    with pytest.raises(Unbalanced) as caught:
        await group
    assert caught.value.index == 2
    first, second = await before, await after
    assert not second.replayed, "the key of a group that was refused is free"
    assert second.first == first.size
    assert [type(record.event) for record in (await books.records())[first.size :]] == [TransactionPosted]
    rows = await everything(outside, books)
    assert not [row for row in rows["account_names"] if "Assets:Till" in row or "#1234" in row]
    assert not [row for row in rows["currencies"] if "JPY" in row]


async def test_an_account_is_opened_and_posted_to_in_one_batch(store: Store) -> None:
    books = await store.books()
    for atomic in (False, True):
        path = f"Assets:New:{atomic}"
        opened, posted, _, again, closed = receipts(
            await books.submit_all(
                OpenAccount(path, number=f"9{atomic}"),
                post(debit(path, "5.00"), credit("Equity:Opening", "5.00")),
                RenameAccount(path, path=f"{path}:Renamed"),
                post(
                    debit(f"#9{atomic}", "-5.00"),
                    credit(f"{path}:Renamed", "-5.00"),
                    debit(path, "-5.00"),
                    debit("Equity:Opening", "5.00"),
                ),
                CloseAccount(f"#9{atomic}"),
                atomic=atomic,
            )
        )
        assert isinstance(opened.event, AccountOpened)
        assert isinstance(posted.event, TransactionPosted) and isinstance(again.event, TransactionPosted)
        assert {line.account for line in again.event.postings} == {opened.position, posted.event.postings[1].account}
        assert closed.position == await books.size() - 1
        with pytest.raises(AccountIsClosed):
            await books.submit(post(debit(path, "5.00"), credit("Equity:Opening", "5.00")))
        await books.submit(ReopenAccount(path))


async def test_a_transaction_is_reversed_once_also_within_a_batch(store: Store) -> None:
    books = await store.books()
    posted = await books.submit(transfer("5.00"))
    first, second = await books.submit_all(reverse(posted.id), reverse(posted.id))
    assert isinstance(first, Receipt)
    assert isinstance(second, AlreadyReversed)
    with pytest.raises(AlreadyReversed) as caught:
        await books.submit(reverse(posted.id))
    assert caught.value.position == first.position
    await books.submit(reverse(first.id))


async def test_document_numbers_have_no_gap_per_series_and_year(store: Store, other: Store) -> None:
    books = await store.books()
    elsewhere = books.by(other.sequencer())
    commands: list[Command] = []
    for number, (year, series) in enumerate(itertools.product((2023, 2024), ("A", "B"))):
        commands += [transfer("1.00", on=f"{year}-05-17", series=series)] * (number + 1)
        commands.append(post(debit("Assets:Cash", "1.00"), credit("Equity:Opening", "9.00"), on=f"{year}-05-17"))
    both = (books, elsewhere)
    await asyncio.gather(*(each.submit_all(*commands) for each in both), *(each.submit(commands[0]) for each in both))
    numbers: dict[tuple[int, str], list[int]] = {}
    for record in await transactions(books):
        numbers.setdefault((record.event.date.year, record.event.series), []).append(record.event.number)
    assert {key: len(found) for key, found in numbers.items()} == {
        (2023, "A"): 4,
        (2023, "B"): 4,
        (2024, "A"): 6,
        (2024, "B"): 8,
    }
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


# --- limits


async def test_a_full_queue_refuses_and_a_bulk_larger_than_the_queue_still_fits(
    store: Store, outside: Outsider
) -> None:
    books = await store.books(queue_commands_max=20)
    small = books.by(store.sequencer(queue_commands_max=3))
    async with outside.holding_head(books.uuid):
        running = asyncio.create_task(small.submit(transfer("1.00")))
        await outside.waiters(1)
        bulk = asyncio.create_task(small.submit_all(*[transfer("2.00")] * 5))
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await small.submit(transfer("3.00"))
    assert len(receipts(await bulk)) == 5
    assert (await running).size == await books.size() - 5
    assert isinstance(await small.submit(transfer("3.00")), Receipt), "there is room again"


async def test_a_batch_is_no_larger_than_its_limit(store: Store, outside: Outsider) -> None:
    books = await store.books()
    small = books.by(store.sequencer(batch_commands_max=4))
    async with outside.holding_head(books.uuid):
        tasks = [asyncio.create_task(small.submit(transfer("1.00"))) for _ in range(11)]
        await outside.waiters(1)
    times = [(await task).recorded_at for task in tasks]
    assert [len(list(batch)) for _, batch in itertools.groupby(times)] == [4, 4, 3]


# --- clocks


YEARS = 86_400 * 365 * 5


def off_by(seconds: int) -> Clock:
    """A clock that is wrong by so much."""
    return lambda: utc_now() + dt.timedelta(seconds=seconds)


@pytest.mark.parametrize("seconds", [61, -61, YEARS])
async def test_a_clock_that_is_not_the_databases_writes_nothing(store: Store, seconds: int) -> None:
    """SQLite has no clock but this machine's, so that nothing tells which one is wrong."""
    books = await store.books()
    wrong, before = books.by(store.sequencer(clock=off_by(seconds))), await books.size()
    if store.is_sqlite:
        assert isinstance(await wrong.submit(transfer("5.00")), Receipt)
        return
    with pytest.raises(ClockBehind):
        await wrong.submit(transfer("5.00"))
    assert await books.size() == before
    assert (await books.submit(transfer("5.00"))).size == before + 2


@pytest.mark.parametrize("ahead", [59, 8 * 3600, YEARS])
async def test_a_clock_that_was_wrong_once_does_not_stop_a_ledger(
    store: Store, outside: Outsider, ahead: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Every command goes on, each record at the time of the last one, and the log says so once a minute."""
    books, other = await store.books(), await store.books()
    future = (utc_now() + dt.timedelta(seconds=ahead)).replace(microsecond=0)
    await outside.execute(f"UPDATE ledgers SET recorded_at = {to_micros(future)} WHERE uuid = '{books.uuid}'")
    right = books.by(store.sequencer())
    for command in (transfer("5.00"), OpenAccount("Assets:Till"), UpdateLedger(name="Mine"), transfer("6.00")):
        assert (await right.submit(command)).recorded_at == future
    assert (await other.submit(transfer("5.00"))).recorded_at < future or ahead < 60
    recorded = [record.recorded_at for record in await books.records()]
    assert recorded == sorted(recorded)
    warnings = [each.message for each in caplog.records if "ahead of this clock" in each.message]
    assert len(warnings) == (1 if ahead > 60 else 0)
    assert all(books.uuid in each for each in warnings)


async def test_times_never_decrease(store: Store) -> None:
    offsets = iter([0, 50, -50, 20, 30])
    books = await store.books(clock=lambda: utc_now() + dt.timedelta(seconds=next(offsets)))
    ahead = await books.submit(transfer("1.00"))
    for _ in range(3):
        assert (await books.submit(transfer("3.00"))).recorded_at == ahead.recorded_at
    recorded = [record.recorded_at for record in await books.records()]
    assert recorded == sorted(recorded)


async def test_rules_that_look_at_time_go_by_the_time_of_the_record(store: Store, outside: Outsider) -> None:
    """So an auditor, who knows no other time, decides the same: a role that ends tomorrow has ended by then."""
    books = await store.books()
    tomorrow = utc_now() + dt.timedelta(days=1)
    await books.submit(GrantRole("bea", MemberRole.BOOKKEEPER, until=tomorrow))
    bea = Actor("user", "bea")
    await books.sequencer.submit(books.uuid, transfer("5.00"), actor=bea)
    future = to_micros(tomorrow + dt.timedelta(days=1))
    await outside.execute(f"UPDATE ledgers SET recorded_at = {future} WHERE uuid = '{books.uuid}'")
    with pytest.raises(LedgerMissing):
        await store.sequencer().submit(books.uuid, transfer("5.00"), actor=bea)


async def test_an_actor_of_an_unknown_type_writes_nothing(store: Store) -> None:
    books = await store.books()
    before = await books.ledger()
    for unknown in ("agent", "", "USER"):
        with pytest.raises(Forbidden):
            await books.sequencer.submit(books.uuid, transfer("5.00"), actor=Actor(unknown, "ada", "ada"))
    assert await books.ledger() == before


# --- cost


async def test_a_batch_of_five_hundred_takes_as_many_statements_as_one(store: Store) -> None:
    books = await store.books()
    await books.submit(transfer("1.00"))
    costs = []
    for count in (1, 500):
        async with writing_counted(store.journal.database) as sent:
            await books.submit_all(*[Order(transfer("1.00", description="x"), key=make_uuid()) for _ in range(count)])
        costs.append(sent)
    copied = [one for one in costs[1] if one in ("journal", "memos", "keys")]  # many rows, on PostgreSQL
    assert len(copied) == (0 if store.is_sqlite else 3)
    assert len(costs[1]) - len(copied) == len(costs[0])


async def test_the_dearest_batch_stays_within_the_documented_statements(store: Store) -> None:
    books = await store.books()
    posted = receipts(await books.submit_all(*[transfer(f"{n}.00") for n in range(1, 51)]))
    orders: list[Order] = []
    for n, receipt in enumerate(posted):
        orders += [
            Order(OpenAccount(f"Assets:Till {n}", number=f"77{n}"), key=f"open {n}"),
            Order(post(debit(f"#77{n}", "5", "JPY"), credit("Equity:Opening", "5", "JPY")), key=f"post {n}"),
            Order(reverse(receipt.id, description="undone"), key=f"undo {n}"),
            Order(RenameAccount(f"#77{n}", path=f"Assets:Drawer {n}")),
            Order(UpdateAccount(f"#77{n}", currencies=("JPY",))),
        ]
    async with writing_counted(store.journal.database) as sent:
        receipts(await books.submit_all(*orders))
    assert sent[0].startswith("BEGIN") and sent[-1] == "COMMIT"
    reads = [one for one in sent if one.startswith("SELECT")]
    writes = [one for one in sent[1:-1] if one not in reads]
    assert len(reads) <= 1 + 1 + 7  # the lock, the clock and the last position, the look-ups
    assert len(writes) <= (11 if store.is_sqlite else 1 + 2 + 1), writes  # rows, two tables copied, the head


async def test_the_head_is_locked_first_and_by_a_statement_of_its_own(store: Store) -> None:
    books = await store.books()
    async with writing_counted(store.journal.database) as sent:
        await books.submit(transfer("1.00"), key="k")
    assert sent[0] == ("BEGIN IMMEDIATE" if store.is_sqlite else "BEGIN")
    head = sent[1]
    assert "FROM ledgers" in head and "JOIN" not in head
    if not store.is_sqlite:
        assert re.search(r"clock_timestamp\(\).*FROM \(SELECT [^()]* FOR UPDATE\) AS \w+\s*$", head, re.DOTALL)


async def test_a_long_batch_lets_others_go_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in commands that are decided between two turns of another task."""
    books = await store.books()
    decided, most, running = 0, 0, True

    def counted(*arguments: Any) -> Any:
        nonlocal decided, most
        decided += 1
        most = max(most, decided)
        return decide(*arguments)

    async def others() -> None:
        nonlocal decided
        while running:
            decided = 0
            await asyncio.sleep(0)

    monkeypatch.setattr(ledger.sequencer, "decide", counted)
    other = asyncio.create_task(others())
    try:
        for atomic in (True, False):
            orders = [Order(transfer("1.00")) for _ in range(3_000)]
            assert len(receipts(list(await books.submit_all(*orders, atomic=atomic)))) == 3_000
    finally:
        running = False
        await other
    assert 0 < most <= 1_000
