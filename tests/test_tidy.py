"""The house stays in order: import directions, words, and what must not be in any file.

Each check is a function from one file's text to a list of complaints, tried twice below: on
snippets that it must refuse or let pass, and on the repository. DESIGN section 2 draws the
directions that `LAYERS`, `FORBIDDEN` and `ENGINE` spell out; section 3 has the words.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("ledger", "projections", "api", "migrations")

# A module's name (or a file's path) and its text in, complaints out.
Check = Callable[[str, str], list[str]]

# The folders of slices, or a slice that is alone: a slice never imports another one.
SLICES = {
    "books",
    "controls",
    "payments",
    "invoices",
}

# From the ground up: a module of ledger/ imports its own layer and those before it.
LAYERS = (
    {"errors", "fields", "libpq", "observer", "values"},
    {"money", "dates", "fiscal_year", "state"},
    {"accounts", "transactions", "members"},
    {"rules"},
    SLICES,
    {"slices"},
    {"decide"},
    {"codec", "merkle", "tiles", "notes", "journal"},
    {"sequencer", "follow"},
    {"store"},
)

# The rooms of api/, from the ground up: a module imports its own floor and those below. A file may stand on another
# floor than its room. The files `shapes` and `routes` of a wing stand on the floors of those rooms.
API_FLOORS = (
    {"api.wording", "api.start.charts"},
    {"api.errors"},
    {"api.processes"},
    {"api.auth"},
    {"api.shapes"},
    {"api.settings", "api.logs"},
    {"api.audit"},
    {"api.proofs.signing"},
    {"api.documents"},
    {"api.services"},
    {"api.proofs", "api.documents.status"},
    {"api.exchange", "api.backup"},
    {"api.problems"},
    {"api.http"},
    {"api.openapi"},
    {"api.pages"},
    {"api.start"},
    {"api.routes"},
    {"api.app"},
    {"api.serving"},
    {"api.cli"},
    {"api.__main__"},
)

# What the auditor stands on besides itself: pure files. Only what holds read models against the log needs more.
PURE = (
    *(
        "accounts",
        "books",
        "codec",
        "dates",
        "decide",
        "errors",
        "fields",
        "fiscal_year",
        "journal",
        "libpq",
        "members",
        "merkle",
    ),
    *("money", "notes", "rules", "slices", "state", "tiles", "transactions", "values"),
)
AUDIT_STANDS_ON = ("api.audit", "api.processes.children", *(f"ledger.{name}" for name in PURE))
AUDIT_OF_READ_MODELS = "api.audit.read_models"

# Where SQL may stand in api/: with the tables of sign-in, in copies of all tables, and beside what compares them.
SQL_STANDS_IN = ("api.auth", "api.backup", AUDIT_OF_READ_MODELS)

SQL = {f"sqlalchemy.{name}" for name in ("select", "insert", "update", "delete", "text", "func", "bindparam")}

# What stands above the rules and knows none of them.
WITHOUT_RULES = ("ledger.journal", "ledger.store")

# What ledger/ may import besides the standard library and itself, by the importing module.
LEDGER_MAY_IMPORT = {"ledger.store": {"asyncpg", "sqlalchemy"}, "ledger.notes": {"cryptography"}}

# Importer -> what it never imports; both stand for everything inside them too.
EDGE_LIBRARIES = (
    "fastapi",
    "starlette",
    "pydantic",
    "pydantic_settings",
    "typer",
    "rich",
    "uvicorn",
)
FORBIDDEN = {
    "ledger": ("projections", "api", "migrations"),
    "projections": ("ledger.decide", "ledger.sequencer", "api", "migrations", *EDGE_LIBRARIES),
    "migrations": ("api", *EDGE_LIBRARIES),
}

# The files of projections/ that run read models. Every other file is a read model, and knows none
# of the others but those that are shared; only the registry (or the package itself) lists them.
ENGINE = {"projection", "projector", "checkpoints", "reader", "generations", "wakeup", "rebuild", "replay", "scratch"}
REGISTRY = {"", "registry"}
SHARED = {"chart", "account_balances"}
"""The read models whose rows others may read: all of them have one generation."""

NAMED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

NOT_OUR_WORDS = {"manager", "helper", "util", "utils", "handler", "aggregate"}
NOT_OUR_CLASS_WORDS = NOT_OUR_WORDS | {"stream"}

LINES_MAX = 600
# Files of the packages that are longer than LINES_MAX. The list only gets shorter.
TOO_LONG: set[str] = set()

# A hold is a pending transaction. No name outside these files has the word.
HOLD = {"hold", "holds", "held", "holder"}
HOLD_IS_OURS = ("ledger.controls",)

# Words that no docstring of a function begins with.
NO_VERBS = {
    *("The", "A", "An", "What", "Whether", "That", "Which", "How", "As", "All", "Those", "These", "Every", "Each"),
    *("Up", "None", "So", "Who", "Why", "Where", "When", "At", "For", "Of", "One", "Only", "Nothing", "Both"),
    *("Whose", "Never", "Entry", "Raises", "Returns", "Yields"),
}

# Written so that this file does not match itself.
MACHINE_PATH = re.compile(r"(?<![\w.}$~-])/(?:root|work|home|Users)/\w")
REGISTRY_HOST = re.compile(
    r"pypi\.org|pythonhosted\.org|registry\.npmjs|deb\.debian\.org|security\.debian\.org"
    r"|crates\.io|proxy\.golang\.org|(?:index-url|find-links)[ =]\s*\S*/",
    re.IGNORECASE,
)
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")


# --- The checks


def imports_point_one_way(module: str, source: str) -> list[str]:
    """The import directions of DESIGN section 2."""
    return [
        f"{module}:{line} imports {imported}: {reason}"
        for line, imported in imported_names(module, source)
        for reason in reasons_against(module, imported)
    ]


def reasons_against(module: str, imported: str) -> Iterator[str]:
    """Why `module` may not import `imported`; nothing if it may."""
    if imported.startswith("."):
        yield "imports are absolute, so that a search for a module's name finds them all"
        return
    package = module.partition(".")[0]
    for forbidden in FORBIDDEN.get(package, ()):
        if is_inside(imported, forbidden):
            yield f"{package} never imports {forbidden}"
    if package == "ledger":
        yield from reasons_inside_ledger(module, imported)
    if package == "projections" and is_inside(imported, "projections"):
        yield from reasons_between_projections(module, imported)
    if package == "api":
        yield from reasons_inside_api(module, imported)


def reasons_inside_api(module: str, imported: str) -> Iterator[str]:
    """The edges stand on floors, the auditor stands on pure files, and SQL stands beside its tables."""
    lower, upper = floor_of(imported), floor_of(module)
    if upper is None and module != "api":
        yield "it stands on no floor of API_FLOORS"
    elif lower is not None and upper is not None and lower > upper:
        yield "imports point down the floors of api/, never up"
    if is_inside(module, "api.audit") and module != AUDIT_OF_READ_MODELS:
        ours = imported.partition(".")[0] in PACKAGES
        if ours and not any(is_inside(imported, each) for each in AUDIT_STANDS_ON):
            yield "the auditor stands on pure files alone"
    if imported in SQL and not any(is_inside(module, each) for each in SQL_STANDS_IN):
        yield "a statement stands beside the table that it reads"


def floor_of(module: str) -> int | None:
    """Return the number of the floor that a module of api/ stands on: that of its file, or of its room, or, in a wing,
    of the room that its file is named after."""
    parts = module.split(".")
    names = [".".join(parts[:length]) for length in range(len(parts), 1, -1)]
    names += [f"api.{part}" for part in parts[2:3] if part in ("shapes", "routes")]
    found = (number for name in names for number, floor in enumerate(API_FLOORS) if name in floor)
    return next(found, None)


def reasons_inside_ledger(module: str, imported: str) -> Iterator[str]:
    """ledger/ is the standard library and itself, in layers."""
    top = imported.partition(".")[0]
    if top != "ledger":
        allowed = {
            library
            for importer, libraries in LEDGER_MAY_IMPORT.items()
            if is_inside(module, importer)
            for library in libraries
        }
        if top not in allowed and top not in sys.stdlib_module_names and top not in PACKAGES:
            yield "only the standard library is allowed here"
        return
    lower, upper = layer_of(imported), layer_of(module)
    if upper is None and module != "ledger":
        yield f"{second_part(module)} stands in no layer of LAYERS"
    elif lower is not None and upper is not None and lower > upper:
        yield "imports point down the layers, never up"
    elif second_part(module) in SLICES and second_part(imported) in SLICES and imported != "ledger.books":
        yield "a slice never imports another slice: what they share lies below them"
    elif is_inside(imported, "ledger.decide") and any(is_inside(module, each) for each in WITHOUT_RULES):
        yield "the journal and the store know guards and events, and no rule"


def layer_of(module: str) -> int | None:
    """The number of the layer that a module of ledger/ stands in, if it stands in one."""
    name = second_part(module)
    return next((number for number, layer in enumerate(LAYERS) if name in layer), None)


def reasons_between_projections(module: str, imported: str) -> Iterator[str]:
    """Read models import the engine and the shared ones; nobody but the registry imports another read model."""
    if second_part(module) in REGISTRY or second_part(imported) in ENGINE | {""}:
        return
    if second_part(imported) in SHARED and second_part(module) not in ENGINE:
        return
    if second_part(imported) != second_part(module):
        yield "read models know only the engine and the shared ones, and the engine knows no read model"


def words_are_ours(module: str, source: str) -> list[str]:
    """No file, class or function has a name from DESIGN's list of words that are not used."""
    complaints = [
        f"{module}: the file's name says {word!r}, which is not one of our words"
        for word in words_of(module.rpartition(".")[2]) & NOT_OUR_WORDS
    ]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            banned = NOT_OUR_CLASS_WORDS
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            banned = NOT_OUR_WORDS
        else:
            continue
        complaints += [
            f"{module}:{node.lineno} {node.name}: {word!r} is not one of our words"
            for word in sorted(words_of(node.name) & banned)
        ]
    return complaints


