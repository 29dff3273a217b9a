"""The documents that both HTTP and the command line show: balances and registers, a page at a time.

`check(size, generation, …)` is called as soon as it is known what the answer reflects, before any read-model table is
touched; HTTP raises NotModified there when the reader has that answer already.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from api.errors import TooMany
from api.services import Services
from api.shapes.accounts import LineOut, balance_out
from api.shapes.answers import AsOfOut, path_of, time_out
from ledger.accounts import AccountId
from ledger.books.accounts import AccountOpened
from ledger.dates import day_before
from ledger.journal import Ledger, Record, Size
from ledger.money import format_units
from ledger.transactions import TransactionPosted
from projections.account_balances import Balance, accounts_by_id, balances_of, balances_page, rolled_up
from projections.balance_history import balance_at, balances_at
from projections.register import RegisterLine, register_page

ALL = 1_000
"""Rows read at a time where all of them are wanted."""
ROLLED_UP_MAX = 100_000
"""Balances that are added up by the first segments of their paths."""

Check = Callable[..., None]


def unchecked(*_reflecting: object, **_more: object) -> None:
    """Always answer."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """The least size that a read must reflect, and how long it may wait for it."""

    min_size: Size = 0
    timeout_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class AsOf:
    """Both time axes of a question: what happened up to `effective`, as known at `size`; None: no bound."""

    effective: dt.date | None = None
    size: Size | None = None
    recorded_at: dt.datetime | None = None
    """Of the last of `size` records, where it is known already."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an answer. `following` is where the next one goes on, None at the end."""

    content: dict[str, Any]
    size: Size
    following: dict[str, Any] | None


async def as_of_out(services: Services, ledger: Ledger, size: Size, as_of: AsOf | None = None) -> AsOfOut:
    """What an answer reflects."""
    if size == ledger.head.size:
        recorded_at = ledger.head.recorded_at
    elif as_of is not None and as_of.recorded_at is not None and as_of.size == size:
        recorded_at = as_of.recorded_at
    else:
        recorded_at = await services.journal.recorded_at(ledger.serial, size)
    effective = as_of.effective.isoformat() if as_of and as_of.effective else None
    return {"size": size, "recorded_at": time_out(recorded_at), "effective": effective}


async def paths_of(
    services: Services, ledger: Ledger, accounts: Iterable[AccountId], fresh: Freshness = Freshness()
) -> dict[AccountId, str]:
    """What these accounts are called now. One that the chart has not seen yet goes by the name it was opened with.

    Raises ProjectionBehind where `fresh` asks for more than came in time.
    """
    wanted = set(accounts)
    if not wanted:
        return {}
    async with services.reader.view(
        ledger, "account_balances", min_size=fresh.min_size, timeout_seconds=fresh.timeout_seconds
    ) as view:
        chart = await accounts_by_id(view, wanted)
    paths = {id_: account.path for id_, account in chart.items() if account.path is not None}
    unseen = wanted - chart.keys()
    for position, record in (await services.journal.records_at(ledger.serial, unseen)).items() if unseen else ():
        if isinstance(record.event, AccountOpened) and record.event.path is not None:
            paths[position] = record.event.path
    return paths


def accounts_in(records: Collection[Record]) -> set[AccountId]:
    """Every account that these transactions post to."""
    return {
        posting.account
        for record in records
        if isinstance(record.event, TransactionPosted)
        for posting in record.event.postings
    }


# --- balances --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BalancesQuestion:
    """Which balances: of one account, or of those `under` a path, rolled up to `depth`; as of both time axes."""

    as_of: AsOf = AsOf()
    account: AccountId | None = None
    under: str | None = None
    depth: int | None = None
    natural: bool = False
    limit: int = ALL

    @property
    def is_of_one_account(self) -> bool:
        """Whether one statement finds all of it."""
        return self.account is not None and self.under is None and self.depth is None

    def is_historic(self, size: Size | None) -> bool:
        """Whether present balances alone cannot answer it, at this size."""
        return size is not None or self.as_of.effective is not None


