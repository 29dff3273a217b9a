"""The tables of the journal's database. Every key starts with the ledger's serial, so that they can be sharded by it.

`ledgers` is the head row of each ledger; `journal` and `memos` are the log; `keys` is the idempotency of it. The tables
of guards are made from their declarations: what rules need, saved in the append transaction, derivable from the log at
any time.

There are no foreign keys: PostgreSQL checks one per row by a query of its own, and the head lock makes this module's
writer the only one there is. That every memo and key has its record is checked by `status` and by auditors.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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

from ledger.accounts import ACCOUNTS, NAMES
from ledger.members import MEMBERS
from ledger.slices import GUARDS
from ledger.state import ERASURES, SETTINGS, CellType, Guard
from ledger.state import Column as Declared
from ledger.store.engine import Key, Serial, Units, UuidText, make_metadata
from ledger.transactions import COUNTERS, CURRENCIES, REVERSALS, TOTALS

metadata = make_metadata()


_TYPES: Mapping[CellType, Any] = {
    "key": Key,
    "text": Text,
    "position": BigInteger,
    "integer": Integer,
    "small": SmallInteger,
    "boolean": Boolean,
    "units": Units,
}


def _ledger() -> Column[int]:
    return Column("ledger", Serial, primary_key=True, autoincrement=False)


def _columns(declared: Iterable[Declared], *, key: bool = False) -> Iterator[Column[Any]]:
    for each in declared:
        yield Column(
            each.name,
            _TYPES[each.type],
            primary_key=key,
            nullable=each.null,
            comment=each.comment,
            server_default=None if each.default is None else false(),
        )


def _guard_table(guard: Guard[Any, Any]) -> Table:
    checks = [CheckConstraint(each.check, name=each.name) for each in guard.columns if each.check is not None]
    return Table(
        guard.table,
        metadata,
        _ledger(),
        *_columns(guard.key, key=True),
        *_columns(guard.columns),
        *checks,
        *[Index(None, *columns) for columns in guard.indexes],
    )


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
    *_columns(SETTINGS.columns),
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

guards = {guard: _guard_table(guard) for guard in GUARDS if not guard.in_head}
"""The tables of the guards, but of the one in `ledgers`."""
account_names = guards[NAMES]
accounts = guards[ACCOUNTS]
account_totals = guards[TOTALS]
currencies = guards[CURRENCIES]
counters = guards[COUNTERS]
erasures = guards[ERASURES]
members = guards[MEMBERS]
reversals = guards[REVERSALS]

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
