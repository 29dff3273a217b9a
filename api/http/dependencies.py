"""The dependencies of routes: services, the caller, the ledger that they may see, a checked body, and how to read.

Dependencies run in a fixed order: origin before cookie, cookie before ledger, ledger before body. They are coroutines,
even where nothing is awaited, because FastAPI runs a plain function in a thread, which costs more.
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NamedTuple, TypeVar

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
"""So many characters of a foreign origin are repeated in the answer."""
LEDGER_LENGTH_MAX = 63
"""The most characters of a ledger's id."""
SUM_DIGITS_MAX = 100
"""The most digits of a sum in a cursor. No ledger has so many postings that a sum of theirs is longer."""

Model = TypeVar("Model", bound=BaseModel)


@describe(raises=(TimedOut, Unavailable, DatabaseUnavailable))
async def get_services(request: Request) -> Services:
    """Return the process-wide services. Raises DatabaseUnavailable while they are not open."""
    services: Services | None = request.app.state.services
    if services is None:
        raise DatabaseUnavailable(reason=AWAY)
    return services


ServicesDep = Annotated[Services, Depends(get_services)]


# --- who is calling --------------------------------------------------------------------------------------------------


class Caller(NamedTuple):
    """Who is calling: a user with a session, or a program with an API token of a user. `token` is what they sent, so
    that a session can be ended."""

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
    """Raise OriginRefused where a foreign page makes a request that changes something.

    A cookie alone does not prove that its owner meant the request, but a browser says which page a request comes from.
    So a request with an unsafe method, and with a cookie or from a page, must come from an allowed origin or from the
    host itself. A page sends no bearer token by itself. Without cookie and Origin there is nothing to protect: reading
    the token then raises Unauthenticated.
    """
    headers = request.headers
    if request.method in SAFE_METHODS or "authorization" in headers:
        return
    if "cookie" not in headers and "origin" not in headers:
        return
    refuse_foreign(request, services)


def refuse_foreign(request: Request, services: Services) -> None:
    """Raise OriginRefused unless the request comes from an allowed origin or from the host itself."""
    origins = request.headers.getlist("origin")
    if not may_change(
        origins=origins,
        host=request.headers.get("host"),
        fetch_site=request.headers.get("sec-fetch-site"),
        allowed=services.settings.allowed_origins,
    ):
        raise OriginRefused(origin=", ".join(origins)[:ORIGIN_LENGTH_MAX] if origins else None)


def read_token(request: Request, services: Services) -> str:
    """Return the token of a request: the bearer token if an Authorization header is there, else the cookie. Raises
    Unauthenticated."""
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
async def authenticate_user(request: Request, services: ServicesDep) -> Caller:
    """Return the user with a session who makes this request. Raises OriginRefused, then Unauthenticated."""
    require_origin(request, services)
    token = read_token(request, services)
    if token.startswith(API_TOKEN):
        raise Unauthenticated(reason=WhyNot.NEEDS_SESSION)
    return _accept_session(request, token, await services.sessions.find(token))


def _accept_session(request: Request, token: str, session: Session) -> Caller:
    if session.renewed and "authorization" not in request.headers:
        request.state.renewed_session = (token, session)
    return _note_caller(request, Caller(session.user, token))


def _note_caller(request: Request, caller: Caller) -> Caller:
    """Return the caller, and give their id to the log."""
    request.scope["state"]["user"] = caller.user.id
    return caller


def make_session_cookie(scope: Scope, services: Services, token: str, session: Session | None) -> str:
    """Return the Set-Cookie header for a session, as the library of its form writes it. `session` None: the header
    removes the cookie."""
    place = CookiePlace(services.settings.session_cookie, secure=scope["scheme"] == "https")
    form = services.sessions.form
    if session is None:
        return make_blank_cookie(form.cookie, place)
    return make_cookie(form.cookie, place, token, expires_at=session.expires_at, lifetime=form.lifetime)


CallerDep = Annotated[Caller, Depends(authenticate_user)]
"""A user with a session. Routes that refuse API tokens ask for this one."""


