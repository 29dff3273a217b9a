"""The open items: which bills are to be paid on a day.

Folds never know today: rows hold sums by the dates of transactions, and a question brings today along. Cost of a
question, however long the history: the open bills, and what is dated later. Cost of a batch: at most five reads and
five writes.

**Bills.** A credit on a liability account that states a due date (the posting's own, else its document's) is a bill; a
debit that states one settles that bill by name. A debit that states none settles what is owed on its account, earliest
due first: to its own party (the posting's, else the document's) where it has one, else to any. In that order a credit
without a due date counts at its own date; it is not shown as a bill. A debit beyond what is owed to its party stays
with that party. A reversal undoes what its original did, wherever that counted: the reversal of a bill removes exactly
that bill, that of a payment opens again what it had settled. Only transactions dated up to today count.

A document speaks for the bills that come in: not for accounts with the role tax, and not where it is an invoice of our
own, for then its due date and party are the customer's: a transaction with a line on an account with the role of a
receivable, or one that credits income and debits assets alone. Roles are those at the time of posting.

So what is owed to a party is its balance, and of its bills the latest due are the open ones, as many as that balance
is for. They are read from the latest back until they come to it: what is settled is not read.
"""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    SmallInteger,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.accounts import AccountId, AccountType, Role
from ledger.books.accounts import AccountOpened, AccountUpdated
from ledger.journal import Record
from ledger.store.engine import Key, ListOf, Units, UuidText, among
from ledger.store.rows import Insert, fetch, fetch_in_pages
from ledger.transactions import Posting, TransactionPosted
from projections.chart import chart
from projections.checkpoints import Checkpoint
from projections.projection import (
    differing_keys,
    fetch_keyed,
    generation_key,
    make_key_table,
    metadata,
    of_generation,
    to_storable,
)
from projections.reader import View

STATED, DATED, UNNAMED = "stated", "dated", "unnamed"
"""A bill with a due date; a credit without one, due at its own date; a debit that names no bill."""
BILLS_FIRST = 4
"""Bills of each party read in the first round; four times as many in each round after it."""
REMEMBERED = (Role.TAX, Role.RECEIVABLE)
"""Roles that decide what a document says about a bill."""

Pair = tuple[AccountId, str]
"""An account and a currency."""
Group = tuple[AccountId, str, str]
"""An account, a currency and a party; the party is "" where none is given."""
Bill = tuple[AccountId, str, str, dt.date, str]
"""A group, a due date, and what that date is: STATED or DATED."""

# --- tables ----------------------------------------------------------------------------------------------------------

roles = Table(
    "open_items_roles",
    metadata,
    *generation_key(),
    Column("account", BigInteger, primary_key=True, autoincrement=False),
    Column("role", Text, nullable=False, comment="tax or receivable, at the size that this read model reflects"),
)

sources = Table(
    "open_items_sources",
    metadata,
    *generation_key(),
    Column("id", UuidText, primary_key=True),
    Column("date", Date, nullable=False, comment="of the transaction, or of the one at the root of its reversals"),
    Column("due", Date, comment="of that one's document"),
    Column("party", Key, comment="of that one's document"),
    Column("apart", Text, comment="JSON list of the accounts that due and party say nothing about; NULL: none"),
    Column("reversal", Boolean, nullable=False, comment="undoes the one at the root; reversed again, it does not"),
)

# Everything below counts credits positive: what is owed grows.


def _group_key() -> list[Column[Any]]:
    return [
        Column("account", BigInteger, primary_key=True, autoincrement=False),
        Column("currency", Key, primary_key=True),
        Column("party", Key, primary_key=True),
    ]


dues = Table(
    "open_items_dues",
    metadata,
    *generation_key(),
    Column("date", Date, primary_key=True, comment="of the transactions"),
    *_group_key(),
    Column("due", Date, primary_key=True),
    Column("basis", Key, primary_key=True, comment="stated, dated or unnamed"),
    Column("units", Units, nullable=False, comment="credits less debits"),
    sqlite_with_rowid=False,
)

