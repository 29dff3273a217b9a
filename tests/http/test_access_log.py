"""The line that the log has for each request: who asked for what, and nothing that is secret or would forge a line."""

import asyncio
import json
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import find_log_level
from api.logs import configure_logging
from api.settings import Settings
from tests.http.service import Books, Server, client, serve, sqlite_settings

TEXT = re.compile(
    r"(?P<method>[A-Z]+) (?P<path>\S+) (?P<status>\d{3}) \d+\.\d ms (?P<request>\S+)"
    r"( client=(?P<client>\S+))?( user=(?P<user>\S+))?( ledger=(?P<ledger>\S+))?( caller=(?P<caller>\S+))?"
)


async def logged(caplog: pytest.LogCaptureFixture, answer: httpx.Response) -> logging.LogRecord:
    """The record of a request, which is made after its answer went out."""
    id_ = answer.headers["X-Request-Id"]
    for _ in range(500):
        for each in caplog.records:
            if each.name == "api.access" and id_ in each.getMessage():
                return each
        await asyncio.sleep(0.01)
    raise AssertionError("the request is not in the access log")


async def test_a_line_says_who_asked_for_what(
    api: httpx.AsyncClient, server: Server, books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="api.access")
    made = await api.post(f"/ledgers/{books.id}/tokens", json={"name": "importer", "role": "bookkeeper"})
    token = {"Authorization": f"Bearer {made.json()['token']}"}
    for headers in ({}, token):
        answer = await api.get(f"/ledgers/{books.id}/accounts?limit=3", headers={"X-Request-Id": "mine", **headers})
        assert answer.status_code == 200
        record = await logged(caplog, answer)
        line = TEXT.fullmatch(record.getMessage())
        assert line is not None, record.getMessage()
        said = line.groupdict()
        assert said == {
            "method": "GET",
            "path": f"/api/ledgers/{books.id}/accounts",
            "status": "200",
            "request": answer.headers["X-Request-Id"],
            "client": "127.0.0.1",
            "user": server.user["id"],
            "ledger": books.uuid,
            "caller": "mine",
        }
        members: dict[str, Any] = record.__dict__["members"]
        assert {name: str(members[name]) for name in said} == said


async def test_a_stranger_and_a_ledger_that_is_not_there_have_no_name_in_the_line(
    server: Server, api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="api.access")
    async with client(server) as stranger:
        line = (await logged(caplog, await stranger.get("/ledgers/none"))).getMessage()
    assert "user=" not in line and "ledger=" not in line and "client=127.0.0.1" in line
    line = (await logged(caplog, await api.get("/ledgers/none"))).getMessage()
    assert f"user={server.user['id']}" in line and "ledger=" not in line


async def test_no_line_shows_a_query_or_is_as_long_as_its_sender_likes(
    api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="api.access")
    record = await logged(caplog, await api.get("/ledgers?token=hunter2"))
    assert "hunter2" not in json.dumps(record.__dict__, default=str)
    assert len((await logged(caplog, await api.get("/" + "x" * 20_000))).getMessage()) < 1_500


@pytest.mark.parametrize("path", ["/live", "/ready", "/health"])
async def test_probes_are_told_of_to_who_debugs(
    api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    caplog.set_level(logging.DEBUG, logger="api.access")
    assert (await logged(caplog, await api.get(path))).levelno == logging.DEBUG
    assert (await logged(caplog, await api.get(f"{path}x"))).levelno == logging.INFO


def test_a_probe_that_fails_is_a_warning() -> None:
    assert find_log_level("/api/ready", 503) == logging.WARNING
    assert find_log_level("/api/ledgers", 503) == logging.INFO


# --- behind a proxy ---------------------------------------------------------------------------------------------------


async def test_an_untrusted_proxy_is_told_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "192.0.2.1")
    caplog.set_level(logging.WARNING, logger="api.access")
    with serve(sqlite_settings(tmp_path, projectors="off")) as server:
        async with client(server) as api:
            for _ in range(3):
                await api.get("/live", headers={"X-Forwarded-For": "203.0.113.9"})
    told = [each.getMessage() for each in caplog.records if "FORWARDED_ALLOW_IPS" in each.getMessage()]
    assert len(told) == 1 and "from 127.0.0.1 with X-Forwarded-For" in told[0]


@pytest.mark.parametrize("named", ["203.0.113.9", "203.0.113.9:1234", "198.51.100.1, 203.0.113.9", "2001:db8::1"])
async def test_a_trusted_proxy_is_not_told_of_and_its_caller_is_in_the_line(
    server: Server, caplog: pytest.LogCaptureFixture, named: str
) -> None:
    caplog.set_level(logging.INFO, logger="api.access")
    async with client(server) as api:
        answer = await api.get("/ledgers", headers={"X-Forwarded-For": named})
    said = TEXT.fullmatch((await logged(caplog, answer)).getMessage())
    assert said is not None and said["client"] in named
    assert not [each for each in caplog.records if "FORWARDED_ALLOW_IPS" in each.getMessage()]


async def test_a_proxy_cannot_forge_a_line(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="api.access")
    async with client(server) as api:
        answer = await api.get("/ledgers", headers={b"X-Forwarded-For": "a b user=eve\x85\xa0".encode("latin-1")})
    said = TEXT.fullmatch((await logged(caplog, answer)).getMessage())
    assert said is not None and said["user"] is None


# --- formats ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def loggers() -> Iterator[None]:
    """Loggers are as before afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def log_some() -> None:
    """Events of all kinds."""
    log = logging.getLogger("uvicorn.error")
    log.info("one %s", "two")
    log.warning("forged\n2026-01-01 INFO\x1b[2J\u2028 é")
    log.info("a request", extra={"members": {"status": 200, "user": "ann"}})
    log.debug("not told")
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        log.exception("it failed")


@pytest.mark.usefixtures("loggers")
def test_json_is_an_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="json", _env_file=None))
    log_some()
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [each["message"] for each in told] == [
        "one two",
        "forged\n2026-01-01 INFO\x1b[2J\u2028 é",
        "a request",
        "it failed",
    ]
    assert [each["level"] for each in told] == ["info", "warning", "info", "error"]
    assert {(each["process"], each["logger"]) for each in told} == {(os.getpid(), "uvicorn")}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", each["time"]) for each in told)
    assert (told[2]["status"], told[2]["user"]) == (200, "ann")
    assert told[3]["exception"].endswith("ValueError: first\nsecond")


@pytest.mark.usefixtures("loggers")
def test_text_is_a_line_an_event_that_nobody_can_forge(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="text", _env_file=None))
    log_some()
    first, forged, request, failed, *traceback = capsys.readouterr().err.split("\n")
    assert re.fullmatch(rf"\S+ \S+ INFO \[{os.getpid()}\] uvicorn: one two", first)
    assert forged.endswith(rf"WARNING [{os.getpid()}] uvicorn: forged\n2026-01-01 INFO\x1b[2J\u2028 é")
    assert request.endswith("uvicorn: a request") and failed.endswith("uvicorn: it failed")
    assert traceback[0].startswith("Traceback")
