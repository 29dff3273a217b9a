"""Guard rows that a process remembers between its batches, by ledger: as long as the head is the one that it wrote, no
other process has written, and they are what the tables say. Under the head lock that is known for certain.

A batch takes them out, and puts them back, evolved, once its COMMIT has been answered: whatever goes wrong in between
forgets them.
"""

from dataclasses import dataclass, field

from ledger.journal import Head, Locked
from ledger.state import State
from ledger.transactions import COUNTERS

ROWS_MAX = 100_000
"""Of all ledgers together: some 30 MB."""


@dataclass(slots=True)
class Remembered:
    """What is known of one ledger's guards: every row in `state` as it is, all rows by account of the accounts in
    it, all currencies, and all counters of these series."""

    state: State = field(default_factory=State)
    series: set[str] = field(default_factory=set)
    head: Head | None = None
    """At which the rows are as they are here; None: nothing is known yet."""


class Guards:
    """The guards remembered, the ledgers written last to the end."""

    def __init__(self, rows_max: int = ROWS_MAX) -> None:
        self._rows_max = rows_max
        self._known: dict[str, Remembered] = {}
        self._rows = 0

    def take(self, locked: Locked) -> Remembered:
        """Take what is known of a ledger at this head. Until it is put back it is the caller's alone."""
        known = self._known.pop(locked.uuid, None)
        if known is None:
            return Remembered()
        self._rows -= _rows(known.state)
        return known if known.head == locked.head else Remembered()

    def put(self, ledger: str, known: Remembered, state: State, head: Head) -> None:
        """Keep what is known of the ledger with this uuid: `state`, which is durable, at this head."""
        known.series |= {series for series, _ in state[COUNTERS]}
        state.forget_changes()
        state.records = {}
        for guard, rows in state.list_rows().items():
            if guard.by == "record":
                rows.clear()
        known.state, known.head = state, head
        self._known[ledger] = known
        self._rows += _rows(state)
        while self._rows > self._rows_max:
            oldest = next(iter(self._known))
            self._rows -= _rows(self._known.pop(oldest).state)


def _rows(state: State) -> int:
    """Count the rows, and one for the ledger itself: many small ones must not be free."""
    return 1 + sum(map(len, state.list_rows().values()))
