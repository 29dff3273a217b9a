"""Whoever can write to the database itself, past every trigger, is found out: nothing passes silently.

Each case takes a copy of sound books, changes something with the driver alone, and names what an audit must say: the
kind of fault, the check that finds it, and the position where there is one.
"""

import asyncio
import itertools
import random
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Date, Integer, LargeBinary, Table

from api.audit import auditing, databases
from api.audit.report import FindingKind, Name
from api.audit.workers import look_ahead
from api.exchange.exporting import export_ledger
from ledger.books.accounts import AccountClosed
from ledger.books.erasure import MemoErased
from ledger.books.ledger import LedgerUpdated
from ledger.codec import Actor, Envelope, parse_time, seal
from ledger.controls.limits import LimitSet
from ledger.journal import Record
from ledger.merkle import EMPTY_FRONTIER, hash_leaf
from ledger.money import Amount
from ledger.notes import LogCheckpoint, Signature, SigningKey, make_origin, sign_note
from ledger.slices import Event
from ledger.store.engine import Units, UuidText, to_sortable
from ledger.transactions import CurrencyDeclared, TransactionPosted
from projections.balance_history.chunks import BASE, blocks
from projections.projection import metadata
from projections.registry import make_projections
from tests.audited import assert_fine, audit, audited, rich_books
from tests.builders import changed
from tests.forging import Forged
from tests.postgres import PostgresServer
from tests.stores import ENGINES, Outsider, migrated_url, open_store, outsider

KEY, OTHER_KEY = SigningKey.generate("example.com/books"), SigningKey.generate("example.com/books")
WITNESS_LINE = str(Signature("witness.example", bytes(4), bytes(72))).rstrip("\n")
NOBODY = "00000000-0000-7000-8000-000000000000"
_copies = itertools.count(1)


# --- sound books, and copies of them ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Original:
    """A database with one ledger that has everything in it, projections up to date, its last tree signed."""

    url: str
    uuid: str
    records: list[Record]
    state: Path
    """Of an auditor who saw it."""
    copy: Callable[[], tuple[str, Callable[[], None]]]

    @property
    def size(self) -> int:
        return len(self.records)

    def of(self, type_: type[Event], *, after: int = 0) -> int:
        """The position of the first record of this type."""
        return next(each.position for each in self.records[after:] if isinstance(each.event, type_))

    @property
    def plain(self) -> int:
        """The position of a transaction like many."""
        return self.size - 20


@pytest.fixture(scope="module", params=ENGINES)
def original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Original]:
    """Made once; every case has a copy."""
    yield from _made(request, tmp_path_factory, transfers=230)


@pytest.fixture(scope="module", params=ENGINES)
def long_original(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Original]:
    """One with so many movements of an account that they fill a block."""
    yield from _made(request, tmp_path_factory, transfers=BASE**2)


def _made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, *, transfers: int
) -> Iterator[Original]:
    folder = tmp_path_factory.mktemp("original")
    for url in migrated_url(request, folder):
        copy = partial(_copied_files, folder, tmp_path_factory)
        if request.param == "postgresql":
            copy = partial(_copied_database, request.getfixturevalue("postgres"), _database_of(url))
        uuid, records = asyncio.run(_filled(url, transfers))
        state = folder / "state.json"
        assert_fine(audit(url, policy=[KEY.verifier], state=state), unchecked={Name.HISTORY})

        yield Original(url, uuid, records, state, copy)


def _copied_files(folder: Path, factory: pytest.TempPathFactory) -> tuple[str, Callable[[], None]]:
    to = factory.mktemp("copy")
    for name in ("ledger.db", "ledger-projections.db"):
        shutil.copy(folder / name, to / name)
    return f"sqlite:///{to / 'ledger.db'}", lambda: shutil.rmtree(to)


def _copied_database(server: PostgresServer, template: str) -> tuple[str, Callable[[], None]]:
    name = f"copy_{next(_copies)}"
    return server.create_database(name, template=template), lambda: server.drop_database(name)


def _database_of(url: str) -> str:
    return url.split("/")[3].partition("?")[0]


async def _filled(url: str, transfers: int) -> tuple[str, list[Record]]:
    async with open_store(url) as store:
        books = await rich_books(store, transfers=transfers)
        ledger, records = await books.ledger(), await books.records()
    async with outsider(url) as outside:
        tampered = Tampered(outside, outside, ledger.uuid, ledger.serial, records)
        for size in (100, 200, len(records)):
            await tampered.sign(KEY, size)
        await outside.execute(
            "INSERT INTO cosignatures (ledger, size, line, added_at) "
            f"SELECT ledger, size, '{WITNESS_LINE}', signed_at FROM signed_checkpoints WHERE size = 200"
        )
    if url.startswith("sqlite"):  # nothing is left in a file beside it
        async with outsider(url) as outside:
            await outside.fetch("PRAGMA wal_checkpoint(TRUNCATE)")
        async with outsider(url, projected=True) as outside:
            await outside.fetch("PRAGMA wal_checkpoint(TRUNCATE)")
    return ledger.uuid, records


