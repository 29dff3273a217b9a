"""Sign each ledger's head as a checkpoint, but only if its tree extends every tree that was signed before.

Promise: no two signed checkpoints of a log contradict each other. The last signed checkpoint is in the journal's
database, and in a file beside the key. The file is written and synced before anybody sees the checkpoint. If somebody
restores an old backup of the database, the file shows it, and nothing is signed any more. Triggers keep signed rows
from being changed.

A checkpoint costs two reads of a few rows for the proof, one short write transaction on the journal's database, and two
fsyncs. One ledger is signed by one process at a time, under a lock on its row in `signing`.
"""

import asyncio
import functools
import logging
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from api.wording import spell_count
from ledger.dates import EPOCH
from ledger.errors import (
    Corrupt,
    DatabaseUnavailable,
    LedgerError,
    ProjectionBehind,
    SigningRefused,
    TimedOut,
)
from ledger.follow import Retries, Wakeup, repeat
from ledger.journal import Ledger, Size, is_uuid
from ledger.merkle import prove_consistency, verify_consistency
from ledger.notes import (
    KeyType,
    LogCheckpoint,
    Note,
    NoteInvalid,
    SigningKey,
    VerifierKey,
    make_origin,
    read_key,
    sign_checkpoint,
)
from ledger.sequencer import utc_now
from ledger.store.journal import SqlJournal
from ledger.store.signed_checkpoints import (
    Checkpoints,
    Signed,
    add_checkpoint,
    is_signed,
    lock_signing,
    note_refusal,
    read_latest_note,
)
from ledger.tiles import compute_frontier, list_consistency_tiles, list_root_tiles, make_node_source
from projections.reader import Reader, View
from projections.tiles import read_tiles

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.3
"""The least time between two checkpoints of one ledger, unless somebody asks for one."""
POLL_SECONDS = 0.3
TILES_WAIT_SECONDS = 5.0
REFUSED_PAUSE_SECONDS = 30.0
AT_ONCE = 4
"""Ledgers signed side by side, so that one whose tiles lag does not keep the others waiting."""


# --- what has been signed --------------------------------------------------------------------------------------------


async def find_last_signed(checkpoints: Checkpoints, ledger: Ledger, keys: Iterable[Path]) -> Note | None:
    """Return the largest checkpoint that was signed for the ledger, in the database or in the files beside these keys.
    No later checkpoint may contradict it. Raises NoteInvalid where one of the files cannot be read."""
    row = await checkpoints.read_latest(ledger.serial)
    texts = [await asyncio.to_thread(read_beside, key, ledger.uuid) for key in keys]
    notes = [Note.parse(text) for text in texts if text is not None] + ([] if row is None else [row.note])
    return max(notes, key=lambda note: LogCheckpoint.parse(note.text).size, default=None)


# --- signing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Before:
    """The last signed checkpoint as the text of a note: in the database, and in the file beside the key."""

    row: str | None
    file: str | None


class _NotKept(Exception):
    """The checkpoint could not be written beside the key, so nothing is signed."""


