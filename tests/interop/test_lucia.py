"""Everything that the real Lucia packages answered, group by group: sessions, cookies, origins, passwords.

Where this service differs on purpose the test says how, and that it differs in this way alone.
"""

import base64
import datetime as dt
import functools
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest

from api.auth.cookies import CookiePlace, make_blank_cookie, make_cookie, read_bearer, read_cookie
from api.auth.foreign_tables import SignInRefused
from api.auth.origin import SAFE_METHODS, may_change, serialize_origin
from api.auth.passwords import verify
from api.auth.session_formats import DAY, Expiring, Idle, encode_base32, find_form
from api.auth.sessions import Sessions
from api.errors import WrongCredentials
from tests.foreign import Foreign, PostgresDatabase, SqliteFile, session_of, utc
from tests.postgres import PostgresServer
from tests.shared_data import shared_folder

Vector = dict[str, Any]

ABOUT = {"made_with", "notes"}
TESTED: dict[str, int] = {}
"""The groups that a test runs through, and how many entries each has."""
FORMS = {
    "v3": "lucia-v3",
    "v2": "lucia-v2",
    "token-hash": "token-sha256",
    "id-secret": "id-secret",
    "auth-session": "id-secret",
}
PASSWORD = "correct horse battery staple"


@functools.cache
def vectors() -> dict[str, Any]:
    """The whole file."""
    path = shared_folder() / "auth" / "lucia-vectors.json"
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def each(group: str) -> pytest.MarkDecorator:
    """Run the test once for every entry of a group."""
    entries = vectors()[group]
    TESTED[group] = len(entries)
    numbered = [pytest.param(entry, id=f"{number}") for number, entry in enumerate(entries)]
    return pytest.mark.parametrize("vector", numbered)


@pytest.fixture(scope="module")
def foreign_url(postgres: PostgresServer) -> Iterator[str]:
    """A PostgreSQL database whose tables each test makes anew."""
    yield postgres.create_database("lucia")
    postgres.drop_database("lucia")


@pytest.fixture
def foreign(request: pytest.FixtureRequest, tmp_path: Path) -> Foreign:
    """A sign-in database without tables."""
    if request.param == "sqlite":
        return Foreign(SqliteFile(tmp_path / "auth.db"))
    return Foreign(PostgresDatabase(request.getfixturevalue("foreign_url")))


def on(*engines: str) -> pytest.MarkDecorator:
    """The test runs on these databases."""
    marks = {"pg": [pytest.mark.postgres]}
    params = [pytest.param(engine, marks=marks.get(engine, [])) for engine in engines]
    return pytest.mark.parametrize("foreign", params, indirect=True)


def test_every_group_of_the_vectors_is_run() -> None:
    assert TESTED.keys() == vectors().keys() - ABOUT
    assert all(count > 0 for count in TESTED.values())


# --- passwords --------------------------------------------------------------------------------------------------------


@each("passwords")
def test_a_password_stored_by_lucia_is_verified(vector: Vector) -> None:
    """Stricter in one way: an empty password is never right."""
    assert any(vector["verifiers"].values()) or vector["format"] == "lucia0-no-prefix"
    assert verify(vector["hash"], vector["password"]) is (vector["password"] != "")
    # Theirs was the right one with something after it, and of a bcrypt password only 72 bytes count.
    assert any(vector["verifiers_wrong_password"].values()) is (
        vector["hash"][:2] == "$2" and len(vector["password"]) > 72
    )
    assert verify(vector["hash"], f"not {vector['password']}") is False


@each("password_edge_cases")
def test_an_odd_hash_is_verified_if_any_lucia_verifies_it(vector: Vector) -> None:
    """Kinder in one way: what Lucia throws at is simply nobody's password."""
    assert verify(vector["hash"], vector["password"]) is any(answer is True for answer in vector["results"].values())


# --- cookies and bearer tokens ----------------------------------------------------------------------------------------


@each("base32_lowercase_nopad")
def test_base32_is_written_as_lucia_writes_it(vector: Vector) -> None:
    assert encode_base32(bytes.fromhex(vector["bytes_hex"])) == vector["text"]


