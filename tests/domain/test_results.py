"""Which year's result is open: closings and their reversals move it to equity and back, and touch no other year's."""

import datetime as dt
import itertools
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import event as note
from hypothesis import given, settings
from hypothesis import strategies as st

from api.documents.results import Balances, Closing, compute_left_open
from tests.yearly_results import Entry, open_results

SALES, RENT, RESULT = 1, 2, 8999
"""Accounts: an income, an expense, and one through which results are closed, as Swedish charts have it."""


@dataclass
class Journal:
    """Income and expenses of a company whose fiscal year begins on 1 January 2026, or on another day."""

    year: str = "2026-01-01"
    entries: list[Entry] = field(default_factory=list)

    def add(self, on: str, moved: Mapping[int, int], *, closing: bool = False, reverses: str | None = None) -> str:
        self.entries.append(Entry(str(len(self.entries)), on, moved, closing, reverses))
        return self.entries[-1].id

    def sold(self, amount: int, on: str) -> None:
        self.add(on, {SALES: -amount})

    def paid_rent(self, amount: int, on: str) -> None:
        self.add(on, {RENT: amount})

    def closed(self, on: str, *, sales: int = 0, rent: int = 0, result: int = 0) -> str:
        """Debits bring income to zero, credits (negative) expenses."""
        return self.add(on, {SALES: sales, RENT: rent, RESULT: result}, closing=True)

    def reversed(self, closing: str, on: str) -> str:
        moved = {account: -units for account, units in self.entries[int(closing)].moved.items()}
        return self.add(on, moved, closing=True, reverses=closing)

    def results(self, to: str) -> tuple[int, int]:
        """The open results of earlier years and of this one, as the balance sheet of a day shows them."""
        year, last = dt.date.fromisoformat(self.year), dt.date.fromisoformat(to)
        found = -sum(compute_left_open(*self._standing(year, last), year).values())
        return found, -sum(self._balances(last).values()) - found

    def _standing(self, year: dt.date, last: dt.date) -> tuple[Balances, dict[dt.date, Balances], list[Closing]]:
        roots: dict[str, str] = {}
        closings = []
        for each in self.entries:
            roots[each.id] = roots[each.reverses] if each.reverses else each.date
            if each.closing and each.date <= str(last):
                counts_on = min(dt.date.fromisoformat(roots[each.id]), last)
                moved = {(account, "EUR"): units for account, units in each.moved.items()}
                closings.append(Closing(dt.date.fromisoformat(each.date), counts_on, moved))
        days = {each.counts_on for each in closings if each.counts_on >= year} | {last}
        return self._balances(year - dt.timedelta(days=1)), {day: self._balances(day) for day in days}, closings

    def _balances(self, day: dt.date) -> Balances:
        found: dict[tuple[int, str], int] = defaultdict(int)
        for each in self.entries:
            for account, units in each.moved.items() if each.date <= str(day) else ():
                found[account, "EUR"] += units
        return found


@pytest.fixture
def journal() -> Journal:
    """100 earned in 2025, 7 so far in 2026."""
    journal = Journal()
    journal.sold(100, "2025-06-01")
    journal.sold(7, "2026-02-01")
    return journal


# --- what an accountant expects --------------------------------------------------------------------------------------


def test_what_nobody_closed_is_open_by_year(journal: Journal) -> None:
    assert journal.results("2026-01-31") == (100, 0)
    assert journal.results("2026-06-30") == (100, 7)


@pytest.mark.parametrize("on", ["2025-12-31", "2026-01-01", "2026-01-31", "2026-05-31"])
def test_a_closed_year_is_in_the_equity_whenever_it_was_closed(journal: Journal, on: str) -> None:
    journal.closed(on, sales=100)
    assert journal.results("2026-06-30") == (0, 7)


@pytest.mark.parametrize("closed", ["2025-12-31", "2026-01-01", "2026-03-01"])
@pytest.mark.parametrize("reversed_", ["2025-12-31", "2026-01-01", "2026-01-10", "2026-06-30"])
def test_the_reversal_of_a_closing_opens_that_years_result_and_leaves_this_one_alone(
    journal: Journal, closed: str, reversed_: str
) -> None:
    closing = journal.closed(closed, sales=100)
    undone = journal.reversed(closing, reversed_)
    assert journal.results("2026-06-30") == (100, 7)
    journal.reversed(undone, "2026-06-30")
    assert journal.results("2026-06-30") == (0, 7)


