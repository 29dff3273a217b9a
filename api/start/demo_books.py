"""Three years of books of a small company that does not exist, for `make demo`: a coffee roaster with a workshop.

Promise: the same seed and end date give the same entries, byte for byte; every transaction sums to zero in every
currency, in integers; ids are unique; no clock is read. Cost: under a second, some 3,500 entries for three years.

The company is simulated day by day, and entries come out as the bookkeeper recorded them: a bill that arrives late
stands behind newer ones, a mistake is reversed later. Income and expenses stay open, so that reports show results.
Conventions: an id is the event, its date and a number. A payment carries the party and the due date of what it
settles, so that the sum per (account, party, due) is what is open; its document names the same `ref`. A tax base has
the sign of its amount. Currencies meet in `Equity:Currency Trading`, whose dollars are the opposite of the bank's.
"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple

from ledger.accounts import type_of_path
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
    """Reverse the earlier transaction that has this import id; the right one is the next entry."""

    reverses_id: str
    date: dt.date
    description: str


Entry = Transaction | Correction

CASH, BANK, SAVINGS = "Assets:Cash:Ladenkasse", "Assets:Bank:Geschäftskonto", "Assets:Bank:Tagesgeld"
DOLLARS, TRADING = "Assets:Bank:USD Account", "Equity:Currency Trading"
CUSTOMERS, CARDS = "Assets:Receivable:Customers", "Assets:Receivable:Card Clearing"
STOCK, PREPAID = "Assets:Stock:Green Coffee", "Assets:Prepaid Expenses"
MACHINES, WORN = "Assets:Equipment:Röster & Maschinen", "Assets:Equipment:Accumulated Depreciation"
SUPPLIERS, LOAN, VAT_DUE = "Liabilities:Payable:Suppliers", "Liabilities:Loan:Hausbank", "Liabilities:VAT:Vorauszahlung"
NET_PAY, WAGE_TAX = "Liabilities:Wages:Net Pay", "Liabilities:Wages:Lohnsteuer"
SOCIAL, SALARIES = "Liabilities:Wages:Sozialversicherung", "Expenses:Wages:Salaries"
PROFITS, CENTS, FEES = "Equity:Retained Earnings", "Expenses:Rundungsdifferenzen", "Expenses:Bank Fees"
GAINS, LOSSES = "Income:Currency Gains", "Expenses:Currency Losses"
OUTPUT_VAT = {19: "Liabilities:VAT:Umsatzsteuer 19 %", 7: "Liabilities:VAT:Umsatzsteuer 7 %"}
INPUT_VAT = {19: "Assets:VAT:Vorsteuer 19 %", 7: "Assets:VAT:Vorsteuer 7 %"}

# number | role | currencies | path | label
_CHART = """
1600 | cash | EUR | Assets:Cash:Ladenkasse | Till of the shop
1800 | bank | EUR | Assets:Bank:Geschäftskonto | Current account
1810 | bank | EUR | Assets:Bank:Tagesgeld | Savings
1820 | bank | USD | Assets:Bank:USD Account | Dollar account
1200 | receivable || Assets:Receivable:Customers |
1370 || EUR | Assets:Receivable:Card Clearing | Card takings on their way to the bank
1140 ||| Assets:Stock:Green Coffee |
1900 ||| Assets:Prepaid Expenses |
1406 | tax | EUR | Assets:VAT:Vorsteuer 19 % | VAT paid to suppliers, 19 %
1401 | tax | EUR | Assets:VAT:Vorsteuer 7 % | VAT paid to suppliers, 7 %
0440 ||| Assets:Equipment:Röster & Maschinen |
0449 ||| Assets:Equipment:Accumulated Depreciation |
3300 | payable || Liabilities:Payable:Suppliers |
3806 | tax | EUR | Liabilities:VAT:Umsatzsteuer 19 % | VAT on sales, 19 %
3801 | tax | EUR | Liabilities:VAT:Umsatzsteuer 7 % | VAT on sales, 7 %
3820 | tax | EUR | Liabilities:VAT:Vorauszahlung | VAT to be paid on the 10th
3720 ||| Liabilities:Wages:Net Pay |
3730 ||| Liabilities:Wages:Lohnsteuer | Wage tax
3740 ||| Liabilities:Wages:Sozialversicherung | Social security
3150 || EUR | Liabilities:Loan:Hausbank |
2900 ||| Equity:Share Capital |
2970 | retained_earnings || Equity:Retained Earnings |
9000 ||| Equity:Opening Balances |
1460 | fx || Equity:Currency Trading | Where currencies meet
4300 ||| Income:Shop:Kaffeebohnen | Beans over the counter, 7 % VAT
4400 ||| Income:Shop:Getränke | Drinks over the counter, 19 % VAT
4310 ||| Income:Wholesale:Coffee |
4410 ||| Income:Workshop:Service Hours | Repairs of espresso machines
4120 ||| Income:Export:Coffee | Free of VAT
4840 ||| Income:Currency Gains |
7100 ||| Income:Interest |
5100 ||| Expenses:Materials:Green Coffee |
5200 ||| Expenses:Materials:Packaging |
5210 ||| Expenses:Materials:Milk & Snacks |
5300 ||| Expenses:Materials:Spare Parts |
5800 ||| Expenses:Freight & Customs |
6020 ||| Expenses:Wages:Salaries |
6110 ||| Expenses:Wages:Employer Social Security |
6220 ||| Expenses:Depreciation |
6310 ||| Expenses:Premises:Ladenmiete | Rent
6325 ||| Expenses:Premises:Strom & Gas |
6400 ||| Expenses:Insurance |
6470 ||| Expenses:Repairs |
6560 ||| Expenses:Vehicle:Leasing |
6600 ||| Expenses:Marketing |
6650 ||| Expenses:Travel |
6805 ||| Expenses:Telephone & Internet |
6815 ||| Expenses:Büromaterial | Office supplies
6827 ||| Expenses:Steuerberatung | Tax adviser
6837 ||| Expenses:Software |
6855 ||| Expenses:Bank Fees |
6856 ||| Expenses:Card Fees |
6880 ||| Expenses:Currency Losses |
6930 ||| Expenses:Bad Debts |
6960 | rounding || Expenses:Rundungsdifferenzen | Cents that were never paid, and the till's
7310 ||| Expenses:Interest |
7600 ||| Expenses:Taxes:Körperschaftsteuer | Corporation tax
7610 ||| Expenses:Taxes:Gewerbesteuer | Trade tax
"""


def demo_accounts() -> list[DemoAccount]:
    """The chart of accounts that `demo_entries` posts to."""
    accounts = []
    for row in _CHART.strip().splitlines():
        number, role, currencies, path, label = (cell.strip() or None for cell in row.split("|"))
        assert path
        type_ = type_of_path(path)
        assert type_
        codes = tuple(currencies.split()) if currencies else None
        accounts.append(DemoAccount(path, type_.value, role, number, label, codes))
    return accounts


def demo_entries(*, until: dt.date, seed: int = 2026, years: int = 3) -> Iterator[Entry]:
    """The books from the first of the month `years` before `until`, in the order in which they were recorded.

    Nothing is recorded after `until`; some entries are dated up to 45 days after it.
    """
    start = _years_before(until, years).replace(day=1)
    books = _Books(seed, start, until, today=start)
    _opening(books)
    while books.today <= until:
        for action in books.agenda.pop(books.today, ()):
            action()
        for business in _DAILY if _is_working_day(books.today) else (_takings, _booked_ahead):
            business(books)
        yield from books.recorded
        books.recorded.clear()
        books.today += _days(1)


# --- What lies on the bookkeeper's desk


class _Line(NamedTuple):
    """A posting in minor units; both currencies have two digits."""

    account: str
    units: int
    currency: str
    facts: Transaction


class _Party(NamedTuple):
    code: str
    name: str
    terms: int
    """Days until an invoice or a bill is due."""
    habit: str = ""
    """How a customer pays: prompt, late, partial, or never (often enough)."""
    account: str = ""
    net: tuple[int, int] = (0, 0)
    """What a supplier's bill is for, and the least and the most, in cents."""
    rate: int = 0
    bills_a_month: int = 1
    centre: str = "ADMIN"


