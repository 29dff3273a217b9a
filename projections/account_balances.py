"""Current balances: what stands on every account in every currency now, and the chart of accounts they stand in.

Rows: one per account, and one per account and currency that was ever posted to. Cost of a batch: a statement,
and two more where accounts changed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from sqlalchemy import BigInteger, Column, Index, SmallInteger, Table, Text, bindparam, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.accounts import AccountId
from ledger.books.accounts import AccountClosed, AccountOpened, AccountRenamed, AccountReopened, AccountUpdated
from ledger.journal import Record
from ledger.store.engine import Key, ListOf, Units, among
from ledger.store.rows import Insert, fetch
from ledger.transactions import TransactionPosted
from projections.checkpoints import Checkpoint
from projections.projection import generation_key, metadata, storable
from projections.reader import View

# --- tables ----------------------------------------------------------------------------------------------------------

chart = Table(
    "chart_accounts",
    metadata,
    *generation_key(),
    Column("account", BigInteger, primary_key=True, autoincrement=False),
    Column("path", Key, comment="NULL: erased"),
    Column("number", Key),
    Column("label", Text),
    Column("type", Text, nullable=False),
    Column("normal", Text, nullable=False),
    Column("role", Text),
    Column("status", Text, nullable=False),
    Column("currencies", Text, nullable=False, comment="JSON list; empty: all"),
    Column("metadata", Text, comment="JSON object"),
    Column("changed", BigInteger, nullable=False, comment="position of the last record that changed the account"),
    Index(None, "ledger", "generation", "path"),
)

balances = Table(
    "account_balances",
    metadata,
    *generation_key(),
    Column("account", BigInteger, primary_key=True, autoincrement=False),
    Column("currency", Key, primary_key=True),
    Column("scale", SmallInteger, nullable=False),
    Column("debits", Units, nullable=False),
    Column("credits", Units, nullable=False),
    Column("transactions", BigInteger, nullable=False),
)

# --- fold ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Sums:
    """What was posted to one account in one currency, in minor units."""

    scale: int
    debits: int = 0
    credits: int = 0
    transactions: int = 0
    last: int = -1
    """Position of the last transaction counted."""


@dataclass(slots=True)
class BalanceDelta:
    """New members of accounts by id, and what was posted."""

    accounts: dict[AccountId, dict[str, Any]] = field(default_factory=dict)
    sums: dict[tuple[AccountId, str], Sums] = field(default_factory=dict)


class AccountBalances:
    """The projection `account_balances`."""

    name = "account_balances"
    tables = (chart, balances)

    def fold(self, records: Sequence[Record]) -> BalanceDelta:
        delta = BalanceDelta()
        for record in records:
            event = record.event
            if isinstance(event, TransactionPosted):
                _fold_posted(delta, event, record.position)
            elif isinstance(event, AccountOpened):
                delta.accounts[record.position] = _opened_row(event) | {"changed": record.position}
            elif isinstance(event, AccountRenamed | AccountUpdated | AccountClosed | AccountReopened):
                before = delta.accounts.get(event.account, {})
                delta.accounts[event.account] = before | _changed_members(event) | {"changed": record.position}
        return delta

    async def changes(self, connection: AsyncConnection, checkpoint: Checkpoint, delta: BalanceDelta) -> list[Insert]:
        ledger, generation = checkpoint.ledger, checkpoint.generation
        at = {"ledger": ledger, "generation": generation}
        known = {row[0]: row for row in await _rows_of(connection, at, delta.accounts)}
        rows = []
        for id_, new in delta.accounts.items():
            before = dict(zip(_CHART, known[id_], strict=True)) if id_ in known else {}
            member = {**before, "account": id_, **new}
            rows.append((ledger, generation, *[member[name] for name in _CHART]))
        sums_new = [
            (ledger, generation, *key, sums.scale, sums.debits, sums.credits, sums.transactions)
            for key, sums in delta.sums.items()
        ]
        return [
            Insert(chart, rows, replace=True),
            Insert(balances, sums_new, add=("debits", "credits", "transactions")),
        ]

    async def faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
        query = select(balances.c.currency, balances.c.debits, balances.c.credits).where(
            balances.c.ledger == ledger, balances.c.generation == generation
        )
        sums: dict[str, int] = {}
        for row in await connection.execute(query):
            sums[row.currency] = sums.get(row.currency, 0) + row.debits - row.credits
        return [f"all balances in {currency} sum to {total}, not to zero" for currency, total in sums.items() if total]


def _fold_posted(delta: BalanceDelta, posted: TransactionPosted, position: int) -> None:
    for posting in posted.postings:
        key = (posting.account, posting.currency)
        sums = delta.sums.get(key)
        if sums is None:
            sums = delta.sums[key] = Sums(posting.amount.scale)
        units = posting.amount.units
        if units >= 0:
            sums.debits += units
        else:
            sums.credits -= units
        if sums.last != position:
            sums.transactions += 1
            sums.last = position


def _opened_row(opened: AccountOpened) -> dict[str, Any]:
    return {
        "path": storable(opened.path),
        "number": storable(opened.number),
        "label": storable(opened.label),
        "type": opened.type,
        "normal": opened.normal,
        "role": opened.role,
        "status": "open",
        "currencies": json.dumps(opened.currencies),
        "metadata": None if opened.metadata is None else json.dumps(opened.metadata),
    }


def _changed_members(event: AccountRenamed | AccountUpdated | AccountClosed | AccountReopened) -> dict[str, Any]:
    match event:
        case AccountRenamed():
            given = {"path": event.path, "number": event.number, "label": event.label}
            return {name: storable(new) for name, new in given.items() if new is not None}
        case AccountUpdated():
            metadata = {} if event.metadata is None else {"metadata": json.dumps(event.metadata)}
            return {"role": event.role, "currencies": json.dumps(event.currencies)} | metadata
        case AccountClosed():
            return {"status": "closed"}
        case AccountReopened():
            return {"status": "open"}
    assert_never(event)


_CHART = tuple(column.name for column in chart.c if column.name not in ("ledger", "generation"))


_chart_of = select(*chart.c[_CHART]).where(
    chart.c.ledger == bindparam("ledger"),
    chart.c.generation == bindparam("generation"),
    among(chart.c.account, bindparam("accounts", type_=ListOf(BigInteger()))),
)


async def _rows_of(connection: AsyncConnection, at: dict[str, int], accounts: Iterable[AccountId]) -> Sequence[Any]:
    """The chart's rows of these accounts; nothing is sent where there are none."""
    ids = list(accounts)
    return await fetch(connection, _chart_of, {**at, "accounts": ids}) if ids else []


