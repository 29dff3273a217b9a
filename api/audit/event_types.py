"""The types that the classes of events declare, held against what was read: JSON can hold anything anywhere."""

from collections.abc import Mapping
from dataclasses import is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Any, ClassVar, TypeVar, Union, get_args, get_origin, get_type_hints

from ledger.codec import SAFE_INTEGER_MAX
from ledger.money import Amount
from ledger.slices import Event


def find_wrong_member(event: Event) -> str | None:
    """Return the first member of an event whose value is not of the declared type, like `postings[0].due`; None: all
    are."""
    found = _wrong(event, type(event), "")
    return None if found is None else found.removeprefix(".")


def _wrong(value: Any, hint: Any, path: str) -> str | None:
    if hint is Any:
        return None
    made = get_origin(hint) or hint
    if made in (Union, UnionType):
        return _wrong_in_union(value, get_args(hint), path)
    if made is tuple:
        items = enumerate(value) if type(value) is tuple else ()
        inner = (_wrong(item, get_args(hint)[0], f"{path}[{at}]") for at, item in items)
        return path if type(value) is not tuple else _first(inner)
    if made is Mapping:
        if not isinstance(value, Mapping) or not all(type(name) is str for name in value):
            return path
        return _first(_wrong(item, get_args(hint)[1], f"{path}.{name}") for name, item in value.items())
    if isinstance(made, TypeVar) or made is int:  # an account is named by its id
        return None if type(value) is int and abs(value) <= SAFE_INTEGER_MAX else path
    if made is not Amount and (is_dataclass(made) or hasattr(made, "_fields")):
        if type(value) is not made:
            return path
        members = _members(made).items()
        return _first(_wrong(getattr(value, name), each, f"{path}.{name}") for name, each in members)
    return None if _is_a(value, made) else path


def _wrong_in_union(value: Any, hints: tuple[Any, ...], path: str) -> str | None:
    if value is None and NoneType in hints:
        return None
    found = [_wrong(value, each, path) for each in hints if each is not NoneType]
    return None if None in found else found[0]


def _is_a(value: Any, class_: type) -> bool:
    """Return whether a value is of this type; of a text or a date exactly that: a datetime is a date in Python."""
    if issubclass(class_, Enum | Amount):
        return isinstance(value, class_)
    return type(value) is class_


def _first(found: Any) -> str | None:
    return next((each for each in found if each is not None), None)


_KNOWN: dict[Any, dict[str, Any]] = {}


def _members(class_: Any) -> dict[str, Any]:
    if class_ not in _KNOWN:
        hints = get_type_hints(class_)
        _KNOWN[class_] = {name: hint for name, hint in hints.items() if get_origin(hint) is not ClassVar}
    return _KNOWN[class_]