@dataclass(frozen=True)
class _Owed:
    """An invoice or a bill: `units` of cents that we are to get (positive) or to pay, `dollars` where it is in them."""

    party: _Party
    ref: str
    due: dt.date
    units: int
    dollars: int = 0
    id: str = ""

    def line(self, sign: int) -> _Line:
        facts: Transaction = {"original": _money(sign * self.dollars)} if self.dollars else {}
        account = CUSTOMERS if self.units > 0 else SUPPLIERS
        return _line(account, sign * self.units, party=self.party.code, due=str(self.due), **facts)


@dataclass
class _Books:
    """The books so far, and what is to be done on a later day."""

    seed: int
    start: dt.date
    until: dt.date
    today: dt.date
    recorded: list[Entry] = field(default_factory=list)
    agenda: dict[dt.date, list[Callable[[], object]]] = field(default_factory=dict)
    dated: dict[tuple[str, str], defaultdict[dt.date, int]] = field(default_factory=dict)
    lines_of: dict[str, list[_Line]] = field(default_factory=dict)
    numbers: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    dice: dict[str, random.Random] = field(default_factory=dict)

    def record(self, event: str, date: dt.date, description: str, *lines: _Line, **members: Any) -> str:
        """Write a transaction, leaving out lines of zero, and return its id."""
        id_ = f"{event}/{date}/{self.next_number(f'{event}/{date}')}"
        self.lines_of[id_] = [line for line in lines if line.units]
        self._count(id_, date, 1)
        postings = [
            {"account": line.account, "amount": _text(line.units), "currency": line.currency, **line.facts}
            for line in self.lines_of[id_]
        ]
        entry = {"id": id_, "date": str(date), "description": description, **members, "postings": postings}
        self.recorded.append(entry)
        return id_

    def correct(self, id_: str, dated: dt.date, description: str) -> None:
        """Reverse a transaction: on its own date while that month lasts, else today."""
        date = dated if (dated.year, dated.month) == (self.today.year, self.today.month) else self.today
        self._count(id_, date, -1)
        self.recorded.append(Correction(id_, date, description))

    def _count(self, id_: str, date: dt.date, sign: int) -> None:
        sums: defaultdict[str, int] = defaultdict(int)
        for line in self.lines_of[id_]:
            sums[line.currency] += line.units
            self.dated.setdefault((line.account, line.currency), defaultdict(int))[date] += sign * line.units
        assert sums and not any(sums.values()), f"{id_} does not balance: {dict(sums)}"

    def balance(self, account: str, currency: str = "EUR", *, effective: dt.date | None = None) -> int:
        """Of what is recorded so far and dated up to `effective` (today)."""
        effective = effective or self.today
        return sum(units for date, units in self.dated.get((account, currency), {}).items() if date <= effective)

    def later(self, day: dt.date, action: Callable[..., object], *arguments: Any) -> None:
        """Do it on `day` or the next working day, tomorrow at the earliest."""
        day = _working_day(max(day, self.today + _days(1)))
        self.agenda.setdefault(day, []).append(partial(action, self, *arguments))

    def random(self, topic: str) -> random.Random:
        """Every topic has dice of its own: a change to one leaves the others as they were."""
        return self.dice.setdefault(topic, random.Random(f"{self.seed}/{topic}"))

    def next_number(self, sequence: str) -> int:
        self.numbers[sequence] += 1
        return self.numbers[sequence]

    def is_day(self, day_of_month: int) -> bool:
        """Whether today is that day (1 to 25) of the month, or the working day after it."""
        return self.today == _working_day(self.today.replace(day=day_of_month))

    def month_end(self) -> dt.date:
        """The last day of the month before this one."""
        return self.today.replace(day=1) - _days(1)

    def euros(self, dollars: int, day: dt.date | None = None) -> int:
        """At the rate of the day (today), a slow walk around 1.09 dollars for a euro."""
        age = ((day or self.today) - self.start).days
        wobble = random.Random(f"{self.seed}/rate/{age // 7}").randint(-90, 90)
        return _share(dollars, 10000, 10630 + 2 * abs(age % 540 - 270) + wobble)


