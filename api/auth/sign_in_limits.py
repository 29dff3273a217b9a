"""How often somebody may try: sign-in by address and user, registration by address. Counted in each process's memory.

Only failures count against signing in. The tight limit is on one address trying one user; the loose one on a user over
all addresses does not hold for an address that was that user's before, so that whoever hammers at a name from elsewhere
does not lock its owner out.
"""

import asyncio
import ipaddress
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NoReturn
from weakref import WeakValueDictionary

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter

from api.errors import RateLimited, WrongCredentials

HOME_SECONDS = 30 * 24 * 3600
HOMES_MAX = 100_000
NAME_LENGTH_MAX = 255
IPV6_PREFIX = 64
"""One subscriber has that many addresses."""


def parse_limit(text: str) -> RateLimitItem:
    """Parse `10 per 5 minutes` or `300 per hour`. Raises ValueError."""
    try:
        return parse(text)
    except ValueError:
        raise ValueError(f"a limit looks like '10 per 5 minutes', not {text!r}") from None


class SignInLimits:
    """The counters of one process."""

    def __init__(self, *, pair: str, address: str, user: str, registration: str) -> None:
        """Set the limits on one address as one user, one address, one user, and registrations from one address."""
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._pair, self._address, self._user = parse_limit(pair), parse_limit(address), parse_limit(user)
        self._registration = parse_limit(registration)
        self._homes: dict[tuple[str, str], float] = {}
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def limit_sign_in(self, address: str | None, username: str) -> AsyncIterator[None]:
        """Wrap an attempt to sign in, which counts if it raises WrongCredentials. Raises RateLimited before.

        Attempts of one address as one user go one after the other: many at once must not all begin before the first of
        them has failed.
        """
        place, name = find_network(address), username[:NAME_LENGTH_MAX]
        turn = self._turns.setdefault((place, name), asyncio.Lock())
        async with turn:
            counts = [(self._pair, ("pair", place, name)), (self._address, ("address", place))]
            if not self._is_home(place, name):
                counts.append((self._user, ("user", name)))
            for limit, key in counts:
                if not await self._limiter.test(limit, *key):
                    await self._refuse(limit, key)
            try:
                yield
            except WrongCredentials:
                for limit, key in counts:
                    await self._limiter.hit(limit, *key)
                raise
            self._remember_home(place, name)

    async def register(self, address: str | None) -> None:
        """Count a registration. Raises RateLimited."""
        key = ("registration", find_network(address))
        if not await self._limiter.hit(self._registration, *key):
            await self._refuse(self._registration, key)

    async def _refuse(self, limit: RateLimitItem, key: tuple[str, ...]) -> NoReturn:
        resets_at = (await self._limiter.get_window_stats(limit, *key)).reset_time
        raise RateLimited(retry_after_seconds=max(1, math.ceil(resets_at - time.time())))

    def _is_home(self, place: str, username: str) -> bool:
        return self._homes.get((place, username), 0) > time.monotonic()

    def _remember_home(self, place: str, username: str) -> None:
        self._homes.pop((place, username), None)
        while len(self._homes) >= HOMES_MAX:
            del self._homes[next(iter(self._homes))]
        self._homes[place, username] = time.monotonic() + HOME_SECONDS


def find_network(address: str | None) -> str:
    """Return what counts as one address: an IPv6 subscriber has a whole network. Behind a Unix socket all are one."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return address or "local"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found.packed, IPV6_PREFIX), strict=False))
    return str(found)
