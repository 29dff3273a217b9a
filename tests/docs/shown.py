"""Whether a program printed what a page shows. `…` on the page stands for anything."""

import json
import re
from typing import Any

ANYTHING = "…"
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|…|[\[\]{},:]|[^\s"…\[\]{},:]+|\s+')


def is_printed(shown: str, printed: str, language: str) -> bool:
    """Whether `printed` is what the page shows.

    `json` is compared as JSON: `…` is any value, any further members of an object, or any further items of a list.
    `jsonl` is that line by line; a line `…` is any number of lines. Everything else is compared as text.
    """
    match language:
        case "json":
            return _is_json(shown, printed)
        case "jsonl":
            return _are_lines(shown.strip().splitlines(), printed.strip().splitlines())
        case _:
            return _is_text(_stripped(shown), _stripped(printed))


def parse_elided(text: str) -> Any:
    """The JSON value on a page, with `"…"` where the page leaves something out. Raises ValueError for anything else."""
    written: list[str] = []
    inside: list[str] = []
    last = ""
    for token in _TOKEN.findall(text):
        if token == ANYTHING:
            is_member = inside[-1:] == ["{"] and last in ("{", ",")
            written.append('"…":"…"' if is_member else '"…"')
        else:
            written.append(token)
        if token in ("{", "["):
            inside.append(token)
        elif token in ("}", "]") and inside:
            inside.pop()
        last = last if token.isspace() else token
    return json.loads("".join(written))


def _is_json(shown: str, printed: str) -> bool:
    try:
        found = json.loads(printed)
    except ValueError:
        return False
    return _matches(parse_elided(shown), found)


def _are_lines(shown: list[str], printed: list[str]) -> bool:
    if not shown:
        return not printed
    if shown[0].strip() == ANYTHING:
        return any(_are_lines(shown[1:], printed[start:]) for start in range(len(printed) + 1))
    return bool(printed) and _is_json(shown[0], printed[0]) and _are_lines(shown[1:], printed[1:])


def _matches(shown: Any, found: Any) -> bool:
    match shown, found:
        case "…", _:
            return True
        case dict(), dict():
            members = shown.keys() - {ANYTHING}
            complete = ANYTHING in shown or members == found.keys()
            return complete and members <= found.keys() and all(_matches(shown[each], found[each]) for each in members)
        case list(), list():
            return _items_match(shown, found)
        case str(), str():
            return _is_text(shown, found)
    return type(shown) is type(found) and bool(shown == found)


def _items_match(shown: list[Any], found: list[Any]) -> bool:
    if not shown:
        return not found
    if shown[0] == ANYTHING:
        return any(_items_match(shown[1:], found[start:]) for start in range(len(found) + 1))
    return bool(found) and _matches(shown[0], found[0]) and _items_match(shown[1:], found[1:])


def _is_text(shown: str, printed: str) -> bool:
    pattern = ".*?".join(re.escape(part) for part in shown.split(ANYTHING))
    return re.fullmatch(pattern, printed, flags=re.DOTALL) is not None


def _stripped(text: str) -> str:
    """Without spaces at the ends of lines, and without empty lines at both ends."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")