@each("set_cookie_v3")
def test_the_cookie_of_lucia_3_is_written_as_it_writes_it(vector: Vector) -> None:
    options = vector["options"].get("sessionCookie", {})
    attributes = options.get("attributes", {})
    place = CookiePlace(
        options.get("name", "auth_session"),
        secure=attributes.get("secure", True),
        path=attributes.get("path", "/"),
        same_site=attributes.get("sameSite", "lax").capitalize(),
        domain=attributes.get("domain"),
    )
    span = vector["options"].get("sessionExpiresIn", {"value": 30, "unit": "d"})
    lifetime = span["value"] * {"ms": 1, "d": DAY, "w": 7 * DAY}[span["unit"]]
    if options.get("expires") is False:
        lifetime = 400 * DAY
    style = Expiring(hashed=False).cookie
    written = make_cookie(style, place, vector["session_id"], expires_at=0, lifetime=lifetime)
    assert (written, make_blank_cookie(style, place)) == (vector["set"], vector["blank"])


@each("set_cookie_v2")
def test_the_cookie_of_lucia_2_is_written_as_it_writes_it(vector: Vector) -> None:
    options = vector["options"].get("sessionCookie", {})
    attributes = options.get("attributes", {"sameSite": "lax", "path": "/"})  # others replace these altogether
    place = CookiePlace(
        options.get("name", "auth_session"),
        secure=vector["options"]["env"] == "PROD",
        path=attributes.get("path"),
        same_site=attributes["sameSite"].capitalize(),
        domain=attributes.get("domain"),
    )
    # "Never": a year from the clock with which the vectors were made.
    expires_at = 1_798_761_600_000 if options.get("expires") is False else vector["idle_expires"]
    style = Idle().cookie
    written = make_cookie(style, place, vector["session_id"], expires_at=expires_at, lifetime=0)
    assert (written, make_blank_cookie(style, place)) == (vector["set"], vector["blank"])


@each("cookie_headers")
def test_a_cookie_header_is_read_as_lucia_3_or_2_reads_it(vector: Vector) -> None:
    """Of two cookies the last wins in 3 and the first in 2. Around blanks, quotes, `=` and malformed escapes we are as
    kind as 2 in both. An empty value is none, and no header is an error."""
    answers = {version: vector[version].get("value") or None for version in ("v3", "v2")}
    is_duplicate = vector["header"].count("auth_session=") > 1
    for version, form in (("v3", Expiring(hashed=False)), ("v2", Idle())):
        read = read_cookie(form.cookie, [vector["header"]], "auth_session") or None
        assert read in answers.values()
        if answers["v2"] != answers["v3"]:
            assert read == answers[version if is_duplicate else "v2"]


@each("authorization_headers")
def test_an_authorization_header_is_read_as_lucia_reads_it(vector: Vector) -> None:
    """Kinder: the scheme in any case, and any number of blanks after it. Stricter: two words are no token, and an
    empty one is none."""
    header, lucia = vector["header"], vector["v3"].get("value") or None
    scheme, *words = header.split(" ")
    words = [word for word in words if word]
    if scheme.lower() == "bearer" and lucia is None and words:
        assert read_bearer(header) == "abc"
    elif len(words) > 1:
        assert read_bearer(header) is None
    else:
        assert read_bearer(header) == lucia


# --- origins ----------------------------------------------------------------------------------------------------------


@each("origins_v3")
def test_no_origin_is_allowed_that_lucia_3_refuses(vector: Vector) -> None:
    """Stricter: the scheme counts, and an origin is written as browsers write it, or it is none."""
    with_scheme = [each if "://" in each else f"https://{each}" for each in vector["allowed"]]
    allowed = [serialize_origin(each) for each in with_scheme if each != "https://"]
    origin = vector["origin"]
    answer = may_change(origins=[origin], host=None, fetch_site="same-origin", allowed=allowed)
    other_scheme = urlsplit(origin).scheme not in {urlsplit(each).scheme for each in allowed}
    not_as_browsers_write = vector.get("exotic", False) or origin != origin.lower() or origin.endswith((":443", ":80"))
    assert answer is (vector["result"] and not other_scheme and not not_as_browsers_write)


@each("origins_v2")
def test_no_cookie_is_taken_that_lucia_2_leaves(vector: Vector) -> None:
    """Stricter: the check cannot be switched off, other hosts are listed one by one, TRACE is no exception. It is
    answered by 403, not by forgetting the session."""
    protection = vector["options"].get("csrfProtection", {})
    subdomains = protection.get("allowedSubDomains", []) if protection else []
    host = protection.get("host") if protection else None
    allowed = [f"https://{name}.example.com" for name in subdomains if name != "*"]
    taken = vector["method"] in SAFE_METHODS or may_change(
        origins=[] if vector["origin"] is None else [vector["origin"]],
        host=host or urlsplit(vector["url"]).netloc,
        fetch_site=None,
        allowed=allowed,
    )
    lucia_takes = vector["session_cookie_read"].get("value") is not None
    stricter = protection is False or subdomains == "*" or vector["method"] == "TRACE"
    assert taken is (lucia_takes and not stricter)


