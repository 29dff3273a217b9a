"""schemathesis tries the whole OpenAPI document, all checks on: no 5xx, no status or shape that is not described.

It sends what the document allows and what it does not, with examples, at the limits, at random and in sequences. It is
bounded in number, on each kind of database.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.http.conftest import _nothing_went_wrong_in_the_server, postgres_server_, server, sqlite_server
from tests.http.service import BOTH, PASSWORD, Server, client, open_books, sale

__all__ = ["_nothing_went_wrong_in_the_server", "postgres_server_", "server", "sqlite_server"]


def _failures(report: str) -> str:
    """What of a report is about failures, and its last lines. Warnings in between are long."""
    _, found, failed = report.partition("= FAILURES =")
    return f"{failed.partition('= WARNINGS =')[0][:20_000] if found else report[-20_000:]}\n{report[-500:]}"


FOLDER = Path(__file__).parent
SEED = os.environ.get("LLMEDGER_TEST_SCHEMATHESIS_SEED", "1")
"""The same for every run, so that a run that fails can be repeated; another one looks elsewhere."""
EXAMPLES = os.environ.get("LLMEDGER_TEST_SCHEMATHESIS_EXAMPLES", "30")
"""Of each operation, in each phase. They bound the run, not a clock: so a slow machine sends what a fast one sends."""
SECONDS_MAX = 600


@BOTH
@pytest.mark.timeout(SECONDS_MAX + 60)
async def test_whatever_is_sent_the_answer_is_described(server: Server, tmp_path: Path) -> None:
    async with client(server, token=server.token) as api:
        books = await open_books(api, "books")
        for _ in range(3):
            await books.post("/transactions", sale(description="a text"))
        await api.post("/auth/register", json={"username": "bob", "password": PASSWORD})
    environment = os.environ | {
        "SCHEMATHESIS_HOOKS": "tests.trials.schemathesis_hooks",
        "PYTHONPATH": str(FOLDER.parent.parent),
        "LLMEDGER_TEST_URL": server.url,
        "LLMEDGER_TEST_PASSWORD": PASSWORD,
    }
    tried = subprocess.run(  # noqa: ASYNC221 - the server has a thread of its own
        [
            *(str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(FOLDER / "schemathesis.toml")),
            *("run", f"{server.url}/openapi.json", "--max-examples", EXAMPLES, "--continue-on-failure"),
            *("--seed", SEED, "--no-color"),
        ],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        timeout=SECONDS_MAX,
        check=False,
    )
    sys.stdout.write(tried.stdout)
    if tried.returncode != 0:
        pytest.fail(_failures(tried.stdout) + tried.stderr[-2_000:], pytrace=False)
