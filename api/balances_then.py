"""The balances of one account as they stood on any date, as known at any size: of one snapshot, by one statement.

What the account is called comes from `account_balances`, what stood on it from `balance_history`. Neither knows the
other; this module asks both.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import BigInteger, bindparam, func

from ledger.accounts import AccountId
from ledger.journal import Ledger, Size
from projections.account_balances import Balance, balance_in, of_account
from projections.balance_history import stood, sums_in
from projections.reader import Reader, Seen

_now = of_account.selected_columns
_pairs = of_account.add_columns(
    _now.beside_generation.label("history"),
    func.coalesce(bindparam("size", type_=BigInteger()), _now.applied).label("size"),
).subquery("pairs")
_then = stood(_pairs)


@dataclass(frozen=True, slots=True)
class Then:
    """What stood on an account; `seen.beside` is what of the history was read."""

    seen: Seen
    size: Size
    """As known when the log had it."""
    now: list[Balance]
    """Present balances by currency."""
    sums: Mapping[str, tuple[int, int]]
    """Debits and credits by currency; one that no record had touched by then is left out."""

    @property
    def balances(self) -> list[Balance]:
        """As they stood."""
        return [
            replace(each, debits=sums[0], credits=sums[1])
            for each in self.now
            if (sums := self.sums.get(each.currency)) is not None
        ]


async def balances_then(
    reader: Reader,
    ledger: Ledger,
    account: AccountId,
    *,
    effective: dt.date | None,
    size: Size | None,
    limit: int,
    min_size: Size = 0,
    timeout_seconds: float,
) -> Then:
    """Over the transactions dated up to `effective` (None: all) among the first `size` records (None: all that present
    balances reflect), at most `limit` currencies. Waits for both read models. Raises ProjectionBehind and
    ProjectionBlocked."""

    async def ask(known: Size | None) -> Seen:
        return await reader.read(
            ledger,
            "account_balances",
            _then,
            {"account": account, "limit": limit, "effective": effective or dt.date.max, "size": known},
            beside="balance_history",
            min_size=max(min_size, known or 0),
            timeout_seconds=timeout_seconds,
        )

    seen = await ask(size)
    known = seen.applied if size is None else size
    if seen.beside is None or seen.beside.applied < known:
        await reader.wait(ledger, "balance_history", known, timeout_seconds)
        seen = await ask(known)
    rows = sorted((row for row in seen.rows if row.account is not None), key=lambda row: str(row.currency))
    found = [(row.currency, sums_in(row, reader.dialect)) for row in rows]
    sums = {currency: both for currency, both in found if both is not None}
    return Then(seen, known, [balance_in(row) for row in rows], sums)
