"""A ledger behind a URL as a source: `http(s)://HOST/api/ledgers/ID`, read with a bearer token.

Events are streamed as JSON lines and written canonically again: whatever they were, their hashes then tell. Redirects
are not followed: the token goes to the host that was named and to no other.
"""

import gzip
import http.client
import json
import ssl
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from api.verify.sources import (
    PAGE_RECORDS,
    Broken,
    Claimed,
    NotServed,
    Pages,
    Signed,
    Stand,
    Stored,
    Unusable,
    Withheld,
)
from ledger.codec import RECORD_VERSION, SAFE_INTEGER_MAX, canonical
from ledger.tiles import TILE_WIDTH, Bundle, Tile, entries_in

TIMEOUT_SECONDS = 60.0
ATTEMPTS_MAX = 4
PAUSE_SECONDS_MAX = 30
ANSWER_BYTES_MAX = 64 * 1024 * 1024

_NO_TABLES = "registers, reports and the dashboard are not compared over HTTP"
_MEMBERS = ("position", "id", "type", "schema", "recorded_at", "actor", "request", "command", "key")
_GONE = (OSError, http.client.HTTPException, EOFError, gzip.BadGzipFile)


class _Refused(Exception):
    """The server answered that it will not; the text is what it says."""

    def __init__(self, status: int, detail: str) -> None:
        source = " The token is the one in LEDGER_TOKEN, or read by --token-stdin." if status == 401 else ""
        super().__init__(f"the server answers {status}: {detail}{source}")
        self.status = status


