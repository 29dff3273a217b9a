"""Balances are stored once: the dashboard reads those of `account_balances`, and movements count themselves."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward; there is no way back. All other rows are kept."""
    op.drop_table("dashboard_totals")
    op.drop_column("history_accounts", "movements")
