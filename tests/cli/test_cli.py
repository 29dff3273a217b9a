"""`llmedger` as an operator calls it: a process of its own, on the database itself, equal to what HTTP answers."""

import gzip
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.http.service import PASSWORD, UUID, Json

LLMEDGER = Path(sys.executable).with_name("llmedger")
COMMANDS = [
    ["serve"],
    ["worker"],
    ["migrate"],
    ["demo"],
    ["user"],
    ["user", "add"],
    ["user", "passwd"],
    ["user", "list"],
    ["ledger"],
    ["ledger", "create"],
    ["ledger", "list"],
    ["member"],
    ["member", "list"],
    ["member", "grant"],
    ["member", "revoke"],
    ["import"],
    ["export"],
    ["verify"],
    ["key"],
    ["key", "new"],
    ["key", "show"],
    ["key", "accept"],
    ["proof"],
    ["proof", "inclusion"],
    ["proof", "consistency"],
    ["proof", "receipt"],
    ["balances"],
    ["register"],
    ["key", "release"],
    ["rebuild"],
    ["status"],
    ["backup"],
    ["restore"],
    ["bench"],
]


SQLITE = pytest.mark.parametrize("cli", ["sqlite"], indirect=True)
"""On the embedded database alone: starting processes takes long."""


@dataclass(frozen=True)
class Cli:
    """The command in an environment of its own."""

    environment: Mapping[str, str]
    folder: Path

    def __call__(self, *arguments: str, code: int = 0, stdin: str = "", **settings: str) -> str:
        """Standard output of a run that ends with this exit code."""
        return self.run(*arguments, code=code, stdin=stdin, **settings)[0]

    def run(self, *arguments: str, code: int | None = 0, stdin: str = "", **settings: str) -> tuple[str, str]:
        """Both outputs of the command run in this process: starting another takes longer than most commands."""
        unset = {name: None for name in os.environ if name.startswith("LEDGER_")}
        with chdir(self.folder):
            done = CliRunner().invoke(app, arguments, stdin, {**unset, **self.environment, **settings})
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return self._checked(arguments, done.exit_code, code, done.stdout, done.stderr)

    def spawn(self, *arguments: str, code: int = 0, stdin: str = "") -> tuple[str, str]:
        """Both outputs of the command as a process, as an operator calls it."""
        done = subprocess.run(
            [str(LLMEDGER), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            env={**own_environment(), **self.environment},
            cwd=self.folder,
            timeout=60,
            check=False,
        )
        return self._checked(arguments, done.returncode, code, done.stdout, done.stderr)

    def _checked(
        self, arguments: Sequence[str], ended: int, code: int | None, out: str, errors: str
    ) -> tuple[str, str]:
        """Never a traceback; and what went wrong is said. `code` None: any will do."""
        assert "Traceback" not in errors + out, errors
        assert code in (None, ended), errors + out
        if ended == 1:
            assert "error:" in errors or arguments[0] in ("status", "verify"), "it does not say what is wrong"
        return out, errors

    def json(self, *arguments: str, code: int = 0, stdin: str = "") -> Any:
        """What it prints for a program."""
        return json.loads(self(*arguments, "--json", code=code, stdin=stdin))


def own_environment() -> dict[str, str]:
    """This process's environment without settings of the service."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}


def environment_for(url: str) -> dict[str, str]:
    """The settings of a run."""
    return {"LEDGER_DATABASE_URL": url, "COLUMNS": "200", "NO_COLOR": "1"}


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def cli(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cli]:
    """On a database that is migrated, with a user and a ledger, for all tests of this module."""
    folder = tmp_path_factory.mktemp("cli")
    url = f"sqlite:///{folder / 'nested' / 'ledger.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres").create_database("cli")
    cli = Cli(environment_for(url), folder)
    cli.spawn("migrate")
    cli.spawn("user", "add", "ann", "--password-stdin", stdin=f"{PASSWORD}\n")
    options = ("--currency", "EUR", "--name", "Bücher", "--time-zone", "Asia/Tokyo")
    cli("ledger", "create", "books", "--owner", "ann", *options)
    (folder / "january.jsonl").write_text(JANUARY, encoding="utf-8")
    cli.spawn("import", "january.jsonl", "--ledger", "books", "--open-accounts", "--type-map", "Kasse=asset")
    yield cli
    if request.param == "postgresql":
        request.getfixturevalue("postgres").drop_database("cli")


JANUARY = "\n".join(
    json.dumps(line, ensure_ascii=False)
    for line in [
        {
            "id": 1,
            "date": "2024-01-02",
            "description": "Öffnung",
            "kind": "opening",
            "postings": [
                {"account": "Kasse:Laden", "amount": "100.00", "currency": "EUR"},
                {"account": "Equity:Opening", "amount": "-100.00", "currency": "EUR"},
            ],
        },
        *[
            {
                "id": f"sale-{number}",
                "date": f"2024-01-{3 + number % 20:02d}",
                "description": f"Sale {number} [/red] [bold]",
                "colour": "blue",
                "postings": [
                    {"account": "Kasse:Laden", "debit": f"{number}.50", "currency": "EUR"},
                    {"account": "Income:Sales", "credit": f"{number}.50", "currency": "EUR", "text": "x"},
                ],
            }
            for number in range(30)
        ],
        {
            "date": "2024-02-01",
            "postings": [
                {"account": "Assets:Coins", "amount": "0.12345678", "currency": "XBTX"},
                {"account": "Equity:Opening", "amount": "-0.12345678", "currency": "XBTX"},
            ],
        },
        "",
    ]
    if line
)


@dataclass(frozen=True)
class Served:
    """A `llmedger serve` that runs."""

    url: str
    process: "subprocess.Popen[str]" = field(repr=False)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def served(cli: Cli) -> Iterator[Served]:
    """The service on the same database, started by the command itself."""
    yield from serve(cli)


def serve(cli: Cli, *options: str) -> Iterator[Served]:
    """Start, wait until it is ready, and stop as an operator would."""
    port = free_port()
    with subprocess.Popen(
        [str(LLMEDGER), "serve", *options],
        env={**own_environment(), **cli.environment, "LEDGER_PORT": str(port), "LEDGER_LOG_LEVEL": "warning"},
        cwd=cli.folder,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        url = f"http://127.0.0.1:{port}/api"
        try:
            wait_until_ready(url, process)
            yield Served(url, process)
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=20)
            assert process.returncode in (0, -signal.SIGTERM), said
            assert "Traceback" not in said, said
        finally:
            process.kill()


def wait_until_ready(url: str, process: "subprocess.Popen[str]") -> None:
    """A server says when it is ready; nothing else tells a caller outside of it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stderr and process.stderr.read()
        try:
            if httpx.get(f"{url}/ready").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the server was not ready in time")


@pytest.fixture(scope="module")
def api(served: Served) -> Iterator[httpx.Client]:
    """Ann, signed in over HTTP with the password that the command line was given."""
    with httpx.Client(base_url=served.url, timeout=30) as api:
        token = api.post("/auth/login", json={"username": "ann", "password": PASSWORD}).json()["token"]
        api.headers["Authorization"] = f"Bearer {token}"
        yield api


def all_pages(api: httpx.Client, path: str, member: str, **params: Any) -> Json:
    """All pages of a list as one, of the size that the ledger has."""
    size = api.get("/ledgers/books").json()["size"]
    asked = {"limit": 7, "min_size": size} | params
    first: Json = api.get(f"/ledgers/books{path}", params=asked).json()
    cursor = first["next"]
    while cursor is not None:
        page = api.get(f"/ledgers/books{path}", params=asked | {"cursor": cursor}).json()
        first[member] += page[member]
        cursor = page["next"]
    return first | {"next": None}


# --- what it prints ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "params"),
    [
        ([], {}),
        (["--under", "Kasse"], {"under": "Kasse"}),
        (["--account", "Income:Sales"], {"account": "Income:Sales"}),
        (["--effective", "2024-01-10"], {"effective": "2024-01-10"}),
        (["--recorded-size", "20"], {"recorded_size": 20}),
        (["--effective", "2024-01-10", "--recorded-size", "20"], {"effective": "2024-01-10", "recorded_size": 20}),
        (["--depth", "1"], {"depth": 1}),
    ],
)
def test_balances_print_what_http_answers_all_pages_as_one(
    cli: Cli, api: httpx.Client, options: list[str], params: Json
) -> None:
    printed = cli.json("balances", "--ledger", "books", *options)
    assert printed == all_pages(api, "/balances", "balances", **params)
    assert printed["balances"]


