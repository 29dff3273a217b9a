"""The words of the OpenAPI document: names of shapes, what each member means, and how its text is written.

A member is described once by its name, and again by `Shape.member` if it means something else there. A test fails if a
member has no words, or if words have no member.
"""

from dataclasses import dataclass, field
from typing import Any

from ledger.accounts import AccountStatus, AccountType, Role, Side
from ledger.members import MemberRole
from ledger.money import CURRENCY
from ledger.transactions import Kind

TAGS = {
    "health": "Whether the service runs and is ready for work.",
    "sign-in": "Register, sign in and sign out. Send the session's token as a cookie or as a bearer token.",
    "frontend": "Routes for the existing frontend, with the answers that it expects.",
    "ledgers": "Ledgers, their settings and their currencies.",
    "roles": "Roles of users in a ledger, and API tokens for programs.",
    "accounts": "The chart of accounts: open, rename, close and reopen accounts.",
    "transactions": "Post, find, read and reverse transactions, erase their texts, send many commands at once.",
    "balances": "Balances and registers, on any date, as known at any size of the log.",
    "dashboard": "A ledger at a glance.",
    "charts": "The charts of accounts that a ledger can be opened with.",
    "reports": "Trial balance, balance sheet, income statement, cash flow and changes.",
    "events": "The log itself: in pages, as lines of JSON, or as a stream of new records.",
    "log": "How outsiders check the log: signed checkpoints, tiles and proofs (RFC 9162, C2SP).",
    "about": "What this service is, and what its errors mean.",
}

SHAPES = {
    "Actor": "Who did something.",
    "TrialBalance": "A trial balance: every account that was used, with opening, debits, credits and balance.",
    "IncomeStatement": "Income, expenses and result of a period.",
    "CashFlow": "Where cash came from and went to in a period.",
    "Command": "A command of a bulk.",
    "AccountType": "The five classes of account.",
    "AccountRole": "What an account is for: reports and pages use it.",
    "AccountStatus": "Whether an account accepts postings.",
    "Side": "Debit or credit.",
    "MemberRole": "The role of a user in a ledger.",
    "TransactionKind": "The kind of a transaction. Reports leave out some kinds.",
}
"""Descriptions of shapes that have no docstring, or none when the core is compiled."""

NAMES = {
    "TransactionIn": "PostTransaction",
    "PostingIn": "PostingInput",
    "TaxIn": "TaxInput",
    "MoneyIn": "MoneyInput",
    "QuantityIn": "QuantityInput",
    "DocumentIn": "DocumentInput",
    "ReversalIn": "ReverseTransaction",
    "ErasureIn": "EraseTexts",
    "AccountIn": "OpenAccount",
    "AccountPatch": "UpdateAccount",
    "LedgerIn": "OpenLedger",
    "LedgerPatch": "UpdateLedger",
    "CurrencyIn": "DeclareCurrency",
    "MemberIn": "GrantRole",
    "TokenIn": "CreateToken",
    "BulkShape": "PostCommands",
    "Nothing": "Empty",
    "PostTransactionIn": "PostTransactionCommand",
    "ReverseTransactionIn": "ReverseTransactionCommand",
    "OpenAccountIn": "OpenAccountCommand",
    "RenameAccountIn": "RenameAccountCommand",
    "UpdateAccountIn": "UpdateAccountCommand",
    "CloseAccountIn": "CloseAccountCommand",
    "ReopenAccountIn": "ReopenAccountCommand",
    "DeclareCurrencyIn": "DeclareCurrencyCommand",
    "UpdateLedgerIn": "UpdateLedgerCommand",
    "Kind": "TransactionKind",
    "Role": "AccountRole",
    "BulkOut": "BulkAnswer",
    "LineOut": "RegisterLine",
    "ByOut": "PostedBy",
    "GroupOut": "GroupBalance",
    "MonthOut": "MonthFigures",
    "CategoryOut": "CategoryFigures",
    "RecentOut": "RecentTransaction",
    "RefreshedOut": "RefreshedSession",
    "LoggedOutOut": "LoggedOut",
    "FaultOut": "Fault",
    "KindOut": "ProblemKind",
    "KindsOut": "ProblemKindList",
    "AccountsOut": "AccountList",
    "TransactionsOut": "TransactionList",
    "BalancesOut": "BalanceList",
    "LedgersOut": "LedgerList",
    "MembersOut": "MemberList",
    "TokensOut": "TokenList",
    "CurrenciesOut": "CurrencyList",
    "ChartsOut": "ChartList",
    "EventsOut": "EventList",
}
"""Names of shapes that differ from the name of their class without `Out`. The name of a list differs from that of its
member with the entries, because a generator would make one variable of both."""

