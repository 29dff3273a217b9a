"""The session behind a token and what its user is in a ledger, by one look: nearly every request asks for both.

Only where the tables of sign-in are ours: another program's may lie in another database, and its users' ids may be no
texts.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Text, column, select, true

from api.auth.mapping import SignInTables
from api.auth.sessions import Session, Sessions, Stored
from ledger.errors import Corrupt
from ledger.journal import Standing, is_uuid
from ledger.store.fresh import FreshRows
from ledger.store.rows import look_up
from ledger.store.sql_journal import MEMBER, can_be_there, is_member, standing_or_not
from ledger.store.tables import ledgers, members
from projections.projection import asked, keys_asked

Entry = tuple[str, str]
"""A session's id, and a ledger's id or uuid."""
Found = tuple[Stored, Standing | Corrupt | None]
"""A session as it is stored, and what its user is in the ledger."""


class Entries:
    """Sessions and standings of one database."""

    def __init__(self, sessions: Sessions) -> None:
        """For sessions in the journal's own database."""
        self._sessions = sessions
        database = sessions.database
        self._queries = {name: _query(sessions.tables, name, is_sqlite=database.is_sqlite) for name in ("id", "uuid")}
        self._now: FreshRows[Entry, Found] = FreshRows(self._read, database.version)

    async def find(self, token: str, ledger: str) -> tuple[Session, Standing | None]:
        """Return what `Sessions.find` says of the token, and `SqlJournal.standing` of its user, at one moment after
        this call. Raises Unauthenticated, and Corrupt where the session is valid."""
        shown = self._sessions.shown(token)
        if not can_be_there(ledger):  # it would fail everybody who shares the read
            return await self._sessions.find(token), None
        found = await self._now.get((shown.id, ledger.lower() if is_uuid(ledger) else ledger))
        stored, standing = found or (None, None)
        session = await self._sessions.judged(shown, stored)
        if isinstance(standing, Corrupt):
            raise standing
        return session, standing

    async def _read(self, wanted: list[Entry]) -> Mapping[Entry, Found]:
        found: dict[Entry, Found] = {}
        by_uuid = [entry for entry in wanted if is_uuid(entry[1])]
        by_id = [entry for entry in wanted if not is_uuid(entry[1])]
        async with self._sessions.database.keyed.connect() as connection:
            for name, entries in (("id", by_id), ("uuid", by_uuid)):
                given = {"asked": keys_asked(connection, entries)}
                for row in await look_up(connection, self._queries[name], given) if entries else ():
                    standing = None if row.serial is None or row.member_user_id is None else standing_or_not(row)
                    found[row.session, row.named] = self._sessions.stored(row), standing
        return found


def _query(tables: SignInTables, name: str, *, is_sqlite: bool) -> Any:
    """For each entry asked for whose session is there: its row, the user's, and the standing in the ledger of this
    id or uuid."""
    keys = asked(column("session", Text()), column(name, ledgers.c[name].type))
    users, sessions = tables.users, tables.sessions
    shown = [sessions.c[each] for each in tables.form.times]
    user = [users.c.id.label("user"), tables.name.label("username")]
    entry = [keys.c.session, keys.c[name].label("named")]
    of_session, of_user = sessions.c.id == keys.c.session, users.c.id == sessions.c.user_id
    of_name = ledgers.c[name] == keys.c[name]
    if is_sqlite:
        return select(*entry, *shown, *user, ledgers, *MEMBER).select_from(
            keys.join(sessions, of_session)
            .outerjoin(users, of_user)
            .outerjoin(ledgers, of_name)
            .outerjoin(members, is_member(users.c.id))
        )
    # From the keys to the rows, whatever there are: OFFSET 0 keeps each from becoming a join that begins elsewhere.
    found = select(*shown, *user).join_from(sessions, users, of_user, isouter=True).where(of_session)
    signed: Any = found.offset(0).lateral("signed")
    given = select(ledgers, *MEMBER).join_from(ledgers, members, is_member(signed.c.user)).where(of_name)
    standing: Any = given.offset(0).lateral("standing")
    return select(*entry, signed, standing).select_from(keys.join(signed, true()).outerjoin(standing, true()))
