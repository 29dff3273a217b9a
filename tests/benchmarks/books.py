"""Ledgers for the benchmarks: opened by the rules and the store, and filled without anybody posting.

A large journal is made by the real codec's bytes for one transaction with ids, times, dates and numbers put in (checked
against the codec at both ends of every batch), appended by the real store in large batches. Its tree, guards and
numbers are what posting would have made: it passes an audit.
"""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from api.services import Services
from ledger.accounts import ACCOUNTS, AccountId
from ledger.books.accounts import OpenAccount
from ledger.books.ledger import DeclareCurrency, OpenLedger
from ledger.codec import Actor, Envelope, Sealed, format_time, seal
from ledger.decide import decide, evolve
from ledger.journal import Append, Entry, Head, Ledger
from ledger.merkle import hash_leaf
from ledger.money import Amount
from ledger.sequencer import make_uuid
from ledger.slices import Command, Event
from ledger.state import State
from ledger.transactions import COUNTERS, NO_TOTALS, TOTALS, Kind, Memo, Posting, TransactionPosted
from tests.benchmarks.installation import Installation

ACCOUNT_COUNT = 100
BATCH = 10_000
UNITS = 100
"""Minor units of every transaction made here: 1.00."""
CURRENCY = "EUR"
FIRST_DAY = dt.date(2023, 1, 1)
STEP = 7919
"""A prime: dates wander through all days before one comes again."""
DAY_MICROSECONDS = 86_400_000_000
SYSTEM = Actor("system", "bench")
SALT = bytes(range(16))
ID_BEGINS = "0185a4e0-0000-7000-8000-"


