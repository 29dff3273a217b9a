"""Three years of books of a small company that does not exist, for `make demo`: a coffee roaster with a workshop.

Promise: the same seed and end date give the same entries, byte for byte; every transaction sums to zero in every
currency, in integers; ids are unique; no clock is read. Cost: 0.2 s and some 3,500 entries for three years.

A day of the company is simulated after the other, and entries come out as the bookkeeper recorded them: a bill that
arrives late stands behind newer ones, a mistake is reversed later. Income and expenses stay open, so that reports
show results. Conventions: a payment carries the party and the due date of the invoice or bill that it settles, so
the sum per (account, party, due) is what is still open; its document names the same `ref`. A tax posting's base has
the sign of its amount. Currencies meet in `Equity:Currency Trading` only, whose dollars are always the opposite of
those in the bank. A month's VAT goes to `Liabilities:VAT:Vorauszahlung` and is paid on the 10th.
"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ledger.money import format_units

Transaction = dict[str, Any]
"""A line of the import format: CONTRACT section 5."""


@dataclass(frozen=True)
class DemoAccount:
    """An account of the demo's chart. Without currencies it takes any."""

    path: str
    type: str
    role: str | None = None
    number: str | None = None
    label: str | None = None
    currencies: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Correction:
    """Reverse the earlier transaction with this import id; the right one follows."""

    reverses_id: str
    date: dt.date
    description: str


Entry = Transaction | Correction

CASH, BANK, SAVINGS = "Assets:Cash:Ladenkasse", "Assets:Bank:Geschäftskonto", "Assets:Bank:Tagesgeld"
DOLLARS, TRADING = "Assets:Bank:USD Account", "Equity:Currency Trading"
CUSTOMERS, CARDS = "Assets:Receivable:Customers", "Assets:Receivable:Card Clearing"
STOCK, PREPAID = "Assets:Stock:Green Coffee", "Assets:Prepaid Expenses"
MACHINES, WORN = "Assets:Equipment:Röster & Maschinen", "Assets:Equipment:Accumulated Depreciation"
SUPPLIERS, LOAN = "Liabilities:Payable:Suppliers", "Liabilities:Loan:Hausbank"
NET_PAY, WAGE_TAX = "Liabilities:Wages:Net Pay", "Liabilities:Wages:Lohnsteuer"
SOCIAL, VAT_DUE = "Liabilities:Wages:Sozialversicherung", "Liabilities:VAT:Vorauszahlung"
OPENING, CAPITAL, PROFITS = "Equity:Opening Balances", "Equity:Share Capital", "Equity:Retained Earnings"
GAINS, LOSSES, CENTS = "Income:Currency Gains", "Expenses:Currency Losses", "Expenses:Rundungsdifferenzen"
BEANS, DRINKS = "Income:Shop:Kaffeebohnen", "Income:Shop:Getränke"
WHOLESALE, WORKSHOP, EXPORT = "Income:Wholesale:Coffee", "Income:Workshop:Service Hours", "Income:Export:Coffee"
OUTPUT_VAT = {19: "Liabilities:VAT:Umsatzsteuer 19 %", 7: "Liabilities:VAT:Umsatzsteuer 7 %"}
INPUT_VAT = {19: "Assets:VAT:Vorsteuer 19 %", 7: "Assets:VAT:Vorsteuer 7 %"}

