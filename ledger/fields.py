"""How a record keeps the fields of events and of their parts, and how it is read: JSON can hold anything anywhere.

The core may be compiled. Then annotations are not there at run time, so nothing here reads them: a field that is not
simply a text and a fact says with `field(metadata=kept_as(…))` how it is read, and whether it can be erased.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

SAFE_INTEGER_MAX = 2**53 - 1
"""JSON numbers beyond this are not exact everywhere (RFC 7493); they are refused."""

Read = Callable[[Any], Any]
"""Makes a value of its JSON. Raises ValueError or TypeError for JSON that no writer wrote."""


def kept_as(read: Read, *, in_memo: bool = False) -> Mapping[str, Any]:
    """Return the metadata of a field that this function reads. `in_memo`: it is a text of people, which can be
    erased."""
    return {"read": read, "in_memo": in_memo}


def list_readers(class_: Any) -> dict[str, Read]:
    """Return what reads each field of a dataclass, by name."""
    return {each.name: each.metadata.get("read", read_text) for each in fields(class_)}


def list_texts(class_: Any) -> frozenset[str]:
    """Return the names of the fields of a dataclass that belong in a memo."""
    return frozenset(each.name for each in fields(class_) if each.metadata.get("in_memo"))


# --- reading: JSON can hold anything anywhere ------------------------------------------------------------------------


def read_text(value: Any) -> str:
    """Return a JSON string."""
    if type(value) is not str:
        raise ValueError("this is not a text")
    text: str = value
    return text


def read_integer(value: Any) -> int:
    """Return a JSON number that is a whole one."""
    if type(value) is not int or not -SAFE_INTEGER_MAX <= value <= SAFE_INTEGER_MAX:
        raise ValueError("this is not a whole number")
    number: int = value
    return number


def read_texts(value: Any) -> tuple[str, ...]:
    """Return a JSON list of strings."""
    return tuple([read_text(each) for each in read_list(value)])


def read_list(value: Any) -> list[Any]:
    """Return a JSON list."""
    if type(value) is not list:
        raise ValueError("this is not a list")
    items: list[Any] = value
    return items


def read_object(value: Any) -> dict[str, Any]:
    """Return a JSON object."""
    if type(value) is not dict:
        raise ValueError("this is not an object")
    members: dict[str, Any] = value
    return members


def read_labels(value: Any) -> dict[str, str]:
    """Return a JSON object of strings."""
    return {name: read_text(label) for name, label in read_object(value).items()}


def read_members(members: dict[str, Any], readers: Mapping[str, Read]) -> dict[str, Any]:
    """Return the members of a JSON object, each read by its reader. Raises ValueError, with the name, for one that has
    none."""
    found = {}
    for name, value in read_object(members).items():
        read = readers.get(name)
        if read is None:
            raise ValueError(f"there is no member {name!r} here")
        try:
            found[name] = read(value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name}: {error}") from None
    return found


IN_MEMO: Mapping[str, Any] = kept_as(read_text, in_memo=True)
"""The metadata of a text of people."""
