"""Users and their sessions, in our own tables or another program's (`api.auth.foreign_tables`), by the rules of their
form.

A row that anybody deletes is refused at the next request: what answers a request was read after the request arrived.
What a session's library would write when it meets a row, prolonging or deleting it, is written too; where that cannot
be done, for want of a right or because the file is locked, the answer stays the same.
"""

import logging
import re
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Executable, Integer, Row, Text, Uuid, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError

from api.auth.foreign_tables import SignInTables
from api.auth.passwords import Passwords, is_outdated, require_password
from api.auth.session_formats import Dead, Shown, Times, encode_base32
from api.auth.tables import opening_keys
from api.errors import SignInElsewhere, Unauthenticated, UsernameTaken, WhyNot, WrongCredentials
from ledger.errors import DatabaseUnavailable, InvalidField, NotFound, Unavailable
from ledger.journal import is_uuid
from ledger.store.engine import Database, ListOf, among
from ledger.store.faults import FORBIDDEN, READ_ONLY
from ledger.store.rows import fetch, look_up
from ledger.store.shared_reads import FreshRows

log = logging.getLogger(__name__)

USER_ID_BYTES = 15

_openings = select(*opening_keys.c["user_id", "key", "uuid"]).where(
    among(opening_keys.c.user_id, bindparam("users", type_=ListOf(Text()))),
    among(opening_keys.c.key, bindparam("keys", type_=ListOf(Text()))),
)
_USERNAME = re.compile(r"[a-z0-9_-]{3,31}")


@dataclass(frozen=True, slots=True)
class User:
    """Who signed in. The id is a text, whatever the table has."""

    id: str
    username: str


class Session(NamedTuple):
    """A valid session; `renewed`: its cookie has to be sent again. `expires_at` is in Unix milliseconds."""

    user: User
    expires_at: int
    renewed: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """A session's row, and its user where there is one."""

    user: User | None
    times: Times
    secret_hash: object


def now_milliseconds() -> int:
    """Return the time of the application's clock, which alone decides: a database's may be another."""
    return time.time_ns() // 1_000_000