bills = Table(
    "open_items_bills",
    metadata,
    *generation_key(),
    *_group_key(),
    Column("due", Date, primary_key=True),
    Column("basis", Key, primary_key=True, comment="stated or dated"),
    Column("units", Units, nullable=False, comment="billed less settled by name, whatever the dates"),
    Column("open", SmallInteger, comment="1 where units > 0, else NULL"),
)
Index(
    "open_items_bills_open_index",
    *bills.c["ledger", "generation", "account", "currency", "party", "due", "basis"],
    sqlite_where=bills.c.open.is_not(None),
    postgresql_where=bills.c.open.is_not(None),
)

parties = Table(
    "open_items_parties",
    metadata,
    *generation_key(),
    *_group_key(),
    Column("units", Units, nullable=False, comment="owed, whatever the dates"),
    Column("billed", Boolean, nullable=False, comment="some line ever stated a due date"),
    Column("open", SmallInteger, comment="1 where billed and units > 0, else NULL"),
)
Index(
    "open_items_parties_open_index",
    *parties.c["ledger", "generation", "account", "currency", "party"],
    sqlite_where=parties.c.open.is_not(None),
    postgresql_where=parties.c.open.is_not(None),
)

# --- statements ------------------------------------------------------------------------------------------------------


def _key(table: Table) -> list[Column[Any]]:
    """The key without ledger and generation."""
    return [each for each in table.primary_key if each.name not in ("ledger", "generation")]


_KEPT = ("units", "billed")
"""What a row's next state depends on."""


def _rows_at(table: Table) -> Any:
    """What has been summed up at the keys asked for, and then what else counts; NULL where there is no row."""
    key = _key(table)
    keys = make_key_table(*key)
    same = [table.c[each.name] == keys.c[each.name] for each in key]
    values = [
        select(each).where(of_generation(table), *same).scalar_subquery().label(each.name)
        for each in table.c
        if each.name in _KEPT
    ]
    return select(*keys.c, *values)


_AT = {table.name: _rows_at(table) for table in (bills, parties)}


async def _known(
    connection: AsyncConnection, at: dict[str, int], table: Table, keys: Iterable[Sequence[Any]]
) -> dict[Any, Sequence[Any]]:
    """What stands at each of these keys: values of `_KEPT`, NULL where there is no row."""
    width = len(_key(table))
    return {tuple(row[:width]): row[width:] for row in await fetch_keyed(connection, _AT[table.name], at, keys)}


_role = (
    select(roles.c.role)
    .where(
        roles.c.ledger == chart.c.ledger,
        roles.c.generation == chart.c.generation,
        roles.c.account == chart.c.account,
    )
    .scalar_subquery()
    .label("role")
)
_listed_accounts = bindparam("accounts", type_=ListOf(BigInteger()))
_accounts_of = select(*chart.c["account", "type"], _role).where(
    of_generation(chart), among(chart.c.account, _listed_accounts)
)
_no_roles_any_more = delete(roles).where(of_generation(roles), among(roles.c.account, _listed_accounts))
_sources_of = select(*sources.c["id", "date", "due", "party", "apart", "reversal"]).where(
    of_generation(sources), among(sources.c.id, bindparam("ids", type_=ListOf(UuidText)))
)

_dues_after = select(*dues.c["account", "currency", "party", "due", "basis", "units"]).where(
    of_generation(dues), dues.c.date > bindparam("today")
)
_parties = select(*parties.c["account", "currency", "party", "units", "billed"]).where(of_generation(parties))
_open_parties = _parties.where(parties.c.open.is_not(None))
_owed_parties = _parties.where(among(parties.c.account, _listed_accounts), parties.c.units > bindparam("nothing"))

_asked_groups = make_key_table(*_key(parties))