# --- queries ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChartAccount:
    """An account as the chart shows it; `path` is None where its name was erased."""

    id: AccountId
    path: str | None
    number: str | None
    label: str | None
    type: str
    normal: str
    role: str | None
    status: str
    currencies: list[str]
    metadata: dict[str, Any]
    changed: int
    """Position of the last record that changed the account."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What stands on an account in a currency; debits and credits in minor units of 10**-scale."""

    account: AccountId | None
    """None in a sum over accounts of which none has this path itself."""
    path: str | None
    type: str
    normal: str
    currency: str
    scale: int
    debits: int
    credits: int
    transactions: int


_path = func.coalesce(chart.c.path, "")


def _mine(view: View, table: Table) -> Any:
    return (table.c.ledger == view.ledger) & (table.c.generation == view.generation)


def under(path: str) -> Any:
    """The account with this path and everything below it."""
    below = path + ":"
    return (chart.c.path == path) | ((chart.c.path >= below) & (chart.c.path < path + ";"))  # ";" follows ":"


async def accounts_page(
    view: View, *, after: tuple[str, int] | None = None, limit: int, below: str | None = None
) -> list[ChartAccount]:
    """Accounts in the order of their paths, from just after (path, id) on."""
    query = select(chart).where(_mine(view, chart)).order_by(_path, chart.c.account).limit(limit)
    if after is not None:
        query = query.where(tuple_(_path, chart.c.account) > after)
    if below is not None:
        query = query.where(under(below))
    return [_chart_account(row._mapping) for row in await view.connection.execute(query)]