@pytest.mark.parametrize(
    ("options", "params"),
    [
        ([], {}),
        (["--from", "2024-01-05", "--to", "2024-01-10"], {"from": "2024-01-05", "to": "2024-01-10"}),
        (["--recorded-size", "20"], {"recorded_size": 20}),
    ],
)
def test_registers_print_what_http_answers_all_pages_as_one(
    cli: Cli, api: httpx.Client, options: list[str], params: Json
) -> None:
    printed = cli.json("register", "Kasse:Laden", "--ledger", "books", *options)
    assert printed == all_pages(api, "/register", "lines", account="Kasse:Laden", **params)
    assert printed["lines"]


def test_ledgers_print_what_http_answers(cli: Cli, api: httpx.Client) -> None:
    printed = cli.json("ledger", "list")
    books = next(ledger for ledger in printed["ledgers"] if ledger["id"] == "books")
    assert books == api.get("/ledgers/books").json()
    assert (books["name"], books["time_zone"], books["role"]) == ("Bücher", "Asia/Tokyo", "owner")


def test_what_the_operator_does_is_recorded_as_done_by_the_command_line(cli: Cli, api: httpx.Client) -> None:
    user = api.get("/auth/session").json()["user"]["id"]
    events = api.get("/ledgers/books/events", params={"limit": 1000}).json()["events"]
    assert {event["actor"]["type"] for event in events} == {"cli"}
    assert all(event["actor"]["id"] for event in events)
    assert events[0]["actor"]["for"] == user
    assert all(UUID.fullmatch(event["request"]) for event in events)


