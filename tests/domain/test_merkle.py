"""RFC 9162 trees, held against published vectors and against the RFC's own recursive definition."""

import json
from base64 import b64decode
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.merkle import (
    EMPTY_FRONTIER,
    EMPTY_ROOT,
    HASH_SIZE,
    Frontier,
    Node,
    compute_nodes,
    compute_root,
    hash_leaf,
    hash_node,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)

LARGE = 70_000
sizes = st.integers(min_value=1, max_value=3_000)


# RFC 9162, written down as it stands there: sections 2.1.1, 2.1.3.1 and 2.1.4.1.


@cache
def leaf(number: int) -> bytes:
    return hash_leaf(b"record %d" % number)


@cache
def mth(start: int, end: int) -> bytes:
    """MTH(D[start:end])."""
    if end == start:
        return sha256(b"").digest()
    if end - start == 1:
        return leaf(start)
    k = largest_power_of_two_below(end - start)
    return sha256(b"\x01" + mth(start, start + k) + mth(start + k, end)).digest()


def path(m: int, start: int, end: int) -> list[bytes]:
    """PATH(m, D[start:end])."""
    if end - start == 1:
        return []
    k = largest_power_of_two_below(end - start)
    if m < k:
        return [*path(m, start, start + k), mth(start + k, end)]
    return [*path(m - k, start + k, end), mth(start, start + k)]


def subproof(m: int, start: int, end: int, *, complete: bool) -> list[bytes]:
    """SUBPROOF(m, D[start:end], complete)."""
    if m == end - start:
        return [] if complete else [mth(start, end)]
    k = largest_power_of_two_below(end - start)
    if m <= k:
        return [*subproof(m, start, start + k, complete=complete), mth(start + k, end)]
    return [*subproof(m - k, start + k, end, complete=False), mth(start, start + k)]


def largest_power_of_two_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def leaves(size: int) -> list[bytes]:
    return [leaf(number) for number in range(size)]


@cache
def nodes(size: int) -> Node:
    return compute_nodes(leaves(size))


def flipped(value: bytes, bit: int) -> bytes:
    at, mask = bit // 8 % len(value), 1 << bit % 8
    return value[:at] + bytes([value[at] ^ mask]) + value[at + 1 :]


def tampered(proof: Sequence[bytes], bit: int) -> list[list[bytes]]:
    """Every proof with one element changed by a bit, lost or doubled, and a proof too long."""
    proof = list(proof)
    changes: list[Callable[[bytes], list[bytes]]] = [
        lambda each: [flipped(each, bit)],
        lambda each: [],
        lambda each: [each, each],
        lambda each: [each[:-1]],
        lambda each: [each + b"\0"],
    ]
    wrong = [proof[:at] + change(proof[at]) + proof[at + 1 :] for at in range(len(proof)) for change in changes]
    return [*wrong, [*proof, bytes(HASH_SIZE)], [*proof, b""]]


# Published vectors.


def vectors(shared: Path, kind: str) -> list[tuple[str, dict[str, Any]]]:
    folder = shared / "vectors" / "rfc9162" / kind
    return [(str(file.relative_to(folder)), json.loads(file.read_text())) for file in sorted(folder.rglob("*.json"))]


def hashes(encoded: list[str] | None) -> list[bytes]:
    return [b64decode(each) for each in encoded or []]


def test_inclusion_is_judged_as_the_published_vectors_say(shared: Path) -> None:
    cases = vectors(shared, "inclusion")
    assert len(cases) == 98
    misjudged = [
        name
        for name, case in cases
        if case["wantErr"]
        is verify_inclusion(
            b64decode(case["leafHash"]),
            case["leafIdx"],
            case["treeSize"],
            hashes(case["proof"]),
            b64decode(case["root"]),
        )
    ]
    assert misjudged == []


def test_consistency_is_judged_as_the_published_vectors_say(shared: Path) -> None:
    cases = vectors(shared, "consistency")
    assert len(cases) == 98
    misjudged = [
        name
        for name, case in cases
        if case["wantErr"]
        is verify_consistency(
            case["size1"],
            case["size2"],
            b64decode(case["root1"]),
            b64decode(case["root2"]),
            hashes(case["proof"]),
        )
    ]
    assert misjudged == []


@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_the_vectors_hold_acceptances_and_refusals(shared: Path, kind: str) -> None:
    wanted = [case["wantErr"] for _, case in vectors(shared, kind)]
    assert (wanted.count(False), wanted.count(True)) == (6, 92)


# Roots and frontiers.


