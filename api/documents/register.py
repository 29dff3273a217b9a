"""Registers: the lines of one account with a running balance, a page at a time."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from api.documents.questions import ALL, NO_BOUND, AsOf, Page, read_as_of, read_paths
from api.shapes.accounts import LineOut
from api.shapes.answers import find_path
from ledger.accounts import AccountId
from ledger.dates import day_before
from ledger.journal import Size
from ledger.money import format_units
from projections.balance_history import read_balance_at
from projections.reader import Reading
from projections.register import RegisterLine, read_register_page


@dataclass(frozen=True, slots=True)
class RegisterQuestion:
    """Which lines of an account: dated within [first, last], as known at `as_of.size`. `start` is `following` of the
    page before: later pages are read at the size of the first one."""

    account: AccountId
    as_of: AsOf = NO_BOUND
    first: dt.date | None = None
    last: dt.date | None = None
    limit: int = ALL
    start: dict[str, Any] | None = None

    @property
    def size(self) -> Size | None:
        """The size that is asked for; None: the present one."""
        return self.as_of.size if self.start is None else self.start["size"]

    @property
    def read_models(self) -> tuple[str, ...]:
        """The read models of the answer. Balances before a first date are only needed for the first page."""
        opening = self.start is None and self.first is not None
        return "register", "chart", *(["balance_history"] if opening else [])


async def read_register(reading: Reading, asked: RegisterQuestion) -> Page:
    """Return an account's lines in the order (date, position, line), with a balance that runs per currency.

    `following` carries the size of the first page and the balances after its last line; nothing is summed twice.
    """
    size = reading.size if asked.size is None else asked.size
    start = asked.start
    lines = await read_register_page(
        reading.view("register"),
        asked.account,
        after=None if start is None else (start["date"], start["position"], start["line"]),
        limit=asked.limit,
        size=size,
        start=asked.first,
        end=asked.last,
    )
    running = await _opening_balances(reading, asked, size) if start is None else dict(start["running"])
    others = {other for line in lines for other in line.counter_accounts}
    paths = await read_paths(reading, {asked.account} | others)
    shown = []
    for line in lines:
        running[line.currency] = running.get(line.currency, 0) + line.units
        shown.append(_line_out(line, running[line.currency], paths))
    following = None
    if len(lines) == asked.limit:
        last = lines[-1]
        following = {"size": size, "date": last.date, "position": last.position, "line": last.line, "running": running}
    content = {
        "as_of": await read_as_of(reading.log, reading.ledger, size, asked.as_of),
        "account": find_path(paths, asked.account),
        "account_id": asked.account,
        "lines": shown,
    }
    return Page(content, size, following)


async def _opening_balances(reading: Reading, asked: RegisterQuestion, size: Size) -> dict[str, int]:
    """Return the account's balance before the first line, per currency, in minor units."""
    if asked.first is None or (before := day_before(asked.first)) is None:
        return {}
    sums = await read_balance_at(reading.view("balance_history"), asked.account, effective=before, size=size)
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
        "counter_accounts": [find_path(paths, other) for other in line.counter_accounts],
        "amount": format_units(line.units, line.scale),
        "currency": line.currency,
        "balance": format_units(balance, line.scale),
    }
