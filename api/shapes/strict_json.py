"""JSON text as values, strictly: repeated names, numbers that are not JSON and texts that cannot be stored are refused.

What it costs grows with the length of the text and nothing else, whatever is in it.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import Any

from api.errors import DuplicateKey, MalformedJson, escape_pointer, shown_part
from ledger.errors import InvalidField

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""Half a surrogate pair is no text, and NUL fits in no PostgreSQL text."""
NESTED_MAX = 64
"""Levels of a value that is stored as it came, such as metadata: the value is the first level, what is directly in it
the second. Everything that reads it again must be able to."""
NO_TEXT = re.compile("[\ud800-\udfff]")
"""The same for what is never stored, like a password."""


def parse_json(raw: bytes, *, refused: re.Pattern[str] | None = UNSTORABLE) -> Any:
    """Return the JSON value in `raw`, with nothing `refused` in its texts. Raises MalformedJson and DuplicateKey: most
    parsers take the last in silence."""
    try:
        value = _decode(raw.decode())
    except UnicodeDecodeError as error:
        raise MalformedJson(trouble=f"byte {error.start} is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise MalformedJson(trouble=f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        raise MalformedJson(trouble="it is nested too deeply") from None
    except ValueError:  # Python reads no integer of more than 4,300 digits
        raise MalformedJson(trouble="a number in it is too long") from None
    if refused is not None and has_escapes(raw):
        require_texts(value, refused)
    return value


def has_escapes(raw: bytes) -> bool:
    """Return whether there may be refused characters in JSON text: only an escape can bring them in."""
    return b"\\u" in raw


def require_texts(value: Any, refused: re.Pattern[str] = UNSTORABLE) -> None:
    """Raise InvalidField, with the place, where a text or a name in a JSON value has a character that is `refused`."""
    place: list[str] = []
    opened: list[Iterator[tuple[str, Any]]] = [iter((("", value),))]
    while opened:
        for name, each in opened[-1]:
            bad_name = refused.search(name)  # first: a place that is told has no such name in it
            found = refused.search(each) if bad_name is None and type(each) is str else None
            if found or bad_name:
                # Of a bad name only the object that has it can be named.
                parts = [*place, name][1:] if found else place[1:]
                character = (found or bad_name)[0]  # type: ignore[index]
                raise InvalidField(
                    trouble=f"U+{ord(character):04X} is not allowed in a {'text' if found else 'name'}",
                    pointer="/".join(["#", *map(escape_pointer, map(shown_part, parts))]),
                )
            if type(each) is dict or type(each) is list:
                place.append(name)
                members = each.items() if type(each) is dict else zip(map(str, count()), each, strict=False)
                opened.append(iter(members))
                break
        else:
            opened.pop()
            if place:
                place.pop()


def find_repeated(names: Iterable[str]) -> str:
    """Return the first name that was there before. There must be one. Each name is looked at once: an object may have a
    million members."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    raise AssertionError


def walk(value: Any) -> Iterator[tuple[int, Any]]:
    """Yield a JSON value and all that is in it, names too, each with its depth, 1 at the top. There is no recursion in
    it: a text may be nested almost as deeply as the stack goes."""
    opened: list[Iterator[Any]] = [iter((value,))]
    while opened:
        for each in opened[-1]:
            yield len(opened), each
            if type(each) is dict:
                opened.append(chain(each, each.values()))
                break
            if type(each) is list:
                opened.append(iter(each))
                break
        else:
            opened.pop()


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise DuplicateKey(name=find_repeated(name for name, _ in pairs))
    return members


def _no_constant(name: str) -> Any:
    raise MalformedJson(trouble=f"{name} is not JSON")


_decode = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_no_constant).decode
