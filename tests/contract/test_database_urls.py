"""Every way to write a database URL is honoured or refused by name before anything connects, and no message holds a
secret."""

import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from api.settings import Settings
from ledger.libpq import UrlRefused, make_driver_arguments, read_url
from ledger.store.engine import open_database
from ledger.store.postgresql import Server
from ledger.store.urls import describe_place, is_same_place, read_database_url, split_postgresql_url
from tests.postgres import PostgresServer

SECRET = "s3cret"
URL_SETTINGS = ("database_url", "auth_database_url", "migration_database_url", "listen_database_url")
BASE = f"postgresql://ada:{SECRET}@db.example.com/books"


def arguments(url: str) -> dict[str, Any]:
    """What the driver is given."""
    parts = split_postgresql_url(read_database_url(url))
    assert parts == read_url(url)
    return make_driver_arguments(parts)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg", "postgres+asyncpg", "PostgreSQL"])
def test_every_spelling_of_the_scheme_is_taken(scheme: str) -> None:
    url = read_database_url(f"{scheme}://ada@db.example.com:6432/books")
    assert (url.drivername, url.username, url.database) == ("postgresql+asyncpg", "ada", "books")
    assert arguments(f"{scheme}://ada@db.example.com:6432/books")["port"] == [6432]


@pytest.mark.parametrize(
    ("text", "hosts", "ports"),
    [
        ("postgresql://a@one,two/x", ["one", "two"], [5432, 5432]),
        ("postgresql://a@one:1,two:2/x", ["one", "two"], [1, 2]),
        ("postgresql://a@one,two/x?port=7", ["one", "two"], [7, 7]),
        ("postgresql://a@one/x?host=two,three&port=2,3", ["two", "three"], [2, 3]),
        ("postgresql:///x?host=one:1,two:2", ["one", "two"], [1, 2]),
        ("postgresql://a@[::1]:6/x", ["::1"], [6]),
        ("postgresql://a@[::1],[fe80::2%25eth0]:7/x", ["::1", "fe80::2%eth0"], [5432, 7]),
        ("postgresql://%2Fvar%2Frun/x", ["/var/run"], [5432]),
        ("postgresql:///x?host=%2Fvar%2Frun&port=7", ["/var/run"], [7]),
    ],
)
def test_hosts_are_read_as_libpq_reads_them(text: str, hosts: list[str], ports: list[int]) -> None:
    found = arguments(text)
    assert (found["host"], found["port"]) == (hosts, ports)


def test_without_a_host_the_driver_looks_where_libpq_looks() -> None:
    assert "host" not in arguments("postgresql:///books")
    assert arguments("postgresql:///books?port=7")["port"] == 7


@pytest.mark.parametrize(
    ("text", "user", "password"),
    [
        ("postgresql://ada:p%40ss%2Fw%3Ard%25@h/x", "ada", "p@ss/w:rd%"),
        ("postgresql://ada:a:b?c#d@h/x", "ada", "a:b?c#d"),
        ("postgresql://h/x?user=ada&password=p%26w", "ada", "p&w"),
        ("postgresql://eve:old@h/x?user=ada&password=new", "ada", "new"),
        ("postgresql://ada@h/x", "ada", None),
    ],
)
def test_user_and_password_are_read_as_libpq_reads_them(text: str, user: str, password: str | None) -> None:
    found = arguments(text)
    assert (found["user"], found["password"]) == (user, password)


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        ("", {"application_name": "llmedger"}),
        ("application_name=our%20books", {"application_name": "our books"}),
        ("fallback_application_name=b", {"application_name": "b"}),
        ("application_name=a&fallback_application_name=b", {"application_name": "a"}),
        ("options=-csearch_path%3Dbooks", {"application_name": "llmedger", "options": "-csearch_path=books"}),
        ("options=endpoint%3Dep-1", {"application_name": "llmedger", "options": "endpoint=ep-1"}),
    ],
)
def test_what_the_server_is_told_at_the_start(given: str, settings: dict[str, str]) -> None:
    assert arguments(f"{BASE}?{given}")["server_settings"] == settings


def test_connecting_takes_as_long_as_the_url_says() -> None:
    assert arguments(f"{BASE}?connect_timeout=17")["timeout"] == 17
    assert 0 < arguments(BASE)["timeout"] < 10