_EUR, _USD = ("EUR",), ("USD",)
_CHART = (
    DemoAccount(CASH, "asset", "cash", "1600", "Till of the shop", _EUR),
    DemoAccount(BANK, "asset", "bank", "1800", "Current account", _EUR),
    DemoAccount(SAVINGS, "asset", "bank", "1810", "Savings", _EUR),
    DemoAccount(DOLLARS, "asset", "bank", "1820", "Dollar account", _USD),
    DemoAccount(CUSTOMERS, "asset", "receivable", "1200"),
    DemoAccount(CARDS, "asset", None, "1370", "Card takings on their way to the bank"),
    DemoAccount(STOCK, "asset", None, "1140"),
    DemoAccount(PREPAID, "asset", None, "1900"),
    DemoAccount(INPUT_VAT[19], "asset", "tax", "1406", None, _EUR),
    DemoAccount(INPUT_VAT[7], "asset", "tax", "1401", None, _EUR),
    DemoAccount(MACHINES, "asset", None, "0440"),
    DemoAccount(WORN, "asset", None, "0449"),
    DemoAccount(SUPPLIERS, "liability", "payable", "3300"),
    DemoAccount(OUTPUT_VAT[19], "liability", "tax", "3806", None, _EUR),
    DemoAccount(OUTPUT_VAT[7], "liability", "tax", "3801", None, _EUR),
    DemoAccount(VAT_DUE, "liability", "tax", "3820", "VAT to be paid on the 10th", _EUR),
    DemoAccount(NET_PAY, "liability", None, "3720"),
    DemoAccount(WAGE_TAX, "liability", None, "3730"),
    DemoAccount(SOCIAL, "liability", None, "3740"),
    DemoAccount(LOAN, "liability", None, "3150", None, _EUR),
    DemoAccount(CAPITAL, "equity", None, "2900"),
    DemoAccount(PROFITS, "equity", "retained_earnings", "2970"),
    DemoAccount(OPENING, "equity", None, "9000"),
    DemoAccount(TRADING, "equity", "fx", "1460", "Where currencies meet"),
    DemoAccount(BEANS, "income", None, "4300", "Beans over the counter, 7 % VAT"),
    DemoAccount(DRINKS, "income", None, "4400", "Drinks over the counter, 19 % VAT"),
    DemoAccount(WHOLESALE, "income", None, "4310"),
    DemoAccount(WORKSHOP, "income", None, "4410", "Repairs of espresso machines"),
    DemoAccount(EXPORT, "income", None, "4120", "Exports, free of VAT"),
    DemoAccount(GAINS, "income", None, "4840"),
    DemoAccount("Income:Interest", "income", None, "7100"),
    DemoAccount("Expenses:Materials:Green Coffee", "expense", None, "5100"),
    DemoAccount("Expenses:Materials:Packaging", "expense", None, "5200"),
    DemoAccount("Expenses:Materials:Milk & Snacks", "expense", None, "5210"),
    DemoAccount("Expenses:Materials:Spare Parts", "expense", None, "5300"),
    DemoAccount("Expenses:Freight & Customs", "expense", None, "5800"),
    DemoAccount("Expenses:Wages:Salaries", "expense", None, "6020"),
    DemoAccount("Expenses:Wages:Employer Social Security", "expense", None, "6110"),
    DemoAccount("Expenses:Depreciation", "expense", None, "6220"),
    DemoAccount("Expenses:Premises:Ladenmiete", "expense", None, "6310"),
    DemoAccount("Expenses:Premises:Strom & Gas", "expense", None, "6325"),
    DemoAccount("Expenses:Insurance", "expense", None, "6400"),
    DemoAccount("Expenses:Repairs", "expense", None, "6470"),
    DemoAccount("Expenses:Vehicle:Leasing", "expense", None, "6560"),
    DemoAccount("Expenses:Marketing", "expense", None, "6600"),
    DemoAccount("Expenses:Travel", "expense", None, "6650"),
    DemoAccount("Expenses:Telephone & Internet", "expense", None, "6805"),
    DemoAccount("Expenses:Büromaterial", "expense", None, "6815"),
    DemoAccount("Expenses:Steuerberatung", "expense", None, "6827"),
    DemoAccount("Expenses:Software", "expense", None, "6837"),
    DemoAccount("Expenses:Bank Fees", "expense", None, "6855"),
    DemoAccount("Expenses:Card Fees", "expense", None, "6856"),
    DemoAccount(LOSSES, "expense", None, "6880"),
    DemoAccount(CENTS, "expense", "rounding", "6960", "Cents that were never paid, and the till's"),
    DemoAccount("Expenses:Bad Debts", "expense", None, "6930"),
    DemoAccount("Expenses:Interest", "expense", None, "7310"),
    DemoAccount("Expenses:Taxes:Körperschaftsteuer", "expense", None, "7600"),
    DemoAccount("Expenses:Taxes:Gewerbesteuer", "expense", None, "7610"),
)


@dataclass(frozen=True)
class _Customer:
    code: str
    name: str
    terms: int
    habit: str
    """How it pays: prompt, late, partial, or never (often enough)."""


@dataclass(frozen=True)
class _Supplier:
    code: str
    name: str
    account: str
    net: tuple[int, int]
    """From and to, in cents."""
    rate: int
    terms: int
    bills_a_month: int = 1
    centre: str = "ADMIN"


