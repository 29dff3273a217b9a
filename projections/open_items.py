"""The open items: the bills that are to be paid on a day.

A fold does not know today's date. The rows have sums by the dates of transactions, and each query brings its own today.
Cost of a query, however long the history: the open bills, and what is dated later. Cost of a batch: at most five reads
and five writes.

**Bills.** A line's due date is the posting's own, else that of its document. A credit on a liability account with a due
date is a bill. A debit with a due date settles the bill that is due then. A debit without one settles what is owed on
its account, earliest due date first. If it has a party (the posting's, else the document's), it settles what is owed to
that party; if not, what is owed to any. In that order a credit without a due date counts at its own date, but it is not
shown as a bill. What a debit pays beyond the debt to its party stays with that party.

A reversal undoes what its original did, wherever that counted. The reversal of a bill removes exactly that bill. The
reversal of a payment opens again what the payment had settled. Only transactions dated up to today count.

The due date and party of a document are about incoming bills. So they say nothing about accounts with the role tax, and
nothing at all where the document is an invoice of our own, because then they are the customer's. An invoice of our own
is a transaction with a line on an account with the role of a receivable, or one that credits income and debits only
assets. Roles are those at the time of posting.

So the debt to a party is its balance, and its open bills are the latest due ones, as many as that balance covers. They
are read from the latest back until they add up to it. Settled bills are not read.
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
    fetch_keyed,
    find_differing_keys,
    is_of_generation,
    make_generation_key,
    make_key_table,
    metadata,
    to_storable,
)
from projections.reader import View

STATED, DATED, UNNAMED = "stated", "dated", "unnamed"
"""A line with a due date; a credit without one, due at its own date; a debit without one."""
BILLS_FIRST = 4
"""Bills of each party read in the first round; four times as many in each round after it."""
REMEMBERED = (Role.TAX, Role.RECEIVABLE)
"""Roles that decide whether a document's due date and party are about a bill."""

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
    *make_generation_key(),
    Column("account", BigInteger, primary_key=True, autoincrement=False),
    Column("role", Text, nullable=False, comment="tax or receivable, at the size that this read model reflects"),
)

sources = Table(
    "open_items_sources",
    metadata,
    *make_generation_key(),
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
    *make_generation_key(),
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
    *make_generation_key(),
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
    *make_generation_key(),
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


def _list_key(table: Table) -> list[Column[Any]]:
    """Return the columns of the primary key without ledger and generation."""
    return [each for each in table.primary_key if each.name not in ("ledger", "generation")]


_KEPT = ("units", "billed")
"""The columns that a row's next state depends on."""


def _select_at(table: Table) -> Any:
    """Return the statement for the keys asked for, each with its columns of `_KEPT`, NULL where there is no row."""
    key = _list_key(table)
    keys = make_key_table(*key)
    same = [table.c[each.name] == keys.c[each.name] for each in key]
    values = [
        select(each).where(is_of_generation(table), *same).scalar_subquery().label(each.name)
        for each in table.c
        if each.name in _KEPT
    ]
    return select(*keys.c, *values)


_AT = {table.name: _select_at(table) for table in (bills, parties)}


async def _read_known(
    connection: AsyncConnection, at: dict[str, int], table: Table, keys: Iterable[Sequence[Any]]
) -> dict[Any, Sequence[Any]]:
    """Return the values of `_KEPT` by key, for each of these keys; None where there is no row."""
    width = len(_list_key(table))
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
    is_of_generation(chart), among(chart.c.account, _listed_accounts)
)
_no_roles_any_more = delete(roles).where(is_of_generation(roles), among(roles.c.account, _listed_accounts))
_sources_of = select(*sources.c["id", "date", "due", "party", "apart", "reversal"]).where(
    is_of_generation(sources), among(sources.c.id, bindparam("ids", type_=ListOf(UuidText)))
)