@pytest.mark.parametrize("on", ["2025-12-31", "2026-01-11", "2026-02-02"])
def test_closed_anew_for_less_the_rest_is_the_earlier_years(journal: Journal, on: str) -> None:
    journal.reversed(journal.closed("2025-12-31", sales=100), "2026-01-10")
    journal.closed(on, sales=60)
    assert journal.results("2026-06-30") == (40, 7)
    journal.closed("2026-05-01", sales=40)
    assert journal.results("2026-06-30") == (0, 7)


@pytest.mark.parametrize("on", ["2025-12-31", "2026-01-01", "2026-01-31", "2026-02-02", "2026-06-01"])
def test_closed_for_too_much_the_excess_is_the_earlier_years(journal: Journal, on: str) -> None:
    closing = journal.closed(on, sales=110)
    assert journal.results("2026-06-30") == (-10, 7)
    journal.closed("2026-06-01", sales=-10)
    assert journal.results("2026-06-30") == (0, 7)
    journal.reversed(closing, "2026-06-02")
    assert journal.results("2026-06-30") == (110, 7)


def test_closed_for_too_much_on_the_last_day_the_excess_is_that_years(journal: Journal) -> None:
    journal.closed("2025-12-31", sales=100)
    journal.closed("2026-12-31", sales=9)
    assert journal.results("2026-12-31") == (0, -2)
    journal.year = "2025-01-01"
    journal.closed("2025-12-31", sales=10)
    assert journal.results("2025-12-31") == (0, -10)


def test_a_closing_whose_reversal_is_undone_after_it_was_replaced_leaves_the_year_alone(journal: Journal) -> None:
    undone = journal.reversed(journal.closed("2025-12-31", sales=100), "2026-01-10")
    journal.closed("2026-02-02", sales=60)
    journal.reversed(undone, "2026-03-01")
    assert journal.results("2026-06-30") == (-60, 7)


def test_what_is_put_back_without_naming_the_closing_is_the_earlier_years_too(journal: Journal) -> None:
    journal.closed("2025-12-31", sales=100)
    journal.closed("2026-03-01", sales=-100)
    assert journal.results("2026-06-30") == (100, 7)
    journal.paid_rent(20, "2026-04-01")
    assert journal.results("2026-06-30") == (100, -13)


def test_a_year_closed_on_its_last_day_takes_what_earlier_years_left_open(journal: Journal) -> None:
    journal.closed("2026-12-31", sales=107)
    assert journal.results("2026-12-30") == (100, 7)
    assert journal.results("2026-12-31") == (0, 0)


def test_a_year_closed_in_full_is_closed_also_where_one_result_was_a_profit_and_one_a_loss(journal: Journal) -> None:
    journal.closed("2025-12-31", sales=110)
    journal.closed("2026-12-31", sales=-3)
    assert journal.results("2026-12-30") == (-10, 7)
    assert journal.results("2026-12-31") == (0, 0)


def test_a_quarter_that_was_closed_is_no_longer_open(journal: Journal) -> None:
    journal.closed("2025-12-31", sales=100)
    journal.paid_rent(50, "2026-03-01")
    journal.closed("2026-03-31", sales=7, rent=-50)
    journal.sold(90, "2026-05-01")
    journal.paid_rent(20, "2026-05-02")
    assert journal.results("2026-03-31") == (0, 0)
    assert journal.results("2026-06-30") == (0, 70)


def test_accounts_closed_one_after_the_other_in_the_next_year(journal: Journal) -> None:
    journal.paid_rent(30, "2025-07-01")
    journal.paid_rent(50, "2026-02-01")
    journal.closed("2026-03-01", rent=-30)
    assert journal.results("2026-06-30") == (100, -43)
    journal.closed("2026-04-01", sales=100)
    assert journal.results("2026-06-30") == (0, -43)


@pytest.mark.parametrize("on", ["2025-12-31", "2026-01-01", "2026-06-01"])
def test_a_year_closed_through_an_account_for_results(journal: Journal, on: str) -> None:
    journal.paid_rent(30, "2025-07-01")
    closing = journal.closed(on, result=70)
    assert journal.results("2026-06-30") == (0, 7)
    journal.reversed(closing, "2026-06-02")
    assert journal.results("2026-06-30") == (70, 7)


