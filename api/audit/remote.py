"""A ledger behind a URL as a source: `http(s)://HOST/api/ledgers/ID`, read with a bearer token.

Events are streamed as JSON lines and written canonically again: whatever they were, their hashes then tell. What the
server sends is bounded by `bounded_http`, and by the number of values in one document.
"""

import http.client
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from api.audit.bounded_http import ANSWER_BYTES_MAX, Client, Refused, Unreachable
from api.audit.parsing import parse_time_as_micros, require_few_values
from api.audit.sources import (
    LINE_BYTES_MAX,
    NOTHING,
    PAGE_BYTES_MAX,
    PAGE_RECORDS,
    Claimed,
    Damaged,
    NotServed,
    Pages,
    SignedNote,
    Stand,
    StoredRecord,
    Unreadable,
    Unusable,
    Withheld,
)
from ledger.codec import RECORD_VERSION, canonicalize
from ledger.fields import SAFE_INTEGER_MAX
from ledger.merkle import HASH_SIZE
from ledger.notes import NOTE_BYTES_MAX
from ledger.tiles import ENTRY_BYTES_MAX, TILE_WIDTH, Bundle, Tile, decode_bundle

NO_RECORDS_MAX = 1_000
"""Lines in a row that are no records; then it is read no further."""
CURSOR_LENGTH_MAX = 8_000
BALANCES_A_PAGE, ACCOUNTS_A_PAGE = 1_000, 100
"""An account may have 16 KiB of metadata."""

_NO_TABLES = "registers, reports and the dashboard are not compared over HTTP"
_MEMBERS = ("position", "id", "type", "schema", "recorded_at", "actor", "request", "command", "key")


