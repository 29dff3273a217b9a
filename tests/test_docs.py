"""The docs name every setting, command, route and error code that there is; they are kept true by failing here."""

import re
from pathlib import Path

import typer
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api import errors
from api.app import create_app
from api.cli import app as cli
from api.pages.problems import make_markdown
from api.routes import site
from api.settings import Settings
from api.shapes.accounts import AccountIn
from api.shapes.dashboard import HeadlineOut
from api.shapes.transactions import DocumentIn, PostingIn, PostingOut, TransactionIn, TransactionOut
from ledger.accounts import AccountType, Role
from ledger.transactions import Kind

ROOT = Path(__file__).parent.parent
PAGES = tuple(route.path for route in site.router.routes if isinstance(route, APIRoute))
"""Paths outside `/api`: everybody may read them, and they need no database."""


def _read(name: str) -> str:
    return (ROOT / name).read_text()


def test_the_readme_names_every_setting_with_its_default() -> None:
    readme = _read("README.md")
    for name, field in Settings.model_fields.items():
        assert f"`LEDGER_{name.upper()}`" in readme, name
        if isinstance(field.default, str | int):
            assert f"`{field.default}`" in readme, f"the default of {name}"


def test_the_readme_names_no_setting_that_is_not_there() -> None:
    named = set(re.findall(r"`LEDGER_([A-Z_]+)`", _read("README.md")))
    assert named == {name.upper() for name in Settings.model_fields}


def test_the_readme_names_every_command() -> None:
    readme = _read("README.md")
    for name in _commands(typer.main.get_command(cli), ()):
        assert f"llmedger {name}" in readme, name


def _commands(command: object, path: tuple[str, ...]) -> list[str]:
    inner = getattr(command, "commands", None)
    if inner is None:
        return [" ".join(path)]
    return [name for key, each in inner.items() for name in _commands(each, (*path, key))]


def test_the_http_page_names_every_route() -> None:
    page = _read("docs/http.md")
    for method, path in _routes():
        assert f"`{method} {path}`" in page, f"{method} {path}"


def test_the_http_page_names_no_route_that_is_not_there() -> None:
    named = set(re.findall(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`?]*)`", _read("docs/http.md")))
    assert named <= set(_routes())


def _routes() -> list[tuple[str, str]]:
    return routes_of(create_app(Settings()))


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of every route that is described, without `/api`."""
    paths = app.openapi()["paths"]
    return [(method.upper(), path.removeprefix("/api")) for path, methods in paths.items() for method in methods]


def api_routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """Method and path of every described route that is not a page."""
    return {(method, path) for method, path in routes_of(app) if path not in PAGES}


def test_the_page_for_bookkeepers_explains_every_field_role_and_kind() -> None:
    page = _read("docs/bookkeeping.md")
    fields = {name for body in (TransactionIn, PostingIn, DocumentIn, AccountIn) for name in body.model_fields}
    fields |= {name for shape in (TransactionOut, PostingOut, HeadlineOut) for name in shape.__annotations__}
    missing = {name for name in fields | set(Role) | set(Kind) if f"`{name}`" not in page}
    assert missing == set()
    assert all(f"| {each} | " in page for each in AccountType)


def test_the_words_of_the_glossary_have_one_line_each() -> None:
    words = re.findall(r"^\| ([a-z ,]+) \|", _read("docs/glossary.md"), flags=re.MULTILINE)
    assert len(words) > 15
    assert len(words) == len(set(words))


def test_every_link_inside_the_docs_leads_somewhere() -> None:
    for page in [ROOT / "README.md", *ROOT.glob("docs/*.md")]:
        for target in re.findall(r"`(docs/[a-z./-]+|[a-z]+/[a-z_/]+\.py)`", page.read_text()):
            assert (ROOT / target).exists(), f"{page.name}: {target}"


def test_the_page_of_errors_is_the_one_that_the_errors_make() -> None:
    assert _read("docs/errors.md") == make_markdown(), "run `make docs`"
    for code, status in errors.STATUSES.items():
        assert f"### `{code}`" in _read("docs/errors.md")
        assert 400 <= status <= 503
