"""Serving, working, migrating, and the made-up books."""

import asyncio
from contextlib import suppress
from typing import Annotated

import typer

from api.cli.terminal import app, err, examples, progress_bar


@app.command("serve", epilog=examples("llmedger serve", "LEDGER_PORT=9000 llmedger serve --workers 4"))
def serve(
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="API processes; a projector process runs beside them.")
    ] = 1,
) -> None:
    """Serve HTTP, and keep the projections up to date."""
    from api import serving
    from api.settings import read_settings

    asyncio.run(check_installation())
    with suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
        serving.serve(read_settings(), workers=workers)


@app.command("worker", epilog=examples("LEDGER_SIGNING_KEY=/etc/llmedger/key llmedger worker"))
def worker() -> None:
    """Keep the projections up to date, and nothing else. Any number may run."""
    from api import serving
    from api.settings import read_settings

    asyncio.run(check_installation())
    serving.work(read_settings())


async def check_installation() -> None:
    """Say so before a server is started on a database or with a key that cannot be used."""
    from api.cli.installation import open_installation
    from api.notes import NoteInvalid
    from api.settings import SettingsInvalid

    async with open_installation() as services:
        if services.signer is None:
            return
        try:
            services.signer.key  # noqa: B018  (raises where its file holds none)
        except FileNotFoundError as error:
            advice = f"`llmedger key new {error.filename}` makes one"
            raise SettingsInvalid(f"LEDGER_SIGNING_KEY: there is no file {error.filename}; {advice}") from None
        except OSError as error:
            raise SettingsInvalid(f"LEDGER_SIGNING_KEY: {error.filename}: {error.strerror}") from None
        except NoteInvalid as error:
            raise SettingsInvalid(f"LEDGER_SIGNING_KEY: {error}") from None


@app.command("migrate", epilog=examples("LEDGER_DATABASE_URL=postgresql://ledger@localhost/books llmedger migrate"))
async def migrate() -> None:
    """Make the databases, or bring them up to date. Safe to repeat, and to run from several places at once."""
    from api.services import open_databases
    from api.settings import read_settings
    from ledger.store.engine import database_url, open_database
    from migrations import migrate as migrate_databases

    chosen = read_settings()
    async with open_databases(chosen) as (journal, projected):
        if chosen.migration_database_url is None:
            await migrate_databases(journal, projected)
        else:
            owner = open_database(database_url(chosen.migration_database_url))
            try:
                await migrate_databases(owner, owner, service_role=chosen.journal_url.username)
            finally:
                await owner.close()
    err.print("The databases are up to date.")


@app.command("demo", epilog=examples("LEDGER_DATABASE_URL=sqlite:///data/demo.db llmedger demo"))
def demo(
    serve_: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the books afterwards.")] = True,
) -> None:
    """Fill the database with three years of a small company's books, made up, and serve them."""
    from api import serving
    from api.demo import LEDGER, PASSWORD, USER
    from api.settings import read_settings

    asyncio.run(make_demo())
    err.print(f"Ledger {LEDGER}; sign in as {USER} with password {PASSWORD}.")
    if serve_:
        with suppress(KeyboardInterrupt):
            serving.serve(read_settings(), workers=1)


async def make_demo() -> None:
    """The database, the user and the books of the demo."""
    from api.cli.installation import catch_up, find_ledger, open_installation
    from api.demo import LEDGER, fill
    from api.services import open_databases
    from api.settings import read_settings
    from migrations import migrate as migrate_databases

    async with open_databases(read_settings()) as databases:
        await migrate_databases(*databases)
    async with open_installation() as services:
        with progress_bar() as bar:
            task = bar.add_task("Demo books")
            await fill(services, lambda done, total: bar.update(task, completed=done, total=total))
        await catch_up(services, await find_ledger(services, LEDGER))
