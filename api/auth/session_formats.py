"""The forms in which a front end may keep its sessions, each with the rules of its own library.

`token-sha256` (the existing frontend; Lucia's guide of October 2024): the token is random, its SHA-256 is the row's id.
`lucia-v3` (lucia 3) and `lucia-v2` (lucia 2 and 1): the token is the row's id.
`id-secret` (Lucia's guides of June 2025 and July 2026): the token is `ID.SECRET`, the row has the secret's SHA-256.

Times are integer milliseconds of Unix time here, whatever unit a table has; a judgement is pure. A form prolongs a
session exactly as its library does, and not at all where that hangs on a lifetime that was not told: stretching another
program's short sessions to thirty days would be worse than leaving that to it.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, Protocol

from api.auth.cookies import CookieStyle

SECOND = 1_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
TOKEN_LENGTH_MAX = 255

Times = Mapping[str, int | None]
"""Time columns of a row, in milliseconds; None: what stands there is no number."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_LETTERS_AND_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789"
_CLEAR_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without those that look alike."""


class Shown(NamedTuple):
    """What a token shows: the id of its row, and, where the token holds a secret, the hash that the row must have."""

    id: str
    secret_hash: bytes | None = None

    def proves(self, stored: object) -> bool:
        """Return whether the row's hash is the secret's. Some keep it as text, hexadecimal or base64."""
        if self.secret_hash is None:
            return True
        digest = self.secret_hash
        if isinstance(stored, str):
            return any(
                hmac.compare_digest(stored.encode(), form) for form in (digest.hex().encode(), base64.b64encode(digest))
            )
        return isinstance(stored, bytes) and hmac.compare_digest(stored, digest)


class Valid(NamedTuple):
    """The session holds until `expires_at`; `changes`: what this use of it sets, so that it lives longer."""

    expires_at: int
    changes: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Dead:
    """The session has ended; `delete`: its library deletes such a row when it meets it."""

    delete: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """A new session: what the client gets, what the row gets, and when it ends."""

    token: str
    shown: Shown
    times: Mapping[str, int]
    expires_at: int


class Form(Protocol):
    """One form of sessions."""

    @property
    def times(self) -> tuple[str, ...]:
        """The names of the time columns."""

    @property
    def unit(self) -> int:
        """Milliseconds that one of an integer time column's units has."""

    @property
    def cookie(self) -> CookieStyle:
        """How its library writes the cookie."""

    @property
    def lifetime(self) -> int:
        """Milliseconds from a session's beginning, or last renewal, to its end."""

    @property
    def has_secret(self) -> bool:
        """Whether the row has a column `secret_hash`."""

    @property
    def deletes_orphans(self) -> bool:
        """Whether its library deletes a session whose user is no more."""

    def show(self, token: str) -> Shown | None:
        """Return what the token shows; None: it cannot be one of this form."""

    def judge(self, times: Times, now: int) -> Valid | Dead:
        """Return whether a row with these times is a session now."""

    def begin(self, now: int) -> Begun:
        """Return a new session with a random token."""


_SHA256_COOKIE = CookieStyle(("Max-Age", "Domain", "Path", "Expires", "HttpOnly", "Secure", "SameSite"), by_age=False)
_LUCIA_3_COOKIE = CookieStyle(
    ("Domain", "HttpOnly", "Max-Age", "Path", "SameSite", "Secure"), by_age=True, last_counts=True
)


@dataclass(frozen=True, slots=True)
class Expiring:
    """`token-sha256` (hashed) and `lucia-v3`: one time, pushed to a whole lifetime once half of one or less is left."""

    hashed: bool
    lifetime: int = 30 * DAY
    slides: bool = True

    times = ("expires_at",)
    unit = SECOND
    has_secret = False

    @property
    def deletes_orphans(self) -> bool:
        return not self.hashed

    @property
    def cookie(self) -> CookieStyle:
        return _SHA256_COOKIE if self.hashed else _LUCIA_3_COOKIE

    def show(self, token: str) -> Shown | None:
        if not is_possible(token):
            return None
        return Shown(hashlib.sha256(token.encode()).hexdigest() if self.hashed else token)

    def judge(self, times: Times, now: int) -> Valid | Dead:
        expires_at = times["expires_at"]
        if expires_at is None or now >= expires_at:
            return Dead(delete=True)
        if self.slides and 2 * now >= 2 * expires_at - self.lifetime:
            return Valid(now + self.lifetime, {"expires_at": now + self.lifetime})
        return Valid(expires_at)

    def begin(self, now: int) -> Begun:
        if self.hashed:
            token = base64.urlsafe_b64encode(secrets.token_bytes(20)).decode()
        else:
            token = encode_base32(secrets.token_bytes(25))
        shown = self.show(token)
        assert shown is not None
        return Begun(token, shown, {"expires_at": now + self.lifetime}, now + self.lifetime)