def _line(account: str, units: int, currency: str = "EUR", *, centre: str = "", **facts: Any) -> _Line:
    if centre:
        facts["dimensions"] = {"cost_centre": centre, **facts.get("dimensions", {})}
    return _Line(account, units, currency, facts)


def _vat(accounts: dict[int, str], net: int, rate: int) -> _Line:
    code = f"{'VSt' if accounts is INPUT_VAT else 'USt'}{rate}"
    return _line(accounts[rate], _share(net, rate, 100), tax={"code": code, "base": _text(net)})


def _with_vat(line: _Line, rate: int) -> list[_Line]:
    """A purchase (debit) with the VAT paid on it, or a sale (credit) with the VAT owed on it."""
    return [line, _vat(INPUT_VAT if line.units > 0 else OUTPUT_VAT, line.units, rate)] if rate else [line]


def _traded(dollars: int, euros: int) -> list[_Line]:
    """So many dollars come to the bank for so many euros; negative, they go."""
    there, back = _line(DOLLARS, dollars, "USD"), _line(TRADING, -dollars, "USD")
    return [there, back, _line(TRADING, euros, original=_money(dollars))]


def _rest(account: str, lines: list[_Line], **facts: Any) -> _Line:
    """What is missing for the euros to balance."""
    return _line(account, -sum(line.units for line in lines if line.currency == "EUR"), **facts)


def _gain_or_loss(lines: list[_Line]) -> _Line:
    rest = _rest(GAINS, lines)
    return rest if rest.units < 0 else rest._replace(account=LOSSES)


def _text(units: int) -> str:
    return format_units(units, 2)


def _money(dollars: int) -> dict[str, str]:
    return {"amount": _text(dollars), "currency": "USD"}


def _share(amount: int, numerator: int, denominator: int) -> int:
    """amount * numerator / denominator, half away from zero."""
    share = (2 * abs(amount) * numerator + denominator) // (2 * denominator)
    return share if amount >= 0 else -share


def _days(count: int) -> dt.timedelta:
    return dt.timedelta(days=count)


def _is_working_day(day: dt.date) -> bool:
    return day.weekday() < 5 and (day.month, day.day) not in _HOLIDAYS


def _working_day(day: dt.date) -> dt.date:
    """The day, or the next one on which somebody works."""
    while not _is_working_day(day):
        day += _days(1)
    return day


def _years_before(day: dt.date, years: int) -> dt.date:
    return day.replace(year=day.year - years, day=min(day.day, 28) if day.month == 2 else day.day)


