"""`llmedger verify`: an audit, and its report on standard output."""

import logging
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.terminal import JsonOption, app, fail, list_examples, make_progress_bar, print_json

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from api.audit.report import Report

log = logging.getLogger(__name__)


@app.command(
    "verify",
    epilog=list_examples(
        "llmedger verify data/ledger.db --ledger books",
        "LEDGER_TOKEN=TOKEN llmedger verify https://books.example.org/api/ledgers/books --policy FILE --state FILE",
    ),
)
def verify(
    source: Annotated[
        str, typer.Argument(help="https://HOST/api/ledgers/ID, an export, a SQLite file, or postgresql://…")
    ],
    ledger: Annotated[
        str | None, typer.Option("--ledger", help="Id or uuid of the ledger, if the source has several.")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="File with the vkeys that you trust, one on a line.")] = None,
    state: Annotated[
        Path | None, typer.Option(help="File in which the audit remembers what it saw. Keep it for your next audit.")
    ] = None,
    token_stdin: Annotated[
        bool, typer.Option("--token-stdin", help="Read the bearer token from standard input, not from LEDGER_TOKEN.")
    ] = False,
    read_models: Annotated[
        bool,
        typer.Option(
            "--read-models/--no-read-models",
            help="For a database: also compare every row of every read model, with the service's own code.",
        ),
    ] = True,
    max_memory: Annotated[
        int, typer.Option(min=1, metavar="MIB", help="Stop reading when the audit uses more memory than this.")
    ] = 2048,
    as_json: JsonOption = False,
) -> None:
    """Audit a ledger: hashes, tree, signatures, history, every rule, balances. It trusts nothing and changes nothing.

    The report goes to standard output. Its first and last line are the verdict: PASSED or FAILED.
    Exit codes: 0 passed, 1 the books are wrong, 2 wrong usage, 3 tampering, 4 something is missing.
    """
    from api.audit.auditing import report_damage
    from api.audit.memory import MEBIBYTE
    from api.audit.policy_and_state import StateFile, read_policy
    from api.audit.report import make_printable
    from api.audit.sources import Unusable
    from api.processes.garbage_collector import freeze_objects

    freeze_objects()
    token = sys.stdin.readline().strip() if token_stdin else os.environ.get("LEDGER_TOKEN") or None
    try:
        keys = None if policy is None else read_policy(policy)
        known = None if state is None else StateFile(state)
        with make_progress_bar() as bar:
            report = _audit(
                source,
                ledger,
                token,
                _Told(bar),
                read_models,
                policy=keys,
                state=known,
                memory_bytes_max=max_memory * MEBIBYTE,
            )
    except Unusable as error:
        fail(make_printable(error), 2)
    except Exception as error:
        log.debug("the audit stopped", exc_info=True)
        report = report_damage(source, ledger, f"the audit cannot continue ({type(error).__name__}: {error})")
    show_report(report, as_json)
    raise typer.Exit(report.exit_code)


def _audit(
    source: str, ledger: str | None, token: str | None, told: "_Told", read_models: bool, **asked: Any
) -> "Report":
    from api.audit.open_source import audit
    from api.audit.read_models import compare_read_models

    return audit(
        source,
        ledger=ledger,
        token=token,
        told=partial(told, "Verifying"),
        processes=os.cpu_count() or 1,
        read_models=partial(compare_read_models, told=told) if read_models else None,
        **asked,
    )


class _Told:
    """A progress bar for each kind of work."""

    def __init__(self, bar: "Progress") -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what)
        self._bar.update(self._tasks[what], completed=done, total=total)


def show_report(report: "Report", as_json: bool) -> None:
    """Print the whole report to standard output. Letters that it cannot show are escaped."""
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    if as_json:
        print_json(report.to_json())
    else:
        sys.stdout.write(report.to_text())
