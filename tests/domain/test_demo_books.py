"""The demo's books are true books: reproducible, balanced, and those of a company that could exist."""

import datetime as dt
import json
from collections import Counter, defaultdict
from dataclasses import asdict

import pytest

from api.start.demo_bookkeeping import Correction, Entry, Transaction
from api.start.demo_books import make_demo_entries
from api.start.demo_chart import (
    BANK,
    CASH,
    CUSTOMERS,
    DOLLARS,
    FLOORS,
    INPUT_VAT,
    OUTPUT_VAT,
    SUPPLIERS,
    TRADING,
    VAT_DUE,
    list_demo_accounts,
)
from ledger.accounts import Role, infer_type, require_number, require_path
from ledger.money import parse_amount
from ledger.transactions import Kind

UNTIL = dt.date(2026, 3, 17)
START = dt.date(2023, 3, 1)
BOOKS = tuple(make_demo_entries(until=UNTIL))
Line = tuple[dt.date, str, str, int]

TRANSACTION_MEMBERS = {"id", "date", "description", "kind", "document", "payee", "notes", "tags", "postings"}
POSTING_MEMBERS = {"account", "amount", "currency", "text", "dimensions", "tax", "original", "party", "due"}
POSTING_MEMBERS |= {"value_date", "quantity"}

AT_LEAST = {
    "opening": 1,
    "takings": 900,
    "card-payout": 150,
    "cash-deposit": 150,
    "receipt": 40,
    "late-receipt": 15,
    "sales-invoice": 300,
    "customer-payment": 270,
    "write-off": 3,
    "supplier-bill": 450,
    "supplier-payment": 450,
    "export-invoice": 35,
    "import-bill": 35,
    "customer-payment-usd": 30,
    "supplier-payment-usd": 30,
    "exchange": 3,
    "salary": 175,
    "net-pay": 35,
    "wage-tax": 35,
    "social-security": 35,
    "vat-settlement": 35,
    "vat-payment": 35,
    "income-tax": 20,
    "rent": 35,
    "loan": 35,
    "depreciation": 35,
    "insurance": 35,
    "coffee-used": 35,
    "stock-count": 2,
    "revaluation": 2,
}


def units(text: object) -> int:
    amount = parse_amount(text)
    assert amount.scale == 2, f"{text} does not have two digits"
    assert str(amount) == text
    return amount.units


def transactions(entries: tuple[Entry, ...]) -> list[Transaction]:
    return [entry for entry in entries if not isinstance(entry, Correction)]


def event(transaction: Transaction) -> str:
    return str(transaction["id"]).partition("/")[0]


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def posted(entries: tuple[Entry, ...]) -> list[Line]:
    """Date, account, currency and minor units of every posting, those of reversals too."""
    by_id = {transaction["id"]: transaction for transaction in transactions(entries)}
    lines = []
    for entry in entries:
        reverses = isinstance(entry, Correction)
        transaction = by_id[entry.reverses_id] if isinstance(entry, Correction) else entry
        date = entry.date if isinstance(entry, Correction) else day(entry["date"])
        for posting in transaction["postings"]:
            amount = units(posting["amount"])
            lines.append((date, posting["account"], posting["currency"], -amount if reverses else amount))
    return lines


def balance(lines: list[Line], account: str, currency: str, effective: dt.date) -> int:
    return sum(line[3] for line in lines if line[1] == account and line[2] == currency and line[0] <= effective)


def month_ends(until: dt.date, months: int) -> list[dt.date]:
    ends = []
    for _ in range(months):
        until = until.replace(day=1) - dt.timedelta(days=1)
        ends.append(until)
    return ends


def as_json(entries: tuple[Entry, ...]) -> str:
    return json.dumps([asdict(entry) if isinstance(entry, Correction) else entry for entry in entries], default=str)


POSTED = posted(BOOKS)


def test_the_same_seed_and_date_give_the_same_books() -> None:
    assert as_json(tuple(make_demo_entries(until=UNTIL))) == as_json(BOOKS)
    assert as_json(tuple(make_demo_entries(until=UNTIL, seed=1))) != as_json(BOOKS)


