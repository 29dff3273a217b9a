"""Rows that are shared by everybody who waits are still rows that were read after each of them asked."""

import asyncio
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from ledger.books.members import GrantRole, RevokeRole
from ledger.members import MemberRole
from ledger.store.engine import Watch
from ledger.store.shared_reads import FreshRows
from tests.stores import Store, open_store


class Shelf:
    """Something to read from that takes its time; `reads` are the keys asked for at once."""

    def __init__(self) -> None:
        self.rows: dict[str, int] = {}
        self.reads: list[list[str]] = []
        self.version: int | None = None
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def read(self, keys: list[str]) -> Mapping[str, int]:
        self.reads.append(sorted(keys))
        found = {key: self.rows[key] for key in keys if key in self.rows}
        self.begun.set()
        await self.go_on.wait()
        return found

    def fresh(self) -> FreshRows[str, int]:
        return FreshRows(self.read, lambda: self.version)


async def test_whoever_asks_during_a_read_waits_for_the_next_one() -> None:
    shelf = Shelf()
    fresh = shelf.fresh()
    shelf.rows["a"] = 1
    shelf.go_on.clear()
    first = asyncio.create_task(fresh.get("a"))
    await shelf.begun.wait()
    shelf.rows["a"] = 2  # after the first read, before the others ask
    others = [asyncio.create_task(fresh.get(key)) for key in ("a", "a", "b", "a")]
    await asyncio.sleep(0)
    shelf.go_on.set()
    assert await first == 1
    assert await asyncio.gather(*others) == [2, 2, None, 2]
    assert shelf.reads == [["a"], ["a", "b"]]


async def test_without_a_version_nothing_is_remembered() -> None:
    shelf = Shelf()
    fresh = shelf.fresh()
    for value in (1, 2, 3):
        shelf.rows["a"] = value
        assert await fresh.get("a") == value


async def test_a_row_holds_as_long_as_its_version_does() -> None:
    shelf = Shelf()
    fresh = shelf.fresh()
    shelf.version, shelf.rows["a"] = 7, 1
    assert [await fresh.get("a"), await fresh.get("a"), await fresh.get("b"), await fresh.get("b")] == [
        1,
        1,
        None,
        None,
    ]
    assert shelf.reads == [["a"], ["b"]]
    shelf.version, shelf.rows["a"], shelf.rows["b"] = 8, 2, 3
    await asyncio.sleep(0)  # whoever asks after that runs in a later turn of the loop
    assert [await fresh.get("a"), await fresh.get("b")] == [2, 3]
    shelf.version = None  # cannot be told at the moment
    await asyncio.sleep(0)
    shelf.rows["a"] = 4
    assert await fresh.get("a") == 4
    shelf.version = 8
    shelf.rows["a"] = 5
    assert await fresh.get("a") == 5


async def test_one_look_at_the_version_serves_a_turn_of_the_loop_and_no_more() -> None:
    shelf, looks = Shelf(), 0

    def version() -> int:
        nonlocal looks
        looks += 1
        return 7

    shelf.rows["a"] = 1
    rows = [FreshRows(shelf.read, version) for _ in range(2)]
    for each in rows:
        await each.get("a")
    await asyncio.sleep(0)
    looks = 0
    assert [await each.get("a") for each in rows] == [1, 1]
    assert looks == 1
    await asyncio.create_task(rows[0].get("a"))  # as a request that arrived meanwhile
    assert looks == 2


def test_a_loop_that_ended_leaves_nothing_to_the_next() -> None:
    shelf = Shelf()
    shelf.version, shelf.rows["a"] = 7, 1
    fresh = shelf.fresh()

    async def twice() -> int | None:
        await fresh.get("a")
        await asyncio.sleep(0)
        return await fresh.get("a")

    assert asyncio.run(twice()) == 1
    shelf.version, shelf.rows["a"] = 8, 2
    assert asyncio.run(twice()) == 2


