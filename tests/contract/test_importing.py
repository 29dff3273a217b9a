"""The import of JSON lines keeps every sentence of CONTRACT section 5, on both engines."""

import asyncio
import dataclasses
import datetime as dt
import gzip
import json
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from api.exchange import import_lines, importing, input_files
from api.exchange.import_lines import Draft, DraftReader, make_default_source, make_import_key, pack, unpack
from api.exchange.import_plan import find_type
from api.exchange.importing import ImportRefused, parse_currency_map, parse_scale, parse_type_map
from ledger.accounts import AccountType
from ledger.books.accounts import CloseAccount, OpenAccount, RenameAccount
from ledger.errors import Busy
from ledger.journal import Ledger
from ledger.sequencer import Answer, Order, Sequencer
from ledger.store.journal import SqlJournal
from ledger.transactions import NO_MEMO, Kind
from tests.importing import CLERK, Office, office, prepare, write_lines


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database for the whole module; every test opens a ledger of its own in it."""
    if request.param == "sqlite":
        return prepare(f"sqlite:///{tmp_path_factory.mktemp('importing')}/ledger.db")
    return prepare(request.getfixturevalue("postgres").create_database("contract_importing"))


@pytest_asyncio.fixture
async def books(database: str) -> AsyncIterator[Office]:
    async with office(database) as opened:
        yield opened


@pytest_asyncio.fixture
async def ledger(books: Office) -> Ledger:
    return await books.ledger()


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Writes the lines given into a file of JSON lines."""

    def write(*lines: dict[str, Any] | str, name: str = "lines.jsonl") -> Path:
        return write_lines(tmp_path / "files" / name, lines)

    return write


def posting(account: str | int, amount: str, currency: str = "EUR", **members: Any) -> dict[str, Any]:
    return {"account": account, "amount": amount, "currency": currency, **members}


def sale(id_: object = None, amount: str = "5.00", currency: str = "EUR", **members: Any) -> dict[str, Any]:
    """The plainest line: cash against income. Without `id_` it has no id."""
    postings = [posting("Assets:Cash", amount, currency), posting("Income:Sales", f"-{amount}", currency)]
    named = {} if id_ is None else {"id": id_}
    return {**named, "date": "2024-05-17", "postings": postings, **members}


async def refusal(books: Office, ledger: Ledger, path: Path, **options: Any) -> ImportRefused:
    """Why the import is refused. Fails where it is not, or where it left a trace."""
    before = await books.again(ledger)
    with pytest.raises(ImportRefused) as caught:
        await books.import_(ledger, path, **options)
    assert (await books.again(ledger)).head == before.head, "a refused import left a trace"
    assert caught.value.written == 0
    assert "nothing was written" in str(caught.value)
    return caught.value


async def keys(books: Office, ledger: Ledger) -> list[str]:
    return [record.envelope["key"] for record in await books.records(ledger) if record.envelope["key"]]


# --- what a line may say ---------------------------------------------------------------------------------------------


async def test_everything_that_a_line_may_say_is_taken(books: Office, ledger: Ledger, file: Any) -> None:
    line = {
        "id": "2024/17",
        "date": "2024-05-17",
        "description": "Office chair",
        "kind": "adjustment",
        "series": "ER",
        "document": {"ref": "R-17", "date": "2024-05-16", "due": "2024-06-16", "party": "K1", "sha256": ["ab" * 32]},
        "payee": "Möbel Ärger & Söhne",
        "notes": "paid by card",
        "tags": ["office"],
        "metadata": {"order": 12},
        "postings": [
            {
                "account": "Expenses:Office",
                "debit": "100.00",
                "currency": "EUR",
                "text": "chair",
                "dimensions": {"cost centre": "7"},
                "tax": {"code": "V19", "base": "84.03"},
                "original": {"amount": "108.50", "currency": "USD"},
                "party": "K1",
                "due": "2024-06-16",
                "value_date": "2024-05-18",
                "quantity": {"amount": "1", "unit": "pc"},
            },
            {"account": "Liabilities:Card", "credit": "100", "currency": "EUR"},
        ],
    }
    report = await books.import_(ledger, file(line))
    assert (report.lines, report.imported, report.carried) == (1, 1, {})
    assert report.accounts_opened == ["Expenses:Office", "Liabilities:Card"]
    assert report.currencies_declared == {"EUR": 2, "USD": 2}
    (posted,) = await books.transactions(ledger)
    assert (posted.date, posted.kind, posted.series) == (dt.date(2024, 5, 17), Kind.ADJUSTMENT, "ER")
    assert posted.document is not None
    assert (posted.document.ref, posted.document.party, posted.document.sha256) == ("R-17", "K1", ("ab" * 32,))
    assert (posted.memo.payee, posted.memo.notes) == ("Möbel Ärger & Söhne", "paid by card")
    assert (posted.memo.description, posted.memo.tags) == ("Office chair", ("office",))
    assert posted.memo.metadata == {"order": 12}
    chair, card = posted.postings
    assert (chair.amount.units, card.amount.units) == (10_000, -10_000)
    assert (chair.text, chair.dimensions, chair.party) == ("chair", {"cost centre": "7"}, "K1")
    assert chair.tax is not None
    assert chair.original is not None
    assert chair.quantity is not None
    assert (str(chair.tax.base), str(chair.original.amount), chair.quantity.unit) == ("84.03", "108.50", "pc")
    assert (chair.due, chair.value_date) == (dt.date(2024, 6, 16), dt.date(2024, 5, 18))


