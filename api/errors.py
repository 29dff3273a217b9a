"""Errors of the edges: what a request is refused for before a ledger sees it, and the problem document of each error.

The HTTP status of an error follows from its base class, or stands in the class of a refused request. `make_problem`
makes the document of RFC 9457; `api.problems` answers with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import ValidationError

from api.wording import make_sentence, member
from ledger import slices as _slices  # noqa: F401  (their errors are among all errors)
from ledger.errors import Conflict, Forbidden, LedgerError, Missing, PreconditionFailed, Rejected, Unavailable, shorten

FAULTS_MAX = 20
"""An error names at most this many faults of a body."""
NAME_LENGTH_MAX = 100
"""An error repeats at most this many characters of the name of a member or parameter."""

_BY_BASE: dict[type[LedgerError], int] = {
    Forbidden: 403,
    PreconditionFailed: 412,
    Missing: 404,
    Conflict: 409,
    Rejected: 422,
    Unavailable: 503,
    LedgerError: 500,
}


class RequestRefused(LedgerError):
    """The request itself is refused, before it reaches a ledger."""

    status: ClassVar[int] = 400


@dataclass(eq=False, kw_only=True)
class MalformedRequest(RequestRefused):
    """This is not a valid HTTP request: {trouble}."""

    code: ClassVar[str] = "malformed_request"
    trouble: str


@dataclass(eq=False, kw_only=True)
class TooSlow(RequestRefused):
    """The request was too slow: its header must arrive within {seconds} seconds, and then {least} bytes of its body
    every {seconds} seconds."""

    code: ClassVar[str] = "request_timeout"
    status: ClassVar[int] = 408
    seconds: int
    least: int


@dataclass(eq=False, kw_only=True)
class TooManyUnderWay(Unavailable):
    """This process cannot take more {what} now. Try again later."""

    code: ClassVar[str] = "busy"
    what: str


@dataclass(eq=False, kw_only=True)
class TookTooLong(Unavailable):
    """This took longer than {seconds} seconds and was stopped. Try again when the service has less to do."""

    code: ClassVar[str] = "timeout"
    seconds: int


@dataclass(eq=False, kw_only=True)
class MalformedJson(RequestRefused):
    """The body is not JSON in UTF-8: {trouble}."""

    code: ClassVar[str] = "malformed_json"
    trouble: str


@dataclass(eq=False, kw_only=True)
class DuplicateKey(RequestRefused):
    """Duplicate key {name!r}."""

    code: ClassVar[str] = "duplicate_key"
    name: str


class CursorInvalid(RequestRefused):
    """The cursor was not made by this service, or it belongs to another request."""

    code = "cursor_invalid"


@dataclass(eq=False, kw_only=True)
class UnknownParameter(RequestRefused):
    """There is no query parameter {name!r} here."""

    code: ClassVar[str] = "unknown_parameter"
    status: ClassVar[int] = 422
    name: str
    nearest: str | None
    known: tuple[str, ...]

    @property
    def detail(self) -> str:
        if self.nearest is not None:
            return f"{super().detail} Did you mean {self.nearest!r}?"
        return f"{super().detail} This route takes {', '.join(self.known) or 'none'}."


@dataclass(eq=False, kw_only=True)
class DuplicateParameter(RequestRefused):
    """The query parameter {name!r} is given more than once."""

    code: ClassVar[str] = "duplicate_parameter"
    status: ClassVar[int] = 422
    name: str


class WhyNot(StrEnum):
    """Why a caller is not signed in. Only a caller who sent the whole secret learns that it expired or was revoked."""

    MISSING = "missing"
    MALFORMED = "malformed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    REVOKED = "revoked"
    NEEDS_SESSION = "needs_session"


_WHY_NOT = {
    WhyNot.MISSING: "There is no token. Sign in, and send the session cookie, or a token as `Authorization: Bearer`.",
    WhyNot.MALFORMED: "The token is malformed: this service did not make it, or a part of it is missing.",
    WhyNot.UNKNOWN: "The token is unknown: it never existed, or its session has ended. Sign in again.",
    WhyNot.EXPIRED: "The token has expired: sign in again, or make a new API token.",
    WhyNot.REVOKED: "The token was revoked: make a new one.",
    WhyNot.NEEDS_SESSION: "An API token does not work here. Sign in, and use the session's token.",
}


@dataclass(eq=False, kw_only=True)
class Unauthenticated(RequestRefused):
    """Sign in first. Send the session cookie, or a token as a bearer token."""

    code: ClassVar[str] = "unauthenticated"
    status: ClassVar[int] = 401
    reason: WhyNot

    @property
    def detail(self) -> str:
        return _WHY_NOT[self.reason]


class WrongCredentials(RequestRefused):
    """Incorrect username or password."""

    code = "wrong_credentials"
    status = 401


_NO_COOKIE = (
    "A program that is not a browser sends the token as `Authorization: Bearer` and no cookie; signing in answers both."
)


@dataclass(eq=False, kw_only=True)
class OriginRefused(RequestRefused):
    """A write from a web page, or with a cookie, must come from an allowed origin."""

    code: ClassVar[str] = "origin_refused"
    status: ClassVar[int] = 403
    origin: str | None
    """The origin that the request names; None: it names none."""
    setting: str = "LEDGER_ALLOWED_ORIGINS"

    @property
    def detail(self) -> str:
        if self.origin is None:
            return f"{super().detail[:-1]}, and this request names none. {_NO_COOKIE}"
        told = f"{super().detail[:-1]}, and {self.origin} is not allowed."
        return f"{told} The operator allows origins with the setting {self.setting}."


class RegistrationClosed(RequestRefused):
    """Registration is closed. Ask the operator."""

    code = "registration_closed"
    status = 403


class SignInElsewhere(RequestRefused):
    """Sign-in is handled by another application: sign in, register and change passwords there."""

    code = "sign_in_elsewhere"
    status = 403


@dataclass(eq=False, kw_only=True)
class RateLimited(RequestRefused):
    """Too many attempts. Try again in {retry_after_seconds} seconds."""

    code: ClassVar[str] = "rate_limited"
    status: ClassVar[int] = 429
    retry_after_seconds: int


@dataclass(eq=False, kw_only=True)
class HeadersTooLarge(RequestRefused):
    """A request may have at most {fields} header fields, with {octets} bytes together."""

    code: ClassVar[str] = "headers_too_large"
    status: ClassVar[int] = 431
    fields: int
    octets: int


@dataclass(eq=False, kw_only=True)
class UsernameTaken(RequestRefused):
    """The username {username!r} is taken."""

    code: ClassVar[str] = "username_taken"
    status: ClassVar[int] = 409
    username: str


@dataclass(eq=False, kw_only=True)
class TooMany(RequestRefused):
    """At most {most} {what} are allowed."""

    code: ClassVar[str] = "too_many"
    status: ClassVar[int] = 422
    what: str
    most: int


@dataclass(eq=False, kw_only=True)
class TooLarge(RequestRefused):
    """The request has more than {most} {what}."""

    code: ClassVar[str] = "too_large"
    status: ClassVar[int] = 413
    what: str
    most: int


@dataclass(eq=False, kw_only=True)
class UrlTooLong(RequestRefused):
    """A URL may have at most {most} bytes. Send a long text in a body."""

    code: ClassVar[str] = "url_too_long"
    status: ClassVar[int] = 414
    most: int


class UnsupportedMediaType(RequestRefused):
    """The body must be application/json in UTF-8."""

    code = "unsupported_media_type"
    status = 415


@dataclass(eq=False, kw_only=True)
class UnsupportedCoding(RequestRefused):
    """The body must not be compressed or encoded, but its Content-Encoding is {coding!r}."""

    code: ClassVar[str] = "unsupported_media_type"
    status: ClassVar[int] = 415
    coding: str


@dataclass(eq=False, kw_only=True)
class NothingHere(RequestRefused):
    """{trouble}"""

    code: ClassVar[str] = "not_found"
    status: ClassVar[int] = 404
    trouble: str


@dataclass(eq=False, kw_only=True)
class MethodNotAllowed(RequestRefused):
    """This path does not accept this method. It accepts {allowed}."""

    code: ClassVar[str] = "method_not_allowed"
    status: ClassVar[int] = 405
    allowed: str


@dataclass(eq=False, kw_only=True)
class QueryInvalid(RequestRefused):
    """{trouble}"""

    code: ClassVar[str] = "invalid"
    status: ClassVar[int] = 422
    trouble: str


class InternalError(LedgerError):
    """Something went wrong in the service. Give the operator the request id: the log has the details."""

    code = "internal"


def find_status(error: type[LedgerError]) -> int:
    """Return the HTTP status of an error: what a refused request says itself, else that of its base class."""
    if issubclass(error, RequestRefused):
        return error.status
    return next(_BY_BASE[base] for base in error.__mro__ if base in _BY_BASE)


def _all_kinds(base: type[LedgerError]) -> Iterator[type[LedgerError]]:
    yield base
    for each in base.__subclasses__():
        yield from _all_kinds(each)


# --- bodies ----------------------------------------------------------------------------------------------------------


def find_title(code: str) -> str:
    """Return the title of a kind of problem: the same for all problems with this code."""
    return code.replace("_", " ").capitalize()


def make_problem(error: LedgerError, request_id: str | None = None) -> dict[str, Any]:
    """Return the problem document of an error (RFC 9457), its facts as members. `request_id`: None in a bulk, whose
    answer has one for all."""
    document: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": find_title(error.code),
        "status": STATUSES.get(error.code, find_status(type(error))),  # in a bulk: a request's code
        "detail": error.detail,
        "code": error.code,
    }
    facts = error.facts
    document |= {name: facts[name] for name in facts if name not in document and facts[name] != error.detail}
    if isinstance(error, Rejected) and error.index is not None:
        document["index"] = error.index
    if error.pointer is not None:
        document["errors"] = [{"pointer": error.pointer, "detail": error.detail}]
    if request_id is not None:
        document["request_id"] = request_id
    return document


@dataclass(eq=False, kw_only=True)
class BodyInvalid(Rejected):
    """{trouble}"""

    code: str  # type: ignore[misc]  # one class for every code that a body's shape can earn
    trouble: str
    errors: list[dict[str, str]]
    extra: dict[str, Any]

    @property
    def facts(self) -> dict[str, Any]:
        return {"errors": self.errors, **self.extra}

    @property
    def detail(self) -> str:
        return self.trouble


STATUSES = {each.code: find_status(each) for each in _all_kinds(LedgerError) if each is not RequestRefused}
"""The status of each code. A test proves that no error is defined elsewhere."""
_CODES = {"extra_forbidden": "unknown_field"}


def make_body_invalid(error: ValidationError, *, tagged: bool = False, most: int = FAULTS_MAX) -> BodyInvalid:
    """Return a refusal made from pydantic's findings. The first one gives the code; at most `most` are listed.

    `tagged`: the body is a tagged union, whose tag is no part of the path.
    """
    errors = error.errors(include_url=False, include_input=False)
    places = [tuple(map(shown_part, each["loc"][tagged:])) for each in errors[:most]]
    listed = [
        {"pointer": "/".join(["#", *map(escape_pointer, place)]), "detail": shorten(make_sentence(each, member(place)))}
        for each, place in zip(errors, places, strict=False)
    ]
    first = errors[0]
    code = _CODES.get(first["type"], first["type"])
    known = code in STATUSES
    context = first.get("ctx", {}) if known else {}
    return BodyInvalid(
        code=code if known else "invalid",
        trouble=listed[0]["detail"],
        errors=listed,
        extra={name: shorten(fact) for name, fact in context.items() if name != "detail"},
    )


def shown_part(part: int | str) -> int | str:
    """Return a part of a pointer, cut: the name of a member may be megabytes long."""
    return f"{part[:NAME_LENGTH_MAX]}…" if isinstance(part, str) and len(part) > NAME_LENGTH_MAX else part


def escape_pointer(part: int | str) -> str:
    """Return a part of a JSON pointer as it is written (RFC 6901)."""
    return str(part).replace("~", "~0").replace("/", "~1")
