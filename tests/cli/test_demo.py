"""The demo's books: made in a database of their own, and never beside somebody's without being told to."""

import json
import subprocess
from pathlib import Path

import pytest

from api.cli.serve import list_steps
from api.start.demo import LEDGER, PASSWORD, USER
from tests.cli.test_cli import Cli, environment_for, serve
from tests.http.service import PASSWORD as ANNS_PASSWORD

DEMO = ("demo", "--no-serve")


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Where no database is yet."""
    return Cli(environment_for("sqlite:///x.db"), tmp_path)


def users(cli: Cli) -> list[str]:
    """The names of all users."""
    return [user["username"] for user in cli.json("user", "list")["users"]]


def ledgers(cli: Cli) -> dict[str, int]:
    """The sizes of all ledgers."""
    return {ledger["id"]: ledger["size"] for ledger in cli.json("ledger", "list")["ledgers"]}


def test_the_demo_is_made_once_and_stays_its_own_among_what_came_later(cli: Cli) -> None:
    _, said = cli.run(*DEMO)
    assert PASSWORD in said and f"/ledgers/{LEDGER}/" in said
    before = ledgers(cli)
    assert before.keys() == {LEDGER} and users(cli) == [USER]
    cli("user", "add", "ann", "--password-stdin", stdin=f"{ANNS_PASSWORD}\n")
    cli("ledger", "create", "books", "--owner", "ann")
    cli(*DEMO)
    assert ledgers(cli) == before | {"books": 1}


@pytest.mark.parametrize("what", ["user", "ledger"])
def test_the_demo_keeps_away_from_a_database_in_use(cli: Cli, what: str) -> None:
    cli("migrate")
    cli("user", "add", "ann", "--password-stdin", stdin=f"{ANNS_PASSWORD}\n")
    if what == "ledger":
        cli("ledger", "create", "books", "--owner", "ann")
    before = ledgers(cli)
    for arguments in (DEMO, ("demo",)):  # it is refused before anything is served
        _, said = cli.run(*arguments, code=1)
        assert "this database is in use" in said and "--yes" in said
        assert users(cli) == ["ann"] and ledgers(cli) == before


def test_told_to_the_demo_goes_beside_other_books(cli: Cli) -> None:
    cli("migrate")
    cli("user", "add", "ann", "--password-stdin", stdin=f"{ANNS_PASSWORD}\n")
    cli("ledger", "create", "books", "--owner", "ann")
    cli(*DEMO, "--yes")
    assert ledgers(cli).keys() == {"books", LEDGER} and users(cli) == ["ann", USER]


@pytest.mark.parametrize("options", [(), ("--yes",)])
def test_the_demo_never_takes_a_ledger_or_a_user_of_its_name_for_its_own(cli: Cli, options: tuple[str, ...]) -> None:
    cli("migrate")
    cli("user", "add", "ann", "--password-stdin", stdin=f"{ANNS_PASSWORD}\n")
    cli("user", "add", USER, "--password-stdin", stdin=f"{ANNS_PASSWORD}\n")
    assert "error:" in cli.run(*DEMO, *options, code=1)[1]
    cli("ledger", "create", LEDGER, "--owner", USER)
    assert f"there is already a ledger {LEDGER}" in cli.run(*DEMO, *options, code=1)[1]
    assert ledgers(cli) == {LEDGER: 1}


def test_the_demo_does_not_migrate_the_books_of_an_older_version(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("migrate")
    monkeypatch.setattr("migrations.known_schema", lambda branch: "9999")  # what a newer program would know
    assert "llmedger migrate" in cli.run(*DEMO, code=1)[1]


def test_what_a_first_start_says_to_try_works(cli: Cli) -> None:
    cli("migrate")
    for served in serve(cli):
        lines = list_steps(served.url, "/auth/register", ("ann", ANNS_PASSWORD), "/ledgers", "/auth/session")
        told = subprocess.run(["bash", "-c", "; echo; ".join(lines)], capture_output=True, text=True, check=True)
        ledgers_told, session = told.stdout.strip().split("\n")
        assert json.loads(ledgers_told)["ledgers"] == []
        assert json.loads(session)["user"]["username"] == "ann"
