"""The Merkle tree of each ledger as tiles (C2SP tlog-tiles). Proofs and auditors read them, and the signer checks them.

A row is a tile: up to 256 hashes of one level. At the right edge of the tree a tile grows until it is full. The hashes
in it never change, so its first W hashes are the partial tile W for ever. Entry bundles are not stored: they are made
of the journal's own rows on demand.

Rows: one for 256 records, and 1/255 of that for the levels above, 32 bytes a hash. Cost of a batch: two statements,
which read and write at most one partial tile a level besides the new ones. Cost of a proof: one statement for at most
two tiles a level, of which there are three up to 16 million records.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, LargeBinary, SmallInteger, Table, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.journal import Position, Record
from ledger.merkle import HASH_SIZE
from ledger.store.rows import Insert, fetch_in_pages
from ledger.tiles import TILE_WIDTH, Tile, compute_tile_root, grow, list_edge_tiles
from projections.checkpoints import Checkpoint
from projections.projection import fetch_keyed, make_generation_key, make_key_table, metadata
from projections.reader import View

# --- table -----------------------------------------------------------------------------------------------------------

tiles = Table(
    "tiles",
    metadata,
    *make_generation_key(),
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("tile", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)


_asked = make_key_table(*tiles.c["level", "tile"])
_these = select(
    *_asked.c,
    select(tiles.c.hashes)
    .where(
        tiles.c.ledger == bindparam("ledger"),
        tiles.c.generation == bindparam("generation"),
        tiles.c.level == _asked.c.level,
        tiles.c.tile == _asked.c.tile,
    )
    .scalar_subquery()
    .label("hashes"),
)
"""The hashes at each (level, tile) asked for; NULL where there is no such row."""


# --- fold ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Leaves:
    """The leaf hashes of consecutive records, the first of which is at `start`."""

    start: Position
    hashes: list[bytes]


class Tiles:
    """The projection `tiles`."""

    name = "tiles"
    needs: Sequence[str] = ()
    tables = (tiles,)

    def fold(self, records: Sequence[Record]) -> Leaves:
        return Leaves(records[0].position if records else 0, [record.leaf_hash for record in records])

    async def plan_changes(self, connection: AsyncConnection, checkpoint: Checkpoint, delta: Leaves) -> list[Insert]:
        if not delta.hashes:
            return []
        ledger, generation = checkpoint.ledger, checkpoint.generation
        at = {"ledger": ledger, "generation": generation}
        places = [(tile.level, tile.index) for tile in list_edge_tiles(delta.start)]
        known = await fetch_keyed(connection, _these, at, places)
        edge = {level: hashes for level, _, hashes in known if hashes is not None}
        grown = grow(edge, delta.start, delta.hashes)
        rows = [(ledger, generation, *place, hashes) for place, hashes in grown.items()]
        return [Insert(tiles, rows, replace=True)]

    async def find_faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
        """Return whether each level is without holes and consists of the roots of the full tiles below it. Level 0 is
        compared with the journal by signed checkpoints."""
        mine = (tiles.c.ledger == ledger) & (tiles.c.generation == generation)
        top = await connection.scalar(select(func.max(tiles.c.level)).where(mine))
        if top is None:
            return []
        found: list[str] = []
        roots: bytes | None = None  # of the full tiles of the level below; no level is below the leaves
        for level in range(top + 1):
            query = select(tiles.c.tile, tiles.c.hashes).where(mine, tiles.c.level == level).order_by(tiles.c.tile)
            faults, roots = await _level_faults(connection, query, level, roots)
            found += faults
        return found + ([f"level {top + 1} is missing"] if roots else [])


async def _level_faults(
    connection: AsyncConnection, query: Any, level: int, below: bytes | None
) -> tuple[list[str], bytes]:
    """Return what is wrong with one level, and the roots of its full tiles."""
    found: list[str] = []
    roots, expected, seen, width = bytearray(), 0, 0, TILE_WIDTH * HASH_SIZE
    async for row in fetch_in_pages(connection, query):
        if row.tile != expected or len(roots) != expected * HASH_SIZE:
            found.append(f"tile {row.tile} of level {level} is not where the tiles before it end")
        if not 0 < len(row.hashes) <= width or len(row.hashes) % HASH_SIZE:
            found.append(f"tile {row.tile} of level {level} has {len(row.hashes)} bytes")
        if below is not None and row.hashes != below[row.tile * width : row.tile * width + len(row.hashes)]:
            found.append(f"tile {row.tile} of level {level} does not hold the roots of the tiles below it")
        if len(row.hashes) == width:
            roots += compute_tile_root(row.hashes)
        seen = row.tile * width + len(row.hashes)
        expected = row.tile + 1
    if below is not None and seen != len(below):
        found.append(f"level {level} does not hold as many hashes as level {level - 1} has full tiles")
    return found, bytes(roots)


# --- queries ---------------------------------------------------------------------------------------------------------


async def read_tiles(view: View, wanted: Iterable[Tile]) -> dict[Tile, bytes]:
    """Return the hashes of these tiles, by one statement. Raises LookupError where one is not there as wide as it is
    wanted: ask only for tiles of a tree of at most `view.applied` records."""
    by_place: dict[tuple[int, int], list[Tile]] = {}
    for tile in wanted:
        by_place.setdefault((tile.level, tile.index), []).append(tile)
    at = {"ledger": view.ledger, "generation": view.generation}
    found: dict[Tile, bytes] = {}
    for level, index, hashes in await fetch_keyed(view.connection, _these, at, by_place):
        if hashes is not None:
            found |= {tile: hashes[: tile.width * HASH_SIZE] for tile in by_place[level, index]}
    for tile in (each for listed in by_place.values() for each in listed):
        if len(found.get(tile, b"")) != tile.width * HASH_SIZE:
            raise LookupError(f"{tile.path} is not among the tiles of ledger {view.ledger}")
    return found
