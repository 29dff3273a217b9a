"""Backups as tests make, change and restore them."""

import gzip
import hashlib
import io
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.backup.files import Header, SavedColumn, SavedTable
from api.backup.restoring import restore_backup
from api.backup.saving import BackupReport, save_backup
from api.backup.snapshot import list_saved_tables
from api.backup.values import find_kind
from ledger.store.engine import Database
from migrations import schemas
from tests.postgres import PostgresServer
from tests.stores import open_databases, outsider

Lines = list[Any]
"""The lines of a backup, without the last one, as JSON has them."""
_numbers = itertools.count(1)


def untold(_what: str, _done: int, _total: int) -> None:
    """Nobody watches."""


async def backup_of(database: Database) -> bytes:
    """A backup that finds nothing wrong."""
    file = io.BytesIO()
    report = await save_backup(database, file, untold)
    assert report.faults == []
    return file.getvalue()


async def restored(url: str, backup: bytes, *, accept: bool = False) -> BackupReport:
    """Restore into the database of this URL."""
    async with open_databases(url) as (journal, _):
        return await restore_backup(journal, io.BytesIO(backup), untold, accept=accept)


def new_urls(request: pytest.FixtureRequest, folder: Path, engine: str) -> Callable[[], str]:
    """A function that gives the URL of a new database, which nobody has migrated."""
    if engine == "sqlite":
        return lambda: f"sqlite:///{folder / f'restored_{next(_numbers)}.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")

    def create() -> str:
        name = f"restored_{next(_numbers)}"
        request.addfinalizer(lambda: server.drop_database(name))
        return server.create_database(name)

    return create


async def disconnect_all(server: str, database: str) -> None:
    """Cut all connections to a database of a PostgreSQL server."""
    async with outsider(server) as outside:
        await outside.fetch(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")


def empty_backup() -> bytes:
    """A backup of an installation in which there is nothing."""
    columns = {
        table.name: [SavedColumn(name=each.name, kind=find_kind(each.type)) for each in table.c]
        for table in list_saved_tables()
    }
    header = Header(
        program="0",
        revision=schemas("journal")[-1],
        made_at="2024-01-01T00:00:00Z",
        ledgers=[],
        tables=[SavedTable(name=name, columns=each, rows=0) for name, each in columns.items()],
    )
    return written([header.model_dump(mode="json"), *({"table": name} for name in columns)])


# --- files that were changed


def lines_of(backup: bytes) -> Lines:
    """The lines before the last one."""
    lines = gzip.decompress(backup).splitlines()
    assert json.loads(lines[-1])["end"]
    return [json.loads(line) for line in lines[:-1]]


def written(lines: Lines) -> bytes:
    """A backup of these lines, with the checksum that they have."""
    text = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    last = json.dumps({"end": True, "sha256": hashlib.sha256(text).hexdigest()})
    return gzip.compress(text + f"{last}\n".encode())


def rows_of(lines: Lines, table: str) -> list[dict[str, Any]]:
    """The rows of a table, by the names of its columns."""
    start = lines.index({"table": table})
    columns = [column["name"] for column in table_of(lines, table)["columns"]]
    rows = itertools.takewhile(lambda line: isinstance(line, list), lines[start + 1 :])
    return [dict(zip(columns, row, strict=True)) for row in rows]


def table_of(lines: Lines, table: str) -> dict[str, Any]:
    """What the header says of a table."""
    found: dict[str, Any] = next(each for each in lines[0]["tables"] if each["name"] == table)
    return found


def changed_row(lines: Lines, table: str, number: int, **values: Any) -> None:
    """Put these values into a row of a table."""
    at = lines.index({"table": table}) + 1 + number
    for name, value in values.items():
        lines[at][[column["name"] for column in table_of(lines, table)["columns"]].index(name)] = value
