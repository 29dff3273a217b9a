"""Rows of the table: a figure, what it is set beside in the same run, and the target where there is one."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Row:
    """`figure` in `unit`; `other` is what it is set beside, in the same unit, and `beside` says what that is.

    The target is one of the ratio where there is an `other`, else of the figure itself.
    """

    engine: str
    what: str
    figure: float
    unit: str
    beside: str = ""
    other: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Figure to other."""
        return None if not self.other else self.figure / self.other

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None: there is none."""
        measured = self.figure if self.ratio is None else self.ratio
        if self.at_least is not None:
            return measured >= self.at_least
        return None if self.at_most is None else measured <= self.at_most

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {**asdict(self), "ratio": self.ratio, "met": self.met}

    def __str__(self) -> str:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} x {self.beside}"
        verdict = {None: "", True: "met", False: "SHORT"}[self.met]
        line = f"{self.engine:10} {self.what:55} {shown(self.figure):>11} {self.unit:9} {ratio:42} {self._target():8}"
        return f"{line} {verdict:5} {self.note}".rstrip()

    def _target(self) -> str:
        if self.at_least is not None:
            return f">= {self.at_least:,.6g}"
        return "" if self.at_most is None else f"<= {self.at_most:,.6g}"


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
