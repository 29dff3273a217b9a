"""Charts of accounts: JSON files that become the orders to open their accounts. A few come with the package.

A file holds `{"chart": NAME, "accounts": [{"name", "type"?, "number"?, "parent"?, "placeholder"?, "role"?, …}]}` and
may say `"title"` and `"description"`. `parent` is the name or number of an entry above it, the nearest one that has it.
A path is made of the names from the root down; an account's number at the beginning of its name is left out, and a `:`
inside a name becomes `-`. Placeholders only give the path; so do entries of no known type that others stand below.

Types are those of GnuCash (ASSET, BANK, CASH, RECEIVABLE, LIABILITY, CREDIT, PAYABLE, EQUITY, INCOME, EXPENSE, …) or
our own. Where `type` is something else, as in Tryton's templates, `flags` (expense, revenue, receivable, payable,
assets) and `statement` say it; else what most entries of the same class of numbers are; else the entry's parent.
`"types": {"10": "EQUITY", …}` says it outright by the beginning of the number, the longest one that fits: in Tryton's
templates equity and debts look alike, and without it both are liabilities.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ledger.accounts import SEGMENT_LENGTH_MAX, AccountType, Role, require_number, require_path
from ledger.books.accounts import OpenAccount
from ledger.errors import InvalidField, Rejected

PERSONAL = "personal"
"""The chart of a user's first ledger."""

