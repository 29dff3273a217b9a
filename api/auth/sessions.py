"""Sessions in the form of the existing frontend: a random token at the client, its SHA-256 in the table.

A row that anybody deletes is refused at the next request: every request reads it. Times are Unix seconds; a session is
valid strictly before `expires_at`, and a use within the last 15 of its 30 days renews it.
"""

import base64
import hashlib
import re
import secrets
import time
from dataclasses import dataclass
from urllib.parse import unquote

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from api.auth.passwords import hash_password, require_password, verify_password
from api.auth.tables import opening_keys, sessions, users
from api.problems import UsernameTaken, WrongCredentials
from ledger.errors import InvalidField, NotFound
from ledger.store.engine import Database

LIFETIME_SECONDS = 30 * 24 * 3600
RENEW_SECONDS = 15 * 24 * 3600
TOKEN_BYTES = 20
TOKEN_LENGTH_MAX = 255

_USERNAME = re.compile(r"[a-z0-9_-]{3,31}")


@dataclass(frozen=True, slots=True)
class User:
    """Who signed in."""

    id: str
    username: str


@dataclass(frozen=True, slots=True)
class Session:
    """A valid session; `renewed`: its cookie has to be sent again."""

    user: User
    expires_at: int
    renewed: bool = False


def session_id(token: str) -> str:
    """The row's id: lower-case hex SHA-256 over the token's characters, `=` included."""
    return hashlib.sha256(token.encode()).hexdigest()


def decode_cookie(value: str) -> str:
    """The token in a cookie's value: percent-decoded once, without quotes. Whatever it is, it never raises."""
    return unquote(value.strip('"'), errors="replace")


class Sessions:
    """Users and sessions in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def register(self, username: str, password: str) -> User:
        """Add a user. Raises InvalidField and UsernameTaken."""
        if _USERNAME.fullmatch(username) is None:
            trouble = "a username has 3 to 31 of lower-case letters, digits, '_' and '-'"
            raise InvalidField(trouble=trouble, pointer="#/username")
        require_password(password)
        user = User(base64.b32encode(secrets.token_bytes(15)).decode().lower(), username)
        row = {"id": user.id, "username": username, "password_hash": await hash_password(password)}
        try:
            async with self._database.write.begin() as connection:
                await connection.execute(insert(users).values(row))
        except IntegrityError:
            raise UsernameTaken(username=username, pointer="#/username") from None
        return user

    async def sign_in(self, username: str, password: str) -> tuple[User, str, int]:
        """A new session: user, token, expiry. Raises WrongCredentials, whichever of the two was wrong."""
        async with self._database.read.connect() as connection:
            query = select(users.c.id, users.c.password_hash).where(users.c.username == username)
            row = (await connection.execute(query)).first()
        if not await verify_password(row.password_hash if row else None, password) or row is None:
            raise WrongCredentials
        return await self.begin(User(row.id, username))

    async def begin(self, user: User) -> tuple[User, str, int]:
        """A new session for a user who has proven to be one."""
        token = base64.urlsafe_b64encode(secrets.token_bytes(TOKEN_BYTES)).decode()
        expires_at = int(time.time()) + LIFETIME_SECONDS
        async with self._database.write.begin() as connection:
            await connection.execute(
                insert(sessions).values(id=session_id(token), user_id=user.id, expires_at=expires_at)
            )
        return user, token, expires_at

    async def find(self, token: str) -> Session | None:
        """The valid session behind a token, renewed where it is time to."""
        if not 0 < len(token) <= TOKEN_LENGTH_MAX or not token.isascii():
            return None
        query = (
            select(users.c.id, users.c.username, sessions.c.expires_at)
            .join_from(sessions, users, sessions.c.user_id == users.c.id)
            .where(sessions.c.id == session_id(token))
        )
        async with self._database.read.connect() as connection:
            row = (await connection.execute(query)).first()
        now = time.time()
        if row is None or now >= row.expires_at:
            return None
        user = User(row.id, row.username)
        if now < row.expires_at - RENEW_SECONDS:
            return Session(user, row.expires_at)
        expires_at = int(now) + LIFETIME_SECONDS
        async with self._database.write.begin() as connection:
            # Never an upsert: a session that was deleted meanwhile stays deleted.
            await connection.execute(
                update(sessions).where(sessions.c.id == session_id(token)).values(expires_at=expires_at)
            )
        return Session(user, expires_at, renewed=True)

    async def end(self, token: str) -> None:
        """Sign out: the session is gone, in every process."""
        async with self._database.write.begin() as connection:
            await connection.execute(delete(sessions).where(sessions.c.id == session_id(token)))

    async def change_password(self, username: str, password: str) -> int:
        """Set another password and end all of the user's sessions; returns how many. Raises NotFound."""
        require_password(password)
        user = await self.user_named(username)
        if user is None:
            raise NotFound(what="user", name=username)
        password_hash = await hash_password(password)
        async with self._database.write.begin() as connection:
            await connection.execute(update(users).where(users.c.id == user.id).values(password_hash=password_hash))
            ended = await connection.execute(delete(sessions).where(sessions.c.user_id == user.id))
        return int(ended.rowcount)

    async def users(self) -> list[User]:
        """All users, by name."""
        async with self._database.read.connect() as connection:
            rows = await connection.execute(select(users.c.id, users.c.username).order_by(users.c.username))
            return [User(row.id, row.username) for row in rows]

    async def user_named(self, username: str) -> User | None:
        """The user with this name."""
        async with self._database.read.connect() as connection:
            row = (await connection.execute(select(users.c.id).where(users.c.username == username))).first()
        return None if row is None else User(row.id, username)

    async def opening_uuid(self, user: str, key: str, uuid: str) -> str:
        """The uuid of the ledger that this user's key opens: `uuid`, kept durably, or the one kept before."""
        async with self._database.write.begin() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            keep = dialect.insert(opening_keys).values(user_id=user, key=key, uuid=uuid).on_conflict_do_nothing()
            await connection.execute(keep)
            query = select(opening_keys.c.uuid).where(opening_keys.c.user_id == user, opening_keys.c.key == key)
            return str((await connection.execute(query)).scalar_one())
