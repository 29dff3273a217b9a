"""`llmedger rebuild` of several ledgers: on PostgreSQL side by side, each in a process of its own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from projections.registry import make_projections
from tests.builders import transfer
from tests.cli.test_cli import Cli, environment_for
from tests.stores import ENGINES, migrated_url, open_store, outsider

LEDGERS = ("first", "second", "third")


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database of each kind with every migration applied."""
    yield from migrated_url(request, tmp_path)


async def test_every_ledger_is_rebuilt_and_what_differs_in_one_is_told(url: str, tmp_path: Path) -> None:
    async with open_store(url) as store:
        books = [await store.books(id_) for id_ in LEDGERS]
        for each in books:
            await each.submit(transfer("5.00"))
        serial = (await books[1].ledger()).serial
    cli = Cli(environment_for(url), tmp_path)
    out, _ = cli.spawn("rebuild", "all", "--json")
    done = [(each["ledger"], each["projection"]) for each in json.loads(out)["rebuilt"]]
    assert done == [(ledger, each.name) for ledger in LEDGERS for each in make_projections()]
    async with outsider(url, projected=True) as outside:
        await outside.execute(f"UPDATE account_balances SET transactions = 7 WHERE ledger = {serial}")
    _, errors = cli.spawn("rebuild", "all", code=1)
    told = [line for line in errors.splitlines() if "transactions is 7, should be 1" in line]
    assert told and all(line.startswith("second: account_balances (") for line in told)
    cli.spawn("rebuild", "dashboard", "--accept")
    cli.spawn("rebuild", "all")


async def test_a_ledger_that_cannot_be_rebuilt_ends_the_command_with_a_sentence(url: str, tmp_path: Path) -> None:
    async with open_store(url) as store:
        for id_ in LEDGERS:
            await (await store.books(id_)).submit(transfer("5.00"))
        await store.project()
        books = await store.books("fourth")
        await books.submit(transfer("5.00"))
        serial = (await books.ledger()).serial
        await store.project()
        await books.submit(transfer("5.00"))
    async with outsider(url, projected=True) as outside:
        await outside.execute(
            "UPDATE checkpoints SET blocked_position = applied, blocked_error = 'it is odd', failures = 9, "
            f"retry_at = 9999999999 WHERE ledger = {serial}"
        )
    _, errors = Cli(environment_for(url), tmp_path).spawn("rebuild", "all", code=1)
    assert "it is odd" in errors
