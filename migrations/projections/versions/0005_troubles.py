"""Whether any projection is blocked or being built is found without looking at all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward; there is no way back."""
    for what, column in (("blocked", "blocked_position"), ("building", "whole_at")):
        there = sa.text(f"{column} IS NOT NULL")
        name = op.f(f"checkpoints_{what}_index")
        op.create_index(name, "checkpoints", ["ledger"], postgresql_where=there, sqlite_where=there)
