"""Settings: environment variables with the prefix `LEDGER_`, or a `.env` file. README lists them all; a test checks."""

import functools
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from api.currencies import iso_scale
from ledger.store.engine import database_url, projections_url


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
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on")
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        ("http://localhost:5173",), description="Origins whose pages may call with the cookie, separated by commas"
    )
    session_cookie: str = Field("auth-session", description="Name of the session cookie")
    projectors: Literal["on", "off"] = Field("on", description="`off`: `serve` leaves projecting to `worker`")
    default_currency: str = Field("USD", description="Main currency of a ledger that names none")
    registration: Literal["open", "closed"] = Field("open", description="`closed`: only `user add` makes users")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged")

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(origin.strip().rstrip("/") for origin in value.split(",") if origin.strip())
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        try:
            database_url(value)
        except ArgumentError:
            raise ValueError("a database URL looks like sqlite:///path or postgresql://user@host/name") from None
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
    def projections_url(self) -> URL:
        """The projections' database: the same on PostgreSQL, a file beside it on SQLite."""
        return projections_url(self.journal_url)

    def make_folder(self) -> None:
        """SQLite does not make the folder that its file is to lie in."""
        url = self.journal_url
        if url.get_backend_name() == "sqlite" and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
