"""What a source keeps or serves beside its log, held against what the log says.

Everything here is derived from the log: a difference means that the books shown to people are not those of the log.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from api.audit.books import Books
from api.audit.index import AuditIndex
from api.audit.report import LINES_MAX, Check, FindingKind
from api.audit.sources import NOT_SAID, Claimed, Impossible, LogSource, NotServed, Unreadable, Withheld
from ledger.accounts import ACCOUNTS, NAMES
from ledger.slices import GUARDS
from ledger.state import SETTINGS, Guard, State
from ledger.transactions import REVERSALS, TOTALS

Row = tuple[Any, Any]
"""A key and a value."""

WHOLE_GUARDS = tuple(guard for guard in GUARDS if not guard.grows)
"""The guards whose rows an audit holds in memory."""
SORTED = (*(guard.name for guard in GUARDS if guard.grows), "keys", "memos without a record")
"""What grows with the log comes in the order of its keys, and is compared without being held."""


def list_guard_rows(books: Books, scratch: AuditIndex) -> dict[str, Iterable[Row]]:
    """Return what the guards and the idempotency keys must be, by name."""
    return {
        **{guard.name: _rows(guard, books.state) for guard in WHOLE_GUARDS},
        REVERSALS.name: scratch.list_reversals(),
        "keys": scratch.list_keys(),
        "memos without a record": (),
    }


def _rows(guard: Guard[Any, Any], state: State) -> Iterator[Row]:
    return ((key, guard.to_row(row)) for key, row in state[guard].items())


def compare(source: LogSource, check: Check, expected: dict[str, Iterable[Row]]) -> None:
    """Compare each of these with what the source has. What cannot be read of one of them is said, and the others are
    compared all the same."""
    for what, rows in expected.items():
        try:
            differences = _compare_ordered if what in SORTED else _compare_unordered
            for difference in differences(rows, source.read_rows(what), _same(what)):
                check.fail(FindingKind.BOOKS, f"{what} {difference}")
            check.done = True
        except Withheld as error:
            check.fail(FindingKind.MISSING, f"{what}: {error}")
        except Unreadable as error:
            check.fail(FindingKind.MISSING, f"{what} cannot be read: {error}")
        except Impossible as error:
            check.fail(FindingKind.BOOKS, str(error))
        except NotServed as error:
            check.skip(str(error))


def compare_id(claimed: Claimed, opened_as: str | None, check: Check) -> None:
    """Compare the id under which the source lists the ledger with the one that it was opened with."""
    if claimed.id is None:
        return
    if opened_as is None:
        check.skip("the id with which the ledger was opened cannot be read")
        return
    check.done = True
    imported = claimed.opened_as not in (None, NOT_SAID)
    what = f"the ledger has the id {claimed.id}, but it was opened as {opened_as}"
    if imported and claimed.opened_as != opened_as:
        check.fail(FindingKind.BOOKS, f"{what}: the source says that it was opened as {claimed.opened_as}")
    elif claimed.id == opened_as:
        return
    elif claimed.id_of is not None:
        check.fail(FindingKind.BOOKS, f"{what}: in its own log, {claimed.id} is ledger {claimed.id_of}")
    elif claimed.opened_as is None:
        check.fail(FindingKind.BOOKS, f"{what}, and no import with another id is recorded")
    else:
        check.note(f"{what}: it was imported with another id")


def _compare_unordered(
    expected: Iterable[Row], served: Iterator[Row], same: Callable[[Any, Any], bool]
) -> Iterator[str]:
    """Yield differences between rows in any order. Whatever is served, it ends: it is read no further than a hundred
    rows that the log knows nothing of."""
    left = dict(expected)
    unknown = 0
    for key, value in served:
        if key not in left:
            yield f"{_of(key)}: the log knows nothing of it"
            unknown += 1
            if unknown == LINES_MAX:
                yield "go on, and were read no further"
                return
        elif not same(wanted := left.pop(key), value):
            yield f"{_of(key)}: {_differing(wanted, value)}"
    yield from (f"{_of(key)}: missing" for key in left)


def _compare_ordered(expected: Iterable[Row], served: Iterator[Row], same: Callable[[Any, Any], bool]) -> Iterator[str]:
    """Yield differences between rows in the order of their keys."""
    for ours, theirs in merge(expected, served):
        if theirs is None:
            assert ours is not None
            yield f"{_of(ours[0])}: missing"
        elif ours is None:
            yield f"{_of(theirs[0])}: the log knows nothing of it"
        elif not same(ours[1], theirs[1]):
            yield f"{_of(ours[0])}: {_differing(ours[1], theirs[1])}"


def merge(ours: Iterable[Row], theirs: Iterable[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """Yield the rows that are not the same on both sides, which come in the order of their keys; None: there is no row
    of this key. Only one row a side is in memory."""
    left, right = iter(ours), iter(theirs)
    mine, yours = next(left, None), next(right, None)
    while mine is not None or yours is not None:
        if mine == yours:
            mine, yours = next(left, None), next(right, None)
        elif yours is None or (mine is not None and _order(mine[0]) < _order(yours[0])):
            yield mine, None
            mine = next(left, None)
        elif mine is None or _order(yours[0]) < _order(mine[0]):
            yield None, yours
            yours = next(right, None)
        else:
            yield mine, yours
            mine, yours = next(left, None), next(right, None)


def _order(key: Any) -> Any:
    """Return the order of both databases, for whatever a key is: SQLite's columns take values of every type."""
    if isinstance(key, tuple):
        return tuple(map(_order, key))
    kind = next((place for place, types in enumerate(_TYPES) if isinstance(key, types)), len(_TYPES))
    return (kind, key) if kind else (0,)


