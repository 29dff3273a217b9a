"""An export as a source: static files, read by their names (docs/export.md).

A folder may hold anything: nothing is opened but plain files, and of each no more is read than a sound one can hold.
"""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from api.audit.sources import (
    LINE_BYTES_MAX,
    Claimed,
    Damaged,
    NotServed,
    Pages,
    SignedNote,
    Stand,
    StoredRecord,
    Unreadable,
    Unusable,
    split_into_pages,
)
from ledger.merkle import HASH_SIZE
from ledger.notes import NOTE_BYTES_MAX
from ledger.tiles import ENTRY_BYTES_MAX, TILE_WIDTH, Bundle, Tile, find_tile, list_bundles, list_edge_tiles

HEAD_FILE = "head.json"
HEAD_BYTES_MAX = 64 * 1024
TILE_BYTES_MAX = TILE_WIDTH * HASH_SIZE
BUNDLE_BYTES_MAX = TILE_WIDTH * (2 + ENTRY_BYTES_MAX)
FORMAT = 1
OPEN_BUNDLES = 8
"""Bundles that are kept for records that later ones name, where they are no larger than a page."""
MISSING_MAX = 1_000
"""After so many bundles that are not there nothing is looked for: whatever size a head claims, an audit ends."""
ERASED = b"null"
_LOG_ALONE = "an export holds the log and nothing beside it"


def make_body_path(kind: str, bundle: Bundle) -> str:
    """Return the path of a file of `data/…` or `memos/…`, which are named as the entry bundles are."""
    return bundle.path.replace("tile/entries/", f"{kind}/", 1)


def read_head(folder: Path) -> tuple[Claimed, str | None]:
    """Return what an export says that it has, and under which origin. Raises Unusable where anything is odd about
    it."""
    try:
        head, origin = _head_in(folder)
    except Damaged as error:
        raise Unusable(str(error)) from None
    if head.odd:
        raise Unusable(f"{folder / HEAD_FILE} cannot be read: {head.odd[0]}")
    return head, origin


def _head_in(folder: Path) -> tuple[Claimed, str | None]:
    """Return the head as `read_head` does, as far as it can be used. Raises Unusable where there is no head, and
    Damaged where it is none."""
    file = folder / HEAD_FILE
    if not file.exists():
        raise Unusable(f"{folder} is not an export: there is no {HEAD_FILE} in it")
    try:
        head = json.loads(_beginning(file, HEAD_BYTES_MAX) or b"")
        if not isinstance(head, dict) or "format" not in head:
            raise ValueError("it is no JSON object that names its format")
        if head["format"] != FORMAT:
            raise ValueError(f"its format is {head['format']!r}, and only {FORMAT} is known")
    except (OSError, ValueError, RecursionError) as error:
        raise Damaged(f"{file} cannot be read: {error}") from None
    ledger, origin, odd = head.get("ledger"), head.get("origin"), []
    size, root = head.get("size"), _hash_in(head.get("root"))
    if type(size) is not int or size < 0:
        odd.append(f"the head's size is {size!r}, which is no number of records")
        size = _records_there(folder)
    if root is None:
        odd.append(f"the head's root is {head.get('root')!r}, which is no hash")
    if not isinstance(ledger, str):
        odd.append(f"the head's ledger is {ledger!r}, which is no uuid")
    if not isinstance(origin, str | None):
        odd.append(f"the head's origin is {origin!r}, which is no text")
    claimed = Claimed(ledger if isinstance(ledger, str) else "", size, root or b"", odd=tuple(odd))
    return claimed, origin if isinstance(origin, str) else None


def _hash_in(text: Any) -> bytes | None:
    try:
        raw = bytes.fromhex(text)
    except (TypeError, ValueError):
        return None
    return raw if len(raw) == HASH_SIZE else None


def _records_there(folder: Path) -> int:
    """Return how many records the entry bundles have by their names."""
    index = 0
    while (folder / Bundle(index).path).is_file():
        index += 1
    partial = folder / f"{Bundle(index).path}.p"
    names = [each.name for each in partial.iterdir()] if partial.is_dir() else []
    widths = [int(name) for name in names if name.isdecimal() and len(name) <= 3]
    return index * TILE_WIDTH + max((width for width in widths if width < TILE_WIDTH), default=0)