def test_the_hashes_are_domain_separated() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    # The first leaf of Certificate Transparency's own test data: an empty record.
    assert hash_leaf(b"").hex() == ("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
    left, right = leaf(0), leaf(1)
    assert hash_node(left, right) == sha256(b"\x01" + left + right).digest()
    assert hash_node(left, right) != hash_leaf(left + right)


def test_every_small_tree_has_the_root_that_the_rfc_defines() -> None:
    frontier = EMPTY_FRONTIER
    for size in range(300):
        assert frontier.compute_root() == compute_root(leaves(size)) == mth(0, size)
        frontier = frontier.extend([leaf(size)])


@given(chunks=st.lists(st.integers(min_value=0, max_value=700), max_size=8))
@example(chunks=[])
@example(chunks=[0, 1, 0, 1023, 1, 1])
def test_a_tree_grown_in_any_chunks_is_the_same_tree(chunks: list[int]) -> None:
    frontier = EMPTY_FRONTIER
    for chunk in chunks:
        size = frontier.size
        stored = Frontier.from_bytes(size, frontier.to_bytes())
        frontier = stored.extend(leaf(number) for number in range(size, size + chunk))
    assert frontier.size == sum(chunks)
    assert frontier == EMPTY_FRONTIER.extend(leaves(sum(chunks)))
    assert frontier.compute_root() == mth(0, sum(chunks))


@given(size=sizes)
def test_a_frontier_is_the_roots_of_the_perfect_subtrees(size: int) -> None:
    start, expected = 0, []
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            expected.append(nodes(size)(level, start >> level))
            start += 1 << level
    assert EMPTY_FRONTIER.extend(leaves(size)).hashes == tuple(expected)


def test_extending_leaves_the_old_frontier_as_it_was() -> None:
    three = EMPTY_FRONTIER.extend(leaves(3))
    before = three.to_bytes()
    assert three.extend([leaf(3)]).compute_root() == mth(0, 4)
    assert three.to_bytes() == before
    assert three.compute_root() == mth(0, 3)


@pytest.mark.parametrize(
    ("size", "raw"),
    [
        (0, bytes(32)),
        (1, b""),
        (1, bytes(31)),
        (1, bytes(33)),
        (1, bytes(64)),
        (3, bytes(32)),
        (4, bytes(64)),
        (-1, bytes(32)),
    ],
)
def test_a_frontier_that_does_not_fit_its_size_is_refused(size: int, raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"does not go with|bytes long"):
        Frontier.from_bytes(size, raw)


@pytest.mark.parametrize("wrong", [b"", bytes(31), bytes(33)])
def test_a_leaf_hash_of_the_wrong_length_is_refused(wrong: bytes) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        EMPTY_FRONTIER.extend([leaf(0), wrong, leaf(2)])


# Proofs.


def test_every_proof_of_every_small_tree_is_the_one_that_the_rfc_defines() -> None:
    for size in range(1, 66):
        node, root = nodes(size), mth(0, size)
        for index in range(size):
            proof = prove_inclusion(index, size, node)
            assert proof == path(index, 0, size)
            assert verify_inclusion(leaf(index), index, size, proof, root)
        for first in range(1, size + 1):
            proof = prove_consistency(first, size, node)
            assert proof == subproof(first, 0, size, complete=True)
            assert verify_consistency(first, size, mth(0, first), root, proof)


@given(size=sizes, data=st.data(), bit=st.integers(min_value=0, max_value=255))
def test_an_inclusion_proof_convinces_and_no_changed_one_does(size: int, data: st.DataObject, bit: int) -> None:
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    root, mine = mth(0, size), leaf(index)
    proof = prove_inclusion(index, size, nodes(size))
    assert proof == path(index, 0, size)
    assert verify_inclusion(mine, index, size, proof, root)

    assert not verify_inclusion(flipped(mine, bit), index, size, proof, root)
    assert not verify_inclusion(mine, index, size, proof, flipped(root, bit))
    for wrong in tampered(proof, bit):
        assert not verify_inclusion(mine, index, size, wrong, root)
    for place in range(size.bit_length() + 1):
        assert not verify_inclusion(mine, index ^ 1 << place, size, proof, root)


@given(second=sizes, data=st.data(), bit=st.integers(min_value=0, max_value=255))
def test_a_consistency_proof_convinces_and_no_changed_one_does(second: int, data: st.DataObject, bit: int) -> None:
    first = data.draw(st.integers(min_value=1, max_value=second))
    old, new = mth(0, first), mth(0, second)
    proof = prove_consistency(first, second, nodes(second))
    assert proof == subproof(first, 0, second, complete=True)
    assert verify_consistency(first, second, old, new, proof)

    assert not verify_consistency(first, second, flipped(old, bit), new, proof)
    assert not verify_consistency(first, second, old, flipped(new, bit), proof)
    for wrong in tampered(proof, bit):
        assert not verify_consistency(first, second, old, new, wrong)
    if first != second:
        assert not verify_consistency(second, first, new, old, proof)
        assert not verify_consistency(first, second, new, old, proof)


@given(second=sizes, data=st.data())
def test_a_rewritten_record_cannot_be_passed_off_as_growth(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(min_value=1, max_value=second))
    rewritten = data.draw(st.integers(min_value=0, max_value=first - 1))
    forged = leaves(second)
    forged[rewritten] = hash_leaf(b"forged")
    proof = prove_consistency(first, second, compute_nodes(forged))
    assert not verify_consistency(first, second, mth(0, first), compute_root(forged), proof)


def test_nonsense_is_refused_without_an_exception() -> None:
    root, mine = mth(0, 7), leaf(2)
    proof = prove_inclusion(2, 7, nodes(7))
    for index, size in [(-1, 7), (7, 7), (2, 0), (2, -7), (2, 2), (0, 0), (1 << 200, 1 << 201)]:
        assert not verify_inclusion(mine, index, size, proof, root)
    for wrong in [b"", mine[:-1], mine + b"\0"]:
        assert not verify_inclusion(wrong, 2, 7, proof, root)
        assert not verify_inclusion(wrong, 0, 1, [], wrong)
        assert not verify_inclusion(mine, 2, 7, proof, wrong)
    assert not verify_inclusion(mine, -1, 1, [], mine)
    # The same bytes, cut elsewhere: an even leaf stands on the left of its first sibling.
    recut = [proof[0][1:], *proof[1:]]
    assert not verify_inclusion(mine + proof[0][:1], 2, 7, recut, root)

    old, growth = mth(0, 4), prove_consistency(4, 7, nodes(7))
    for first, second in [(-4, 7), (4, -7), (0, 7), (0, 0), (7, 4), (4, 4), (4, 1 << 201)]:
        assert not verify_consistency(first, second, old, root, growth)
    assert not verify_consistency(0, 7, EMPTY_ROOT, root, [])
    assert not verify_consistency(4, 7, old[:-1], root, growth)
    assert not verify_consistency(4, 7, old, root, [])


def test_a_proof_does_not_establish_the_size_so_a_size_must_come_with_its_root() -> None:
    """No fault of ours: RFC 9162's algorithms see only the shape of the path."""
    proof = prove_inclusion(0, 7, nodes(7))
    assert all(verify_inclusion(leaf(0), 0, size, proof, mth(0, 7)) for size in (5, 6, 7, 8))
    growth = prove_consistency(4, 7, nodes(7))
    assert verify_consistency(1 << 200, 1 << 201, mth(0, 4), mth(0, 7), growth)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 5), (5, 5), (6, 5)])
