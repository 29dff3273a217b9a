"""The demo: a user, and a ledger with the made-up books of `api.start.demo_books`. Run twice, it changes nothing.

Anybody knows the user's password, so the demo keeps away from a database that somebody else uses.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict

from api.controls.shapes import SetAccountLimits
from api.errors import UsernameTaken
from api.services import Services
from api.shapes.accounts import AccountIn
from api.shapes.ledgers import LedgerIn
from api.shapes.transactions import TransactionIn
from api.start.demo_bookkeeping import Correction
from api.start.demo_books import make_demo_entries
from api.start.demo_chart import FLOORS, list_demo_accounts
from api.start.open_ledger import make_open_command
from ledger.books.transactions import ReverseTransaction
from ledger.codec import Actor
from ledger.journal import Receipt
from ledger.sequencer import Order, make_uuid
from ledger.slices import Command
from ledger.store.engine import Database
from ledger.transactions import Memo
from migrations import migrate, require_current, schema_of

USER, PASSWORD, LEDGER = "demo", "coffee-beans", "demo"
CHUNK = 200
ACTOR_ID = "demo"


class DemoRefused(Exception):
    """The demo must not be made in this database; the message says why."""


async def make_tables(journal: Database, projections: Database) -> None:
    """Make the tables where there are none. Raises NotMigrated where they are those of an older version: somebody
    else's books may be in them."""
    if await schema_of(journal, "journal") is None:
        await migrate(journal, projections)
    await require_current(journal, "journal")
    await require_current(projections, "projections")


async def require_room(services: Services, *, among_others: bool) -> None:
    """Raise DemoRefused unless the database is empty or the demo's own; `among_others`: or has neither a ledger nor a
    user of the demo's name."""
    if await _is_made(services):
        return
    ledgers, corrupt = await services.journal.list_ledgers()
    users = {user.username for user in await services.sessions.list_users()}
    if any(ledger.id == LEDGER for ledger in ledgers):
        raise DemoRefused(f"there is already a ledger {LEDGER}, and it is not the demo's")
    if not ledgers and not corrupt and users <= {USER}:  # a run that was broken off may have made the user
        return
    if not among_others:
        raise DemoRefused(
            "this database is in use, and the demo would add a user whose password everybody knows. Name another one "
            "in LEDGER_DATABASE_URL, or repeat with --yes"
        )
    if USER in users:
        raise DemoRefused(f"there is already a user {USER}, and it is not the demo's")


async def _is_made(services: Services) -> bool:
    """Return whether the demo has made its ledger here."""
    ledger = await services.journal.find(LEDGER)
    if ledger is None:
        return False
    [opened] = await services.journal.read(ledger.serial, 0, 1)
    actor: Mapping[str, str] = opened.envelope["actor"]
    return (actor["type"], actor["id"]) == ("system", ACTOR_ID)


async def fill(services: Services, progress: Callable[[int, int], None]) -> None:
    """Make user, ledger and books; what is there already stays as it is."""
    with suppress(UsernameTaken):
        await services.sessions.register(USER, PASSWORD)
    user = await services.sessions.find_user_named(USER)
    assert user is not None
    if await services.journal.find(LEDGER) is not None:
        return  # the books end on the day they were made; made again today, they would be others
    actor = Actor("system", ACTOR_ID, user.id)
    uuid, request = make_uuid(), make_uuid()
    body = LedgerIn(id=LEDGER, name="Rösterei am Hafen (demo)", currency="EUR", time_zone="Europe/Berlin")
    await services.sequencer.submit(
        uuid, make_open_command(body, user.id, services.settings.default_currency, uuid), actor=actor, request=request
    )
    accounts = [
        AccountIn.model_validate(
            {name: member for name, member in asdict(account).items() if member is not None}
        ).to_command()
        for account in list_demo_accounts()
    ]
    commands: list[Command] = [*accounts]
    for path, floor in FLOORS.items():
        commands.append(SetAccountLimits.model_validate({"currency": "EUR", "floor": floor}).to_set(path))
    await _submit(services, uuid, [Order(command) for command in commands], actor, request)
    today = dt.datetime.now(dt.UTC).date()
    entries = list(make_demo_entries(until=today))
    ids: dict[str, str] = {}
    waiting: list[tuple[str, Command]] = []
    for done, entry in enumerate(entries, 1):
        if isinstance(entry, Correction):
            ids |= await _post(services, uuid, waiting, actor, request)  # the corrected one must be there
            waiting = []
            reversal = ReverseTransaction(ids[entry.reverses_id], entry.date, Memo(entry.description))
            await _post(services, uuid, [(f"reverse/{entry.reverses_id}", reversal)], actor, request)
        else:
            id_ = str(entry.pop("id"))
            waiting.append((id_, TransactionIn.model_validate(entry).to_command()))
        if len(waiting) >= CHUNK or done == len(entries):
            ids |= await _post(services, uuid, waiting, actor, request)
            waiting = []
            progress(done, len(entries))


async def _post(
    services: Services, uuid: str, entries: list[tuple[str, Command]], actor: Actor, request: str
) -> dict[str, str]:
    """Post entries by import id; returns the transactions' ids."""
    orders = [Order(command, f"demo:{id_}") for id_, command in entries]
    receipts = await _submit(services, uuid, orders, actor, request)
    return {id_: receipt.id for (id_, _), receipt in zip(entries, receipts, strict=True)}


async def _submit(services: Services, uuid: str, orders: list[Order], actor: Actor, request: str) -> list[Receipt]:
    answers = await services.sequencer.submit_all(uuid, orders, actor=actor, request=request, atomic=True)
    return [answer for answer in answers if isinstance(answer, Receipt)]
