"""Commands for users, ledgers and roles."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.terminal import (
    AsOption,
    Commands,
    JsonOption,
    LedgerOption,
    app,
    fail,
    list_examples,
    out,
    print_json,
    show_table,
)
from api.wording import spell_count
from ledger.members import MemberRole

if TYPE_CHECKING:
    from ledger.slices import Command

user_app = Commands(no_args_is_help=True, help="Users of the service.")
app.add_typer(user_app, name="user")
ledger_app = Commands(no_args_is_help=True, help="Ledgers.")
app.add_typer(ledger_app, name="ledger")
member_app = Commands(no_args_is_help=True, help="Roles of users in a ledger.")
app.add_typer(member_app, name="member")


@user_app.command("add", epilog=list_examples("llmedger user add ann", "llmedger user add ann --password-stdin < FILE"))
async def add_user(
    name: Annotated[str, typer.Argument(help="3 to 31 characters: a-z, 0-9, '_' and '-'.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Add a user who can sign in."""
    from api.cli.installation import open_installation

    password = read_password(from_stdin=password_stdin)
    async with open_installation() as services:
        user = await services.sessions.register(name, password)
    out.print(f"{user.username} {user.id}", highlight=False)


@user_app.command("passwd", epilog=list_examples("llmedger user passwd ann"))
async def change_password(
    name: Annotated[str, typer.Argument(help="The user's name.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Set a user's password, and end all their sessions."""
    from api.cli.installation import open_installation

    password = read_password(from_stdin=password_stdin)
    async with open_installation() as services:
        ended = await services.sessions.change_password(name, password)
    out.print(f"Password changed, {spell_count(ended, 'session')} ended.")


@user_app.command("list", epilog=list_examples("llmedger user list --json"))
async def list_users(as_json: JsonOption = False) -> None:
    """List the users, by name."""
    from api.cli.installation import open_installation

    async with open_installation() as services:
        users = await services.sessions.list_users()
    if as_json:
        print_json({"users": [{"id": user.id, "username": user.username} for user in users]})
    else:
        show_table(("Name", "Id"), [(user.username, user.id) for user in users])


def read_password(*, from_stdin: bool) -> str:
    """Return a password, read from standard input or asked for twice."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


@ledger_app.command(
    "create",
    epilog=list_examples(
        "llmedger ledger create books --owner ann --currency EUR",
        "llmedger ledger create club --owner ann --chart club --time-zone Europe/Berlin",
    ),
)
async def create_ledger(
    id_: Annotated[str, typer.Argument(metavar="ID", help="3 to 63 characters: a-z, 0-9 and '-'.")],
    owner: Annotated[str, typer.Option(help="Name of the user who owns the ledger.")],
    name: Annotated[str | None, typer.Option(help="A name for people.")] = None,
    currency: Annotated[str | None, typer.Option(help="Main currency, an ISO 4217 code.")] = None,
    time_zone: Annotated[str, typer.Option(help="Time zone of its dates, an IANA name like Europe/Berlin.")] = "UTC",
    fiscal_year_start: Annotated[str, typer.Option(help="First day of the fiscal year: month and day.")] = "01-01",
    chart: Annotated[
        str | None, typer.Option(metavar="NAME|FILE.json", help="Chart of accounts to begin with.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Open a ledger."""
    from api.cli.installation import make_cli_actor, open_installation
    from api.shapes.ledgers import LedgerIn
    from api.start.charts import find_chart
    from api.start.open_ledger import make_open_command, open_with_chart
    from ledger.errors import NotFound
    from ledger.sequencer import make_uuid

    body = LedgerIn(id=id_, name=name, currency=currency, time_zone=time_zone, fiscal_year_start=fiscal_year_start)
    async with open_installation() as services:
        user = await services.sessions.find_user_named(owner)
        if user is None:
            raise NotFound(what="user", name=owner)
        uuid = make_uuid()
        order = make_open_command(body, user.id, services.settings.default_currency, uuid)
        accounts = None if chart is None else find_chart(chart)
        actor = await make_cli_actor(services, owner)
        receipt = await open_with_chart(services, uuid, order, accounts, actor=actor, key=None, request=make_uuid())
    if as_json:
        print_json({"id": id_, "uuid": uuid, "size": receipt.size})
    else:
        out.print(f"{id_} {uuid}", highlight=False)


@ledger_app.command("list", epilog=list_examples("llmedger ledger list"))
async def list_ledgers(as_json: JsonOption = False) -> None:
    """List the ledgers, with their sizes."""
    from api.cli.installation import open_installation
    from api.shapes.ledgers import make_ledger

    async with open_installation() as services:
        ledgers, corrupt = await services.journal.list_ledgers()
    if as_json:
        print_json({"ledgers": [make_ledger(ledger, "owner") for ledger in ledgers], "next": None})
    else:
        rows = [(each.id, each.settings.name or "", each.settings.currency, str(each.head.size)) for each in ledgers]
        show_table(("Id", "Name", "Currency", "Size"), rows)
    if corrupt:
        fail("; ".join(map(str, corrupt)))


@member_app.command("list", epilog=list_examples("llmedger member list --ledger books"))
async def list_members(ledger: LedgerOption, as_json: JsonOption = False) -> None:
    """List all users with a role in a ledger."""
    from api.cli.installation import open_ledger
    from api.shapes.members import make_member

    async with open_ledger(ledger) as (services, found):
        members = await services.journal.list_members(found.serial)
        users = await services.sessions.find_users([member.user for member in members])
    shown = [make_member(member, users.get(member.user)) for member in members]
    if as_json:
        print_json({"members": shown, "next": None})
    else:
        rows = [(each["username"] or "", each["user"], each["role"], each["until"] or "") for each in shown]
        show_table(("Name", "Id", "Role", "Until"), rows)


@member_app.command(
    "grant", epilog=list_examples("llmedger member grant bea auditor --ledger books --until 2030-12-31T23:59:59Z")
)
async def grant_role(
    name: Annotated[str, typer.Argument(help="The user's name.")],
    role: Annotated[MemberRole, typer.Argument(help="The role that the user gets.")],
    ledger: LedgerOption,
    until: Annotated[str | None, typer.Option(help="When the role ends, like 2026-12-31T23:59:59Z.")] = None,
    as_user: AsOption = None,
) -> None:
    """Give a user a role in a ledger, or change the user's role."""
    from api.shapes.members import MemberIn
    from ledger.books.members import GrantRole

    body = MemberIn.model_validate({"role": role, "until": until})
    await _change_member(ledger, name, lambda user: GrantRole(user, body.role, body.until), as_user)


@member_app.command("revoke", epilog=list_examples("llmedger member revoke bea --ledger books"))
async def revoke_role(
    name: Annotated[str, typer.Argument(help="The user's name.")],
    ledger: LedgerOption,
    as_user: AsOption = None,
) -> None:
    """Take a user's role away. The last owner cannot be removed."""
    from ledger.books.members import RevokeRole

    await _change_member(ledger, name, RevokeRole, as_user)


async def _change_member(ledger: str, name: str, change: "Callable[[str], Command]", as_user: str | None) -> None:
    from api.cli.installation import make_cli_actor, open_ledger
    from ledger.errors import NotFound
    from ledger.sequencer import make_uuid

    async with open_ledger(ledger) as (services, found):
        user = await services.sessions.find_user_named(name)
        if user is None:
            raise NotFound(what="user", name=name)
        actor = await make_cli_actor(services, as_user)
        await services.sequencer.submit(found.uuid, change(user.id), actor=actor, request=make_uuid())
