"""HTTP/1.1 as uvicorn speaks it with httptools, within limits that uvicorn does not have (RFC 9112).

- A head, the trailers of a body, and what a chunk says about itself are bounded. Trailers are dropped.
- Whoever sends a head or a body must get on with it, and whoever asked must take the answer.
- Connections have a limit. Those that ask nothing are closed first; where all are busy, a new one is told so.
- What is wrong is answered by a problem document, after the answers to what was asked before on the same connection.
- Requests that were sent together are parsed only as far as their turn has come.

Uvicorn's other protocol, for h11, is never used.
"""

import asyncio
import logging
import re
import sys
from http import HTTPStatus
from typing import Any

import httptools
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from api import errors, problems
from api.http.limits import HEADER_BYTES_MAX, HEADER_FIELDS_MAX, SECURITY_HEADERS
from ledger.errors import LedgerError
from ledger.sequencer import make_uuid

if sys.platform != "win32":
    import resource

access_log = logging.getLogger("api.access")

HEAD_BYTES_MAX = 64 * 1024
"""Of a request line with its headers, before they are whole; the app looks at them again when they are. Also of
trailers, and of what stands between two pieces of a body."""
SLICE_BYTES = 4 * 1024
"""Parsed at a time. So many bytes more than HEAD_BYTES_MAX may pass, and so many bytes of requests may be parsed before
their turn: a request of 40 bytes becomes some kilobytes of objects."""
UNPARSED_BYTES_MAX = 1024 * 1024
"""Of requests that wait for their turn."""
UNREAD_BYTES_MAX = 64 * 1024 * 1024
"""Of a body that nobody reads, because the answer was given already."""
PATIENCE_SECONDS = 20.0
"""For a head to be whole; for a body, or an answer that is taken, to move on by MOVED_BYTES_MIN."""
MOVED_BYTES_MIN = 10_000
LOOK_SECONDS = 5.0
"""How often that is looked at: patience ends up to so much later."""
LINGER_SECONDS = 5.0
"""Before a connection is closed whose caller may still be sending: closing at once would take the answer back."""
CONNECTIONS_MAX = 1_000
"""Of a process that may open twice as many files."""
REFUSED_MAX = 100
"""Connections more that are told that the process is busy. Others are closed at once."""

_HOST = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=%:\[\]-]*")
_VERSIONS = ("1.1", "1.0")

Waiting = tuple[str, int] | None
"""What the caller is to do, and which time this is; None: nothing."""