def hold_is_a_pending_transaction(module: str, source: str) -> list[str]:
    """Return the names in which *hold* means something else."""
    if any(is_inside(module, each) for each in (*HOLD_IS_OURS, "tests", "migrations")):
        return []
    tree = ast.parse(source)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    names |= {node.name for node in ast.walk(tree) if isinstance(node, NAMED)} | {module}
    return [
        f"{module}: {name} is not about a hold" for name in sorted(names) if HOLD & set(re.split("[._]", name.lower()))
    ]


def docstrings_begin_with_a_verb(module: str, source: str) -> list[str]:
    """Return the functions whose docstring does not say first what they do: "Return the …", "Raise … unless …".

    A property is a value: its docstring may say what it is.
    """
    if module.partition(".")[0] not in ("ledger", "projections", "api"):
        return []
    return [
        f"{module}:{node.lineno} the docstring of {node.name} begins with {words[0]}: say what it does"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and not any("property" in ast.unparse(each) for each in node.decorator_list)
        and (words := (ast.get_docstring(node) or "").split(maxsplit=1))
        and words[0].strip(",:") in NO_VERBS
    ]


def nothing_prints(module: str, source: str) -> list[str]:
    """Only the command line and the benchmarks print; everything else logs or returns."""
    if is_inside(module, "api.cli") or is_inside(module, "tests.benchmarks"):
        return []
    return [
        f"{module}:{node.lineno} prints"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def module_has_a_docstring(module: str, source: str) -> list[str]:
    """Every module says what it promises."""
    return [] if ast.get_docstring(ast.parse(source)) else [f"{module} has no docstring"]


def nothing_is_left_unfinished(module: str, source: str) -> list[str]:
    """No comment marks work to be done: that is what issues are for."""
    # Comments only: one of these words is also the ISO 4217 code of "no currency".
    return [
        f"{module}:{token.start[0]} {token.string.strip()}"
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and UNFINISHED.search(token.string)
    ]


def names_no_machine_and_no_registry(path: str, text: str) -> list[str]:
    """No file names a path of somebody's machine or the host of a package registry."""
    return [
        f"{path}:{number} names {found.group()!r}"
        for number, line in enumerate(text.splitlines(), start=1)
        for pattern in (MACHINE_PATH, REGISTRY_HOST)
        if (found := pattern.search(line))
    ]


# --- What they stand on


def imported_names(module: str, source: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything imported, inside functions and TYPE_CHECKING too.

    `from a import b` gives `a.b` only: whether b is a module or something in a, the rules about a
    hold for it.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def is_inside(module: str, package: str) -> bool:
    """Whether `module` is `package` or something in it."""
    return module == package or module.startswith(f"{package}.")


def second_part(module: str) -> str:
    """`decide` of `ledger.decide.touches`; empty for the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def words_of(name: str) -> set[str]:
    """The words of a name in either style, in lower case and singular."""
    found = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    words = {word.lower() for word in found}
    return words | {word.removesuffix("s") for word in words}


def python_files() -> list[tuple[str, Path]]:
    """Module name and path of every Python file of ours."""
    files = [path for path in repository_files() if path.suffix == ".py"]
    named = [(path.relative_to(ROOT).with_suffix("").parts, path) for path in files]
    return [
        (".".join(parts[:-1] if parts[-1] == "__init__" else parts), path)
        for parts, path in named
        if parts[0] in (*PACKAGES, "tests")
    ]


def repository_files() -> list[Path]:
    """Every file that is in the repository or about to be: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    paths = (ROOT / name for name in sorted(set(listed.stdout.split("\0"))) if name)
    return [path for path in paths if path.is_file()]


# --- Tried on the repository


def complaints_about(check: Check, packages: tuple[str, ...]) -> list[str]:
    """What the check says about every module of the packages."""
    return [
        complaint
        for module, path in python_files()
        if module.partition(".")[0] in packages
        for complaint in check(module, path.read_text(encoding="utf-8"))
    ]


def test_imports_point_one_way() -> None:
    assert complaints_about(imports_point_one_way, PACKAGES) == []


@pytest.mark.parametrize(
    "check",
    [
        words_are_ours,
        hold_is_a_pending_transaction,
        docstrings_begin_with_a_verb,
        nothing_prints,
        module_has_a_docstring,
        nothing_is_left_unfinished,
    ],
    ids=lambda check: check.__name__,
)
def test_every_module_is_tidy(check: Check) -> None:
    assert complaints_about(check, (*PACKAGES, "tests")) == []


def test_no_file_names_a_machine_or_a_registry() -> None:
    complaints: list[str] = []
    for path in repository_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a compressed or binary file
        complaints += names_no_machine_and_no_registry(str(path.relative_to(ROOT)), text)
    assert complaints == []


def test_the_command_line_stands_without_a_web_framework() -> None:
    """Commands that serve nothing start without it."""
    modules = [name for name, _ in python_files() if is_inside(name, "api.cli") or is_inside(name, "api.documents")]
    code = f"import sys, importlib; [importlib.import_module(each) for each in {modules}]; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert {"fastapi", "starlette", "uvicorn"} & set(loaded.stdout.split()) == set()


def test_no_file_is_too_long() -> None:
    """A file that is split leaves TOO_LONG; none comes in."""
    files = [path for package in ("ledger", "projections", "api") for path in (ROOT / package).rglob("*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name for name, lines in lengths.items() if lines > LINES_MAX} == TOO_LONG


def test_no_public_class_name_occurs_twice() -> None:
    """One word, one meaning (DESIGN section 3)."""
    homes: dict[str, list[str]] = {}
    for path in (path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


# --- Tried on snippets: each check bites, and only where it should


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("ledger.money", "from ledger.decide import decide"),
        ("ledger.money", "import ledger.slices"),
        ("ledger.slices", "from ledger import decide"),
        ("ledger.rules", "from . import money"),
        ("ledger.decide", "from ledger.codec import encode"),
        ("ledger.decide", "import sqlalchemy as sa"),
        ("ledger.decide", "def late():\n    import pydantic"),
        ("ledger.codec", "import orjson"),
        ("ledger.sequencer", "from ledger.store.journal import SqlJournal"),
        ("ledger.sequencer", "from sqlalchemy import text"),
        ("ledger.invoices.bills", "from ledger.sequencer import Sequencer"),
        ("ledger.invoices.bills", "from ledger.decide import decide"),
        ("ledger.invoices.bills", "from ledger.books.accounts import OpenAccount"),
        ("ledger.books.members", "from ledger.books.accounts import OpenAccount"),
        ("ledger.store.engine", "from ledger.decide import evolve"),
        ("ledger.journal", "from ledger.decide import evolve"),
        ("ledger.cleverness", "from ledger.money import Amount"),
        ("ledger.store.engine", "from api.settings import Settings"),
        ("ledger.store.engine", "import projections.projector"),
        ("ledger.store.engine", "from pydantic import BaseModel"),
        ("projections.register", "from ledger.decide import evolve"),
        ("projections.register", "import ledger.sequencer"),
        ("projections.register", "from api import services"),
        ("projections.register", "import fastapi"),
        ("projections.register", "from projections.tiles import TABLE"),
        ("projections.register", "from projections import tiles"),
        ("projections.register", "from .tiles import TABLE"),
        ("projections.projector", "from projections.register import Register"),
        ("projections.projector", "from projections.chart import chart"),
        ("projections.chart", "from projections.register import Register"),
        ("migrations.env", "from api.settings import Settings"),
        ("api.errors", "from api.processes.long_work import Turns"),
        ("api.documents.balances", "from api.http.fields import listed"),
        ("api.documents.balances", "from api.services import Services"),
        ("api.shapes.ledgers", "from api.start.open_ledger import command_to_open"),
        ("api.payments.shapes", "from api.http.writing import submit"),
        ("api.shapes.commands", "from api.payments.routes import router"),
        ("api.payments.cleverness", "from api.shapes.values import Body"),
        ("api.http.protocol", "from api.app import create_app"),
        ("api.cleverness", "from api.settings import Settings"),
        ("api.audit.books", "from ledger.store.journal import SqlJournal"),
        ("api.audit.books", "from projections.reader import Reader"),
        ("api.audit.books", "from api.auth.tables import users"),
        ("api.documents.balances", "from sqlalchemy import select"),
        ("api.routes.accounts", "from sqlalchemy import text"),
    ],
)
def test_an_import_against_the_direction_is_named(module: str, source: str) -> None:
    [complaint] = imports_point_one_way(module, source)
    assert module in complaint


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("ledger.decide", "import datetime\nfrom ledger.slices import Event"),
        ("ledger.sequencer", "import asyncio\nfrom ledger.journal import Journal"),
        (
            "ledger.store.journal",
            "from sqlalchemy import select\nfrom ledger.codec import encode",
        ),
        ("ledger.invoices.bills", "from ledger.money import Amount"),
        ("ledger.slices", "from ledger.invoices import bills"),
        ("projections.register", "from ledger.slices import Event\nimport sqlalchemy"),
        ("projections.register", "from projections.projection import Projection"),
        ("projections.register", "from projections.chart import chart"),
        ("projections", "from projections.register import Register"),
        ("projections.registry", "from projections import register"),
        ("projections.rebuild", "from projections import checkpoints"),
        ("migrations.env", "from ledger.store.tables import metadata\nimport alembic"),
        ("api.services", "from ledger.sequencer import Sequencer\nimport projections, pydantic"),
        ("api.shapes.ledgers", "from api.start.charts import shipped_chart"),
        ("api.shapes.commands", "from api.payments.shapes import PayBill"),
        ("api.payments.shapes", "from api.shapes.values import CommandBody"),
        ("api.payments.routes", "from api.payments.shapes import PayBill\nfrom api.http.writing import submit"),
        ("api.app", "from api.payments import routes"),
        ("api.audit.read_models", "from ledger.store.journal import SqlJournal\nfrom sqlalchemy import select"),
        ("api.routes.accounts", "from api.http.fields import listed\nfrom api.documents.balances import Page"),
        ("api.auth.sessions", "from sqlalchemy import select"),
    ],
)
def test_an_import_along_the_direction_is_fine(module: str, source: str) -> None:
    assert imports_point_one_way(module, source) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("api.utils", ""),
        ("ledger.store.journal_helpers", ""),
        ("api.app", "class SessionManager: ..."),
        ("api.app", "class EventStream: ..."),
        ("api.app", "class HTTPHandler: ..."),
        ("api.app", "async def problem_handler(): ..."),
        ("api.app", "class Page:\n    def aggregate(self): ..."),
    ],
)
def test_a_word_that_is_not_ours_is_named(module: str, source: str) -> None:
    assert len(words_are_ours(module, source)) >= 1