class Signer:
    """Signs the heads of all ledgers of one database with one key."""

    def __init__(
        self, journal: SqlJournal, reader: Reader, checkpoints: Checkpoints, *, key: Path, origin: str, grown: Wakeup
    ) -> None:
        """Sign with the key in the file `key`. `origin` is this installation's name. `grown` tells of commits."""
        self._journal = journal
        self._reader = reader
        self._checkpoints = checkpoints
        self._file = key
        self._origin = origin
        self._grown = grown
        self._done: dict[str, Size] = {}
        """The signed sizes that this process knows of, by ledger."""
        self._waiting: dict[str, Ledger] = {}
        """Heads to sign whose tiles were not there yet. They are kept because a log that grows all the time is always
        ahead of its tiles."""
        self._not_before: dict[str, float] = {}
        self._retries: dict[str, Retries] = {}
        """The retries of the ledgers that could not be signed at the last try."""

    @functools.cached_property
    def key(self) -> SigningKey:
        """The key. Raises NoteInvalid and OSError where its file does not hold one."""
        key = read_key(self._file)
        if key.verifier.type is not KeyType.NOTE:
            raise NoteInvalid(f"{self._file} is a cosigner's key, not a log's")
        return key

    def make_verifier(self, uuid: str) -> VerifierKey:
        """Return the public key, under the name that signs this ledger's checkpoints: their origin."""
        return self.key.verifier.rename(make_origin(self._origin, uuid))

    async def run(self) -> None:
        """Sign every ledger that grows, for ever, less than a second after it grew if its tiles keep up."""
        await repeat(self._round, "a round of signing", self._grown, POLL_SECONDS)

    async def _round(self) -> None:
        await self.sign_all()
        await asyncio.sleep(PAUSE_SECONDS)

    async def sign_all(self) -> None:
        """Sign the head of every ledger that has grown since this process looked last. If one ledger cannot be signed,
        log that, keep the reason, and go on with the others."""
        now = time.monotonic()
        due = [
            (serial, uuid)
            for serial, (uuid, size) in (await self._journal.read_extents()).items()
            if self._done.get(uuid) != size and self._not_before.get(uuid, 0) <= now
        ]
        limit = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(self._sign_due(serial, uuid, limit) for serial, uuid in due))

    async def _sign_due(self, serial: int, uuid: str, limit: asyncio.Semaphore) -> None:
        async with limit:
            try:
                waiting = self._waiting.get(uuid) or await self._find(uuid)
                self._waiting[uuid] = waiting
                signed = await self._sign(uuid, TILES_WAIT_SECONDS, waiting)
            except ProjectionBehind as error:
                log.warning("ledger %s is signed later: %s", uuid, error)
                return
            except Exception as error:  # noqa: BLE001  (it is logged)
                await self._put_off(serial, uuid, error)
            else:
                self._done[uuid] = signed.size
                self._retries.pop(uuid, None)
            self._waiting.pop(uuid, None)

    async def _put_off(self, serial: int, uuid: str, error: Exception) -> None:
        """Leave a ledger alone for a while. Refuse to sign it if its log is corrupt."""
        if isinstance(error, LedgerError) and not isinstance(error, DatabaseUnavailable | TimedOut):
            pause = REFUSED_PAUSE_SECONDS
        else:
            pause = self._retries.setdefault(uuid, Retries(f"signing ledger {uuid}")).note_failure(error)
        self._not_before[uuid] = time.monotonic() + pause
        if isinstance(error, Corrupt):
            await self._refuse(serial, uuid, str(error))

    async def sign(self, uuid: str, *, timeout_seconds: float = TILES_WAIT_SECONDS) -> Signed:
        """Return the signed checkpoint of the ledger's head. Sign it now unless it was signed before.

        Wait at most `timeout_seconds` for its tiles. Raises SigningRefused, ProjectionBehind, ProjectionBlocked,
        Corrupt.
        """
        return await self._sign(uuid, timeout_seconds)

    async def _find(self, uuid: str) -> Ledger:
        ledger = await self._journal.find(uuid)
        if ledger is None:
            raise Corrupt(what=f"ledger {uuid} is gone")
        return ledger

    async def _sign(self, uuid: str, timeout_seconds: float, waiting: Ledger | None = None) -> Signed:
        """Sign a head of this ledger. `waiting`: an earlier head, good enough while it is ahead of what was signed."""
        ledger = waiting or await self._find(uuid)
        while True:
            try:
                async with self._journal.database.read.connect() as connection:
                    before = await self._read_before(connection, ledger)
            except NoteInvalid as error:  # it is not known what was signed before, so nothing is signed
                await self._refuse(ledger.serial, uuid, str(error))
                raise SigningRefused(reason=str(error)) from None
            # The head is read after that, so everything signed before is at most as large as the head is now.
            now = await self._find(uuid)
            trouble, earlier = self._parse_earlier(now, before)
            if waiting is None or any(signed.size >= waiting.head.size for signed in earlier):
                waiting, ledger = None, now
            if trouble is None:
                trouble = await self._find_trouble(ledger, earlier, timeout_seconds)
            if trouble is not None:
                await self._refuse(ledger.serial, uuid, trouble)
                raise SigningRefused(reason=trouble)
            try:
                published = await self._publish(ledger, before)
            except _NotKept as error:
                await self._refuse(ledger.serial, uuid, str(error))
                raise SigningRefused(reason=str(error)) from error
            if published:
                signed = await self._checkpoints.find(ledger.serial, ledger.head.size)
                assert signed is not None, "it was just published"
                return signed

    async def _read_before(self, connection: AsyncConnection, ledger: Ledger) -> _Before:
        row = await read_latest_note(connection, ledger.serial)
        return _Before(row, await asyncio.to_thread(read_beside, self._file, ledger.uuid))

    def _parse_earlier(self, ledger: Ledger, before: _Before) -> tuple[str | None, list[LogCheckpoint]]:
        """Return the checkpoints signed before, with the reason in front if they show at once that the head contradicts
        them."""
        head, earlier = ledger.head, []
        for note, where in ((before.row, "the database"), (before.file, f"{find_folder_beside(self._file).name}/")):
            try:
                if note is not None:
                    earlier.append(LogCheckpoint.parse(Note.parse(note).text))
            except NoteInvalid as error:
                return f"the last signed checkpoint in {where} cannot be read: {error}", []
        for signed in earlier:
            if head.size < signed.size:
                records = spell_count(head.size, "record")
                reason = f"it has {records}, but size {signed.size} was signed before: was an old backup restored?"
                return reason, earlier
            if head.size == signed.size and head.root != signed.root:
                return f"another tree of the same size {head.size} was signed", earlier
        return None, earlier

    async def _find_trouble(
        self, ledger: Ledger, earlier: Sequence[LogCheckpoint], timeout_seconds: float
    ) -> str | None:
        """Return why this head must not be signed; None if it extends everything that was signed before."""
        size = ledger.head.size
        smaller = [signed for signed in earlier if signed.size < size]
        if earlier and not smaller:
            return None
        async with self._reader.open(ledger, "tiles", min_size=size, timeout_seconds=timeout_seconds) as reading:
            return await _find_contradiction(reading.view("tiles"), ledger, smaller)

    async def _publish(self, ledger: Ledger, before: _Before) -> bool:
        """Sign and write. Return False if another process did since `before` was read. Raises _NotKept."""
        size = ledger.head.size
        checkpoint = LogCheckpoint(make_origin(self._origin, ledger.uuid), size, ledger.head.root)
        note = str(sign_checkpoint(checkpoint, self.key))
        async with self._journal.database.write.begin() as connection:
            refused = await lock_signing(connection, ledger.serial)
            if await self._read_before(connection, ledger) != before:
                return False
            if refused is not None:
                await note_refusal(connection, ledger.serial, None)
            if not await is_signed(connection, ledger.serial, size):
                # The file first: it then has every checkpoint that anybody may have seen, even if the commit fails.
                try:
                    await asyncio.to_thread(self._write_last, ledger.uuid, note)
                except OSError as error:
                    what = error.strerror or error  # /ready shows it to anybody: no path of the machine
                    raise _NotKept(f"{find_folder_beside(self._file).name}/ cannot be written: {what}") from error
                signed_at = max(utc_now(), ledger.head.recorded_at or EPOCH)
                await add_checkpoint(connection, ledger.serial, size, note, str(self.key.verifier), signed_at)
        return True

    async def _refuse(self, serial: int, uuid: str, reason: str) -> None:
        log.critical("ledger %s is not signed: %s", uuid, reason)
        async with self._journal.database.write.begin() as connection:
            await note_refusal(connection, serial, reason)

    # the file beside the key

    def _write_last(self, uuid: str, note: str) -> None:
        """Replace the file beside the key, and return when the new one is on disk."""
        folder = find_folder_beside(self._file)
        folder.mkdir(mode=0o700, exist_ok=True)
        file, new = folder / uuid, folder / f".{uuid}.new"
        with new.open("w", encoding="utf-8") as opened:
            opened.write(note)
            opened.flush()
            os.fsync(opened.fileno())
        new.replace(file)
        _sync_folder(folder)
        _sync_folder(folder.parent)


