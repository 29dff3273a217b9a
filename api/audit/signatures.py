"""The signed checkpoints of a source: by keys of the policy, each for a tree that the log had, and none is gone."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from api.audit.parsing import RecordEnvelope, parse_micros
from api.audit.policy_and_state import SignedSeen, Visit
from api.audit.report import Check, FindingKind, Name, Report
from api.audit.sources import Claimed, LogSource, SignedNote, Unreadable, Withheld
from ledger.notes import KeyType, LogCheckpoint, Note, NoteInvalid, VerifierKey

CLOCKS_APART = dt.timedelta(hours=1)
"""The time of signing is not signed: it is wrong only where clocks cannot explain it."""


@dataclass(frozen=True, slots=True)
class Root:
    """A tree that somebody vouched for: the log must have had it."""

    size: int
    root: bytes
    signed_at: object = None
    """Microseconds since 1970."""


class Signatures:
    """Hands out the signed roots in the order of their sizes, and compares them with the log's as it grows."""

    def __init__(
        self,
        source: LogSource,
        claimed: Claimed,
        policy: Sequence[VerifierKey] | None,
        visit: Visit | None,
        report: Report,
        *,
        resumed: int,
        now: dt.datetime,
    ) -> None:
        """`resumed`: the size up to which an audit that was broken off has compared them."""
        self.seen: SignedSeen | None = None
        """What is to be remembered of them, once all were looked at."""
        self._source = source
        self._claimed = claimed
        self._policy = policy
        self._visit = visit
        self._report = report
        self._check = report[Name.SIGNATURES]
        self._now = now
        self._roots = self._since(resumed)
        self._next = next(self._roots, None)

    @property
    def due(self) -> int | None:
        """The size at which a root is wanted next."""
        return None if self._next is None else self._next.size

    def look(self, size: int, root: bytes | None, last: RecordEnvelope | None) -> None:
        """Compare the signed roots up to this size with the log's own, which is None where records are missing."""
        while (signed := self._next) is not None and signed.size <= size:
            if signed.size < size:
                self._check.fail(FindingKind.TAMPERING, f"the checkpoint for size {signed.size} is misplaced")
            elif root is None:
                self._check.skip(f"the signed tree of size {size}: records are missing")
            elif root != signed.root:
                self._check.fail(FindingKind.TAMPERING, f"at size {size} the log had another tree than the signed one")
            else:
                self._report.signed = size
                self._look_at_time(signed, last)
            self._next = next(self._roots, None)

    def end(self) -> None:
        """Look at those that are for a size that the log does not have."""
        for _ in self._roots:
            pass

    def _look_at_time(self, signed: Root, last: RecordEnvelope | None) -> None:
        """Say where the time beside a checkpoint cannot be right. It is no earlier than its last record, whose time may
        be ahead of every clock where one was wrong once."""
        if type(signed.signed_at) is not int or last is None:
            return
        apart, recorded_at = CLOCKS_APART // dt.timedelta(microseconds=1), parse_micros(last.time)
        if signed.signed_at < recorded_at - apart:
            what = f"the checkpoint of size {signed.size} is said to have been signed before its last record was there"
            self._check.fail(FindingKind.TAMPERING, what)
        elif signed.signed_at > max(parse_micros(self._now), recorded_at) + apart:
            what = f"the checkpoint of size {signed.size}: its row says a time at which it cannot have been signed"
            self._check.fail(FindingKind.TAMPERING, what)

    def _since(self, resumed: int) -> Iterator[Root]:
        for each in self._believed():
            if each.size >= resumed:
                yield each
            else:  # it was held against the tree before the audit was broken off
                self._report.signed = each.size

    def _believed(self) -> Iterator[Root]:
        """Yield the signed checkpoints, as far as they can be believed. All are looked at before this ends."""
        check = self._check
        if self._policy is None:
            check.skip("there is no policy, so it is unknown whose signatures to trust")
        found, seen = 0, _SeenBefore(self._source, self._visit, check)
        try:
            for signed in self._source.read_checkpoints():
                found += 1
                seen.take(signed)
                try:
                    yield from self._read(signed)
                except NoteInvalid as error:
                    check.fail(FindingKind.TAMPERING, f"a signed checkpoint: {error}")
            self.seen = seen.end()
        except Withheld as error:
            if self._policy is None:
                check.skip(str(error))
            else:
                check.fail(FindingKind.MISSING, f"the signed checkpoint that the policy requires: {error}")
            return
        except Unreadable as error:
            check.fail(FindingKind.MISSING, f"the signed checkpoints cannot be read: {error}")
            return
        if found == 0 and self._policy is not None:
            check.fail(FindingKind.MISSING, "there is no signed checkpoint, but the policy requires one")
        elif found == 0:
            check.skip("there is no signed checkpoint")
        elif self._policy is not None:
            check.done = True
            check.note(f"{found} signed")

    def _read(self, stored: SignedNote) -> Iterator[Root]:
        """Yield the root that a note vouches for. Raises NoteInvalid."""
        note = Note.parse(stored.note + stored.others)
        signed = LogCheckpoint.parse(note.text)
        if self._policy is not None:
            note.find_signers([*self._policy, *_renamed(self._policy, note)])
        for what in _misfits(stored, note, signed.size):
            self._check.fail(FindingKind.TAMPERING, f"the checkpoint of size {signed.size}: {what}")
        if signed.origin.rpartition("/")[2] != self._claimed.ledger:
            self._check.fail(FindingKind.TAMPERING, f"a signed checkpoint belongs to another log, {signed.origin}")
        elif signed.size > self._claimed.size:
            what = f"{signed.size} records were signed for, and there are {self._claimed.size}"
            self._check.fail(FindingKind.TAMPERING, what, self._claimed.size)
        else:
            for path, there in self._source.find_odd_edges(signed.size):
                what = "is not the beginning of the file of the whole tree" if there else "is missing"
                kind = FindingKind.TAMPERING if there else FindingKind.MISSING
                self._report[Name.TILES].fail(kind, f"{path} of the signed tree {what}")
            yield Root(signed.size, signed.root, stored.signed_at)


