"""What the functions behind a route say of themselves, for the OpenAPI document: refusals, bodies, answers, fields.

Each function says what it does itself, where it is written: that it reads a body of this shape, that it makes this
refusal, that its answer has an ETag. A route is described by all the functions that it calls. Nothing here runs when a
request is answered; the tests hold every answer that they get against it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi.dependencies.models import Dependant

from ledger.errors import LedgerError

JSON = "application/json"
LINES = "application/x-ndjson"

F = TypeVar("F", bound=Callable[..., Any])
Refusals = Iterable["type[LedgerError] | str | Refusals"]
"""Classes of errors, or codes, or groups of them."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a function says of itself, or what all functions of a route say together."""

    raises: frozenset[str] = frozenset()
    """Codes of problems."""
    takes: tuple[str, ...] = ()
    """Header fields of the request, besides those that are parameters."""
    sends: tuple[str, ...] = ()
    """Header fields of the answer."""
    body: Mapping[str, Any] = field(default_factory=dict)
    """Shapes of the request's body by media type."""
    optional: bool = False
    """The body may be left out."""
    answer: Mapping[str, Any] = field(default_factory=dict)
    """Shapes of the answer by media type; a text is the description of what is no JSON."""
    also: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """Answers with other good statuses, or with bad ones that are no problem documents."""
    signed_in: bool = False
    """The caller must be signed in."""

    def __add__(self, other: "Described") -> "Described":
        return Described(
            self.raises | other.raises,
            _joined(self.takes, other.takes),
            _joined(self.sends, other.sends),
            {**self.body, **other.body},
            self.optional or other.optional,
            {**self.answer, **other.answer},
            {**self.also, **other.also},
            self.signed_in or other.signed_in,
        )


_described: dict[Callable[..., Any], Described] = {}


def describe(raises: Refusals = (), **said: Any) -> Callable[[F], F]:
    """Keep what a function says of itself; the members are those of `Described`."""
    what = Described(raises=frozenset(_codes(raises)), **said)

    def kept(function: F) -> F:
        _described[function] = _described.get(function, Described()) + what
        return function

    return kept


def collect_descriptions(dependant: Dependant) -> Described:
    """Return what a route and all functions that it depends on say."""
    found = _described.get(dependant.call, Described()) if dependant.call is not None else Described()
    for each in dependant.dependencies:
        found += collect_descriptions(each)
    return found


def _codes(refusals: Refusals) -> Iterable[str]:
    for each in refusals:
        if isinstance(each, str):
            yield each
        elif isinstance(each, type):
            yield each.code
        else:
            yield from _codes(each)


def _joined(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))
