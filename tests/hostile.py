"""A server that serves a small, sound ledger over real sockets, and beside it whatever a dishonest one might send.

`Ledger` holds a log and the answers that an auditor asks for; `Server` serves them, but for the paths of which it is
told to do something else: another answer, or bytes without an end.
"""

import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ledger.accounts import ACCOUNTS, NAMES
from ledger.codec import Actor, Envelope, format_time, seal
from ledger.merkle import hash_leaf
from ledger.money import format_units
from ledger.transactions import CURRENCIES, TOTALS
from tests.builders import Books, credit, debit, opened_books, post
from tests.forging import Forged, tiles_of_records, tree_of

UUID = "0190b3b4-0000-7000-8000-000000000000"
ID = "books"
END = b"\r\n"

Json = Any
Writes = Callable[[bytes], None]
Sends = Callable[[Writes], None]
"""Writes a whole answer, head and body, for as long as it likes."""


# --- a sound ledger --------------------------------------------------------------------------------------------------


@dataclass
class Ledger:
    """A ledger in memory, as a server shows it."""

    books: Books
    log: Forged

    @classmethod
    def sound(cls, transactions: int = 8) -> "Ledger":
        """With a chart, so many transactions, and everything else that is served."""
        books = opened_books()
        for number in range(1, transactions + 1):
            amount = f"{number}.00"
            postings = debit("Assets:Cash", amount), credit("Income:Sales", amount)
            books.post(post(*postings, description=f"number {number}", tags=("a",), metadata={"n": number}))
        sealed: list[tuple[bytes, bytes, bytes | None]] = []
        for position, event in enumerate(books.events):
            id_ = f"0190b3b4-0000-7000-8000-{position:012x}"
            envelope = Envelope(UUID, position, id_, books.now, Actor("user", "ada"), None, id_, f"key {position}")
            record, data, memo = seal(event, envelope, bytes(16))
            sealed.append((record, data, memo))
        return cls(books, Forged.of(sealed))

    def answers(self, log: Forged | None = None) -> dict[str, bytes]:
        """The bodies by the beginning of their path; of another log, where one is given."""
        spelled = (log or self.log).spelled()
        records = [record for record, _, _ in spelled]
        size, state = len(records), self.books.state
        lines = [self._line(*each, part.record) for each, part in zip(spelled, (log or self.log).parts, strict=True)]
        shown = {"as_of": {"size": size}, "next": None}
        documents: dict[str, Json] = {
            "": self._head(size, tree_of(records).compute_root()),
            "/currencies": {"currencies": [{"currency": c, "scale": s} for c, s in state[CURRENCIES].items()]},
            "/balances": shown | {"balances": list(self._balances())},
            "/accounts": shown | {"accounts": list(self._accounts())},
        }
        bodies = {path: json.dumps(document).encode() for path, document in documents.items()}
        tiles = {f"/log/{path}": hashes for path, hashes in tiles_of_records(records).items()}
        return bodies | tiles | {"/events": b"".join(lines)}

    def _head(self, size: int, root: bytes) -> Json:
        settings = self.books.state.settings
        assert settings is not None
        names = ("owner", "currency", "time_zone", "fiscal_year_start", "retention_years", "name")
        told = {name: getattr(settings, name) for name in names}
        at = format_time(self.books.now)
        return told | {"id": ID, "uuid": UUID, "role": "auditor", "size": size, "root": root.hex(), "recorded_at": at}

    def _line(self, record: bytes, data: bytes, memo: bytes | None, envelope: Json) -> bytes:
        """An event as a line of JSON, as the service writes it."""
        names = ("position", "id", "type", "schema", "recorded_at", "actor", "request", "command", "key")
        told = {name: envelope[name] for name in names if name in envelope} if isinstance(envelope, dict) else {}
        head = json.dumps(told, ensure_ascii=False).encode(errors="surrogatepass")[:-1]
        comma = b"," if told else b""
        leaf = hash_leaf(record).hex().encode()
        return b'%b%b"data":%b,"memo":%b,"leaf_hash":"%b"}\n' % (head, comma, data, memo or b"null", leaf)

    def _balances(self) -> Iterator[Json]:
        state = self.books.state
        for (account, currency), totals in state[TOTALS].items():
            sums = {"debits": totals.debits, "credits": totals.credits, "balance": totals.balance}
            shown = {name: format_units(units, state[CURRENCIES][currency]) for name, units in sums.items()}
            yield {"account_id": account, "currency": currency} | shown

    def _accounts(self) -> Iterator[Json]:
        paths = {named.account: name for name, named in self.books.state[NAMES].items() if not name.startswith("#")}
        for each in self.books.state[ACCOUNTS].values():
            yield {
                "id": each.id,
                "path": paths[each.id],
                "number": each.number,
                "type": each.type,
                "normal": each.normal,
                "role": each.role,
                "status": each.status,
                "currencies": list(each.currencies),
            }


