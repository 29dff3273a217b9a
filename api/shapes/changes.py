"""What changed between two sizes of the log, as an answer has it."""

from typing_extensions import TypedDict

from api.shapes.answers import ActorOut, AsOfOut


class ByOut(TypedDict):
    """Who posted, and how many transactions."""

    actor: ActorOut
    transactions: int


class ChangeOut(TypedDict):
    """An account in a currency, before and after."""

    account: str
    account_id: int
    currency: str
    before: str
    debits: str
    credits: str
    after: str
    transactions: int
    by: list[ByOut]


class ChangesOut(TypedDict):
    """What changed between two sizes of the log."""

    as_of: AsOfOut
    from_size: int
    to_size: int
    events: dict[str, int]
    accounts: list[ChangeOut]
