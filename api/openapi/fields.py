"""Header fields: those that routes accept, and those that answers have."""

from typing import Any

TAKEN: dict[str, tuple[str, dict[str, Any]]] = {
    "If-None-Match": (
        "ETags that the caller has. If one of them is still valid, the answer is 304 without a body.",
        {"type": "string", "examples": ['W/"0123456789abcdef01234567"']},
    ),
    "If-Match": (
        "The ETag from your last read. The change is made only if nobody changed the resource since then; else 412.",
        {"type": "string", "examples": ["*"]},
    ),
    "Prefer": (
        "`return=representation` returns the resource instead of the receipt (RFC 7240).",
        {"type": "string", "examples": ["return=representation"]},
    ),
    "Last-Event-ID": (
        "When you connect again: the last id that you received.",
        {"type": "string", "examples": ["60"]},
    ),
}
"""Meaning and schema of header fields that a request may have."""

FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    "X-Request-Id": ("The id of the request. The operator's log has it too.", {"type": "string", "format": "uuid"}),
    "ETag": ("A weak validator of the answer.", {"type": "string"}),
    "Ledger-Size": ("The size of the log that the answer reflects.", {"type": "integer", "minimum": 0}),
    "Link": ('The next page, as `rel="next"` (RFC 8288); absent on the last page.', {"type": "string"}),
    "Location": ("Where you can read the new or changed resource.", {"type": "string", "format": "uri-reference"}),
    "Idempotent-Replayed": (
        "`true` if the same command was accepted before with this key.",
        {"type": "string", "enum": ["true"]},
    ),
    "Preference-Applied": ("The preference that was followed.", {"type": "string"}),
    "Retry-After": ("Seconds to wait before the next attempt.", {"type": "integer", "minimum": 1}),
    "WWW-Authenticate": ("How to sign in (RFC 6750).", {"type": "string"}),
    "Set-Cookie": ("The session's cookie, if it is new, extended or ended.", {"type": "string"}),
    "Content-Disposition": ("A file name for the answer.", {"type": "string"}),
    "Content-Encoding": ("`gzip` if the caller accepts it.", {"type": "string"}),
    "Accept-Encoding": ("The content codings that a request may have.", {"type": "string"}),
}
"""Meaning and schema of header fields that an answer may have."""

EVERY_ANSWER = ("X-Request-Id",)
OF_STATUS: dict[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    415: ("Accept-Encoding",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
"""Header fields of problems, besides those of every answer."""


def make_answer_headers(*names: str) -> dict[str, Any]:
    """Return the `headers` of an answer that has these fields."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in sorted({*EVERY_ANSWER, *names})}


def header_components() -> dict[str, Any]:
    """Return the `headers` that answers refer to."""
    return {name: {"description": meaning, "schema": schema} for name, (meaning, schema) in FIELDS.items()}


def make_header_parameters(*names: str) -> list[dict[str, Any]]:
    """Return the parameters for these fields of a request."""
    return [
        {"name": name, "in": "header", "required": False, "description": TAKEN[name][0], "schema": TAKEN[name][1]}
        for name in names
    ]
