"""What the answers of many routes share."""

import datetime as dt
from collections.abc import Mapping
from typing import (
    NotRequired,  # pydantic needs these before Python 3.12
)

from typing_extensions import TypedDict

from ledger.accounts import AccountId
from ledger.codec import format_time


class AsOfOut(TypedDict):
    """What a read reflects."""

    size: int
    recorded_at: str | None
    effective: str | None


class FaultOut(TypedDict):
    """What is wrong at one place of a request."""

    pointer: str
    detail: str


class ProblemOut(TypedDict):
    """Why a request was refused (RFC 9457). Facts of the code are further members."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: NotRequired[str]
    index: NotRequired[int]
    errors: NotRequired[list[FaultOut]]


class SumOut(TypedDict):
    """An amount in a currency."""

    currency: str
    amount: str


ActorOut = TypedDict("ActorOut", {"type": str, "id": str, "for": NotRequired[str]})
Paths = Mapping[AccountId, str]
"""What accounts are called now; one whose name was erased is missing here and shows as its id."""


def find_path(paths: Paths, account: AccountId) -> str:
    """Return what to call an account."""
    return paths.get(account) or str(account)


def format_time_or_none(time: dt.datetime | None) -> str | None:
    """Return a time as RFC 3339, or null."""
    return None if time is None else format_time(time)