# --- The shop


def _opening(books: _Books) -> None:
    today, dollars = books.today, 900000
    due = today + _days(12)
    owed = [_Owed(_CUSTOMERS[n], f"RE-OLD-{n}", due, units) for n, units in enumerate((184230, 412650, 267910))]
    owed += [_Owed(_SUPPLIERS[n], f"ER-OLD-{n}", due, -units) for n, units in enumerate((176550, 84110, 61200))]
    assets = ((CASH, 30000), (BANK, 4200000), (SAVINGS, 1500000), (STOCK, 940000), (PREPAID, 236500))
    others = ((MACHINES, 5800000), (WORN, -2150000), (VAT_DUE, -214070), (LOAN, -4500000))
    lines = [_line(account, units) for account, units in (*assets, *others, ("Equity:Share Capital", -2500000))]
    lines += [*_traded(dollars, books.euros(dollars)), *(one.line(1) for one in owed)]
    books.record("opening", today, "Opening balances", *lines, _rest("Equity:Opening Balances", lines), kind="opening")
    for one in owed:
        books.later(due, _settle, one)


def _takings(books: _Books) -> None:
    """What the till reports at the end of a day: cash and cards, two rates of VAT."""
    today, rng = books.today, books.random("takings")
    if today.weekday() == 6 or (today.month, today.day) in _HOLIDAYS:
        return
    percent = _SEASON[today.month] * (100 + 4 * (today.year - books.start.year)) * (130 if today.weekday() == 5 else 94)
    beans, drinks = (_share(rng.randint(*span), percent, 10**6) for span in ((27000, 46000), (31000, 59000)))
    lines = _with_vat(_line("Income:Shop:Kaffeebohnen", -beans, centre="SHOP"), 7)
    lines += _with_vat(_line("Income:Shop:Getränke", -drinks, centre="SHOP"), 19)
    lines.append(_line(CASH, _share(beans + drinks, rng.randint(22, 46), 100)))
    books.record("takings", today, f"Till report {books.next_number('till'):04d}", *lines, _rest(CARDS, lines))


def _card_payout(books: _Books) -> None:
    """Wednesdays the card company pays out what it took up to Sunday, less its fee."""
    takings = books.balance(CARDS, effective=books.today - _days(3))
    if books.today.weekday() == 2 and takings:
        lines = [_line(CARDS, -takings), _line("Expenses:Card Fees", _share(takings, 119, 10000), centre="SHOP")]
        paid = _rest(BANK, lines, value_date=str(_working_day(books.today + _days(1))))
        books.record("card-payout", books.today, "Card takings", paid, *lines, payee="Kartenkontor Plus")


def _cash(books: _Books) -> None:
    """Mondays the till is counted, and the cash above 300 euros taken to the bank."""
    if books.today.weekday() == 0:
        off = books.random("cash").choice((0, 0, 0, 0, 0, 10, -200, 35))
        if off:
            books.record("till-count", books.today, "Till count", _line(CASH, off), _line(CENTS, -off, centre="SHOP"))
        deposit = (books.balance(CASH) - 30000) // 1000 * 1000
        if deposit > 0:
            lines = _line(BANK, deposit), _line(CASH, -deposit)
            books.record("cash-deposit", books.today, "Cash to the bank", *lines)


def _receipts(books: _Books) -> None:
    """Small things bought from the till; every other month a receipt turns up that is months old."""
    rng, late = books.random("receipts"), books.today.month % 2 == 0 and books.is_day(20)
    if late or rng.random() < 0.1:
        what, account, rate = rng.choice(_RECEIPTS)
        lines = _with_vat(_line(account, rng.randint(450, 5200), centre="SHOP"), rate)
        found = max(books.start, books.today - _days(rng.randint(35, 85)))
        if late:
            lines.append(_rest(BANK, lines, text="Paid back to the employee"))
            books.record("late-receipt", found, what, *lines, notes="Found in a coat", tags=["late"])
        else:
            books.record("receipt", books.today, what, *lines, _rest(CASH, lines))


# --- Invoices and bills


def _owe(books: _Books, event: str, owed: _Owed, dated: dt.date, *lines: _Line, tags: tuple[str, ...] = ()) -> _Owed:
    """Record an invoice or a bill over these lines: what is owed is their sum."""
    owed = replace(owed, units=_rest("", list(lines)).units)
    document = {"ref": owed.ref, "date": str(dated), "due": str(owed.due), "party": owed.party.code}
    members = {"payee": owed.party.name, "document": document, **({"tags": list(tags)} if tags else {})}
    what = "Invoice" if owed.units > 0 else "Bill"
    return replace(owed, id=books.record(event, dated, f"{what} {owed.ref}", owed.line(1), *lines, **members))