async def test_what_the_ledger_does_not_know_is_carried_and_counted(books: Office, ledger: Ledger, file: Any) -> None:
    first = sale(1, code="A1", tags=[["start", "2021"]], document={"ref": "R", "colour": "red"}, reverses=None)
    first["postings"][1] |= {"inferred": True, "tax": {"code": "V", "country": "DE"}, "dimensions": '"1" "Syd"'}
    report = await books.import_(ledger, file(first, sale(2, code="A2", imported={"by": "me"})))
    assert report.carried == {
        "code": 2,
        "tags": 1,
        "document.colour": 1,
        "reverses": 1,
        "postings.inferred": 1,
        "postings.tax.country": 1,
        "postings.dimensions": 1,
        "imported": 1,
    }
    one, two = await books.transactions(ledger)
    assert one.memo.imported == {
        "code": "A1",
        "tags": [["start", "2021"]],
        "document": {"colour": "red"},
        "reverses": None,
        "postings": {"1": {"inferred": True, "tax": {"country": "DE"}, "dimensions": '"1" "Syd"'}},
    }
    assert two.memo.imported == {"code": "A2", "imported": {"by": "me"}}
    assert one.document is not None
    assert one.document.ref == "R"
    assert (one.reverses, one.memo.tags) == (None, ())


async def test_null_and_an_empty_text_say_nothing(books: Office, ledger: Ledger, file: Any) -> None:
    line = sale(None, description="", payee=None, notes="", tags=None, document=None, metadata=None, id="")
    line["postings"][0] |= {"text": "", "party": "", "tax": None}
    report = await books.import_(ledger, file(line))
    assert (report.imported, report.carried) == (1, {})
    (posted,) = await books.transactions(ledger)
    assert (posted.memo, posted.postings[0].party) == (NO_MEMO, None)


@pytest.mark.parametrize("name", ["lines.jsonl.gz", "lines.gz"])
async def test_a_packed_file_is_unpacked(books: Office, ledger: Ledger, file: Any, name: str) -> None:
    report = await books.import_(ledger, file(sale(1), sale(2), name=name))
    assert report.imported == 2


async def test_a_packed_file_that_was_cut_is_refused(books: Office, ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(gzip.compress(json.dumps(sale(1)).encode())[:-9])
    refused = await refusal(books, ledger, path, skip_bad=True)
    assert refused.trouble is not None
    assert "cannot be decompressed" in refused.trouble


async def test_blank_lines_a_byte_order_mark_and_windows_line_ends_are_fine(
    books: Office, ledger: Ledger, tmp_path: Path
) -> None:
    one, two = json.dumps(sale(1)), json.dumps(sale(2))
    path = tmp_path / "windows.jsonl"
    path.write_bytes(f"\ufeff{one}\r\n\r\n  \t\n\n{two}".encode())
    report = await books.import_(ledger, path)
    assert (report.lines, report.imported) == (2, 2)


async def test_an_empty_file_is_imported_at_once(books: Office, ledger: Ledger, file: Any) -> None:
    report = await books.import_(ledger, file())
    assert (report.lines, report.imported, report.size) == (0, 0, ledger.head.size)


async def test_accounts_are_named_by_path_number_or_id(books: Office, ledger: Ledger, file: Any) -> None:
    """A path may be all digits: only a JSON integer is an id."""
    await books.do(ledger, OpenAccount("Assets:Bank", number="1930"), OpenAccount("Equity:Opening"))
    bank, equity = await books.paths(ledger)
    lines = [
        {"date": "2024-01-01", "postings": [posting("#1930", "7.00"), posting(equity, "-7.00")]},
        {"date": "2024-01-02", "postings": [posting(str(bank), "1.00"), posting("1930", "-1.00")]},
    ]
    report = await books.import_(ledger, file(*lines), type_map=(("1", AccountType.ASSET),))
    assert report.accounts_opened == [str(bank), "1930"]
    first, second = await books.transactions(ledger)
    assert [each.account for each in first.postings] == [bank, equity]
    assert not {each.account for each in second.postings} & {bank, equity}


# --- keys ------------------------------------------------------------------------------------------------------------


def test_a_key_names_source_and_id_percent_encoded() -> None:
    assert make_import_key("bc_basic/plain", 1) == "import:bc_basic%2Fplain:1"
    assert make_import_key("a:b", "x/y:z ä") == "import:a%3Ab:x%2Fy%3Az%20%C3%A4"


def test_a_key_that_would_be_too_long_is_a_hash() -> None:
    longest = make_import_key("s", "x" * 246)
    assert len(longest) == 255
    hashed = make_import_key("s", "x" * 247)
    assert hashed.startswith("import:")
    assert len(hashed) == len("import:") + 64
    assert hashed != make_import_key("s", "x" * 248)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("bc_basic/plain.jsonl", "bc_basic/plain"),
        ("bc_example/plain.jsonl.gz", "bc_example/plain"),
        ("bank/2024.q1.ndjson", "bank/2024.q1"),
        ("bank.old/plain.JSONL.GZ", "bank.old/plain"),
        ("a/../bc_basic/./plain.jsonl", "bc_basic/plain"),
    ],
)
def test_the_source_is_the_last_two_parts_of_the_path_without_endings(tmp_path: Path, path: str, source: str) -> None:
    assert make_default_source(tmp_path / path) == source


