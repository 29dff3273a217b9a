"""Answers without their bodies, for every route alike: to HEAD, and to `If-None-Match: *` (RFC 9110 9.3.2, 13.1.2)."""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Scope, Send

_OF_THE_BODY = (b"content-length", b"content-type", b"content-encoding", b"content-disposition")
"""What a 304 does not repeat: it has no body that these would be true of."""


async def answer_head(app: ASGIApp, scope: Scope, send: Send) -> None:
    """Answer HEAD with the status and the header fields that GET has here."""
    await _answer_cut(app, scope, send, lambda head: head)


async def answer_unless_there(app: ASGIApp, scope: Scope, send: Send) -> None:
    """Answer GET with 304 where it finds something, whatever that is, and as ever where it does not."""
    await _answer_cut(app, scope, send, _not_modified)


async def _answer_cut(app: ASGIApp, scope: Scope, send: Send, cut: Callable[[Message], Message | None]) -> None:
    """Run a route as for GET, and end the answer with what `cut` makes of its head; None: let it have its body.

    A stream is told that its reader has gone, so that it ends before it has begun.
    """
    over = asyncio.Event()

    async def send_cut(message: Message) -> None:
        if over.is_set():
            return
        head = cut(message) if message["type"] == "http.response.start" else None
        if head is None:
            await send(message)
            return
        over.set()
        await send(head)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def receive_end() -> Message:
        await over.wait()
        return {"type": "http.disconnect"}

    # Before version 2.4 of ASGI a stream listens for its reader's going, instead of finding out when it sends.
    asgi = {**scope.get("asgi", {}), "spec_version": "2.3"}
    await app({**scope, "method": "GET", "asgi": asgi}, receive_end, send_cut)


def _not_modified(head: Message) -> Message | None:
    if head["status"] != 200:
        return None
    fields = [field for field in head.get("headers", ()) if field[0] not in _OF_THE_BODY]
    return {**head, "status": 304, "headers": fields}
