"""Ledgers, their currencies and the shipped charts as requests and answers have them."""

from typing import (
    NotRequired,  # pydantic needs these before Python 3.12
)

from typing_extensions import TypedDict

from api.shapes.answers import AsOfOut, format_time_or_none
from api.shapes.currencies import find_iso_scales
from api.shapes.values import Body, ChartName, CurrencyCode, LedgerId, MonthDay, Name, Scale, TimeZone, Years
from ledger.books.ledger import DeclareCurrency, UpdateLedger
from ledger.journal import Ledger


class LedgerIn(Body):
    """A ledger to open."""

    id: LedgerId | None = None
    name: Name | None = None
    currency: CurrencyCode | None = None
    time_zone: TimeZone = "UTC"
    fiscal_year_start: MonthDay = "01-01"
    retention_years: Years = 10
    chart: ChartName | None = None


class LedgerPatch(Body):
    """What to change in a ledger. Currency and fiscal year can change only before the first transaction."""

    name: Name | None = None
    time_zone: TimeZone | None = None
    retention_years: Years | None = None
    currency: CurrencyCode | None = None
    fiscal_year_start: MonthDay | None = None

    def to_command(self) -> UpdateLedger:
        return UpdateLedger(
            self.name,
            self.time_zone,
            self.retention_years,
            self.currency,
            self.fiscal_year_start,
            declares=find_iso_scales([self.currency] if self.currency else []),
        )


class CurrencyIn(Body):
    """A currency to declare, with its number of decimal places."""

    currency: CurrencyCode
    scale: Scale

    def to_command(self) -> DeclareCurrency:
        return DeclareCurrency(self.currency, self.scale)


class LedgerOut(TypedDict):
    """A ledger."""

    id: str
    uuid: str
    opened_as: NotRequired[str]
    """Of a ledger that was imported under another id, the id that it was opened with."""
    name: str | None
    owner: str
    role: str
    currency: str
    time_zone: str
    fiscal_year_start: str
    retention_years: int
    size: int
    root: str
    recorded_at: str | None


class CurrencyOut(TypedDict):
    """A currency of a ledger."""

    currency: str
    scale: int


class CurrenciesOut(TypedDict):
    """All currencies that a ledger has declared."""

    as_of: AsOfOut
    currencies: list[CurrencyOut]
    next: None


class LedgersOut(TypedDict):
    """A page of the caller's ledgers, in the order of their ids."""

    ledgers: list[LedgerOut]
    next: str | None


class ChartOut(TypedDict):
    """A chart of accounts that a ledger can be opened with."""

    name: str
    title: str
    description: str
    accounts: int


class ChartsOut(TypedDict):
    """All charts of accounts."""

    charts: list[ChartOut]
    next: None


def make_ledger(ledger: Ledger, role: str) -> LedgerOut:
    """Return a ledger as its head row says."""
    settings = ledger.settings
    shape: LedgerOut = {
        "id": ledger.id,
        "uuid": ledger.uuid,
        "name": settings.name,
        "owner": settings.owner,
        "role": role,
        "currency": settings.currency,
        "time_zone": settings.time_zone,
        "fiscal_year_start": settings.fiscal_year_start,
        "retention_years": settings.retention_years,
        "size": ledger.head.size,
        "root": ledger.head.root.hex(),
        "recorded_at": format_time_or_none(ledger.head.recorded_at),
    }
    if ledger.opened_as is not None:
        shape["opened_as"] = ledger.opened_as
    return shape