@describe(raises=(OriginRefused, Unauthenticated), sends=("Set-Cookie",), signed_in=True)
async def authenticate_caller(request: Request, services: ServicesDep) -> Caller:
    """Return the user or the program that makes this request. Raises OriginRefused, then Unauthenticated."""
    require_origin(request, services)
    token = read_token(request, services)
    if token.startswith(API_TOKEN):
        return _note_caller(request, await _find_by_api_token(services, token))
    return _accept_session(request, token, await services.sessions.find(token))


async def _find_by_api_token(services: Services, token: str) -> Caller:
    found = await services.tokens.find(token)
    user = await services.sessions.find_user(found.user)
    if user is None:
        raise Unauthenticated(reason=WhyNot.UNKNOWN)
    return Caller(user, token, found)


AnyCallerDep = Annotated[Caller, Depends(authenticate_caller)]


async def require_let_in(services: Services, caller: Caller) -> None:
    """Raise Unauthenticated where the caller's token is no longer valid. Long answers check this now and then."""
    if caller.api_token is None:
        await services.sessions.find(caller.token)
    else:
        await _find_by_api_token(services, caller.token)


# --- the ledger in the path ------------------------------------------------------------------------------------------


class Access(NamedTuple):
    """A ledger in which the caller has a role, both as they were after the request arrived."""

    ledger: Ledger
    caller: Caller
    role: MemberRole
    """The caller's role; with an API token the lesser of the user's and the token's."""

    def require(self, permission: Permission) -> None:
        """Raise Forbidden unless the role allows it."""
        if permission not in ALLOWS[self.role]:
            raise Forbidden

    def require_for(self, command: Command) -> None:
        """Raise Forbidden unless the role allows this command now. `decide` checks it again under the head lock."""
        permission = find_needed_permission(command, self.caller.user.id)
        if permission is not None:
            self.require(permission)


@describe(raises=(OriginRefused, Unauthenticated, NotFound), sends=("Set-Cookie",), signed_in=True)
async def find_access_in_path(
    request: Request,
    ledger: Annotated[
        str, Path(description="The id or the UUID of the ledger.", json_schema_extra={"maxLength": LEDGER_LENGTH_MAX})
    ],
    services: ServicesDep,
) -> Access:
    """Return the caller's access to the ledger named in the path. Raises OriginRefused, then Unauthenticated, then
    NotFound, also where the caller has no role in it.

    FastAPI must not check the length of the name, because it would do that first.
    """
    return await find_access_by_name(request, ledger, await authenticate_caller(request, services), services)


async def find_access_by_name(request: Request, ledger: str, caller: Caller, services: Services) -> Access:
    """Return this caller's access to the ledger of this name. Raises NotFound."""
    return grant_access(request, ledger, caller, await services.journal.find_standing(ledger, caller.user.id))


def grant_access(request: Request, ledger: str, caller: Caller, standing: Membership | None) -> Access:
    """Return the access that this membership gives the caller to the ledger of this name. Raises NotFound if none."""
    access = None if standing is None else compute_access(standing, caller)
    if standing is None or access is None:
        raise NotFound(what="ledger", name=ledger)
    request.scope["state"]["ledger"] = access.ledger.uuid
    return access


async def find_access(services: Services, ledger: str, caller: Caller) -> Access | None:
    """Return the caller's access to the ledger with this id or UUID; None without a role in it now. Raises Corrupt."""
    standing = await services.journal.find_standing(ledger, caller.user.id)
    return None if standing is None else compute_access(standing, caller)


def compute_access(standing: Membership, caller: Caller) -> Access | None:
    """Return the access that this membership gives the caller now; None without a role."""
    role, token = standing.member.role_at(utc_now()), caller.api_token
    if role is None:
        return None
    if token is not None:
        if token.ledger != standing.ledger.uuid:
            return None
        role = min(role, token.role, key=lambda each: len(ALLOWS[each]))
    return Access(standing.ledger, caller, role)


AccessDep = Annotated[Access, Depends(find_access_in_path)]
"""For dependencies only: a route asks for one of those below."""


def _require_role(permission: Permission) -> Any:
    @describe(raises=(Forbidden,))
    async def access(access: AccessDep) -> Access:
        access.require(permission)
        return access

    return Depends(access)