def _settle(books: _Books, owed: _Owed, what: str = "Payment", *tags: str) -> None:
    """Paid: a customer forgets some cents now and then; dollars at another rate than booked are a gain or loss."""
    rng = books.random("cents")
    event = "customer-payment" if owed.units > 0 else "supplier-payment"
    lines = [owed.line(-1)]
    if owed.dollars:
        event = event.replace("payment", "payment-usd")
        if (short := -owed.dollars + 100000 - books.balance(DOLLARS, "USD")) > 0 > owed.dollars:
            _exchange(books, max(500000, -(-short // 100000) * 100000))
        lines = _traded(owed.dollars, books.euros(owed.dollars)) + lines
        lines.append(_gain_or_loss(lines))
    else:
        lines.append(_line(CENTS, rng.randint(1, 9) if owed.units > 0 and rng.random() < 0.03 else 0))
        lines.insert(0, _rest(BANK, lines))
    members = {"payee": owed.party.name, "document": {"ref": owed.ref, "party": owed.party.code}}
    books.record(event, books.today, f"{what} {owed.ref}", *lines, **members, **({"tags": list(tags)} if tags else {}))


def _sales(books: _Books) -> None:
    """Coffee by the kilo and hours in the workshop; now and then at twice the price, cancelled and written anew."""
    rng = books.random("sales")
    for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 1))):
        customer = rng.choice(_CUSTOMERS)
        kilos, halves, choice = rng.randint(24, 110), rng.randint(4, 44), rng.random()
        sold: list[tuple[_Line, int]] = []
        if choice < 0.75:
            quantity = {"amount": str(kilos), "unit": "kg"}
            net = kilos * rng.randrange(1690, 2050, 10)
            sold.append((_line("Income:Wholesale:Coffee", -net, centre="ROAST", quantity=quantity), 7))
        if choice > 0.55:
            project = {"project": f"WS-{books.today.year}-{books.next_number(f'WS-{books.today.year}'):03d}"}
            facts: Transaction = {"dimensions": project, "text": "Espresso machine, on site"}
            facts["quantity"] = {"amount": f"{halves // 2}.{halves % 2 * 5}", "unit": "h"}
            sold.append((_line("Income:Workshop:Service Hours", -halves * 4700, centre="WORKSHOP", **facts), 19))
        if rng.random() < 0.04:
            wrong = _invoice(books, customer, [(line._replace(units=2 * line.units), rate) for line, rate in sold])
            books.later(books.today + _days(rng.randint(3, 9)), _invoice_anew, books.today, wrong, sold)
        else:
            _await_payment(books, _invoice(books, customer, sold), sold)


def _invoice(books: _Books, customer: _Party, sold: list[tuple[_Line, int]]) -> _Owed:
    year = books.today.year
    ref, due = f"RE-{year}-{books.next_number(f'RE-{year}'):04d}", books.today + _days(customer.terms)
    lines = [one for line, rate in sold for one in _with_vat(line, rate)]
    return _owe(books, "sales-invoice", _Owed(customer, ref, due, 0), books.today, *lines)


def _invoice_anew(books: _Books, dated: dt.date, wrong: _Owed, sold: list[tuple[_Line, int]]) -> None:
    books.correct(wrong.id, dated, f"Cancels {wrong.ref}: wrong price")
    _await_payment(books, _invoice(books, wrong.party, sold), sold)


def _await_payment(books: _Books, owed: _Owed, sold: list[tuple[_Line, int]]) -> None:
    rng, due, habit = books.random("payments"), owed.due, owed.party.habit
    if habit == "never" and rng.random() < 0.3:
        books.later(due + _days(120), _write_off, owed, sold)
    elif habit == "partial" and rng.random() < 0.6:
        part = replace(owed, units=_share(owed.units, rng.randint(30, 70), 100))
        books.later(due + _days(rng.randint(0, 6)), _settle, part, "Part of", "partial")
        rest = replace(owed, units=owed.units - part.units)
        books.later(due + _days(rng.randint(30, 75)), _settle, rest, "Rest of", "partial", "late")
    elif habit == "prompt" or rng.random() < 0.3:
        books.later(due + _days(rng.randint(-6, 2)), _settle, owed)
    else:
        books.later(due + _days(rng.randint(8, 50)), _settle, owed, "Late payment", "late")


def _write_off(books: _Books, owed: _Owed, sold: list[tuple[_Line, int]]) -> None:
    """The customer will not pay: the VAT comes back, the rest is a loss."""
    lines = [owed.line(-1), *(_vat(OUTPUT_VAT, -line.units, rate) for line, rate in sold)]
    members = {"kind": "adjustment", "payee": owed.party.name, "document": {"ref": owed.ref, "party": owed.party.code}}
    lost = _rest("Expenses:Bad Debts", lines, party=owed.party.code)
    books.record("write-off", books.today, f"Uncollectible: {owed.ref}", *lines, lost, **members)