def _renamed(policy: Sequence[VerifierKey], note: Note) -> Iterator[VerifierKey]:
    """Yield the keys of the policy under the names under which they signed a note: what is pinned is the public key. A
    log's key signs under its own name and under the origin, which it did not always do."""
    for signature in note.signatures:
        for key in policy:
            named = key.rename(signature.name)
            if key.type is KeyType.NOTE and named.id == signature.key_id:
                yield named


def _misfits(stored: SignedNote, note: Note, size: int) -> Iterator[str]:
    """Yield what is beside a note and is not what the note says."""
    if stored.size is None:
        return
    if stored.size != size:
        yield f"its row says {stored.size}"
    try:
        note.find_signers([VerifierKey.parse(str(stored.vkey))])
    except NoteInvalid:
        yield "it is not signed by the key that its row names"
    if type(stored.signed_at) is not int:
        yield "its row says no time at which it was signed"


class _SeenBefore:
    """Whether the checkpoints that were there at the auditor's last visit are there still, in a database, which keeps
    all: none is ever signed for a size below one that was signed before, so that those up to a size never change."""

    def __init__(self, source: LogSource, visit: Visit | None, check: Check) -> None:
        self._source = source
        self._check = check
        self._before = None if visit is None else visit.signed
        self._digest = sha256()
        self._now = self._upto = SignedSeen(source.title, "", 0, 0, self._digest.hexdigest())
        """All of them, and those up to the size that was seen before."""

    def take(self, signed: SignedNote) -> None:
        """Take the next checkpoint."""
        note, before, size = signed.note.encode(errors="surrogatepass"), self._before, self._now.size
        self._digest.update(b"%d " % len(note) + note)
        self._now = SignedSeen(
            self._source.title,
            self._now.first or sha256(note).hexdigest(),
            signed.size if type(signed.size) is int else size,
            self._now.checkpoints + 1,
            self._digest.hexdigest(),
        )
        if before is not None and self._now.size <= before.size:
            self._upto = self._now

    def end(self) -> SignedSeen | None:
        """Note that no more come, and return what is to be remembered."""
        if not self._source.keeps_every_checkpoint:
            return self._before
        for size, _ in self._source.read_rows("cosignatures without a checkpoint"):
            self._check.fail(
                FindingKind.MISSING, f"a witness cosigned the checkpoint of size {size}, but it is missing"
            )
        if self._before is not None:
            self._compare(self._before)
        return self._now

    def _compare(self, before: SignedSeen) -> None:
        seen, found = before.checkpoints, self._upto.checkpoints
        if self._upto.sha256 == before.sha256:
            return
        what = f"of the {seen} checkpoints signed up to size {before.size} that you saw in {before.source}"
        if before.source != self._source.title and before.first != self._now.first:
            self._check.skip(f"{what} they were not compared, because this is another database")
        elif found < seen:
            self._check.fail(FindingKind.MISSING, f"{what}, {found} are there")
        else:
            self._check.fail(FindingKind.TAMPERING, f"{what}, some are others")