# --- answers ---------------------------------------------------------------------------------------------------------


def answer(body: bytes, *, status: str = "200 OK", headers: bytes = b"") -> Sends:
    """An honest answer."""

    def send(write: Writes) -> None:
        write(b"HTTP/1.1 %b\r\nContent-Length: %d\r\n%b\r\n" % (status.encode(), len(body), headers) + body)

    return send


def endless(head: bytes, piece: bytes, *, pause_seconds: float = 0) -> Sends:
    """A beginning, and the same piece again and again."""

    def send(write: Writes) -> None:
        write(head)
        while True:
            write(piece)
            time.sleep(pause_seconds)

    return send


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n"
PACKED = STREAM.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
CHUNKED = STREAM.replace(b"Connection: close", b"Transfer-Encoding: chunked")


@dataclass
class Server:
    """Serves a ledger, but for `instead`: the first whose name is the beginning of a path is sent in its place."""

    ledger: Ledger = field(default_factory=Ledger.sound)
    instead: dict[str, Sends] = field(default_factory=dict)
    bodies: dict[str, bytes] = field(default_factory=dict)
    heads: list[bytes] = field(default_factory=list)
    """Of the requests that came."""
    url: str = ""

    def __post_init__(self) -> None:
        self.bodies = self.bodies or self.ledger.answers()

    def send(self, path: str, write: Writes) -> bool:
        """Write the answer to this path, which is one below the ledger's own. Whether another may follow."""
        for begins, sends in self.instead.items():
            if path == begins or (begins and path.startswith(begins)):
                sends(write)
                return False
        self._send_soundly(path, write)
        return True

    def _send_soundly(self, path: str, write: Writes) -> None:
        name, _, query = path.partition("?")
        body = self.bodies.get(name)
        if body is not None and name == "/events":
            start = int(query.partition("start=")[2].partition("&")[0])
            lines = body.splitlines(keepends=True)[start:]
            body = b"".join(lines) if "limit" not in query else b'{"events":[%b]}' % b",".join(lines[:1])
        if body is None:
            answer(b'{"detail": "there is nothing here"}', status="404 Not Found")(write)
        else:
            answer(body)(write)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """The server on a port of its own. What it sends without an end ends with it, and with whoever reads it."""
    over = threading.Event()

    class Handles(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                while not over.is_set() and (head := self._head()):
                    server.heads.append(head)
                    path = head.split(b" ")[1].decode().removeprefix(f"/api/ledgers/{ID}")
                    if not server.send(path, self._write):
                        return

        def _head(self) -> bytes:
            lines = iter(partial(self.rfile.readline, 65_536), b"")
            head = b""
            for line in lines:
                head += line
                if line == END:
                    return head
            return b""

        def _write(self, content: bytes) -> None:
            if over.is_set():
                raise ConnectionResetError
            self.wfile.write(content)

    class Listens(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Listens(("127.0.0.1", 0), Handles) as listening:
        server.url = f"http://127.0.0.1:{listening.server_address[1]}/api/ledgers/{ID}"
        thread = threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            over.set()
            listening.shutdown()
            thread.join()