async def accounts_by_id(view: View, accounts: Iterable[AccountId]) -> dict[AccountId, ChartAccount]:
    """Those of the accounts that the chart knows at this size."""
    at = {"ledger": view.ledger, "generation": view.generation}
    rows = await _rows_of(view.connection, at, accounts)
    return {account.id: account for account in (_chart_account(dict(zip(_CHART, row, strict=True))) for row in rows)}


async def balances_page(
    view: View,
    *,
    after: tuple[str, int, str] | None = None,
    limit: int,
    below: str | None = None,
    account: AccountId | None = None,
) -> list[Balance]:
    """Current balances in the order (path, account, currency), from just after that triple on."""
    at = {"ledger": view.ledger, "generation": view.generation, "limit": limit}
    query = _balances
    if after is not None:
        query = query.where(tuple_(_path, balances.c.account, balances.c.currency) > after)
    if below is not None:
        query = query.where(under(below))
    if account is not None:
        query = query.where(balances.c.account == account)
    return [Balance(*row) for row in await view.connection.execute(query, at)]


async def balances_of(view: View, account: AccountId, *, limit: int) -> list[Balance]:
    """Return the current balances of one account, by currency."""
    at = {"ledger": view.ledger, "generation": view.generation, "account": account, "limit": limit}
    return [Balance(*row) for row in await fetch(view.connection, _of_account, at)]


async def accounts_under(view: View, path: str) -> set[AccountId]:
    """The ids of the account with this path and of everything below it."""
    query = select(chart.c.account).where(_mine(view, chart), under(path))
    return set(await view.connection.scalars(query))


def rolled_up(page: Iterable[Balance], depth: int) -> list[Balance]:
    """Balances with every account below `depth` added to its ancestor at that depth.

    An ancestor that is an account itself keeps its id, type and side; another takes type and side of its first child.
    """
    rolled: dict[tuple[str, str], Balance] = {}
    for balance in page:
        segments = (balance.path or str(balance.account)).split(":")
        path = ":".join(segments[:depth])
        known = rolled.get((path, balance.currency))
        if known is None:
            own = len(segments) <= depth
            rolled[path, balance.currency] = replace(balance, path=path, account=balance.account if own else None)
        else:
            rolled[path, balance.currency] = replace(
                known, debits=known.debits + balance.debits, credits=known.credits + balance.credits
            )
    return list(rolled.values())


_same_account = (
    (chart.c.ledger == balances.c.ledger)
    & (chart.c.generation == balances.c.generation)
    & (chart.c.account == balances.c.account)
)


_members = (
    balances.c.account,
    *chart.c["path", "type", "normal"],
    *balances.c["currency", "scale", "debits", "credits", "transactions"],
)
_balances = (
    select(*_members)
    .join_from(balances, chart, _same_account)
    .where(balances.c.ledger == bindparam("ledger"), balances.c.generation == bindparam("generation"))
    .order_by(_path, balances.c.account, balances.c.currency)
    .limit(bindparam("limit"))
)

_of_account = (
    select(*_members)
    .join_from(balances, chart, _same_account)
    .where(
        balances.c.ledger == bindparam("ledger"),
        balances.c.generation == bindparam("generation"),
        balances.c.account == bindparam("account"),
    )
    .order_by(balances.c.currency)
    .limit(bindparam("limit"))
)


def _chart_account(row: Mapping[Any, Any]) -> ChartAccount:
    return ChartAccount(
        id=row["account"],
        path=row["path"],
        number=row["number"],
        label=row["label"],
        type=row["type"],
        normal=row["normal"],
        role=row["role"],
        status=row["status"],
        currencies=json.loads(row["currencies"]),
        metadata=json.loads(row["metadata"]) if row["metadata"] else {},
        changed=row["changed"],
    )
