"""The dashboard once more, in plain Python, forwards over the whole log: what its questions must answer on a day."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ledger.accounts import AccountType, Role
from ledger.books.accounts import AccountOpened, AccountUpdated
from ledger.journal import Record
from ledger.transactions import Kind, Posting, TransactionPosted

Pair = tuple[int, str]
Open = list[tuple[int, str, str, dt.date, int]]
"""Account, currency, party, due date and units of each bill, by due date."""


@dataclass
class Owing:
    """A bill: something owed to a party, due on a date; `stated`: somebody said so."""

    party: str
    due: dt.date
    stated: bool
    units: int = 0

    @property
    def order(self) -> tuple[dt.date, bool, str]:
        """The one to be settled first comes first."""
        return self.due, self.stated, self.party


def postings(records: Iterable[Record], start: dt.date, end: dt.date) -> Iterable[tuple[Posting[int], Kind]]:
    """Every posting dated within [start, end]."""
    for record in records:
        if isinstance(posted := record.event, TransactionPosted) and start <= posted.date <= end:
            for posting in posted.postings:
                yield posting, posted.kind


def plain_balances(records: Sequence[Record], today: dt.date) -> dict[Pair, int]:
    """What stands on each account that was ever used, in minor units."""
    sums = {(each.account, each.currency): 0 for each, _ in postings(records, dt.date.min, dt.date.max)}
    for posting, _ in postings(records, dt.date.min, today):
        sums[posting.account, posting.currency] += posting.amount.units
    return sums


def plain_moved(records: Sequence[Record], start: dt.date, end: dt.date) -> dict[Pair, tuple[int, int]]:
    """What moved on each account, and that without the closing of a year."""
    sums: dict[Pair, tuple[int, int]] = {}
    for posting, kind in postings(records, start, end):
        units, ordinary = sums.get((posting.account, posting.currency), (0, 0))
        more = posting.amount.units
        sums[posting.account, posting.currency] = (units + more, ordinary + (0 if kind is Kind.CLOSING else more))
    return sums


def plain_bills(records: Sequence[Record], today: dt.date) -> Open:
    """The bills with a stated due date that are open on a day: one transaction after another, earliest due first."""
    liabilities = {
        record.position
        for record in records
        if isinstance(record.event, AccountOpened) and record.event.type is AccountType.LIABILITY
    }
    types = {each.position: each.event.type for each in records if isinstance(each.event, AccountOpened)}
    roles: dict[int, Role | None] = {}
    told: dict[str, set[int]] = {}
    """By root: the accounts that its document speaks for."""
    known: dict[str, tuple[str, TransactionPosted, bool]] = {}
    bills: dict[Pair, dict[tuple[str, dt.date, bool], Owing]] = defaultdict(dict)
    paid: dict[tuple[int, str, str], int] = defaultdict(int)
    for record in records:
        if isinstance(record.event, AccountOpened | AccountUpdated):
            roles[record.position if isinstance(record.event, AccountOpened) else record.event.account] = (
                record.event.role
            )
        if not isinstance(posted := record.event, TransactionPosted):
            continue
        id_, root, undone = record.id, posted, False
        if posted.reverses:
            id_, root, undone = known[posted.reverses]
            undone = not undone
        else:
            told[id_] = spoken_for(posted, types, roles)
        known[record.id] = id_, root, undone
        if posted.date > today:
            continue
        for posting in posted.postings:
            if posting.account not in liabilities or not posting.amount.units:
                continue
            owed = -posting.amount.units
            document = root.document if posting.account in told[id_] else None
            party = posting.party or (document and document.party) or ""
            due = posting.due or (document and document.due)
            is_bill = (owed < 0) if undone else (owed > 0)
            if due or is_bill:
                key = (party, due or root.date, due is not None)
                bill = bills[posting.account, posting.currency].setdefault(key, Owing(*key))
                bill.units += owed
            else:
                paid[posting.account, posting.currency, party] -= owed
    found: Open = []
    for (account, currency), owing in bills.items():
        order = sorted(owing.values(), key=lambda each: each.order)
        for bill in order:
            if bill.units < 0:  # more was paid by name than billed
                paid[account, currency, bill.party] -= bill.units
                bill.units = 0
        for party in {each.party for each in order}:
            left = settle([each for each in order if each.party == party], paid[account, currency, party])
            paid[account, currency, party] = left
        # Who is owed something by no bill, for a payment was reversed on a day before its own, is paid first.
        unnamed = -sum(min(units, 0) for key, units in paid.items() if key[:2] == (account, currency) and key[2])
        settle(order, max(paid[account, currency, ""] - unnamed, 0))
        found += [(account, currency, each.party, each.due, each.units) for each in order if each.stated and each.units]
    return sorted(found, key=lambda bill: (bill[3], bill[:3]))


def spoken_for(
    posted: TransactionPosted, types: Mapping[int, AccountType], roles: Mapping[int, Role | None]
) -> set[int]:
    """The accounts whose lines a document's due date and party are about, now."""
    used = {each.account for each in posted.postings}
    if Role.RECEIVABLE in {roles[account] for account in used}:
        return set()
    credited = {types[each.account] for each in posted.postings if each.amount.units < 0}
    debited = {types[each.account] for each in posted.postings if each.amount.units > 0}
    if AccountType.INCOME in credited and debited <= {AccountType.ASSET}:
        return set()
    return {account for account in used if roles[account] is not Role.TAX}


def settle(bills: Iterable[Owing], amount: int) -> int:
    """Pay the bills in this order; returns what is left over."""
    for bill in bills:
        part = min(bill.units, max(amount, 0))
        bill.units -= part
        amount -= part
    return amount
