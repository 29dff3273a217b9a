"""How a session's token travels: in a cookie, written as the form's own library writes it, or as a bearer token."""

import datetime as dt
from dataclasses import dataclass
from email.utils import format_datetime
from functools import cache, lru_cache
from urllib.parse import quote, unquote

VALUE_LENGTH_MAX = 4_096
"""Of a cookie that is looked at: as long as one that a browser keeps."""
_NEVER = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)
_UNESCAPED = "!~*'()"
"""What JavaScript's encodeURIComponent leaves as it is, besides letters, digits and `-_.`."""


@dataclass(frozen=True, slots=True)
class CookieStyle:
    """How a library writes its cookie: the order of the attributes, and which of them says how long it lives."""

    order: tuple[str, ...]
    by_age: bool
    """Max-Age rather than Expires."""
    blank: tuple[str, str] = ("Max-Age", "0")
    """The attribute that takes the cookie away."""
    last_counts: bool = False
    """Of several cookies of one name the last one counts; otherwise the first, as in most libraries."""


@dataclass(frozen=True, slots=True)
class CookiePlace:
    """Where a cookie is sent, and under which name. None: the attribute is left out."""

    name: str
    secure: bool
    path: str | None = "/"
    same_site: str | None = "Lax"
    domain: str | None = None


def make_cookie(style: CookieStyle, place: CookiePlace, token: str, *, expires_at: int, lifetime: int) -> str:
    """Return a Set-Cookie header. `expires_at`: Unix milliseconds; `lifetime`: milliseconds."""
    life = ("Max-Age", _seconds(lifetime)) if style.by_age else ("Expires", _date(expires_at))
    return _header(style, place, encode(token), life)


def make_blank_cookie(style: CookieStyle, place: CookiePlace) -> str:
    """Return a Set-Cookie header that takes the cookie away."""
    return _header(style, place, "", style.blank)


def encode(text: str) -> str:
    """Encode a text as encodeURIComponent does it."""
    return quote(text, safe=_UNESCAPED)


def read_cookie(style: CookieStyle, headers: list[str], name: str) -> str | None:
    """Return the value of a cookie, percent-decoded once; empty where it is no UTF-8. None: there is none, or it is
    empty.

    A browser may send several of one name: a page of a sibling host, or one for a longer path, can set a second one.
    The one counts that the library of the form takes, or the frontend and this service would mean different users. The
    name is taken as the library writes it or as it is, and never decoded: a browser lets nobody set `__Host-x` from
    elsewhere, but anybody `%5F_Host-x`.
    """
    found, names = None, _names(name)
    for pair in ";".join(headers).split(";"):
        key, equals, value = pair.partition("=")
        if equals and key.strip() in names:
            found = value.strip()
            if not style.last_counts:
                break
    return (decode(found) or "") if found else None


@cache
def _names(name: str) -> tuple[str, str]:
    return name, encode(name)


def decode(value: str) -> str | None:
    """Return a cookie's value without quotes and percent-decoded; None where it is empty, longer than any token or not
    UTF-8."""
    return _decode(value) if len(value) <= VALUE_LENGTH_MAX else None


@lru_cache(maxsize=1_024)  # a poller shows the same one again and again
def _decode(value: str) -> str | None:
    if len(value) >= 2 and value[0] == value[-1] == '"':
        value = value[1:-1]
    try:
        # A header's bytes arrive as Latin-1.
        return unquote(value.encode("latin-1").decode(), errors="strict") or None
    except UnicodeError:
        return None


def read_bearer(authorization: str) -> str | None:
    """Return the token in an Authorization header; the scheme in any case (RFC 9110 section 11.1). None: there is
    none."""
    scheme, _, token = authorization.partition(" ")
    token = token.strip(" ")
    if scheme.lower() != "bearer" or not token or any(character.isspace() for character in token):
        return None
    return token


def _header(style: CookieStyle, place: CookiePlace, value: str, life: tuple[str, str]) -> str:
    attributes: dict[str, str | None] = {
        "Domain": place.domain,
        "Path": place.path,
        "SameSite": place.same_site,
        "HttpOnly": "",
        "Secure": "" if place.secure else None,
        life[0]: life[1],
    }
    written = [(name, attributes[name]) for name in style.order if attributes.get(name) is not None]
    parts = [f"{name}={attribute}" if attribute else name for name, attribute in written]
    return "; ".join([f"{encode(place.name)}={value}", *parts])


def _seconds(milliseconds: int) -> str:
    whole, rest = divmod(milliseconds, 1000)
    return str(milliseconds / 1000) if rest else str(whole)


def _date(milliseconds: int) -> str:
    try:
        return format_datetime(dt.datetime.fromtimestamp(milliseconds // 1000, dt.UTC), usegmt=True)
    except (OverflowError, ValueError, OSError):  # a row in the wrong unit lives for 50,000 years
        return format_datetime(_NEVER, usegmt=True)
