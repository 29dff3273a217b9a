"""Proofs about a ledger's log, for HTTP and the command line. They are made of tiles and checked before they go out.

Cost of each: one statement for the tiles, one for the record. Hashes in the answers are in hex, as everywhere in this
API. In a receipt they are in base64, as its format wants.
"""

import asyncio
import time
from collections.abc import Iterable

from api.services import Services
from api.shapes.log import ConsistencyOut, InclusionOut
from ledger.errors import Corrupt, InvalidField, NotFound, ProjectionBehind
from ledger.journal import Ledger, Position, Record, Size
from ledger.merkle import Node, prove_consistency, prove_inclusion, verify_consistency, verify_inclusion
from ledger.notes import LogCheckpoint, SignedReceipt
from ledger.store.signed_checkpoints import Signed
from ledger.tiles import (
    Bundle,
    Tile,
    compute_frontier,
    encode_bundle,
    list_consistency_tiles,
    list_inclusion_tiles,
    list_root_tiles,
    make_node_source,
)
from projections.tiles import read_tiles

POLL_SECONDS = 0.2


async def make_inclusion_proof(
    services: Services, ledger: Ledger, position: Position, size: Size, *, timeout_seconds: float
) -> InclusionOut:
    """Return the proof that the record at `position` is in the tree of `size`. Raises InvalidField unless
    position < size, and what reading a projection raises."""
    if not 0 <= position < size:
        raise InvalidField(trouble=f"position {position} is not in a tree of size {size}", pointer="?position")
    record = await _read_record(services, ledger, position)
    proof, root = await _prove_inclusion(services, ledger, record, size, timeout_seconds)
    return {
        "position": position,
        "size": size,
        "leaf_hash": record.leaf_hash.hex(),
        "root": root.hex(),
        "proof": [each.hex() for each in proof],
    }


async def make_consistency_proof(
    services: Services, ledger: Ledger, from_size: Size, to_size: Size, *, timeout_seconds: float
) -> ConsistencyOut:
    """Return the proof that the tree of `to_size` extends that of `from_size`. Raises InvalidField unless
    0 < from_size <= to_size, and what reading a projection raises."""
    if not 0 < from_size <= to_size:
        trouble = f"there is no proof from size {from_size} to size {to_size}: send 1 <= from_size <= to_size"
        raise InvalidField(trouble=trouble, pointer="?from_size")
    tiles = [*list_root_tiles(from_size), *list_root_tiles(to_size), *list_consistency_tiles(from_size, to_size)]
    node = await _read_nodes(services, ledger, to_size, tiles, timeout_seconds)
    from_root, to_root = (
        compute_frontier(from_size, node).compute_root(),
        compute_frontier(to_size, node).compute_root(),
    )
    proof = prove_consistency(from_size, to_size, node)
    if not verify_consistency(from_size, to_size, from_root, to_root, proof):
        raise Corrupt(what=f"the tiles of ledger {ledger.uuid} contradict each other between {from_size} and {to_size}")
    return {
        "from_size": from_size,
        "to_size": to_size,
        "from_root": from_root.hex(),
        "to_root": to_root.hex(),
        "proof": [each.hex() for each in proof],
    }


async def make_receipt(
    services: Services, ledger: Ledger, position: Position, *, timeout_seconds: float
) -> SignedReceipt:
    """Return the receipt of the record at `position`: the record, its place, the proof and a signed checkpoint.

    Raises InvalidField where the log has no such record, and what `read_checkpoint` raises.
    """
    if not 0 <= position < ledger.head.size:
        raise InvalidField(trouble=f"the log has no record at position {position}", pointer="?position")
    deadline = time.monotonic() + timeout_seconds
    signed = await read_checkpoint(services, ledger, min_size=position + 1, timeout_seconds=timeout_seconds)
    record = await _read_record(services, ledger, position)
    left = max(0.0, deadline - time.monotonic())
    proof, root = await _prove_inclusion(services, ledger, record, signed.size, left)
    if LogCheckpoint.parse(signed.note.text).root != root:
        raise Corrupt(what=f"the checkpoint of ledger {ledger.uuid} at size {signed.size} is not of its tree")
    return SignedReceipt(position, tuple(proof), signed.note, record.record)


