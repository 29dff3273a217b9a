"""What a read model must be: a name, tables keyed by (ledger, generation), a pure fold and a write.

The engine (`projector`, `rebuild`) does the rest: which records, in which order, exactly once.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import Column, MetaData, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.journal import Record
from ledger.store.engine import Serial, new_metadata

metadata: MetaData = new_metadata()
"""All tables of all projections: everything in it can be dropped and rebuilt from the journal."""


class Projection(Protocol):
    """One read model. `fold` never knows today, and must not look at any row; `write` must not look at any record."""

    @property
    def name(self) -> str:
        """What operators call it."""
        ...

    @property
    def tables(self) -> Sequence[Table]:
        """Its tables, by ledger and generation."""
        ...

    def fold(self, records: Sequence[Record]) -> Any:
        """What these consecutive records of one ledger change. Pure; raises where a record cannot be understood."""
        ...

    async def write(self, connection: AsyncConnection, ledger: int, generation: int, delta: Any) -> None:
        """Bring the rows of one generation up to date with a fold. A fixed number of statements, whatever its size."""
        ...

    async def faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
        """Sentences about every invariant of this read model that its rows break; empty when all is well."""
        ...


def generation_key() -> list[Column[Any]]:
    """The first two columns of every primary key of a read model."""
    return [
        Column("ledger", Serial, primary_key=True, autoincrement=False),
        Column("generation", Serial, primary_key=True, autoincrement=False),
    ]
