"""A database that an earlier version wrote (59d276b): it migrates, passes an audit, is rebuilt to equal rows, and shows
the balances that it showed then."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.shared_data import shared_folder

LLMEDGER = Path(sys.executable).with_name("llmedger")
LEDGERS = ("bc-basic", "hledger-multicurrency", "ledger-drewr")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """The database's folder, unpacked and migrated."""
    for packed in sorted((shared_folder() / "data" / "old-database").glob("*.db.gz")):
        (tmp_path / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    llmedger(tmp_path, "migrate")
    return tmp_path


def llmedger(folder: Path, *arguments: str) -> str:
    """Return what a command prints on the database in this folder."""
    done = subprocess.run(
        [str(LLMEDGER), *arguments],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")},
            "LEDGER_DATABASE_URL": f"sqlite:///{folder / 'ledger.db'}",
        },
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def balances(folder: Path, ledger: str) -> Any:
    return json.loads(llmedger(folder, "balances", "--ledger", ledger, "--json"))


def test_an_old_database_shows_what_it_showed_before_and_after_a_rebuild(old: Path) -> None:
    shown = {
        ledger: json.loads((shared_folder() / "data" / "old-database" / f"{ledger}.balances.json").read_text())
        for ledger in LEDGERS
    }
    assert {ledger: balances(old, ledger) for ledger in LEDGERS} == shown
    llmedger(old, "rebuild", "all")
    assert {ledger: balances(old, ledger) for ledger in LEDGERS} == shown


@pytest.mark.parametrize("ledger", LEDGERS)
def test_an_old_database_passes_an_audit(old: Path, ledger: str) -> None:
    assert "PASSED" in llmedger(old, "verify", f"sqlite:///{old / 'ledger.db'}", "--ledger", ledger)
