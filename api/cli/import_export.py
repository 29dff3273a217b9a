"""Import and export."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.terminal import (
    AsOption,
    JsonOption,
    LedgerOption,
    app,
    err,
    fail,
    list_examples,
    make_progress_bar,
    out,
    print_json,
)
from api.wording import spell_count

if TYPE_CHECKING:
    from api.exchange.importing import ImportReport


@app.command(
    "import",
    epilog=list_examples(
        "llmedger import january.jsonl --ledger books --open-accounts",
        "converter | llmedger import - --ledger books --source bank-2026 --dry-run",
        "llmedger import EXPORT-DIR",
    ),
)
async def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|-|DIR",
            help="File of JSON lines, plain or gzip; `-`: standard input. Or the folder of an export.",
        ),
    ],
    ledger: Annotated[
        str | None, typer.Option("--ledger", help="Id or uuid of the ledger. For an export: the id that it gets here.")
    ] = None,
    open_accounts: Annotated[
        bool, typer.Option("--open-accounts", help="Open unknown accounts and declare unknown currencies.")
    ] = False,
    type_map: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PREFIX=TYPE", help="Type of accounts whose path begins with PREFIX; `*=TYPE`: all others."
        ),
    ] = None,
    currency: Annotated[
        list[str] | None, typer.Option(metavar="SYMBOL=CODE", help="Currency code of a symbol.")
    ] = None,
    scale: Annotated[list[str] | None, typer.Option(metavar="CODE=N", help="Decimal places of a currency.")] = None,
    source: Annotated[
        str | None,
        typer.Option(
            help="Name of the source, a part of the idempotency keys. Default: the names of folder and file together, "
            "so a file that was moved is imported again."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out and list them.")] = False,
    as_user: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import transactions from JSON lines, or a whole ledger from its export. Running it twice changes nothing."""
    from api.cli.installation import make_cli_actor, open_ledger
    from api.exchange.importing import (
        ImportOptions,
        ImportRefused,
        import_file,
        parse_currency_map,
        parse_scale,
        parse_type_map,
        read_chunks_ahead,
    )
    from api.exchange.input_files import STANDARD_INPUT, find_source
    from api.processes.garbage_collector import COLLECT_OBJECTS_ALONE, freeze_objects
    from ledger.sequencer import make_uuid

    if file != STANDARD_INPUT and not file.exists():
        fail(f"there is no file {file}", 2)
    if file.is_dir():
        if open_accounts or type_map or currency or scale or source or dry_run or skip_bad or as_user:
            fail("an export has no other options than --ledger and --json", 2)
        await import_directory(file, ledger, as_json)
        return
    if ledger is None:
        fail("name the ledger with --ledger", 2)
    try:
        options = ImportOptions(
            open_accounts=open_accounts,
            type_map=tuple(parse_type_map(text) for text in type_map or ()),
            currency_map=dict(parse_currency_map(text) for text in currency or ()),
            scales=dict(parse_scale(text) for text in scale or ()),
            source=source,
            dry_run=dry_run,
            skip_bad=skip_bad,
        )
        find_source(file, options)
    except ValueError as error:
        fail(str(error), 2)
    freeze_objects(COLLECT_OBJECTS_ALONE)
    async with read_chunks_ahead(file, options) as chunks, open_ledger(ledger, bulk=True) as (services, found):
        actor = await make_cli_actor(services, as_user)
        with make_progress_bar() as bar:
            task = bar.add_task("Importing", total=None)
            try:
                report = await import_file(
                    services.journal,
                    services.sequencer,
                    found,
                    file,
                    options,
                    actor=actor,
                    request=make_uuid(),
                    progress=lambda done, total: bar.update(task, completed=done, total=total),
                    chunks=chunks,
                )
            except ImportRefused as refused:
                bar.stop()
                if as_json:
                    print_json(refused.to_json())
                fail(str(refused))
    if as_json:
        print_json(asdict(report))
    else:
        show_import(report)


async def import_directory(folder: Path, id_: str | None, as_json: bool) -> None:
    """Import the ledger of an export."""
    from api.audit.sources import Unusable
    from api.cli.installation import open_installation
    from api.exchange.import_of_export import ExportUnsound, import_export
    from api.shapes.ledgers import LedgerIn
    from ledger.errors import LedgerExists

    name = LedgerIn(id=id_).id
    async with open_installation(bulk=True) as services:
        with make_progress_bar() as bar:
            task = bar.add_task("Importing", total=None)
            try:
                done = await import_export(
                    services.journal,
                    folder,
                    id_=name,
                    told=lambda now, total: bar.update(task, completed=now, total=total),
                )
            except Unusable as error:
                fail(str(error), 2)
            except ExportUnsound as error:
                fail(str(error))
            except LedgerExists as error:
                fail(f"{error} Name another id with --ledger, or is the same ledger already there?")
    if as_json:
        print_json(done.to_json())
    else:
        records = spell_count(done.size, "record")
        out.print(f"{done.id} {done.ledger}: {records}, {done.added} of them new.", highlight=False)


@app.command("export", epilog=list_examples("llmedger export backup/books --ledger books"))
async def export(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", file_okay=False, help="A new or empty folder, or an earlier export.")
    ],
    ledger: LedgerOption,
    as_json: JsonOption = False,
) -> None:
    """Write a ledger's whole log as static files. A second run adds what is new."""
    from api.cli.installation import open_ledger
    from api.exchange.exporting import ExportRefused, export_ledger

    async with open_ledger(ledger) as (services, found):
        with make_progress_bar() as bar:
            task = bar.add_task("Exporting", total=found.head.size)
            try:
                report = await export_ledger(
                    services.journal,
                    found,
                    folder,
                    origin=services.settings.origin,
                    told=lambda done, total: bar.update(task, completed=done, total=total),
                )
            except ExportRefused as error:
                fail(str(error))
    if as_json:
        print_json(report.to_json())
    else:
        signed = "no signed checkpoint" if report.checkpoint is None else f"signed at size {report.checkpoint}"
        out.print(f"{spell_count(report.size, 'record')}, {report.added} of them new; {signed}.", highlight=False)
        out.print(report.root, highlight=False)


def show_import(report: "ImportReport") -> None:
    """Print what an import did."""
    lines, done = spell_count(report.lines, "line"), "would be imported" if report.dry_run else "imported"
    out.print(f"{lines}: {report.imported} {done}, {report.replayed} imported before.", highlight=False)
    if report.accounts_opened:
        out.print(f"{spell_count(len(report.accounts_opened), 'account')} opened.", highlight=False)
    for code, digits in report.currencies_declared.items():
        out.print(f"{code} declared with {digits} decimal places.", highlight=False)
    for member, count in report.carried.items():
        out.print(f"{member}: not known here, kept in the memo {spell_count(count, 'time')}.", highlight=False)
    for bad in report.skipped:
        err.print(f"skipped: {bad}", highlight=False, soft_wrap=True)