def _open_of_group(table: Any) -> list[Any]:
    group = [table.c[each.name] == _asked_groups.c[each.name] for each in _key(parties)]
    return [of_generation(table), *group, table.c.open.is_not(None)]


_latest = (
    select(*bills.c["due", "basis", "units"])
    .where(*_open_of_group(bills))
    .order_by(bills.c.due.desc(), bills.c.basis.desc())
    .limit(bindparam("most"))
    .lateral("latest")
)
_others = bills.alias("others")
_earliest = (
    select(_others.c.due)
    .where(*_open_of_group(_others))
    .order_by(_others.c.due.desc())
    .limit(1)
    .offset(bindparam("most") - 1)
    .correlate(_asked_groups)
    .scalar_subquery()
)
_latest_bills = {
    "postgresql": select(*_asked_groups.c, *_latest.c).join_from(_asked_groups, _latest, true()),
    "sqlite": select(*_asked_groups.c, *bills.c["due", "basis", "units"]).join_from(
        _asked_groups,
        bills,
        and_(*_open_of_group(bills), bills.c.due >= func.coalesce(_earliest, literal_column("''"))),
        isouter=True,
    ),
}
"""The `most` open bills of each group with the latest due dates; on SQLite one more where two share the last date."""


# --- fold ------------------------------------------------------------------------------------------------------------


class Posted(NamedTuple):
    """A transaction, before anybody knows which of its accounts are liabilities."""

    id: str
    event: TransactionPosted


class Became(NamedTuple):
    """An account that has this role from here on."""

    account: AccountId
    role: str | None


@dataclass(frozen=True, slots=True)
class BillSource:
    """What a later reversal has to know of a transaction; a reversal's is that of the transaction at its root."""

    date: dt.date
    due: dt.date | None = None
    party: str | None = None
    apart: frozenset[AccountId] = frozenset()
    """Accounts that the document's due date and party say nothing about."""
    reversal: bool = False


class OpenItems:
    """The projection `open_items`."""

    name = "open_items"
    needs: Sequence[str] = ("chart",)
    tables: Sequence[Table] = (roles, sources, dues, bills, parties)

    def fold(self, records: Sequence[Record]) -> list[Posted | Became]:
        """What matters for bills, in the order of the journal."""
        steps: list[Posted | Became] = []
        for record in records:
            match record.event:
                case TransactionPosted() as posted:
                    steps.append(Posted(record.id, posted))
                case AccountOpened() as opened if opened.role in REMEMBERED:
                    steps.append(Became(record.position, opened.role))
                case AccountUpdated() as updated:
                    steps.append(Became(updated.account, updated.role if updated.role in REMEMBERED else None))
        return steps

    async def changes(
        self, connection: AsyncConnection, checkpoint: Checkpoint, delta: list[Posted | Became]
    ) -> list[Insert]:
        at = {"ledger": checkpoint.ledger, "generation": checkpoint.generation}
        types, roles_before = await _accounts(connection, at, delta)
        kept, owed = await _sources_new(connection, at, delta, types, roles_before)
        return [await _roles_changed(connection, at, delta), kept, *await _dues_changed(connection, at, owed)]

    async def faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
        return await _faulty_dues(connection, {"ledger": ledger, "generation": generation})


async def _accounts(
    connection: AsyncConnection, at: dict[str, int], steps: Iterable[Posted | Became]
) -> tuple[dict[AccountId, str], dict[AccountId, str | None]]:
    """Return the types of all accounts that were posted to, and their roles before these steps."""
    ids = list({line.account for step in steps if isinstance(step, Posted) for line in step.event.postings})
    rows = await fetch(connection, _accounts_of, {**at, "accounts": ids}) if ids else []
    return {id_: type_ for id_, type_, _ in rows}, {id_: role for id_, _, role in rows}


