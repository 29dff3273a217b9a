"""What every command shares: the program itself, how it prints, and how it ends when something is wrong.

Importing the command line must stay cheap, so that `--help` and shell completion answer at once: the modules of
`api.cli` import the service's code inside the commands that need it, never at the top. A test checks it.
"""

import asyncio
import functools
import inspect
import json
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text
from typer.core import TyperCommand

Function = TypeVar("Function", bound=Callable[..., Any])
Result = TypeVar("Result")

PURPOSE = (
    "The command line for operators of a double-entry ledger service. It works on the database directly.\n\n"
    "Exit codes: 0 success; 1 the books or the input are wrong; 2 wrong usage or a wrong setting; 130 ended by Ctrl-C; "
    "141 the program that reads the output has ended. Only `verify`: 3 tampering, 4 missing data. Only `serve` and "
    "`demo`: 5 the address LEDGER_HOST and LEDGER_PORT cannot be used."
)

# Without markup: names and texts of people's books may hold brackets.
out = Console(markup=False)
err = Console(stderr=True, markup=False)

LedgerOption = Annotated[str, typer.Option("--ledger", help="Id or uuid of the ledger.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
AsOption = Annotated[str | None, typer.Option("--as", help="The user for whom you do this.")]
GOODBYE_SECONDS = 0.1


# --- commands --------------------------------------------------------------------------------------------------------


class CheckedCommand(TyperCommand):
    """A command that checks the names of the settings before it runs, and explains errors in a sentence."""

    def invoke(self, ctx: Any) -> Any:
        with explain_errors():
            from api.settings import require_known_names

            require_known_names()
            return super().invoke(ctx)


class Commands(typer.Typer):
    """A group of commands. A command may be a coroutine."""

    def command(self, name: str | None = None, **options: Any) -> Callable[[Function], Function]:
        add = super().command(name, cls=CheckedCommand, **options)

        def added(function: Function) -> Function:
            add(run_in_event_loop(function) if inspect.iscoroutinefunction(function) else function)
            return function

        return added


def list_examples(*lines: str) -> str:
    """Return the lines as the end of a command's `--help`."""
    return "\n\n".join(("Examples:", *lines))


@contextmanager
def explain_errors() -> Iterator[None]:
    """End the program with a sentence and an exit code where the books, the input or the database are wrong."""
    try:
        yield
    except Exception as error:
        from api.cli.failures import explain

        told = explain(error)
        if told is None:
            raise
        fail(told.sentence, told.exit_code)


def run_in_event_loop(function: Callable[..., Coroutine[Any, Any, Result]]) -> Callable[..., Result]:
    """Return the coroutine as a plain function with the same parameters."""

    async def settled(*args: Any, **kwargs: Any) -> Result:
        try:
            return await function(*args, **kwargs)
        except (typer.Exit, typer.Abort):
            raise
        except Exception:
            # The thread behind a SQLite connection that could not be opened still reports its end to this loop.
            await asyncio.sleep(GOODBYE_SECONDS)
            raise

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Result:
        return asyncio.run(settled(*args, **kwargs))

    return run


app = Commands(no_args_is_help=True, help=PURPOSE, pretty_exceptions_enable=False)


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        out.print(f"llmedger {version('double-llmedger')}", highlight=False)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None: ...


# --- printing --------------------------------------------------------------------------------------------------------


def fail(message: str, code: int = 1) -> NoReturn:
    """Print what is wrong, and stop."""
    err.print(Text.assemble(("error:", "red"), f" {message}"), soft_wrap=True)
    raise typer.Exit(code)


class _RateColumn(ProgressColumn):
    """How many were done a second, of late."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


def make_progress_bar() -> Progress:
    """Return a progress bar with the rate and the time left, on the error output. It shows only in a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _RateColumn(),
        TimeRemainingColumn(),
        console=err,
        disable=not err.is_terminal,
    )


def print_json(content: Any) -> None:
    """Print JSON to standard output."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def show_table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]], right: tuple[int, ...] = ()) -> None:
    """Print a table to standard output."""
    table = Table(box=None, pad_edge=False)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    out.print(table)
