"""What an audit must remember of every record, on disk: its id and leaf, idempotency keys, what was reversed.

Memory stays constant however long the log is. It is a SQLite file of the auditor's own: a temporary one, or one that
stays until the audit is finished, so that it can go on where it was broken off.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from api.audit.sources import Unusable

_TABLES = """
CREATE TABLE IF NOT EXISTS ids (id TEXT PRIMARY KEY, position INTEGER, leaf BLOB) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS keys (key TEXT PRIMARY KEY, first INTEGER, last INTEGER, records INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reversals (position INTEGER PRIMARY KEY, reversed_by INTEGER);
CREATE TABLE IF NOT EXISTS progress (one INTEGER PRIMARY KEY CHECK (one = 1), log TEXT, saved TEXT);
"""


class SeenRecord(NamedTuple):
    """Where a record stood when it was read, and its leaf hash then."""

    position: int
    leaf: bytes


class Used(NamedTuple):
    """The records of the command that an idempotency key stands for."""

    first: int
    last: int
    records: int


class AuditIndex:
    """The index of one audit. Nothing of a page is on disk before `flush`."""

    def __init__(self, file: Path | None = None) -> None:
        """Make the file. `file`: one that outlives this process; None: a temporary one. Raises Unusable."""
        try:
            if file is not None:  # it shows what the books hold: nobody but its owner may read it
                os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
            self._connection = sqlite3.connect("" if file is None else file, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise Unusable(f"{file} cannot be opened: {error}") from None
        try:
            if file is None:
                self._connection.execute("PRAGMA journal_mode = OFF")
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.executescript(_TABLES)
            self._connection.execute("BEGIN")
        except sqlite3.Error as error:
            self._connection.close()
            raise Unusable(f"{file} is not the progress of an audit: {error}") from None
        self._ids: dict[str, tuple[int, bytes]] = {}
        """What `Seen` says of each."""
        self._keys: dict[str, Used] = {}

    # ids

    def see(self, id_: str, position: int, leaf: bytes) -> bool:
        """Note a record. False where its id is one of this page already; for earlier pages `flush` tells."""
        if id_ in self._ids:
            return False
        self._ids[id_] = (position, leaf)
        return True

    def may_see(self, ids: list[str], keys: list[tuple[str, int]]) -> bool:
        """Return whether this page has none of these yet; for earlier pages `flush` tells."""
        return self._ids.keys().isdisjoint(ids) and not any(key in self._keys for key, _ in keys)

    def see_all(self, ids: list[str], start: int, leaves: list[bytes]) -> None:
        """Note records that `may_see`."""
        self._ids |= zip(ids, enumerate(leaves, start), strict=True)

    def find(self, id_: str) -> SeenRecord | None:
        """Return the record with this id."""
        if (noted := self._ids.get(id_)) is not None:
            return SeenRecord(*noted)
        found: SeenRecord | None = self._one(SeenRecord, "SELECT position, leaf FROM ids WHERE id = ?", id_)
        return found

    # keys

    def use(self, key: str, used: Used) -> bool:
        """Note a key. False where this page has used it already; for earlier pages `flush` tells."""
        if key in self._keys:
            return False
        self._keys[key] = used
        return True

    def reuse(self, key: str, used: Used) -> None:
        """Note that the command of this key had one record more."""
        if key in self._keys:
            self._keys[key] = used
        else:  # it began on an earlier page
            values = (used.last, used.records, key, used.first)
            self._connection.execute("UPDATE keys SET last = ?, records = ? WHERE key = ? AND first = ?", values)

    def list_keys(self) -> Iterator[tuple[str, tuple[int, int, int]]]:
        """Yield all keys in the order of their bytes."""
        for key, *used in self._connection.execute("SELECT key, first, last, records FROM keys ORDER BY key"):
            yield key, tuple(used)

    # reversals

    def reverse(self, position: int, by: int) -> None:
        """Note that the transaction at this position was reversed."""
        self._connection.execute("INSERT OR REPLACE INTO reversals VALUES (?, ?)", (position, by))

    def find_reversal(self, position: int) -> int | None:
        """Return the position of the record that reversed the transaction at this one."""
        row = self._connection.execute("SELECT reversed_by FROM reversals WHERE position = ?", (position,)).fetchone()
        return None if row is None else row[0]

    def list_reversals(self) -> Iterator[tuple[int, tuple[int]]]:
        """Yield all reversals by position."""
        for position, reversed_by in self._connection.execute("SELECT * FROM reversals ORDER BY position"):
            yield position, (reversed_by,)

    # care

    def flush(self) -> tuple[list[int], list[int]]:
        """Put the page on disk. Returns the positions of records whose id was there already, and of those whose key
        was."""
        seen, used = self._ids, self._keys
        self._ids, self._keys = {}, {}
        ids = ((id_, position, leaf) for id_, (position, leaf) in seen.items())
        twice = []
        if self._insert("INSERT OR IGNORE INTO ids VALUES (?, ?, ?)", ids, len(seen)):
            query = "SELECT position, leaf FROM ids WHERE id = ?"
            twice = [
                position
                for id_, (position, leaf) in seen.items()
                if self._one(SeenRecord, query, id_) != (position, leaf)
            ]
        keys = ((key, *each) for key, each in used.items())
        again = []
        if self._insert("INSERT OR IGNORE INTO keys VALUES (?, ?, ?, ?)", keys, len(used)):
            query = "SELECT first, last, records FROM keys WHERE key = ?"
            again = [each.first for key, each in used.items() if self._one(Used, query, key) != each]
        return twice, again

    def _insert(self, statement: str, rows: Iterable[Any], many: int) -> bool:
        """Insert rows, and return whether some were there already."""
        before = self._connection.total_changes
        self._connection.executemany(statement, rows)
        return self._connection.total_changes - before != many

    def save(self, log: str, progress: str) -> None:
        """Keep what was flushed, and where the audit is; both or neither survive a crash. `log`: which, and whose."""
        self._connection.execute("INSERT OR REPLACE INTO progress VALUES (1, ?, ?)", (log, progress))
        self._connection.execute("COMMIT")
        self._connection.execute("BEGIN")

    def load(self, log: str) -> str | None:
        """Return where an audit of this log was; None: there is none, and whatever was here is thrown away."""
        row = self._connection.execute("SELECT log, saved FROM progress").fetchone()
        if row is not None and row[0] == log:
            return str(row[1])
        self.forget()
        return None

    def forget(self) -> None:
        """Throw away whatever lies here."""
        for table in ("ids", "keys", "reversals", "progress"):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  (names from this file)

    def close(self) -> None:
        """Close the file. What was not saved is lost."""
        self._connection.close()

    def _one(self, kind: Any, sql: str, *values: Any) -> Any:
        row = self._connection.execute(sql, values).fetchone()
        return None if row is None else kind(*row)
