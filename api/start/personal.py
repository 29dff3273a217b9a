"""A user's personal ledger: opened by their first visit, exactly once, with a small chart of accounts.

Which uuid it gets is committed first, under the user's key `personal`; opening the ledger with that uuid is idempotent.
So two visits at once open one ledger, and one that crashed in between is finished by the next.
"""

from api.auth.sessions import User
from api.services import Services
from api.shapes.ledgers import LedgerIn
from api.start.charts import PERSONAL, find_shipped_chart
from api.start.open_ledger import make_open_command, open_with_chart
from ledger.codec import Actor
from ledger.errors import Rejected
from ledger.journal import Membership
from ledger.sequencer import make_uuid

KEY = "personal"
NAME = "Personal"


async def ensure_personal_ledger(services: Services, user: User, *, request: str) -> Membership | None:
    """Return the user's standing in their personal ledger, which is there afterwards; None: they left it."""
    uuid = await services.sessions.find_opening_uuid(user.id, KEY)
    standing = None if uuid is None else await services.journal.find_standing(uuid, user.id)
    if standing is not None:
        return standing
    if uuid is None:
        uuid = await services.sessions.keep_opening_uuid(user.id, KEY, make_uuid())
    if await services.journal.find(uuid) is None:
        await _open(services, user, uuid, request)
    return await services.journal.find_standing(uuid, user.id)


async def _open(services: Services, user: User, uuid: str, request: str) -> None:
    command = make_open_command(LedgerIn(name=NAME), user.id, services.settings.default_currency, uuid)
    actor = Actor("system", PERSONAL, user.id)
    try:
        await open_with_chart(
            services, uuid, command, find_shipped_chart(PERSONAL), actor=actor, key=KEY, request=request
        )
    except Rejected:
        if await services.journal.find(uuid) is None:
            raise
        # Another visit, of another version of this program, was faster and opened it a little differently.
