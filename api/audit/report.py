"""What an audit found: a line for each check, faults with the position where there is one, a verdict and an exit code.

A fault's kind says what it means. TAMPERING: bytes, hashes, signatures or history are not what they were. MISSING:
something is not there, or cannot be read. BOOKS: the log is whole, and what it says breaks a rule, or what is served
differs from it.

Every text in a report is safe to print: whatever a source holds, `make_printable` escapes it and cuts it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

LINES_MAX = 100
"""Faults, notes or reasons of one check that are kept; the others are counted."""
TEXT_LENGTH_MAX = 2_000
"""Characters of one of them."""


class FindingKind(Enum):
    """What a fault means. The value is the exit code (CONTRACT section 2)."""

    BOOKS = 1
    TAMPERING = 3
    MISSING = 4


_GRAVEST_FIRST = (FindingKind.TAMPERING, FindingKind.MISSING, FindingKind.BOOKS)

MEANS = {
    FindingKind.TAMPERING: "the log was changed after it was written",
    FindingKind.MISSING: "something is missing, so the books cannot be confirmed",
    FindingKind.BOOKS: "the log is complete, but the books are wrong",
}


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
    Name.SIGNATURES: "checkpoints are signed by keys of the policy, each for a tree that this log had",
    Name.BODIES: "every body and memo hashes to what its record says, and can be read",
    Name.LOG: "positions have no gap, and the records fit each other and the head",
    Name.ROOT: "the Merkle root of the records is that of the head",
    Name.TILES: "the served tiles are those of the records",
    Name.HISTORY: "what you saw at your last visit is still there, unchanged",
    Name.RULES: "the rules, decided again, give exactly these records",
    Name.BALANCE: "debits equal credits in every currency",
    Name.GUARDS: "the service's internal tables match the log",
    Name.PROJECTION: "the served balances and accounts match the log",
    Name.READ_MODELS: "every row of every read model matches the log",
}


def make_printable(text: object) -> str:
    """Return the text on one line, with everything escaped that a terminal could obey, and cut where it is too long."""
    whole = str(text)
    cut = whole if len(whole) <= TEXT_LENGTH_MAX else f"{whole[:TEXT_LENGTH_MAX]}…"
    if cut.isprintable():
        return cut
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in cut)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong. `position` is that of the record, where it is one record's."""

    kind: FindingKind
    what: str
    position: int | None = None

    def __str__(self) -> str:
        return self.what if self.position is None else f"position {self.position}: {self.what}"


@dataclass(slots=True)
class Check:
    """One check: what it looked at, what it found wrong, and what it could not look at."""

    name: Name
    faults: list[Finding] = field(default_factory=list)
    more: int = 0
    """Faults beyond LINES_MAX."""
    done: bool = False
    """Whether at least part of it was looked at."""
    notes: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    """Why a part, or with `done` false everything, was not checked."""
    gravest: FindingKind | None = None

    def fail(self, kind: FindingKind, what: str, position: object = None) -> None:
        """Add a fault. A position that is no number is said in words: SQLite's columns take anything."""
        if self.gravest is None or _GRAVEST_FIRST.index(kind) < _GRAVEST_FIRST.index(self.gravest):
            self.gravest = kind
        if len(self.faults) >= LINES_MAX and any(fault.kind is kind for fault in self.faults):
            self.more += 1  # the first of each kind is kept, however late it comes
        elif position is None or type(position) is int:
            self.faults.append(Finding(kind, make_printable(what), position))
        else:
            self.faults.append(Finding(kind, make_printable(f"position {position!r}: {what}")))

    def note(self, what: str) -> None:
        """Add something worth knowing that is no fault."""
        _add(self.notes, what)

    def skip(self, why: str) -> None:
        """Add a reason why something was not checked, once."""
        _add(self.unchecked, why)

    @property
    def status(self) -> str:
        """`failed`, `ok`, `partly checked` or `not checked`."""
        if self.faults:
            return "failed"
        if not self.done:
            return "not checked"
        return "partly checked" if self.unchecked else "ok"

    def to_json(self) -> dict[str, Any]:
        """Return the check for programs."""
        return {
            "check": self.name,
            "status": self.status,
            "faults": [
                {"kind": fault.kind.name.lower(), "position": fault.position, "what": fault.what}
                for fault in self.faults
            ],
            "more_faults": self.more,
            "notes": self.notes,
            "not_checked": self.unchecked,
        }


def _add(lines: list[str], text: str) -> None:
    line = make_printable(text)
    if line in lines:
        return
    if len(lines) < LINES_MAX:
        lines.append(line)
    elif len(lines) == LINES_MAX:
        lines.append("and more like this")


