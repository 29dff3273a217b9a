"""What goes over a limit: somebody who sends it, and a list of all that they may send.

A case says which lines of `docs/limits.md` it is of, and returns how many bytes it sent as bodies. It runs against a
server as it is, or, where the limit takes too long to reach, against one where it is lowered.
"""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

KIB, MIB = 1024, 1024 * 1024
JSON = {"Content-Type": "application/json"}
LINES = {"Content-Type": "application/x-ndjson"}

LOWERED: dict[str, Any] = {
    "api.http.protocol.PATIENCE_SECONDS": 1.0,
    "api.http.protocol.LOOK_SECONDS": 0.2,
    "api.http.protocol.UNREAD_BYTES_MAX": MIB,
    "api.serving.KEEP_ALIVE_SECONDS": 1,
    "api.processes.long_work.WAITING_MAX": 2,
    "api.processes.long_work.REPORTS_WAITING_MAX": 2,
    "api.processes.long_work.WAIT_SECONDS": 0.05,
    "api.processes.long_work.STREAMS_EACH": 3,
    "api.routes.events.SCANNED_MAX": 20,
    "api.documents.dashboard.ACCOUNTS_MAX": 8,
    "api.documents.figures.ACCOUNTS_MAX": 8,
    "api.documents.figures.KIND_LINES_MAX": 3,
    "api.documents.figures.LINES_MAX": 5,
    "api.documents.figures.RECORDS_MAX": 5,
    "api.documents.results.BALANCES_MAX": 3,
    "api.documents.balances.ROLLED_UP_MAX": 1,
    "api.documents.past.RECORDS_MAX": 1_500,
    "api.documents.changes.RECORDS_MAX": 1_500,
    "api.documents.changes.ACCOUNTS_MAX": 8,
    "api.documents.dashboard.RECORDS_BYTES_MAX": 2_500,
    "api.routes.events.FOLLOW_SECONDS_MAX": 8.0,
    "ledger.store.journal.PAGE_BYTES_MAX": 100_000,
    "api.auth.tokens.LIVE_TOKENS_MAX": 3,
    "api.auth.passwords.WAITING_MAX": 3,
    "ledger.sequencer.Sequencer.__init__.queue_commands_max": 500,
}
LOWERED_SETTINGS = {
    "LEDGER_LEDGERS_PER_USER": "6",
    "LEDGER_SIGN_IN_LIMIT": "3 per 5 minutes",
    "LEDGER_SIGN_IN_ADDRESS_LIMIT": "5 per 5 minutes",
    "LEDGER_SIGN_IN_USER_LIMIT": "4 per 5 minutes",
    "LEDGER_REGISTRATION_LIMIT": "20 per hour",
}


@dataclass
class Attacker:
    """A user with a ledger of their own, and what they know of the server."""

    api: httpx.AsyncClient
    port: int
    token: str
    ledger: str = "target"
    others: list[str] = field(default_factory=list)
    """Tokens of more users."""

    async def refused(self, status: int, code: str, method: str, path: str, **request: Any) -> dict[str, Any]:
        """The problem document of an answer, which must be this one and no longer than a page."""
        answer = await self.api.request(method, path.replace("@", f"/ledgers/{self.ledger}"), **request)
        assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text[:500]
        assert len(answer.content) < 20_000
        return dict(answer.json())

    async def post(self, status: int, code: str, body: Any, *, path: str = "@/transactions") -> int:
        """Send a body that is refused like this. Returns its length."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        await self.refused(status, code, "POST", path, content=raw, headers=JSON)
        return len(raw)

    def wire(self) -> socket.socket:
        """A connection of one's own."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def head(self, method: str, path: str, *more: str, token: str = "") -> bytes:
        """The head of a request."""
        path = path.replace("@", f"/api/ledgers/{self.ledger}")
        lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {token or self.token}", *more, "", ""]
        return "\r\n".join(lines).encode()


Over = Callable[[Attacker], Awaitable[int | None]]


@dataclass(frozen=True)
class Case:
    """What goes over the limits of these lines."""

    lines: tuple[str, ...]
    lowered: bool
    run: Over


CASES: list[Case] = []


def over(*lines: str, lowered: bool = False) -> Callable[[Over], Over]:
    """Register what goes over the limits of these lines."""

    def registered(run: Over) -> Over:
        CASES.append(Case(lines, lowered, run))
        return run

    return registered


def received(connection: socket.socket) -> bytes:
    """All that comes until the connection ends."""
    found = b""
    with suppress(ConnectionError):
        while more := connection.recv(65_536):
            found += more
    return found


def status_of(raw: bytes) -> str:
    return raw[9:12].decode()


async def raw_answer(attacker: Attacker, *pieces: bytes) -> bytes:
    """What comes after these bytes, until the connection ends."""

    def exchange() -> bytes:
        with attacker.wire() as connection:
            with suppress(ConnectionError):
                for piece in pieces:
                    connection.sendall(piece)
            return received(connection)

    return await asyncio.to_thread(exchange)
