"""Tiles: the names and counts that C2SP tlog-tiles gives, and proofs out of them equal to those over all leaves."""

from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger import merkle
from ledger.merkle import EMPTY_ROOT, HASH_SIZE, Node, hash_leaf, hash_node
from ledger.tiles import (
    ENTRY_BYTES_MAX,
    TILE_WIDTH,
    Bundle,
    Tile,
    compute_frontier,
    compute_tile_root,
    decode_bundle,
    encode_bundle,
    find_tile,
    grow,
    list_bundles,
    list_consistency_tiles,
    list_edge_tiles,
    list_inclusion_tiles,
    list_root_tiles,
    list_tiles,
    make_node_source,
    parse_path,
)

LARGE = 2**16 + 2_000
SIZES = (1, 2, 3, 7, 8, 9, 255, 256, 257, 511, 512, 513, 1003, 65_535, 65_536, 65_537, LARGE)
sizes = st.integers(1, LARGE) | st.sampled_from(SIZES)


@cache
def leaves() -> list[bytes]:
    return [hash_leaf(b"record %d" % number) for number in range(LARGE)]


@cache
def nodes() -> Node:
    return merkle.compute_nodes(leaves())


@cache
def grown() -> dict[tuple[int, int], bytes]:
    """Every tile of the large tree; the narrower tiles of smaller trees are slices of them."""
    return grow({}, 0, leaves())


def read(tiles: list[Tile]) -> dict[Tile, bytes]:
    return {tile: grown()[tile.level, tile.index][: tile.width * HASH_SIZE] for tile in tiles}


# --- names and counts


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 999), "tile/0/999"),
        (Tile(1, 1000, 1), "tile/1/x001/000.p/1"),
        (Tile(3, 1234067), "tile/3/x001/x234/067"),
        (Tile(63, 1234067, 255), "tile/63/x001/x234/067.p/255"),
        (Bundle(1234067, 8), "tile/entries/x001/x234/067.p/8"),
        (Bundle(5), "tile/entries/005"),
    ],
)
def test_a_path_is_the_one_that_the_specification_gives(tile: Tile | Bundle, path: str) -> None:
    assert tile.path == path
    assert parse_path(path) == tile


@given(level=st.integers(0, 63), index=st.integers(0, 2**63 - 1), width=st.integers(1, TILE_WIDTH))
def test_a_path_leads_back_to_its_tile(level: int, index: int, width: int) -> None:
    for each in (Tile(level, index, width), Bundle(index, width)):
        assert parse_path(each.path) == each


@pytest.mark.parametrize(
    "path",
    [
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001",
        "tile/0/X001/000",
        "tile/0/x001//000",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/0/٣٣٣",
        "tile/٣/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/" + "x001/" * 7 + "000",
        "tile/entries/x000/000",
        "tile/entries/000.p/256",
        "tile/data/000",
        "tile/0/../0/000",
        "tile/0/000\n",
        "",
    ],
)
def test_a_file_has_one_name(path: str) -> None:
    with pytest.raises(ValueError, match=r"tile|bundle"):
        parse_path(path)


