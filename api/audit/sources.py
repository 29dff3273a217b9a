"""What an auditor may be given: a database, a directory, a URL. What each must be able to hand out, byte for byte.

A source is believed in nothing. It hands out what it has; holes and odd bytes are handed out as they are.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypeVar

from ledger.tiles import Tile

R = TypeVar("R", bound=Sequence[Any])

PAGE_RECORDS = 500
PAGE_BYTES_MAX = 4 * 1024 * 1024
"""A page ends with the record that reaches this: what is in memory does not grow with what records hold."""
FEW_ROWS = 10
"""Read between two looks at how much they hold, which costs more for each alone."""
LINE_BYTES_MAX = 20 * 1024 * 1024
"""Of one body, one memo, or one record as JSON. What a client or an import may send is 16 MiB."""


class Unusable(Exception):
    """There is nothing to verify: no such file, no such ledger, no access. The text says what."""


class Damaged(Exception):
    """The source is there, and cannot be read from its very beginning. The text says how."""


class Unreadable(Exception):
    """Something of the source cannot be read, or it stopped answering. The text says how."""


class NotServed(Exception):
    """The source does not hand this out. The text says why."""


class Withheld(Exception):
    """The source has this and does not hand it out: what is not shown counts as missing. The text says what it says."""


class Impossible(Exception):
    """What the source says of itself cannot be so. The text says what."""


NOT_SAID = object()
"""Stands for what a source of an older version does not say."""
NOTHING = "nothing"
"""Stands for a value that is not there where one must be."""


class Stand(NamedTuple):
    """Which rows of a read model are shown, and of how many records they are."""

    generation: int
    applied: int


class StoredRecord(NamedTuple):
    """A record as a source has it. None: it is not there, which for a memo may be right."""

    position: int
    record: bytes
    data: bytes | None
    memo: bytes | None
    id: str | None = None
    """What the source says beside the record, where it does: it must be what the record says."""
    recorded_at: Any = None
    """Microseconds since 1970."""
    leaf_hash: bytes | None = None
    erased_by: int | None = None


class SignedNote(NamedTuple):
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
    """What a source says of its ledger's head. Members of the wrong type are handed out as far as they can be used,
    and said in `odd`."""

    ledger: str
    """The uuid."""
    size: int
    root: bytes
    frontier: Any = None
    """None: the source does not say; so with the next one."""
    recorded_at: Any = None
    """Microseconds since 1970, of the last record."""
    id: str | None = None
    """Under which id the source lists the ledger; None: it does not say."""
    opened_as: Any = NOT_SAID
    """The id that the source says the ledger was opened with, where it was imported under another; None: it was not."""
    id_of: str | None = None
    """The uuid of another ledger of this source whose own log says that this is its id."""
    odd: tuple[str, ...] = ()
    """What is wrong with the head in itself."""


Pages = Generator[Sequence[StoredRecord], None, None]
"""Closed by whoever does not read them to the end."""


class LogSource(Protocol):
    """One ledger, as somebody has it."""

    title: str
    """What a report calls it; never with a password in it."""
    keeps_every_checkpoint: bool
    """Whether `checkpoints` are all that were ever signed, and not the last one alone."""
    reads_on: bool
    """Whether records behind one that cannot be read can be read."""

    def read_head(self) -> Claimed:
        """Return what it says that it has. Raises Unusable."""
        ...

    def find_last(self) -> int | None:
        """Return the last position there is, whatever the head says; None: that cannot be told."""
        ...

    def read_pages(self, start: int, stop: int) -> Pages:
        """Yield what there is at positions [start, stop), in order. Raises Broken."""
        ...

    def read_record(self, position: int) -> StoredRecord | None:
        """Return what there is at this position. Raises Broken."""
        ...

    def read_checkpoints(self) -> Iterable[SignedNote]:
        """Return the signed notes that it has, by size. Raises Withheld."""
        ...

    def read_tile(self, tile: Tile) -> bytes | None:
        """Return the hashes of a tile, all that it has; None: it has none. Raises NotServed and Withheld."""
        ...

    def find_odd_edges(self, size: int) -> Iterable[tuple[str, bool]]:
        """Return files for a tree of this smaller size that are not the beginnings of those of the whole tree, and
        whether they are there at all. Nothing where a partial tile is no file of its own."""
        ...

    def find_reflected(self, projection: str) -> int:
        """Return the size at which it has what it shows of this; that of the head where it answers for any. Raises
        Impossible."""
        ...

    def read_rows(self, what: str) -> Iterator[tuple[Any, Any]]:
        """Yield what it keeps or serves beside the log, as keys and values (see `derived`). Raises NotServed and
        Withheld."""
        ...

    def find_stand(self, projection: str, tables: Sequence[str]) -> Stand:
        """Return how far the rows in these tables of a read model are said to be. Raises NotServed, Impossible and
        Broken."""
        ...

    def read_projected(self, table: str, columns: Sequence[str], key: Sequence[str], generation: int) -> Iterator[Any]:
        """Yield these columns of the rows of one generation, in the order of the key. Raises Broken."""
        ...

    def close(self) -> None: ...


class Listed(NamedTuple):
    """A ledger as a source lists it, and what the first record of its own log says that it is."""

    uuid: str
    id: str
    own_uuid: str | None = None
    own_id: str | None = None


def choose_ledger(ledgers: Sequence[Listed], wanted: str | None) -> int:
    """Return which of these has this id or uuid: by the list, else by its own log, whose row was changed then. Where
    there is only one, none needs to be named. Raises Unusable."""
    if not ledgers:
        raise Unusable("the source has no ledger")
    if wanted is None:
        if len(ledgers) > 1:
            names = ", ".join(sorted(each.id for each in ledgers)[:20])
            raise Unusable(f"the source has {len(ledgers)} ledgers; name one with --ledger: {names}")
        return 0
    by_row = [(each.uuid, each.id) for each in ledgers]
    by_log = [(each.own_uuid, each.own_id) for each in ledgers]
    for at, (uuid, id_) in enumerate([*by_row, *by_log]):
        if wanted in (uuid, id_) or wanted.lower() == uuid:
            return at % len(ledgers)
    raise Unusable(f"the source has no ledger {wanted!r}")


def split_into_pages(rows: Iterable[R], most: int = PAGE_RECORDS) -> Iterator[list[R]]:
    """Yield the rows, at most so many at once, and no more once they have PAGE_BYTES_MAX. Those before one that cannot
    be read are a page too; then it raises what reading that one raises."""
    left, page, page_bytes = iter(rows), list[R](), 0
    while True:
        begun = len(page)
        try:
            page.extend(islice(left, min(FEW_ROWS, most - begun)))  # what came before an exception stays in the list
        except Exception:
            if page:
                yield page
            raise
        if len(page) == begun:
            break
        page_bytes += sum([len(value) for row in page[begun:] for value in row if type(value) in _MEASURED])
        if len(page) == most or page_bytes >= PAGE_BYTES_MAX:
            yield page
            page, page_bytes = [], 0
    if page:
        yield page


_MEASURED = frozenset({bytes, str})
