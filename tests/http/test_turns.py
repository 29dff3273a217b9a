"""Long work takes turns: so much of it at once, the rest waits a little, and nobody is kept from short work by it."""

import asyncio
import time

import pytest

from api.errors import TooManyUnderWay
from api.processes.long_work import SLICE_SECONDS, Slices, Turns


def turns(*, at_once: int = 2, each: int = 1, waiting: int = 5, wait_seconds: float | None = None) -> Turns:
    return Turns("things", at_once=at_once, each=each, waiting=waiting, wait_seconds=wait_seconds)


class Workers:
    """Tasks that take turns and stay until they are let go."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self.running: list[str] = []
        self.refused: list[str] = []
        self._leave: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def come(self, *users: str) -> None:
        """Each of these asks for a turn; a name may be followed by a number."""
        for user in users:
            self._leave[user] = asyncio.Event()
            self._tasks[user] = asyncio.create_task(self._work(user))
            await _settle()

    async def _work(self, user: str) -> None:
        try:
            async with self._turns.take_turn(user.rstrip("0123456789")):
                self.running.append(user)
                try:
                    await self._leave[user].wait()
                finally:
                    self.running.remove(user)
        except TooManyUnderWay:
            self.refused.append(user)

    async def go(self, *users: str) -> None:
        for user in users:
            self._leave[user].set()
            await _settle()

    async def cancel(self, *users: str) -> None:
        for user in users:
            self._tasks[user].cancel()
            await _settle()


async def _settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_so_many_run_at_once_and_of_each_user_so_many() -> None:
    workers = Workers(turns(at_once=2, each=1))
    await workers.come("ann", "ann2", "bob", "eve")
    assert workers.running == ["ann", "bob"]
    await workers.go("bob")
    assert workers.running == ["ann", "eve"], "ann has one already"
    await workers.go("ann")
    assert workers.running == ["eve", "ann2"]
    await workers.go("eve", "ann2")
    assert workers.running == [] and workers.refused == []


async def test_more_than_may_wait_are_refused() -> None:
    workers = Workers(turns(at_once=1, waiting=2))
    await workers.come("ann", "bob", "eve", "sue")
    assert (workers.running, workers.refused) == (["ann"], ["sue"])
    await workers.go("ann", "bob", "eve")
    assert workers.running == []
    await workers.come("sue2")
    assert workers.running == ["sue2"]
    await workers.go("sue2")


async def test_nobody_waits_for_ever() -> None:
    workers = Workers(turns(at_once=1, wait_seconds=0.05))
    await workers.come("ann", "bob")
    await asyncio.sleep(0.2)
    assert (workers.running, workers.refused) == (["ann"], ["bob"])
    await workers.go("ann")
    await workers.come("bob2")
    assert workers.running == ["bob2"]
    await workers.go("bob2")


async def test_whoever_goes_away_leaves_their_turn_and_their_place_to_others() -> None:
    workers = Workers(turns(at_once=1, waiting=1))
    await workers.come("ann", "bob")
    await workers.cancel("bob")
    await workers.come("eve")
    assert workers.refused == []
    await workers.cancel("ann")
    assert workers.running == ["eve"]
    await workers.come("sue")
    await workers.cancel("eve")
    assert workers.running == ["sue"]
    await workers.go("sue")


async def test_a_turn_that_comes_while_its_owner_goes_is_not_lost() -> None:
    shared = turns(at_once=1)
    workers = Workers(shared)
    await workers.come("ann", "bob", "eve")
    workers._leave["ann"].set()
    await asyncio.sleep(0)  # ann ends now, and bob's turn comes
    workers._tasks["bob"].cancel()
    await _settle()
    assert workers.running == ["eve"]
    await workers.go("eve")


async def test_slices_make_what_they_are_to_make() -> None:
    slices = Slices()
    assert await slices.map(lambda number: 2 * number, range(1_000)) == [2 * number for number in range(1_000)]
    assert await slices.map(str, []) == []
    with pytest.raises(ZeroDivisionError):
        await slices.map(lambda number: 1 // (_spin() or number), [1, 1, 1, 0])
    assert await asyncio.wait_for(slices.map(lambda _: _spin(), range(5)), 10) == [0] * 5, "the lock was given back"


async def test_between_two_slices_everybody_else_gets_on() -> None:
    """However many do long work."""
    slices, happened = Slices(), list[str]()

    def work(_: int) -> None:
        _spin()
        happened.append("slice")

    async def tick() -> None:
        while True:
            happened.append("tick")
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    await asyncio.gather(*[slices.map(work, range(5)) for _ in range(4)])
    ticking.cancel()
    told = "".join(each[0] for each in happened)
    assert told.count("s") == 20
    assert told.startswith(("ssss", "tssss")), "the first slice of each is everybody's"
    assert "ss" not in told[told.index("ssss") + 4 :]


def _spin() -> int:
    """Take a slice's time."""
    until = time.perf_counter() + 1.2 * SLICE_SECONDS
    while time.perf_counter() < until:
        pass
    return 0
