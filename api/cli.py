"""`llmedger`: the operator's command line. It works on the database itself, as actor `cli`.

Exit codes: 0 fine, 1 the books or the input are wrong (said clearly), 2 wrong usage; of `verify` also 3 tampering, 4
missing data.
"""

import asyncio
import functools
import getpass
import json
import logging
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn, ParamSpec, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError

from api import proofs, serving
from api.auth.mapping import SignInRefused
from api.bodies import LedgerIn, MemberIn, parse_date
from api.charts import find_chart, open_with_chart
from api.exporting import ExportRefused, export_ledger
from api.import_export import ExportUnsound, import_export
from api.importing import (
    ImportOptions,
    ImportRefused,
    ImportReport,
    import_file,
    parse_currency_map,
    parse_scale,
    parse_type_map,
)
from api.notes import Checkpoint, KeyType, Note, NoteInvalid, SigningKey, VerifierKey, read_key, write_key
from api.problems import body_invalid
from api.queries import AsOf, BalancesQuestion, Page, RegisterQuestion, balances, register
from api.routes.ledgers import opening
from api.services import NotMigrated, Services, open_databases, open_services
from api.settings import Settings
from api.status import status_of
from api.verify import run as audit
from api.verify.known import StateFile, read_policy
from api.verify.opening import open_source
from api.verify.report import ABOUT, Kind
from api.verify.report import Report as AuditReport
from api.verify.sources import Unusable
from ledger.codec import Actor
from ledger.commands import Command, GrantRole, RevokeRole
from ledger.errors import LedgerError, LedgerExists, NotFound
from ledger.journal import Ledger
from ledger.members import MemberRole
from ledger.sequencer import new_uuid
from ledger.store.engine import database_url, open_database
from migrations import migrate as migrate_databases
from projections.rebuild import rebuild as rebuild_projection
from projections.registry import projections

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

app = typer.Typer(no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False, add_completion=False)
user_app = typer.Typer(no_args_is_help=True, help="Users of the service.")
ledger_app = typer.Typer(no_args_is_help=True, help="Ledgers.")
app.add_typer(user_app, name="user")
app.add_typer(ledger_app, name="ledger")
member_app = typer.Typer(no_args_is_help=True, help="Who may do what in a ledger.")
app.add_typer(member_app, name="member")
key_app = typer.Typer(no_args_is_help=True, help="Keys that sign checkpoints.")
app.add_typer(key_app, name="key")
proof_app = typer.Typer(no_args_is_help=True, help="Proofs about a ledger's log.")
app.add_typer(proof_app, name="proof")

# Without markup: names and texts of people's books may hold brackets.
out = Console(markup=False)
err = Console(stderr=True, markup=False)

