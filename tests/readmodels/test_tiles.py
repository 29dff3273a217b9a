"""The tree as tiles: whatever the batches, the rows are those of the whole log; a row only grows; faults are named."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from ledger import merkle
from ledger.journal import Record
from ledger.merkle import HASH_SIZE
from ledger.store.engine import Database
from ledger.tiles import (
    TILE_WIDTH,
    Tile,
    compute_frontier,
    grow,
    list_consistency_tiles,
    list_inclusion_tiles,
    list_root_tiles,
    list_tiles,
    make_node_source,
)
from projections.tiles import Leaves, Tiles, read_tiles, tiles
from tests.builders import transfer
from tests.readmodels.reading import (
    GENERATION,
    all_rows,
    apply,
    faults,
    new_ledger,
    reads_counted,
    statements_counted,
    viewing,
    write,
)
from tests.readmodels.records import posted, records
from tests.stores import Store, rebuild

TILES = Tiles()
LOG = records(posted(dt.date(2026, 1, 31), (0, 1, "EUR"), (1, -1, "EUR")) for _ in range(600))
LEAVES = [record.leaf_hash for record in LOG]
MANY = [merkle.hash_leaf(b"%d" % number) for number in range(TILE_WIDTH**2 + 700)]


def wanted(leaves: list[bytes]) -> dict[Tile, bytes]:
    """The tiles of a tree of these leaves, as `ledger.tiles` makes them."""
    grown = grow({}, 0, leaves)
    return {tile: grown[tile.level, tile.index] for tile in list_tiles(len(leaves))}


async def stored(database: Database, ledger: int) -> dict[Tile, bytes]:
    """The tiles that the rows are."""
    rows = (await all_rows(database, TILES, ledger))["tiles"]
    return {Tile(level, tile, len(hashes) // HASH_SIZE): hashes for _, level, tile, hashes in rows}


async def write_leaves(database: Database, ledger: int, leaves: list[bytes], *stops: int) -> None:
    """Write leaf hashes in batches, as if they were records'."""
    start = 0
    for stop in (*stops, len(leaves)):
        async with database.write.begin() as connection:
            await apply(connection, TILES, ledger, GENERATION, Leaves(start, leaves[start:stop]))
        start = stop


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(0, len(LOG)), stops=st.sets(st.integers(1, len(LOG)), max_size=5))
async def test_the_rows_are_the_tiles_whatever_the_batches(database: Database, size: int, stops: set[int]) -> None:
    ledger = new_ledger()
    await write(database, TILES, ledger, LOG[:size], stops={stop for stop in stops if stop < size})
    assert await stored(database, ledger) == wanted(LEAVES[:size])
    assert await faults(database, TILES, ledger) == []


async def test_what_a_row_holds_never_changes(database: Database) -> None:
    ledger = new_ledger()
    before: dict[tuple[int, int], bytes] = {}
    for start in range(0, 600, 60):
        async with database.write.begin() as connection:
            await apply(connection, TILES, ledger, GENERATION, TILES.fold(LOG[start : start + 60]))
        after = {(tile.level, tile.index): hashes for tile, hashes in (await stored(database, ledger)).items()}
        assert all(after[place].startswith(hashes) for place, hashes in before.items())
        before = after


@pytest.fixture
async def many(database: Database) -> int:
    """A ledger with a tree of three levels."""
    ledger = new_ledger()
    await write_leaves(database, ledger, MANY, 1, 300, TILE_WIDTH**2 - 1, TILE_WIDTH**2, TILE_WIDTH**2 + 1)
    return ledger


