"""A load client that takes little from the two cores which it shares with the server and the database.

Requests are bytes made beforehand. A caller is a connection; it sends its next request when the answer to the one
before is there. An answer other than the expected one fails the run, so that no benchmark ever counts refusals.
"""

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

ANSWER_SECONDS_MAX = 60
"""Whoever waits longer for an answer has found a bug."""


@dataclass
class Load:
    """What a load did: `latencies` in seconds, and how many answers each caller got."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency in seconds that this share of the requests stayed under."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def p99(self) -> float:
        """In milliseconds."""
        return self.percentile(0.99) * 1000

    def add(self, other: "Load") -> None:
        """Count another turn of the same load in."""
        self.seconds += other.seconds
        self.latencies += other.latencies
        self.answers = [one + two for one, two in itertools.zip_longest(self.answers, other.answers, fillvalue=0)]


@dataclass(frozen=True)
class Target:
    """A server, and the headers that every request carries."""

    port: int
    headers: Mapping[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, content: Any = None, **headers: str) -> bytes:
        """The bytes of a request; `content` goes as JSON, bytes as they are. `_` in a header's name is a hyphen."""
        body = b"" if content is None else content if isinstance(content, bytes) else json.dumps(content).encode()
        fields = {"Host": f"127.0.0.1:{self.port}", "Content-Length": str(len(body)), **self.headers}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        if body:
            fields["Content-Type"] = "application/json"
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body

    def get(self, path: str, **headers: str) -> bytes:
        """The bytes of a GET."""
        return self.request("GET", path, **headers)

    async def load(
        self,
        requests: Iterable[bytes],
        *,
        seconds: float,
        callers: int = 64,
        expect: bytes = b"2",
        pause_seconds: float = 0.0,
    ) -> Load:
        """Send these requests over and over. `expect`: how every status begins. Raises RuntimeError for another."""
        run = _Run(itertools.cycle(requests), expect, pause_seconds, time.perf_counter() + seconds)
        loop = asyncio.get_running_loop()
        begun = time.perf_counter()
        made = [await loop.create_connection(run.caller, "127.0.0.1", self.port) for _ in range(callers)]
        async with asyncio.timeout(seconds + ANSWER_SECONDS_MAX):
            await asyncio.gather(*(caller.done for _, caller in made))
        return Load(time.perf_counter() - begun, run.latencies, [caller.answers for _, caller in made])

    async def ask(self, request: bytes) -> tuple[dict[str, str], bytes]:
        """One request's answer: headers by lower-case name, and body. Raises RuntimeError unless it is 2xx."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            lines = [line.partition(":") for line in head.splitlines()[1:] if line]
            headers = {name.lower(): value.strip() for name, _, value in lines}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
        finally:
            writer.close()
        if not head.startswith("HTTP/1.1 2"):
            raise RuntimeError(f"{head.splitlines()[0]}: {body[:300].decode()}")
        return headers, body

    async def ready(self, seconds: float) -> None:
        """Return when the server answers. Raises RuntimeError where it does not in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                await self.ask(self.get("/api/ready"))
            except (OSError, asyncio.IncompleteReadError, RuntimeError):
                await asyncio.sleep(0.1)
            else:
                return
        raise RuntimeError("the server did not start")

    async def ask_json(self, method: str, path: str, content: Any = None) -> Any:
        """The JSON in one request's answer."""
        return json.loads((await self.ask(self.request(method, path, content)))[1])


@dataclass
class _Run:
    """What the callers of one load share."""

    requests: Iterator[bytes]
    expect: bytes
    pause_seconds: float
    until: float
    latencies: list[float] = field(default_factory=list)

    def caller(self) -> "_Caller":
        return _Caller(self)


class _Caller(asyncio.Protocol):
    """One connection."""

    def __init__(self, run: _Run) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.answers = 0
        self._run = run
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._begun = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received = self._received + data if self._received else data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _content_length(self._received[:end])
        if len(self._received) < end + 4 + length:
            return
        now = time.perf_counter()
        if not self._received.startswith(self._run.expect, 9):
            self._finish(RuntimeError(self._received[:600].decode(errors="replace")))
            return
        self._run.latencies.append(now - self._begun)
        self.answers += 1
        self._received = b""
        if now >= self._run.until:
            self._finish(None)
        elif self._run.pause_seconds:
            asyncio.get_running_loop().call_later(self._run.pause_seconds, self._send)
        else:
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        self._finish(exc or ConnectionError("the server closed the connection"))

    def _send(self) -> None:
        assert self._transport is not None
        if self._transport.is_closing():
            return
        request = next(self._run.requests)
        self._begun = time.perf_counter()
        self._transport.write(request)

    def _finish(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
        if self._transport is not None:
            self._transport.close()


def _content_length(head: bytes) -> int:
    """Of an answer; one that has no body, such as 304, says none."""
    lower = head.lower()
    start = lower.find(b"content-length:")
    if start < 0:
        return 0
    end = lower.find(b"\r", start)
    return int(lower[start + 15 : end if end >= 0 else len(lower)])


Turn = Callable[[float], Awaitable[Load]]
"""A load of so many seconds."""


async def in_turns(
    loads: Mapping[str, Turn], *, seconds: float, turns: int = 3, between: Callable[[], Awaitable[Any]] | None = None
) -> dict[str, Load]:
    """Each load for `seconds` altogether, turn about, so that a machine that slows down slows them all down. A first
    short turn of each is not counted. `between`: awaited after each turn."""
    found: dict[str, Load] = {name: Load() for name in loads}
    for turn in range(turns + 1):
        for name, load in loads.items():
            done = await load(seconds / turns if turn else min(0.5, seconds / turns))
            if turn:
                found[name].add(done)
            if between is not None:
                await between()
    return found
