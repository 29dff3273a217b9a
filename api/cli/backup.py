"""Backup and restore."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer
from rich.console import Console
from rich.progress import TaskID

from api.cli.terminal import JsonOption, app, err, fail, list_examples, make_progress_bar, out, print_json
from api.wording import spell_count

if TYPE_CHECKING:
    from api.backup.saving import BackupReport
    from api.backup.snapshot import Told
    from api.settings import Settings

PIPE = Path("-")


@app.command(
    "backup",
    epilog=list_examples("llmedger backup books.backup", "llmedger backup - | ssh other 'cat > books.backup'"),
)
async def backup(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A new file, which only its owner can read; `-`: standard output.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Save everything that cannot be derived in one file. Posting continues meanwhile.

    The command audits every ledger first, and refuses if a record is missing or was changed. SQLite and PostgreSQL give
    the same file.
    """
    from api.backup.files import BackupRefused, open_new_file
    from api.backup.notices import list_left_out, open_journal
    from api.backup.saving import save_backup
    from api.processes.garbage_collector import COLLECT_OBJECTS_ALONE, freeze_objects
    from api.settings import read_settings

    if file == PIPE and as_json:
        fail("standard output is for the backup: leave out --json, or name a file", 2)
    if file == PIPE and sys.stdout.isatty():
        fail("a terminal cannot show a backup: name a file, or pipe standard output to a program", 2)
    chosen = read_settings()
    freeze_objects(COLLECT_OBJECTS_ALONE)
    try:
        with progress() as told, nullcontext(sys.stdout.buffer) if file == PIPE else open_new_file(file) as raw:
            async with open_journal(chosen) as journal:
                report = await save_backup(journal, raw, told)
            raw.flush()
    except BackupRefused as error:
        fail(f"{error}. No backup was made.")
    missing = list_left_out(chosen)
    if as_json:
        print_json({"file": str(file), "bytes": file.stat().st_size, **report.to_json(), "not_in_it": missing})
    else:
        shown = err if file == PIPE else out
        show_books(report, shown)
        shown.print(f"Not in it: {'; '.join(missing)}.", highlight=False, soft_wrap=True)
    if report.faults:
        show_faults(report.faults)
        fail("the backup was made, but internal tables differ from the logs; `llmedger verify` says more")


@app.command(
    "restore",
    epilog=list_examples(
        "llmedger restore books.backup",
        "LEDGER_DATABASE_URL=sqlite:///trial/ledger.db llmedger restore books.backup",
    ),
)
async def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup; `-`: standard input.")],
    accept: Annotated[
        bool, typer.Option("--accept", help="Restore although internal tables differ from the logs.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Restore a backup into the database that the settings name. It must be empty or not exist yet.

    The command audits every ledger: hashes, root, rules. It restores everything or nothing.
    """
    from api.backup.notices import list_left_out, make_signing_advice
    from api.processes.garbage_collector import COLLECT_OBJECTS_ALONE, freeze_objects
    from api.settings import read_settings

    chosen = read_settings()
    freeze_objects(COLLECT_OBJECTS_ALONE)
    with nullcontext(sys.stdin.buffer) if file == PIPE else file.open("rb") as raw:
        report = await load(chosen, raw, accept=accept)
    advice = [
        "Read models are built again when the service starts.",
        f"Everything that was erased, revoked or ended after {report.made_at} is back: see docs/backup.md.",
        *make_signing_advice(chosen, report.ledgers, signed=report.tables.get("signed_checkpoints", 0) > 0),
    ]
    missing = list_left_out(chosen)
    if as_json:
        print_json({"file": str(file), **report.to_json(), "not_in_it": missing, "advice": advice})
        return
    show_books(report, out)
    out.print(f"Not in the backup: {'; '.join(missing)}.", highlight=False, soft_wrap=True)
    for each in advice:
        out.print(each, highlight=False, soft_wrap=True)
    show_faults(report.faults)


async def load(chosen: "Settings", raw: BinaryIO, *, accept: bool) -> "BackupReport":
    """Restore the file, and make everything else that a database needs."""
    from api.backup.files import BackupRefused
    from api.backup.restoring import BooksDiffer, restore_backup
    from api.backup.snapshot import DATABASE_ERRORS, read_message
    from api.services import open_owners
    from migrations import DatabaseNewer, migrate

    async with open_owners(chosen) as (journal, projections, service_role):
        try:
            with progress() as told:
                report = await restore_backup(journal, raw, told, accept=accept)
        except BooksDiffer as error:
            show_faults(error.faults)
            fail(f"{error}. Nothing was restored. With --accept they are restored as they are.")
        except BackupRefused as error:
            fail(f"{error}. Nothing was restored.")
        try:
            await migrate(journal, projections, service_role=service_role)
        except (*DATABASE_ERRORS, DatabaseNewer) as error:
            fail(f"the backup is restored, but the read models cannot be set up: {read_message(error)}")
    return report


@contextmanager
def progress() -> "Iterator[Told]":
    """Show a progress bar for each step."""
    with make_progress_bar() as bar:
        tasks: dict[str, TaskID] = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what)
            bar.update(tasks[what], completed=done, total=total)

        yield told


def show_books(report: "BackupReport", console: Console) -> None:
    """Print the ledgers in a backup, and the number of rows."""
    for each in report.ledgers:
        records = spell_count(each.size, "record")
        console.print(f"{each.id} {each.uuid}: {records}, root {each.root}", highlight=False, soft_wrap=True)
    total = sum(report.tables.values())
    console.print(f"{total} rows in {len(report.tables)} tables, as of {report.made_at}.", highlight=False)


def show_faults(faults: Sequence[str]) -> None:
    """Print the findings of an audit, one on a line."""
    for fault in faults:
        err.print(fault, highlight=False, soft_wrap=True)
