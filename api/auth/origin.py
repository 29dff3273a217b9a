"""Where a request may come from. Browsers say it; a cookie alone does not prove that its owner meant the request.

Origins are compared whole, scheme and port too, in the one form that browsers send (RFC 6454 section 6.1).
"""

from collections.abc import Collection
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_PORTS = {"http": 80, "https": 443}


def serialize_origin(text: str) -> str:
    """Return an origin as browsers write it: lower case, without a default port. Raises ValueError for anything
    else."""
    parts = urlsplit(text.strip().rstrip("/"))
    host, port = parts.hostname, parts.port
    if not parts.scheme or not host or parts.path or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"an origin looks like https://books.example.org, not {text!r}")
    host = f"[{host}]" if ":" in host else host.encode("idna").decode()
    return f"{parts.scheme}://{host}" + ("" if port in (None, _PORTS.get(parts.scheme)) else f":{port}")


def may_change(*, origins: Collection[str], host: str | None, fetch_site: str | None, allowed: Collection[str]) -> bool:
    """Return whether a request with a cookie may change something: it comes from an allowed origin or from the host
    itself.

    `origins`: the values of its Origin headers. Where it has none, the browser must say by Sec-Fetch-Site that the page
    is of the same origin.
    """
    if not origins:
        return fetch_site == "same-origin"
    if len(origins) > 1:
        return False
    (origin,) = origins
    if origin in allowed:
        return True
    scheme, _, rest = origin.partition("://")
    # The scheme cannot be compared: a proxy in front of us may have taken the encryption off.
    return scheme in _PORTS and bool(rest) and rest == host