_dues_after = select(*dues.c["account", "currency", "party", "due", "basis", "units"]).where(
    is_of_generation(dues), dues.c.date > bindparam("today")
)
_parties = select(*parties.c["account", "currency", "party", "units", "billed"]).where(is_of_generation(parties))
_open_parties = _parties.where(parties.c.open.is_not(None))
_owed_parties = _parties.where(among(parties.c.account, _listed_accounts), parties.c.units > bindparam("nothing"))

_asked_groups = make_key_table(*_list_key(parties))


def _is_open_in_group(table: Any) -> list[Any]:
    group = [table.c[each.name] == _asked_groups.c[each.name] for each in _list_key(parties)]
    return [is_of_generation(table), *group, table.c.open.is_not(None)]


_latest = (
    select(*bills.c["due", "basis", "units"])
    .where(*_is_open_in_group(bills))
    .order_by(bills.c.due.desc(), bills.c.basis.desc())
    .limit(bindparam("most"))
    .lateral("latest")
)
_others = bills.alias("others")
_earliest = (
    select(_others.c.due)
    .where(*_is_open_in_group(_others))
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
        and_(*_is_open_in_group(bills), bills.c.due >= func.coalesce(_earliest, literal_column("''"))),
        isouter=True,
    ),
}
"""The `most` open bills of each group with the latest due dates; on SQLite one more where two share the last date."""


# --- fold ------------------------------------------------------------------------------------------------------------


class Posted(NamedTuple):
    """A transaction. The fold does not know which of its accounts are liabilities."""

    id: str
    event: TransactionPosted


class Became(NamedTuple):
    """An account, and the role that it has from here on."""

    account: AccountId
    role: str | None


@dataclass(frozen=True, slots=True)
class BillSource:
    """What a later reversal must know about a transaction; for a reversal, about the transaction at its root."""

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
        """Return what matters for bills, in the order of the journal."""
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

    async def plan_changes(
        self, connection: AsyncConnection, checkpoint: Checkpoint, delta: list[Posted | Became]
    ) -> list[Insert]:
        at = {"ledger": checkpoint.ledger, "generation": checkpoint.generation}
        types, roles_before = await _read_accounts(connection, at, delta)
        kept, owed = await _note_sources(connection, at, delta, types, roles_before)
        return [await _plan_roles(connection, at, delta), kept, *await _plan_dues(connection, at, owed)]

    async def find_faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
        return await _find_faulty_dues(connection, {"ledger": ledger, "generation": generation})


async def _read_accounts(
    connection: AsyncConnection, at: dict[str, int], steps: Iterable[Posted | Became]
) -> tuple[dict[AccountId, str], dict[AccountId, str | None]]:
    """Return the types of the accounts that these steps post to, and their roles before these steps."""
    ids = list({line.account for step in steps if isinstance(step, Posted) for line in step.event.postings})
    rows = await fetch(connection, _accounts_of, {**at, "accounts": ids}) if ids else []
    return {id_: type_ for id_, type_, _ in rows}, {id_: role for id_, _, role in rows}


async def _plan_roles(connection: AsyncConnection, at: dict[str, int], steps: Iterable[Posted | Became]) -> Insert:
    """Return the rows of the roles that these steps give, and delete those of the accounts that lose theirs."""
    became = {step.account: step.role for step in steps if isinstance(step, Became)}
    gone = [account for account, role in became.items() if role is None]
    if gone:
        await connection.execute(_no_roles_any_more, {**at, "accounts": gone})
    return Insert(roles, [(*at.values(), *each) for each in became.items() if each[1] is not None], replace=True)


Owed = dict[tuple[dt.date, *Bill], int]
"""Credits less debits by date of the transaction, group, due date and basis."""


