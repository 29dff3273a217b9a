"""What the pages name exists: settings, routes and error codes, wherever they are mentioned."""

import re
from collections.abc import Iterator
from functools import cache

import pytest

from api.app import create_app
from api.errors import STATUSES
from api.settings import OTHER_NAMES, Settings, setting_names
from tests.docs.blocks import blocks_of, pages, read, spans_in

EVERY_PAGE = pytest.mark.parametrize("page", pages())
METHODS = "GET|HEAD|POST|PUT|PATCH|DELETE"
CODE = re.compile(r"\b(?:4\d\d|503)(?: or \d\d\d)? ((?:`[a-z_]+`(?:, | or | and )?)+)")


def texts_of(page: str) -> list[str]:
    """Every piece of code of a page: in its prose, and in blocks."""
    return [*spans_in(read(page)), *(block.text for block in blocks_of(page))]


@EVERY_PAGE
def test_every_setting_that_a_page_names_exists(page: str) -> None:
    named = {name for text in texts_of(page) for name in re.findall(r"\bLEDGER_[A-Z_]+[A-Z]\b", text)}
    assert named - {*setting_names(), *OTHER_NAMES, "LEDGER_SERVICE", "LEDGER_PORT"} == set()


@EVERY_PAGE
def test_every_route_that_a_page_names_exists(page: str) -> None:
    assert [route for text in spans_in(read(page)) for route in routes_in(text) if not is_route(*route)] == []


@EVERY_PAGE
def test_every_code_that_a_page_gives_a_status_to_exists(page: str) -> None:
    named = {code for text in CODE.findall(read(page)) for code in re.findall(r"[a-z_]+", text)}
    assert {code for code in named if code not in STATUSES} - {"or", "and"} == set()


def routes_in(text: str) -> Iterator[tuple[str, str]]:
    """Methods and paths in a piece of code: `GET …/log/vkey` is below a ledger."""
    for method, path in re.findall(rf"\b({METHODS}) ((?:/|…/)[^\s?`]*)", text):
        yield method, path.removeprefix("/api") if not path.startswith("…") else "/ledgers/books" + path[1:]


def is_route(method: str, path: str) -> bool:
    """Whether there is such a route; what stands in braces or capitals is a variable."""
    return any(method == known and pattern.fullmatch(path) for known, pattern in _routes())


@cache
def _routes() -> list[tuple[str, re.Pattern[str]]]:
    app = create_app(Settings(_env_file=None))
    found = []
    for path, methods in app.openapi()["paths"].items():
        pattern = re.sub(r"\\\{path\\\}", ".+", re.escape(path.removeprefix("/api")))
        compiled = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", pattern))
        found += [(method.upper(), compiled) for method in methods]
        found += [("HEAD", compiled)] if "get" in methods else []
    return found


def test_what_does_not_exist_is_found() -> None:
    assert (
        is_route("GET", "/ledgers/{ledger}/log/tile/{path}") and is_route("GET", "/live") and is_route("HEAD", "/ready")
    )
    assert not is_route("GET", "/ledgers/{ledger}/log/tail") and not is_route("PUT", "/live")
    assert list(routes_in("GET …/log/vkey")) == [("GET", "/ledgers/books/log/vkey")]
    assert list(routes_in("GET /api/ledgers/ID/balances?effective=…")) == [("GET", "/ledgers/ID/balances")]
    assert CODE.findall("422 `unbalanced` and 503 `busy` or `timeout`.") == ["`unbalanced` and ", "`busy` or `timeout`"]
