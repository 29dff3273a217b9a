"""What schemathesis has to know of this service: how to sign in, and what JSON lines are; and one check of our own.

Loaded by schemathesis itself, which runs as a program of its own.
"""

import json
import os
import re
from typing import Any

import requests
import schemathesis
from schemathesis.core.parameters import ParameterLocation

from api import wording

SIGN_IN = f"{os.environ.get('LLMEDGER_TEST_URL', '')}/api/auth/login"
CREDENTIALS = {"username": "alice", "password": os.environ.get("LLMEDGER_TEST_PASSWORD", "")}
ENDING = re.compile(r"/logout")
"""Operations that end the session which they are asked with."""
OF_SHAPE = frozenset(
    {"unknown_field", "unknown_parameter", "duplicate_parameter", "malformed_json", "duplicate_key"}
    | {"unsupported_media_type", "malformed_request"}
)
"""Codes that no request may get that fits the document."""
GENERAL = ("invalid", "value_error", "string_pattern_mismatch")
SENTENCES = [
    re.compile(re.sub(r"\\{\w+\\}", ".*", re.escape(text)))
    for text in [
        *(text for kind, text in wording._SENTENCES.items() if kind not in GENERAL),
        *(f"{{subject}} {words}." for words in wording.PATTERNS.values()),
    ]
]
"""What is said of a value that does not fit its shape."""


class _Session:
    """A session of one user."""

    def get(self, _case: schemathesis.Case[Any], _context: schemathesis.AuthContext) -> str:
        answer = requests.post(SIGN_IN, json=CREDENTIALS, timeout=30)
        return str(answer.json()["token"])

    def set(self, case: schemathesis.Case[Any], data: str, _context: schemathesis.AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


schemathesis.auth().skip_for(path_regex=ENDING.pattern)(_Session)
schemathesis.auth(refresh_interval=None).apply_to(path_regex=ENDING.pattern)(_Session)


@schemathesis.serializer("application/x-ndjson")
def _as_line(_context: schemathesis.SerializationContext, value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


@schemathesis.deserializer("application/x-ndjson")
def _first_line(_context: schemathesis.DeserializationContext, response: schemathesis.Response) -> Any:
    return json.loads(response.content.split(b"\n")[0])


@schemathesis.check
def a_bulk_refuses_what_does_not_fit(
    _context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """Where the body of a bulk does not fit the document, at least one of its commands is refused."""
    if not case.operation.path.endswith("/commands") or response.status_code != 200 or case.meta is None:
        return
    body = case.meta.components.get(ParameterLocation.BODY)
    if body is not None and body.mode.is_negative:
        sums = json.loads(response.content.strip().split(b"\n")[-1])
        assert sums["rejected"] >= 1, "a command that does not fit the document was accepted"


@schemathesis.check
def what_fits_the_document_fits_the_shapes(
    _context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """A request that fits the document may be refused by a rule of the books, but not for its shape."""
    if response.status_code not in (400, 422) or case.meta is None:
        return
    parts = [case.meta.generation.mode, *(each.mode for each in case.meta.components.values())]
    if not all(mode.is_positive for mode in parts):
        return
    problem = json.loads(response.content)
    assert problem["code"] not in OF_SHAPE, f"a request that fits the document is {problem['code']}"
    said = next((each.pattern for each in SENTENCES if each.fullmatch(problem["detail"])), None)
    assert said is None, f"a request that fits the document is refused for its shape: {problem['detail']}"
