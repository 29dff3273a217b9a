"""Promise 3: the database itself refuses to change or remove what is in the log, whoever asks and however.

The one change let through is a memo's erasure: its value becomes NULL, once and for all.
"""

import sqlite3
from typing import Any

import asyncpg
import pytest

from ledger.sequencer import Order
from ledger.store import tables
from tests.builders import transfer
from tests.stores import Books, Outsider, Store

REFUSED = (sqlite3.DatabaseError, asyncpg.PostgresError)
TABLES = ("journal", "memos", "keys", "signed_checkpoints", "cosignatures", "ledgers")

_CONFLICT = "WHERE TRUE ON CONFLICT"
_DATA = "DO UPDATE SET data = excluded.record"
_REST = "id, recorded_at, record, data"
_SIGNED = "ledger, size, note, vkey, signed_at"
_NOTE = "DO UPDATE SET note = 'x'"
EVERYWHERE = [
    "UPDATE journal SET data = record",
    "UPDATE journal SET position = position + 1000",
    "UPDATE journal SET id = id",
    "UPDATE journal SET recorded_at = 0 WHERE position = 0",
    "DELETE FROM journal",
    "DELETE FROM journal WHERE position = (SELECT max(position) FROM journal)",
    "UPDATE memos SET memo = (SELECT data FROM journal LIMIT 1)",
    "UPDATE memos SET memo = memo",
    "UPDATE memos SET position = position + 1000, memo = NULL",
    "UPDATE memos SET ledger = ledger + 1, memo = NULL",
    "DELETE FROM memos",
    "DELETE FROM memos WHERE memo IS NULL OR position > 3",
    "UPDATE keys SET key = key || 'x'",
    "UPDATE keys SET position = position + 1",
    "UPDATE keys SET first = 0, records = 1",
    "DELETE FROM keys",
    "UPDATE signed_checkpoints SET note = 'x'",
    "UPDATE signed_checkpoints SET size = size + 1",
    "DELETE FROM signed_checkpoints",
    "UPDATE cosignatures SET line = line || 'x'",
    "DELETE FROM cosignatures",
    "DELETE FROM ledgers",
    "UPDATE ledgers SET size = size - 1",
    "UPDATE ledgers SET size = 0",
    "UPDATE ledgers SET id = id || 'x'",
    "UPDATE ledgers SET serial = serial + 100",
    "UPDATE ledgers SET uuid = '00000000-0000-7000-8000-000000000000' WHERE serial = (SELECT max(serial) FROM ledgers)",
    f"INSERT INTO journal SELECT * FROM journal WHERE TRUE ON CONFLICT (ledger, position) {_DATA}",
    f"INSERT INTO journal SELECT ledger, position + 1000, {_REST} FROM journal {_CONFLICT} (ledger, id) {_DATA}",
    f"INSERT INTO memos SELECT * FROM memos {_CONFLICT} (ledger, position) DO UPDATE SET memo = excluded.memo",
    "INSERT INTO keys SELECT * FROM keys WHERE TRUE ON CONFLICT (ledger, key) DO UPDATE SET position = 0",
    f"INSERT INTO signed_checkpoints SELECT * FROM signed_checkpoints {_CONFLICT} (ledger, size) {_NOTE}",
    "INSERT INTO ledgers SELECT * FROM ledgers WHERE TRUE ON CONFLICT (serial) DO UPDATE SET size = 0",
]

_JOURNAL = "INTO journal (rowid, ledger, position, id, recorded_at, record, data)"
_NEW_ID = "lower(hex(randomblob(16)))"
_HEAD = (
    "uuid, id, size, frontier, root, recorded_at, owner, currency, time_zone, fiscal_year_start, "
    "retention_years, changed"
)
_SMALL = "0, x'', x'', 0, 'x', 'EUR', 'UTC', '01-01', 1, 0"
ON_SQLITE = [
    f"{replace} {rest}"
    for replace in ("REPLACE", "INSERT OR REPLACE")
    for rest in (
        "INTO journal SELECT ledger, position, id, recorded_at, data, data FROM journal",
        f"INTO journal SELECT ledger, position, {_NEW_ID}, recorded_at, data, data FROM journal",
        "INTO journal SELECT ledger, position + 1000, id, recorded_at, data, data FROM journal",
        f"{_JOURNAL} SELECT rowid, ledger, position + 1000, {_NEW_ID}, recorded_at, data, data FROM journal",
        "INTO memos SELECT ledger, position, x'00' FROM memos",
        "INTO memos (rowid, ledger, position, memo) SELECT rowid, ledger, position + 1000, x'00' FROM memos",
        "INTO keys SELECT ledger, key, 0, 0, 1 FROM keys",
        "INTO keys (rowid, ledger, key, position, first, records) SELECT rowid, ledger, key || 'x', 0, 0, 1 FROM keys",
        "INTO signed_checkpoints SELECT ledger, size, 'x', vkey, signed_at FROM signed_checkpoints",
        f"INTO signed_checkpoints (rowid, {_SIGNED}) SELECT rowid, 99, size, note, vkey, 1 FROM signed_checkpoints",
        "INTO cosignatures SELECT ledger, size, line, 0 FROM cosignatures",
        "INTO ledgers SELECT * FROM ledgers",
        f"INTO ledgers ({_HEAD}) SELECT {_NEW_ID}, id, {_SMALL} FROM ledgers",
        f"INTO ledgers ({_HEAD}) SELECT uuid, {_NEW_ID}, {_SMALL} FROM ledgers",
    )
] + [
    "UPDATE OR REPLACE journal SET position = 0",
    "UPDATE OR REPLACE memos SET position = 0, memo = NULL",
    "UPDATE OR REPLACE keys SET key = 'k'",
    "UPDATE OR REPLACE signed_checkpoints SET size = 1",
    "UPDATE OR REPLACE ledgers SET id = 'taken'",
    "UPDATE OR IGNORE journal SET data = record",
    "DELETE FROM journal WHERE TRUE",
]
ON_POSTGRESQL = [
    *(f"TRUNCATE {table}{how}" for table in TABLES for how in ("", " CASCADE")),
    "TRUNCATE ONLY journal, memos, keys",
    "TRUNCATE ledgers RESTART IDENTITY",
    *(
        f"SET session_replication_role = replica; {statement}; SET session_replication_role = DEFAULT"
        for statement in (
            "UPDATE journal SET data = record",
            "DELETE FROM memos",
            "TRUNCATE keys",
            "DELETE FROM ledgers",
        )
    ),
    "WITH gone AS (DELETE FROM journal RETURNING *) SELECT * FROM gone",
    "MERGE INTO journal USING keys ON journal.position = keys.position WHEN MATCHED THEN DELETE",
    "MERGE INTO journal USING keys ON journal.position = keys.position WHEN MATCHED THEN UPDATE SET data = record",
]


