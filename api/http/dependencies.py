"""What routes ask for: services, who is calling, the ledger they may see, a checked body, and how to read.

Dependencies run in the order that the rules want: origin before cookie, cookie before ledger, ledger before body.
All are coroutines, even where nothing is waited for: FastAPI runs a plain function in a thread, which costs more.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Path, Query, Request
from pydantic import BaseModel
from starlette.types import Scope

from api.auth.cookies import CookiePlace, make_blank_cookie, make_cookie, read_bearer, read_cookie
from api.auth.origin import SAFE_METHODS, may_change
from api.auth.sessions import Session, User
from api.auth.tokens import PREFIX as API_TOKEN
from api.auth.tokens import ApiToken
from api.documents.questions import AsOf, Freshness
from api.errors import (
    CursorInvalid,
    DuplicateKey,
    MalformedJson,
    OriginRefused,
    TooLarge,
    TooManyUnderWay,
    Unauthenticated,
    UnsupportedMediaType,
    WhyNot,
)
from api.http.describing import JSON, describe
from api.http.fields import join_lines
from api.http.parameters import Count, MinSize, Timeout
from api.http.receiving import BODY_BYTES_MAX, SHORT_BODY_BYTES_MAX, read_body, read_pieces
from api.services import Services
from api.shapes.strict_json import UNSTORABLE, parse_json
from api.shapes.transactions import POSTING, TransactionIn, read_transaction
from api.shapes.values import KEY_LENGTH_MAX, Date, Moment, check_key, validate
from ledger.accounts import AccountId, AccountRef
from ledger.books.transactions import PostTransaction
from ledger.codec import Actor
from ledger.decide import find_needed_permission
from ledger.errors import (
    DatabaseUnavailable,
    Forbidden,
    IdempotencyMismatch,
    InvalidField,
    InvalidKey,
    NotFound,
    ProjectionBehind,
    ProjectionBlocked,
    SizeAhead,
    TimedOut,
    Unavailable,
)
from ledger.journal import Ledger, Membership, Size
from ledger.members import ALLOWS, MemberRole, Permission
from ledger.sequencer import utc_now
from ledger.slices import Command
from ledger.store.faults import AWAY

CURSOR_LENGTH_MAX = 8_000
ORIGIN_LENGTH_MAX = 200
"""As much of a foreign origin is repeated in the answer."""
LEDGER_LENGTH_MAX = 63
"""Of a ledger's id."""
SUM_DIGITS_MAX = 100
"""In a cursor; no ledger has so many postings that a sum of theirs is longer."""

Model = TypeVar("Model", bound=BaseModel)


@describe(raises=(TimedOut, Unavailable, DatabaseUnavailable))
async def services_of(request: Request) -> Services:
    """The process-wide services."""
    services: Services | None = request.app.state.services
    if services is None:
        raise DatabaseUnavailable(reason=AWAY)
    return services


ServicesDep = Annotated[Services, Depends(services_of)]


