"""Records for tests of read models: events sealed as the sequencer seals them, at positions 0,1,2…"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from ledger.accounts import AccountId
from ledger.codec import Actor, Envelope, seal
from ledger.journal import Position, Record
from ledger.money import Amount
from ledger.slices import Event
from ledger.transactions import Document, Kind, Memo, Posting, TransactionPosted

LEDGER = "0190d3e0-0000-7000-8000-000000000001"
EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SCALES: Mapping[str, int] = {"EUR": 2, "USD": 2, "JPY": 0, "BTC": 8}

Line = tuple[AccountId, int, str]
"""Account, minor units and currency."""


def id_at(position: Position) -> str:
    """The id of the record at this position."""
    return str(UUID(int=0x0190_D3E0_0000_7000_8000_0000_0000_0000 + position))


def sealed(event: Event, position: Position) -> Record:
    """The record of this event, one second after the one before."""
    envelope = Envelope(
        ledger=LEDGER,
        position=position,
        id=id_at(position),
        recorded_at=EPOCH + dt.timedelta(seconds=position),
        actor=Actor("system", "tests"),
        request=None,
        command=id_at(position),
        key=None,
    )
    return Record(position, *seal(event, envelope, salt=bytes(16)))


def erased(record: Record) -> Record:
    """The same record after its memo was erased."""
    return Record(record.position, record.record, record.data, None)


def records(events: Iterable[Event], start: Position = 0) -> list[Record]:
    """The records of these events from `start` on."""
    return [sealed(event, position) for position, event in enumerate(events, start)]


def posted(
    date: dt.date,
    *lines: Line,
    texts: Sequence[str | None] = (),
    kind: Kind = Kind.NORMAL,
    series: str = "A",
    number: int = 1,
    document: Document | None = None,
    reverses: str | None = None,
    **memo: Any,
) -> TransactionPosted:
    """A transaction of lines (account, units, currency); keywords that are not named here are its memo's."""
    return TransactionPosted(
        date=date,
        kind=kind,
        series=series,
        number=number,
        postings=tuple(
            Posting(account, Amount(units, SCALES[currency]), currency, text)
            for (account, units, currency), text in zip(
                lines, [*texts, *[None] * (len(lines) - len(texts))], strict=True
            )
        ),
        document=document,
        reverses=reverses,
        memo=Memo(**memo),
    )