def test_a_tree_of_70000_has_the_tiles_that_the_specification_counts() -> None:
    tiles = list(list_tiles(70_000))
    assert [tile for tile in tiles if tile.level == 0] == [*(Tile(0, index) for index in range(273)), Tile(0, 273, 112)]
    assert [tile for tile in tiles if tile.level > 0] == [Tile(1, 0), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(list_tiles(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(list_tiles(0)) == []
    assert list(list_bundles(257)) == [Bundle(0), Bundle(1, 1)]


@given(size=sizes, since=st.integers(0, LARGE))
def test_growing_adds_the_tiles_that_the_smaller_tree_lacked(size: int, since: int) -> None:
    since = min(size, since)
    assert set(list_tiles(size, since=since)) == set(list_tiles(size)) - set(list_tiles(since))
    assert set(list_bundles(size, since=since)) == set(list_bundles(size)) - set(list_bundles(since))
    assert all(tile.needs <= size for tile in list_tiles(size))
    assert all(bundle.needs <= size for bundle in list_bundles(size))
    assert list_edge_tiles(size) == [tile for tile in list_tiles(size) if tile.width < TILE_WIDTH]
    assert all(find_tile(tile.level, tile.index, size) == tile for tile in list_tiles(size))


# --- growing


@given(stops=st.lists(st.integers(0, 3_000), max_size=6))
@example(stops=[1, 255, 256, 257, 512])
def test_a_tree_grown_in_any_steps_has_the_same_tiles(stops: list[int]) -> None:
    stops = [*sorted(stops), 3_000]
    found: dict[tuple[int, int], bytes] = {}
    size = 0
    for stop in stops:
        edge = {tile.level: found[tile.level, tile.index] for tile in list_edge_tiles(size)}
        changed = grow(edge, size, leaves()[size:stop])
        for place, hashes in changed.items():
            assert hashes.startswith(found.get(place, b"")), "a tile only grows"
        found |= changed
        size = stop
    assert found == {(tile.level, tile.index): read([tile])[tile] for tile in list_tiles(3_000)}


def test_a_tile_holds_the_roots_of_the_tiles_below() -> None:
    for tile in list_tiles(LARGE):
        for number in range(tile.width):
            hash_ = grown()[tile.level, tile.index][number * HASH_SIZE : (number + 1) * HASH_SIZE]
            assert hash_ == nodes()(8 * tile.level, tile.index * TILE_WIDTH + number)
            if tile.level:
                assert hash_ == compute_tile_root(grown()[tile.level - 1, tile.index * TILE_WIDTH + number])


@pytest.mark.parametrize("edge", [{}, {0: b""}, {0: bytes(HASH_SIZE * 2)}, {0: bytes(HASH_SIZE), 1: bytes(HASH_SIZE)}])
def test_an_edge_of_another_tree_is_refused(edge: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="partial tiles"):
        grow(edge, 1, [hash_leaf(b"")])


def test_what_is_no_hash_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes long"):
        grow({}, 0, [b"short"])
    with pytest.raises(ValueError, match="256 hashes"):
        compute_tile_root(bytes(HASH_SIZE))
    with pytest.raises(ValueError, match="bytes long"):
        make_node_source({Tile(0, 0, 2): bytes(HASH_SIZE)})


# --- proofs


@given(size=sizes, data=st.data())
def test_an_inclusion_proof_out_of_tiles_is_the_one_over_all_leaves(size: int, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, size - 1) | st.sampled_from([0, size - 1]))
    tiles = list_inclusion_tiles(position, size)
    assert len(tiles) <= 2 * len({tile.level for tile in list_tiles(size)})
    assert set(tiles) <= set(list_tiles(size))
    proof = merkle.prove_inclusion(position, size, make_node_source(read(tiles)))
    assert proof == merkle.prove_inclusion(position, size, nodes())
    assert merkle.verify_inclusion(leaves()[position], position, size, proof, root(size))


@given(first=sizes, second=sizes)
@example(first=256, second=257)
@example(first=65_536, second=65_537)
def test_a_consistency_proof_out_of_tiles_is_the_one_over_all_leaves(first: int, second: int) -> None:
    first, second = sorted((first, second))
    tiles = list_consistency_tiles(first, second)
    assert len(tiles) <= 2 * len({tile.level for tile in list_tiles(second)})
    assert set(tiles) <= set(list_tiles(second))
    proof = merkle.prove_consistency(first, second, make_node_source(read(tiles)))
    assert proof == merkle.prove_consistency(first, second, nodes())
    assert merkle.verify_consistency(first, second, root(first), root(second), proof)


@pytest.mark.parametrize("size", SIZES)
def test_the_root_out_of_tiles_is_the_trees(size: int) -> None:
    frontier = compute_frontier(size, make_node_source(read(list_root_tiles(size))))
    assert frontier == merkle.EMPTY_FRONTIER.extend(leaves()[:size])
    assert frontier.compute_root() == root(size)


def test_the_empty_tree_needs_no_tile() -> None:
    assert list_root_tiles(0) == []
    assert compute_frontier(0, make_node_source({})).compute_root() == EMPTY_ROOT


def test_nodes_outside_of_the_tiles_at_hand_are_not_made_up() -> None:
    node = make_node_source(read([Tile(0, 0, 3)]))
    assert node(1, 0) == hash_node(*leaves()[:2])
    for level, index in ((1, 1), (0, 3), (0, 256), (8, 0)):
        with pytest.raises(KeyError):
            node(level, index)


def root(size: int) -> bytes:
    return compute_frontier(size, nodes()).compute_root()


# --- entry bundles


@given(records=st.lists(st.binary(max_size=300), max_size=TILE_WIDTH))
@example(records=[b""])
@example(records=[bytes(ENTRY_BYTES_MAX), b"x"])
def test_a_bundle_gives_its_records_back(records: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(records)) == records


def test_a_bundle_is_lengths_and_records() -> None:
    assert encode_bundle([b"ab", b"", b"c" * 258]) == b"\x00\x02ab\x00\x00\x01\x02" + b"c" * 258


@pytest.mark.parametrize("cut", [b"\x00", b"\x00\x02a", b"\x00\x01a\x00", b"\xff\xff"])
def test_a_bundle_that_was_cut_is_refused(cut: bytes) -> None:
    with pytest.raises(ValueError, match="middle of an entry"):
        decode_bundle(cut)


def test_a_record_that_fits_no_bundle_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        encode_bundle([bytes(ENTRY_BYTES_MAX + 1)])
