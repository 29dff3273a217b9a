"""What an error means to an operator: a sentence and an exit code. Imported only when a command has failed."""

import logging
import sqlite3
from dataclasses import dataclass

import asyncpg
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from api.auth.mapping import SignInRefused
from api.errors import body_invalid
from api.processes.listening import CannotListen
from api.settings import PREFIX, SettingsInvalid, read_settings
from ledger.errors import DatabaseUnavailable, LedgerError, TimedOut
from ledger.notes import NoteInvalid
from ledger.store.urls import database_url, place_of
from migrations import DatabaseNewer, NotMigrated
from migrations.rights import RightsMissing

log = logging.getLogger(__name__)

DATABASE_ERRORS = (SQLAlchemyError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What the database says, by way of SQLAlchemy or past it."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the program says when it ends."""

    sentence: str
    exit_code: int = 1


def explanation(error: Exception) -> Explanation | None:
    """What to say about an error; None: it is nobody's mistake but ours, or no error at all."""
    match error:
        case BrokenPipeError():
            return None
        case SettingsInvalid():
            return Explanation(str(error), 2)
        case CannotListen():
            return Explanation(str(error), error.exit_code)
        case ValidationError():
            return Explanation(body_invalid(error).detail, 2)
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
    """What is wrong with which database, and the setting that names it."""
    told = "; ".join(getattr(error, "__notes__", [])) or str(error)
    chosen = read_settings()
    for name in ("database_url", "auth_database_url", "migration_database_url"):
        url = getattr(chosen, name)
        if url is not None and place_of(database_url(url)) in told:
            return f"{told}; look at {PREFIX}{name.upper()}"
    return told


def _told(error: OSError) -> str:
    """The system's words without its number, after the name of the file if there is one."""
    words = error.strerror or str(error)
    return words if error.filename is None else f"{error.filename}: {words}"