# --- tokens -----------------------------------------------------------------------------------------------------------


@each("token_hash_vectors")
def test_a_token_is_hashed_as_its_characters(vector: Vector) -> None:
    shown = find_form("token-sha256", None, set()).show(vector["token"])
    assert shown is not None and shown.id == vector["session_id"]


@each("id_secret_vectors")
def test_the_secret_of_a_guide_is_hashed_as_its_text(vector: Vector) -> None:
    shown = find_form("id-secret", None, {"last_verified_at"}).show(vector["token"])
    assert shown is not None and shown.id == vector["id"]
    assert shown.secret_hash == bytes.fromhex(vector["secret_hash_hex"])
    assert shown.proves(shown.secret_hash) and not shown.proves(bytes(32))
    for text in (vector["secret_hash_hex"], base64.b64encode(shown.secret_hash or b"").decode()):
        assert shown.proves(text) and not shown.proves(text.swapcase())


@each("auth_session_vectors")
def test_the_secret_of_auth_session_is_hashed_as_its_bytes(vector: Vector) -> None:
    form = find_form("id-secret", None, {"token_last_verified_at"})
    shown = form.show(vector["token"])
    assert shown is not None and shown.id == vector["id"]
    assert shown.secret_hash == bytes.fromhex(vector["secret_hash_hex"])
    assert form.show(vector["token"].rstrip("=")) == shown
    assert form.show(vector["token"] + ".x") is None
    assert form.show(vector["token"].replace(".", ".%")) is None


# --- sessions in real tables ------------------------------------------------------------------------------------------


@asynccontextmanager
async def tables_of(
    foreign: Foreign, flavor: str, clock: int, *, user: bool = True, lifetime: int | None = None, **times: Any
) -> AsyncIterator[tuple[Sessions, str]]:
    """Tables as the form's documentation has them, a session `s` with these times in them unless there are none, and
    sessions of that form at a standing clock; and the name of the session table."""
    row = next(row for row in vectors()["rows"] if (row["flavor"], row["dialect"]) == (flavor, foreign.dialect))
    session_table, user_table = row["tables"]["session"], row["tables"]["user"]
    await foreign.make(re.sub(r' REFERENCES "\w+"\(id\)', "", statement) for statement in row["schema"])
    if user:
        await foreign.insert(user_table, {**row["user_row"], "id": "u"})
    tables = (session_table, user_table)
    async with foreign.sessions(FORMS[flavor], clock=lambda: clock, lifetime=lifetime, tables=tables) as sessions:
        if times:
            await foreign.insert(session_table, {"id": "s", "user_id": "u", **times})
        yield sessions, session_table


def seconds_or_timestamptz(foreign: Foreign, milliseconds: int) -> Any:
    """An expiry as Lucia 3 stores it."""
    if foreign.dialect == "sqlite":
        return milliseconds // 1000
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=milliseconds)


@on("sqlite", "pg")
@each("v3_validation")
async def test_a_session_of_lucia_3_is_judged_as_it_judges(foreign: Foreign, vector: Vector) -> None:
    times = {}
    if "expires_at_ms" in vector:
        times["expires_at"] = seconds_or_timestamptz(foreign, vector["expires_at_ms"])
    lifetime, user = vector.get("session_expires_in_s", 1), vector.get("user_exists", True)
    now = vector.get("now_ms", 0)
    async with tables_of(foreign, "v3", now, user=user, lifetime=lifetime, **times) as (sessions, table):
        session = await session_of(sessions, "s")
        rows = await foreign.run(f'SELECT expires_at FROM "{table}"')
    assert (session is not None) is vector["valid"]
    if session is None:
        assert rows == []  # it was not there, or was deleted as Lucia deletes it
        return
    assert (session.renewed, session.expires_at) == (vector["fresh"], vector["new_expires_at_ms"])
    assert rows == [(seconds_or_timestamptz(foreign, vector["new_expires_at_ms"]),)]


@each("v3_validation")
@on("sqlite")
async def test_a_session_of_lucia_3_is_not_prolonged_where_its_life_is_not_known(
    foreign: Foreign, vector: Vector
) -> None:
    if not vector["valid"]:
        assert not vector.get("fresh")
        return
    expires_at = vector["expires_at_ms"] // 1000
    async with tables_of(foreign, "v3", vector["now_ms"], expires_at=expires_at) as (sessions, table):
        session = await session_of(sessions, "s")
        assert session is not None and not session.renewed and session.expires_at == vector["expires_at_ms"]
        assert await foreign.run(f'SELECT expires_at FROM "{table}"') == [(expires_at,)]