def test_every_transaction_is_json_in_the_import_format() -> None:
    for transaction in transactions(BOOKS):
        assert json.loads(json.dumps(transaction)) == transaction
        assert set(transaction) <= TRANSACTION_MEMBERS
        assert transaction.get("kind", "normal") in set(Kind) - {Kind.CLOSING}
        assert set(transaction.get("document", {})) <= {"ref", "date", "due", "party"}
        assert len(transaction["postings"]) >= 2
        for posting in transaction["postings"]:
            assert set(posting) <= POSTING_MEMBERS
            assert posting.get("tax", {"code": ""}).keys() <= {"code", "base"}


@pytest.mark.parametrize("seed", [2026, 1, 2, 3])
def test_every_transaction_sums_to_zero_in_every_currency(seed: int) -> None:
    for transaction in transactions(tuple(make_demo_entries(until=UNTIL, seed=seed))):
        sums: defaultdict[str, int] = defaultdict(int)
        for posting in transaction["postings"]:
            sums[posting["currency"]] += units(posting["amount"])
        assert set(sums.values()) == {0}, transaction


def test_the_chart_is_one_that_the_ledger_takes() -> None:
    accounts = list_demo_accounts()
    assert len({account.path for account in accounts}) == len({account.number for account in accounts}) == len(accounts)
    for account in accounts:
        require_path(account.path)
        require_number(account.number or "")
        assert account.type == infer_type(account.path)
    assert {account.role for account in accounts if account.role} == set(Role)


def test_every_account_used_is_in_the_chart_and_every_account_in_the_chart_is_used() -> None:
    chart = {account.path: account for account in list_demo_accounts()}
    used = {(account, currency) for _, account, currency, _ in POSTED}
    for path, currency in used:
        assert currency in (chart[path].currencies or (currency,))
    assert {path for path, _ in used} == set(chart)


def test_ids_are_unique() -> None:
    ids = [transaction["id"] for transaction in transactions(BOOKS)]
    assert len(set(ids)) == len(ids)


def test_there_is_something_of_everything() -> None:
    assert 2500 <= len(BOOKS) <= 4200
    events = Counter(event(transaction) for transaction in transactions(BOOKS))
    missing = {name: (events[name], least) for name, least in AT_LEAST.items() if events[name] < least}
    assert missing == {}
    assert sum(isinstance(entry, Correction) for entry in BOOKS) >= 15
    assert {transaction.get("kind", "normal") for transaction in transactions(BOOKS)} == set(Kind) - {Kind.CLOSING}
    members = {name for transaction in transactions(BOOKS) for posting in transaction["postings"] for name in posting}
    assert members == POSTING_MEMBERS


def test_the_dates_cover_the_years_and_reach_a_little_beyond() -> None:
    dates = [day(transaction["date"]) for transaction in transactions(BOOKS)]
    assert min(dates) == START
    assert UNTIL < max(dates) <= UNTIL + dt.timedelta(days=45)
    months = Counter((date.year, date.month) for date in dates if date <= UNTIL)
    assert len(months) == 37
    assert min(months.values()) > 50


def test_many_entries_are_recorded_after_newer_ones() -> None:
    newest, backdated = START, 0
    for transaction in transactions(BOOKS):
        date = day(transaction["date"])
        backdated += date < newest
        if date <= UNTIL and event(transaction) != "rent":
            newest = max(newest, date)
    assert backdated > 500


def test_corrections_reverse_earlier_entries_once_and_the_right_one_follows() -> None:
    seen: dict[str, Transaction] = {}
    reversed_ids: list[str] = []
    for entry, following in zip(BOOKS, [*BOOKS[1:], None], strict=True):
        if not isinstance(entry, Correction):
            seen[entry["id"]] = entry
            continue
        wrong = seen[entry.reverses_id]
        reversed_ids.append(entry.reverses_id)
        assert day(wrong["date"]) <= entry.date <= UNTIL
        assert isinstance(following, dict)
        assert event(following) == event(wrong)
        assert following["payee"] == wrong["payee"]
        assert following["postings"] != wrong["postings"]
    assert len(set(reversed_ids)) == len(reversed_ids)


def test_documents_are_due_on_or_after_their_date() -> None:
    dued = [transaction for transaction in transactions(BOOKS) if "due" in transaction.get("document", {})]
    assert len(dued) > 800
    for transaction in dued:
        document = transaction["document"]
        assert day(document["date"]) <= day(document["due"])
        assert document["date"] == transaction["date"]
        assert {posting.get("due") for posting in transaction["postings"]} == {document["due"], None}


