"""Serving, working, migrating, and the made-up books."""

from typing import Annotated

import typer

from api import serving
from api.cli.terminal import (
    app,
    catch_up,
    command,
    err,
    find_ledger,
    progress_bar,
    settings,
)
from api.services import open_databases, open_services
from ledger.store.engine import database_url, open_database
from migrations import migrate as migrate_databases


@app.command()
def serve(
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="API processes; a projector process runs beside them.")
    ] = 1,
) -> None:
    """Serve HTTP, and keep the projections up to date."""
    check_migrated()
    serving.serve(settings(), workers=workers)


@app.command()
def worker() -> None:
    """Keep the projections up to date, and nothing else. Any number may run."""
    check_migrated()
    serving.work(settings())


def check_migrated() -> None:
    """Say so before a server is started on a database that is not ready."""

    @command
    async def check() -> None:
        async with open_services(settings()) as services:
            if services.signer is not None:
                services.signer.key  # noqa: B018  (raises where its file holds none)

    check()


@app.command("migrate")
@command
async def migrate() -> None:
    """Bring the databases up to date. Safe to repeat, and to run from several places at once."""
    chosen = settings()
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


@app.command("demo")
def demo(
    serve_: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the books afterwards.")] = True,
) -> None:
    """Fill the database with three years of a small company's books, made up, and serve them."""
    from api.demo import LEDGER, PASSWORD, USER, fill

    @command
    async def make() -> None:
        chosen = settings()
        async with open_databases(chosen) as databases:
            await migrate_databases(*databases)
        async with open_services(chosen) as services:
            with progress_bar() as bar:
                task = bar.add_task("Demo books")
                await fill(services, lambda done, total: bar.update(task, completed=done, total=total))
            await catch_up(services, await find_ledger(services, LEDGER))

    make()
    err.print(f"Ledger {LEDGER}; sign in as {USER} with password {PASSWORD}.")
    if serve_:
        serving.serve(settings(), workers=1)
