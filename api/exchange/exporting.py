"""Export of a ledger's whole log as static files (docs/export.md): for auditors, for archives, for another database.

Promises: `head.json` is written last, so that whoever reads it finds every file of that size; a second run writes only
what is new, and the memos of bundles in which something was erased since; a run that was broken off goes on where it
stopped; nothing is exported that does not hash to what it should.

Cost: a bundle of records in memory, and 32 bytes a record of a slice; four files for 256 records, each synced.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from api.audit.directory import ERASED, FORMAT, HEAD_FILE, make_body_path, read_head
from api.audit.sources import Unusable
from ledger.books.erasure import MemoErased
from ledger.errors import Corrupt
from ledger.journal import Ledger, Position, Record, Size
from ledger.merkle import HASH_SIZE
from ledger.notes import LogCheckpoint, NoteInvalid, make_origin
from ledger.store.journal import SqlJournal
from ledger.store.signed_checkpoints import Checkpoints, Signed
from ledger.tiles import (
    TILE_WIDTH,
    Bundle,
    Tile,
    compute_frontier,
    decode_bundle,
    encode_bundle,
    find_tile,
    grow,
    list_bundles,
    list_edge_tiles,
    list_root_tiles,
    list_tiles,
    make_node_source,
)

SLICE_RECORDS = 64 * TILE_WIDTH
"""After so many a run that is broken off goes on."""
PROGRESS_FILE = ".progress.json"

Told = Callable[[int, int], None]
"""Told how many records are written, and of how many."""


class ExportRefused(Exception):
    """Nothing can be exported there; the text says why."""


@dataclass(slots=True)
class ExportReport:
    """What an export did."""

    folder: str
    ledger: str
    origin: str | None
    size: Size = 0
    root: str = ""
    added: int = 0
    """Records that were not there before."""
    files: int = 0
    """Files written."""
    memos_rewritten: int = 0
    """Bundles of memos written again, because something in them was erased."""
    checkpoint: Size | None = None
    """Size of the signed checkpoint that is in it."""

    def to_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return asdict(self)


async def export_ledger(
    journal: SqlJournal,
    ledger: Ledger,
    folder: Path,
    *,
    origin: str | None,
    told: Told = lambda _done, _total: None,
) -> ExportReport:
    """Write the log into a folder: a new one, an empty one, or one with an earlier export of the same ledger. `origin`
    is this installation's name. Raises ExportRefused, OSError, and Corrupt where the log is not what it was."""
    return await _Export(journal, ledger, folder, origin, told).run()


