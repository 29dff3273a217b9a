"""Cash flows of the register: what moved beside cash, in the same transaction and currency. The database adds it up."""

import datetime as dt
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    FromClause,
    Text,
    and_,
    bindparam,
    cast,
    func,
    not_,
    select,
    tuple_,
    type_coerce,
)

from ledger.accounts import AccountId
from ledger.journal import Position, Size
from ledger.store.connections import get_driver
from ledger.store.engine import PLANNED_ANEW, ListOf, add_listed, among
from ledger.store.rows import fetch
from projections.projection import is_of_generation
from projections.reader import View
from projections.register import lines


def _moved(table: FromClause, accounts: str) -> Any:
    """Return the condition for lines of some accounts in a period."""
    start, end = bindparam("start", type_=Date()), bindparam("end", type_=Date())
    listed = among(table.c.account, bindparam(accounts, type_=ListOf(BigInteger())))
    return and_(is_of_generation(table), listed, table.c.date >= start, table.c.date <= end)


_money = lines.alias("money")
_moved_cash = select(*_money.c["position", "currency"]).where(_moved(_money, "cash"), _money.c.units != 0)
_is_other = _moved(lines, "others") & (lines.c.position < bindparam("size", type_=BigInteger()))


def _beside_postgresql() -> Any:
    """Return the query of the lines of `others` in transactions with a line of `cash` in the same currency.

    A full join, although only what matches is wanted: it hashes or sorts both sides. Where PostgreSQL has no
    statistics, after an import or an upgrade, it made of any other a loop that compared each line with each: seconds
    instead of milliseconds. It would see through a condition that is not true of NULL.
    """
    others, cash = select(lines).where(_is_other).subquery("others"), _moved_cash.distinct().subquery("cash")
    same = and_(*(others.c[name] == cash.c[name] for name in ("position", "currency")))
    there = and_(*(func.coalesce(side.c.position, -1) >= 0 for side in (others, cash)))
    return _take_most(others, there, others.join(cash, same, full=True))


def _beside_sqlite() -> Any:
    """Return the same query for SQLite, which makes a list of the cash lines' keys."""
    return _take_most(lines, _is_other & tuple_(*lines.c["position", "currency"]).in_(_moved_cash))


def _take_most(source: Any, condition: Any, joined: Any = None) -> Any:
    found = select(*source.c["account", "currency", "position", "units"]).where(condition)
    found = found if joined is None else found.select_from(joined)
    return found.limit(bindparam("most", type_=BigInteger())).subquery("beside")


def _flows_query(beside: Any, amounts_of: Callable[[Any, Any], Any]) -> Any:
    """Return the statement for the lines beside cash, a row for each account and currency: how many there are, and a
    list of amounts to be added, none where no line counts."""
    counts = not_(among(beside.c.position, bindparam("without", type_=ListOf(BigInteger()))))
    group = beside.c["account", "currency"]
    return select(*group, func.count(), amounts_of(beside.c.units, counts)).group_by(*group)


_flows = {
    "postgresql": _flows_query(
        _beside_postgresql(),
        lambda units, counts: func.concat_ws(
            " ", *(cast(func.sum(units).filter(counts, sign), Text) for sign in (units <= 0, units > 0))
        ),
    ),
    # It cannot add, because amounts are texts there.
    "sqlite": _flows_query(
        _beside_sqlite(), lambda units, counts: func.group_concat(type_coerce(units, Text), " ").filter(counts)
    ),
}


async def read_flows_beside(
    view: View,
    cash: Collection[AccountId],
    others: Collection[AccountId],
    start: dt.date | None,
    end: dt.date | None,
    size: Size,
    *,
    without: Collection[Position],
    most: int,
) -> tuple[int, dict[tuple[AccountId, str], tuple[int, int]]]:
    """Return how many lines of `others` are in transactions that moved `cash` in the same currency, at most `most`, and
    what they received (credits) and paid (debits) by account and currency, except the transactions at `without`."""
    asked = {"cash": sorted(cash), "others": sorted(others), "without": sorted(without), "size": size, "most": most}
    asked |= {"start": start or dt.date.min, "end": end or dt.date.max}
    dialect = view.connection.dialect.name
    if dialect == "postgresql":  # it may read all lines
        await get_driver(view.connection).execute(PLANNED_ANEW)
    rows = await fetch(view.connection, _flows[dialect], view.at | asked)
    found = {(account, currency): add_listed(amounts, dialect) for account, currency, _, amounts in rows if amounts}
    return sum(row[2] for row in rows), {pair: (-negative, positive) for pair, (negative, positive) in found.items()}
