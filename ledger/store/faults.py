"""Which errors of the drivers mean that a database cannot be used now, and why. Everything else is a bug or the data's.

By class and by SQLSTATE, never by catching whatever comes: a constraint that is violated, a table that is not there and
a statement that is wrong stay what they are.
"""

import logging
import re
import sqlite3
import time
from dataclasses import dataclass, field

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ledger.errors import DatabaseUnavailable, TimedOut, Unavailable

log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())  # a command that has no log says it itself when it ends

TOLD_SECONDS = 60.0
"""One line of the log for one kind of trouble in so long a time."""
WRITES_REFUSED_SECONDS = 60.0
"""How long a refused write counts: afterwards the next one has to show it."""

AWAY = "it cannot be reached"
STARTING = "it is starting or shutting down"
NO_CONNECTION = "it has no connection left"
FULL = "it has no space or memory left"
READ_ONLY = "it takes no writes"
REFUSED = "it refuses the service's credentials"
FORBIDDEN = "a right is missing"
CHANGED = "it has changed under a connection"
BROKEN = "its storage reports an error"
TIMED_OUT = "it did not answer in time"
_LOST = re.compile(r"connection is closed|is cancelling|cannot switch to state \d+; another operation \(2\)")
"""What the driver says of a connection that it has lost, also while the last words of the server are still to come."""
_ERROR_NUMBER = re.compile(r"\[Errno -?\d+\] ")

_OF_WRITES = frozenset({FULL, READ_ONLY, BROKEN})
"""Reading may go on."""

_BY_STATE = {
    "08": AWAY,
    "28": REFUSED,
    "53": NO_CONNECTION,
    "53000": FULL,
    "53100": FULL,
    "53200": FULL,
    "57P01": STARTING,
    "57P02": STARTING,
    "57P03": STARTING,
    "57P04": AWAY,
    "57P05": AWAY,
    "57014": TIMED_OUT,
    "55P03": TIMED_OUT,
    "25P03": TIMED_OUT,
    "25P04": TIMED_OUT,
    "40001": TIMED_OUT,
    "40P01": TIMED_OUT,
    "25006": READ_ONLY,
    "26000": CHANGED,
    "42P05": CHANGED,
    "3D000": REFUSED,
    "42501": FORBIDDEN,
    "58030": BROKEN,
}
"""By SQLSTATE (PostgreSQL's manual, appendix A), or by its class, the first two characters."""
_BY_SQLITE_CODE = {
    sqlite3.SQLITE_BUSY: TIMED_OUT,
    sqlite3.SQLITE_LOCKED: TIMED_OUT,
    sqlite3.SQLITE_PROTOCOL: TIMED_OUT,
    sqlite3.SQLITE_NOMEM: FULL,
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: AWAY,
    sqlite3.SQLITE_IOERR: BROKEN,
    sqlite3.SQLITE_PERM: FORBIDDEN,
    sqlite3.SQLITE_AUTH: FORBIDDEN,
}
"""By SQLite's primary result code, the last byte of the extended one."""
_USABLE_AFTER = frozenset({TIMED_OUT, FULL, FORBIDDEN})
"""The server has answered, and the connection is as it was."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a database cannot be used now."""

    reason: str
    cause: BaseException
    loses_connection: bool = True

    @property
    def error(self) -> Unavailable:
        """What a caller is told."""
        return TimedOut() if self.reason == TIMED_OUT else DatabaseUnavailable(reason=self.reason)

    def __str__(self) -> str:
        said = _ERROR_NUMBER.sub("", str(self.cause).partition("\n")[0]) or type(self.cause).__name__
        return f"{self.reason}: {said}"


def find_connecting_fault(error: BaseException) -> Fault | None:
    """Return why no connection was made; None: it is a bug. Whatever the operating system says about the way there
    counts."""
    fault = find_statement_fault(error)
    if fault is not None and fault.reason != TIMED_OUT:
        return fault
    if isinstance(error, OSError | asyncpg.InterfaceError | asyncpg.PostgresError) or fault is not None:
        return Fault(AWAY, error)
    return None


def find_statement_fault(error: BaseException) -> Fault | None:
    """Return why a statement on a connection failed; None: it is not for want of a database."""
    said = _read_message(error)
    if isinstance(said, TimeoutError | PoolTimeout):
        return Fault(TIMED_OUT, said)
    if isinstance(said, sqlite3.Error):
        return _sqlite_fault(said)
    if isinstance(said, asyncpg.InvalidCachedStatementError):
        return Fault(CHANGED, said)
    if isinstance(said, asyncpg.PostgresError):
        state = str(said.sqlstate or "")
        reason = _BY_STATE.get(state, _BY_STATE.get(state[:2]))
        return None if reason is None else Fault(reason, said, reason not in _USABLE_AFTER)
    if isinstance(said, ConnectionResetError | ConnectionAbortedError | asyncpg.TargetServerAttributeNotMatched):
        return Fault(AWAY, said)
    if isinstance(said, asyncpg.InterfaceError | asyncpg.InternalClientError) and _LOST.search(str(said)) is not None:
        return Fault(AWAY, said)
    return None


def _read_message(error: BaseException) -> BaseException:
    """Return what the driver itself said: SQLAlchemy wraps it, for asyncpg twice."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error


def _sqlite_fault(error: sqlite3.Error) -> Fault | None:
    code = getattr(error, "sqlite_errorcode", None)
    reason = None if code is None else _BY_SQLITE_CODE.get(code & 0xFF)
    return None if reason is None else Fault(reason, error, reason not in _USABLE_AFTER)


# --- what is wrong at the moment -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Health:
    """What is wrong with one database, as this process has met it: one line of the log when a kind of trouble begins,
    one a minute while it lasts, one when it is over."""

    name: str
    troubles: set[str] = field(default_factory=set)
    """The reasons met since the database worked last."""
    _open: set[str] = field(default_factory=set)
    """Those that the log has told of, and not that they are over."""
    _told: dict[str, float] = field(default_factory=dict)
    _untold: dict[str, int] = field(default_factory=dict)
    _refused_at: float | None = None
    _refused: str = ""

    def note_failure(self, fault: Fault, *, writing: bool) -> Unavailable:
        """Note why it cannot be used now, and return what a caller is told."""
        self._note(fault, writing=writing)
        error = fault.error
        error.add_note(f"the database {self.name} cannot be used: {fault}")
        return error

    def _note(self, fault: Fault, *, writing: bool) -> None:
        self.troubles.add(fault.reason)
        now = time.monotonic()
        if writing and fault.reason in _OF_WRITES:
            self._refused_at, self._refused = now, fault.reason
        if now - self._told.get(fault.reason, -TOLD_SECONDS) < TOLD_SECONDS:
            self._untold[fault.reason] = self._untold.get(fault.reason, 0) + 1
            return
        more = self._untold.pop(fault.reason, 0)
        self._told[fault.reason] = now
        self._open.add(fault.reason)
        log.warning("the database %s cannot be used: %s%s", self.name, fault, f" ({more} times more)" if more else "")

    def note_success(self, *, writing: bool) -> None:
        """Note that it was used, and nothing was wrong."""
        if writing:
            self._refused_at = None
        over = set(self.troubles) if writing else self.troubles - _OF_WRITES
        self.troubles -= over
        if self._open & over - {TIMED_OUT}:
            log.info("the database %s can be used again", self.name)
        self._open -= over

    @property
    def writes_refused(self) -> str | None:
        """Why the last write was refused, if that was a moment ago and none has succeeded since."""
        if self._refused_at is None or time.monotonic() - self._refused_at > WRITES_REFUSED_SECONDS:
            return None
        return self._refused
