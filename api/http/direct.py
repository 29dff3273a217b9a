"""Call routes directly. FastAPI analyses a route at every request; this does it once.

FastAPI describes the routes and refuses requests that do not fit their parameters. A request that fits is answered
here: its route is in a table, and its dependencies are called as FastAPI would call them, in the same order and each
once. Every other request goes on to FastAPI, and nothing has been called or read before that. So a route and its
parameters are declared once, and only the cost differs: it is about a tenth.
"""

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from api import problems
from api.http.routing import KnownParameters, list_known_parameters

_NOTHING: Mapping[str, str] = {}


class _NotPlain(Exception):
    """The route asks for something that only FastAPI can give it."""


class _DoesNotFit(Exception):
    """A parameter is missing or is not what the route takes: FastAPI says so."""


@dataclass(frozen=True, slots=True)
class _Parameter:
    """A parameter of a function: where it stands in the request, under which alias, and what it is when left out."""

    name: str
    where: str
    alias: str
    required: bool
    default: Any
    validate: Callable[..., tuple[Any, Any]]

    def read(self, given: Mapping[str, str]) -> Any:
        value = given.get(self.alias)
        if value is None:
            if self.required:
                raise _DoesNotFit
            return self.default
        read, errors = self.validate(value, {}, loc=(self.where, self.alias))
        if errors:
            raise _DoesNotFit
        return read


@dataclass(frozen=True, slots=True)
class _Step:
    """One function to call, and where its arguments come from."""

    call: Callable[..., Awaitable[Any]]
    request: str | None
    """The name of the argument that takes the request."""
    parameters: tuple[_Parameter, ...]
    results: tuple[tuple[str, int], ...]
    """Arguments that are results of earlier steps, by their numbers."""


@dataclass(frozen=True, slots=True)
class DirectRoute:
    """A route as the functions that it takes, the endpoint last, and the query parameters that it knows."""

    template: str
    """Its path, with the names of its parameters."""
    steps: tuple[_Step, ...]
    known: KnownParameters

    def arguments(self, request: Request, path: Mapping[str, str]) -> list[dict[str, Any]] | None:
        """Return what each step gets out of the request; None: something does not fit. Raises what `KnownParameters`
        does."""
        query: Mapping[str, str] = _NOTHING
        if request.scope["query_string"]:
            self.known.require(request)
            query = request.query_params
        given: dict[str, Mapping[str, str]] = {"path": path, "query": query, "header": request.headers}
        try:
            return [{each.name: each.read(given[each.where]) for each in step.parameters} for step in self.steps]
        except _DoesNotFit:
            return None

    async def answer(self, request: Request, arguments: list[dict[str, Any]]) -> Response:
        """Call everything, in order. Raises what a function raises."""
        results: list[Any] = []
        for step, values in zip(self.steps, arguments, strict=True):
            if step.request is not None:
                values[step.request] = request
            for name, number in step.results:
                values[name] = results[number]
            results.append(await step.call(**values))
        response: Response = results[-1]
        return response


@dataclass(frozen=True, slots=True)
class _Listed:
    """A route in the table; `direct` is None where FastAPI calls it."""

    methods: frozenset[str]
    pattern: Any
    slashes: int | None
    """None: the path has a parameter that takes slashes too."""
    last: str | None
    """The path's last segment; None: a parameter."""
    direct: DirectRoute | None

    def may_match(self, slashes: int, last: str | None) -> bool:
        return self.slashes is None or (self.slashes == slashes and (last is None or self.last in (None, last)))


@dataclass(slots=True)
class DirectRoutes:
    """The table."""

    _listed: list[_Listed] = field(default_factory=list)
    _table: dict[tuple[str, int, str | None], list[_Listed]] = field(default_factory=dict)
    """By method, number of slashes and last segment, if that is no parameter: in the order of their registration, of
    which the first that matches counts."""

    def add(self, router: APIRouter, prefix: str = "") -> None:
        """Add every route of a router that FastAPI includes under this prefix; in the same order as there."""
        self._listed += [_list_names(route, prefix) for route in router.routes if isinstance(route, Route)]
        self._table = {
            (method, slashes, last): [
                each for each in self._listed if method in each.methods and each.may_match(slashes, last)
            ]
            for method, slashes, last in self._keys()
        }

    def _keys(self) -> Iterator[tuple[str, int, str | None]]:
        for each in self._listed:
            if each.direct is not None and each.slashes is not None:
                for method in each.methods:
                    yield method, each.slashes, each.last

    def find(self, method: str, path: str) -> tuple[DirectRoute, dict[str, str]] | None:
        """Return the route that FastAPI would take, and the parameters in its path; None: that is for FastAPI."""
        slashes, last = path.count("/"), path[path.rfind("/") + 1 :]
        listed = self._table.get((method, slashes, last)) or self._table.get((method, slashes, None), [])
        for each in listed:
            matched = each.pattern.match(path)
            if matched is not None:
                return None if each.direct is None else (each.direct, matched.groupdict())
        return None