@dataclass
class Tampered:
    """A copy, in the hands of somebody who may do anything."""

    journal: Outsider
    projections: Outsider
    uuid: str
    serial: int
    records: list[Record]

    @property
    def size(self) -> int:
        return len(self.records)

    async def sql(self, statement: str) -> None:
        """`{ledger}` is the ledger's serial."""
        await self.journal.execute(statement.replace("{ledger}", str(self.serial)))

    async def projected(self, statement: str) -> None:
        """The same on the projections."""
        await self.projections.execute(statement.replace("{ledger}", str(self.serial)))

    def blob(self, raw: bytes | None) -> str:
        """A literal."""
        if raw is None:
            return "NULL"
        return f"x'{raw.hex()}'" if self.journal.is_sqlite else f"'\\x{raw.hex()}'::bytea"

    def units(self, units: int) -> str:
        """A literal of an amount."""
        return f"'{to_sortable(units)}'" if self.journal.is_sqlite else str(units)

    async def put(self, position: int, column: str, raw: bytes) -> None:
        """Change a record, a body or a memo."""
        table = "memos" if column == "memo" else "journal"
        await self.sql(
            f"UPDATE {table} SET {column} = {self.blob(raw)} WHERE ledger = {{ledger}} AND position = {position}"
        )

    async def reseal(self, position: int, event: Event, **changes: Any) -> None:
        """Write another record here, with every hash in it right; the head is put right by `rehead`."""
        old = self.records[position]
        members = old.envelope
        envelope = Envelope(
            self.uuid,
            position,
            old.id,
            old.recorded_at,
            old.actor,
            members["request"],
            members["command"],
            members["key"],
        )
        envelope = changed(envelope, **changes)
        sealed = seal(event, envelope, bytes(16))
        self.records[position] = Record(position, sealed.record, sealed.data, sealed.memo)
        await self.put(position, "record", sealed.record)
        await self.put(position, "data", sealed.data)
        if sealed.memo is not None:
            await self.put(position, "memo", sealed.memo)
        else:
            await self.sql(f"DELETE FROM memos WHERE ledger = {{ledger}} AND position = {position}")

    async def rehead(self) -> None:
        """The head is that of the records, and no projection tells of others."""
        frontier = EMPTY_FRONTIER.extend(hash_leaf(record.record) for record in self.records)
        await self.sql(
            f"UPDATE ledgers SET size = {frontier.size}, root = {self.blob(frontier.compute_root())}, "
            f"frontier = {self.blob(frontier.to_bytes())} WHERE serial = {{ledger}}"
        )
        for table in metadata.tables:
            await self.projected(f"DELETE FROM {table}")
        await self.sql("DELETE FROM signed_checkpoints")
        await self.sql("DELETE FROM cosignatures")

    async def sign(self, key: SigningKey, size: int) -> None:
        """A checkpoint of these records."""
        root = EMPTY_FRONTIER.extend(hash_leaf(record.record) for record in self.records[:size]).compute_root()
        note = sign_note(LogCheckpoint(make_origin("example.com/books", self.uuid), size, root).text, key)
        now = time.time_ns() // 1_000
        values = f"{{ledger}}, {size}, '{note}', '{key.verifier}', {now}"
        await self.sql(f"INSERT INTO signed_checkpoints (ledger, size, note, vkey, signed_at) VALUES ({values})")


@asynccontextmanager
async def tampering(original: Original) -> AsyncIterator[tuple[Tampered, str]]:
    """A copy without triggers, and its URL; gone afterwards."""
    url, remove = original.copy()
    try:
        async with outsider(url) as journal, outsider(url, projected=True) as projections:
            await journal.disarm()
            serial = await journal.value(f"SELECT serial FROM ledgers WHERE uuid = '{original.uuid}'")
            yield Tampered(journal, projections, original.uuid, serial, list(original.records)), url
    finally:
        remove()


# --- the cases -------------------------------------------------------------------------------------------------------

Change = Callable[[Tampered, Original], Awaitable[None]]
Where = Callable[[Original], int | None]


def nowhere(_original: Original) -> None:
    """There is no one position."""


def plain(original: Original) -> int:
    """That of a transaction like many."""
    return original.plain


@dataclass(frozen=True)
class Case:
    """A change, and what an audit says to it."""

    change: Change
    kind: FindingKind
    check: Name
    where: Where = nowhere
    says: str = ""
    """Part of the sentence."""
    policy: bool = True
    """Whether the auditor has pinned the key."""
    state: bool = True
    """Whether the auditor has seen the log before."""


def sql(statement: str) -> Change:
    """Run one statement; `{plain}` and `{last}` are positions."""

    async def change(tampered: Tampered, original: Original) -> None:
        await tampered.sql(statement.replace("{plain}", str(original.plain)).replace("{last}", str(original.size - 1)))

    return change


def projected(statement: str) -> Change:
    """The same on the projections."""

    async def change(tampered: Tampered, original: Original) -> None:
        await tampered.projected(statement.replace("{plain}", str(original.plain)))

    return change


def replaced(column: str, old: bytes, new: bytes) -> Change:
    """Replace bytes in a record, a body or a memo."""

    async def change(tampered: Tampered, original: Original) -> None:
        record = tampered.records[original.plain]
        raw = {"record": record.record, "data": record.data, "memo": record.memo or b""}[column]
        assert old in raw
        await tampered.put(original.plain, column, raw.replace(old, new, 1))

    return change


AT = " WHERE ledger = {ledger} AND position = {plain}"


async def shifted(tampered: Tampered, original: Original) -> None:
    """A record is put in, and all after it move up by one."""
    for table in ("journal", "memos"):
        for position in range(tampered.size - 1, original.plain - 1, -1):
            await tampered.sql(f"UPDATE {table} SET position = {position + 1} WHERE position = {position}")
    await tampered.sql(
        "INSERT INTO journal (ledger, position, id, recorded_at, record, data) "
        f"SELECT ledger, {original.plain}, '{NOBODY}', recorded_at, record, data FROM journal "
        f"WHERE position = {original.plain + 1}"
    )
    await tampered.sql("UPDATE ledgers SET size = size + 1")


async def swapped(tampered: Tampered, original: Original) -> None:
    """Two records change places."""
    one, two = original.plain, original.plain + 1
    for table in ("journal", "memos"):
        for old, new in ((one, -1), (two, one), (-1, two)):
            if not tampered.journal.is_sqlite and new == -1:
                await tampered.sql("ALTER TABLE journal DROP CONSTRAINT IF EXISTS journal_position_check")
            if tampered.journal.is_sqlite:
                await tampered.sql("PRAGMA ignore_check_constraints = ON")
            await tampered.sql(f"UPDATE {table} SET position = {new} WHERE position = {old}")


async def truncated(tampered: Tampered, original: Original) -> None:
    """The last three records go."""
    for table in ("journal", "memos"):
        await tampered.sql(f"DELETE FROM {table} WHERE position >= {tampered.size - 3}")


async def truncated_well(tampered: Tampered, original: Original) -> None:
    """The last record goes, and nothing is left that tells of it."""
    last = tampered.records.pop()
    assert last.envelope["type"] == "LedgerUpdated"
    before = max(each.position for each in tampered.records if each.envelope["type"] == "LedgerUpdated")
    await tampered.sql(f"DELETE FROM journal WHERE position = {last.position}")
    await tampered.sql(f"UPDATE ledgers SET retention_years = 7, changed = {before}")
    micros = f"SELECT recorded_at FROM journal WHERE position = {last.position - 1}"
    await tampered.sql(f"UPDATE ledgers SET recorded_at = ({micros})")
    await tampered.rehead()


async def forked(tampered: Tampered, original: Original) -> None:
    """Another text for a transaction, with every hash and the head put right: sound books, and another history."""
    event = tampered.records[original.plain].event
    assert isinstance(event, TransactionPosted)
    texts = changed(event.memo, description="something else")
    await tampered.reseal(original.plain, changed(event, memo=texts))
    await tampered.rehead()


