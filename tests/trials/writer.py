"""A process that writes books at random until its standard input closes, or until somebody kills it.

`python -m tests.trials.writer URL LEDGER SEED NAME`. Several clients post, alone and in bulks, with keys and
without; a projector runs beside them, and appends that are rolled back. A line of JSON is printed for every command
that was acknowledged: whoever reads it may insist on it for ever.
"""

import asyncio
import itertools
import json
import random
import sys
from contextlib import suppress

from ledger.codec import Envelope, seal
from ledger.decide import evolve
from ledger.errors import Unavailable
from ledger.journal import Append, Entry, Head, KeyEntry, Receipt
from ledger.merkle import hash_leaf
from ledger.sequencer import Order, Sequencer, make_uuid, utc_now
from ledger.slices import Command
from ledger.state import NeededRows
from ledger.transactions import CurrencyDeclared
from tests.builders import CHART, credit, debit, post
from tests.stores import CLERK, Store, open_store

CLIENTS = 4
PATHS = [account.path for account in CHART if account.path is not None]


def command_of(seed: str, token: str) -> Command:
    """What the client does under this token: the same whoever asks, so that it can be asked for again."""
    chance = random.Random(f"{seed} {token}")
    one, other = chance.sample(PATHS, 2)
    amount, currency = str(chance.randrange(1, 10**9)), chance.choice(["EUR", "JPY", "KWD"])
    on = f"20{chance.randrange(20, 24)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    return post(
        debit(one, amount, currency),
        credit(other, amount, currency),
        on=on,
        series=chance.choice("AB"),
        description=token,
    )


async def client(sequencer: Sequencer, ledger: str, seed: str, name: str) -> None:
    """Post for ever."""
    chance = random.Random(f"{seed} {name}")
    for number in itertools.count():
        token = f"{name}-{number}"
        keyless, count = chance.random() < 0.3, chance.choice([1, 1, 1, 2, 7])
        tokens = [token] if count == 1 else [f"{token}.{n}" for n in range(count)]
        orders = [Order(command_of(seed, each), None if keyless else each) for each in tokens]
        try:
            answers = await sequencer.submit_all(ledger, orders, actor=CLERK, atomic=chance.random() < 0.5)
        except Unavailable:
            continue  # the next one is another: whether this one was written shows in the log
        for each, order, answer in zip(tokens, orders, answers, strict=True):
            assert isinstance(answer, Receipt), answer
            said = {"token": each, "key": order.key, "id": answer.id, "position": answer.position}
            sys.stdout.write(f"{json.dumps(said)}\n")
        sys.stdout.flush()


class Undone(Exception):
    """On purpose."""


async def roll_back(store: Store, ledger: str, seed: str) -> None:
    """Append for ever what is never committed."""
    chance = random.Random(seed)
    while True:
        with suppress(Undone):
            async with store.journal.begin_writing() as writing:
                locked = await writing.lock(ledger)
                state = await writing.load(locked, NeededRows())
                event, at = CurrencyDeclared("UNDONE", 0), locked.head.size
                evolve(state, event, at)
                id_, now = make_uuid(), max(utc_now(), locked.head.recorded_at or utc_now())
                sealed = seal(event, Envelope(ledger, at, id_, now, CLERK, None, id_, "undone"), b"")
                head = Head(locked.head.frontier.extend([hash_leaf(sealed.record)]), now)
                entries, keys = [Entry(at, id_, now, event, sealed)], [KeyEntry("undone", at, at, 1)]
                await writing.append(Append(locked, head, state, None, entries, keys))
                raise Undone
        await asyncio.sleep(chance.uniform(0.01, 0.1))


async def write(url: str, ledger: str, seed: str, name: str) -> None:
    """Everything at once, until the input closes."""
    async with open_store(url) as store:
        sequencer = store.sequencer()
        running = [asyncio.create_task(client(sequencer, ledger, seed, f"{name}{n}")) for n in range(CLIENTS)]
        running.append(asyncio.create_task(roll_back(store, ledger, f"{seed} {name}")))
        running.append(asyncio.create_task(store.projector(slice_records=50).run()))
        closed = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
        done, _ = await asyncio.wait([closed, *running], return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for task in done:
            task.result()


if __name__ == "__main__":
    asyncio.run(write(*sys.argv[1:]))