ENUMS: dict[str, type] = {
    "AccountType": AccountType,
    "AccountRole": Role,
    "AccountStatus": AccountStatus,
    "Side": Side,
    "MemberRole": MemberRole,
    "TransactionKind": Kind,
}
"""Closed lists of values that members of answers use."""


@dataclass(frozen=True, slots=True)
class Word:
    """The meaning of a member, and the form of its text or number."""

    meaning: str
    written: dict[str, Any] = field(default_factory=dict)
    among: str | None = None
    """The name of the closed list of its values."""


def _word(meaning: str, *, among: str | None = None, **written: Any) -> Word:
    return Word(meaning, written, among)


def _amount(meaning: str) -> Word:
    return Word(meaning, {"pattern": r"^-?[0-9]+(\.[0-9]+)?$", "examples": ["12.50"]})


def _given(meaning: str, sign: str = "-?", **written: Any) -> Word:
    return Word(meaning, {"pattern": rf"^{sign}[0-9]{{1,38}}(\.[0-9]{{1,30}})?$", **written})


def _currency(meaning: str) -> Word:
    return Word(meaning, {"pattern": f"^({CURRENCY})$", "examples": ["EUR"]})


def _date(meaning: str) -> Word:
    return Word(meaning, {"format": "date", "examples": ["2026-01-31"]})


def _time(meaning: str) -> Word:
    return Word(meaning, {"format": "date-time", "examples": ["2026-01-31T12:00:00.000000Z"]})


def _until(meaning: str) -> Word:
    return Word(meaning, {"format": "date-time", "examples": ["2099-12-31T23:59:59Z"]})


def _size(meaning: str) -> Word:
    return Word(meaning, {"minimum": 0, "examples": [61]})


def _uuid(meaning: str) -> Word:
    return Word(meaning, {"format": "uuid"})


def _hash(meaning: str) -> Word:
    return Word(meaning, {"pattern": "^[0-9a-f]{64}$"})


_ACCOUNT = "The account, by its path, by `#NUMBER`, or by its id as an integer."