def test_the_source_follows_links_and_a_file_at_the_root_has_one_part(tmp_path: Path) -> None:
    target = write_lines(tmp_path / "real" / "books.jsonl", [])
    link = tmp_path / "link.jsonl"
    link.symlink_to(target)
    assert make_default_source(link) == "real/books"
    assert make_default_source(Path("/books.jsonl")) == "books"


async def test_every_transaction_has_its_key(books: Office, ledger: Ledger, file: Any) -> None:
    await books.import_(ledger, file(sale(1), sale("B 2"), name="lines.jsonl"))
    await books.import_(ledger, file(sale(1), name="lines.jsonl"), source="elsewhere")
    assert await keys(books, ledger) == ["import:files%2Flines:1", "import:files%2Flines:B%202", "import:elsewhere:1"]


async def test_a_long_id_is_carried_since_its_key_no_longer_tells_it(books: Office, ledger: Ledger, file: Any) -> None:
    report = await books.import_(ledger, file(sale("ä" * 200)))
    assert report.carried == {"id": 1}
    (posted,) = await books.transactions(ledger)
    assert posted.memo.imported == {"id": "ä" * 200}
    (key,) = await keys(books, ledger)
    assert key == make_import_key("files/lines", "ä" * 200)
    assert len(key) <= 255


async def test_equal_lines_without_id_are_counted(books: Office, ledger: Ledger, file: Any) -> None:
    """The same line twice is two transactions; the order of members and the white space do not matter."""
    line = sale(description="coffee")
    turned = json.dumps(dict(reversed(line.items())), indent=None, separators=(" ,  ", " : "))
    assert (await books.import_(ledger, file(line, turned))).imported == 2
    again = await books.import_(ledger, file(line, line))
    assert (again.imported, again.replayed) == (0, 2)
    third = await books.import_(ledger, file(line, sale(description="tea"), line, line))
    assert (third.imported, third.replayed) == (2, 2)
    assert len(await books.transactions(ledger)) == 4
    assert all(key.startswith("import:files%2Flines:") for key in await keys(books, ledger))


async def test_an_import_run_twice_changes_nothing_also_after_a_rename(
    books: Office, ledger: Ledger, file: Any
) -> None:
    path = file(sale(1), sale(2, code="A"))
    await books.import_(ledger, path)
    await books.do(ledger, RenameAccount("Assets:Cash", path="Assets:Till"))
    before = await books.again(ledger)
    again = await books.import_(ledger, path)
    assert (again.imported, again.replayed, again.accounts_opened) == (0, 2, [])
    assert again.carried == {"code": 1}
    assert (await books.again(ledger)).head == before.head


async def test_a_line_that_has_changed_is_refused_before_anything_is_written(
    books: Office, ledger: Ledger, file: Any
) -> None:
    await books.import_(ledger, file(sale(1), sale(2)))
    refused = await refusal(books, ledger, file(sale(3), sale(1), sale(2, amount="6.00")))
    assert [(bad.line, bad.code) for bad in refused.lines] == [(3, "idempotency_mismatch")]


# --- bad lines -------------------------------------------------------------------------------------------------------

DEEP = "[" * 100_000 + "]" * 100_000


def without(line: dict[str, Any], member: str) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != member}


def with_posting(**members: Any) -> dict[str, Any]:
    line = sale()
    line["postings"][1] |= members
    return line


