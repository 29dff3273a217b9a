"""What the demo's bookkeeper works with: lines, parties, what is owed, and the books so far with their agenda.

Promise: every transaction sums to zero in every currency, in integers; ids are unique; no clock is read.
Conventions: an id is the event, its date and a number. A payment carries the party and the due date of what it
settles, so that the sum per (account, party, due) is what is open; its document names the same `ref`. A tax base has
the sign of its amount. Currencies meet in `Equity:Currency Trading`, whose dollars are the opposite of the bank's.
"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from api.start.demo_chart import CUSTOMERS, DOLLARS, GAINS, INPUT_VAT, LOSSES, OUTPUT_VAT, SUPPLIERS, TRADING
from ledger.money import format_units

Transaction = dict[str, Any]
"""A line of the import format: CONTRACT section 5."""


@dataclass(frozen=True)
class Correction:
    """Reverse the earlier transaction that has this import id; the right one is the next entry."""

    reverses_id: str
    date: dt.date
    description: str


Entry = Transaction | Correction


class DemoLine(NamedTuple):
    """A posting in minor units; both currencies have two digits."""

    account: str
    units: int
    currency: str
    facts: Transaction


class Party(NamedTuple):
    """A customer or a supplier."""

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
class Owed:
    """An invoice or a bill: `units` of cents that we are to get (positive) or to pay, `dollars` where it is in them."""

    party: Party
    ref: str
    due: dt.date
    units: int
    dollars: int = 0
    id: str = ""

    def line(self, sign: int) -> DemoLine:
        facts: Transaction = {"original": make_dollars(sign * self.dollars)} if self.dollars else {}
        account = CUSTOMERS if self.units > 0 else SUPPLIERS
        return make_line(account, sign * self.units, party=self.party.code, due=str(self.due), **facts)


@dataclass
class DemoBooks:
    """The books so far, and what is to be done on a later day."""

    seed: int
    start: dt.date
    until: dt.date
    today: dt.date
    recorded: list[Entry] = field(default_factory=list)
    agenda: dict[dt.date, list[Callable[[], object]]] = field(default_factory=dict)
    dated: dict[tuple[str, str], defaultdict[dt.date, int]] = field(default_factory=dict)
    lines_of: dict[str, list[DemoLine]] = field(default_factory=dict)
    numbers: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    dice: dict[str, random.Random] = field(default_factory=dict)

    def record(self, event: str, date: dt.date, description: str, *lines: DemoLine, **members: Any) -> str:
        """Write a transaction, leaving out lines of zero, and return its id."""
        id_ = f"{event}/{date}/{self.next_number(f'{event}/{date}')}"
        self.lines_of[id_] = [line for line in lines if line.units]
        self._count(id_, date, 1)
        postings = [
            {"account": line.account, "amount": format_cents(line.units), "currency": line.currency, **line.facts}
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
        """Return the balance of what is recorded so far and dated up to `effective` (today)."""
        effective = effective or self.today
        return sum(units for date, units in self.dated.get((account, currency), {}).items() if date <= effective)

    def later(self, day: dt.date, action: Callable[..., object], *arguments: Any) -> None:
        """Put an action on the agenda of `day` or of the next working day, tomorrow at the earliest."""
        day = next_working_day(max(day, self.today + days(1)))
        self.agenda.setdefault(day, []).append(partial(action, self, *arguments))

    def random(self, topic: str) -> random.Random:
        """Return the dice of a topic. Each has its own, so that a change to one leaves the others as they were."""
        return self.dice.setdefault(topic, random.Random(f"{self.seed}/{topic}"))

    def next_number(self, sequence: str) -> int:
        self.numbers[sequence] += 1
        return self.numbers[sequence]

    def is_day(self, day_of_month: int) -> bool:
        """Say whether today is that day (1 to 25) of the month, or the working day after it."""
        return self.today == next_working_day(self.today.replace(day=day_of_month))

    def month_end(self) -> dt.date:
        """Return the last day of the month before this one."""
        return self.today.replace(day=1) - days(1)

    def euros(self, dollars: int, day: dt.date | None = None) -> int:
        """Return dollars in euros at the rate of the day (today), a slow walk around 1.09 dollars for a euro."""
        age = ((day or self.today) - self.start).days
        wobble = random.Random(f"{self.seed}/rate/{age // 7}").randint(-90, 90)
        return take_share(dollars, 10000, 10630 + 2 * abs(age % 540 - 270) + wobble)


def make_line(account: str, units: int, currency: str = "EUR", *, centre: str = "", **facts: Any) -> DemoLine:
    """Return a line; `facts` are its further members."""
    if centre:
        facts["dimensions"] = {"cost_centre": centre, **facts.get("dimensions", {})}
    return DemoLine(account, units, currency, facts)


def make_vat(accounts: dict[int, str], net: int, rate: int) -> DemoLine:
    """Return the line of the VAT on a net amount."""
    code = f"{'VSt' if accounts is INPUT_VAT else 'USt'}{rate}"
    return make_line(accounts[rate], take_share(net, rate, 100), tax={"code": code, "base": format_cents(net)})


def add_vat(line: DemoLine, rate: int) -> list[DemoLine]:
    """Return a purchase (debit) with the VAT paid on it, or a sale (credit) with the VAT owed on it."""
    return [line, make_vat(INPUT_VAT if line.units > 0 else OUTPUT_VAT, line.units, rate)] if rate else [line]


def make_trade(dollars: int, euros: int) -> list[DemoLine]:
    """Return the lines by which so many dollars come to the bank for so many euros, or leave it where negative."""
    there, back = make_line(DOLLARS, dollars, "USD"), make_line(TRADING, -dollars, "USD")
    return [there, back, make_line(TRADING, euros, original=make_dollars(dollars))]


def make_rest(account: str, lines: list[DemoLine], **facts: Any) -> DemoLine:
    """Return the line that makes the euros balance."""
    return make_line(account, -sum(line.units for line in lines if line.currency == "EUR"), **facts)


def make_gain_or_loss(lines: list[DemoLine]) -> DemoLine:
    """Return the line that makes the euros balance, as a gain or a loss."""
    rest = make_rest(GAINS, lines)
    return rest if rest.units < 0 else rest._replace(account=LOSSES)


def format_cents(units: int) -> str:
    return format_units(units, 2)


def make_dollars(dollars: int) -> dict[str, str]:
    return {"amount": format_cents(dollars), "currency": "USD"}


def take_share(amount: int, numerator: int, denominator: int) -> int:
    """Return amount * numerator / denominator, half away from zero."""
    share = (2 * abs(amount) * numerator + denominator) // (2 * denominator)
    return share if amount >= 0 else -share


def days(count: int) -> dt.timedelta:
    return dt.timedelta(days=count)


def is_working_day(day: dt.date) -> bool:
    return day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS


def next_working_day(day: dt.date) -> dt.date:
    """Return the day, or the next one on which somebody works."""
    while not is_working_day(day):
        day += days(1)
    return day


def years_before(day: dt.date, years: int) -> dt.date:
    return day.replace(year=day.year - years, day=min(day.day, 28) if day.month == 2 else day.day)


HOLIDAYS = {(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)}
