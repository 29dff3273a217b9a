"""Migrations of read models: their tables are dropped and made again, because all rows come from the log."""

from collections.abc import Collection
from dataclasses import asdict

from alembic import op
from sqlalchemy import delete, insert, inspect, text

from projections.checkpoints import FIRST_GENERATION, Checkpoint, checkpoints
from projections.projection import build_groups, metadata
from projections.registry import make_projections


def make_anew(*names: str, gone: Collection[str] = ()) -> None:
    """Make the tables of these read models as they are declared now, without rows, and those of the read models that
    are built together with them. `gone` names tables of old versions: they are dropped.

    The projector fills the tables from the log. Readers wait until a ledger's rows reflect what they reflected before,
    and `llmedger status` shows how far it is.
    """
    connection = op.get_bind()
    groups = [group for group in build_groups(make_projections()) if any(each.name in names for each in group)]
    models = [each for group in groups for each in group]
    tables = [table.name for each in models for table in each.tables]
    there = inspect(connection).get_table_names()
    reached = text("SELECT ledger, max(applied) FROM checkpoints WHERE live GROUP BY ledger HAVING max(applied) > 0")
    sizes = connection.execute(reached).all() if checkpoints.name in there else []
    for table in (*tables, *gone):
        if table in there:
            op.drop_table(table)
    metadata.create_all(connection)  # those that are missing
    rows_of = checkpoints.c.projection.in_([each.name for each in models])
    connection.execute(delete(checkpoints).where(rows_of))
    begun = [
        asdict(Checkpoint(ledger, each.name, FIRST_GENERATION, live=True, applied=0, whole_at=size))
        for ledger, size in sizes
        for each in models
    ]
    if begun:
        connection.execute(insert(checkpoints), begun)
