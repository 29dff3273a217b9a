"""Currencies and exact amounts. The only place in the ledger that knows decimals.

An amount is an integer of minor units together with the number of fraction digits it is counted in: `12.50` is
`Amount(1250, 2)`. There are no floats and no rounding; a text that does not fit exactly is refused.
"""

import re
from typing import NamedTuple

from ledger.errors import InvalidAmount, InvalidField, TooManyDigits, shorten

DIGITS_MAX = 38
"""Digits of one amount, in minor units: NUMERIC(38, 0). Sums may be longer."""
SCALE_MAX = 30
UNITS_MAX = 10**DIGITS_MAX - 1

_AMOUNT = re.compile(r"-?[0-9]{1,38}(?:\.([0-9]{1,30}))?")
CURRENCY = r"[A-Z][A-Z0-9._'-]{0,22}[A-Z0-9]|[A-Z]"
"""How a currency's code is written."""
_CURRENCY = re.compile(CURRENCY)


class Amount(NamedTuple):
    """`units` minor units of 10**-`scale`. Two amounts of one currency in the books have the same scale."""

    units: int
    scale: int

    def __str__(self) -> str:
        return format_units(self.units, self.scale)


def parse_amount(text: object) -> Amount:
    """Read a decimal string such as `-12.50`, keeping the digits as typed.

    Raises InvalidAmount for anything else, JSON numbers included: a float has lost digits before it is seen.
    """
    if not isinstance(text, str):
        raise InvalidAmount(amount=shorten(text), trouble='write it as a string of digits, like "12.50"')
    match = _AMOUNT.fullmatch(text)
    if match is None:
        trouble = f"write at most {DIGITS_MAX} digits with an optional sign '-' and a point, like \"12.50\""
        raise InvalidAmount(amount=text[:60], trouble=trouble)
    fraction = match[1]
    if fraction is None:
        return Amount(int(text), 0)
    units = int(text.replace(".", ""))
    if abs(units) > UNITS_MAX:
        raise InvalidAmount(amount=text, trouble=f"it has more than {DIGITS_MAX} digits")
    return Amount(units, len(fraction))


def rescale(amount: Amount, scale: int, currency: str) -> Amount:
    """Return the same amount counted in `scale` fraction digits.

    Raises TooManyDigits when more digits were written than the currency has, even if they are zeros, and
    InvalidAmount when the minor units take more than 38 digits.
    """
    if amount.scale == scale:
        return amount
    if amount.scale > scale:
        raise TooManyDigits(amount=str(amount), currency=currency, scale=scale)
    units: int = amount.units * 10 ** (scale - amount.scale)
    if abs(units) > UNITS_MAX:
        trouble = f"in minor units of {currency} it has more than {DIGITS_MAX} digits"
        raise InvalidAmount(amount=str(amount), trouble=trouble)
    return Amount(units, scale)


def make_comparable(amount: Amount) -> int:
    """Return the amount as a number that equals that of the same amount written with other digits."""
    return amount.units * int(10 ** (SCALE_MAX - amount.scale))


def format_units(units: int, scale: int) -> str:
    """Return the decimal string with exactly `scale` fraction digits, no `+`, no leading zeros, never `-0`."""
    if scale == 0:
        return str(units)
    digits = str(abs(units)).rjust(scale + 1, "0")
    return f"{'-' if units < 0 else ''}{digits[:-scale]}.{digits[-scale:]}"


def require_currency(code: str) -> None:
    """Raise InvalidField unless `code` has the form of a currency code; it need not be known."""
    if _CURRENCY.fullmatch(code) is None:
        raise InvalidField(trouble=f"{code[:40]!r} does not have the form of a currency code, like EUR or VACHR")


def require_scale(scale: int) -> None:
    """Raise InvalidField unless 0 <= scale <= 30."""
    if not 0 <= scale <= SCALE_MAX:
        raise InvalidField(trouble=f"a currency has 0 to {SCALE_MAX} decimal places, not {scale}")
