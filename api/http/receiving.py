"""Bodies as they arrive: held within limits, and read here, or beside where they are long.

Between two pieces of a body others get their turns. What is over BESIDE_BYTES is read by a process beside; nobody waits
for it but its sender, and it ends when they leave.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

from fastapi import Request
from starlette.requests import ClientDisconnect

from api.errors import TooLarge
from api.processes.body_limits import Share
from api.processes.body_process import Read, read_beside
from api.services import Services

T = TypeVar("T")

BODY_BYTES_MAX = 16 * 1024 * 1024
"""Of a transaction or a bulk."""
LINE_BYTES_MAX = 4 * 1024 * 1024
"""Of a command in a stream of them."""
BESIDE_BYTES = 1024 * 1024
"""To read a body of this length takes at most a tenth of a second and 64 MiB."""
SHORT_BODY_BYTES_MAX = BESIDE_BYTES
"""Of everything else: far more than all names and metadata of an account take, however they are written."""
CONTAINER_BYTES_MIN = 16
"""In a body over BESIDE_BYTES there is at most one list or object for each so many bytes. Empty ones take 3 bytes and
become 64 and more; those of a bulk take 20."""


def open_share(request: Request) -> Share:
    """Return what the request holds of the room for bodies. It is given back when the request has been answered."""
    state = request.scope["state"]
    share: Share | None = state.get("share")
    if share is None:
        services: Services = request.app.state.services
        share = state["share"] = Share(services.room, state.get("user", ""))
    return share


async def read_body(request: Request, *, most: int) -> bytes:
    """Return the body's bytes. Raises TooLarge as soon as it is, whatever length was announced, and TooManyUnderWay."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > most:
        raise TooLarge(what="bytes", most=most)
    share, body, more = open_share(request), bytearray(), True
    while more:  # not by `request.stream()`: an event loop keeps a list of the generators that it runs
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk, more = message.get("body", b""), message.get("more_body", False)
        if len(body) + len(chunk) > most:
            raise TooLarge(what="bytes", most=most)
        share.grow(len(chunk))
        body += chunk
    return bytes(body)


async def read_lines(request: Request) -> AsyncIterator[bytes]:
    """Yield the body's lines that are not blank, as they arrive. They count as bytes in use until the caller gives them
    back. Raises TooLarge and TooManyUnderWay."""
    share, rest = open_share(request), bytearray()
    async for chunk in request.stream():
        share.grow(len(chunk))
        first, *more = chunk.split(b"\n")
        rest += first
        if more:
            ended = [bytes(rest), *more]
            rest = bytearray(ended.pop())
            lines = [line for line in ended if line.strip()]
            share.shrink(len(ended) + sum(map(len, ended)) - sum(map(len, lines)))
            for line in lines:
                yield line
        if len(rest) > LINE_BYTES_MAX:
            raise TooLarge(what="bytes a line", most=LINE_BYTES_MAX)
    if rest.strip():
        yield bytes(rest)


async def read_pieces(request: Request, read: Read[T], raw: bytes) -> list[T]:
    """Return all that `read` makes of a body that was received whole. Raises what it raises, TooLarge, and
    ClientDisconnect where the caller leaves before that."""
    if len(raw) > BESIDE_BYTES:
        _require_dense(raw)
        return await run_while_wanted(request, read_long(request, read, raw))
    services: Services = request.app.state.services
    return await services.long.slices.map(_same, read(raw))


def _same(piece: T) -> T:
    return piece


async def read_long(request: Request, read: Read[T], raw: bytes) -> list[T]:
    """Return all that `read` makes of what is longer than BESIDE_BYTES. Raises what `read_beside` does."""
    services: Services = request.app.state.services
    return await read_beside(services.long, request.scope["state"].get("user", ""), read, raw)


def _require_dense(raw: bytes) -> None:
    most = len(raw) // CONTAINER_BYTES_MIN
    if raw.count(b"{") + raw.count(b"[") > most:
        raise TooLarge(what="lists and objects for its length", most=most)


async def run_while_wanted(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return what the work returns. Where the caller leaves before that, cancel it and raise ClientDisconnect.

    The request's body must have been read.
    """
    working, leaving = asyncio.create_task(work), asyncio.create_task(_left(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
