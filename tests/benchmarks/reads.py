"""Rows about reading: polls that find nothing new, and current balances, against a route that does nothing."""

from collections.abc import Iterable
from functools import partial

from tests.benchmarks.client import Load, Target, Turn, in_turns
from tests.benchmarks.installation import Bench
from tests.benchmarks.rows import Row
from tests.benchmarks.writes import LEDGER, posting, serving

CLIENTS = 16


def asking(target: Target, requests: Iterable[bytes], *, expect: bytes = b"200", clients: int = CLIENTS) -> Turn:
    """These questions by so many clients, as a turn."""

    async def turn(seconds: float) -> Load:
        return await target.load(requests, seconds=seconds, callers=clients, expect=expect)

    return turn


async def polls_and_balances(bench: Bench) -> list[Row]:
    """A dashboard poll answered 304, and the current balance of one account, with the cookie checked."""
    rows = []
    for engine, least in (("postgresql", 0.35), ("sqlite", 0.5)):
        async with serving(bench, engine) as (served, books):
            target = served.target
            await posting(target)(min(2, bench.seconds))
            await served.settled()
            dashboard = f"/api/dashboard-data?ledger={LEDGER}"
            headers, _ = await target.ask(target.get(dashboard))
            balances = [f"/api/ledgers/{LEDGER}/accounts/{account}/balance" for account in books.accounts]
            turns = {
                "no-op": asking(target, [target.get("/noop")]),
                "poll": asking(target, [target.get(dashboard, If_None_Match=headers["etag"])], expect=b"304"),
                "balance": asking(target, [target.get(path) for path in balances]),
            }
            done = await in_turns(turns, seconds=bench.seconds / 2)
        noop = done["no-op"].per_second
        row = partial(Row, engine=engine, unit="/s", beside="a bare Starlette route", other=noop)
        poll, balance = done["poll"], done["balance"]
        note = f"{CLIENTS} clients, p99 {{:.1f}} ms"
        rows += [
            row(
                what="dashboard poll answered 304, cookie checked",
                figure=poll.per_second,
                at_least=least,
                note=note.format(poll.p99),
            ),
            row(
                what="current balance of one account",
                figure=balance.per_second,
                at_least=0.3,
                note=note.format(balance.p99),
            ),
        ]
    return rows
