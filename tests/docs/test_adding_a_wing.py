"""docs/adding-a-wing.md: its files are made in a copy of the repository, and its tests pass there."""

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, Block, blocks_of, read

PAGE = "docs/adding-a-wing.md"
COPIED = ("ledger", "projections", "api", "migrations", "tests", "pyproject.toml", "README.md")
PARTS = ("command", "read model")
TESTS = ("tests/contract/test_marks.py", "tests/http/test_marks.py", "tests/readmodels/test_marked_accounts.py")
TESTS_OF_ALL = ("tests/domain/test_codec.py", "tests/schema/test_migrations.py", "tests/test_tidy.py")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository, with the files of the page."""
    folder = tmp_path_factory.mktemp("wing")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    for path, blocks in files_of(PARTS[0]).items() | files_of(PARTS[1]).items():
        make(folder, path, blocks)
    return folder


def files_of(part: str) -> dict[str, tuple[Block, ...]]:
    """The blocks of a part of the page, by the file that they make or change."""
    starts = {name: read(PAGE).splitlines().index(f"## The {name}") for name in PARTS}
    found: defaultdict[str, list[Block]] = defaultdict(list)
    for block in blocks_of(PAGE):
        if block.source and part == max((name for name in PARTS if starts[name] < block.line), key=starts.__getitem__):
            found[block.source].append(block)
    return {path: tuple(blocks) for path, blocks in found.items()}


def make(folder: Path, path: str, blocks: tuple[Block, ...]) -> None:
    """Write a new file, or put new lines into one that is there."""
    if blocks[0].language == "diff":
        file = folder / path
        file.write_text(with_new_lines(file.read_text(), blocks[0]))
        return
    text = "\n\n".join(block.text for block in blocks)
    if "NEXT" in path:
        last = max(file.name[:4] for file in (folder / path).parent.glob("[0-9]*.py"))
        path = path.replace("NEXT", f"{int(last) + 1:04}")
        text = text.replace("NEXT", f"{int(last) + 1:04}").replace("LAST", last)
    (folder / path).parent.mkdir(exist_ok=True)
    (folder / path).write_text(text)


def with_new_lines(text: str, change: Block) -> str:
    """Return the text with each line that is marked `+` after the one that stands before it on the page."""
    lines, place = text.splitlines(), 0
    for line in change.text.splitlines():
        if line.startswith("+"):
            lines.insert(place, line[1:])
            place += 1
        else:
            assert lines.count(line[1:]) == 1, f"{change}: {line[1:]!r} is not one line of the file"
            place = lines.index(line[1:]) + 1
    return "\n".join(lines) + "\n"


def run(copy: Path, *command: str) -> None:
    """Run a module of Python in the copy. It must succeed."""
    done = subprocess.run([sys.executable, "-m", *command], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_the_wing_works_and_is_tidy(copy: Path) -> None:
    run(copy, "ruff", "check", "-q", "--fix", ".")
    run(copy, "ruff", "format", "-q", ".")
    run(copy, "ruff", "check", "-q", ".")
    run(copy, "tests.domain.golden_records")
    subprocess.run(["git", "init", "-q", "."], cwd=copy, check=True)
    only = "not postgresql and (marks or marked or in_step or imports_point or twice)"
    run(copy, "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-k", only, *TESTS, *TESTS_OF_ALL)


@pytest.mark.parametrize(("part", "most"), [("command", 8), ("read model", 3)])
def test_the_diff_stat_is_that_of_the_files(part: str, most: int) -> None:
    """A new command with a guard touches at most 8 files besides tests, a new read model 3."""
    touched = {path: count_lines(blocks) for path, blocks in files_of(part).items() if not path.startswith("tests/")}
    assert len(touched) <= most
    table = read(PAGE).split(f"## The {part}\n")[1].split("### The diff stat\n")[1].split("\n## ")[0]
    shown = {path: int(lines) for path, lines in re.findall(r"^\| ([\w/.]+) \| \+(\d+) \|$", table, re.MULTILINE)}
    assert shown == touched


def count_lines(blocks: tuple[Block, ...]) -> int:
    """How many lines a file gets."""
    if blocks[0].language == "diff":
        return sum(line.startswith("+") for line in blocks[0].text.splitlines())
    return sum(len(block.text.splitlines()) for block in blocks) + 2 * (len(blocks) - 1)
