"""Whether any ledger is refused its signature is found without looking at all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward; there is no way back."""
    refused = sa.text("refused IS NOT NULL")
    op.create_index(
        op.f("signing_refused_index"), "signing", ["ledger"], postgresql_where=refused, sqlite_where=refused
    )
