"""Header fields of a request, read as RFC 9110 says: a list may stand in one line or in several (section 5.3)."""

import re
from collections.abc import Sequence
from functools import lru_cache

from fastapi import Request

_TAG = re.compile(r'(?:W/)?"([^"]*)"|([^\s,"]+)')
_WEIGHT = re.compile(r"(?:^|;)q=([01](?:\.[0-9]{0,3})?)(?:;|$)")


def join_lines(request: Request, name: str) -> str:
    """Return all lines of a list field as one, joined by commas; an empty text where there is none."""
    lines = request.headers.getlist(name)
    return lines[0] if len(lines) == 1 else ", ".join(lines)


def read_entity_tags(text: str) -> set[str]:
    """Return the opaque parts of the entity tags in a list (RFC 9110 section 8.8.3), without quotes and weakness marks.

    All our tags are weak, so only the weak comparison can match: `W/"x"` and `"x"` are the same. A tag whose quotes got
    lost on the way is taken too.
    """
    return {quoted or bare for quoted, bare in _TAG.findall(text)}


@lru_cache(maxsize=256)
def choose_media_type(accept: str, offered: Sequence[str]) -> str:
    """Return the media type of those offered that an `Accept` field prefers (RFC 9110 section 12.5.1).

    Of two with one weight the one that is named more exactly, then the one named first. Where nothing that is offered
    is acceptable, or nothing is asked for, it is the first one: an answer of another type beats none.
    """
    best, found = (0.0, 0, 0), offered[0]
    for kind in offered:
        rank = max((_rank(kind, *each) for each in enumerate(_ranges(accept))), default=(0.0, 0, 0), key=_exactness)
        if rank[0] > 0 and rank > best:
            best, found = rank, kind
    return found


def _exactness(rank: tuple[float, int, int]) -> int:
    return rank[1]


def _ranges(accept: str) -> list[tuple[str, float]]:
    ranges = []
    for each in accept.lower().replace(" ", "").replace("\t", "").split(","):
        kind, _, parameters = each.partition(";")
        stated = _WEIGHT.search(parameters)
        ranges.append((kind, float(stated[1]) if stated else 1.0))
    return ranges


def _rank(kind: str, place: int, wanted: tuple[str, float]) -> tuple[float, int, int]:
    """Return the weight that a range of the field gives this type, how exactly it names it, and how early; zeros: not
    at all."""
    name, weight = wanted
    if name == kind:
        return weight, 3, -place
    if name == f"{kind.partition('/')[0]}/*":
        return weight, 2, -place
    if name == "*/*":
        return weight, 1, -place
    return 0.0, 0, 0


def takes_gzip(accepted: str) -> bool:
    """Return whether an `Accept-Encoding` field takes gzip."""
    for each in accepted.lower().split(","):
        name, _, parameters = each.partition(";")
        if name.strip() == "gzip":
            return parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
