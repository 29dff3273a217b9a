"""The read models once more, in plain Python over the whole log at once: what their rows must come to."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from ledger.books.accounts import AccountClosed, AccountOpened, AccountRenamed, AccountReopened
from ledger.journal import Record
from ledger.transactions import TransactionPosted


@dataclass
class Account:
    """An account as the chart shows it."""

    path: str | None
    number: str | None
    label: str | None
    status: str = "open"


@dataclass
class Plain:
    """Everything that is projected, from the records alone."""

    accounts: dict[int, Account] = field(default_factory=dict)
    balances: dict[tuple[int, str], tuple[int, int, int]] = field(default_factory=dict)
    """Debits, credits and count of transactions by account and currency."""
    movements: dict[tuple[int, str, int], tuple[dt.date, int, int]] = field(default_factory=dict)
    """Date, debits and credits by account, currency and position."""
    lines: set[tuple[int, dt.date, int, int, str, int]] = field(default_factory=set)
    """Account, date, position, line, currency and units."""
    transactions: dict[int, tuple[str, dt.date, str, int, str | None]] = field(default_factory=dict)
    """Id, date, series, number and description by position."""


def plain_fold(records: Iterable[Record]) -> Plain:
    """One event after another."""
    plain = Plain()
    for record in records:
        match record.event:
            case TransactionPosted() as posted:
                _post(plain, record, posted)
            case AccountOpened() as opened:
                plain.accounts[record.position] = Account(opened.path, opened.number, opened.label)
            case AccountRenamed() as renamed:
                account = plain.accounts[renamed.account]
                account.path = renamed.path or account.path
                account.number = renamed.number or account.number
                account.label = renamed.label or account.label
            case AccountClosed(account=id_):
                plain.accounts[id_].status = "closed"
            case AccountReopened(account=id_):
                plain.accounts[id_].status = "open"
    return plain


def _post(plain: Plain, record: Record, posted: TransactionPosted) -> None:
    at = record.position
    plain.transactions[at] = (record.id, posted.date, posted.series, posted.number, posted.memo.description)
    for line, posting in enumerate(posted.postings):
        units, pair = posting.amount.units, (posting.account, posting.currency)
        debit, credit = max(units, 0), max(-units, 0)
        plain.lines.add((posting.account, posted.date, at, line, posting.currency, units))
        _, debits, credits_ = plain.movements.get((*pair, at), (posted.date, 0, 0))
        plain.movements[*pair, at] = (posted.date, debits + debit, credits_ + credit)
    for account, currency in {(posting.account, posting.currency) for posting in posted.postings}:
        _, debit, credit = plain.movements[account, currency, at]
        debits, credits_, count = plain.balances.get((account, currency), (0, 0, 0))
        plain.balances[account, currency] = (debits + debit, credits_ + credit, count + 1)
