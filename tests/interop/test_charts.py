"""Charts of accounts of other programs, opened in real ledgers: all of them, by both kinds of database."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from api.charts import find_chart, read_chart
from ledger.accounts import AccountType
from ledger.events import AccountOpened
from ledger.transactions import Posting  # noqa: F401
from tests.shared_data import shared_folder
from tests.stores import ENGINES, Store, migrated_url, open_store
