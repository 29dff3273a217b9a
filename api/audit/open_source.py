"""Which kind of source a text on the command line names, and the audit of it."""

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from api.audit.auditing import report_damage, verify
from api.audit.databases import open_postgresql, open_sqlite
from api.audit.directory import Directory
from api.audit.remote import Remote
from api.audit.report import Report
from api.audit.sources import Damaged, LogSource, Unusable
from ledger.libpq import is_postgresql

_SQLITE_MAGIC = b"SQLite format 3\x00"


def audit(text: str, *, ledger: str | None = None, token: str | None = None, **asked: Any) -> Report:
    """Open what the text names, and check it as `run.Asked` has it. Raises Unusable where there is nothing to check."""
    try:
        with closing(open_source(text, ledger=ledger, token=token)) as opened:
            reopen = None if is_url(text) else partial(open_source, text, ledger=opened.read_head().ledger)
            return verify(opened, reopen=reopen, **asked)
    except Damaged as error:
        return report_damage(text, ledger, str(error))


def open_source(text: str, *, ledger: str | None = None, token: str | None = None) -> LogSource:
    """Open a URL of a ledger, `postgresql://…`, `sqlite:///file`, a SQLite file, or the directory of an export. Raises
    Unusable, and Damaged where it is there and cannot be read. `token` goes to a service alone."""
    if is_url(text):
        return Remote(_ledger_url(text, ledger), token)
    if is_postgresql(text):
        return open_postgresql(text, ledger)
    path = Path(text.removeprefix("sqlite:///"))
    if path.is_dir():
        source = Directory(path)
        if ledger not in (None, source.read_head().ledger):
            raise Unusable(f"{path} is an export of ledger {source.read_head().ledger}")
        return source
    try:
        with path.open("rb") as file:
            magic = file.read(len(_SQLITE_MAGIC))
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from None
    if magic != _SQLITE_MAGIC:
        raise Unusable(f"{path} is neither an export nor a SQLite database")
    return open_sqlite(path, ledger)


def is_url(text: str) -> bool:
    """Return whether it names a ledger of a service."""
    return text.startswith(("http://", "https://"))


def _ledger_url(url: str, ledger: str | None) -> str:
    url = url.rstrip("/")
    if "/ledgers/" in url:
        return url
    if ledger is None:
        raise Unusable("name a ledger: https://HOST/api/ledgers/ID, or --ledger ID")
    return f"{url}/ledgers/{ledger}"
