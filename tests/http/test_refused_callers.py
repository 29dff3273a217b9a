"""401 says why, wherever that tells a stranger nothing: what was looked up is told to who showed the whole secret."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from api.auth.session_formats import Expiring, find_form
from api.auth.sessions import Sessions
from api.errors import Unauthenticated, WhyNot
from tests.foreign import Foreign, SqliteFile
from tests.http.service import BOTH, PASSWORD, Books, Server, client
from tests.http.test_polls import execute

_NEVER = "llmt_" + "A" * 43


async def why(api: httpx.AsyncClient, path: str = "/auth/session", **headers: str) -> tuple[str, str]:
    """The reason that a refusal names, and its WWW-Authenticate."""
    answer = await api.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    document = answer.json()
    assert (answer.status_code, document["code"]) == (401, "unauthenticated"), document
    assert document["detail"].endswith(".") and "None" not in document["detail"]
    return document["reason"], answer.headers["WWW-Authenticate"]


@pytest.fixture
async def stranger(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with client(server) as stranger:
        yield stranger


@BOTH
async def test_no_token_and_one_that_cannot_be_any_are_told_apart(
    stranger: httpx.AsyncClient, server: Server, books: Books
) -> None:
    for path in ("/auth/session", f"/ledgers/{books.id}", "/dashboard-data", "/ledgers/no-such-ledger", "/ledgers"):
        assert await why(stranger, path) == ("missing", "Bearer")
        assert await why(stranger, path, Cookie="other=1; auth-session=") == ("missing", "Bearer")
        invalid = 'Bearer error="invalid_token"'
        for shown in ("Bearer", "Basic dXNlcjpwdw==", f"Bearer {server.token} x", server.token):
            assert await why(stranger, path, Authorization=shown) == ("malformed", invalid)
        for shown in ("%00", "%FF", "x" * 300):
            assert await why(stranger, path, Cookie=f"auth-session={shown}") == ("malformed", invalid)
        for shown in ("nobodys", server.token[:-1], server.token + "x", _NEVER):
            if shown is not _NEVER or path != "/auth/session":
                assert await why(stranger, path, Authorization=f"Bearer {shown}") == ("unknown", invalid)
    assert (await why(stranger, Authorization=f"Bearer {_NEVER}"))[0] == "needs_session"


@BOTH
async def test_who_has_the_whole_token_is_told_that_it_was_revoked_or_has_expired(
    stranger: httpx.AsyncClient, server: Server, books: Books
) -> None:
    path = f"/ledgers/{books.id}"
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).isoformat()
    ends, revoked = [
        await books.post("/tokens", {"name": name, "role": "viewer", "until": soon}) for name in ("ends", "revoked")
    ]
    for token in (ends, revoked):
        header = {"Authorization": f"Bearer {token['token']}"}
        assert (await stranger.get(path, headers=header)).status_code == 200
    await execute(server, "UPDATE tokens SET until = ? WHERE id = ?", 1, ends["id"])
    await books.send("DELETE", f"/tokens/{revoked['id']}", expect=204)
    for token, reason in ((ends, "expired"), (revoked, "revoked")):
        assert (await why(stranger, path, Authorization=f"Bearer {token['token']}"))[0] == reason
        assert (await why(stranger, path, Authorization=f"Bearer {token['token'][:-1]}"))[0] == "unknown"
        assert (await why(stranger, "/ledgers", Authorization=f"Bearer {token['token']}"))[0] == reason


@BOTH
async def test_a_session_that_has_expired_is_told_so_once_and_one_that_was_ended_is_unknown(
    stranger: httpx.AsyncClient, server: Server, books: Books
) -> None:
    """Its library deletes the row of an expired session at the first look; from then on nobody can tell."""
    tokens = []
    for _ in range(3):
        answer = await stranger.post("/auth/login", json={"username": "alice", "password": PASSWORD})
        tokens.append(answer.json()["token"])
        stranger.cookies.clear()
    for token, path in zip(tokens[:2], ("/auth/session", f"/ledgers/{books.id}"), strict=True):
        shown = Expiring(hashed=True).show(token)
        assert shown is not None
        await execute(server, "UPDATE session SET expires_at = ? WHERE id = ?", 1, shown.id)
        assert (await why(stranger, path, Authorization=f"Bearer {token}"))[0] == "expired"
        assert (await why(stranger, path, Authorization=f"Bearer {token}"))[0] == "unknown"
    await stranger.post("/auth/logout", headers={"Authorization": f"Bearer {tokens[2]}"})
    assert (await why(stranger, Cookie=f"auth-session={quote(tokens[2])}"))[0] == "unknown"


USERS = "CREATE TABLE user (id TEXT PRIMARY KEY NOT NULL, username TEXT NOT NULL)"
SESSIONS = """
CREATE TABLE session (id TEXT PRIMARY KEY NOT NULL, user_id TEXT NOT NULL, secret_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL, token_last_verified_at INTEGER NOT NULL)
"""


@asynccontextmanager
async def sessions_with_a_secret(tmp_path: Path, age: int) -> AsyncIterator[tuple[Sessions, str]]:
    """Sessions of the form `id-secret`, and the token of one of this age in seconds, whose row stays."""
    foreign = Foreign(SqliteFile(tmp_path / f"{age}.db"))
    await foreign.make((USERS, SESSIONS))
    begun = find_form("id-secret", None, {"token_last_verified_at"}).begin(0)
    await foreign.insert("user", {"id": "u", "username": "ann"})
    times = dict.fromkeys(begun.times, 0)
    row = {"id": begun.shown.id, "user_id": "u", "secret_hash": begun.shown.secret_hash, **times}
    await foreign.insert("session", row)
    async with foreign.sessions("id-secret", clock=lambda: age * 1000) as sessions:
        yield sessions, begun.token


async def test_the_id_alone_of_a_session_with_a_secret_tells_nothing(tmp_path: Path) -> None:
    """Ids stand in logs. With another secret a session that lives, one that has expired and none are the same."""
    other = find_form("id-secret", None, {"token_last_verified_at"}).begin(0).token

    async def reason(sessions: Sessions, token: str) -> WhyNot:
        with pytest.raises(Unauthenticated) as refused:
            await sessions.find(token)
        return refused.value.reason

    for age in (0, 11 * 24 * 3600):
        async with sessions_with_a_secret(tmp_path, age) as (sessions, token):
            wrong = token.partition(".")[0] + other[other.index(".") :]
            assert await reason(sessions, wrong) is WhyNot.UNKNOWN
            assert await reason(sessions, other) is WhyNot.UNKNOWN
            assert await reason(sessions, token.partition(".")[0]) is WhyNot.MALFORMED
            if age:
                assert await reason(sessions, token) is WhyNot.EXPIRED
            else:
                assert (await sessions.find(token)).user.username == "ann"