@dataclass(slots=True)
class Report:
    """Everything that an audit of one ledger found."""

    source: str
    ledger: str = ""
    id: str | None = None
    """Under which id the source lists the ledger, where it says so."""
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
    def faults(self) -> Iterator[Finding]:
        """All of them."""
        return (fault for check in self.checks.values() for fault in check.faults)

    @property
    def gravest(self) -> FindingKind | None:
        """The worst of what was found; None: nothing."""
        found = {check.gravest for check in self.checks.values()}
        return next((kind for kind in _GRAVEST_FIRST if kind in found), None)

    @property
    def exit_code(self) -> int:
        """0 fine, 1 the books are wrong, 3 tampering, 4 something is missing."""
        return 0 if self.gravest is None else self.gravest.value

    @property
    def passed(self) -> bool:
        """Whether nothing wrong was found."""
        return self.gravest is None

    @property
    def reason(self) -> str | None:
        """What the worst fault means, and the first of its kind; None: nothing was wrong."""
        kind = self.gravest
        if kind is None:
            return None
        found = [(check.name, fault) for check in self.checks.values() for fault in check.faults if fault.kind is kind]
        if not found:
            return MEANS[kind]
        name, first = min(found, key=lambda each: (each[1].position is None, each[1].position or 0))
        at = "" if first.position is None else f"position {first.position}, "
        return f"{MEANS[kind]} ({at}{name}: {first.what})"

    @property
    def verdict(self) -> str:
        """The first line of the report, and its last."""
        if self.reason is not None:
            return f"FAILED: {self.reason}"
        limits = [check.name for check in self.checks.values() if check.status != "ok"]
        but = "" if not limits else f"; not or partly checked: {', '.join(limits)}"
        return f"PASSED: nothing wrong was found in {spell_count(self.size, 'record')}{but}"

    def to_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {
            "verdict": "PASSED" if self.passed else "FAILED",
            "reason": self.reason,
            "source": make_printable(self.source),
            "ledger": make_printable(self.ledger),
            "id": None if self.id is None else make_printable(self.id),
            "size": self.size,
            "root": make_printable(self.root),
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

    def to_text(self) -> str:
        """Return the report for people: the verdict, what was found, each check, the trial balance, and the verdict
        again."""
        return "".join(f"{line}\n" for line in _lines(self))


# --- the text --------------------------------------------------------------------------------------------------------


def spell_count(number: int, what: str) -> str:
    """Return `1 record`, `2 records`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _lines(report: Report) -> Iterator[str]:
    yield report.verdict
    yield ""
    yield from _align(list(_facts(report)))
    yield ""
    yield from _align([(check.name, check.status, ABOUT[check.name]) for check in report.checks.values()])
    for title, lines in _sections(report):
        if lines:
            yield ""
            yield title
            yield from (f"  {line}" for line in lines)
    yield ""
    yield "Trial balance" if report.balances else "Trial balance: there is nothing to add up"
    if report.balances:
        yield from _align([("Currency", "Debits", "Credits"), *report.balances], right=(1, 2))
    yield ""
    yield report.verdict


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    yield "Source", make_printable(report.source)
    yield "Ledger", make_printable(report.ledger if report.id is None else f"{report.ledger} ({report.id})")
    yield "Records", f"{report.size}, the last of {report.recorded_at or 'an unknown time'}"
    yield "Root", make_printable(report.root)
    yield "Signed", _signed(report)
    if report.resumed_at:
        yield "Resumed", f"at position {report.resumed_at}, where the last run was broken off"
    if report.erased:
        yield "Erased", f"{spell_count(report.erased, 'memo')}, each by a record that says so"


def _signed(report: Report) -> str:
    """Return how much of the log is signed."""
    if report.signed is None:
        return "no signed checkpoint counts"
    by = "by a key of the policy" if report.pinned else "by keys that no policy pins"
    return f"up to size {report.signed}, {by}; {spell_count(report.size - report.signed, 'record')} not signed yet"


def _sections(report: Report) -> Iterator[tuple[str, list[str]]]:
    checks = report.checks.values()
    faults = []
    for check in checks:
        faults += [f"{check.name}: {fault}" for fault in check.faults]
        if check.more:
            faults.append(f"{check.name}: and {check.more} more")
    yield "Findings", faults
    yield "Not checked", [f"{check.name}: {why}" for check in checks for why in check.unchecked]
    yield "Notes", [f"{check.name}: {note}" for check in checks for note in check.notes]


def _align(rows: list[tuple[str, ...]], right: tuple[int, ...] = ()) -> Iterator[str]:
    """Return columns as wide as their widest cell; the last one is not filled up."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
