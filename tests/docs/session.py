"""A reader who follows a page: one shell, in an empty folder with a new installation, whose server starts when a block
first needs it.

Commands go to a bash that lives as long as the page, so variables, functions and files stay for the blocks after. A
command that fails ends it. HTTP errors are failures: `.curlrc` says so to curl. Addresses and folders of the page are
exchanged for those of the test, in commands and in what a page says they print.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO

import psutil

from tests.docs.blocks import ROOT, Block
from tests.docs.browser import Browser, opened
from tests.docs.shown import is_printed

BIN = Path(sys.executable).parent
PREPARED = Path(__file__).parent / "prepare"
SECONDS_MAX = 90
"""For one block; two cores may be busy with other tests."""
URLS = {
    "http://127.0.0.1:8000": "127.0.0.1",
    "https://books.example.com": "127.0.0.1",
    "http://localhost:8000": "localhost",
}
"""Whatever a page calls its server, and the host that the test has for it."""
PAGE_ORIGIN = "http://localhost:5173"
SECURE = "/etc/llmedger"
"""Where pages keep what only the service may read."""
PROGRAMS = {"python": ("python3", "py"), "js": ("node", "mjs")}


class Differs(AssertionError):
    """A block of a page does not do what the page says."""


@dataclass
class Session:
    """What a reader has typed so far. Both ports are free when it begins."""

    folder: Path
    port: int
    origin_port: int
    printed: str = ""
    """By the last block that ran."""
    _scripts: int = 0
    _serves: bool = False
    _open: ExitStack = field(default_factory=ExitStack)

    # --- blocks

    def prepare(self, name: str) -> None:
        """Do what a page of this name takes for granted: `prepare/NAME.sh`, where there is one."""
        script = PREPARED / f"{name}.sh"
        if script.exists():
            self.follow(Block(str(script.relative_to(ROOT)), 1, "sh", (), script.read_text(encoding="utf-8")))

    def follow(self, block: Block) -> None:
        """Do what the page says. Raises Differs where something else happens."""
        text = self._here(block.text)
        if str(self.port) in text and "serves" not in block.words:
            self._start_server()
        if block.file is not None:
            (self.folder / block.file).write_text(text, encoding="utf-8")
        elif block.is_output:
            self._compare(block, text)
        elif "serves" in block.words:
            for line in text.splitlines():
                self._serve_until_stopped(block, line)
        elif "browser" in block.words:
            self.printed = self._browser.run(text)
        else:
            self._run(block, text)

    def close(self) -> None:
        """End the shell, the browser, and everything that was started."""
        self._open.close()

    def _compare(self, block: Block, text: str) -> None:
        if not is_printed(text, self.printed, block.language):
            raise Differs(f"{block} is not what was printed.\n--- shown\n{text}--- printed\n{self.printed}")

    def _run(self, block: Block, text: str) -> None:
        must_fail = "fails" in block.words
        status, self.printed, errors = self._execute(self._command(block.language, text), may_fail=must_fail)
        if (status != 0) != must_fail:
            raise Differs(f"{block} ended with {status}.\n{text}--- printed\n{self.printed}--- errors\n{errors}")

    def _command(self, language: str, text: str) -> str:
        """What the shell has to do for a block."""
        if language == "sh":
            return text
        program, ending = PROGRAMS[language]
        file = self.folder / f"program{self._scripts}.{ending}"
        file.write_text(text, encoding="utf-8")
        return f"{program} {file.name}\n"

    def _here(self, text: str) -> str:
        """The text with what is the page's own exchanged for what is the test's."""
        for url, host in URLS.items():
            text = text.replace(url, f"http://{host}:{self.port}")
        text = text.replace(PAGE_ORIGIN, f"http://localhost:{self.origin_port}")
        return text.replace(SECURE, str(self.folder / "etc"))

    # --- servers

    def _start_server(self) -> None:
        """Start `llmedger serve` with the settings that the reader has exported, once."""
        if not self._serves:
            self._serves = True
            log = self.folder / "server.log"
            self._execute(f"llmedger serve >{log} 2>&1 &\n")
            _until(lambda: log.exists() and "\nServing " in f"\n{log.read_text()}", log)

    def _serve_until_stopped(self, block: Block, line: str) -> None:
        """Run a command that serves, until it says that it does; then press Ctrl-C."""
        log = self.folder / "serves.log"
        of_make = line.startswith("make ")
        _, environment, _ = self._execute("env -0\n")
        settings = dict(each.split("=", 1) for each in environment.split("\0") if each)
        if of_make:  # it runs in the repository, whose ./data is somebody's
            settings["LEDGER_DATABASE_URL"] = f"sqlite:///{self.folder / 'data' / 'ledger.db'}"
            settings["DEMO_DATABASE_URL"] = f"sqlite:///{self.folder / 'demo.db'}"
        with log.open("w") as out, _group(f"exec {line}", settings, ROOT if of_make else self.folder, out) as server:
            _until(lambda: "Serving " in log.read_text() or server.poll() is not None, log)
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGINT)
            status = server.wait(SECONDS_MAX)
        said = log.read_text()
        if "Serving " not in said or "Traceback" in said or (status and not of_make):  # make ends as the signal says
            raise Differs(f"{block} ended with {status}.\n{said}")

    @cached_property
    def _browser(self) -> Browser:
        return self._open.enter_context(opened(self.origin_port))

    # --- the shell

    @cached_property
    def _shell(self) -> "subprocess.Popen[str]":
        home = self.folder / "home"
        home.mkdir()
        (self.folder / "etc").mkdir()
        (home / ".curlrc").write_text("fail-with-body\nshow-error\nretry = 5\n")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LEDGER_", "FORWARDED_"))}
        settings = kept | {
            "HOME": str(home),
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "COLUMNS": "120",
            "LANG": "C.UTF-8",
            "LEDGER_PORT": str(self.port),
            "LEDGER_ALLOWED_ORIGINS": f"http://localhost:{self.origin_port}",
        }
        return self._open.enter_context(_group("exec bash", settings, self.folder, subprocess.DEVNULL))

    def _execute(self, text: str, *, may_fail: bool = False) -> tuple[int, str, str]:
        """Run commands in the shell; returns their status, what they printed, and what they complained of."""
        self._scripts += 1
        script, out, errors, status = (
            self.folder / f".{self._scripts}.{ending}" for ending in ("sh", "out", "err", "status")
        )
        script.write_text(text, encoding="utf-8")
        strictly = "set +euo pipefail" if may_fail else "set -euo pipefail"
        assert self._shell.stdin
        told = f"echo $? >{status}.new; mv {status}.new {status}"
        self._shell.stdin.write(f"{strictly}; source {script} >{out} 2>{errors} </dev/null; {told}\n")
        self._shell.stdin.flush()
        _until(lambda: status.exists() or self._shell.poll() is not None, out, errors)
        ended = int(status.read_text()) if status.exists() else self._shell.wait()
        return ended, out.read_text(encoding="utf-8"), errors.read_text(encoding="utf-8")


@contextmanager
def _group(
    command: str, environment: dict[str, str], folder: Path, out: IO[str] | int
) -> Iterator["subprocess.Popen[str]"]:
    """A process in a session of its own; whatever it started has ended afterwards."""
    process = subprocess.Popen(
        ["bash", "-c", command],
        env=environment,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=out,
        stderr=out,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        for how in (signal.SIGTERM, signal.SIGKILL):
            members = list(_members(process.pid))
            for each in members:
                with suppress(psutil.NoSuchProcess):
                    each.send_signal(how)
            with suppress(Differs):
                _until(lambda: process.poll() is not None and not any(_members(process.pid)), seconds=15)
        assert process.stdin
        process.stdin.close()


def _members(session: int) -> Iterator[psutil.Process]:
    """The processes of a session that have not ended."""
    for pid in psutil.pids():
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            if os.getsid(pid) == session and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                yield psutil.Process(pid)


def _until(condition: Callable[[], bool], *logs: Path, seconds: float = SECONDS_MAX) -> None:
    """Return when it holds. Raises Differs, with what was said, where it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            said = [log.read_text() for log in logs if log.exists()]
            raise Differs("\n".join([f"nothing more came in {seconds} s", *said]))
        time.sleep(0.05)
