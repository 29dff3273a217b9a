"""What a slice says of itself: for each command who may give it, what it needs and what it makes happen; for each event
what it changes and which command it answers.

A slice lists these in `COMMANDS` and `EVENTS`, and in `CHECKS` what it demands of every transaction.
`ledger.slices` lists the slices, and `ledger.decide` asks them.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, Protocol, TypeVar

from ledger.accounts import NAMES, AccountId, AccountRef
from ledger.errors import InvalidField
from ledger.members import Permission
from ledger.state import NeededRows, State
from ledger.transactions import Totals, TransactionPosted

C = TypeVar("C")
E = TypeVar("E")

Members = dict[str, Any]
"""A command as flat members, to compare it with another."""
TEXT = "text."
"""How the name of a member begins that may be erased."""


def _need_nothing(_needed: NeededRows, _command: Any) -> None:
    """Add nothing: for this command the ledger's settings and currencies are enough, and they are always loaded."""


def _never_changed(_command: Any, _state: State) -> int | None:
    return None


def _of_nobody(_command: Any, _user: str) -> bool:
    return False


def _no_accounts(_event: Any, _position: int) -> Iterable[AccountId]:
    return ()


def _no_name(_event: Any, _position: int) -> str | int | None:
    return None


def _never_certain(_state: State, _moved: Mapping[tuple[AccountId, str], Totals]) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class CommandRule(Generic[C]):
    """What holds for one command."""

    command: type[C]
    permission: Permission
    decide: Callable[[C, State, dt.datetime], Sequence[Any]]
    """Return the events that the command, recorded at this time, makes happen; the last one answers it. Raises Rejected
    with the pointer of the offending member, and has then changed nothing."""
    members: Callable[[C, State], Members]
    """Return the command to compare, without what cannot or need not be compared."""
    need: Callable[[NeededRows, C], None] = _need_nothing
    """Add what deciding it can ask of the state."""
    last_change: Callable[[C, State], int | None] = _never_changed
    """Return the position of the record that last changed what it is about to change, where that is one thing."""
    is_own: Callable[[C, str], bool] = _of_nobody
    """Whether it concerns nobody but the user who gives it, who needs no permission then."""
    opens: bool = False
    """Whether it needs no ledger."""


@dataclass(frozen=True, slots=True)
class EventRule(Generic[E]):
    """What holds for one event."""

    event: type[E]
    fold: Callable[[State, E, int], None]
    """Change the state as the event at this position says. Never refuses."""
    command_of: Callable[[E], Any]
    """Return the command that it answers: decided on the state just before, it gives exactly this event again."""
    accounts: Callable[[E, int], Iterable[AccountId]] = _no_accounts
    """Return the accounts that the event at this position is about."""
    name: Callable[[E, int], str | int | None] = _no_name
    """Return what it made or changed, where that has a name of its own; None: the record's id is its name."""
    harmless: bool = False
    """Whatever it says, the records after it can be decided: an auditor folds it even where the rules refuse it. This
    is not so for a currency with a billion digits, or for a fiscal year that begins on no day."""


@dataclass(frozen=True, slots=True)
class PostingCheck:
    """What every transaction must meet, whichever command writes it. It finds the rows of guards by account of all
    accounts that the transaction moves. A command writes one transaction at most: a check sees the state before it."""

    require: Callable[[TransactionPosted, State, dt.datetime], None]
    """Raise Rejected where the transaction, recorded at this time, must not be written."""
    allows_all: Callable[[State, Mapping[tuple[AccountId, str], Totals]], bool] = _never_certain
    """Return whether `require` certainly refuses none of many transactions, whatever their order, that together move so
    much. An auditor asks this first, and looks at one after the other only where it is not certain."""


class HasMemo(Protocol):
    """An event with texts: it says whether and how they can be erased. A dataclass marks them as
    `in_memo`."""

    def need_to_erase(self, needed: NeededRows, position: int) -> None:
        """Add what the other two ask of the state."""

    def require_erasable(self, state: State, position: int) -> dt.date | None:
        """Return the date that the time to keep books counts from; None: the day it was recorded. Raises InvalidField
        where its texts can never be erased, and TextInUse where one is in use."""

    def erase(self, state: State, position: int) -> None:
        """Take away what its texts made."""


class MemoStays:
    """What an event says whose texts can never be erased."""

    __slots__ = ()

    def need_to_erase(self, needed: NeededRows, position: int) -> None:
        """Add nothing: nothing is needed to refuse it."""

    def require_erasable(self, state: State, position: int) -> dt.date | None:
        raise InvalidField(trouble="only texts of transactions and old names of accounts can be erased")

    def erase(self, state: State, position: int) -> None:
        """Do nothing: `require_erasable` has refused it before."""


_STAYS = MemoStays()


def memo_of(event: Any) -> HasMemo:
    """Return what an event says of its texts. One that has none has none that can be erased."""
    found: HasMemo = event if hasattr(event, "require_erasable") else _STAYS
    return found


# --- comparing -----------------------------------------------------------------------------------------------------


def members_of(command: Any, *, texts: Iterable[str] = (), without: Iterable[str] = ()) -> Members:
    """Return a dataclass's members to compare: those that are texts are marked."""
    left_out, prose = set(without), set(texts)
    return {
        TEXT + field.name if field.name in prose else field.name: make_exact(getattr(command, field.name))
        for field in fields(command)
        if field.name not in left_out
    }


def account_member(name: str, ref: AccountRef, state: State) -> Members:
    """Return an account by its id, under this name; nothing where the name leads nowhere any more."""
    named = None if isinstance(ref, int) else state[NAMES].get(ref)
    id_ = ref if named is None else named.account
    return {name: id_} if isinstance(id_, int) else {}


def make_exact(value: Any) -> Any:
    """Return JSON in a form to compare: True equals 1 in Python, and in JSON they are two values."""
    match value:
        case bool():
            return (value,)
        case Mapping():
            return {name: make_exact(member) for name, member in value.items()}
        case list() | tuple():
            return [make_exact(item) for item in value]
    return value
