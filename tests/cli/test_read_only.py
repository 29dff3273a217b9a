"""Books in a folder that cannot be written to: a read-only mount, or another user's folder."""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.commands import LINE
from tests.cli.test_cli import LLMEDGER, Cli, environment_for, own_environment
from tests.cli.test_status import import_one
from tests.http.service import PASSWORD


@dataclass(frozen=True)
class Sealed:
    """A folder with books that no command can write to."""

    folder: Path
    outside: Path
    """A folder that it can write to."""

    def run(self, *arguments: str, code: int) -> tuple[str, str]:
        """Both outputs of a command that ends with this exit code."""
        done = subprocess.run(
            [*self._sealing(), str(LLMEDGER), *arguments],
            capture_output=True,
            text=True,
            input=f"{PASSWORD}\n",
            env={**own_environment(), **environment_for(f"sqlite:///{self.folder}/x.db")},
            cwd=self.outside,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout, done.stderr

    def _sealing(self) -> Sequence[str]:
        """How to run a command to which the folder is read-only. Rights do not bind root, a mount does."""
        if os.geteuid() != 0:
            return ("sh", "-c", 'chmod 555 "$0"; "$@"; code=$?; chmod 755 "$0"; exit $code', str(self.folder))
        mounts = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
        return ("unshare", "--mount", "sh", "-c", mounts, str(self.folder))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    """With a ledger of one transaction."""
    folder, outside = (tmp_path_factory.mktemp("sealed") / name for name in ("d", "outside"))
    folder.mkdir()
    outside.mkdir()
    if os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        if os.environ.get("CI"):
            pytest.fail("no filesystem could be mounted")
        pytest.skip("no filesystem can be mounted by this user")
    cli = Cli(environment_for(f"sqlite:///{folder}/x.db"), outside)
    cli("migrate")
    cli("user", "add", "ann", "--password-stdin", stdin=f"{PASSWORD}\n")
    cli("ledger", "create", "books", "--owner", "ann", "--currency", "EUR")
    import_one(cli, 1)
    cli("balances", "--ledger", "books")
    assert sorted(each.name for each in folder.iterdir()) == ["x-projections.db", "x.db"]
    return Sealed(folder, outside)


def test_sound_books_pass_an_audit_there(sealed: Sealed) -> None:
    out, _ = sealed.run("verify", str(sealed.folder / "x.db"), code=0)
    assert out.splitlines()[-1].startswith("PASSED")


@pytest.mark.parametrize(("name", "ending"), [("x.db", "-wal"), ("x-projections.db", "-wal"), ("x.db", "-journal")])
def test_what_sqlite_would_have_to_merge_first_is_not_called_damaged(sealed: Sealed, name: str, ending: str) -> None:
    log = sealed.folder / f"{name}{ending}"
    log.write_bytes(b"something")
    _, errors = sealed.run("verify", str(sealed.folder / "x.db"), code=2)
    assert log.name in errors and "Copy both files" in errors
    log.unlink()


def test_commands_that_only_read_work_there(sealed: Sealed) -> None:
    assert "1.00" in sealed.run("balances", "--ledger", "books", code=0)[0]
    assert "1.00" in sealed.run("register", "Assets:Cash", "--ledger", "books", code=0)[0]
    sealed.run("export", str(sealed.outside / "export"), "--ledger", "books", code=0)
    sealed.run("backup", str(sealed.outside / "books.backup"), code=0)
    sealed.run("verify", str(sealed.outside / "export"), code=0)
    assert "books" in sealed.run("ledger", "list", code=0)[0]
    assert "rebuilt" in sealed.run("rebuild", "all", code=0)[0], "where all rows are equal"


READ_ONLY = "read-only for this user"


def test_status_says_that_nothing_can_be_written(sealed: Sealed) -> None:
    out, errors = sealed.run("status", code=1)
    assert READ_ONLY in errors and str(sealed.folder) in errors and "Not all is well." in out


@pytest.mark.parametrize(
    "arguments",
    [
        ("user", "add", "bob", "--password-stdin"),
        ("ledger", "create", "more", "--owner", "ann"),
        ("import", "lines.jsonl", "--ledger", "books"),
    ],
)
def test_what_writes_says_why_it_cannot(sealed: Sealed, arguments: Sequence[str]) -> None:
    (sealed.outside / "lines.jsonl").write_text(str(LINE).replace("'", '"') + "\n")
    errors = sealed.run(*arguments, code=1)[1]
    assert READ_ONLY in errors and str(sealed.folder) in errors
    assert "LEDGER_DATABASE_URL" not in errors
