"""JSON text as values, strictly: repeated names, numbers that are not JSON and texts that cannot be stored are refused.

What it costs grows with the length of the text and nothing else, whatever is in it.
"""

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from api.errors import DuplicateKey, MalformedJson
from ledger.errors import InvalidField

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""Half a surrogate pair is no text, and NUL fits in no PostgreSQL text."""
NESTED_MAX = 64
"""Levels of a value that is stored as it came, such as metadata: the value is the first level, what is directly in it
the second. Everything that reads it again must be able to."""
NO_TEXT = re.compile("[\ud800-\udfff]")
"""The same for what is never stored, like a password."""


def parse_json(raw: bytes, *, refused: re.Pattern[str] = UNSTORABLE) -> Any:
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
    if b"\\u" in raw:  # only an escape can smuggle these in
        _require_text(value, refused)
    return value


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


def _require_text(value: Any, refused: re.Pattern[str]) -> None:
    """Raise InvalidField where a text in the value has a character that is `refused`."""
    for _, each in walk(value):
        if type(each) is str and (found := refused.search(each)):
            raise InvalidField(trouble=f"U+{ord(found[0]):04X} is not allowed in a text")