@pytest.mark.parametrize(
    "source",
    [
        "async def stream_events(): ...",
        "class Upstream: ...",
        "def handle(): ...",
        "class Managed: ...",
    ],
)
def test_words_that_only_look_like_those_are_fine(source: str) -> None:
    assert words_are_ours("api.routes.events", source) == []


@pytest.mark.parametrize("source", ["held = 1", "def _holds(): ...", "def take(holder): ...", "class Held: ..."])
def test_a_hold_that_is_none_is_named(source: str) -> None:
    assert len(hold_is_a_pending_transaction("ledger.store.rows", source)) == 1
    assert hold_is_a_pending_transaction("ledger.controls.limits", source) == []


def test_a_docstring_that_begins_with_no_verb_is_named() -> None:
    complaints = docstrings_begin_with_a_verb("ledger.money", 'def scale() -> int:\n    """The scale."""')
    assert complaints == ["ledger.money:1 the docstring of scale begins with The: say what it does"]
    assert docstrings_begin_with_a_verb("ledger.money", 'def scale() -> int:\n    """Return the scale."""') == []
    assert docstrings_begin_with_a_verb("ledger.money", '@property\ndef scale() -> int:\n    """The scale."""') == []


def test_a_print_is_named_outside_the_command_line() -> None:
    assert nothing_prints("ledger.money", "print(1)") == ["ledger.money:1 prints"]
    assert nothing_prints("api.cli", "print(1)") == []
    assert nothing_prints("tests.benchmarks.table", "print(1)") == []
    assert nothing_prints("ledger.money", "journal.print()") == []