async def _roles_changed(connection: AsyncConnection, at: dict[str, int], steps: Iterable[Posted | Became]) -> Insert:
    """Return the rows of roles as they are after these steps, and remove those of accounts that have none any more."""
    became = {step.account: step.role for step in steps if isinstance(step, Became)}
    gone = [account for account, role in became.items() if role is None]
    if gone:
        await connection.execute(_no_roles_any_more, {**at, "accounts": gone})
    return Insert(roles, [(*at.values(), *each) for each in became.items() if each[1] is not None], replace=True)


Owed = dict[tuple[dt.date, *Bill], int]
"""Credits less debits by date of the transaction, group, due date and basis."""


async def _sources_new(
    connection: AsyncConnection,
    at: dict[str, int],
    steps: Sequence[Posted | Became],
    types: Mapping[AccountId, str],
    held: dict[AccountId, str | None],
) -> tuple[Insert, Owed]:
    """Return what reversals will ask for, and what the lines on liabilities mean for bills. `held`: roles before."""
    reversed_ = {each.event.reverses for each in steps if isinstance(each, Posted) and each.event.reverses}
    known = await _sources(connection, at, reversed_)
    new: dict[str, BillSource] = {}
    owed: Owed = {}
    for step in steps:
        if isinstance(step, Became):
            held[step.account] = step.role
            continue
        posted = step.event
        lines = [line for line in posted.postings if types[line.account] == AccountType.LIABILITY]
        if not lines:
            continue
        source = BillSource(posted.date)
        if posted.reverses is not None:  # that was posted before, and on the same accounts
            original = new.get(posted.reverses) or known[posted.reverses]
            source = replace(original, reversal=not original.reversal)
        elif not _is_own_invoice(posted, types, held):
            taxes = frozenset(line.account for line in lines if held.get(line.account) == Role.TAX)
            due, party = (document.due, to_storable(document.party)) if (document := posted.document) else (None, None)
            source = BillSource(posted.date, due, party, taxes)
        new[step.id] = source
        for line in lines:
            if line.amount.units:
                key = (posted.date, *_bill(line, posted.date, source))
                owed[key] = owed.get(key, 0) - line.amount.units
    rows = []
    for id_, each in new.items():
        apart = json.dumps(sorted(each.apart)) if each.apart else None
        rows.append((*at.values(), id_, each.date, each.due, each.party, apart, each.reversal))
    return Insert(sources, rows), owed


def _is_own_invoice(
    posted: TransactionPosted, types: Mapping[AccountId, str], held: Mapping[AccountId, str | None]
) -> bool:
    lines = posted.postings
    if any(held.get(line.account) == Role.RECEIVABLE for line in lines):
        return True
    earns = any(line.amount.units < 0 and types[line.account] == AccountType.INCOME for line in lines)
    return earns and all(types[line.account] == AccountType.ASSET for line in lines if line.amount.units > 0)


async def _sources(connection: AsyncConnection, at: dict[str, int], ids: Collection[str]) -> dict[str, BillSource]:
    if not ids:
        return {}
    rows = await fetch(connection, _sources_of, {**at, "ids": list(ids)})
    return {
        id_: BillSource(date, due, party, frozenset(json.loads(apart or "[]")), reversal)
        for id_, date, due, party, apart, reversal in rows
    }


def _bill(line: Posting[AccountId], date: dt.date, source: BillSource) -> Bill:
    """Where a line on a liability counts."""
    told = line.account not in source.apart
    group = (line.account, line.currency, to_storable(line.party) or (source.party if told else None) or "")
    due = line.due or (source.due if told else None)
    if due is not None:
        return *group, due, STATED
    bills_at_root = (line.amount.units < 0) != source.reversal
    return (*group, source.date, DATED) if bills_at_root else (*group, date, UNNAMED)


