"""Erasing texts: what may be erased, when, and what then still stands."""

import datetime as dt

import pytest

from ledger.accounts import NAMES
from ledger.books.accounts import OpenAccount, RenameAccount, UpdateAccount
from ledger.books.erasure import EraseMemo, MemoErased, retention_end
from ledger.books.ledger import UpdateLedger
from ledger.books.transactions import PostTransaction
from ledger.state import LedgerSettings
from tests.builders import Books, day, opened_books, post, transfer

WHY = "asked by the person"


@pytest.fixture
def books() -> Books:
    return opened_books().given(transfer("5.00", on="2024-05-17", description="rent of Ada Lovelace"))


def last(books: Books) -> int:
    return len(books.events) - 1


def test_a_transactions_texts_are_erased_by_an_event(books: Books) -> None:
    position = last(books)
    assert books.when(EraseMemo(position, WHY, "GDPR Art. 17", force=True)) == [
        MemoErased(position, WHY, "GDPR Art. 17")
    ]
    refusal = books.refusal(EraseMemo(position, WHY, force=True))
    assert (refusal.code, refusal.facts["position"]) == ("already_erased", position)


@pytest.mark.parametrize("now", ["2024-05-18", "2034-12-31"])
def test_books_are_kept_to_the_end_of_the_fiscal_year_and_ten_years_more(books: Books, now: str) -> None:
    books.now = dt.datetime.combine(day(now), dt.time(23, 59), dt.UTC)
    refusal = books.refusal(EraseMemo(last(books), WHY))
    assert (refusal.code, refusal.facts["until"], refusal.pointer) == ("retention", "2035-01-01", "#/force")


def test_afterwards_nothing_need_be_forced(books: Books) -> None:
    books.now = dt.datetime(2035, 1, 1, tzinfo=dt.UTC)
    assert len(books.when(EraseMemo(last(books), WHY))) == 1


def test_the_day_is_the_ledgers_own(books: Books) -> None:
    books.given(UpdateLedger(time_zone="Pacific/Kiritimati"))
    books.now = dt.datetime(2034, 12, 31, 9, 59, tzinfo=dt.UTC)
    position = last(books) - 1
    assert books.refusal(EraseMemo(position, WHY)).code == "retention"
    books.now = dt.datetime(2034, 12, 31, 10, 0, tzinfo=dt.UTC)
    books.when(EraseMemo(position, WHY))


def test_texts_are_erased_at_the_very_end_of_the_calendar_too(books: Books) -> None:
    books.given(UpdateLedger(time_zone="Pacific/Kiritimati"))  # its clock shows the year 10000 then
    books.now = dt.datetime.max.replace(tzinfo=dt.UTC)
    books.when(EraseMemo(last(books) - 1, WHY))


@pytest.mark.parametrize(
    ("date", "start", "years", "end"),
    [
        ("2024-05-17", "01-01", 10, "2035-01-01"),
        ("2024-12-31", "01-01", 0, "2025-01-01"),
        ("2024-06-30", "07-01", 10, "2034-07-01"),
        ("2024-07-01", "07-01", 10, "2035-07-01"),
        ("9999-12-31", "01-01", 100, "9999-12-31"),
    ],
)
def test_when_the_time_to_keep_books_ends(date: str, start: str, years: int, end: str) -> None:
    settings = LedgerSettings("ada", "EUR", "UTC", start, years)
    assert retention_end(day(date), settings) == day(end)


@pytest.mark.parametrize("position", [10**6, 2**63 - 1, -1])
def test_what_is_not_there_is_not_erased(books: Books, position: int) -> None:
    assert books.refusal(EraseMemo(position, WHY, force=True)).code == "not_found"


def test_a_record_without_texts_has_none_to_erase(books: Books) -> None:
    books.given(transfer("1.00"))
    assert books.refusal(EraseMemo(last(books), WHY, force=True)).code == "not_found"


def test_only_transactions_and_names_of_accounts_are_erased(books: Books) -> None:
    assert books.refusal(EraseMemo(0, WHY, force=True)).code == "invalid"


# --- names of accounts -----------------------------------------------------------------------------------------------


@pytest.fixture
def renamed(books: Books) -> tuple[Books, int]:
    """An account that bore a person's name, and its id."""
    books.given(OpenAccount("Liabilities:Ada Lovelace", label="Ada", metadata={"of": "Ada"}))
    account = last(books)
    return books.given(RenameAccount(account, path="Liabilities:P-17")), account


def test_a_name_is_erased_once_all_texts_beside_it_are_superseded(renamed: tuple[Books, int]) -> None:
    books, account = renamed
    for member, change in (
        ("label", RenameAccount(account, label="P-17")),
        ("metadata", UpdateAccount(account, metadata={})),
    ):
        refusal = books.refusal(EraseMemo(account, WHY, force=True))
        assert (refusal.code, refusal.facts["member"]) == ("text_in_use", member)
        books.given(change)
    books.when(EraseMemo(account, WHY, force=True))


def test_the_present_name_is_not_erased(renamed: tuple[Books, int]) -> None:
    books, account = renamed
    refusal = books.refusal(EraseMemo(account + 1, WHY, force=True))
    assert (refusal.code, refusal.facts["member"]) == ("text_in_use", "path")


def erased(renamed: tuple[Books, int]) -> Books:
    books, account = renamed
    return books.given(
        RenameAccount(account, label="P-17"),
        UpdateAccount(account, metadata={}),
        EraseMemo(account, WHY, force=True),
    )


def pays(path: str) -> PostTransaction:
    from tests.builders import credit, debit

    return post(debit("Assets:Cash", "1.00"), credit(path, "1.00"))


def test_an_erased_name_answers_no_more_and_may_be_given_again(renamed: tuple[Books, int]) -> None:
    books, account = renamed
    books.given(pays("Liabilities:Ada Lovelace"))
    assert books.refusal(OpenAccount("Liabilities:Ada Lovelace")).code == "account_exists"
    books = erased(renamed)
    assert books.refusal(pays("Liabilities:Ada Lovelace")).code == "unknown_account"
    books.given(OpenAccount("Liabilities:Ada Lovelace"), pays("Liabilities:Ada Lovelace"), pays("Liabilities:P-17"))
    assert books.state[NAMES]["Liabilities:Ada Lovelace"].account == last(books) - 2
    assert books.state[NAMES]["Liabilities:P-17"].account == account


def test_a_name_that_came_back_goes_on_answering(books: Books) -> None:
    """It stands in two memos; erasing the older one takes nothing from the newer."""
    books.given(OpenAccount("Assets:A"))
    account = last(books)
    books.given(RenameAccount(account, path="Assets:B"), RenameAccount(account, path="Assets:A"))
    books.given(EraseMemo(account, WHY, force=True))
    books.given(pays("Assets:A"))
    books.given(EraseMemo(account + 1, WHY, force=True))
    assert books.refusal(pays("Assets:B")).code == "unknown_account"
