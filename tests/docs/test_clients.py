"""The clients that docs/clients.md prints, behind a network that loses answers: what they post is posted once."""

import http.server
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.docs.blocks import blocks_of
from tests.http.service import Json, Server, serve, sqlite_settings, with_user

PAGE = "docs/clients.md"
BUSY = {"code": "busy", "status": 503, "detail": "The queue of this ledger is full."}
SALE = {
    "date": "2026-01-31",
    "postings": [
        {"account": "Assets:Till", "debit": "1.00", "currency": "EUR"},
        {"account": "Income:Sales", "credit": "1.00", "currency": "EUR"},
    ],
}
POST = {
    "js": f"""
import {{ Ledger }} from "./ledger.mjs";
const ledger = new Ledger(process.argv[2], process.argv[3]);
console.log((await ledger.post("/transactions", {json.dumps(SALE)}, process.argv[4])).number);
""",
    "python": f"""
import sys
from ledger import Ledger
ledger = Ledger(*sys.argv[1:3])
print(ledger.post("/transactions", {SALE}, sys.argv[3] if sys.argv[3:] else None)["number"])
""",
}
FOLLOW = {
    "js": """
import { Ledger } from "./ledger.mjs";
for await (const record of new Ledger(process.argv[2], process.argv[3]).follow()) {
  console.log(record.position);
  if (record.position === 4) break;
}
""",
    "python": """
import sys
from ledger import Ledger
for record in Ledger(*sys.argv[1:3]).follow():
    print(record["position"])
    if record["position"] == 4:
        break
""",
}
EVERY_LANGUAGE = pytest.mark.parametrize("language", ["js", "python"])
Trouble = Callable[[http.server.BaseHTTPRequestHandler, httpx.Response], None]


def well(caller: http.server.BaseHTTPRequestHandler, answer: httpx.Response) -> None:
    """The answer arrives."""
    _reply(caller, answer.status_code, answer.headers["Content-Type"], answer.read())


def lost(caller: http.server.BaseHTTPRequestHandler, answer: httpx.Response) -> None:
    """The service did it, and the connection breaks before the answer."""
    answer.read()


def cut(caller: http.server.BaseHTTPRequestHandler, answer: httpx.Response) -> None:
    """A stream ends after its first event, in the middle of the second."""
    caller.send_response(200)
    caller.send_header("Content-Type", answer.headers["Content-Type"])
    caller.end_headers()
    text = b""
    for piece in answer.iter_raw():
        text += piece
        if text.count(b"\n\n") > 1:
            break
    caller.wfile.write(text[: text.index(b"\n\n") + 12])


def flowing(caller: http.server.BaseHTTPRequestHandler, answer: httpx.Response) -> None:
    """A stream arrives as it comes, up to its fifth event."""
    caller.send_response(200)
    caller.end_headers()
    for piece in answer.iter_raw():
        caller.wfile.write(piece)
        if b"id: 4\n" in piece:
            break


def busy(caller: http.server.BaseHTTPRequestHandler, _answer: httpx.Response) -> None:
    """The service has no room now."""
    _reply(caller, 503, "application/problem+json", json.dumps(BUSY).encode())


def bad_gateway(caller: http.server.BaseHTTPRequestHandler, _answer: httpx.Response) -> None:
    """A proxy in between speaks for itself."""
    _reply(caller, 502, "text/html", b"<h1>Bad Gateway</h1>")


def _reply(caller: http.server.BaseHTTPRequestHandler, status: int, media_type: str, content: bytes) -> None:
    caller.send_response(status)
    caller.send_header("Content-Type", media_type)
    caller.send_header("Content-Length", str(len(content)))
    if status == 503:
        caller.send_header("Retry-After", "0")
    caller.end_headers()
    caller.wfile.write(content)


@dataclass
class Network:
    """A way to a service on which each request meets the next trouble of a list; afterwards all is well."""

    service: Server
    url: str = ""
    troubles: list[Trouble] = field(default_factory=list)
    requests: int = 0

    def run(self, folder: Path, language: str, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a program that uses the page's client on a ledger through this network."""
        for block in blocks_of(PAGE):
            if block.file is not None:
                (folder / block.file).write_text(block.text)
        file = folder / ("program.mjs" if language == "js" else "program.py")
        file.write_text(program)
        started = ["node" if language == "js" else sys.executable, str(file), f"{self.url}/api/ledgers/books"]
        return subprocess.run(
            [*started, self.service.token, *arguments], capture_output=True, text=True, timeout=90, check=False
        )


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    """A network in front of a service with the page's ledger."""
    with serve(sqlite_settings(tmp_path / "data")) as running, _between(with_user(running)) as network:
        yield network


@contextmanager
def _between(service: Server) -> Iterator[Network]:
    network = Network(service)
    headers = {"Authorization": f"Bearer {service.token}"}

    class Caller(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            network.requests += 1
            trouble = network.troubles.pop(0) if network.troubles else well
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
            kept["Accept-Encoding"] = "identity"
            address = f"{service.url}{self.path}"
            with httpx.stream(self.command, address, content=body, headers=kept, timeout=60) as answer:
                trouble(self, answer)
            self.close_connection = True

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Caller) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        network.url = f"http://127.0.0.1:{server.server_address[1]}"
        with httpx.Client(base_url=f"{service.url}/api", headers=headers) as api:
            assert api.post("/ledgers", json={"id": "books", "currency": "EUR"}).is_success
            for path in ("Assets:Till", "Income:Sales"):
                assert api.post("/ledgers/books/accounts", json={"path": path}).is_success
        yield network
        server.shutdown()


def transactions_of(service: Server) -> list[Json]:
    """The transactions in the ledger, read from the log."""
    headers = {"Authorization": f"Bearer {service.token}"}
    events = httpx.get(f"{service.url}/api/ledgers/books/events", headers=headers).json()["events"]
    return [event for event in events if event["type"] == "TransactionPosted"]


@EVERY_LANGUAGE
def test_a_client_posts_once_however_often_it_has_to_ask(language: str, network: Network, tmp_path: Path) -> None:
    network.troubles = [lost, busy, bad_gateway]
    ran = network.run(tmp_path, language, POST[language], "sale-1")
    assert ran.stdout == "1\n", ran.stderr
    assert network.requests == 4
    assert len(transactions_of(network.service)) == 1


@EVERY_LANGUAGE
def test_a_client_repeats_nothing_that_has_no_key(language: str, network: Network, tmp_path: Path) -> None:
    network.troubles = [lost]
    ran = network.run(tmp_path, language, POST[language])
    assert ran.returncode != 0
    assert network.requests == 1


@EVERY_LANGUAGE
def test_a_follower_goes_on_where_it_was_cut_off(language: str, network: Network, tmp_path: Path) -> None:
    assert network.run(tmp_path, language, POST[language], "sale-1").returncode == 0
    network.troubles = [cut, bad_gateway, flowing]
    ran = network.run(tmp_path, language, FOLLOW[language])
    assert ran.stdout.split() == ["0", "1", "2", "3", "4"], ran.stderr
