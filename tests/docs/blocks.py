"""The fenced blocks of README.md and docs/*.md: what language each is in, and what a test does with it.

The first word behind the fence is the language, the others say what is done with the block:

    sh, python, js           runs; its exit status must be 0
    sh fails                 runs; its exit status must not be 0
    sh serves                every line is a command that serves until Ctrl-C
    js browser               runs in a page of a browser, at the origin http://localhost:5173
    LANGUAGE file=NAME       is saved under that name, where the blocks after it find it
    python source=PATH       is a file of the repository that the page adds; it has a test of its own
    diff source=PATH         is new lines of such a file
    LANGUAGE output          is what the block before it prints; `…` stands for anything
    console                  is for another machine (Docker, systemd): its `llmedger` commands must exist
    json, jsonl, yaml        must be well-formed
    nginx, ini, sql, go      have tests of their own
    text                     is only shown
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]

RUN = ("sh", "python", "js")
DATA = ("json", "jsonl", "yaml", "csv")
SHOWN = ("console", "nginx", "ini", "sql", "go", "text", "diff")
LANGUAGES = (*RUN, *DATA, *SHOWN)
MARKS = {"sh": ("fails", "serves"), "python": ("fails",), "js": ("fails", "browser")}
"""Words for what runs, besides `file=NAME`."""


@dataclass(frozen=True)
class Block:
    """A fenced block. `line` is that of its fence, from 1."""

    page: str
    line: int
    language: str
    words: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line} ({' '.join((self.language, *self.words))})"

    @property
    def file(self) -> str | None:
        """The name to save it under."""
        return self._after("file=")

    @property
    def source(self) -> str | None:
        """The file of the repository that it adds, or changes."""
        return self._after("source=")

    def _after(self, mark: str) -> str | None:
        return next((word.removeprefix(mark) for word in self.words if word.startswith(mark)), None)

    @property
    def is_output(self) -> bool:
        return "output" in self.words

    @property
    def runs(self) -> bool:
        return self.language in RUN and self.file is None and self.source is None and not self.is_output

    @property
    def acts(self) -> bool:
        """Whether a reader at a terminal has anything to do with it."""
        return self.runs or self.is_output or self.file is not None


def pages() -> list[str]:
    """README.md and the pages of docs/, as paths from the root of the repository."""
    return ["README.md", *sorted(str(page.relative_to(ROOT)) for page in ROOT.glob("docs/*.md"))]


def read(page: str) -> str:
    """The text of a page, or of any file of the repository."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks_of(page: str, text: str | None = None) -> list[Block]:
    """All fenced blocks of a page, in order; of `text` where that is given."""
    return [_block(page, token) for token in _tokens(read(page) if text is None else text) if token.type == "fence"]


def indented_in(text: str) -> list[int]:
    """The lines, from 1, where blocks begin that are only indented: nobody can say their language."""
    return [token.map[0] + 1 for token in _tokens(text) if token.type == "code_block" and token.map]


def spans_in(text: str) -> Iterator[str]:
    """Every `span of code` in the prose of a page."""
    for token in _tokens(text):
        for child in token.children or ():
            if child.type == "code_inline":
                yield child.content


def complaints_about(blocks: list[Block]) -> list[str]:
    """What is wrong with how the blocks of one page are marked."""
    found = []
    printed = False
    for block in blocks:
        if block.language not in LANGUAGES:
            found.append(f"{block} has no language, or one that nobody knows")
        if unknown := [word for word in block.words if not _is_known(block, word)]:
            found.append(f"{block} is marked {' '.join(unknown)!r}, which means nothing")
        if block.is_output and not printed:
            found.append(f"{block} is the output of nothing: no block that runs comes before it")
        printed = block.runs or (printed and not block.is_output)
    return found


def _is_known(block: Block, word: str) -> bool:
    if word == "output":
        return len(block.words) == 1
    if word.startswith("source="):
        return block.language in ("python", "diff")
    return word in MARKS.get(block.language, ()) or re.fullmatch(r"file=[\w.-]+", word) is not None


def _tokens(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text)


def _block(page: str, token: Token) -> Block:
    language, *words = token.info.split() or [""]
    assert token.map
    return Block(page, token.map[0] + 1, language, tuple(words), token.content)
