"""What an audit found: a line for each check, faults with the position where there is one, and an exit code.

A fault's kind says what it means. TAMPERING: bytes, hashes, signatures or history are not what they were. MISSING:
something is not there. BOOKS: the log is whole, and what it says breaks a rule, or what is served differs from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

FAULTS_MAX = 100
"""Faults of one check that are kept; the others are counted."""


class Kind(Enum):
    """What a fault means. The value is the exit code (CONTRACT section 2)."""

    BOOKS = 1
    TAMPERING = 3
    MISSING = 4


_GRAVEST_FIRST = (Kind.TAMPERING, Kind.MISSING, Kind.BOOKS)


class Name(StrEnum):
    """The checks, in the order in which a report lists them."""

    SIGNATURES = "signatures"
    BODIES = "bodies"
    LOG = "log"
    ROOT = "root"
    TILES = "tiles"
    HISTORY = "history"
    RULES = "rules"
    BALANCE = "trial balance"
    GUARDS = "guards"
    PROJECTION = "projected balances"
    READ_MODELS = "read models"


ABOUT = {
    Name.SIGNATURES: "signed checkpoints: by keys that the policy pins, each for a tree that this log had",
    Name.BODIES: "every body and memo hashes to what its record says, in canonical form",
    Name.LOG: "positions without a hole, envelopes that agree with each other",
    Name.ROOT: "the Merkle root, recomputed",
    Name.TILES: "the tiles that are served, against the records",
    Name.HISTORY: "what was seen before is still there, unchanged",
    Name.RULES: "every record decided again: rules, roles, document numbers",
    Name.BALANCE: "all balances sum to zero in every currency",
    Name.GUARDS: "what the source keeps beside its log, against the log",
    Name.PROJECTION: "the balances and the chart of accounts that the source serves, against the log",
    Name.READ_MODELS: "every row of every read model, against what the service's own code makes of the log",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong. `position` is that of the record, where it is one record's."""

    kind: Kind
    what: str
    position: int | None = None

    def __str__(self) -> str:
        return self.what if self.position is None else f"position {self.position}: {self.what}"


@dataclass(slots=True)
class Check:
    """One check: what it looked at, what it found wrong, and what it could not look at."""

    name: Name
    faults: list[Fault] = field(default_factory=list)
    more: int = 0
    """Faults beyond FAULTS_MAX."""
    done: bool = False
    notes: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    """Why something, or with `done` false everything, was not checkable."""
    gravest: Kind | None = None

    def fail(self, kind: Kind, what: str, position: int | None = None) -> None:
        """Note a fault."""
        if self.gravest is None or _GRAVEST_FIRST.index(kind) < _GRAVEST_FIRST.index(self.gravest):
            self.gravest = kind
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(Fault(kind, what, position))
        else:
            self.more += 1

    @property
    def status(self) -> str:
        """`failed`, `ok`, or `not checkable`."""
        if self.faults:
            return "failed"
        return "ok" if self.done else "not checkable"

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "check": self.name,
            "status": self.status,
            "faults": [
                {"kind": fault.kind.name.lower(), "position": fault.position, "what": fault.what}
                for fault in self.faults
            ],
            "more_faults": self.more,
            "notes": self.notes,
            "not_checkable": self.unchecked,
        }


@dataclass(slots=True)
class Report:
    """Everything that an audit of one ledger found."""

    source: str
    ledger: str = ""
    size: int = 0
    root: str = ""
    recorded_at: str | None = None
    """Of the last record."""
    resumed_at: int = 0
    """The position at which an audit that was broken off went on."""
    erased: int = 0
    """Memos that were erased, each by a record that says so."""
    signed: int | None = None
    """The largest size for which a checkpoint was signed that is to be believed; None: there is none."""
    pinned: bool = False
    """Whether those are signatures by keys of a policy."""
    balances: list[tuple[str, str, str]] = field(default_factory=list)
    """Currency, all debits, all credits."""
    checks: dict[Name, Check] = field(default_factory=lambda: {name: Check(name) for name in Name})

    def __getitem__(self, name: Name) -> Check:
        return self.checks[name]

    @property
    def faults(self) -> Iterator[Fault]:
        """All of them."""
        return (fault for check in self.checks.values() for fault in check.faults)

    @property
    def gravest(self) -> Kind | None:
        """The worst of what was found; None: nothing."""
        found = {check.gravest for check in self.checks.values()}
        return next((kind for kind in _GRAVEST_FIRST if kind in found), None)

    @property
    def exit_code(self) -> int:
        """0 fine, 1 the books are wrong, 3 tampering, 4 something is missing."""
        return 0 if self.gravest is None else self.gravest.value

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "source": self.source,
            "ledger": self.ledger,
            "size": self.size,
            "root": self.root,
            "recorded_at": self.recorded_at,
            "resumed_at": self.resumed_at,
            "erased": self.erased,
            "signed": {"size": self.signed, "unsigned": self.size - (self.signed or 0), "pinned": self.pinned},
            "totals": [
                {"currency": currency, "debits": debits, "credits": credits}
                for currency, debits, credits in self.balances
            ],
            "result": "ok" if self.gravest is None else self.gravest.name.lower(),
            "exit_code": self.exit_code,
            "checks": [check.to_json() for check in self.checks.values()],
        }