@pytest.fixture
async def books(store: Store, outside: Outsider) -> Books:
    """Two ledgers with something in every table of the log."""
    other = await store.books("taken")
    await other.submit(transfer("5.00", description="y"), key="k")
    books = await store.books("books")
    await books.submit_all(*[Order(transfer(f"{n}.00", description="x"), key=f"k{n}") for n in range(1, 4)])
    serial = (await books.ledger()).serial
    await outside.execute(f"INSERT INTO signed_checkpoints VALUES ({serial}, 1, 'note', 'vkey', 7)")
    await outside.execute(f"INSERT INTO cosignatures VALUES ({serial}, 1, 'line', 7)")
    return books


async def refuses(outside: Outsider, statement: str) -> bool:
    """Whether our triggers refuse it."""
    try:
        await outside.execute(statement)
    except REFUSED as refusal:
        return is_ours(refusal)
    return False


def is_ours(refusal: Exception) -> bool:
    """Whether it is our trigger that refused, and not a mistake in the attempt."""
    if isinstance(refusal, asyncpg.PostgresError):
        return refusal.sqlstate == "LL001"
    return any(words in str(refusal) for words in ("append-only", "only grows", "never removed", "never replaced"))


async def everything(outside: Outsider) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the log and its heads."""
    return {table: sorted(await outside.fetch(f"SELECT * FROM {table}"), key=repr) for table in TABLES}


@pytest.mark.own_database
async def test_the_database_refuses_every_way_to_change_the_log(books: Books, outside: Outsider) -> None:
    assert {table.name for table in tables.APPEND_ONLY} < set(TABLES)
    before = await everything(outside)
    assert all(before.values())
    let_through = []
    for statement in EVERYWHERE + (ON_SQLITE if outside.is_sqlite else ON_POSTGRESQL):
        if not await refuses(outside, statement):
            let_through.append(statement)
        assert await everything(outside) == before, statement
    assert let_through == []
    await books.submit(transfer("1.00"))


@pytest.mark.own_database
async def test_a_memo_can_be_erased_and_never_comes_back(books: Books, outside: Outsider) -> None:
    memos = "SELECT ledger, position, memo FROM memos ORDER BY ledger, position"
    before = await outside.fetch(memos)
    serial, position, _ = before[-1]
    this = f"WHERE ledger = {serial} AND position = {position}"
    await outside.execute(f"UPDATE memos SET memo = NULL {this}")
    assert await outside.fetch(memos) == [*before[:-1], (serial, position, None)]
    await outside.execute(f"UPDATE memos SET memo = NULL {this}")  # again changes nothing
    literal = "x'7b7d'" if outside.is_sqlite else "'\\x7b7d'::bytea"
    erased = f"DO UPDATE SET memo = {literal}"
    for attempt in (
        f"UPDATE memos SET memo = {literal} {this}",
        f"DELETE FROM memos {this}",
        f"INSERT INTO memos VALUES ({serial}, {position}, {literal})",
        f"INSERT INTO memos VALUES ({serial}, {position}, {literal}) ON CONFLICT (ledger, position) {erased}",
    ):
        with pytest.raises(REFUSED):
            await outside.execute(attempt)
    assert await outside.fetch(memos) == [*before[:-1], (serial, position, None)]
    record = (await books.records())[position]
    assert record.memo_erased


@pytest.mark.own_database
async def test_the_triggers_are_always_on(outside: Outsider) -> None:
    if outside.is_sqlite:
        found = await outside.fetch("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        assert {f"{table}_{what}" for table in TABLES[:5] for what in ("no_update", "no_delete", "no_replace")} <= {
            name for (name,) in found
        }
        return
    # 'A': fires for replicas and for everybody else.
    found = await outside.fetch(
        "SELECT tgname, tgenabled FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        f"WHERE relname IN {TABLES} AND NOT tgisinternal"
    )
    assert len(found) >= 6
    assert {enabled for _, enabled in found} == {b"A"}
