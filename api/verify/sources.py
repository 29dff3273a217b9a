"""What an auditor may be given: a database, a directory, a URL. What each must be able to hand out, byte for byte.

A source is believed in nothing. It hands out what it has; holes and odd bytes are handed out as they are.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from ledger.tiles import Tile

PAGE_RECORDS = 500


class Unusable(Exception):
    """There is nothing to verify: no such file, no such ledger, no access. The text says what."""


class Broken(Exception):
    """The source stopped answering in the middle. The text says how."""


class NotServed(Exception):
    """The source does not hand this out. The text says why."""


class Withheld(Exception):
    """The source has this and does not hand it out: what is not shown counts as missing. The text says what it says."""


class Impossible(Exception):
    """What the source says of itself cannot be so. The text says what."""


class Stand(NamedTuple):
    """Which rows of a read model are shown, and of how many records they are."""

    generation: int
    applied: int


class Stored(NamedTuple):
    """A record as a source has it. None: it is not there, which for a memo may be right."""

    position: int
    record: bytes
    data: bytes | None
    memo: bytes | None
    id: str | None = None
    """What the source says beside the record, where it does: it must be what the record says."""
    recorded_at: int | None = None
    """Microseconds since 1970."""
    leaf_hash: bytes | None = None
    erased_by: int | None = None


class Signed(NamedTuple):
    """A signed note as a source has it, and what it says beside it, where it does: it must be what the note says."""

    note: str
    others: str = ""
    """Lines of other signers, below it."""
    size: int | None = None
    vkey: str | None = None
    signed_at: int | None = None
    """Microseconds since 1970."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a source says of its ledger's head."""

    ledger: str
    """The uuid."""
    size: int
    root: bytes
    frontier: bytes | None = None
    recorded_at: int | None = None
    """Microseconds since 1970, of the last record."""


Pages = Generator[Sequence[Stored], None, None]
"""Closed by whoever does not read them to the end."""


class Source(Protocol):
    """One ledger, as somebody has it."""

    title: str
    """What a report calls it; never with a password in it."""
    keeps_every_checkpoint: bool
    """Whether `checkpoints` are all that were ever signed, and not the last one alone."""

    def head(self) -> Claimed:
        """What it says that it has. Raises Unusable."""
        ...

    def last(self) -> int | None:
        """The last position there is, whatever the head says; None: that cannot be told."""
        ...

    def pages(self, start: int, stop: int) -> Pages:
        """What there is at positions [start, stop), in order. Raises Broken."""
        ...

    def record(self, position: int) -> Stored | None:
        """What there is at this position. Raises Broken."""
        ...

    def checkpoints(self) -> Iterable[Signed]:
        """The signed notes that it has, by size. Raises Withheld."""
        ...

    def tile(self, tile: Tile) -> bytes | None:
        """The hashes of a tile, all that it has; None: it has none. Raises NotServed and Withheld."""
        ...

    def odd_edges(self, size: int) -> Iterable[tuple[str, bool]]:
        """Files for a tree of this smaller size that are not the beginnings of those of the whole tree, and whether
        they are there at all. Nothing where a partial tile is no file of its own."""
        ...

    def reflected(self, projection: str) -> int:
        """The size at which it has what it shows of this; that of the head where it answers for any. Raises
        Impossible."""
        ...

    def rows(self, what: str) -> Iterator[tuple[Any, Any]]:
        """What it keeps or serves beside the log, as keys and values (see `served`). Raises NotServed and Withheld."""
        ...

    def stand(self, projection: str, tables: Sequence[str]) -> Stand:
        """How far the rows in these tables of a read model are said to be. Raises NotServed, Impossible and Broken."""
        ...

    def projected(self, table: str, columns: Sequence[str], key: Sequence[str], generation: int) -> Iterator[Any]:
        """These columns of the rows of one generation, in the order of the key. Raises Broken."""
        ...

    def close(self) -> None: ...


def chosen(ledgers: Iterable[tuple[str, str]], wanted: str | None) -> str:
    """The uuid of the ledger with this id or uuid, out of (uuid, id); of the only one where none is named. Raises
    Unusable."""
    known = list(ledgers)
    if not known:
        raise Unusable("there is no ledger in it")
    if wanted is None:
        if len(known) > 1:
            names = ", ".join(sorted(id_ for _, id_ in known)[:20])
            raise Unusable(f"there are {len(known)} ledgers in it; name one with --ledger: {names}")
        return known[0][0]
    for uuid, id_ in known:
        if wanted in (uuid, id_) or wanted.lower() == uuid:
            return uuid
    raise Unusable(f"there is no ledger {wanted!r} in it")
