"""Sign-in databases as other programs make them: tables by their own SQL, rows by hand, and never one of ours."""

import datetime as dt
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from api.auth.foreign_tables import map_tables
from api.auth.sessions import Session, Sessions
from api.errors import Unauthenticated
from ledger.store.engine import Database, open_database
from ledger.store.urls import read_database_url

# As drizzle-kit 0.30 writes it from the existing frontend's schema.
DRIZZLE = """
CREATE TABLE `session` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `user`(`id`) ON UPDATE no action ON DELETE no action
);
CREATE TABLE `user` (
	`id` text PRIMARY KEY NOT NULL,
	`age` integer,
	`username` text NOT NULL,
	`password_hash` text NOT NULL
);
CREATE UNIQUE INDEX `user_username_unique` ON `user` (`username`);
"""


@dataclass(frozen=True)
class SqliteFile:
    """Another program's SQLite file. Every statement has a connection of its own, as another process would."""

    path: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def run(self, sql: str, *values: Any) -> list[Any]:
        """Run one statement, without foreign keys; returns its rows."""
        with closing(sqlite3.connect(self.path, timeout=30)) as connection, connection:
            return connection.execute(sql, values).fetchall()

    def script(self, sql: str) -> None:
        """Run statements that take no values."""
        with closing(sqlite3.connect(self.path, timeout=30)) as connection:
            connection.executescript(sql)

    def look(self) -> tuple[list[Any], str]:
        """All that is in its schema, and its journal mode."""
        schema = self.run("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")
        return schema, str(self.run("PRAGMA journal_mode")[0][0])


@dataclass(frozen=True)
class PostgresDatabase:
    """Another program's PostgreSQL database."""

    url: str

    async def run(self, sql: str, *values: Any) -> list[Any]:
        """Run one statement; returns its rows."""
        connection = await asyncpg.connect(self.url)
        try:
            return [tuple(row) for row in await connection.fetch(sql, *values)]
        finally:
            await connection.close()


@dataclass(frozen=True)
class Foreign:
    """Either of them, to be spoken to in one way; `?` stands for values."""

    place: SqliteFile | PostgresDatabase

    @property
    def dialect(self) -> str:
        """`sqlite` or `pg`."""
        return "sqlite" if isinstance(self.place, SqliteFile) else "pg"

    async def run(self, sql: str, *values: Any) -> list[Any]:
        """Run one statement; returns its rows."""
        if isinstance(self.place, SqliteFile):
            return self.place.run(sql, *values)
        for number in range(1, len(values) + 1):
            sql = sql.replace("?", f"${number}", 1)
        return await self.place.run(sql, *values)

    async def make(self, schema: Iterable[str]) -> None:
        """An empty database with these tables."""
        if isinstance(self.place, PostgresDatabase):
            await self.run("DROP SCHEMA public CASCADE")
            await self.run("CREATE SCHEMA public")
        else:
            self.place.path.unlink(missing_ok=True)
        for statement in schema:
            await self.run(statement)

    async def insert(self, table: str, row: dict[str, Any]) -> None:
        """Insert a row."""
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" for _ in row)
        await self.run(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', *row.values())

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Database]:
        """The database as the service opens it."""
        database = open_database(read_database_url(self.place.url), foreign=True)
        try:
            yield database
        finally:
            await database.close()

    @asynccontextmanager
    async def sessions(
        self,
        form: str,
        *,
        clock: Callable[[], int],
        lifetime: int | None = None,
        tables: Sequence[str | None] = (None, None),
    ) -> AsyncIterator[Sessions]:
        """Sessions of this form; `tables`: those of sessions and of users; `lifetime` in seconds."""
        async with self.opened() as database:
            mapped = await map_tables(database, form, lifetime, *tables)
            yield Sessions(mapped, database, database, clock=clock)


async def session_of(sessions: Sessions, token: str) -> Session | None:
    """The valid session behind a token, if there is one."""
    try:
        return await sessions.find(token)
    except Unauthenticated:
        return None


def utc(text: str) -> dt.datetime:
    """A time as JavaScript writes it."""
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))
