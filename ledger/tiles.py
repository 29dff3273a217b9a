"""The tree cut into tiles as C2SP tlog-tiles defines them: files that never change, and all that a proof needs.

A tile of level L holds up to 256 consecutive hashes over 256**L leaves each; level 0 holds the leaf hashes, and every
other hash is the root of a full tile one level below. Entry bundles hold the records themselves. Pure functions,
standard library only; the hashing is `ledger.merkle`'s.

Proofs are made in two steps, so that no reading happens here: `list_inclusion_tiles` and its like say which tiles are
needed (at most two a level: a tree of n leaves has log256 n levels), then `make_node_source` makes of their bytes the
`Node` that `merkle.prove_inclusion` and `merkle.prove_consistency` ask. Making a proof hashes at most 255 nodes a tile.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ledger.merkle import (
    HASH_SIZE,
    Frontier,
    Node,
    hash_node,
    prove_consistency,
    prove_inclusion,
)

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
"""Hashes in a full tile, and records in a full bundle."""
LEVEL_MAX = 63
SIZE_MAX = 2**63 - 1
ENTRY_BYTES_MAX = 2**16 - 1
"""Of one record in a bundle, whose length is written in two bytes.

A record holds hashes, ids, times, an actor and a key of at most 255 characters, never an amount or a text: it stays
below 2,000 bytes. `encode_bundle` refuses one that does not fit rather than writing a bundle that nobody can read."""


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """A tile by its place: the first `width` hashes of number `index` of a level; less than TILE_WIDTH is partial."""

    level: int
    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not (0 <= self.level <= LEVEL_MAX and 0 <= self.index <= SIZE_MAX and 1 <= self.width <= TILE_WIDTH):
            raise ValueError(f"there is no tile {self.level}/{self.index} of width {self.width}")

    @property
    def path(self) -> str:
        """`tile/L/N[.p/W]`."""
        return f"tile/{self.level}/{_number_path(self.index, self.width)}"

    @property
    def needs(self) -> int:
        """The smallest tree that has it."""
        return (self.index * TILE_WIDTH + self.width) << (TILE_HEIGHT * self.level)


@dataclass(frozen=True, slots=True, order=True)
class Bundle:
    """An entry bundle by its place: the records from `start` on, `width` of them."""

    index: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        if not (0 <= self.index <= SIZE_MAX and 1 <= self.width <= TILE_WIDTH):
            raise ValueError(f"there is no entry bundle {self.index} of width {self.width}")

    @property
    def path(self) -> str:
        """`tile/entries/N[.p/W]`."""
        return f"tile/entries/{_number_path(self.index, self.width)}"

    @property
    def start(self) -> int:
        """The position of its first record."""
        return self.index * TILE_WIDTH

    @property
    def needs(self) -> int:
        """The smallest tree that has it."""
        return self.start + self.width


# --- paths -----------------------------------------------------------------------------------------------------------

# At most seven groups of three digits: no index of 63 bits has more.
_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?", re.ASCII)


def _number_path(index: int, width: int) -> str:
    """Return a number as a path: 1234067 is `x001/x234/067`. No folder gets more than a thousand entries, and none has
    the name of a file."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    whole = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return whole if width == TILE_WIDTH else f"{whole}.p/{width}"


