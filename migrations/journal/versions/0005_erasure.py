"""Erasing texts: where an account's names and texts stand, and on PostgreSQL the one function that may empty a memo.

Of names and texts from before this migration it is not known which record holds them: those cannot be erased.
"""

import sqlalchemy as sa
from alembic import op

from ledger.store.engine import Serial

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward; there is no way back."""
    at = "position of the record whose memo holds the path as it is now"
    op.add_column("accounts", sa.Column("path_at", sa.BigInteger(), nullable=True, comment=at))
    op.add_column("accounts", sa.Column("label_at", sa.BigInteger(), nullable=True))
    op.add_column("accounts", sa.Column("metadata_at", sa.BigInteger(), nullable=True))
    given = "of the record that gave it last; NULL: before this was kept"
    op.add_column("account_names", sa.Column("position", sa.BigInteger(), nullable=True, comment=given))
    op.create_index(op.f("account_names_ledger_account_index"), "account_names", ["ledger", "account"], unique=False)
    op.create_table(
        "erasures",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="of the record whose memo was erased"),
        sa.Column("erased_by", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "position", name=op.f("erasures_primary")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION llmedger_erase(of_ledger bigint, positions bigint[]) RETURNS void
            LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
                UPDATE memos SET memo = NULL WHERE ledger = of_ledger AND position = ANY (positions)
            $$
            """
        )
        op.execute("REVOKE EXECUTE ON FUNCTION llmedger_erase FROM PUBLIC")