@on("sqlite", "pg")
@each("v2_validation")
async def test_a_session_of_lucia_2_is_judged_as_it_judges(foreign: Foreign, vector: Vector) -> None:
    assert vector["active_period_ms"] == Idle().active, "the period that no setting tells"
    times = {name: vector[name] for name in ("active_expires", "idle_expires")}
    lifetime = vector["idle_period_ms"] // 1000
    async with tables_of(foreign, "v2", vector["now_ms"], lifetime=lifetime, **times) as (sessions, table):
        session = await session_of(sessions, "s")
        rows = await foreign.run(f'SELECT active_expires, idle_expires FROM "{table}"')
    assert (session is not None) is vector["valid"]
    if session is None:
        assert rows == [tuple(times.values())]  # Lucia 2 leaves it
        return
    assert (session.renewed, session.expires_at) == (vector["fresh"], vector["new_idle_expires"])
    assert rows == [(vector["new_active_expires"], vector["new_idle_expires"])]


@each("v2_validation")
@on("sqlite")
async def test_a_session_of_lucia_2_is_not_prolonged_where_its_life_is_not_known(
    foreign: Foreign, vector: Vector
) -> None:
    times = {name: vector[name] for name in ("active_expires", "idle_expires")}
    async with tables_of(foreign, "v2", vector["now_ms"], **times) as (sessions, table):
        session = await session_of(sessions, "s")
        assert (session is not None) is vector["valid"]
        assert session is None or not session.renewed
        rows = await foreign.run(f'SELECT active_expires, idle_expires FROM "{table}"')
        assert rows == [tuple(times.values())]


@on("sqlite")
@each("v3_sqlite_bad_rows")
async def test_an_odd_expiry_is_taken_as_lucia_3_takes_it(foreign: Foreign, vector: Vector) -> None:
    """Stricter: a table with nothing but milliseconds in it is refused when the service starts."""
    lifetime = 30 * DAY // 1000
    now = vector["now_ms"]
    async with tables_of(foreign, "v3", now, lifetime=lifetime, expires_at=vector["stored"]) as (sessions, table):
        assert await foreign.run(f'SELECT typeof(expires_at) FROM "{table}"') == [(vector["sqlite_type"],)]
        if vector["sqlite_type"] != "text" and vector["stored"] > 10**11:
            with pytest.raises(SignInRefused, match="milliseconds"):
                async with foreign.sessions("lucia-v3", clock=lambda: now):
                    pass
        session = await session_of(sessions, "s")
        rows = await foreign.run(f'SELECT expires_at FROM "{table}"')
    assert (session is not None) is vector["valid"]
    assert (rows == []) is vector["row_deleted"]
    if session is not None:
        assert session.renewed is vector["fresh"]
        seen = vector["expires_at_seen"]
        if not seen.startswith("+"):  # later than any year that Python knows
            assert session.expires_at == utc(seen).timestamp() * 1000


def as_stored(vector: Vector, row: Vector) -> Vector:
    """A row as a driver takes it: the vectors write bytes, times and large numbers as texts."""
    stored: Vector = {}
    for name, value in row.items():
        if isinstance(value, dict):
            stored[name] = bytes.fromhex(value["hex"])
        elif vector["dialect"] == "pg" and name == "expires_at":
            stored[name] = utc(value)
        elif name in ("active_expires", "idle_expires", "created_at", "last_verified_at", "token_last_verified_at"):
            stored[name] = int(value)
        else:
            stored[name] = value
    return stored


def foreign_of(vector: Vector, request: pytest.FixtureRequest, folder: Path) -> Foreign:
    """A database of the entry's kind."""
    if vector["dialect"] == "sqlite":
        return Foreign(SqliteFile(folder / "auth.db"))
    return Foreign(PostgresDatabase(request.getfixturevalue("foreign_url")))