async def recorded_later(tampered: Tampered, original: Original) -> None:
    """A record says another time, and so does its row."""
    record = tampered.records[original.plain].record
    time = tampered.records[original.plain].envelope["recorded_at"].encode()
    other = time.replace(b"Z", b"")[:-1] + (b"0Z" if time[-2:-1] != b"0" else b"1Z")
    await tampered.put(original.plain, "record", record.replace(time, other))
    step = int(other[-2:-1]) - int(time[-2:-1])
    await tampered.sql(f"UPDATE journal SET recorded_at = recorded_at + {step} WHERE position = {original.plain}")


def resealed(change: Callable[[TransactionPosted], TransactionPosted], **envelope: Any) -> Change:
    """A transaction that breaks a rule, in a log whose every hash is right."""

    async def tamper(tampered: Tampered, original: Original) -> None:
        event = tampered.records[original.plain].event
        assert isinstance(event, TransactionPosted)
        await tampered.reseal(original.plain, change(event), **envelope)
        await tampered.rehead()

    return tamper


def rewritten(part: str, **members: Any) -> Change:
    """A transaction with other JSON in its record, body or memo, in a log whose every hash is right."""

    async def tamper(tampered: Tampered, original: Original) -> None:
        old = tampered.records[original.plain]
        sound = Forged.of([(old.record, old.data, old.memo)]).parts[0]
        record, data, memo = replace(sound, **{part: getattr(sound, part) | members}).spelled()
        tampered.records[original.plain] = Record(original.plain, record, data, memo)
        for column, raw in (("record", record), ("data", data), ("memo", memo)):
            assert raw is not None
            await tampered.put(original.plain, column, raw)
        await tampered.rehead()

    return tamper


def unreadable(part: str, says: str = "", check: Name = Name.BODIES, **members: Any) -> Case:
    """What no version of the service writes."""
    return broken_rule(rewritten(part, **members), says, FindingKind.TAMPERING, check)


async def nested_memo(tampered: Tampered, original: Original) -> None:
    """A list in a list in a list, with every hash right."""
    old = tampered.records[original.plain]
    memo = b'{"metadata":{"x":%b},"salt":"%b"}' % (b"[" * 100_000 + b"]" * 100_000, b"0" * 32)
    record = old.record.replace(sha256(old.memo or b"").hexdigest().encode(), sha256(memo).hexdigest().encode())
    tampered.records[original.plain] = Record(original.plain, record, old.data, memo)
    await tampered.put(original.plain, "record", record)
    await tampered.put(original.plain, "memo", memo)
    await tampered.rehead()


def unbalanced(event: TransactionPosted) -> TransactionPosted:
    first, *rest = event.postings
    return changed(event, postings=(changed(first, amount=Amount(first.amount.units + 1, 2)), *rest))


def elsewhere(event: TransactionPosted) -> TransactionPosted:
    first, *rest = event.postings
    return changed(event, postings=(changed(first, account=10**6), *rest))


def finer(event: TransactionPosted) -> TransactionPosted:
    return changed(event, postings=tuple(changed(each, amount=Amount(each.amount.units, 3)) for each in event.postings))


async def closed_account(tampered: Tampered, original: Original) -> None:
    """A transaction on an account that was closed before."""
    closed = next(each.event.account for each in reversed(tampered.records) if isinstance(each.event, AccountClosed))
    event = tampered.records[original.plain].event
    assert isinstance(event, TransactionPosted)
    first, *rest = event.postings
    await tampered.reseal(original.plain, changed(event, postings=(changed(first, account=closed), *rest)))
    await tampered.rehead()


def huge(event: TransactionPosted) -> TransactionPosted:
    """The same on the same accounts, with amounts beyond the ceiling of the cash."""
    postings = (changed(each, amount=Amount(each.amount.units * 10**9, 2)) for each in event.postings)
    return changed(event, postings=tuple(postings))


def limit_resealed(change: Callable[[LimitSet], LimitSet] = lambda event: event, **envelope: Any) -> Change:
    """Another record in place of the first that sets limits, in a log whose every hash is right."""

    async def tamper(tampered: Tampered, original: Original) -> None:
        event = tampered.records[limited(original)].event
        assert isinstance(event, LimitSet)
        await tampered.reseal(limited(original), change(event), **envelope)
        await tampered.rehead()

    return tamper


def limited(original: Original) -> int:
    """The position of the first record that sets limits: those of the cash."""
    return original.of(LimitSet)


async def not_erased(tampered: Tampered, original: Original) -> None:
    """A record says that a memo was erased, and it is there."""
    await tampered.reseal(original.size - 1, MemoErased(original.plain, "asked by the person"))
    await tampered.rehead()


async def signed_by_another(tampered: Tampered, original: Original) -> None:
    """The last tree, signed with another key of the same name."""
    await tampered.sql("DELETE FROM signed_checkpoints")
    await tampered.sign(OTHER_KEY, tampered.size)


async def signed_for_more(tampered: Tampered, original: Original) -> None:
    """A checkpoint that our key signed for a longer log, which is no more."""
    tampered.records.append(tampered.records[-1])
    await tampered.sign(KEY, tampered.size)


async def forgotten(tampered: Tampered, original: Original) -> None:
    """A memo that a record erased is there again, as it was."""
    memo = b'{"description":"Tilly bought it","salt":"00000000000000000000000000000000"}'
    await tampered.sql(f"UPDATE memos SET memo = {tampered.blob(memo)} WHERE memo IS NULL")


def before_plain(event: Event) -> Change:
    """Another event in place of a transaction."""

    async def change(tampered: Tampered, original: Original) -> None:
        await tampered.reseal(original.plain, event)
        await tampered.rehead()

    return change


currency_of_a_billion_digits = before_plain(CurrencyDeclared("XAU", 10**9))
year_of_no_days = before_plain(LedgerUpdated(fiscal_year_start="13-45"))


async def zone_that_is_none(tampered: Tampered, original: Original) -> None:
    """The ledger's time zone is none, and an erasure asks for today."""
    before = original.plain - 1
    await tampered.reseal(before, LedgerUpdated(time_zone="Mars/Olympus"))
    await tampered.reseal(original.plain, MemoErased(original.of(TransactionPosted), "asked by the person"))
    await tampered.rehead()


def head_byte(column: str) -> Change:
    """Flip a bit of the head's root or tree."""

    async def change(tampered: Tampered, original: Original) -> None:
        raw = bytearray(await tampered.journal.value(f"SELECT {column} FROM ledgers"))
        raw[7] ^= 1
        await tampered.sql(f"UPDATE ledgers SET {column} = {tampered.blob(bytes(raw))}")

    return change


