"""API tokens for programs: named, scoped to one ledger and a role, shown once, kept as their SHA-256 alone.

A token acts for the user who made it and never may more than that user may then; a revoked one is refused at once.
"""

import base64
import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, bindparam, func, insert, select, update

from api.auth.tables import tokens
from api.errors import TooMany, Unauthenticated, WhyNot
from ledger.dates import from_micros, to_micros
from ledger.members import MemberRole
from ledger.sequencer import make_uuid, utc_now
from ledger.store.engine import Database, ListOf, among
from ledger.store.rows import look_up
from ledger.store.shared_reads import FreshRows

PREFIX = "llmt_"
"""Tells a token from a session, also to those who scan leaked files for secrets."""
SECRET_BYTES = 32
LIVE_TOKENS_MAX = 100
"""Tokens of one user for one ledger that are not revoked."""

_by_hash = select(tokens).where(among(tokens.c.token_sha256, bindparam("hashes", type_=ListOf(Text()))))


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token, without its secret. `until`: when it ends by itself, UTC."""

    id: str
    ledger: str
    """The ledger's uuid."""
    user: str
    name: str
    role: MemberRole
    created_at: dt.datetime
    until: dt.datetime | None = None


class Tokens:
    """The API tokens in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._fresh = FreshRows(self._read, database.read_version)

    async def create(
        self, ledger: str, user: str, name: str, role: MemberRole, until: dt.datetime | None
    ) -> tuple[ApiToken, str]:
        """Make a token, and return it with its secret, which nobody can show again. Raises TooMany."""
        token = ApiToken(make_uuid(), ledger, user, name, role, utc_now(), until)
        secret = PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).decode().rstrip("=")
        row = {
            "id": token.id,
            "token_sha256": _sha256(secret),
            "ledger": ledger,
            "user_id": user,
            "name": name,
            "role": role,
            "created_at": to_micros(token.created_at),
            "until": None if until is None else to_micros(until),
        }
        live = (
            select(func.count())
            .select_from(tokens)
            .where(tokens.c.ledger == ledger, tokens.c.user_id == user, tokens.c.revoked_at.is_(None))
        )
        async with self._database.write.begin() as connection:
            if (await connection.execute(live)).scalar_one() >= LIVE_TOKENS_MAX:
                raise TooMany(what="tokens", most=LIVE_TOKENS_MAX)
            await connection.execute(insert(tokens), row)
        return token, secret

    async def find(self, secret: str) -> ApiToken:
        """Return the token with this secret. Raises Unauthenticated, also where it was revoked or has ended: only its
        bearer gets to know that, because nobody else has the secret."""
        row = await self._fresh.get(_sha256(secret))
        if row is None:
            raise Unauthenticated(reason=WhyNot.UNKNOWN)
        if row.revoked_at is not None:
            raise Unauthenticated(reason=WhyNot.REVOKED)
        token = _token_of(row)
        if token.until is not None and token.until <= utc_now():
            raise Unauthenticated(reason=WhyNot.EXPIRED)
        return token

    async def _read(self, hashes: list[str]) -> dict[str, Any]:
        async with self._database.keyed.connect() as connection:
            return {row.token_sha256: row for row in await look_up(connection, _by_hash, {"hashes": hashes})}

    async def list_live(self, ledger: str, user: str | None) -> list[ApiToken]:
        """Return a ledger's tokens that are not revoked, of one user or of all, oldest first."""
        query = select(tokens).where(tokens.c.ledger == ledger, tokens.c.revoked_at.is_(None)).order_by(tokens.c.id)
        if user is not None:
            query = query.where(tokens.c.user_id == user)
        async with self._database.read.connect() as connection:
            return [_token_of(row) for row in await connection.execute(query)]

    async def revoke(self, ledger: str, id_: str, user: str | None) -> bool:
        """Refuse the token from now on; `user`: only if it is theirs. Returns whether there was such a live token."""
        statement = update(tokens).where(tokens.c.ledger == ledger, tokens.c.id == id_, tokens.c.revoked_at.is_(None))
        if user is not None:
            statement = statement.where(tokens.c.user_id == user)
        async with self._database.write.begin() as connection:
            revoked = await connection.execute(statement.values(revoked_at=to_micros(utc_now())))
        return revoked.rowcount == 1


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _token_of(row: Any) -> ApiToken:
    until = None if row.until is None else from_micros(row.until)
    created = from_micros(row.created_at)
    return ApiToken(row.id, row.ledger, row.user_id, row.name, MemberRole(row.role), created, until)