BAD_LINES: Sequence[tuple[dict[str, Any] | str, str, str | None]] = [
    ("{", "malformed_json", None),
    ('{"a": NaN}', "malformed_json", None),
    (DEEP, "malformed_json", None),
    ("[1, 2]", "invalid", None),
    ('{"date": "2024-01-01", "date": "2024-01-02"}', "duplicate_key", None),
    ('{"id": "half a pair: \\ud800"}', "invalid", "#/id"),
    (sale(True), "invalid", "#/id"),
    (sale(1.5), "invalid", "#/id"),
    (sale([1]), "invalid", "#/id"),
    (without(sale(), "date"), "invalid", "#/date"),
    (without(sale(), "postings"), "invalid", "#/postings"),
    (sale(date="2024-02-30"), "invalid_date", "#/date"),
    (sale(date="20240517"), "invalid_date", "#/date"),
    (sale(kind="odd"), "invalid", "#/kind"),
    (sale(series="no spaces"), "invalid", "#/series"),
    (sale(metadata=[1]), "invalid", "#/metadata"),
    (sale(number=2**53), "invalid", None),
    (sale(postings=[]), "too_few_postings", "#/postings"),
    (sale(postings=[posting("Assets:Cash", "0")]), "too_few_postings", "#/postings"),
    (sale(postings=[posting("Assets:Cash", "0")] * 10_001), "too_many_postings", "#/postings"),
    (sale(postings="none"), "invalid", "#/postings"),
    (sale(postings=["none"] * 2), "invalid", "#/postings/0"),
    (with_posting(amount=-5), "invalid_amount", "#/postings/1/amount"),
    (with_posting(amount=-5.0), "invalid_amount", "#/postings/1/amount"),
    (with_posting(amount="5,00"), "invalid_amount", "#/postings/1/amount"),
    (with_posting(debit="5.00"), "invalid", "#/postings/1"),
    (with_posting(amount="-4.99"), "unbalanced", "#/postings"),
    (with_posting(currency="USD"), "unbalanced", "#/postings"),
    (with_posting(currency="$"), "invalid", "#/postings/1/currency"),
    (with_posting(currency=""), "invalid", "#/postings/1/currency"),
    (with_posting(account="Income::Sales"), "invalid_path", "#/postings/1/account"),
    (with_posting(account="Income:Cafe\u0301"), "invalid_path", "#/postings/1/account"),
    (with_posting(account="Income: Sales"), "invalid_path", "#/postings/1/account"),
    (with_posting(account="Income:\u202eSales"), "invalid_path", "#/postings/1/account"),
    (with_posting(account="Income:\u200bSales"), "invalid_path", "#/postings/1/account"),
    (with_posting(account="#77"), "unknown_account", "#/postings/1/account"),
    (with_posting(account=4711), "unknown_account", "#/postings/1/account"),
    (with_posting(account="Assets:Closed"), "account_closed", "#/postings/1/account"),
    (with_posting(account="Assets:Dollars"), "currency_not_allowed", "#/postings/1/currency"),
]


async def test_each_bad_line_has_its_code_and_stops_everything(books: Office, ledger: Ledger, file: Any) -> None:
    await books.do(
        ledger,
        OpenAccount("Assets:Closed"),
        CloseAccount("Assets:Closed"),
        OpenAccount("Assets:Dollars", currencies=("USD",)),
    )
    lines = [line for line, _, _ in BAD_LINES]
    path = file(sale("good"), *lines, sale("good too"))
    refused = await refusal(books, ledger, path)
    expected = [(number, code, pointer) for number, (_, code, pointer) in enumerate(BAD_LINES, 2)]
    assert [(bad.line, bad.code, bad.pointer) for bad in refused.lines] == expected

    report = await books.import_(ledger, path, skip_bad=True)
    assert [(bad.line, bad.code, bad.pointer) for bad in report.skipped] == expected
    assert (report.lines, report.imported) == (len(lines) + 2, 2)
    assert report.accounts_opened == ["Assets:Cash", "Income:Sales"], "bad lines open no accounts"
    assert list(report.currencies_declared) == ["EUR"]