async def tile_byte(tampered: Tampered, original: Original) -> None:
    """Flip a bit of a leaf hash in a tile."""
    raw = bytearray(await tampered.projections.value("SELECT hashes FROM tiles WHERE level = 0 AND tile = 0"))
    raw[32 * 5] ^= 1
    await tampered.projected(f"UPDATE tiles SET hashes = {tampered.blob(bytes(raw))} WHERE level = 0 AND tile = 0")


async def tile_longer(tampered: Tampered, original: Original) -> None:
    """A tile goes on behind the hashes."""
    raw = await tampered.projections.value("SELECT hashes FROM tiles WHERE level = 0 AND tile = 0")
    await tampered.projected(f"UPDATE tiles SET hashes = {tampered.blob(raw + bytes(32))} WHERE level = 0 AND tile = 0")


async def fraction(tampered: Tampered, original: Original) -> None:
    """An amount of less than a minor unit, where a column can hold one; else one that sorts where it should not."""
    less = "debits + 0.4" if not tampered.journal.is_sqlite else "replace(debits, 'p00', 'p09')"
    await tampered.sql(f"UPDATE account_totals SET debits = {less}")


async def one_unsigned(tampered: Tampered, original: Original) -> None:
    """A checkpoint in the middle goes, with what others had signed of it."""
    for table in ("signed_checkpoints", "cosignatures"):
        await tampered.sql(f"DELETE FROM {table} WHERE size = 200")


def guard(statement: str, says: str = "") -> Case:
    """A guard that is not what the log makes of it."""
    return Case(sql(statement), FindingKind.BOOKS, Name.GUARDS, says=says)


def broken_rule(change: Change, says: str, kind: FindingKind = FindingKind.BOOKS, check: Name = Name.RULES) -> Case:
    """A log whose every hash is right, which nobody has seen before: only the rules tell."""
    return Case(change, kind, check, plain, says, policy=False, state=False)


def at_limit(change: Change, says: str) -> Case:
    """A log whose every hash is right, with another record in place of the one that sets the limits of the cash."""
    return Case(change, FindingKind.BOOKS, Name.RULES, limited, says, policy=False, state=False)


async def limit_raised(tampered: Tampered, original: Original) -> None:
    """The ceiling of the cash is higher in the row that the rules read."""
    ceiling = tampered.units(10**12)
    await tampered.sql(f"UPDATE account_limits SET ceiling = {ceiling} WHERE floor IS NOT NULL")


