"""The class of all routes here: a query has only parameters that the route declares, each given once.

Unknown and repeated parameters are refused before anything else is looked at: a misspelled `effective` must not give
today's figures, and of two values nobody can tell which one was meant.
"""

import difflib
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from api.errors import NAME_LENGTH_MAX, DuplicateParameter, UnknownParameter
from api.shapes.strict_json import find_repeated

ANY_KEY = ".KEY"
"""The end of a parameter's name that stands for any name with this beginning: `metadata.KEY`."""


@dataclass(frozen=True, slots=True)
class KnownParameters:
    """The query parameters of a route."""

    names: frozenset[str]
    prefixes: tuple[str, ...] = ()
    """Beginnings of names: whatever follows, which is never nothing, is part of the question."""

    def require(self, request: Request) -> None:
        """Raise UnknownParameter and DuplicateParameter."""
        given = request.query_params
        for name in given:
            if name not in self.names and not self._is_free(name):
                raise self._unknown(name[:NAME_LENGTH_MAX])
        if len(given.multi_items()) > len(given):
            name = find_repeated(name for name, _ in given.multi_items())[:NAME_LENGTH_MAX]
            raise DuplicateParameter(name=name, pointer=f"?{name}")

    def _is_free(self, name: str) -> bool:
        return any(name.startswith(prefix) and name != prefix for prefix in self.prefixes)

    def _unknown(self, name: str) -> UnknownParameter:
        known = tuple(sorted(self.names))
        nearest = difflib.get_close_matches(name, known, n=1)
        return UnknownParameter(name=name, nearest=nearest[0] if nearest else None, known=known, pointer=f"?{name}")


def list_known_parameters(dependant: Dependant) -> KnownParameters:
    """Return the query parameters that a route and all that it depends on declare."""
    names = _names(dependant)
    free = {name for name in names if name.endswith(ANY_KEY)}
    return KnownParameters(frozenset(names), tuple(sorted(name.removesuffix("KEY") for name in free)))


def _names(dependant: Dependant) -> set[str]:
    own = {each.alias for each in dependant.query_params}
    return own.union(*map(_names, dependant.dependencies))


class StrictRoute(APIRoute):
    """A route that refuses query parameters which it does not declare."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.known = list_known_parameters(self.dependant)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["query_string"] and scope["method"] in (self.methods or ()):
            self.known.require(Request(scope))
        await super().handle(scope, receive, send)