_CUSTOMERS = (
    _Customer("C-1001", "Bistro Siebenpunkt", 14, "prompt"),
    _Customer("C-1002", "Hotel Nebelkrone", 30, "late"),
    _Customer("C-1003", "Kantine Tannhof Süd", 30, "prompt"),
    _Customer("C-1004", "Bäckerei Rübenblatt", 14, "prompt"),
    _Customer("C-1005", "Café Zwölf Uhr Dreizehn", 21, "partial"),
    _Customer("C-1006", "Feinkost Möwenstein", 30, "prompt"),
    _Customer("C-1007", "Kino Halbmond 4", 30, "late"),
    _Customer("C-1008", "Pension Wolkenbruch", 14, "never"),
    _Customer("C-1009", "Agentur Quittenblau", 21, "prompt"),
)
_IMPORTER = _Customer("C-2001", "Blue Otter Coffee Imports Inc.", 30, "late")
_SUPPLIERS = (
    _Supplier("S-7001", "Kontor Grünbohne", STOCK, (130000, 210000), 7, 30, 2, "ROAST"),
    _Supplier("S-7002", "Tütenwerk Papierfalter", "Expenses:Materials:Packaging", (24000, 62000), 19, 21, 1, "ROAST"),
    _Supplier("S-7003", "Molkerei Glockenwiese", "Expenses:Materials:Milk & Snacks", (18000, 34000), 7, 10, 4, "SHOP"),
    _Supplier(
        "S-7004", "Ventil & Dichtung Nord", "Expenses:Materials:Spare Parts", (9000, 48000), 19, 30, 2, "WORKSHOP"
    ),
    _Supplier("S-7005", "Stadtwerke Ahornfurt", "Expenses:Premises:Strom & Gas", (52000, 96000), 19, 14),
    _Supplier("S-7006", "Fernruf Ahornfurt", "Expenses:Telephone & Internet", (8900, 10400), 19, 14),
    _Supplier("S-7007", "Wolkenkasse Software", "Expenses:Software", (14900, 18900), 19, 14),
    _Supplier("S-7008", "Kanzlei Paragraf & Komma", "Expenses:Steuerberatung", (32000, 46000), 19, 14),
    _Supplier("S-7009", "Werbebüro Lautmaler", "Expenses:Marketing", (15000, 52000), 19, 21, 1, "SHOP"),
    _Supplier("S-7010", "Rollgut Spedition", "Expenses:Freight & Customs", (16000, 39000), 19, 14, 1, "ROAST"),
    _Supplier("S-7011", "Handwerk Schraubenkönig", "Expenses:Repairs", (8000, 42000), 19, 14, 1, "WORKSHOP"),
    _Supplier("S-7012", "Mobil & Fern Leasing", "Expenses:Vehicle:Leasing", (38900, 38900), 19, 10),
)
_MACHINE_MAKER = _Supplier("S-7020", "Trommelröster Werke Eichtal", MACHINES, (950000, 1600000), 19, 30, 1, "ROAST")
_PLANTATION = _Supplier("S-8001", "Finca Tres Nubes Export", STOCK, (260000, 470000), 0, 45, 1, "ROAST")
_INSURER = _Supplier("S-7030", "Wetterhahn Versicherung", PREPAID, (238000, 276000), 0, 14)
_FAIR = _Supplier("S-7031", "Messe Bohne & Becher", "Expenses:Marketing", (120000, 160000), 19, 26, 1, "SHOP")
_EMPLOYEES = (
    ("E-01", "ADMIN", 390000),
    ("E-02", "ROAST", 315000),
    ("E-03", "WORKSHOP", 330000),
    ("E-04", "SHOP", 238000),
    ("E-05", "SHOP", 172000),
)
_RECEIPTS = (
    ("Stamps and paper", "Expenses:Büromaterial", 19),
    ("Flowers for the counter", "Expenses:Marketing", 7),
    ("Train ticket", "Expenses:Travel", 7),
    ("Tools and screws", "Expenses:Repairs", 19),
)
_SEASON = (0, 92, 94, 98, 100, 98, 92, 86, 88, 100, 106, 118, 136)
_HOLIDAYS = {(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)}


def demo_accounts() -> list[DemoAccount]:
    """The chart of accounts that `demo_entries` posts to, in the order of the balance sheet."""
    return list(_CHART)


def demo_entries(*, until: dt.date, seed: int = 2026, years: int = 3) -> Iterator[Entry]:
    """The books from the first of the month `years` before `until`, in the order in which they were recorded.

    Nothing is recorded after `until`; some entries are dated up to 45 days after it.
    """
    start = _years_before(until, years).replace(day=1)
    books = _Books(seed=seed, start=start, until=until, today=start)
    _opening(books)
    while books.today <= until:
        for action in books.agenda.pop(books.today, ()):
            action()
        for business in _BUSINESS:
            business(books)
        yield from books.recorded
        books.recorded.clear()
        books.today += dt.timedelta(days=1)


# --- What the bookkeeper has on the desk


@dataclass(frozen=True)
class _Line:
    """A posting in minor units; every currency of the demo has two digits."""

    account: str
    units: int
    currency: str = "EUR"
    facts: Transaction = field(default_factory=dict)

    def to_json(self) -> Transaction:
        return {"account": self.account, "amount": _text(self.units), "currency": self.currency, **self.facts}


