"""The values that query parameters take. Each is read strictly: what looks like something else is refused, not guessed.

`2026` is no time, `1.0` and ` 1` are no whole numbers, and an empty text asks for nothing.
"""

import re
from typing import Annotated, Any

from fastapi import Query
from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

POSITION_MAX = 2**63 - 1
LIMIT_DEFAULT, LIMIT_MAX = 100, 1_000
TIMEOUT_SECONDS_MAX = 30.0
DEPTH_MAX = 16
"""Segments of an account's path."""

_WHOLE = re.compile(r"-?[0-9]{1,100}")
_NUMBER = re.compile(r"-?[0-9]{1,100}(\.[0-9]{1,100})?")


def _whole(value: Any) -> Any:
    if isinstance(value, str) and _WHOLE.fullmatch(value) is None:
        raise PydanticCustomError("invalid", "write a whole number in digits")
    return value


def _number(value: Any) -> Any:
    if isinstance(value, str) and _NUMBER.fullmatch(value) is None:
        raise PydanticCustomError("invalid", "write a number in digits, like 5 or 0.5")
    return value


# The bounds come first: they are of the number, and the text is looked at before.
Count = Annotated[int, Field(ge=0), BeforeValidator(_whole)]
"""A size of a log; whoever asks for more records than there are is told so."""
SizeOfTree = Annotated[int, Field(ge=1), BeforeValidator(_whole)]
"""A size of a log that has records."""
Place = Annotated[int, Field(ge=0, le=POSITION_MAX), BeforeValidator(_whole)]
"""A position in a log."""
Seconds = Annotated[float, Field(ge=0, le=TIMEOUT_SECONDS_MAX), BeforeValidator(_number)]
Text = Annotated[str, StringConstraints(min_length=1)]
Segments = Annotated[int, Field(ge=1, le=DEPTH_MAX), BeforeValidator(_whole)]

Limit = Annotated[
    int,
    Field(ge=1, le=LIMIT_MAX),
    BeforeValidator(_whole),
    Query(description="The largest number of entries on a page."),
]
Cursor = Annotated[str | None, Query(description="The cursor of this page: `next` of the page before.")]
Depth = Annotated[Segments | None, Query(description="Add up accounts by this number of parts of their paths.")]
MinSize = Annotated[
    Count,
    Query(
        description="Wait until the answer reflects at least this many records. Send the `size` that a write returned."
    ),
]
Timeout = Annotated[Seconds, Query(description="How many seconds to wait for `min_size`.")]