LedgerOption = Annotated[str, typer.Option("--ledger", help="Id or uuid of the ledger.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
AsOption = Annotated[str | None, typer.Option("--as", help="The user on whose behalf this is done.")]
CATCH_UP_SLICE = 2_000
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
        except SQLAlchemyError:
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
        except SQLAlchemyError as error:
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


# --- running ---------------------------------------------------------------------------------------------------------


@app.command()
def serve(
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="API processes; more than one get a projector process.")
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


# --- users and ledgers -----------------------------------------------------------------------------------------------


@user_app.command("add")
@command
async def add_user(
    name: Annotated[str, typer.Argument(help="3 to 31 of a-z, 0-9, '_' and '-'.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Add a user who can sign in."""
    password = read_password(from_stdin=password_stdin)
    async with open_services(settings()) as services:
        user = await services.sessions.register(name, password)
    out.print(f"{user.username} {user.id}", highlight=False)


@user_app.command("passwd")
@command
async def change_password(
    name: Annotated[str, typer.Argument(help="The user's name.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Give a user another password; all their sessions end."""
    password = read_password(from_stdin=password_stdin)
    async with open_services(settings()) as services:
        ended = await services.sessions.change_password(name, password)
    out.print(f"Password changed, {ended} sessions ended.")


@user_app.command("list")
@command
async def list_users(as_json: JsonOption = False) -> None:
    """The users, by name."""
    async with open_services(settings()) as services:
        users = await services.sessions.users()
    if as_json:
        print_json({"users": [{"id": user.id, "username": user.username} for user in users]})
    else:
        show_table(("Name", "Id"), [(user.username, user.id) for user in users])


def read_password(*, from_stdin: bool) -> str:
    """A password from standard input, or asked for twice."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


@ledger_app.command("create")
@command
async def create_ledger(
    id_: Annotated[str, typer.Argument(metavar="ID", help="3 to 63 of a-z, 0-9 and '-'.")],
    owner: Annotated[str, typer.Option(help="Name of the user whom it belongs to.")],
    name: Annotated[str | None, typer.Option(help="What people call it.")] = None,
    currency: Annotated[str | None, typer.Option(help="Main currency, an ISO 4217 code.")] = None,
    time_zone: Annotated[str, typer.Option(help="IANA name: where its days begin.")] = "UTC",
    fiscal_year_start: Annotated[str, typer.Option(help="Month and day.")] = "01-01",
    chart: Annotated[
        str | None, typer.Option(metavar="NAME|FILE.json", help="Chart of accounts to open with it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Open a ledger."""
    body = LedgerIn(id=id_, name=name, currency=currency, time_zone=time_zone, fiscal_year_start=fiscal_year_start)
    async with open_services(settings()) as services:
        user = await services.sessions.user_named(owner)
        if user is None:
            raise NotFound(what="user", name=owner)
        uuid = new_uuid()
        order = opening(body, user.id, services.settings.default_currency, uuid)
        accounts = None if chart is None else find_chart(chart)
        actor = await cli_actor(services, owner)
        receipt = await open_with_chart(services, uuid, order, accounts, actor=actor, key=None, request=new_uuid())
    if as_json:
        print_json({"id": id_, "uuid": uuid, "size": receipt.size})
    else:
        out.print(f"{id_} {uuid}", highlight=False)


@ledger_app.command("list")
@command
async def list_ledgers(as_json: JsonOption = False) -> None:
    """The ledgers, with their sizes."""
    async with open_services(settings()) as services:
        ledgers, corrupt = await services.journal.ledgers()
    if as_json:
        from api.shapes import ledger_out

        print_json({"ledgers": [ledger_out(ledger, "owner") for ledger in ledgers]})
    else:
        rows = [(each.id, each.settings.name or "", each.settings.currency, str(each.head.size)) for each in ledgers]
        show_table(("Id", "Name", "Currency", "Size"), rows)
    if corrupt:
        fail("; ".join(map(str, corrupt)))


@member_app.command("list")
@command
async def list_members(ledger: LedgerOption, as_json: JsonOption = False) -> None:
    """Everybody with a role in a ledger."""
    from api.shapes import member_out

    async with open_ledger(ledger) as (services, found):
        members = await services.journal.members(found.serial)
        users = await services.sessions.users_with([member.user for member in members])
    shown = [member_out(member, users.get(member.user)) for member in members]
    if as_json:
        print_json({"members": shown})
    else:
        rows = [(each["username"] or "", each["user"], each["role"], each["until"] or "") for each in shown]
        show_table(("Name", "Id", "Role", "Until"), rows)


@member_app.command("grant")
@command
async def grant_role(
    name: Annotated[str, typer.Argument(help="The user's name.")],
    role: Annotated[MemberRole, typer.Argument(help="What they are to be.")],
    ledger: LedgerOption,
    until: Annotated[str | None, typer.Option(help="When it ends by itself, like 2026-12-31T23:59:59Z.")] = None,
    as_user: AsOption = None,
) -> None:
    """Make a user a member with this role, or give a member another one."""
    body = MemberIn.model_validate({"role": role, "until": until})
    await _change_member(ledger, name, lambda user: GrantRole(user, body.role, body.until), as_user)


@member_app.command("revoke")
@command
async def revoke_role(
    name: Annotated[str, typer.Argument(help="The user's name.")],
    ledger: LedgerOption,
    as_user: AsOption = None,
) -> None:
    """Take a member's role away. The last owner stays."""
    await _change_member(ledger, name, RevokeRole, as_user)


async def _change_member(ledger: str, name: str, change: Callable[[str], Command], as_user: str | None) -> None:
    async with open_ledger(ledger) as (services, found):
        user = await services.sessions.user_named(name)
        if user is None:
            raise NotFound(what="user", name=name)
        actor = await cli_actor(services, as_user)
        await services.sequencer.submit(found.uuid, change(user.id), actor=actor, request=new_uuid())


# --- books in, books out ---------------------------------------------------------------------------------------------


@app.command("import")
@command
async def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE|DIR", exists=True, help="JSON lines, `.gz` accepted; or a ledger's export.")
    ],
    ledger: Annotated[
        str | None, typer.Option("--ledger", help="Id or uuid of the ledger; of an export: its id here.")
    ] = None,
    open_accounts: Annotated[
        bool, typer.Option("--open-accounts", help="Open accounts and declare currencies.")
    ] = False,
    type_map: Annotated[
        list[str] | None, typer.Option(metavar="PREFIX=TYPE", help="Types of accounts; `*=TYPE`: the rest.")
    ] = None,
    currency: Annotated[
        list[str] | None, typer.Option(metavar="SYMBOL=CODE", help="What a currency symbol means.")
    ] = None,
    scale: Annotated[list[str] | None, typer.Option(metavar="CODE=N", help="Fraction digits of a currency.")] = None,
    source: Annotated[str | None, typer.Option(help="Name of the source, in the idempotency keys.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file, write nothing.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave bad lines out and list them.")] = False,
    as_user: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import transactions from JSON lines, or a whole ledger from its export. Running it twice changes nothing."""
    if file.is_dir():
        if open_accounts or type_map or currency or scale or source or dry_run or skip_bad or as_user:
            fail("an export is taken as it is: besides the directory there are only --ledger and --json", 2)
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
    except ValueError as error:
        fail(str(error), 2)
    async with open_ledger(ledger, bulk=True) as (services, found):
        actor = await cli_actor(services, as_user)
        with progress_bar() as bar:
            task = bar.add_task("Importing", total=None)
            try:
                report = await import_file(
                    services.journal,
                    services.sequencer,
                    found,
                    file,
                    options,
                    actor=actor,
                    request=new_uuid(),
                    progress=lambda done, total: bar.update(task, completed=done, total=total),
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
    """Make the ledger of an export."""
    name = LedgerIn(id=id_).id
    async with open_services(settings(), bulk=True) as services:
        with progress_bar() as bar:
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
                fail(f"{error} Name another id with --ledger, unless the ledger itself is there already.")
    if as_json:
        print_json(done.to_json())
    else:
        out.print(f"{done.id} {done.ledger}: {done.size} records, {done.added} of them new.", highlight=False)


@app.command("export")
@command
async def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", file_okay=False, help="New, empty, or an earlier export.")],
    ledger: LedgerOption,
    as_json: JsonOption = False,
) -> None:
    """Write a ledger's whole log as static files. A second run writes what is new."""
    async with open_ledger(ledger) as (services, found):
        with progress_bar() as bar:
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
        out.print(f"{report.size} records, {report.added} of them new; {signed}.", highlight=False)
        out.print(report.root, highlight=False)


@app.command("verify")
def verify(
    source: Annotated[
        str, typer.Argument(help="https://HOST/api/ledgers/ID, an export, a SQLite file, or postgresql://…")
    ],
    ledger: Annotated[str | None, typer.Option("--ledger", help="Id or uuid, where there are several.")] = None,
    policy: Annotated[
        Path | None, typer.Option(help="File with the vkeys of those whose signatures count, one a line.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="File that remembers what was seen; yours alone, kept from visit to visit.")
    ] = None,
    token_stdin: Annotated[
        bool, typer.Option("--token-stdin", help="Read the bearer token from standard input, not from LEDGER_TOKEN.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Audit a ledger: hashes, tree, signatures, history, every rule, balances. Trusts nothing, changes nothing.

    Exit codes: 0 fine, 1 the books are wrong, 2 wrong usage, 3 tampering, 4 something is missing.
    """
    token = sys.stdin.readline().strip() if token_stdin else os.environ.get("LEDGER_TOKEN")
    try:
        keys = None if policy is None else read_policy(policy)
        known = None if state is None else StateFile(state)
        opened = open_source(source, ledger=ledger, token=token)
        with closing(opened), progress_bar() as bar:
            task = bar.add_task("Verifying", total=None)
            report = audit.verify(
                opened,
                policy=keys,
                state=known,
                told=lambda done, total: bar.update(task, completed=done, total=total),
            )
    except Unusable as error:
        fail(str(error), 2)
    except OSError as error:
        fail(f"the state cannot be kept: {error}", 2)
    if as_json:
        print_json(report.to_json())
    else:
        show_audit(report)
    if report.gravest is not None:
        fail(VERDICTS[report.gravest], report.exit_code)


VERDICTS = {
    Kind.TAMPERING: "this is not the log that was written: it was tampered with",
    Kind.MISSING: "something is missing: these books cannot be vouched for",
    Kind.BOOKS: "the log is whole, and the books are wrong",
}


def show_audit(report: AuditReport) -> None:
    """What an audit found."""
    out.print(f"{report.source}: ledger {report.ledger}", highlight=False, soft_wrap=True)
    out.print(f"{report.size} records, the last of {report.recorded_at or 'an unknown time'}", highlight=False)
    out.print(f"root {report.root}", highlight=False, soft_wrap=True)
    if report.resumed_at:
        out.print(f"went on at position {report.resumed_at}, where the last run was broken off", highlight=False)
    rows = [(check.name, check.status, ABOUT[check.name]) for check in report.checks.values()]
    show_table(("Check", "Result", ""), rows)
    for check in report.checks.values():
        for note in check.notes:
            out.print(f"{check.name}: {note}", highlight=False, soft_wrap=True)
        for why in check.unchecked:
            out.print(f"{check.name}: not checked: {why}", highlight=False, soft_wrap=True)
        for fault in check.faults:
            err.print(f"{check.name}: {fault}", highlight=False, soft_wrap=True)
        if check.more:
            err.print(f"{check.name}: and {check.more} more", highlight=False)
    if report.erased:
        out.print(f"{report.erased} memos were erased, each by a record that says so", highlight=False)
    show_table(("Currency", "Debits", "Credits"), report.balances, right=(1, 2))


def show_import(report: ImportReport) -> None:
    """What an import did, in a few lines."""
    done = "would be imported" if report.dry_run else "imported"
    out.print(f"{report.lines} lines: {report.imported} {done}, {report.replayed} were there already.", highlight=False)
    if report.accounts_opened:
        out.print(f"{len(report.accounts_opened)} accounts opened.", highlight=False)
    for code, digits in report.currencies_declared.items():
        out.print(f"{code} declared with {digits} fraction digits.", highlight=False)
    for member, count in report.carried.items():
        out.print(f"{member}: not known here, carried along {count} times.", highlight=False)
    for bad in report.skipped:
        err.print(f"skipped: {bad}", highlight=False, soft_wrap=True)


@app.command("balances")
@command
async def show_balances(
    ledger: LedgerOption,
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    under: Annotated[str | None, typer.Option(help="Only this account and those below it.")] = None,
    depth: Annotated[int | None, typer.Option(min=1, max=16, help="Roll accounts below this depth up.")] = None,
    effective: Annotated[str | None, typer.Option(help="What happened up to this date.")] = None,
    recorded_size: Annotated[int | None, typer.Option(min=0, help="As known when the log had this size.")] = None,
    as_json: JsonOption = False,
) -> None:
    """What stands on the accounts."""
    async with open_ledger(ledger) as (services, found):
        await catch_up(services, found)
        asked = BalancesQuestion(
            as_of(found, effective, recorded_size),
            None if account is None else await account_id(services, found, account),
            under,
            depth,
        )
        content = await all_pages(lambda start: balances(services, found, asked, start=start), "balances")
    if as_json:
        print_json(content)
    else:
        rows = [(each["account"], each["balance"], each["currency"]) for each in content["balances"]]
        show_table(("Account", "Balance", "Currency"), rows, right=(1,))


@app.command("register")
@command
async def show_register(
    account: Annotated[str, typer.Argument(help="The account's path or `#NUMBER`.")],
    ledger: LedgerOption,
    from_: Annotated[str | None, typer.Option("--from", help="On or after this date.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="On or before this date.")] = None,
    recorded_size: Annotated[int | None, typer.Option(min=0, help="As known when the log had this size.")] = None,
    as_json: JsonOption = False,
) -> None:
    """An account's lines with running balance."""
    async with open_ledger(ledger) as (services, found):
        await catch_up(services, found)
        asked = RegisterQuestion(
            await account_id(services, found, account),
            as_of(found, None, recorded_size),
            None if from_ is None else parse_date(from_),
            None if to is None else parse_date(to),
        )
        content = await all_pages(lambda start: register(services, found, asked, start=start), "lines")
    if as_json:
        print_json(content)
    else:
        rows = [
            (
                line["date"],
                line["description"] or "",
                ", ".join(line["counter_accounts"]),
                line["amount"],
                line["balance"],
                line["currency"],
            )
            for line in content["lines"]
        ]
        show_table(("Date", "Description", "Other accounts", "Amount", "Balance", ""), rows, right=(3, 4))


def as_of(ledger: Ledger, effective: str | None, recorded_size: int | None) -> AsOf:
    """Both time axes from the command line."""
    if recorded_size is not None and recorded_size > ledger.head.size:
        fail(f"the ledger has only {ledger.head.size} records")
    return AsOf(None if effective is None else parse_date(effective), recorded_size)


async def account_id(services: Services, ledger: Ledger, name: str) -> int:
    """The account that a path or `#NUMBER` names. Raises NotFound."""
    found = await services.journal.account_id(ledger.serial, name)
    if found is None:
        raise NotFound(what="account", name=name)
    return found


async def all_pages(page: Callable[[dict[str, Any] | None], Awaitable[Page]], member: str) -> dict[str, Any]:
    """All pages as one."""
    first = await page(None)
    content, following = first.content, first.following
    while following is not None:
        some = await page(following)
        content[member] += some.content[member]
        following = some.following
    return {**content, "next": None}


# --- keys and proofs -------------------------------------------------------------------------------------------------


@key_app.command("new")
@command
async def new_key(
    file: Annotated[Path, typer.Argument(help="Where to write it: outside the database, and outside its backups.")],
    name: Annotated[str | None, typer.Option(help="Its name, like example.com/books; default: LEDGER_ORIGIN.")] = None,
    cosigner: Annotated[
        bool, typer.Option("--cosigner", help="A witness's key, which signs other people's checkpoints.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a key, and print the vkey that checks what it signs: give that to auditors."""
    key = SigningKey.generate(name or settings().origin, KeyType.COSIGNATURE if cosigner else KeyType.NOTE)
    try:
        write_key(file, key)
    except FileExistsError:
        fail(f"{file} exists already: a key is never overwritten")
    show_vkey(key, as_json)


@key_app.command("show")
@command
async def show_key(
    file: Annotated[Path, typer.Argument(help="The file of a key.")], as_json: JsonOption = False
) -> None:
    """Print the vkey of a key."""
    show_vkey(read_key(file), as_json)


def show_vkey(key: SigningKey, as_json: bool) -> None:
    """The public part of a key."""
    if as_json:
        print_json({"name": key.verifier.name, "vkey": str(key.verifier)})
    else:
        sys.stdout.write(f"{key.verifier}\n")


@key_app.command("accept")
@command
async def accept_signature(
    ledger: LedgerOption,
    vkey: Annotated[str, typer.Option(help="The vkey of whoever signed too.")],
) -> None:
    """Publish a second signature of a checkpoint, which is read from standard input."""
    signer, note = VerifierKey.parse(vkey), Note.parse(sys.stdin.read())
    note.signed_by([signer])
    async with open_ledger(ledger) as (services, found):
        size = Checkpoint.parse(note.text).size
        ours = await services.checkpoints.at(found.serial, size)
        if ours is None or ours.note.text != note.text:
            fail(f"{found.id} has not published this checkpoint of size {size}")
        lines = [each for each in note.signatures if (each.name, each.key_id) == (signer.name, signer.id)]
        await services.checkpoints.add_signatures(found.serial, size, lines)


@proof_app.command("inclusion")
@command
async def prove_inclusion(
    position: Annotated[int, typer.Argument(min=0, help="Position of a record.")],
    ledger: LedgerOption,
    size: Annotated[int | None, typer.Option(min=1, help="Size of the tree; default: as it is now.")] = None,
    as_json: JsonOption = False,
) -> None:
    """That a record is in the tree of a size."""
    async with open_ledger(ledger) as (services, found):
        await catch_up(services, found)
        asked = proved_size(found, size)
        proof = await proofs.inclusion(services, found, position, asked, timeout_seconds=0)
    if as_json:
        print_json(proof)
    else:
        show_proof(proof)


@proof_app.command("consistency")
@command
async def prove_consistency(
    from_size: Annotated[int, typer.Argument(min=1, help="Size of the smaller tree.")],
    ledger: LedgerOption,
    to_size: Annotated[int | None, typer.Option(min=1, help="Size of the larger tree; default: as it is now.")] = None,
    as_json: JsonOption = False,
) -> None:
    """That the tree of a size extends a smaller one."""
    async with open_ledger(ledger) as (services, found):
        await catch_up(services, found)
        asked = proved_size(found, to_size)
        proof = await proofs.consistency(services, found, proved_size(found, from_size), asked, timeout_seconds=0)
    if as_json:
        print_json(proof)
    else:
        show_proof(proof)


@proof_app.command("receipt")
@command
async def print_receipt(
    position: Annotated[int, typer.Argument(min=0, help="Position of a record.")], ledger: LedgerOption
) -> None:
    """A `.tlog-proof` to keep: the record, its proof and a signed checkpoint, which needs LEDGER_SIGNING_KEY or one
    that was signed already."""
    async with open_ledger(ledger) as (services, found):
        await catch_up(services, found)
        sys.stdout.write(str(await proofs.receipt(services, found, position, timeout_seconds=0)))


def proved_size(ledger: Ledger, size: int | None) -> int:
    """The size asked for, or the ledger's."""
    if size is not None and size > ledger.head.size:
        fail(f"the ledger has only {ledger.head.size} records")
    return ledger.head.size if size is None else size


def show_proof(proof: Mapping[str, Any]) -> None:
    """Facts and hashes, one a line."""
    for name, fact in proof.items():
        if name != "proof":
            out.print(f"{name}: {fact}", highlight=False, soft_wrap=True)
    for each in proof["proof"]:
        out.print(each, highlight=False, soft_wrap=True)


# --- care ------------------------------------------------------------------------------------------------------------


@app.command("rebuild")
@command
async def rebuild(
    projection: Annotated[str, typer.Argument(help="Name of a projection, or `all`.")],
    ledger: Annotated[str | None, typer.Option("--ledger", help="Only this ledger.")] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Put the rebuilt rows in place even where they differ.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Build projections again beside the live ones, compare row for row, and cut over. Posting goes on meanwhile."""
    known = {each.name: each for each in projections()}
    if projection != "all" and projection not in known:
        fail(f"there is no projection {projection!r}: there are {', '.join(known)} and all", 2)
    chosen = list(known.values()) if projection == "all" else [known[projection]]
    reports = []
    async with open_services(settings()) as services:
        ledgers = [await find_ledger(services, ledger)] if ledger else (await services.journal.ledgers())[0]
        with progress_bar() as bar:
            for each in ledgers:
                await catch_up(services, each)
                for model in chosen:
                    task = bar.add_task(f"{each.id} {model.name}", total=each.head.size)
                    report = await rebuild_projection(
                        services.journal,
                        services.projections,
                        model,
                        each.serial,
                        accept=accept,
                        progress=lambda done, total, task=task: bar.update(task, completed=done, total=total),  # type: ignore[misc]
                    )
                    reports.append((each, report))
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
        out.print(f"{len(reports)} projections rebuilt.")


@app.command("status")
@command
async def status(as_json: JsonOption = False) -> None:
    """Sizes, lag, blocked projections, guards against projection. Exit code 1 where not all is well."""
    async with open_services(settings()) as services:
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
    if not report.well:
        raise typer.Exit(1)


def show_table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]], right: tuple[int, ...] = ()) -> None:
    """A table on standard output."""
    table = Table(box=None, pad_edge=False)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    out.print(table)


def main() -> None:
    """Entry point of the console script."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    app()