def _bills(books: _Books) -> None:
    """A month's bills arrive days, some weeks after their date; some are typed in with two digits swapped."""
    rng, first = books.random("bills"), books.today.replace(day=1)
    if not books.is_day(1):
        return
    for supplier in (*_SUPPLIERS, *([_MACHINE_MAKER] if first.month == 4 else [])):
        for _ in range(supplier.bills_a_month):
            dated, net, mistake = first + _days(rng.randint(0, 27)), rng.randint(*supplier.net), 0
            if rng.random() < 0.06:
                mistake = 9000 * rng.randint(1, 3)
            ref = f"{rng.randint(10, 99)}-{supplier.code[2:]}-{books.next_number(supplier.code):03d}"
            arrives = dated + _days(rng.choice((0, 1, 1, 2, 3, 4, 6, 9, 25)))
            books.later(arrives, _bill, supplier, ref, dated, net, mistake)


def _bill(books: _Books, supplier: _Party, ref: str, dated: dt.date, net: int, mistake: int = 0) -> None:
    rng, facts = books.random("bill"), Transaction(centre=supplier.centre)
    if supplier.account == STOCK:
        facts["quantity"] = {"amount": str(net // 640), "unit": "kg"}
    lines = _with_vat(_line(supplier.account, net + mistake, **facts), supplier.rate)
    owed = _owe(books, "supplier-bill", _Owed(supplier, ref, dated + _days(supplier.terms), 0), dated, *lines)
    if mistake:
        books.later(books.today + _days(rng.randint(2, 15)), _bill_anew, owed, dated, net)
    else:
        books.later(owed.due + _days(rng.choice((-2, -1, 0, 0, 0, 0, 9))), _settle, owed)


def _bill_anew(books: _Books, wrong: _Owed, dated: dt.date, net: int) -> None:
    books.correct(wrong.id, dated, f"Reverses {wrong.ref}: digits swapped")
    _bill(books, wrong.party, wrong.ref, dated, net)


def _booked_ahead(books: _Books) -> None:
    """On the last day of the books, and that day in other years: bills that are dated in the weeks to come."""
    if books.today == _years_before(books.until, books.until.year - books.today.year):
        for supplier, ahead in ((_INSURER, 30), (_FAIR, 14)):
            net = books.random("ahead").randint(*supplier.net)
            _bill(books, supplier, f"{supplier.code[2:]}-{books.today.year}", books.today + _days(ahead), net)


def _dollar_trade(books: _Books) -> None:
    """Every month coffee is exported, and raw coffee imported, in dollars."""
    rng, today = books.random("dollars"), books.today
    for day, party, prefix, sign in ((12, _IMPORTER, "EX", 1), (18, _PLANTATION, "FTN", -1)):
        if books.is_day(day):
            dollars, due = rng.randint(*party.net), today + _days(party.terms)
            ref = f"{prefix}-{today.year}-{today.month:02d}"
            facts: Transaction = {"quantity": {"amount": str(dollars // (1500 if sign > 0 else 690)), "unit": "kg"}}
            facts |= {"original": _money(-sign * dollars), "centre": "ROAST"}
            if sign > 0:
                facts["tax"] = {"code": "EXPORT", "base": _text(-books.euros(dollars))}
            line = _line(party.account, -sign * books.euros(dollars), **facts)
            event, tag = ("export-invoice", "export") if sign > 0 else ("import-bill", "import")
            owed = _owe(books, event, _Owed(party, ref, due, 0, sign * dollars), today, line, tags=(tag,))
            books.later(due + _days(rng.randint(0, 14) if sign > 0 else 0), _settle, owed)


def _exchange(books: _Books, dollars: int) -> None:
    """Buy dollars, or sell them where negative; the bank takes half a percent and a fee."""
    lines = [*_traded(dollars, _share(books.euros(dollars), 200 + (1 if dollars > 0 else -1), 200)), _line(FEES, 1200)]
    what = "Dollars bought" if dollars > 0 else "Dollars sold"
    books.record("exchange", books.today, what, *lines, _rest(BANK, lines))


# --- Wages, taxes, bank, year's end


def _payroll(books: _Books) -> None:
    if books.is_day(24):
        for code, centre, base, hours in _EMPLOYEES:
            gross = _share(base, 100 + 3 * (books.today.year - books.start.year), 100)
            gross *= 2 if books.today.month == 11 else 1
            quantity = {"amount": str(hours), "unit": "h"}
            employer = _share(gross, 21, 100)
            lines = [
                _line(SALARIES, gross, centre=centre, party=code, quantity=quantity),
                _line("Expenses:Wages:Employer Social Security", employer, centre=centre, party=code),
                _line(WAGE_TAX, -_share(gross, 17 if base > 300000 else 11, 100)),
                _line(SOCIAL, -employer - _share(gross, 205, 1000)),
            ]
            text = f"Salary {books.today:%Y-%m} {code}"
            books.record("salary", books.today, text, *lines, _rest(NET_PAY, lines, party=code))
    if books.is_day(25):
        _pay_off(books, "net-pay", NET_PAY, "Salaries")
        _pay_off(books, "social-security", SOCIAL, "Social security", payee="Krankenkasse Ahornfurt")
    if books.is_day(10):
        _pay_off(books, "wage-tax", WAGE_TAX, "Wage tax", payee="Finanzamt Ahornfurt")


def _pay_off(books: _Books, event: str, account: str, text: str, **members: str) -> None:
    """Pay all that is owed on a liability; where the state owes us, it pays."""
    if owed := books.balance(account):
        books.record(event, books.today, text, _line(account, -owed), _line(BANK, owed), **members)


def _taxes(books: _Books) -> None:
    """The month before is declared on the 8th and paid on the 10th; income taxes are prepaid by the quarter."""
    today = books.today
    if books.is_day(8):
        end = books.month_end()
        lines = [_line(account, -books.balance(account, effective=end)) for account in _VAT_ACCOUNTS]
        if any(line.units for line in lines):
            due = str(_working_day(today.replace(day=10)))
            books.record("vat-settlement", end, f"VAT {end:%Y-%m}", *lines, _rest(VAT_DUE, lines, due=due))
    if books.is_day(10):
        _pay_off(books, "vat-payment", VAT_DUE, "VAT", payee="Finanzamt Ahornfurt")
        tax, units = (("Körperschaftsteuer", 60000), ("", 0), ("Gewerbesteuer", 45000))[today.month % 3]
        if tax:
            books.record("income-tax", today, tax, _line(f"Expenses:Taxes:{tax}", units), _line(BANK, -units))


def _bank(books: _Books) -> None:
    """Standing orders, the loan, and money moved between the accounts."""
    today = books.today

    def paid(event: str, date: dt.date, text: str, *lines: _Line, **members: Any) -> None:
        books.record(event, date, text, *lines, _rest(BANK, list(lines)), **members)

    if books.is_day(25):  # the standing order for the coming month
        rent = _line("Expenses:Premises:Ladenmiete", 265000, centre="SHOP")
        paid("rent", (today.replace(day=1) + _days(31)).replace(day=1), "Rent", rent, payee="Hausverwaltung Erkerblick")
    if books.is_day(5):
        paid("bank-fee", today, "Account fees", _line(FEES, 1890))
    if books.is_day(22):
        debt = -books.balance(LOAN)
        lines = _line(LOAN, min(debt, 85000)), _line("Expenses:Interest", _share(debt, 39, 12000))
        if debt:
            paid("loan", today, "Loan instalment", *lines, payee="Hausbank Ahornfurt")
    if books.is_day(2) and today.month % 3 == 1:
        interest = _line("Income:Interest", -_share(books.balance(SAVINGS), 1, 200))
        books.record("interest", today, "Interest", interest, _rest(SAVINGS, [interest]))
    balance, saved = books.balance(BANK), books.balance(SAVINGS)
    if balance < 1500000 and saved >= 1000000:
        paid("transfer", today, "From savings", _line(SAVINGS, -1000000))
    elif balance < 1200000:
        paid("loan", today, "Loan increased", _line(LOAN, -2000000), payee="Hausbank Ahornfurt")
    elif balance > 6000000 and books.is_day(15):
        paid("transfer", today, "To savings", _line(SAVINGS, 2000000))
    if books.is_day(16) and books.balance(DOLLARS, "USD") > 1200000:
        _exchange(books, -500000)
    if books.is_day(15) and today.month == 6 and (spare := balance + saved - 6000000) > 400000:
        paid("dividend", today, "Dividend", _line(PROFITS, spare // 400000 * 200000))


def _month_end(books: _Books) -> None:
    """Recorded on the 3rd for the month before: coffee used, machines worn, insurance used up."""
    end = books.month_end()
    if not books.is_day(3) or end < books.start:
        return
    used = _share(books.balance(STOCK, effective=end), 58, 100)
    worn = _share(books.balance(MACHINES, effective=end), 1, 96)
    insured = min(books.balance(PREPAID, effective=end), 21500)
    quantity = {"amount": str(used // 650), "unit": "kg"}
    for event, text, line, account in (
        ("coffee-used", "Coffee used", _line("Expenses:Materials:Green Coffee", used, quantity=quantity), STOCK),
        ("depreciation", "Depreciation", _line("Expenses:Depreciation", worn, centre="ROAST"), WORN),
        ("insurance", "Insurance of the month", _line("Expenses:Insurance", insured), PREPAID),
    ):
        if line.units:
            books.record(event, end, f"{text} {end:%Y-%m}", line, _rest(account, [line]), kind="adjustment")


def _year_end(books: _Books) -> None:
    """Recorded in January for December 31: the stock is counted, the dollars valued at the rate of the day."""
    end = books.month_end()
    if books.today.month != 1 or not books.is_day(14) or end < books.start:
        return
    off = _line(STOCK, _share(books.balance(STOCK, effective=end), books.random("count").randint(-30, 10), 1000))
    if off.units:
        used = _rest("Expenses:Materials:Green Coffee", [off])
        books.record("stock-count", end, f"Stock count {end.year}", off, used, kind="adjustment")
    worth = books.euros(books.balance(DOLLARS, "USD", effective=end), end)
    lines = [_line(TRADING, worth - books.balance(TRADING, effective=end))]
    if lines[0].units:
        text = f"Dollars at the rate of {end}"
        books.record("revaluation", end, text, *lines, _gain_or_loss(lines), kind="revaluation")


_DAILY = (
    *(_takings, _card_payout, _cash, _receipts, _sales, _bills, _dollar_trade, _payroll),
    *(_month_end, _taxes, _bank, _year_end, _booked_ahead),
)
_VAT_ACCOUNTS = (*OUTPUT_VAT.values(), *INPUT_VAT.values())
_CUSTOMERS = (
    _Party("C-1001", "Bistro Siebenpunkt", 14, "prompt"),
    _Party("C-1002", "Hotel Nebelkrone", 30, "late"),
    _Party("C-1003", "Kantine Tannhof Süd", 30, "prompt"),
    _Party("C-1004", "Bäckerei Rübenblatt", 14, "prompt"),
    _Party("C-1005", "Café Zwölf Uhr Dreizehn", 21, "partial"),
    _Party("C-1006", "Feinkost Möwenstein", 30, "prompt"),
    _Party("C-1007", "Kino Halbmond 4", 30, "late"),
    _Party("C-1008", "Pension Wolkenbruch", 14, "never"),
    _Party("C-1009", "Agentur Quittenblau", 21, "prompt"),
)
_SUPPLIERS = (
    _Party("S-7001", "Kontor Grünbohne", 30, "", STOCK, (130000, 210000), 7, 2, "ROAST"),
    _Party("S-7002", "Tütenwerk Falter", 21, "", "Expenses:Materials:Packaging", (24000, 62000), 19, 1, "ROAST"),
    _Party("S-7003", "Molkerei Glockenwiese", 10, "", "Expenses:Materials:Milk & Snacks", (36000, 68000), 7, 2, "SHOP"),
    _Party("S-7004", "Ventil & Ring", 30, "", "Expenses:Materials:Spare Parts", (14000, 88000), 19, 1, "WORKSHOP"),
    _Party("S-7005", "Stadtwerke Ahornfurt", 14, "", "Expenses:Premises:Strom & Gas", (52000, 96000), 19),
    _Party("S-7006", "Fernruf Ahornfurt", 14, "", "Expenses:Telephone & Internet", (8900, 10400), 19),
    _Party("S-7007", "Wolkenkasse Software", 14, "", "Expenses:Software", (14900, 18900), 19),
    _Party("S-7008", "Kanzlei Paragraf & Komma", 14, "", "Expenses:Steuerberatung", (32000, 46000), 19),
    _Party("S-7009", "Werbebüro Lautmaler", 21, "", "Expenses:Marketing", (15000, 52000), 19, 1, "SHOP"),
    _Party("S-7010", "Rollgut Spedition", 14, "", "Expenses:Freight & Customs", (16000, 39000), 19, 1, "ROAST"),
    _Party("S-7011", "Handwerk Schraubenkönig", 14, "", "Expenses:Repairs", (8000, 42000), 19, 1, "WORKSHOP"),
    _Party("S-7012", "Mobil & Fern Leasing", 10, "", "Expenses:Vehicle:Leasing", (38900, 38900), 19),
)
_MACHINE_MAKER = _Party("S-7020", "Trommelröster Eichtal", 30, "", MACHINES, (950000, 1600000), 19, 1, "ROAST")
_INSURER = _Party("S-7030", "Wetterhahn Versicherung", 14, "", PREPAID, (238000, 276000))
_FAIR = _Party("S-7031", "Messe Bohne & Becher", 26, "", "Expenses:Marketing", (120000, 160000), 19, 1, "SHOP")
_IMPORTER = _Party("C-2001", "Blue Otter Coffee Imports Inc.", 30, "", "Income:Export:Coffee", (280000, 460000))
_PLANTATION = _Party("S-8001", "Finca Tres Nubes Export", 45, "", STOCK, (320000, 540000))
_EMPLOYEES = (
    *(("E-01", "ADMIN", 375000, 160), ("E-02", "ROAST", 315000, 160), ("E-03", "WORKSHOP", 330000, 160)),
    *(("E-04", "SHOP", 238000, 130), ("E-05", "SHOP", 172000, 90)),
)
_RECEIPTS = (
    *(("Stamps and paper", "Expenses:Büromaterial", 19), ("Flowers for the counter", "Expenses:Marketing", 7)),
    *(("Train ticket", "Expenses:Travel", 7), ("Tools and screws", "Expenses:Repairs", 19)),
)
_SEASON = (0, 92, 94, 98, 100, 98, 92, 86, 88, 100, 106, 118, 136)
"""Sales of a month, in percent of April's."""
_HOLIDAYS = {(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)}
