"""A user's personal ledger: opened by their first visit, exactly once, with a small chart of accounts.

Which uuid it gets is committed first, under the user's key `personal`; opening the ledger with that uuid is idempotent.
So two visits at once open one ledger, and one that crashed in between is finished by the next.
"""

from api.auth.sessions import User
from api.bodies import LedgerIn
from api.charts import PERSONAL, open_with_chart, shipped_chart
from api.routes.ledgers import opening
from api.services import Services
from ledger.codec import Actor
from ledger.errors import Rejected
from ledger.sequencer import new_uuid

KEY = "personal"
NAME = "Personal"
KNOWN_MAX = 100_000
"""Users remembered; one more, and all are forgotten."""


async def personal_ledger(services: Services, user: User, *, request: str) -> str:
    """The uuid of the user's personal ledger, which is there afterwards. Asks no database where this process has seen
    it before; whether the user still has a role in it is another question."""
    known = services.personal_ledgers
    if user.id not in known:
        uuid = await services.sessions.opening_uuid(user.id, KEY, new_uuid())
        if await services.journal.find(uuid) is None:
            await _open(services, user, uuid, request)
        if len(known) >= KNOWN_MAX:
            known.clear()
        known[user.id] = uuid
    return known[user.id]


async def _open(services: Services, user: User, uuid: str, request: str) -> None:
    command = opening(LedgerIn(name=NAME), user.id, services.settings.default_currency, uuid)
    actor = Actor("system", PERSONAL, user.id)
    try:
        await open_with_chart(services, uuid, command, shipped_chart(PERSONAL), actor=actor, key=KEY, request=request)
    except Rejected:
        if await services.journal.find(uuid) is None:
            raise
        # Another visit, of another version of this program, was faster and opened it a little differently.
