"""What reading and writing the journal share: records as stored, head rows, and what a name may be."""

import re
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Row,
    Table,
    Text,
    bindparam,
    select,
)

from ledger.accounts import AccountId
from ledger.dates import from_micros
from ledger.errors import Corrupt
from ledger.journal import (
    Head,
    Ledger,
    Size,
)
from ledger.merkle import Frontier
from ledger.state import SETTINGS
from ledger.store import tables as t
from ledger.store.engine import ListOf, UuidText, among

UUIDS = ListOf(UuidText)
TEXTS = ListOf(Text())
NUMBERS = ListOf(BigInteger())


def in_ledger(table: Any) -> Any:
    return table.c.ledger == bindparam("ledger")


def select_rows(table: Table) -> Any:
    """Return the rows of a ledger, without its serial."""
    return select(*[each for each in table.c if each.name != "ledger"]).where(in_ledger(table))


# The memo by a look-up of its own: of a join PostgreSQL may read all memos of the ledger up to there, for every page.
memo_of_record = (
    select(t.memos.c.memo)
    .where(t.memos.c.ledger == t.journal.c.ledger, t.memos.c.position == t.journal.c.position)
    .scalar_subquery()
)
stored_records: Any = select(*t.journal.c["position", "record", "data"], memo_of_record.label("memo")).where(
    in_ledger(t.journal)
)
names_asked = select_rows(t.account_names).where(among(t.account_names.c.name, bindparam("names", type_=TEXTS)))
accounts_asked = select_rows(t.accounts).where(among(t.accounts.c.account, bindparam("accounts", type_=NUMBERS)))
currencies_declared = select(t.currencies.c.currency, t.currencies.c.scale).where(in_ledger(t.currencies))
records_asked = stored_records.where(among(t.journal.c.position, bindparam("positions", type_=NUMBERS)))
HEAD_COLUMNS = ("size", "frontier", "root", "recorded_at")
SETTINGS_COLUMNS = tuple(column.name for column in SETTINGS.columns)
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def can_be_there(name: str | AccountId) -> bool:
    """Return whether a row could go by this name. PostgreSQL does not answer "no" to NUL or a number over 63 bits: it
    fails, and with it every command of the batch."""
    if isinstance(name, int):
        return 0 <= name < 2**63
    return "\0" not in name and _HALF_CHARACTER.search(name) is None


def make_ledger(row: Row[Any]) -> Ledger:
    head = _head_of(row.uuid, row.size, row.frontier, row.root, row.recorded_at)
    settings = SETTINGS.from_row((), *[getattr(row, name) for name in SETTINGS_COLUMNS])
    return Ledger(row.serial, row.uuid, row.id, settings, head, row.opened_as)


@lru_cache(maxsize=1_000)
def _head_of(uuid: str, size: Size, frontier: bytes, root: bytes, recorded_at: int) -> Head:
    """Return a row's head. It is remembered: every request reads the head, few change it."""
    try:
        head = Head(Frontier.from_bytes(size, frontier), from_micros(recorded_at))
    except ValueError as error:
        raise Corrupt(what=f"the tree stored for ledger {uuid} is none: {error}") from error
    if head.root != root:
        raise Corrupt(what=f"the root stored for ledger {uuid} is not that of its tree")
    return head
