"""A small HTTP/1.1 client over raw sockets: a library's client would be slower than the server that it measures."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass
class Load:
    """What a load did: how many requests a second, and how long the slowest took, in seconds."""

    seconds: float
    latencies: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """The latency that this share of the requests stayed under."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass
class Target:
    """A server, and the headers that every request carries."""

    host: str
    port: int
    headers: dict[str, str] = field(default_factory=dict)

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The bytes of a request."""
        headers = {"Host": f"{self.host}:{self.port}", "Content-Length": str(len(body)), **self.headers}
        if body:
            headers["Content-Type"] = "application/json"
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body

    async def load(self, requests: Iterator[bytes], *, clients: int, seconds: float) -> Load:
        """Send requests from this many clients, each waiting for its answer, for so long. Anything but 2xx raises."""
        until = time.perf_counter() + seconds
        result = Load(0)

        async def client() -> None:
            reader, writer = await asyncio.open_connection(self.host, self.port)
            while time.perf_counter() < until:
                begun = time.perf_counter()
                writer.write(next(requests))
                await read_answer(reader)
                result.latencies.append(time.perf_counter() - begun)
            writer.close()

        begun = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(clients)))
        result.seconds = time.perf_counter() - begun
        return result

    async def ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        """One request's answer."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        writer.write(self.request(method, path, body))
        content = await read_answer(reader)
        writer.close()
        return content


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    """The body of a 2xx answer; raises for another, so that no benchmark ever counts refusals."""
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    start = lower.index(b"content-length:") + 15
    body = await reader.readexactly(int(lower[start : lower.index(b"\r", start)]))
    if not head[9:10] == b"2":
        raise RuntimeError(f"{head[9:12].decode()}: {body[:300].decode()}")
    return body


def forever(make: Callable[[int], bytes]) -> Iterator[bytes]:
    """`make(0)`, `make(1)`, …"""
    number = 0
    while True:
        yield make(number)
        number += 1
