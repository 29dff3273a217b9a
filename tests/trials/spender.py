"""A process that spends: when it is told to, it posts a payment many times at once, and prints what came of each.

`python -m tests.trials.spender URL LEDGER AMOUNT COUNT`. It prints `ready`, waits for a line on its standard input, and
prints the codes of the answers as a list of JSON.
"""

import asyncio
import json
import sys

from ledger.errors import LedgerError
from ledger.sequencer import Sequencer
from tests.builders import credit, debit, post
from tests.stores import CLERK, open_store


async def pay(sequencer: Sequencer, ledger: str, amount: str) -> str:
    """Pay once, and return `paid` or the code of the refusal."""
    order = post(debit("Expenses:Rent", amount), credit("Assets:Cash", amount))
    try:
        await sequencer.submit(ledger, order, actor=CLERK)
    except LedgerError as refusal:
        return refusal.code
    return "paid"


async def spend(url: str, ledger: str, amount: str, count: str) -> None:
    """Wait for a line, and pay so many times at once."""
    async with open_store(url) as store:
        sequencer = store.sequencer()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        codes = await asyncio.gather(*[pay(sequencer, ledger, amount) for _ in range(int(count))])
        sys.stdout.write(f"{json.dumps(codes)}\n")


if __name__ == "__main__":
    asyncio.run(spend(*sys.argv[1:]))
