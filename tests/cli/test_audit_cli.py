"""`llmedger export`, `import DIR` and `verify` as people call them: what they print, and how they end."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.test_cli import JANUARY, Cli, Served, environment_for, serve
from tests.http.service import PASSWORD


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """On a database with a user and a ledger with transactions."""
    cli = Cli(environment_for(f"sqlite:///{tmp_path / 'ledger.db'}"), tmp_path)
    cli("migrate")
    cli("user", "add", "ann", "--password-stdin", stdin=f"{PASSWORD}\n")
    cli("ledger", "create", "books", "--owner", "ann", "--currency", "EUR")
    (tmp_path / "january.jsonl").write_text(JANUARY, encoding="utf-8")
    cli("import", "january.jsonl", "--ledger", "books", "--open-accounts", "--type-map", "Kasse=asset")
    cli("balances", "--ledger", "books")
    return cli


@pytest.fixture
def served(cli: Cli) -> Iterator[Served]:
    """The service on it."""
    yield from serve(cli)


def statuses(report: Any) -> dict[str, str]:
    """How each check came out."""
    return {check["check"]: check["status"] for check in report["checks"]}


def test_an_export_is_verified_and_imported_elsewhere(cli: Cli, tmp_path: Path) -> None:
    exported = cli.json("export", "out", "--ledger", "books")
    assert exported["size"] == exported["added"] > 30 and exported["checkpoint"] is None
    assert "0 of them new" in cli("export", "out", "--ledger", "books")
    report = cli.json("verify", "out")
    assert (report["result"], report["root"], report["size"]) == ("ok", exported["root"], exported["size"])
    other = Cli(environment_for(f"sqlite:///{tmp_path / 'other.db'}"), tmp_path)
    other("migrate")
    assert other.json("import", "out")["root"] == exported["root"]
    assert other.json("balances", "--ledger", "books") == cli.json("balances", "--ledger", "books")
    assert other.json("import", "out")["added"] == 0
    assert "0 of them new" in cli("import", "out", "--ledger", "elsewhere"), "it is there, under the id that it has"


def test_a_taken_id_is_said_with_what_to_do(cli: Cli, tmp_path: Path) -> None:
    cli("export", "out", "--ledger", "books")
    other = Cli(environment_for(f"sqlite:///{tmp_path / 'other.db'}"), tmp_path)
    other("migrate")
    other("user", "add", "bob", "--password-stdin", stdin=f"{PASSWORD}\n")
    other("ledger", "create", "books", "--owner", "bob")
    _, said = other.run("import", "out", code=1)
    assert "--ledger" in said
    assert other("import", "out", "--ledger", "books-of-ann").startswith("books-of-ann ")
    other.run("import", "out", "--ledger", "Not An Id", code=2)
    other.run("import", "out", "--open-accounts", code=2)
    other.run("import", "january.jsonl", code=2)


def test_verify_says_what_it_did_and_remembers(cli: Cli, tmp_path: Path) -> None:
    first, _ = cli.run("verify", "ledger.db", "--state", "state.json")
    assert "no signed checkpoint counts" in first
    assert "history: this is the first audit of this log" in first
    assert statuses(cli.json("verify", "ledger.db", "--state", "state.json"))["history"] == "ok"
    assert "debits" in json.dumps(cli.json("verify", f"sqlite:///{tmp_path / 'ledger.db'}", "--ledger", "books"))


def test_signatures_are_checked_against_the_policy(cli: Cli, tmp_path: Path) -> None:
    vkey = cli("key", "new", "key", "--name", "example.com/books").strip()
    (tmp_path / "policy").write_text(f"# the company\n\n{vkey}\n")
    cli("verify", "ledger.db", "--policy", "policy", code=4)
    signing: Any = {"LEDGER_SIGNING_KEY": str(tmp_path / "key"), "LEDGER_ORIGIN": "example.com/books"}
    cli("proof", "receipt", "3", "--ledger", "books", **signing)
    report = cli.json("verify", "ledger.db", "--policy", "policy")
    assert statuses(report)["signatures"] == "ok"
    signed, _ = cli.run("verify", "ledger.db", "--policy", "policy")
    assert f"up to size {report['size']}, by a key of the policy; 0 records not signed yet" in signed
    cli("export", "out", "--ledger", "books", **signing)
    assert statuses(cli.json("verify", "out", "--policy", "policy"))["signatures"] == "ok"
    assert json.loads((tmp_path / "out" / "head.json").read_text())["origin"].startswith("example.com/books/")
    (tmp_path / "empty").write_text("# nobody\n")
    cli.run("verify", "ledger.db", "--policy", "empty", code=2)
    (tmp_path / "odd").write_text("no key\n")
    cli.run("verify", "ledger.db", "--policy", "odd", code=2)


def change(file: Path, *statements: str) -> None:
    """Run statements on a SQLite file as somebody who may do anything."""
    with closing(sqlite3.connect(file)) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            database.execute(statement)
        database.commit()


@pytest.mark.parametrize(
    ("statement", "code", "says"),
    [
        (
            "UPDATE account_totals SET debits = credits",
            1,
            "FAILED: the log is complete, but the books are wrong (guards: ",
        ),
        (
            "UPDATE journal SET data = CAST(replace(data, '.50', '.51') AS BLOB) WHERE position > 20",
            3,
            "FAILED: the log was changed after it was written (position 21, bodies: the hash of the body",
        ),
        (
            "DELETE FROM journal WHERE position = 5",
            4,
            "FAILED: something is missing, so the books cannot be confirmed (position 5, log: this record is",
        ),
    ],
)
def test_the_verdict_is_the_first_line_and_the_last(
    cli: Cli, tmp_path: Path, statement: str, code: int, says: str
) -> None:
    change(tmp_path / "ledger.db", statement)
    out, errors = cli.run("verify", "ledger.db", code=code)
    assert out.splitlines()[0] == out.splitlines()[-1]
    assert out.startswith(says)
    assert errors == "", "the report is on standard output, whole"
    out, errors = cli.run("verify", "ledger.db", "--json", code=code)
    report = json.loads(out)
    assert (report["verdict"], report["exit_code"], errors) == ("FAILED", code, "")
    assert f"FAILED: {report['reason']}".startswith(says)


def test_sound_books_pass_and_the_report_says_what_was_not_checked(cli: Cli) -> None:
    out, errors = cli.run("verify", "ledger.db")
    assert out.splitlines()[0] == out.splitlines()[-1]
    assert out.startswith("PASSED: nothing wrong was found in ")
    assert "not or partly checked: signatures, history" in out.splitlines()[0]
    assert "Trial balance\nCurrency      Debits     Credits\nEUR           550.00      550.00\n" in out
    assert errors == ""
    report = cli.json("verify", "ledger.db")
    assert (report["verdict"], report["reason"]) == ("PASSED", None)


def test_one_bad_record_silences_no_check(cli: Cli, tmp_path: Path) -> None:
    """The others are decided, added up and compared, and each check says what it could not look at."""
    sound = cli.json("verify", "ledger.db")
    change(tmp_path / "ledger.db", "UPDATE journal SET record = CAST('{}' AS BLOB) WHERE position = 22")
    out, _ = cli.run("verify", "ledger.db", "--json", code=3)
    report = json.loads(out)
    found = {check["check"]: check for check in report["checks"]}
    gap = "it is not known what the record at position 22 did: differences may be its"
    for name in ("rules", "trial balance", "guards", "projected balances"):
        assert found[name]["status"] in ("partly checked", "failed"), name
        assert gap in found[name]["not_checked"], name
    assert found["read models"]["status"] == "not checked"
    assert len(report["totals"]) == len(sound["totals"]) > 0
    assert report["totals"] != sound["totals"]
    assert found["bodies"]["status"] == "ok"
    text, _ = cli.run("verify", "ledger.db", code=3)
    assert all(f"{name}: ok" not in text for name in found)


def test_no_check_is_ok_and_not_checked(cli: Cli, tmp_path: Path) -> None:
    for source in ("ledger.db", "out"):
        if source == "out":
            cli("export", "out", "--ledger", "books")
        for check in cli.json("verify", source)["checks"]:
            assert (check["status"] == "ok") <= (check["not_checked"] == []), check


def test_nothing_of_a_source_reaches_the_terminal_raw(cli: Cli, tmp_path: Path) -> None:
    """Neither what is no UTF-8, nor what a terminal would obey, nor what turns a line around."""
    change(
        tmp_path / "ledger.db",
        "UPDATE ledgers SET owner = CAST(x'1b5b324aff' AS TEXT), id = char(8238) || 'skoob'",
        "UPDATE currencies SET currency = 'E' || char(27, 7, 10) || 'R' WHERE currency = 'EUR'",
        "INSERT INTO signed_checkpoints VALUES (1, 3, char(27) || CAST(x'ff' AS TEXT), 'x', 0)",
        "UPDATE account_names SET name = CAST(x'c328' AS TEXT) WHERE name = 'Equity:Opening'",
    )
    out, errors = cli.run("verify", "ledger.db", code=3)
    assert "owner" not in errors + out or "\\x1b[2J\\udcff" in out
    assert all(line.isprintable() for line in out.splitlines())
    json_out, errors = cli.run("verify", "ledger.db", "--json", code=3)
    assert json.loads(json_out)["verdict"] == "FAILED"
    assert all(line.isprintable() for line in json_out.splitlines())


def test_a_report_in_letters_that_the_output_has_not_is_escaped(cli: Cli, tmp_path: Path) -> None:
    change(tmp_path / "ledger.db", "UPDATE account_names SET name = 'Käße' WHERE name = 'Equity:Opening'")
    ascii_ = Cli({**cli.environment, "PYTHONIOENCODING": "ascii"}, tmp_path)
    out, _ = ascii_.spawn("verify", "ledger.db", code=1)
    assert "K\\xe4\\xdfe" in out


def test_a_fault_of_the_auditor_itself_is_a_report_too(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: Any, **_options: Any) -> Any:
        raise ZeroDivisionError("nobody\x1b thought of this")

    monkeypatch.setattr("api.audit.open_source.verify", broken)
    report = json.loads(cli.run("verify", "ledger.db", "--json", code=4)[0])
    assert report["verdict"] == "FAILED"
    assert "the audit cannot continue (ZeroDivisionError: nobody\\x1b thought of this)" in report["reason"]
    monkeypatch.undo()
    monkeypatch.setattr("api.audit.auditing.make_trial_balance", broken)
    report = json.loads(cli.run("verify", "ledger.db", "--json", code=4)[0])
    found = {check["check"]: check["status"] for check in report["checks"]}
    assert found["trial balance"] == "failed"
    assert {found[name] for name in ("log", "root", "rules", "guards", "read models")} == {"ok"}


def test_a_visit_that_cannot_be_remembered_is_said(cli: Cli, tmp_path: Path) -> None:
    _, said = cli.run("verify", "ledger.db", "--state", "nowhere/state.json", code=2)
    assert "no folder nowhere" in said
    (tmp_path / ".state.json.new").mkdir()
    out, _ = cli.run("verify", "ledger.db", "--state", "state.json", code=4)
    assert "the result cannot be written to the state file" in out


def test_read_models_are_compared_unless_they_are_left_out(cli: Cli, tmp_path: Path) -> None:
    assert statuses(cli.json("verify", "ledger.db"))["read models"] == "ok"
    file = sqlite3.connect(tmp_path / "ledger-projections.db")
    file.execute("UPDATE register_lines SET units = 'p00242' WHERE line = 0")
    file.commit()
    file.close()
    out, _ = cli.run("verify", "ledger.db", code=1)
    assert "units is 42, should be" in out
    out, _ = cli.run("verify", "ledger.db", "--no-read-models")
    assert "read models: you left them out" in out
    cli("rebuild", "all", "--ledger", "books", "--accept")
    assert statuses(cli.json("verify", "ledger.db"))["read models"] == "ok"


def test_a_server_is_audited_with_a_token_that_nobody_sees(cli: Cli, served: Served) -> None:

    token = httpx.post(f"{served.url}/auth/login", json={"username": "ann", "password": PASSWORD}).json()["token"]
    url = f"{served.url}/ledgers/books"
    out, said = cli.run("verify", url, "--json", LEDGER_TOKEN=token)
    assert json.loads(out)["result"] == "ok"
    assert token not in out + said
    out, _ = cli.run("verify", served.url, "--ledger", "books", "--token-stdin", "--json", stdin=f"{token}\n")
    assert json.loads(out)["result"] == "ok"
    _, said = cli.run("verify", url, code=2)
    assert "401" in said


def test_what_cannot_be_verified_is_wrong_usage(cli: Cli) -> None:
    for source in ("nothing.db", ".", "january.jsonl", "http://127.0.0.1:1/api/ledgers/x"):
        _, said = cli.run("verify", source, code=2)
        assert "error:" in said
    cli.run("export", "out", "--ledger", "none", code=1)


@pytest.mark.parametrize("head", ["[]", "7", "null", '"x"', "{}"])
def test_an_export_whose_head_is_no_object_is_said_so_in_plain_words(cli: Cli, tmp_path: Path, head: str) -> None:
    cli("export", "out", "--ledger", "books")
    (tmp_path / "out" / "head.json").write_text(head)
    out, errors = cli.run("verify", "out", code=None)
    assert "it is no JSON object that names its format" in out + errors
    assert "indices" not in out + errors and "subscriptable" not in out + errors


def test_an_empty_token_is_none(served: Served, cli: Cli) -> None:
    """As every other empty setting."""
    url = f"{served.url}/ledgers/books"
    out, errors = cli.run("verify", url, code=None, LEDGER_TOKEN="")
    assert "malformed" not in out + errors and "There is no token" in out + errors
