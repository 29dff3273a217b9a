"""The log as bytes: hashes, envelopes that agree with each other, the tree; not what a record is about."""

from collections.abc import Callable, Iterator
from hashlib import sha256

from api.audit.index import AuditIndex, Used
from api.audit.parsing import RecordEnvelope, parse_time_as_micros, read_envelope
from api.audit.plain_records import Run
from api.audit.report import Check, FindingKind, Name, Report
from api.audit.sources import Claimed, Impossible, LogSource, NotServed, StoredRecord, Unreadable, Withheld
from ledger.merkle import EMPTY_FRONTIER, HASH_SIZE, Frontier, hash_leaf
from ledger.tiles import TILE_WIDTH, Tile, compute_tile_root


class LogAudit:
    """What the records so far amount to."""

    def __init__(self, claimed: Claimed, scratch: AuditIndex, report: Report, lose: Callable[[int, int], None]) -> None:
        """`lose` is told of so many records from a position on that are not there, or are none."""
        self.frontier: Frontier = EMPTY_FRONTIER
        self.last: RecordEnvelope | None = None
        self.next = 0
        """The position that comes next."""
        self.unread = 0
        """Records that are there and cannot be read."""
        self.holes = 0
        """Records that are missing: without them there is no root."""
        self.textless: dict[int, int | None] = {}
        """Positions of records whose memo is not there though there was one -> who the source says erased it."""
        self.command: tuple[str, int] = ("", 0)
        """The command of the last record, and the position of its first one."""
        self._claimed = claimed
        self._scratch = scratch
        self._lose = lose
        self._log, self._bodies = report[Name.LOG], report[Name.BODIES]
        self._leaves: list[bytes] = []

    def grow(self) -> list[bytes]:
        """Put the leaves since the last call into the tree."""
        leaves, self._leaves = self._leaves, []
        if not self.holes:
            self.frontier = self.frontier.extend(leaves)
        return leaves

    def follows(self, run: Run) -> bool:
        """Return whether a run goes on from the last record, with nothing wrong between the two."""
        last = self.last
        return (
            run.start == self.next
            and run.stop <= self._claimed.size
            and not self.holes
            and (last is None or (last.recorded_at <= run.first.recorded_at and last.command != run.first.command))
            and self._scratch.may_see(run.ids, run.keys)
        )

    def take_run(self, run: Run) -> None:
        """Take the next records, which `follows`."""
        self._leaves += run.leaves
        self._scratch.see_all(run.ids, run.start, run.leaves)
        for key, position in run.keys:
            self._scratch.use(key, Used(position, position, 1))
        self.last, self.next = run.last, run.stop
        self.command = (run.last.command, run.stop - 1)

    def take(self, stored: StoredRecord) -> RecordEnvelope | None:
        """Take the next record, and return its envelope, though what is wrong with it has been said; None: it cannot be
        read."""
        position, record, data, memo = stored[:4]
        if type(position) is not int or position < self.next:
            self._log.fail(FindingKind.TAMPERING, f"it is in the place of position {self.next}", position)
            return None
        if position > self.next:
            self.skip_to(position)
        self.next = position + 1
        if position >= self._claimed.size:
            self._log.fail(
                FindingKind.TAMPERING, f"the head says that the log has {self._claimed.size} records", position
            )
        leaf = hash_leaf(record)
        self._leaves.append(leaf)
        if stored.leaf_hash is not None and stored.leaf_hash != leaf:
            self._bodies.fail(
                FindingKind.TAMPERING,
                "the hash of the record is not the leaf hash that the server sends with it",
                position,
            )
        try:
            envelope = read_envelope(record)
        except ValueError as error:
            self._log.fail(FindingKind.TAMPERING, str(error), position)
            self._lose(position, 1)
            self.unread += 1
            return None
        self._look_at_place(stored, envelope, leaf)
        if memo is None:
            if envelope.memo_sha256 is not None:
                self.textless[position] = stored.erased_by
        elif sha256(memo).hexdigest() != envelope.memo_sha256:
            what = "there is a memo, and the record has none"
            if envelope.memo_sha256 is not None:
                what = "the memo does not hash to what the record says"
            self._bodies.fail(FindingKind.TAMPERING, what, position)
        if data is None:
            self._bodies.fail(FindingKind.MISSING, "the body is missing", position)
            self._lose(position, 1)
            return None
        if sha256(data).hexdigest() != envelope.data_sha256:
            self._bodies.fail(FindingKind.TAMPERING, "the hash of the body is not the one in the record", position)
        return envelope

    def end(self, size: int, why: str) -> None:
        """Note that no more records come, and so many there should have been."""
        if self.next < size:
            self.skip_to(size, why)

    def skip_to(self, position: int, why: str = "missing") -> None:
        """Note that the records before this position do not come."""
        many = position - self.next
        what = "this record is" if many == 1 else f"this record and the {many - 1} after it are"
        self._log.fail(FindingKind.MISSING, f"{what} {why}", self.next)
        self._lose(self.next, many)
        self.holes += many
        self.next = position

    def _look_at_place(self, stored: StoredRecord, envelope: RecordEnvelope, leaf: bytes) -> None:
        """Say where the envelope does not fit the place where it stands, or the record before it."""
        last, self.last = self.last, envelope
        fits = (
            envelope.position == str(stored.position)
            and envelope.ledger == self._claimed.ledger
            and (last is None or envelope.recorded_at >= last.recorded_at)
            and stored.id in (None, envelope.id)
            and stored.recorded_at in (None, parse_time_as_micros(envelope.recorded_at))
        )
        wrong = [] if fits else list(self._misfits(stored, envelope, last))
        if not self._scratch.see(envelope.id, stored.position, leaf):
            wrong.append("an earlier record has the same id")
        if (what := self._broken_command(stored.position, envelope, last)) is not None:
            wrong.append(what)
        for what in wrong:
            self._log.fail(FindingKind.TAMPERING, what, stored.position)

    def _misfits(self, stored: StoredRecord, envelope: RecordEnvelope, last: RecordEnvelope | None) -> Iterator[str]:
        """Yield what it is that does not fit."""
        if envelope.position != str(stored.position):
            yield f"the record says that it stands at position {envelope.position}"
        if envelope.ledger != self._claimed.ledger:
            yield f"the record says that it is one of ledger {envelope.ledger}"
        if last is not None and envelope.recorded_at < last.recorded_at:
            yield f"it was recorded at {envelope.recorded_at}, before the one before it"
        if stored.id not in (None, envelope.id):
            yield "the row says another id than the record"
        if stored.recorded_at not in (None, parse_time_as_micros(envelope.recorded_at)):
            yield "the row says another time than the record"

    def _broken_command(self, position: int, envelope: RecordEnvelope, last: RecordEnvelope | None) -> str | None:
        """Return what is wrong with the command that the record is said to belong to."""
        key = envelope.idempotency_key
        if last is not None and envelope.command == last.command:
            first = self.command[1]
            if key is not None:
                self._scratch.reuse(key, Used(first, position, position - first + 1))
            same = (envelope.actor, envelope.key, envelope.request, envelope.recorded_at)
            if same != (last.actor, last.key, last.request, last.recorded_at):
                return "two records of one command differ in actor, key, request or time"
            return None
        self.command = (envelope.command, position)
        if envelope.command != envelope.id:
            return "it belongs to a command that did not begin here"
        if key is not None and not self._scratch.use(key, Used(position, position, 1)):
            return "an earlier record has the same idempotency key"
        return None


