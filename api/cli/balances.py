"""Commands that read the books: balances and registers."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.terminal import JsonOption, LedgerOption, app, fail, list_examples, print_json, show_table
from api.wording import spell_count

if TYPE_CHECKING:
    from api.documents.questions import AsOf, Page
    from api.services import Services
    from ledger.journal import Ledger


@app.command(
    "balances",
    epilog=list_examples(
        "llmedger balances --ledger books --effective 2025-12-31",
        "llmedger balances --ledger books --under Assets --depth 2 --json",
    ),
)
async def show_balances(
    ledger: LedgerOption,
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    under: Annotated[str | None, typer.Option(help="Only this account and the accounts below it.")] = None,
    depth: Annotated[
        int | None, typer.Option(min=1, max=16, help="Add deeper accounts up to this number of path parts.")
    ] = None,
    effective: Annotated[str | None, typer.Option(help="Only transactions up to this date.")] = None,
    recorded_size: Annotated[
        int | None, typer.Option(min=0, help="As the books were when the log had this size.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show balances."""
    from api.cli.installation import catch_up, open_ledger
    from api.documents.balances import BalancesQuestion, read_balances

    async with open_ledger(ledger) as (services, found):
        await catch_up(services, found)
        asked = BalancesQuestion(
            as_of(found, effective, recorded_size),
            None if account is None else await find_account(services, found, account),
            under,
            depth,
        )

        async def read_page(start: dict[str, Any] | None) -> "Page":
            question = replace(asked, start=start)
            async with services.reader.open(found, *question.read_models, min_size=question.size or 0) as reading:
                return (await read_balances(reading, question))()

        content = await read_all_pages(read_page, "balances")
    if as_json:
        print_json(content)
    else:
        rows = [(each["account"], each["balance"], each["currency"]) for each in content["balances"]]
        show_table(("Account", "Balance", "Currency"), rows, right=(1,))


@app.command(
    "register",
    epilog=list_examples("llmedger register Assets:Cash --ledger books --from 2026-01-01 --to 2026-01-31"),
)
async def show_register(
    account: Annotated[str, typer.Argument(help="The account's path, or `#NUMBER`.")],
    ledger: LedgerOption,
    from_: Annotated[str | None, typer.Option("--from", help="First date.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last date.")] = None,
    recorded_size: Annotated[
        int | None, typer.Option(min=0, help="As the books were when the log had this size.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the lines of an account, with the running balance."""
    from api.cli.installation import catch_up, open_ledger
    from api.documents.questions import require_order
    from api.documents.register import RegisterQuestion, read_register
    from api.shapes.values import parse_date

    first, last = (None if each is None else parse_date(each) for each in (from_, to))
    require_order(first, last, "--from", "--to")
    async with open_ledger(ledger) as (services, found):
        await catch_up(services, found)
        asked = RegisterQuestion(
            await find_account(services, found, account),
            as_of(found, None, recorded_size),
            first,
            last,
        )

        async def read_page(start: dict[str, Any] | None) -> "Page":
            question = replace(asked, start=start)
            async with services.reader.open(found, *question.read_models, min_size=question.size or 0) as reading:
                return await read_register(reading, question)

        content = await read_all_pages(read_page, "lines")
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


def as_of(ledger: "Ledger", effective: str | None, recorded_size: int | None) -> "AsOf":
    """Return both time axes of the command line."""
    from api.documents.questions import AsOf
    from api.shapes.values import parse_date

    if recorded_size is not None and recorded_size > ledger.head.size:
        fail(f"the ledger has only {spell_count(ledger.head.size, 'record')}")
    return AsOf(None if effective is None else parse_date(effective), recorded_size)


async def find_account(services: "Services", ledger: "Ledger", name: str) -> int:
    """Return the account that a path or `#NUMBER` names. Raises NotFound."""
    from ledger.errors import NotFound

    found = await services.journal.find_account_id(ledger.serial, name)
    if found is None:
        raise NotFound(what="account", name=name)
    return found


async def read_all_pages(page: "Callable[[dict[str, Any] | None], Awaitable[Page]]", member: str) -> dict[str, Any]:
    """Return all pages as one."""
    first = await page(None)
    content, following = first.content, first.following
    while following is not None:
        some = await page(following)
        content[member] += some.content[member]
        following = some.following
    return {**content, "next": None}