async def _note_sources(
    connection: AsyncConnection,
    at: dict[str, int],
    steps: Sequence[Posted | Became],
    types: Mapping[AccountId, str],
    roles_now: dict[AccountId, str | None],
) -> tuple[Insert, Owed]:
    """Return the rows that later reversals need, and what the lines on liabilities add to bills.

    `roles_now` has the roles before these steps, and is brought up to date along the way.
    """
    reversed_ = {each.event.reverses for each in steps if isinstance(each, Posted) and each.event.reverses}
    known = await _read_sources(connection, at, reversed_)
    new: dict[str, BillSource] = {}
    owed: Owed = {}
    for step in steps:
        if isinstance(step, Became):
            roles_now[step.account] = step.role
            continue
        posted = step.event
        lines = [line for line in posted.postings if types[line.account] == AccountType.LIABILITY]
        if not lines:
            continue
        source = BillSource(posted.date)
        if posted.reverses is not None:  # the original was posted before, and on the same accounts
            original = new.get(posted.reverses) or known[posted.reverses]
            source = replace(original, reversal=not original.reversal)
        elif not _is_own_invoice(posted, types, roles_now):
            taxes = frozenset(line.account for line in lines if roles_now.get(line.account) == Role.TAX)
            due, party = (document.due, to_storable(document.party)) if (document := posted.document) else (None, None)
            source = BillSource(posted.date, due, party, taxes)
        new[step.id] = source
        for line in lines:
            if line.amount.units:
                key = (posted.date, *_find_bill(line, posted.date, source))
                owed[key] = owed.get(key, 0) - line.amount.units
    rows = []
    for id_, each in new.items():
        apart = json.dumps(sorted(each.apart)) if each.apart else None
        rows.append((*at.values(), id_, each.date, each.due, each.party, apart, each.reversal))
    return Insert(sources, rows), owed


def _is_own_invoice(
    posted: TransactionPosted, types: Mapping[AccountId, str], roles_now: Mapping[AccountId, str | None]
) -> bool:
    lines = posted.postings
    if any(roles_now.get(line.account) == Role.RECEIVABLE for line in lines):
        return True
    earns = any(line.amount.units < 0 and types[line.account] == AccountType.INCOME for line in lines)
    return earns and all(types[line.account] == AccountType.ASSET for line in lines if line.amount.units > 0)


async def _read_sources(connection: AsyncConnection, at: dict[str, int], ids: Collection[str]) -> dict[str, BillSource]:
    if not ids:
        return {}
    rows = await fetch(connection, _sources_of, {**at, "ids": list(ids)})
    return {
        id_: BillSource(date, due, party, frozenset(json.loads(apart or "[]")), reversal)
        for id_, date, due, party, apart, reversal in rows
    }


def _find_bill(line: Posting[AccountId], date: dt.date, source: BillSource) -> Bill:
    """Return the group, due date and basis under which a line on a liability counts."""
    told = line.account not in source.apart
    group = (line.account, line.currency, to_storable(line.party) or (source.party if told else None) or "")
    due = line.due or (source.due if told else None)
    if due is not None:
        return *group, due, STATED
    bills_at_root = (line.amount.units < 0) != source.reversal
    return (*group, source.date, DATED) if bills_at_root else (*group, date, UNNAMED)


async def _plan_dues(connection: AsyncConnection, at: dict[str, int], owed: Owed) -> list[Insert]:
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
    known = await _read_known(connection, at, bills, by_bill)
    of_bills: list[tuple[Any, ...]] = []
    for bill, units in by_bill.items():
        units += known[bill][0] or 0
        of_bills.append((*at.values(), *bill, units, 1 if units > 0 else None))
    known = await _read_known(connection, at, parties, by_group)
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