async def test_bytes_that_are_not_utf8_are_a_bad_line(books: Office, ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "latin.jsonl"
    path.write_bytes(json.dumps(sale(description="Café"), ensure_ascii=False).encode("latin-1"))
    (bad,) = (await refusal(books, ledger, path)).lines
    assert (bad.line, bad.code) == (1, "malformed_json")
    assert "UTF-8" in bad.detail


async def test_an_unbalanced_line_is_named_with_its_difference(books: Office, ledger: Ledger, file: Any) -> None:
    refused = await refusal(books, ledger, file(sale(1), "", with_posting(amount="-4.875")))
    (bad,) = refused.lines
    assert bad.facts == {"currency": "EUR", "difference": "0.125"}
    assert str(bad) == "line 3: The postings in EUR sum to 0.125, not to zero. (#/postings)"


async def test_one_id_on_two_lines_is_refused(books: Office, ledger: Ledger, file: Any) -> None:
    """The second would be a repeat of the first, or another transaction under its key."""
    (bad,) = (await refusal(books, ledger, file(sale(7), sale(8), sale("7")))).lines
    assert (bad.line, bad.code, bad.pointer) == (3, "invalid_key", "#/id")
    assert "line 1" in bad.detail


async def test_a_line_that_is_too_long_is_refused_and_the_next_one_read(
    books: Office, ledger: Ledger, file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (import_lines, input_files):
        monkeypatch.setattr(module, "LINE_BYTES_MAX", 1_000)
    path = file(sale(1), sale(2, notes="x" * 5_000), sale(3))
    (bad,) = (await refusal(books, ledger, path)).lines
    assert (bad.line, bad.code) == (2, "too_large")
    report = await books.import_(ledger, path, skip_bad=True)
    assert (report.imported, [each.line for each in report.skipped]) == (2, [2])


async def test_a_file_full_of_bad_lines_is_not_read_to_its_end(books: Office, ledger: Ledger, file: Any) -> None:
    refused = await refusal(books, ledger, file(*["nonsense"] * 3_000))
    assert len(refused.lines) == input_files.CHUNK_LINES


# --- accounts and currencies -----------------------------------------------------------------------------------------


async def test_unknown_accounts_are_bad_lines_unless_they_may_be_opened(
    books: Office, ledger: Ledger, file: Any
) -> None:
    await books.do(ledger, OpenAccount("Assets:Cash"))
    refused = await refusal(books, ledger, file(sale(1)), open_accounts=False)
    assert [(bad.code, bad.facts["account"]) for bad in refused.lines] == [("unknown_account", "Income:Sales")]
    await books.do(ledger, OpenAccount("Income:Sales"))
    report = await books.import_(ledger, file(sale(1)), open_accounts=False)
    assert (report.imported, report.currencies_declared) == (1, {"EUR": 2})


async def test_without_opening_a_currency_is_isos_as_it_is_or_declared_before(
    books: Office, ledger: Ledger, file: Any
) -> None:
    await books.do(ledger, OpenAccount("Assets:Cash"), OpenAccount("Income:Sales"))
    path = file(sale(1, amount="1.234"), sale(2, currency="VACHR"))
    refused = await refusal(books, ledger, path, open_accounts=False)
    assert [bad.code for bad in refused.lines] == ["too_many_digits", "unknown_currency"]
    report = await books.import_(ledger, path, open_accounts=False, scales={"EUR": 3, "VACHR": 0})
    assert report.currencies_declared == {"EUR": 3, "VACHR": 2}


async def test_untypable_roots_are_all_listed_and_nothing_is_written(books: Office, ledger: Ledger, file: Any) -> None:
    lines = [
        sale(number, postings=[posting(f"{root}:Sub", "1"), posting("INCOME:x", "-1")])
        for number, root in enumerate(["Tillgångar", "Kassa", "assets", "Revenues", "1910", "Kassa"])
    ]
    path = file(*lines)
    for skip_bad in (False, True):
        refused = await refusal(books, ledger, path, skip_bad=skip_bad)
        assert refused.roots == ["1910", "Kassa", "Tillgångar"]
        assert "1910, Kassa, Tillgångar" in str(refused)
    some = (("Kassa", AccountType.ASSET), ("1", AccountType.ASSET))
    assert (await refusal(books, ledger, path, type_map=some)).roots == ["Tillgångar"]
    report = await books.import_(ledger, path, type_map=(*some, ("*", AccountType.EQUITY)))
    assert report.imported == len(lines)


async def test_accounts_that_are_open_need_no_type(books: Office, ledger: Ledger, file: Any) -> None:
    await books.do(ledger, OpenAccount("Kassa", AccountType.ASSET), OpenAccount("Income:Sales"))
    report = await books.import_(ledger, file(sale(postings=[posting("Kassa", "1"), posting("Income:Sales", "-1")])))
    assert (report.imported, report.accounts_opened) == (1, [])


TYPE_MAP = tuple(
    parse_type_map(text)
    for text in ("1=assets", "2=Liabilities", "20=EQUITY", "Bank=asset", "Bank:Loan=liability", "*=expenses")
)


@pytest.mark.parametrize(
    ("path", "account_type"),
    [
        ("ASSETS:Cash", AccountType.ASSET),
        ("liability:Loan", AccountType.LIABILITY),
        ("Equity", AccountType.EQUITY),
        ("Revenues:x", AccountType.INCOME),
        ("revenue", AccountType.INCOME),
        ("expense", AccountType.EXPENSE),
        ("1910", AccountType.ASSET),
        ("2440", AccountType.LIABILITY),
        ("2081", AccountType.EQUITY),
        ("Bank", AccountType.ASSET),
        ("Bank:Giro", AccountType.ASSET),
        ("Bank:Loan:2024", AccountType.LIABILITY),
        ("Bank:Loans", AccountType.ASSET),
        ("Bankruptcy", AccountType.EXPENSE),
        ("7690", AccountType.EXPENSE),
    ],
)
def test_a_type_is_the_first_segments_or_the_longest_prefixs(path: str, account_type: AccountType) -> None:
    assert find_type(path, TYPE_MAP) is account_type
    assert find_type(path, TYPE_MAP[::-1]) is account_type


def test_without_a_rest_some_paths_have_no_type() -> None:
    assert find_type("Bankruptcy", TYPE_MAP[:-1]) is None


def test_options_are_read_from_text() -> None:
    assert parse_type_map("a=b=Revenues") == ("a=b", AccountType.INCOME)
    assert parse_currency_map("$=USD") == ("$", "USD")
    assert parse_currency_map("=USD") == ("", "USD")
    assert parse_currency_map("==X") == ("=", "X")
    assert parse_scale("BTC=8") == ("BTC", 8)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_type_map, "1"),
        (parse_type_map, "=assets"),
        (parse_type_map, "1=asset:x:y="),
        (parse_type_map, "1=nonsense"),
        (parse_currency_map, "USD"),
        (parse_currency_map, "$=usd"),
        (parse_currency_map, "$="),
        (parse_scale, "BTC"),
        (parse_scale, "BTC=-1"),
        (parse_scale, "BTC=31"),
        (parse_scale, "BTC=²"),
        (parse_scale, "btc=8"),
        (parse_scale, "=8"),
    ],
)
def test_an_option_that_makes_no_sense_is_told_so(parse: Callable[[str], object], text: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ .+"):
        parse(text)


async def test_symbols_become_codes(books: Office, ledger: Ledger, file: Any) -> None:
    line = with_posting(original={"amount": "7", "currency": "bytes"})
    lines = (line, sale(currency="$"), sale(currency=""))
    symbols = {"$": "USD", "": "USD", "bytes": "BYTES"}
    report = await books.import_(ledger, file(*lines), currency_map=symbols)
    assert report.imported == 3
    assert report.currencies_declared == {"EUR": 2, "BYTES": 8, "USD": 2}
    refused = await refusal(books, ledger, file(*lines), currency_map={"": "USD"}, source="other")
    assert "--currency '$=CODE'" in refused.lines[1].detail


@pytest.mark.parametrize(
    ("currency", "amount", "asked", "scale"),
    [
        ("EUR", "1", None, 2),
        ("EUR", "1.005", None, 3),
        ("JPY", "1", None, 0),
        ("JPY", "1.5", None, 1),
        ("KWD", "1", None, 3),
        ("VACHR", "1", None, 8),
        ("VACHR", "1.0000000001", None, 10),
        ("VACHR", "1.5", 3, 3),
        ("VACHR", "1.5", 0, 1),
        ("EUR", "1", 0, 0),
        ("EUR", "1.25", 4, 4),
    ],
)
async def test_a_new_currency_has_isos_digits_or_the_files(
    books: Office, ledger: Ledger, file: Any, currency: str, amount: str, asked: int | None, scale: int
) -> None:
    path = file(sale(1, "2", currency), sale(2, amount, currency))
    scales = {} if asked is None else {currency: asked}
    report = await books.import_(ledger, path, scales=scales)
    assert report.currencies_declared == {currency: scale}
    assert await books.journal.read_currencies(ledger.serial) == {currency: scale}
    again = await books.import_(ledger, path, scales=scales)
    assert (again.imported, again.replayed) == (0, 2)


async def test_a_declared_scale_is_fixed(books: Office, ledger: Ledger, file: Any) -> None:
    await books.import_(ledger, file(sale(1)))
    refused = await refusal(books, ledger, file(sale(2), sale(3, amount="1.005")))
    assert [(bad.line, bad.code, bad.facts["scale"]) for bad in refused.lines] == [(2, "too_many_digits", 2)]
    refused = await refusal(books, ledger, file(sale(2)), scales={"EUR": 3})
    assert refused.trouble is not None
    assert "EUR is already declared with 2 decimal places" in refused.trouble


async def test_the_digits_of_a_bad_line_do_not_count(books: Office, ledger: Ledger, file: Any) -> None:
    path = file(sale(1), sale(2, amount="1.23456", date="never"), with_posting(amount="-4.9999"))
    report = await books.import_(ledger, path, skip_bad=True)
    assert report.currencies_declared == {"EUR": 2}


async def test_an_amount_that_fits_no_longer_in_the_scale_of_the_whole_file_is_a_bad_line(
    books: Office, ledger: Ledger, file: Any
) -> None:
    nines = "9" * 36
    path = file(sale(1), sale(2, amount=nines), sale(3, amount="0.005"))
    (bad,) = (await refusal(books, ledger, path)).lines
    assert (bad.line, bad.code) == (2, "invalid_amount")
    report = await books.import_(ledger, path, skip_bad=True)
    assert (report.imported, [each.line for each in report.skipped]) == (2, [2])
    points = file(sale(1, nines + "99", "POINTS"))
    assert [each.line for each in (await refusal(books, ledger, points, source="points")).lines] == [1]
    assert (await books.import_(ledger, points, source="points", scales={"POINTS": 0})).imported == 1


# --- the run ---------------------------------------------------------------------------------------------------------


async def test_a_dry_run_says_what_would_be_and_writes_nothing(books: Office, ledger: Ledger, file: Any) -> None:
    path = file(sale(1, code="A"), sale(2), "nonsense")
    dry = await books.import_(ledger, path, dry_run=True, skip_bad=True)
    assert (await books.again(ledger)).head == ledger.head
    real = await books.import_(ledger, path, skip_bad=True)
    assert dataclasses.replace(dry, dry_run=False, size=real.size) == real
    again = await books.import_(ledger, path, dry_run=True, skip_bad=True)
    assert (again.imported, again.replayed, again.accounts_opened) == (0, 2, [])
    await refusal(books, ledger, path, dry_run=True)


async def test_progress_grows_to_its_total(
    books: Office, ledger: Ledger, file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_files, "CHUNK_LINES", 1_000)
    path = file(*(sale(number) for number in range(2_500)), name="lines.jsonl.gz")
    told: list[tuple[int, int | None]] = []
    asked = importing.ImportOptions(open_accounts=True)
    await importing.import_file(
        books.journal,
        books.sequencer,
        ledger,
        path,
        asked,
        actor=CLERK,
        request="00000000-0000-7000-8000-000000000000",
        progress=lambda done, total: told.append((done, total)),
    )
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {total for _, total in told} == {2 * path.stat().st_size}
    assert told[-1][0] == told[-1][1]
    assert len(told) >= 6


async def test_the_next_chunk_is_read_while_the_ledger_is_asked_about_the_one_before(
    books: Office, ledger: Ledger, file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_files, "CHUNK_LINES", 2)
    read, look, draft = threading.Event(), books.journal.peek, DraftReader.read_draft

    def noticed(reader: DraftReader, line: int, raw: bytes) -> Draft:
        if line == 3:
            read.set()
        return draft(reader, line, raw)

    async def asked(*about: Any) -> Any:
        assert await asyncio.to_thread(read.wait, 10)
        return await look(*about)

    monkeypatch.setattr(DraftReader, "read_draft", noticed)
    monkeypatch.setattr(books.journal, "peek", asked)
    report = await books.import_(ledger, file(*(sale(number, f"{number}.00") for number in range(1, 6))))
    assert (report.lines, report.imported) == (5, 5)
    units = [posted.postings[0].amount.units for posted in await books.transactions(ledger)]
    assert units == [100, 200, 300, 400, 500]


async def test_what_was_read_ahead_of_too_many_bad_lines_is_not_told(
    books: Office, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_files, "CHUNK_LINES", importing.BAD_LINES_MAX)
    path = tmp_path / "cut.jsonl.gz"
    whole = gzip.compress("".join("{}\n" for _ in range(importing.BAD_LINES_MAX)).encode())
    path.write_bytes(whole + gzip.compress(json.dumps(sale(1)).encode())[:-9])
    refused = await refusal(books, ledger, path)
    assert (refused.trouble, len(refused.lines)) == (None, importing.BAD_LINES_MAX)


async def test_every_record_of_a_run_tells_who_and_which_run(books: Office, ledger: Ledger, file: Any) -> None:
    await books.import_(ledger, file(sale(1), sale(2)))
    written = (await books.records(ledger))[ledger.head.size :]
    assert len({record.envelope["request"] for record in written}) == 1
    assert {record.actor for record in written} == {CLERK}


class Crashed(Exception):
    """The process is gone."""


class Interrupted(Sequencer):
    """A sequencer around which something happens before its n-th batch."""

    def __init__(self, journal: SqlJournal, batch: int, happens: Callable[[Sequencer], Any]) -> None:
        super().__init__(journal)
        self._left = batch
        self._happens = happens

    async def submit_all(self, ledger: str, orders: Sequence[Order], **members: Any) -> list[Answer]:
        self._left -= 1
        if self._left == 0:
            await self._happens(Sequencer(self._journal))
        return await super().submit_all(ledger, orders, **members)


def interrupted(books: Office, batch: int, happens: Callable[[Sequencer], Any]) -> Office:
    return dataclasses.replace(books, sequencer=Interrupted(books.journal, batch, happens))


async def crash(_: Sequencer) -> None:
    raise Crashed


@pytest.mark.parametrize("batch", [1, 2, 3, 5])
async def test_an_import_that_crashed_is_completed_by_running_it_again(
    books: Office, ledger: Ledger, file: Any, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(input_files, "CHUNK_LINES", 10)
    keyless = [sale(description="same") for _ in range(15)]
    path = file(*(sale(number) for number in range(30)), *keyless)
    with pytest.raises(Crashed):
        await interrupted(books, batch, crash).import_(ledger, path)
    written = len(await books.transactions(ledger))
    assert written == max(0, batch - 2) * 10
    report = await books.import_(ledger, path)
    assert (report.imported, report.replayed) == (45 - written, written)
    assert len(await books.transactions(ledger)) == 45
    assert len(set(await keys(books, ledger))) == 45
    assert [each.number for each in await books.transactions(ledger)] == list(range(1, 46))


async def test_a_ledger_that_is_busy_is_asked_again(
    books: Office, ledger: Ledger, file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Busy, "retry_after_seconds", 0)

    async def busy(_: Sequencer) -> None:
        raise Busy

    report = await interrupted(books, 2, busy).import_(ledger, file(sale(1), sale(2)))
    assert report.imported == 2
    assert len(await books.transactions(ledger)) == 2


async def test_books_that_change_during_an_import_stop_it_and_it_says_how_far_it_came(
    books: Office, ledger: Ledger, file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_files, "CHUNK_LINES", 2)
    await books.do(ledger, OpenAccount("Assets:Cash"), OpenAccount("Income:Sales"), OpenAccount("Income:Other"))
    other = [posting("Assets:Cash", "1"), posting("Income:Other", "-1")]
    path = file(sale(1, currency="USD"), sale(2), sale(3), sale(4, postings=other), sale(5))

    async def close(sequencer: Sequencer) -> None:
        await sequencer.submit(ledger.uuid, CloseAccount("Income:Other"), actor=CLERK)

    with pytest.raises(ImportRefused) as caught:
        await interrupted(books, 3, close).import_(ledger, path)
    assert [(bad.line, bad.code) for bad in caught.value.lines] == [(4, "account_closed")]
    assert caught.value.written == 3
    assert "3 transactions written" in str(caught.value)
    report = await books.import_(ledger, path, skip_bad=True)
    assert (report.imported, report.replayed, [each.line for each in report.skipped]) == (1, 3, [4])


async def test_what_was_checked_is_written_whatever_becomes_of_the_file(
    books: Office, ledger: Ledger, file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(input_files, "CHUNK_LINES", 2)
    path = file(*(sale(number) for number in range(1, 6)))

    async def overwrite(_: Sequencer) -> None:
        path.write_text("{}\n")

    report = await interrupted(books, 1, overwrite).import_(ledger, path)
    assert (report.imported, report.skipped) == (5, [])
    assert len(await books.transactions(ledger)) == 5


async def test_a_full_disk_stops_an_import_before_anything_is_written(
    books: Office, ledger: Ledger, file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: open("/dev/full", "r+b", buffering=0))  # noqa: SIM115
    refused = await refusal(books, ledger, file(sale(1)))
    assert refused.trouble is not None
    assert "cannot hold the lines: No space left on device" in refused.trouble


def test_a_draft_that_waits_to_be_written_is_the_same_afterwards() -> None:
    reader = DraftReader("s", {})
    plain = [posting("Assets:Cash", "1.00", text="one"), posting("Income:Sales", "-1.00")]
    whole = [
        posting("Assets:Cash", "-0.5", party="P", due="2024-06-01"),
        posting("#1930", "0.5", dimensions={"a": "b"}),
    ]
    lines = [
        sale(1),
        sale(2, payee="Ann", description="é", notes="n", kind="opening", series="B"),
        sale(3, postings=plain),
        sale(4, postings=whole),
        sale(5, tags=["t"], metadata={"m": 1}),
        sale(6, document={"ref": "R"}, strange=[1]),
        sale(7, amount="9" * 36 + ".99"),
    ]
    drafts = [reader.read_draft(number, json.dumps(line).encode()) for number, line in enumerate(lines, 1)]
    assert unpack(pack(drafts)) == drafts


async def test_two_imports_at_once_open_each_account_once(books: Office, ledger: Ledger, file: Any) -> None:
    path, other = file(sale(1), sale(2)), file(sale(1), name="other.jsonl")

    async def meanwhile(_: Sequencer) -> None:
        await books.import_(ledger, other)

    report = await interrupted(books, 1, meanwhile).import_(ledger, path)
    assert (report.imported, report.accounts_opened, report.currencies_declared) == (2, [], {})
    assert len(await books.transactions(ledger)) == 3


@pytest.mark.parametrize("closes", [False, True])
async def test_an_import_that_another_one_of_the_same_file_overtook_writes_nothing_twice(
    books: Office, ledger: Ledger, file: Any, caplog: pytest.LogCaptureFixture, closes: bool
) -> None:
    """Not even where the same lines would be refused by then."""
    back = [posting("Assets:Cash", "-15.00"), posting("Income:Sales", "15.00")]
    path = file(sale(1), sale("x" * 300), sale(), sale(2, postings=back))

    async def meanwhile(sequencer: Sequencer) -> None:
        await books.import_(ledger, path)
        if closes:
            await sequencer.submit(ledger.uuid, CloseAccount("Income:Sales"), actor=CLERK)

    report = await interrupted(books, 1, meanwhile).import_(ledger, path)
    assert (report.imported, report.replayed, report.skipped) == (0, 4, [])
    assert len(await books.transactions(ledger)) == 4
    assert not caplog.records