async def balances(
    services: Services,
    ledger: Ledger,
    asked: BalancesQuestion,
    *,
    start: dict[str, Any] | None = None,
    fresh: Freshness = Freshness(),
    check: Check = unchecked,
) -> Page:
    """Every account that was used, a line a currency, in the order of paths; `start`: `following` of the page before.

    The later pages are read at the size of the first one. With `depth` there is one page.
    """
    pinned = asked.as_of.size if start is None else start["size"]
    least = max(fresh.min_size, pinned or 0)
    one = asked.account if asked.is_of_one_account and start is None else None
    if one is None:
        after = (start["path"], start["account"], start["currency"]) if start else None
        async with services.reader.view(
            ledger, "account_balances", min_size=least, timeout_seconds=fresh.timeout_seconds
        ) as view:
            applied = view.applied
            size = applied if pinned is None else pinned
            check(size, view.generation, applied, asked.account)
            listed = await balances_page(view, after=after, limit=asked.limit, below=asked.under, account=asked.account)
            more = len(listed) == asked.limit
            while asked.depth is not None and more:
                some = await balances_page(view, after=_place(listed[-1]), limit=ALL, below=asked.under)
                listed, more = listed + some, len(some) == ALL
                if len(listed) > ROLLED_UP_MAX:
                    raise TooMany(what="balances to add up", most=ROLLED_UP_MAX)
    else:
        seen, listed = await balances_of(
            services.reader,
            ledger,
            one,
            limit=asked.limit,
            min_size=least,
            timeout_seconds=fresh.timeout_seconds,
        )
        applied = seen.applied
        size, more = applied if pinned is None else pinned, len(listed) == asked.limit
        check(size, seen.generation, applied, one)
    page = listed
    if size != applied or asked.as_of.effective is not None:
        page = await _as_they_stood(services, ledger, listed, asked.as_of.effective, size, fresh)
    following = None
    if more:
        path, account, currency = _place(listed[-1])
        following = {"size": size, "path": path, "account": account, "currency": currency}
    if asked.depth is not None:
        page = await services.long.apart(rolled_up, page, asked.depth)
    content = {
        "as_of": await as_of_out(services, ledger, size, asked.as_of),
        "balances": [balance_out(balance, natural=asked.natural) for balance in page],
    }
    return Page(content, size, following)


def _place(balance: Balance) -> tuple[str, AccountId, str]:
    assert balance.account is not None
    return balance.path or "", balance.account, balance.currency


async def _as_they_stood(
    services: Services,
    ledger: Ledger,
    page: list[Balance],
    effective: dt.date | None,
    size: Size,
    fresh: Freshness,
) -> list[Balance]:
    """The same accounts as they stood then; those that no record had touched by then are left out."""
    pairs = [(balance.account, balance.currency) for balance in page if balance.account is not None]
    async with services.reader.view(
        ledger, "balance_history", min_size=size, timeout_seconds=fresh.timeout_seconds
    ) as view:
        found = await balances_at(view, pairs, effective=effective, size=size)
    then = []
    for balance in page:
        sums = found.get((balance.account or 0, balance.currency))
        if sums is not None:
            then.append(replace(balance, debits=sums.debits, credits=sums.credits))
    return then


# --- registers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegisterQuestion:
    """Which lines of an account: dated within [start, end], as known at `as_of.size`."""

    account: AccountId
    as_of: AsOf = AsOf()
    start: dt.date | None = None
    end: dt.date | None = None
    limit: int = ALL


async def register(
    services: Services,
    ledger: Ledger,
    asked: RegisterQuestion,
    *,
    start: dict[str, Any] | None = None,
    fresh: Freshness = Freshness(),
    check: Check = unchecked,
) -> Page:
    """An account's lines in the order (date, position, line), with a balance that runs per currency.

    `following` carries the size of the first page and the balances after its last line; nothing is summed twice.
    """
    pinned = asked.as_of.size if start is None else start["size"]
    least = max(fresh.min_size, pinned or 0)
    async with services.reader.view(ledger, "register", min_size=least, timeout_seconds=fresh.timeout_seconds) as view:
        size = view.applied if pinned is None else pinned
        check(size, view.generation, view.applied, asked.account)
        after = (start["date"], start["position"], start["line"]) if start else None
        lines = await register_page(
            view, asked.account, after=after, limit=asked.limit, size=size, start=asked.start, end=asked.end
        )
    if start is None:
        running = await _opening(services, ledger, asked, size, fresh)
    else:
        running = dict(start["running"])
    others = {other for line in lines for other in line.counter_accounts}
    paths = await paths_of(services, ledger, {asked.account} | others, fresh)
    shown = []
    for line in lines:
        running[line.currency] = running.get(line.currency, 0) + line.units
        shown.append(_line_out(line, running[line.currency], paths))
    following = None
    if len(lines) == asked.limit:
        last = lines[-1]
        following = {"size": size, "date": last.date, "position": last.position, "line": last.line, "running": running}
    content = {
        "as_of": await as_of_out(services, ledger, size, asked.as_of),
        "account": path_of(paths, asked.account),
        "account_id": asked.account,
        "lines": shown,
    }
    return Page(content, size, following)


async def _opening(
    services: Services, ledger: Ledger, asked: RegisterQuestion, size: Size, fresh: Freshness
) -> dict[str, int]:
    """What stood on the account before the first line, per currency, in minor units."""
    if asked.start is None or (before := day_before(asked.start)) is None:
        return {}
    async with services.reader.view(
        ledger, "balance_history", min_size=size, timeout_seconds=fresh.timeout_seconds
    ) as view:
        sums = await balance_at(view, asked.account, effective=before, size=size)
    return {each.currency: each.balance for each in sums}


def _line_out(line: RegisterLine, balance: int, paths: dict[AccountId, str]) -> LineOut:
    return {
        "date": line.date.isoformat(),
        "position": line.position,
        "line": line.line,
        "transaction": line.transaction,
        "series": line.series,
        "number": line.number,
        "description": line.description,
        "counter_accounts": [path_of(paths, other) for other in line.counter_accounts],
        "amount": format_units(line.units, line.scale),
        "currency": line.currency,
        "balance": format_units(balance, line.scale),
    }
