"""A key that comes again gets its old answer only if it asks for the same; how it is spelled makes no difference.

What was done is read back from the record (`restore_command`), so no fingerprint is stored: these tests say what
counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.accounts import NAMES, AccountType, Role, Side
from ledger.books.accounts import UNSET, CloseAccount, OpenAccount, RenameAccount, ReopenAccount, UpdateAccount
from ledger.books.ledger import DeclareCurrency, OpenLedger, UpdateLedger
from ledger.books.transactions import PostTransaction
from ledger.codec import decode
from ledger.controls.limits import SetLimits
from ledger.decide import is_same_request, restore_command
from ledger.money import Amount
from ledger.slices import Command, Event
from ledger.transactions import Document, Kind, Memo, Posting
from tests.builders import (
    SCALES,
    Books,
    changed,
    credit,
    day,
    debit,
    members,
    money,
    open_ledger,
    opened_books,
    post,
    quantity,
    reverse,
    tax,
    transfer,
)
from tests.domain.golden_records import Golden


@pytest.fixture
def books() -> Books:
    """Two paths for one account: Assets:Cash was renamed to Assets:Till."""
    return opened_books().given(RenameAccount("Assets:Cash", path="Assets:Till"), transfer("1.00"))


def test_empty_notes_that_were_kept_once_are_none(books: Books) -> None:
    kept = transfer("2.00")._replace(memo=Memo(notes=""))
    for repeat in (kept, transfer("2.00")):
        assert is_same_request(repeat, kept, books.state) and is_same_request(kept, repeat, books.state)
    assert not is_same_request(transfer("2.00", notes="x"), kept, books.state)


def stored(event: Event) -> Event:
    """The event as it is read back from its record."""
    sealed = Golden(event).sealed()
    return decode(type(event).__name__, 1, sealed.data, sealed.memo)


def erased(event: Event) -> Event:
    """The event as it is read back after its texts were erased."""
    return decode(type(event).__name__, 1, Golden(event).sealed().data, None)


def answered(books: Books, command: Command) -> Command:
    """What the record says was done, when `command` was accepted."""
    return restore_command(stored(books.when(command)[-1]))


# --- Other spellings of the same


@pytest.mark.parametrize("name", ["Assets:Till", "Assets:Cash", "#1000", 1])
def test_an_account_may_be_named_by_any_of_its_names(books: Books, name: str | int) -> None:
    assert books.id(name) == 1
    done = answered(books, post(debit("Assets:Till", "5.00"), credit("Equity:Opening", "5.00")))
    assert is_same_request(post(debit(name, "5.00"), credit("Equity:Opening", "5.00")), done, books.state)
    assert not is_same_request(post(debit("Assets:Bank", "5.00"), credit("Equity:Opening", "5.00")), done, books.state)

    done = answered(books, RenameAccount("Assets:Till", label="Till"))
    assert is_same_request(RenameAccount(name, label="Till"), done, books.state)
    done = answered(books, UpdateAccount("Assets:Till", role=Role.CASH))
    assert is_same_request(UpdateAccount(name, role=Role.CASH), done, books.state)


@pytest.mark.parametrize("name", ["Assets:Till", "Assets:Cash", "#1000", 1])
def test_closing_and_reopening_may_name_the_account_otherwise_too(name: str | int) -> None:
    books = opened_books().given(RenameAccount("Assets:Cash", path="Assets:Till"))
    done = answered(books, CloseAccount("Assets:Till"))
    assert is_same_request(CloseAccount(name), done, books.state)
    assert not is_same_request(CloseAccount("Assets:Bank"), done, books.state)
    done = answered(books, ReopenAccount("Assets:Till"))
    assert is_same_request(ReopenAccount(name), done, books.state)
    assert not is_same_request(ReopenAccount("Assets:Bank"), done, books.state)
    assert not is_same_request(CloseAccount(name), done, books.state)


def test_a_name_given_later_answers_for_the_account_too(books: Books) -> None:
    done = answered(books, transfer("5.00"))
    books.given(RenameAccount("Assets:Till", path="Assets:Purse", number="1001"))
    for name in ("Assets:Purse", "#1001"):
        assert is_same_request(post(debit(name, "5.00"), credit("Equity:Opening", "5.00")), done, books.state)


@pytest.mark.parametrize("amount", ["5", "5.0", "5.00", "005.00"])
def test_amounts_are_compared_as_numbers(books: Books, amount: str) -> None:
    def line(text: str) -> Posting[Any]:
        numbers: dict[str, Any] = {
            "tax": tax("V", text),
            "original": money(text, "KWD"),
            "quantity": quantity(text, "h"),
        }
        return debit("Assets:Till", text, **numbers)

    done = answered(books, post(line("5.00"), credit("Equity:Opening", "5.00")))
    assert is_same_request(post(line(amount), credit("Equity:Opening", amount)), done, books.state)
    assert not is_same_request(post(line("5.01"), credit("Equity:Opening", "5.01")), done, books.state)


def test_debit_and_credit_are_not_the_same(books: Books) -> None:
    done = answered(books, transfer("5.00"))
    assert not is_same_request(transfer("-5.00"), done, books.state)
    assert is_same_request(transfer("-0.00"), answered(books, transfer("0")), books.state)


def test_defaults_may_be_spelled_out_or_not(books: Books) -> None:
    spelled = post(
        debit("Assets:Till", "5.00", dimensions={}),
        credit("Equity:Opening", "5.00"),
        kind=Kind.NORMAL,
        series="A",
        tags=(),
        metadata={},
    )
    short = PostTransaction(day("2024-05-17"), (debit("#1000", "5"), credit("Equity:Opening", "5")))
    for given_, before in ((short, spelled), (spelled, short)):
        assert is_same_request(given_, answered(books, before), books.state)

    done = answered(books, OpenAccount("Assets:Safe"))
    assert is_same_request(OpenAccount("Assets:Safe", type=AccountType.ASSET, normal=Side.DEBIT), done, books.state)
    assert not is_same_request(OpenAccount("Assets:Safe", normal=Side.CREDIT), done, books.state)
    done = answered(books, OpenAccount("Kasse", type=AccountType.ASSET, normal=Side.DEBIT))
    assert is_same_request(OpenAccount("Kasse", type=AccountType.ASSET), done, books.state)


def test_what_the_edge_offers_to_declare_is_no_part_of_the_order(books: Books) -> None:
    done = answered(books, transfer("5.00", "USD"))
    assert is_same_request(transfer("5.00", "USD", declares={}), done, books.state)
    assert is_same_request(transfer("5.00", "USD", declares={"USD": 4}), done, books.state)
    fresh = opened_books()
    done = answered(fresh, UpdateLedger(currency="SEK", declares=SCALES))
    assert is_same_request(UpdateLedger(currency="SEK"), done, fresh.state)


@pytest.mark.parametrize("date", [None, "2024-05-17"])
@pytest.mark.parametrize("again", [None, "2024-05-17"])
def test_a_reversals_date_is_the_originals_where_it_is_not_given(
    books: Books, date: str | None, again: str | None
) -> None:
    original = books.transactions[0]
    done = answered(books, reverse(original, on=date))
    assert is_same_request(reverse(original, on=again), done, books.state)
    assert not is_same_request(reverse(original, on="2024-05-18"), done, books.state)


def test_a_reversal_on_another_day_is_not_repeated_without_its_date(books: Books) -> None:
    original = books.transactions[0]
    done = answered(books, reverse(original, on="2024-06-01", description="x"))
    assert is_same_request(reverse(original, on="2024-06-01", description="x"), done, books.state)
    assert not is_same_request(reverse(original, description="x"), done, books.state)
    assert not is_same_request(reverse(original, on="2024-06-01"), done, books.state)
    assert not is_same_request(reverse("transaction-999", on="2024-06-01", description="x"), done, books.state)


def test_a_reversal_is_not_the_opposite_posted_by_hand(books: Books) -> None:
    done = answered(books, reverse(books.transactions[0]))
    assert not is_same_request(transfer("-1.00"), done, books.state)
    done = answered(books, transfer("-1.00"))
    assert not is_same_request(reverse(books.transactions[0]), done, books.state)


def test_the_nonce_and_what_the_edge_filled_in_do_not_count_when_a_ledger_is_opened() -> None:
    books = Books()
    done = answered(books, open_ledger(id="a-7f3", currency="EUR", name="N"))
    again: dict[str, Any] = {"nonce": "ff" * 16, "name": "N"}
    assert is_same_request(open_ledger(id="a-7f3", **again), done, books.state)
    filled = frozenset({"id", "currency"})
    assert is_same_request(open_ledger(id="b-9", currency="USD", filled=filled, **again), done, books.state)
    for other in ({"id": "b"}, {"currency": "USD"}, {"owner": "eve"}, {"time_zone": "Asia/Tokyo"}):
        assert not is_same_request(open_ledger(**{"id": "a-7f3", **again, **other}), done, books.state)
    assert not is_same_request(open_ledger(id="a-7f3", name="M"), done, books.state)
    assert not is_same_request(
        open_ledger(id="b", currency="USD", filled=frozenset({"id"}), **again), done, books.state
    )


def test_an_update_is_held_to_what_it_mentions(books: Books) -> None:
    """The record says what holds from then on, in full: role and currencies that nobody mentioned stand there too."""
    books.given(UpdateAccount("Assets:Till", role=Role.CASH, currencies=("EUR",)))
    done = answered(books, UpdateAccount("Assets:Till", role=Role.BANK))
    assert is_same_request(UpdateAccount("Assets:Till", role=Role.BANK), done, books.state)
    assert is_same_request(UpdateAccount("Assets:Till", role=Role.BANK, currencies=("EUR",)), done, books.state)
    assert not is_same_request(UpdateAccount("Assets:Till", role=Role.CASH), done, books.state)
    assert not is_same_request(UpdateAccount("Assets:Till", role=None), done, books.state)
    assert not is_same_request(UpdateAccount("Assets:Till", role=Role.BANK, currencies=()), done, books.state)
    assert not is_same_request(UpdateAccount("Assets:Till", role=Role.BANK, metadata={}), done, books.state)


# --- Anything that differs


def full_transaction() -> PostTransaction:
    return post(
        debit(
            "Assets:Till",
            "5.00",
            text="line",
            dimensions={"project": "P1"},
            tax=tax("V", "4.00"),
            original=money("6.00", "USD"),
            party="C-1",
            due=day("2024-06-17"),
            value_date=day("2024-05-18"),
            quantity=quantity("1.5", "h"),
        ),
        credit("Equity:Opening", "5.00"),
        series="B",
        document=Document("R-1", day("2024-05-16"), day("2024-06-16"), "C-1", ("ab" * 32,)),
        description="d",
        payee="p",
        notes="n",
        tags=("t", "u"),
        metadata={"paid": True, "n": [1, {"a": None}]},
        imported={"cleared": 1},
    )


FULL: Mapping[str, Command] = {
    "PostTransaction": full_transaction(),
    "ReverseTransaction": reverse("transaction-9", on="2024-05-20", description="d", metadata={"a": 0}),
    "OpenAccount": OpenAccount(
        "Assets:Safe", AccountType.ASSET, Side.DEBIT, "77", Role.CASH, ("EUR", "USD"), "l", {"paid": True}
    ),
    "RenameAccount": RenameAccount("Assets:Till", "Assets:Purse", "1001", "l"),
    "UpdateAccount": UpdateAccount("Assets:Till", Role.CASH, ("EUR", "USD"), {"n": 1}),
    "CloseAccount": CloseAccount("Income:Sales"),
    "SetLimits": SetLimits("Assets:Till", "EUR", Amount(-5, 0), Amount(1000, 2)),
    "DeclareCurrency": DeclareCurrency("XBT", 8),
    "UpdateLedger": UpdateLedger("n", "Asia/Tokyo", 30, "EUR", "01-01"),
}
"""A command of every kind (`OpenLedger` and `ReopenAccount` stand above), with every member given."""

OTHERS: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "PostTransaction": {
        "date": [day("2024-05-18")],
        "kind": [Kind.OPENING],
        "series": ["A", "b"],
        "document": [None, Document(), Document("R-1", day("2024-05-16"), day("2024-06-16"), "C-1")],
        "postings": [
            full_transaction().postings[:1],
            full_transaction().postings[::-1],
            (*full_transaction().postings, debit("Assets:Till", "0")),
        ],
        "memo": [Memo()],
        "declares": [],
    },
    "Posting": {
        "account": ["Assets:Bank", "Equity:Opening", 2],
        "amount": [debit(1, "5.01").amount, debit(1, "-5.00").amount, debit(1, "500").amount],
        "currency": ["USD"],
        "text": [None, "", "other"],
        "dimensions": [None, {"project": "P2"}, {"cost": "P1"}, {"project": "P1", "cost": "x"}],
        "tax": [None, tax("W", "4.00"), tax("V"), tax("V", "4.01")],
        "original": [None, money("6.00", "EUR"), money("6.01", "USD")],
        "party": [None, "C-2"],
        "due": [None, day("2024-06-18")],
        "value_date": [None, day("2024-05-19")],
        "quantity": [None, quantity("1.5", "d"), quantity("15", "h")],
    },
    "Document": {
        "ref": [None, "R-2"],
        "date": [None, day("2024-05-17")],
        "due": [None, day("2024-06-17")],
        "party": [None, "C-2"],
        "sha256": [(), ("cd" * 32,), ("ab" * 32, "ab" * 32)],
    },
    "Memo": {
        "description": [None, "", "D"],
        "payee": [None, "P"],
        "notes": [None, "N"],
        "tags": [(), ("t",), ("u", "t")],
        # True is 1 in Python, and not in JSON.
        "metadata": [{}, {"paid": 1, "n": [1, {"a": None}]}, {"paid": True, "n": [True, {"a": None}]}],
        "imported": [{}, {"cleared": True}, {"cleared": 1, "x": None}],
    },
    "ReverseTransaction": {
        "transaction": ["transaction-10"],
        "date": [None, day("2024-05-21")],
        "memo": [Memo(), Memo("d", metadata={"a": False}), Memo("e", metadata={"a": 0})],
    },
    "OpenAccount": {
        "path": ["Assets:Vault"],
        "type": [AccountType.EXPENSE],
        "normal": [Side.CREDIT],
        "number": [None, "78"],
        "role": [None, Role.BANK],
        "currencies": [(), ("USD", "EUR")],
        "label": [None, "m"],
        "metadata": [None, {}, {"paid": 1}],
    },
    "RenameAccount": {
        "account": ["Assets:Bank", 2],
        "path": [None, "Assets:Wallet"],
        "number": [None, "1002"],
        "label": [None, "m"],
    },
    "UpdateAccount": {
        "account": ["Assets:Bank", 2],
        "role": [None, Role.BANK],
        "currencies": [(), ("USD", "EUR")],
        "metadata": [None, {}, {"n": True}],
    },
    "CloseAccount": {"account": ["Assets:Bank", "Assets:Till", 2]},
    "SetLimits": {
        "account": ["Assets:Bank", 2],
        "currency": ["USD"],
        "floor": [None, Amount(-501, 2), Amount(-500, 0)],
        "ceiling": [None, Amount(1001, 2), Amount(1000, 0)],
        "declares": [],
    },
    "DeclareCurrency": {"currency": ["XAU"], "scale": [2]},
    "UpdateLedger": {
        "name": [None, "m"],
        "time_zone": [None, "UTC"],
        "retention_years": [None, 10],
        "currency": [None, "USD"],
        "fiscal_year_start": [None, "07-01"],
        "declares": [],
    },
}
"""Of every member other values; each makes another order of it. An empty list: the member is not compared."""


def test_every_member_is_tried() -> None:
    parts: dict[str, Any] = dict(FULL)
    transaction = full_transaction()
    parts |= {"Posting": transaction.postings[0], "Document": transaction.document, "Memo": transaction.memo}
    assert OTHERS.keys() == parts.keys()
    for name, part in parts.items():
        assert OTHERS[name].keys() == members(part).keys()
        for member, others in OTHERS[name].items():
            value = getattr(part, member)
            assert not others or value not in (None, (), {}, UNSET), f"{name}.{member} is not given"


def with_one_changed(part: Any) -> Iterator[tuple[str, Any]]:
    """The same with one member changed, in it or anywhere below it: every way to do so, named."""
    for member, others in OTHERS[type(part).__name__].items():
        for other in others:
            yield f"{member}={other!r:.60}", changed(part, **{member: other})
    if isinstance(part, PostTransaction):
        for member, below in (("document", part.document), ("memo", part.memo)):
            for name, other in with_one_changed(below):
                yield f"{member}.{name}", changed(part, **{member: other})
        for name, other in with_one_changed(part.postings[0]):
            yield f"postings.0.{name}", changed(part, postings=(other, *part.postings[1:]))


def books_before(name: str) -> Books:
    """Books in which the full command can be accepted, and with other names for Assets:Till."""
    books = opened_books().given(RenameAccount("Assets:Cash", path="Assets:Till"))
    if name == "ReverseTransaction":
        books.given(transfer("1.00"), transfer("2.00"))
    if name in ("UpdateLedger", "SetLimits"):
        books.given(DeclareCurrency("EUR", 2))
    return books


@pytest.mark.parametrize("name", FULL)
def test_an_order_in_which_any_one_member_differs_is_no_repeat(name: str) -> None:
    books = books_before(name)
    done = answered(books, FULL[name])
    assert is_same_request(FULL[name], done, books.state)
    taken_for_the_same = [
        what for what, other in with_one_changed(FULL[name]) if is_same_request(other, done, books.state)
    ]
    assert taken_for_the_same == []


@pytest.mark.parametrize("name", FULL)
@given(data=st.data())
def test_differences_never_make_up_for_each_other(name: str, data: st.DataObject) -> None:
    books = books_before(name)
    done = answered(books, FULL[name])
    command: Any = FULL[name]
    others = {member: each for member, each in OTHERS[name].items() if each}
    for member in data.draw(st.sets(st.sampled_from(sorted(others)), min_size=1), label="members"):
        command = changed(command, **{member: data.draw(st.sampled_from(others[member]), label=member)})
    assert not is_same_request(command, done, books.state)


@pytest.mark.parametrize("name", FULL)
@pytest.mark.parametrize("other", FULL)
def test_an_order_of_another_kind_is_no_repeat(name: str, other: str) -> None:
    books = opened_books()
    assert is_same_request(FULL[name], FULL[other], books.state) is (name == other)


def test_json_is_compared_as_json() -> None:
    books = opened_books()
    values = {"float": 1.5, "whole": 2.0, "zero": -0.0, "list": [1, [2, "x"]], "large": 1e20}
    done = answered(books, UpdateAccount(1, metadata=values))
    same = {"zero": 0, "whole": 2, "list": (1, (2, "x")), "float": 1.5, "large": 1e20}
    assert is_same_request(UpdateAccount("#1000", metadata=same), done, books.state)
    for other in ({"list": [1, [2, "y"]]}, {"list": [[1, 2], "x"]}, {"whole": "2"}, {"float": 1.50001}, {"zero": None}):
        assert not is_same_request(UpdateAccount("#1000", metadata=values | other), done, books.state)
    assert not is_same_request(UpdateAccount("#1000", metadata={}), done, books.state)


# --- What cannot be compared


@pytest.mark.parametrize("name", FULL)
def test_texts_that_were_erased_are_not_compared_and_facts_are(name: str) -> None:
    books = opened_books().given(RenameAccount("Assets:Cash", path="Assets:Till"), transfer("1.00"), transfer("2.00"))
    command: Any = FULL[name]
    if name == "DeclareCurrency":
        command = changed(command, currency="XAG")
    done = restore_command(erased(books.when(command)[-1]))
    assert is_same_request(command, done, books.state, erased=True)
    facts: dict[str, dict[str, Any]] = {
        "PostTransaction": {"series": "C"},
        "ReverseTransaction": {"date": day("2024-05-22")},
        "OpenAccount": {"number": "78"},
        "RenameAccount": {"number": "1002"},
        "UpdateAccount": {"role": None},
        "CloseAccount": {"account": "Assets:Bank"},
        "SetLimits": {"floor": None},
        "DeclareCurrency": {"scale": 9},
        "UpdateLedger": {"retention_years": 31},
    }
    assert not is_same_request(changed(command, **facts[name]), done, books.state, erased=True)


def test_texts_that_are_still_there_must_be_the_same(books: Books) -> None:
    done = answered(books, transfer("5.00", description="Ada owes Bob"))
    assert not is_same_request(transfer("5.00", description="Bob owes Ada"), done, books.state)
    assert not is_same_request(transfer("5.00"), done, books.state)
    done = answered(books, transfer("5.00"))
    assert not is_same_request(transfer("5.00", description="Bob owes Ada"), done, books.state)


def test_the_names_of_a_ledger_whose_texts_were_erased_are_not_compared() -> None:
    books = Books()
    done = restore_command(erased(books.when(open_ledger(name="Ada's books"))[-1]))
    assert isinstance(done, OpenLedger)
    assert is_same_request(open_ledger(name="Ada's books"), done, books.state, erased=True)
    assert not is_same_request(open_ledger(name="Ada's books", time_zone="Asia/Tokyo"), done, books.state, erased=True)


def test_a_name_that_no_longer_resolves_is_not_compared(books: Books) -> None:
    """The path was erased since: whoever repeats the old order cannot be told apart from himself."""
    done = answered(books, transfer("5.00"))
    books.state.remove(NAMES, "Assets:Cash")
    assert is_same_request(transfer("5.00"), done, books.state)
    assert not is_same_request(transfer("5.01"), done, books.state)
    assert not is_same_request(post(debit("Assets:Bank", "5.00"), credit("Equity:Opening", "5.00")), done, books.state)


def test_an_id_is_compared_even_if_no_account_has_it(books: Books) -> None:
    done = answered(books, transfer("5.00"))
    assert not is_same_request(post(debit(999, "5.00"), credit("Equity:Opening", "5.00")), done, books.state)
