"""README.md and every page of docs/ are followed from the top: every example works, and prints what the page shows."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from api.cli import app
from tests.docs.blocks import (
    Block,
    blocks_of,
    complaints_about,
    indented_in,
    pages,
    read,
    spans_in,
)
from tests.docs.conftest import NewSession
from tests.docs.shown import parse_elided

EVERY_PAGE = pytest.mark.parametrize("page", pages())
CALL = re.compile(r"(?:^(?:\w+=\S+ )*|bin/|\| |\(|&& |; )llmedger ((?:[^\n|;&<>]|<\()*)", re.MULTILINE)
"""A call of our program. Users, folders and units have the same name."""
SQL_TESTS = {
    "docs/audit.md": "tests/contract/test_audit_page.py",
    "docs/erasure.md": "tests/contract/test_erasure.py",
    "docs/postgresql.md": "tests/schema/test_rights.py",
}
"""Who runs the SQL of a page."""
OWN_TESTS = {"docs/audit.md": "tests/cli/test_audit_examples.py"}
"""Pages whose commands have a test of their own: an auditor has no installation."""
WITH_BOOKS = {f"docs/{name}.md" for name in ("backup", "charts", "export", "import", "signing")}
"""Pages that begin with a ledger that is there (`prepare/books.sh`)."""
FOLLOWED = [page for page in pages() if page not in OWN_TESTS and any(block.acts for block in blocks_of(page))]


@pytest.mark.parametrize("page", FOLLOWED)
def test_a_page_can_be_followed(page: str, new_session: NewSession) -> None:
    session = new_session(with_books=page in WITH_BOOKS)
    session.prepare(Path(page).stem)
    for block in blocks_of(page):
        if block.acts:
            session.follow(block)


@EVERY_PAGE
def test_every_block_says_what_it_is(page: str) -> None:
    assert complaints_about(blocks_of(page)) == []
    assert indented_in(read(page)) == [], "blocks that are only indented, by line"


@EVERY_PAGE
def test_data_is_well_formed(page: str) -> None:
    for block in blocks_of(page):
        for document in _documents(block):
            assert document is not None, block


def _documents(block: Block) -> Iterator[Any]:
    match block.language:
        case "json" if block.file:
            yield json.loads(block.text)
        case "json":
            yield parse_elided(block.text)
        case "jsonl":
            yield from (parse_elided(line) for line in block.text.splitlines())
        case "yaml":
            yield yaml.safe_load(block.text)


@EVERY_PAGE
def test_the_sql_of_a_page_has_a_test(page: str) -> None:
    if any(block.language == "sql" for block in blocks_of(page)):
        assert Path(page).name in read(SQL_TESTS[page])


def test_pages_with_tests_of_their_own_are_read_by_them() -> None:
    assert all(Path(page).name in read(test) for page, test in OWN_TESTS.items())


# --- commands that are named


@EVERY_PAGE
def test_every_command_that_is_named_exists(page: str) -> None:
    texts = [*spans_in(read(page)), *(block.text for block in blocks_of(page) if block.language in ("console", "ini"))]
    complaints = [complaint for text in texts for line in commands_in(text) for complaint in wrong_in(line)]
    assert complaints == []


def commands_in(text: str) -> Iterator[list[str]]:
    """The words after `llmedger` of every call of it in a text."""
    for call in CALL.findall(text.replace("\\\n", " ")):
        yield [word.strip("\"'()") for word in call.split() if word not in ("…", "\\")]


def wrong_in(words: list[str]) -> list[str]:
    """What is wrong with a call: a command or an option that is not there."""
    found: Any = typer.main.get_command(app)
    while words and words[0] in (inner := getattr(found, "commands", {})):
        found, words = inner[words[0]], words[1:]
    if getattr(found, "commands", None) and words and not words[0].startswith("-"):
        return [f"there is no command {' '.join(words)}"]
    options = {"--help", *(each for parameter in found.params for each in (*parameter.opts, *parameter.secondary_opts))}
    words = words[: words.index("--")] if "--" in words else words  # what follows is no option
    given = [re.split(r"[=\]]", word.strip("[]"))[0] for word in words if word.strip("[").startswith("-")]
    return [f"{found.name} has no option {each}" for each in given if each not in options and each != "-"]


def test_a_command_that_does_not_exist_is_named() -> None:
    assert list(map(wrong_in, commands_in("llmedger blance --ledger x"))) == [["there is no command blance --ledger x"]]
    assert list(map(wrong_in, commands_in("llmedger balances --leger x"))) == [["balances has no option --leger"]]
    assert list(
        map(wrong_in, commands_in("x | /opt/bin/llmedger user add ann --password-stdin < f; llmedger --version"))
    ) == [[], []]
