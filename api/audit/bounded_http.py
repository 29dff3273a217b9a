"""GET requests to a server that may be dishonest: every answer has an end, in bytes and in time.

What is limited is named here, and in docs/audit.md: bytes of an answer, of a line, and between two lines; seconds of an
answer and of one wait; the slowest rate of a long one; attempts and pauses. Status lines and header fields are limited
by `http.client` (64 KiB each, 100 of them). Redirects are not followed: a token goes to the host that was named.
"""

import gzip
import http.client
import io
import json
import socket
import ssl
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from api.audit.sources import LINE_BYTES_MAX, Unreadable

CONNECT_SECONDS = 30.0
WAIT_SECONDS_MAX = 60.0
"""Of one wait for the next bytes."""
ANSWER_SECONDS_MAX = 120.0
"""Of an answer that is read whole, from the request to its last byte."""
SLOWEST_BYTES_PER_SECOND = 1_024
"""Of a stream of lines, on average, once so many seconds were spent waiting:"""
SLOW_SECONDS_MAX = 60.0
ANSWER_BYTES_MAX = 4 * 1024 * 1024
"""Of a JSON answer that is read whole."""
HEAD_BYTES_MAX = 8 * 1024 * 1024
"""Of status line, header fields and trailers."""
DETAIL_BYTES_MAX = 64 * 1024
"""Of an answer that refuses."""
BETWEEN_LINES_BYTES_MAX = LINE_BYTES_MAX + 4 * 1024 * 1024
"""Bytes received without a line being complete: endless headers, trailers, or packed data that holds nothing."""
ATTEMPTS_MAX = 4
PAUSE_SECONDS_MAX = 30
PAUSES_SECONDS_MAX = 300
"""All pauses of an audit together, between attempts."""

_GONE = (OSError, http.client.IncompleteRead, http.client.NotConnected, http.client.ImproperConnectionState)
"""The connection is no more."""
_ODD = (http.client.HTTPException, EOFError, zlib.error)
"""What came is no answer, or does not end as one does."""


class Refused(Exception):
    """The server answered that it will not; the text is what it says."""

    def __init__(self, status: int, detail: str) -> None:
        source = " The token is the one in LEDGER_TOKEN, or read by --token-stdin." if status == 401 else ""
        super().__init__(f"the server answers {status}: {detail}{source}")
        self.status = status


class Unreachable(Unreadable):
    """There is no server to connect to, or it does not stay. The text says how."""


