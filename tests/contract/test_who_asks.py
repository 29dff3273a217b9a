"""Who asks: a session and a role count as they are at some moment after the request arrived."""

import asyncio
from dataclasses import dataclass

import pytest

from api.auth.foreign_tables import make_own_tables
from api.auth.sessions import Session, Sessions, User, now_milliseconds
from api.errors import Unauthenticated
from ledger.books.members import GrantRole, RevokeRole
from ledger.errors import Corrupt
from ledger.journal import Membership
from ledger.members import MemberRole
from tests.builders import transfer
from tests.stores import Books, Outsider, Store

LIFETIME_SECONDS = 1_000


class Clock:
    """Milliseconds of now, moved by a test."""

    ahead = 0

    def __call__(self) -> int:
        return now_milliseconds() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(store: Store, clock: Clock) -> Sessions:
    database = store.journal.database
    return Sessions(make_own_tables(LIFETIME_SECONDS), database, database, clock=clock)


async def signed_in(sessions: Sessions, name: str) -> tuple[User, str]:
    """A new user and the token of a session."""
    user = await sessions.register(name, "a-password")
    return user, (await sessions.begin(user))[1]


@dataclass
class Door:
    """What every request asks for: the session, and then what its user is in the ledger."""

    sessions: Sessions
    store: Store

    async def find(self, token: str, ledger: str) -> tuple[Session, Membership | None]:
        """Raises Unauthenticated and Corrupt."""
        session = await self.sessions.find(token)
        return session, await self.store.journal.find_standing(ledger, session.user.id)

    async def found(self, token: str, ledger: str) -> tuple[Session | None, Membership | None]:
        """The same; nothing where nobody is signed in."""
        try:
            return await self.find(token, ledger)
        except Unauthenticated:
            return None, None


@pytest.fixture
async def ann(sessions: Sessions) -> tuple[User, str]:
    return await signed_in(sessions, "ann")


@pytest.mark.own_database
async def test_what_ended_is_gone_at_the_next_look(
    store: Store, other: Store, sessions: Sessions, clock: Clock, ann: tuple[User, str], outside: Outsider
) -> None:
    """Role, session and user, whoever took them away."""
    door, (user, token) = Door(sessions, store), ann
    books = await store.books()
    elsewhere = Books(other, books.uuid, other.sequencer())

    async def role() -> MemberRole | None:
        session, standing = await door.find(token, books.uuid)
        assert session.user == user
        return None if standing is None else standing.member.role

    assert await role() is None
    for given in (MemberRole.VIEWER, MemberRole.AUDITOR, MemberRole.VIEWER):
        granted = await elsewhere.submit(GrantRole(user.id, given))
        assert await role() is given
        _, standing = await door.find(token, books.uuid)
        assert standing is not None and standing.ledger.head.size == granted.size
    await elsewhere.submit(RevokeRole(user.id))
    assert await role() is None
    await elsewhere.submit(GrantRole(user.id, MemberRole.VIEWER))

    clock.ahead = LIFETIME_SECONDS * 600  # past the half
    session, standing = await door.find(token, books.uuid)
    assert session.renewed and standing is not None
    session, _ = await door.find(token, books.uuid)
    assert not session.renewed
    clock.ahead += LIFETIME_SECONDS * 1_001
    assert await door.found(token, books.uuid) == (None, None)
    assert await outside.value("SELECT count(*) FROM session") == 0, "what has expired is deleted"

    _, again, _ = await sessions.begin(user)
    assert (await door.found(again, books.uuid))[0] is not None
    await sessions.end(again)
    assert await door.found(again, books.uuid) == (None, None)


@pytest.mark.own_database
async def test_a_corrupt_head_is_told_to_those_who_signed_in(
    store: Store, sessions: Sessions, clock: Clock, ann: tuple[User, str], outside: Outsider
) -> None:
    door, (user, token) = Door(sessions, store), ann
    ill, well = [await store.books() for _ in range(2)]
    for books in (ill, well):
        await books.submit(GrantRole(user.id, MemberRole.VIEWER))
        await books.submit(transfer("1.00"))
    assert (await ill.size()).bit_count() > 1, "else the root is the frontier"
    await door.find(token, ill.uuid)
    await outside.execute(f"UPDATE ledgers SET root = frontier WHERE uuid = '{ill.uuid}'")
    found, other = await asyncio.gather(door.find(token, ill.uuid), door.find(token, well.uuid), return_exceptions=True)
    assert isinstance(found, Corrupt)
    assert not isinstance(other, BaseException) and other[1] is not None
    clock.ahead = LIFETIME_SECONDS * 1_001
    assert await door.found(token, ill.uuid) == (None, None)
