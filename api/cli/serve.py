"""Serving, working, migrating, and the made-up books."""

import asyncio
import json
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.terminal import app, err, fail, list_examples, make_progress_bar

if TYPE_CHECKING:
    from api.settings import Settings


@app.command("serve", epilog=list_examples("llmedger serve", "LEDGER_PORT=9000 llmedger serve --workers 4"))
def serve(
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="Number of API processes. One more process runs the projectors.")
    ] = 1,
) -> None:
    """Serve HTTP, and keep the read models up to date.

    It prints "Serving" when the first process answers. Exit code 5: the address LEDGER_HOST and LEDGER_PORT cannot be
    used."""
    from api import serving
    from api.processes.sockets import open_sockets
    from api.settings import read_settings

    chosen = read_settings()
    with open_sockets(chosen.host, chosen.port) as sockets:
        if not asyncio.run(check_installation()) and chosen.registration == "open" and chosen.owns_sign_in:
            heading = "There are no books yet. README.md shows how to open a ledger and to post."
            show_steps(chosen, heading, "/auth/register", ("ann", "correct horse"), "/ledgers")
        with suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
            serving.serve(chosen, sockets, workers=workers)


@app.command("worker", epilog=list_examples("LEDGER_SIGNING_KEY=/etc/llmedger/key llmedger worker"))
def worker() -> None:
    """Keep the read models up to date, and nothing else. Any number of workers may run."""
    from api import serving
    from api.settings import read_settings

    asyncio.run(check_installation())
    serving.work(read_settings())


async def check_installation() -> bool:
    """Check database and key before a server starts, and return whether there are ledgers."""
    from api.cli.installation import open_installation
    from api.settings import SettingsInvalid
    from ledger.notes import NoteInvalid
    from migrations.rights import require_service_rights

    async with open_installation() as services:
        if not services.journal.database.is_sqlite:
            async with services.journal.database.read.connect() as connection:
                await require_service_rights(connection)
        try:
            if services.signer is not None:
                services.signer.key  # noqa: B018  (raises where its file holds none)
        except FileNotFoundError as error:
            advice = f"`llmedger key new {error.filename}` makes one"
            raise SettingsInvalid(f"LEDGER_SIGNING_KEY: there is no file {error.filename}; {advice}") from None
        except OSError as error:
            raise SettingsInvalid(f"LEDGER_SIGNING_KEY: {error.filename}: {error.strerror}") from None
        except NoteInvalid as error:
            raise SettingsInvalid(f"LEDGER_SIGNING_KEY: {error}") from None
        return bool(await services.journal.read_extents())


@app.command(
    "migrate", epilog=list_examples("LEDGER_DATABASE_URL=postgresql://ledger@localhost/books llmedger migrate")
)
async def migrate() -> None:
    """Make the databases, or bring them up to date. You can safely run it again, also from several places at once."""
    from api.services import open_owners
    from api.settings import read_settings
    from migrations import migrate as migrate_databases

    async with open_owners(read_settings()) as (journal, projected, service_role):
        await migrate_databases(journal, projected, service_role=service_role)
    err.print("The databases are up to date.")


@app.command("demo", epilog=list_examples("LEDGER_DATABASE_URL=sqlite:///data/demo.db llmedger demo"))
def demo(
    serve_: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the books when they are ready.")] = True,
    yes: Annotated[
        bool, typer.Option("--yes", help="Add the demo's ledger and user to a database that has others.")
    ] = False,
) -> None:
    """Fill an empty database with three years of made-up books of a small company, and serve them.

    The password of the demo's user is public, so the command refuses a database that is in use.
    """
    from api import serving
    from api.processes.sockets import open_sockets
    from api.settings import read_settings
    from api.start.demo import LEDGER, PASSWORD, USER

    chosen = read_settings()
    with ExitStack() as stack:
        sockets = stack.enter_context(open_sockets(chosen.host, chosen.port)) if serve_ else []
        asyncio.run(make_demo(among_others=yes))
        heading = f"Ledger {LEDGER}; user {USER}, password {PASSWORD}."
        ledger = f"/ledgers/{LEDGER}"
        paths = (f"{ledger}/balances?depth=2", f"{ledger}/reports/income-statement?format=csv")
        show_steps(chosen, heading, "/auth/login", (USER, PASSWORD), *paths)
        if serve_:
            with suppress(KeyboardInterrupt):
                serving.serve(chosen, sockets, workers=1)


async def make_demo(*, among_others: bool) -> None:
    """Make the database, the user and the books of the demo."""
    from api.cli.installation import catch_up, find_ledger, open_installation
    from api.services import open_databases
    from api.settings import read_settings
    from api.start.demo import LEDGER, DemoRefused, fill, make_tables, require_room

    async with open_databases(read_settings()) as databases:
        await make_tables(*databases)
    async with open_installation() as services:
        try:
            await require_room(services, among_others=among_others)
        except DemoRefused as error:
            fail(str(error))
        with make_progress_bar() as bar:
            task = bar.add_task("Demo books")
            await fill(services, lambda done, total: bar.update(task, completed=done, total=total))
        await catch_up(services, await find_ledger(services, LEDGER))


def show_steps(settings: "Settings", heading: str, sign_in: str, user: tuple[str, str], *paths: str) -> None:
    """Print what a user can try while the server runs. These lines are for people, so not with logs in JSON."""
    from api.processes.sockets import make_url

    if settings.log_format == "text":
        err.print(f"{heading} Try in another terminal:", highlight=False, soft_wrap=True)
        for line in list_steps(f"{make_url(settings.host, settings.port)}/api", sign_in, user, *paths):
            err.print(f"    {line}", highlight=False, soft_wrap=True)


def list_steps(api: str, sign_in: str, user: tuple[str, str], *paths: str) -> list[str]:
    """Return shell commands that sign in and read these paths."""
    body = json.dumps(dict(zip(("username", "password"), user, strict=True)))
    extract = r"""sed 's/.*"token": *"\([^"]*\)".*/\1/'"""
    return [
        f"TOKEN=$(curl -s {api}{sign_in} -H 'Content-Type: application/json' -d '{body}' | {extract})",
        *(f"curl -s -H \"Authorization: Bearer $TOKEN\" '{api}{path}'" for path in paths),
    ]