_KINDS: Mapping[str, tuple[AccountType, Role | None]] = {
    "ASSET": (AccountType.ASSET, None),
    "BANK": (AccountType.ASSET, Role.BANK),
    "CASH": (AccountType.ASSET, Role.CASH),
    "RECEIVABLE": (AccountType.ASSET, Role.RECEIVABLE),
    "STOCK": (AccountType.ASSET, None),
    "MUTUAL": (AccountType.ASSET, None),
    "LIABILITY": (AccountType.LIABILITY, None),
    "CREDIT": (AccountType.LIABILITY, None),
    "PAYABLE": (AccountType.LIABILITY, Role.PAYABLE),
    "EQUITY": (AccountType.EQUITY, None),
    "TRADING": (AccountType.EQUITY, Role.FX),
    "INCOME": (AccountType.INCOME, None),
    "EXPENSE": (AccountType.EXPENSE, None),
}
_FLAGS = {
    "expense": "EXPENSE",
    "revenue": "INCOME",
    "receivable": "RECEIVABLE",
    "payable": "PAYABLE",
    "assets": "ASSET",
}
_NUMBERED = re.compile(r"(?P<number>[0-9A-Za-z.-]+)[\s.:)-]+(?P<rest>\S.*)")


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of accounts, ready to be opened."""

    name: str
    title: str
    description: str
    accounts: tuple[OpenAccount, ...]


# --- reading a chart -------------------------------------------------------------------------------------------------


@cache
def read_shipped_charts() -> tuple[Chart, ...]:
    """Return the charts that come with the package, by name."""
    texts = [
        file.read_text("utf-8") for file in (files("api.start") / "chart_files").iterdir() if file.name[-5:] == ".json"
    ]
    return tuple(sorted((read_chart(text) for text in texts), key=lambda chart: chart.name))


def find_shipped_chart(name: str) -> Chart:
    """Return the chart of this name. Raises InvalidField, naming the ones that there are."""
    for chart in read_shipped_charts():
        if chart.name == name:
            return chart
    there_are = ", ".join(chart.name for chart in read_shipped_charts())
    raise InvalidField(trouble=f"there is no chart {name[:60]!r}: the charts are {there_are}", pointer="#/chart")


def find_chart(name: str) -> Chart:
    """Return the chart of this name, or the one in the file of this name, which ends in `.json`. Raises InvalidField,
    and OSError where the file cannot be read."""
    return read_chart(Path(name).read_bytes()) if name.endswith(".json") else find_shipped_chart(name)


def read_chart(text: str | bytes) -> Chart:
    """Return the chart that this JSON describes. Raises InvalidField, naming the account that is wrong."""
    try:
        document = json.loads(text)
        name, entries = str(document["chart"]), [_Entry.read(each) for each in document["accounts"]]
        types = {str(prefix): str(kind) for prefix, kind in document.get("types", {}).items()}
        title, description = str(document.get("title", name)), str(document.get("description", ""))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidField(trouble=f"this is not a chart of accounts: {_explain(error)}", pointer="#/chart") from None
    return Chart(name, title, description, tuple(_opened(entries, types)))


def _explain(error: Exception) -> str:
    match error:
        case json.JSONDecodeError() | UnicodeDecodeError() | RecursionError():
            return "it is not JSON in UTF-8"
        case KeyError():
            return f"the member {error.args[0]!r} is missing"
        case ValueError():
            return str(error)
    return "a member has the wrong type"


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    kind: str | None
    number: str | None
    parent: str | None
    placeholder: bool
    flags: frozenset[str]
    statement: str | None
    role: Role | None

    @staticmethod
    def read(members: Mapping[str, Any]) -> "_Entry":
        """Return the entry that this JSON describes. Raises KeyError, TypeError or ValueError for what is none."""
        kind, number, parent, role = (members.get(each) for each in ("type", "number", "parent", "role"))
        return _Entry(
            name=unicodedata.normalize("NFC", str(members["name"])).strip(),
            kind=None if kind is None else str(kind),
            number=None if number is None else str(number),
            parent=None if parent is None else unicodedata.normalize("NFC", str(parent)).strip(),
            placeholder=bool(members.get("placeholder")),
            flags=frozenset(members.get("flags") or ()),
            statement=members.get("statement"),
            role=None if role is None else Role(role),
        )

    @property
    def segment(self) -> str:
        """Its part of a path."""
        name = self.name
        if self.number and (match := _NUMBERED.fullmatch(name)) and match["number"] == self.number:
            name = match["rest"]
        name = name.replace(":", "-")
        return name if len(name) <= SEGMENT_LENGTH_MAX else f"{name[: SEGMENT_LENGTH_MAX - 1].rstrip()}…"


def _opened(entries: Sequence[_Entry], types: Mapping[str, str]) -> Iterator[OpenAccount]:
    parents = [_parent(entries, index) for index in range(len(entries))]
    kinds = _Kinds(entries, parents, types)
    paths: list[str] = []
    numbers: set[str] = set()
    for index, (entry, parent) in enumerate(zip(entries, parents, strict=True)):
        path = entry.segment if parent is None else f"{paths[parent]}:{entry.segment}"
        paths.append(f"{path} ({entry.number or index})" if path in paths else path)
        if entry.placeholder or (entry.kind is None and index in parents):
            continue
        found = kinds.of(index)
        if found is None:
            if index in parents:
                continue
            raise _invalid(entry, f"its type {entry.kind!r} is not known")
        type_, role = found
        number = entry.number if entry.number not in numbers else None  # the first one has it
        numbers.add(entry.number or "")
        try:
            require_path(paths[index])
            if number is not None:
                require_number(number)
        except Rejected as refusal:
            raise _invalid(entry, refusal.detail) from None
        yield OpenAccount(paths[index], type_, number=number, role=entry.role or role)


def _parent(entries: Sequence[_Entry], index: int) -> int | None:
    wanted = entries[index].parent
    if wanted is None:
        return None
    for above in range(index - 1, -1, -1):
        if wanted in (entries[above].name, entries[above].number):
            return above
    raise _invalid(entries[index], f"nothing above it is called {wanted!r}")


def _invalid(entry: _Entry, trouble: str) -> InvalidField:
    name = f"{entry.number} {entry.name}" if entry.number else entry.name
    return InvalidField(trouble=f"account {name!r} of the chart: {trouble}", pointer="#/chart")


class _Kinds:
    """What each entry is, as far as its own members, those of its class, or its parent say."""

    def __init__(self, entries: Sequence[_Entry], parents: Sequence[int | None], types: Mapping[str, str]) -> None:
        self._entries = entries
        self._parents = parents
        self._types = types
        self._of_class: dict[str, Counter[str]] = {}
        for entry in entries:
            if entry.number and (kind := self._certain(entry)) is not None:
                self._of_class.setdefault(entry.number[0], Counter())[kind] += 1

    def of(self, index: int) -> tuple[AccountType, Role | None] | None:
        """Return the type of an account; None where nothing says it."""
        at: int | None = index
        while at is not None:
            kind = self._certain(self._entries[at]) or self._likely(self._entries[at])
            if kind is not None:
                return _KINDS[kind]
            at = self._parents[at]
        return None

    def _certain(self, entry: _Entry) -> str | None:
        fitting = [prefix for prefix in self._types if (entry.number or "").startswith(prefix)]
        said = self._types[max(fitting, key=len)] if fitting else (entry.kind or "")
        if said.upper() in _KINDS:
            return said.upper()
        return next((kind for flag, kind in _FLAGS.items() if flag in entry.flags), None)

    def _likely(self, entry: _Entry) -> str | None:
        if entry.statement == "off-balance":
            return "EQUITY"  # what is noted off the balance sheet balances among itself
        if entry.statement == "balance":
            return "LIABILITY"  # on the right side, for no flag says that it is an asset
        usual = self._of_class.get((entry.number or "")[:1], Counter())
        return max(usual, key=lambda kind: usual[kind], default=None)