class Sessions:
    """Users and sessions in one database; `ours` is the journal's."""

    def __init__(
        self,
        tables: SignInTables,
        database: Database,
        ours: Database,
        *,
        clock: Callable[[], int] = now_milliseconds,
    ) -> None:
        self.form = tables.form
        self.tables = tables
        self.database = database
        self._ours = ours
        self._clock = clock
        self._passwords = Passwords()
        users, sessions = tables.users, tables.sessions
        self._user_columns = (users.c.id.label("user"), tables.name.label("username"))
        self._session_query = (
            select(sessions, *self._user_columns)
            .outerjoin(users, sessions.c.user_id == users.c.id)
            .where(among(sessions.c.id, bindparam("ids", type_=ListOf(Text()))))
        )
        self._users_query = select(*self._user_columns).where(
            among(users.c.id, bindparam("ids", type_=ListOf(users.c.id.type)))
        )
        self._sessions_now = FreshRows(self._read_sessions, database.read_version)
        self._users_now = FreshRows(self._read_users, database.read_version)
        self._openings_now = FreshRows(self._read_openings, ours.read_version)

    # --- users -------------------------------------------------------------------------------------------------------

    async def register(self, username: str, password: str) -> User:
        """Add a user. Raises InvalidField, UsernameTaken and SignInElsewhere."""
        if not self.tables.takes_users or self.tables.password is None:
            raise SignInElsewhere
        if _USERNAME.fullmatch(username) is None:
            trouble = "a username has 3 to 31 of lower-case letters, digits, '_' and '-'"
            raise InvalidField(trouble=trouble, pointer="#/username")
        require_password(password)
        user = User(encode_base32(secrets.token_bytes(USER_ID_BYTES)), username)
        row = {
            "id": user.id,
            self.tables.name.name: username,
            self.tables.password.name: await self._passwords.hash(password),
        }
        try:
            await self._write(insert(self.tables.users).values(row))
        except IntegrityError:
            raise UsernameTaken(username=username, pointer="#/username") from None
        return user

    async def sign_in(self, username: str, password: str) -> tuple[User, str, int]:
        """Begin a session, and return user, token and expiry. Raises WrongCredentials, whichever of the two was wrong,
        and SignInElsewhere."""
        if not self.tables.takes_sessions or self.tables.password is None:
            raise SignInElsewhere
        row = await self._password_of(username)
        known = row is not None and row.matched
        # For an unknown name the next one's hash is computed, and for the same time nothing tells the two apart.
        stored = row.password if row is not None and isinstance(row.password, str) else None
        matches = await self._passwords.verify(stored, password)
        if row is None or not known or not matches:
            raise WrongCredentials
        if self.tables.owned and is_outdated(row.password):
            await self._store_password(row.user, await self._passwords.hash(password))
        try:
            return await self.begin(_user_of(row))
        except IntegrityError:  # the user was deleted while the password was looked at
            raise WrongCredentials from None

    async def change_password(self, username: str, password: str) -> int:
        """Set another password and end all of the user's sessions; returns how many. Raises NotFound."""
        if self.tables.password is None or self.tables.keys is not None:
            raise SignInElsewhere
        require_password(password)
        user = await self.find_user_named(username)
        if user is None:
            raise NotFound(what="user", name=username)
        await self._store_password(self._convert_id(user.id), await self._passwords.hash(password))
        return await self.end_all(user)

    async def list_users(self) -> list[User]:
        """Return all users, by name."""
        async with self.database.read.connect() as connection:
            rows = await connection.execute(select(*self._user_columns).order_by(self.tables.name))
            return [_user_of(row) for row in rows]

    async def find_user_named(self, username: str) -> User | None:
        """Return the user with this name."""
        async with self.database.read.connect() as connection:
            query = select(*self._user_columns).where(self.tables.name == username)
            row = (await connection.execute(query)).first()
        return None if row is None else _user_of(row)

    async def find_user(self, id_: str) -> User | None:
        """Return the user with this id, as fresh as a query of one's own."""
        return await self._users_now.get(id_)

    async def find_users(self, ids: Collection[str]) -> dict[str, User]:
        """Return those of the users with these ids that there are."""
        return dict(await self._read_users(list(ids)))

    # --- sessions ----------------------------------------------------------------------------------------------------

    async def begin(self, user: User) -> tuple[User, str, int]:
        """Begin a session for a user who has proven to be one, and return user, token and expiry in Unix
        milliseconds."""
        if not self.tables.takes_sessions:
            raise SignInElsewhere
        begun = self.form.begin(self._clock())
        row = {"id": begun.shown.id, "user_id": self._convert_id(user.id), **begun.times}
        if begun.shown.secret_hash is not None:
            row["secret_hash"] = begun.shown.secret_hash
        await self._write(insert(self.tables.sessions).values(row))
        return user, begun.token, begun.expires_at

    async def find(self, token: str) -> Session:
        """Return the valid session behind a token, renewed where it is time to. Raises Unauthenticated.

        That a session has expired is told to those alone who showed its whole secret.
        """
        shown = self.form.show(token)
        if shown is None:
            raise Unauthenticated(reason=WhyNot.MALFORMED)
        stored = await self._sessions_now.get(shown.id)
        if stored is None:
            raise Unauthenticated(reason=WhyNot.UNKNOWN)
        if stored.user is None:
            if self.form.deletes_orphans:
                await self._try_to_delete(shown)
            raise Unauthenticated(reason=WhyNot.UNKNOWN)
        judged, proven = self.form.judge(stored.times, self._clock()), shown.proves(stored.secret_hash)
        if isinstance(judged, Dead):
            if judged.delete:
                await self._try_to_delete(shown)
            raise Unauthenticated(reason=WhyNot.EXPIRED if proven else WhyNot.UNKNOWN)
        if not proven:
            raise Unauthenticated(reason=WhyNot.UNKNOWN)
        session = Session(stored.user, judged.expires_at)
        return await self._prolong(shown, session, judged.changes)

    async def end(self, token: str) -> None:
        """Sign out: the session is gone, in every process."""
        shown = self.form.show(token)
        if shown is not None:
            await self._write(delete(self.tables.sessions).where(self.tables.sessions.c.id == shown.id))

    async def end_all(self, user: User) -> int:
        """End all sessions of a user; returns how many there were."""
        sessions = self.tables.sessions
        return await self._write(delete(sessions).where(sessions.c.user_id == self._convert_id(user.id)))

    # --- ours alone --------------------------------------------------------------------------------------------------

    async def find_opening_uuid(self, user: str, key: str) -> str | None:
        """Return the uuid that `opening_uuid` kept for this user's key, as it is at some moment after this call."""
        return await self._openings_now.get((user, key))

    async def _read_openings(self, wanted: list[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        async with self._ours.keyed.connect() as connection:
            users, keys = (sorted(set(each)) for each in zip(*wanted, strict=True))
            rows = await fetch(connection, _openings, {"users": users, "keys": keys})
        return {(user, key): uuid for user, key, uuid in rows}

    async def keep_opening_uuid(self, user: str, key: str, uuid: str) -> str:
        """Return the uuid of the ledger that this user's key opens: `uuid`, kept durably, or the one kept before."""
        async with self._ours.write.begin() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            keep = dialect.insert(opening_keys).values(user_id=user, key=key, uuid=uuid).on_conflict_do_nothing()
            await connection.execute(keep)
            query = select(opening_keys.c.uuid).where(opening_keys.c.user_id == user, opening_keys.c.key == key)
            return str((await connection.execute(query)).scalar_one())

    # --- reading -----------------------------------------------------------------------------------------------------

    async def _read_sessions(self, ids: list[str]) -> Mapping[str, Stored]:
        async with self.database.keyed.connect() as connection:
            rows = await look_up(connection, self._session_query, {"ids": ids})
        return {row.id: self._stored(row) for row in rows}

    def _stored(self, row: Any) -> Stored:
        return Stored(
            None if row.user is None else _user_of(row),
            {name: getattr(row, name) for name in self.form.times},
            getattr(row, "secret_hash", None),
        )

    async def _read_users(self, ids: list[str]) -> Mapping[str, User]:
        natives = [native for native in map(self._convert_id, ids) if native is not None]
        async with self.database.keyed.connect() as connection:
            rows = await look_up(connection, self._users_query, {"ids": natives})
        found = [_user_of(row) for row in rows]
        return {user.id: user for user in found}

    async def _password_of(self, username: str) -> Row[Any] | None:
        """Return the user of this name with the stored hash, or else the one next in order: `matched` says which."""
        users, keys, password = self.tables.users, self.tables.keys, self.tables.password
        assert password is not None
        name, wanted = self.tables.name, username
        if keys is not None:  # lucia 2: PROVIDER:NAME
            name, wanted = keys.c.id, f"{'email' if '@' in username else 'username'}:{username}"
        query = select(*self._user_columns, password.label("password"), (name == wanted).label("matched"))
        if keys is not None:
            query = query.join_from(keys, users, keys.c.user_id == users.c.id)
        async with self.database.read.connect() as connection:
            return (await connection.execute(query.where(name >= wanted).order_by(name).limit(1))).first()

    def _convert_id(self, id_: str) -> Any:
        """Return a user's id as the column has it; None: no user can have it."""
        match self.tables.users.c.id.type:
            case Integer():
                canonical = id_.isascii() and id_.isdigit() and len(id_) < 19 and str(int(id_)) == id_
                return int(id_) if canonical else None
            case Uuid():
                return id_ if is_uuid(id_) else None
        return id_

    # --- writing -----------------------------------------------------------------------------------------------------

    async def _prolong(self, shown: Shown, session: Session, changes: Mapping[str, int]) -> Session:
        """Return the session after these changes, if any, where they could be written. Raises Unauthenticated where it
        was deleted meanwhile."""
        if not changes:
            return session
        sessions = self.tables.sessions
        # Never an upsert: a session that was deleted meanwhile stays deleted.
        written = await self._try_to_write(update(sessions).where(sessions.c.id == shown.id).values(changes))
        if written == 0:
            raise Unauthenticated(reason=WhyNot.UNKNOWN)
        return session._replace(renewed=written is not None)

    async def _try_to_delete(self, shown: Shown) -> None:
        sessions = self.tables.sessions
        await self._try_to_write(delete(sessions).where(sessions.c.id == shown.id))

    async def _store_password(self, user: Any, password_hash: str) -> None:
        users, password = self.tables.users, self.tables.password
        assert password is not None
        await self._write(update(users).where(users.c.id == user).values({password.name: password_hash}))

    async def _try_to_write(self, statement: Executable) -> int | None:
        """Run one statement, and return how many rows it changed; None: it could not be run."""
        try:
            return await self._write(statement)
        except (DBAPIError, Unavailable, SignInElsewhere) as error:
            log.debug("a session was left as it is", exc_info=error)
            return None

    async def _write(self, statement: Executable) -> int:
        """Run one statement in a database transaction of its own; returns how many rows it changed. Raises
        SignInElsewhere where another program's database lets us read and no more."""
        try:
            async with self.database.write.begin() as connection:
                return int((await connection.execute(statement)).rowcount)
        except DatabaseUnavailable as error:
            if error.reason in (READ_ONLY, FORBIDDEN) and not self.tables.owned:
                raise SignInElsewhere from None
            raise


def _user_of(row: Any) -> User:
    return User(str(row.user), str(row.username))
