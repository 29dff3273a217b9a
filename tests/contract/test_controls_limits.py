"""Limits of accounts are stored: they hold for every command and in every process, and an audit decides them again."""

import asyncio
from pathlib import Path

import pytest

from api.exchange.exporting import export_ledger
from api.exchange.import_of_export import import_export
from api.exchange.import_plan import ImportOptions
from api.exchange.importing import ImportRefused, ImportReport, import_file
from ledger.books.transactions import PostTransaction
from ledger.controls.limits import LIMITS, LimitExceeded, Limits, LimitSet, SetLimits
from ledger.journal import Receipt
from ledger.money import Amount, parse_amount
from ledger.sequencer import make_uuid
from ledger.state import NeededRows
from tests.audited import assert_fine, audited
from tests.builders import SCALES, credit, debit, post, reverse, transfer
from tests.importing import write_lines
from tests.stores import CLERK, Books, Store, migrated, open_store

MOST = 10**38 - 1


def spend(amount: str) -> PostTransaction:
    """Cash for rent."""
    return post(debit("Expenses:Rent", amount), credit("Assets:Cash", amount))


def floor(amount: str, account: str | int = "Assets:Cash") -> SetLimits:
    """The order to set a lowest balance."""
    return SetLimits(account, "EUR", parse_amount(amount), declares=SCALES)


async def stored(books: Books, store: Store | None = None) -> dict[tuple[int, str], Limits]:
    """The limits of the first accounts, as another process finds them."""
    needed = NeededRows(accounts=set(range(10)))
    _, state = await (store or books.store).journal.peek(await books.ledger(), (), needed)
    return state[LIMITS]


async def test_a_limit_holds_in_every_process_until_it_is_taken_back(store: Store, other: Store) -> None:
    books = await store.books()
    await books.submit(transfer("10.00"))
    elsewhere = books.by(other.sequencer())
    await elsewhere.submit(transfer("0.00"))  # from here on it remembers the accounts
    await books.submit(floor("0"))
    with pytest.raises(LimitExceeded) as refused:
        await elsewhere.submit(spend("10.01"))
    assert (refused.value.available, refused.value.limit) == ("10.00", "0.00")
    assert await stored(books, other) == {(1, "EUR"): Limits(0, None)}
    await elsewhere.submit(SetLimits("Assets:Cash", "EUR"))
    await books.submit(spend("10.01"))
    assert await stored(books) == {}


async def test_limits_of_38_digits_and_of_one_side_are_stored(store: Store, other: Store) -> None:
    books = await store.books()
    await books.submit(SetLimits("Assets:Cash", "JPY", Amount(-MOST, 0), Amount(MOST, 0), SCALES))
    await books.submit(SetLimits("Assets:Bank", "JPY", ceiling=Amount(-1, 0), declares=SCALES))
    assert await stored(books, other) == {(1, "JPY"): Limits(-MOST, MOST), (2, "JPY"): Limits(None, -1)}


async def test_a_limit_holds_for_a_post_a_bulk_and_a_reversal(store: Store) -> None:
    books = await store.books()
    paid_in = await books.submit(transfer("10.00"))
    await books.submit_all(floor("0"), spend("4.00"))
    with pytest.raises(LimitExceeded):
        await books.submit(spend("6.01"))
    with pytest.raises(LimitExceeded) as refused:
        await books.submit(reverse(paid_in.id))
    assert refused.value.available == "6.00"
    first, second, third, fourth = await books.submit_all(spend("6.00"), spend("0.01"), transfer("0.01"), spend("0.01"))
    assert isinstance(second, LimitExceeded) and second.available == "0.00"
    assert all(isinstance(each, Receipt) for each in (first, third, fourth))


async def test_an_atomic_bulk_beyond_a_limit_leaves_no_trace(store: Store) -> None:
    books = await store.books()
    await books.submit_all(transfer("10.00"), floor("5.00"))
    size = await books.size()
    with pytest.raises(LimitExceeded) as refused:
        await books.submit_all(floor("0.00"), spend("5.00"), spend("5.01"), atomic=True)
    assert (refused.value.index, refused.value.available, refused.value.limit) == (2, "5.00", "0.00")
    assert (await books.size(), await stored(books)) == (size, {(1, "EUR"): Limits(500, None)})
    with pytest.raises(LimitExceeded):
        await books.submit(spend("5.01"))


async def test_a_repeat_is_answered_before_the_limit_is_asked(store: Store) -> None:
    books = await store.books()
    await books.submit(transfer("10.00"))
    first = await books.submit(spend("10.00"), key="spent")
    await books.submit(floor("0"))
    assert (await books.submit(spend("10.00"), key="spent")).position == first.position


async def test_a_repeat_of_a_limit_with_other_digits_is_the_same_request(store: Store) -> None:
    books = await store.books()
    first = await books.submit(floor("-5"), key="k")
    again = await books.submit(floor("-5.00", 1), key="k")
    assert (again.position, again.replayed) == (first.position, True)


