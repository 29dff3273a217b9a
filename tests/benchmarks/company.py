"""Rows about posting a company's books, beside the plain transaction: documents, parties, taxes, several postings."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from api.start.demo_bookkeeping import Correction
from api.start.demo_books import make_demo_entries
from api.start.demo_chart import list_demo_accounts
from tests.benchmarks.books import ACCOUNT_COUNT, CURRENCY, transaction
from tests.benchmarks.client import Load
from tests.benchmarks.installation import Bench
from tests.benchmarks.rows import Row
from tests.benchmarks.sides import BASE, OURS, Side, served

LEDGER = "/api/ledgers/company"
CLIENTS, TURNS = 64, 3
ENTRIES = 2_000
BULK, BULK_CLIENTS = 200, 2
MICROSECONDS = 1_000_000


@dataclass
class Posted:
    """What one kind of load did: `requests` of so many transactions, and the processor time that it took by process."""

    load: Load = field(default_factory=Load)
    postings: int = 0
    used: dict[str, float] = field(default_factory=dict)

    @property
    def postings_per_second(self) -> float:
        return self.postings / self.load.seconds

    def used_each(self, *processes: str) -> float:
        """Return the processor time of a transaction in microseconds."""
        return sum(self.used[each] for each in processes) * MICROSECONDS / len(self.load.latencies)


async def company_books(bench: Bench) -> list[Row]:
    """The demo's entries and plain transactions, single and in bulk, by turns; with BENCH_BASE both versions."""
    plain = [transaction(number) for number in range(ENTRIES)]
    company = _entries()
    rows = []
    for engine in ("postgresql", "sqlite"):
        async with served(bench, engine, "serve") as sides:
            for side in sides.values():
                await _open(side)
            found = {(name, kind): Posted() for name in sides for kind in ("plain", "company", "bulk")}
            for turn in range(TURNS + 1):
                for name, side in sides.items():
                    for kind, entries in (("plain", plain), ("company", company), ("bulk", company)):
                        done = found[name, kind] if turn else Posted()
                        await _post(side, entries, bulk=kind == "bulk", seconds=bench.seconds / TURNS, done=done)
            rows += _rows(engine, found)
            bytes_each = {name: await _bytes_each(side) for name, side in sides.items()}
            rows.append(
                Row(
                    engine=engine,
                    what="bytes on disk a record, all read models",
                    figure=bytes_each[OURS],
                    unit="bytes",
                    base=bytes_each.get(BASE),
                    base_at_most=0.5,
                )
            )
    return rows


def _entries() -> list[dict[str, Any]]:
    """Return entries of the demo's books, as somebody posts them."""
    made = make_demo_entries(until=dt.date(2026, 11, 30))
    entries = [entry for entry in made if not isinstance(entry, Correction)][-ENTRIES:]
    return [{name: member for name, member in entry.items() if name != "id"} for entry in entries]


async def _open(side: Side) -> None:
    await side.sign_in("bench")
    await side.send("POST", "/api/ledgers", {"id": "company", "currency": CURRENCY})
    paths = [each.path for each in list_demo_accounts()]
    paths += [f"Assets:Account {number:03}" for number in range(ACCOUNT_COUNT)]
    commands = [{"type": "open_account", "path": path} for path in paths]
    await side.send("POST", f"{LEDGER}/commands", {"commands": commands})


async def _post(side: Side, entries: list[dict[str, Any]], *, bulk: bool, seconds: float, done: Posted) -> None:
    """Post for a while, and wait until the read models have caught up: that is part of what a post costs."""
    path, callers, size = f"{LEDGER}/transactions", CLIENTS, 1
    bodies: list[Any] = entries
    if bulk:
        path, callers, size = f"{LEDGER}/commands", BULK_CLIENTS, BULK
        slices = (entries[start : start + BULK] for start in range(0, len(entries), BULK))
        bodies = [{"commands": [{"type": "post_transaction", **each} for each in part]} for part in slices]
    requests = [side.target.request("POST", path, body, Cookie=side.cookies[0]) for body in bodies]
    before = side.used_seconds()
    load = await side.target.load(requests, seconds=seconds, callers=callers)
    settled = f"{LEDGER}/dashboard?min_size={await _size(side)}&timeout=30"
    await side.target.ask(side.target.get(settled, Cookie=side.cookies[0]))
    for name, used in side.used_seconds().items():
        done.used[name] = done.used.get(name, 0.0) + used - before[name]
    sent = len(load.latencies)
    done.postings += sum(len(entries[each % len(entries)]["postings"]) for each in range(sent * size))
    load.latencies *= size
    done.load.add(load)


async def _size(side: Side) -> int:
    ledger = json.loads((await side.target.ask(side.target.get(LEDGER, Cookie=side.cookies[0])))[1])
    return int(ledger["size"])


async def _bytes_each(side: Side) -> float:
    return await side.measure_projections() / await _size(side)


def _rows(engine: str, found: Mapping[tuple[str, str], Posted]) -> list[Row]:
    plain, company, bulk = (found[OURS, kind] for kind in ("plain", "company", "bulk"))
    theirs = {kind: found.get((BASE, kind)) for kind in ("plain", "company", "bulk")}
    row = partial(Row, engine=engine)
    rows = [
        row(
            what=f"company books, single posts, {CLIENTS} clients, postings",
            figure=company.postings_per_second,
            unit="/s",
            beside="plain transactions",
            other=plain.postings_per_second,
            at_least=0.8,
            base=None if theirs["company"] is None else theirs["company"].postings_per_second,
        ),
        row(
            what=f"company books, bulk of {BULK}, postings",
            figure=bulk.postings_per_second,
            unit="/s",
            base=None if theirs["bulk"] is None else theirs["bulk"].postings_per_second,
        ),
    ]
    for what, processes, most in (
        ("processor time of a post, all processes", ("http", "projector", "database"), 0.75),
        ("processor time of a post, the projector", ("projector",), 0.45),
    ):
        for kind, posted in (("plain", plain), ("company", company)):
            other = theirs[kind]
            rows.append(
                row(
                    what=f"{what}, {kind}",
                    figure=posted.used_each(*processes),
                    unit="us",
                    base=None if other is None else other.used_each(*processes),
                    base_at_most=most,
                )
            )
    return rows
