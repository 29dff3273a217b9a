"""Amounts are exact: what was typed is what is kept, or it is refused; nothing is ever rounded."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.errors import InvalidAmount, InvalidField, TooManyDigits
from ledger.money import (
    DIGITS_MAX,
    SCALE_MAX,
    UNITS_MAX,
    Amount,
    format_units,
    parse_amount,
    require_currency,
    require_scale,
    rescale,
)

units = st.integers(-UNITS_MAX, UNITS_MAX)
scales = st.integers(0, SCALE_MAX)
amounts = st.builds(Amount, units, scales)


def test_the_longest_amount_has_38_digits() -> None:
    assert DIGITS_MAX == 38
    assert str(UNITS_MAX) == "9" * 38


# Reading.


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", Amount(0, 0)),
        ("5", Amount(5, 0)),
        ("12.50", Amount(1250, 2)),
        ("-12.50", Amount(-1250, 2)),
        ("0.001", Amount(1, 3)),
        ("-0.01", Amount(-1, 2)),
        ("007.50", Amount(750, 2)),
        ("9" * 38, Amount(UNITS_MAX, 0)),
        ("-" + "9" * 38, Amount(-UNITS_MAX, 0)),
        ("9" * 8 + "." + "9" * 30, Amount(UNITS_MAX, 30)),
        ("0." + "0" * 29 + "1", Amount(1, 30)),
    ],
)
def test_an_amount_is_read_with_the_digits_as_typed(text: str, amount: Amount) -> None:
    assert parse_amount(text) == amount


@pytest.mark.parametrize(("text", "scale"), [("-0", 0), ("-0.00", 2), ("-0.000", 3)])
def test_there_is_no_negative_zero(text: str, scale: int) -> None:
    assert parse_amount(text) == Amount(0, scale)
    assert str(parse_amount(text)) == str(parse_amount(text.removeprefix("-")))


@pytest.mark.parametrize("number", [5, 0, -1, 12.5, 0.0, float("inf"), True, None, Decimal("12.50"), b"12.50"])
def test_only_a_text_is_an_amount_because_a_number_may_have_lost_digits_already(number: Any) -> None:
    with pytest.raises(InvalidAmount, match="write it as a string") as caught:
        parse_amount(number)
    assert (caught.value.code, caught.value.amount) == ("invalid_amount", number)


@pytest.mark.parametrize(("value", "named"), [(["12.50"], "a list"), ([], "a list"), ({}, "an object")])
def test_a_list_or_an_object_instead_of_an_amount_is_named_and_not_repeated(value: Any, named: str) -> None:
    """It may be megabytes long."""
    with pytest.raises(InvalidAmount, match="write it as a string") as caught:
        parse_amount(value)
    assert (caught.value.code, caught.value.amount) == ("invalid_amount", named)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".",
        "1.",
        ".5",
        "-.5",
        "+1",
        "--1",
        "1-",
        " 1",
        "1 ",
        "1\n",
        "\t1",
        "1 000",
        "1,000.00",
        "12,50",
        "1'000",
        "1_000",
        "1e3",
        "1E-2",
        "0x10",
        "1.2.3",
        "NaN",
        "Infinity",
        "EUR 5",
        "5 €",
        "(5.00)",
        "−5.00",  # a minus sign that is not the hyphen of the keyboard
        "١",
        "٥.٠٠",
        "１２",
        "½",
        "1\u0000",
        "1" * 39,
        "0" * 39,
        "0." + "0" * 31,
        "1" * 9 + "." + "1" * 30,
        "1" * 10_000,
    ],
)
def test_anything_but_plain_digits_is_no_amount(text: str) -> None:
    with pytest.raises(InvalidAmount) as caught:
        parse_amount(text)
    assert caught.value.code == "invalid_amount"
    assert len(caught.value.detail) < 300, "a refusal does not repeat ten thousand digits"


@given(text=st.text(max_size=45) | st.text(alphabet="0123456789.-+e ", max_size=45))
def test_whatever_is_typed_is_read_exactly_or_refused(text: str) -> None:
    try:
        amount = parse_amount(text)
    except InvalidAmount:
        return
    assert text.isascii()
    assert abs(amount.units) <= UNITS_MAX
    assert Fraction(text) == Fraction(amount.units, 10**amount.scale)


# Writing.


@pytest.mark.parametrize(
    ("units", "scale", "text"),
    [
        (0, 0, "0"),
        (0, 2, "0.00"),
        (-5, 0, "-5"),
        (5, 2, "0.05"),
        (-5, 2, "-0.05"),
        (100, 2, "1.00"),
        (-123456, 3, "-123.456"),
        (1, 30, "0." + "0" * 29 + "1"),
        (10**60, 2, "1" + "0" * 58 + ".00"),
    ],
)
def test_an_amount_is_written_with_exactly_the_digits_of_its_scale(units: int, scale: int, text: str) -> None:
    assert format_units(units, scale) == text
    assert str(Amount(units, scale)) == text


@given(amount=amounts)
@example(amount=Amount(-UNITS_MAX, SCALE_MAX))
@example(amount=Amount(UNITS_MAX, 0))
def test_writing_and_reading_an_amount_changes_nothing(amount: Amount) -> None:
    assert parse_amount(str(amount)) == amount
    assert str(parse_amount(str(amount))) == str(amount)


@given(units=st.integers(), scale=scales)
def test_a_sum_of_any_length_is_written_without_plus_leading_zeros_or_negative_zero(units: int, scale: int) -> None:
    text = format_units(units, scale)
    whole, _, fraction = text.removeprefix("-").partition(".")
    assert len(fraction) == scale
    assert whole == "0" or not whole.startswith("0")
    assert text.startswith("-") is (units < 0)
    assert int(text.replace(".", "")) == units


# To the scale of a currency.


@given(amount=amounts, more=scales)
def test_fewer_digits_than_the_currency_has_are_the_same_amount(amount: Amount, more: int) -> None:
    scale = min(amount.scale + more, SCALE_MAX)
    try:
        settled = rescale(amount, scale, "EUR")
    except InvalidAmount:
        assert abs(amount.units) * 10 ** (scale - amount.scale) > UNITS_MAX
        return
    assert settled.scale == scale
    assert settled.units == amount.units * 10 ** (scale - amount.scale)
    assert abs(settled.units) <= UNITS_MAX


@pytest.mark.parametrize("typed", ["5.001", "5.000", "0.000", "-5.001"])
def test_more_digits_than_the_currency_has_are_refused_with_its_scale_even_if_they_are_zeros(typed: str) -> None:
    with pytest.raises(TooManyDigits) as caught:
        rescale(parse_amount(typed), 2, "EUR")
    refusal = caught.value
    assert refusal.code == "too_many_digits"
    assert refusal.facts == {"amount": typed, "currency": "EUR", "scale": 2}
    assert refusal.detail == f"{typed} has more decimal places than EUR allows (2)."


def test_an_amount_that_outgrows_38_digits_in_minor_units_is_refused() -> None:
    assert rescale(parse_amount("9" * 36), 2, "EUR") == Amount(int("9" * 36 + "00"), 2)
    with pytest.raises(InvalidAmount, match=r"minor units of EUR .* more than 38 digits"):
        rescale(parse_amount("1" + "0" * 36), 2, "EUR")
    with pytest.raises(InvalidAmount):
        rescale(parse_amount("-1" + "0" * 36), 2, "EUR")


# Currencies.


@pytest.mark.parametrize("code", ["EUR", "X", "BTC", "VACHR", "A1", "US-T.10_Y'24", "A" * 24])
def test_a_commodity_of_any_market_can_be_a_currency(code: str) -> None:
    require_currency(code)


@pytest.mark.parametrize(
    "code", ["", "eur", "Eur", "1A", "EUR ", " EUR", "EUR\n", "E R", "EUR-", "$", "€", "ÄUR", "A" * 25, "E\u0000R"]
)
def test_what_has_not_the_form_of_a_currency_code_is_refused(code: str) -> None:
    with pytest.raises(InvalidField, match="currency code") as caught:
        require_currency(code)
    assert caught.value.code == "invalid"


def test_a_currency_has_0_to_30_fraction_digits() -> None:
    require_scale(0)
    require_scale(30)
    for scale in (-1, 31):
        with pytest.raises(InvalidField, match="0 to 30 decimal places"):
            require_scale(scale)
