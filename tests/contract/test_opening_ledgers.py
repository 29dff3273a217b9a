"""A ledger is opened once: repeats, rivals for an id, and two real processes at the same moment."""

import asyncio
import json
import sys
import textwrap
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ledger.books.accounts import OpenAccount
from ledger.books.ledger import LedgerOpened
from ledger.errors import IdempotencyMismatch, InvalidField, LedgerExists
from ledger.sequencer import make_uuid
from tests.builders import open_ledger
from tests.stores import Books, Store

ROOT = Path(__file__).resolve().parents[2]


def unopened(store: Store) -> Books:
    """A uuid that no ledger has yet."""
    return Books(store, make_uuid(), store.sequencer())


def some_id() -> str:
    """An id that no ledger has yet."""
    return f"id-{make_uuid()[24:]}-{make_uuid()[:8]}"


async def test_a_new_ledger_begins_at_size_one(store: Store) -> None:
    books, id_ = unopened(store), some_id()
    receipt = await books.submit(open_ledger(id=id_, name="Books"))
    assert (receipt.position, receipt.size, receipt.count) == (0, 1, 1)
    ledger = await books.ledger()
    assert (ledger.id, ledger.uuid, ledger.head.size) == (id_, books.uuid, 1)
    assert (ledger.settings.owner, ledger.settings.name) == ("ada", "Books")
    assert await store.journal.find(id_) == ledger
    assert await store.journal.find(books.uuid.upper()) == ledger
    assert isinstance(receipt.event, LedgerOpened)


async def test_opening_twice_is_refused_and_with_the_key_repeated(store: Store, other: Store) -> None:
    books, id_ = unopened(store), some_id()
    first = await books.submit(open_ledger(id=id_), key="k")
    elsewhere = books.by(other.sequencer())
    again = await elsewhere.submit(open_ledger(id=id_, nonce="ff" * 16), key="k")
    assert (again.id, again.replayed) == (first.id, True)
    with pytest.raises(LedgerExists):
        await elsewhere.submit(open_ledger(id=id_))
    with pytest.raises(IdempotencyMismatch):
        await elsewhere.submit(open_ledger(id=id_, currency="USD"), key="k")
    assert await books.size() == 1


async def test_an_id_that_is_taken_is_refused_and_leaves_no_trace(store: Store) -> None:
    first, second = unopened(store), unopened(store)
    id_ = some_id()
    await first.submit(open_ledger(id=id_))
    with pytest.raises(LedgerExists) as caught:
        await second.submit_all(open_ledger(id=id_), OpenAccount("Assets:Cash"), atomic=True)
    assert caught.value.pointer == "#/id"
    assert await store.journal.find(second.uuid) is None
    await second.submit(open_ledger(id=some_id()))
    assert await second.size() == 1


async def test_rivals_for_an_id_in_one_batch_spare_their_neighbours(store: Store) -> None:
    sequencer = store.sequencer()
    id_, opened = some_id(), [unopened(store).by(sequencer) for _ in range(4)]
    ids = [id_, id_, some_id(), some_id()]
    answers = await asyncio.gather(
        *(books.submit(open_ledger(id=each)) for books, each in zip(opened, ids, strict=True)), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["LedgerExists", "Receipt", "Receipt", "Receipt"]
    for books, answer in zip(opened, answers, strict=True):
        found = await store.journal.find(books.uuid)
        assert (found is None) == isinstance(answer, LedgerExists)


async def test_a_refused_opening_leaves_no_ledger(store: Store) -> None:
    books = unopened(store)
    with pytest.raises(InvalidField):
        await books.submit(open_ledger(id=some_id(), fiscal_year_start="13-01"))
    assert await store.journal.find(books.uuid) is None


OPENERS = textwrap.dedent("""
    import asyncio, json, sys
    from ledger.errors import LedgerError
    from tests.builders import open_ledger
    from tests.stores import CLERK, open_store

    async def main():
        async with open_store(sys.argv[1]) as store:
            sequencer = store.sequencer()
            print("ready", flush=True)
            for line in iter(sys.stdin.readline, ""):
                uuid, id_, key = json.loads(line)
                try:
                    receipt = await sequencer.submit(uuid, open_ledger(id=id_), actor=CLERK, key=key)
                    answer = "replayed" if receipt.replayed else "opened"
                except LedgerError as error:
                    answer = error.code
                print(answer, flush=True)

    asyncio.run(main())
""")


async def test_two_processes_open_at_the_same_moment(url: str, store: Store) -> None:
    rivals = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            OPENERS,
            url,
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    try:
        assert [await heard(each) for each in rivals] == ["ready", "ready"]
        outcomes: Counter[tuple[str, ...]] = Counter()
        for _ in range(8):
            id_, uuids = some_id(), (make_uuid(), make_uuid())
            answers = await asked(rivals, [[uuid, id_, None] for uuid in uuids])
            assert sorted(answers) == ["ledger_exists", "opened"], "one id, two ledgers"
            assert [await store.journal.find(uuid) is not None for uuid in uuids] == [a == "opened" for a in answers]
            outcomes[tuple(answers)] += 1
            assert sorted(await asked(rivals, [[make_uuid(), some_id(), "k"]] * 2)) == ["opened", "replayed"]
            assert sorted(await asked(rivals, [[make_uuid(), some_id(), None]] * 2)) == ["ledger_exists", "opened"]
    finally:
        for each in rivals:
            each.kill()
            await each.wait()


async def asked(processes: list[asyncio.subprocess.Process], questions: list[list[Any]]) -> list[str]:
    """Each process's answer to its own question, all asked at once."""
    for process, question in zip(processes, questions, strict=True):
        assert process.stdin is not None
        process.stdin.write(json.dumps(question).encode() + b"\n")
    return [await heard(process) for process in processes]


async def heard(process: asyncio.subprocess.Process) -> str:
    """The next line that a process prints."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        return (await process.stdout.readline()).decode().strip()
