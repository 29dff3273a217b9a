"""One look for session and role says what two looks would say, and is as fresh as they are."""

import asyncio

import pytest

from api.auth.entries import Entries
from api.auth.mapping import own_tables
from api.auth.sessions import Session, Sessions, User, now_milliseconds
from api.problems import Unauthenticated
from ledger.books.members import GrantRole, RevokeRole
from ledger.errors import Corrupt
from ledger.journal import Standing
from ledger.members import MemberRole
from tests.builders import transfer
from tests.foreign import session_of
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
    return Sessions(own_tables(LIFETIME_SECONDS), database, database, clock=clock)


async def signed_in(sessions: Sessions, name: str) -> tuple[User, str]:
    """A new user and the token of a session."""
    user = await sessions.register(name, "a-password")
    return user, (await sessions.begin(user))[1]


async def entry(entries: Entries, token: str, ledger: str) -> tuple[Session | None, Standing | None]:
    """What the one look finds; nothing where nobody is signed in."""
    try:
        return await entries.find(token, ledger)
    except Unauthenticated:
        return None, None


@pytest.fixture
async def ann(sessions: Sessions) -> tuple[User, str]:
    return await signed_in(sessions, "ann")


@pytest.mark.own_database
async def test_one_look_says_what_two_say(store: Store, sessions: Sessions, ann: tuple[User, str]) -> None:
    """Every token at every ledger, all at once, and each alone."""
    entries = Entries(sessions)
    bob, bobs = await signed_in(sessions, "bob")
    first, second, third = [await store.books() for _ in range(3)]
    await first.submit(GrantRole(ann[0].id, MemberRole.VIEWER))
    await second.submit(GrantRole(ann[0].id, MemberRole.AUDITOR))
    await second.submit(GrantRole(bob.id, MemberRole.VIEWER))
    await third.submit(GrantRole(bob.id, MemberRole.VIEWER))
    await third.submit(RevokeRole(bob.id))
    ids = [(await books.ledger()).id for books in (first, second, third)]
    uuids = [books.uuid for books in (first, second, third)]
    names = [*ids, *uuids, *map(str.upper, uuids), "no-such-ledger", "018f8a3e-0000-7000-8000-00000000cafe"]
    names += ["\0", "\ud800", "", "[", '"', ids[0].upper()]
    tokens = [ann[1], bobs, "nobody's", "", "\0", "\ud800", ann[1][:-1]]
    asked = [(token, name) for token in tokens for name in names]
    wanted = {}
    for token, name in asked:
        session = await session_of(sessions, token)
        wanted[token, name] = session, session and await store.journal.standing(name, session.user.id)
    assert sum(standing is not None for _, standing in wanted.values()) == 3 * 3
    together = await asyncio.gather(*(entry(entries, *each) for each in asked))
    alone = [await entry(entries, *each) for each in asked]
    assert dict(zip(asked, together, strict=True)) == dict(zip(asked, alone, strict=True)) == wanted


@pytest.mark.own_database
async def test_what_ended_is_gone_at_the_next_look(
    store: Store, other: Store, sessions: Sessions, clock: Clock, ann: tuple[User, str], outside: Outsider
) -> None:
    """Role, session and user, whoever took them away."""
    entries, (user, token) = Entries(sessions), ann
    books = await store.books()
    elsewhere = Books(other, books.uuid, other.sequencer())

    async def role() -> MemberRole | None:
        session, standing = await entries.find(token, books.uuid)
        assert session.user == user
        return None if standing is None else standing.member.role

    assert await role() is None
    for given in (MemberRole.VIEWER, MemberRole.AUDITOR, MemberRole.VIEWER):
        granted = await elsewhere.submit(GrantRole(user.id, given))
        assert await role() is given
        _, standing = await entries.find(token, books.uuid)
        assert standing is not None and standing.ledger.head.size == granted.size
    await elsewhere.submit(RevokeRole(user.id))
    assert await role() is None
    await elsewhere.submit(GrantRole(user.id, MemberRole.VIEWER))

    clock.ahead = LIFETIME_SECONDS * 600  # past the half
    session, standing = await entries.find(token, books.uuid)
    assert session.renewed and standing is not None
    session, _ = await entries.find(token, books.uuid)
    assert not session.renewed
    clock.ahead += LIFETIME_SECONDS * 1_001
    assert await entry(entries, token, books.uuid) == (None, None)
    assert await outside.value("SELECT count(*) FROM session") == 0, "what has expired is deleted"

    _, again, _ = await sessions.begin(user)
    assert (await entry(entries, again, books.uuid))[0] is not None
    await sessions.end(again)
    assert await entry(entries, again, books.uuid) == (None, None)


@pytest.mark.own_database
async def test_a_corrupt_head_is_told_to_those_who_signed_in(
    store: Store, sessions: Sessions, clock: Clock, ann: tuple[User, str], outside: Outsider
) -> None:
    entries, (user, token) = Entries(sessions), ann
    ill, well = [await store.books() for _ in range(2)]
    for books in (ill, well):
        await books.submit(GrantRole(user.id, MemberRole.VIEWER))
        await books.submit(transfer("1.00"))
    assert (await ill.size()).bit_count() > 1, "else the root is the frontier"
    await entries.find(token, ill.uuid)
    await outside.execute(f"UPDATE ledgers SET root = frontier WHERE uuid = '{ill.uuid}'")
    found, other = await asyncio.gather(
        entries.find(token, ill.uuid), entries.find(token, well.uuid), return_exceptions=True
    )
    assert isinstance(found, Corrupt)
    assert not isinstance(other, BaseException) and other[1] is not None
    clock.ahead = LIFETIME_SECONDS * 1_001
    assert await entry(entries, token, ill.uuid) == (None, None)
