"""Read models made again from the first records of a log, in a SQLite file of their own.

Cost: one pass over those records; the rows lie on disk, and a slice of records at a time in memory.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy.engine import URL

from ledger.journal import Record, Size
from ledger.store.engine import open_database
from ledger.store.rows import insert_rows
from projections.checkpoints import FIRST_GENERATION, Checkpoint, make_rows
from projections.projection import Projection, build_groups, metadata
from projections.projector import fold
from projections.rebuild import write_or_raise


class Replay:
    """Some read models of one ledger, that come to reflect as many records each as they are to."""

    def __init__(self, folder: Path, ledger: int, models: Mapping[Projection, Size]) -> None:
        """Put the file into this folder; it goes with it. What a model needs must be among the models, and come as
        far."""
        self.file = folder / "replay.db"
        self.database = open_database(URL.create("sqlite+aiosqlite", database=str(self.file)), durable=False)
        self._models = {
            Checkpoint(ledger, model.name, FIRST_GENERATION, live=True, applied=0): (model, models[model])
            for group in build_groups(models)
            for model in group
        }

    async def begin(self) -> None:
        """Make the file and the tables."""
        self.database.make_file()
        async with self.database.write.begin() as connection:
            await connection.run_sync(metadata.create_all)

    async def take(self, records: Sequence[Record]) -> None:
        """Fold the next records, of which each model gets those within its size. Raises what a fold raises."""
        advanced = {}
        async with self.database.write.begin() as connection:
            for at, (model, size) in self._models.items():
                wanted = records[: size - at.applied]
                while wanted:  # a fold ends before a record that fails, whose turn it then is
                    work = fold(model, at, wanted)
                    await write_or_raise(connection, work)
                    wanted, at = wanted[work.done.applied - at.applied :], work.done
                await insert_rows(connection, make_rows([at]))
                advanced[at] = model, size
        self._models = advanced

    async def close(self) -> None:
        await self.database.close()
