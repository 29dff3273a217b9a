"""The demo: a user, and a ledger with the made-up books of `api.demo_books`. Run twice, it changes nothing."""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict

from api.bodies import AccountIn, LedgerIn, TransactionIn
from api.demo_books import Correction, demo_accounts, demo_entries
from api.problems import UsernameTaken
from api.routes.ledgers import opening
from api.services import Services
from ledger.codec import Actor
from ledger.commands import Command, ReverseTransaction
from ledger.journal import Receipt
from ledger.sequencer import Order, new_uuid
from ledger.transactions import Memo

USER, PASSWORD, LEDGER = "demo", "coffee-beans", "demo"
CHUNK = 200


async def fill(services: Services, progress: Callable[[int, int], None]) -> None:
    """Make user, ledger and books; what is there already stays as it is."""
    with suppress(UsernameTaken):
        await services.sessions.register(USER, PASSWORD)
    user = await services.sessions.user_named(USER)
    assert user is not None
    if await services.journal.find(LEDGER) is not None:
        return  # the books end on the day they were made; made again today, they would be others
    actor = Actor("system", "demo", user.id)
    uuid, request = new_uuid(), new_uuid()
    body = LedgerIn(id=LEDGER, name="Rösterei am Hafen (demo)", currency="EUR", time_zone="Europe/Berlin")
    await services.sequencer.submit(
        uuid, opening(body, user.id, services.settings.default_currency, uuid), actor=actor, request=request
    )
    accounts = [
        AccountIn.model_validate(
            {name: member for name, member in asdict(account).items() if member is not None}
        ).to_command()
        for account in demo_accounts()
    ]
    await _submit(services, uuid, [Order(account) for account in accounts], actor, request)
    today = dt.datetime.now(dt.UTC).date()
    entries = list(demo_entries(until=today))
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
