"""Explain an error to an operator: a sentence and an exit code. Imported only when a command has failed."""

import logging
import sqlite3
from dataclasses import dataclass

import asyncpg
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from api.auth.foreign_tables import SignInRefused
from api.errors import make_body_invalid
from api.processes.sockets import CannotListen
from api.settings import PREFIX, SettingsInvalid, read_settings
from ledger.errors import DatabaseUnavailable, LedgerError, TimedOut
from ledger.notes import NoteInvalid
from ledger.store.faults import BROKEN, FULL, READ_ONLY
from ledger.store.urls import describe_place, read_database_url
from migrations import DatabaseNewer, NotMigrated
from migrations.rights import RightsMissing

log = logging.getLogger(__name__)

DATABASE_ERRORS = (SQLAlchemyError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError)
"""Errors of the database, from SQLAlchemy or from a driver."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the program prints when it ends."""

    sentence: str
    exit_code: int = 1


def explain(error: Exception) -> Explanation | None:
    """Return what to say about an error; None: it is a bug of ours, or no error."""
    match error:
        case BrokenPipeError():
            return None
        case SettingsInvalid():
            return Explanation(str(error), 2)
        case CannotListen():
            return Explanation(str(error), error.exit_code)
        case ValidationError():
            return Explanation(make_body_invalid(error).detail, 2)
        case DatabaseUnavailable() | TimedOut():
            return Explanation(_of_database(error))
        case LedgerError() | NotMigrated() | RightsMissing() | DatabaseNewer() | SignInRefused() | NoteInvalid():
            return Explanation(str(error))
        case OSError():
            return Explanation(_told(error))
        case _ if isinstance(error, DATABASE_ERRORS):
            log.debug("a statement failed", exc_info=error)
            return Explanation(f"the database cannot be used: {getattr(error, 'orig', None) or error}")
    return None


def _of_database(error: LedgerError) -> str:
    """Return what is wrong with which database, and the setting that names it."""
    told = "; ".join(getattr(error, "__notes__", [])) or str(error)
    if getattr(error, "reason", None) in (READ_ONLY, FULL, BROKEN):  # it is the right database
        return told
    chosen = read_settings()
    names = {}
    for name in ("database_url", "auth_database_url", "migration_database_url", "listen_database_url"):
        url = None if getattr(chosen, name) is None else read_database_url(getattr(chosen, name))
        if url is not None and f"the database {describe_place(url)} " in told:
            names[f"{PREFIX}{name.upper()}"] = f" as {url.username} " in told
    by_role = [name for name, is_role in names.items() if is_role] or list(names)
    return f"{told}; look at {' or '.join(by_role)}" if by_role else told


def _told(error: OSError) -> str:
    """Return the file's name, if there is one, and the system's message without its number."""
    words = error.strerror or str(error)
    return words if error.filename is None else f"{error.filename}: {words}"