async def test_of_64_who_spend_at_once_as_many_succeed_as_there_is_money_for(store: Store, other: Store) -> None:
    books = await store.books()
    await books.submit_all(transfer("10.00"), floor("0"))
    both = books, books.by(other.sequencer())
    spending = [both[number % 2].submit(spend("0.30")) for number in range(64)]
    answers = await asyncio.gather(*spending, return_exceptions=True)
    refused = [each.available for each in answers if isinstance(each, LimitExceeded)]
    assert refused == ["0.10"] * 31
    assert sum(isinstance(each, Receipt) for each in answers) == 33


# --- imports ---------------------------------------------------------------------------------------------------------


def line(id_: int, amount: str) -> dict[str, object]:
    """A line of an import: so much goes to the cash, or leaves it."""
    there, back = (amount, f"-{amount}") if not amount.startswith("-") else (amount, amount[1:])
    postings = [
        {"account": "Assets:Cash", "amount": there, "currency": "EUR"},
        {"account": "Equity:Opening", "amount": back, "currency": "EUR"},
    ]
    return {"id": id_, "date": "2024-05-17", "postings": postings}


async def imported(books: Books, file: Path, **options: bool) -> ImportReport:
    """Import a file."""
    ledger, asked = await books.ledger(), ImportOptions(**options)  # type: ignore[arg-type]
    journal, sequencer = books.store.journal, books.sequencer
    return await import_file(journal, sequencer, ledger, file, asked, actor=CLERK, request=make_uuid())


async def test_an_import_beyond_a_limit_stops_before_anything_is_written(store: Store, tmp_path: Path) -> None:
    books = await store.books()
    await books.submit_all(transfer("10.00"), floor("0"))
    size = await books.size()
    file = write_lines(tmp_path / "a.jsonl", [line(1, "-6.00"), line(2, "-4.00"), line(3, "-0.01")])
    with pytest.raises(ImportRefused) as refused:
        await imported(books, file)
    [bad] = refused.value.lines
    assert (bad.line, bad.code) == (3, "limit_exceeded")
    assert await books.size() == size
    report = await imported(books, file, skip_bad=True)
    assert (report.imported, [each.line for each in report.skipped]) == (2, [3])


async def test_a_line_of_an_import_may_spend_what_a_line_before_it_brings(store: Store, tmp_path: Path) -> None:
    books = await store.books()
    await books.submit(floor("0"))
    many = [line(number, "3.00" if number % 2 else "-3.00") for number in range(1, 5_001)]  # in several chunks
    file = write_lines(tmp_path / "b.jsonl", [line(0, "0.50"), *many])
    assert (await imported(books, file, dry_run=True)).imported == 5_001
    assert (await imported(books, file)).imported == 5_001
    again = await imported(books, file)
    assert (again.imported, again.replayed) == (0, 5_001)
    assert (await stored(books)) == {(1, "EUR"): Limits(0, None)}


# --- audits ----------------------------------------------------------------------------------------------------------


async def test_an_audit_decides_limits_and_what_was_posted_under_them_again(store: Store) -> None:
    books = await store.books()
    await books.submit_all(
        transfer("10.00"),
        spend("20.00"),
        floor("0"),
        transfer("9.00"),
        SetLimits("Assets:Cash", "EUR", Amount(-100, 2), Amount(500, 2)),
        transfer("6.00"),
        SetLimits("Assets:Bank", "USD", Amount(0, 0), declares=SCALES),
        SetLimits("Assets:Bank", "USD"),
        *[each for _ in range(100) for each in (transfer("0.00"), spend("6.00"), transfer("6.00"))],
    )
    assert LimitSet(2, "USD") in [record.event for record in await books.records()]
    await store.project()
    assert_fine(await audited(store.url, books.uuid))


async def test_a_ledger_with_limits_moves_to_another_database_with_its_root(store: Store, tmp_path: Path) -> None:
    books = await store.books()
    await books.submit_all(transfer("10.00"), floor("0"), floor("-1", "Assets:Bank"))
    ledger = await books.ledger()
    await export_ledger(store.journal, ledger, tmp_path / "export", origin="example.com/books")
    url = f"sqlite:///{tmp_path / 'other.db'}"
    await migrated(url)
    async with open_store(url) as target:
        await import_export(target.journal, tmp_path / "export")
        there = Books(target, books.uuid, target.sequencer())
        assert (await there.ledger()).head == ledger.head
        assert (
            await stored(there) == await stored(books) == {(1, "EUR"): Limits(0, None), (2, "EUR"): Limits(-100, None)}
        )
        with pytest.raises(LimitExceeded):
            await there.submit(spend("10.01"))
        await target.project()
    assert_fine(await audited(url))
