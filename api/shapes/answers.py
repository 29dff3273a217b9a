"""What callers get: the shapes of CONTRACT section 4, and the functions that fill them."""

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,  # pydantic needs these before Python 3.12
)

from pydantic import WithJsonSchema
from typing_extensions import TypedDict

from api.auth.sessions import User
from api.auth.tokens import ApiToken
from ledger.accounts import AccountId
from ledger.codec import encode, format_time
from ledger.decide import name_of
from ledger.journal import Ledger, Position, Receipt, Record
from ledger.members import Member
from ledger.money import format_units
from ledger.transactions import TransactionPosted
from projections.account_balances import Balance, ChartAccount


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
    """Why a request was refused (RFC 9457). The facts of its code are further members."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: NotRequired[str]
    index: NotRequired[int]
    errors: NotRequired[list[FaultOut]]


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
    """The last line of a stream of answers. Where it is missing, the stream was cut."""

    size: int
    accepted: int
    rejected: int


BulkLineOut = AcceptedOut | RejectedOut | BulkEndOut | ProblemOut
"""A line of a stream of answers; a problem where the stream had to end."""


class UserOut(TypedDict):
    """A user."""

    id: str
    username: str


class MemberOut(TypedDict):
    """A user's role in a ledger."""

    user: str
    username: str | None
    role: str
    until: str | None


class MembersOut(TypedDict):
    """All members of a ledger."""

    members: list[MemberOut]
    next: None


class TokenOut(TypedDict):
    """An API token."""

    id: str
    name: str
    user: str
    role: str
    created_at: str
    until: str | None
    token: NotRequired[str]


class TokensOut(TypedDict):
    """All API tokens that are not revoked."""

    tokens: list[TokenOut]
    next: None


class SumOut(TypedDict):
    """An amount in a currency."""

    currency: str
    amount: str


ActorOut = TypedDict("ActorOut", {"type": str, "id": str, "for": NotRequired[str]})


class TaxOut(TypedDict):
    """The tax code of a line, and the amount that the tax was computed from."""

    code: str
    base: NotRequired[str]


class QuantityOut(TypedDict):
    """How many of what."""

    amount: str
    unit: str


class DocumentOut(TypedDict):
    """The voucher behind a transaction."""

    ref: NotRequired[str]
    date: NotRequired[str]
    due: NotRequired[str]
    party: NotRequired[str]
    sha256: NotRequired[list[str]]


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


class SessionOut(TypedDict):
    """Who is signed in."""

    user: UserOut


class SignedInOut(SessionOut):
    """A new session: its token is in the cookie too."""

    token: str
    expires_at: str


class AboutOut(TypedDict):
    """What this service is, and where to go next."""

    name: str
    version: str
    docs: str
    redoc: str
    openapi: str
    problems: str
    health: str
    ready: str


class KindOut(TypedDict):
    """A kind of problem."""

    type: str
    code: str
    status: int
    title: str
    when: list[str]
    to_do: str
    facts: list[str]


class KindsOut(TypedDict):
    """All kinds of problems."""

    problems: list[KindOut]
    next: None


class HealthOut(TypedDict):
    """The service is there."""

    status: Literal["ok"]
    version: str


class LiveOut(TypedDict):
    """The process answers."""

    status: Literal["ok"]


class ReadyOut(TypedDict):
    """Whether the service is ready for work: `ok`, or the first of its troubles."""

    status: str
    troubles: list[str]


class InclusionOut(TypedDict):
    """A proof that a record is in a tree (RFC 9162 section 2.1.3). The leaf's sibling comes first."""

    position: int
    size: int
    leaf_hash: str
    root: str
    proof: list[str]


class ConsistencyOut(TypedDict):
    """A proof that one tree extends another (RFC 9162 section 2.1.4)."""

    from_size: int
    to_size: int
    from_root: str
    to_root: str
    proof: list[str]


class LedgerOut(TypedDict):
    """A ledger."""

    id: str
    uuid: str
    opened_as: NotRequired[str]
    """Of a ledger that was imported under another id, the id that it was opened with."""
    name: str | None
    owner: str
    role: str
    currency: str
    time_zone: str
    fiscal_year_start: str
    retention_years: int
    size: int
    root: str
    recorded_at: str | None


class CurrencyOut(TypedDict):
    """A currency of a ledger."""

    currency: str
    scale: int


class CurrenciesOut(TypedDict):
    """All currencies that a ledger has declared."""

    as_of: AsOfOut
    currencies: list[CurrencyOut]
    next: None


class LedgersOut(TypedDict):
    """A page of the caller's ledgers, in the order of their ids."""

    ledgers: list[LedgerOut]
    next: str | None


class AccountOut(TypedDict):
    """An account."""

    id: int
    path: str | None
    number: str | None
    label: str | None
    type: str
    normal: str
    role: str | None
    status: str
    currencies: list[str]
    metadata: dict[str, Any]


class AccountsOut(TypedDict):
    """A page of accounts, in the order of their paths."""

    as_of: AsOfOut
    accounts: list[AccountOut]
    next: str | None


