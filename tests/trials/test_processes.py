"""The processes of `llmedger serve`: they end together, however the first one ends, and nothing of them is left."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import psutil
import pytest

from api.processes import children
from api.processes.children import Child, keep_children
from api.processes.scratch_folders import PREFIX
from api.settings import Settings
from tests.http.service import migrated
from tests.trials.stuck import fail_at_once, say_nothing

LLMEDGER = Path(sys.executable).with_name("llmedger")
SECONDS_MAX = 60
"""Two cores may be busy with other tests."""
CANNOT_LISTEN = 5
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass
class Installation:
    """A migrated database in a folder, a temporary folder of its own, and the servers that were started on it."""

    folder: Path
    scratch: Path
    """With a short path: the name of a socket in it has at most some hundred bytes."""
    port: int
    started: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")},
            "LEDGER_DATABASE_URL": f"sqlite:///{self.folder / 'ledger.db'}",
            "LEDGER_PORT": str(self.port),
            "TMPDIR": str(self.scratch),
        }

    @property
    def said(self) -> str:
        """Everything that the servers wrote."""
        return (self.folder / "log").read_text()

    def spawn(self, *arguments: str, **settings: str) -> "subprocess.Popen[bytes]":
        """A command in a process group of its own."""
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [str(LLMEDGER), *arguments],
                env=self.environment | settings,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def serve(self, *arguments: str, **settings: str) -> psutil.Process:
        """A server that has said that it serves."""
        before = self.said.count("Serving") if (self.folder / "log").exists() else 0
        process = self.spawn("serve", *arguments, **settings)
        until(lambda: self.said.count("Serving") > before or process.poll() is not None, lambda: self.said)
        assert process.poll() is None, self.said
        return psutil.Process(process.pid)

    def api(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api", timeout=60)

    def shared_folders(self) -> list[Path]:
        return sorted(self.scratch.glob(f"{PREFIX}hints-*"))

    def close(self) -> None:
        """End what a failed test has left running."""
        for process in self.started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def installed(tmp_path: Path, unused_tcp_port: int) -> Iterator[Installation]:
    """An installation without a server."""
    with tempfile.TemporaryDirectory(prefix="llmedger-") as scratch:
        installed = Installation(tmp_path, Path(scratch), unused_tcp_port)
        migrated(Settings(database_url=installed.environment["LEDGER_DATABASE_URL"], _env_file=None))
        yield installed
        installed.close()


def until(condition: Callable[[], bool], told: Callable[[], str] = lambda: "") -> None:
    """Return when it holds."""
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline, told()
        time.sleep(0.05)


def alive(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    """Those that have not ended."""
    return [each for each in processes if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def is_free(port: int) -> bool:
    """Whether somebody else may listen there."""
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


# --- ending together -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_first_process_that_is_killed_takes_the_others_along(installed: Installation, workers: str) -> None:
    first = installed.serve("--workers", workers)
    until(lambda: len(first.children()) > int(workers))  # and the tracker of resources
    family = first.children(recursive=True)
    first.kill()
    until(lambda: not alive(family), lambda: str(alive(family)))
    assert is_free(installed.port)
    installed.serve("--workers", workers)
    with installed.api() as api:
        assert api.get("/live").status_code == 200


def test_what_was_asked_before_is_answered_when_the_first_process_is_killed(installed: Installation) -> None:
    first = installed.serve("--workers", "2", LEDGER_PROJECTORS="off")
    family = first.children(recursive=True)
    with installed.api() as api:
        user = api.post("/auth/register", json={"username": "ann", "password": "correct horse"}).json()
        api.headers["Authorization"] = f"Bearer {user['token']}"
        opened = api.post("/ledgers", json={"id": "books"}).json()
        answered: list[httpx.Response] = []

        def wait_for_the_projection() -> None:
            params = {"min_size": opened["size"], "timeout": 3}
            answered.append(api.get("/ledgers/books/balances", params=params))

        waiting = threading.Thread(target=wait_for_the_projection)
        waiting.start()
        time.sleep(1)
        first.kill()
        waiting.join()
    assert [answer.json()["code"] for answer in answered] == ["projection_behind"]
    until(lambda: not alive(family))


@pytest.mark.parametrize("workers", ["1", "2"])
def test_followers_are_told_that_the_server_stops(installed: Installation, workers: str) -> None:
    """Their answers come to an end; nothing is cut."""
    first = installed.serve("--workers", workers)
    with installed.api() as api:
        user = api.post("/auth/register", json={"username": "ann", "password": "correct horse"}).json()
        api.headers["Authorization"] = f"Bearer {user['token']}"
        assert api.post("/ledgers", json={"id": "books"}).status_code == 201
        with api.stream("GET", "/ledgers/books/events", headers={"Accept": "text/event-stream"}) as answer:
            chunks = answer.iter_raw()
            assert b"id: 0" in next(chunks)
            first.terminate()
            assert b"".join(chunks) == b""


def post_a_long_body(installed: Installation, ledger: str) -> int:
    """The status of a transaction of 2 MiB that makes no sense, in a new ledger of a new user."""
    headers = {"Content-Type": "application/json"}
    with installed.api() as api:
        user = api.post("/auth/register", json={"username": ledger, "password": "correct horse"}).json()
        api.headers["Authorization"] = f"Bearer {user['token']}"
        assert api.post("/ledgers", json={"id": ledger}).status_code == 201
        raw = b"[" + b" " * 2**21 + b"]"
        return api.post(f"/ledgers/{ledger}/transactions", content=raw, headers=headers).status_code


@pytest.fixture
def short() -> Iterator[Path]:
    """A temporary folder with a short name: that of a socket has at most some hundred bytes."""
    with TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


def test_the_readers_of_long_bodies_end_too(installed: Installation, short: Path) -> None:
    first = installed.serve(TMPDIR=str(short))
    assert post_a_long_body(installed, "books") == 422
    family = first.children(recursive=True)
    assert [each for each in family if "forkserver" in " ".join(each.cmdline())], "there is no process beside"
    first.kill()
    until(lambda: not alive(family), lambda: str([each.cmdline() for each in alive(family)]))


def test_long_bodies_are_read_whatever_is_wrong_with_the_temporary_folder(installed: Installation, short: Path) -> None:
    """Its name is too long for a socket; or it is swept, or not there."""
    deep = installed.folder.joinpath("d" * 60, "e" * 60)
    deep.mkdir(parents=True)
    first = installed.serve(TMPDIR=str(deep))
    assert [post_a_long_body(installed, name) for name in ("one", "two")] == [422, 422]
    first.terminate()
    first.wait(SECONDS_MAX)
    installed.serve(TMPDIR=str(short))
    assert post_a_long_body(installed, "three") == 422
    for each in short.glob("pymp-*"):
        shutil.rmtree(each)
    assert post_a_long_body(installed, "four") == 422
    shutil.rmtree(short)
    assert post_a_long_body(installed, "five") == 422
    short.mkdir()


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_to_the_first_process_ends_all_of_them(
    installed: Installation, workers: str, number: signal.Signals
) -> None:
    first = installed.serve("--workers", workers)
    family = first.children(recursive=True)
    assert installed.shared_folders()
    first.send_signal(number)
    installed.started[0].wait(SECONDS_MAX)
    until(lambda: not alive(family))  # the tracker of resources is the last one
    assert is_free(installed.port)
    assert list(installed.scratch.iterdir()) == []
    assert "Traceback" not in installed.said and "starting another one" not in installed.said


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_hangup_that_is_ignored_ends_nothing(installed: Installation, workers: str) -> None:
    """As under `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        first = installed.serve("--workers", workers)
    finally:
        signal.signal(signal.SIGHUP, before)
    family = first.children(recursive=True)
    for each in (first, *family):
        each.send_signal(signal.SIGHUP)
    with installed.api() as api:
        assert api.get("/live").status_code == 200
    assert len(alive(family)) == len(family)


def test_a_killed_child_is_replaced(installed: Installation) -> None:
    first = installed.serve("--workers", "2")
    for child in first.children():
        if "spawn_main" in " ".join(child.cmdline()):
            child.kill()
    until(lambda: installed.said.count("starting another one") == 3, lambda: installed.said)
    with installed.api() as api:
        assert api.get("/live").status_code == 200


@pytest.mark.parametrize("arguments", [("serve",), ("serve", "--workers", "2"), ("demo",)])
def test_a_port_in_use_is_one_sentence_and_an_exit_code_of_its_own(
    installed: Installation, arguments: tuple[str, ...]
) -> None:
    with socket.create_server(("127.0.0.1", installed.port)):
        process = installed.spawn(*arguments)
        assert process.wait(SECONDS_MAX) == CANNOT_LISTEN
    assert f"Port {installed.port} of 127.0.0.1 is in use" in installed.said and "LEDGER_PORT" in installed.said
    assert len(installed.said.splitlines()) == 1, installed.said
    assert list(installed.scratch.iterdir()) == []


# --- listening -------------------------------------------------------------------------------------------------------


def test_a_server_that_was_killed_a_moment_ago_is_not_in_the_way(installed: Installation) -> None:
    """Connections that it had open stay with the system for a while."""
    with installed.api() as api:
        first = installed.serve()
        assert api.get("/live").status_code == 200
        first.kill()
        until(lambda: not alive([first]))
        installed.serve()


def test_serving_is_said_when_it_answers(installed: Installation) -> None:
    installed.serve("--workers", "2", LEDGER_HOST="::1")
    started, _, rest = installed.said.partition(f"Serving http://[::1]:{installed.port}/api")
    assert "Application startup complete" in started and rest
    assert httpx.get(f"http://[::1]:{installed.port}/api/live").status_code == 200


# --- the folder of hints ---------------------------------------------------------------------------------------------


def test_what_killed_servers_left_behind_goes_at_the_next_start_and_nothing_else(
    installed: Installation, unused_tcp_port_factory: Callable[[], int]
) -> None:
    installed.serve()
    [living] = installed.shared_folders()
    killed = installed.serve("--workers", "2", LEDGER_PORT=str(unused_tcp_port_factory()))
    (left,) = set(installed.shared_folders()) - {living}
    os.killpg(killed.pid, signal.SIGKILL)
    until(lambda: not alive([killed]))
    foreign = installed.scratch / f"{PREFIX}somebody"
    foreign.mkdir()
    assert left.exists()
    installed.serve(LEDGER_PORT=str(unused_tcp_port_factory()))
    assert not left.exists() and living.exists() and foreign.exists()


def test_a_folder_of_hints_that_was_removed_is_made_again(installed: Installation) -> None:
    installed.serve("--workers", "2")
    [folder] = installed.shared_folders()
    until(lambda: len(list(folder.iterdir())) == 3, lambda: f"{list(folder.iterdir())}\n{installed.said}")
    sockets = sorted(each.name for each in folder.iterdir())
    shutil.rmtree(folder)
    until(lambda: folder.exists() and sorted(each.name for each in folder.iterdir()) == sockets)


def test_without_a_folder_for_hints_the_service_polls(installed: Installation) -> None:
    """The name of a socket has at most some hundred bytes."""
    deep = installed.folder.joinpath("d" * 60, "e" * 60)
    deep.mkdir(parents=True)
    installed.serve("--workers", "2", TMPDIR=str(deep))
    assert "polling continues" in installed.said
    with installed.api() as api:
        user = api.post("/auth/register", json={"username": "ann", "password": "correct horse"}).json()
        headers = {"Authorization": f"Bearer {user['token']}"}
        opened = api.post("/ledgers", json={"id": "books"}, headers=headers).json()
        params = {"min_size": opened["size"], "timeout": 30}
        assert api.get("/ledgers/books/balances", params=params, headers=headers).status_code == 200


# --- children --------------------------------------------------------------------------------------------------------


def test_a_child_that_is_silent_is_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(children, "SILENCE_SECONDS", 10)
    file = tmp_path / "log"
    file.touch()
    with keep_children([Child("stuck", say_nothing, (file,))]):
        until(lambda: file.read_text().count("started") >= 2)


def test_a_server_that_never_answered_gives_up_when_its_child_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "PAUSE_SECONDS", 0.1)
    with keep_children([Child("failing", fail_at_once, serves=True)]) as kept:
        kept.wait()


# --- processes of commands -------------------------------------------------------------------------------------------

READ_AHEAD = """
import asyncio, sys
from pathlib import Path
from api.exchange.import_plan import ImportOptions
from api.exchange.input_files import read_chunks_ahead
async def read():
    async with read_chunks_ahead(Path(sys.argv[1]), ImportOptions(source="x")) as chunks:
        print("reading", flush=True)
        next(chunks)
asyncio.run(read())
"""
LOOK_AHEAD = """
from tests.trials.stuck import reopen_slowly
from api.audit.workers import look_ahead
if __name__ == "__main__":
    print("reading", flush=True)
    next(look_ahead(reopen_slowly, "x", "01-01", 0, 10, processes=2))
"""


@pytest.mark.parametrize("script", [READ_AHEAD, LOOK_AHEAD], ids=["import", "verify"])
def test_a_command_that_is_killed_leaves_no_process_behind(tmp_path: Path, script: str) -> None:
    pipe = tmp_path / "lines"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR)  # which writes nothing
    (tmp_path / "command.py").write_text(script)
    command = [sys.executable, str(tmp_path / "command.py"), str(pipe)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None and process.stdout.readline() == b"reading\n"
        first = psutil.Process(process.pid)
        until(lambda: len(first.children()) >= 1)
        time.sleep(2)
        family = first.children(recursive=True)
        process.kill()
        process.wait()
    until(lambda: not alive(family), lambda: str([each.cmdline() for each in alive(family)]))
    os.close(writer)
