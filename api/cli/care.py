"""Rebuilding read models, and how everything is."""

from typing import Annotated

import typer

from api.cli.terminal import (
    JsonOption,
    app,
    counted,
    err,
    examples,
    fail,
    out,
    print_json,
    progress_bar,
    show_table,
)


@app.command("rebuild", epilog=examples("llmedger rebuild all", "llmedger rebuild register --ledger books"))
async def rebuild(
    projection: Annotated[str, typer.Argument(help="Name of a projection, or `all`.")],
    ledger: Annotated[str | None, typer.Option("--ledger", help="Only this ledger.")] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Put the rebuilt rows in place even where they differ.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Build projections again beside the live ones, compare row for row, and cut over. Posting goes on meanwhile."""
    from api.cli.installation import catch_up, find_ledger, open_installation
    from projections.rebuild import rebuild_all
    from projections.registry import projections

    known = {each.name: each for each in projections()}
    if projection != "all" and projection not in known:
        fail(f"there is no projection {projection!r}: there are {', '.join(known)} and all", 2)
    chosen = list(known.values()) if projection == "all" else [known[projection]]
    reports = []
    async with open_installation() as services:
        ledgers = [await find_ledger(services, ledger)] if ledger else (await services.journal.ledgers())[0]
        with progress_bar() as bar:
            for each in ledgers:
                await catch_up(services, each)
                task = bar.add_task(each.id, total=each.head.size)
                found = await rebuild_all(
                    services.journal,
                    services.projections,
                    chosen,
                    each.serial,
                    accept=accept,
                    progress=lambda done, total, task=task: bar.update(task, completed=done, total=total),  # type: ignore[misc]
                )
                reports += [(each, report) for report in found]
    wrong = [(each, report) for each, report in reports if not report.cut_over or report.differences or report.faults]
    if as_json:
        print_json({"rebuilt": [{"ledger": each.id, **report.to_json()} for each, report in reports]})
    for each, report in wrong:
        for trouble in (*report.differences, *report.faults):
            err.print(f"{each.id}: {trouble}", highlight=False, soft_wrap=True)
    kept = [report for _, report in wrong if not report.cut_over]
    if kept:
        fail("the live rows were kept: look at the differences, then repeat with --accept")
    if not as_json:
        out.print(f"{counted(len(reports), 'projection')} rebuilt.")


@app.command("status", epilog=examples("llmedger status", "llmedger status --json"))
async def status(as_json: JsonOption = False) -> None:
    """Sizes, lag, blocked projections, guards against projection. Exit code 1 where not all is well."""
    from api.cli.installation import open_installation
    from api.status import status_of

    async with open_installation() as services:
        report = await status_of(services)
    if as_json:
        print_json(report.to_json())
    else:
        rows = [
            (each.ledger, each.projection, str(each.applied), str(each.size - each.applied), each.trouble or "ok")
            for each in report.projections
        ]
        show_table(("Ledger", "Projection", "Applied", "Lag", "State"), rows, right=(2, 3))
        for trouble in report.troubles:
            err.print(trouble, highlight=False, soft_wrap=True)
        for note in report.notes:
            err.print(note, highlight=False, soft_wrap=True)
    if not report.well:
        raise typer.Exit(1)