_TYPES: tuple[type | tuple[type, ...], ...] = (type(None), (int, float), str, bytes)


def _same(what: str) -> Callable[[Any, Any], bool]:
    if what == "chart":  # of a path that was erased, or given before positions of names were kept, nothing is known
        return lambda ours, theirs: bool(ours[1:] == theirs[1:] and ours[0] in (theirs[0], None))
    if what == SETTINGS.name:  # over HTTP the last of them are not served
        return lambda ours, theirs: bool(ours[: len(theirs)] == theirs)
    late = next(([column.late for column in guard.columns] for guard in GUARDS if guard.name == what), [])
    if any(late):
        return lambda ours, theirs: (
            len(ours) == len(theirs)
            and all(
                mine == yours or (may_lack and yours is None)
                for mine, yours, may_lack in zip(ours, theirs, late, strict=True)
            )
        )
    return lambda ours, theirs: bool(ours == theirs)


def _of(key: Any) -> str:
    """Return which row a difference is in; a guard of one row needs no key."""
    return "differ" if key == () else f"of {_shown(key)}"


def _shown(key: Any) -> str:
    return " ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _differing(ours: Any, theirs: Any) -> str:
    return f"the log says {_shown(ours)}, the source {_shown(theirs)}"


def make_trial_balance(state: State) -> Iterator[tuple[str, int, int]]:
    """Return currency, all debits and all credits, in minor units."""
    sums: dict[str, tuple[int, int]] = {}
    for (_, currency), totals in state[TOTALS].items():
        debits, credits = sums.get(currency, (0, 0))
        sums[currency] = debits + totals.debits, credits + totals.credits
    return ((currency, *sums[currency]) for currency in sorted(sums))


def make_balances(state: State) -> dict[str, Iterable[Row]]:
    """Return the projected balances as they must be, and the chart of accounts that they are shown with."""
    return {
        "balances": ((key, tuple(totals)) for key, totals in state[TOTALS].items()),
        "chart": _chart(state),
    }


def _chart(state: State) -> Iterator[Row]:
    """Return the chart. The path of an account is the name that was given where the account says that it got one."""
    paths = {tuple(named): name for name, named in state[NAMES].items() if not name.startswith("#")}
    for each in state[ACCOUNTS].values():
        path = None if each.path_at is None else paths.get((each.id, each.path_at))
        yield each.id, (path, each.number, each.type, each.normal, each.role, each.status, each.currencies)