class _Export:
    def __init__(self, journal: SqlJournal, ledger: Ledger, folder: Path, origin: str | None, told: Told) -> None:
        self._journal = journal
        self._ledger = ledger
        self._folder = folder
        self._told = told
        whole = None if origin is None else make_origin(origin, ledger.uuid)
        self._report = ExportReport(str(folder), ledger.uuid, whole)
        self._size = 0
        """What is on disk, partial tiles included."""
        self._erased: set[Position] = set()
        """Named by the MemoErased records of this run."""
        self._textless: set[Position] = set()
        """Of records that were read: the memo was erased already."""
        self._unsynced: set[Path] = set()

    async def run(self) -> ExportReport:
        report = self._report
        before = self._size = self._begun()
        while True:
            ledger = self._ledger = await self._found()
            if ledger.head.size < self._size:
                raise ExportRefused(f"the export has {self._size} records, but the ledger has only {ledger.head.size}")
            while self._size < ledger.head.size:
                await self._slice()
            if self._root_at(self._size) != ledger.head.root:
                raise Corrupt(what="the exported records differ from this ledger's log: the log was rewritten")
            await self._rewrite_memos()
            if await self._last_erasure() < self._size:
                break
            # Something was erased while it was read, by a record that came later: that one belongs to it.
        report.size, report.root, report.added = self._size, ledger.head.root.hex(), self._size - before
        await self._finish()
        return report

    # what is there

    def _begun(self) -> Size:
        """Return the size of what is in the folder and can be built on."""
        folder, uuid = self._folder, self._ledger.uuid
        self._make(folder)
        if not (folder / HEAD_FILE).exists() and not (folder / PROGRESS_FILE).exists():
            if any(folder.iterdir()):
                raise ExportRefused(f"{folder} is not empty, and it is not an export")
            self._save_progress(0)
            return 0
        sizes = [0]
        try:
            if (folder / HEAD_FILE).exists():
                head, _ = read_head(folder)
                sizes.append(head.size)
                if head.ledger != uuid:
                    raise ExportRefused(f"{folder} has the export of another ledger, {head.ledger}")
            if (folder / PROGRESS_FILE).exists():
                progress = json.loads((folder / PROGRESS_FILE).read_bytes())
                sizes.append(progress["size"])
                self._erased = set(progress["erased"])  # their bundles are not written again yet
                if progress["ledger"] != uuid:
                    raise ExportRefused(f"{folder} has the export of another ledger, {progress['ledger']}")
            self._edge(max(sizes))
        except (Unusable, ValueError, KeyError, TypeError, OSError) as error:
            raise ExportRefused(
                f"{folder} holds an export that is damaged ({error}): export into another folder"
            ) from None
        return max(sizes)

    async def _found(self) -> Ledger:
        ledger = await self._journal.find(self._ledger.uuid)
        if ledger is None:
            raise Corrupt(what=f"ledger {self._ledger.uuid} is gone")
        return ledger

    def _edge(self, size: Size) -> dict[int, bytes]:
        """Return the hashes of the partial tiles of a tree of this size."""
        return {tile.level: self._read(tile) for tile in list_edge_tiles(size)}

    def _root_at(self, size: Size) -> bytes:
        # A tile of a smaller tree is the beginning of what is there.
        found = {tile: self._read_wide(tile)[: tile.width * HASH_SIZE] for tile in list_root_tiles(size)}
        return compute_frontier(size, make_node_source(found)).compute_root()

    def _read_wide(self, tile: Tile) -> bytes:
        return self._read(find_tile(tile.level, tile.index, self._size))

    def _read(self, tile: Tile) -> bytes:
        hashes = (self._folder / tile.path).read_bytes()
        if len(hashes) != tile.width * HASH_SIZE:
            raise ValueError(f"{tile.path} has {len(hashes)} bytes")
        return hashes

    # a slice

    async def _slice(self) -> None:
        """Write the next records: their bundles, and the tiles above them."""
        start = self._size
        stop = min(self._ledger.head.size, (start // SLICE_RECORDS + 1) * SLICE_RECORDS)
        edge = self._edge(start)
        first = start - start % TILE_WIDTH
        leaves: list[bytes] = []
        bundle: list[Record] = []
        async for record in self._journal.read_range(self._ledger.serial, first, stop):
            self._check(record)
            if record.position >= start:
                leaves.append(record.leaf_hash)
            elif record.leaf_hash != _leaf(edge[0], record.position):
                raise Corrupt(what=f"the record at position {record.position} differs from the exported one")
            bundle.append(record)
            if len(bundle) == TILE_WIDTH or record.position == stop - 1:
                self._write_bundle(bundle)
                self._told(record.position + 1, self._ledger.head.size)
                bundle = []
        grown = grow(edge, start, leaves)
        for tile in list_tiles(stop, since=start):
            self._write(tile.path, grown[tile.level, tile.index])
        self._size = stop
        self._save_progress(stop)

    def _check(self, record: Record) -> None:
        """Raise Corrupt for what does not hash to what the record says."""
        members = record.envelope
        texts = None if record.memo is None else sha256(record.memo).hexdigest()
        if sha256(record.data).hexdigest() != members["data_sha256"] or (
            texts != members["memo_sha256"] and not record.memo_erased
        ):
            raise Corrupt(what=f"the hashes in the record at position {record.position} do not match its body or memo")
        if b"\n" in record.data or b"\n" in (record.memo or b""):
            raise Corrupt(what=f"the record at position {record.position} is not in canonical form")
        if record.memo_erased:
            self._textless.add(record.position)
        if members["type"] == "MemoErased" and isinstance(event := record.event, MemoErased):
            self._erased.add(event.position)

    def _write_bundle(self, records: list[Record]) -> None:
        bundle = Bundle(records[0].position // TILE_WIDTH, len(records))
        self._write(bundle.path, encode_bundle([record.record for record in records]))
        self._write(make_body_path("data", bundle), b"".join(record.data + b"\n" for record in records))
        self._write_memos(bundle, records)

    def _write_memos(self, bundle: Bundle, records: list[Record]) -> None:
        lines = (record.memo or (ERASED if record.memo_erased else b"") for record in records)
        self._write(make_body_path("memos", bundle), b"".join(line + b"\n" for line in lines))

    async def _rewrite_memos(self) -> None:
        """Take what was erased out of the bundles that were written with it."""
        for index in sorted({position // TILE_WIDTH for position in self._erased - self._textless}):
            bundle = Bundle(index, min(TILE_WIDTH, self._size - index * TILE_WIDTH))
            records = [each async for each in self._journal.read_range(self._ledger.serial, bundle.start, bundle.needs)]
            self._textless |= {record.position for record in records if record.memo_erased}
            self._write_memos(bundle, records)
            self._report.memos_rewritten += 1

    async def _last_erasure(self) -> Position:
        """Return the last of the records that erased what was found erased. Raises Corrupt where none did."""
        by = await self._journal.find_erasures(self._ledger.serial, self._textless)
        if missing := self._textless - by.keys():
            raise Corrupt(what=f"the memo at position {min(missing)} is missing, and no record says that it was erased")
        return max(by.values(), default=-1)

    # the end

    async def _finish(self) -> None:
        """Write the checkpoint and the head; then remove everything that this head needs no more."""
        kept = {bundle.path for bundle in list_bundles(self._size, since=self._size - self._size % TILE_WIDTH)}
        kept |= {make_body_path(kind, bundle) for kind in ("data", "memos") for bundle in _last_bundle(self._size)}
        kept |= {tile.path for tile in list_edge_tiles(self._size)}
        signed = await self._signed()
        if signed is not None:
            kept |= self._write_edge_of(signed.size)
            self._write("checkpoint", str(signed.note).encode())
            self._report.checkpoint = signed.size
        head: Mapping[str, Any] = {
            "format": FORMAT,
            "ledger": self._ledger.uuid,
            "origin": self._report.origin,
            "size": self._size,
            "root": self._report.root,
        }
        self._sync()
        self._write(HEAD_FILE, json.dumps(head, indent=2).encode() + b"\n")
        self._sync()
        (self._folder / PROGRESS_FILE).unlink(missing_ok=True)
        for folder in self._folder.rglob("*.p"):
            for file in folder.iterdir():
                if file.relative_to(self._folder).as_posix() not in kept:
                    file.unlink()
            if not any(folder.iterdir()):
                folder.rmdir()

    async def _signed(self) -> Signed | None:
        """Return the largest checkpoint that was signed for what is in the folder."""
        found = await Checkpoints(self._journal.database).find_latest_within(self._ledger.serial, self._size)
        if found is None:
            return None
        try:
            checkpoint = LogCheckpoint.parse(found.note.text)
        except NoteInvalid as error:
            raise Corrupt(what=f"the checkpoint signed for size {found.size} cannot be read: {error}") from None
        if (checkpoint.size, checkpoint.root) != (found.size, self._root_at(checkpoint.size)):
            raise Corrupt(what=f"the checkpoint signed for size {found.size} is that of another tree")
        return found

    def _write_edge_of(self, size: Size) -> set[str]:
        """Write the partial tiles of a smaller tree: who reads the checkpoint asks for these."""
        kept = set()
        for tile in list_edge_tiles(size):
            self._write(tile.path, self._read_wide(tile)[: tile.width * HASH_SIZE])
            kept.add(tile.path)
        for bundle in _last_bundle(size):
            wide = Bundle(bundle.index, min(TILE_WIDTH, self._size - bundle.start))
            records = decode_bundle((self._folder / wide.path).read_bytes())
            self._write(bundle.path, encode_bundle(records[: bundle.width]))
            kept.add(bundle.path)
        return kept

    # files

    def _save_progress(self, size: Size) -> None:
        self._sync()
        progress = {"ledger": self._ledger.uuid, "size": size, "erased": sorted(self._erased)}
        self._write(PROGRESS_FILE, json.dumps(progress).encode())

    def _write(self, path: str, content: bytes) -> None:
        """Replace a file; its content is on disk before its name is."""
        file = self._folder / path
        self._make(file.parent)
        new = file.with_name(f".{file.name}.new")
        with new.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        new.replace(file)
        self._unsynced.add(file.parent)
        self._report.files += 1

    def _make(self, folder: Path) -> None:
        """Make a folder and those above it, for their owner alone: an export has all that the books say."""
        if not folder.is_dir():
            if folder.parent != folder:
                self._make(folder.parent)
            folder.mkdir(mode=0o700, exist_ok=True)
            self._unsynced.add(folder.parent)

    def _sync(self) -> None:
        """Sync folders, so that names of files are on disk as well."""
        folders, self._unsynced = self._unsynced, set()
        if os.name != "posix":
            return
        for folder in folders:
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _leaf(tile: bytes, position: Position) -> bytes:
    at = position % TILE_WIDTH * HASH_SIZE
    return tile[at : at + HASH_SIZE]


def _last_bundle(size: Size) -> list[Bundle]:
    """Return the partial bundle of a log of this size, if it has one."""
    return list(list_bundles(size, since=size - size % TILE_WIDTH))