class Remote:
    """One ledger of a running service."""

    keeps_every_checkpoint = False
    reads_on = False

    def __init__(self, url: str, token: str | None) -> None:
        """Ask the server for the ledger. Raises Unusable and Damaged."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise Unusable("a URL looks like https://HOST/api/ledgers/ID, without a user name")
        self.title = f"{parts.scheme}://{parts.netloc}{parts.path}"
        self._client = Client(
            parts.hostname,
            parts.port,
            secure=parts.scheme == "https",
            path=quote(parts.path.rstrip("/"), safe="/%"),
            headers={"Cache-Control": "no-store"} | ({} if token is None else {"Authorization": f"Bearer {token}"}),
        )
        self._bundle: tuple[int, list[bytes]] = (-1, [])
        try:
            # Before the head: a checkpoint that is signed meanwhile would be ahead of it.
            self._note = self._checkpoint()
            self._opened = self._open()
            self._head = _claimed(self._opened)
        except (Refused, Unreadable, _NoLedger) as error:
            self.close()
            if isinstance(error, Unreachable | _NoLedger) or (isinstance(error, Refused) and error.status < 500):
                raise Unusable(f"{self.title}: {error}") from None
            raise Damaged(f"the ledger cannot be read: {error}") from None

    def read_head(self) -> Claimed:
        return self._head

    def find_last(self) -> int | None:
        return None

    def read_pages(self, start: int, stop: int) -> Pages:
        failures = 0
        while start < stop:
            try:
                for page in self._lines(start, stop):
                    yield page
                    start, failures = start + len(page), 0
                return
            except Refused as error:
                raise Unreadable(str(error)) from None
            except Unreachable:
                failures += 1
                self._client.pause(failures)

    def read_record(self, position: int) -> StoredRecord | None:
        try:
            page = self._json(f"/events?start={position}&limit=1", most=LINE_BYTES_MAX, exact=True)
        except Refused as error:
            raise Unreadable(str(error)) from None
        events = page.get("events") if isinstance(page, dict) else None
        return self._stored(events[0], position) if isinstance(events, list) and events else None

    def read_checkpoints(self) -> Iterable[SignedNote]:
        if isinstance(self._note, Exception):
            raise self._note
        return map(SignedNote, self._note)

    def read_tile(self, tile: Tile) -> bytes | None:
        try:
            return self._client.get(f"/log/{tile.path}", most=TILE_WIDTH * HASH_SIZE + HASH_SIZE)
        except Refused as error:
            if error.status == http.client.NOT_FOUND:
                return None
            raise Withheld(str(error)) from None

    def find_odd_edges(self, size: int) -> Iterable[tuple[str, bool]]:
        return ()

    def find_reflected(self, projection: str) -> int:
        return self._head.size

    def find_stand(self, projection: str, tables: Sequence[str]) -> Stand:
        raise NotServed(_NO_TABLES)

    def read_projected(self, table: str, columns: Sequence[str], key: Sequence[str], generation: int) -> Iterator[Any]:
        raise NotServed(_NO_TABLES)

    def read_rows(self, what: str) -> Iterator[tuple[Any, Any]]:
        try:
            match what:
                case "balances":
                    yield from self._balances()
                case "chart":
                    yield from self._chart()
                case "settings":
                    names = ("owner", "currency", "time_zone", "fiscal_year_start", "retention_years", "name")
                    yield (), tuple(self._opened[name] for name in names)
                case "currencies":
                    yield from ((code, (scale,)) for code, scale in self._currencies().items())
                case _:
                    raise NotServed("the other guards are not served over HTTP")
        except Refused as error:
            raise Withheld(str(error)) from None
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Unreadable("they are not in the form that they should have") from None

    def close(self) -> None:
        self._client.close()

    # what is asked for

    def _checkpoint(self) -> list[str] | Withheld | Unreadable:
        """Return the signed checkpoint, if there is one; or why it cannot be had. Raises Refused and Unreachable."""
        try:
            raw = self._client.get("/log/checkpoint", most=NOTE_BYTES_MAX)
            return [raw.decode(errors="surrogateescape")]
        except Refused as error:
            if error.status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
                raise
            return [] if error.status == http.client.NOT_FOUND else Withheld(str(error))
        except Unreachable:
            raise
        except Unreadable as error:
            return error

    def _open(self) -> Any:
        """Return what the server says of the ledger. Raises _NoLedger for what is no JSON, as the page of another
        site."""
        answer = self._client.get("")
        try:
            require_few_values(answer)
        except ValueError as error:
            raise Unreadable(f"an answer cannot be read: {error}") from None
        try:
            return json.loads(answer)
        except (ValueError, RecursionError):
            raise _NoLedger("it does not answer as a ledger does") from None

    def _currencies(self) -> dict[str, int]:
        listed = self._json("/currencies")["currencies"]
        if self._json("")["size"] != self._head.size:
            raise NotServed("the ledger has grown since: its currencies now are not those of then")
        return {each["currency"]: each["scale"] for each in listed}

    def _balances(self) -> Iterator[tuple[Any, Any]]:
        scales = {each["currency"]: each["scale"] for each in self._json("/currencies")["currencies"]}
        asked: dict[str, Any] = {"recorded_size": self._head.size, "limit": BALANCES_A_PAGE, "timeout": 30}
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
        asked: dict[str, Any] = {"min_size": self._head.size, "limit": ACCOUNTS_A_PAGE, "timeout": 30}
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

    def _lines(self, start: int, stop: int) -> Iterator[list[StoredRecord]]:
        page: list[StoredRecord] = []
        page_bytes = unread = 0
        try:
            for line in self._client.read_lines(f"/events?start={start}"):
                stored = self._stored(_exactly(line), start)
                start += 1
                page.append(stored)
                page_bytes += len(line)
                unread = 0 if stored.record else unread + 1
                if unread == NO_RECORDS_MAX:
                    raise Unreadable(f"{NO_RECORDS_MAX} lines in a row are no records")
                if len(page) == PAGE_RECORDS or page_bytes >= PAGE_BYTES_MAX or start == stop:
                    yield page
                    page, page_bytes = [], 0
                if start == stop:
                    return
        except Unreadable:
            if page:
                yield page
            raise
        if page:
            yield page

    def _stored(self, event: Any, expected: int) -> StoredRecord:
        """Return the record that this event was made from. What is no event becomes a record that is none."""
        try:
            data, memo = canonicalize(event["data"]), event["memo"]
            texts = None if memo is None else canonicalize(memo)
            by = event.get("memo_erased_by")
            leaf = bytes.fromhex(event["leaf_hash"])
            position = event["position"]
            if type(position) is not int or type(by) not in (int, type(None)):
                raise ValueError
            if texts is None and by is not None:  # what the memo's hash was, only the record's own bytes say
                return StoredRecord(position, self._entry(position), data, None, None, None, leaf, by)
            record = {name: event[name] for name in _MEMBERS} | {
                "v": RECORD_VERSION,
                "ledger": self._head.ledger,
                "data_sha256": sha256(data).hexdigest(),
                "memo_sha256": None if texts is None else sha256(texts).hexdigest(),
            }
            return StoredRecord(position, canonicalize(record), data, texts, None, None, leaf)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            return StoredRecord(expected, b"", None, None)

    def _entry(self, position: int) -> bytes:
        """Return the bytes of a record, out of its entry bundle."""
        index, at = divmod(position, TILE_WIDTH)
        if self._bundle[0] != index or at >= len(self._bundle[1]):
            # Of a record beyond the size that is verified, the bundle as wide as it needs to be.
            width = max(min(TILE_WIDTH, self._head.size - index * TILE_WIDTH), at + 1)
            try:
                raw = self._client.get(f"/log/{Bundle(index, width).path}", most=TILE_WIDTH * (2 + ENTRY_BYTES_MAX))
                self._bundle = index, decode_bundle(raw)
            except Refused as error:
                raise Unreadable(f"the bytes of the record at position {position}: {error}") from None
        return self._bundle[1][at] if at < len(self._bundle[1]) else b""

    def _json(self, path: str, *, most: int = ANSWER_BYTES_MAX, exact: bool = False) -> Any:
        answer = self._client.get(path, most=most)
        try:
            require_few_values(answer)
            return _exactly(answer) if exact else json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise Unreadable(f"an answer cannot be read: {error}") from None


class _NoLedger(Exception):
    """What answers is no ledger."""


def _claimed(answer: Any) -> Claimed:
    """Return what the server says of the ledger. Raises _NoLedger."""
    if not isinstance(answer, dict) or answer.keys().isdisjoint({"uuid", "size", "root"}):
        raise _NoLedger("it does not answer as a ledger does")
    odd = []
    size, uuid, id_, root = (answer.get(name) for name in ("size", "uuid", "id", "root"))
    if type(size) is not int or size < 0:
        odd.append(f"the ledger's size is {size!r}, which is no number of records")
    try:
        raw = bytes.fromhex(root or "")
        if len(raw) != HASH_SIZE:
            raise ValueError
    except (TypeError, ValueError):
        raw = b""
        odd.append(f"the ledger's root is {root!r}, which is no hash")
    for name, text in (("uuid", uuid), ("id", id_)):
        if not isinstance(text, str):
            odd.append(f"the ledger's {name} is {text!r}, which is no text")
    return Claimed(
        uuid if isinstance(uuid, str) else "",
        size if type(size) is int and size >= 0 else 0,
        raw,
        recorded_at=_recorded_at(answer.get("recorded_at", NOTHING)),
        id=str(id_),
        opened_as=answer.get("opened_as"),
        odd=tuple(odd),
    )


def _recorded_at(text: Any) -> Any:
    """Return microseconds since 1970 of the time that is served; what is no time of a log is handed out as it is."""
    try:
        return parse_time_as_micros(text)
    except (TypeError, ValueError):
        return NOTHING if text is None else text


def _goes_on(page: Any, rows: Any) -> bool:
    """Return whether another page follows. Raises ValueError where that would never end; of rows that come again and
    again, whoever compares them has enough (`derived`)."""
    following = page["next"]
    if following is not None and (not rows or not isinstance(following, str) or len(following) > CURSOR_LENGTH_MAX):
        raise ValueError
    return following is not None


def _exactly(text: bytes) -> Any:
    """Return JSON as canonical JSON means it: an integer that is not exact as a double is one (RFC 8785)."""

    def number(digits: str) -> int | float:
        whole = int(digits)
        return whole if abs(whole) <= SAFE_INTEGER_MAX else float(whole)

    with suppress(ValueError, OverflowError, RecursionError):
        require_few_values(text)
        return json.loads(text, parse_int=number)
    return None


def _units(text: Any, scale: int) -> Any:
    """Return minor units of an amount that is written with exactly the currency's digits; anything else as it is."""
    if not isinstance(text, str):
        return text
    whole, _, fraction = text.partition(".")
    if len(fraction) != scale or not whole.removeprefix("-").isdecimal() or not (fraction.isdecimal() or not scale):
        return text
    return int(whole + fraction)
