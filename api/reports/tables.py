"""Reports as CSV (RFC 4180): a header that never changes, one line a row, CRLF, UTF-8.

**Texts are no formulas.** A text that begins with one of `= + - @ '`, their full-width forms, a tab or a line break
gets an apostrophe in front, so that no spreadsheet runs it (whoever wants the text as it was takes one apostrophe away
from where there is one). Amounts are numbers and stay as they are, a minus sign included.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

ACCOUNT = ("account", "account_id", "number", "label", "type", "currency")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "trial-balance": (*ACCOUNT, "normal", "opening", "debits", "credits", "movement", "balance"),
    "balance-sheet": ("section", "item", *ACCOUNT, "amount"),
    "income-statement": ("section", *ACCOUNT, "amount"),
    "cash-flow": ("activity", *ACCOUNT, "opening", "received", "paid", "amount", "closing"),
}
"""The header of each report; columns are only ever added at the end."""
_TEXTS = frozenset({"account", "number", "label"})
"""Columns of what people wrote."""
_FORMULA = ("=", "+", "-", "@", "'", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def as_csv(report: str, document: Mapping[str, Any]) -> bytes:
    """The lines of a report; of cash flows, the cash accounts too, under the activity `cash`."""
    rows: list[Mapping[str, Any]] = [
        {**line, "activity": "cash", "amount": line["movement"]} for line in document.get("cash", ())
    ]
    return _written(COLUMNS[report], rows + list(document["lines"]))


def _written(columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(column, row.get(column)) for column in columns])
    return text.getvalue().encode()


def _cell(column: str, value: Any) -> Any:
    if column in _TEXTS and isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