@pytest.mark.parametrize(
    "given",
    [
        *(f"sslmode={mode}" for mode in ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")),
        "target_session_attrs=read-write",
        "sslmode=require&sslnegotiation=direct",
        "ssl_min_protocol_version=TLSv1.2&ssl_max_protocol_version=TLSv1.3",
        "gsslib=gssapi&krbsrvname=postgres",
    ],
)
def test_what_the_driver_reads_itself_is_passed_on(given: str) -> None:
    assert arguments(f"{BASE}?{given}")["dsn"] == f"postgresql://?{given}"


@pytest.mark.parametrize("file", ["sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile"])
def test_a_file_must_be_there(tmp_path: Path, file: str) -> None:
    with pytest.raises(UrlRefused, match=rf"{file} names .*/none\.pem, and there is no such file"):
        read_database_url(f"{BASE}?{file}={tmp_path}/none.pem")
    (tmp_path / "some.pem").write_text("")
    assert "some.pem" in arguments(f"{BASE}?{file}={tmp_path}/some.pem")["dsn"]


@pytest.mark.parametrize("given", ["sslrootcert=system", "sslrootcert=system&sslmode=verify-full"])
def test_the_systems_authorities_can_be_trusted(given: str) -> None:
    context = arguments(f"{BASE}?{given}")["ssl"]
    assert context.check_hostname and context.verify_mode is ssl.CERT_REQUIRED


def test_channel_binding_that_is_required_is_met_by_verifying_the_server(tmp_path: Path) -> None:
    """As Neon writes every URL: the driver binds no channels, and a stranger in between is found out all the same."""
    context = arguments(f"{BASE}?sslmode=require&channel_binding=require")["ssl"]
    assert context.check_hostname and context.verify_mode is ssl.CERT_REQUIRED
    (tmp_path / "ca.pem").write_text("")
    own = arguments(f"{BASE}?sslmode=require&channel_binding=require&sslrootcert={tmp_path}/ca.pem")
    assert "sslmode=verify-full" in own["dsn"] and "ssl" not in own


@pytest.mark.parametrize("given", ["channel_binding=prefer", "channel_binding=disable"])
def test_channel_binding_that_is_not_required_changes_nothing(given: str) -> None:
    assert arguments(f"{BASE}?{given}") == arguments(BASE)


@pytest.mark.parametrize(
    "given",
    [
        "gssencmode=prefer",
        "gssencmode=disable",
        "sslcompression=0",
        "sslsni=1",
        "client_encoding=utf8",
        "keepalives=1&keepalives_idle=30&keepalives_interval=10&keepalives_count=3&tcp_user_timeout=9000",
        "load_balance_hosts=disable",
        "sslrootcert=",
    ],
)
def test_what_is_so_anyway_may_be_said(given: str) -> None:
    assert arguments(f"{BASE}?{given}") == arguments(BASE)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("sslmode=always", "sslmode is one of disable"),
        ("target_session_attrs=leader", "target_session_attrs is one of"),
        ("connect_timeout=soon", "connect_timeout is a whole number"),
        ("connect_timeout=0", "connect_timeout is a whole number"),
        ("gssencmode=require", "gssencmode"),
        ("require_auth=scram-sha-256", "require_auth"),
        ("hostaddr=10.0.0.1", "hostaddr is not supported: write the address as host"),
        ("service=books", "service is not supported"),
        ("requiressl=1", "requiressl is not supported with this value: write sslmode=require"),
        ("sslcompression=1", "sslcompression"),
        ("client_encoding=latin1", "client_encoding"),
        ("pgbouncer=true", "pgbouncer is not supported: leave it out: a pooler is found out by itself"),
        ("search_path=books", "search_path is not supported: .*options=-c"),
        ("colour=red", "colour is not supported"),
        ("sslrootcert=system&sslmode=require", "sslrootcert=system goes with sslmode=verify-full"),
        ("channel_binding=require&sslmode=disable", "channel_binding=require needs TLS"),
        ("channel_binding=require&host=%2Frun", "channel_binding=require needs TLS"),
        ("sslnegotiation=direct", "sslnegotiation=direct goes with sslmode=require"),
        ("port=1,2", "1 hosts and 2 ports"),
        ("port=99999", "no number from 1 to 65535"),
        ("sslmode", "name=value"),
        ("a%2", "a % is not followed"),
        ("host=one,,two", "a host in the list is empty"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(given: str, named: str) -> None:
    with pytest.raises(UrlRefused, match=named) as refused:
        read_database_url(f"{BASE}?{given}")
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        f"postgresql://ada:{SECRET}/x@h/books",
        f"postgresql://ada:{SECRET}@x@h/books",
        f"postgresql://ada:{SECRET}%@h/books",
        f"postgresql://ada:{SECRET}",
        f"postgresql://ada:{SECRET}@h",
        f"postgresql://ada:{SECRET}@h/books?sslpassword={SECRET}&x",
        f"postgresql://ada:x/y?{SECRET}=1@h/books",
        f"postgresql:ada:{SECRET}@h/books",
        f"mysql://ada:{SECRET}@h/books",
        f"{SECRET}",
        f"ada:{SECRET}@h/books",
        "",
    ],
)
@pytest.mark.parametrize("setting", URL_SETTINGS)
def test_a_url_that_makes_no_sense_is_refused_without_its_secret(text: str, setting: str) -> None:
    if not text and setting in ("migration_database_url", "listen_database_url"):
        return
    with pytest.raises(ValueError, match=r"URL|url|port|%|@|name=value") as refused:
        Settings(_env_file=None, **{setting: text})  # type: ignore[arg-type]
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("setting", ["migration_database_url", "listen_database_url"])
def test_only_postgresql_is_listened_to_and_has_an_owner(setting: str) -> None:
    with pytest.raises(ValueError, match="only for PostgreSQL"):
        Settings(_env_file=None, **{setting: "sqlite:///x.db"})  # type: ignore[arg-type]


