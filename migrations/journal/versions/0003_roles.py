"""Roles: who may do what in a ledger, and tokens for programs. Whoever opened a ledger so far is its owner."""

import sqlalchemy as sa
from alembic import op

from ledger.store.engine import Key, Serial, UuidText

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward; there is no way back."""
    op.create_table(
        "members",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("role", sa.Text(), nullable=True, comment="NULL: taken away"),
        sa.Column("until", sa.BigInteger(), nullable=True, comment="microseconds since 1970; NULL: for good"),
        sa.Column(
            "changed",
            sa.BigInteger(),
            nullable=False,
            comment="position of the last record that changed the role",
        ),
        sa.PrimaryKeyConstraint("ledger", "user_id", name=op.f("members_primary")),
    )
    op.create_index(op.f("members_user_id_index"), "members", ["user_id"], unique=False)
    op.execute("INSERT INTO members (ledger, user_id, role, changed) SELECT serial, owner, 'owner', 0 FROM ledgers")
    op.drop_index(op.f("ledgers_owner_index"), table_name="ledgers")
    op.create_table(
        "tokens",
        sa.Column("id", UuidText, nullable=False),
        sa.Column("token_sha256", Key, nullable=False),
        sa.Column("ledger", UuidText, nullable=False),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False, comment="microseconds since 1970"),
        sa.Column("until", sa.BigInteger(), nullable=True, comment="microseconds since 1970; NULL: for good"),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True, comment="microseconds since 1970"),
        sa.PrimaryKeyConstraint("id", name=op.f("tokens_primary")),
        sa.UniqueConstraint("token_sha256", name=op.f("tokens_token_sha256_unique")),
    )
    op.create_index(op.f("tokens_ledger_user_id_index"), "tokens", ["ledger", "user_id"], unique=False)