async def _find_faulty_dues(connection: AsyncConnection, at: dict[str, int]) -> list[str]:
    """Return a sentence about each bill and each party that is not the sum of its lines."""
    by_bill: dict[Bill, int] = defaultdict(int)
    by_group: dict[Group, int] = defaultdict(int)
    async for row in fetch_in_pages(connection, select(dues).where(is_of_generation(dues)), at):
        by_group[row.account, row.currency, row.party] += row.units
        if row.basis != UNNAMED:
            by_bill[row.account, row.currency, row.party, row.due, row.basis] += row.units
    said: dict[Bill, int] = {}
    wrong: list[str] = []
    async for row in fetch_in_pages(connection, select(bills).where(is_of_generation(bills)), at):
        said[row.account, row.currency, row.party, row.due, row.basis] = row.units
        if bool(row.open) != (row.units > 0):
            wrong.append(f"the bill of account {row.account} due on {row.due} says that it is open, or not, wrongly")
    owed: dict[Group, int] = {}
    for row in await connection.execute(select(parties).where(is_of_generation(parties)), at):
        owed[row.account, row.currency, row.party] = row.units
        if bool(row.open) != (row.billed and row.units > 0):
            wrong.append(
                f"what is owed on account {row.account} to {row.party!r} says that it is open, or not, wrongly"
            )
    wrong += [
        f"the bill of account {key[0]} due on {key[3]} is not the sum of its lines"
        for key in find_differing_keys(by_bill, said)
    ]
    wrong += [
        f"what is owed on account {key[0]} to {key[2]!r} is not the sum of its lines"
        for key in find_differing_keys(by_group, owed)
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
    """What is owed on one account in one currency: `left` in all, and to each party the part in `owed`."""

    left: int
    owed: dict[Group, int]


async def read_open_bills(view: View, today: dt.date) -> list[OpenBill]:
    """Return the bills that are open today and have a due date, by due date. They are settled by the rules above, by
    what is dated up to today."""
    connection = view.connection
    at = {"ledger": view.ledger, "generation": view.generation}
    later_bills: dict[Bill, int] = defaultdict(int)
    later_groups: dict[Group, int] = defaultdict(int)
    for *group, due, basis, units in await fetch(connection, _dues_after, {**at, "today": today}):
        later_groups[tuple(group)] += units
        if basis != UNNAMED:
            later_bills[(*group, due, basis)] += units
    claims = await _read_claims(connection, at, later_groups)
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
            some = _find_unsettled(each, {group: latest[group] for group in each.owed}, touched, most)
            if some is not None:
                found += some
                del claims[pair]
        most *= 4
    return sorted(found, key=lambda bill: (bill.due, bill.account, bill.currency, bill.party))


async def _read_claims(
    connection: AsyncConnection, at: dict[str, int], later: Mapping[Group, int]
) -> dict[Pair, _Claims]:
    """Return what is owed on each account that may have an open bill with a due date."""
    found = {tuple(row[:3]): row[3:] for row in await fetch(connection, _open_parties, at)}
    pairs = {group[:2] for group in found} | {group[:2] for group in later}
    wanted = (later.keys() | {(*pair, "") for pair in pairs}) - found.keys()
    more = await _read_known(connection, at, parties, wanted)
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
        # Also a party to which nothing is owed except for what is dated after today.
        billed |= {group for group in owed if group[:2] in overpaid}
    claims: dict[Pair, _Claims] = {}
    for group, units in owed.items():
        if units > 0 and group in billed:
            each = claims.setdefault(group[:2], _Claims(-overpaid.get(group[:2], 0), {}))
            each.left += units
            each.owed[group] = units
    return {pair: each for pair, each in claims.items() if each.left > 0}


def _find_unsettled(
    claims: _Claims, latest: Mapping[Group, Mapping[Bill, int]], touched: Mapping[Bill, int], most: int
) -> list[OpenBill] | None:
    """Return the open bills: the latest due ones, as many as the claims cover. Return None where more bills must be
    read to know them."""
    units_of = {bill: units for each in latest.values() for bill, units in each.items()}
    units_of |= {bill: units for bill, units in touched.items() if bill[:3] in latest}
    horizon: dt.date | None = None  # bills that are due on this date or before may be missing
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
