"""Who may do what: roles as events, and the permission that every command needs."""

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast, get_args

import pytest

from ledger.books.accounts import CloseAccount, OpenAccount, RenameAccount, ReopenAccount, UpdateAccount
from ledger.books.erasure import EraseMemo
from ledger.books.ledger import DeclareCurrency, LedgerOpened, LedgerUpdated, OpenLedger, UpdateLedger
from ledger.books.members import GrantRole, MemberGranted, MemberRevoked, RevokeRole
from ledger.codec import Actor
from ledger.controls.limits import SetLimits
from ledger.decide import (
    decide,
    evolve,
    find_accounts,
    find_last_change,
    find_name,
    find_needed_permission,
    find_needed_rows,
    is_same_request,
    require_permission,
    restore_command,
)
from ledger.errors import Forbidden, Rejected
from ledger.fields import list_texts
from ledger.members import ALLOWS, MemberRole, Permission
from ledger.slices import COMMANDS, EVENTS, Command, Event
from ledger.transactions import CurrencyDeclared, TransactionPosted
from tests.builders import Books, contents, open_ledger, opened_books, reverse, transfer

NOON = dt.datetime(2024, 5, 17, 12, tzinfo=dt.UTC)
MOMENT = dt.timedelta(microseconds=1)

KEEPING: Sequence[Command] = [
    transfer("1.00"),
    reverse("transaction-1"),
    OpenAccount("Assets:New"),
    RenameAccount("Assets:Cash", label="Till"),
    UpdateAccount("Assets:Cash", role=None),
    CloseAccount("Assets:Cash"),
    ReopenAccount("Assets:Cash"),
    DeclareCurrency("XBT", 8),
]
GOVERNING: Sequence[Command] = [
    UpdateLedger(name="Shop"),
    GrantRole("eve", MemberRole.VIEWER),
    EraseMemo(1, "asked"),
    RevokeRole("ada"),
    SetLimits("Assets:Cash", "EUR"),
]


@pytest.fixture
def books() -> Books:
    return opened_books().given(
        GrantRole("bob", MemberRole.BOOKKEEPER),
        GrantRole("vera", MemberRole.VIEWER),
        GrantRole("otto", MemberRole.AUDITOR, until=NOON),
    )


def allowed(books: Books, user: str, command: Command, now: dt.datetime = NOON - MOMENT) -> str:
    """`yes`, or the code of the refusal."""
    try:
        require_permission(command, user, books.state, now)
    except Rejected as refusal:
        return refusal.code
    return "yes"


def test_every_command_is_tried_here() -> None:
    tried = {type(command) for command in (*KEEPING, *GOVERNING, open_ledger())}
    assert tried == set(get_args(Command))


@pytest.mark.parametrize("command", KEEPING, ids=lambda command: type(command).__name__)
def test_owners_and_bookkeepers_keep_the_books(books: Books, command: Command) -> None:
    answers = {user: allowed(books, user, command) for user in ("ada", "bob", "vera", "otto", "eve")}
    assert answers == {"ada": "yes", "bob": "yes", "vera": "forbidden", "otto": "forbidden", "eve": "not_found"}


@pytest.mark.parametrize("command", GOVERNING, ids=lambda command: type(command).__name__)
def test_only_owners_govern(books: Books, command: Command) -> None:
    answers = {user: allowed(books, user, command) for user in ("ada", "bob", "vera", "otto", "eve")}
    assert answers == {"ada": "yes", "bob": "forbidden", "vera": "forbidden", "otto": "forbidden", "eve": "not_found"}


def test_anybody_may_leave(books: Books) -> None:
    assert all(allowed(books, user, RevokeRole(user)) == "yes" for user in ("ada", "bob", "vera", "otto"))


def test_a_role_ends_by_itself_at_its_time(books: Books) -> None:
    leave = RevokeRole("otto")
    assert allowed(books, "otto", leave, NOON - MOMENT) == "yes"
    assert allowed(books, "otto", leave, NOON) == "not_found"


def test_a_role_given_is_an_event(books: Books) -> None:
    assert books.when(GrantRole("eve", MemberRole.AUDITOR, NOON)) == [MemberGranted("eve", MemberRole.AUDITOR, NOON)]
    assert allowed(books, "eve", transfer("1.00")) == "forbidden"


def test_a_role_taken_away_is_an_event_and_holds_at_once(books: Books) -> None:
    assert books.when(RevokeRole("bob")) == [MemberRevoked("bob")]
    assert allowed(books, "bob", transfer("1.00")) == "not_found"


def test_a_role_that_nobody_has_cannot_be_taken_away(books: Books) -> None:
    assert books.refusal(RevokeRole("eve")).code == "not_found"
    books.when(RevokeRole("bob"))
    assert books.refusal(RevokeRole("bob")).code == "not_found"