def test_tables_are_printed_for_people(cli: Cli) -> None:
    table = cli("balances", "--ledger", "books")
    assert "Kasse:Laden" in table and "550.00" in table and "0.12345678" in table
    table = cli("register", "Kasse:Laden", "--ledger", "books", "--to", "2024-01-03")
    assert "Öffnung" in table and "Sale 0 [/red] [bold]" in table
    assert "books" in cli("ledger", "list") and "Bücher" in cli("ledger", "list")
    assert "ann" in cli("user", "list")
    assert "account_balances" in cli("status")


# --- import -----------------------------------------------------------------------------------------------------------


def test_a_register_that_ends_before_it_begins_is_refused(cli: Cli) -> None:
    period = ("--from", "2024-01-04", "--to", "2024-01-03")
    _, errors = cli.run("register", "Kasse:Laden", "--ledger", "books", *period, code=1)
    assert errors.strip() == "error: --from is after --to"


def test_importing_twice_changes_nothing(cli: Cli, tmp_path: Path) -> None:
    size = sizes(cli)["books"]
    arguments = ("import", "january.jsonl", "--ledger", "books")
    report = cli.json(*arguments)
    assert (report["lines"], report["imported"], report["replayed"], report["size"]) == (32, 0, 32, size)
    assert report["carried"] == {"colour": 30}
    said = cli(*arguments)
    assert "32 lines: 0 imported, 32 imported before." in said
    packed = tmp_path / "other.jsonl.gz"
    packed.write_bytes(gzip.compress(JANUARY.encode()))
    source = str(Path(cli.folder.name) / "january")
    report = cli.json("import", str(packed), "--ledger", "books", "--source", source)
    assert (report["imported"], report["replayed"]) == (0, 32)
    assert sizes(cli)["books"] == size