WORDS: dict[str, Word] = {
    "accepted": _size("How many commands were accepted."),
    "account": _word("The account's path; its id if the path was erased.", examples=["Assets:Bank"]),
    "account_balance": _word("The balance of the accounts with the role `cash` or `bank`, in the main currency."),
    "account_id": _word("The account's id, which never changes.", examples=[1]),
    "account_name": _word("The name that the page shows: the user's name and `'s Account`."),
    "account_type": _word("The type of the account. Default: the type that the first part of the path names."),
    "accounts": _word("The accounts."),
    "activity": _word("The kind of activity: `operating`, `investing`, `financing`, or `exchange` between currencies."),
    "actor": _word("Who did it."),
    "after": _amount("The balance after the change, debit positive."),
    "allowed": _word("What is allowed instead."),
    "amount": _amount("The amount. Debit is positive, credit negative."),
    "applied": _size("The size that the read model reflects so far."),
    "as_of": _word("What the answer reflects."),
    "asked": _size("The size that was asked for."),
    "assets": _amount("The sum of the assets."),
    "atomic": _word("Accept all commands or none. The answer is then the first refusal, and nothing is written."),
    "balance": _amount("Debits minus credits: a debit balance is positive."),
    "balanced": _word("Whether the report adds up in every currency."),
    "balances": _word("The balances, one for each account and currency."),
    "base": _amount("The amount from which the tax was computed."),
    "basis": _word("The legal basis. It stays in the log for ever, so do not write personal data."),
    "before": _amount("The balance before the change, debit positive."),
    "bills": _word("Bills that are due soon or overdue."),
    "by": _word("Who posted to the account, and how many transactions."),
    "cash": _word("The accounts with the role `cash` or `bank`."),
    "categories": _word("Income and expenses by account, this month and over twelve months."),
    "chart": _word("The chart of accounts to begin with: a name from `GET /api/charts`.", examples=["personal"]),
    "charts": _word("The charts of accounts."),
    "closing": _amount("The balance at the end of the period."),
    "code": _word("The code of the problem, which never changes its meaning. Programs should act on it."),
    "coding": _word("The content coding that was sent."),
    "command": _uuid("The id of the command that wrote the record: the id of its first record."),
    "commands": _word("The commands. They are executed in this order."),
    "complete": _word("Whether the totals in the ledger's own currency include everything."),
    "counter_accounts": _word("The accounts on the other side of the transaction."),
    "created_at": _time("When it was created."),
    "credit": _given("The amount to credit, instead of a negative `amount`.", sign=""),
    "credit_balances": _amount("The sum of the balances on the credit side."),
    "credits": _amount("The sum of the credits."),
    "currencies": _word("The only currencies that the account takes; empty: all."),
    "currency": _currency("The currency: an ISO 4217 code, or one that the ledger has declared."),
    "data": _word("The facts of the event, as canonical JSON (RFC 8785)."),
    "date": _date("The day on which it happened."),
    "debit": _given("The amount to debit, instead of a positive `amount`.", sign=""),
    "debit_balances": _amount("The sum of the balances on the debit side."),
    "debits": _amount("The sum of the debits."),
    "description": _word("What it was for."),
    "detail": _word("What is wrong, in a sentence."),
    "difference": _amount("The difference. If it is not zero, the report does not add up."),
    "dimensions": _word("Codes for your own analysis, by name, such as a cost centre."),
    "document": _word("The voucher behind the transaction."),
    "due": _date("The due date."),
    "effective": _date("The last date that is included; null: no limit."),
    "equity": _amount("The equity, with the results that are not closed yet."),
    "errors": _word("What is wrong at which place of the request. Empty or absent if no place is wrong."),
    "events": _word("The records, in the order of their positions."),
    "exchange": _amount("Cash flow from exchanges between currencies."),
    "expenses": _amount("The expenses."),
    "expires_at": _time("When the session ends. A use may extend it."),
    "fields": _size("The largest number of header fields."),
    "financing": _amount("Cash flow from financing activities."),
    "fiscal_year_start": _word("Month and day on which the fiscal year begins.", examples=["01-01"]),
    "for": _word("The id of the user for whom it was done."),
    "force": _word("Erase the texts although the retention period has not ended."),
    "from": _date("The first date of the period; null: no limit."),
    "from_root": _hash("The root of the smaller tree, in hexadecimal."),
    "from_size": _size("The smaller size."),
    "group": _word("The second part of the paths of its accounts."),
    "headline": _word("The main figures in the ledger's main currency."),
    "id": _uuid("The id."),
    "imported": _word("Members of an imported line that this service does not know."),
    "income": _amount("The income."),
    "index": _size("The place of the command in the request, from 0."),
    "invalidated_count": _size("How many sessions ended."),
    "investing": _amount("Cash flow from investing activities."),
    "item": _word("`account`, or the kind of result that the line shows."),
    "key": _word("The idempotency key, if there was one."),
    "kind": _word("The kind of the transaction.", among="TransactionKind"),
    "known": _word("The query parameters that the route takes."),
    "label": _word("A text shown beside the account's path."),
    "leaf_hash": _hash("The record's leaf in the Merkle tree (RFC 9162), in hexadecimal."),
    "least": _size("The smallest number that is allowed."),
    "ledgers": _word("The ledgers."),
    "liabilities": _amount("The sum of the liabilities."),
    "line": _size("The place of the line in the transaction, from 0."),
    "lines": _word("The lines."),
    "members": _word("The members of the ledger."),
    "memo": _word("The texts of the event, as canonical JSON; null: there are none, or they were erased."),
    "memo_erased": _word("Whether the transaction's texts were erased."),
    "memo_erased_by": _size("The position of the record that erased the texts."),
    "message": _word("What was done, in a sentence."),
    "metadata": _word("A JSON object of your own, with at most 16,384 bytes."),
    "month": _word("The month.", pattern="^[0-9]{4}-[0-9]{2}$", examples=["2026-01"]),
    "monthly_savings": _word("This month's income minus its expenses, in the main currency."),
    "months": _word("Income and expenses month by month."),
    "most": _size("The largest number that is allowed."),
    "movement": _amount("Debits minus credits of the period."),
    "name": _word("The name."),
    "nearest": _word("The most similar known name; null: no name is similar."),
    "net_worth": _amount("Assets minus liabilities."),
    "next": _word("Send it as `cursor` to get the next page; null: this is the last page."),
    "normal": _word("The side on which the account grows.", among="Side"),
    "not_valued": _word("Amounts in other currencies. The totals do not include them."),
    "notes": _word("Longer notes."),
    "number": _word("The account's number.", examples=["1200"]),
    "octets": _size("The largest number of bytes of all header fields."),
    "opening": _amount("The balance before the period."),
    "operating": _amount("Cash flow from operating activities."),
    "origin": _word("The origin that the request names; null: it names none."),
    "original": _word("The amount in the currency of the voucher, before it was converted."),
    "overdue": _word("Bills that were due before today and are not paid, by currency."),
    "overdue_bills": _amount("The sum of bills that were due before today and are not paid."),
    "paid": _amount("The cash that was paid."),
    "party": _word("The code of the customer or supplier."),
    "password": _word("The password: 6 to 255 characters for a new user.", format="password"),
    "path": _word("The account's path, with `:` between its parts.", examples=["Assets:Bank"]),
    "payee": _word("The person or company on the other side, as text."),
    "pointer": _word(
        "The place: a JSON pointer into the body, like `#/postings/0/amount`, or a query parameter, like `?limit`."
    ),
    "position": _size("The place of the record in the log, from 0."),
    "postings": _word("The lines of the transaction. They sum to zero in every currency."),
    "projection": _word("The read model.", examples=["account_balances"]),
    "proof": _word("The hashes of the proof, in hexadecimal."),
    "quantity": _word("How many of which unit."),
    "received": _amount("The cash that was received."),
    "recent_transactions": _word("The five newest transactions."),
    "recorded_at": _time("When the record was written."),
    "ref": _word("The number of the voucher.", examples=["2026-017"]),
    "rejected": _size("How many commands were refused."),
    "replayed": _word("Whether the same command was accepted before with this key. Then nothing was written now."),
    "request": _uuid("The id of the request that wrote the record; null: no request wrote it."),
    "request_id": _uuid("The id of the request, as in `X-Request-Id` and in the operator's log."),
    "result": _amount("Income minus expenses."),
    "results": _word("One answer for each command, in the order sent."),
    "retention_years": _word("How many years the books are kept after the fiscal year ends."),
    "retry_after_seconds": _size("Seconds to wait before the next attempt."),
    "reversed_by": _uuid("The transaction that reverses this one; null: none."),
    "reverses": _uuid("The transaction that this one reverses; null: none."),
    "role": _word("The role of the user in the ledger.", among="MemberRole"),
    "root": _hash("The root of the Merkle tree over the whole log, in hexadecimal."),
    "savings": _amount("Income minus expenses."),
    "scale": _word("How many decimal places the currency has.", minimum=0, maximum=30, examples=[2]),
    "schema": _word("The version of the event's shape.", minimum=1),
    "section": _word("The part of the report to which the line belongs."),
    "series": _word("The series of the transaction's number.", examples=["A"]),
    "setting": _word("The setting that the operator can change."),
    "sha256": _word("The SHA-256 of each file of the voucher, in hexadecimal."),
    "size": _size("The number of records in the log."),
    "success": _word("Always true."),
    "tags": _word("Short words of your own."),
    "tax": _word("The tax code of the line."),
    "text": _word("A text about this line."),
    "this_month": _amount("The amount of this month."),
    "time": _word("The time that was sent."),
    "time_zone": _word("The time zone of the IANA database that says when a day begins.", examples=["Europe/Berlin"]),
    "title": _word("The title."),
    "to": _date("The last date of the period; null: no limit."),
    "to_root": _hash("The root of the larger tree, in hexadecimal."),
    "to_size": _size("The larger size."),
    "today": _date("Today in the ledger's time zone."),
    "token": _word("The secret token. Send it as `Authorization: Bearer`."),
    "tokens": _word("The API tokens."),
    "totals": _word("The totals, one for each currency."),
    "transaction": _uuid("The transaction's id."),
    "transactions": _word("The transactions."),
    "trouble": _word("What is wrong with the value."),
    "twelve_months": _amount("The amount of the last twelve months, with this one."),
    "type": _word("The type of the account.", among="AccountType"),
    "unit": _word("The unit.", examples=["h"]),
    "until": _time("When it ends; null: it has no end."),
    "upcoming": _word("Bills that are due in the next 30 days, by currency."),
    "upcoming_bills": _amount("The sum of bills that are due in the next 30 days."),
    "user": _word("The user."),
    "user_id": _word("The user's id."),
    "username": _word("The user's name.", examples=["ann"]),
    "uuid": _uuid("The ledger's UUID, which never changes."),
    "value_date": _date("The day from which the bank counts the amount."),
    "version": _word("The version of the service.", examples=["0.1.0"]),
    "what": _word("The kind of thing that the problem is about."),
    "year": _date("The first day of the fiscal year of the report date; null: nothing was posted."),
    "About.docs": _word("A page where you can try the API."),
    "About.health": _word("The path that says whether the service runs."),
    "About.name": _word("The name of the service."),
    "About.openapi": _word("The path of the OpenAPI document."),
    "About.problems": _word("The list of all kinds of problems."),
    "About.ready": _word("The path that says whether the service is ready for work."),
    "About.redoc": _word("A page that describes the API."),
    "ProblemKind.code": _word("The code.", examples=["unbalanced"]),
    "ProblemKind.facts": _word("Members of the document that only this kind has."),
    "ProblemKind.status": _word("The HTTP status.", minimum=400, maximum=599),
    "ProblemKind.title": _word("The title."),
    "ProblemKind.to_do": _word("What to do about it."),
    "ProblemKind.type": _word("The page of this kind, and the `type` of its documents."),
    "ProblemKind.when": _word("When it happens. Words in capitals stand for facts."),
    "ProblemKindList.next": _word("Always null: all kinds are on one page."),
    "ProblemKindList.problems": _word("The kinds of problems, in the order of their statuses."),
    "Account.currencies": _word("The only currencies that the account takes; empty: all."),
    "Account.id": _word("The account's id, which never changes.", examples=[1]),
    "Account.number": _word("The account's number; null: it has none.", examples=["1200"]),
    "Account.path": _word("The account's path; null: it was erased.", examples=["Assets:Bank"]),
    "Account.role": _word("What the account is for; null: no role.", among="AccountRole"),
    "Account.status": _word("Whether the account is open.", among="AccountStatus"),
    "Accepted.id": _word("The id of the thing that the command made or changed. The id of an account is an integer."),
    "Accepted.number": _word("The transaction's number: 1, 2, 3, … in its series and fiscal year.", minimum=1),
    "Accepted.status": _word("The HTTP status that this command would get in a request of its own."),
    "Actor.id": _word("The id of the user, of the token, or of the part of the service."),
    "Actor.type": _word("`user`, `token`, `cli` or `system`."),
    "Bill.amount": _amount("The amount that is still to be paid."),
    "CashLine.role": _word("`cash` or `bank`.", among="AccountRole"),
    "CategoryFigures.type": _word("`income` or `expense`.", among="AccountType"),
    "Change.transactions": _size("How many transactions changed the account."),
    "Changes.accounts": _word("The accounts that changed, one entry for each currency."),
    "Changes.events": _word("How many records of each type there are between the two sizes."),
    "Chart.accounts": _size("How many accounts the chart has."),
    "Chart.description": _word("Who the chart is for."),
    "Chart.name": _word("The name to send when you open a ledger.", examples=["personal"]),
    "ChartList.next": _word("Always null: all charts are on one page."),
    "CurrencyList.currencies": _word("The currencies and their scales."),
    "CurrencyList.next": _word("Always null: all currencies are on one page."),
    "Bills.next": _word("The bills that are due first, at most 20."),
    "Dashboard.balances": _word(
        "Balances by group of accounts. Each is positive on the side on which its accounts grow."
    ),
    "Dashboard.cash": _word("The balances of the accounts with the role `cash` or `bank`."),
    "Dashboard.net_worth": _word("Net worth at the end of each month, and today."),
    "Dashboard.not_valued": _word("The main figures in the other currencies."),
    "Dashboard.transactions": _word("The newest transactions."),
    "DashboardData.upcoming_bills": _word("The sum of bills that are due in the next 30 days, in the main currency."),
    "Event.actor": _word("Who did it."),
    "Event.id": _uuid("The record's id."),
    "Event.type": _word("The type of the event.", examples=["TransactionPosted"]),
    "EventList.next": _word("The first position of the next page: send it as `start`. Null: this is the last page."),
    "Fault.detail": _word("What is wrong there."),
    "FlowLine.amount": _amount("The cash received minus the cash paid."),
    "GroupBalance.balance": _amount("The balance, positive on the side on which the accounts grow."),
    "Headline.cash": _amount("The balance of the accounts with the role `cash` or `bank`."),
    "OtherHeadline.cash": _amount("The balance of the accounts with the role `cash` or `bank`."),
    "Health.status": _word("Always `ok`."),
    "Holding.role": _word("`cash` or `bank`.", among="AccountRole"),
    "IncomeLine.amount": _amount("The income or the expense of the period."),
    "Ledger.currency": _currency("The main currency."),
    "Ledger.id": _word("The id, unique in this installation.", examples=["books"]),
    "Ledger.name": _word("The name; null: it has none."),
    "Ledger.owner": _word("The id of the user who opened the ledger."),
    "Ledger.opened_as": _word("The id with which the ledger was opened.", examples=["books"]),
    "Ledger.role": _word("The caller's role in the ledger.", among="MemberRole"),
    "Live.status": _word("Always `ok`."),
    "Member.user": _word("The user's id."),
    "Member.username": _word("The user's name; null: the user no longer exists."),
    "MemberList.next": _word("Always null: all members are on one page."),
    "Posting.text": _word("A text about this line."),
    "PostedBy.transactions": _size("How many transactions they posted."),
    "Problem.account": _word("The account that is wrong."),
    "Problem.amount": _word("The amount that is wrong."),
    "Problem.currency": _word("The currency that is wrong."),
    "Problem.date": _word("The date that is wrong."),
    "Problem.id": _word("The id that is wrong."),
    "Problem.index": _size("The place of the refused command in an atomic bulk, from 0."),
    "Problem.member": _word("The member that is wrong."),
    "Problem.name": _word("The name that is wrong."),
    "Problem.number": _word("The number that is wrong."),
    "Problem.path": _word("The path that is wrong."),
    "Problem.position": _size("The position that the problem is about."),
    "Problem.postings": _size("How many postings were sent."),
    "Problem.reason": _word(
        "The reason. For 401: one of the words in `docs/http.md`. For `signing_refused`: a sentence."
    ),
    "Problem.scale": _size("How many decimal places the currency has."),
    "Problem.size": _size("How many records the ledger has."),
    "Problem.status": _word("The HTTP status.", minimum=400, maximum=599),
    "Problem.title": _word("The kind of problem, the same for all problems with this code."),
    "Problem.transaction": _uuid("The transaction that is wrong."),
    "Problem.type": _word("A page about this kind of problem.", format="uri-reference"),
    "Problem.until": _word("The day until which the books must be kept.", format="date"),
    "Problem.balance": _amount("The balance of the account."),
    "Problem.difference": _amount("The sum of the postings, which is not zero."),
    "Problem.command": _word("The id of the command. `GET /events?command=` shows what it wrote.", format="uuid"),
    "Problem.seconds": _size("How many seconds the server waited."),
    "Quantity.amount": _amount("How many."),
    "Ready.status": _word("`ok`, or the first entry of `troubles`."),
    "Ready.troubles": _word("What is wrong: `blocked`, `rebuilding` or `signing_refused`."),
    "Receipt.id": _word("The id of the thing that the command made or changed. The id of an account is an integer."),
    "Receipt.number": _word("The transaction's number: 1, 2, 3, … in its series and fiscal year.", minimum=1),
    "RecentTransaction.amount": _word("The amount: positive for cash received."),
    "RecentTransaction.date": _word("The day, at midnight, without a zone.", examples=["2026-01-31T00:00:00"]),
    "RecentTransaction.type": _word("The last part of the path of the account on the other side."),
    "RecentTransaction.description": _word("What it was for; may be empty."),
    "RefreshedSession.status": _word("Always `ok`."),
    "RegisterLine.amount": _amount("The amount of the line: debit positive, credit negative."),
    "RegisterLine.balance": _amount("The running balance in this currency, after the line."),
    "RegisterLine.number": _word("The transaction's number in its series and fiscal year.", minimum=1),
    "Rejected.status": _word("The HTTP status that this command would get in a request of its own."),
    "SheetLine.amount": _amount("The amount, positive on the side on which its section grows."),
    "SheetLine.account": _word("The account's path; null: the line is a result.", examples=["Assets:Bank"]),
    "Sum.amount": _amount("The amount."),
    "Tax.code": _word("The tax code.", examples=["DE-19"]),
    "Token.id": _uuid("The token's id."),
    "Token.name": _word("The name of the token."),
    "Token.role": _word("The role of the token. It never allows more than its user's role.", among="MemberRole"),
    "Token.token": _word("The secret. Only the answer to the request that makes it shows it."),
    "Token.user": _word("The id of the user for whom the token acts."),
    "TokenList.next": _word("Always null: all tokens are on one page."),
    "Transaction.description": _word("What it was for; null: there is no text."),
    "Transaction.number": _word("The transaction's number: 1, 2, 3, … in its series and fiscal year.", minimum=1),
    "TrialTotal.balance": _amount("The sum of all balances: zero."),
    "User.id": _word("The user's id."),
    "Worth.amount": _amount("Assets minus liabilities at the end of the day."),
    # Requests: null is the same as leaving a member out.
    "BulkAnswer.size": _size("The number of records in the log after the last accepted command."),
    "CloseAccountCommand.account": _word(_ACCOUNT),
    "CreateToken.name": _word("A name for the token.", examples=["importer"]),
    "CreateToken.role": _word("The role of the token: at most the caller's own role."),
    "CreateToken.until": _until("When the token ends. Default: never."),
    "DocumentInput.date": _date("The date of the voucher."),
    "EraseTexts.reason": _word("The reason. It stays in the log for ever, so do not write personal data."),
    "GrantRole.role": _word("The role that the user gets."),
    "GrantRole.until": _until("When the role ends. Default: never."),
    "MoneyInput.amount": _given("The amount."),
    "OpenAccount.role": _word("What the account is for. Default: no role."),
    "OpenAccountCommand.role": _word("What the account is for. Default: no role."),
    "OpenLedger.currency": _currency("The main currency. Default: that of the installation."),
    "OpenLedger.id": _word("The id, unique in this installation. Default: the service makes one.", examples=["books"]),
    "PostingInput.account": _word(_ACCOUNT),
    "PostingInput.amount": _given(
        "The amount: debit positive, credit negative. Send exactly one of `amount`, `debit` and `credit`."
    ),
    "PostTransaction.kind": _word("The kind of the transaction. Default: `normal`."),
    "PostTransactionCommand.kind": _word("The kind of the transaction. Default: `normal`."),
    "QuantityInput.amount": _given("How many."),
    "RenameAccountCommand.account": _word(_ACCOUNT),
    "ReopenAccountCommand.account": _word(_ACCOUNT),
    "ReverseTransaction.date": _date("The date of the reversal. Default: the date of the original."),
    "ReverseTransactionCommand.date": _date("The date of the reversal. Default: the date of the original."),
    "ReverseTransactionCommand.transaction": _word("The id of the transaction to reverse."),
    "TaxInput.base": _given("The amount from which the tax was computed."),
    "TaxInput.code": _word("The tax code.", examples=["DE-19"]),
    "UpdateAccount.role": _word("What the account is for; null: remove the role."),
    "UpdateAccountCommand.account": _word(_ACCOUNT),
    "UpdateAccountCommand.role": _word("What the account is for; null: remove the role."),
    "UpdateLedger.currency": _currency("The main currency. It can change only before the first transaction."),
    "UpdateLedgerCommand.currency": _currency("The main currency. It can change only before the first transaction."),
    "OpenAccount.type": _word("The type of the account. Default: the type that the first part of the path names."),
}

COMMAND_TYPE = "The type of the command."
COMMAND_KEY = "The idempotency key of this command: the same key gives the same answer for ever."


def find_name(shape: str) -> str:
    """Return the name of a shape in the document. `shape`: the name of its class."""
    return NAMES.get(shape) or shape.removesuffix("Out")


def find_word(shape: str, member: str) -> Word | None:
    """Return the words for a member of a shape; None: there are none."""
    if shape.endswith("Command") and member in ("type", "key"):
        return Word(COMMAND_TYPE if member == "type" else COMMAND_KEY)
    return WORDS.get(f"{shape}.{member}") or WORDS.get(member)