def test_a_missing_docstring_is_named() -> None:
    assert module_has_a_docstring("api.app", "import os") == ["api.app has no docstring"]
    assert module_has_a_docstring("api.app", '"""The application."""') == []


def test_unfinished_work_is_named_in_comments_only() -> None:
    mark = "TO" + "DO"
    assert nothing_is_left_unfinished("api.app", f"x = 1  # {mark}: y") == [f"api.app:1 # {mark}: y"]
    assert nothing_is_left_unfinished("ledger.money", 'NO_CURRENCY = "XXX"') == []


@pytest.mark.parametrize(
    "line",
    [
        "cd /" + "work/main",
        'path = "/' + 'home/ann/books"',
        "/" + "Users/ann/books",
        "pip install --index-" + "url https://example.org",
        "https://" + "pypi." + "org/simple",
        "https://files.pythonhosted" + ".org/packages",
    ],
)
def test_a_machine_path_or_a_registry_is_named(line: str) -> None:
    assert len(names_no_machine_and_no_registry("README.md", line)) >= 1


@pytest.mark.parametrize(
    "line",
    [
        "../shared/data",
        "https://example.org/home/page",
        "/app/data",
        "/api/ledgers/work",
        "~/books",
    ],
)
def test_other_paths_are_fine(line: str) -> None:
    assert names_no_machine_and_no_registry("README.md", line) == []
