"""`llmedger`: the operator's command line. It works on the database itself, as actor `cli`.

Exit codes: 0 fine, 1 the books or the input are wrong (said clearly), 2 wrong usage; of `verify` also 3 tampering, 4
missing data.
"""

import asyncio
import functools
import getpass
import json
import logging
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, NoReturn, ParamSpec, TypeVar

import asyncpg
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from api.auth.mapping import SignInRefused
from api.notes import NoteInvalid
from api.problems import body_invalid
from api.services import NotMigrated, Services, open_services
from api.settings import Settings
from ledger.codec import Actor
from ledger.errors import LedgerError, NotFound
from ledger.journal import Ledger
from projections.registry import projections

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

app = typer.Typer(no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False, add_completion=False)

# Without markup: names and texts of people's books may hold brackets.
out = Console(markup=False)
err = Console(stderr=True, markup=False)

LedgerOption = Annotated[str, typer.Option("--ledger", help="Id or uuid of the ledger.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
AsOption = Annotated[str | None, typer.Option("--as", help="The user on whose behalf this is done.")]
CATCH_UP_SLICE = 2_000
DATABASE_ERRORS = (SQLAlchemyError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What the database says, by way of SQLAlchemy or past it."""
GOODBYE_SECONDS = 0.1


def fail(message: str, code: int = 1) -> NoReturn:
    """Say what is wrong, and stop."""
    err.print(Text.assemble(("error:", "red"), f" {message}"), soft_wrap=True)
    raise typer.Exit(code)


def command(run: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, R]:
    """Run a coroutine as a command: what goes wrong with the books or the input is a sentence, never a traceback."""

    async def settled(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await run(*args, **kwargs)
        except DATABASE_ERRORS:
            # The thread behind a SQLite connection that could not be opened still reports its end to this loop.
            await asyncio.sleep(GOODBYE_SECONDS)
            raise

    @functools.wraps(run)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return asyncio.run(settled(*args, **kwargs))
        except ValidationError as error:
            fail(body_invalid(error).detail, 2)
        except (LedgerError, NotMigrated, SignInRefused, NoteInvalid, OSError) as error:
            fail(str(error))
        except DATABASE_ERRORS as error:
            log.debug("a statement failed", exc_info=True)
            fail(f"the database cannot be used: {getattr(error, 'orig', None) or error}")

    return wrapped


def settings() -> Settings:
    """The settings; a bad one is a matter of usage."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        fail(f"LEDGER_{str(first['loc'][0]).upper()}: {first['msg']}", 2)


@asynccontextmanager
async def open_ledger(name: str, *, bulk: bool = False) -> AsyncIterator[tuple[Services, Ledger]]:
    """The services and the ledger of this name."""
    async with open_services(settings(), bulk=bulk) as services:
        yield services, await find_ledger(services, name)


async def find_ledger(services: Services, name: str) -> Ledger:
    """The ledger with this id or uuid. Raises NotFound."""
    ledger = await services.journal.find(name)
    if ledger is None:
        raise NotFound(what="ledger", name=name)
    return ledger


async def cli_actor(services: Services, on_behalf: str | None) -> Actor:
    """Who does it: the operating-system login, for the named user. Raises NotFound."""
    if on_behalf is None:
        return Actor("cli", getpass.getuser())
    user = await services.sessions.user_named(on_behalf)
    if user is None:
        raise NotFound(what="user", name=on_behalf)
    return Actor("cli", getpass.getuser(), user.id)


async def catch_up(services: Services, ledger: Ledger) -> None:
    """Bring the projections to the ledger's size: by our own projector, beside any other that is running."""
    projector = services.projector(CATCH_UP_SLICE)
    names = [projection.name for projection in projections()]
    while any([(await services.reader.applied(ledger.serial, name)).applied < ledger.head.size for name in names]):
        blocked = [each for each in await services.reader.blocked() if each.ledger == ledger.serial]
        if blocked and all(not each.due for each in blocked):
            first = blocked[0]
            fail(
                f"projection {first.projection} is blocked at position {first.blocked_position}: {first.blocked_error}"
            )
        if not await projector.catch_up():
            await asyncio.sleep(0.05)


def progress_bar() -> Progress:
    """A progress bar on the error output, where a terminal is."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=err
    )


def print_json(content: Any) -> None:
    """JSON on standard output."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


def show_table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]], right: tuple[int, ...] = ()) -> None:
    """A table on standard output."""
    table = Table(box=None, pad_edge=False)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    out.print(table)
