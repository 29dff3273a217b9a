"""Settings: environment variables with the prefix `LEDGER_`, or a `.env` file. README lists them all; a test checks.

Three rules. An unknown name stops the program. An empty value means not set. The message about a wrong value names the
setting, and never shows a value that may hold a password.
"""

import difflib
import functools
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import URL

from api.auth.origin import serialize_origin
from api.auth.sign_in_limits import parse_limit
from api.shapes.currencies import find_iso_scale
from api.wording import make_sentence
from ledger.libpq import UrlRefused
from ledger.notes import require_key_name
from ledger.store.urls import is_same_place, make_projections_url, read_database_url

SessionFormat = Literal["token-sha256", "lucia-v3", "lucia-v2", "id-secret"]
SESSION_SECONDS_MAX = 100 * 366 * 24 * 3600
"""The limit keeps the end of every session within the dates that can be written."""
PREFIX = "LEDGER_"
ENV_FILE = ".env"
OTHER_NAMES = ("LEDGER_TOKEN", "LEDGER_PUBLISHED_PORT")
"""Variables that are not settings: the token of `llmedger verify`, and the port that docker-compose.yml publishes."""
_KUBERNETES = re.compile(
    r"LEDGER_(SERVICE|PORT)_\w+"  # a service called `ledger`
    r"|LEDGER_\w+_SERVICE_(HOST|PORT(_\w+)?)|LEDGER_\w+_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?"  # `ledger-…`
)
_COOKIE_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A token of RFC 9110, as RFC 6265 asks."""


class SettingsInvalid(Exception):
    """What is wrong with the settings, a line for each."""


class Settings(BaseSettings):
    """What an operator may set. The defaults work on a laptop with nothing else installed."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=ENV_FILE, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: str = Field("sqlite:///data/ledger.db", description="`sqlite:///path` or `postgresql://…`")
    migration_database_url: str | None = Field(
        None, description="PostgreSQL: the same database, as the role that owns the tables; for `migrate`"
    )
    listen_database_url: str | None = Field(
        None, description="PostgreSQL: a direct connection for LISTEN. Default: the service polls"
    )
    auth_database_url: str | None = Field(
        None, description="Database of users and sessions, if it is another one: for example the frontend's SQLite file"
    )
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on")
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        ("http://localhost:5173",), description="Origins whose pages may send the cookie, separated by commas"
    )
    session_cookie: str = Field("auth-session", description="Name of the session cookie")
    session_format: SessionFormat = Field("token-sha256", description="Form of the sessions in the sign-in database")
    session_table: str | None = Field(None, min_length=1, description="Table of sessions of another application")
    user_table: str | None = Field(None, min_length=1, description="Table of users of another application")
    session_lifetime: int | None = Field(
        None, ge=1, le=SESSION_SECONDS_MAX, description="How long a session lives, in seconds, at most 100 years"
    )
    sign_in_limit: str = Field("10 per 5 minutes", description="Failed sign-ins as one user from one address")
    sign_in_address_limit: str = Field("100 per 5 minutes", description="Failed sign-ins from one address")
    sign_in_user_limit: str = Field(
        "200 per 5 minutes",
        description="Failed sign-ins as one user, from addresses from which that user never signed in",
    )
    registration_limit: str = Field("300 per hour", description="Registrations from one address")
    ledgers_per_user: int = Field(1_000, ge=1, le=1_000_000, description="Ledgers that one user may own")
    projectors: Literal["on", "off"] = Field(
        "on", description="`off`: `serve` starts no projector, and you run `worker`"
    )
    default_currency: str = Field("USD", description="Main currency of a ledger that is opened without one")
    registration: Literal["open", "closed"] = Field("open", description="`closed`: only `user add` makes users")
    signing_key: Path | None = Field(None, description="File of the key that signs checkpoints (`llmedger key new`)")
    origin: str = Field("llmedger", description="Name of this installation in checkpoints, like `example.com/books`")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least important messages that are logged"
    )
    log_format: Literal["text", "json"] = Field("text", description="A line of text or a JSON object for each event")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources in their order: arguments, the environment, `.env`. The first one wins."""
        return init_settings, _WithoutBlanks(env_settings), _WithoutBlanks(dotenv_settings)

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        origins = value.split(",") if isinstance(value, str) else value
        if isinstance(origins, list | tuple):
            return tuple(_origin(origin) for origin in origins if origin.strip())
        return value

    @field_validator("database_url", "auth_database_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        if value is not None:
            _require_database(value)
        return value

    @field_validator("migration_database_url", "listen_database_url")
    @classmethod
    def _known_server(cls, value: str | None) -> str | None:
        if value is not None and read_database_url(value).get_backend_name() != "postgresql":
            raise UrlRefused("this setting is only for PostgreSQL: postgresql://user@host/name")
        return value

    @field_validator("session_cookie")
    @classmethod
    def _cookie_name(cls, value: str) -> str:
        if not _COOKIE_NAME.fullmatch(value):
            raise ValueError(f"the name of a cookie may have letters, digits and signs like '-' and '_', not {value!r}")
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
        if find_iso_scale(value) is None:
            raise ValueError(f"{value!r} is not an ISO 4217 code")
        return value

    @functools.cached_property
    def journal_url(self) -> URL:
        """The journal's database."""
        return read_database_url(self.database_url)

    @functools.cached_property
    def auth_url(self) -> URL | None:
        """The sign-in database; None if it is the journal's own."""
        if self.auth_database_url is None:
            return None
        url = read_database_url(self.auth_database_url)
        return None if is_same_place(url, self.journal_url) else url

    @functools.cached_property
    def listen_url(self) -> URL | None:
        """The direct connection for LISTEN."""
        return None if self.listen_database_url is None else read_database_url(self.listen_database_url)

    @functools.cached_property
    def migration_url(self) -> URL | None:
        """The database as the role that owns the tables; None if that is the service's own role."""
        return None if self.migration_database_url is None else read_database_url(self.migration_database_url)

    @property
    def owns_sign_in(self) -> bool:
        """Whether users and sessions are in our own tables."""
        default = self.session_format == "token-sha256"
        tables = self.session_table in (None, "session") and self.user_table in (None, "user")
        return self.auth_url is None and default and tables

    @functools.cached_property
    def projections_url(self) -> URL:
        """The projections' database: the same on PostgreSQL, a file beside it on SQLite."""
        return make_projections_url(self.journal_url)


