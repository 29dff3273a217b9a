"""The chart of accounts: every account as it is now. Other read models need it.

A read model that names it in `needs` reads its rows at its own generation. The chart is written before them in the same
transaction, so it has come at least as far as they have. Where one of them is blocked, the chart has come further.

Rows: one per account. Cost of a batch: nothing where no account changed, else two statements.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, assert_never

from sqlalchemy import BigInteger, Column, Index, Table, Text, bindparam, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.accounts import AccountId, Role
from ledger.books.accounts import AccountClosed, AccountOpened, AccountRenamed, AccountReopened, AccountUpdated
from ledger.journal import Record
from ledger.store.engine import Key, ListOf, among
from ledger.store.rows import Insert, fetch
from projections.checkpoints import Checkpoint
from projections.projection import is_of_generation, make_generation_key, metadata, to_storable
from projections.reader import View

CASH_ROLES = (Role.CASH, Role.BANK)
"""Roles of the accounts that are cash."""

# --- table -----------------------------------------------------------------------------------------------------------

chart = Table(
    "chart_accounts",
    metadata,
    *make_generation_key(),
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
Index(
    "chart_accounts_role_index",
    *chart.c["ledger", "generation", "role"],
    sqlite_where=chart.c.role.is_not(None),
    postgresql_where=chart.c.role.is_not(None),
)

# --- fold ------------------------------------------------------------------------------------------------------------

ChartDelta = dict[AccountId, dict[str, Any]]
"""New members of accounts by id."""


class ChartOfAccounts:
    """The projection `chart`."""

    name = "chart"
    needs: Sequence[str] = ()
    tables = (chart,)

    def fold(self, records: Sequence[Record]) -> ChartDelta:
        delta: ChartDelta = {}
        for record in records:
            event = record.event
            if isinstance(event, AccountOpened):
                delta[record.position] = _opened_row(event) | {"changed": record.position}
            elif isinstance(event, AccountRenamed | AccountUpdated | AccountClosed | AccountReopened):
                before = delta.get(event.account, {})
                delta[event.account] = before | _changed_members(event) | {"changed": record.position}
        return delta

    async def plan_changes(
        self, connection: AsyncConnection, checkpoint: Checkpoint, delta: ChartDelta
    ) -> list[Insert]:
        at = {"ledger": checkpoint.ledger, "generation": checkpoint.generation}
        known = {row[0]: row for row in await _rows_of(connection, at, delta)}
        rows = []
        for id_, new in delta.items():
            before = dict(zip(_CHART, known[id_], strict=True)) if id_ in known else {}
            member = {**before, "account": id_, **new}
            rows.append((*at.values(), *[member[name] for name in _CHART]))
        return [Insert(chart, rows, replace=True)]

    async def find_faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
        return []


def _opened_row(opened: AccountOpened) -> dict[str, Any]:
    return {
        "path": to_storable(opened.path),
        "number": to_storable(opened.number),
        "label": to_storable(opened.label),
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
            return {name: to_storable(new) for name, new in given.items() if new is not None}
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
    is_of_generation(chart),
    among(chart.c.account, bindparam("accounts", type_=ListOf(BigInteger()))),
)


async def _rows_of(connection: AsyncConnection, at: dict[str, int], accounts: Iterable[AccountId]) -> Sequence[Any]:
    """Return the chart's rows of these accounts; nothing is sent where there are none."""
    ids = list(accounts)
    return await fetch(connection, _chart_of, {**at, "accounts": ids}) if ids else []


# --- queries ---------------------------------------------------------------------------------------------------------


class ChartAccount(NamedTuple):
    """An account as the chart shows it; `path` is None where its name was erased."""

    id: AccountId
    path: str | None
    number: str | None
    label: str | None
    type: str
    normal: str
    role: str | None
    status: str
    currencies_json: str
    metadata_json: str | None
    changed: int
    """Position of the last record that changed the account."""

    @property
    def currencies(self) -> list[str]:
        return list(json.loads(self.currencies_json))

    @property
    def metadata(self) -> dict[str, Any]:
        return dict(json.loads(self.metadata_json or "{}"))


class NamedAccount(NamedTuple):
    """What documents of a ledger's figures show of an account; `path` is None where its name was erased."""

    id: AccountId
    path: str | None
    label: str | None
    type: str
    role: str | None


path_order = func.coalesce(chart.c.path, "")
"""Accounts whose name was erased come first."""


under = (chart.c.path == bindparam("under")) | (
    (chart.c.path >= bindparam("first_below")) & (chart.c.path < bindparam("after_below"))
)
"""The condition for an account and everything below it: see `span`."""


def span(path: str) -> dict[str, str]:
    """Return the parameters of `under`."""
    return {"under": path, "first_below": path + ":", "after_below": path + ";"}  # ";" follows ":"


_place = tuple_(path_order, chart.c.account)
_pages = {
    below: select(*chart.c[_CHART])
    .where(is_of_generation(chart), _place > tuple_(bindparam("path"), bindparam("account")), *conditions)
    .order_by(path_order, chart.c.account)
    .limit(bindparam("limit"))
    for below, conditions in ((False, ()), (True, (under,)))
}
"""The statements of a page, and of one of the accounts below a path."""


async def read_accounts_page(
    view: View, *, after: tuple[str, int] | None = None, limit: int, below: str | None = None
) -> list[ChartAccount]:
    """Return accounts in the order of their paths, from just after (path, id) on."""
    path, account = after or ("", -1)
    asked = view.at | {"path": path, "account": account, "limit": limit}
    asked |= {} if below is None else span(below)
    rows = await fetch(view.connection, _pages[below is not None], asked)
    return [ChartAccount(*row) for row in rows]


async def read_accounts_by_id(view: View, accounts: Iterable[AccountId]) -> dict[AccountId, ChartAccount]:
    """Return those of the accounts that the chart knows at this size."""
    return {row[0]: ChartAccount(*row) for row in await _rows_of(view.connection, view.at, accounts)}


_accounts_under = select(chart.c.account).where(is_of_generation(chart), under)


async def read_accounts_under(view: View, path: str) -> set[AccountId]:
    """Return the ids of the account with this path and of the accounts below it."""
    return {row[0] for row in await fetch(view.connection, _accounts_under, view.at | span(path))}


_named = select(*chart.c["account", "path", "label", "type", "role"]).where(is_of_generation(chart))
_named_first = _named.limit(bindparam("limit"))
_named_of = _named.where(among(chart.c.account, bindparam("accounts", type_=ListOf(BigInteger()))))
_with_roles = _named.where(chart.c.role.is_not(None), among(chart.c.role, bindparam("roles", type_=ListOf(Text()))))


async def read_named_accounts(view: View, *, limit: int) -> dict[AccountId, NamedAccount]:
    """Return at most `limit` accounts by id."""
    return await _fetch_named(view, _named_first, limit=limit)


async def read_named_accounts_by_id(view: View, accounts: Iterable[AccountId]) -> dict[AccountId, NamedAccount]:
    """Return those of the accounts that the chart knows at this size."""
    ids = list(accounts)
    return await _fetch_named(view, _named_of, accounts=ids) if ids else {}


async def read_cash_accounts(view: View) -> dict[AccountId, NamedAccount]:
    """Return the accounts with the role of cash or of a bank account."""
    return await _fetch_named(view, _with_roles, roles=[str(role) for role in CASH_ROLES])


async def _fetch_named(view: View, query: Any, **given: Any) -> dict[AccountId, NamedAccount]:
    rows = await fetch(view.connection, query, view.at | given)
    return {row[0]: NamedAccount(*row) for row in rows}