def parse_path(path: str) -> Tile | Bundle:
    """Return the tile or bundle that a path names. Raises ValueError for a spelling that `path` does not give: a file
    has one name."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise ValueError(f"{path!r} is not the path of a tile")
    level, digits, width = found.groups()
    index = int(re.sub("[x/]", "", digits))
    wide = TILE_WIDTH if width is None else int(width)
    parsed = Bundle(index, wide) if level == "entries" else Tile(int(level), index, wide)
    if parsed.path != path:
        raise ValueError(f"{path!r} is written {parsed.path!r}")
    return parsed


# --- which tiles there are -------------------------------------------------------------------------------------------


def list_tiles(size: int, *, since: int = 0) -> Iterator[Tile]:
    """Yield the tiles of a tree of this size that one of size `since` does not have, level by level, in order.

    Partial ones are those at the right edge of `size`; earlier ones of the same tile are slices of its hashes.
    """
    level = 0
    while (hashes := size >> (TILE_HEIGHT * level)) > 0:
        before = since >> (TILE_HEIGHT * level)
        if hashes > before:
            yield from _spread(before, hashes, level)
        level += 1


def _spread(before: int, hashes: int, level: int) -> Iterator[Tile]:
    full, rest = divmod(hashes, TILE_WIDTH)
    yield from (Tile(level, index) for index in range(before // TILE_WIDTH, full))
    if rest:
        yield Tile(level, full, rest)


def list_bundles(size: int, *, since: int = 0) -> Iterator[Bundle]:
    """Yield the entry bundles of a log of this size that one of size `since` does not have, in order."""
    if size > since:
        yield from (Bundle(tile.index, tile.width) for tile in _spread(since, size, level=0))


def find_tile(level: int, index: int, size: int) -> Tile:
    """Return the tile of this place as wide as it is in a tree of this size. Raises ValueError where it has none."""
    return Tile(level, index, min(TILE_WIDTH, (size >> (TILE_HEIGHT * level)) - index * TILE_WIDTH))


def list_edge_tiles(size: int) -> list[Tile]:
    """Return the partial tiles of a tree of this size: what must be known for it to grow. At most one a level."""
    counts = ((level, size >> (TILE_HEIGHT * level)) for level in range(LEVEL_MAX + 1))
    return [find_tile(level, count // TILE_WIDTH, size) for level, count in counts if count % TILE_WIDTH]


# --- growing ---------------------------------------------------------------------------------------------------------


def compute_tile_root(hashes: bytes) -> bytes:
    """Return the hash that a full tile is in the level above. Raises ValueError unless it has TILE_WIDTH hashes."""
    if len(hashes) != TILE_WIDTH * HASH_SIZE:
        raise ValueError(f"a full tile holds {TILE_WIDTH} hashes: {len(hashes)} bytes are none")
    return _perfect_root(hashes)


def grow(edge: Mapping[int, bytes], size: int, leaf_hashes: Iterable[bytes]) -> dict[tuple[int, int], bytes]:
    """Return the hashes of every tile that changes or begins, by (level, index), when a tree of `size` leaves grows by
    these.

    `edge` holds the hashes of the partial tiles of the tree so far (`list_edge_tiles`), by level. What was there before
    is a prefix of what is returned. Raises ValueError where the edge is not that of such a tree.
    """
    wanted = {tile.level: tile.width * HASH_SIZE for tile in list_edge_tiles(size)}
    if wanted != {level: len(hashes) for level, hashes in edge.items()}:
        raise ValueError(f"these are not the partial tiles of a tree of {size} leaves")
    grown: dict[tuple[int, int], bytes] = {}
    level, count, added = 0, size, b"".join(leaf_hashes)
    if len(added) % HASH_SIZE:
        raise ValueError(f"a leaf hash is {HASH_SIZE} bytes long")
    while added:
        index, above = count // TILE_WIDTH, b""
        hashes = edge.get(level, b"") + added
        for at in range(0, len(hashes), TILE_WIDTH * HASH_SIZE):
            tile = hashes[at : at + TILE_WIDTH * HASH_SIZE]
            grown[level, index] = tile
            if len(tile) == TILE_WIDTH * HASH_SIZE:
                above += compute_tile_root(tile)
            index += 1
        level, count, added = level + 1, count >> TILE_HEIGHT, above
    return grown


# --- proofs ----------------------------------------------------------------------------------------------------------


def list_inclusion_tiles(position: int, size: int) -> list[Tile]:
    """Return the tiles that `merkle.prove_inclusion(position, size, …)` needs. Raises ValueError as it does."""
    return _list_needed(size, lambda node: prove_inclusion(position, size, node))


def list_consistency_tiles(first: int, second: int) -> list[Tile]:
    """Return the tiles that `merkle.prove_consistency(first, second, …)` needs. Raises ValueError as it does."""
    return _list_needed(second, lambda node: prove_consistency(first, second, node))


def list_root_tiles(size: int) -> list[Tile]:
    """Return the tiles that `compute_frontier(size, …)` needs, and with it the root."""
    return _list_needed(size, lambda node: compute_frontier(size, node))


def compute_frontier(size: int, node: Node) -> Frontier:
    """Return the frontier of the tree of this size; its `compute_root()` is the tree's."""
    start, hashes = 0, []
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            hashes.append(node(level, start >> level))
            start += 1 << level
    return Frontier(size, tuple(hashes))


def make_node_source(tiles: Mapping[Tile, bytes]) -> Node:
    """Return a source of nodes out of the bytes of tiles. A node outside of them is a KeyError; bytes that do not fit
    their tile are a ValueError, here."""
    for tile, hashes in tiles.items():
        if len(hashes) != tile.width * HASH_SIZE:
            raise ValueError(f"{tile.path} is {tile.width * HASH_SIZE} bytes long, not {len(hashes)}")
    at = {(tile.level, tile.index): hashes for tile, hashes in tiles.items()}

    def node(level: int, index: int) -> bytes:
        tile, start, width = _place(level, index)
        hashes = at[tile][start * HASH_SIZE : (start + width) * HASH_SIZE]
        if len(hashes) != width * HASH_SIZE:
            raise KeyError(f"node {level}/{index}")
        return _perfect_root(hashes)

    return node


def _list_needed(size: int, prove: Callable[[Node], object]) -> list[Tile]:
    """Return which tiles a proof asks for. It depends on sizes alone: the proof is made once with nothing in it."""
    asked: set[tuple[int, int]] = set()

    def node(level: int, index: int) -> bytes:
        asked.add(_place(level, index)[0])
        return bytes(HASH_SIZE)

    prove(node)
    return [find_tile(level, index, size) for level, index in sorted(asked)]


def _place(level: int, index: int) -> tuple[tuple[int, int], int, int]:
    """Return where the node over leaves [index * 2**level, …) is: in which tile, from which hash on, over how many
    hashes."""
    tile_level, height = divmod(level, TILE_HEIGHT)
    first = index << height
    return (tile_level, first // TILE_WIDTH), first % TILE_WIDTH, 1 << height


def _perfect_root(hashes: bytes) -> bytes:
    """Return the root above a power of two of hashes."""
    row = [hashes[at : at + HASH_SIZE] for at in range(0, len(hashes), HASH_SIZE)]
    while len(row) > 1:
        row = [hash_node(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


# --- entry bundles ---------------------------------------------------------------------------------------------------


def encode_bundle(records: Sequence[bytes]) -> bytes:
    """Return the records, each behind its length as two bytes, big-endian. Raises ValueError for one that is too
    long."""
    for record in records:
        if len(record) > ENTRY_BYTES_MAX:
            raise ValueError(f"a record of {len(record)} bytes does not fit into an entry bundle")
    return b"".join(len(record).to_bytes(2, "big") + record for record in records)


def decode_bundle(bundle: bytes) -> list[bytes]:
    """Return the records that `encode_bundle` wrote. Raises ValueError where the bytes end in the middle of an
    entry."""
    entries, at = [], 0
    while at < len(bundle):
        start = at + 2
        at = start + int.from_bytes(bundle[at:start], "big")
        if start > len(bundle) or at > len(bundle):
            raise ValueError("the entry bundle ends in the middle of an entry")
        entries.append(bundle[start:at])
    return entries
