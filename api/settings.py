"""Settings: environment variables with the prefix `LEDGER_`, or a `.env` file. README lists them all; a test checks."""

import functools
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from api.auth.limits import parse_limit
from api.auth.origin import serialized_origin
from api.currencies import iso_scale
from api.notes import require_key_name
from ledger.store.engine import database_url, projections_url

SessionFormat = Literal["token-sha256", "lucia-v3", "lucia-v2", "id-secret"]
POSTGRES_PORT = 5432
SESSION_SECONDS_MAX = 100 * 366 * 24 * 3600
"""A limit, so that the end of every session is a date that can be written."""


class Settings(BaseSettings):
    """What an operator may set. Every default runs on a laptop with nothing installed."""

    model_config = SettingsConfigDict(env_prefix="LEDGER_", env_file=".env", extra="ignore", frozen=True)

    database_url: str = Field("sqlite:///data/ledger.db", description="`sqlite:///path` or `postgresql://…`")
    migration_database_url: str | None = Field(
        None, description="PostgreSQL only: the same database as a role that may change tables; for `migrate`"
    )
    listen_database_url: str | None = Field(
        None, description="PostgreSQL only: a direct connection for LISTEN; absent means polling"
    )
    auth_database_url: str | None = Field(
        None, description="Where users and sessions lie, if not in the same database: the frontend's own SQLite file"
    )
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on")
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        ("http://localhost:5173",), description="Origins whose pages may call with the cookie, separated by commas"
    )
    session_cookie: str = Field("auth-session", description="Name of the session cookie")
    session_format: SessionFormat = Field("token-sha256", description="Form of the sessions in the sign-in database")
    session_table: str | None = Field(None, min_length=1, description="Another program's table of sessions")
    user_table: str | None = Field(None, min_length=1, description="Another program's table of users")
    session_lifetime: int | None = Field(
        None, ge=1, le=SESSION_SECONDS_MAX, description="Seconds that a session lives, at most 100 years"
    )
    sign_in_limit: str = Field(
        "10 per 5 minutes", description="Failed sign-ins as one user from one address, before it must wait"
    )
    sign_in_address_limit: str = Field("100 per 5 minutes", description="Failed sign-ins from one address")
    sign_in_user_limit: str = Field(
        "200 per 5 minutes", description="Failed sign-ins as one user from addresses that never were that user's"
    )
    registration_limit: str = Field("300 per hour", description="Registrations from one address")
    projectors: Literal["on", "off"] = Field("on", description="`off`: `serve` leaves projecting to `worker`")
    default_currency: str = Field("USD", description="Main currency of a ledger that names none")
    registration: Literal["open", "closed"] = Field("open", description="`closed`: only `user add` makes users")
    signing_key: Path | None = Field(None, description="File of the key that signs checkpoints (`llmedger key new`)")
    origin: str = Field("llmedger", description="Name of this installation in checkpoints, like `example.com/books`")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged")

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        origins = value.split(",") if isinstance(value, str) else value
        if isinstance(origins, list | tuple):
            return tuple(serialized_origin(origin) for origin in origins if origin.strip())
        return value

    @field_validator("database_url", "auth_database_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        try:
            if value is not None and not database_url(value).database:
                raise ArgumentError
        except ArgumentError:
            raise ValueError("a database URL looks like sqlite:///path or postgresql://user@host/name") from None
        return value

    @field_validator("sign_in_limit", "sign_in_address_limit", "sign_in_user_limit", "registration_limit")
    @classmethod
    def _known_limit(cls, value: str) -> str:
        parse_limit(value)
        return value

    @field_validator("origin")
    @classmethod
    def _known_origin(cls, value: str) -> str:
        require_key_name(value)
        return value

    @field_validator("default_currency")
    @classmethod
    def _known_currency(cls, value: str) -> str:
        if iso_scale(value) is None:
            raise ValueError(f"{value!r} is not an ISO 4217 code")
        return value

    @functools.cached_property
    def journal_url(self) -> URL:
        """The journal's database."""
        return database_url(self.database_url)

    @functools.cached_property
    def auth_url(self) -> URL | None:
        """The sign-in database; None where it is the journal's own, however it is spelled."""
        if self.auth_database_url is None:
            return None
        url = database_url(self.auth_database_url)
        return None if _is_same(url, self.journal_url) else url

    @property
    def owns_sign_in(self) -> bool:
        """Whether users and sessions lie in our own tables."""
        default = self.session_format == "token-sha256"
        tables = self.session_table in (None, "session") and self.user_table in (None, "user")
        return self.auth_url is None and default and tables

    @functools.cached_property
    def projections_url(self) -> URL:
        """The projections' database: the same on PostgreSQL, a file beside it on SQLite."""
        return projections_url(self.journal_url)

    def make_folder(self) -> None:
        """SQLite does not make the folder that its file is to lie in."""
        url = self.journal_url
        if url.get_backend_name() == "sqlite" and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def _is_same(one: URL, other: URL) -> bool:
    """Whether two URLs name one database. Two names of one server are not found out."""
    if one.get_backend_name() != other.get_backend_name():
        return False
    if one.get_backend_name() == "sqlite":
        files = [Path(str(url.database)).resolve() for url in (one, other)]
        return files[0] == files[1] or (all(file.exists() for file in files) and files[0].samefile(files[1]))
    return _place(one) == _place(other)


def _place(url: URL) -> tuple[object, ...]:
    return url.host, url.port or POSTGRES_PORT, url.query.get("host"), url.database
