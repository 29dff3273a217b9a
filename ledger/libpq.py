"""PostgreSQL's URLs as libpq reads them: what it knows in one is kept, or refused by name before anything connects.

A message never repeats a user, a password or a value that may be one. Everything that connects to PostgreSQL, the
auditor too, reads its URL with `read_url` and connects with `make_driver_arguments`.
"""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlencode

APPLICATION_NAME = "llmedger"
CONNECT_SECONDS = 5.0
"""For connecting, unless the URL's `connect_timeout` says otherwise."""
POSTGRESQL_PORT = 5432
SYSTEM_TRUST = "system"
"""`sslrootcert=system`: the certificate authorities that the operating system trusts."""

_ENCODE = "a special character in the user or the password must be percent-encoded (@ as %40, / as %2F, : as %3A)"
_ENCODED = re.compile(r"(?:[^%]|%[0-9a-fA-F]{2})*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,62}")

SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_TLS_VERSIONS = ("TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_PLACE = ("host", "port", "dbname", "database", "user", "password")
_CHOICES: Mapping[str, tuple[str, ...]] = {
    "sslmode": SSL_MODES,
    "sslnegotiation": ("postgres", "direct"),
    "ssl_min_protocol_version": _TLS_VERSIONS,
    "ssl_max_protocol_version": _TLS_VERSIONS,
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    "gsslib": ("gssapi", "sspi"),
    "channel_binding": ("disable", "prefer", "require"),
    "keepalives": ("0", "1"),
}
_FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile")
_TEXTS = ("application_name", "fallback_application_name", "options", "sslpassword", "krbsrvname")
_NUMBERS = ("connect_timeout", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")
_AS_IT_IS: Mapping[str, tuple[str, ...]] = {
    "client_encoding": ("UTF8", "UTF-8", "utf8", "utf-8", "auto"),
    "gssencmode": ("disable", "prefer"),
    "gssdelegation": ("0",),
    "load_balance_hosts": ("disable",),
    "replication": ("0", "no", "off", "false"),
    "requiressl": ("0",),
    "sslcertmode": ("allow",),
    "sslcompression": ("0",),
    "sslsni": ("1",),
}
"""Parameters that the driver cannot be told, with the values that say what it does anyway."""
_INSTEAD: Mapping[str, str] = {
    "hostaddr": "write the address as host",
    "requiressl": "write sslmode=require",
    "service": "write host, user and database into the URL",
    "servicefile": "write host, user and database into the URL",
    "require_auth": "the driver cannot be told which ways of authentication to refuse; write sslmode=verify-full",
    "pgbouncer": "leave it out: a pooler is found out by itself",
    "prepared_statement_cache_size": "leave it out: a pooler is found out by itself",
    "statement_cache_size": "leave it out: a pooler is found out by itself",
}
_DRIVER = (
    *("sslmode", "sslnegotiation", "ssl_min_protocol_version", "ssl_max_protocol_version", "target_session_attrs"),
    *("gsslib", "krbsrvname", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslpassword", "passfile"),
)
"""What asyncpg reads from a URL itself."""


class UrlRefused(ValueError):
    """A database URL cannot be used; the message says why and holds no secret."""


@dataclass(frozen=True)
class PostgresqlUrl:
    """The parts of a URL."""

    user: str | None
    database: str
    hosts: tuple[tuple[str, int], ...] = ()
    """Each host and its port; none: where the driver looks by itself, at this `port` if there is one."""
    port: int | None = None
    password: str | None = field(default=None, repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def place(self) -> str:
        """Where the database is, for messages: its name and the hosts; no user and no password."""
        hosts = [host if host.startswith("/") else f"{host}:{port}" for host, port in self.hosts]
        return f"{self.database} on {', '.join(hosts) or 'this machine'}"


# --- reading ---------------------------------------------------------------------------------------------------------


def is_postgresql(text: str) -> bool:
    """Return whether it is a URL of PostgreSQL: `postgresql:` or `postgres:`, with or without the name of a driver."""
    scheme, separator, _ = text.partition("://")
    return bool(separator) and scheme.partition("+")[0].lower() in ("postgresql", "postgres")


def read_url(text: str) -> PostgresqlUrl:
    """Take a URL of PostgreSQL apart as libpq does: several hosts, sockets, parameters that name the place once more.
    Raises UrlRefused."""
    rest = text.partition("://")[2]
    if _ENCODED.fullmatch(rest) is None or "%00" in rest:
        raise UrlRefused("a % is not followed by the two digits of a character: a % itself is written %25")
    credentials, rest = _credentials(rest)
    place, _, query = rest.partition("?")
    netloc, _, database = place.partition("/")
    user, _, password = credentials.partition(":")
    hosts, ports = _netloc(netloc)
    _check_ports(hosts, ports)  # before a parameter is named: it might be what follows a ? in a password
    given = _parameters(query)
    if "host" in given:
        hosts, ports = _host_list(given["host"].split(","))
    if "port" in given:
        ports = given["port"].split(",")
    numbers = _check_ports(hosts, ports)
    _require_sense(given, hosts)
    database = given.get("dbname") or given.get("database") or unquote(database)
    if not database:
        raise UrlRefused("the URL names no database: it ends with /NAME")
    return PostgresqlUrl(
        given.get("user") or unquote(user) or None,
        database,
        tuple(zip(hosts, numbers, strict=True)) if hosts else (),
        numbers[0] if numbers and not hosts else None,
        given.get("password") or unquote(password) or None,
        {name: value for name, value in given.items() if name not in _PLACE},
    )


def _credentials(rest: str) -> tuple[str, str]:
    """Return what is before the first @, where no slash comes before it, and the rest."""
    before, at, after = rest.partition("@")
    return (before, after) if at and "/" not in before else ("", rest)


def _netloc(netloc: str) -> tuple[list[str], list[str]]:
    if "@" in netloc:
        raise UrlRefused(f"there are two @ before the database's name: {_ENCODE}")
    hosts, ports = _host_list(netloc.split(",")) if netloc else ([], [])
    return [unquote(host) for host in hosts], ports


def _host_list(entries: list[str]) -> tuple[list[str], list[str]]:
    """Return the hosts and ports of `host`, `host:port`, `[IPv6]:port` and folders of sockets; a port not given is
    empty."""
    hosts, ports = [], []
    for entry in entries:
        host, _, port = entry.rpartition(":") if _has_port(entry) else (entry, "", "")
        hosts.append(host.removeprefix("[").removesuffix("]"))
        ports.append(port)
    return hosts, ports


def _has_port(entry: str) -> bool:
    if entry.startswith(("/", "%2F", "%2f")):
        return False
    return entry.rpartition("]")[2].startswith(":") if entry.startswith("[") else entry.count(":") == 1


def _check_ports(hosts: list[str], ports: list[str]) -> list[int]:
    """Return one port for each host. Raises UrlRefused without repeating what was given: it may be half a password."""
    if not all(hosts):
        raise UrlRefused("a host in the list is empty")
    if len(ports) == 1:
        ports = ports * max(len(hosts), 1)
    if hosts and len(ports) != len(hosts):
        raise UrlRefused(f"there are {len(hosts)} hosts and {len(ports)} ports")
    if not all(port == "" or (port.isascii() and port.isdigit() and 0 < int(port) < 65536) for port in ports):
        raise UrlRefused(f"a port is no number from 1 to 65535: {_ENCODE}")
    return [int(port or POSTGRESQL_PORT) for port in ports]


# --- parameters ------------------------------------------------------------------------------------------------------


def _parameters(query: str) -> dict[str, str]:
    """Return the parameters of a URL by name, the last of several with one name, those without a value left out."""
    found: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        name, equals, value = part.partition("=")
        name = unquote(name)
        if not equals or _NAME.fullmatch(name) is None:
            raise UrlRefused("what follows the ? is written name=value&name=value")
        name, value = _spell_parameter(name, unquote(value))
        if value:
            _check(name, value)
            found[name] = value
    return found


def _spell_parameter(name: str, value: str) -> tuple[str, str]:
    """Return a parameter by the name that libpq has: `ssl`, as SQLAlchemy with asyncpg and JDBC have it, is
    `sslmode`."""
    if name != "ssl":
        return name, value
    return "sslmode", {"true": "require", "false": "disable"}.get(value.lower(), value)


def _check(name: str, value: str) -> None:
    """Raise UrlRefused where this parameter cannot be kept."""
    if name in _CHOICES:
        if value not in _CHOICES[name]:
            raise UrlRefused(f"{name} is one of {', '.join(_CHOICES[name])}")
    elif name in _FILES:
        if not (Path(value).is_file() or (name, value) == ("sslrootcert", SYSTEM_TRUST)):
            raise UrlRefused(f"{name} names {value}, and there is no such file")
    elif name in _NUMBERS:
        if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value)):
            raise UrlRefused(f"{name} is a whole number from 1 on")
    elif name in _AS_IT_IS:
        if value not in _AS_IT_IS[name]:
            instead = _INSTEAD.get(name, f"only {name}={_AS_IT_IS[name][0]} describes what the driver does")
            raise UrlRefused(f"the parameter {name} is not supported with this value: {instead}")
    elif name not in (*_TEXTS, *_PLACE):
        instead = _INSTEAD.get(name, "leave it out; a setting of the server is written options=-c%20NAME=VALUE")
        raise UrlRefused(f"the parameter {name} is not supported: {instead}")


def _require_sense(given: Mapping[str, str], hosts: list[str]) -> None:
    """Raise UrlRefused where parameters contradict each other."""
    mode, binding = given.get("sslmode"), given.get("channel_binding")
    if given.get("sslrootcert") == SYSTEM_TRUST and mode not in (None, "verify-full"):
        raise UrlRefused(f"sslrootcert=system goes with sslmode=verify-full, not with sslmode={mode}")
    if binding == "require" and (mode in ("disable", "allow") or any(host.startswith("/") for host in hosts)):
        raise UrlRefused("channel_binding=require needs TLS, which the URL rules out")
    if given.get("sslnegotiation") == "direct" and mode not in ("require", "verify-ca", "verify-full"):
        raise UrlRefused("sslnegotiation=direct goes with sslmode=require, verify-ca or verify-full")


# --- connecting ------------------------------------------------------------------------------------------------------


def make_driver_arguments(url: PostgresqlUrl, *, name: str = APPLICATION_NAME) -> dict[str, Any]:
    """Return the arguments of `asyncpg.connect` for a URL; `name` is the application's where the URL gives none.

    Raises OSError (ssl.SSLError among them) where a certificate or key of the client cannot be used.

    `channel_binding=require` is kept by other means, since the driver binds no channels: the server's certificate is
    verified as `verify-full` does, and finds out a stranger in between just as well.
    """
    given = dict(url.parameters)
    if given.get("channel_binding") == "require":
        given |= {"sslmode": "verify-full", "sslrootcert": given.get("sslrootcert", SYSTEM_TRUST)}
    arguments: dict[str, Any] = {
        "user": url.user,
        "password": url.password,
        "database": url.database,
        "timeout": float(given.get("connect_timeout", CONNECT_SECONDS)),
        "server_settings": _server_settings(given, name),
    }
    if url.hosts:
        arguments |= {"host": [host for host, _ in url.hosts], "port": [port for _, port in url.hosts]}
    elif url.port is not None:
        arguments["port"] = url.port
    if given.get("sslrootcert") == SYSTEM_TRUST:
        arguments["ssl"] = _system_trust(given)
        for name in ("sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword"):
            given.pop(name, None)
    read = {name: given[name] for name in _DRIVER if name in given}
    return arguments | {"dsn": f"postgresql://?{urlencode(read)}" if read else "postgresql://"}


def _server_settings(given: Mapping[str, str], name: str) -> dict[str, str]:
    name = given.get("application_name") or given.get("fallback_application_name") or name
    return {"application_name": name} | ({"options": given["options"]} if "options" in given else {})


def _system_trust(given: Mapping[str, str]) -> ssl.SSLContext:
    """Return the settings of TLS to a server whose certificate is signed by whom the operating system trusts, and names
    the host."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["postgresql"])
    for attribute, name in (
        ("minimum_version", "ssl_min_protocol_version"),
        ("maximum_version", "ssl_max_protocol_version"),
    ):
        if name in given:
            setattr(context, attribute, ssl.TLSVersion[given[name].replace(".", "_")])
    if "sslcrl" in given:
        context.load_verify_locations(given["sslcrl"])
        context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_CHAIN
    if "sslcert" in given:
        context.load_cert_chain(given["sslcert"], given.get("sslkey"), given.get("sslpassword", ""))
    return context