class Remote:
    """One ledger of a running service."""

    keeps_every_checkpoint = False
    reads_on = False

    def __init__(self, url: str, token: str | None) -> None:
        """Raises Unusable."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise Unusable("a URL looks like https://HOST/api/ledgers/ID, with nobody's name in it")
        self.title = f"{parts.scheme}://{parts.netloc}{parts.path}"
        self._host, self._port, self._secure = parts.hostname, parts.port, parts.scheme == "https"
        self._path = parts.path.rstrip("/")
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._connection = self._connect()
        self._bundle: tuple[int, list[bytes]] = (-1, [])
        try:
            # Before the head: a checkpoint that is signed meanwhile would be ahead of it.
            self._note = self._checkpoint()
            self._opened = self._json("")
            self._head = Claimed(self._opened["uuid"], self._opened["size"], bytes.fromhex(self._opened["root"]))
            if type(self._head.size) is not int or not isinstance(self._head.ledger, str):
                raise ValueError
        except (_Refused, Broken) as error:
            self.close()
            raise Unusable(f"{self.title}: {error}") from None
        except (KeyError, TypeError, ValueError):
            self.close()
            raise Unusable(f"{self.title} does not answer as a ledger does") from None

    def head(self) -> Claimed:
        return self._head

    def last(self) -> int | None:
        return None

    def pages(self, start: int, stop: int) -> Pages:
        failures = 0
        while start < stop:
            try:
                for page in self._lines(start, stop):
                    yield page
                    start, failures = start + len(page), 0
                return
            except _Refused as error:
                raise Broken(str(error)) from None
            except _GONE as error:
                failures += 1
                if failures == ATTEMPTS_MAX:
                    raise Broken(f"the connection breaks off ({type(error).__name__})") from None
                time.sleep(failures)

    def record(self, position: int) -> Stored | None:
        try:
            page = self._json(f"/events?start={position}&limit=1", exact=True)
        except _Refused as error:
            raise Broken(str(error)) from None
        events = page.get("events") if isinstance(page, dict) else None
        return self._stored(events[0], position) if isinstance(events, list) and events else None

    def checkpoints(self) -> Iterable[Signed]:
        if isinstance(self._note, Withheld):
            raise self._note
        return map(Signed, self._note)

    def tile(self, tile: Tile) -> bytes | None:
        try:
            return self._get(f"/log/{tile.path}")
        except _Refused as error:
            if error.status == http.client.NOT_FOUND:
                return None
            raise Withheld(str(error)) from None

    def odd_edges(self, size: int) -> Iterable[tuple[str, bool]]:
        return ()

    def reflected(self, projection: str) -> int:
        return self._head.size

    def stand(self, projection: str, tables: Sequence[str]) -> Stand:
        raise NotServed(_NO_TABLES)

    def projected(self, table: str, columns: Sequence[str], key: Sequence[str], generation: int) -> Iterator[Any]:
        raise NotServed(_NO_TABLES)

    def rows(self, what: str) -> Iterator[tuple[Any, Any]]:
        try:
            match what:
                case "balances":
                    yield from self._balances()
                case "chart":
                    yield from self._chart()
                case "settings":
                    names = ("owner", "currency", "time_zone", "fiscal_year_start", "retention_years", "name")
                    yield 1, tuple(self._opened[name] for name in names)
                case "currencies":
                    yield from self._currencies().items()
                case _:
                    raise NotServed("the other guards are not served over HTTP")
        except _Refused as error:
            raise Withheld(str(error)) from None
        except (KeyError, TypeError, ValueError):
            raise Broken(f"the {what} are not in the form that they should have") from None

    def close(self) -> None:
        self._connection.close()

    # what is asked for

    def _checkpoint(self) -> list[str] | Withheld:
        try:
            return [self._get("/log/checkpoint").decode()]
        except _Refused as error:
            if error.status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
                raise
            return [] if error.status == http.client.NOT_FOUND else Withheld(str(error))
        except UnicodeDecodeError:
            return ["not UTF-8"]

    def _currencies(self) -> dict[str, int]:
        listed = self._json("/currencies")["currencies"]
        if self._json("")["size"] != self._head.size:
            raise NotServed("the ledger has grown since: its currencies now are not those of then")
        return {each["currency"]: each["scale"] for each in listed}

    def _balances(self) -> Iterator[tuple[Any, Any]]:
        scales = {each["currency"]: each["scale"] for each in self._json("/currencies")["currencies"]}
        asked: dict[str, Any] = {"recorded_size": self._head.size, "limit": 1_000, "timeout": 30}
        while True:
            page = self._json(f"/balances?{urlencode(asked)}")
            if page["as_of"]["size"] != self._head.size:
                raise ValueError
            for each in page["balances"]:
                account, scale = each["account_id"], scales[each["currency"]]
                if type(account) is not int:
                    raise ValueError
                debits, credits, balance = (_units(each[name], scale) for name in ("debits", "credits", "balance"))
                whole = isinstance(debits, int) and isinstance(credits, int) and balance == debits - credits
                yield (account, each["currency"]), (debits, credits) if whole else (debits, credits, balance)
            if not _goes_on(page, page["balances"]):
                return
            asked["cursor"] = page["next"]

    def _chart(self) -> Iterator[tuple[Any, Any]]:
        asked: dict[str, Any] = {"min_size": self._head.size, "limit": 1_000, "timeout": 30}
        while True:
            page = self._json(f"/accounts?{urlencode(asked)}")
            if page["as_of"]["size"] != self._head.size:
                raise NotServed("the ledger has grown since: its accounts now are not those of then")
            for each in page["accounts"]:
                names = ("path", "number", "type", "normal", "role", "status")
                if type(each["id"]) is not int:
                    raise ValueError
                yield each["id"], (*(each[name] for name in names), tuple(each["currencies"]))
            if not _goes_on(page, page["accounts"]):
                return
            asked["cursor"] = page["next"]

    # records

    def _lines(self, start: int, stop: int) -> Iterator[list[Stored]]:
        connection = self._connect()
        try:
            headers = {"Accept": "application/x-ndjson", "Accept-Encoding": "gzip"}
            answer = self._ask(connection, f"/events?start={start}", headers)
            packed = answer.headers.get("Content-Encoding") == "gzip"
            lines = gzip.GzipFile(fileobj=answer) if packed else answer
            page: list[Stored] = []
            # A line that does not end is cut: it is no record, as will be found out.
            for line in iter(lambda: lines.readline(ANSWER_BYTES_MAX), b""):
                page.append(self._stored(_exactly(line), start))
                start += 1
                if len(page) == PAGE_RECORDS or start == stop:
                    yield page
                    page = []
                if start == stop:
                    return
            if page:
                yield page
        finally:
            connection.close()

    def _stored(self, event: Any, expected: int) -> Stored:
        """The record that this event was made from. What is no event becomes a record that is none."""
        try:
            data, memo = canonical(event["data"]), event["memo"]
            texts = None if memo is None else canonical(memo)
            by = event.get("memo_erased_by")
            leaf = bytes.fromhex(event["leaf_hash"])
            position = event["position"]
            if type(position) is not int or type(by) not in (int, type(None)):
                raise ValueError
            if texts is None and by is not None:  # what the memo's hash was, only the record's own bytes say
                return Stored(position, self._entry(position), data, None, None, None, leaf, by)
            record = {name: event[name] for name in _MEMBERS} | {
                "v": RECORD_VERSION,
                "ledger": self._head.ledger,
                "data_sha256": sha256(data).hexdigest(),
                "memo_sha256": None if texts is None else sha256(texts).hexdigest(),
            }
            return Stored(position, canonical(record), data, texts, None, None, leaf)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            return Stored(expected, b"", None, None)

    def _entry(self, position: int) -> bytes:
        """The bytes of a record, out of its entry bundle."""
        index, at = divmod(position, TILE_WIDTH)
        if self._bundle[0] != index or at >= len(self._bundle[1]):
            # Of a record beyond the size that is verified, the bundle as wide as it needs to be.
            width = max(min(TILE_WIDTH, self._head.size - index * TILE_WIDTH), at + 1)
            try:
                self._bundle = index, entries_in(self._get(f"/log/{Bundle(index, width).path}"))
            except _Refused as error:
                raise Broken(f"the bytes of the record at position {position}: {error}") from None
        return self._bundle[1][at] if at < len(self._bundle[1]) else b""

    # HTTP

    def _json(self, path: str, *, exact: bool = False) -> Any:
        answer = self._get(path)
        try:
            return _exactly(answer) if exact else json.loads(answer)
        except (ValueError, RecursionError):
            raise Broken("the server's answer is no JSON") from None

    def _get(self, path: str) -> bytes:
        """The body of an answer, asking again where the server is busy or the connection breaks."""
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                answer = self._ask(self._connection, path, {"Accept-Encoding": "identity"})
                body = answer.read(ANSWER_BYTES_MAX)
                if answer.read(1):
                    raise Broken("the server's answer does not end")
                return body
            except _GONE as error:
                self._connection.close()
                self._connection = self._connect()
                if attempt == ATTEMPTS_MAX:
                    raise Broken(f"the server cannot be reached ({error})") from None
                time.sleep(attempt)
        raise AssertionError

    def _ask(
        self, connection: http.client.HTTPConnection, path: str, headers: dict[str, str]
    ) -> http.client.HTTPResponse:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            connection.request("GET", quote(self._path, safe="/%") + path, headers=self._headers | headers)
            answer = connection.getresponse()
            if answer.status == http.client.OK:
                return answer
            detail = _detail(answer.read(ANSWER_BYTES_MAX))
            if answer.status not in (429, 503) or attempt == ATTEMPTS_MAX:
                raise _Refused(answer.status, detail)
            pause = answer.headers.get("Retry-After", "1")
            time.sleep(min(int(pause), PAUSE_SECONDS_MAX) if pause.isdecimal() else 1)
        raise AssertionError

    def _connect(self) -> http.client.HTTPConnection:
        if self._secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=TIMEOUT_SECONDS, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS)


def _goes_on(page: Any, rows: Any) -> bool:
    """Whether another page follows. Raises ValueError where that would never end; of rows that come again and again,
    whoever compares them has enough (`served`)."""
    if page["next"] is not None and not rows:
        raise ValueError
    return page["next"] is not None


def _exactly(text: bytes) -> Any:
    """JSON as canonical JSON means it: an integer that is not exact as a double is one (RFC 8785)."""

    def number(digits: str) -> int | float:
        whole = int(digits)
        return whole if abs(whole) <= SAFE_INTEGER_MAX else float(whole)

    with suppress(ValueError, OverflowError, RecursionError):
        return json.loads(text, parse_int=number)
    return None


def _units(text: Any, scale: int) -> Any:
    """Minor units of an amount that is written with exactly the currency's digits; anything else as it is."""
    if not isinstance(text, str):
        return text
    whole, _, fraction = text.partition(".")
    if len(fraction) != scale or not whole.removeprefix("-").isdecimal() or not (fraction.isdecimal() or not scale):
        return text
    return int(whole + fraction)


def _detail(body: bytes) -> str:
    with suppress(ValueError, AttributeError):
        return str(json.loads(body).get("detail"))[:300]
    return "an answer that is no problem document"