class Directory:
    """An export directory."""

    keeps_every_checkpoint = False
    reads_on = True

    def __init__(self, folder: Path) -> None:
        """Open the folder of an export. Raises Unusable and Damaged."""
        self.title = str(folder)
        self._folder = folder
        self._head, self.origin = _head_in(folder)
        self._open: OrderedDict[int, list[StoredRecord]] = OrderedDict()

    def read_head(self) -> Claimed:
        return self._head

    def find_last(self) -> int | None:
        return None

    def read_pages(self, start: int, stop: int) -> Pages:
        missing, size = 0, self._head.size
        for bundle in list_bundles(min(stop, size), since=start):
            missing += 1
            for page in split_into_pages(self._bundle(bundle.index)):
                missing = 0
                # What a bundle holds beyond the head's size is handed out, so that it is found.
                wanted = [each for each in page if start <= each.position and (each.position < stop or stop >= size)]
                if wanted:
                    yield wanted
            if missing == MISSING_MAX:
                return

    def read_record(self, position: int) -> StoredRecord | None:
        if not 0 <= position < self._head.size:
            return None
        index, at = divmod(position, TILE_WIDTH)
        if index not in self._open:
            pages = split_into_pages(self._bundle(index))
            first = next(pages, [])
            if next(pages, None) is not None:  # it is too large to be kept
                return next(islice(self._bundle(index), at, None), None)
            self._open[index] = first
            if len(self._open) > OPEN_BUNDLES:
                self._open.popitem(last=False)
        self._open.move_to_end(index)
        found = self._open[index]
        return found[at] if at < len(found) else None

    def read_checkpoints(self) -> Iterable[SignedNote]:
        raw = self._read("checkpoint", NOTE_BYTES_MAX)
        return [] if raw is None else [SignedNote(raw.decode(errors="surrogateescape"))]

    def read_tile(self, tile: Tile) -> bytes | None:
        return self._read(tile.path, TILE_BYTES_MAX)

    def find_odd_edges(self, size: int) -> Iterable[tuple[str, bool]]:
        if size == self._head.size:
            return  # they are the files of the whole tree
        for tile in list_edge_tiles(size):
            whole = self.read_tile(find_tile(tile.level, tile.index, self._head.size)) or b""
            if (narrow := self.read_tile(tile)) != whole[: tile.width * HASH_SIZE]:
                yield tile.path, narrow is not None
        for bundle in list_bundles(size, since=size - size % TILE_WIDTH):
            records = self._records(self._whole(bundle.index)) or []
            narrow_records = self._records(bundle)
            if narrow_records != records[: bundle.width]:
                yield bundle.path, narrow_records is not None

    def find_reflected(self, projection: str) -> int:
        return self._head.size

    def read_rows(self, what: str) -> Iterator[tuple[Any, Any]]:
        raise NotServed(_LOG_ALONE)

    def find_stand(self, projection: str, tables: Sequence[str]) -> Stand:
        raise NotServed(_LOG_ALONE)

    def read_projected(self, table: str, columns: Sequence[str], key: Sequence[str], generation: int) -> Iterator[Any]:
        raise NotServed(_LOG_ALONE)

    def close(self) -> None:
        pass

    def _whole(self, index: int) -> Bundle:
        """Return the bundle of this number, as wide as it is in the whole log."""
        return Bundle(index, min(TILE_WIDTH, self._head.size - index * TILE_WIDTH))

    def _bundle(self, index: int) -> Iterator[StoredRecord]:
        """Yield the records of a bundle, as many as there are; nothing where its file is not there."""
        bundle = self._whole(index)
        records = self._records(bundle)
        if records is None:
            return
        data = self._parts(make_body_path("data", bundle), read_body, len(records))
        memos = self._parts(make_body_path("memos", bundle), read_memo, len(records))
        for at, (record, body, memo) in enumerate(zip(records, data, memos, strict=True)):
            yield StoredRecord(bundle.start + at, record, body, memo)

    def _records(self, bundle: Bundle) -> list[bytes] | None:
        raw = self._read(bundle.path, BUNDLE_BYTES_MAX)
        return None if raw is None else _entries(raw)

    def _parts(self, path: str, part: Callable[[bytes], bytes | None], count: int) -> Iterator[bytes | None]:
        """Yield the lines of a file of bodies or memos; None for those that are not there."""
        left = count
        file = self._open_file(path)
        if file is not None:
            try:
                with file:
                    while left and (line := file.readline(LINE_BYTES_MAX)).endswith(b"\n"):
                        left -= 1
                        # What stands behind the last line makes it another one.
                        yield part(line[:-1] if left else line[:-1] + _behind(file))
                    if left and line:
                        # It has no end, or is too long. No body or memo holds a newline, so with one it is none.
                        left -= 1
                        yield line + b"\n"
            except OSError as error:
                raise Unreadable(f"{path} cannot be read: {error}") from None
        yield from [None] * left

    def _read(self, path: str, most: int) -> bytes | None:
        """Return a file, or if it is longer than this, one byte more of it."""
        try:
            return _beginning(self._folder / path, most + 1)
        except OSError as error:
            raise Unreadable(f"{path} cannot be read: {error}") from None

    def _open_file(self, path: str) -> BinaryIO | None:
        try:
            return _opened(self._folder / path)
        except OSError as error:
            raise Unreadable(f"{path} cannot be read: {error}") from None


def _opened(file: Path) -> BinaryIO | None:
    """Open a plain file; None: there is nothing of this name. Raises OSError."""
    if not file.is_file():  # a pipe could keep us waiting for ever
        if file.exists():
            raise OSError("it is no file")
        return None
    return file.open("rb")


def _beginning(file: Path, most: int) -> bytes | None:
    """Return at most so many bytes of a file; None: there is none. Raises OSError."""
    opened = _opened(file)
    if opened is None:
        return None
    with opened:
        return opened.read(most)


def _behind(file: BinaryIO) -> bytes:
    more = file.read(1)
    return b"\n" + more if more else b""


def _entries(bundle: bytes) -> list[bytes]:
    """Return the entries of a bundle, and one more where there are too many. Where it ends in the middle of one, what
    there is of that: no record, as will be found out."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle) and len(entries) <= TILE_WIDTH:
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        entries.append(bundle[at + 2 : end])
        at = end
    return entries


def read_body(line: bytes) -> bytes | None:
    """Return the body in a line of a `data/` file."""
    return line or None


def read_memo(line: bytes) -> bytes | None:
    """Return the memo in a line of a `memos/` file; None: there never was one (an empty line), or it was erased
    (`null`)."""
    return None if line in (b"", ERASED) else line
