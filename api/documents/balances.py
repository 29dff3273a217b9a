"""Balances, a page at a time: now, or at any pair of effective date and recorded size."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from api.documents.questions import ALL, NO_BOUND, AsOf, Page, read_as_of
from api.errors import TooMany
from api.shapes.accounts import make_balance
from ledger.accounts import AccountId
from ledger.journal import Size
from projections.account_balances import Balance, read_account_balances, read_balances_page, roll_up
from projections.balance_history import read_balances_at
from projections.reader import Reading

ROLLED_UP_MAX = 100_000
"""Balances that are added up by the first segments of their paths."""


@dataclass(frozen=True, slots=True)
class BalancesQuestion:
    """Which balances: of one account, or of those `under` a path, rolled up to `depth`; as of both time axes. `start`
    is `following` of the page before: later pages are read at the size of the first one."""

    as_of: AsOf = NO_BOUND
    account: AccountId | None = None
    under: str | None = None
    depth: int | None = None
    natural: bool = False
    limit: int = ALL
    start: dict[str, Any] | None = None

    @property
    def size(self) -> Size | None:
        """The size that is asked for; None: the present one."""
        return self.as_of.size if self.start is None else self.start["size"]

    @property
    def read_models(self) -> tuple[str, ...]:
        """The read models of the answer: present balances do not know the past."""
        is_historic = self.size is not None or self.as_of.effective is not None
        present = ("account_balances", "chart")
        return (*present, "balance_history") if is_historic else present


async def read_balances(reading: Reading, asked: BalancesQuestion) -> Callable[[], Page]:
    """Return what makes the page: every account that was used, a line a currency, in the order of paths. With `depth`
    there is one page. Raises TooMany."""
    size = reading.size if asked.size is None else asked.size
    listed, more = await _present_balances(reading, asked)
    page = listed
    if size != reading.size or asked.as_of.effective is not None:
        page = await _balances_then(reading, asked, listed, size)
    as_of = await read_as_of(reading.log, reading.ledger, size, asked.as_of)
    following = None
    if more:
        path, account, currency = _place(listed[-1])
        following = {"size": size, "path": path, "account": account, "currency": currency}

    def make() -> Page:
        shown = page if asked.depth is None else roll_up(page, asked.depth)
        rows = [make_balance(balance, natural=asked.natural) for balance in shown]
        return Page({"as_of": as_of, "balances": rows}, size, following)

    return make


async def _present_balances(reading: Reading, asked: BalancesQuestion) -> tuple[list[Balance], bool]:
    """Return a page of present balances, all of them with `depth`, and whether there are more."""
    view, start = reading.view("account_balances"), asked.start
    after = None if start is None else (start["path"], start["account"], start["currency"])
    if asked.account is not None and asked.under is None and start is None:
        listed = await read_account_balances(view, asked.account, limit=asked.limit)
        return listed, len(listed) == asked.limit
    listed = await read_balances_page(view, after=after, limit=asked.limit, below=asked.under, account=asked.account)
    more = len(listed) == asked.limit
    while asked.depth is not None and more:
        some = await read_balances_page(view, after=_place(listed[-1]), limit=ALL, below=asked.under)
        listed, more = listed + some, len(some) == ALL
        if len(listed) > ROLLED_UP_MAX:
            raise TooMany(what="balances to add up", most=ROLLED_UP_MAX)
    return listed, more


def _place(balance: Balance) -> tuple[str, AccountId, str]:
    assert balance.account is not None
    return balance.path or "", balance.account, balance.currency


async def _balances_then(reading: Reading, asked: BalancesQuestion, page: list[Balance], size: Size) -> list[Balance]:
    """Return the balances of the same accounts then; those that no record had touched by then are left out."""
    pairs = [(balance.account, balance.currency) for balance in page if balance.account is not None]
    found = await read_balances_at(reading.view("balance_history"), pairs, effective=asked.as_of.effective, size=size)
    then = []
    for balance in page:
        sums = found.get((balance.account or 0, balance.currency))
        if sums is not None:
            then.append(replace(balance, debits=sums.debits, credits=sums.credits))
    return then