# --- who is calling --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling: a user with a session, or a program with an API token of a user's. `token` is what they showed,
    so that a session can be ended."""

    user: User
    token: str
    api_token: ApiToken | None = None

    @property
    def actor(self) -> Actor:
        if self.api_token is not None:
            return Actor("token", self.api_token.id, self.user.id)
        return Actor("user", self.user.id)


@describe(raises=(OriginRefused,))
def require_origin(request: Request, services: ServicesDep) -> None:
    """Browsers say where a page comes from; a cookie alone does not prove that its owner meant this request.

    Unsafe methods with a cookie, or from a page, need an allowed Origin or the host itself. A page never sends a bearer
    token unasked. Without cookie and Origin there is nothing to protect: looking for the token then raises
    Unauthenticated.
    """
    headers = request.headers
    if request.method in SAFE_METHODS or "authorization" in headers:
        return
    if "cookie" not in headers and "origin" not in headers:
        return
    refuse_foreign(request, services)


def refuse_foreign(request: Request, services: Services) -> None:
    """Raises OriginRefused unless the request comes from an allowed origin or from the host itself."""
    origins = request.headers.getlist("origin")
    if not may_change(
        origins=origins,
        host=request.headers.get("host"),
        fetch_site=request.headers.get("sec-fetch-site"),
        allowed=services.settings.allowed_origins,
    ):
        raise OriginRefused(origin=", ".join(origins)[:ORIGIN_LENGTH_MAX] if origins else None)


def token_of(request: Request, services: Services) -> str:
    """Return the token that a request carries: a bearer token, else the cookie; never one after the other failed.
    Raises Unauthenticated."""
    authorization = request.headers.getlist("authorization")
    if authorization:
        token = read_bearer(authorization[0]) if len(authorization) == 1 else None
        if token is None:
            raise Unauthenticated(reason=WhyNot.MALFORMED)
        return token
    cookies = request.headers.getlist("cookie")
    found = read_cookie(services.sessions.form.cookie, cookies, services.settings.session_cookie) if cookies else None
    if found is None:
        raise Unauthenticated(reason=WhyNot.MISSING)
    return found


@describe(raises=(OriginRefused, Unauthenticated), sends=("Set-Cookie",), signed_in=True)
async def caller_of(request: Request, services: ServicesDep) -> Caller:
    """Return the signed-in user behind a request. Raises OriginRefused, then Unauthenticated."""
    require_origin(request, services)
    token = token_of(request, services)
    if token.startswith(API_TOKEN):
        raise Unauthenticated(reason=WhyNot.NEEDS_SESSION)
    return _signed_in(request, token, await services.sessions.find(token))


def _signed_in(request: Request, token: str, session: Session) -> Caller:
    if session.renewed and "authorization" not in request.headers:
        request.state.renewed_session = (token, session)
    return _noted(request, Caller(session.user, token))


def _noted(request: Request, caller: Caller) -> Caller:
    """The caller, whose id the log names."""
    request.scope["state"]["user"] = caller.user.id
    return caller


def session_cookie(scope: Scope, services: Services, token: str, session: Session | None) -> str:
    """The Set-Cookie header for a session, as the library of its form writes it; None: it takes the cookie away."""
    place = CookiePlace(services.settings.session_cookie, secure=scope["scheme"] == "https")
    form = services.sessions.form
    if session is None:
        return make_blank_cookie(form.cookie, place)
    return make_cookie(form.cookie, place, token, expires_at=session.expires_at, lifetime=form.lifetime)


CallerDep = Annotated[Caller, Depends(caller_of)]
"""A user with a session: what an API token may not do asks for this one."""


@describe(raises=(OriginRefused, Unauthenticated), sends=("Set-Cookie",), signed_in=True)
async def any_caller_of(request: Request, services: ServicesDep) -> Caller:
    """Return the user or the program behind a request. Raises OriginRefused, then Unauthenticated."""
    require_origin(request, services)
    token = token_of(request, services)
    if token.startswith(API_TOKEN):
        return _noted(request, await _by_api_token(services, token))
    return _signed_in(request, token, await services.sessions.find(token))


async def _by_api_token(services: Services, token: str) -> Caller:
    found = await services.tokens.find(token)
    user = await services.sessions.find_user(found.user)
    if user is None:
        raise Unauthenticated(reason=WhyNot.UNKNOWN)
    return Caller(user, token, found)


AnyCallerDep = Annotated[Caller, Depends(any_caller_of)]


async def require_let_in(services: Services, caller: Caller) -> None:
    """Raises Unauthenticated where what the caller showed would not be taken now: for answers that go on for longer
    than a moment."""
    if caller.api_token is None:
        await services.sessions.find(caller.token)
    else:
        await _by_api_token(services, caller.token)


# --- the ledger in the path ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Access:
    """A ledger that the caller has a role in, both as they were after the request arrived."""

    ledger: Ledger
    caller: Caller
    role: MemberRole
    """The caller's; through a token the lesser of the user's and the token's."""

    def require(self, permission: Permission) -> None:
        """Raises Forbidden unless the role allows it."""
        if permission not in ALLOWS[self.role]:
            raise Forbidden

    def require_for(self, command: Command) -> None:
        """Raises Forbidden unless the role allows this command, now; `decide` asks again under the head lock."""
        permission = find_needed_permission(command, self.caller.user.id)
        if permission is not None:
            self.require(permission)


