"""Clients that generators make of the OpenAPI document: they compile, and they sign in, post, are refused and read.

The TypeScript client needs node and npm, the Python client an environment of its own, because its generator needs older
libraries than we do. Both are installed by their lock files. Without node the test is skipped, and fails in CI.
"""

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http.described import document
from tests.http.service import PASSWORD, Server, serve, sqlite_settings

FOLDER = Path(__file__).parent / "clients"
ROOT = FOLDER.parent.parent.parent
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def run(*command: str | Path, cwd: Path) -> str:
    """What a program prints. It must end well."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout[-4_000:]}{done.stderr[-4_000:]}"
    return done.stdout + done.stderr


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serve(sqlite_settings(tmp_path)) as server:
        yield server


@pytest.fixture
def described(tmp_path: Path) -> Path:
    """The document as a file."""
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document()), encoding="utf-8")
    return file


def test_a_client_in_typescript_compiles_and_keeps_books(server: Server, described: Path, tmp_path: Path) -> None:
    """Made by openapi-typescript, used through openapi-fetch, under all strict options."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        reason = "there is no node with npm: install Debian's packages nodejs and npm"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    work = tmp_path / "typescript"
    shutil.copytree(FOLDER / "typescript", work, ignore=shutil.ignore_patterns("node_modules", "built", "api.ts"))
    run(npm, "ci", "--no-audit", "--no-fund", cwd=work)
    programs = work / "node_modules" / ".bin"
    run(programs / "openapi-typescript", described, "-o", "api.ts", cwd=work)
    run(programs / "tsc", "--project", "tsconfig.json", cwd=work)
    assert "and read 12.50" in run(node, "built/use.js", server.url, "ann", PASSWORD, cwd=work)


@pytest.fixture
def generators(tmp_path: Path) -> Path:
    """The folder with the programs of an environment with the generator of Python clients."""
    venv.create(tmp_path / "generators", with_pip=True)
    programs = tmp_path / "generators" / "bin"
    lock = ROOT / "requirements-clients.lock"
    install = ("install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes", "-r", lock)
    run(programs / "python", "-m", "pip", *install, cwd=tmp_path)
    return programs


def test_a_client_in_python_is_typed_and_keeps_books(
    server: Server, described: Path, generators: Path, tmp_path: Path
) -> None:
    """Made by openapi-python-client."""
    work = tmp_path / "python"
    work.mkdir()
    made = run(
        *(generators / "openapi-python-client", "generate", "--path", described, "--meta", "none"),
        *("--output-path", work / "client_of_books"),
        cwd=work,
    )
    missing = [line for line in made.splitlines() if line.startswith(("WARNING", "Unsupported", "Unable", "Cannot"))]
    assert missing == [
        "WARNING parsing POST /api/ledgers/{ledger}/commands within transactions.",
        "Unsupported content type application/x-ndjson",
    ], "what the generator leaves out: streams of JSON lines, and no more"
    shutil.copy(FOLDER / "python" / "use.py", work)
    run(
        *(sys.executable, "-m", "mypy", "--python-executable", generators / "python"),
        *("--config-file", os.devnull, "use.py", "client_of_books"),
        cwd=work,
    )
    assert "and read 12.50" in run(generators / "python", "use.py", server.url, "ann", PASSWORD, cwd=work)
