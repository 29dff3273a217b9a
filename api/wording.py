"""What is wrong with a value, in plain words: one table for every fault that pydantic finds in our shapes.

Nothing that pydantic says itself reaches a user: it speaks of Python ("Input should be a valid dictionary"). A fault
that is not in the table gets a plain sentence too, and a test holds the table against our models.
"""

from collections.abc import Mapping
from typing import Any

SERIES = r"^[A-Za-z0-9._/-]{1,20}$"
SHA256 = r"^[0-9a-f]{64}$"
MONTH_DAY = r"^[0-9]{2}-[0-9]{2}$"
LEDGER_ID = r"^[a-z0-9-]{3,63}$"
USERNAME = r"^[^\x00]*$"
NOT_BLANK = (
    r"[^\u0000-\u0020\u007f-\u00a0\u00ad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\ufffb]"
)
"""At least one character that is no space, no control and no invisible mark. They are listed one by one, because `\\s`
and functions that trim a text mean other characters in each language that reads the document."""

PATTERNS = {
    SERIES: "must be 1 to 20 letters, digits and characters of ._/-",
    SHA256: "must be a SHA-256 in 64 lower-case hexadecimal digits",
    MONTH_DAY: "must be a day of the year, like 01-01",
    LEDGER_ID: "must be 3 to 63 lower-case letters, digits and hyphens",
    USERNAME: "must not contain U+0000",
    NOT_BLANK: "must not be blank",
}
"""What each pattern asks for."""

_SENTENCES = {
    "missing": "{subject} is missing.",
    "extra_forbidden": "{subject} is unknown.",
    "model_type": "{subject} must be a JSON object.",
    "model_attributes_type": "{subject} must be a JSON object.",
    "dict_type": "{subject} must be a JSON object.",
    "list_type": "{subject} must be a list.",
    "string_type": "{subject} must be a text.",
    "string_unicode": "{subject} must be a text of whole Unicode characters.",
    "string_too_short": "{subject} must have at least {min_length} characters.",
    "string_too_long": "{subject} must have at most {max_length} characters.",
    "string_pattern_mismatch": "{subject} {pattern}.",
    "too_short": "{subject} must have at least {min_length} entries.",
    "too_long": "{subject} must have at most {max_length} entries.",
    "int_type": "{subject} must be a whole number.",
    "int_parsing": "{subject} must be a whole number.",
    "int_parsing_size": "{subject} is too large.",
    "int_from_float": "{subject} must be a whole number.",
    "float_type": "{subject} must be a number.",
    "float_parsing": "{subject} must be a number.",
    "finite_number": "{subject} must be a finite number.",
    "greater_than": "{subject} must be greater than {gt}.",
    "greater_than_equal": "{subject} must be at least {ge}.",
    "less_than": "{subject} must be less than {lt}.",
    "less_than_equal": "{subject} must be at most {le}.",
    "bool_type": "{subject} must be true or false.",
    "enum": "{subject} must be one of {expected}.",
    "literal_error": "{subject} must be {expected}.",
    "union_tag_not_found": "{subject} has no member `type`.",
    "union_tag_invalid": "{subject} has an unknown `type`. The known types are {expected_tags}.",
    "invalid": "{subject}: {message}.",
    "value_error": "{subject}: {message}.",
}
PLAIN = frozenset(_SENTENCES)
"""The kinds of faults that have a sentence of their own."""


def make_sentence(fault: Mapping[str, Any], subject: str) -> str:
    """Return what is wrong, as a sentence about `subject`. `fault`: an entry of `ValidationError.errors()`.

    Faults with one of our own codes, except `invalid`, say the whole sentence themselves.
    """
    kind, context = str(fault["type"]), dict(fault.get("ctx", {}))
    if "detail" in context and kind != "invalid":
        return str(context["detail"])
    if "pattern" in context:
        context["pattern"] = PATTERNS.get(context["pattern"], "does not have the required form")
    message = str(context.get("detail") or context.get("error") or fault["msg"]).rstrip(".")
    context |= {name: int(fact) for name, fact in context.items() if isinstance(fact, float) and fact.is_integer()}
    words = _SENTENCES.get(kind, "{subject} is not accepted here.")
    return words.format_map({**context, "subject": subject, "message": message})


def spell_count(count: int, noun: str) -> str:
    """Return a number of things: `1 line`, `2 lines`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def member(place: tuple[int | str, ...]) -> str:
    """Return how a sentence names a place in a body: `The member 'postings/0/amount'`."""
    return f"The member {'/'.join(map(str, place))!r}" if place else "The body"
