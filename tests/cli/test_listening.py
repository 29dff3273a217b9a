"""Where the service listens, what is said where it cannot, and the folders that it keeps for itself."""

import socket
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.processes.scratch_folders import PREFIX, make_scratch_folder, remove_leftovers
from api.processes.sockets import CannotListen, make_url, open_sockets

CANNOT_LISTEN = 5


def said_by(*arguments: str, **settings: str) -> str:
    """What a command that cannot listen says."""
    done = CliRunner().invoke(app, arguments, env={"NO_COLOR": "1", **settings})
    assert done.exit_code == CANNOT_LISTEN, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize("arguments", [("serve",), ("serve", "--workers", "2"), ("demo",)])
def test_a_port_in_use_is_one_sentence_and_an_exit_code_of_its_own(
    arguments: tuple[str, ...], unused_tcp_port: int
) -> None:
    with socket.create_server(("127.0.0.1", unused_tcp_port)):
        said = said_by(*arguments, LEDGER_PORT=str(unused_tcp_port))
    assert f"Port {unused_tcp_port} of 127.0.0.1 is in use" in said and "LEDGER_PORT" in said


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "2001:db8::1", "not a name", "x" * 300])
def test_an_address_that_is_not_there_is_a_sentence_too(host: str) -> None:
    assert "LEDGER_HOST" in said_by("serve", LEDGER_HOST=host)


def test_a_port_that_is_not_permitted_is_a_sentence_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refused)
    with pytest.raises(CannotListen, match=r"may not listen on port 80 of 127\.0\.0\.1: set LEDGER_PORT"):
        open_sockets("127.0.0.1", 80).__enter__()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "::"])
def test_every_address_of_a_name_is_listened_on(host: str, unused_tcp_port: int) -> None:
    reached = {"localhost": ["127.0.0.1"], "::": ["127.0.0.1", "::1"]}.get(host, [host])
    with open_sockets(host, unused_tcp_port) as sockets:
        assert sockets
        for address in reached:
            socket.create_connection((address, unused_tcp_port), timeout=5).close()
    socket.create_server(("127.0.0.1", unused_tcp_port)).close()


def test_a_url_has_ipv6_addresses_in_brackets() -> None:
    assert make_url("::1", 8000) == "http://[::1]:8000" and make_url("localhost", 80) == "http://localhost:80"


def test_a_folder_in_use_is_no_leftover(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with make_scratch_folder("test") as folder:
        remove_leftovers()
        assert folder.exists()
    assert not folder.exists()
    left = tmp_path / f"{PREFIX}test-left"
    (left / "below").mkdir(parents=True)
    (tmp_path / f"{PREFIX}test-link").symlink_to(tmp_path)
    (tmp_path / "llmedger-export-of-books").mkdir()
    remove_leftovers()
    assert not left.exists() and tmp_path.exists()
    assert (tmp_path / "llmedger-export-of-books").exists(), "a folder that somebody made is not ours to remove"