async def test_proofs_of_every_size_come_out_of_the_rows(database: Database, many: int) -> None:
    assert await stored(database, many) == wanted(MANY)
    nodes = merkle.compute_nodes(MANY)
    async with viewing(database, many, len(MANY)) as view:
        for size in (1, 2, 3, 255, 256, 257, 1003, TILE_WIDTH**2, TILE_WIDTH**2 + 1, len(MANY)):
            root = compute_frontier(
                size, make_node_source(await read_tiles(view, list_root_tiles(size)))
            ).compute_root()
            assert root == merkle.compute_root(MANY[:size])
            for position in {0, size // 2, size - 1}:
                node = make_node_source(await read_tiles(view, list_inclusion_tiles(position, size)))
                assert merkle.prove_inclusion(position, size, node) == merkle.prove_inclusion(position, size, nodes)
            for first in {1, (size + 1) // 2, size}:
                node = make_node_source(await read_tiles(view, list_consistency_tiles(first, size)))
                assert merkle.prove_consistency(first, size, node) == merkle.prove_consistency(first, size, nodes)


async def test_a_proof_is_one_statement_and_looks_rows_up_by_their_key(database: Database, many: int) -> None:
    asked = list_inclusion_tiles(len(MANY) // 2, len(MANY))
    async with viewing(database, many, len(MANY)) as view:
        async with statements_counted(view.connection) as sent:
            await read_tiles(view, asked)
            assert await read_tiles(view, []) == {}
        assert len(sent) == 1
        async with reads_counted(view.connection) as reads:
            await read_tiles(view, asked)
        assert reads.rows <= 2 * len(asked)


async def test_a_partial_tile_is_the_beginning_of_the_row(database: Database, many: int) -> None:
    async with viewing(database, many, len(MANY)) as view:
        found = await read_tiles(view, [Tile(0, 0), Tile(0, 0, 3), Tile(0, 0, 255)])
        assert found[Tile(0, 0, 3)] == found[Tile(0, 0)][: 3 * HASH_SIZE]
        assert len(found[Tile(0, 0, 255)]) == 255 * HASH_SIZE
        for missing in (Tile(0, 1_000_000), Tile(5, 0, 1), Tile(2, 0, 2)):
            with pytest.raises(LookupError):
                await read_tiles(view, [missing])


async def test_a_batch_costs_two_statements(database: Database, many: int) -> None:
    async with database.write.begin() as connection:
        async with statements_counted(connection) as sent:
            await apply(connection, TILES, many, GENERATION, Leaves(len(MANY), MANY[:600]))
        assert len(sent) == 2


async def test_rows_that_do_not_end_where_the_batch_begins_stop_the_projection(database: Database) -> None:
    ledger = new_ledger()
    await write_leaves(database, ledger, LEAVES[:10])
    for start in (0, 9, 11, 300):
        async with database.write.begin() as connection:
            if start:
                with pytest.raises(ValueError, match="partial tiles"):
                    await apply(connection, TILES, ledger, GENERATION, Leaves(start, LEAVES[:1]))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (update(tiles).where(tiles.c.level == 0, tiles.c.tile == 1).values(hashes=bytes(256 * 32)), "roots"),
        (update(tiles).where(tiles.c.level == 1, tiles.c.tile == 0).values(hashes=bytes(256 * 32)), "roots"),
        (update(tiles).where(tiles.c.level == 0, tiles.c.tile == 1).values(hashes=bytes(32)), "where the tiles before"),
        (update(tiles).where(tiles.c.level == 0, tiles.c.tile == 1).values(hashes=bytes(31)), "31 bytes"),
        (delete(tiles).where(tiles.c.level == 0, tiles.c.tile == 7), "where the tiles before"),
        (delete(tiles).where(tiles.c.level == 1, tiles.c.tile == 1), "as many hashes"),
        (delete(tiles).where(tiles.c.level == 2), "level 2 is missing"),
    ],
)
async def test_levels_that_do_not_agree_are_named(database: Database, many: int, change: object, named: str) -> None:
    assert await faults(database, TILES, many) == []
    async with database.write.begin() as connection:
        await connection.execute(change.where(tiles.c.ledger == many))  # type: ignore[attr-defined]
    assert any(named in fault for fault in await faults(database, TILES, many))


async def test_live_and_rebuilt_are_the_tiles_of_the_journal(store: Store) -> None:
    books = await store.books()
    for _ in range(3):
        await books.submit_all(*[transfer(f"{n}.00") for n in range(1, 120)])
        await store.project()
    ledger = await books.ledger()
    serial, head = ledger.serial, ledger.head
    log: list[Record] = await books.records()
    leaves = [record.leaf_hash for record in log]
    assert await stored(store.projections, serial) == wanted(leaves)
    async with store.reader().open(ledger, "tiles", min_size=head.size) as reading:
        view = reading.view("tiles")
        assert (
            compute_frontier(head.size, make_node_source(await read_tiles(view, list_root_tiles(head.size))))
            == head.frontier
        )
    report = await rebuild(store.journal, store.projections, TILES, serial)
    assert report.cut_over and not report.differences and not report.faults
    async with store.projections.read.connect() as connection:
        generations = (await connection.execute(select(tiles.c.generation).where(tiles.c.ledger == serial))).scalars()
        assert set(generations) == {1}
