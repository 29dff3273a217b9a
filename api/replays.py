"""Answers given again, byte for byte, to the same request, as long as nothing they depend on has changed.

An answer depends on the request, on rows, and on clocks. So it is kept under the whole request, together with the
state of the databases from before it was made, and with what it found when it looked at a clock. It is given again
only where the same request finds the same state, looked at after that request arrived, and every clock would say the
same. No time-out and no notification decides that. What is asked for the first time is not kept.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

ANSWERS_MAX = 2_048
ANSWER_BYTES_MAX = 8 * 1024
REQUEST_BYTES_MAX = 4 * 1024
"""So that all of them together take no more than 24 MiB."""
REQUESTS_MAX = 32_768
"""Remembered by a number each, to know them when they come again."""

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Holds = Callable[[], bool]


def replayable(endpoint: Endpoint) -> Endpoint:
    """Marks a route whose answers depend on the request's path, query and headers, on rows, and on those clocks alone
    that it tells of by `holds_while`."""
    endpoint.replayable = True  # type: ignore[attr-defined]
    return endpoint


def holds_while(request: Request, holds: Holds) -> None:
    """The answer to this request stays what it is only while this is true: a clock was looked at."""
    request.scope["state"].setdefault("holds", []).append(holds)


@dataclass(frozen=True, slots=True)
class _Kept:
    response: Response
    holds: tuple[Holds, ...]


@dataclass(slots=True)
class Replays:
    """Answers in one state of the databases; in another one all of them are forgotten, and erased names with them."""

    _state: Hashable = None
    _kept: dict[Hashable, _Kept] = field(default_factory=dict)
    _met: set[int] = field(default_factory=set)

    def has_met(self, request: Scope) -> bool:
        """Whether this request came before, lately: what comes once is not kept, and to look at the databases for it
        would be in vain."""
        met = hash(_key(request))
        if met in self._met:
            return True
        if len(self._met) >= REQUESTS_MAX:
            self._met.clear()
        self._met.add(met)
        return False

    def get(self, state: Hashable, request: Scope) -> Response | None:
        """The answer to this request, where it is still the present one."""
        if state != self._state:
            self._state = state
            self._kept.clear()
            return None
        kept = self._kept.get(_key(request))
        return kept.response if kept is not None and all(holds() for holds in kept.holds) else None

    def keep(self, state: Hashable, request: Scope, response: Response) -> None:
        """Keep the answer that was made after this state was seen. Where there are too many, all others go."""
        if state != self._state or type(response) is not Response or response.status_code not in (200, 304):
            return
        if len(response.body) > ANSWER_BYTES_MAX or _length(request) > REQUEST_BYTES_MAX:
            return
        if len(self._kept) >= ANSWERS_MAX:
            self._kept.clear()
        self._kept[_key(request)] = _Kept(response, tuple(request["state"].get("holds", ())))


def _key(request: Scope) -> Hashable:
    return request["path"], request["query_string"], tuple(map(tuple, request["headers"]))


def _length(request: Scope) -> int:
    fields = sum(len(name) + len(value) for name, value in request["headers"])
    return fields + len(request["path"]) + len(request["query_string"])
