"""The test server is a real, durable PostgreSQL whose databases know nothing of each other."""

import subprocess
import sys
import textwrap
import time
from pathlib import Path

import asyncpg
import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.postgres import PostgresServer, postgres_server

ROOT = Path(__file__).resolve().parents[2]


async def fetch_value(url: str, sql: str) -> object:
    """The first column of the first row, on a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_the_server_is_a_real_durable_postgresql(postgres_url: str) -> None:
    assert str(await fetch_value(postgres_url, "SELECT version()")).startswith("PostgreSQL 1")
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert await fetch_value(postgres_url, f"SHOW {setting}") == "on"


async def test_two_databases_are_isolated(postgres: PostgresServer, fresh_postgres_database: str) -> None:
    other = postgres.create_database("other")
    try:
        await fetch_value(fresh_postgres_database, "CREATE TABLE postings (amount numeric)")
        is_there = "SELECT to_regclass('postings') IS NOT NULL"
        assert await fetch_value(fresh_postgres_database, is_there) is True
        assert await fetch_value(other, is_there) is False
    finally:
        postgres.drop_database("other")


async def test_a_database_can_be_copied_from_a_template(postgres: PostgresServer) -> None:
    template = postgres.create_database("template_of_ours")
    await fetch_value(template, "CREATE TABLE accounts AS SELECT 7 AS id")
    copy = postgres.create_database("copy_of_it", template="template_of_ours")
    try:
        assert await fetch_value(copy, "SELECT id FROM accounts") == 7
    finally:
        postgres.drop_database("copy_of_it")
        postgres.drop_database("template_of_ours")


async def test_sqlalchemy_takes_the_same_url(fresh_postgres_database: str) -> None:
    engine = create_async_engine(fresh_postgres_database.replace("postgresql://", "postgresql+asyncpg://"))
    try:
        async with engine.connect() as connection:
            name = await connection.scalar(text("SELECT current_database()"))
        assert name is not None
        assert name in fresh_postgres_database
    finally:
        await engine.dispose()


async def test_dropping_a_database_cuts_open_connections(postgres: PostgresServer) -> None:
    connection = await asyncpg.connect(postgres.create_database("busy"))
    postgres.drop_database("busy")
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
        await connection.execute("SELECT 1")
    connection.terminate()


def test_a_server_is_stopped_and_removed_when_its_block_fails() -> None:
    servers: list[PostgresServer] = []

    def fail_beside_a_server() -> None:
        with postgres_server() as server:
            servers.append(server)
            assert is_running(server.pid)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_beside_a_server()
    [server] = servers
    assert not is_running(server.pid)
    assert not server.folder.exists()


def test_a_server_is_stopped_and_removed_when_the_tests_are_killed() -> None:
    program = textwrap.dedent("""
        import time
        from tests.postgres import postgres_server

        with postgres_server() as server:
            print(server.pid, server.folder, flush=True)
            time.sleep(600)
    """)
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout is not None
        pid, folder = tests.stdout.readline().split()
        tests.kill()
    home = Path(folder).parent
    give_up_at = time.monotonic() + 30
    while (is_running(int(pid)) or home.exists()) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    assert not is_running(int(pid))
    assert not home.exists()


def is_running(pid: int) -> bool:
    """Whether the process is alive; one that has ended and waits to be collected is not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