async def read_checkpoint(services: Services, ledger: Ledger, *, min_size: Size, timeout_seconds: float) -> Signed:
    """Return the ledger's latest signed checkpoint, of at least `min_size` records.

    Sign it now if this process has the key, else wait for it. Raises NotFound where there is none, SigningRefused,
    ProjectionBehind.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        signed = await services.checkpoints.read_latest(ledger.serial)
        if signed is not None and signed.size >= min_size:
            return signed
        if services.signer is not None:
            return await services.signer.sign(ledger.uuid, timeout_seconds=timeout_seconds)
        if min_size == 0 or time.monotonic() >= deadline:
            break
        await asyncio.sleep(min(POLL_SECONDS, timeout_seconds))
    if signed is None:
        raise NotFound(what="signed checkpoint of ledger", name=ledger.id)
    raise ProjectionBehind(projection="signed checkpoints", applied=signed.size, asked=min_size)


async def read_vkey(services: Services, ledger: Ledger) -> str:
    """Return the public key that verifies the ledger's latest checkpoint, under the name of its origin. Raises NotFound
    where nothing is signed here."""
    signed = await services.checkpoints.read_latest(ledger.serial)
    signer = services.signer
    if signer is not None and (signed is None or signed.verifier.public != signer.key.verifier.public):
        return str(signer.make_verifier(ledger.uuid))
    if signed is None:
        raise NotFound(what="signed checkpoint of ledger", name=ledger.id)
    return str(signed.verifier)


async def read_tile_file(services: Services, ledger: Ledger, tile: Tile, *, timeout_seconds: float) -> bytes:
    """Return the file of a tile. Raises NotFound where the ledger's tree has no such tile yet."""
    if tile.needs > ledger.head.size:
        raise NotFound(what="tile", name=tile.path)
    async with services.reader.open(ledger, "tiles", min_size=tile.needs, timeout_seconds=timeout_seconds) as reading:
        return (await read_tiles(reading.view("tiles"), [tile]))[tile]


async def make_entries_file(services: Services, ledger: Ledger, bundle: Bundle) -> bytes:
    """Return the file of an entry bundle, made from the journal. Raises NotFound where the ledger's log has no such
    bundle yet."""
    if bundle.needs > ledger.head.size:
        raise NotFound(what="entry bundle", name=bundle.path)
    records = await services.journal.read_entries(ledger.serial, bundle.start, bundle.start + bundle.width)
    if len(records) != bundle.width:
        raise Corrupt(what=f"the log of ledger {ledger.uuid} ends inside {bundle.path}, before its size")
    return encode_bundle(records)


async def _read_record(services: Services, ledger: Ledger, position: Position) -> Record:
    found = await services.journal.read(ledger.serial, position, 1)
    if not found:
        raise Corrupt(what=f"the log of ledger {ledger.uuid} ends at {position}, before its size")
    return found[0]


async def _prove_inclusion(
    services: Services, ledger: Ledger, record: Record, size: Size, timeout_seconds: float
) -> tuple[list[bytes], bytes]:
    """Return the inclusion proof of a record in the tree of `size`, and that tree's root."""
    tiles = [*list_root_tiles(size), *list_inclusion_tiles(record.position, size)]
    node = await _read_nodes(services, ledger, size, tiles, timeout_seconds)
    root = compute_frontier(size, node).compute_root()
    proof = prove_inclusion(record.position, size, node)
    if not verify_inclusion(record.leaf_hash, record.position, size, proof, root):
        raise Corrupt(
            what=f"the record at position {record.position} of ledger {ledger.uuid} is not the one in the tree"
        )
    return proof, root


async def _read_nodes(
    services: Services, ledger: Ledger, size: Size, tiles: Iterable[Tile], timeout_seconds: float
) -> Node:
    """Return a source of the nodes in these tiles, which are of trees up to `size`."""
    async with services.reader.open(ledger, "tiles", min_size=size, timeout_seconds=timeout_seconds) as reading:
        return make_node_source(await read_tiles(reading.view("tiles"), tiles))