@describe(raises=(OriginRefused, Unauthenticated, NotFound), sends=("Set-Cookie",), signed_in=True)
async def access_of(
    request: Request,
    ledger: Annotated[
        str, Path(description="The id or the UUID of the ledger.", json_schema_extra={"maxLength": LEDGER_LENGTH_MAX})
    ],
    services: ServicesDep,
) -> Access:
    """The ledger named in the path. Where the caller has no role it is not there at all. Raises OriginRefused, then
    Unauthenticated, then NotFound; so the name's length is not FastAPI's to look at, which would do that first."""
    return await access_by_name(request, ledger, await any_caller_of(request, services), services)


async def access_by_name(request: Request, ledger: str, caller: Caller, services: Services) -> Access:
    """The same for a caller who is known already. Raises NotFound."""
    return access_of_standing(request, ledger, caller, await services.journal.find_standing(ledger, caller.user.id))


def access_of_standing(request: Request, ledger: str, caller: Caller, standing: Membership | None) -> Access:
    """Return what this standing gives the caller in the ledger of this name. Raises NotFound where that is nothing."""
    access = None if standing is None else access_by(standing, caller)
    if standing is None or access is None:
        raise NotFound(what="ledger", name=ledger)
    request.scope["state"]["ledger"] = access.ledger.uuid
    return access


async def access_to(services: Services, ledger: str, caller: Caller) -> Access | None:
    """The ledger with this id or uuid, where the caller has a role in it now. Raises Corrupt."""
    standing = await services.journal.find_standing(ledger, caller.user.id)
    return None if standing is None else access_by(standing, caller)


def access_by(standing: Membership, caller: Caller) -> Access | None:
    """What the caller may do by this standing of theirs, now; None: nothing."""
    role, token = standing.member.role_at(utc_now()), caller.api_token
    if role is None:
        return None
    if token is not None:
        if token.ledger != standing.ledger.uuid:
            return None
        role = min(role, token.role, key=lambda each: len(ALLOWS[each]))
    return Access(standing.ledger, caller, role)


AccessDep = Annotated[Access, Depends(access_of)]
"""For dependencies alone: a route asks for one of those below."""


def _allowing(permission: Permission) -> Any:
    @describe(raises=(Forbidden,))
    async def access(access: AccessDep) -> Access:
        access.require(permission)
        return access

    return Depends(access)


ReadAccess = Annotated[Access, _allowing(Permission.READ)]
AuditAccess = Annotated[Access, _allowing(Permission.AUDIT)]
WriteAccess = Annotated[Access, _allowing(Permission.WRITE)]
GovernAccess = Annotated[Access, _allowing(Permission.GOVERN)]


async def account_of(services: Services, ledger: Ledger, name: AccountRef) -> AccountId:
    """The id of the account that a path, present or past, `#NUMBER` or an id names. Raises NotFound."""
    found = await services.accounts.get((ledger.serial, name))
    if found is None:
        raise NotFound(what="account", name=name)
    return found


@describe(raises=(NotFound,))
async def account_in_path(
    account: Annotated[
        str, Path(description="The account's id, `#NUMBER` (as `%23NUMBER`), or its path.", max_length=1_500)
    ],
    access: AccessDep,
    services: ServicesDep,
) -> AccountId:
    """The account named in the path: all digits are an id there."""
    ref: AccountRef = int(account) if account.isascii() and account.isdigit() and len(account) < 19 else account
    return await account_of(services, access.ledger, ref)


AccountDep = Annotated[AccountId, Depends(account_in_path)]


# --- bodies and keys -------------------------------------------------------------------------------------------------