CASES: dict[str, Case] = {
    # bytes
    "record": Case(replaced("record", b'"type":"cli"', b'"type":"xli"'), FindingKind.TAMPERING, Name.LOG, plain),
    "record, still canonical": Case(
        replaced("record", b'"id":"tests"', b'"id":"tastes"'), FindingKind.TAMPERING, Name.TILES, plain
    ),
    "record, no JSON": Case(replaced("record", b'{"actor"', b'["actor"'), FindingKind.TAMPERING, Name.LOG, plain),
    "record, spaced": Case(replaced("record", b'"v":1', b'"v": 1'), FindingKind.TAMPERING, Name.LOG, plain),
    "body": Case(replaced("data", b'.00"', b'.01"'), FindingKind.TAMPERING, Name.BODIES, plain),
    "memo": Case(replaced("memo", b"number", b"numbers"), FindingKind.TAMPERING, Name.BODIES, plain),
    "memo emptied": Case(sql("UPDATE memos SET memo = NULL" + AT), FindingKind.MISSING, Name.BODIES, plain),
    "memo removed": Case(sql("DELETE FROM memos" + AT), FindingKind.MISSING, Name.BODIES, plain),
    "memo put back": Case(forgotten, FindingKind.TAMPERING, Name.BODIES),
    "memo of no record": guard("INSERT INTO memos VALUES ({ledger}, 1000000, NULL)", "memos without a record"),
    "time of a record": Case(recorded_later, FindingKind.TAMPERING, Name.TILES, plain),
    "time of a row": Case(
        sql("UPDATE journal SET recorded_at = recorded_at + 1" + AT), FindingKind.TAMPERING, Name.LOG, plain
    ),
    "id of a row": Case(sql(f"UPDATE journal SET id = '{NOBODY}'" + AT), FindingKind.TAMPERING, Name.LOG, plain),
    # the head
    "head, larger": Case(sql("UPDATE ledgers SET size = size + 1"), FindingKind.MISSING, Name.LOG, lambda o: o.size),
    "head, smaller": Case(
        sql("UPDATE ledgers SET size = size - 1"), FindingKind.TAMPERING, Name.LOG, lambda o: o.size - 1
    ),
    "head, root": Case(head_byte("root"), FindingKind.TAMPERING, Name.ROOT),
    "head, tree": Case(head_byte("frontier"), FindingKind.TAMPERING, Name.ROOT),
    "head, another id": guard("UPDATE ledgers SET id = 'mine'", "has the id mine"),
    "head, opened as another": guard("UPDATE ledgers SET opened_as = 'mine'", "was opened as mine"),
    "head, time": Case(sql("UPDATE ledgers SET recorded_at = recorded_at - 1"), FindingKind.TAMPERING, Name.LOG),
    # rows
    "deleted": Case(sql("DELETE FROM journal" + AT), FindingKind.MISSING, Name.LOG, plain),
    "first deleted": Case(sql("DELETE FROM journal WHERE position = 0"), FindingKind.MISSING, Name.LOG, lambda o: 0),
    "inserted": Case(shifted, FindingKind.TAMPERING, Name.LOG, lambda o: o.plain + 1),
    "appended": Case(
        sql(
            f"INSERT INTO journal SELECT ledger, position + 1, '{NOBODY}', recorded_at, record, data FROM journal "
            "WHERE position = {last}"
        ),
        FindingKind.TAMPERING,
        Name.LOG,
        lambda o: o.size,
    ),
    "swapped": Case(swapped, FindingKind.TAMPERING, Name.LOG, plain),
    "truncated": Case(truncated, FindingKind.MISSING, Name.LOG, lambda o: o.size - 3),
    "truncated well": Case(truncated_well, FindingKind.TAMPERING, Name.HISTORY, lambda o: o.size - 1, policy=False),
    "forked": Case(forked, FindingKind.TAMPERING, Name.HISTORY, says="rewritten", policy=False),
    # guards
    "totals": guard("UPDATE account_totals SET credits = debits WHERE currency = 'EUR'", "totals of 1 EUR"),
    "totals by a fraction": Case(fraction, FindingKind.BOOKS, Name.GUARDS, says="totals of"),
    "totals removed": guard("DELETE FROM account_totals WHERE currency = 'USD'", "missing"),
    "name moved": guard(
        "UPDATE account_names SET account = account + 1 WHERE name = 'Assets:Cash'", "names of Assets:Cash"
    ),
    "name given elsewhere": guard("UPDATE account_names SET position = position + 1 WHERE name = 'Assets:Cash'"),
    "name removed": guard("DELETE FROM account_names WHERE name = 'Income:Sales'", "missing"),
    "name made up": guard("INSERT INTO account_names VALUES ({ledger}, 'Assets:Mine', 1, 1)", "knows nothing"),
    "account reopened": guard("UPDATE accounts SET status = 'open'", "accounts of"),
    "account of another type": guard("UPDATE accounts SET type = 'income', normal = 'credit' WHERE account = 1"),
    "account takes all": guard("UPDATE accounts SET currencies = '[]'"),
    "currency": guard("UPDATE currencies SET scale = 3 WHERE currency = 'EUR'", "currencies of EUR"),
    "counter": guard("UPDATE counters SET last = last + 1 WHERE series = 'B'", "counters of B 2023"),
    "role": guard("UPDATE members SET role = 'owner' WHERE user_id = 'bob'", "members of bob"),
    "member made up": guard("INSERT INTO members VALUES ({ledger}, 'mallory', 'owner', NULL, 1)", "members of mallory"),
    "limits removed": guard("DELETE FROM account_limits WHERE floor IS NOT NULL", "limits of 1 EUR: missing"),
    "a limit removed": guard("UPDATE account_limits SET floor = NULL", "limits of 1 EUR"),
    "limits moved": guard("UPDATE account_limits SET account = 2 WHERE floor IS NOT NULL", "limits of 1 EUR: missing"),
    "a limit raised": Case(limit_raised, FindingKind.BOOKS, Name.GUARDS, says="limits of 1 EUR"),
    "limits made up": guard("INSERT INTO account_limits VALUES ({ledger}, 3, 'EUR', NULL, NULL)", "limits of 3 EUR"),
    "reversal removed": guard("DELETE FROM reversals", "missing"),
    "reversal by another": guard("UPDATE reversals SET reversed_by = reversed_by + 1"),
    "erasure removed": guard("DELETE FROM erasures", "erasures of"),
    "key removed": guard("DELETE FROM keys WHERE key = 'first'", "keys of first: missing"),
    "key moved": guard("UPDATE keys SET position = position + 1 WHERE key = 'last'", "keys of last"),
    "owner": guard("UPDATE ledgers SET owner = 'mallory'", "settings"),
    "retention": guard("UPDATE ledgers SET retention_years = 0", "settings"),
    # projections
    "balance": Case(
        projected("UPDATE account_balances SET credits = debits WHERE currency = 'EUR'"),
        FindingKind.BOOKS,
        Name.PROJECTION,
    ),
    "chart, type": Case(
        projected("UPDATE chart_accounts SET type = 'income' WHERE path = 'Assets:Cash'"),
        FindingKind.BOOKS,
        Name.PROJECTION,
        says="chart of",
    ),
    "chart, path": Case(
        projected("UPDATE chart_accounts SET path = 'Assets:Till 3' WHERE path = 'Assets:Till 2'"),
        FindingKind.BOOKS,
        Name.PROJECTION,
        says="Assets:Till 3",
    ),
    "chart, account made up": Case(
        projected("UPDATE chart_accounts SET account = 999 WHERE path = 'Assets:Cash'"),
        FindingKind.BOOKS,
        Name.PROJECTION,
    ),
    "balance removed": Case(projected("DELETE FROM account_balances"), FindingKind.BOOKS, Name.PROJECTION),
    "tile": Case(tile_byte, FindingKind.TAMPERING, Name.TILES, lambda o: 5),
    "tile, longer": Case(tile_longer, FindingKind.TAMPERING, Name.TILES, says="has more"),
    "tile removed": Case(projected("DELETE FROM tiles WHERE level = 1"), FindingKind.MISSING, Name.TILES),
    # signatures
    "signed by another": Case(signed_by_another, FindingKind.TAMPERING, Name.SIGNATURES, says="no known key"),
    "not signed": Case(sql("DELETE FROM signed_checkpoints"), FindingKind.MISSING, Name.SIGNATURES),
    "signed, size of a row": Case(
        sql("UPDATE signed_checkpoints SET size = 101 WHERE size = 100"),
        FindingKind.TAMPERING,
        Name.SIGNATURES,
        says="row says 101",
    ),
    "signed, key of a row": Case(
        sql(f"UPDATE signed_checkpoints SET vkey = '{OTHER_KEY.verifier}' WHERE size = 100"),
        FindingKind.TAMPERING,
        Name.SIGNATURES,
        says="the key that its row names",
    ),
    "signed, no key in a row": Case(
        sql("UPDATE signed_checkpoints SET vkey = 'x' WHERE size = 100"),
        FindingKind.TAMPERING,
        Name.SIGNATURES,
        says="the key that its row names",
        policy=False,
    ),
    "signed too early": Case(
        sql("UPDATE signed_checkpoints SET signed_at = 1 WHERE size = 100"),
        FindingKind.TAMPERING,
        Name.SIGNATURES,
        says="before its last record",
    ),
    "signed in the future": Case(
        sql("UPDATE signed_checkpoints SET signed_at = signed_at * 2 WHERE size = 100"),
        FindingKind.TAMPERING,
        Name.SIGNATURES,
        says="cannot have been signed",
    ),
    "signed, one row removed": Case(
        one_unsigned,
        FindingKind.MISSING,
        Name.SIGNATURES,
        says="of the 3 checkpoints signed up to size",
    ),
    "signed, the last row removed": Case(
        sql("DELETE FROM signed_checkpoints WHERE size > 200"),
        FindingKind.MISSING,
        Name.SIGNATURES,
        says="2 are there",
    ),
    "signed, a cosigned row removed": Case(
        sql("DELETE FROM signed_checkpoints WHERE size = 200"),
        FindingKind.MISSING,
        Name.SIGNATURES,
        says="cosigned the checkpoint of size 200, but it is missing",
        state=False,
    ),
    "signed for more": Case(signed_for_more, FindingKind.TAMPERING, Name.SIGNATURES, lambda o: o.size),
    # a log with every hash right, and wrong books
    "unbalanced": broken_rule(resealed(unbalanced), "unbalanced"),
    "closed account": broken_rule(closed_account, "account_closed"),
    "number left out": broken_rule(resealed(lambda event: changed(event, number=event.number + 1)), "number"),
    "no such account": broken_rule(resealed(elsewhere), "unknown_account"),
    "more digits": broken_rule(resealed(finer), "too_many_digits"),
    "beyond a limit": broken_rule(resealed(huge), "limit_exceeded"),
    "a limit that was broken later": Case(
        limit_resealed(lambda e: replace(e, ceiling=Amount(10_000, 2))),
        FindingKind.BOOKS,
        Name.RULES,
        says="limit_exceeded",
        policy=False,
        state=False,
    ),
    "a limit set by a bookkeeper": at_limit(limit_resealed(actor=Actor("user", "bob")), "forbidden"),
    "a limit of no account": at_limit(limit_resealed(lambda e: replace(e, account=10**6)), "not_found"),
    "a floor above the ceiling": at_limit(
        limit_resealed(lambda e: replace(e, floor=e.ceiling, ceiling=e.floor)), "above the ceiling"
    ),
    "a limit in another scale": at_limit(limit_resealed(lambda e: replace(e, floor=Amount(0, 3))), "too_many_digits"),
    "a limit in no currency": at_limit(limit_resealed(lambda e: replace(e, currency="XAU")), "unknown_currency"),
    "nobody's": broken_rule(resealed(lambda event: event, actor=Actor("user", "mallory")), "not_found"),
    "a token of nobody's": broken_rule(resealed(lambda event: event, actor=Actor("token", "t")), "not_found"),
    "an unknown kind of actor's": Case(
        resealed(lambda event: event, actor=Actor("agent", "a", "ada")),
        FindingKind.TAMPERING,
        Name.LOG,
        lambda o: o.plain,
    ),
    "reverses nothing": broken_rule(resealed(lambda event: changed(event, reverses=NOBODY)), "not_found"),
    "not erased": broken_rule(not_erased, "still there", check=Name.BODIES),
    "recorded before": broken_rule(
        resealed(lambda event: event, recorded_at=parse_time("2020-01-01T00:00:00.000000Z")),
        "before the one before it",
        FindingKind.TAMPERING,
        Name.LOG,
    ),
    "key used twice": broken_rule(
        resealed(lambda event: event, key="first"), "the same idempotency key", FindingKind.TAMPERING, Name.LOG
    ),
    "another's command": broken_rule(
        resealed(lambda event: event, command=NOBODY), "did not begin here", FindingKind.TAMPERING, Name.LOG
    ),
    "of another ledger": broken_rule(
        resealed(lambda event: event, ledger=NOBODY), "one of ledger", FindingKind.TAMPERING, Name.LOG
    ),
}


