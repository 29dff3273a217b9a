"""A limit of an account lets exactly the right number through, however many processes spend at once."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.controls.limits import SetLimits
from ledger.money import Amount
from ledger.state import NeededRows
from ledger.transactions import TOTALS
from tests.audited import assert_fine, audited
from tests.builders import SCALES, transfer
from tests.stores import ENGINES, Books, migrated_url, open_store

ROOT = Path(__file__).resolve().parents[2]
SPENDERS = 64
PROCESSES = 2

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database."""
    yield from migrated_url(request, tmp_path)


async def spend(url: str, books: Books, amount: str) -> Counter[str]:
    """What came of 64 payments at once, by two processes."""
    program = [sys.executable, "-m", "tests.trials.spender", url, books.uuid, amount, str(SPENDERS // PROCESSES)]
    pipe = asyncio.subprocess.PIPE
    spenders = [
        await asyncio.create_subprocess_exec(*program, cwd=ROOT, stdin=pipe, stdout=pipe) for _ in range(PROCESSES)
    ]
    for spender in spenders:
        assert spender.stdout is not None
        assert await spender.stdout.readline() == b"ready\n"
    answers = await asyncio.gather(*[spender.communicate(b"go\n") for spender in spenders])
    assert [spender.returncode for spender in spenders] == [0] * PROCESSES
    return Counter(code for stdout, _ in answers for code in json.loads(stdout))


@pytest.mark.parametrize(
    ("amount", "paid", "left"), [("0.30", 33, 10), ("10.00", 1, 0), ("10.01", 0, 1000), ("0.01", 64, 936)]
)
async def test_of_64_who_spend_at_once_as_many_succeed_as_there_is_money_for(
    url: str, amount: str, paid: int, left: int
) -> None:
    async with open_store(url) as store:
        books = await store.books()
        await books.submit_all(transfer("10.00"), SetLimits("Assets:Cash", "EUR", Amount(0, 0), declares=SCALES))
        outcomes = await spend(url, books, amount)
        assert outcomes == Counter(paid=paid, limit_exceeded=SPENDERS - paid) - Counter()
        _, state = await store.journal.peek(await books.ledger(), (), NeededRows(accounts={1}))
        assert state[TOTALS][1, "EUR"].balance == left
        await store.project()
    assert_fine(await audited(url, books.uuid))
