"""Reports as CSV (RFC 4180): a header that never changes, one line a row, CRLF, UTF-8; the totals come last.

**Totals** are the rows whose `item` is not `account`. Their account columns are empty, except `currency`. They are the
document's `totals`, digit for digit.

**Texts are no formulas.** A text that begins with one of `= + - @ '`, their full-width forms, a tab or a line break
gets an apostrophe in front, so that no spreadsheet runs it. To get the text back, remove one apostrophe at the start.
Amounts are numbers and stay as they are, with their minus sign.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

ACCOUNT = ("account", "account_id", "number", "label", "type", "currency")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "trial-balance": (*ACCOUNT, "normal", "opening", "debits", "credits", "movement", "balance", "item"),
    "balance-sheet": ("section", "item", *ACCOUNT, "amount"),
    "income-statement": ("section", *ACCOUNT, "amount", "item"),
    "cash-flow": ("activity", *ACCOUNT, "opening", "received", "paid", "amount", "closing", "item"),
}
"""The header of each report. New columns are only added at the end."""
_SUMS: Mapping[str, tuple[tuple[str, Mapping[str, str]], ...]] = {
    "trial-balance": (
        ("total", {each: each for each in ("opening", "debits", "credits", "movement", "balance")}),
        ("debit_balances", {"balance": "debit_balances"}),
        ("credit_balances", {"balance": "credit_balances"}),
    ),
    "balance-sheet": tuple((each, {"amount": each}) for each in ("assets", "liabilities", "equity", "difference")),
    "income-statement": tuple((each, {"amount": each}) for each in ("income", "expenses", "result")),
    "cash-flow": (
        ("cash", {"opening": "opening", "amount": "movement", "closing": "closing"}),
        *((each, {"amount": each}) for each in ("operating", "investing", "financing", "exchange", "difference")),
    ),
}
"""The rows of the totals of one currency: the name of each, and for each of its columns the member of the totals."""
_PART = {"balance-sheet": "section", "income-statement": "section", "cash-flow": "activity"}
"""The column with the name of a total; in other reports it is `item`."""
_TEXTS = frozenset({"account", "number", "label"})
"""Columns with texts that people wrote."""
_FORMULA = ("=", "+", "-", "@", "'", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_csv(report: str, document: Mapping[str, Any]) -> bytes:
    """Return a report as CSV: its lines, then its totals. A cash flow begins with the cash accounts, as `cash`."""
    cash = [{**line, "activity": "cash", "amount": line["movement"]} for line in document.get("cash", ())]
    lines = [{"item": "account", **line} for line in (*cash, *document["lines"])]
    return _write_rows(COLUMNS[report], [*lines, *_list_totals(report, document["totals"])])


def _list_totals(report: str, totals: Iterable[Mapping[str, str]]) -> Iterator[Mapping[str, str]]:
    for total in totals:
        for name, columns in _SUMS[report]:
            part = {_PART[report]: name, "item": "total"} if report in _PART else {"item": name}
            yield {**part, "currency": total["currency"], **{column: total[each] for column, each in columns.items()}}


def _write_rows(columns: tuple[str, ...], rows: Iterable[Mapping[str, Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_escape(column, row.get(column)) for column in columns])
    return text.getvalue().encode()


def _escape(column: str, value: Any) -> Any:
    if column in _TEXTS and isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