CASES |= {
    # what cannot be read, or is of a type that it cannot have, with every hash right
    "unknown type": unreadable("record", "unknown type", type="HoldPlaced"),
    "unknown schema": unreadable("record", "unknown type", schema=2),
    "unknown actor": unreadable("record", "canonical form", Name.LOG, actor={"type": "robot", "id": "r"}),
    "a long key": unreadable("record", "more than 255", Name.LOG, key="k" * 256),
    "a long record": unreadable("record", "at most 65535", Name.LOG, actor={"type": "cli", "id": "x" * 66_000}),
    "a series of no text": unreadable("data", series=[]),
    "a number that is true": unreadable("data", "number: this is not a whole number", number=True),
    "a number of no bounds": unreadable("data", number=2**60),
    "a reversal of a number": unreadable("data", "reverses: this is not a text", reverses=7),
    "a document of no texts": unreadable("data", "document: ref: this is not a text", document={"ref": 7}),
    "a member that is not known": unreadable("data", colour="red"),
    "a description of no text": unreadable("memo", "description: this is not a text", description=0),
    "tags of no texts": unreadable("memo", "tags: this is not a text", tags=[7]),
    "metadata of no object": unreadable("memo", metadata=5),
    "a text for no line": unreadable("memo", lines={"99": "x"}),
    "a text of no text": unreadable("memo", "lines: this is not a text", lines={"0": 7}),
    "a memo of depth": broken_rule(nested_memo, "nested too deep", FindingKind.TAMPERING, Name.BODIES),
    "a salt of no text": unreadable("memo", "no salt", salt=7),
    "a memo of no letters": unreadable("memo", description="\ud800"),
    "a currency of no bounds": broken_rule(currency_of_a_billion_digits, "0 to 30"),
    "a year of no days": broken_rule(year_of_no_days, "ledger_in_use"),
    "a zone that is none": broken_rule(zone_that_is_none, "cannot decide it"),
}


# Whoever lowers a checkpoint, or takes it away, does not hide the rows.
for _model in ("chart", "account_balances", "dashboard", "open_items", "balance_history", "register", "tiles"):
    for _change, _how in (
        ("UPDATE checkpoints SET applied = applied - 100", "lowered"),
        ("UPDATE checkpoints SET applied = 0", "put to nothing"),
        ("UPDATE checkpoints SET applied = applied + 1", "raised"),
        ("DELETE FROM checkpoints", "removed"),
    ):
        CASES[f"checkpoint of {_model} {_how}"] = Case(
            projected(f"{_change} WHERE projection = '{_model}'"), FindingKind.BOOKS, Name.READ_MODELS
        )
