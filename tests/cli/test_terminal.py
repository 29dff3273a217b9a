"""The command line as a program among others: quick to answer, examples that are right, at peace with pipes."""

import json
import os
import shlex
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from api.wording import spell_count
from tests.cli.commands import every_command
from tests.cli.test_cli import COMMANDS, LLMEDGER, Cli, environment_for, free_port, own_environment

HEAVY = ("alembic", "asyncpg", "cryptography", "fastapi", "pydantic_settings", "sqlalchemy", "starlette", "uvicorn")
"""What makes starting slow: importing all of it takes over a second."""


def test_the_list_of_commands_in_the_tests_is_whole() -> None:
    assert {" ".join(each) for each in COMMANDS} >= {name for name, _ in every_command()}


def test_help_and_version_import_nothing_of_the_service() -> None:
    program = f"""
import sys
from typer.testing import CliRunner
from api.cli import app
for command in [["--version"], *{COMMANDS!r}]:
    done = CliRunner().invoke(app, command if command == ["--version"] else [*command, "--help"])
    assert done.exit_code == 0, done.output
print(*sorted({set(HEAVY)!r} & sys.modules.keys()))
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == ""


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    cli = Cli(environment_for("sqlite:///none.db"), tmp_path)
    assert cli("--version").strip() == f"llmedger {version('double-llmedger')}"


@pytest.mark.parametrize(("name", "command"), [pytest.param(*each, id=each[0]) for each in every_command()])
def test_every_command_shows_an_example_that_is_right(name: str, command: Any) -> None:
    heading, *lines = command.epilog.split("\n\n")
    assert heading == "Examples:" and lines
    known = {option for parameter in command.params for option in parameter.opts}
    for line in lines:
        words = shlex.split(line.partition("llmedger ")[2], comments=False)
        assert line.partition("llmedger ")[2].startswith(name), line
        assert {word for word in words if word.startswith("--")} <= known, line


def test_counts_are_grammatical() -> None:
    assert (spell_count(0, "line"), spell_count(1, "line"), spell_count(2, "line")) == ("0 lines", "1 line", "2 lines")


# --- pipes ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """On an empty database."""
    folder = tmp_path_factory.mktemp("terminal")
    cli = Cli(environment_for(f"sqlite:///{folder / 'x.db'}"), folder)
    cli("migrate")
    return cli


@pytest.mark.parametrize(
    "arguments", [["--help"], ["user", "list"], ["user", "list", "--json"], ["status"], ["nonsense"]], ids=" ".join
)
def test_a_reader_who_has_gone_is_no_error(cli: Cli, arguments: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [str(LLMEDGER), *arguments],
        stdout=writing,
        stderr=writing if arguments == ["nonsense"] else subprocess.PIPE,
        text=True,
        env=own_environment() | dict(cli.environment),
        cwd=cli.folder,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr or "") == (141, "")


def test_output_that_cannot_be_written_is_an_error(cli: Cli) -> None:
    for arguments in (["user", "list"], ["user", "list", "--json"]):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [str(LLMEDGER), *arguments],
                stdout=full,
                stderr=subprocess.PIPE,
                text=True,
                env=own_environment() | dict(cli.environment),
                cwd=cli.folder,
                check=False,
            )
        assert done.returncode == 1
        assert "No space left on device" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete_commands_and_options(cli: Cli, shell: str) -> None:
    environment = own_environment() | dict(cli.environment)
    script = subprocess.run(
        [str(LLMEDGER)],
        env=environment | {"_LLMEDGER_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "_LLMEDGER_COMPLETE" in script.stdout
    if shell == "bash":
        for words, at, completed in (("llmedger ver", "1", "verify"), ("llmedger balances --und", "2", "--under")):
            asked = {"_LLMEDGER_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": at}
            told = subprocess.run([str(LLMEDGER)], env=environment | asked, capture_output=True, text=True, check=False)
            assert completed in told.stdout.split()


# --- servers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "json"])
def test_ctrl_c_ends_a_server_at_any_moment_without_an_error(cli: Cli, form: str) -> None:
    settings = {"LEDGER_PORT": str(free_port()), "LEDGER_LOG_FORMAT": form}
    with subprocess.Popen(
        [str(LLMEDGER), "serve"],
        env=own_environment() | dict(cli.environment) | settings,
        cwd=cli.folder,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        told: list[str] = []
        while not told or "serving http" not in told[-1].lower():  # its projector is still starting by then
            told.append(process.stderr.readline())
            assert told[-1], told
        os.killpg(process.pid, signal.SIGINT)  # what a terminal does: all of its processes hear it
        told += process.stderr.readlines()
        assert process.wait(30) == 0
    assert "Traceback" not in "".join(told) and " ERROR " not in "".join(told)
    if form == "json":
        assert {json.loads(line)["level"] for line in told} == {"info"}
    else:
        assert "Try in another terminal:" in "".join(told)
