"""RFC 9162 Merkle trees: a root that binds every record of a journal, and proofs that are short.

Promise: the hashes are those of RFC 9162 section 2.1 with SHA-256, so that any tool which knows
that RFC can check us; a verifier answers False, and never raises, whatever numbers and bytes a
stranger hands it. Pure functions.

Cost: appending is one leaf hash plus one node hash per record (amortised) on a state of at most
one hash per bit of the size. Making a proof asks for at most two stored nodes per level of the
tree; a proof holds at most one hash per level, plus one.

What a proof does not do: it does not establish the tree's size. Trees of different sizes can
share a leaf's path, so a size is to be trusted only when it came together with its root, in a
checkpoint.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from ledger.values import plain

HASH_SIZE = 32
"""Length of every hash here, in bytes."""

# Copying a hash that has begun costs half of beginning one: OpenSSL 3 looks its algorithm up anew.
_LEAF = sha256(b"\x00")
_NODE = sha256(b"\x01")

EMPTY_ROOT = sha256(b"").digest()
"""The root of the tree without leaves (RFC 9162 section 2.1.1)."""

Node = Callable[[int, int], bytes]
"""`node(level, index)`: the hash over leaves [index * 2**level, (index + 1) * 2**level).

Level 0 is the leaf hashes. Only perfect subtrees are ever asked for: these never change."""


def hash_leaf(record: bytes) -> bytes:
    """Return SHA-256(0x00 || record) (RFC 9162 section 2.1.1)."""
    begun = _LEAF.copy()
    begun.update(record)
    return begun.digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right) (RFC 9162 section 2.1.1)."""
    begun = _NODE.copy()
    begun.update(left + right)
    return begun.digest()


@plain
@dataclass(frozen=True, slots=True)
class Frontier:
    """What a tree must remember to grow: the roots of its perfect subtrees, largest first.

    There is one subtree per bit set in `size`; anything else is a ValueError.
    """

    size: int
    hashes: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError(f"size {self.size} does not go with {len(self.hashes)} hashes")
        for each in self.hashes:
            _require_hash(each)

    def extend(self, leaf_hashes: Iterable[bytes]) -> "Frontier":
        """Return the frontier after these leaves, in order; one node hash per leaf, amortised.

        Raises ValueError for a leaf hash that is not HASH_SIZE bytes long.
        """
        size, hashes = self.size, list(self.hashes)
        for leaf in leaf_hashes:
            if len(leaf) != HASH_SIZE:
                _require_hash(leaf)
            root, grown = leaf, size
            while grown & 1:  # a subtree of this height stands alone: the two become one
                root = hash_node(hashes.pop(), root)
                grown >>= 1
            hashes.append(root)
            size += 1
        return Frontier(size, tuple(hashes))

    def compute_root(self) -> bytes:
        """Return MTH of the tree (RFC 9162 section 2.1.1): its perfect subtrees, joined from the right."""
        return _join(self.hashes) if self.hashes else EMPTY_ROOT

    def to_bytes(self) -> bytes:
        """Return the hashes one after another; who stores them keeps the size beside them."""
        return b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, size: int, raw: bytes) -> "Frontier":
        """Return the frontier that `to_bytes` wrote; raises ValueError where `raw` does not fit `size`."""
        return cls(size, tuple(raw[at : at + HASH_SIZE] for at in range(0, len(raw), HASH_SIZE)))


EMPTY_FRONTIER = Frontier(0, ())


def compute_root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Return MTH over these leaf hashes (RFC 9162 section 2.1.1)."""
    return EMPTY_FRONTIER.extend(leaf_hashes).compute_root()


def compute_nodes(leaf_hashes: Sequence[bytes]) -> Node:
    """Return a source of nodes in memory, for small trees: one node hash per leaf, once."""
    levels = [list(leaf_hashes)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = zip(below[::2], below[1::2], strict=False)  # an odd one out has no sibling yet
        levels.append([hash_node(left, right) for left, right in pairs])

    def node(level: int, index: int) -> bytes:
        return levels[level][index]

    return node


def prove_inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """Return PATH(index, D[size]), from the leaf upwards (RFC 9162 section 2.1.3.1).

    Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of size {size}")
    path = []
    start, end = 0, size
    while end - start > 1:
        split = start + _left_width(end - start)
        if index < split:
            path.append(_range_root(split, end, node))
            end = split
        else:
            path.append(_range_root(start, split, node))
            start = split
    return path[::-1]


def prove_consistency(first: int, second: int, node: Node) -> list[bytes]:
    """Return PROOF(first, D[second]) (RFC 9162 section 2.1.4.1); empty where the two are equal.

    Raises ValueError unless 0 < first <= second: about the empty tree there is nothing to prove.
    """
    if not 0 < first <= second:
        raise ValueError(f"no consistency proof leads from size {first} to size {second}")
    proof = []
    start, end = 0, second
    while end != first:
        split = start + _left_width(end - start)
        if first <= split:
            proof.append(_range_root(split, end, node))
            end = split
        else:
            proof.append(_range_root(start, split, node))
            start = split
    if start:  # else the whole first tree is a subtree, and the verifier holds its root
        proof.append(_range_root(start, end, node))
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Return whether `proof` shows the leaf hash `leaf` at `index` of the tree (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes([leaf, *proof]):
        return False
    at, last = index, size - 1
    computed = leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            computed = hash_node(sibling, computed)
            at, last = _skip_lonely_levels(at, last)
        else:
            computed = hash_node(computed, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and computed == root


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Return whether `proof` shows the second tree to extend the first (RFC 9162 section 2.1.4.2).

    Equal sizes want equal roots and no proof. From size 0 nothing can be shown: False.
    """
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    # A first tree that is perfect is a node of the second: its root is where the proof starts.
    steps = [first_root, *proof] if first.bit_count() == 1 else list(proof)
    if not proof or not _are_hashes(steps):
        return False
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    computed_first = computed_second = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            computed_first = hash_node(step, computed_first)
            computed_second = hash_node(step, computed_second)
            at, last = _skip_lonely_levels(at, last)
        else:
            computed_second = hash_node(computed_second, step)
        at, last = at >> 1, last >> 1
    return last == 0 and computed_first == first_root and computed_second == second_root


def _left_width(width: int) -> int:
    """Return the largest power of two smaller than `width` > 1: how many leaves go left."""
    return 1 << (width - 1).bit_length() - 1


def _range_root(start: int, end: int, node: Node) -> bytes:
    """Return MTH(D[start:end]) of a subtree of the tree, from the perfect subtrees that it consists of."""
    perfect = []
    while start < end:
        level = (end - start).bit_length() - 1
        perfect.append(node(level, start >> level))
        start += 1 << level
    return _join(perfect)


def _join(perfect: Sequence[bytes]) -> bytes:
    """Return the root above these subtrees: the smallest two first, since the right edge is deepest."""
    root = perfect[-1]
    for left in perfect[-2::-1]:
        root = hash_node(left, root)
    return root


def _skip_lonely_levels(at: int, last: int) -> tuple[int, int]:
    """Climb past the levels where the node on the right edge has no sibling."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _are_hashes(candidates: Sequence[bytes]) -> bool:
    return all(len(each) == HASH_SIZE for each in candidates)


def _require_hash(candidate: bytes) -> None:
    if len(candidate) != HASH_SIZE:
        raise ValueError(f"a hash is {HASH_SIZE} bytes long, not {len(candidate)}")
