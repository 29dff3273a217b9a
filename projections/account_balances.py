"""Current balances: the balance of every account in every currency now. They are listed by the paths of the chart.

Rows: one per account and currency that was ever posted to. Cost of a batch: a statement.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import BigInteger, Column, SmallInteger, Table, bindparam, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.accounts import AccountId
from ledger.journal import Record
from ledger.store.engine import Key, Units
from ledger.store.rows import Insert, fetch
from ledger.transactions import TransactionPosted
from projections.chart import chart, path_order, span, under
from projections.checkpoints import Checkpoint
from projections.projection import is_of_generation, make_generation_key, metadata
from projections.reader import View

# --- table -----------------------------------------------------------------------------------------------------------

balances = Table(
    "account_balances",
    metadata,
    *make_generation_key(),
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


BalanceDelta = dict[tuple[AccountId, str], Sums]
"""What was posted, by account and currency."""


class AccountBalances:
    """The projection `account_balances`."""

    name = "account_balances"
    needs: Sequence[str] = ("chart",)
    tables = (balances,)

    def fold(self, records: Sequence[Record]) -> BalanceDelta:
        delta: BalanceDelta = {}
        for record in records:
            if isinstance(event := record.event, TransactionPosted):
                _fold_posted(delta, event, record.position)
        return delta

    async def plan_changes(
        self, connection: AsyncConnection, checkpoint: Checkpoint, delta: BalanceDelta
    ) -> list[Insert]:
        rows = [
            (checkpoint.ledger, checkpoint.generation, *key, sums.scale, sums.debits, sums.credits, sums.transactions)
            for key, sums in delta.items()
        ]
        return [Insert(balances, rows, add=("debits", "credits", "transactions"))]

    async def find_faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
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
        sums = delta.get(key)
        if sums is None:
            sums = delta[key] = Sums(posting.amount.scale)
        units = posting.amount.units
        if units >= 0:
            sums.debits += units
        else:
            sums.credits -= units
        if sums.last != position:
            sums.transactions += 1
            sums.last = position


# --- queries ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Balance:
    """The balance of an account in a currency: debits and credits in minor units of 10**-scale."""

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


async def read_balances_page(
    view: View,
    *,
    after: tuple[str, int, str] | None = None,
    limit: int,
    below: str | None = None,
    account: AccountId | None = None,
) -> list[Balance]:
    """Return current balances in the order (path, account, currency), from just after that triple on."""
    path, last, currency = after or ("", -1, "")
    asked = {"path": path, "last": last, "currency": currency, "account": account, "limit": limit}
    asked |= {} if below is None else span(below)
    query = _pages[below is not None, account is not None]
    rows = await fetch(view.connection, query, view.at | asked)
    return [Balance(*row) for row in rows]


async def read_account_balances(view: View, account: AccountId, *, limit: int) -> list[Balance]:
    """Return the current balances of one account, by currency."""
    at = view.at | {"account": account, "limit": limit}
    return [Balance(*row) for row in await fetch(view.connection, _of_account, at)]


def roll_up(page: Iterable[Balance], depth: int) -> list[Balance]:
    """Return the balances, with every account below `depth` added to its ancestor at that depth.

    An ancestor that is an account itself keeps its id, type and side. Another one takes type and side of its first
    child.
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


_balances = (
    select(
        balances.c.account,
        *chart.c["path", "type", "normal"],
        *balances.c["currency", "scale", "debits", "credits", "transactions"],
    )
    .join_from(balances, chart, _same_account)
    .where(is_of_generation(balances))
    .limit(bindparam("limit"))
)
_one = balances.c.account == bindparam("account")
_order = (path_order, balances.c.account, balances.c.currency)
_pages = {
    (below, one): _balances.where(tuple_(*_order) > tuple_(*map(bindparam, ("path", "last", "currency"))))
    .where(*[condition for condition, is_asked in ((under, below), (_one, one)) if is_asked])
    .order_by(*_order)
    for below in (False, True)
    for one in (False, True)
}
"""The statements of a page, by whether it is of accounts below a path, and of one account."""
_of_account = _balances.where(_one).order_by(balances.c.currency)
