"""The list of what the ledger consists of: one line each."""

from typing import Any

from ledger.accounts import ACCOUNTS, NAMES
from ledger.members import MEMBERS
from ledger.state import ERASURES, SETTINGS, Guard
from ledger.transactions import COUNTERS, CURRENCIES, REVERSALS, TOTALS

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
)
"""Every guard. Its table is made, its rows are loaded, saved and audited because it is here."""
