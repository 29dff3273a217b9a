"""An export as a source: static files, read by their names (docs/export.md)."""

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from api.verify.sources import Broken, Claimed, NotServed, Pages, Signed, Stand, Stored, Unusable
from ledger.merkle import HASH_SIZE
from ledger.tiles import TILE_WIDTH, Bundle, Tile, bundles_of, edge_tiles, entries_in, tile_at

HEAD_FILE = "head.json"
HEAD_BYTES_MAX = 64 * 1024
FORMAT = 1
OPEN_BUNDLES = 8
MISSING_MAX = 1_000
"""After so many bundles that are not there nothing is looked for: whatever size a head claims, an audit ends."""
ERASED = b"null"
_LOG_ALONE = "an export holds the log and nothing beside it"


def body_path(kind: str, bundle: Bundle) -> str:
    """`data/…` and `memos/…` are named as the entry bundles are."""
    return bundle.path.replace("tile/entries/", f"{kind}/", 1)


def read_head(folder: Path) -> tuple[Claimed, str | None]:
    """What an export says that it holds, and under which origin. Raises Unusable."""
    file = folder / HEAD_FILE
    try:
        if file.stat().st_size > HEAD_BYTES_MAX:
            raise ValueError("it is too long")
        head = json.loads(file.read_bytes())
        root, size, ledger, origin = bytes.fromhex(head["root"]), head["size"], head["ledger"], head.get("origin")
        if len(root) != HASH_SIZE or type(size) is not int or size < 0 or not isinstance(ledger, str):
            raise ValueError("a member is not what it should be")
        if head["format"] != FORMAT:
            raise ValueError(f"its format is {head['format']!r}, and only {FORMAT} is known")
    except FileNotFoundError:
        raise Unusable(f"{folder} is not an export: there is no {HEAD_FILE} in it") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unusable(f"{file} cannot be read: {error}") from None
    return Claimed(ledger, size, root), origin if isinstance(origin, str) else None


class Directory:
    """An export directory."""

    keeps_every_checkpoint = False

    def __init__(self, folder: Path) -> None:
        """Raises Unusable."""
        self.title = str(folder)
        self._folder = folder
        self._head, self.origin = read_head(folder)
        self._open: OrderedDict[int, list[Stored]] = OrderedDict()

    def head(self) -> Claimed:
        return self._head

    def last(self) -> int | None:
        return None

    def pages(self, start: int, stop: int) -> Pages:
        missing = 0
        for bundle in bundles_of(min(stop, self._head.size), since=start):
            found = self._bundle(bundle.index)
            missing = 0 if found else missing + 1
            if missing == MISSING_MAX:
                return
            if start > bundle.start:
                found = [stored for stored in found if start <= stored.position]
            if bundle.width < TILE_WIDTH and stop < self._head.size:  # the rest of its file is another page's
                found = [stored for stored in found if stored.position < stop]
            if found:
                yield found

    def record(self, position: int) -> Stored | None:
        if not 0 <= position < self._head.size:
            return None
        index, at = divmod(position, TILE_WIDTH)
        found = self._open.get(index)
        if found is None:
            found = self._open[index] = self._bundle(index)
            if len(self._open) > OPEN_BUNDLES:
                self._open.popitem(last=False)
        self._open.move_to_end(index)
        return found[at] if at < len(found) else None

    def checkpoints(self) -> Iterable[Signed]:
        try:
            return [Signed((self._folder / "checkpoint").read_text(encoding="utf-8"))]
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise Broken(f"the file checkpoint cannot be read: {error}") from None

    def tile(self, tile: Tile) -> bytes | None:
        return self._read(tile.path)

    def odd_edges(self, size: int) -> Iterable[tuple[str, bool]]:
        if size == self._head.size:
            return  # they are the files of the whole tree
        for tile in edge_tiles(size):
            whole = self._read(tile_at(tile.level, tile.index, self._head.size).path) or b""
            if (narrow := self._read(tile.path)) != whole[: tile.width * HASH_SIZE]:
                yield tile.path, narrow is not None
        for bundle in bundles_of(size, since=size - size % TILE_WIDTH):
            records = [stored.record for stored in self._bundle(bundle.index)]
            if (raw := self._read(bundle.path)) is None or _entries(raw) != records[: bundle.width]:
                yield bundle.path, raw is not None

    def reflected(self, projection: str) -> int:
        return self._head.size

    def rows(self, what: str) -> Iterator[tuple[Any, Any]]:
        raise NotServed(_LOG_ALONE)

    def stand(self, projection: str, tables: Sequence[str]) -> Stand:
        raise NotServed(_LOG_ALONE)

    def projected(self, table: str, columns: Sequence[str], key: Sequence[str], generation: int) -> Iterator[Any]:
        raise NotServed(_LOG_ALONE)

    def close(self) -> None:
        pass

    def _bundle(self, index: int) -> list[Stored]:
        """The records of a bundle, as many as there are; nothing where its file is not there."""
        bundle = Bundle(index, min(TILE_WIDTH, self._head.size - index * TILE_WIDTH))
        raw = self._read(bundle.path)
        if raw is None:
            return []
        records = _entries(raw)
        data = self._parts(body_path("data", bundle), body_of, len(records))
        memos = self._parts(body_path("memos", bundle), memo_of, len(records))
        return [
            Stored(position, record, body, memo)
            for position, record, body, memo in zip(
                range(bundle.start, bundle.start + len(records)), records, data, memos, strict=True
            )
        ]

    def _parts(self, path: str, part: Callable[[bytes], bytes | None], count: int) -> list[bytes | None]:
        """The lines of a file of bodies or memos; None for those that are not there."""
        *lines, rest = (self._read(path) or b"").split(b"\n", count)
        if rest and len(lines) == count > 0:  # what stands behind the last line makes it another one
            lines[-1] += b"\n" + rest
        return [*map(part, lines), *[None] * (count - len(lines))]

    def _read(self, path: str) -> bytes | None:
        try:
            return (self._folder / path).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Broken(f"{path} cannot be read: {error}") from None


def _entries(bundle: bytes) -> list[bytes]:
    """The entries of a bundle, and where it ends in the middle of one, what there is of that: no record, as will be
    found out."""
    try:
        return entries_in(bundle)
    except ValueError:
        entries, at = [], 0
        while at < len(bundle):
            end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
            entries.append(bundle[at + 2 : end])
            at = end
        return entries


def body_of(line: bytes) -> bytes | None:
    """The body in a line of a `data/` file."""
    return line or None


def memo_of(line: bytes) -> bytes | None:
    """The memo in a line of a `memos/` file; None: there never was one (an empty line), or it was erased (`null`)."""
    return None if line in (b"", ERASED) else line