def test_no_inclusion_proof_is_made_of_a_leaf_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="not in a tree"):
        prove_inclusion(index, size, nodes(5))


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 5), (-1, 5), (6, 5)])
def test_no_consistency_proof_is_made_backwards_or_from_nothing(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="no consistency proof"):
        prove_consistency(first, second, nodes(5))


# Size and cost.


def test_a_large_tree_keeps_its_promises_at_logarithmic_cost() -> None:
    stored, asked = compute_nodes(leaves(LARGE)), 0

    def counted(level: int, index: int) -> bytes:
        nonlocal asked
        asked += 1
        assert (index + 1) << level <= LARGE, "only perfect subtrees are asked for"
        return stored(level, index)

    frontier = EMPTY_FRONTIER.extend(leaves(LARGE))
    root = frontier.compute_root()
    assert root == mth(0, LARGE) == compute_root(leaves(LARGE))
    assert len(frontier.hashes) == LARGE.bit_count()
    height = (LARGE - 1).bit_length()
    for at in [0, 1, 4_095, 4_096, 65_534, 65_535, 65_536, 65_537, LARGE - 2, LARGE - 1]:
        asked = 0
        proof = prove_inclusion(at, LARGE, counted)
        assert verify_inclusion(leaf(at), at, LARGE, proof, root)
        assert asked <= 2 * height
        assert len(proof) <= height

        asked = 0
        proof = prove_consistency(at + 1, LARGE, counted)
        assert verify_consistency(at + 1, LARGE, mth(0, at + 1), root, proof)
        assert asked <= 2 * height
        assert len(proof) <= height + 1


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537])
def test_the_edges_of_a_power_of_two_are_no_edges(size: int) -> None:
    before = EMPTY_FRONTIER.extend(leaves(size))
    after = before.extend(leaf(number) for number in range(size, LARGE))
    proof = prove_consistency(size, LARGE, nodes(LARGE))
    assert verify_consistency(size, LARGE, before.compute_root(), after.compute_root(), proof)
    assert not verify_consistency(size, LARGE, after.compute_root(), before.compute_root(), proof)