def sizes(cli: Cli) -> dict[str, int]:
    """How long each ledger is."""
    return {ledger["id"]: ledger["size"] for ledger in cli.json("ledger", "list")["ledgers"]}


def line(amount: str = "1.00", other: str = "-1.00", **members: Any) -> str:
    """One line of a file."""
    postings = [
        {"account": "Kasse:Laden", "amount": amount, "currency": "EUR"},
        {"account": "Income:Sales", "amount": other, "currency": "EUR"},
    ]
    return json.dumps({"date": "2024-03-01", "postings": postings} | members) + "\n"


def test_a_bad_file_is_refused_by_line_and_leaves_no_trace(cli: Cli, tmp_path: Path) -> None:
    before = sizes(cli)["books"]
    file = tmp_path / "bad.jsonl"
    bad: list[tuple[str, str]] = [
        (line() + line("1.00", "-1.01"), "line 2: The postings in EUR sum to -0.01"),
        (line() + "{\n", "line 2"),
        (line() + line(date="2024-02-30"), "line 2"),
        (line() + line(id="a") + line(id="a"), "line 3"),
        (line() + line("1.005", "-1.005"), "line 2"),
        (line() + '{"date": "2024-01-01", "date": "2024-01-01"}\n', "line 2"),
        (line(postings=[]), "line 1"),
        (line().replace("Kasse:Laden", "[/bold]:[red]"), "[/bold]:[red]"),
    ]
    for content, said in bad:
        file.write_text(content, encoding="utf-8")
        _, errors = cli.run("import", str(file), "--ledger", "books", code=1)
        assert said in errors and "nothing was written" in errors, errors
    file.write_bytes(b"\xff\xfe\x00")
    cli("import", str(file), "--ledger", "books", code=1)
    file.write_bytes(b"\x1f\x8b broken")
    cli("import", str(file), "--ledger", "books", code=1)
    assert sizes(cli)["books"] == before


