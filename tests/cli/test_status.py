"""`llmedger status`: what an installation is, and an exit code that means it."""

import asyncio
import json
import sqlite3
from contextlib import closing, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import make_url

from api.documents.status import Projectors, is_compiled, read_status, redact_url
from api.services import open_services
from api.settings import Settings
from ledger.notes import read_key
from migrations import BRANCHES, known_schema
from tests.cli.commands import LINE
from tests.cli.test_cli import Cli, environment_for, serve
from tests.http.service import PASSWORD


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """With a ledger that nobody has projected yet."""
    cli = Cli(environment_for("sqlite:///x.db"), tmp_path)
    cli("migrate")
    cli("user", "add", "ann", "--password-stdin", stdin=f"{PASSWORD}\n")
    cli("ledger", "create", "books", "--owner", "ann", "--currency", "EUR")
    import_one(cli, 1)
    return cli


SIZE = 5
"""Of that ledger: opened, a currency, two accounts, one transaction."""


def import_one(cli: Cli, id_: int) -> None:
    """Another transaction; no read model hears of it."""
    (cli.folder / "lines.jsonl").write_text(json.dumps(LINE | {"id": id_}) + "\n")
    cli("import", "lines.jsonl", "--ledger", "books", "--open-accounts")


def status(cli: Cli, *options: str, code: int = 0) -> Any:
    """What it says to a program."""
    return cli.json("status", *options, code=code)


def test_it_says_what_the_installation_is(cli: Cli) -> None:
    cli("balances", "--ledger", "books")
    found = status(cli)
    assert found["database"] == str(cli.folder / "x.db")
    assert (found["version"], found["compiled"]) == (version("double-llmedger"), is_compiled())
    assert found["schema"] == {branch: known_schema(branch) for branch in BRANCHES}
    assert found["signing"] == {"vkey": None, "origin": "llmedger"}
    assert (found["projectors"], found["troubles"], found["well"]) == ("idle", [], True)
    [books] = found["ledgers"]
    assert (books["ledger"], books["size"], books["signed"], books["guards"]) == ("books", SIZE, None, "equal")
    table = cli("status")
    for fact in (
        str(cli.folder / "x.db"),
        f"{version('double-llmedger')}, {'compiled' if is_compiled() else 'interpreted'}",
        "origin llmedger",
        "All is well.",
    ):
        assert fact in table


def test_a_quick_look_compares_nothing(cli: Cli) -> None:
    cli("balances", "--ledger", "books")
    assert status(cli, "--quick")["ledgers"][0]["guards"] == "not compared"


def test_lag_that_nobody_works_on_is_wrong(cli: Cli) -> None:
    found = status(cli, code=1)
    assert (found["projectors"], found["well"]) == ("none", False)
    assert found["troubles"][0].startswith(
        f"read models lag by up to {SIZE} records, and no process updated them in 5 s"
    )
    assert found["ledgers"][0]["guards"] == "not compared"
    table, errors = cli.run("status", code=1)
    assert "Not all is well." in table and "none at work" in table and "llmedger worker" in errors


async def test_lag_that_somebody_works_on_is_no_trouble(cli: Cli) -> None:
    settings = Settings(database_url=f"sqlite:///{cli.folder}/x.db", _env_file=None)
    async with open_services(settings) as services:

        async def project_later() -> None:
            await asyncio.sleep(0.3)
            await services.projector().run()

        projecting = asyncio.create_task(project_later())
        found = await read_status(services, quick=True)
        projecting.cancel()
        with suppress(asyncio.CancelledError):
            await projecting
    assert (found.projectors, found.troubles) == (Projectors.WORKING, [])
    assert any(each.applied < each.size for each in found.projections), "it had lagged"


def test_a_blocked_read_model_is_wrong_and_nobody_is_waited_for(cli: Cli) -> None:
    cli("balances", "--ledger", "books")
    import_one(cli, 2)
    with closing(sqlite3.connect(cli.folder / "x-projections.db")) as connection, connection:
        connection.execute(
            "UPDATE checkpoints SET blocked_position = 4, blocked_error = 'no room', retry_at = 4000000000"
        )
    found = status(cli, code=1)
    assert {each["trouble"] for each in found["projections"]} == {"blocked at position 4: no room"}
    assert found["projectors"] == "idle"


