"""Every scale that the service takes from ISO 4217, spelled out and held against Unicode CLDR.

A release of `iso4217` that adds, withdraws or changes a code fails here by the code's name. A code
that it withdraws belongs into `WITHDRAWN_SCALES`; a scale that it changes needs a word in the
changelog, since ledgers that have declared the currency keep the old one.
"""

from collections.abc import Mapping

import pytest
from babel.numbers import get_currency_precision

from api.shapes.currencies import ACTIVE_SCALES, WITHDRAWN_SCALES, find_iso_scale

ACTIVE = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
    CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
    GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
    MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
    PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
    TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
WITHDRAWN = {
    0: "ADP BEF BYB BYR ESP GRD ITL LUF MGF PTE TPE TRL",
    2: """
    AFA ANG ATS AZM BGL BGN CSD CUC CYP DEM EEK FIM FRF GHC GWP HRK IEP LTL LVL MRO MTL MZM NLG RUR
    SDD SIT SKK SLL SRG STD TMM VEB VEF YUM ZMK ZWD ZWL ZWN
    """,
}
NO_MINOR_UNIT = "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX"

# CLDR gives the digits that people write, ISO those that banks record: ISO's, then CLDR's.
CLDR_DIFFERS = {
    "AFN": (2, 0),
    "ALL": (2, 0),
    "IQD": (3, 0),
    "IRR": (2, 0),
    "KPW": (2, 0),
    "LAK": (2, 0),
    "LBP": (2, 0),
    "MGA": (2, 0),  # an ariary is five iraimbilanja; ISO knows powers of ten only
    "MMK": (2, 0),
    "RSD": (2, 0),
    "SOS": (2, 0),
    "SYP": (2, 0),
    "YER": (2, 0),
}
CLDR_DIFFERS_ON_WITHDRAWN = {
    "MRO": (2, 0),
    "SLL": (2, 0),
    "STD": (2, 0),
    "TMM": (2, 0),
    "ZMK": (2, 0),
    "ZWD": (2, 0),
    # CLDR has no entry for these and calls whatever it does not know 2.
    "BEF": (0, 2),
    "BYB": (0, 2),
    "GRD": (0, 2),
    "PTE": (0, 2),
    "TPE": (0, 2),
}


def by_code(by_scale: Mapping[int, str]) -> dict[str, int]:
    return {code: scale for scale, codes in by_scale.items() for code in codes.split()}


def differences_from_cldr(scales: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    cldr = {code: get_currency_precision(code) for code in scales}
    return {code: (scale, cldr[code]) for code, scale in scales.items() if scale != cldr[code]}


def test_every_active_code_has_the_scale_that_iso_lists() -> None:
    assert dict(ACTIVE_SCALES) == by_code(ACTIVE)


def test_every_withdrawn_code_keeps_the_scale_that_it_had() -> None:
    assert dict(WITHDRAWN_SCALES) == by_code(WITHDRAWN)


def test_no_code_is_both_active_and_withdrawn() -> None:
    assert not ACTIVE_SCALES.keys() & WITHDRAWN_SCALES.keys()


def test_cldr_agrees_but_for_the_differences_that_we_know() -> None:
    assert differences_from_cldr(ACTIVE_SCALES) == CLDR_DIFFERS
    assert differences_from_cldr(WITHDRAWN_SCALES) == CLDR_DIFFERS_ON_WITHDRAWN


def test_the_answer_is_the_table() -> None:
    tables = {**WITHDRAWN_SCALES, **ACTIVE_SCALES}
    assert {code: find_iso_scale(code) for code in tables} == tables
    assert set(tables.values()) == {0, 2, 3, 4}
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in tables)


@pytest.mark.parametrize("code", NO_MINOR_UNIT.split())
def test_what_is_no_amount_of_digits_in_iso_has_no_scale(code: str) -> None:
    assert find_iso_scale(code) is None


@pytest.mark.parametrize("code", ["ECS", "ROL"])
def test_where_the_sources_disagree_no_scale_is_guessed(code: str) -> None:
    assert find_iso_scale(code) is None


@pytest.mark.parametrize("code", ["", "$", "usd", "Eur", "EURO", "EU", " EUR", "BTC", "ZZZ", "978"])
def test_what_iso_does_not_list_has_no_scale(code: str) -> None:
    assert find_iso_scale(code) is None


@pytest.mark.parametrize(
    ("code", "scale"),
    [
        ("CLF", 4),
        ("EUR", 2),
        ("HRK", 2),
        ("HUF", 2),
        ("ISK", 0),
        ("JPY", 0),
        ("KWD", 3),
        ("MGA", 2),
        ("MRU", 2),
        ("UGX", 0),
        ("UYW", 4),
        ("ITL", 0),
        ("DEM", 2),
    ],
)
def test_the_scales_that_programs_get_wrong(code: str, scale: int) -> None:
    assert find_iso_scale(code) == scale
