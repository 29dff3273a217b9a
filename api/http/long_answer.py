"""Long work for a caller over HTTP: it ends when the caller leaves."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.processes.long_work import Present


def make_presence_check(request: Request) -> Present:
    """Return a function that finds out whether the caller is still there."""

    async def require_presence() -> None:
        if await request.is_disconnected():
            raise ClientDisconnect

    return require_presence


class LongAnswer(StreamingResponse):
    """A stream that keeps a turn until it ends."""

    def __init__(self, content: AsyncIterator[bytes], turn: AsyncExitStack, **options: Any) -> None:
        super().__init__(content, **options)
        self._turn = turn

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._turn:
            await super().__call__(scope, receive, send)
