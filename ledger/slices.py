"""The list of what the ledger consists of: its slices, one line each, and the guards that their rules depend on."""

from typing import Any

from ledger.accounts import ACCOUNTS, NAMES
from ledger.books import accounts, erasure, ledger, members, transactions
from ledger.books.accounts import (
    AccountClosed,
    AccountOpened,
    AccountRenamed,
    AccountReopened,
    AccountUpdated,
    CloseAccount,
    OpenAccount,
    RenameAccount,
    ReopenAccount,
    UpdateAccount,
)
from ledger.books.erasure import EraseMemo, MemoErased
from ledger.books.ledger import DeclareCurrency, LedgerOpened, LedgerUpdated, OpenLedger, UpdateLedger
from ledger.books.members import GrantRole, MemberGranted, MemberRevoked, RevokeRole
from ledger.books.transactions import PostTransaction, ReverseTransaction
from ledger.controls import limits
from ledger.controls.limits import LIMITS, LimitSet, SetLimits
from ledger.members import MEMBERS
from ledger.rules import CommandRule, EventRule, PostingCheck
from ledger.state import ERASURES, SETTINGS, Guard
from ledger.transactions import COUNTERS, CURRENCIES, REVERSALS, TOTALS, CurrencyDeclared, TransactionPosted

COMMANDS: tuple[CommandRule[Any], ...] = (
    *ledger.COMMANDS,
    *members.COMMANDS,
    *erasure.COMMANDS,
    *accounts.COMMANDS,
    *transactions.COMMANDS,
    *limits.COMMANDS,
)
EVENTS: tuple[EventRule[Any], ...] = (
    *ledger.EVENTS,
    *members.EVENTS,
    *erasure.EVENTS,
    *accounts.EVENTS,
    *transactions.EVENTS,
    *limits.EVENTS,
)
CHECKS: tuple[PostingCheck, ...] = (*limits.CHECKS,)
"""What every transaction must meet, whichever command writes it; in this order."""
GUARDS: tuple[Guard[Any, Any], ...] = (
    SETTINGS,
    NAMES,
    ACCOUNTS,
    TOTALS,
    CURRENCIES,
    COUNTERS,
    MEMBERS,
    ERASURES,
    REVERSALS,
    LIMITS,
)
"""Every guard. Its table is made, its rows are loaded, saved and audited because it is here."""

Command = (
    OpenLedger
    | UpdateLedger
    | DeclareCurrency
    | GrantRole
    | RevokeRole
    | EraseMemo
    | OpenAccount
    | RenameAccount
    | UpdateAccount
    | CloseAccount
    | ReopenAccount
    | PostTransaction
    | ReverseTransaction
    | SetLimits
)
"""What may be asked of a ledger: imperative, frozen, with nothing in it that the caller did not say. Who asks, when and
under which idempotency key stands beside a command, never in it."""

Event = (
    LedgerOpened
    | LedgerUpdated
    | CurrencyDeclared
    | MemberGranted
    | MemberRevoked
    | MemoErased
    | AccountOpened
    | AccountRenamed
    | AccountUpdated
    | AccountClosed
    | AccountReopened
    | TransactionPosted
    | LimitSet
)
"""What happened: past tense, frozen, complete. A text is None where there was none, and where it has been erased."""
