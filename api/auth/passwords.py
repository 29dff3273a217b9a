"""Passwords: Argon2id as the existing frontend makes it (CONTRACT section 6), computed off the event loop."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.errors import InvalidField

LENGTH_MIN, LENGTH_MAX = 6, 255

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, hash_len=32, salt_len=16)
# An unknown user costs the same as a wrong password.
_DUMMY = _hasher.hash("no such user")
# Each computation holds 19 MiB and a core: two at a time leave the service usable.
_limit = asyncio.Semaphore(2)


def require_password(password: str) -> None:
    """Raises InvalidField unless the password has 6 to 255 UTF-16 code units, as the frontend counts them."""
    length = len(password.encode("utf-16-le", "surrogatepass")) // 2
    if not LENGTH_MIN <= length <= LENGTH_MAX:
        raise InvalidField(trouble=f"a password has {LENGTH_MIN} to {LENGTH_MAX} characters", pointer="#/password")


async def hash_password(password: str) -> str:
    """The PHC string to store."""
    async with _limit:
        return await asyncio.to_thread(_hasher.hash, password)


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password is the one; None (no such user) takes as long and is False."""
    async with _limit:
        matches = await asyncio.to_thread(_verify, password_hash or _DUMMY, password)
    return matches and password_hash is not None


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
