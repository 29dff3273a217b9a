"""A value is the same after a backup and a restore, whichever databases it was in."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Float, Text

from api.backup.snapshot import list_saved_tables
from api.backup.values import UNITS_DIGITS_MAX, ValueKind, find_kind, make_decoder, make_encoder
from ledger.store.engine import Key, Units, UuidText, to_sortable

LARGEST = 10**UNITS_DIGITS_MAX - 1
DIALECTS = ("sqlite", "postgresql")


def stored(kind: ValueKind, dialect: str, value: Any) -> Any:
    """The value as this database's driver gives it."""
    if kind is ValueKind.UNITS:
        return to_sortable(value) if dialect == "sqlite" else Decimal(value)
    if kind is ValueKind.BOOLEAN and dialect == "sqlite":
        return int(value)
    if kind is ValueKind.UUID:
        return value if dialect == "postgresql" else str(value)
    return value


VALUES: dict[ValueKind, st.SearchStrategy[Any]] = {
    ValueKind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    ValueKind.BOOLEAN: st.booleans(),
    ValueKind.TEXT: st.text(),
    ValueKind.BYTES: st.binary() | st.text().map(str.encode),
    ValueKind.UNITS: st.integers(-LARGEST, LARGEST) | st.integers(-1000, 1000),
    ValueKind.UUID: st.uuids(),
}


@pytest.mark.parametrize("kind", ValueKind)
@given(data=st.data())
def test_a_value_is_what_it_was_in_either_database(kind: ValueKind, data: st.DataObject) -> None:
    value = data.draw(VALUES[kind])
    spelled = [make_encoder(kind, dialect)(stored(kind, dialect, value)) for dialect in DIALECTS]
    assert spelled[0] == spelled[1], "one spelling"
    for dialect in DIALECTS:
        back = make_decoder(kind, dialect)(spelled[0])
        expected = stored(kind, dialect, value)
        assert back == (str(expected) if kind is ValueKind.UUID else expected)


ODD: list[Any] = [
    None,
    True,
    0,
    1,
    -1,
    2**64,
    1.5,
    "",
    "x",
    "1",
    b"",
    b"x",
    [],
    {},
    Decimal("1.5"),
    Decimal("NaN"),
    uuid.uuid4(),
]


@pytest.mark.parametrize("kind", ValueKind)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_a_column_cannot_hold_is_refused_in_both_directions(kind: ValueKind, dialect: str) -> None:
    for convert in (make_encoder(kind, dialect), make_decoder(kind, dialect)):
        refused = 0
        for value in ODD:
            try:
                convert(value)
            except ValueError:
                refused += 1
        assert refused >= len(ODD) // 2


@pytest.mark.parametrize("text", ["", "p", "p002 1", "p0025", "p00205", "n998", "x0011", "p001-"])
def test_an_integer_has_one_spelling_in_sqlite(text: str) -> None:
    with pytest.raises(ValueError, match="as it is stored here"):
        make_encoder(ValueKind.UNITS, "sqlite")(text)


def test_every_column_has_a_kind_and_an_unknown_type_is_refused() -> None:
    for table in list_saved_tables():
        for column in table.columns:
            assert find_kind(column.type) in ValueKind
    assert [find_kind(each) for each in (Key, UuidText, Units(), Text())] == [
        ValueKind.TEXT,
        ValueKind.UUID,
        ValueKind.UNITS,
        ValueKind.TEXT,
    ]
    with pytest.raises(TypeError, match="do not know columns"):
        find_kind(Float())