def test_read_models_of_another_log_are_named_and_somebody_is_asked_to_build_them(cli: Cli) -> None:
    """An older journal was put back beside newer read models, and nothing runs."""
    older = (cli.folder / "x.db").read_bytes()
    import_one(cli, 2)
    cli("balances", "--ledger", "books")
    (cli.folder / "x.db").write_bytes(older)
    found = status(cli, code=1)
    assert found["projectors"] == "none"
    assert "start `llmedger serve` or `llmedger worker`" in found["troubles"][-1]
    out, errors = cli.run("status", code=1)
    assert "none at work" in out
    assert "books: " in errors and "it was made from another log" in errors and "llmedger worker" in errors
    cli("balances", "--ledger", "books")
    assert status(cli)["well"]


def test_a_blocked_read_model_is_named_with_the_reason(cli: Cli) -> None:
    cli("balances", "--ledger", "books")
    with closing(sqlite3.connect(cli.folder / "x-projections.db")) as connection, connection:
        connection.execute(
            "UPDATE checkpoints SET blocked_position = 4, blocked_error = 'no room', retry_at = 4000000000 "
            "WHERE projection = 'register'"
        )
    _, errors = cli.run("status", "--quick", code=1)
    assert "books: register: blocked at position 4: no room" in errors


def test_a_full_disk_is_named(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("balances", "--ledger", "books")
    monkeypatch.setattr("ledger.store.files.ROOM_BYTES_MIN", 2**62)
    assert "it has no space or memory left" in status(cli, code=1)["troubles"][0]


def test_guards_that_differ_from_balances_are_wrong(cli: Cli) -> None:
    cli("balances", "--ledger", "books")
    with closing(sqlite3.connect(cli.folder / "x.db")) as connection, connection:
        connection.execute("UPDATE account_totals SET debits = (SELECT max(credits) FROM account_totals)")
    found = status(cli, code=1)
    assert found["ledgers"][0]["guards"] == "different"
    assert "books: account" in found["troubles"][0]
    assert status(cli, "--quick")["well"]


def test_it_says_who_signs_and_how_far(cli: Cli) -> None:
    cli("key", "new", "key", "--name", "example.com/books")
    cli = Cli({**cli.environment, "LEDGER_SIGNING_KEY": "key", "LEDGER_ORIGIN": "example.com/books"}, cli.folder)
    cli("proof", "receipt", "1", "--ledger", "books")
    found = status(cli)
    assert found["signing"] == {"vkey": str(read_key(cli.folder / "key").verifier), "origin": "example.com/books"}
    assert found["ledgers"][0]["signed"] == found["ledgers"][0]["size"] == SIZE
    import_one(cli, 2)
    cli("balances", "--ledger", "books")
    without = Cli({**cli.environment, "LEDGER_SIGNING_KEY": ""}, cli.folder)
    assert status(without)["signing"]["vkey"] is None
    assert [status(without)["ledgers"][0][name] for name in ("signed", "size")] == [SIZE, SIZE + 1]
    (cli.folder / "key").write_text("nonsense")
    assert "LEDGER_SIGNING_KEY: " in status(cli, code=1)["troubles"][0]


def test_a_server_is_seen_at_work(cli: Cli) -> None:
    for _ in serve(cli):
        found = status(cli)
        assert found["projectors"] in ("idle", "working") and found["well"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql+asyncpg://ann:hunter2@db.example:5433/books", "postgresql://ann@db.example:5433/books"),
        ("postgresql+asyncpg://ann@/books?host=/run/pg&password=hunter2", "postgresql://ann@/run/pg/books"),
        ("postgresql+asyncpg://db/books?sslpassword=hunter2", "postgresql://db/books"),
        ("sqlite+aiosqlite:////data/hunter2.db", "/data/hunter2.db"),
    ],
)
def test_where_a_database_is_is_said_without_its_secrets(url: str, shown: str) -> None:
    assert redact_url(make_url(url)).replace("%2F", "/") == shown


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_that_is_stopped_leaves_its_read_models_up_to_date(cli: Cli, workers: str) -> None:
    """Also where it is stopped right after the last post, and before its projector process was ready for anything."""
    for served in serve(cli, "--workers", workers):
        with httpx.Client(base_url=served.url, timeout=30) as api:
            token = api.post("/auth/login", json={"username": "ann", "password": PASSWORD}).json()["token"]
            path, headers = "/ledgers/books/accounts", {"Authorization": f"Bearer {token}"}
            assert api.post(path, json={"path": "Assets:Till"}, headers=headers).status_code == 201
    found = status(cli, "--quick")
    assert {each["applied"] for each in found["projections"]} == {SIZE + 1}