@dataclass
class _Books:
    """The books so far, and what is to be done on a later day."""

    seed: int
    start: dt.date
    until: dt.date
    today: dt.date
    recorded: list[Entry] = field(default_factory=list)
    agenda: defaultdict[dt.date, list[Callable[[], None]]] = field(default_factory=lambda: defaultdict(list))
    postings: defaultdict[tuple[str, str], list[tuple[dt.date, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    lines_of: dict[str, list[_Line]] = field(default_factory=dict)
    numbers: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    dice: dict[str, random.Random] = field(default_factory=dict)

    def record(self, event: str, date: dt.date, description: str, *lines: _Line, **members: Any) -> str:
        """Write a transaction and return its id: the event, the date, and a number where there are several."""
        lines_written = [line for line in lines if line.units]
        id_ = f"{event}/{date}/{self.next_number(f'{event}/{date}')}"
        self._count(date, lines_written, 1)
        self.lines_of[id_] = lines_written
        postings = [line.to_json() for line in lines_written]
        entry = {"id": id_, "date": str(date), "description": description, **members, "postings": postings}
        self.recorded.append(entry)
        return id_

    def correct(self, id_: str, original: dt.date, description: str) -> None:
        """Reverse a transaction: on its own date while the month is open, else today."""
        date = original if (original.year, original.month) == (self.today.year, self.today.month) else self.today
        self._count(date, self.lines_of[id_], -1)
        self.recorded.append(Correction(id_, date, description))

    def _count(self, date: dt.date, lines: list[_Line], sign: int) -> None:
        sums: defaultdict[str, int] = defaultdict(int)
        for line in lines:
            sums[line.currency] += line.units
            self.postings[line.account, line.currency].append((date, sign * line.units))
        assert not any(sums.values()), f"not balanced: {lines}"

    def balance(self, account: str, currency: str = "EUR", *, effective: dt.date | None = None) -> int:
        """Of everything recorded so far, or of what is dated up to `effective`."""
        postings = self.postings[account, currency]
        return sum(units for date, units in postings if effective is None or date <= effective)

    def later(self, day: dt.date, action: Callable[[], None]) -> None:
        """Do it on `day` or the next working day, tomorrow at the earliest."""
        self.agenda[_working_day(max(day, self.today + dt.timedelta(days=1)))].append(action)

    def random(self, topic: str) -> random.Random:
        """Every topic has dice of its own: a change to one leaves the others as they were."""
        return self.dice.setdefault(topic, random.Random(f"{self.seed}/{topic}"))

    def next_number(self, sequence: str) -> int:
        self.numbers[sequence] += 1
        return self.numbers[sequence]

    def is_day(self, day_of_month: int) -> bool:
        """Whether today is that day of the month, or the working day after it."""
        return self.today == _working_day(self.today.replace(day=day_of_month))

    def month_end(self) -> dt.date:
        """The last day of the month before this one."""
        return self.today.replace(day=1) - dt.timedelta(days=1)

    def dollar_rate(self) -> int:
        """Dollars for 10,000 euros today: a slow walk, the same however often it is asked for."""
        days = (self.today - self.start).days
        wobble = random.Random(f"{self.seed}/rate/{days // 7}").randint(-150, 150)
        return 10850 + abs(days % 540 - 270) * 2 - 270 + wobble

    def euros(self, dollars: int) -> int:
        return _share(dollars, 10000, self.dollar_rate())


def _line(account: str, units: int, currency: str = "EUR", *, centre: str | None = None, **facts: Any) -> _Line:
    if centre:
        facts["dimensions"] = {"cost_centre": centre, **facts.get("dimensions", {})}
    return _Line(account, units, currency, facts)


def _output_vat(net: int, rate: int) -> _Line:
    """VAT on a sale of `net`; a negative sale takes it back."""
    tax = {"code": f"USt{rate}", "base": _text(-net)}
    return _line(OUTPUT_VAT[rate], -_share(net, rate, 100), tax=tax)


def _input_vat(net: int, rate: int) -> list[_Line]:
    if not rate:
        return []
    return [_line(INPUT_VAT[rate], _share(net, rate, 100), tax={"code": f"VSt{rate}", "base": _text(net)})]


def _total(lines: list[_Line]) -> int:
    return sum(line.units for line in lines)


def _dollars(units: int) -> Transaction:
    return {"amount": _text(units), "currency": "USD"}


def _text(units: int) -> str:
    return format_units(units, 2)


def _share(amount: int, numerator: int, denominator: int) -> int:
    """amount * numerator / denominator, half away from zero."""
    share = (2 * abs(amount) * numerator + denominator) // (2 * denominator)
    return share if amount >= 0 else -share


def _working_day(day: dt.date) -> dt.date:
    while day.weekday() > 4 or (day.month, day.day) in _HOLIDAYS:
        day += dt.timedelta(days=1)
    return day


def _days(count: int) -> dt.timedelta:
    return dt.timedelta(days=count)


def _years_before(day: dt.date, years: int) -> dt.date:
    return day.replace(year=day.year - years, day=min(day.day, 28) if day.month == 2 else day.day)


# --- Beginning


def _opening(books: _Books) -> None:
    today, dollars = books.today, 900000
    claims = [(_CUSTOMERS[0], 184230), (_CUSTOMERS[1], 412650), (_CUSTOMERS[5], 267910)]
    debts = [(_SUPPLIERS[0], 176550), (_SUPPLIERS[4], 84110)]
    due = today + _days(12)
    lines = [
        _line(CASH, 30000),
        _line(BANK, 4200000),
        _line(SAVINGS, 1500000),
        _line(STOCK, 940000),
        _line(MACHINES, 5800000),
        _line(WORN, -2150000),
        _line(TRADING, books.euros(dollars)),
        _line(VAT_DUE, -214070, due=str(_working_day(today.replace(day=10)))),
        _line(LOAN, -4500000),
        _line(CAPITAL, -2500000),
        *(_line(CUSTOMERS, units, party=customer.code, due=str(due)) for customer, units in claims),
        *(_line(SUPPLIERS, -units, party=supplier.code, due=str(due)) for supplier, units in debts),
    ]
    rest = _line(OPENING, -_total(lines), text="Profits of earlier years")
    books.record("opening", today, "Opening balances", *lines, rest, kind="opening")
    in_dollars = [_line(DOLLARS, dollars, "USD"), _line(TRADING, -dollars, "USD")]
    books.record("opening", today, "Opening balance of the dollar account", *in_dollars, kind="opening")
    for customer, units in claims:
        books.later(due, partial(_receive, books, _Claim(customer, f"RE-OLD-{customer.code}", due, units)))
    for supplier, units in debts:
        books.later(due, partial(_pay, books, _Debt(supplier, f"{supplier.code}-OLD", due, units)))


# --- The shop


def _takings(books: _Books) -> None:
    """What the till reports at the end of a day: cash and cards, two rates of VAT."""
    today, rng = books.today, books.random("takings")
    if today.weekday() == 6 or (today.month, today.day) in _HOLIDAYS:
        return
    percent = _SEASON[today.month] * (100 + 4 * (today.year - books.start.year)) * (130 if today.weekday() == 5 else 94)
    beans, drinks = (_share(rng.randint(low, high), percent, 10**6) for low, high in ((18000, 33000), (21000, 41000)))
    net_beans, net_drinks = _share(beans, 100, 107), _share(drinks, 100, 119)
    cash = _share(beans + drinks, rng.randint(22, 46), 100)
    books.record(
        "takings",
        today,
        f"Till report {today:%a} {books.next_number('till report')}",
        _line(CASH, cash),
        _line(CARDS, beans + drinks - cash),
        _line(BEANS, -net_beans, centre="SHOP"),
        _line(OUTPUT_VAT[7], net_beans - beans, tax={"code": "USt7", "base": _text(-net_beans)}),
        _line(DRINKS, -net_drinks, centre="SHOP"),
        _line(OUTPUT_VAT[19], net_drinks - drinks, tax={"code": "USt19", "base": _text(-net_drinks)}),
    )


def _card_payout(books: _Books) -> None:
    """Wednesdays the card company pays out what it took up to Sunday, less its fee."""
    today = books.today
    takings = books.balance(CARDS, effective=today - _days(3))
    if today.weekday() != 2 or takings <= 0:
        return
    fee = _share(takings, 119, 10000)
    paid = _line(BANK, takings - fee, value_date=str(_working_day(today + _days(1))))
    lines = [paid, _line("Expenses:Card Fees", fee, centre="SHOP"), _line(CARDS, -takings)]
    books.record("card-payout", today, "Card takings, week before", *lines, payee="Kartenkontor Plus")


def _cash(books: _Books) -> None:
    """Mondays the till is counted and the cash above 300 euros taken to the bank."""
    today, rng = books.today, books.random("cash")
    if today.weekday() != 0:
        return
    if off := rng.choice((0, 0, 0, 0, -5, 10, -200, 35)):
        books.record("till-difference", today, "Till count", _line(CASH, off), _line(CENTS, -off, centre="SHOP"))
    if (deposit := (books.balance(CASH) - 30000) // 1000 * 1000) > 0:
        books.record("cash-deposit", today, "Cash to the bank", _line(BANK, deposit), _line(CASH, -deposit))


def _receipts(books: _Books) -> None:
    """Small things bought from the till; now and then a receipt turns up months later."""
    today, rng = books.today, books.random("receipts")
    found_late = books.is_day(20) and today.month % 2 == 0
    if today.weekday() > 4 or not (found_late or rng.random() < 0.14):
        return
    what, account, rate = rng.choice(_RECEIPTS)
    net = rng.randint(450, 5200)
    lines = [_line(account, net, centre="SHOP"), *_input_vat(net, rate)]
    if found_late:
        lines.append(_line(BANK, -_total(lines), text="Paid back to the employee"))
        date, note = today - _days(rng.randint(35, 85)), "Receipt found in a coat"
        books.record("late-receipt", date, f"{what} (late receipt)", *lines, notes=note, tags=["late"])
    else:
        books.record("receipt", today, what, *lines, _line(CASH, -_total(lines)))


# --- Customers


@dataclass(frozen=True)
class _Claim:
    """An invoice that a customer owes; in euros, with the dollars where it was written in them."""

    customer: _Customer
    ref: str
    due: dt.date
    units: int
    net: tuple[tuple[int, int], ...] = ()
    """What was sold, by rate of VAT."""
    dollars: int = 0


def _sales(books: _Books) -> None:
    rng = books.random("sales")
    if _working_day(books.today) != books.today:
        return
    for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
        customer = rng.choice(_CUSTOMERS)
        sold = [_beans(books, customer)] if rng.random() < 0.7 else []
        if not sold or rng.random() < 0.25:
            sold.append(_service(books, customer))
        if rng.random() < 0.03:
            _misprinted_invoice(books, customer, sold)
        else:
            _await_payment(books, _invoice(books, customer, sold)[1])


def _beans(books: _Books, customer: _Customer) -> tuple[int, _Line]:
    rng = books.random("sales")
    kilos = rng.randint(16, 90)
    quantity = {"amount": str(kilos), "unit": "kg"}
    net = kilos * rng.randrange(1450, 1750, 10)
    return 7, _line(WHOLESALE, -net, centre="ROAST", quantity=quantity, party=customer.code)


def _service(books: _Books, customer: _Customer) -> tuple[int, _Line]:
    halves = books.random("sales").randint(4, 38)
    quantity = {"amount": f"{halves // 2}.{halves % 2 * 5}", "unit": "h"}
    project = {"project": f"WS-{books.today.year}-{books.next_number(f'project {books.today.year}'):03d}"}
    facts = {"dimensions": project, "quantity": quantity, "party": customer.code}
    return 19, _line(WORKSHOP, -halves * 4300, centre="WORKSHOP", text="Espresso machine, on site", **facts)


def _invoice(books: _Books, customer: _Customer, sold: list[tuple[int, _Line]]) -> tuple[str, _Claim]:
    """Write an invoice; its id and the claim."""
    today, due = books.today, books.today + _days(customer.terms)
    ref = f"RE-{today.year}-{books.next_number(f'invoice {today.year}'):04d}"
    net = tuple((rate, -line.units) for rate, line in sold)
    lines = [line for _, line in sold] + [_output_vat(units, rate) for rate, units in net]
    claim = _Claim(customer, ref, due, -_total(lines), net)
    owed = _line(CUSTOMERS, claim.units, party=customer.code, due=str(due))
    document = {"ref": ref, "date": str(today), "due": str(due), "party": customer.code}
    text = f"Invoice {ref}"
    return books.record("sales-invoice", today, text, owed, *lines, payee=customer.name, document=document), claim


def _misprinted_invoice(books: _Books, customer: _Customer, sold: list[tuple[int, _Line]]) -> None:
    """An invoice at twice the price; some days later it is cancelled and written anew."""
    written = books.today
    id_, wrong = _invoice(books, customer, [(rate, replace(line, units=2 * line.units)) for rate, line in sold])

    def write_anew() -> None:
        books.correct(id_, written, f"Cancels {wrong.ref}: wrong price")
        _await_payment(books, _invoice(books, customer, sold)[1])

    books.later(written + _days(books.random("sales").randint(3, 9)), write_anew)


def _await_payment(books: _Books, claim: _Claim) -> None:
    rng, due = books.random("payments"), claim.due
    habit = claim.customer.habit
    if habit == "never" and rng.random() < 0.45:
        books.later(due + _days(120), partial(_write_off, books, claim))
    elif habit == "partial" and rng.random() < 0.6:
        first = replace(claim, units=_share(claim.units, rng.randint(30, 70), 100))
        books.later(due + _days(rng.randint(0, 6)), partial(_receive, books, first, "Part of invoice"))
        rest = replace(claim, units=claim.units - first.units)
        books.later(due + _days(rng.randint(30, 75)), partial(_receive, books, rest, "Rest of invoice"))
    elif habit == "prompt" or rng.random() < 0.3:
        books.later(due + _days(rng.randint(-6, 2)), partial(_receive, books, claim))
    else:
        books.later(due + _days(rng.randint(8, 50)), partial(_receive, books, claim, late=True))


def _receive(books: _Books, claim: _Claim, what: str = "Invoice", *, late: bool = False) -> None:
    """A customer pays, a few cents short now and then."""
    rng = books.random("payments")
    short = rng.randint(1, 9) if rng.random() < 0.03 else 0
    lines = [
        _line(BANK, claim.units - short),
        _line(CENTS, short),
        _line(CUSTOMERS, -claim.units, party=claim.customer.code, due=str(claim.due)),
    ]
    members: Transaction = {"payee": claim.customer.name, "document": {"ref": claim.ref, "party": claim.customer.code}}
    if late:
        members["tags"] = ["late"]
    books.record("customer-payment", books.today, f"{what} {claim.ref} paid", *lines, **members)


def _write_off(books: _Books, claim: _Claim) -> None:
    """The customer will not pay: the loss is ours, the VAT comes back."""
    lines = [_line("Expenses:Bad Debts", sum(units for _, units in claim.net), party=claim.customer.code)]
    lines += [_output_vat(-units, rate) for rate, units in claim.net]
    owed = _line(CUSTOMERS, -claim.units, party=claim.customer.code, due=str(claim.due))
    document = {"ref": claim.ref, "party": claim.customer.code}
    members = {"payee": claim.customer.name, "document": document, "kind": "adjustment"}
    books.record("write-off", books.today, f"Invoice {claim.ref} is uncollectible", *lines, owed, **members)


def _export(books: _Books) -> None:
    """Once a month a pallet goes to a customer in dollars."""
    if not books.is_day(12):
        return
    rng, today, customer = books.random("export"), books.today, _IMPORTER
    dollars, due = rng.randint(280, 460) * 1000, today + _days(customer.terms)
    ref = f"EX-{today.year}-{books.next_number(f'export {today.year}'):02d}"
    claim = _Claim(customer, ref, due, books.euros(dollars), dollars=dollars)
    owed = _line(CUSTOMERS, claim.units, original=_dollars(dollars), party=customer.code, due=str(due))
    tax = {"code": "EXPORT", "base": _text(-claim.units)}
    sold = _line(EXPORT, -claim.units, original=_dollars(-dollars), centre="ROAST", tax=tax)
    document = {"ref": ref, "date": str(today), "due": str(due), "party": customer.code}
    members = {"payee": customer.name, "document": document, "tags": ["export"]}
    books.record("export-invoice", today, f"Invoice {ref}", owed, sold, **members)
    books.later(due + _days(rng.randint(-3, 20)), partial(_receive_dollars, books, claim))


def _receive_dollars(books: _Books, claim: _Claim) -> None:
    """The claim was booked at that day's rate, the dollars come at this one's: the difference is a gain or loss."""
    dollars, worth = claim.dollars, books.euros(claim.dollars)
    facts = {"original": _dollars(-dollars), "party": claim.customer.code, "due": str(claim.due)}
    lines = [
        _line(DOLLARS, dollars, "USD"),
        _line(TRADING, -dollars, "USD"),
        _line(TRADING, worth, original=_dollars(dollars)),
        _line(CUSTOMERS, -claim.units, **facts),
        _gain(worth - claim.units),
    ]
    document = {"ref": claim.ref, "party": claim.customer.code}
    members = {"payee": claim.customer.name, "document": document, "tags": ["export"]}
    books.record("dollar-receipt", books.today, f"Invoice {claim.ref} paid", *lines, **members)


def _gain(units: int) -> _Line:
    return _line(GAINS if units > 0 else LOSSES, -units)


# --- Suppliers


@dataclass(frozen=True)
class _Debt:
    """A bill that is owed to a supplier."""

    supplier: _Supplier
    ref: str
    due: dt.date
    units: int
    dollars: int = 0


def _bills(books: _Books) -> None:
    """This month's bills arrive days, some weeks, after their date."""
    rng = books.random("bills")
    if books.today.day != 1:
        return
    for supplier in _SUPPLIERS:
        for _ in range(supplier.bills_a_month):
            dated = books.today + _days(rng.randint(0, 27))
            net = rng.randint(*supplier.net)
            lag = rng.choice((0, 1, 1, 2, 3, 4, 6, 9, 25))
            receive = _mistyped_bill if rng.random() < 0.03 else _bill
            books.later(dated + _days(lag), partial(receive, books, supplier, dated, net))
    if books.today.month == 4:
        dated, net = books.today + _days(8), rng.randint(*_MACHINE_MAKER.net)
        books.later(dated, partial(_bill, books, _MACHINE_MAKER, dated, net))


def _bill(books: _Books, supplier: _Supplier, dated: dt.date, net: int, ref: str | None = None) -> None:
    debt = _record_bill(books, supplier, dated, net, ref or _bill_ref(books, supplier))[1]
    late = 9 if books.random("paying").random() < 0.12 else 0
    books.later(debt.due + _days(late - books.random("paying").randint(0, 2)), partial(_pay, books, debt))


def _mistyped_bill(books: _Books, supplier: _Supplier, dated: dt.date, net: int) -> None:
    """Two digits swapped; when it is noticed, the bill is reversed and recorded as it is."""
    ref = _bill_ref(books, supplier)
    id_, _ = _record_bill(books, supplier, dated, net + 9000 * books.random("bills").randint(1, 3), ref)

    def record_anew() -> None:
        books.correct(id_, dated, f"Reverses bill {ref}: digits swapped")
        _bill(books, supplier, dated, net, ref)

    books.later(books.today + _days(books.random("bills").randint(2, 15)), record_anew)


def _bill_ref(books: _Books, supplier: _Supplier) -> str:
    return f"{supplier.code}-{books.random('bills').randint(1000, 9999)}-{books.next_number(supplier.code):03d}"


def _record_bill(books: _Books, supplier: _Supplier, dated: dt.date, net: int, ref: str) -> tuple[str, _Debt]:
    due = dated + _days(supplier.terms)
    facts: Transaction = {"centre": supplier.centre}
    if supplier.account == STOCK:
        facts["quantity"] = {"amount": str(net // 640), "unit": "kg"}
    lines = [_line(supplier.account, net, **facts), *_input_vat(net, supplier.rate)]
    debt = _Debt(supplier, ref, due, _total(lines))
    owed = _line(SUPPLIERS, -debt.units, party=supplier.code, due=str(due))
    document = {"ref": ref, "date": str(dated), "due": str(due), "party": supplier.code}
    members = {"payee": supplier.name, "document": document}
    return books.record("supplier-bill", dated, f"Bill {ref}", *lines, owed, **members), debt


def _pay(books: _Books, debt: _Debt) -> None:
    owed = _line(SUPPLIERS, debt.units, party=debt.supplier.code, due=str(debt.due))
    members = {"payee": debt.supplier.name, "document": {"ref": debt.ref, "party": debt.supplier.code}}
    books.record("supplier-payment", books.today, f"Bill {debt.ref}", owed, _line(BANK, -debt.units), **members)


def _plantation(books: _Books) -> None:
    """Once a month raw coffee is bought in dollars."""
    if not books.is_day(18):
        return
    supplier, today, rng = _PLANTATION, books.today, books.random("plantation")
    dollars, due = rng.randint(*supplier.net), today + _days(supplier.terms)
    debt = _Debt(supplier, _bill_ref(books, supplier), due, books.euros(dollars), dollars)
    quantity = {"amount": str(dollars // 690), "unit": "kg"}
    lines = [
        _line(STOCK, debt.units, original=_dollars(dollars), centre="ROAST", quantity=quantity),
        _line(SUPPLIERS, -debt.units, original=_dollars(-dollars), party=supplier.code, due=str(due)),
    ]
    document = {"ref": debt.ref, "date": str(today), "due": str(due), "party": supplier.code}
    members = {"payee": supplier.name, "document": document, "tags": ["import"]}
    books.record("dollar-bill", today, f"Bill {debt.ref}", *lines, **members)
    books.later(due, partial(_pay_dollars, books, debt))


def _pay_dollars(books: _Books, debt: _Debt) -> None:
    dollars, worth = debt.dollars, books.euros(debt.dollars)
    if (short := dollars + 100000 - books.balance(DOLLARS, "USD")) > 0:
        _exchange(books, -(-short // 100000) * 100000)
    facts = {"original": _dollars(dollars), "party": debt.supplier.code, "due": str(debt.due)}
    lines = [
        _line(SUPPLIERS, debt.units, **facts),
        _line(TRADING, -worth, original=_dollars(-dollars)),
        _line(TRADING, dollars, "USD"),
        _line(DOLLARS, -dollars, "USD"),
        _gain(debt.units - worth),
    ]
    members = {"payee": debt.supplier.name, "document": {"ref": debt.ref, "party": debt.supplier.code}}
    books.record("dollar-payment", books.today, f"Bill {debt.ref}", *lines, **members)


def _exchange(books: _Books, dollars: int) -> None:
    """Buy dollars for euros, or sell them where `dollars` is negative; the bank takes half a percent and a fee."""
    euros = _share(books.euros(dollars), 1005 if dollars > 0 else 995, 1000)
    lines = [
        _line(DOLLARS, dollars, "USD"),
        _line(TRADING, -dollars, "USD"),
        _line(TRADING, euros, original=_dollars(dollars)),
        _line("Expenses:Bank Fees", 1200),
        _line(BANK, -euros - 1200),
    ]
    books.record("exchange", books.today, f"Dollars {'bought' if dollars > 0 else 'sold'}", *lines)


def _booked_ahead(books: _Books) -> None:
    """Once a year, and on the last day of the books: what is known to come is recorded before its date."""
    today = books.today
    if today != _years_before(books.until, books.until.year - today.year):
        return
    premium, stand = (books.random("ahead").randint(*supplier.net) for supplier in (_INSURER, _FAIR))
    _bill(books, _INSURER, today + _days(30), premium)
    _bill(books, _FAIR, today + _days(14), stand)