class Client:
    """Requests below one URL, over one connection that is kept and one of its own for each stream."""

    def __init__(self, host: str, port: int | None, *, secure: bool, path: str, headers: dict[str, str]) -> None:
        self._host, self._port, self._secure = host, port, secure
        self._path = path
        self._headers = headers
        self._kept: http.client.HTTPConnection | None = None
        self._paused = 0.0

    def get(self, path: str, *, most: int = ANSWER_BYTES_MAX) -> bytes:
        """Return the body of an answer of at most so many bytes. Asks again where the server is busy or the connection
        breaks. Raises Refused and Broken."""
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                connection = self._kept = self._kept or self._connect()
                with self._ask(connection, path, {"Accept-Encoding": "identity"}, Meter.of_answer(most)) as answer:
                    body = answer.read(most + 1)
                if len(body) > most:
                    raise Unreadable(f"an answer is longer than {most} bytes")
                return body
            except (Unreadable, *_GONE, *_ODD) as error:
                self.close()
                if isinstance(error, Unreadable):
                    raise
                if not isinstance(error, _GONE):
                    raise Unreadable(f"what the server sends is no answer ({error})") from None
                self._pause(attempt, error)
        raise AssertionError

    def read_lines(self, path: str) -> Iterator[bytes]:
        """Yield the lines of an answer, packed or not, each with its newline where it has one. Raises Refused and
        Broken, and Unreachable where the connection breaks off."""
        meter = Meter.of_stream()
        connection = self._connect()
        try:
            headers = {"Accept": "application/x-ndjson", "Accept-Encoding": "gzip"}
            with self._ask(connection, path, headers, meter) as answer:
                packed = answer.headers.get("Content-Encoding") == "gzip"
                read = gzip.GzipFile(fileobj=answer) if packed else answer
                while line := read.readline(LINE_BYTES_MAX + 1):
                    if len(line) > LINE_BYTES_MAX:
                        raise Unreadable(f"a line is longer than {LINE_BYTES_MAX} bytes")
                    meter.begin_again()
                    yield line
        except _GONE as error:
            raise Unreachable(f"the connection breaks off ({type(error).__name__})") from None
        except _ODD as error:
            raise Unreadable(f"what the server sends is no answer ({error})") from None
        finally:
            connection.close()

    def pause(self, attempt: int) -> None:
        """Wait before another attempt. Raises Broken where it was the last one."""
        self._pause(attempt, "the connection breaks off")

    def close(self) -> None:
        """Close the connection that is kept; the next request opens another one."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _pause(self, attempt: int, why: object, seconds: float | None = None) -> None:
        seconds = min(attempt if seconds is None else seconds, PAUSE_SECONDS_MAX)
        if attempt >= ATTEMPTS_MAX or self._paused + seconds > PAUSES_SECONDS_MAX:
            raise Unreachable(f"the server cannot be reached ({why})")
        self._paused += seconds
        time.sleep(seconds)

    def _ask(
        self, connection: http.client.HTTPConnection, path: str, headers: dict[str, str], meter: "Meter"
    ) -> http.client.HTTPResponse:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            connection.response_class = partial(_Answer, meter=meter)  # type: ignore[assignment]
            connection.request("GET", self._path + path, headers=self._headers | headers)
            answer = connection.getresponse()
            if answer.status == http.client.OK:
                return answer
            with answer:
                refused = Refused(answer.status, _detail(answer.read(DETAIL_BYTES_MAX)))
                more = answer.read(1)
            if more:
                connection.close()  # the next answer does not begin here
            if answer.status not in (429, 503) or attempt == ATTEMPTS_MAX:
                raise refused
            asked = answer.headers.get("Retry-After", "")
            with suppress(Unreachable):
                self._pause(attempt, refused, float(asked) if asked.isdecimal() and len(asked) < 9 else None)
                meter.begin_again()
                continue
            raise refused
        raise AssertionError

    def _connect(self) -> http.client.HTTPConnection:
        if self._secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=CONNECT_SECONDS, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=CONNECT_SECONDS)


class Meter:
    """What an answer has taken, and what it may."""

    def __init__(self, bytes_max: int, seconds_max: float | None) -> None:
        self._bytes_max = bytes_max
        self._seconds_max = seconds_max
        """Of waiting, for all of it; None: it may take as long as it keeps a rate."""
        self._waited = 0.0
        self._received = 0
        self._since = 0

    @classmethod
    def of_answer(cls, most: int) -> "Meter":
        """Return the meter of an answer that is read whole. Besides the body there are its head and the lengths of its
        chunks."""
        return cls(4 * most + HEAD_BYTES_MAX, ANSWER_SECONDS_MAX)

    @classmethod
    def of_stream(cls) -> "Meter":
        """Return the meter of an answer that is read line by line."""
        return cls(BETWEEN_LINES_BYTES_MAX, None)

    def begin_again(self) -> None:
        """Begin to count anew: something was complete."""
        self._since = 0

    @property
    def patience(self) -> float:
        """Seconds to wait for the next bytes. Raises Broken where there are none left."""
        if self._seconds_max is None:
            return WAIT_SECONDS_MAX
        if self._waited >= self._seconds_max:
            raise Unreadable(f"an answer takes longer than {self._seconds_max:.0f} seconds")
        return min(WAIT_SECONDS_MAX, self._seconds_max - self._waited)

    def count(self, received: int, seconds: float) -> None:
        """Count so many bytes that came after so long. Raises Broken where that was too many, or too slow."""
        self._waited += seconds
        self._received += received
        self._since += received
        if self._since > self._bytes_max:
            raise Unreadable(f"{self._since} bytes came, and nothing in them was complete")
        if self._waited > SLOW_SECONDS_MAX and self._received < self._waited * SLOWEST_BYTES_PER_SECOND:
            raise Unreadable(f"the server sends less than {SLOWEST_BYTES_PER_SECOND} bytes a second")


class _Answer(http.client.HTTPResponse):
    """An answer whose every byte goes through a meter."""

    def __init__(self, sock: socket.socket, *given: Any, meter: Meter, **named: Any) -> None:
        super().__init__(sock, *given, **named)
        self.fp = io.BufferedReader(_Metered(self.fp.detach(), sock, meter))


class _Metered(io.RawIOBase):
    def __init__(self, raw: Any, sock: socket.socket, meter: Meter) -> None:
        super().__init__()
        self._raw, self._sock, self._meter = raw, sock, meter

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._meter.patience)
        begun = time.monotonic()
        try:
            received: int = self._raw.readinto(buffer)
        except TimeoutError:
            self._meter.count(0, time.monotonic() - begun)
            raise
        self._meter.count(received, time.monotonic() - begun)
        return received

    def close(self) -> None:
        self._raw.close()
        super().close()


def _detail(body: bytes) -> str:
    with suppress(ValueError, AttributeError, RecursionError):
        return str(json.loads(body).get("detail"))[:300]
    return "an answer that is no problem document"