ReadAccess = Annotated[Access, _require_role(Permission.READ)]
AuditAccess = Annotated[Access, _require_role(Permission.AUDIT)]
WriteAccess = Annotated[Access, _require_role(Permission.WRITE)]
GovernAccess = Annotated[Access, _require_role(Permission.GOVERN)]


async def find_account_id(services: Services, ledger: Ledger, name: AccountRef) -> AccountId:
    """Return the id of the account that a path (present or past), `#NUMBER` or an id names. Raises NotFound."""
    found = await services.accounts.get((ledger.serial, name))
    if found is None:
        raise NotFound(what="account", name=name)
    return found


@describe(raises=(NotFound,))
async def find_account_id_in_path(
    account: Annotated[
        str, Path(description="The account's id, `#NUMBER` (as `%23NUMBER`), or its path.", max_length=1_500)
    ],
    access: AccessDep,
    services: ServicesDep,
) -> AccountId:
    """Return the id of the account named in the path. A name of digits alone is an id. Raises NotFound."""
    ref: AccountRef = int(account) if account.isascii() and account.isdigit() and len(account) < 19 else account
    return await find_account_id(services, access.ledger, ref)


AccountDep = Annotated[AccountId, Depends(find_account_id_in_path)]


# --- bodies and keys -------------------------------------------------------------------------------------------------


def read_media_type(request: Request) -> str:
    """Return the body's media type, in lower case and without parameters. Raises UnsupportedMediaType for a charset
    other than UTF-8, and for two different types."""
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
"""The refusals of reading a JSON body."""


def make_body_reader(
    model: type[Model],
    *,
    optional: bool = False,
    most: int = SHORT_BODY_BYTES_MAX,
    refused: re.Pattern[str] = UNSTORABLE,
) -> Callable[[Request], Awaitable[Model]]:
    """Return a dependency that reads a JSON body of this shape, of at most `most` bytes, and with nothing `refused` in
    its texts."""

    @describe(raises=BODY, body={JSON: model}, optional=optional)
    async def read(request: Request) -> Model:
        raw = await read_body(request, most=most)
        if optional and not raw:
            raw = b"{}"
        elif read_media_type(request) != "application/json":
            raise UnsupportedMediaType
        return validate(model.model_validate, parse_json(raw, refused=refused))

    return read


@describe(raises=(BODY, POSTING), body={JSON: TransactionIn})
async def read_transaction_body(request: Request) -> PostTransaction:
    """Return the command to post the transaction in the body, as `TransactionIn` and its `to_command` would."""
    raw = await read_body(request, most=BODY_BYTES_MAX)
    if read_media_type(request) != "application/json":
        raise UnsupportedMediaType
    (command,) = await read_pieces(request, read_transaction, raw)
    return command


TransactionDep = Annotated[PostTransaction, Depends(read_transaction_body)]


