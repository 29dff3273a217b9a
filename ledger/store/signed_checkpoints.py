"""Signed checkpoints in the journal's database: what was signed, further signatures, and why nothing is signed."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.dates import to_micros
from ledger.errors import NotFound
from ledger.journal import Size
from ledger.notes import LogCheckpoint, Note, Signature, VerifierKey
from ledger.sequencer import utc_now
from ledger.store import tables as t
from ledger.store.engine import Database
from ledger.store.rows import Insert, insert_rows


@dataclass(frozen=True, slots=True)
class Signed:
    """A published checkpoint: the note with every signature below it, and the vkey of the log's own key."""

    size: Size
    note: Note
    vkey: str

    @property
    def verifier(self) -> VerifierKey:
        """The log's key under the name that matches the checkpoint's origin; before both names were signed under, under
        its own."""
        own = VerifierKey.parse(self.vkey)
        by_origin = own.rename(LogCheckpoint.parse(self.note.text).origin)
        signed = {(signature.name, signature.key_id) for signature in self.note.signatures}
        return by_origin if (by_origin.name, by_origin.id) in signed else own


_of_ledger = t.signed_checkpoints.c.ledger == bindparam("ledger")
_latest = select(t.signed_checkpoints).where(_of_ledger).order_by(t.signed_checkpoints.c.size.desc()).limit(1)
_latest_within = (
    select(t.signed_checkpoints)
    .where(_of_ledger, t.signed_checkpoints.c.size <= bindparam("size"))
    .order_by(t.signed_checkpoints.c.size.desc())
    .limit(1)
)
_at_size = select(t.signed_checkpoints).where(_of_ledger, t.signed_checkpoints.c.size == bindparam("size"))
_lines = (
    select(t.cosignatures.c.line)
    .where(t.cosignatures.c.ledger == bindparam("ledger"), t.cosignatures.c.size == bindparam("size"))
    .order_by(t.cosignatures.c.added_at, t.cosignatures.c.line)
)


any_refused = select(exists().where(t.signing.c.refused.is_not(None)))


class Checkpoints:
    """The signed checkpoints of every ledger in one database, whoever signs them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_latest(self, ledger: int) -> Signed | None:
        """Return the largest that was signed, by the ledger's serial."""
        return await self._one(_latest, ledger=ledger)

    async def find(self, ledger: int, size: Size) -> Signed | None:
        """Return the one of this size."""
        return await self._one(_at_size, ledger=ledger, size=size)

    async def find_latest_within(self, ledger: int, size: Size) -> Signed | None:
        """Return the largest that was signed of at most this size."""
        return await self._one(_latest_within, ledger=ledger, size=size)

    async def _one(self, query: Any, **asked: int) -> Signed | None:
        async with self._database.snapshot() as connection:
            row = (await connection.execute(query, asked)).first()
            if row is None:
                return None
            lines = await connection.scalars(_lines, {"ledger": row.ledger, "size": row.size})
            note = Note.parse(row.note).add_signatures(map(Signature.parse, lines))
        return Signed(row.size, note, row.vkey)

    async def has_refused(self) -> bool:
        """Return whether nothing is signed for some ledger. It costs one look into an index."""
        async with self._database.read.connect() as connection:
            return bool(await connection.scalar(any_refused))

    async def list_refused(self) -> dict[int, str]:
        """Return the ledgers for which nothing is signed, by serial, and why."""
        query = select(t.signing.c.ledger, t.signing.c.refused).where(t.signing.c.refused.is_not(None))
        async with self._database.read.connect() as connection:
            return {row.ledger: row.refused for row in await connection.execute(query)}

    async def read_sizes(self) -> dict[int, Size]:
        """Return up to which size each ledger is signed, by serial; a ledger of which nothing is signed is not
        there."""
        query = select(t.signed_checkpoints.c.ledger, func.max(t.signed_checkpoints.c.size))
        async with self._database.read.connect() as connection:
            rows = await connection.execute(query.group_by(t.signed_checkpoints.c.ledger))
            return {row[0]: row[1] for row in rows}

    async def release(self, ledger: int) -> None:
        """Forget that anything is refused, until somebody tries to sign and finds a reason again."""
        async with self._database.write.begin() as connection:
            await note_refusal(connection, ledger, None)

    async def add_signatures(self, ledger: int, size: Size, signatures: Sequence[Signature]) -> None:
        """Publish more signatures of the checkpoint of this size; those that are there already stay. The caller has
        verified them. Raises NotFound."""
        async with self._database.write.begin() as connection:
            row = (await connection.execute(_at_size, {"ledger": ledger, "size": size})).first()
            if row is None:
                raise NotFound(what="signed checkpoint of size", name=size)
            known = set(await connection.scalars(_lines, {"ledger": ledger, "size": size}))
            known |= {str(signature).rstrip("\n") for signature in Note.parse(row.note).signatures}
            lines = dict.fromkeys(str(signature).rstrip("\n") for signature in signatures)
            now = to_micros(utc_now())
            rows = [(ledger, size, line, now) for line in lines if line not in known]
            await insert_rows(connection, Insert(t.cosignatures, rows, names=("ledger", "size", "line", "added_at")))


async def read_latest_note(connection: AsyncConnection, ledger: int) -> str | None:
    """Return the text of the note that was signed last."""
    row = (await connection.execute(_latest, {"ledger": ledger})).first()
    return None if row is None else str(row.note)


async def lock_signing(connection: AsyncConnection, ledger: int) -> str | None:
    """Lock the ledger's row in `signing` until the transaction ends. Returns why nothing is signed for it."""
    # Alone: a look-up folded into the locking statement would read the snapshot from before the lock was got.
    await connection.execute(_insert_once(connection), {"ledger": ledger})
    locked = select(t.signing.c.refused).where(t.signing.c.ledger == ledger).with_for_update()
    return await connection.scalar(locked)


async def is_signed(connection: AsyncConnection, ledger: int, size: Size) -> bool:
    """Return whether a checkpoint of this size is signed."""
    return (await connection.execute(_at_size, {"ledger": ledger, "size": size})).first() is not None


async def add_checkpoint(
    connection: AsyncConnection, ledger: int, size: Size, note: str, vkey: str, signed_at: dt.datetime
) -> None:
    """Write a signed checkpoint."""
    row = {"ledger": ledger, "size": size, "note": note, "vkey": vkey, "signed_at": to_micros(signed_at)}
    await connection.execute(insert(t.signed_checkpoints), row)


async def note_refusal(connection: AsyncConnection, ledger: int, reason: str | None) -> None:
    """Write why nothing is signed for a ledger; None: nothing keeps it from being signed."""
    await connection.execute(_insert_once(connection), {"ledger": ledger})
    await connection.execute(update(t.signing).where(t.signing.c.ledger == ledger).values(refused=reason))


def _insert_once(connection: AsyncConnection) -> Any:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(t.signing).on_conflict_do_nothing()