async def _dues_changed(connection: AsyncConnection, at: dict[str, int], owed: Owed) -> list[Insert]:
    by_bill: dict[Bill, int] = defaultdict(int)
    by_group: dict[Group, int] = defaultdict(int)
    billed: set[Group] = set()
    for (_, account, currency, party, due, basis), units in owed.items():
        group = (account, currency, party)
        by_group[group] += units
        if basis == STATED:
            billed.add(group)
        if basis != UNNAMED:
            by_bill[*group, due, basis] += units
    known = await _known(connection, at, bills, by_bill)
    of_bills: list[tuple[Any, ...]] = []
    for bill, units in by_bill.items():
        units += known[bill][0] or 0
        of_bills.append((*at.values(), *bill, units, 1 if units > 0 else None))
    known = await _known(connection, at, parties, by_group)
    of_parties: list[tuple[Any, ...]] = []
    for group, units in by_group.items():
        before, was_billed = known[group]
        units += before or 0
        is_billed = group in billed or bool(was_billed)
        of_parties.append((*at.values(), *group, units, is_billed, 1 if is_billed and units > 0 else None))
    return [
        Insert(dues, [(*at.values(), *key, units) for key, units in owed.items()], add=("units",)),
        Insert(bills, of_bills, replace=True),
        Insert(parties, of_parties, replace=True),
    ]


async def _faulty_dues(connection: AsyncConnection, at: dict[str, int]) -> list[str]:
    """Return which bills and parties are not the sums of what fell due."""
    by_bill: dict[Bill, int] = defaultdict(int)
    by_group: dict[Group, int] = defaultdict(int)
    async for row in fetch_in_pages(connection, select(dues).where(of_generation(dues)), at):
        by_group[row.account, row.currency, row.party] += row.units
        if row.basis != UNNAMED:
            by_bill[row.account, row.currency, row.party, row.due, row.basis] += row.units
    said: dict[Bill, int] = {}
    wrong: list[str] = []
    async for row in fetch_in_pages(connection, select(bills).where(of_generation(bills)), at):
        said[row.account, row.currency, row.party, row.due, row.basis] = row.units
        if bool(row.open) != (row.units > 0):
            wrong.append(f"the bill of account {row.account} due on {row.due} says that it is open, or not, wrongly")
    owed: dict[Group, int] = {}
    for row in await connection.execute(select(parties).where(of_generation(parties)), at):
        owed[row.account, row.currency, row.party] = row.units
        if bool(row.open) != (row.billed and row.units > 0):
            wrong.append(
                f"what is owed on account {row.account} to {row.party!r} says that it is open, or not, wrongly"
            )
    wrong += [
        f"the bill of account {key[0]} due on {key[3]} is not the sum of its lines"
        for key in differing_keys(by_bill, said)
    ]
    wrong += [
        f"what is owed on account {key[0]} to {key[2]!r} is not the sum of its lines"
        for key in differing_keys(by_group, owed)
    ]
    return wrong


# --- queries ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenBill:
    """What is still to be paid on a day to a party ("": none is named), in minor units."""

    account: AccountId
    currency: str
    party: str
    due: dt.date
    units: int


@dataclass(slots=True)
class _Claims:
    """What is open on one account in one currency: `left` in all, and so much of it to each party."""

    left: int
    owed: dict[Group, int]


