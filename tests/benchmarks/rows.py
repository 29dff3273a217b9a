"""Rows of the table: a figure, what it is set beside in the same run, and the target where there is one."""

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Row:
    """`figure` in `unit`; `other` is what it is set beside, in the same unit, and `beside` says what that is. `base` is
    the same figure of the version that `BENCH_BASE` names, by turns with ours.

    `at_least` and `at_most` are targets of the ratio where there is an `other`, else of the figure itself;
    `base_at_least` and `base_at_most` are targets of the ratio to `base`.
    """

    engine: str
    what: str
    figure: float
    unit: str
    beside: str = ""
    other: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    base: float | None = None
    base_at_least: float | None = None
    base_at_most: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Figure to other."""
        return None if not self.other else self.figure / self.other

    @property
    def base_ratio(self) -> float | None:
        """Figure to base."""
        return None if not self.base else self.figure / self.base

    @property
    def met(self) -> bool | None:
        """Whether the targets are met; None: there is none that could be judged."""
        measured = self.figure if self.ratio is None else self.ratio
        found = [
            *_judged(measured, self.at_least, self.at_most),
            *_judged(self.base_ratio, self.base_at_least, self.base_at_most),
        ]
        return all(found) if found else None

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {**asdict(self), "ratio": self.ratio, "base_ratio": self.base_ratio, "met": self.met}

    def __str__(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} x {self.beside}{_target(self.at_least, self.at_most)}"
        if self.ratio is None:
            ratio = _target(self.at_least, self.at_most)
        base = ""
        if self.base_ratio is not None:
            base = f"{self.base_ratio:.2f} x base{_target(self.base_at_least, self.base_at_most)}"
        verdict = {None: "", True: "met", False: "SHORT"}[self.met]
        line = f"{self.engine:10} {self.what:55} {shown(self.figure):>11} {self.unit:9} {ratio:50} {base:22}"
        return f"{line} {verdict:5} {self.note}".rstrip()


def _judged(measured: float | None, at_least: float | None, at_most: float | None) -> Iterator[bool]:
    if measured is not None and at_least is not None:
        yield measured >= at_least
    if measured is not None and at_most is not None:
        yield measured <= at_most


def _target(at_least: float | None, at_most: float | None) -> str:
    if at_least is not None:
        return f" (>= {at_least:,.6g})"
    return "" if at_most is None else f" (<= {at_most:,.6g})"


def shown(figure: float) -> str:
    """Three digits are more than such figures are worth."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def summary(rows: Sequence[Row]) -> str:
    """How many targets are met, and which are not."""
    judged = [row for row in rows if row.met is not None]
    short = [row for row in judged if not row.met]
    head = f"{len(judged) - len(short)} of {len(judged)} targets met"
    return "\n".join([head, *(f"  falls short: {row}" for row in short)])


def write_json(path: Path, rows: Iterable[Row], **about: Any) -> None:
    """What was measured, and where."""
    content = {**about, "rows": [row.to_json() for row in rows]}
    path.write_text(json.dumps(content, indent=2) + "\n")


def say(text: str) -> None:
    """Progress, beside the table."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