@describe(raises=(InvalidKey, IdempotencyMismatch), sends=("Idempotent-Replayed",))
async def read_idempotency_key(
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
    """Return the caller's idempotency key, if any. Raises InvalidKey, also for two different ones: a repeat with one of
    them would not be recognized."""
    if idempotency_key is None:
        return None
    keys = {check_key(each) for each in request.headers.getlist("idempotency-key")}
    if len(keys) > 1:
        raise InvalidKey(trouble="there are two different ones; send one")
    return keys.pop()


KeyDep = Annotated[str | None, Depends(read_idempotency_key)]


@describe(raises=(InvalidKey,))
async def refuse_idempotency_key(request: Request) -> None:
    """Raise InvalidKey where a request has an idempotency key. For routes that answer with a secret: it is not kept, so
    the same answer cannot be given twice."""
    if "idempotency-key" in request.headers:
        raise InvalidKey(trouble="this route takes none, because its answer holds a secret that is shown only once")


NoKeyDep = Annotated[None, Depends(refuse_idempotency_key)]


# --- reads -----------------------------------------------------------------------------------------------------------


@describe(raises=(SizeAhead, ProjectionBehind, ProjectionBlocked))
async def read_freshness(
    access: AccessDep,
    min_size: MinSize = 0,
    timeout: Timeout = 5.0,
) -> Freshness:
    """Return how fresh the answer must be. Raises SizeAhead at once where the ledger itself has fewer records."""
    require_reached(access.ledger, min_size, "min_size")
    return Freshness(min_size, timeout)


FreshnessDep = Annotated[Freshness, Depends(read_freshness)]


def require_reached(ledger: Ledger, size: Size, parameter: str) -> None:
    """Raise SizeAhead unless the ledger has this many records."""
    if size > ledger.head.size:
        raise SizeAhead(asked=size, size=ledger.head.size, pointer=f"?{parameter}")


@describe(raises=(SizeAhead, InvalidField))
async def read_as_of_query(
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
    """Return the date and the size that are asked for. `recorded` becomes a size. Raises InvalidField for both
    `recorded` and `recorded_size`, and SizeAhead."""
    if recorded_size is not None and recorded is not None:
        raise InvalidField(trouble="give recorded_size or recorded, not both", pointer="?recorded")
    last = None
    if recorded is not None:
        recorded_size, last = await services.journal.find_known_at(access.ledger.serial, recorded)
    if recorded_size is not None:
        require_reached(access.ledger, recorded_size, "recorded_size")
    return AsOf(effective, recorded_size, last)


AsOfDep = Annotated[AsOf, Depends(read_as_of_query)]


def make_cursor(question: str, state: dict[str, Any]) -> str:
    """Return an opaque text for the place to go on from. It is good only for the same question."""
    if "running" in state:  # sums may be longer than a JSON number is exact
        state = {**state, "running": {currency: str(units) for currency, units in state["running"].items()}}
    raw = json.dumps({"q": _digest(question), **state}, separators=(",", ":"), default=str).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_cursor(
    request: Request, cursor: str | None, ledger: Ledger | None, **shape: Callable[[Any], Any]
) -> dict[str, Any] | None:
    """Return what `make_cursor` was given for this question, each member read by its function in `shape`; None without
    a cursor. Raises CursorInvalid.

    A cursor shows nothing that its bearer may not see, so it is not signed. It is as untrusted as any input.
    """
    if cursor is None:
        return None
    if len(cursor) > CURSOR_LENGTH_MAX:
        raise CursorInvalid
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        state = json.loads(raw)
        if state.pop("q") != _digest(describe_question(request)) or state.keys() != shape.keys():
            raise CursorInvalid
        found = {name: read(state[name]) for name, read in shape.items()}
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise CursorInvalid from None
    if ledger is not None and found.get("size", 0) > ledger.head.size:
        raise CursorInvalid
    return found


def read_cursor_number(value: Any) -> int:
    """Return a position, size, id or line in a cursor. Raises CursorInvalid."""
    if type(value) is not int or not 0 <= value < 2**63:
        raise CursorInvalid
    return value


def read_cursor_text(value: Any) -> str:
    """Return a text in a cursor. Raises CursorInvalid."""
    if type(value) is not str or UNSTORABLE.search(value):
        raise CursorInvalid
    return value


def read_cursor_sums(value: Any) -> dict[str, int]:
    """Return balances by currency in a cursor, in minor units. Raises CursorInvalid; `read_cursor` catches the rest."""
    if any(len(units) > SUM_DIGITS_MAX for units in value.values()):
        raise CursorInvalid
    return {read_cursor_text(currency): int(units) for currency, units in value.items()}


def describe_question(request: Request) -> str:
    """Return the path and the parameters that decide what is asked: a cursor is good only for the same ones."""
    left_out = ("cursor", "limit", "min_size", "timeout")
    return f"{request.scope['path']}?{_list_parameters(request, left_out)}"


def _list_parameters(request: Request, left_out: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the query's parameters in the order of their names. No parameter is there twice."""
    return sorted((name, value) for name, value in request.query_params.items() if name not in left_out)


def make_etag(request: Request, access: Access, *reflecting: object) -> str:
    """Return a weak ETag. It stays the same while this reader would get the same answer to this question."""
    query = _list_parameters(request, ("min_size", "timeout")) if request.scope["query_string"] else []
    path, accept = request.scope["path"], join_lines(request, "accept")
    parts = [access.ledger.uuid, access.role, path, query, accept, *reflecting]
    return f'W/"{_digest(repr(parts))}"'


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