class PostingOut(TypedDict):
    """One line of a transaction. Members that were not given are absent."""

    line: int
    account: str
    account_id: int
    amount: str
    currency: str
    text: NotRequired[str]
    dimensions: NotRequired[dict[str, str]]
    tax: NotRequired[TaxOut]
    original: NotRequired[SumOut]
    party: NotRequired[str]
    due: NotRequired[str]
    value_date: NotRequired[str]
    quantity: NotRequired[QuantityOut]


class TransactionOut(TypedDict):
    """A transaction."""

    id: str
    series: str
    number: int
    date: str
    recorded_at: str
    position: int
    kind: str
    description: str | None
    payee: NotRequired[str]
    notes: NotRequired[str]
    document: NotRequired[DocumentOut]
    postings: list[PostingOut]
    tags: list[str]
    metadata: dict[str, Any]
    imported: NotRequired[dict[str, Any]]
    reverses: str | None
    reversed_by: str | None
    actor: ActorOut
    memo_erased: bool


class TransactionsOut(TypedDict):
    """A page of transactions, newest first."""

    as_of: AsOfOut
    transactions: list[TransactionOut]
    next: str | None


class BalanceOut(TypedDict):
    """The balance of an account in a currency: debits less credits, unless `sign=natural` was asked for."""

    account: str
    account_id: int | None
    type: str
    normal: str
    currency: str
    debits: str
    credits: str
    balance: str


class BalancesOut(TypedDict):
    """A page of balances, in the order of account paths."""

    as_of: AsOfOut
    balances: list[BalanceOut]
    next: str | None


class LineOut(TypedDict):
    """One line of an account's register."""

    date: str
    position: int
    line: int
    transaction: str
    series: str
    number: int
    description: str | None
    counter_accounts: list[str]
    amount: str
    currency: str
    balance: str


class HeadlineOut(TypedDict):
    """The figures of a dashboard in the ledger's main currency: this month's, and what stands today."""

    net_worth: str
    cash: str
    income: str
    expenses: str
    savings: str
    upcoming_bills: str
    overdue_bills: str


class OtherHeadlineOut(HeadlineOut):
    """The same figures in another currency, which those in the main one do not include."""

    currency: str


class GroupOut(TypedDict):
    """The balance of the accounts of a group, the natural way round; the group is the second segment of their paths.
    Income and expenses count from the beginning of the books, less what was closed."""

    type: str
    group: str
    currency: str
    balance: str


class MonthOut(TypedDict):
    """What came in and went out in a month."""

    month: str
    currency: str
    income: str
    expenses: str
    savings: str


class CategoryOut(TypedDict):
    """Income or expenses of an account, this month and over twelve months."""

    type: str
    account: str
    account_id: int
    currency: str
    this_month: str
    twelve_months: str


class WorthOut(TypedDict):
    """Assets less liabilities at the end of a day."""

    date: str
    currency: str
    amount: str


class HoldingOut(TypedDict):
    """The balance of an account with the role `cash` or `bank`."""

    account: str
    account_id: int
    label: str | None
    role: str
    currency: str
    balance: str


class BillOut(TypedDict):
    """A bill, and what is still to be paid of it."""

    account: str
    account_id: int
    party: str | None
    due: str
    currency: str
    amount: str


class BillsOut(TypedDict):
    """What is due in the next 30 days, what was due before today, and the bills that are due first."""

    upcoming: list[SumOut]
    overdue: list[SumOut]
    next: list[BillOut]


class DashboardOut(TypedDict):
    """A ledger at a glance, as of today in its time zone. Nothing is converted: `complete` is false where there are
    figures in other currencies, which the headline does not include; `not_valued` lists them."""

    as_of: AsOfOut
    today: str
    currency: str
    headline: HeadlineOut
    complete: bool
    not_valued: list[OtherHeadlineOut]
    balances: list[GroupOut]
    months: list[MonthOut]
    categories: list[CategoryOut]
    net_worth: list[WorthOut]
    cash: list[HoldingOut]
    bills: BillsOut
    transactions: list[TransactionOut]


Figure = Annotated[Decimal, WithJsonSchema({"type": "number"})]
"""An amount as a JSON number, digit for digit: only the existing frontend gets these."""


class RecentOut(TypedDict):
    """A transaction as the existing frontend shows it: what came in is positive."""

    id: str
    date: str
    amount: Figure
    type: str
    description: str


class DashboardDataOut(TypedDict):
    """What the existing frontend shows."""

    account_balance: Figure
    upcoming_bills: Figure
    monthly_savings: Figure
    recent_transactions: list[RecentOut]
    account_name: str


class ChartOut(TypedDict):
    """A chart of accounts that a ledger can be opened with."""

    name: str
    title: str
    description: str
    accounts: int


class ChartsOut(TypedDict):
    """All charts of accounts."""

    charts: list[ChartOut]
    next: None


class RegisterOut(TypedDict):
    """A page of a register."""

    as_of: AsOfOut
    account: str
    account_id: int
    lines: list[LineOut]
    next: str | None


