"""Rows about reading a ledger in use: the demo's books are asked for documents while somebody posts to them."""

import asyncio
import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from tests.benchmarks.client import Load, Target
from tests.benchmarks.installation import Bench
from tests.benchmarks.rows import Row
from tests.benchmarks.sides import BASE, OURS, Side, connected, served

POLLERS, USERS, POSTS_PER_SECOND = 16, 4, 50
DOCUMENTS_MEASURED = 20
TURNS = 2
LEDGER = "/api/ledgers/demo"
ASKED: Mapping[str, str] = {
    "dashboard": f"{LEDGER}/dashboard",
    "balances": f"{LEDGER}/balances?limit=100",
    "100 transactions": f"{LEDGER}/transactions?limit=100",
    "balance sheet": f"{LEDGER}/reports/balance-sheet",
    "cash flow": f"{LEDGER}/reports/cash-flow",
}
CPU_AT_MOST: Mapping[str, float] = dict.fromkeys(("dashboard", "100 transactions", "balance sheet", "cash flow"), 0.2)


@dataclass
class Polled:
    """What pollers and the writer got."""

    answers: Load = field(default_factory=Load)
    made: int = 0
    """Answers that were no 304."""
    written: Load = field(default_factory=Load)

    def add(self, other: "Polled") -> None:
        self.answers.add(other.answers)
        self.written.add(other.written)
        self.made += other.made


@dataclass
class Demo:
    """A served demo, and the requests of its users."""

    side: Side
    posted: int = 0

    @property
    def target(self) -> Target:
        return self.side.target

    @property
    def cookies(self) -> list[str]:
        return self.side.cookies

    async def sign_in(self) -> None:
        """Sign in as the owner, and add users who may read."""
        await self.side.sign_in("demo", "coffee-beans", register=False)
        for number in range(1, USERS):
            await self.side.sign_in(f"reader{number}")
            await self.side.send("PUT", f"{LEDGER}/members/reader{number}", {"role": "viewer"})

    async def poll(self, path: str, seconds: float) -> Polled:
        """Ask for a document by POLLERS callers, each of whom sends its last ETag, while one posts."""
        until = time.perf_counter() + seconds
        polled = Polled()
        pollers = (self._poll(polled, path, self.cookies[each % USERS], until) for each in range(POLLERS))
        writing = asyncio.create_task(self.write(seconds))
        await asyncio.gather(*pollers)
        polled.written.add(await writing)
        polled.answers.seconds = seconds
        return polled

    async def _poll(self, polled: Polled, path: str, cookie: str, until: float) -> None:
        etag = "none"
        async with connected(self.target.port) as ask:
            while (begun := time.perf_counter()) < until:
                status, headers = await ask(self.target.get(path, Cookie=cookie, If_None_Match=f'"{etag}"'))
                polled.answers.latencies.append(time.perf_counter() - begun)
                if status == 200:
                    polled.made += 1
                    etag = headers["etag"].removeprefix("W/").strip('"')
                elif status != 304:
                    raise RuntimeError(f"{path} is answered {status}")

    async def write(self, seconds: float) -> Load:
        """Post POSTS_PER_SECOND, one after another; what comes late is not made up for."""
        load, begun = Load(), time.perf_counter()
        due = begun
        async with connected(self.target.port) as ask:
            while (now := time.perf_counter()) < begun + seconds:
                if now < due:
                    await asyncio.sleep(due - now)
                due = max(due + 1 / POSTS_PER_SECOND, time.perf_counter() - 1 / POSTS_PER_SECOND)
                started = time.perf_counter()
                status, _ = await ask(self._post())
                if status != 201:
                    raise RuntimeError(f"a post is answered {status}")
                load.latencies.append(time.perf_counter() - started)
        load.seconds = time.perf_counter() - begun
        return load

    def _post(self) -> bytes:
        """Return a transfer, or the next time the same one back: the accounts have limits."""
        number, is_back = divmod(self.posted, 2)
        self.posted += 1
        amount = f"{number % 90 + 10}.{number % 100:02}"
        accounts = ("Assets:Bank:Geschäftskonto", "Assets:Cash:Ladenkasse")[:: -1 if is_back else 1]
        body = {
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
            "description": f"Transfer {self.posted}",
            "postings": [
                {"account": account, "amount": f"{sign}{amount}", "currency": "EUR"}
                for account, sign in zip(accounts, ("-", ""), strict=True)
            ],
        }
        return self.target.request("POST", f"{LEDGER}/transactions", body, Cookie=self.cookies[0])

    async def cpu_milliseconds(self, path: str) -> float:
        """Return the processor time of one document that nobody has asked for at this size, of all processes."""
        joint, questions = "&" if "?" in path else "?", _days(DOCUMENTS_MEASURED)
        async with connected(self.target.port) as ask:
            before = 0.0
            for number, day in enumerate(questions):
                if number == 2:  # the first ones also pay for what is prepared once
                    before = sum(self.side.used_seconds().values())
                until = "to" if "cash-flow" in path or "transactions" in path else "effective"
                status, _ = await ask(self.target.get(f"{path}{joint}{until}={day}", Cookie=self.cookies[0]))
                if status != 200:
                    raise RuntimeError(f"{path} up to {day} is answered {status}")
        return (sum(self.side.used_seconds().values()) - before) * 1000 / (DOCUMENTS_MEASURED - 2)


