"""Database URLs in SQLAlchemy's form: of a SQLite file, or of PostgreSQL as `ledger.libpq` reads it."""

import re
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ledger.libpq import PostgresqlUrl, UrlRefused, is_postgresql, read_url

_FORMS = "sqlite:///path or postgresql://user@host/name"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")


def read_database_url(text: str) -> URL:
    """Return the URL of a SQLite file or a PostgreSQL database, with the async driver chosen. Raises UrlRefused."""
    if is_postgresql(text):
        return _sqlalchemys(read_url(text))
    scheme, separator, _ = text.partition(":")
    kind = scheme.partition("+")[0].lower()
    if kind != "sqlite":
        found = f"{kind}:" if separator and _SCHEME.fullmatch(kind) else "something else"
        raise UrlRefused(f"a database URL looks like {_FORMS}, and this one begins with {found}")
    try:
        url = make_url(text)
    except ArgumentError:
        url = URL.create("sqlite")
    if not url.database:
        raise UrlRefused(f"a database URL looks like {_FORMS}")
    return url.set(drivername="sqlite+aiosqlite")


def _sqlalchemys(url: PostgresqlUrl) -> URL:
    hosts, ports = ",".join(host for host, _ in url.hosts), ",".join(str(port) for _, port in url.hosts)
    place = {"host": hosts, "port": ports or str(url.port or "")}
    query = {**url.parameters, **{name: value for name, value in place.items() if value}}
    return URL.create("postgresql+asyncpg", url.user, url.password, database=url.database, query=query)


def split_postgresql_url(url: URL) -> PostgresqlUrl:
    """Return the parts of a URL of PostgreSQL that `read_database_url` gave."""
    given = {name: str(value) for name, value in url.query.items()}
    hosts, ports = given.pop("host", ""), given.pop("port", "")
    numbers = [int(port) for port in ports.split(",") if port]
    named = tuple(zip(hosts.split(","), numbers, strict=True)) if hosts else ()
    alone = numbers[0] if numbers and not named else None
    return PostgresqlUrl(url.username, str(url.database), named, alone, url.password, given)


def make_projections_url(journal: URL) -> URL:
    """Return where the projections of a journal live: `<name>-projections.db` beside a SQLite file, else the same
    database."""
    if journal.get_backend_name() != "sqlite" or journal.database is None:
        return journal
    path = Path(journal.database)
    return journal.set(database=str(path.with_name(f"{path.stem}-projections{path.suffix or '.db'}")))


def describe_place(url: URL) -> str:
    """Return where a database is, for messages: its file, or name and hosts; no user and no password."""
    return str(url.database) if url.get_backend_name() == "sqlite" else split_postgresql_url(url).place


def is_same_place(one: URL, other: URL) -> bool:
    """Return whether two URLs name one database. Two names of one server are not found out."""
    if one.get_backend_name() != other.get_backend_name():
        return False
    if one.get_backend_name() == "sqlite":
        files = [Path(str(url.database)).resolve() for url in (one, other)]
        return files[0] == files[1] or (all(file.exists() for file in files) and files[0].samefile(files[1]))
    return (*_where(one), one.database) == (*_where(other), other.database)


def _where(url: URL) -> tuple[object, ...]:
    parts = split_postgresql_url(url)
    return parts.hosts, parts.port
