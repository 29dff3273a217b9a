"""The read models that there are. A new one is one file, one line here, one migration, one test."""

from projections.account_balances import AccountBalances
from projections.balance_history import BalanceHistory
from projections.chart import ChartOfAccounts
from projections.dashboard import Dashboard
from projections.open_items import OpenItems
from projections.projection import Projection
from projections.register import Register
from projections.tiles import Tiles


def make_projections() -> list[Projection]:
    """Return one of each read model."""
    return [
        ChartOfAccounts(),
        AccountBalances(),
        Dashboard(),
        OpenItems(),
        BalanceHistory(),
        Register(),
        Tiles(),
    ]