async def test_a_row_read_while_the_version_moved_is_not_remembered() -> None:
    shelf = Shelf()
    fresh = shelf.fresh()
    shelf.version, shelf.rows["a"] = 1, 1
    shelf.go_on.clear()
    slow = asyncio.create_task(fresh.get("a"))
    await shelf.begun.wait()
    shelf.version, shelf.rows["a"] = 2, 2
    after = asyncio.create_task(fresh.get("a"))  # sees version 2
    await asyncio.sleep(0)
    shelf.go_on.set()
    assert (await slow, await after, await fresh.get("a")) == (1, 2, 2)


async def test_a_failed_read_fails_its_callers_and_nobody_else() -> None:
    shelf = Shelf()

    async def read(keys: list[str]) -> Mapping[str, int]:
        if not shelf.rows:
            raise OSError("away")
        return await shelf.read(keys)

    fresh = FreshRows(read)
    failed = await asyncio.gather(fresh.get("a"), fresh.get("a"), return_exceptions=True)
    assert [type(each) for each in failed] == [OSError, OSError]
    shelf.rows["a"] = 1
    assert await fresh.get("a") == 1


async def test_a_caller_that_goes_away_takes_nobody_along() -> None:
    shelf = Shelf()
    fresh = shelf.fresh()
    shelf.rows["a"] = 1
    shelf.go_on.clear()
    leaving, staying = asyncio.create_task(fresh.get("a")), asyncio.create_task(fresh.get("a"))
    await shelf.begun.wait()
    leaving.cancel()
    shelf.go_on.set()
    assert await staying == 1


def test_a_watch_sees_every_commit_of_every_connection_and_makes_no_file(tmp_path: Path) -> None:
    path = tmp_path / "some db.sqlite"
    watch = Watch(str(path))
    assert watch.read_version() is None
    assert not path.exists()
    for mode in ("DELETE", "WAL"):
        with sqlite3.connect(path) as other:
            other.execute(f"PRAGMA journal_mode = {mode}")
            other.execute(f"CREATE TABLE {mode}_ (a)")
        seen = [watch.read_version()]
        for _ in range(3):
            assert watch.read_version() == seen[-1]
            with sqlite3.connect(path) as other:
                other.execute(f"INSERT INTO {mode}_ VALUES (1)")
            seen.append(watch.read_version())
        assert len(set(seen)) == 4
        other.close()
    watch.close()


def test_a_watch_does_not_wait_for_a_locked_file(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TABLE t (a)")
    watch = Watch(str(path))
    assert watch.read_version() is not None
    other.execute("BEGIN EXCLUSIVE")
    assert watch.read_version() is None
    other.execute("COMMIT")
    assert watch.read_version() is not None
    watch.close()
    other.close()


async def test_a_standing_is_as_fresh_as_the_last_commit_of_anybody(store: Store) -> None:
    """Promise: a role that was taken away is seen by the next look, in every process."""
    books = await store.books()
    async with open_store(store.url) as elsewhere:
        assert await elsewhere.journal.find_standing(books.uuid, "bob") is None
        for _ in range(3):
            granted = await books.submit(GrantRole("bob", MemberRole.VIEWER))
            found = await elsewhere.journal.find_standing(books.uuid, "bob")
            assert found is not None and found.member.role is MemberRole.VIEWER
            assert found.ledger.head.size == granted.size
            again = await elsewhere.journal.find_standing(found.ledger.id, "bob")
            assert again == found
            await books.submit(RevokeRole("bob"))
            assert await elsewhere.journal.find_standing(books.uuid, "bob") is None


@pytest.mark.parametrize("name", ["no-such-ledger", "018f8a3e-0000-7000-8000-00000000cafe", "\0", "\ud800"])
async def test_a_ledger_that_is_not_there_has_no_standing(store: Store, name: str) -> None:
    await store.books()
    assert await store.journal.find_standing(name, "ada") is None