def media_type(request: Request) -> str:
    """Return the body's media type, in lower case and without parameters. Raises UnsupportedMediaType for a charset
    other than UTF-8, and where there are two different types."""
    stated = set(request.headers.getlist("content-type"))
    if len(stated) > 1:
        raise UnsupportedMediaType
    kind, _, parameters = next(iter(stated), "").partition(";")
    charset = parameters.lower().replace(" ", "").partition("charset=")[2].strip('"')
    if charset not in ("", "utf-8", "utf8"):
        raise UnsupportedMediaType
    return kind.strip().lower()


BODY = (
    MalformedJson,
    DuplicateKey,
    UnsupportedMediaType,
    TooLarge,
    InvalidField,
    "unknown_field",
    TooManyUnderWay,
    Unavailable,
)
"""What reading a JSON body refuses."""


def body_of(
    model: type[Model],
    *,
    optional: bool = False,
    most: int = SHORT_BODY_BYTES_MAX,
    refused: re.Pattern[str] = UNSTORABLE,
) -> Callable[[Request], Awaitable[Model]]:
    """A dependency that reads a JSON body of this shape, of at most so many bytes, and with nothing `refused` in its
    texts."""

    @describe(raises=BODY, body={JSON: model}, optional=optional)
    async def read(request: Request) -> Model:
        raw = await read_body(request, most=most)
        if optional and not raw:
            raw = b"{}"
        elif media_type(request) != "application/json":
            raise UnsupportedMediaType
        return validate(model.model_validate, parse_json(raw, refused=refused))

    return read


@describe(raises=(BODY, POSTING), body={JSON: TransactionIn})
async def transaction_in_body(request: Request) -> PostTransaction:
    """The order to post what the body says, as `read_body(TransactionIn)` and `to_command` read it."""
    raw = await read_body(request, most=BODY_BYTES_MAX)
    if media_type(request) != "application/json":
        raise UnsupportedMediaType
    (command,) = await read_pieces(request, read_transaction, raw)
    return command


TransactionDep = Annotated[PostTransaction, Depends(transaction_in_body)]


@describe(raises=(InvalidKey, IdempotencyMismatch), sends=("Idempotent-Replayed",))
async def key_of(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description="With a key you can safely repeat the request, for ever: the same key gets the same answer. 1"
            " to 255 visible ASCII characters, bare or quoted. It stays in the log, so do not use personal data.",
            json_schema_extra={"minLength": 1, "maxLength": KEY_LENGTH_MAX + 2, "pattern": "^[!-~]+$"},
        ),
    ] = None,
) -> str | None:
    """Return the caller's idempotency key, if any. Raises InvalidKey, also where two different ones are given: a repeat
    with either of them would not be known."""
    if idempotency_key is None:
        return None
    keys = {check_key(each) for each in request.headers.getlist("idempotency-key")}
    if len(keys) > 1:
        raise InvalidKey(trouble="there are two different ones; send one")
    return keys.pop()


KeyDep = Annotated[str | None, Depends(key_of)]


@describe(raises=(InvalidKey,))
async def no_key_of(request: Request) -> None:
    """Raise InvalidKey where a request has an idempotency key and its answer is never given twice: a secret is not
    kept, so the same answer cannot be made again."""
    if "idempotency-key" in request.headers:
        raise InvalidKey(trouble="this route takes none, because its answer holds a secret that is shown only once")


NoKeyDep = Annotated[None, Depends(no_key_of)]


# --- reads -----------------------------------------------------------------------------------------------------------


@describe(raises=(SizeAhead, ProjectionBehind, ProjectionBlocked))
async def freshness_of(
    access: AccessDep,
    min_size: MinSize = 0,
    timeout: Timeout = 5.0,
) -> Freshness:
    """Raises SizeAhead at once where the ledger itself has not come so far."""
    require_reached(access.ledger, min_size, "min_size")
    return Freshness(min_size, timeout)


FreshnessDep = Annotated[Freshness, Depends(freshness_of)]


