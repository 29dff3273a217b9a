"""ISO 4217's number of minor digits (the scale) of a currency, for the service's edges.

Promise: an answer is a fact of ISO 4217, or None: no default and no guess. A ledger declares the
scale of a currency in its own journal before the first use, so an upgrade of the library behind
this table never changes history; it can only offer another scale to the ledgers to come.

Cost: one or two dictionary look-ups; importing the library, which parses ISO's XML, takes 0.1 s.

Active codes come from the package `iso4217`, which carries ISO's list one (SIX Group, the
maintenance agency) unedited; no correction is applied to it. Where other published tables differ
they are about something else: Unicode CLDR gives the digits that are customary (0 for AFN, ALL,
IQD, IRR, KPW, LAK, LBP, MGA, MMK, RSD, SOS, SYP and YER), and calls the codes without a minor unit
2. ISO's "N.A." (metals, XDR, XTS, XXX, ...) is no amount of digits: None.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from iso4217 import Currency

# ISO's list three names withdrawn codes, but not their minor units. These are the digits that each
# code last had while ISO listed it, as carried by
# - older releases of `iso4217` (list one of 2014-03 to 2025-05): ANG BGN BYR CUC HRK LTL MRO SLL
#   STD VEF ZWL;
# - for the others OpenJDK 7 (CurrencyData.properties, amendment 140), made from the list that BSI
#   kept for ISO: it names those with 0 digits and calls the rest 2, where py-moneyed 3.0 agrees.
# BEF, BYB, GRD and LUF are 0 there, though tables that do not follow ISO count their hundredths.
# Left out: ROL (2 there, 0 elsewhere), and ECS and others that no list of ISO's which we have seen
# gives digits. Whoever needs a code that is not here, or more digits, declares it.
_WITHDRAWN_DIGITS = {
    0: "ADP BEF BYB BYR ESP GRD ITL LUF MGF PTE TPE TRL",
    2: "AFA ANG ATS AZM BGL BGN CSD CUC CYP DEM EEK FIM FRF GHC GWP HRK IEP LTL LVL MRO MTL MZM "
    "NLG RUR SDD SIT SKK SLL SRG STD TMM VEB VEF YUM ZMK ZWD ZWL ZWN",
}

WITHDRAWN_SCALES: Mapping[str, int] = MappingProxyType(
    {code: digits for digits, codes in _WITHDRAWN_DIGITS.items() for code in codes.split()}
)
"""Codes that ISO 4217 no longer lists, with the scale that they last had in it."""

ACTIVE_SCALES: Mapping[str, int] = MappingProxyType(
    {each.code: each.exponent for each in Currency if each.exponent is not None}
)
"""Codes that ISO 4217 lists today with a number of minor digits, 0 included."""


def find_iso_scale(code: str) -> int | None:
    """Return how many decimal digits ISO 4217 gives `code` (upper case); None where it gives none."""
    scale = ACTIVE_SCALES.get(code)
    return WITHDRAWN_SCALES.get(code) if scale is None else scale


def find_iso_scales(currencies: Iterable[str]) -> dict[str, int]:
    """Return the currencies that ISO 4217 knows, with their scales: what a first use may declare."""
    return {code: scale for code in currencies if (scale := find_iso_scale(code)) is not None}
