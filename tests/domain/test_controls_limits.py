"""How far a balance may go: a posting towards a limit and beyond it is refused, one in the other direction never."""

import dataclasses
import itertools
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.books.accounts import CloseAccount, OpenAccount, UpdateAccount
from ledger.controls.limits import LIMITS, LimitExceeded, Limits, LimitSet, SetLimits
from ledger.errors import Rejected
from ledger.money import Amount, parse_amount
from ledger.slices import Command
from ledger.transactions import CurrencyDeclared
from tests.builders import SCALES, Books, credit, debit, opened_books, post, reverse, transfer

WALLET = OpenAccount("Liabilities:Wallet")


@pytest.fixture
def books() -> Books:
    return opened_books()


def limit(
    account: str | int, *, floor: str | None = None, ceiling: str | None = None, currency: str = "EUR"
) -> SetLimits:
    """The order to set these limits."""
    lowest, highest = (None if each is None else parse_amount(each) for each in (floor, ceiling))
    return SetLimits(account, currency, lowest, highest, SCALES)


def spend(amount: str, currency: str = "EUR") -> Command:
    """Cash for rent."""
    return post(debit("Expenses:Rent", amount, currency), credit("Assets:Cash", amount, currency))


def told(refusal: Rejected) -> tuple[str, str, str, str, str]:
    """What a program reads in a refusal."""
    assert isinstance(refusal, LimitExceeded)
    return refusal.code, refusal.bound, refusal.limit, refusal.currency, refusal.available


def test_limits_are_kept_in_the_digits_of_the_currency(books: Books) -> None:
    cash = books.id("Assets:Cash")
    assert books.when(limit("Assets:Cash", floor="-5", ceiling="100.5")) == [
        CurrencyDeclared("EUR", 2),
        LimitSet(cash, "EUR", Amount(-500, 2), Amount(10050, 2)),
    ]
    assert books.state[LIMITS] == {(cash, "EUR"): Limits(-500, 10050)}


def test_new_limits_take_the_place_of_the_old_ones(books: Books) -> None:
    books.given(limit("Assets:Cash", floor="0"), limit("Assets:Cash", ceiling="5"))
    assert books.state[LIMITS] == {(books.id("Assets:Cash"), "EUR"): Limits(None, 500)}
    books.given(spend("5.00"), limit("#1000"), limit(1), transfer("500.00"))
    assert books.state[LIMITS] == {}


def test_a_bank_account_with_an_overdraft_has_a_floor_below_zero(books: Books) -> None:
    books.given(transfer("10.00"), limit("Assets:Cash", floor="-5000.00"))
    assert told(books.refusal(spend("5010.01"))) == ("limit_exceeded", "floor", "-5000.00", "EUR", "5010.00")
    books.given(spend("5010.00"))
    assert books.balance("Assets:Cash") == "-5000.00"
    assert told(books.refusal(spend("0.01")))[-1] == "0.00"


def test_a_wallet_that_may_not_be_overdrawn_has_the_ceiling_zero(books: Books) -> None:
    books.given(WALLET, limit("Liabilities:Wallet", ceiling="0.00"))
    books.given(post(debit("Assets:Bank", "20.00"), credit("Liabilities:Wallet", "20.00")))

    def buy(amount: str) -> Command:
        return post(debit("Liabilities:Wallet", amount), credit("Income:Sales", amount))

    assert told(books.refusal(buy("20.01"))) == ("limit_exceeded", "ceiling", "0.00", "EUR", "20.00")
    books.given(buy("20.00"))


def test_a_refusal_names_the_account_and_says_what_can_still_be_posted(books: Books) -> None:
    refusal = books.given(limit("Assets:Cash", floor="-1.00")).refusal(spend("2.00"))
    assert refusal.facts["account"] == books.id("Assets:Cash")
    assert str(refusal) == ("Account 1 has a floor of -1.00 EUR. Only 1.00 EUR can still be posted in this direction.")


def test_the_net_of_a_transaction_counts_and_not_its_lines(books: Books) -> None:
    books.given(transfer("1.00"), limit("Assets:Cash", floor="0.00"))
    through = [credit("Assets:Cash", "100.00"), debit("Assets:Bank", "1.00"), debit("Assets:Cash", "99.00")]
    books.given(post(*through))
    split = [credit("Assets:Cash", "0.01"), credit("Assets:Cash", "0.01"), debit("Assets:Bank", "0.02")]
    assert told(books.refusal(post(*split)))[-1] == "0.00"


def test_money_into_an_overdrawn_account_is_accepted_and_none_out_of_it(books: Books) -> None:
    books.given(spend("50.00"), limit("Assets:Cash", floor="0.00"))
    assert told(books.refusal(spend("0.01")))[-1] == "0.00"
    books.given(transfer("10.00"))
    assert told(books.refusal(spend("0.01")))[-1] == "0.00"
    books.given(post(debit("Assets:Cash", "0.00"), credit("Assets:Bank", "0.00")))
    books.given(transfer("41.00"), spend("1.00"))


def test_a_reversal_is_limited_like_any_other_transaction(books: Books) -> None:
    books.given(transfer("10.00"), spend("4.00"), limit("Assets:Cash", floor="0.00"))
    paid_in, spent = books.transactions
    assert told(books.refusal(reverse(paid_in)))[-1] == "6.00"
    books.given(reverse(spent), reverse(paid_in))


def test_a_posting_of_any_date_counts(books: Books) -> None:
    books.given(transfer("10.00", on="2099-01-01"), limit("Assets:Cash", floor="0.00"), spend("10.00"))


