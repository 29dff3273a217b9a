"""Logs of bills, payments and much else, on any day: for tests of the dashboard and of open items."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from ledger.accounts import AccountType, Role, Side
from ledger.books.accounts import AccountOpened, AccountRenamed, AccountUpdated
from ledger.journal import Record
from ledger.money import Amount
from ledger.slices import Event
from ledger.transactions import Document, Kind, Posting, TransactionPosted, reverse_posting
from tests.readmodels.records import SCALES, id_at, posted, records

TYPES = {
    "Assets:Cash": AccountType.ASSET,
    "Assets:Bank": AccountType.ASSET,
    "Liabilities:Suppliers": AccountType.LIABILITY,
    "Liabilities:Card": AccountType.LIABILITY,
    "Income:Sales": AccountType.INCOME,
    "Expenses:Food": AccountType.EXPENSE,
}
CASH, BANK, SUPPLIERS, CARD, SALES, FOOD = range(6)


def opened(path: str, type_: AccountType, role: Role | None = None) -> AccountOpened:
    """An account."""
    side = Side.DEBIT if type_ in (AccountType.ASSET, AccountType.EXPENSE) else Side.CREDIT
    return AccountOpened(type_, side, path=path, role=role)


def log_of(*events: Event) -> list[Record]:
    """The six accounts, and then these events."""
    return records([*(opened(path, type_) for path, type_ in TYPES.items()), *events])


def bill(
    units: int,
    due: dt.date | None,
    *,
    on: dt.date = dt.date(2026, 1, 5),
    party: str | None = None,
    account: int = SUPPLIERS,
    document: Document | None = None,
) -> TransactionPosted:
    """So much is owed on a liability for food; negative: it is paid for with food, which is simpler than cash."""
    lines = [(account, -units, due, party), (FOOD, units, None, None)]
    return posted(on, document=document)._replace(
        postings=tuple(Posting(id_, Amount(n, 2), "EUR", party=p, due=d) for id_, n, d, p in lines),
    )


def payment(units: int, due: dt.date | None = None, **members: Any) -> TransactionPosted:
    """So much of what is owed is paid."""
    return bill(-units, due, **members)


def reversal(log: Sequence[Event], index: int, on: dt.date) -> TransactionPosted:
    """The reversal of the `index`-th event after the accounts."""
    original = log[index]
    assert isinstance(original, TransactionPosted)
    return TransactionPosted(
        on,
        original.kind,
        "A",
        1,
        tuple(reverse_posting(each) for each in original.postings),
        reverses=id_at(len(TYPES) + index),
    )


FIRST_DAY = dt.date(2025, 12, 28)
dates = st.integers(0, 70).map(lambda n: FIRST_DAY + dt.timedelta(days=n)) | st.sampled_from(
    [dt.date.min, dt.date.max, dt.date(2024, 2, 29)]
)
dues = st.none() | st.integers(0, 25).map(lambda n: dt.date(2026, 1, 20) + dt.timedelta(days=4 * n))
codes = st.sampled_from([None, None, "P", "Q"])
amounts = st.integers(-6, 6).map(lambda n: n * 100) | st.integers(-(10**38) + 1, 10**38 - 1)
documents = st.none() | st.builds(Document, due=dues, party=codes)
kinds = st.sampled_from([Kind.NORMAL] * 5 + [Kind.CLOSING])


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Accounts, then transactions of which some are reversed, some of those again; renamed accounts, other roles."""
    events: list[Event] = [opened(path, type_) for path, type_ in TYPES.items()]
    reversed_: set[int] = set()
    for _ in range(draw(st.integers(1, 14))):
        what = draw(st.sampled_from(["post", "post", "post", "reverse", "rename", "role"]))
        transactions = [
            n for n, each in enumerate(events) if isinstance(each, TransactionPosted) and n not in reversed_
        ]
        if what == "reverse" and transactions:
            n = draw(st.sampled_from(transactions))
            reversed_.add(n)
            original = events[n]
            assert isinstance(original, TransactionPosted)
            undone = tuple(reverse_posting(each) for each in original.postings)
            on = draw(dates | st.just(original.date))
            events.append(TransactionPosted(on, original.kind, "A", 1, undone, reverses=id_at(n)))
        elif what == "rename":
            events.append(AccountRenamed(draw(st.integers(0, 5)), path=f"Other:Name {len(events)}"))
        elif what == "role":
            events.append(AccountUpdated(draw(st.integers(0, 5)), role=draw(st.sampled_from([None, *Role]))))
        else:
            lines: list[Posting[int]] = []
            for _ in range(draw(st.integers(1, 2))):
                currency, units = draw(st.sampled_from(["EUR", "EUR", "JPY"])), draw(amounts)
                account, other = draw(st.sampled_from([2, 2, 2, 3, 0, 4])), draw(st.integers(0, 5))
                facts = {"party": draw(codes), "due": draw(dues)}
                lines.append(Posting(account, Amount(units, SCALES[currency]), currency, **facts))  # type: ignore[arg-type]
                lines.append(Posting(other, Amount(-units, SCALES[currency]), currency))
            events.append(
                posted(draw(dates), kind=draw(kinds), document=draw(documents))._replace(postings=tuple(lines))
            )
    return events
