"""Whatever the database does between a command and its answer: nothing is lost, nothing is written twice, and one
command that cannot be written takes nobody along. Faults are real ones: cut connections, held locks, triggers, bytes.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from ledger.commands import OpenAccount
from ledger.errors import Corrupt, OutcomeUnknown, TimedOut, Unavailable
from ledger.events import TransactionPosted
from ledger.journal import Receipt
from ledger.sequencer import Order
from ledger.store import engine
from ledger.transactions import Document
from tests.builders import open_ledger, reverse, transfer
from tests.contract.proxies import Fate, Proxy
from tests.stores import CLERK, Books, Outsider, Store, open_store, outsider