def test_a_profit_and_then_a_loss_closed_through_an_account_for_results(journal: Journal) -> None:
    journal.closed("2025-12-31", result=100)
    journal.paid_rent(57, "2026-03-01")
    journal.closed("2026-12-31", result=-50)
    assert journal.results("2026-12-30") == (0, -50)
    assert journal.results("2026-12-31") == (0, 0)


def test_a_fiscal_year_may_begin_on_any_day() -> None:
    journal = Journal(year="2026-07-01")
    journal.sold(100, "2026-06-30")
    journal.sold(7, "2026-07-01")
    closing = journal.closed("2026-06-30", sales=100)
    journal.reversed(closing, "2026-07-01")
    assert journal.results("2026-07-01") == (100, 7)
    journal.closed("2026-07-02", sales=60)
    assert journal.results("2026-12-31") == (40, 7)


# --- what holds for all books ----------------------------------------------------------------------------------------

DAYS = ["2024-12-31", "2025-06-01", "2025-12-31", "2026-01-01", "2026-01-02", "2026-06-30", "2026-12-31", "2027-01-01"]
days = st.sampled_from(DAYS)
moves = st.dictionaries(st.sampled_from([SALES, RENT, RESULT]), st.integers(-20, 20), min_size=1)


@st.composite
def journals(draw: st.DrawFn, *, closings: bool = True) -> Journal:
    """Any postings and closings, some of them reversed, also more than once."""
    journal = Journal()
    for _ in range(draw(st.integers(0, 8))):
        done = [each.id for each in journal.entries if each.closing]
        undone = {each.reverses for each in journal.entries}
        choice = draw(st.sampled_from(["post", "close", "reverse"])) if closings else "post"
        if choice == "reverse" and set(done) - undone:
            journal.reversed(draw(st.sampled_from(sorted(set(done) - undone))), draw(days))
        else:
            journal.add(draw(days), draw(moves), closing=choice == "close")
    return journal


@settings(max_examples=400, deadline=None)
@given(journal=journals(), to=st.sampled_from(DAYS[3:]))
def test_results_are_those_of_the_postings_one_by_one(journal: Journal, to: str) -> None:
    note("closings" if any(each.closing for each in journal.entries) else "none")
    assert journal.results(to) == open_results(journal.entries, journal.year, to)


@settings(max_examples=150, deadline=None)
@given(journal=journals(), amounts=moves, closed=days, reversed_=days)
def test_a_closing_and_its_reversal_change_no_result(
    journal: Journal, amounts: dict[int, int], closed: str, reversed_: str
) -> None:
    without = journal.results("2027-01-01")
    journal.reversed(journal.add(closed, amounts, closing=True), reversed_)
    assert journal.results("2027-01-01") == without


@settings(max_examples=150, deadline=None)
@given(journal=journals(closings=False), others=st.lists(st.tuples(moves, days, days), max_size=4))
def test_closings_of_earlier_years_never_change_the_result_of_this_one(
    journal: Journal, others: list[tuple[dict[int, int], str, str]]
) -> None:
    income = sum(units for each in journal.entries if each.date >= "2026" for units in each.moved.values())
    for amounts, closed, reversed_ in others:
        closing = journal.add(min(closed, "2025-12-31"), amounts, closing=True)
        if reversed_ != "2024-12-31":
            journal.reversed(closing, reversed_)
    assert journal.results("2027-01-01")[1] == -income


@settings(max_examples=150, deadline=None)
@given(journal=journals(), last=st.sampled_from(DAYS[4:7]), units=st.integers(-20, 20))
def test_a_closing_in_full_leaves_nothing_open(journal: Journal, last: str, units: int) -> None:
    eve = str(dt.date.fromisoformat(last) - dt.timedelta(days=1))
    journal.entries = [each._replace(date=min(each.date, eve)) for each in journal.entries]
    balances = {SALES: 0, RENT: 0, RESULT: 0}
    for account, amount in itertools.chain(*[each.moved.items() for each in journal.entries]):
        balances[account] += amount
    for account in [account for account, amount in balances.items() if not amount]:
        journal.add(last, {account: 1})  # a closing does not touch what is zero
        balances[account] = 1
    journal.add(last, {account: -amount for account, amount in balances.items()}, closing=True)
    assert journal.results(last) == (0, 0)
    journal.add("2027-01-01", {SALES: units})
    assert journal.results("2027-01-01") == (0, -units)