# --- reading them ----------------------------------------------------------------------------------------------------


def read_settings() -> Settings:
    """Return the settings of this process. Raises SettingsInvalid, which names every wrong setting."""
    require_known_names()
    try:
        return Settings()
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        told = [make_sentence(each, f"{PREFIX}{str(each['loc'][0]).upper()}") for each in faults]
        raise SettingsInvalid("\n".join(told)) from None


def require_known_names() -> None:
    """Raise SettingsInvalid if a variable looks like a setting but is not one."""
    told = [
        _unknown(name, where)
        for where, given in (("the environment", os.environ), (ENV_FILE, _read_env_file()))
        for name, value in given.items()
        if not _is_known(name, value)
    ]
    if told:
        raise SettingsInvalid("\n".join(told))


def _read_env_file() -> Mapping[str, str | None]:
    try:
        return dotenv_values(ENV_FILE, interpolate=False)
    except UnicodeDecodeError:
        raise SettingsInvalid(f"{ENV_FILE} cannot be read: it is not in UTF-8") from None
    except OSError as error:
        raise SettingsInvalid(f"{ENV_FILE} cannot be read: {error.strerror}") from None


def setting_names() -> list[str]:
    """Return the names of all settings, as in the environment."""
    return [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]


def _is_known(name: str, value: str | None) -> bool:
    """Return whether a variable is a setting, or not one of ours. Upper and lower case are the same."""
    upper = name.upper()
    if is_kubernetes(upper, value):
        return True
    if upper.startswith("LLMEDGER_"):  # the program's name is an easy mistake
        return f"{PREFIX}{upper.partition('_')[2]}" not in setting_names()
    return not upper.startswith(PREFIX) or upper in setting_names() or upper in OTHER_NAMES


def is_kubernetes(name: str, value: str | None) -> bool:
    """Return whether Kubernetes sets this variable because of a service called `ledger` or `ledger-…`."""
    return _KUBERNETES.fullmatch(name) is not None or (
        name.endswith("_PORT") and re.match(r"(tcp|udp|sctp)://", value or "", re.IGNORECASE) is not None
    )


def _unknown(name: str, where: str) -> str:
    known = [each.removeprefix(PREFIX) for each in (*setting_names(), *OTHER_NAMES)]
    near = difflib.get_close_matches(name.upper().partition("_")[2], known, 1)
    advice = f"did you mean {PREFIX}{near[0]}?" if near else "README.md lists all settings"
    return f"{name} (in {where}) is not a setting: {advice}"


class _WithoutBlanks(PydanticBaseSettingsSource):
    """Another source, without empty values (`${NAME:-}` in a compose file makes them) and without the LEDGER_PORT that
    Kubernetes sets for a service called `ledger`."""

    def __init__(self, source: PydanticBaseSettingsSource) -> None:
        super().__init__(source.settings_cls)
        self._source = source

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        return {name: value for name, value in self._source().items() if not self._is_blank(name, value)}

    def _is_blank(self, name: str, value: object) -> bool:
        return isinstance(value, str) and (not value.strip() or is_kubernetes(f"{PREFIX}{name.upper()}", value))


# --- values ----------------------------------------------------------------------------------------------------------


def _origin(text: str) -> str:
    """Return an origin as browsers write it. Raises ValueError."""
    try:
        return serialize_origin(text)
    except ValueError:  # what Python says about ports and host names is not for operators
        raise ValueError(f"an origin looks like https://books.example.org, not {text!r}") from None


def _require_database(text: str) -> None:
    """Raise UrlRefused unless it is the URL of a database that lasts."""
    url = read_database_url(text)
    if url.database == ":memory:":
        raise UrlRefused(
            "a database in memory does not work, because each process would have its own: use sqlite:///path"
        )
    if url.get_backend_name() == "sqlite" and "?" in text:
        raise ValueError("the URL of a SQLite file has no parameters; write a question mark in the path as %3F")