class TilesAudit:
    """The tiles of the tree, made again and held against those that are served."""

    def __init__(self, source: LogSource, check: Check, reflected: int) -> None:
        """Compare nothing where it is not known how far the tiles are."""
        self._source = source
        self._check = check
        self.reflected = reflected
        """The size of the tree that is served."""
        self._stopped = bool(check.unchecked)
        self._ended = False
        self.rows: list[bytearray] = []
        """The hashes of the last tile of each level."""
        self.counts: list[int] = []
        """Full tiles of each level."""

    def stop(self, why: str) -> None:
        """Compare nothing from here on."""
        if not self._stopped:
            self._check.skip(why)
        self._stopped = True

    def take(self, leaves: list[bytes]) -> None:
        """Take the leaf hashes of the next records."""
        if self._stopped or self._ended:
            return
        left = self.reflected - self.size
        self._grow(0, leaves[:left])
        if len(leaves) >= left:
            self.end()

    @property
    def size(self) -> int:
        """How many leaves there are so far."""
        return self.counts[0] * TILE_WIDTH + len(self.rows[0]) // HASH_SIZE if self.rows else 0

    def end(self) -> None:
        """Compare the partial tiles at the right edge."""
        if self._ended:
            return
        self._ended = True
        for level, hashes in enumerate(self.rows):
            if hashes:
                self._compare(Tile(level, self.counts[level], len(hashes) // HASH_SIZE), bytes(hashes))
        if not self._stopped:
            self._check.done = True

    def _grow(self, level: int, hashes: list[bytes]) -> None:
        if level == len(self.rows):
            self.rows.append(bytearray())
            self.counts.append(0)
        row, above = self.rows[level], []
        for each in hashes:
            row += each
            if len(row) == TILE_WIDTH * HASH_SIZE:
                full = bytes(row)
                self._compare(Tile(level, self.counts[level]), full)
                above.append(compute_tile_root(full))
                self.counts[level] += 1
                row.clear()
        if above:
            self._grow(level + 1, above)

    def _compare(self, tile: Tile, hashes: bytes) -> None:
        if self._stopped:
            return
        try:
            served = self._source.read_tile(tile)
        except (NotServed, Impossible) as error:
            self.stop(str(error))
            return
        except (Withheld, Unreadable) as error:
            self._check.fail(FindingKind.MISSING, f"{tile.path}: {error}")
            self.stop("a tile is withheld or cannot be read")
            return
        self._check.done = True
        if served == hashes:
            return
        if served is None or len(served) < len(hashes):
            self._check.fail(FindingKind.MISSING, f"{tile.path} or a part of it is missing")
            return
        if len(served) > len(hashes):
            self._check.fail(FindingKind.TAMPERING, f"{tile.path} has more than its {tile.width} hashes")
        for at in range(0, len(hashes), HASH_SIZE):
            if served[at : at + HASH_SIZE] != hashes[at : at + HASH_SIZE]:
                first = tile.index * TILE_WIDTH + at // HASH_SIZE
                if tile.level == 0:
                    self._check.fail(FindingKind.TAMPERING, f"the record and {tile.path} have different hashes", first)
                else:
                    self._check.fail(
                        FindingKind.TAMPERING, f"{tile.path} does not have the root of tile {first} below it"
                    )
