"""An installation as docs/operations.md describes it: its units' commands behind its nginx, on PostgreSQL with the
roles of docs/postgresql.md; and its backup restored somewhere else."""

import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.docs.blocks import ROOT, blocks_of
from tests.docs.units import PAGE, command_of, environment_of, nginx_site
from tests.http.service import PASSWORD, sale
from tests.postgres import PostgresServer
from tests.trials.test_processes import until

BIN = Path(sys.executable).parent
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
ORIGIN = "https://app.example.com"
HOST = "books.example.com"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@dataclass
class Site:
    """An installation behind nginx."""

    folder: Path
    http: int
    https: int
    environment: dict[str, str]

    def client(self, **headers: str) -> httpx.Client:
        """A caller from the internet, who knows the site's certificate."""
        trusted = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        trusted.check_hostname = False  # it is the name of the page, and the test's address
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.https}/api",
            headers={"Host": self.host, **headers},
            verify=trusted,
            timeout=60,
        )

    @property
    def host(self) -> str:
        return f"{HOST}:{self.https}"

    def llmedger(self, *arguments: str, stdin: str = "", **settings: str) -> str:
        """What a command prints."""
        done = subprocess.run(
            [str(BIN / "llmedger"), *arguments],
            input=stdin,
            env=self.environment | settings,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def logged(self, path: str) -> list[dict[str, Any]]:
        """The service's lines about requests to a path."""
        lines = [json.loads(line) for line in (self.folder / "api.log").read_text().splitlines() if line[:1] == "{"]
        return [line for line in lines if line.get("path") == path]


@pytest.fixture(scope="module")
def site(
    tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer, unused_tcp_port_factory: Callable[[], int]
) -> Iterator[Site]:
    """API and worker as the units start them, two API processes, and nginx with the site of the page."""
    if NGINX is None and os.environ.get("CI"):
        pytest.fail("there is no nginx")
    nginx = NGINX or pytest.skip("there is no nginx")
    folder = tmp_path_factory.mktemp("site")
    service, http, https = (unused_tcp_port_factory() for _ in range(3))
    usual = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    database = _make_roles(postgres)
    here = {"LEDGER_DATABASE_URL": database, "LEDGER_PORT": str(service), "LEDGER_PROJECTORS": "off"}
    site = Site(folder, http, https, {**usual, **environment_of(), **here})
    owner = database.replace("//operations@", "//operations_owner@")
    site.llmedger("migrate", LEDGER_MIGRATION_DATABASE_URL=owner)
    site.llmedger("key", "new", "key", "--name", "example.com/books")
    site.llmedger("user", "add", "ann", "--password-stdin", stdin=f"{PASSWORD}\n")
    site.llmedger("ledger", "create", "books", "--owner", "ann", "--currency", "EUR")
    with ExitStack() as running:
        for unit, settings in (("api", {}), ("worker", {"LEDGER_SIGNING_KEY": str(folder / "key")})):
            program, *arguments = command_of(f"llmedger-{unit}.service")
            command = [str(BIN / program), *arguments]
            running.enter_context(_running(unit, command, site.environment | settings, folder))
        configuration = nginx_site(folder, service=service, http=http, https=https)
        command = [nginx, "-p", str(folder), "-c", str(configuration)]
        running.enter_context(_running("nginx", command, dict(os.environ), folder))
        until(lambda: _answers(site), lambda: (folder / "api.log").read_text() + (folder / "nginx.log").read_text())
        with site.client(Authorization=bearer(site)) as ann:
            for path in ("Assets:Cash", "Income:Sales"):
                assert ann.post("/ledgers/books/accounts", json={"path": path}).status_code == 201
        yield site
    postgres.drop_database("operations")
    for role in ("operations", "operations_owner"):
        postgres.execute(f"DROP ROLE {role}")


def _make_roles(postgres: PostgresServer) -> str:
    """Make the roles and the database as docs/postgresql.md says, under names of our own; returns the service's URL."""
    made = next(block.text for block in blocks_of("docs/postgresql.md") if block.language == "sql")
    for statement in made.replace("books", "operations").split(";"):
        if statement.strip():
            postgres.execute(statement)
    return postgres.url("operations").replace("//postgres@", "//operations@")


@contextmanager
def _running(name: str, command: list[str], environment: dict[str, str], folder: Path) -> Iterator[None]:
    with (folder / f"{name}.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


def _answers(site: Site) -> bool:
    try:
        with site.client() as caller:
            return caller.get("/ready").status_code == 200
    except httpx.TransportError:
        return False


def signed_in(site: Site, **headers: str) -> httpx.Response:
    """The answer to signing in."""
    with site.client(**headers) as caller:
        return caller.post("/auth/login", json={"username": "ann", "password": PASSWORD})


def bearer(site: Site) -> str:
    """A header that signs its sender in."""
    return f"Bearer {signed_in(site).json()['token']}"


def test_without_tls_a_caller_is_sent_to_the_site_with_tls(site: Site) -> None:
    answer = httpx.post(f"http://127.0.0.1:{site.http}/api/auth/login", headers={"Host": HOST})
    assert (answer.status_code, answer.headers["Location"]) == (308, f"https://{HOST}/api/auth/login")


def test_cookies_are_secure_and_the_pages_of_the_host_and_of_the_setting_may_sign_in(site: Site) -> None:
    for origin in (f"https://{site.host}", ORIGIN):
        answer = signed_in(site, Origin=origin)
        assert answer.status_code == 200, answer.text
        assert "Secure" in answer.headers["Set-Cookie"]
        assert "Strict-Transport-Security" in answer.headers
    assert signed_in(site, Origin="https://elsewhere.example").json()["code"] == "origin_refused"


def test_nobody_chooses_the_address_that_they_call_from(site: Site) -> None:
    with site.client(**{"X-Forwarded-For": "203.0.113.7", "X-Request-Id": "mine"}) as caller:
        assert caller.get("/ledgers").status_code == 401
    until(lambda: bool(site.logged("/api/ledgers")), lambda: (site.folder / "api.log").read_text())
    [line] = site.logged("/api/ledgers")
    assert line["client"] == "127.0.0.1"
    assert line["caller"] != "mine", "the id is that of nginx's log"


def test_an_event_arrives_while_the_stream_goes_on(site: Site) -> None:
    api = {"Authorization": bearer(site)}
    heard: list[dict[str, Any]] = []
    with site.client(**api) as reader, site.client(**api) as writer:
        size = writer.get("/ledgers/books").json()["size"]
        timeouts = httpx.Timeout(60, read=12)  # less than the 15 s after which a silent stream says something
        accept = {"Accept": "text/event-stream"}
        with reader.stream("GET", f"/ledgers/books/events?start={size}", headers=accept, timeout=timeouts) as events:
            posting = threading.Timer(1, lambda: writer.post("/ledgers/books/transactions", json=sale()))
            posting.start()
            for line in events.iter_lines():
                if line.startswith("data: "):
                    heard.append(json.loads(line.removeprefix("data: ")))
                    break
            posting.join()
    assert [each["position"] for each in heard] == [size]


def test_large_bodies_reach_the_service_and_it_is_the_service_that_refuses_them(site: Site) -> None:
    with site.client(Authorization=bearer(site)) as caller:
        commands = [{"type": "post_transaction", "description": "x" * 900, **sale()} for _ in range(2_000)]
        answer = caller.post("/ledgers/books/commands", json={"commands": commands})
        assert answer.status_code == 200 and answer.json()["accepted"] == 2_000, answer.text[:500]
        answer = caller.post("/ledgers/books/commands", json={"commands": commands * 9})
        assert answer.status_code == 413 and answer.json()["code"] == "too_large"


def test_the_worker_signs_what_the_api_processes_wrote(site: Site) -> None:
    with site.client(Authorization=bearer(site)) as caller:
        posted = caller.post("/ledgers/books/transactions", json=sale()).json()
        answer = caller.get("/ledgers/books/log/checkpoint", params={"min_size": posted["size"], "timeout": 30})
        assert answer.status_code == 200, answer.text
        assert answer.text.splitlines()[1] == str(posted["size"])
    assert "All is well." in site.llmedger("status")


def test_a_backup_is_restored_at_another_place(site: Site) -> None:
    with site.client(Authorization=bearer(site)) as caller:
        assert caller.post("/ledgers/books/transactions", json=sale()).status_code == 201
        head = caller.get("/ledgers/books").json()
    assert head["root"] in site.llmedger("backup", "books.backup")
    elsewhere = {"LEDGER_DATABASE_URL": "sqlite:///elsewhere/ledger.db"}
    site.llmedger("restore", "books.backup", **elsewhere)
    assert site.llmedger("balances", "--ledger", "books", "--account", "Assets:Cash", **elsewhere) == site.llmedger(
        "balances", "--ledger", "books", "--account", "Assets:Cash"
    )


def test_the_program_is_installed_as_the_page_says(tmp_path: Path) -> None:
    block = next(block for block in blocks_of(PAGE) if "pip install" in block.text)
    lines = [line for line in block.text.splitlines() if line.split()[0] not in ("useradd", "install")]
    script = "\n".join(lines).replace("/opt/llmedger", str(tmp_path / "opt"))
    source = tmp_path / "source"
    source.mkdir()
    for name in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "requirements.lock",
        "ledger",
        "projections",
        "api",
        "migrations",
    ):
        (source / name).symlink_to(ROOT / name)
    done = subprocess.run(["bash", "-euc", script], cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    for command in ("--version", "migrate", "status"):
        done = subprocess.run(
            [str(tmp_path / "opt" / "bin" / "llmedger"), command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