@pytest.mark.parametrize(
    "command",
    [RevokeRole("ada"), GrantRole("ada", MemberRole.BOOKKEEPER), GrantRole("ada", MemberRole.OWNER, NOON)],
    ids=["leaves", "steps down", "stays until a time"],
)
def test_the_last_owner_stays(books: Books, command: Command) -> None:
    books.given(GrantRole("eve", MemberRole.OWNER, until=NOON))
    assert books.refusal(command).code == "last_owner"
    books.given(GrantRole("bob", MemberRole.OWNER))
    books.when(command)
    assert books.refusal(RevokeRole("bob")).code == "last_owner"


def test_the_last_owner_may_be_granted_ownership_again(books: Books) -> None:
    assert books.when(GrantRole("ada", MemberRole.OWNER)) == [MemberGranted("ada", MemberRole.OWNER)]


@pytest.mark.parametrize("user", ["", "u" * 256])
def test_a_user_is_named_by_an_id(books: Books, user: str) -> None:
    refusal = books.refusal(GrantRole(user, MemberRole.VIEWER))
    assert (refusal.code, refusal.pointer) == ("invalid", "#/user")


def test_roles_are_a_chain() -> None:
    """Each allows all that the smaller ones do: so a token's scope and its user's role have a lesser of the two."""
    chain = [MemberRole.VIEWER, MemberRole.AUDITOR, MemberRole.BOOKKEEPER, MemberRole.OWNER]
    assert set(chain) == set(MemberRole)
    for smaller, larger in itertools.pairwise(chain):
        assert ALLOWS[smaller] < ALLOWS[larger]
    assert ALLOWS[MemberRole.OWNER] == set(Permission)


def test_whose_role_decides() -> None:
    assert Actor("user", "ada").user == "ada"
    assert Actor("token", "t", on_behalf="ada").user == "ada"
    assert Actor("token", "t").user == "", "a token of nobody's may do nothing"
    assert Actor("cli", "root", on_behalf="ada").user is None
    assert Actor("system", "timers").user is None
    for unknown in ("agent", "", "User"):
        with pytest.raises(Forbidden):
            _ = Actor(unknown, "ada", on_behalf="ada").user


def test_no_command_goes_without_a_permission_except_leaving() -> None:
    for command in (*KEEPING, *GOVERNING):
        assert find_needed_permission(command, "bob") is not None
    assert find_needed_permission(RevokeRole("bob"), "bob") is None


@dataclass(frozen=True)
class ApproveAnything:
    """A command that no rule knows."""

    user: str = "bob"


def test_an_unknown_command_is_nobodys_to_give() -> None:
    books, unknown = opened_books(), cast("Command", ApproveAnything())
    with pytest.raises(Forbidden):
        find_needed_permission(unknown, "bob")
    for refuse in (
        lambda: require_permission(unknown, "ada", books.state, Books.now),
        lambda: find_needed_rows([unknown]),
        lambda: find_last_change(unknown, books.state),
        lambda: decide(unknown, books.state, Books.now),
        lambda: is_same_request(unknown, unknown, books.state),
    ):
        with pytest.raises(Forbidden):
            refuse()


def test_an_unknown_event_is_not_folded() -> None:
    books = opened_books()
    before = contents(books.state)
    unknown = cast("Event", ApproveAnything())
    for refuse in (
        lambda: evolve(books.state, unknown, len(books.events)),
        lambda: restore_command(unknown),
        lambda: find_accounts(unknown, 0),
        lambda: find_name(unknown, 0),
    ):
        with pytest.raises(TypeError, match="ApproveAnything"):
            refuse()
    assert contents(books.state) == before


def test_every_command_and_event_is_registered_once_with_its_permission() -> None:
    assert sorted(rule.command.__name__ for rule in COMMANDS) == sorted(each.__name__ for each in get_args(Command))
    assert sorted(rule.event.__name__ for rule in EVENTS) == sorted(each.__name__ for each in get_args(Event))
    assert {rule.permission for rule in COMMANDS} == {Permission.WRITE, Permission.GOVERN}
    assert [rule.command for rule in COMMANDS if rule.opens] == [OpenLedger]


def test_every_event_with_texts_says_whether_they_can_be_erased() -> None:
    """What has a memo says in its slice whether and how it goes."""
    methods = {"need_to_erase", "require_erasable", "erase"}
    for rule in EVENTS:
        has_texts = rule.event is TransactionPosted or bool(list_texts(rule.event))
        assert has_texts == (methods <= set(dir(rule.event))), rule.event


def test_only_events_that_can_make_later_records_undecidable_are_lost_in_an_audit() -> None:
    """A currency may have too many digits; a fiscal year may begin on no day."""
    assert {rule.event for rule in EVENTS if not rule.harmless} == {LedgerOpened, LedgerUpdated, CurrencyDeclared}
