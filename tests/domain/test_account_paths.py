"""An account may be called what its owner calls it, as long as two names that look alike are alike."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.accounts import (
    AccountType,
    Side,
    infer_type,
    normal_side,
    number_name,
    require_number,
    require_path,
    require_visible,
)
from ledger.errors import InvalidField, InvalidPath


def trouble_with(path: str) -> str:
    """What is said against a path."""
    with pytest.raises(InvalidPath) as caught:
        require_path(path)
    assert caught.value.code == "invalid_path"
    return caught.value.trouble


@pytest.mark.parametrize(
    "path",
    [
        "Assets",
        "Assets:Cash",
        "Assets:Bank:Checking account",
        "Aktiva:Kasse:Zürich",
        "Активы:Касса",
        "資産:現金",
        "الأصول:النقد",
        "Assets:Food/balance",
        "Assets:Petty cash (2024), 50 % / rest",
        "1930",
        "Assets:1930:#7",
        "Assets:a.b",
        "Assets:...",
        "Assets:.hidden",
        "Assets:Pocket 👛",
        "assets",
        "Assets:50% off?&x=1",
        "Assets:back\\slash'\"",
        "Assets:two  spaces",
        ":".join("a" * 16),
        "a" * 100,
        ":".join(["ü" * 100] * 4 + ["ü" * 96]),  # 500 characters, which UTF-8 would count as more
    ],
)
def test_any_letters_spaces_and_slashes_name_an_account(path: str) -> None:
    require_path(path)


@pytest.mark.parametrize("path", ["Aktiva:Zu\u0308rich", "A\u030angstrom", "Assets:\u212b", "\u1112\u1161\u11ab"])
def test_a_path_in_another_normal_form_is_told_its_nfc_form(path: str) -> None:
    nfc = unicodedata.normalize("NFC", path)
    assert nfc != path
    assert trouble_with(path) == f"it is not in Unicode normal form NFC; write {nfc!r}"
    require_path(nfc)


@pytest.mark.parametrize("path", ["#1930", "#", "#Assets:Cash"])
def test_a_number_sign_at_the_start_is_for_account_numbers(path: str) -> None:
    assert "account numbers" in trouble_with(path)


@pytest.mark.parametrize(
    "character",
    [
        "\u0000",
        "\t",
        "\n",
        "\r",
        "\u001b",
        "\u007f",
        "\u0085",
        "\u2028",
        "\u2029",
        chr(0xD800),
        chr(0xDFFF),
        "\u061c",
        *map(chr, range(0x200E, 0x2010)),
        *map(chr, range(0x202A, 0x202F)),
        *map(chr, range(0x2066, 0x206A)),
    ],
    ids=lambda character: f"U+{ord(character):04X}",
)
@pytest.mark.parametrize("path", ["Assets:Ca{}sh", "{}Assets", "Assets:{}"])
def test_controls_and_direction_marks_that_disguise_a_name_are_refused(path: str, character: str) -> None:
    assert trouble_with(path.format(character)) == f"U+{ord(character):04X} is not allowed in a path"


@pytest.mark.parametrize("path", [":", ":Cash", "Assets:", "Assets::Cash"])
def test_a_segment_is_never_empty(path: str) -> None:
    assert trouble_with(path) == "a segment between colons is empty"


def test_a_path_is_never_empty() -> None:
    assert trouble_with("") == "it is empty"


@pytest.mark.parametrize(
    "path", [" Assets", "Assets ", "Assets: Cash", "Assets :Cash", "Assets:\u00a0Cash", "Assets:Cash\u3000", " "]
)
def test_a_segment_has_no_spaces_at_its_ends(path: str) -> None:
    assert trouble_with(path) == "a segment begins or ends with a space"


@pytest.mark.parametrize("path", [".", "..", "Assets:.", "Assets:..:Cash"])
def test_dots_alone_are_no_segment(path: str) -> None:
    assert trouble_with(path) == "'.' and '..' are not segments"


def test_a_path_has_limits() -> None:
    assert "more than 16 segments" in trouble_with(":".join("a" * 17))
    assert "a segment has more than 100 characters" in trouble_with("Assets:" + "a" * 101)
    too_long = ":".join(["a" * 100] * 4 + ["a" * 97])
    assert len(too_long) == 501
    assert "more than 500 characters" in trouble_with(too_long)
    with pytest.raises(InvalidPath) as caught:
        require_path("a" * 100_000)
    assert len(caught.value.detail) < 200, "a refusal does not repeat a hundred thousand characters"


@given(path=st.text(max_size=40) | st.text(alphabet="aé:.# \u0301\u200e", max_size=12))
def test_an_accepted_path_is_nfc_and_made_of_whole_segments(path: str) -> None:
    try:
        require_path(path)
    except InvalidPath:
        return
    assert unicodedata.is_normalized("NFC", path)
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in path)
    for segment in path.split(":"):
        assert segment == segment.strip() != ""
        assert segment not in {".", ".."}


# Numbers and types.


@pytest.mark.parametrize("number", ["1", "1930", "0000", "4.1.2", "10-20", "A1", "a" * 32])
def test_an_account_number_is_letters_digits_points_and_hyphens(number: str) -> None:
    require_number(number)
    assert number_name(number) == f"#{number}"


@pytest.mark.parametrize("number", ["", "#1930", " 1", "1 ", "1\n", "1:2", "1/2", "-1", "1.", "é", "١", "1" * 33])
def test_anything_else_is_no_account_number(number: str) -> None:
    with pytest.raises(InvalidField, match="account number") as caught:
        require_number(number)
    assert caught.value.code == "invalid"


@pytest.mark.parametrize("number", ["1", "1930", "a" * 32])
def test_no_path_can_be_mistaken_for_a_number(number: str) -> None:
    assert "account numbers" in trouble_with(number_name(number))


@pytest.mark.parametrize(
    ("path", "account_type"),
    [
        ("Assets:Cash", AccountType.ASSET),
        ("asset", AccountType.ASSET),
        ("LIABILITIES:Loan", AccountType.LIABILITY),
        ("Liability", AccountType.LIABILITY),
        ("Equity:Opening", AccountType.EQUITY),
        ("Income", AccountType.INCOME),
        ("Revenue:Sales", AccountType.INCOME),
        ("revenues", AccountType.INCOME),
        ("Expenses:Rent", AccountType.EXPENSE),
        ("expense", AccountType.EXPENSE),
        ("Aktiva:Kasse", None),
        ("Asset s", None),
        ("Cash:Assets", None),
        ("Equities", None),
        ("1930", None),
    ],
)
def test_the_first_segment_tells_the_type_or_nothing_does(path: str, account_type: AccountType | None) -> None:
    assert infer_type(path) == account_type


@pytest.mark.parametrize(
    ("account_type", "side"),
    [
        (AccountType.ASSET, Side.DEBIT),
        (AccountType.EXPENSE, Side.DEBIT),
        (AccountType.LIABILITY, Side.CREDIT),
        (AccountType.EQUITY, Side.CREDIT),
        (AccountType.INCOME, Side.CREDIT),
    ],
)
def test_assets_and_expenses_grow_by_debits_and_the_others_by_credits(account_type: AccountType, side: Side) -> None:
    assert normal_side(account_type) is side


UNSEEN = (
    *"\u00ad\u034f\u115f\u1160\u17b4\u180e\u200b\u200c\u200d\u2060\u2064\u2800\u3164\ufe0f\ufeff\uffa0\ufff9",
    *"\ufffe\ufdd0\U000e0001\U000e0041\U000e0100\U0001ffff",
)


@pytest.mark.parametrize("character", UNSEEN, ids=lambda each: f"U+{ord(each):04X}")
def test_a_new_path_has_no_character_that_cannot_be_seen(character: str) -> None:
    for path in (
        f"Assets:Ca{character}sh",
        f"Assets:{character}",
        f"{character}Assets:Cash",
        f"Assets:Cash{character}",
    ):
        with pytest.raises(InvalidPath, match="cannot be seen"):
            require_visible(path)


def test_a_segment_of_a_new_path_has_a_character_that_is_seen_by_itself() -> None:
    for path in ("Assets:\u0301", "Assets: \u0301 :Cash"):
        with pytest.raises(InvalidPath, match="no character that can be seen by itself"):
            require_visible(path)


@pytest.mark.parametrize(
    "path",
    [
        "Assets:Zürich",
        "資産:現金",
        "Assets:Pocket 👛",
        "हिन्दी:नकद",
        "Assets:two  words",
        "a:-",
        "現金　預金",
        "Assets:A\u00a0B",
        "دارایی:خانه\u200cها",
        "Assets:❤\ufe0f\u200d🔥",
    ],
)
def test_what_can_be_seen_names_a_new_account(path: str) -> None:
    require_visible(path)


@pytest.mark.parametrize("character", ["\u200b", "\u00ad", "\u2060", "\ufe0f", "\u3164", "\u00a0"])
def test_a_path_in_an_old_log_is_decided_as_it_was(character: str) -> None:
    """The rules of the log do not change: an auditor decides every record again."""
    require_path(f"Assets:Ca{character}sh")