def test_bad_lines_can_be_skipped_and_are_listed(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "partly.jsonl"
    strange: Json = {"[/red]": 1}
    file.write_text(line(id="good") + line("1.00", "-1.01", id="[/red]") + line(**strange), encoding="utf-8")
    report = cli.json("import", str(file), "--ledger", "books", "--skip-bad", "--dry-run")
    assert (report["imported"], report["dry_run"], len(report["skipped"])) == (2, True, 1)
    before = sizes(cli)["books"]
    out, errors = cli.run("import", str(file), "--ledger", "books", "--skip-bad")
    assert "3 lines: 2 imported" in out and "[/red]: not known here" in out
    assert "skipped: line 2" in errors
    assert sizes(cli)["books"] == before + 2


def test_accounts_whose_type_nothing_tells_are_all_named(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "untold.jsonl"
    file.write_text(line().replace("Kasse:Laden", "Zeta:A") + line().replace("Kasse:Laden", "Alpha"), encoding="utf-8")
    _, errors = cli.run("import", str(file), "--ledger", "books", "--open-accounts", code=1)
    assert "Alpha, Zeta" in errors
    for options in (["--type-map", "Zeta"], ["--type-map", "Zeta=till"], ["--currency", "EUR"], ["--scale", "EUR=x"]):
        cli("import", str(file), "--ledger", "books", *options, code=2)


# --- users and ledgers ------------------------------------------------------------------------------------------------


def test_a_user_is_added_once_and_can_get_another_password(cli: Cli, api: httpx.Client) -> None:
    said = cli("user", "add", "bob", "--password-stdin", stdin="first password")
    assert said.split()[0] == "bob"
    assert {"id": said.split()[1], "username": "bob"} in cli.json("user", "list")["users"]

    def login(password: str) -> int:
        return httpx.post(f"{api.base_url}auth/login", json={"username": "bob", "password": password}).status_code

    assert login("first password") == 200
    assert "1 session ended" in cli("user", "passwd", "bob", "--password-stdin", stdin="second password\n")
    assert (login("first password"), login("second password")) == (401, 200)
    cli("user", "add", "bob", "--password-stdin", stdin="another one", code=1)
    cli("user", "add", "Bob!", "--password-stdin", stdin="another one", code=1)
    cli("user", "add", "[/red]", "--password-stdin", stdin="another one", code=1)
    cli("user", "add", "carl", "--password-stdin", stdin="short", code=1)
    cli("user", "add", "carl", "--password-stdin", stdin="", code=1)
    cli("user", "passwd", "nobody", "--password-stdin", stdin="another one", code=1)


def test_an_operator_gives_and_takes_roles(cli: Cli, api: httpx.Client) -> None:
    cli("ledger", "create", "shared", "--owner", "ann")
    cli("user", "add", "bea", "--password-stdin", stdin=f"{PASSWORD}\n")
    cli("member", "grant", "bea", "auditor", "--ledger", "shared", "--until", "2999-12-31T23:59:59Z", "--as", "ann")
    listed = cli.json("member", "list", "--ledger", "shared")
    assert listed == api.get("/ledgers/shared/members").json()
    roles = {each["username"]: (each["role"], each["until"]) for each in listed["members"]}
    assert roles == {"ann": ("owner", None), "bea": ("auditor", "2999-12-31T23:59:59.000000Z")}
    assert "bea" in cli("member", "list", "--ledger", "shared")
    cli("member", "revoke", "bea", "--ledger", "shared")
    assert [each["username"] for each in cli.json("member", "list", "--ledger", "shared")["members"]] == ["ann"]
    for refused, code in (
        (("revoke", "ann"), 1),
        (("revoke", "bea"), 1),
        (("grant", "nobody", "viewer"), 1),
        (("grant", "bea", "king"), 2),
        (("grant", "bea", "viewer", "--until", "tomorrow"), 2),
    ):
        _, said = cli.run("member", *refused, "--ledger", "shared", code=code)
        assert "Traceback" not in said and said.strip()


def test_a_ledger_is_created_for_its_owner(cli: Cli, api: httpx.Client) -> None:
    printed = cli.json("ledger", "create", "second", "--owner", "ann", "--fiscal-year-start", "07-01")
    assert UUID.fullmatch(printed["uuid"]) and (printed["id"], printed["size"]) == ("second", 1)
    ledger = api.get("/ledgers/second").json()
    assert (ledger["uuid"], ledger["currency"], ledger["fiscal_year_start"]) == (printed["uuid"], "USD", "07-01")
    cli("ledger", "create", "second", "--owner", "ann", code=1)
    cli("ledger", "create", "third", "--owner", "nobody", code=1)
    cli("ledger", "create", "third", "--owner", "ann", "--currency", "XAU", code=1)
    for options in (["Third"], ["x"], ["third", "--currency", "eur"], ["third", "--time-zone", "Mars/X"]):
        cli("ledger", "create", *options, "--owner", "ann", code=2)
    cli("ledger", "create", "third", code=2)
    assert "third" not in sizes(cli)


# --- care -------------------------------------------------------------------------------------------------------------


def test_a_rebuild_changes_nothing_that_is_read(cli: Cli) -> None:
    def read() -> tuple[Json, Json]:
        return cli.json("balances", "--ledger", "books"), cli.json("register", "Kasse:Laden", "--ledger", "books")

    before = (
        cli("balances", "--ledger", "books", "--json"),
        cli("register", "Kasse:Laden", "--ledger", "books", "--json"),
    )
    report = cli.json("rebuild", "all", "--ledger", "books")
    assert {each["ledger"] for each in report["rebuilt"]} == {"books"}
    assert len(report["rebuilt"]) >= 3
    assert "rebuilt" in cli("rebuild", "register")
    after = (
        cli("balances", "--ledger", "books", "--json"),
        cli("register", "Kasse:Laden", "--ledger", "books", "--json"),
    )
    assert after == before
    cli("rebuild", "everything", code=2)
    cli("rebuild", "all", "--ledger", "none", code=1)


def test_the_status_says_that_all_is_well(cli: Cli) -> None:
    cli("balances", "--ledger", "books")
    status = cli.json("status")
    assert (status["well"], status["troubles"]) == (True, [])
    books = [each for each in status["projections"] if each["ledger"] == "books"]
    assert {each["projection"] for each in books} >= {"account_balances", "balance_history", "register"}
    assert {(each["applied"], each["trouble"]) for each in books} == {(sizes(cli)["books"], None)}


@SQLITE
def test_the_programs_own_process_says_the_same(cli: Cli) -> None:
    printed, _ = cli.spawn("balances", "--ledger", "books", "--json")
    assert json.loads(printed) == cli.json("balances", "--ledger", "books")
    _, errors = cli.spawn("balances", "--ledger", "[/red] none", code=1)
    assert "There is no ledger '[/red] none'" in errors
    cli.spawn("balances", code=2)


# --- wrong usage ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [[], *COMMANDS], ids=" ".join)
def test_every_command_explains_itself(command: list[str], tmp_path: Path) -> None:
    cli = Cli(environment_for("sqlite:///none.db"), tmp_path)
    said = cli(*command, "--help")
    assert "Usage: " in said
    assert len(said.splitlines()) > 4
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["nonsense"], 2),
        (["balances"], 2),
        (["balances", "--ledger", "none"], 1),
        (["balances", "--ledger", "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"], 1),
        (["balances", "--ledger", "[/red]"], 1),
        (["balances", "--ledger", "books", "--account", "Nowhere"], 1),
        (["balances", "--ledger", "books", "--account", "[/red]"], 1),
        (["balances", "--ledger", "books", "--effective", "2024-02-30"], 1),
        (["balances", "--ledger", "books", "--recorded-size", "100000"], 1),
        (["balances", "--ledger", "books", "--recorded-size", "-1"], 2),
        (["balances", "--ledger", "books", "--depth", "0"], 2),
        (["balances", "--ledger", "books", "--nonsense"], 2),
        (["register", "--ledger", "books"], 2),
        (["register", "Nowhere", "--ledger", "books"], 1),
        (["register", "Kasse:Laden", "--ledger", "books", "--from", "x"], 1),
        (["import", "not-there.jsonl", "--ledger", "books"], 2),
        (["import", "january.jsonl"], 2),
        (["import", "january.jsonl", "--ledger", "none"], 1),
        (["import", "january.jsonl", "--ledger", "books", "--as", "nobody"], 1),
        (["serve", "--workers", "0"], 2),
        (["bench"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_usage_is_2_and_a_wrong_input_is_1(cli: Cli, arguments: list[str], code: int) -> None:
    out, errors = cli.run(*arguments, code=code)
    assert out == "" and errors


@pytest.mark.parametrize(
    "settings",
    [
        {"LEDGER_PORT": "many"},
        {"LEDGER_PORT": "0"},
        {"LEDGER_DATABASE_URL": "mysql://localhost/x"},
        {"LEDGER_DATABASE_URL": "nonsense"},
        {"LEDGER_PROJECTORS": "maybe"},
        {"LEDGER_DEFAULT_CURRENCY": "XAU"},
        {"LEDGER_ORIGIN": "a b"},
        {"LEDGER_ORIGIN": "a+b"},
    ],
    ids=repr,
)
def test_a_bad_setting_is_named(tmp_path: Path, settings: dict[str, str]) -> None:
    cli = Cli(environment_for(f"sqlite:///{tmp_path / 'x.db'}"), tmp_path)
    _, errors = cli.run("status", code=2, **settings)
    assert next(iter(settings)) in errors


def test_a_database_that_is_not_migrated_is_said_to_be(tmp_path: Path) -> None:
    cli = Cli(environment_for(f"sqlite:///{tmp_path / 'x.db'}"), tmp_path)
    for command in (["status"], ["serve"], ["worker"], ["ledger", "list"], ["balances", "--ledger", "x"]):
        _, errors = cli.run(*command, code=1)
        assert "llmedger migrate" in errors
    cli("migrate")
    cli("migrate")
    status = cli.json("status")
    assert (status["well"], status["projections"], status["troubles"]) == (True, [], [])
    assert cli.json("ledger", "list") == {"ledgers": [], "next": None}


def test_a_database_that_somebody_else_holds_is_said_to_be(tmp_path: Path) -> None:
    cli = Cli(environment_for(f"sqlite:///{tmp_path / 'x.db'}"), tmp_path)
    cli("migrate")
    with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        _, errors = cli.run("migrate", code=1)
    told = f"the database {tmp_path / 'x.db'} cannot be used: it did not answer in time: database is locked"
    assert errors.strip() == f"error: {told}; look at LEDGER_DATABASE_URL"


def test_a_database_that_cannot_be_used_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "not.db").write_text("this is no database, whatever its name says " * 100)
    (tmp_path / "file").write_text("")

    def on(url: str) -> Cli:
        return Cli(environment_for(url), tmp_path)

    # As processes: the threads of aiosqlite outlive a connection that could not be opened by a moment.
    assert "file is not a database" in on(f"sqlite:///{tmp_path / 'not.db'}").spawn("status", code=1)[1]
    on(f"sqlite:///{tmp_path}").spawn("migrate", code=1)
    on(f"sqlite:///{tmp_path / 'file' / 'below.db'}")("migrate", code=1)
    for url in (f"postgresql://nobody@/none?host={tmp_path}", "postgresql://nobody@127.0.0.1:1/none"):
        on(url)("migrate", code=1)
        on(url)("status", code=1)


@pytest.mark.postgres
def test_a_postgresql_database_that_is_not_there_is_said_not_to_be(postgres_url: str, tmp_path: Path) -> None:
    cli = Cli(environment_for(postgres_url.replace("/postgres?", "/not_there?")), tmp_path)
    for command in ("migrate", "status"):
        _, errors = cli.run(command, code=1)
        assert "not_there" in errors


# --- serving ----------------------------------------------------------------------------------------------------------


@SQLITE
def test_several_workers_serve_beside_one_projector(cli: Cli) -> None:
    for served in serve(cli, "--workers", "2"):
        with httpx.Client(base_url=served.url, timeout=30) as api:
            token = api.post("/auth/login", json={"username": "ann", "password": PASSWORD}).json()["token"]
            headers = {"Authorization": f"Bearer {token}"}
            opened = api.post("/ledgers/books/accounts", json={"path": f"Assets:W{time.time_ns()}"}, headers=headers)
            assert opened.status_code == 201
            for _ in range(10):  # whichever worker it meets
                size = opened.json()["size"]
                answer = api.get("/ledgers/books/accounts", params={"min_size": size}, headers=headers)
                assert answer.status_code == 200, answer.text


@SQLITE
def test_a_projector_process_that_ends_is_started_again_and_ends_with_the_server(cli: Cli) -> None:
    for served in serve(cli):
        server = psutil.Process(served.process.pid)
        projector = _projector_of(server)
        projector.kill()
        another = _projector_of(server, besides=projector.pid)
        with httpx.Client(base_url=served.url, timeout=40) as api:
            token = api.post("/auth/login", json={"username": "ann", "password": PASSWORD}).json()["token"]
            headers = {"Authorization": f"Bearer {token}"}
            opened = api.post("/ledgers/books/accounts", json={"path": f"Assets:P{time.time_ns()}"}, headers=headers)
            least = {"min_size": opened.json()["size"], "timeout": 30}
            assert api.get("/ledgers/books/accounts", params=least, headers=headers).status_code == 200
        served.process.kill()  # so that it can say nothing to anybody
        another.wait(timeout=30)
        return


def _projector_of(server: psutil.Process, besides: int | None = None) -> Any:
    """The process beside a server that projects, when there is one."""
    deadline = time.monotonic() + 30
    while True:
        alive = [each for each in server.children() if each.pid != besides and each.status() != psutil.STATUS_ZOMBIE]
        for each in alive:
            if "spawn_main" in " ".join(each.cmdline()):
                return each
        assert time.monotonic() < deadline
        time.sleep(0.05)
