"""Passwords: Argon2id for new ones; whatever Lucia, its guides and Oslo stored is verified.

| stored | made by | key |
|---|---|---|
| `$argon2…` | the existing frontend, Lucia 3's guide, Oslo | in the PHC string |
| `<32 hex>:<128 hex>` | Lucia 3, Oslo | scrypt, r = 16 |
| `s2:<salt>:<128 hex>` | Lucia 1 and 2, Lucia 3's LegacyScrypt | scrypt, r = 16 |
| `<16 letters and digits>:<128 hex>` | lucia-auth up to 0.2 | scrypt, r = 8 |
| `$2a$`, `$2b$`, `$2y$` | Oslo's Bcrypt | bcrypt; the first 72 bytes count |

Some of them normalised the text to NFKC and some did not, and nothing stored says which: both are tried. Everything is
computed off the event loop.
"""

import asyncio
import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Callable
from typing import TypeVar

import bcrypt
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import Argon2Error, InvalidHashError

from api.processes.long_work import Turns
from ledger.errors import InvalidField

Result = TypeVar("Result")

LENGTH_MIN, LENGTH_MAX = 6, 255
"""In UTF-16 code units, as the frontend counts."""
VERIFIED_LENGTH_MAX = 1_000
"""Characters. A longer text is nobody's password. To normalise it takes time that grows with the square of its length,
and nothing else is done meanwhile."""
AT_ONCE_MAX = 2
"""Each computation holds 19 to 32 MiB and a core: two at a time leave the service usable."""
WAITING_MAX = 100
SCRYPT_MEMORY_MAX = 64 * 1024 * 1024
BCRYPT_BYTES = 72
# Stored parameters are not an attacker's, but a slip must not stop the service: what would take minutes is refused.
ARGON2_KIB_MAX, ARGON2_TIME_MAX, ARGON2_LANES_MAX = 256 * 1024, 16, 16
BCRYPT_COST_MAX = 15

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16)
_DUMMY = _hasher.hash(secrets.token_hex())
"""Of a password that nobody knows: verified where there is nothing to compare with, for the time that it takes."""
_SCRYPT = re.compile(r"(?:(?P<salt>[0-9a-fA-F]{32}|[A-Za-z0-9]{16})|s2:(?P<s2>[^:]{1,64})):(?P<key>[0-9a-fA-F]{128})")
_BCRYPT = re.compile(r"\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{53}")


def require_password(password: str) -> None:
    """Raise InvalidField unless the password has 6 to 255 UTF-16 code units, as the frontend counts them."""
    length = len(password.encode("utf-16-le", "surrogatepass")) // 2
    if not LENGTH_MIN <= length <= LENGTH_MAX:
        raise InvalidField(trouble=f"a password has {LENGTH_MIN} to {LENGTH_MAX} characters", pointer="#/password")


class Passwords:
    """Hashes and verifies, a few at a time. Raises TooManyUnderWay where too many wait."""

    def __init__(self) -> None:
        self._turns = Turns("passwords", at_once=AT_ONCE_MAX, each=AT_ONCE_MAX, waiting=WAITING_MAX, wait_seconds=None)

    async def hash(self, password: str) -> str:
        """Return the PHC string to store."""
        return await self._in_turn(_hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Return whether this is the password; None (there is none to compare with) takes as long and is False."""
        matches = await self._in_turn(verify, _DUMMY if stored is None else stored, password)
        return matches and stored is not None

    async def _in_turn(self, compute: Callable[..., Result], *arguments: str) -> Result:
        async with self._turns.take_turn():
            return await asyncio.to_thread(compute, *arguments)


def is_outdated(stored: str) -> bool:
    """Return whether a new hash of the same password would be another kind, or have other parameters."""
    try:
        return _hasher.check_needs_rehash(stored)
    except InvalidHashError:
        return True


def verify(stored: str, password: str) -> bool:
    """Return whether the password is the one behind the stored text. What cannot be read is nobody's, and takes as
    long."""
    if not password:
        return False  # Lucia would let an empty one in
    if len(password) > VERIFIED_LENGTH_MAX:
        stored, password = _DUMMY, password[:VERIFIED_LENGTH_MAX]
    try:
        texts = dict.fromkeys((password.encode(), unicodedata.normalize("NFKC", password).encode()))
    except UnicodeEncodeError:
        return False
    return any(_matches(stored, text) for text in texts)


def _matches(stored: str, password: bytes) -> bool:
    if (found := _SCRYPT.fullmatch(stored)) is not None:
        salt = found["salt"] or found["s2"]
        # Its text is the salt: nobody ever decoded the hexadecimal digits.
        computed = _scrypt(password, salt.encode(), r=8 if len(found["salt"] or "") == 16 else 16)
        return hmac.compare_digest(computed, bytes.fromhex(found["key"]))
    bearable = _is_bearable(stored)
    try:
        if (found := _BCRYPT.fullmatch(stored)) is not None and int(found["cost"]) <= BCRYPT_COST_MAX:
            cut = password[:BCRYPT_BYTES]
            return b"\0" not in cut and bcrypt.checkpw(cut, stored.encode())
        _hasher.verify(stored if bearable else _DUMMY, password)  # raises where it is another's
        return bearable
    except (Argon2Error, ValueError):
        return False


def _is_bearable(stored: str) -> bool:
    """Return whether it is an Argon2 hash that takes no absurd time or memory."""
    try:
        asked = extract_parameters(stored)
    except ValueError:
        return False
    return (
        asked.memory_cost <= ARGON2_KIB_MAX
        and asked.time_cost <= ARGON2_TIME_MAX
        and asked.parallelism <= ARGON2_LANES_MAX
    )


def _scrypt(password: bytes, salt: bytes, *, r: int) -> bytes:
    return hashlib.scrypt(password, salt=salt, n=16_384, r=r, p=1, dklen=64, maxmem=SCRYPT_MEMORY_MAX)