@dataclass(frozen=True)
class Calendar:
    """When the transactions of a journal happened, and when they were recorded: over so many days each."""

    days: int = 1
    count: int = 1

    def effective(self, number: int) -> dt.date:
        """The date of transaction `number`."""
        return FIRST_DAY + dt.timedelta(days=number * STEP % self.days)

    def recorded(self, number: int) -> dt.datetime:
        """Evenly spread over the days."""
        begun = dt.datetime.combine(FIRST_DAY, dt.time(), dt.UTC)
        return begun + dt.timedelta(microseconds=self.days * DAY_MICROSECONDS * number // self.count)

    def number_at(self, rank: int) -> int:
        """Which transaction stands at this place in order of (date, position). `count` is a multiple of `days`."""
        each = self.count // self.days
        day, turn = divmod(rank, each)
        return day * pow(STEP, -1, self.days) % self.days + turn * self.days if self.days > 1 else rank


@dataclass
class Books:
    """An open ledger and its guards, as the store has them."""

    uuid: str
    id: str
    state: State
    head: Head
    accounts: Sequence[AccountId] = ()
    """The first one is in every transaction that is made here."""
    first: int = 0
    """Position of the first transaction."""
    calendar: Calendar = Calendar()
    leaves: list[bytes] = field(default_factory=list)
    """Hashes of all records made here."""
    serial: int = 0

    @property
    def size(self) -> int:
        return self.head.size


async def open_books(
    installation: Installation, services: Services, id_: str, *, accounts: int = ACCOUNT_COUNT, past: bool = False
) -> Books:
    """A ledger with accounts `Assets:Account 000` and so on. `past`: opened on FIRST_DAY, for one that is to be filled;
    else now."""
    owner = await installation.owner(services)
    books = Books(make_uuid(), id_, State(), Head())
    commands: list[Command] = [
        OpenLedger(id_, owner.id, CURRENCY, nonce=bytes(16).hex()),
        DeclareCurrency(CURRENCY, 2),
        *(OpenAccount(f"Assets:Account {number:03}") for number in range(accounts)),
    ]
    # A little ago: the head's time must never lie ahead of the clock of whoever posts next.
    now = (
        dt.datetime.combine(FIRST_DAY, dt.time(), dt.UTC) if past else dt.datetime.now(dt.UTC) - dt.timedelta(seconds=5)
    )
    entries: list[Entry] = []
    for command in commands:
        for event in decide(command, books.state, now):
            position = len(entries)
            entries.append(_entry(books, position, now, event, _sealed(books, position, now, event)))
            evolve(books.state, event, position)
    books.accounts = sorted(books.state[ACCOUNTS])
    await _append(services, books, entries, id_=id_)
    books.first = books.size
    ledger = await services.journal.find(books.uuid)
    assert ledger is not None and ledger.head == books.head
    books.serial = ledger.serial
    return books


async def fill(services: Services, books: Books, count: int, *, days: int) -> None:
    """Add transactions numbered from 0: 1.00 to the first account from one of the others, one after another."""
    books.calendar = Calendar(days, count)
    for start in range(0, count, BATCH):
        await _append(services, books, list(_made(books, range(start, min(count, start + BATCH)))))


def _made(books: Books, numbers: range) -> Iterator[Entry]:
    """Entries of these transactions; the guards are brought up to date."""
    state, hot, others = books.state, books.accounts[0], books.accounts[1:]
    pattern, ends = _Pattern(books), (numbers[0], numbers[-1])
    event: Event | None = None
    for number in numbers:
        position, other = books.first + number, others[number % len(others)]
        date, recorded = books.calendar.effective(number), books.calendar.recorded(number)
        year = ("A", date.year)
        document = state[COUNTERS].get(year, 0) + 1
        state.put(COUNTERS, year, document)
        sealed = pattern.sealed(position, recorded, date, document, hot, other)
        if number in ends:
            event = _posted(date, document, hot, other, number)
            assert sealed == _sealed(books, position, recorded, event), "not what the codec makes"
            evolve(state, event, position)
        else:
            for account, units in ((hot, UNITS), (other, -UNITS)):
                key = (account, CURRENCY)
                state.put(TOTALS, key, state[TOTALS].get(key, NO_TOTALS).add(units))
        assert event is not None
        yield _entry(books, position, recorded, event, sealed)  # the store looks at the sealed bytes alone


def record_id(position: int) -> str:
    """Of the record at this position of a ledger made here."""
    return f"{ID_BEGINS}{position:012x}"


def _entry(books: Books, position: int, time: dt.datetime, event: Event, sealed: Sealed) -> Entry:
    books.leaves.append(hash_leaf(sealed.record))
    return Entry(position, record_id(position), time, event, sealed)


def _sealed(books: Books, position: int, time: dt.datetime, event: Event) -> Sealed:
    id_ = record_id(position)
    return seal(event, Envelope(books.uuid, position, id_, time, SYSTEM, None, id_, None), SALT)


def _posted(date: dt.date, document: int, hot: AccountId, other: AccountId, number: int) -> TransactionPosted:
    postings = (Posting(hot, Amount(UNITS, 2), CURRENCY), Posting(other, Amount(-UNITS, 2), CURRENCY))
    return TransactionPosted(date, Kind.NORMAL, "A", document, postings, memo=Memo(f"Transfer {number}"))


class _Pattern:
    """The codec's bytes of one transaction with places for what differs."""

    def __init__(self, books: Books) -> None:
        position, document, hot, other, number = (910_000_000_001 + each for each in range(5))
        time, date = dt.datetime(2019, 3, 4, 5, 6, 7, 89, dt.UTC), dt.date(2017, 8, 9)
        sealed = _sealed(books, position, time, _posted(date, document, hot, other, number))
        assert sealed.memo is not None
        self._books = books
        self._data = _with_places(
            sealed.data, date=date.isoformat(), document=str(document), hot=str(hot), other=str(other)
        )
        self._memo = _with_places(sealed.memo, number=str(number))
        self._record = _with_places(
            sealed.record,
            id=record_id(position),
            position=str(position),
            time=format_time(time),
            data=sha256(sealed.data).hexdigest(),
            memo=sha256(sealed.memo).hexdigest(),
        )

    def sealed(
        self, position: int, time: dt.datetime, date: dt.date, document: int, hot: AccountId, other: AccountId
    ) -> Sealed:
        data = (self._data % {"date": date, "document": document, "hot": hot, "other": other}).encode()
        memo = (self._memo % {"number": position - self._books.first}).encode()
        places = {
            "id": record_id(position),
            "position": position,
            "time": format_time(time),
            "data": sha256(data).hexdigest(),
            "memo": sha256(memo).hexdigest(),
        }
        return Sealed((self._record % places).encode(), data, memo)


def _with_places(sample: bytes, **values: str) -> str:
    text = sample.decode().replace("%", "%%")
    for name, value in values.items():
        assert value in text
        text = text.replace(value, f"%({name})s")
    return text


async def _append(services: Services, books: Books, entries: list[Entry], *, id_: str | None = None) -> None:
    leaves = books.leaves[-len(entries) :] if entries else []
    head = Head(books.head.frontier.extend(leaves), entries[-1].recorded_at)
    async with services.journal.begin_writing() as writing:
        locked = await writing.lock(books.uuid)
        assert locked.head == books.head
        await writing.append(Append(locked, head, books.state, id_, entries))
    books.head = head
    books.state.forget_changes()


# --- what clients send -----------------------------------------------------------------------------------------------


def transaction(number: int, *, hot: bool = False) -> dict[str, Any]:
    """A transfer between two of the accounts; `hot`: from the first one to the others."""
    amount = f"{number % 9_999 + 1}.{number % 100:02}"
    from_, to = number % ACCOUNT_COUNT, (number * 7 + 1) % ACCOUNT_COUNT
    if hot:
        from_, to = 0, number % (ACCOUNT_COUNT - 1) + 1
    return {
        "date": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}",
        "description": f"Transfer {number}",
        "postings": [
            {"account": f"Assets:Account {from_:03}", "amount": f"-{amount}", "currency": CURRENCY},
            {"account": f"Assets:Account {to:03}", "amount": amount, "currency": CURRENCY},
        ],
    }


def bulk(start: int, count: int) -> bytes:
    """The body of a bulk request."""
    commands = [{"type": "post_transaction", **transaction(start + each)} for each in range(count)]
    return json.dumps({"commands": commands}).encode()


async def the_ledger(services: Services, id_: str) -> Ledger:
    """The ledger as it is now."""
    found = await services.journal.find(id_)
    assert found is not None
    return found