@dataclass(frozen=True, slots=True)
class Idle:
    """`lucia-v2`: active for a while, then idle; the first use of an idle one makes it active again."""

    idle: int = 14 * DAY
    slides: bool = False
    active: int = 24 * HOUR

    times = ("active_expires", "idle_expires")
    unit = 1
    cookie = CookieStyle(
        ("Domain", "Path", "Expires", "HttpOnly", "Secure", "SameSite"),
        by_age=False,
        blank=("Expires", "Thu, 01 Jan 1970 00:00:00 GMT"),
    )
    has_secret = False
    deletes_orphans = False

    @property
    def lifetime(self) -> int:
        return self.active + self.idle

    def show(self, token: str) -> Shown | None:
        return Shown(token) if is_possible(token) else None

    def judge(self, times: Times, now: int) -> Valid | Dead:
        active_expires, idle_expires = times["active_expires"], times["idle_expires"]
        if idle_expires is None or now > idle_expires:
            return Dead(delete=False)
        if not self.slides or (active_expires is not None and now <= active_expires):
            return Valid(idle_expires)
        changes = self._from(now)
        return Valid(changes["idle_expires"], changes)

    def begin(self, now: int) -> Begun:
        token = pick_random(_LETTERS_AND_DIGITS, 40)
        return Begun(token, Shown(token), self._from(now), now + self.lifetime)

    def _from(self, now: int) -> dict[str, int]:
        return {"active_expires": now + self.active, "idle_expires": now + self.lifetime}


@dataclass(frozen=True, slots=True)
class IdSecret:
    """`id-secret` in its three spellings, told apart by the columns that the table has (`find_id_secret_form`)."""

    verified: str | None
    """The column that says when the secret was last verified; None: only the session's age counts."""
    raw: bool
    """The secret's bytes were hashed, and stand in the token as base64; else its text."""
    deletes: bool
    lifetime: int

    unit = SECOND
    cookie = CookieStyle(("Domain", "HttpOnly", "SameSite", "Max-Age", "Path", "Secure"), by_age=True)
    has_secret = True
    deletes_orphans = False

    @property
    def times(self) -> tuple[str, ...]:
        return ("created_at",) if self.verified is None else (self.verified, "created_at")

    def show(self, token: str) -> Shown | None:
        id_, dot, secret = token.partition(".")
        if not is_possible(token) or not id_ or not dot or not secret or "." in secret:
            return None
        try:
            hashed = _decode_base64(secret) if self.raw else secret.encode()
        except (binascii.Error, ValueError):
            return None
        return Shown(id_, hashlib.sha256(hashed).digest())

    def judge(self, times: Times, now: int) -> Valid | Dead:
        since = times[self.verified or "created_at"]
        if since is None or now - since >= self.lifetime:
            return Dead(self.deletes)
        if self.verified is not None and now - since >= HOUR:
            return Valid(now + self.lifetime, {self.verified: now})
        return Valid(since + self.lifetime)

    def begin(self, now: int) -> Begun:
        secret = base64.b64encode(secrets.token_bytes(32)).decode() if self.raw else pick_random(_CLEAR_LETTERS, 24)
        token = f"{pick_random(_CLEAR_LETTERS, 16 if self.raw else 24)}.{secret}"
        shown = self.show(token)
        assert shown is not None
        return Begun(token, shown, dict.fromkeys(self.times, now), now + self.lifetime)


def find_id_secret_form(columns: set[str], lifetime: int | None) -> IdSecret:
    """Return which of the three forms it is: the guides name the column differently, so the table says it and no token
    does.

    `token_last_verified_at`: July 2026, base64 of the bytes. `last_verified_at`: June 2025. Neither: June 2025's basic
    page, where a session lives for a day. Writing that one was verified hangs on no lifetime.
    """
    if "token_last_verified_at" in columns:
        return IdSecret("token_last_verified_at", raw=True, deletes=False, lifetime=lifetime or 10 * DAY)
    if "last_verified_at" in columns:
        return IdSecret("last_verified_at", raw=False, deletes=True, lifetime=lifetime or 10 * DAY)
    return IdSecret(None, raw=False, deletes=True, lifetime=lifetime or DAY)


def find_form(name: str, lifetime_seconds: int | None, columns: set[str]) -> Form:
    """Return the form of this name. `columns`: those of its session table; without a lifetime only those forms prolong
    sessions whose lifetime is known or does not matter."""
    lifetime = None if lifetime_seconds is None else lifetime_seconds * SECOND
    match name:
        case "token-sha256":
            return Expiring(hashed=True, lifetime=lifetime or 30 * DAY)
        case "lucia-v3":
            return Expiring(hashed=False, lifetime=lifetime or 30 * DAY, slides=lifetime is not None)
        case "lucia-v2":
            return Idle(lifetime or 14 * DAY, slides=lifetime is not None)
        case "id-secret":
            return find_id_secret_form(columns, lifetime)
    raise ValueError(f"there is no session form {name!r}")


def is_possible(token: str) -> bool:
    """Return whether a table could contain it: any text is an id, if it is not endless and both databases can store
    it."""
    return 0 < len(token) <= TOKEN_LENGTH_MAX and _UNSTORABLE.search(token) is None


def encode_base32(data: bytes) -> str:
    """Encode bytes in RFC 4648 base32 in lower case and without padding, as Lucia writes it."""
    return base64.b32encode(data).decode().rstrip("=").lower()


def pick_random(alphabet: str, length: int) -> str:
    """Return random characters."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _decode_base64(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
