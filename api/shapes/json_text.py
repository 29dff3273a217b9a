"""Values as JSON text: compact, in UTF-8."""

import json
from collections.abc import Callable, Mapping
from typing import Any

write: Callable[[Any], str] = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""Return JSON as a text."""


def dumps(content: Any) -> bytes:
    """Return JSON, compact, in UTF-8."""
    return write(content).encode()


def dumps_long(content: Mapping[str, Any]) -> bytes:
    """Return the JSON of a document with long lists, written an item at a time: meanwhile other threads get on. A
    member that is bytes is JSON already."""
    return b"{%b}" % b",".join([b"%b:%b" % (dumps(name), _member(value)) for name, value in content.items()])


def _member(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return b"[%b]" % b",".join(map(dumps, value)) if isinstance(value, list) else dumps(value)