def test_each_currency_and_each_account_has_limits_of_its_own(books: Books) -> None:
    books.given(OpenAccount("Assets:Cash:Till"), limit("Assets:Cash", floor="0.00"))
    books.given(spend("5.00", "USD"))
    books.given(post(debit("Expenses:Rent", "5.00"), credit("Assets:Cash:Till", "5.00")))
    assert told(books.refusal(spend("5.00")))[-1] == "0.00"


def test_the_first_account_of_the_transaction_beyond_its_limit_is_named(books: Books) -> None:
    books.given(limit("Assets:Cash", floor="0.00"), limit("Expenses:Rent", ceiling="3.00"))
    assert told(books.refusal(spend("5.00")))[1] == "ceiling"
    books.given(transfer("4.00"))
    assert told(books.refusal(spend("4.00"))) == ("limit_exceeded", "ceiling", "3.00", "EUR", "3.00")


def test_a_limit_and_a_balance_may_be_longer_than_an_amount(books: Books) -> None:
    most = "9" * 36 + ".99"
    books.given(limit("Assets:Cash", floor=f"-{most}", ceiling=most), transfer(most))
    assert told(books.refusal(transfer("0.01")))[-1] == "0.00"
    books.given(spend(most), spend(most))
    assert told(books.refusal(spend(most)))[-1] == "0.00"


def test_limits_that_cannot_be_are_refused(books: Books) -> None:
    def verdict(command: SetLimits) -> tuple[str, str | None]:
        refusal = books.refusal(command)
        return refusal.code, refusal.pointer

    assert verdict(limit("Assets:Cash", floor="1.00", ceiling="0.99")) == ("invalid", "#/floor")
    assert verdict(limit("Assets:Cash", floor="1.001")) == ("too_many_digits", "#/floor")
    assert verdict(limit("Assets:Cash", ceiling="1.001")) == ("too_many_digits", "#/ceiling")
    assert verdict(limit("Assets:Cash", ceiling="9" * 38)) == ("invalid_amount", "#/ceiling")
    assert verdict(limit("Assets:Cash", currency="QQQ")) == ("unknown_currency", "#/currency")
    assert verdict(dataclasses.replace(limit("Assets:Cash"), declares={})) == ("unknown_currency", "#/currency")
    assert verdict(limit("Assets:Nowhere", floor="0")) == ("not_found", None)
    books.given(OpenAccount("Assets:Euros", currencies=("EUR",)))
    assert verdict(limit("Assets:Euros", floor="0", currency="USD")) == ("currency_not_allowed", "#/currency")


def test_equal_limits_leave_one_balance(books: Books) -> None:
    books.given(limit("Assets:Cash", floor="0", ceiling="0"))
    assert told(books.refusal(transfer("0.01")))[1] == "ceiling"
    assert told(books.refusal(spend("0.01")))[1] == "floor"


def test_limits_stay_with_an_account_that_is_closed_or_takes_other_currencies(books: Books) -> None:
    books.given(limit("Assets:Cash", floor="0.00"), CloseAccount("Assets:Cash"))
    books.given(limit("Assets:Cash", floor="1.00"), UpdateAccount("Assets:Cash", currencies=("USD",)))
    assert books.state[LIMITS] == {(books.id("Assets:Cash"), "EUR"): Limits(100, None)}


# --- any books, against a plain model --------------------------------------------------------------------------------

NAMES = ("Assets:Cash", "Assets:Bank", "Income:Sales")
CODES = ("EUR", "JPY")
Key = tuple[str, str]
Move = Sequence[tuple[str, str, int]]
"""Account, currency and whole units of each posting."""


@st.composite
def moves(draw: st.DrawFn) -> Move:
    """A balanced transaction between a few accounts."""
    code = draw(st.sampled_from(CODES))
    lines = draw(st.lists(st.tuples(st.sampled_from(NAMES), st.integers(-60, 60)), min_size=1, max_size=4))
    rest = draw(st.sampled_from(NAMES)), -sum(units for _, units in lines)
    return [(name, code, units) for name, units in (*lines, rest)]


bounds = st.tuples(st.none() | st.integers(-150, 20), st.none() | st.integers(21, 150))
settings = st.tuples(st.sampled_from(NAMES), st.sampled_from(CODES), bounds)


def is_allowed(move: Move, balances: Counter[Key], limits: dict[Key, tuple[int | None, int | None]]) -> bool:
    """The rule, as it stands in the docs: towards a limit and beyond it is refused."""
    net: Counter[Key] = Counter()
    for name, code, units in move:
        net[name, code] += units
    for key, units in net.items():
        floor, ceiling = limits.get(key, (None, None))
        after = balances[key] + units
        if floor is not None and units < 0 and after < floor:
            return False
        if ceiling is not None and units > 0 and after > ceiling:
            return False
    return True


@given(st.lists(moves() | settings, max_size=40))
def test_what_is_refused_is_what_a_plain_model_refuses(steps: Sequence[object]) -> None:
    books = opened_books()
    balances: Counter[Key] = Counter()
    limits: dict[Key, tuple[int | None, int | None]] = {}
    for step in steps:
        if isinstance(step, tuple):
            name, code, found = step
            floor, ceiling = (None if each is None else str(each) for each in found)
            books.given(limit(name, floor=floor, ceiling=ceiling, currency=code))
            limits[name, code] = found
            continue
        move: Move = step  # type: ignore[assignment]
        order = post(*[debit(name, str(units), code) for name, code, units in move])
        if is_allowed(move, balances, limits):
            books.given(order)
            for name, code, units in move:
                balances[name, code] += units
        else:
            assert books.refusal(order).code == "limit_exceeded"
    for name, code in itertools.product(NAMES, CODES):
        if balances[name, code]:
            assert parse_amount(books.balance(name, code)).units == balances[name, code] * 10 ** SCALES[code]
