"""The existing frontend's SQLite file: its users' cookies work, by its rules, and nothing in the file is altered."""

import asyncio
import base64
import hashlib
import itertools
import os
import secrets
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import event
from typer.testing import CliRunner

from api.auth import passwords
from api.auth.foreign_tables import SignInRefused, map_tables
from api.auth.sessions import Sessions
from api.cli import app
from api.errors import SignInElsewhere
from api.services import open_services
from api.settings import Settings
from ledger.store import engine
from tests.foreign import DRIZZLE, Foreign, PostgresDatabase, SqliteFile, session_of
from tests.http.service import PASSWORD, Json, Server, client, migrated, run_apart, serve, sqlite_settings
from tests.postgres import PostgresServer

DAY = 24 * 3600
ALLOWED = "http://localhost:5173"
THEIRS = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16)
PASSWORD_HASH = THEIRS.hash(PASSWORD)

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """A user of the frontend, and a session's token."""

    id: str
    name: str
    token: str

    @property
    def cookie(self) -> dict[str, str]:
        """As a browser sends what the frontend set."""
        return {"Cookie": f"auth-session={quote(self.token, safe='')}"}


@dataclass(frozen=True)
class Frontend:
    """The frontend's database, used as the frontend uses it."""

    file: SqliteFile

    def user(self, *, left: float = 30 * DAY) -> Person:
        """Somebody who registered there, with a session that has so many seconds left."""
        id_ = base64.b32encode(secrets.token_bytes(15)).decode().lower()
        name = f"person-{next(_numbers)}"
        self.file.run(
            "INSERT INTO user (id, age, username, password_hash) VALUES (?, NULL, ?, ?)", id_, name, PASSWORD_HASH
        )
        return Person(id_, name, self.session(id_, left=left))

    def session(self, user: str, *, left: float = 30 * DAY) -> str:
        """The token of a new session."""
        token = base64.urlsafe_b64encode(secrets.token_bytes(20)).decode()
        row = (session_id(token), user, int(time.time() + left))
        self.file.run("INSERT INTO session (id, user_id, expires_at) VALUES (?, ?, ?)", *row)
        return token

    def expiry(self, token: str) -> int | None:
        """When the session ends; None: it is not there."""
        rows = self.file.run("SELECT expires_at FROM session WHERE id = ?", session_id(token))
        return int(rows[0][0]) if rows else None


def session_id(token: str) -> str:
    """As the frontend computes it."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_frontend(folder: Path) -> Frontend:
    """The frontend's database, without users."""
    file = SqliteFile(folder / "frontend.db")
    file.script(DRIZZLE)
    return Frontend(file)


@pytest.fixture(scope="module")
def frontend(tmp_path_factory: pytest.TempPathFactory) -> Frontend:
    """The database that the servers share with the frontend."""
    return new_frontend(tmp_path_factory.mktemp("frontend"))