def find_folder_beside(key: Path) -> Path:
    """Return the folder with the last checkpoints that the key in this file signed."""
    return key.with_name(f"{key.name}.d")


def read_beside(key: Path, uuid: str) -> str | None:
    """Return the note of the checkpoint that this key signed last for a ledger; None if there is none. Raises
    NoteInvalid where its file cannot be read."""
    assert is_uuid(uuid), "it becomes the name of a file"
    file = find_folder_beside(key) / uuid
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        what = getattr(error, "strerror", None) or error  # /ready shows it to anybody: no path of the machine
        raise NoteInvalid(f"the last signed checkpoint in {file.parent.name}/ cannot be read: {what}") from None


async def _find_contradiction(view: View, ledger: Ledger, earlier: Sequence[LogCheckpoint]) -> str | None:
    """Return why the head is not that of the tiles, or does not extend these smaller trees; None if it is and does."""
    size, root = ledger.head.size, ledger.head.root
    wanted = {
        *list_root_tiles(size),
        *(tile for each in earlier if each.size for tile in list_consistency_tiles(each.size, size)),
    }
    try:
        node = make_node_source(await read_tiles(view, wanted))
    except LookupError:
        return f"the tiles are incomplete at size {size}: rebuild the projection tiles"
    if compute_frontier(size, node).compute_root() != root:
        return (
            f"at size {size} the tiles give another root than the head: rebuild the projection tiles, and if that does "
            "not help, the records are not those that were written"
        )
    for each in earlier:
        if each.size and not verify_consistency(
            each.size, size, each.root, root, prove_consistency(each.size, size, node)
        ):
            return f"the tree of size {size} does not extend the signed tree of size {each.size}"
    return None


def _sync_folder(folder: Path) -> None:
    """Sync a folder to disk, so that a renamed file has its new name after a power failure."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
