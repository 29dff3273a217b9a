"""Values of the database's columns as JSON, and back. Both databases give the same JSON for the same value.

Both directions are strict: what the column cannot hold is refused, because SQLite's columns take values of every type,
and a file may have been changed by hand.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Boolean, Integer, LargeBinary, String, Uuid
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from ledger.store.engine import Units, from_sortable, to_sortable

UNITS_DIGITS_MAX = 999
"""SQLite's text for an integer of any length has room for the count of so many digits."""
INTEGER_MIN, INTEGER_MAX = -(2**63), 2**63 - 1

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_UNITS = re.compile(rf"0|-?[1-9][0-9]{{0,{UNITS_DIGITS_MAX - 1}}}")


class ValueKind(StrEnum):
    """What a column holds. The value is the word in the file."""

    INTEGER = "integer"
    BOOLEAN = "boolean"
    TEXT = "text"
    BYTES = "bytes"
    """In JSON a string where the bytes are UTF-8, and else `{"hex": "…"}`."""
    UNITS = "units"
    """Minor units: an integer of up to 999 digits, in JSON a string."""
    UUID = "uuid"


Convert = Callable[[Any], Any]

_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]
_KINDS: tuple[tuple[type[TypeEngine[Any]], ValueKind], ...] = (
    (Boolean, ValueKind.BOOLEAN),
    (Integer, ValueKind.INTEGER),
    (LargeBinary, ValueKind.BYTES),
    (Uuid, ValueKind.UUID),
    (String, ValueKind.TEXT),
)


def find_kind(type_: TypeEngine[Any]) -> ValueKind:
    """Return the kind of a column of this type. Raises TypeError for a type that backups do not know."""
    if isinstance(type_, Units):
        return ValueKind.UNITS
    stored = type_.dialect_impl(_POSTGRESQL)  # SQLite has one type for texts and UUIDs
    for known, kind in _KINDS:
        if isinstance(stored, known):
            return kind
    raise TypeError(f"backups do not know columns of type {type_!r}")


def make_encoder(kind: ValueKind, dialect: str) -> Convert:
    """Return the function that makes JSON of what the driver gives. It raises ValueError."""
    return _OUT[dialect].get(kind) or _OUT_ANY[kind]


def make_decoder(kind: ValueKind, dialect: str) -> Convert:
    """Return the function that makes what the driver takes of JSON. It raises ValueError."""
    if kind is ValueKind.UNITS:
        return _sqlite_units_in if dialect == "sqlite" else _postgresql_units_in
    return _IN[kind]


def _integer(value: Any) -> int:
    if type(value) is not int or not INTEGER_MIN <= value <= INTEGER_MAX:
        raise ValueError("it is not an integer of 64 bits")
    return value


def _boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("it is neither true nor false")
    return value


def _sqlite_boolean(value: Any) -> bool:
    if type(value) is not int or value not in (0, 1):
        raise ValueError("it is neither true nor false")
    return bool(value)


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError("it is not a text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("it is not a text that UTF-8 can spell") from None
    return value


def _uuid(value: Any) -> str:
    if type(value) is not str or _UUID.fullmatch(value) is None:
        raise ValueError("it is not a UUID in lower case")
    return value


def _postgresql_uuid(value: Any) -> str:
    return _uuid(str(value))


def _bytes_out(value: Any) -> Any:
    if type(value) is not bytes:
        raise ValueError("it is not bytes")
    try:
        return value.decode()
    except UnicodeDecodeError:
        return {"hex": value.hex()}


def _bytes_in(value: Any) -> bytes:
    if type(value) is str:
        return _text(value).encode()
    if isinstance(value, dict) and value.keys() == {"hex"} and type(value["hex"]) is str:
        try:
            return bytes.fromhex(value["hex"])
        except ValueError:
            pass
    raise ValueError('it is neither a text nor {"hex": "…"}')


def _sqlite_units_out(value: Any) -> str:
    try:
        units = from_sortable(value) if type(value) is str else None
        if units is not None and to_sortable(units) == value:
            return str(units)
    except (ValueError, IndexError):
        pass
    raise ValueError("it is not an integer as it is stored here")


def _postgresql_units_out(value: Any) -> str:
    if not isinstance(value, Decimal) or not value.is_finite() or value != value.to_integral_value():
        raise ValueError("it is not an integer")
    return str(int(value))


def _units(value: Any) -> str:
    if type(value) is not str or _UNITS.fullmatch(value) is None:
        raise ValueError(f"it is not an integer of at most {UNITS_DIGITS_MAX} digits, as a text")
    return value


def _sqlite_units_in(value: Any) -> str:
    return to_sortable(int(_units(value)))


def _postgresql_units_in(value: Any) -> Decimal:
    return Decimal(_units(value))


_OUT_ANY: dict[ValueKind, Convert] = {
    ValueKind.INTEGER: _integer,
    ValueKind.TEXT: _text,
    ValueKind.BYTES: _bytes_out,
}
_OUT: dict[str, dict[ValueKind, Convert]] = {
    "sqlite": {ValueKind.BOOLEAN: _sqlite_boolean, ValueKind.UNITS: _sqlite_units_out, ValueKind.UUID: _uuid},
    "postgresql": {
        ValueKind.BOOLEAN: _boolean,
        ValueKind.UNITS: _postgresql_units_out,
        ValueKind.UUID: _postgresql_uuid,
    },
}
_IN: dict[ValueKind, Convert] = {
    ValueKind.INTEGER: _integer,
    ValueKind.BOOLEAN: _boolean,
    ValueKind.TEXT: _text,
    ValueKind.BYTES: _bytes_in,
    ValueKind.UUID: _uuid,
}