@pytest.fixture(scope="module")
def servers(frontend: Frontend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Server]]:
    """Two processes' worth of the service, each with books of its own."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                serve(sqlite_settings(tmp_path_factory.mktemp("books"), auth_database_url=frontend.file.url))
            )
            for _ in range(2)
        ]


@pytest.fixture
async def browser(servers: list[Server]) -> AsyncIterator[httpx.AsyncClient]:
    """A client that keeps no cookies by itself."""
    async with client(servers[0], headers={"Origin": ALLOWED}) as browser:
        browser.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield browser


# --- who gets in ------------------------------------------------------------------------------------------------------


async def test_a_cookie_of_the_frontend_works_and_its_file_stays_as_it_was(
    frontend: Frontend, servers: list[Server], browser: httpx.AsyncClient
) -> None:
    before = frontend.file.look()
    assert before[1] == "delete"
    person = frontend.user()
    user = {"id": person.id, "username": person.name}
    assert (await browser.get("/auth/session", headers=person.cookie)).json() == {"user": user}
    refreshed = await browser.get("/session/refresh", headers=person.cookie)
    assert refreshed.json() == {"status": "ok", "user": {"user_id": person.id, "username": person.name}}
    assert "set-cookie" not in refreshed.headers

    opened = await browser.post("/ledgers", json={}, headers=person.cookie | {"Idempotency-Key": "k"})
    assert opened.status_code == 201
    assert (await browser.get("/ledgers", headers=person.cookie)).json()["ledgers"][0]["id"] == opened.json()["id"]
    signed_in = await browser.post("/auth/login", json={"username": person.name, "password": PASSWORD})
    assert signed_in.status_code == 200
    assert frontend.expiry(signed_in.json()["token"]) is not None
    assert (await browser.post("/auth/logout", headers=person.cookie)).status_code == 204
    assert frontend.expiry(person.token) is None
    assert frontend.file.look() == before
    assert not list(frontend.file.path.parent.glob("frontend.db-*"))


@pytest.mark.parametrize("shape", ["{token}", '"{token}"', "{encoded}"])
async def test_the_padding_may_arrive_in_any_spelling(
    frontend: Frontend, browser: httpx.AsyncClient, shape: str
) -> None:
    person = frontend.user()
    value = shape.format(token=person.token, encoded=quote(person.token))
    answer = await browser.get("/session/refresh", headers={"Cookie": f"other=stale; auth-session={value}"})
    assert answer.status_code == 200


async def test_whatever_is_no_token_is_no_session(frontend: Frontend, browser: httpx.AsyncClient) -> None:
    person = frontend.user()
    wrong = [
        session_id(person.token),
        session_id(person.token).upper(),
        person.token.rstrip("="),
        quote(quote(person.token)),
        "%ZZ",
        "%00",
        "%FF",
        "%F0%9F%98%80",
        "x" * 10_000,
        "' OR 1=1 --",
    ]
    for value in wrong:
        answer = await browser.get("/session/refresh", headers={"Cookie": f"auth-session={value}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), value
    raw = [(b"cookie", b"auth-session=\xff\xfe\x80")]
    assert (await browser.get("/session/refresh", headers=raw)).status_code == 401


@pytest.mark.parametrize("left", [0, -1, -DAY])
async def test_an_expired_session_is_refused_and_its_row_deleted(
    frontend: Frontend, browser: httpx.AsyncClient, left: int
) -> None:
    person = frontend.user(left=left)
    assert (await browser.get("/session/refresh", headers=person.cookie)).status_code == 401
    assert frontend.expiry(person.token) is None


@pytest.mark.parametrize("stored", ["'2999-01-01'", "x'00'", "9e999", "-9e999", "'nan'"])
async def test_an_expiry_that_is_no_number_is_in_the_past(
    frontend: Frontend, browser: httpx.AsyncClient, stored: str
) -> None:
    """SQLite lets anything stand in a column of integers, infinity too."""
    person = frontend.user()
    frontend.file.run(f"UPDATE session SET expires_at = {stored} WHERE id = ?", session_id(person.token))
    assert (await browser.get("/session/refresh", headers=person.cookie)).status_code == 401


async def test_a_session_without_its_user_is_none_and_stays(frontend: Frontend, browser: httpx.AsyncClient) -> None:
    token = frontend.session("nobody")
    answer = await browser.get("/session/refresh", headers={"Cookie": f"auth-session={quote(token)}"})
    assert answer.status_code == 401
    assert frontend.expiry(token) is not None


async def test_a_user_who_is_deleted_is_refused_at_once(frontend: Frontend, browser: httpx.AsyncClient) -> None:
    person = frontend.user()
    assert (await browser.get("/session/refresh", headers=person.cookie)).status_code == 200
    frontend.file.run("DELETE FROM user WHERE id = ?", person.id)
    assert (await browser.get("/session/refresh", headers=person.cookie)).status_code == 401


@pytest.mark.parametrize(("left", "renewed"), [(15 * DAY + 60, False), (15 * DAY - 1, True), (60, True)])
async def test_a_use_renews_within_the_last_half(
    frontend: Frontend, browser: httpx.AsyncClient, left: int, renewed: bool
) -> None:
    person = frontend.user(left=left)
    stored = frontend.expiry(person.token)
    answer = await browser.get("/session/refresh", headers=person.cookie)
    assert answer.status_code == 200
    expiry = frontend.expiry(person.token)
    assert expiry is not None
    if not renewed:
        assert expiry == stored and "set-cookie" not in answer.headers
        return
    assert abs(expiry - time.time() - 30 * DAY) < 60
    (cookie,) = answer.headers.get_list("set-cookie")
    value, path, expires, *rest = cookie.split("; ")
    assert (value, path) == (f"auth-session={quote(person.token)}", "Path=/")
    assert rest == ["HttpOnly", "SameSite=Lax"]
    assert expires == time.strftime("Expires=%a, %d %b %Y %H:%M:%S GMT", time.gmtime(expiry))
    assert frontend.file.run("SELECT typeof(expires_at) FROM session WHERE id = ?", session_id(person.token)) == [
        ("integer",)
    ]


async def test_the_boundaries_are_exact(tmp_path: Path) -> None:
    """Half of the life, and its end, to the millisecond."""
    frontend = new_frontend(tmp_path)
    person = frontend.user()
    expires_at = frontend.expiry(person.token)
    assert expires_at is not None
    half, end = expires_at * 1000 - 15 * DAY * 1000, expires_at * 1000
    for now, outcome in ((half - 1, "kept"), (half, "renewed"), (end - 1, "renewed"), (end, None), (end + 1, None)):
        frontend.file.run("DELETE FROM session")
        frontend.file.run("INSERT INTO session VALUES (?, ?, ?)", session_id(person.token), person.id, expires_at)
        async with Foreign(frontend.file).sessions("token-sha256", clock=lambda now=now: now) as sessions:  # type: ignore[misc]
            session = await session_of(sessions, person.token)
        assert (session and ("renewed" if session.renewed else "kept")) == outcome
        stored = (now + 30 * DAY * 1000) // 1000 if outcome == "renewed" else expires_at
        assert frontend.expiry(person.token) == (stored if outcome else None)


async def test_a_row_that_another_process_deletes_is_refused_at_once_everywhere(
    frontend: Frontend, servers: list[Server], browser: httpx.AsyncClient
) -> None:
    person = frontend.user()
    url = f"{servers[1].url}/api/session/refresh"
    async with httpx.AsyncClient(headers=person.cookie) as other:
        for _ in range(3):
            assert (await browser.get("/session/refresh", headers=person.cookie)).status_code == 200
            assert (await other.get(url)).status_code == 200
        await asyncio.to_thread(in_another_process, frontend.file, "DELETE FROM session")
        assert (await browser.get("/session/refresh", headers=person.cookie)).status_code == 401
        assert (await other.get(url)).status_code == 401


def in_another_process(file: SqliteFile, sql: str) -> None:
    """Run a statement as a program that shares nothing with this one but the file."""
    script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()"
    subprocess.run([sys.executable, "-c", script, str(file.path), sql], check=True)


async def test_who_logs_out_of_one_process_is_out_of_all(
    frontend: Frontend, servers: list[Server], browser: httpx.AsyncClient
) -> None:
    person = frontend.user()
    async with client(servers[1], headers=person.cookie) as other:
        assert (await other.get("/session/refresh")).status_code == 200
        assert (await browser.post("/auth/logout", headers=person.cookie)).status_code == 204
        assert (await other.get("/session/refresh")).status_code == 401


async def test_logging_out_of_all_devices_deletes_the_users_rows_and_no_others(
    frontend: Frontend, browser: httpx.AsyncClient
) -> None:
    person, other = frontend.user(), frontend.user()
    more = [frontend.session(person.id), frontend.session(person.id, left=-DAY)]
    refused = await browser.post("/security/logout-all-devices")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    answer = await browser.post("/security/logout-all-devices", headers=person.cookie)
    assert answer.json() == {
        "success": True,
        "message": "Successfully invalidated 3 session(s)",
        "invalidated_count": 3,
    }
    assert answer.headers["set-cookie"] == "auth-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
    assert [frontend.expiry(token) for token in (person.token, *more)] == [None] * 3
    assert frontend.expiry(other.token) is not None
    assert (await browser.post("/security/logout-all-devices", headers=person.cookie)).status_code == 401


async def test_without_cookie_and_origin_nothing_is_logged_out_and_no_lock_is_touched(
    frontend: Frontend, servers: list[Server]
) -> None:
    """The frontend's own server calls like this, and waits for the answer without a limit."""
    person = frontend.user()
    with closing(sqlite3.connect(frontend.file.path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")  # nobody else can even read
        async with client(servers[0]) as node:
            node.timeout = 4
            answer = await node.post("/security/logout-all-devices", headers={"Content-Type": "application/json"})
        connection.execute("ROLLBACK")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert frontend.expiry(person.token) is not None


# --- users ------------------------------------------------------------------------------------------------------------


async def test_a_user_who_registers_here_has_a_row_of_the_frontends_shape(
    frontend: Frontend, browser: httpx.AsyncClient
) -> None:
    credentials = {"username": f"new-{next(_numbers)}", "password": PASSWORD}
    answer = await browser.post("/auth/register", json=credentials)
    assert answer.status_code == 201
    require_their_shape(frontend, credentials["username"])
    again = await browser.post("/auth/register", json=credentials)
    assert (again.status_code, again.json()["code"]) == (409, "username_taken")


def test_the_operators_user_has_one_too(frontend: Frontend, servers: list[Server]) -> None:
    name = f"added-{next(_numbers)}"
    environment = {
        "LEDGER_DATABASE_URL": servers[0].settings.database_url,
        "LEDGER_AUTH_DATABASE_URL": frontend.file.url,
    }
    added = CliRunner().invoke(app, ["user", "add", name, "--password-stdin"], PASSWORD, environment)
    assert added.exit_code == 0, added.output
    require_their_shape(frontend, name)
    listed = CliRunner().invoke(app, ["user", "list"], env=environment)
    assert name in listed.output


def require_their_shape(frontend: Frontend, name: str) -> None:
    """As the frontend would have written the row."""
    [(id_, age, password_hash)] = frontend.file.run("SELECT id, age, password_hash FROM user WHERE username = ?", name)
    assert len(id_) == 24 and set(id_) <= set("abcdefghijklmnopqrstuvwxyz234567")
    assert age is None
    THEIRS.verify(password_hash, PASSWORD)
    assert not THEIRS.check_needs_rehash(password_hash)


@pytest.mark.parametrize("password_hash", ["", "plain", "$argon2id$broken", "$2y$10$short", "a:b:c"])
async def test_a_hash_that_nobody_can_read_is_a_wrong_password(
    frontend: Frontend, browser: httpx.AsyncClient, password_hash: str
) -> None:
    person = frontend.user()
    frontend.file.run("UPDATE user SET password_hash = ? WHERE id = ?", password_hash, person.id)
    answer = await browser.post("/auth/login", json={"username": person.name, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")


async def test_a_user_who_is_deleted_while_signing_in_is_unknown(
    frontend: Frontend, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = frontend.user()
    frontend.file.run("DELETE FROM session WHERE user_id = ?", person.id)

    def verify(_stored: str, _password: str) -> bool:
        frontend.file.run("DELETE FROM user WHERE id = ?", person.id)
        return True

    monkeypatch.setattr(passwords, "verify", verify)
    answer = await browser.post("/auth/login", json={"username": person.name, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")


async def test_a_hash_of_other_kind_signs_in_and_stays_as_it_is(frontend: Frontend, browser: httpx.AsyncClient) -> None:
    """The table is not ours: its program may not know what we would write."""
    person = frontend.user()
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    frontend.file.run("UPDATE user SET password_hash = ? WHERE id = ?", old, person.id)
    answer = await browser.post("/auth/login", json={"username": person.name, "password": PASSWORD})
    assert answer.status_code == 200
    assert frontend.file.run("SELECT password_hash FROM user WHERE id = ?", person.id) == [(old,)]


# --- its locks --------------------------------------------------------------------------------------------------------


async def test_a_writer_that_holds_the_file_for_two_seconds_is_waited_for(
    frontend: Frontend, browser: httpx.AsyncClient
) -> None:
    person = frontend.user(left=60)
    locked = threading.Event()

    def hold() -> None:
        with closing(sqlite3.connect(frontend.file.path, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            locked.set()
            time.sleep(2)
            connection.execute("COMMIT")

    thread = threading.Thread(target=hold)
    thread.start()
    locked.wait()
    answer = await browser.get("/session/refresh", headers=person.cookie)
    thread.join()
    assert answer.status_code == 200
    assert frontend.expiry(person.token) != 60


async def test_a_session_that_cannot_be_renewed_in_time_is_valid_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And where not even reading is possible the answer is "later", not "no"."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MILLISECONDS", 100)
    frontend = new_frontend(tmp_path)
    person, gone = frontend.user(left=60), frontend.user(left=-60)
    with serve(sqlite_settings(tmp_path, auth_database_url=frontend.file.url)) as server:
        async with client(server) as api:
            with closing(sqlite3.connect(frontend.file.path, isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")  # others may read
                answer = await api.get("/session/refresh", headers=person.cookie)
                assert answer.status_code == 200 and "set-cookie" not in answer.headers
                assert (await api.get("/session/refresh", headers=gone.cookie)).status_code == 401
                connection.execute("ROLLBACK")
                connection.execute("BEGIN EXCLUSIVE")
                answer = await api.get("/session/refresh", headers=person.cookie)
                assert (answer.status_code, answer.json()["code"]) == (503, "timeout")
                credentials = {"username": person.name, "password": PASSWORD}
                assert (await api.post("/auth/login", json=credentials)).status_code == 503
                connection.execute("ROLLBACK")
            assert (await api.get("/session/refresh", headers=person.cookie)).headers.get("set-cookie")


def only_reading(database: engine.Database) -> None:
    """From now on nothing can be written: as in a file that is write-protected, or as a role that may only read."""

    @event.listens_for(database.write.sync_engine, "checkout")
    def protect(connection: Any, _record: Any, _proxy: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA query_only = ON" if database.is_sqlite else "SET default_transaction_read_only = on")
        cursor.close()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def test_where_we_may_only_read_sessions_are_valid_and_signing_in_is_elsewhere(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    foreign = Foreign(SqliteFile(tmp_path / "frontend.db"))
    if kind == "postgresql":
        foreign = Foreign(PostgresDatabase(request.getfixturevalue("fresh_postgres_database")))
    session, user, *_ = DRIZZLE.replace("`", '"').split(";")
    await foreign.make((user, session))
    await foreign.insert("user", {"id": "u", "username": "person", "password_hash": PASSWORD_HASH})
    await foreign.insert("session", {"id": session_id("soon"), "user_id": "u", "expires_at": int(time.time()) + 60})
    await foreign.insert("session", {"id": session_id("gone"), "user_id": "u", "expires_at": 1})
    async with foreign.opened() as database:
        only_reading(database)
        tables = await map_tables(database, "token-sha256", None, None, None)
        sessions = Sessions(tables, database, database)
        found = await session_of(sessions, "soon")
        assert found is not None and not found.renewed
        assert await session_of(sessions, "gone") is None
        for trying in (
            sessions.sign_in("person", PASSWORD),
            sessions.register("another", PASSWORD),
            sessions.end("soon"),
            sessions.end_all(found.user),
        ):
            with pytest.raises(SignInElsewhere):
                await trying
    assert len(await foreign.run("SELECT id FROM session")) == 2


async def test_a_file_that_takes_its_place_is_looked_at_from_then_on(tmp_path: Path) -> None:
    """As when a developer removes the frontend's database and makes a new one, or puts a backup back."""
    frontend = new_frontend(tmp_path)
    old = frontend.user()
    with serve(sqlite_settings(tmp_path, auth_database_url=frontend.file.url)) as server:
        async with client(server) as api:
            for _ in range(3):
                assert (await api.get("/session/refresh", headers=old.cookie)).status_code == 200
            frontend.file.path.rename(tmp_path / "backup.db")
            new_frontend(tmp_path)
            assert (await api.get("/session/refresh", headers=old.cookie)).status_code == 401
            person = frontend.user(left=60)
            renewed = await api.get("/session/refresh", headers=person.cookie)
            assert renewed.status_code == 200 and renewed.headers["set-cookie"]
            (tmp_path / "backup.db").rename(frontend.file.path)
            assert (await api.get("/session/refresh", headers=person.cookie)).status_code == 401
            assert (await api.get("/session/refresh", headers=old.cookie)).status_code == 200
            frontend.file.path.unlink()
            assert (await api.get("/session/refresh", headers=old.cookie)).status_code == 503
            assert not frontend.file.path.exists()


# --- what is refused at start -----------------------------------------------------------------------------------------


def started(folder: Path, **settings: str) -> tuple[int, str]:
    """Exit code and error output of a command that opens the sign-in database."""
    environment = {f"LEDGER_{name.upper()}": value for name, value in settings.items()}
    environment.setdefault("LEDGER_DATABASE_URL", f"sqlite:///{folder / 'ledger.db'}")
    migrating = CliRunner().invoke(app, ["migrate"], env=environment)
    if migrating.exit_code != 0:
        return migrating.exit_code, migrating.stderr
    done = CliRunner().invoke(app, ["user", "list"], env=environment)
    return done.exit_code, done.stderr


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    code, error = started(tmp_path, auth_database_url=f"sqlite:///{tmp_path / 'none.db'}")
    assert code == 1 and "no such file" in error and error.count("\n") == 1
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("DROP TABLE session", "no table session"),
        ("DROP TABLE user", "no table user"),
        ("ALTER TABLE session RENAME COLUMN expires_at TO expires", "no column expires_at"),
        ("INSERT INTO session VALUES ('s', 'u', 1900000000000)", "milliseconds"),
        ("CREATE TABLE alembic_version_journal (version_num)", "alembic_version_journal"),
    ],
)
def test_a_file_that_is_not_the_frontends_is_refused_in_one_line(tmp_path: Path, change: str, says: str) -> None:
    frontend = new_frontend(tmp_path)
    frontend.file.run(change)
    before = frontend.file.look()
    code, error = started(tmp_path, auth_database_url=frontend.file.url)
    assert code == 1
    assert says in error and error.startswith("error: ") and error.count("\n") == 1
    assert frontend.file.look() == before


def test_books_in_the_frontends_file_are_refused(tmp_path: Path) -> None:
    """Its schema tool drops every table that it does not know."""
    (tmp_path / "other").mkdir()
    books = sqlite_settings(tmp_path / "other").database_url
    code, error = started(tmp_path, auth_database_url=books)
    assert code == 1 and "own table" in error and error.count("\n") == 1


def test_the_frontends_file_as_our_own_is_refused_however_it_is_spelled(tmp_path: Path) -> None:
    frontend = new_frontend(tmp_path)
    os.symlink(frontend.file.path, tmp_path / "link.db")
    before = frontend.file.look()
    for auth in (None, frontend.file.url, f"sqlite:///{tmp_path}/../{tmp_path.name}/frontend.db"):
        for books in (frontend.file.url, f"sqlite:///{tmp_path / 'link.db'}"):
            settings = {"database_url": books} | ({"auth_database_url": auth} if auth else {})
            code, error = started(tmp_path, **settings)
            assert code == 1 and "another program's" in error and error.count("\n") == 1
    assert frontend.file.look() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["frontend.db", "link.db"]


def test_the_frontends_file_where_our_projections_would_lie_is_refused(tmp_path: Path) -> None:
    frontend = new_frontend(tmp_path)
    file = SqliteFile(frontend.file.path.rename(tmp_path / "ledger-projections.db"))
    before = file.look()
    code, error = started(tmp_path, auth_database_url=file.url)
    assert code == 1 and "another program's" in error and error.count("\n") == 1
    assert file.look() == before


def test_our_own_file_in_another_spelling_is_our_own(tmp_path: Path) -> None:
    settings = sqlite_settings(tmp_path, auth_database_url=f"sqlite:///{tmp_path}/../{tmp_path.name}/ledger.db")
    assert settings.auth_url is None and settings.owns_sign_in
    with serve(settings) as server:
        credentials = {"username": "alice", "password": PASSWORD}
        assert httpx.post(f"{server.url}/api/auth/register", json=credentials).status_code == 201


def test_another_programs_tables_beside_ours_in_a_sqlite_file_are_refused(tmp_path: Path) -> None:
    code, error = started(tmp_path, session_format="lucia-v3", session_table="their_session")
    assert code == 1 and "different files" in error


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@pytest.mark.postgres
async def test_tables_of_any_name_in_any_schema_beside_ours(postgres: PostgresServer) -> None:
    """Mixed case, a schema, and ids that are integers: as another program may have made them in the same database."""
    url = postgres.create_database("auth_beside")
    try:
        settings = migrated(Settings(database_url=url, _env_file=None))
        there = PostgresDatabase(url)
        await there.run('CREATE SCHEMA "Auth"')
        await there.run(
            'CREATE TABLE "Auth"."User" (id serial PRIMARY KEY, email text UNIQUE NOT NULL, hashed_password text)'
        )
        await there.run(
            'CREATE TABLE "Auth"."Session; --" (id text PRIMARY KEY, expires_at timestamptz NOT NULL, '
            'user_id integer NOT NULL REFERENCES "Auth"."User"(id))'
        )
        await there.run("""INSERT INTO "Auth"."User" (email, hashed_password) VALUES ('ann@x', $1)""", PASSWORD_HASH)
        add = """INSERT INTO "Auth"."Session; --" VALUES ($1, now() + interval '1 day', 1)"""
        await there.run(add, "a" * 40)
        named = settings.model_copy(
            update={
                "session_format": "lucia-v3",
                "session_table": "Auth.Session; --",
                "user_table": "Auth.User",
                "session_cookie": "auth_session",
                "session_lifetime": 30 * DAY,
            }
        )
        with serve(named) as server:
            async with client(server, headers={"Cookie": f"auth_session={'a' * 40}"}) as api:
                answer = await api.get("/session/refresh")
                assert answer.json()["user"] == {"user_id": "1", "username": "ann@x"}
                (cookie,) = answer.headers.get_list("set-cookie")
                assert cookie == f"auth_session={'a' * 40}; HttpOnly; Max-Age=2592000; Path=/; SameSite=Lax"
                headers = {"Origin": ALLOWED}
                assert (await api.post("/ledgers", json={}, headers=headers)).status_code == 201
                answer = await api.post("/security/logout-all-devices", headers=headers)
                assert answer.json()["invalidated_count"] == 1
                assert (await api.get("/session/refresh")).status_code == 401
            async with client(server) as api:
                credentials: Json = {"username": "ann@x", "password": PASSWORD}
                answer = await api.post("/auth/login", json=credentials)
                assert answer.status_code == 200 and len(answer.json()["token"]) == 40
                newcomer = {"username": "newuser", "password": PASSWORD}
                answer = await api.post("/auth/register", json=newcomer, headers=headers)
                assert (answer.status_code, answer.json()["code"]) == (403, "sign_in_elsewhere")
        assert [row[0] for row in await there.run('SELECT id FROM "Auth"."User"')] == [1]
        assert "no table Auth.user" in refusal_of(named.model_copy(update={"user_table": "Auth.user"}))
    finally:
        postgres.drop_database("auth_beside")


def refusal_of(settings: Settings) -> str:
    """Why the service does not start."""

    async def open_() -> Any:
        async with open_services(settings):
            pass

    with pytest.raises(SignInRefused) as refused:
        run_apart(open_)
    return str(refused.value)


@pytest.mark.postgres
async def test_a_time_without_a_zone_is_refused(postgres: PostgresServer) -> None:
    url = postgres.create_database("auth_zone")
    try:
        settings = migrated(Settings(database_url=url, _env_file=None))
        there = PostgresDatabase(url)
        await there.run("CREATE TABLE auth_user (id text PRIMARY KEY)")
        await there.run("CREATE TABLE user_session (id text PRIMARY KEY, user_id text, expires_at timestamp)")
        assert "without a zone" in refusal_of(settings.model_copy(update={"session_format": "lucia-v3"}))
    finally:
        postgres.drop_database("auth_zone")
