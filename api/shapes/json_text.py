"""Values as JSON text: compact, in UTF-8."""

import json
from collections.abc import Mapping
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def dumps(content: Any) -> bytes:
    """JSON, compact, in UTF-8."""
    return _encode(content).encode()


def dumps_long(content: Mapping[str, Any]) -> bytes:
    """The same of a document with long lists, an item of them at a time: meanwhile other threads get on."""
    members = (
        b"%b:%b" % (dumps(name), b"[%b]" % b",".join(map(dumps, value)) if isinstance(value, list) else dumps(value))
        for name, value in content.items()
    )
    return b"{%b}" % b",".join(members)
