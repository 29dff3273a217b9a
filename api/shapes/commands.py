"""Commands as `POST /commands` takes them, and the answers to commands: one, many, or line by line."""

from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,  # pydantic needs these before Python 3.12
    get_args,
)

from pydantic import Field, StrictBool, TypeAdapter
from typing_extensions import TypedDict

from api.controls.shapes import SetLimitsCommand
from api.shapes.accounts import AccountMembers, Currencies
from api.shapes.answers import FaultOut, ProblemOut
from api.shapes.ledgers import CurrencyIn, LedgerPatch
from api.shapes.transactions import POSTING, ReversalIn, TransactionIn
from api.shapes.values import AccountName, AccountNumber, Body, Code, CommandBody, Metadata, Name, Path
from ledger.accounts import AccountType, Role
from ledger.books.accounts import UNSET, CloseAccount, OpenAccount, RenameAccount, ReopenAccount, UpdateAccount
from ledger.books.transactions import ReverseTransaction
from ledger.codec import format_time
from ledger.controls.limits import LimitExceeded
from ledger.decide import find_name
from ledger.errors import (
    AccountExists,
    AccountIsClosed,
    AccountIsOpen,
    AccountNotEmpty,
    AccountTypeNeeded,
    AlreadyReversed,
    CurrencyExists,
    InvalidDate,
    InvalidPath,
    LedgerInUse,
    NumberExists,
    UnknownCurrency,
)
from ledger.journal import Receipt
from ledger.slices import Command
from ledger.transactions import TransactionPosted


class PostTransactionIn(TransactionIn, CommandBody):
    """Post a transaction."""

    REFUSALS = (*POSTING, LimitExceeded)
    type: Literal["post_transaction"]


class ReverseTransactionIn(ReversalIn, CommandBody):
    """Reverse the transaction with this id."""

    REFUSALS = (AlreadyReversed, AccountIsClosed, InvalidDate, LimitExceeded)
    type: Literal["reverse_transaction"]
    transaction: Code

    def to_command(self) -> ReverseTransaction:  # type: ignore[override]
        return ReversalIn.to_command(self, self.transaction)


class OpenAccountIn(AccountMembers, CommandBody):
    """Open an account; its type is `account_type` here."""

    REFUSALS = (InvalidPath, AccountTypeNeeded, AccountExists, NumberExists)
    type: Literal["open_account"]
    account_type: AccountType | None = None

    def to_command(self) -> OpenAccount:
        return self.to_open(self.account_type)


class RenameAccountIn(CommandBody):
    """Give an account other names."""

    REFUSALS = (InvalidPath, AccountExists, NumberExists)
    type: Literal["rename_account"]
    account: AccountName
    path: Path | None = None
    number: AccountNumber | None = None
    label: Name | None = None

    def to_command(self) -> RenameAccount:
        return RenameAccount(self.account, self.path, self.number, self.label)


class UpdateAccountIn(CommandBody):
    """Change an account's role, currencies or metadata."""

    type: Literal["update_account"]
    account: AccountName
    role: Role | None = None
    currencies: Currencies | None = None
    metadata: Metadata | None = None

    def to_command(self) -> UpdateAccount:
        return UpdateAccount(
            self.account,
            role=self.role if "role" in self.model_fields_set else UNSET,
            currencies=UNSET if self.currencies is None else tuple(self.currencies),
            metadata=self.metadata,
        )


class CloseAccountIn(CommandBody):
    """Close an account."""

    REFUSALS = (AccountNotEmpty, AccountIsClosed)
    type: Literal["close_account"]
    account: AccountName

    def to_command(self) -> CloseAccount:
        return CloseAccount(self.account)


class ReopenAccountIn(CommandBody):
    """Reopen an account."""

    REFUSALS = (AccountIsOpen,)
    type: Literal["reopen_account"]
    account: AccountName

    def to_command(self) -> ReopenAccount:
        return ReopenAccount(self.account)


class DeclareCurrencyIn(CurrencyIn, CommandBody):
    """Declare a currency."""

    REFUSALS = (CurrencyExists,)
    type: Literal["declare_currency"]


class UpdateLedgerIn(LedgerPatch, CommandBody):
    """Change the ledger's own settings."""

    REFUSALS = (LedgerInUse, UnknownCurrency)
    type: Literal["update_ledger"]


AnyCommand = (
    PostTransactionIn
    | ReverseTransactionIn
    | OpenAccountIn
    | RenameAccountIn
    | UpdateAccountIn
    | CloseAccountIn
    | ReopenAccountIn
    | DeclareCurrencyIn
    | UpdateLedgerIn
    | SetLimitsCommand
)
"""The list of commands that a bulk takes, one line each."""
CommandIn = Annotated[AnyCommand, Field(discriminator="type")]
REFUSALS = tuple(refusal for body in get_args(AnyCommand) for refusal in body.REFUSALS)
"""What one of many commands may be refused with."""
command_adapter: TypeAdapter[CommandIn] = TypeAdapter(CommandIn)


def read_keyed_command(body: Any) -> tuple[Command, str | None]:
    """Return a command of a bulk and its idempotency key, unchecked, from a value out of `parse_json`.

    Raises ValidationError and Rejected.
    """
    read = command_adapter.validate_python(body)
    return read.to_command(), read.key


class BulkIn(Body):
    """Commands, done in this order. `atomic`: all or none."""

    commands: list[Any]
    atomic: StrictBool = False


class BulkShape(Body):
    """Many commands. Each one is read, and accepted or refused, separately."""

    commands: list[CommandIn]
    atomic: StrictBool = False


class ReceiptOut(TypedDict):
    """The answer to an accepted command."""

    id: str | int
    series: NotRequired[str]
    number: NotRequired[int]
    position: int
    size: int
    recorded_at: str


class AcceptedOut(TypedDict):
    """The answer to a command of a bulk that was accepted."""

    index: int
    status: Literal[201]
    id: str | int
    series: NotRequired[str]
    number: NotRequired[int]
    position: int
    size: int
    recorded_at: str
    replayed: bool


class RejectedOut(TypedDict):
    """The answer to a command of a bulk that was refused: a problem, with its facts as further members."""

    index: int
    status: int
    code: str
    detail: str
    errors: list[FaultOut]


class BulkOut(TypedDict):
    """The answers to many commands, in the order sent."""

    size: int
    accepted: int
    rejected: int
    results: list[AcceptedOut | RejectedOut]


class BulkEndOut(TypedDict):
    """The last line of a stream of answers. If it is missing, the stream was cut."""

    size: int
    accepted: int
    rejected: int


BulkLineOut = AcceptedOut | RejectedOut | BulkEndOut | ProblemOut
"""A line of a stream of answers; a problem where the stream had to end."""


def make_receipt(receipt: Receipt) -> ReceiptOut:
    """Return the answer to a command."""
    answer: ReceiptOut = {
        "id": _named(receipt),
        "position": receipt.position,
        "size": receipt.size,
        "recorded_at": format_time(receipt.recorded_at),
    }
    if isinstance(receipt.event, TransactionPosted):
        answer["series"] = receipt.event.series
        answer["number"] = receipt.event.number
    return answer


def _named(receipt: Receipt) -> str | int:
    """Return the name of what a command made or changed: a ledger's id, an account's, else the record's UUID."""
    name = find_name(receipt.event, receipt.position)
    return receipt.id if name is None else name
