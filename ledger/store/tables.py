"""The tables of the journal's database. Every key starts with the ledger's serial, so that they can be sharded by it.

`ledgers` is the head row of each ledger; `journal` and `memos` are the log; `keys` is the idempotency of it; the rest
are guards: what decide needs, saved in the append transaction, derivable from the log at any time.

There are no foreign keys: PostgreSQL checks one per row by a query of its own, and the head lock makes this module's
writer the only one there is. That every memo and key has its record is checked by `status` and by auditors.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from ledger.store.engine import Key, Serial, Units, UuidText, new_metadata

metadata = new_metadata()


def _ledger() -> Column[int]:
    return Column("ledger", Serial, primary_key=True, autoincrement=False)


ledgers = Table(
    "ledgers",
    metadata,
    Column("serial", Serial, primary_key=True, autoincrement=True),
    Column("uuid", UuidText, nullable=False, unique=True),
    Column("id", Key, nullable=False, unique=True),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column(
        "recorded_at",
        BigInteger,
        nullable=False,
        comment="microseconds since 1970, of the last record",
    ),
    Column("owner", Key, nullable=False),
    Column("currency", Key, nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("fiscal_year_start", Text, nullable=False),
    Column("retention_years", Integer, nullable=False),
    Column("name", Text),
    Column("in_use", Boolean, nullable=False, server_default=false()),
    Column("changed", BigInteger, nullable=False, comment="position of the last record that changed the settings"),
    Column("opened_as", Key, comment="the id that it was opened with, where it was imported under another"),
)

journal = Table(
    "journal",
    metadata,
    _ledger(),
    Column("position", BigInteger, primary_key=True),
    Column("id", UuidText, nullable=False),
    Column("recorded_at", BigInteger, nullable=False, comment="microseconds since 1970"),
    Column("record", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
    UniqueConstraint("ledger", "id"),
    CheckConstraint("position >= 0", name="position"),
    Index(None, "ledger", "recorded_at"),
)

memos = Table(
    "memos",
    metadata,
    _ledger(),
    Column("position", BigInteger, primary_key=True),
    Column("memo", LargeBinary, comment="NULL: erased"),
)

keys = Table(
    "keys",
    metadata,
    _ledger(),
    Column("key", Key, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("records", Integer, nullable=False),
)

account_names = Table(
    "account_names",
    metadata,
    _ledger(),
    Column("name", Key, primary_key=True, comment="a path, present or past, or #NUMBER"),
    Column("account", BigInteger, nullable=False),
    Column("position", BigInteger, comment="of the record that gave it last; NULL: before this was kept"),
    Index(None, "ledger", "account"),
)

accounts = Table(
    "accounts",
    metadata,
    _ledger(),
    Column("account", BigInteger, primary_key=True),
    Column("type", Text, nullable=False),
    Column("normal", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("number", Key),
    Column("role", Text),
    Column("currencies", Text, nullable=False, comment="JSON list; empty: all"),
    Column("changed", BigInteger, nullable=False, comment="position of the last record that changed the account"),
    Column("path_at", BigInteger, comment="position of the record whose memo holds the path as it is now"),
    Column("label_at", BigInteger),
    Column("metadata_at", BigInteger),
)

account_totals = Table(
    "account_totals",
    metadata,
    _ledger(),
    Column("account", BigInteger, primary_key=True),
    Column("currency", Key, primary_key=True),
    Column("debits", Units, nullable=False),
    Column("credits", Units, nullable=False),
)

currencies = Table(
    "currencies",
    metadata,
    _ledger(),
    Column("currency", Key, primary_key=True),
    Column("scale", SmallInteger, nullable=False),
    CheckConstraint("scale BETWEEN 0 AND 30", name="scale"),
)

counters = Table(
    "counters",
    metadata,
    _ledger(),
    Column("series", Key, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

erasures = Table(
    "erasures",
    metadata,
    _ledger(),
    Column("position", BigInteger, primary_key=True, comment="of the record whose memo was erased"),
    Column("erased_by", BigInteger, nullable=False),
)

members = Table(
    "members",
    metadata,
    _ledger(),
    Column("user_id", Key, primary_key=True),
    Column("role", Text, comment="NULL: taken away"),
    Column("until", BigInteger, comment="microseconds since 1970; NULL: for good"),
    Column("changed", BigInteger, nullable=False, comment="position of the last record that changed the role"),
    Index(None, "user_id"),
)

reversals = Table(
    "reversals",
    metadata,
    _ledger(),
    Column("position", BigInteger, primary_key=True, comment="the transaction that was reversed"),
    Column("reversed_by", BigInteger, nullable=False),
)

signed_checkpoints = Table(
    "signed_checkpoints",
    metadata,
    _ledger(),
    Column("size", BigInteger, primary_key=True),
    Column("note", Text, nullable=False),
    Column("vkey", Text, nullable=False, comment="of the key that signed it"),
    Column("signed_at", BigInteger, nullable=False, comment="microseconds since 1970"),
)

cosignatures = Table(
    "cosignatures",
    metadata,
    _ledger(),
    Column("size", BigInteger, primary_key=True),
    Column("line", Key, primary_key=True),
    Column("added_at", BigInteger, nullable=False, comment="microseconds since 1970"),
)

signing = Table(
    "signing",
    metadata,
    _ledger(),
    Column("refused", Text, comment="why the head cannot be signed; NULL: it can"),
)
_refused = signing.c.refused.is_not(None)
Index("signing_refused_index", signing.c.ledger, postgresql_where=_refused, sqlite_where=_refused)
"""One row a ledger, which is locked by whoever signs: PostgreSQL locks no row of a table that may not be updated."""

APPEND_ONLY = (journal, memos, keys, signed_checkpoints, cosignatures)
"""What the database itself refuses to change or remove (promise 3)."""