def test_bills_are_open_and_due_in_the_thirty_days_after_the_end() -> None:
    due: Counter[tuple[str, str]] = Counter()
    for transaction in transactions(BOOKS):
        for posting in transaction["postings"]:
            if posting["account"] == SUPPLIERS:
                due[posting["party"], posting["due"]] -= units(posting["amount"])
    soon = [party for (party, date), open_ in due.items() if open_ and 0 <= (day(date) - UNTIL).days <= 30]
    assert len(soon) >= 5


def test_what_customers_owe_stays_at_some_weeks_of_sales() -> None:
    for end in month_ends(UNTIL, 36):
        assert 0 < balance(POSTED, CUSTOMERS, "EUR", end) < 6_000_000
        assert -8_000_000 < balance(POSTED, SUPPLIERS, "EUR", end) < 0


@pytest.mark.parametrize("seed", [2026, 1, 2, 3])
def test_there_is_money_in_the_bank_at_every_month_end(seed: int) -> None:
    lines = posted(tuple(make_demo_entries(until=UNTIL, seed=seed)))
    for end in month_ends(UNTIL, 36):
        assert 0 < balance(lines, BANK, "EUR", end) < 15_000_000
        assert 0 < balance(lines, DOLLARS, "USD", end) < 3_000_000
        assert 0 < balance(lines, CASH, "EUR", end) < 500_000


def test_the_trading_account_holds_the_opposite_of_the_dollars() -> None:
    for end in month_ends(UNTIL, 36):
        assert balance(POSTED, TRADING, "USD", end) == -balance(POSTED, DOLLARS, "USD", end)


def test_vat_is_settled_for_every_month_and_paid() -> None:
    tenths = [(end + dt.timedelta(days=1)).replace(day=14) for end in month_ends(UNTIL, 36)]
    for tenth in tenths:
        assert balance(POSTED, VAT_DUE, "EUR", tenth) == 0
    for end in month_ends(UNTIL, 2)[1:]:
        for account in (*INPUT_VAT.values(), *OUTPUT_VAT.values()):
            # What came in after the settlement is small, and in the next one.
            assert abs(balance(POSTED, account, "EUR", end)) < 200_000


def test_a_tax_is_its_rate_of_its_base() -> None:
    rates = {"USt19": 19, "USt7": 7, "VSt19": 19, "VSt7": 7}
    for transaction in transactions(BOOKS):
        for posting in transaction["postings"]:
            if rate := rates.get(posting.get("tax", {}).get("code")):
                hundredfold = units(posting["tax"]["base"]) * rate
                assert abs(hundredfold - 100 * units(posting["amount"])) <= 50


def test_income_and_expenses_stay_open_and_the_company_earns_something() -> None:
    for year in (2024, 2025):
        result = -sum(
            amount
            for date, account, _, amount in POSTED
            if date.year == year and infer_type(account) in ("income", "expense")
        )
        assert 0 < result < 15_000_000


@pytest.mark.parametrize(
    ("until", "years"),
    [
        (dt.date(2024, 2, 29), 3),
        (dt.date(2026, 1, 1), 3),
        (dt.date(2025, 5, 31), 1),
        (dt.date(2025, 12, 28), 2),
        (dt.date(2028, 2, 29), 4),
    ],
)
def test_the_books_can_end_on_any_day(until: dt.date, years: int) -> None:
    books = tuple(make_demo_entries(until=until, years=years))
    dates = [day(transaction["date"]) for transaction in transactions(books)]
    assert min(dates) == until.replace(year=until.year - years, day=1)
    assert until < max(dates) <= until + dt.timedelta(days=45)
    assert len(books) > 1000 * years


@pytest.mark.parametrize("until", [dt.date(2026, 3, 17), dt.date(2026, 12, 31), dt.date(2027, 2, 28)])
def test_the_books_keep_within_the_limits_that_the_demo_sets(until: dt.date) -> None:
    """In the order in which they are posted, whatever the day on which the demo is made."""
    balances: Counter[str] = Counter()
    posted: dict[str, Counter[str]] = {}
    for entry in make_demo_entries(until=until):
        if isinstance(entry, Correction):
            moved = Counter({account: -units for account, units in posted[entry.reverses_id].items()})
        else:
            moved = posted[str(entry["id"])] = Counter()
            for posting in entry["postings"]:
                if posting["currency"] == "EUR":
                    moved[posting["account"]] += units(posting["amount"])
        for account, floor in FLOORS.items():
            balances[account] += moved[account]
            assert balances[account] >= units(floor), entry
