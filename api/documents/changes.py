"""The changes between two sizes of a ledger: which accounts, by how much, and by whom.

Cost: one pass over the records in between, a page at a time, and one query of the balance history for each account that
they touched.
"""

from dataclasses import dataclass, field
from typing import Any

from api.documents.questions import Freshness, read_as_of, read_paths
from api.errors import TooMany
from api.processes.long_work import LongWork, Present
from api.shapes.answers import find_path
from ledger.accounts import AccountId
from ledger.journal import Ledger, Record, Size
from ledger.money import format_units
from ledger.store.journal import SqlJournal
from ledger.transactions import TransactionPosted
from projections.balance_history import Pair, read_balances_at
from projections.reader import Reader

READ_MODELS = ("balance_history", "chart")
RECORDS_MAX = 100_000
"""The most records between the two sizes. For more, ask in parts."""


ACCOUNTS_MAX = 100_000
"""Accounts and currencies that changed in between."""


@dataclass(slots=True)
class _Change:
    scale: int
    debits: int = 0
    credits: int = 0
    transactions: int = 0
    by: dict[tuple[str, str, str | None], int] = field(default_factory=dict)
    last: int = -1


async def read_changes(
    reader: Reader,
    log: SqlJournal,
    long: LongWork,
    ledger: Ledger,
    from_size: Size,
    to_size: Size,
    fresh: Freshness,
    present: Present,
) -> dict[str, Any]:
    """Return the document. Raises TooMany where there are too many records in between, and what `present` raises when
    the caller leaves."""
    if to_size - from_size > RECORDS_MAX:
        raise TooMany(what="records between the two sizes", most=RECORDS_MAX)
    changed: dict[tuple[AccountId, str], _Change] = {}
    events: dict[str, int] = {}

    def count(record: Record) -> None:
        kind = record.envelope["type"]
        events[kind] = events.get(kind, 0) + 1
        if isinstance(event := record.event, TransactionPosted):
            actor = record.actor
            _count(changed, event, record.position, (actor.type, actor.id, actor.on_behalf))

    async for page in log.read_pages(ledger.serial, from_size, to_size):
        await present()
        await long.slices.map(count, page)
        if len(changed) > ACCOUNTS_MAX:
            raise TooMany(what="accounts and currencies that changed", most=ACCOUNTS_MAX)
    async with reader.open(
        ledger,
        *READ_MODELS,
        min_size=max(to_size, fresh.min_size),
        timeout_seconds=fresh.timeout_seconds,
    ) as reading:
        before = await read_balances_at(reading.view("balance_history"), list(changed), effective=None, size=from_size)
        paths = await read_paths(reading, {account for account, _ in changed})

    def make_row(pair: Pair) -> dict[str, Any]:
        (account, currency), change, known = pair, changed[pair], before.get(pair)
        was = 0 if known is None else known.balance
        return {
            "account": find_path(paths, account),
            "account_id": account,
            "currency": currency,
            "before": format_units(was, change.scale),
            "debits": format_units(change.debits, change.scale),
            "credits": format_units(change.credits, change.scale),
            "after": format_units(was + change.debits - change.credits, change.scale),
            "transactions": change.transactions,
            "by": [
                {"actor": {"type": type_, "id": id_} | ({"for": user} if user else {}), "transactions": count}
                for (type_, id_, user), count in sorted(change.by.items(), key=str)
            ],
        }

    rows = await long.slices.map(make_row, changed)
    rows.sort(key=lambda row: (row["account"], row["account_id"], row["currency"]))
    return {
        "as_of": await read_as_of(log, ledger, to_size),
        "from_size": from_size,
        "to_size": to_size,
        "events": dict(sorted(events.items())),
        "accounts": rows,
    }


def _count(
    changed: dict[tuple[AccountId, str], _Change],
    event: TransactionPosted,
    position: int,
    actor: tuple[str, str, str | None],
) -> None:
    for posting in event.postings:
        key = (posting.account, posting.currency)
        change = changed.get(key)
        if change is None:
            change = changed[key] = _Change(posting.amount.scale)
        units = posting.amount.units
        change.debits += max(units, 0)
        change.credits += max(-units, 0)
        if change.last != position:
            change.last = position
            change.transactions += 1
            change.by[actor] = change.by.get(actor, 0) + 1