class CallDirectly:
    """Answers what stands in the table, in front of an app that answers the rest."""

    def __init__(self, app: ASGIApp, *, routes: DirectRoutes) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = None
        if scope["type"] == "http" and not scope.get("root_path"):
            found = self._routes.find(scope["method"], scope["path"])
        if found is None:
            await self._app(scope, receive, send)
            return
        route, path = found
        scope["state"]["route"] = route.template
        request = _PlainRequest(scope, receive, send)
        try:
            arguments = route.arguments(request, path)
            response = None if arguments is None else await route.answer(request, arguments)
        except problems.ANSWERED as error:
            response = await problems.answer(request, error)
        await (response or self._app)(scope, receive, send)


class _PlainRequest(Request):
    """A request that finds its header fields by their names. Starlette's own looks through all of them each time."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope, receive, send)
        self._headers = _PlainHeaders(scope=scope)


class _PlainHeaders(Headers):
    """Header fields by name."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope=scope)
        self._lines: dict[str, list[str]] = {}
        for name, value in self._list:
            self._lines.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))

    def getlist(self, key: str) -> list[str]:
        return self._lines.get(key.lower(), [])

    def __getitem__(self, key: str) -> str:
        return self._lines[key.lower()][0]

    def __contains__(self, key: Any) -> bool:
        return key.lower() in self._lines


def _list_names(route: Route, prefix: str) -> _Listed:
    path = prefix + route.path
    pattern, _, convertors = compile_path(path)
    any_slashes = any(convertor.regex != "[^/]+" for convertor in convertors.values())
    last = path.rpartition("/")[2]
    direct = None
    if isinstance(route, APIRoute) and not any_slashes:
        try:
            direct = make_direct_route(route, path)
        except _NotPlain:
            direct = None
    slashes = None if any_slashes else path.count("/")
    return _Listed(frozenset(route.methods or ()), pattern, slashes, None if "{" in last else last, direct)


def make_direct_route(route: APIRoute, template: str) -> DirectRoute:
    """Return the route as steps. Raises _NotPlain where it does not answer with a response of its own, or asks for more
    than functions, the request and plain parameters."""
    answered = inspect.signature(route.endpoint, eval_str=True).return_annotation
    if not (isinstance(answered, type) and issubclass(answered, Response)):
        raise _NotPlain
    steps: list[_Step] = []
    _add_steps(route.dependant, steps, {})
    return DirectRoute(template, tuple(steps), list_known_parameters(route.dependant))


def _add_steps(dependant: Dependant, steps: list[_Step], numbers: dict[Any, int]) -> int:
    """Add the steps of a call, what it depends on first, and return the number of its own step."""
    call = dependant.call
    if call in numbers:
        return numbers[call]
    more_than_plain = (
        dependant.body_params
        or dependant.cookie_params
        or dependant.http_connection_param_name
        or dependant.websocket_param_name
        or dependant.response_param_name
        or dependant.background_tasks_param_name
        or dependant.security_scopes_param_name
    )
    if more_than_plain or call is None or not dependant.use_cache or not inspect.iscoroutinefunction(call):
        raise _NotPlain
    results = []
    for each in dependant.dependencies:
        number = _add_steps(each, steps, numbers)
        if each.name is not None:
            results.append((each.name, number))
    fields = (
        *(("path", each) for each in dependant.path_params),
        *(("query", each) for each in dependant.query_params),
        *(("header", each) for each in dependant.header_params),
    )
    parameters = tuple(_parameter(where, each) for where, each in fields)
    steps.append(_Step(call, dependant.request_param_name, parameters, tuple(results)))
    numbers[call] = len(steps) - 1
    return numbers[call]


def _parameter(where: str, declared: Any) -> _Parameter:
    required = declared.field_info.is_required()
    default = None if required else declared.default
    if default is not None and not isinstance(default, str | int | float):
        raise _NotPlain  # FastAPI gives each call a copy of its own
    return _Parameter(declared.name, where, declared.alias, required, default, declared.validate)
