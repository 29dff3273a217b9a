"""Words to write books with: `books.given(...)`, `books.when(post(debit("Assets:Cash", "5.00", "EUR"), …))`.

Nothing here knows a database. Positions count from 0 as in a journal; where the service would give a transaction
a UUID, `Books` calls it `transaction-POSITION`.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Any, Self, TypeVar

import pytest

from ledger.accounts import Account, AccountId, AccountRef, find_account
from ledger.books.accounts import OpenAccount
from ledger.books.ledger import OpenLedger
from ledger.books.transactions import PostTransaction, ReverseTransaction
from ledger.codec import encode, read_memo
from ledger.decide import decide, evolve
from ledger.errors import Rejected
from ledger.money import Amount, format_units, parse_amount
from ledger.slices import Command, Event
from ledger.state import OldRecord, State
from ledger.transactions import (
    CURRENCIES,
    TOTALS,
    Document,
    Kind,
    Memo,
    Money,
    Posting,
    Quantity,
    Tax,
    TransactionPosted,
)

SCALES: Mapping[str, int] = {"EUR": 2, "USD": 2, "SEK": 2, "JPY": 0, "KWD": 3}
"""What the edge knows from ISO 4217, and offers with every transaction."""

Part = TypeVar("Part")

NONCE = "000102030405060708090a0b0c0d0e0f"


def changed(part: Part, **news: Any) -> Part:
    """The same with these members changed: of a dataclass or of a named tuple."""
    change: Any = getattr(part, "_replace", None) or partial(replace, part)
    made: Part = change(**news)
    return made


def members(part: Any) -> dict[str, Any]:
    """The members of a dataclass or of a named tuple."""
    names = part._fields if hasattr(part, "_fields") else [each.name for each in fields(part)]
    return {name: getattr(part, name) for name in names}


def encoded(event: Event) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a record says of an event: its facts, and its texts without a salt."""
    data, memo = encode(event, "00" * 16)
    facts: dict[str, Any] = json.loads(data)
    return facts, read_memo(memo)


def day(text: str) -> dt.date:
    """`2024-05-17` as a date."""
    return dt.date.fromisoformat(text)


def money(amount: str, currency: str) -> Money:
    """`5.00 EUR`."""
    return Money(parse_amount(amount), currency)


def quantity(amount: str, unit: str) -> Quantity:
    """`2.5 h`."""
    return Quantity(parse_amount(amount), unit)


def tax(code: str, base: str | None = None) -> Tax:
    """A tax code, and the amount that it was reckoned on."""
    return Tax(code, None if base is None else parse_amount(base))


def debit(account: AccountRef, amount: str, currency: str = "EUR", **facts: Any) -> Posting[AccountRef]:
    """A posting to the debit side. `facts` are the posting's other members."""
    return Posting(account, parse_amount(amount), currency, **facts)


def credit(account: AccountRef, amount: str, currency: str = "EUR", **facts: Any) -> Posting[AccountRef]:
    """A posting to the credit side. `facts` are the posting's other members."""
    units, scale = parse_amount(amount)
    return Posting(account, Amount(-units, scale), currency, **facts)


def post(
    *postings: Posting[AccountRef],
    on: str = "2024-05-17",
    kind: Kind = Kind.NORMAL,
    series: str = "A",
    document: Document | None = None,
    declares: Mapping[str, int] = SCALES,
    **texts: Any,
) -> PostTransaction:
    """The order to write a transaction. `texts` are members of its memo: description, payee, …"""
    memo = Memo(**texts)
    return PostTransaction(day(on), postings, kind, series, document, memo, declares=declares)


def reverse(transaction: str, *, on: str | None = None, **texts: Any) -> ReverseTransaction:
    """The order to undo a transaction."""
    return ReverseTransaction(transaction, None if on is None else day(on), Memo(**texts))


def open_ledger(**members: Any) -> OpenLedger:
    """The order to begin a set of books in euro, for Ada."""
    return OpenLedger(**{"id": "books", "owner": "ada", "currency": "EUR", "nonce": NONCE, **members})


def transfer(amount: str, currency: str = "EUR", *, on: str = "2024-05-17", **members: Any) -> PostTransaction:
    """The plainest transaction: from equity to cash."""
    postings = (debit("Assets:Cash", amount, currency), credit("Equity:Opening", amount, currency))
    return post(*postings, on=on, **members)


@dataclass
class Books:
    """One ledger in memory: orders in, events kept, every rule applied, nothing stored."""

    state: State = field(default_factory=State)
    events: list[Event] = field(default_factory=list)
    now: dt.datetime = dt.datetime(2024, 5, 17, 12, tzinfo=dt.UTC)
    """When everything here is recorded."""

    def given(self, *commands: Command) -> Self:
        """What happened before; every command must be accepted."""
        for command in commands:
            self.when(command)
        return self

    def when(self, command: Command) -> list[Event]:
        """The events that the command made happen. Raises the Rejected that it met, and is then as it was."""
        events = decide(command, self.state, self.now)
        for event in events:
            self.happened(event)
        return events

    def happened(self, event: Event) -> None:
        """Write one event down."""
        position = len(self.events)
        evolve(self.state, event, position)
        record = OldRecord(position, event, self.now, encode(event, "")[1] is not None)
        self.state.records[position] = record
        if isinstance(event, TransactionPosted):
            self.state.records[transaction_id(position)] = record
        self.events.append(event)

    def post(self, command: PostTransaction | ReverseTransaction) -> TransactionPosted:
        """The transaction that was posted."""
        event = self.when(command)[-1]
        assert isinstance(event, TransactionPosted)
        return event

    def refusal(self, command: Command) -> Rejected:
        """Why the command is refused. Fails where it is not, or where the refusal left a trace."""
        before = contents(self.state)
        with pytest.raises(Rejected) as caught:
            self.when(command)
        assert contents(self.state) == before, "a refused command left a trace"
        return caught.value

    @property
    def transactions(self) -> list[str]:
        """The ids of all transactions, in order."""
        return [
            transaction_id(position)
            for position, event in enumerate(self.events)
            if isinstance(event, TransactionPosted)
        ]

    def account(self, ref: AccountRef) -> Account:
        """The account that goes by this name."""
        account = find_account(ref, self.state)
        assert account is not None, f"no account {ref!r}"
        return account

    def id(self, ref: AccountRef) -> AccountId:
        """The id of the account that goes by this name."""
        return self.account(ref).id

    def balance(self, ref: AccountRef, currency: str = "EUR") -> str:
        """Debits less credits, as text."""
        totals = self.state[TOTALS][self.id(ref), currency]
        return format_units(totals.balance, self.state[CURRENCIES][currency])


def contents(state: State) -> Any:
    """Everything in a state, to compare: the rows by guard, the old records, and how many changes are noted."""
    rows = {guard.name: dict(rows) for guard, rows in state.list_rows().items() if rows}
    return rows, dict(state.records), state.mark()


def transaction_id(position: int) -> str:
    """What `Books` calls the transaction at a position."""
    return f"transaction-{position}"


CHART: Sequence[OpenAccount] = (
    OpenAccount("Assets:Cash", number="1000"),
    OpenAccount("Assets:Bank"),
    OpenAccount("Liabilities:Loan"),
    OpenAccount("Equity:Opening"),
    OpenAccount("Income:Sales"),
    OpenAccount("Expenses:Rent"),
)


def opened_books(**members: Any) -> Books:
    """Books with a small chart of accounts; Assets:Cash also goes by #1000. Nothing is posted yet."""
    return Books().given(open_ledger(**members), *CHART)