CASES["checkpoint of tiles lowered"] = Case(
    projected("UPDATE checkpoints SET applied = applied - 100 WHERE projection = 'tiles'"),
    FindingKind.TAMPERING,
    Name.TILES,
    says="has more",
)
CASES |= {
    "no checkpoints at all": Case(projected("DROP TABLE checkpoints"), FindingKind.MISSING, Name.PROJECTION),
    "no table of rows": Case(projected("DROP TABLE register_lines"), FindingKind.MISSING, Name.READ_MODELS),
    "two live checkpoints": Case(
        projected(
            "INSERT INTO checkpoints (ledger, projection, generation, live, applied) "
            "SELECT ledger, projection, generation + 1, live, applied FROM checkpoints"
        ),
        FindingKind.BOOKS,
        Name.READ_MODELS,
        says="two sets",
    ),
    "line of a register": Case(
        projected("DELETE FROM register_lines WHERE position = {plain}"),
        FindingKind.BOOKS,
        Name.READ_MODELS,
        plain,
        "missing in the live rows",
    ),
    "text of a register": Case(
        projected("UPDATE register_transactions SET payee = 'Mallory' WHERE position = {plain}"),
        FindingKind.BOOKS,
        Name.READ_MODELS,
        plain,
        "payee is Mallory, should be None",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_whatever_is_changed_is_found(original: Original, case: Case, tmp_path: Path) -> None:
    state = Path(shutil.copy(original.state, tmp_path / "state.json")) if case.state else None
    async with tampering(original) as (tampered, url):
        await case.change(tampered, original)
        report = await audited(url, policy=[KEY.verifier] if case.policy else None, state=state)
    found = [fault for fault in report[case.check].faults if fault.kind is case.kind]
    assert found, [f"{fault.kind} {fault}" for fault in report.faults]
    assert report.exit_code == case.kind.value, [f"{fault.kind} {fault}" for fault in report.faults]
    if (where := case.where(original)) is not None:
        assert where in {fault.position for fault in found}, [str(fault) for fault in found]
    assert any(case.says in fault.what for fault in found), [str(fault) for fault in found]
    if state is not None and case.kind is not FindingKind.BOOKS:
        assert state.read_text() == original.state.read_text(), "what was tampered with is no log to remember"


async def test_a_posting_beyond_a_limit_is_found_among_many_that_are_looked_at_together(
    long_original: Original,
) -> None:
    async with tampering(long_original) as (tampered, url):
        await CASES["beyond a limit"].change(tampered, long_original)
        report = await audited(url)
    said = {fault.position: fault.what for fault in report[Name.RULES].faults}
    assert "limit_exceeded" in said[long_original.plain], said


TABLES = {table.name: table for model in make_projections() for table in model.tables if table is not blocks}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
async def test_no_row_of_a_read_model_passes(original: Original, table: Table) -> None:
    await require_that_rows_count(original, table)


async def test_no_row_of_a_block_passes(long_original: Original) -> None:
    await require_that_rows_count(long_original, blocks)


async def require_that_rows_count(original: Original, table: Table) -> None:
    """One row has every column changed that is not in its key, one another key, one is gone and one is made up."""
    key = [column.name for column in table.primary_key if column.name not in ("ledger", "generation")]
    rest = [column.name for column in table.c if column.name not in (*key, "ledger", "generation")]
    async with tampering(original) as (tampered, url):
        rows = await tampered.projections.fetch(f"SELECT {', '.join(key)} FROM {table.name} ORDER BY {', '.join(key)}")
        changed_, moved, gone, *_ = [
            " AND ".join(f"{name} = {literal(value)}" for name, value in zip(key, row, strict=True)) for row in rows
        ]
        for name in rest:
            await tampered.projected(f"UPDATE {table.name} SET {other(tampered, table.c[name])} WHERE {changed_}")
        made_up = ", ".join(
            {"ledger": "ledger", "generation": "generation", key[0]: beyond(tampered, table.c[key[0]])}.get(name, name)
            for name in [column.name for column in table.c]
        )
        await tampered.projected(f"INSERT INTO {table.name} SELECT {made_up} FROM {table.name} WHERE {changed_}")
        await tampered.projected(f"DELETE FROM {table.name} WHERE {gone}")
        await tampered.projected(f"UPDATE {table.name} SET {other(tampered, table.c[key[-1]])} WHERE {moved}")
        report = await audited(url)
        without = await audited(url, read_models=False)
    said = [str(fault) for fault in report[Name.READ_MODELS].faults if fault.what.startswith(f"{table.name} (")]
    assert len([each for each in said if each.endswith(": missing in the live rows")]) == 2, said
    assert len([each for each in said if each.endswith(": not in the journal")]) == 2, said
    assert len(said) == 5 or not rest, said
    for name in rest:
        assert any(f"{name} is " in each for each in said), (name, said)
    assert report.exit_code != 0
    assert without[Name.READ_MODELS].unchecked == ["you left them out"]


def literal(value: Any) -> str:
    """A literal of whatever a driver gives."""
    return str(value) if isinstance(value, int) else f"'{value}'"


def other(tampered: Tampered, column: Column[Any]) -> str:
    """The assignment of another value to this column."""
    name, is_sqlite = column.name, tampered.projections.is_sqlite
    match column.type:
        case Units():
            return f"{name} = {tampered.units(123_456_789)}"
        case Boolean():
            return f"{name} = NOT {name}"
        case Integer():
            return f"{name} = coalesce({name}, 5) + 1000"
        case Date():
            return (
                f"{name} = date(coalesce({name}, '2020-01-01'), '+1 day')"
                if is_sqlite
                else (f"{name} = coalesce({name}, '2020-01-01') + 1")
            )
        case LargeBinary():
            return f"{name} = {tampered.blob(b'made up')}"
    if type(column.type) is type(UuidText):
        return f"{name} = '00000000-0000-7000-8000-{next(_copies):012}'"
    return f"{name} = coalesce({name}, '') || '!'"


def beyond(tampered: Tampered, column: Column[Any]) -> str:
    """The value that `other` assigns."""
    return other(tampered, column).partition(" = ")[2]


@pytest.mark.parametrize(
    "assignment",
    ["frontier = 'abc'", "root = 'abc'", "root = 7", "size = 'many'", "size = -1", "size = 1.5", "recorded_at = 'now'"],
)
async def test_a_head_row_of_the_wrong_type_is_a_finding(original: Original, assignment: str) -> None:
    if original.url.startswith("postgresql"):
        return  # its columns have types
    async with tampering(original) as (tampered, url):
        await tampered.sql(f"UPDATE ledgers SET {assignment}")
        report = await audited(url)
    assert report.exit_code == FindingKind.TAMPERING.value
    assert report[Name.RULES].status in ("ok", "partly checked"), "the records are there, and are decided"


async def test_rows_of_types_that_a_column_cannot_have_are_found(original: Original) -> None:
    """SQLite's columns take anything."""
    if original.url.startswith("postgresql"):
        return  # its columns have types
    async with tampering(original) as (tampered, url):
        await tampered.projected(
            "UPDATE register_transactions SET position = 'first' WHERE position = {plain}".replace(
                "{plain}", str(original.plain)
            )
        )
        await tampered.projected("UPDATE account_balances SET debits = x'00' WHERE account = 1 AND currency = 'EUR'")
        await tampered.sql("UPDATE ledgers SET in_use = 'yes'")
        await tampered.sql(
            "UPDATE reversals SET position = 'first' WHERE position = (SELECT min(position) FROM reversals)"
        )
        report = await audited(url)
        await tampered.sql("INSERT INTO journal SELECT ledger, 'first', '', 0, record, data FROM journal LIMIT 1")
        strange = await audited(url)
    said = [str(fault) for fault in report.faults]
    assert any("reversals of first" in each for each in said), said
    assert any("settings differ" in each for each in said), said
    assert any("up to position first" in fault.what for fault in strange[Name.LOG].faults)
    assert any("register_transactions (position=first)" in each for each in said), said
    assert any(each.startswith("account_balances (") for each in said), said


@pytest.mark.parametrize(
    "name", ["nothing", "body", "unbalanced", "deleted", "swapped", "memo removed", "truncated", "closed account"]
)
async def test_several_processes_find_what_one_finds(
    original: Original, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing, "TOGETHER_RECORDS", 1)
    monkeypatch.setattr(databases, "PAGE_RECORDS", 10)
    monkeypatch.setattr(auditing, "look_ahead", spied := Spied())
    async with tampering(original) as (tampered, url):
        if name != "nothing":
            await CASES[name].change(tampered, original)
        alone, together = await audited(url), await audited(url, processes=2)
    assert spied.chunks > 0
    assert together.to_json() == alone.to_json()


class Spied:
    """Counts what other processes have looked at."""

    chunks = 0

    def __call__(self, *given: Any, **options: Any) -> Iterator[Any]:
        with closing(look_ahead(*given, **options)) as chunks:
            for chunk in chunks:
                self.chunks += 1
                yield chunk


async def test_a_copy_that_nobody_touched_is_fine(original: Original, tmp_path: Path) -> None:
    state = Path(shutil.copy(original.state, tmp_path / "state.json"))
    async with tampering(original) as (_, url):
        assert_fine(await audited(url, policy=[KEY.verifier], state=state), unchecked=set())


@pytest.mark.parametrize("change", [forked, truncated_well])
async def test_sound_books_that_were_rewritten_whole_show_only_to_who_saw_them_before(
    original: Original, change: Change, tmp_path: Path
) -> None:
    state = Path(shutil.copy(original.state, tmp_path / "state.json"))
    async with tampering(original) as (tampered, url):
        await change(tampered, original)
        assert (await audited(url)).exit_code == 0, "these books are sound in themselves"
        assert (await audited(url, state=state)).exit_code == FindingKind.TAMPERING.value
        await tampered.sign(OTHER_KEY, tampered.size)
        assert (await audited(url, policy=[KEY.verifier])).exit_code == FindingKind.TAMPERING.value


async def test_a_checkpoint_of_the_log_before_it_was_rewritten_is_evidence(original: Original) -> None:
    async with tampering(original) as (tampered, url):
        note = await tampered.journal.value("SELECT note FROM signed_checkpoints ORDER BY size DESC")
        await forked(tampered, original)
        now = time.time_ns() // 1_000
        values = f"{{ledger}}, {tampered.size}, '{note}', '{KEY.verifier}', {now}"
        await tampered.sql(f"INSERT INTO signed_checkpoints (ledger, size, note, vkey, signed_at) VALUES ({values})")
        for policy in ([KEY.verifier], None):
            report = await audited(url, policy=policy)
            assert report.exit_code == FindingKind.TAMPERING.value
            assert "another tree" in report[Name.SIGNATURES].faults[0].what


# --- any byte --------------------------------------------------------------------------------------------------------

SEED = random.randrange(10**6)
"""Printed where a test fails."""


async def test_no_flipped_bit_of_a_record_passes(original: Original) -> None:
    chance = random.Random(SEED)
    async with tampering(original) as (tampered, url):
        for _ in range(25):
            record = chance.choice(original.records)
            column, raw = chance.choice(
                [("record", record.record), ("data", record.data), ("memo", record.memo or b"")]
            )
            if not raw:
                continue
            flipped = bytearray(raw)
            flipped[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
            await tampered.put(record.position, column, bytes(flipped))
            report = await audited(url)
            assert report.exit_code == FindingKind.TAMPERING.value, (SEED, bytes(flipped))
            assert record.position in {fault.position for fault in report.faults}, (SEED, bytes(flipped))
            await tampered.put(record.position, column, raw)
        assert (await audited(url)).exit_code == 0


async def test_no_flipped_bit_of_an_export_passes(original: Original, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    async with open_store(original.url) as store:
        ledger = await store.journal.find(original.uuid)
        assert ledger is not None
        await export_ledger(store.journal, ledger, tmp_path, origin="example.com/books")
    files = sorted(file for file in files_in(tmp_path) if file.name != "head.json")
    assert len(files) == 10
    for file in files:
        raw = file.read_bytes()
        for _ in range(4):
            flipped = bytearray(raw)
            flipped[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
            file.write_bytes(flipped)
            report = await audited(tmp_path, policy=[KEY.verifier])
            assert report.exit_code in (FindingKind.TAMPERING.value, FindingKind.MISSING.value), (SEED, file)
        for more in (b"\n", bytes(32)):
            file.write_bytes(raw + more)
            assert (await audited(tmp_path, policy=[KEY.verifier])).exit_code == FindingKind.TAMPERING.value, (
                file,
                more,
            )
        file.unlink()
        assert (await audited(tmp_path, policy=[KEY.verifier])).exit_code == FindingKind.MISSING.value, file
        file.write_bytes(raw)
    assert (await audited(tmp_path, policy=[KEY.verifier])).exit_code == 0


async def test_the_last_byte_of_an_export_counts_in_every_file(original: Original, tmp_path: Path) -> None:
    """Also where it only ends a line, and where that line is empty: a record without a memo."""
    async with open_store(original.url) as store:
        ledger = await store.journal.find(original.uuid)
        assert ledger is not None
        await export_ledger(store.journal, ledger, tmp_path, origin="example.com/books")
    last = f"{original.size - 256}"  # the second bundle
    assert (tmp_path / "memos" / "001.p" / last).read_bytes().endswith(b"\n\n")
    for file in sorted(file for file in files_in(tmp_path) if file.name != "head.json"):
        raw = file.read_bytes()
        for bit in range(8):
            file.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1 << bit]))
            report = await audited(tmp_path, policy=[KEY.verifier])
            assert report.exit_code in (FindingKind.TAMPERING.value, FindingKind.MISSING.value), (file, bit)
        file.write_bytes(raw)
    data = tmp_path / "data" / "001.p" / last
    data.write_bytes(data.read_bytes().removesuffix(b"\n"))
    assert (await audited(tmp_path, policy=[KEY.verifier])).exit_code == FindingKind.TAMPERING.value


def files_in(folder: Path) -> list[Path]:
    """All files below a folder."""
    return [file for file in folder.rglob("*") if file.is_file()]
