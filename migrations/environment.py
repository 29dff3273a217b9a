"""What both branches' `env.py` do: migrate on the connection that they are given."""

from alembic import context

from ledger.store.engine import make_metadata
from migrations import version_table


def run() -> None:
    """Run the migrations of the configured branch inside the caller's database transaction."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        target_metadata=attributes.get("metadata") or make_metadata(),
        version_table=version_table(attributes["branch"]),
        include_object=attributes.get("include_object"),
        compare_type=True,
        render_as_batch=False,
    )
    context.run_migrations()