def test_a_place_is_named_without_user_and_password() -> None:
    url = read_database_url(f"postgresql://ada:{SECRET}@one,two:7/books?sslpassword={SECRET}")
    assert describe_place(url) == "books on one:5432, two:7"


def test_two_spellings_of_one_database_are_one() -> None:
    same = ["postgres://a@h/x?sslmode=disable", "postgresql://b:c@h:5432/x", "postgresql+asyncpg:///x?host=h"]
    assert all(is_same_place(read_database_url(one), read_database_url(other)) for one in same for other in same)
    assert not is_same_place(read_database_url(same[0]), read_database_url("postgres://a@h:7/x"))


# --- on a real server


@pytest.mark.parametrize(
    ("more", "shown", "value"),
    [
        ("sslmode=disable", "server_version_num", None),
        (
            "application_name=books&connect_timeout=3&channel_binding=prefer&gssencmode=prefer",
            "application_name",
            "books",
        ),
        ("target_session_attrs=read-write", "application_name", "llmedger"),
        ("options=-csearch_path%3Dpg_catalog", "search_path", "pg_catalog"),
        ("options=-c%20statement_timeout%3D7s%20-c%20work_mem%3D5MB", "statement_timeout", "7s"),
        ("options=-c%20statement_timeout%3D7s%20-c%20work_mem%3D5MB", "jit", "off"),
    ],
)
async def test_a_server_takes_what_the_url_says(
    fresh_postgres_database: str, more: str, shown: str, value: str | None
) -> None:
    database = open_database(read_database_url(f"{fresh_postgres_database}&{more}"))
    async with database.read.connect() as connection:
        found = (await connection.exec_driver_sql(f"SHOW {shown}")).scalar()
    await database.close()
    assert found == value if value is not None else found


async def test_the_first_host_that_answers_is_taken(postgres: PostgresServer, fresh_postgres_database: str) -> None:
    name = read_database_url(fresh_postgres_database).database
    url = read_database_url(f"postgresql://postgres@127.0.0.1:1,{str(postgres.folder).replace('/', '%2F')}/{name}")
    connection = await Server(split_postgresql_url(url)).connect({})
    assert await connection.fetchval("SELECT current_database()") == name
    await connection.close()


async def test_no_host_that_takes_writes_is_said_so(fresh_postgres_database: str) -> None:
    with pytest.raises(asyncpg.TargetServerAttributeNotMatched):
        await Server(read_url(f"{fresh_postgres_database}&target_session_attrs=standby")).connect({})


def test_a_refused_url_is_one_sentence_of_the_command_line(tmp_path: Path) -> None:
    for setting in map(str.upper, URL_SETTINGS):
        told = subprocess.run(
            [sys.executable, "-m", "api", "migrate"],
            env={**os.environ, "LEDGER_DATABASE_URL": "sqlite:///x.db", f"LEDGER_{setting}": f"{BASE}?colour=red"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 2
        assert f"LEDGER_{setting}" in told.stderr and "colour is not supported" in told.stderr
        assert "Traceback" not in told.stderr and SECRET not in told.stderr
