"""A connection that is cut at the worst moment, by real means: a proxy in front of the test server's socket.

It reads PostgreSQL's wire protocol (version 3, chapter 55 of its manual) just far enough to see a COMMIT go by, in a
simple Query or in a Parse, and does to it what the test has planned. Everything else passes unchanged.
"""

import asyncio
import contextlib
import shutil
import tempfile
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SOCKET = ".s.PGSQL.5432"


class Fate(Enum):
    """What becomes of one COMMIT."""

    PASSES = "it reaches the server, and the answer comes back"
    ANSWER_LOST = "the server commits; the connection is cut instead of answering"
    CUT_AT_ONCE = "it reaches the server, and the connection is cut at the same moment"
    NEVER_SENT = "the connection is cut before it reaches the server"
    HELD = "it waits until `release`"


@dataclass
class Proxy:
    """`fates` are those of the next COMMITs; after them all pass."""

    server: Path
    folder: Path
    url: str
    fates: deque[Fate] = field(default_factory=deque)
    commits: int = 0
    """How many have been seen."""
    seen: asyncio.Event = field(default_factory=asyncio.Event)
    """Set with the first."""
    held: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)
    _away: bool = False
    _then_away: bool = False
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def plan(self, *fates: Fate, then_away: bool = False) -> None:
        """What happens next. `then_away`: with the last of these the database goes away."""
        self.fates.extend(fates)
        self._then_away = then_away

    def go_away(self) -> None:
        """Cut every connection and take no new one."""
        self._away = True
        self.cut_all()

    def cut_all(self) -> None:
        """Cut every connection; new ones are welcome."""
        for writer in list(self._open):
            writer.transport.abort()

    def come_back(self) -> None:
        """Take connections again."""
        self._away = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client."""
        if self._away:
            writer.transport.abort()
            return
        server_reader, server_writer = await asyncio.open_unix_connection(self.server / SOCKET)
        self._open |= {writer, server_writer}
        answers = asyncio.create_task(self._forward_answers(server_reader, writer))
        try:
            await self._forward_questions(reader, server_reader, server_writer, writer, answers)
        except (OSError, EOFError):
            pass
        finally:
            answers.cancel()
            for each in (writer, server_writer):
                self._open.discard(each)
                each.transport.abort()
            with contextlib.suppress(asyncio.CancelledError, OSError, EOFError):
                await answers

    async def _forward_answers(self, server: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        while some := await server.read(65536):
            client.write(some)
            await client.drain()
        client.transport.abort()

    async def _forward_questions(
        self,
        client: asyncio.StreamReader,
        server_reader: asyncio.StreamReader,
        server: asyncio.StreamWriter,
        client_writer: asyncio.StreamWriter,
        answers: "asyncio.Task[None]",
    ) -> None:
        # The first message has no type byte: length, protocol version, parameters.
        length = await client.readexactly(4)
        server.write(length + await client.readexactly(int.from_bytes(length) - 4))
        while True:
            head = await client.readexactly(5)
            body = await client.readexactly(int.from_bytes(head[1:]) - 4)
            if not _is_commit(head[:1], body):
                server.write(head + body)
                await server.drain()
                continue
            self.commits += 1
            self.seen.set()
            fate = self.fates.popleft() if self.fates else Fate.PASSES
            last = not self.fates and self._then_away
            if last:
                self._then_away, self._away = False, True
            if fate is Fate.HELD:
                self.held.set()
                await self.release.wait()
            if fate is Fate.NEVER_SENT:
                if last:
                    self.cut_all()
                raise EOFError
            if fate is Fate.ANSWER_LOST:
                answers.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await answers
            server.write(head + body)
            await server.drain()
            if fate is Fate.ANSWER_LOST:
                await server_reader.readuntil(b"COMMIT\0")  # CommandComplete: it is durable now
            if last:
                self.cut_all()
            if fate in (Fate.ANSWER_LOST, Fate.CUT_AT_ONCE):
                raise EOFError


def _is_commit(kind: bytes, body: bytes) -> bool:
    if kind == b"Q":
        return body.upper().startswith(b"COMMIT")
    if kind == b"P":  # Parse: name of the statement, then its text
        return body.partition(b"\0")[2].upper().startswith(b"COMMIT")
    return False


@asynccontextmanager
async def proxy_to(url: str) -> AsyncIterator[Proxy]:
    """A proxy to the server in `url`, with the URL that leads through it."""
    parts = urlsplit(url)
    [host] = parse_qs(parts.query)["host"]
    folder = Path(tempfile.mkdtemp(prefix="llmedger-px-", dir="/tmp"))  # a socket's path must be short
    proxy = Proxy(Path(host), folder, parts._replace(query=f"host={folder}").geturl())
    listening = await asyncio.start_unix_server(proxy.serve, folder / SOCKET)
    try:
        yield proxy
    finally:
        listening.close()
        proxy.release.set()
        proxy.cut_all()
        await listening.wait_closed()
        shutil.rmtree(folder)
