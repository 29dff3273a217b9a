"""The room for bodies: how many bytes of them a process holds at once, in all and for one user.

What is made of a body takes up to sixteen times its length, so the bytes count until their request is answered. The
first FREE_BYTES of each request do not count: whoever fills the room must not keep everybody from posting.
"""

from collections import Counter

from api.errors import TooManyUnderWay

BYTES_MAX = 64 * 1024 * 1024
USER_BYTES_MAX = 32 * 1024 * 1024
"""Two bodies of the greatest length. All who have not signed in count as one user."""
FREE_BYTES = 64 * 1024
"""As many as all connections may hold together are as many as BYTES_MAX once more."""


class Room:
    """The bytes that are held, by user."""

    def __init__(self, most: int = BYTES_MAX, most_of_one: int = USER_BYTES_MAX) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._used: Counter[str] = Counter()
        self._all = 0

    def take(self, user: str, count: int) -> None:
        """Reserve so many bytes more. Raises TooManyUnderWay where there is no room for them."""
        if self._all + count > self._most or self._used[user] + count > self._most_of_one:
            raise TooManyUnderWay(what="bytes of bodies")
        self._used[user] += count
        self._all += count

    def give_back(self, user: str, count: int) -> None:
        """Release so many bytes."""
        self._all -= count
        self._used[user] -= count
        if not self._used[user]:
            del self._used[user]


class Share:
    """What one request holds of the room."""

    def __init__(self, room: Room, user: str, free: int = FREE_BYTES) -> None:
        self._room, self._user, self._free = room, user, free
        self._count = self._taken = 0

    def grow(self, count: int) -> None:
        """Reserve so many bytes more. Raises TooManyUnderWay."""
        more = max(0, self._count + count - self._free) - self._taken
        if more > 0:
            self._room.take(self._user, more)
            self._taken += more
        self._count += count

    def shrink(self, count: int) -> None:
        """Release so many bytes."""
        self._count -= count
        less = self._taken - max(0, self._count - self._free)
        if less:
            self._room.give_back(self._user, less)
            self._taken -= less

    def end(self) -> None:
        """Release everything."""
        self.shrink(self._count)