class EventOut(TypedDict):
    """A record of the log."""

    position: int
    id: str
    type: str
    schema: int
    recorded_at: str
    actor: ActorOut
    request: str | None
    command: str
    key: str | None
    data: dict[str, Any]
    memo: dict[str, Any] | None
    memo_erased_by: NotRequired[int]
    leaf_hash: str


class EventsOut(TypedDict):
    """A page of the log."""

    as_of: AsOfOut
    events: list[EventOut]
    size: int
    next: int | None


# --- filling ---------------------------------------------------------------------------------------------------------

Paths = Mapping[AccountId, str]
"""What accounts are called now; one whose name was erased is missing here and shows as its id."""


def path_of(paths: Paths, account: AccountId) -> str:
    """What to call an account."""
    return paths.get(account) or str(account)


def time_out(time: dt.datetime | None) -> str | None:
    """A time as RFC 3339, or null."""
    return None if time is None else format_time(time)


def receipt_out(receipt: Receipt) -> ReceiptOut:
    """The answer to a command."""
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
    name = name_of(receipt.event, receipt.position)
    return receipt.id if name is None else name


def ledger_out(ledger: Ledger, role: str) -> LedgerOut:
    """A ledger as its head row says."""
    settings = ledger.settings
    shape: LedgerOut = {
        "id": ledger.id,
        "uuid": ledger.uuid,
        "name": settings.name,
        "owner": settings.owner,
        "role": role,
        "currency": settings.currency,
        "time_zone": settings.time_zone,
        "fiscal_year_start": settings.fiscal_year_start,
        "retention_years": settings.retention_years,
        "size": ledger.head.size,
        "root": ledger.head.root.hex(),
        "recorded_at": time_out(ledger.head.recorded_at),
    }
    if ledger.opened_as is not None:
        shape["opened_as"] = ledger.opened_as
    return shape


def member_out(member: Member, user: User | None) -> MemberOut:
    """A member as the guards have it."""
    return {
        "user": member.user,
        "username": None if user is None else user.username,
        "role": str(member.role),
        "until": time_out(member.until),
    }


def token_out(token: ApiToken) -> TokenOut:
    """A token without its secret."""
    return {
        "id": token.id,
        "name": token.name,
        "user": token.user,
        "role": str(token.role),
        "created_at": format_time(token.created_at),
        "until": time_out(token.until),
    }


def account_out(account: ChartAccount) -> AccountOut:
    """An account as the chart has it."""
    return {
        "id": account.id,
        "path": account.path,
        "number": account.number,
        "label": account.label,
        "type": account.type,
        "normal": account.normal,
        "role": account.role,
        "status": account.status,
        "currencies": account.currencies,
        "metadata": account.metadata,
    }


def balance_out(balance: Balance, *, natural: bool) -> BalanceOut:
    """A balance; `natural` counts credit-normal accounts the other way round, so that they grow upwards too."""
    units = balance.debits - balance.credits
    if natural and balance.normal == "credit":
        units = -units
    return {
        "account": balance.path or str(balance.account),
        "account_id": balance.account,
        "type": balance.type,
        "normal": balance.normal,
        "currency": balance.currency,
        "debits": format_units(balance.debits, balance.scale),
        "credits": format_units(balance.credits, balance.scale),
        "balance": format_units(units, balance.scale),
    }


def transaction_out(record: Record, paths: Paths, reversed_by: str | None) -> TransactionOut:
    """A transaction from its record."""
    event = record.event
    assert isinstance(event, TransactionPosted)
    data, texts = encode(event)
    lines = texts.pop("lines", {})
    postings = [
        {"line": line, **posting, "account": path_of(paths, posting["account"]), "account_id": posting["account"]}
        | ({"text": lines[str(line)]} if str(line) in lines else {})
        for line, posting in enumerate(data["postings"])
    ]
    shape: Any = {
        "id": record.id,
        **data,
        "description": None,
        "tags": [],
        "metadata": {},
        "reverses": None,
        **({"reverses": event.reverses} if event.reverses else {}),
        **texts,
        "postings": postings,
        "reversed_by": reversed_by,
        "recorded_at": record.envelope["recorded_at"],
        "position": record.position,
        "actor": record.envelope["actor"],
        "memo_erased": record.memo_erased,
    }
    out: TransactionOut = shape
    return out


_EVENT_MEMBERS = ("position", "id", "type", "schema", "recorded_at", "actor", "request", "command", "key")


def event_line(record: Record, erased_by: Position | None = None) -> bytes:
    """A record as one line of JSON; `data` and `memo` are the stored bytes themselves. `erased_by`: the record that
    erased the memo."""
    members = {name: record.envelope[name] for name in _EVENT_MEMBERS}
    head = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
    memo = record.memo or (b"null" if erased_by is None else b'null,"memo_erased_by":%d' % erased_by)
    return b'%b,"data":%b,"memo":%b,"leaf_hash":"%b"}' % (
        head[:-1],
        record.data,
        memo,
        record.leaf_hash.hex().encode(),
    )
