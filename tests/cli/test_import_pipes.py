"""`llmedger import` from what can be read only once: standard input, pipes, FIFOs, `<(…)`."""

import gzip
import json
import os
import subprocess
import time
from typing import Any

import pytest

from tests.cli.commands import LINE
from tests.cli.test_cli import LLMEDGER, Cli, environment_for, own_environment
from tests.http.service import PASSWORD

OPTIONS = "--ledger books --open-accounts --json"
SENTENCE = "name the source with --source"


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """With an empty ledger."""
    folder = tmp_path_factory.mktemp("pipes")
    cli = Cli(environment_for(f"sqlite:///{folder / 'x.db'}"), folder)
    cli("migrate")
    cli("user", "add", "ann", "--password-stdin", stdin=f"{PASSWORD}\n")
    cli("ledger", "create", "books", "--owner", "ann", "--currency", "EUR")
    (folder / "lines.jsonl").write_bytes(lines(3))
    (folder / "lines.gz").write_bytes(gzip.compress(lines(3)))
    os.mkfifo(folder / "fifo")
    return cli


def lines(count: int) -> bytes:
    """So many transactions."""
    return b"".join(json.dumps(LINE | {"id": number}).encode() + b"\n" for number in range(count))


def shell(cli: Cli, script: str, *, code: int = 0) -> tuple[str, str]:
    """Both outputs of a bash script, in which `llmedger` is the program."""
    done = subprocess.run(
        ["bash", "-c", f'llmedger() {{ "{LLMEDGER}" "$@"; }}; {script}'],
        env=own_environment() | dict(cli.environment),
        cwd=cli.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize("file", ["lines.jsonl", "lines.gz"])
@pytest.mark.parametrize(
    "script",
    [
        "cat {file} | llmedger import - {options}",
        "llmedger import - {options} < {file}",
        "cat {file} | llmedger import /dev/stdin {options}",
        "llmedger import <(cat {file}) {options}",
        "cat {file} > fifo & llmedger import fifo {options}",
    ],
)
def test_a_pipe_is_imported_once_under_the_source_that_it_is_given(cli: Cli, script: str, file: str) -> None:
    source = f"{file}-{script.split('{file}')[0]}-{'fifo' in script}-{'dev' in script}"
    script = script.format(file=file, options=f"{OPTIONS} --source '{source}'")
    for imported in (3, 0) if file == "lines.gz" else (3,):
        report = json.loads(shell(cli, script)[0])
        assert (report["lines"], report["imported"], report["replayed"]) == (3, imported, 3 - imported)
        assert report["source"] == source


@pytest.mark.parametrize(
    "script",
    [
        "llmedger import - {options} < lines.jsonl",
        "cat lines.jsonl | llmedger import /dev/stdin {options}",
        "llmedger import <(cat lines.jsonl) {options}",
        "llmedger import fifo {options}",
        "llmedger import /dev/null {options}",
    ],
)
def test_a_pipe_without_a_source_is_asked_for_one(cli: Cli, script: str) -> None:
    out, errors = shell(cli, script.format(options=OPTIONS), code=2)
    assert SENTENCE in errors and out == ""


def test_a_file_behind_standard_input_has_its_own_name(cli: Cli) -> None:
    report = json.loads(shell(cli, f"llmedger import /dev/stdin {OPTIONS} < lines.jsonl")[0])
    assert report["source"] == f"{cli.folder.name}/lines"
    assert json.loads(shell(cli, f"llmedger import lines.jsonl {OPTIONS}")[0])["replayed"] == 3


ODD = {b"": 0, b"\n": 0, b"{": 1, gzip.compress(lines(2))[:-9]: 1, b"\x1f": 1, b"\x1f\x8b": 1, lines(2)[:1]: 1}
"""What a pipe may hold, and the exit code of importing it."""


def test_what_cannot_be_read_from_a_pipe_is_refused_as_from_a_file(cli: Cli) -> None:
    for content, code in ODD.items():
        (cli.folder / "odd").write_bytes(content)
        options = ("--ledger", "books", "--source", "odd", "--dry-run")
        of_file = cli.run("import", "odd", *options, code=code)
        of_pipe = shell(cli, f"cat odd | llmedger import - {' '.join(options)}", code=code)
        assert of_pipe[0] == of_file[0]
        told = of_file[1].partition("error:")[2].replace("odd cannot", "- cannot")
        assert of_pipe[1].partition("error:")[2] == told


def test_a_pipe_may_be_slow_and_longer_than_a_chunk(cli: Cli) -> None:
    many = lines(2_500)
    with subprocess.Popen(
        [str(LLMEDGER), "import", "-", *OPTIONS.split(), "--source", "slow"],
        env=own_environment() | dict(cli.environment),
        cwd=cli.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for piece in (many[:1], many[1:2], many[2:1_000], many[1_000:]):
            process.stdin.write(piece)
            process.stdin.flush()
            time.sleep(0.1)
        process.stdin.close()
        report: dict[str, Any] = json.loads(process.stdout.read())
    assert (report["lines"], report["imported"]) == (2_500, 2_500)
