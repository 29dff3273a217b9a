"""Migrations of read models: their tables are dropped and made again, because all rows come from the log."""

from collections.abc import Collection

from alembic import op
from sqlalchemy import delete, inspect

from projections.checkpoints import checkpoints
from projections.projection import build_groups, metadata
from projections.registry import make_projections


def make_anew(*names: str, gone: Collection[str] = ()) -> None:
    """Make the tables of these read models as they are declared now, without rows, and those of the read models that
    are built together with them. `gone` names tables of old versions: they are dropped.

    The projector fills the tables from the log. Readers wait meanwhile, and `llmedger status` shows how far it is.
    """
    connection = op.get_bind()
    groups = [group for group in build_groups(make_projections()) if any(each.name in names for each in group)]
    models = [each for group in groups for each in group]
    tables = [table.name for each in models for table in each.tables]
    there = inspect(connection).get_table_names()
    for table in (*tables, *gone):
        if table in there:
            op.drop_table(table)
    metadata.create_all(connection)  # those that are missing
    rows_of = checkpoints.c.projection.in_([each.name for each in models])
    connection.execute(delete(checkpoints).where(rows_of))