def allow_files() -> int:
    """Let this process and its children open as many files as they need for CONNECTIONS_MAX, if the system allows that.
    Returns how many connections a process may have."""
    if sys.platform == "win32":
        return CONNECTIONS_MAX
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CONNECTIONS_MAX
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return CONNECTIONS_MAX if soft == resource.RLIM_INFINITY else min(CONNECTIONS_MAX, soft // 2)


ALWAYS_ANSWERED = frozenset({b"/api/live", b"/api/health"})
"""On a connection over the limit these are answered, too: a monitor must not take a busy process for a dead one. They
cost nothing and wait for nothing."""


class BoundedHttp(HttpToolsProtocol):
    """A connection. `limit_concurrency` of uvicorn is the number of connections that a process may have."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Uvicorn itself would count connections that ask nothing, and refuse those that ask.
        self._connections_max = self.limit_concurrency or CONNECTIONS_MAX
        self.limit_concurrency = None
        self._service: ASGIApp = self.app
        self.app = self._answer
        self._running: RequestResponseCycle | None = None
        """The request that is being answered; `cycle` is the one that came last."""
        self._dropped: Any = None
        """A request that was refused before the service saw it."""
        self._unparsed = bytearray()
        self._reads_head = self._reads_body = self._repeats_head = False
        self._structure_bytes = 0
        """Since a piece of a body, or the beginning or end of a head or body."""
        self._body_bytes = self._unread_bytes = self._requests = self._resumed = 0
        self._overloaded = self._refused = False
        self._last_words = b""
        self._idle_since = 0.0
        self._watch: asyncio.TimerHandle | None = None
        self._patience = _Patience()

    # connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._idle_since = self.loop.time()
        self._watch = self.loop.call_later(LOOK_SECONDS, self._look)
        if len(self.connections) > self._connections_max:
            self._find_room()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        self._unparsed.clear()
        self.pipeline.clear()
        self._leave()
        super().connection_lost(exc)

    def _find_room(self) -> None:
        """Close the connection that has asked nothing for longest. Where all ask something, this one is told that the
        process is busy; those that are told so have few places, too."""
        others = [each for each in self.connections if isinstance(each, BoundedHttp) and each is not self]
        idle = [each for each in others if not each.is_answering]
        served = [each for each in idle if not each._overloaded]
        if not served:
            self._overloaded = True
        if served or len(self.connections) > self._connections_max + REFUSED_MAX:
            oldest = min(served or idle, key=lambda each: each._idle_since, default=self)
            oldest._abort()

    @property
    def is_answering(self) -> bool:
        """Whether something is asked that has not been answered yet. Half a head asks nothing."""
        return self._running is not None and not self._running.response_complete

    def _abort(self) -> None:
        """Close at once. Whatever runs for this caller is told."""
        self._leave()
        self.connections.discard(self)
        self.transport.abort()

    def _leave(self) -> None:
        """Tell the request that is being answered that its caller has gone. Uvicorn tells the one that came last."""
        if self.is_answering:
            assert self._running is not None
            self._running.disconnected = True
            self._running.message_event.set()

    # what arrives

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._refused:
            return
        if len(data) <= SLICE_BYTES and not self._unparsed and not self.pipeline:
            self._parse_piece(data)
        else:
            self._unparsed += data
            self._parse()
        if self.pipeline:
            self.flow.pause_reading()
        if len(self._unparsed) > UNPARSED_BYTES_MAX:
            self._abort()

    def _parse(self) -> None:
        """Parse what has arrived, as long as nothing waits for its turn."""
        while self._unparsed and not self.pipeline and not self._refused:
            piece = bytes(self._unparsed[:SLICE_BYTES])
            del self._unparsed[:SLICE_BYTES]
            self._parse_piece(piece)

    def _parse_piece(self, piece: bytes) -> None:
        self._structure_bytes += len(piece)
        self._feed(piece)
        if self._structure_bytes > HEAD_BYTES_MAX:
            self._refuse(errors.HeadersTooLarge(fields=HEADER_FIELDS_MAX, octets=HEADER_BYTES_MAX))

    def _feed(self, piece: bytes) -> None:
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            self._parse_as_plain(piece[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            reason = error.__context__
            if not isinstance(reason, LedgerError):
                said = str(error)
                is_http2 = "PRI" in said  # the parser's own words for the preface of HTTP/2 say nothing to a caller
                trouble = "this port speaks HTTP/1.1, and HTTP/2 was begun without asking" if is_http2 else said
                reason = errors.MalformedRequest(trouble=trouble or "it cannot be read")
            self._refuse(reason)

    def _parse_as_plain(self, rest: bytes) -> None:
        """Go on after a head that asked for another protocol: nothing is served but this one (RFC 9110 section 7.8).

        The parser took the head's request for granted, and would read a body as the next request. Another parser reads
        on, after a head that says about the body what the real one said."""
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        fields = [field for field in self.scope["headers"] if field[0] in (b"content-length", b"transfer-encoding")]
        if not self.cycle.keep_alive:
            fields.append((b"connection", b"close"))
        head = b"".join(b"%b: %b\r\n" % field for field in fields)
        self._repeats_head = True
        self._feed(b"POST / HTTP/1.1\r\n%b\r\n" % head)
        if not self._refused:
            self._feed(rest)

    # what the parser finds

    def on_message_begin(self) -> None:
        if not self._repeats_head:
            super().on_message_begin()
            self._reads_head, self._structure_bytes = True, 0

    def on_headers_complete(self) -> None:
        if self._repeats_head:
            self._repeats_head = False
            return
        self._reads_head, self._structure_bytes = False, 0
        if self._overloaded and self.url not in ALWAYS_ANSWERED:
            raise errors.TooManyUnderWay(what="connections")
        self._require_plain()
        super().on_headers_complete()
        self.headers = []  # trailers are collected here, and nobody looks at them
        self._reads_body = True
        self._requests += 1
        self._body_bytes = self._unread_bytes = 0

    def on_chunk_complete(self) -> None:
        self._structure_bytes = 0

    def on_body(self, body: bytes) -> None:
        self._structure_bytes = 0
        self._body_bytes += len(body)
        if self.cycle.response_complete:
            self._unread_bytes += len(body)
            if self._unread_bytes > UNREAD_BYTES_MAX:
                self._abort()
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return  # its body comes yet
        self._structure_bytes = 0
        self._reads_body = False
        super().on_message_complete()

    def _require_plain(self) -> None:
        """Raise MalformedRequest for a head that is well-formed, and must not be answered (RFC 9112, 3.2 and 6.1)."""
        hosts = 0
        for name, value in self.headers:
            if name == b"host":
                hosts += 1
                if not _HOST.fullmatch(value.rstrip(b" \t")):
                    raise errors.MalformedRequest(trouble="its Host header has no host")
            elif name == b"transfer-encoding" and value.rstrip(b" \t").lower() != b"chunked":
                raise errors.MalformedRequest(trouble="the only supported Transfer-Encoding is chunked")
        version = self.parser.get_http_version()
        if version not in _VERSIONS:
            raise errors.MalformedRequest(trouble=f"its version is HTTP/{version}, not HTTP/1.1")
        if hosts > 1 or (not hosts and version == "1.1"):
            raise errors.MalformedRequest(trouble="it needs exactly one Host header")
        if self.parser.should_upgrade() and self.parser.get_method() == b"CONNECT":
            raise errors.MalformedRequest(trouble="this server is not a proxy")

    # what is answered

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        self._joined = _JoinedWrites(self.transport)
        cycle.transport = self._joined  # type: ignore[assignment]
        super()._start_asgi_task(cycle, app)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope is not self._dropped:
            await self._service(scope, receive, send)

    def on_response_complete(self) -> None:
        self._idle_since = self.loop.time()
        self._joined.flush()
        if self._refused and not self.pipeline:
            self._say_last_words()
            return
        super().on_response_complete()
        self._parse()
        if self.pipeline or self._unparsed:
            self.flow.pause_reading()

    def resume_writing(self) -> None:
        self._resumed += 1
        super().resume_writing()

    def _refuse(self, error: LedgerError) -> None:
        """Say what is wrong when all that was asked before is answered, then close. A request whose body is wrong gets
        no other answer; where that has begun already, it ends."""
        if self._refused:
            return
        self._refused = True
        self._unparsed.clear()
        self._last_words = _refusal(error, self.client)
        if self._reads_body and self.cycle is not self._running:
            self.pipeline.popleft()  # it is the one that came last
        elif self._reads_body:
            self._leave()
            self._dropped = self.cycle.scope
            if self.cycle.response_started:
                self._last_words = b""
            self._say_last_words()
        elif not self.is_answering:
            self._say_last_words()

    def _say_last_words(self) -> None:
        if self.transport.is_closing():
            return
        self._running, self._reads_body = None, False
        self.transport.write(self._last_words)
        self.loop.call_later(LINGER_SECONDS, self._hang_up)
        self.flow.resume_reading()  # what comes now is thrown away
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _hang_up(self) -> None:
        if self.transport.get_write_buffer_size():  # there is patience for who takes it slowly
            self.loop.call_later(LINGER_SECONDS, self._hang_up)
        else:
            self._abort()

    # time

    def _look(self) -> None:
        """Look whether the connection gets on."""
        self._watch = self.loop.call_later(LOOK_SECONDS, self._look)
        waits_for, moved = self._waits_for()
        if not self._patience.ends(waits_for, moved, self.loop.time()):
            return
        asked_nothing = not self._reads_body and not self._reads_head and not self._structure_bytes
        if asked_nothing or (waits_for is not None and waits_for[0] == "reader"):
            self._abort()
        else:
            self._refuse(errors.TooSlow(seconds=int(PATIENCE_SECONDS), least=MOVED_BYTES_MIN))

    def _waits_for(self) -> tuple[Waiting, int]:
        """Return what the caller is to do now, None for nothing, and how much of it was done."""
        unsent = self.transport.get_write_buffer_size()
        if unsent and (self.flow.write_paused or not self.is_answering):
            return ("reader", self._resumed), -unsent
        if self._refused or self.flow.read_paused:
            return None, 0
        if self._reads_body:
            to_be_asked = self.cycle.waiting_for_100_continue and not self.cycle.response_complete
            return (None, 0) if to_be_asked else (("body", self._requests), self._body_bytes)
        silent = not self.is_answering and self.timeout_keep_alive_task is None  # else uvicorn closes it after a while
        if self._reads_head or self._structure_bytes or silent:
            return ("head", self._requests), 0
        return None, 0


class _JoinedWrites:
    """What one answer is written to. Its head waits for the first piece of its body where one follows at once: uvloop
    makes a system call of each write, and the caller would read twice."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""

    def write(self, data: bytes) -> None:
        """Write a head or a piece of a body."""
        if data.startswith(b"HTTP/1.1 ") and b"\r\ncontent-length: " in data:
            self._head += data
        else:
            self._transport.write(self._head + data)
            self._head = b""

    def flush(self) -> None:
        """Write a head that has no body."""
        if self._head:
            self.write(b"")

    def close(self) -> None:
        """Close the connection."""
        self.flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Return whether the connection closes."""
        return self._transport.is_closing()


class _Patience:
    """How long the same is waited for without progress."""

    def __init__(self) -> None:
        self._waits_for: Waiting = None
        self._moved = 0
        self._since = 0.0

    def ends(self, waits_for: Waiting, moved: int, now: float) -> bool:
        """Return whether it has been waited long enough."""
        if waits_for != self._waits_for or moved - self._moved >= MOVED_BYTES_MIN:
            self._waits_for, self._moved, self._since = waits_for, moved, now
        return waits_for is not None and now - self._since >= PATIENCE_SECONDS


def _refusal(error: LedgerError, client: tuple[str, int] | None) -> bytes:
    """Return the whole answer to what has no request."""
    request_id = make_uuid()
    headers = {"Connection": "close", "X-Request-Id": request_id, **SECURITY_HEADERS}
    response = problems.answer_refusal(error, request_id, headers)
    status = HTTPStatus(response.status_code)
    members = {"status": status.value, "request": request_id, "client": None if client is None else client[0]}
    access_log.info("? ? %d %s client=%s", *members.values(), extra={"members": members})
    head = "".join(f"{name.decode()}: {value.decode()}\r\n" for name, value in response.raw_headers)
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{head}\r\n".encode() + bytes(response.body)