def require_reached(ledger: Ledger, size: Size, parameter: str) -> None:
    """Raises SizeAhead unless the ledger has this many records."""
    if size > ledger.head.size:
        raise SizeAhead(asked=size, size=ledger.head.size, pointer=f"?{parameter}")


@describe(raises=(SizeAhead, InvalidField))
async def as_of(
    access: AccessDep,
    services: ServicesDep,
    effective: Annotated[
        Date | None,
        Query(description="End date (inclusive). Default: no limit, future dates too."),
    ] = None,
    recorded_size: Annotated[
        Count | None, Query(description="As known when the log had this size. Default: as known now.")
    ] = None,
    recorded: Annotated[Moment | None, Query(description="As known at this time, instead of `recorded_size`.")] = None,
) -> AsOf:
    """`recorded` is mapped to a size; giving both is a contradiction."""
    if recorded_size is not None and recorded is not None:
        raise InvalidField(trouble="give recorded_size or recorded, not both", pointer="?recorded")
    last = None
    if recorded is not None:
        recorded_size, last = await services.journal.find_known_at(access.ledger.serial, recorded)
    if recorded_size is not None:
        require_reached(access.ledger, recorded_size, "recorded_size")
    return AsOf(effective, recorded_size, last)


AsOfDep = Annotated[AsOf, Depends(as_of)]


def make_cursor(question: str, state: dict[str, Any]) -> str:
    """An opaque place to go on from, good only for the same question."""
    if "running" in state:  # sums may be longer than a JSON number is exact
        state = {**state, "running": {currency: str(units) for currency, units in state["running"].items()}}
    raw = json.dumps({"q": _digest(question), **state}, separators=(",", ":"), default=str).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_cursor(
    request: Request, cursor: str | None, ledger: Ledger | None, **shape: Callable[[Any], Any]
) -> dict[str, Any] | None:
    """What `make_cursor` was given for this question, each member read by its function in `shape`. Raises
    CursorInvalid.

    A cursor shows nothing that its bearer may not see, so it is not signed; but it is as untrusted as any input.
    """
    if cursor is None:
        return None
    if len(cursor) > CURSOR_LENGTH_MAX:
        raise CursorInvalid
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        state = json.loads(raw)
        if state.pop("q") != _digest(question_of(request)) or state.keys() != shape.keys():
            raise CursorInvalid
        found = {name: read(state[name]) for name, read in shape.items()}
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise CursorInvalid from None
    if ledger is not None and found.get("size", 0) > ledger.head.size:
        raise CursorInvalid
    return found


def cursor_number(value: Any) -> int:
    """A position, size, id or line in a cursor."""
    if type(value) is not int or not 0 <= value < 2**63:
        raise CursorInvalid
    return value


def cursor_text(value: Any) -> str:
    """A text in a cursor."""
    if type(value) is not str or UNSTORABLE.search(value):
        raise CursorInvalid
    return value


def cursor_sums(value: Any) -> dict[str, int]:
    """Balances by currency in a cursor, in minor units."""
    if any(len(units) > SUM_DIGITS_MAX for units in value.values()):
        raise CursorInvalid
    return {cursor_text(currency): int(units) for currency, units in value.items()}


def question_of(request: Request) -> str:
    """What is asked, without where to go on and how long to wait: a cursor belongs to one of these."""
    left_out = ("cursor", "limit", "min_size", "timeout")
    return f"{request.scope['path']}?{_parameters(request, left_out)}"


def _parameters(request: Request, left_out: tuple[str, ...]) -> list[tuple[str, str]]:
    """The query's parameters by name; none is there twice."""
    return sorted((name, value) for name, value in request.query_params.items() if name not in left_out)


def etag_of(request: Request, access: Access, *reflecting: object) -> str:
    """A weak validator: the same as long as this reader would get the same answer to this question."""
    query = _parameters(request, ("min_size", "timeout")) if request.scope["query_string"] else []
    path, accept = request.scope["path"], join_lines(request, "accept")
    parts = [access.ledger.uuid, access.role, path, query, accept, *reflecting]
    return f'W/"{_digest(repr(parts))}"'


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