@pytest.mark.postgres
@each("rows")
async def test_rows_made_by_other_software_sign_their_user_in(
    request: pytest.FixtureRequest, tmp_path: Path, vector: Vector
) -> None:
    """Session, cookie and password, all as they were made; and a session made here is one of the same kind."""
    foreign = foreign_of(vector, request, tmp_path)
    tables, form = vector["tables"], FORMS[vector["flavor"]]
    await foreign.make(vector["schema"])
    await foreign.insert(tables["user"], as_stored(vector, vector["user_row"]))
    if "key_row" in vector:
        await foreign.insert(tables["key"], vector["key_row"])
    await foreign.insert(tables["session"], as_stored(vector, vector["session_row"]))
    made_at = vector["created_at_ms"]
    name, _, _ = vector["cookie_header"].partition("=")
    token = str(read_cookie(find_form(form, None, set()).cookie, [vector["cookie_header"]], name))
    assert token == vector["token"]
    named = (tables["session"], tables["user"])
    async with foreign.sessions(form, clock=lambda: made_at, tables=named) as sessions:
        session = await session_of(sessions, token)
        assert session is not None and not session.renewed
        user = session.user
        assert (user.id, user.username) == (str(vector["user_row"]["id"]), "ann@example.com")
        assert await sessions.find_user(user.id) == user and await sessions.find_user_named("ann@example.com") == user

        style, place = sessions.form.cookie, CookiePlace(name, secure=True)
        written = make_cookie(
            style, place, token, expires_at=session.expires_at, lifetime=sessions.form.lifetime
        ).split("; ")
        theirs = vector["set_cookie"].split("; ")
        assert unquote(written[0]) == theirs[0]
        if form == "token-sha256":  # written as the existing frontend does it, which is another order
            assert sorted(written[1:]) == sorted(theirs[1:])
        else:
            assert written[1:] == theirs[1:]

        signed_in, another, _ = await sessions.sign_in("ann@example.com", PASSWORD)
        assert signed_in == user
        found = await session_of(sessions, another)
        assert found is not None and found.user == user
        with pytest.raises(WrongCredentials):
            await sessions.sign_in("ann@example.com", "wrong")
        assert await session_of(sessions, another[:-1] + ("a" if another[-1] != "a" else "b")) is None
        assert await sessions.end_all(user) == 2
        assert await session_of(sessions, token) is None
    async with foreign.sessions(form, clock=lambda: made_at + 40 * DAY, tables=named) as sessions:
        await foreign.insert(tables["session"], as_stored(vector, vector["session_row"]))
        assert await session_of(sessions, token) is None
        rows = await foreign.run(f'SELECT id FROM "{tables["session"]}"')
    kept = vector["flavor"] in ("v2", "auth-session")
    assert rows == ([(vector["session_row"]["id"],)] if kept else [])


@on("sqlite", "pg")
@pytest.mark.parametrize("flavor", ["id-secret", "auth-session"])
async def test_a_secret_is_verified_anew_after_an_hour_and_ends_after_ten_days(foreign: Foreign, flavor: str) -> None:
    """As the guides print it: both ends exact, in whole seconds."""
    form = find_form("id-secret", None, {"token_last_verified_at" if flavor == "auth-session" else "last_verified_at"})
    begun = form.begin(1_700_000_000_000)
    column = form.times[0]
    for age, outcome in ((0, "kept"), (3599, "kept"), (3600, "renewed"), (863_999, "renewed"), (864_000, "dead")):
        async with tables_of(foreign, flavor, 1_700_000_000_000 + age * 1000) as (sessions, table):
            row = {name: time // 1000 for name, time in begun.times.items()}
            secret = {"secret_hash": begun.shown.secret_hash}
            await foreign.insert(table, {"id": begun.shown.id, "user_id": "u", **row, **secret})
            wrong = begun.token.partition(".")[0] + form.begin(0).token[begun.token.index(".") :]
            assert await session_of(sessions, begun.shown.id) is None
            if outcome != "dead":
                assert await session_of(sessions, wrong) is None
            session = await session_of(sessions, begun.token)
            times = await foreign.run(f'SELECT {column} FROM "{table}"')
        assert (session is None) is (outcome == "dead")
        assert session is None or session.renewed is (outcome == "renewed")
        if outcome == "dead" and flavor == "id-secret":
            assert times == []
        else:
            assert times == [(1_700_000_000 + (age if outcome == "renewed" else 0),)]


def test_a_token_of_the_wrong_shape_shows_nothing() -> None:
    for form in (find_form("id-secret", None, columns) for columns in ({"last_verified_at"}, set[str]())):
        for token in ("", "abc", "abc.", ".abc", "a.b.c", "a" * 200 + "." + "b" * 200, "a\0b.c", "\ud800.c"):
            assert form.show(token) is None, token
    for name in ("token-sha256", "lucia-v3", "lucia-v2"):
        form = find_form(name, None, set())
        for token in ("", "x" * 256, "a\0b", "\ud800"):
            assert form.show(token) is None, token
        assert form.show(quote("x" * 255)) is not None
