"""Values as JSON text: compact, in UTF-8."""

import json
from collections.abc import Mapping
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def dumps(content: Any) -> bytes:
    """Return JSON, compact, in UTF-8."""
    return _encode(content).encode()


def dumps_long(content: Mapping[str, Any]) -> bytes:
    """Return the JSON of a document with long lists, written an item at a time: meanwhile other threads get on."""
    members = (
        b"%b:%b" % (dumps(name), b"[%b]" % b",".join(map(dumps, value)) if isinstance(value, list) else dumps(value))
        for name, value in content.items()
    )
    return b"{%b}" % b",".join(members)
