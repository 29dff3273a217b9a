"""Users and sessions, in the shape that the existing frontend uses (CONTRACT section 6).

In our own database our migrations make them; in a foreign one they are used as they are. `opening_keys` is ours alone.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from ledger.store.engine import Key, UuidText, make_metadata

metadata = make_metadata()

users = Table(
    "user",
    metadata,
    Column("id", Key, primary_key=True),
    Column("age", Integer),
    Column("username", Key, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
)

sessions = Table(
    "session",
    metadata,
    Column("id", Key, primary_key=True, comment="lower-case hex SHA-256 of the token"),
    Column("user_id", Key, ForeignKey("user.id"), nullable=False, index=True),
    Column("expires_at", BigInteger, nullable=False, comment="Unix seconds"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", UuidText, primary_key=True),
    Column("token_sha256", Key, nullable=False, unique=True),
    Column("ledger", UuidText, nullable=False),
    Column("user_id", Key, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False, comment="microseconds since 1970"),
    Column("until", BigInteger, comment="microseconds since 1970; NULL: for good"),
    Column("revoked_at", BigInteger, comment="microseconds since 1970"),
    Index(None, "ledger", "user_id"),
)
"""Tokens for programs; a revoked one stays, for records in the log name it."""

opening_keys = Table(
    "opening_keys",
    metadata,
    Column("user_id", Key, primary_key=True),
    Column("key", Key, primary_key=True, comment="the Idempotency-Key of a POST /ledgers"),
    Column("uuid", UuidText, nullable=False, comment="of the ledger that it opens"),
)
