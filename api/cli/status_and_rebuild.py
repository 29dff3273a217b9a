"""Rebuild read models, and show the state of the installation."""

from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.terminal import (
    JsonOption,
    app,
    err,
    fail,
    list_examples,
    make_progress_bar,
    out,
    print_json,
    show_table,
)
from api.wording import spell_count

if TYPE_CHECKING:
    from api.documents.status import Status


@app.command("rebuild", epilog=list_examples("llmedger rebuild all", "llmedger rebuild register --ledger books"))
async def rebuild(
    projection: Annotated[str, typer.Argument(help="Name of a projection, or `all`.")],
    ledger: Annotated[str | None, typer.Option("--ledger", help="Only this ledger.")] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Replace the live rows although the rebuilt ones differ.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Build read models again, and compare every row with the live ones. Posting continues meanwhile.

    Where all rows are equal, nothing is written. Where some differ, they are shown; --accept replaces the live rows.
    Read models that use the chart are rebuilt together with it: chart, account_balances, dashboard and open_items.
    """
    from api.cli.installation import find_ledger, open_installation
    from api.cli.side_by_side import rebuild_ledgers
    from projections.registry import make_projections

    known = [each.name for each in make_projections()]
    if projection != "all" and projection not in known:
        fail(f"there is no projection {projection!r}: use {', '.join(known)} or all", 2)
    async with open_installation() as services:
        ledgers = [await find_ledger(services, ledger)] if ledger else (await services.journal.list_ledgers())[0]
    with make_progress_bar() as bar:
        tasks = {each.id: bar.add_task(each.id, total=each.head.size) for each in ledgers}
        found = await rebuild_ledgers(
            list(tasks),
            None if projection == "all" else [projection],
            accept=accept,
            told=lambda id_, done, size: bar.update(tasks[id_], completed=done, total=size),
        )
    reports = [(id_, report) for id_, each in zip(tasks, found, strict=True) for report in each]
    wrong = [(id_, report) for id_, report in reports if not report.cut_over or report.differences or report.faults]
    if as_json:
        print_json({"rebuilt": [{"ledger": id_, **report.to_json()} for id_, report in reports]})
    for id_, report in wrong:
        for trouble in (*report.differences, *report.faults):
            err.print(f"{id_}: {trouble}", highlight=False, soft_wrap=True)
    kept = [report for _, report in wrong if not report.cut_over]
    if kept:
        fail("the live rows were kept: look at the differences, then run it again with --accept")
    if not as_json:
        out.print(f"{spell_count(len(reports), 'projection')} rebuilt.")


@app.command("status", epilog=list_examples("llmedger status", "llmedger status --quick", "llmedger status --json"))
async def status(
    quick: Annotated[
        bool, typer.Option("--quick", help="Do not compare guards with balances: the comparison reads all of them.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show database, version, signatures and read models, and whether anything is wrong.

    Exit code 0: all is well. Exit code 1: a read model is blocked, or lags and no process updates it; guards and
    balances differ; the database accepts no writes, or its clock and this machine's differ; the service refuses to sign
    a ledger; a log is damaged. The command waits up to 5 seconds to see
    whether the lag shrinks.
    """
    from api.cli.installation import open_installation
    from api.documents.status import read_status

    async with open_installation() as services:
        report = await read_status(services, quick=quick)
    if as_json:
        print_json(report.to_json())
    else:
        show_status(report)
    if not report.well:
        raise typer.Exit(1)


def show_status(report: "Status") -> None:
    """Print the state of an installation."""
    schema = ", ".join(f"{branch} {revision}" for branch, revision in report.schema.items())
    key = report.signing.vkey or "no key here"
    projectors = {
        "idle": "nothing to do",
        "working": "at work: the lag shrinks",
        "none": "none at work: the lag stays",
    }[report.projectors]
    for name, fact in (
        ("Database", report.database),
        ("Schema", schema),
        ("Program", f"{report.version}, {'compiled' if report.compiled else 'interpreted'}"),
        ("Signing", f"{key}; origin {report.signing.origin}"),
        ("Projectors", projectors),
    ):
        out.print(f"{name:<12}{fact}", highlight=False, soft_wrap=True)
    ledgers = [
        (each.ledger, str(each.size), "" if each.signed is None else str(each.signed), each.guards)
        for each in report.ledgers
    ]
    out.print()
    show_table(("Ledger", "Size", "Signed", "Guards"), ledgers, right=(1, 2))
    rows = [
        (each.ledger, each.projection, str(each.applied), str(each.size - each.applied), each.trouble or "ok")
        for each in report.projections
    ]
    out.print()
    show_table(("Ledger", "Projection", "Applied", "Lag", "State"), rows, right=(2, 3))
    for each in (*report.notes, *report.reasons):
        err.print(each, highlight=False, soft_wrap=True)
    out.print()
    out.print("All is well." if report.well else "Not all is well.")
