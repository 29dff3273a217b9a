"""What a source keeps or serves beside its log, held against what the log says.

Everything here is derived from the log: a difference means that the books shown to people are not those of the log.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple
from typing import Any

from api.verify.books import Books
from api.verify.reading import micros
from api.verify.report import Check, Kind
from api.verify.scratch import Scratch
from api.verify.sources import NotServed, Source, Withheld
from ledger.decide import State
from ledger.members import Member

Row = tuple[Any, Any]
"""A key and a value."""

SORTED = ("reversals", "keys", "memos without a record")
"""What grows with the log comes in the order of its keys, and is compared without being held."""


def guards(books: Books, scratch: Scratch) -> dict[str, Iterable[Row]]:
    """What the guards must be, by name."""
    state = books.state
    return {
        "settings": [] if state.settings is None else [(1, astuple(state.settings))],
        "names": ((name, (account, state.named_at[name])) for name, account in state.names.items()),
        "accounts": ((account.id, astuple(account)[1:]) for account in state.accounts.values()),
        "totals": ((key, tuple(totals)) for key, totals in state.totals.items()),
        "currencies": state.currencies.items(),
        "counters": state.counters.items(),
        "members": ((member.user, _member(member)) for member in state.members.values()),
        "erasures": books.erased.items(),
        "reversals": scratch.reversals(),
        "keys": scratch.keys(),
        "memos without a record": (),
    }


def _member(member: Member) -> tuple[Any, ...]:
    return member.role, None if member.until is None else micros(member.until), member.changed


def compare(source: Source, check: Check, expected: dict[str, Iterable[Row]]) -> None:
    """Hold each of these against what the source has."""
    looked = 0
    for what, rows in expected.items():
        try:
            differences = _merged if what in SORTED else _held
            for difference in differences(rows, source.rows(what), _same(what)):
                check.fail(Kind.BOOKS, f"{what} {difference}")
        except Withheld as error:
            check.fail(Kind.MISSING, f"{what}: {error}")
        except NotServed as error:
            if str(error) not in check.unchecked:
                check.unchecked.append(str(error))
        else:
            looked += 1
    check.done = looked > 0


def _held(expected: Iterable[Row], served: Iterator[Row], same: Callable[[Any, Any], bool]) -> Iterator[str]:
    """Differences between rows in any order."""
    left = dict(expected)
    for key, value in served:
        if key not in left:
            yield f"of {_shown(key)}: the log knows nothing of it"
        elif not same(wanted := left.pop(key), value):
            yield f"of {_shown(key)}: {_differing(wanted, value)}"
    yield from (f"of {_shown(key)}: missing" for key in left)


def _merged(expected: Iterable[Row], served: Iterator[Row], same: Callable[[Any, Any], bool]) -> Iterator[str]:
    """Differences between rows in the order of their keys."""
    ours, theirs = iter(expected), iter(served)
    mine, yours = next(ours, None), next(theirs, None)
    while mine is not None or yours is not None:
        if mine == yours:
            mine, yours = next(ours, None), next(theirs, None)
        elif yours is None or (mine is not None and mine[0] < yours[0]):
            assert mine is not None
            yield f"of {_shown(mine[0])}: missing"
            mine = next(ours, None)
        elif mine is None or yours[0] < mine[0]:
            yield f"of {_shown(yours[0])}: the log knows nothing of it"
            yours = next(theirs, None)
        else:
            if not same(mine[1], yours[1]):
                yield f"of {_shown(mine[0])}: {_differing(mine[1], yours[1])}"
            mine, yours = next(ours, None), next(theirs, None)


def _same(what: str) -> Callable[[Any, Any], bool]:
    if what == "names":  # of names given before it was kept, the record that gave them is not known
        return lambda ours, theirs: bool(ours[0] == theirs[0] and theirs[1] in (ours[1], None))
    if what == "chart":  # of a path that was erased, or given before positions of names were kept, nothing is known
        return lambda ours, theirs: bool(ours[1:] == theirs[1:] and ours[0] in (theirs[0], None))
    if what == "settings":  # over HTTP the last of them are not served
        return lambda ours, theirs: bool(ours[: len(theirs)] == theirs)
    if what == "accounts":
        return lambda ours, theirs: bool(
            ours[:-3] == theirs[:-3] and all(b in (a, None) for a, b in zip(ours[-3:], theirs[-3:], strict=True))
        )
    return lambda ours, theirs: bool(ours == theirs)


def _shown(key: Any) -> str:
    return " ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _differing(ours: Any, theirs: Any) -> str:
    return f"the log says {_shown(ours)}, the source {_shown(theirs)}"


def trial_balance(state: State) -> Iterator[tuple[str, int, int]]:
    """Currency, all debits, all credits, in minor units."""
    sums: dict[str, tuple[int, int]] = {}
    for (_, currency), totals in state.totals.items():
        debits, credits = sums.get(currency, (0, 0))
        sums[currency] = debits + totals.debits, credits + totals.credits
    return ((currency, *sums[currency]) for currency in sorted(sums))


def balances(state: State) -> dict[str, Iterable[Row]]:
    """The projected balances as they must be, and the chart of accounts that they are shown with."""
    return {
        "balances": ((key, tuple(totals)) for key, totals in state.totals.items()),
        "chart": _chart(state),
        "other read models": (),
    }


def _chart(state: State) -> Iterator[Row]:
    """The path of an account is the name that was given where the account says that it got one."""
    paths = {(account, state.named_at[name]): name for name, account in state.names.items() if not name.startswith("#")}
    for each in state.accounts.values():
        path = None if each.path_at is None else paths.get((each.id, each.path_at))
        yield each.id, (path, each.number, each.type, each.normal, each.role, each.status, each.currencies)
