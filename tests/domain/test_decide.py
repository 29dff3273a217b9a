"""What the ledger accepts and what it refuses: given these books, when this is ordered, then this happened."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest

from ledger.accounts import ACCOUNTS, NAMES, AccountStatus, AccountType, Role, Side
from ledger.books.accounts import (
    AccountClosed,
    AccountOpened,
    AccountRenamed,
    AccountReopened,
    AccountUpdated,
    CloseAccount,
    OpenAccount,
    RenameAccount,
    ReopenAccount,
    UpdateAccount,
)
from ledger.books.ledger import DeclareCurrency, LedgerOpened, LedgerUpdated, UpdateLedger
from ledger.books.transactions import PostTransaction
from ledger.decide import decide, evolve, find_last_change
from ledger.errors import Rejected
from ledger.fiscal_year import fiscal_year
from ledger.money import UNITS_MAX, Amount
from ledger.slices import Command
from ledger.state import SETTINGS, State
from ledger.transactions import (
    COUNTERS,
    CURRENCIES,
    REVERSALS,
    TOTALS,
    CurrencyDeclared,
    Document,
    Kind,
    Memo,
    Posting,
    TransactionPosted,
)
from tests.builders import (
    CHART,
    NONCE,
    Books,
    contents,
    credit,
    day,
    debit,
    money,
    open_ledger,
    opened_books,
    post,
    quantity,
    reverse,
    tax,
    transfer,
)


@pytest.fixture
def books() -> Books:
    return opened_books()


def verdict(refusal: Rejected) -> tuple[str, str | None]:
    return refusal.code, refusal.pointer


# --- The ledger


def test_a_ledger_opens_with_what_was_asked_and_documented_defaults() -> None:
    assert Books().when(open_ledger(name="Ada's books")) == [
        LedgerOpened(
            owner="ada",
            currency="EUR",
            time_zone="UTC",
            fiscal_year_start="01-01",
            retention_years=10,
            nonce=NONCE,
            id="books",
            name="Ada's books",
        )
    ]


def test_a_ledger_opens_once(books: Books) -> None:
    refusal = books.refusal(open_ledger(id="others"))
    assert verdict(refusal) == ("ledger_exists", "#/id")
    assert refusal.facts == {"id": "others"}


@pytest.mark.parametrize(
    "command",
    [
        UpdateLedger(name="x"),
        DeclareCurrency("EUR", 2),
        OpenAccount("Assets:Cash"),
        RenameAccount("Assets:Cash", path="Assets:Till"),
        UpdateAccount("Assets:Cash", role=Role.CASH),
        CloseAccount("Assets:Cash"),
        ReopenAccount("Assets:Cash"),
        transfer("5.00"),
        reverse("transaction-0"),
    ],
    ids=lambda command: type(command).__name__,
)
def test_nothing_happens_in_a_ledger_that_is_not_there(command: Command) -> None:
    assert verdict(Books().refusal(command)) == ("not_found", None)


@pytest.mark.parametrize(
    ("members", "pointer"),
    [({"currency": "eur"}, "#/currency"), ({"currency": ""}, "#/currency")]
    + [
        ({"fiscal_year_start": start}, "#/fiscal_year_start")
        for start in ("02-29", "13-01", "00-10", "1-1", "01-32", "", "0101", "W01-1", "W01", "2024-01-01", "٠١-٠١")
    ],
)
def test_a_ledger_is_not_opened_or_updated_with_nonsense(members: dict[str, Any], pointer: str) -> None:
    assert verdict(Books().refusal(open_ledger(**members))) == ("invalid", pointer)
    update = UpdateLedger(**members, declares={"eur": 2, "": 2})
    assert verdict(opened_books().refusal(update)) == ("invalid", pointer)


def test_only_what_is_given_of_a_ledger_changes(books: Books) -> None:
    before = books.state.settings
    assert books.when(UpdateLedger(time_zone="Europe/Berlin")) == [LedgerUpdated(time_zone="Europe/Berlin")]
    books.given(UpdateLedger(name="New name", retention_years=30))
    after = books.state.settings
    assert before is not None and after is not None
    assert (after.time_zone, after.name, after.retention_years) == ("Europe/Berlin", "New name", 30)
    assert (after.owner, after.currency, after.fiscal_year_start) == ("ada", "EUR", "01-01")


def test_an_update_of_a_ledger_changes_something(books: Books) -> None:
    assert verdict(books.refusal(UpdateLedger())) == ("invalid", None)
    assert verdict(books.refusal(UpdateLedger(declares={"EUR": 2}))) == ("invalid", None)


def test_before_the_first_transaction_currency_and_fiscal_year_may_change(books: Books) -> None:
    books.given(UpdateLedger(fiscal_year_start="07-01"), DeclareCurrency("SEK", 2))
    assert books.when(UpdateLedger(currency="SEK")) == [LedgerUpdated(currency="SEK")]


def test_a_ledgers_new_currency_is_declared_first(books: Books) -> None:
    assert books.when(UpdateLedger(currency="JPY", declares={"JPY": 0, "SEK": 2})) == [
        CurrencyDeclared("JPY", 0),
        LedgerUpdated(currency="JPY"),
    ]
    assert books.when(UpdateLedger(currency="JPY", declares={"JPY": 0})) == [LedgerUpdated(currency="JPY")]


def test_a_ledgers_new_currency_must_be_known(books: Books) -> None:
    assert verdict(books.refusal(UpdateLedger(currency="XBT"))) == ("unknown_currency", "#/currency")


def test_after_the_first_transaction_currency_and_fiscal_year_stay(books: Books) -> None:
    books.given(transfer("5.00"))
    refusal = books.refusal(UpdateLedger(currency="USD", declares={"USD": 2}))
    assert verdict(refusal) == ("ledger_in_use", "#/currency")
    refusal = books.refusal(UpdateLedger(fiscal_year_start="07-01", name="x"))
    assert verdict(refusal) == ("ledger_in_use", "#/fiscal_year_start")
    assert refusal.detail == "The fiscal year start of a ledger cannot change after its first transaction."


def test_after_the_first_transaction_the_rest_may_change_and_the_same_may_be_said_again(books: Books) -> None:
    update = UpdateLedger(currency="EUR", fiscal_year_start="01-01", name="x", time_zone="Asia/Tokyo")
    assert len(books.given(transfer("5.00")).when(update)) == 1


# --- Currencies


@pytest.mark.parametrize(("currency", "scale"), [("EUR", 2), ("JPY", 0), ("XBT", 8), ("VACHR", 30)])
def test_a_currency_is_declared_with_its_scale(books: Books, currency: str, scale: int) -> None:
    assert books.when(DeclareCurrency(currency, scale)) == [CurrencyDeclared(currency, scale)]


@pytest.mark.parametrize("scale", [2, 8])
def test_a_currency_is_never_declared_twice(books: Books, scale: int) -> None:
    books.given(DeclareCurrency("XBT", 8))
    refusal = books.refusal(DeclareCurrency("XBT", scale))
    assert verdict(refusal) == ("currency_exists", "#/currency")
    assert refusal.facts == {"currency": "XBT", "scale": 8}


def test_a_currency_has_a_form_and_a_possible_scale(books: Books) -> None:
    assert verdict(books.refusal(DeclareCurrency("xbt", 8))) == ("invalid", "#/currency")
    assert verdict(books.refusal(DeclareCurrency("XBT", 31))) == ("invalid", "#/scale")
    assert verdict(books.refusal(DeclareCurrency("XBT", -1))) == ("invalid", "#/scale")


def test_an_iso_currency_is_declared_by_its_first_use_and_never_again(books: Books) -> None:
    first = books.when(transfer("5.00"))
    assert [type(event) for event in first] == [CurrencyDeclared, TransactionPosted]
    assert first[0] == CurrencyDeclared("EUR", 2)
    assert [type(event) for event in books.when(transfer("5.00"))] == [TransactionPosted]
    assert verdict(books.refusal(DeclareCurrency("EUR", 2))) == ("currency_exists", "#/currency")


def test_currencies_are_declared_in_the_order_of_their_first_use_and_only_if_used(books: Books) -> None:
    exchange = post(
        debit("Assets:Cash", "100", "JPY", original=money("0.250", "KWD")),
        credit("Equity:Opening", "100", "JPY"),
        debit("Assets:Bank", "7.00", "EUR"),
        credit("Equity:Opening", "7.00", "EUR"),
    )
    assert books.when(exchange)[:-1] == [
        CurrencyDeclared("JPY", 0),
        CurrencyDeclared("KWD", 3),
        CurrencyDeclared("EUR", 2),
    ]


def test_a_declared_scale_outweighs_what_the_edge_knows(books: Books) -> None:
    books.given(DeclareCurrency("EUR", 4))
    posted = books.post(transfer("5.0001", declares={"EUR": 2}))
    assert posted.postings[0].amount == Amount(50001, 4)


def test_a_currency_that_nobody_declared_is_refused(books: Books) -> None:
    refusal = books.refusal(transfer("5.00", "XBT"))
    assert verdict(refusal) == ("unknown_currency", "#/postings/0/currency")
    assert refusal.facts == {"currency": "XBT"}
    given = debit("Assets:Cash", "5.00", original=money("1", "XBT"))
    refusal = books.refusal(post(credit("Equity:Opening", "5.00"), given))
    assert verdict(refusal) == ("unknown_currency", "#/postings/1/original/currency")


def test_no_first_use_declares_what_could_not_be_declared_alone(books: Books) -> None:
    assert verdict(books.refusal(transfer("5", "eur", declares={"eur": 2}))) == ("invalid", "#/postings/0/currency")
    assert verdict(books.refusal(transfer("5", "XBT", declares={"XBT": 31}))) == ("invalid", "#/postings/0/currency")


# --- Accounts


def test_an_account_is_opened_with_everything_that_was_said(books: Books) -> None:
    command = OpenAccount(
        "Förderung:Konto",
        type=AccountType.LIABILITY,
        normal=Side.DEBIT,
        number="1930",
        role=Role.BANK,
        currencies=("EUR", "XBT"),
        label="Main account",
        metadata={"iban": "…"},
    )
    assert books.when(command) == [
        AccountOpened(
            type=AccountType.LIABILITY,
            normal=Side.DEBIT,
            number="1930",
            role=Role.BANK,
            currencies=("EUR", "XBT"),
            path="Förderung:Konto",
            label="Main account",
            metadata={"iban": "…"},
        )
    ]
    account = books.account("#1930")
    assert account == books.account("Förderung:Konto") == books.account(len(books.events) - 1)
    assert (account.number, account.role, account.currencies) == ("1930", Role.BANK, ("EUR", "XBT"))


@pytest.mark.parametrize(
    ("path", "account_type", "side"),
    [
        ("Assets:Till", AccountType.ASSET, Side.DEBIT),
        ("Liabilities:Card", AccountType.LIABILITY, Side.CREDIT),
        ("Equity:Profit", AccountType.EQUITY, Side.CREDIT),
        ("Income:Interest", AccountType.INCOME, Side.CREDIT),
        ("Expenses:Food", AccountType.EXPENSE, Side.DEBIT),
    ],
)
def test_type_and_normal_side_follow_from_the_first_segment(
    books: Books, path: str, account_type: AccountType, side: Side
) -> None:
    assert books.when(OpenAccount(path)) == [AccountOpened(type=account_type, normal=side, path=path)]


def test_a_given_type_outweighs_the_path_and_gives_the_side(books: Books) -> None:
    (opened,) = books.when(OpenAccount("Assets:Credit", type=AccountType.LIABILITY))
    assert opened == AccountOpened(type=AccountType.LIABILITY, normal=Side.CREDIT, path="Assets:Credit")


def test_a_path_that_tells_no_type_needs_one(books: Books) -> None:
    refusal = books.refusal(OpenAccount("Kasse:Laden"))
    assert verdict(refusal) == ("account_type_needed", "#/type")
    assert refusal.facts == {"path": "Kasse:Laden"}
    books.given(OpenAccount("Kasse:Laden", type=AccountType.ASSET))


@pytest.mark.parametrize(
    ("command", "code", "pointer"),
    [
        (OpenAccount("Assets:Cash"), "account_exists", "#/path"),
        (OpenAccount("#1000", type=AccountType.ASSET), "invalid_path", "#/path"),
        (OpenAccount("Assets:"), "invalid_path", "#/path"),
        (OpenAccount(""), "invalid_path", "#/path"),
        (OpenAccount("Assets:Till", number="1000"), "number_exists", "#/number"),
        (OpenAccount("Assets:Till", number="#1"), "invalid", "#/number"),
        (OpenAccount("Assets:Till", currencies=("EUR", "euro")), "invalid", "#/currencies/1"),
    ],
)
def test_an_account_is_refused_where_its_names_or_currencies_are_wrong(
    books: Books, command: Command, code: str, pointer: str
) -> None:
    assert verdict(books.refusal(command)) == (code, pointer)


def test_a_taken_name_says_whose_it_is(books: Books) -> None:
    cash = books.id("Assets:Cash")
    assert books.refusal(OpenAccount("Assets:Cash")).facts == {"path": "Assets:Cash", "account": cash}
    assert books.refusal(OpenAccount("Assets:X", number="1000")).facts == {"number": "1000", "account": cash}


def test_a_renamed_account_answers_to_its_new_and_to_its_old_names(books: Books) -> None:
    cash = books.id("Assets:Cash")
    command = RenameAccount("Assets:Cash", path="Assets:Till", number="1001", label="Till")
    assert books.when(command) == [AccountRenamed(cash, number="1001", path="Assets:Till", label="Till")]
    for name in ("Assets:Cash", "Assets:Till", "#1000", "#1001", cash):
        assert books.id(name) == cash
    assert books.account(cash).number == "1001"
    books.given(transfer("5.00"))  # which still says Assets:Cash
    assert books.balance("Assets:Till") == "5.00"


def test_an_old_name_is_never_given_to_another_account(books: Books) -> None:
    books.given(RenameAccount("Assets:Cash", path="Assets:Till", number="1001"))
    for command, code in (
        (OpenAccount("Assets:Cash"), "account_exists"),
        (OpenAccount("Assets:New", number="1000"), "number_exists"),
        (RenameAccount("Assets:Bank", path="Assets:Cash"), "account_exists"),
        (RenameAccount("Assets:Bank", path="Assets:Till"), "account_exists"),
        (RenameAccount("Assets:Bank", number="1000"), "number_exists"),
        (RenameAccount("Assets:Bank", number="1001"), "number_exists"),
    ):
        assert books.refusal(command).code == code


def test_an_account_may_take_its_own_old_names_back(books: Books) -> None:
    books.given(RenameAccount("Assets:Cash", path="Assets:Till", number="1001"))
    books.given(RenameAccount("Assets:Till", path="Assets:Cash", number="1000"))
    assert books.id("Assets:Cash") == books.id("Assets:Till")
    assert books.account("Assets:Till").number == "1000"


@pytest.mark.parametrize(
    ("command", "code", "pointer"),
    [
        (RenameAccount("Assets:Cash"), "invalid", None),
        (RenameAccount("Assets:Nowhere", path="Assets:X"), "not_found", None),
        (RenameAccount(999, path="Assets:X"), "not_found", None),
        (RenameAccount("Assets:Cash", path="Assets:X "), "invalid_path", "#/path"),
        (RenameAccount("Assets:Cash", number="-"), "invalid", "#/number"),
    ],
)
def test_a_renaming_is_refused(books: Books, command: Command, code: str, pointer: str | None) -> None:
    assert verdict(books.refusal(command)) == (code, pointer)


def test_a_label_alone_may_change(books: Books) -> None:
    books.given(RenameAccount("Assets:Cash", label="Till"))
    assert books.account("Assets:Cash").number == "1000"


def test_an_update_changes_only_what_is_given_and_says_what_holds_from_now_on(books: Books) -> None:
    cash = books.id("Assets:Cash")
    assert books.when(UpdateAccount("Assets:Cash", role=Role.CASH)) == [AccountUpdated(cash, role=Role.CASH)]
    assert books.when(UpdateAccount("Assets:Cash", currencies=("EUR",))) == [
        AccountUpdated(cash, role=Role.CASH, currencies=("EUR",))
    ]
    assert books.when(UpdateAccount("Assets:Cash", metadata={"a": 1})) == [
        AccountUpdated(cash, role=Role.CASH, currencies=("EUR",), metadata={"a": 1})
    ]
    assert books.when(UpdateAccount(cash, role=None)) == [AccountUpdated(cash, currencies=("EUR",))]
    assert books.when(UpdateAccount("#1000", currencies=())) == [AccountUpdated(cash)]
    assert (books.account(cash).role, books.account(cash).currencies) == (None, ())


@pytest.mark.parametrize(
    ("command", "code", "pointer"),
    [
        (UpdateAccount("Assets:Cash"), "invalid", None),
        (UpdateAccount("Assets:Nowhere", role=None), "not_found", None),
        (UpdateAccount("Assets:Cash", currencies=("euro",)), "invalid", "#/currencies/0"),
    ],
)
def test_an_update_is_refused(books: Books, command: Command, code: str, pointer: str | None) -> None:
    assert verdict(books.refusal(command)) == (code, pointer)


def test_a_closed_account_takes_no_postings_until_it_is_reopened(books: Books) -> None:
    cash = books.id("Assets:Cash")
    assert books.when(CloseAccount("Assets:Cash")) == [AccountClosed(cash)]
    assert books.account(cash).status is AccountStatus.CLOSED
    refusal = books.refusal(post(credit("Equity:Opening", "5.00"), debit("#1000", "5.00")))
    assert verdict(refusal) == ("account_closed", "#/postings/1/account")
    assert refusal.facts == {"account": "#1000"}
    assert books.when(ReopenAccount("#1000")) == [AccountReopened(cash)]
    books.given(transfer("5.00"))


def test_an_account_is_closed_only_at_zero_in_every_currency(books: Books) -> None:
    books.given(transfer("5.00"), transfer("700", "JPY"))
    refusal = books.refusal(CloseAccount("Assets:Cash"))
    assert (refusal.code, refusal.facts["balance"], refusal.facts["currency"]) == ("account_not_empty", "5.00", "EUR")
    books.given(transfer("-5.00"))
    refusal = books.refusal(CloseAccount("Equity:Opening"))
    assert refusal.facts == {"account": "Equity:Opening", "balance": "-700", "currency": "JPY"}
    assert refusal.detail == "Account 'Equity:Opening' cannot be closed: its balance is -700 JPY."
    books.given(transfer("-700", "JPY"), CloseAccount("Assets:Cash"), CloseAccount("Equity:Opening"))


def test_other_accounts_balances_keep_no_account_open(books: Books) -> None:
    books.given(transfer("5.00"), CloseAccount("Assets:Bank"))


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (CloseAccount("Assets:Bank"), "account_closed"),
        (CloseAccount("Assets:Nowhere"), "not_found"),
        (CloseAccount(4711), "not_found"),
        (CloseAccount("#4711"), "not_found"),
        (ReopenAccount("Assets:Cash"), "account_open"),
        (ReopenAccount("Assets:Nowhere"), "not_found"),
    ],
)
def test_a_closing_or_reopening_is_refused(books: Books, command: Command, code: str) -> None:
    books.given(CloseAccount("Assets:Bank"))
    assert verdict(books.refusal(command)) == (code, None)


def test_a_closed_account_can_still_be_renamed_and_updated(books: Books) -> None:
    books.given(CloseAccount("Assets:Cash"))
    books.given(RenameAccount("Assets:Cash", path="Assets:Till"), UpdateAccount("Assets:Till", role=Role.CASH))
    assert books.account("Assets:Till").status is AccountStatus.CLOSED


# --- Transactions


def test_a_transaction_is_kept_as_it_was_given(books: Books) -> None:
    """Every member of it: accounts become ids and amounts get the digits of their currency, nothing else changes."""
    document = Document(ref="R-7", date=day("2024-05-16"), due=day("2024-06-16"), party="C-12", sha256=("ab" * 32,))
    posted = books.post(
        post(
            debit(
                "Expenses:Rent",
                "100",
                text="May",
                dimensions={"cost_centre": "HQ", "project": "P1"},
                tax=tax("V19", "84.03"),
                original=money("16000", "JPY"),
                party="C-12",
                due=day("2024-06-16"),
                value_date=day("2024-05-18"),
                quantity=quantity("1.50", "month"),
            ),
            credit("#1000", "99.9"),
            credit(books.id("Assets:Bank"), "0.10", tax=tax("V19")),
            kind=Kind.ADJUSTMENT,
            series="RE",
            document=document,
            description="Rent",
            payee="Landlord",
            notes="paid late",
            tags=("rent", "office"),
            metadata={"file": "x.pdf", "pages": [1, 2]},
            imported={"cleared": True},
        )
    )
    assert posted == TransactionPosted(
        date=dt.date(2024, 5, 17),
        kind=Kind.ADJUSTMENT,
        series="RE",
        number=1,
        postings=(
            Posting(
                books.id("Expenses:Rent"),
                Amount(10000, 2),
                "EUR",
                text="May",
                dimensions={"cost_centre": "HQ", "project": "P1"},
                tax=tax("V19", "84.03"),
                original=money("16000", "JPY"),
                party="C-12",
                due=day("2024-06-16"),
                value_date=day("2024-05-18"),
                quantity=quantity("1.50", "month"),
            ),
            Posting(books.id("Assets:Cash"), Amount(-9990, 2), "EUR"),
            Posting(books.id("Assets:Bank"), Amount(-10, 2), "EUR", tax=tax("V19")),
        ),
        document=document,
        memo=Memo(
            description="Rent",
            payee="Landlord",
            notes="paid late",
            tags=("rent", "office"),
            metadata={"file": "x.pdf", "pages": [1, 2]},
            imported={"cleared": True},
        ),
    )


def test_tax_base_and_original_get_the_digits_of_their_currency_and_a_quantity_keeps_its_own(books: Books) -> None:
    line = debit("Assets:Cash", "5", tax=tax("V", "4.2"), original=money("1", "KWD"), quantity=quantity("2.500", "h"))
    posting = books.post(post(line, credit("Equity:Opening", "5.00"))).postings[0]
    assert posting.tax == tax("V", "4.20")
    assert posting.original == money("1.000", "KWD")
    assert posting.quantity == quantity("2.500", "h")


def test_balances_are_debits_less_credits(books: Books) -> None:
    books.given(transfer("5.00"), transfer("-1.50"), transfer("0.25"))
    totals = books.state[TOTALS][books.id("Assets:Cash"), "EUR"]
    assert (totals.debits, totals.credits, totals.balance) == (525, 150, 375)
    assert (books.balance("Assets:Cash"), books.balance("Equity:Opening")) == ("3.75", "-3.75")


def test_every_currency_sums_to_zero_by_itself(books: Books) -> None:
    books.given(
        post(
            debit("Assets:Cash", "100.00", "EUR"),
            credit("Assets:Bank", "16000", "JPY"),
            credit("Equity:Opening", "100.00", "EUR"),
            debit("Equity:Opening", "16000", "JPY"),
        )
    )
    assert (books.balance("Assets:Cash"), books.balance("Assets:Bank", "JPY")) == ("100.00", "-16000")


@pytest.mark.parametrize(
    ("postings", "currency", "difference"),
    [
        ([debit("Assets:Cash", "5.00"), credit("Equity:Opening", "4.99")], "EUR", "0.01"),
        ([debit("Assets:Cash", "5.00"), debit("Equity:Opening", "5.00")], "EUR", "10.00"),
        ([debit("Assets:Cash", "1"), credit("Equity:Opening", "3")], "EUR", "-2.00"),
        ([debit("Assets:Cash", "5.00", "EUR"), credit("Equity:Opening", "5.00", "USD")], "EUR", "5.00"),
        (
            [
                debit("Assets:Cash", "5.00"),
                credit("Equity:Opening", "5.00"),
                debit("Assets:Cash", "5", "JPY"),
                credit("Equity:Opening", "6", "JPY"),
            ],
            "JPY",
            "-1",
        ),
        (
            [debit("Assets:Cash", "9" * 36 + ".99"), debit("Assets:Cash", "9" * 36 + ".99"), debit("Assets:Bank", "1")],
            "EUR",
            "2" + "0" * 36 + ".98",
        ),
        (
            [debit("Assets:Cash", "0.00"), debit("Assets:Bank", "0.000", "KWD"), debit(3, "0.001", "KWD")],
            "KWD",
            "0.001",
        ),
    ],
)
def test_what_does_not_sum_to_zero_is_refused_with_the_difference(
    books: Books, postings: Sequence[Posting[Any]], currency: str, difference: str
) -> None:
    refusal = books.refusal(post(*postings))
    assert verdict(refusal) == ("unbalanced", "#/postings")
    assert refusal.facts == {"currency": currency, "difference": difference}


def test_original_amounts_need_not_balance(books: Books) -> None:
    books.given(post(debit("Assets:Cash", "5.00", original=money("6.00", "USD")), credit("Equity:Opening", "5.00")))


def test_amounts_of_38_digits_balance_to_the_last_one_and_sums_grow_beyond(books: Books) -> None:
    books.given(DeclareCurrency("XBT", 8))
    largest = "9" * 30 + "." + "9" * 8
    for _ in range(3):
        books.given(transfer(largest, "XBT"))
    assert books.state[TOTALS][books.id("Assets:Cash"), "XBT"].debits == 3 * UNITS_MAX
    nearly = largest[:-1] + "8"
    refusal = books.refusal(post(debit("Assets:Cash", largest, "XBT"), credit("Equity:Opening", nearly, "XBT")))
    assert refusal.facts["difference"] == "0.00000001"


def test_postings_of_zero_are_legal(books: Books) -> None:
    books.given(transfer("0"), transfer("-0.00"), transfer("0", "JPY"))
    assert books.state[TOTALS][books.id("Assets:Cash"), "EUR"] == (0, 0)
    books.given(CloseAccount("Assets:Cash"))


def test_an_account_may_stand_on_several_lines_and_their_order_is_kept(books: Books) -> None:
    lines = ("1.00", "-2.00", "1.00")
    posted = books.post(post(*(debit("Assets:Cash", line) for line in lines)))
    assert [str(posting.amount) for posting in posted.postings] == list(lines)


def test_a_transaction_has_2_to_10_000_postings(books: Books) -> None:
    refusal = books.refusal(post())
    assert (verdict(refusal), refusal.facts) == (("too_few_postings", "#/postings"), {"postings": 0, "least": 2})
    assert books.refusal(post(debit("Assets:Cash", "0"))).code == "too_few_postings"

    most = [debit("Assets:Cash", "0.01")] * 9_999
    assert len(books.post(post(*most, credit("Equity:Opening", "99.99"))).postings) == 10_000
    refusal = books.refusal(post(*most, credit("Equity:Opening", "99.99"), debit("Assets:Cash", "0")))
    assert verdict(refusal) == ("too_many_postings", "#/postings")
    assert refusal.facts == {"postings": 10_001, "most": 10_000}


@pytest.mark.parametrize("name", ["Assets:Nowhere", "assets:cash", "Assets:Cash ", "#4711", "#Assets:Cash", 4711, 0])
def test_a_posting_to_an_account_that_is_not_there_is_refused(books: Books, name: str | int) -> None:
    refusal = books.refusal(post(debit("Assets:Cash", "5.00"), credit(name, "5.00")))
    assert verdict(refusal) == ("unknown_account", "#/postings/1/account")
    assert refusal.facts == {"account": name}


@pytest.mark.parametrize(
    ("line", "code", "pointer"),
    [
        (debit("Assets:Cash", "5.001"), "too_many_digits", "#/postings/1/amount"),
        (debit("Assets:Cash", "5.000"), "too_many_digits", "#/postings/1/amount"),
        (debit("Assets:Cash", "1" + "0" * 36), "invalid_amount", "#/postings/1/amount"),
        (debit("Assets:Cash", "5.00", tax=tax("V", "4.201")), "too_many_digits", "#/postings/1/tax/base"),
        (debit("Assets:Cash", "5.00", original=money("1.5", "JPY")), "too_many_digits", "#/postings/1/original/amount"),
        (
            debit("Assets:Cash", "5.00", original=money("9" * 37, "KWD")),
            "invalid_amount",
            "#/postings/1/original/amount",
        ),
    ],
)
def test_an_amount_that_its_currency_cannot_hold_is_refused_where_it_stands(
    books: Books, line: Posting[Any], code: str, pointer: str
) -> None:
    assert verdict(books.refusal(post(credit("Equity:Opening", "5.00"), line))) == (code, pointer)


def test_too_many_digits_name_the_scale(books: Books) -> None:
    assert books.refusal(transfer("0.5", "JPY")).facts == {"amount": "0.5", "currency": "JPY", "scale": 0}


def test_an_account_limited_to_currencies_takes_no_others(books: Books) -> None:
    books.given(OpenAccount("Assets:Yen", currencies=("JPY", "KWD")))
    books.given(post(debit("Assets:Yen", "5", "JPY"), credit("Equity:Opening", "5", "JPY")))
    refusal = books.refusal(post(credit("Equity:Opening", "5.00"), debit("Assets:Yen", "5.00")))
    assert verdict(refusal) == ("currency_not_allowed", "#/postings/1/currency")
    assert refusal.facts == {"account": "Assets:Yen", "currency": "EUR", "allowed": "JPY, KWD"}
    books.given(UpdateAccount("Assets:Yen", currencies=()))
    books.given(post(credit("Equity:Opening", "5.00"), debit("Assets:Yen", "5.00")))


def test_a_refused_first_use_declares_nothing(books: Books) -> None:
    books.refusal(post(debit("Assets:Cash", "5.00"), credit("Equity:Opening", "4.00")))
    assert not books.state[CURRENCIES]
    assert [type(event) for event in books.when(transfer("5.00"))] == [CurrencyDeclared, TransactionPosted]


# --- Document numbers


def numbers(books: Books, *commands: PostTransaction) -> list[int]:
    return [books.post(command).number for command in commands]


def test_documents_are_numbered_from_1_without_gaps_however_many_are_refused(books: Books) -> None:
    found = []
    for _ in range(3):
        found += numbers(books, transfer("5.00"))
        books.refusal(post(debit("Assets:Cash", "5.00"), credit("Equity:Opening", "4.00")))
        books.refusal(transfer("5.00", "XBT"))
    assert found == [1, 2, 3]


def test_every_series_has_its_own_numbers(books: Books) -> None:
    found = numbers(books, *(transfer("1.00", series=series) for series in ("A", "B", "A", "RE 24", "B", "A")))
    assert found == [1, 1, 2, 1, 2, 3]


def test_every_year_has_its_own_numbers_whatever_the_order_of_posting(books: Books) -> None:
    dates = ("2024-12-31", "2025-01-01", "2024-01-01", "2023-12-31", "2025-12-31", "2024-06-30")
    assert numbers(books, *(transfer("1.00", on=date) for date in dates)) == [1, 1, 2, 1, 2, 3]


def test_numbers_follow_the_fiscal_year_where_it_is_not_the_calendars() -> None:
    books = opened_books(fiscal_year_start="07-01")
    dates = ("2024-06-30", "2024-07-01", "2024-12-31", "2025-01-01", "2025-06-30", "2025-07-01", "2023-07-01")
    assert numbers(books, *(transfer("1.00", on=date) for date in dates)) == [1, 1, 2, 3, 4, 1, 2]


@pytest.mark.parametrize(
    ("date", "start", "year"),
    [
        ("2024-01-01", "01-01", 2024),
        ("2024-12-31", "01-01", 2024),
        ("2024-06-30", "07-01", 2023),
        ("2024-07-01", "07-01", 2024),
        ("2024-07-15", "07-16", 2023),
        ("2024-02-29", "03-01", 2023),
        ("2024-02-29", "02-28", 2024),
        ("2024-04-05", "04-06", 2023),
        ("0001-01-01", "07-01", 0),
    ],
)
def test_a_fiscal_year_is_named_by_the_year_that_it_begins_in(date: str, start: str, year: int) -> None:
    assert fiscal_year(day(date), start) == year


# --- Reversals


def test_a_reversal_posts_the_full_opposite(books: Books) -> None:
    facts: dict[str, Any] = {
        "dimensions": {"cost_centre": "HQ"},
        "party": "C-12",
        "due": day("2024-06-16"),
        "value_date": day("2024-05-18"),
    }
    books.given(
        post(
            debit(
                "Expenses:Rent",
                "100",
                text="May",
                tax=tax("V19", "84.03"),
                original=money("16000", "JPY"),
                quantity=quantity("1.50", "month"),
                **facts,
            ),
            credit("Assets:Cash", "100.00", tax=tax("V19"), original=money("-3", "KWD")),
            kind=Kind.OPENING,
            series="RE",
            document=Document(ref="R-7"),
            description="Rent",
        )
    )
    (original,) = books.transactions
    assert books.post(reverse(original, description="twice")) == TransactionPosted(
        date=day("2024-05-17"),
        kind=Kind.OPENING,
        series="RE",
        number=2,
        postings=(
            Posting(
                books.id("Expenses:Rent"),
                Amount(-10000, 2),
                "EUR",
                tax=tax("V19", "-84.03"),
                original=money("-16000", "JPY"),
                quantity=quantity("-1.50", "month"),
                **facts,
            ),
            Posting(books.id("Assets:Cash"), Amount(10000, 2), "EUR", tax=tax("V19"), original=money("3.000", "KWD")),
        ),
        reverses=original,
        memo=Memo(description="twice"),
    )
    assert (books.balance("Expenses:Rent"), books.balance("Assets:Cash")) == ("0.00", "0.00")


def test_a_transaction_is_reversed_once(books: Books) -> None:
    books.given(transfer("5.00"))
    (original,) = books.transactions
    books.given(reverse(original))
    refusal = books.refusal(reverse(original))
    assert verdict(refusal) == ("already_reversed", None)
    assert refusal.facts == {"transaction": original, "position": len(books.events) - 1}


def test_a_reversal_can_be_reversed_once_and_does_not_free_the_original(books: Books) -> None:
    books.given(transfer("5.00"))
    original = books.transactions[0]
    books.given(reverse(original))
    books.given(reverse(books.transactions[1]))
    assert books.balance("Assets:Cash") == "5.00"
    assert books.refusal(reverse(books.transactions[1])).code == "already_reversed"
    assert books.refusal(reverse(original)).code == "already_reversed"
    books.given(reverse(books.transactions[2]))
    assert books.balance("Assets:Cash") == "0.00"


def test_a_reversal_has_a_date_and_a_number_of_its_own(books: Books) -> None:
    books.given(transfer("5.00", on="2024-12-31"), transfer("5.00", on="2025-01-15"))
    posted = books.post(reverse(books.transactions[0], on="2025-02-01"))
    assert (posted.date, posted.number) == (day("2025-02-01"), 2)


def test_a_transaction_that_is_not_there_cannot_be_reversed(books: Books) -> None:
    refusal = books.refusal(reverse("transaction-999"))
    assert verdict(refusal) == ("not_found", None)
    assert refusal.facts == {"what": "transaction", "name": "transaction-999"}


def test_no_reversal_goes_into_a_closed_account(books: Books) -> None:
    books.given(transfer("5.00"), transfer("-5.00"), CloseAccount("Assets:Cash"))
    refusal = books.refusal(reverse(books.transactions[0]))
    assert verdict(refusal) == ("account_closed", None)
    assert refusal.facts == {"account": books.id("Assets:Cash")}
    books.given(ReopenAccount("Assets:Cash"), reverse(books.transactions[0]))


def test_a_reversal_goes_into_an_account_that_has_been_limited_since(books: Books) -> None:
    books.given(transfer("5.00"), UpdateAccount("Assets:Cash", currencies=("USD",)))
    books.given(reverse(books.transactions[0]))


# --- Folding


def test_an_account_can_be_posted_to_just_after_it_was_opened() -> None:
    books = Books().given(open_ledger(), *CHART, transfer("5.00"))
    assert books.balance("#1000") == "5.00"


def test_folding_the_events_again_gives_the_same_state(books: Books) -> None:
    books.given(
        transfer("5.00"),
        RenameAccount("Assets:Cash", path="Assets:Till"),
        reverse("transaction-8"),
        UpdateAccount("Assets:Till", role=Role.CASH),
        CloseAccount("Assets:Till"),
        UpdateLedger(name="x"),
    )
    again = Books()
    for event in books.events:
        again.happened(event)
    assert contents(again.state) == contents(books.state)


def test_folding_marks_the_rows_that_changed_and_no_others(books: Books) -> None:
    cash, equity = books.id("Assets:Cash"), books.id("Equity:Opening")
    books.given(transfer("5.00"))
    state = books.state
    state.forget_changes()
    books.given(transfer("1", "JPY", series="B"))
    assert state.list_changes() == {
        TOTALS: {(cash, "JPY"), (equity, "JPY")},
        CURRENCIES: {"JPY"},
        COUNTERS: {("B", 2024)},
    }
    state.forget_changes()
    books.given(reverse("transaction-8"), RenameAccount("Assets:Bank", path="Assets:Giro", number="7"))
    changes = state.list_changes()
    assert changes[REVERSALS] == {8}
    assert changes[NAMES] == {"Assets:Giro", "#7"}
    assert changes[ACCOUNTS] == {books.id("Assets:Bank")}


def test_it_is_known_which_record_last_changed_what_an_order_is_about(books: Books) -> None:
    """What a precondition is held against, under the lock."""
    cash, bank = books.id("Assets:Cash"), books.id("Assets:Bank")
    abouts = (RenameAccount("#1000"), UpdateAccount("Assets:Cash"), CloseAccount(cash), ReopenAccount("Assets:Cash"))
    for change in (
        RenameAccount("Assets:Cash", label="Till"),
        RenameAccount("Assets:Cash", number="1001"),
        UpdateAccount("Assets:Cash", metadata={"a": 1}),
        CloseAccount("Assets:Cash"),
        ReopenAccount("Assets:Cash"),
    ):
        books.given(change)
        assert [find_last_change(about, books.state) for about in abouts] == [len(books.events) - 1] * 4
    books.given(transfer("5.00"))
    assert find_last_change(CloseAccount(cash), books.state) == len(books.events) - 3, "a posting changes no account"
    assert find_last_change(CloseAccount("Assets:Bank"), books.state) == bank
    assert find_last_change(CloseAccount("Assets:Nowhere"), books.state) is None
    assert find_last_change(transfer("5.00"), books.state) is None
    assert find_last_change(UpdateLedger(), books.state) == 0
    books.given(UpdateLedger(name="x"))
    assert find_last_change(UpdateLedger(), books.state) == len(books.events) - 1
    assert find_last_change(UpdateLedger(), State()) is None


def test_the_first_transaction_marks_the_ledger_as_in_use() -> None:
    state = State()
    for position, event in enumerate(decide(open_ledger(), State(), Books.now)):
        evolve(state, event, position)
    assert state.settings is not None and not state.settings.in_use
    books = opened_books().given(transfer("0"))
    assert books.state.settings is not None and books.state.settings.in_use and SETTINGS in books.state.list_changes()