def _days(count: int) -> list[dt.date]:
    """Return different days of the demo's last months."""
    today = dt.datetime.now(dt.UTC).date()
    return [today - dt.timedelta(days=each) for each in range(count)]


async def reads_under_writes(bench: Bench) -> list[Row]:
    """Documents of the demo's books while 50 transactions a second are posted to them; and what one document costs."""
    rows = []
    for engine in ("postgresql", "sqlite"):
        async with served(bench, engine, "demo") as sides:
            demos = {name: Demo(side) for name, side in sides.items()}
            for demo in demos.values():
                await demo.sign_in()
            rows += await _measured(demos, engine, bench.seconds / TURNS)
    return rows


async def _measured(sides: Mapping[str, Demo], engine: str, seconds: float) -> list[Row]:
    row = partial(Row, engine=engine)
    rows = []
    for what, path in ASKED.items():
        cpu: dict[str, list[float]] = {name: [] for name in sides}
        polled = {name: Polled() for name in sides}
        alone = {name: Load() for name in sides}
        for _ in range(TURNS):
            for name, side in sides.items():
                cpu[name].append(await side.cpu_milliseconds(path))
                alone[name].add(await side.write(seconds / 2))
                polled[name].add(await side.poll(path, seconds))
        ours, theirs = polled[OURS], polled.get(BASE)
        milliseconds = {name: min(found) for name, found in cpu.items()}
        rows += [
            row(
                what=f"{what}, {POLLERS} pollers, {POSTS_PER_SECOND} posts/s",
                figure=ours.answers.per_second,
                unit="/s",
                base=theirs.answers.per_second if theirs else None,
                base_at_least=10 if what == "dashboard" else None,
                note=f"{ours.made} of {len(ours.answers.latencies)} were made anew",
            ),
            row(
                what=f"{what}, p99 meanwhile",
                figure=ours.answers.p99,
                unit="ms",
                base=theirs.answers.p99 if theirs else None,
                base_at_most=0.2 if what == "dashboard" else None,
            ),
            row(
                what=f"{what}, the writer meanwhile",
                figure=ours.written.per_second,
                unit="/s",
                beside="undisturbed",
                other=alone[OURS].per_second,
                at_least=0.9,
                base=theirs.written.per_second if theirs else None,
            ),
            row(
                what=f"{what}, processor time of one",
                figure=milliseconds[OURS],
                unit="ms",
                base=milliseconds.get(BASE),
                base_at_most=CPU_AT_MOST.get(what),
            ),
        ]
    return rows