async def open_bills(view: View, today: dt.date) -> list[OpenBill]:
    """The bills open today with a stated due date, by due date: settled as the rules above say, by what is dated up to
    today."""
    connection = view.connection
    at = {"ledger": view.ledger, "generation": view.generation}
    later_bills: dict[Bill, int] = defaultdict(int)
    later_groups: dict[Group, int] = defaultdict(int)
    for *group, due, basis, units in await fetch(connection, _dues_after, {**at, "today": today}):
        later_groups[tuple(group)] += units
        if basis != UNNAMED:
            later_bills[(*group, due, basis)] += units
    claims = await _claims(connection, at, later_groups)
    touched = {
        (*key, due, basis): (units or 0) - later_bills[(*key, due, basis)]
        for *key, due, basis, units in await fetch_keyed(connection, _AT[bills.name], at, later_bills)
    }
    found: list[OpenBill] = []
    most = BILLS_FIRST
    while claims:
        wanted = [group for each in claims.values() for group in each.owed]
        latest: dict[Group, dict[Bill, int]] = {group: {} for group in wanted}
        rows = await fetch_keyed(connection, _latest_bills, at, wanted, most=most)
        for account, currency, party, due, basis, units in rows:
            if due is not None:
                latest[account, currency, party][account, currency, party, due, basis] = units
        for pair, each in list(claims.items()):
            some = _unsettled(each, {group: latest[group] for group in each.owed}, touched, most)
            if some is not None:
                found += some
                del claims[pair]
        most *= 4
    return sorted(found, key=lambda bill: (bill.due, bill.account, bill.currency, bill.party))


async def _claims(connection: AsyncConnection, at: dict[str, int], later: Mapping[Group, int]) -> dict[Pair, _Claims]:
    """What is open on each account on which something with a stated due date may be."""
    found = {tuple(row[:3]): row[3:] for row in await fetch(connection, _open_parties, at)}
    pairs = {group[:2] for group in found} | {group[:2] for group in later}
    wanted = (later.keys() | {(*pair, "") for pair in pairs}) - found.keys()
    more = await _known(connection, at, parties, wanted)
    found |= {group: kept for group, kept in more.items() if kept[0] is not None}
    owed: dict[Group, int] = {group: units - later.get(group, 0) for group, (units, _) in found.items()}
    billed: set[Group] = {group for group, (_, is_billed) in found.items() if is_billed}
    overpaid = {pair: -owed[*pair, ""] for pair in pairs if owed.get((*pair, ""), 0) < 0}
    if overpaid:  # it settles what is owed to anybody on the account, with or without a stated due date
        listed = {**at, "accounts": [account for account, _ in overpaid], "nothing": 0}
        for *key, units, _ in await fetch(connection, _owed_parties, listed):
            group = tuple(key)
            if group[:2] in overpaid:
                owed[group] = units - later.get(group, 0)
        # Also who is owed nothing but for what is dated after today.
        billed |= {group for group in owed if group[:2] in overpaid}
    claims: dict[Pair, _Claims] = {}
    for group, units in owed.items():
        if units > 0 and group in billed:
            each = claims.setdefault(group[:2], _Claims(-overpaid.get(group[:2], 0), {}))
            each.left += units
            each.owed[group] = units
    return {pair: each for pair, each in claims.items() if each.left > 0}


def _unsettled(
    claims: _Claims, latest: Mapping[Group, Mapping[Bill, int]], touched: Mapping[Bill, int], most: int
) -> list[OpenBill] | None:
    """The latest due bills, as many as are open; None where more of them must be read to know."""
    units_of = {bill: units for each in latest.values() for bill, units in each.items()}
    units_of |= {bill: units for bill, units in touched.items() if bill[:3] in latest}
    horizon: dt.date | None = None  # on this date and before it, not all bills are known
    for group, each in latest.items():
        if len(each) >= most and sum(max(units_of[bill], 0) for bill in each) < claims.owed[group]:
            unsure = min(due for *_, due, _ in each)
            horizon = max(horizon or unsure, unsure)
    left, owed = claims.left, dict(claims.owed)
    found: dict[tuple[Group, dt.date], int] = {}
    for bill in sorted(units_of, key=lambda bill: (bill[3], bill[4], bill[2]), reverse=True):
        *_, due, basis = bill
        group = bill[:3]
        if horizon is not None and due <= horizon:
            return None
        taken = min(max(units_of[bill], 0), owed[group], left)
        left -= taken
        owed[group] -= taken
        if taken and basis == STATED:
            found[group, due] = taken
        if not left:
            break
    else:
        if horizon is not None:
            return None
    return [OpenBill(*group, due, units) for (group, due), units in found.items()]
