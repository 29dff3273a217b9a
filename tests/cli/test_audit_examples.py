"""Every command of the audit page is run as it stands there, and prints what the page shows."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.audit import auditing, bounded_http, parsing, remote, report, sources
from ledger import codec
from ledger.notes import VerifierKey
from tests.cli.test_cli import JANUARY, Cli, Served, environment_for, own_environment, serve
from tests.http.service import PASSWORD

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "audit.md").read_text()
BIN = Path(sys.executable).parent


def blocks(language: str) -> list[str]:
    """What the page shows in this language, from its beginning."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)


INSTALL, *AUDITS = blocks("sh")
SHOWN = blocks("text")[0]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """On a database with the ledger of the page, and a key that signs."""
    environment = environment_for(f"sqlite:///{tmp_path / 'ledger.db'}")
    signing = {"LEDGER_SIGNING_KEY": str(tmp_path / "key"), "LEDGER_ORIGIN": "example.com/books"}
    cli = Cli({**environment, **signing}, tmp_path)
    cli("key", "new", "key")
    cli("migrate")
    cli("user", "add", "ann", "--password-stdin", stdin=f"{PASSWORD}\n")
    cli("ledger", "create", "books", "--owner", "ann", "--currency", "EUR")
    (tmp_path / "january.jsonl").write_text(JANUARY, encoding="utf-8")
    cli("import", "january.jsonl", "--ledger", "books", "--open-accounts", "--type-map", "Kasse=asset")
    return cli


@pytest.fixture
def served(cli: Cli) -> Iterator[Served]:
    """The service on it."""
    yield from serve(cli)


def shell(script: str, folder: Path, **environment: str) -> str:
    """What a script prints; it fails where one of its commands does."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={**own_environment(), **environment, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_commands_of_the_page_audit_a_server_and_all_else(cli: Cli, served: Served, tmp_path: Path) -> None:
    login = httpx.post(f"{served.url}/auth/login", json={"username": "ann", "password": PASSWORD}).json()["token"]
    ledger = f"{served.url}/ledgers/books"
    with httpx.Client(headers={"Authorization": f"Bearer {login}"}) as api:
        member = api.post(f"{ledger}/tokens", json={"name": "the auditor", "role": "auditor"}).json()["token"]
        size = api.get(ledger).json()["size"]
        assert api.get(f"{ledger}/log/checkpoint", params={"min_size": size, "timeout": 30}).status_code == 200
    (tmp_path / "token").write_text(f"{member}\n")
    cli("export", "export", "--ledger", "books")
    vkey = cli("key", "show", "key").strip()
    printed = []
    for block in AUDITS:
        here = block.replace("https://books.example.com/api", served.url)
        here = re.sub(r"example\.com/books\+\S+", lambda _: vkey, here)
        printed.append(shell(f'export LEDGER_TOKEN="$(cat token)"\n{here}', tmp_path, **cli.environment))
    assert alike(printed[0].replace(served.url, "https://books.example.com/api")) == alike(SHOWN)
    assert "extends the" in printed[1]
    assert printed[2].count("PASSED") == 6
    assert (tmp_path / "receipt.tlog-proof").read_text().startswith("c2sp.org/tlog-proof@v1\nextra ")
    assert VerifierKey.parse(vkey).name == "example.com/books"


def alike(text: str) -> str:
    """The text without what differs from ledger to ledger."""
    for pattern, name in (
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
        (r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z", "TIME"),
        (r"Root     \S+", "Root     HASH"),
        (r"(?s)Currency .*?\n\n", "TOTALS\n\n"),
        (r"\b[0-9]+\b", "N"),
    ):
        text = re.sub(pattern, name, text)
    return text


@pytest.mark.slow
def test_the_auditor_is_built_and_installed_as_the_page_says(cli: Cli, tmp_path: Path) -> None:
    """Offline: the libraries are those that are here; pip is told so by its own settings."""
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "false"}
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "ledger", "projections", "api", "migrations"):
        (source / name).symlink_to(ROOT / name)
    printed = shell(INSTALL.partition("auditor/bin/llmedger")[0], source, **offline)
    assert re.search(r"^[0-9a-f]{64}  dist/double_llmedger-\S+-py3-none-any\.whl$", printed, flags=re.MULTILINE)
    (packages,) = (source / "auditor" / "lib").glob("python*/site-packages")
    (here,) = (BIN.parent / "lib").glob("python*/site-packages")
    (packages / "libraries.pth").write_text(f"{here}\n")
    assert "PASSED or FAILED" in shell("auditor/bin/llmedger verify --help", source)
    cli("export", "export", "--ledger", "books")
    assert shell(f"auditor/bin/llmedger verify {tmp_path / 'export'}", source).startswith("PASSED")
    where = shell("source/auditor/bin/python -c 'import api, ledger; print(api.__file__, ledger.__file__)'", tmp_path)
    assert where.count(str(packages)) == 2, "it does not run from the source"


def test_the_page_names_every_limit_with_its_value() -> None:
    listed = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \|", PAGE, flags=re.MULTILINE))
    listed |= dict(re.findall(r"`([A-Z_]+)` \(([^)]+)\)", PAGE))
    known: dict[str, float] = {}
    for module in (bounded_http, parsing, remote, report, auditing, sources, codec):
        known |= {
            name: value for name, value in vars(module).items() if name.isupper() and isinstance(value, int | float)
        }
    units = {"MiB": 2**20, "KiB": 2**10}
    for name, text in listed.items():
        number, _, unit = text.strip().partition(" ")
        assert float(number) * units.get(unit, 1) == known[name], name
    bounds = {name for name in known if name.endswith("_MAX") and known[name] is not None}
    bounds &= set(vars(bounded_http)) | set(vars(remote)) | set(vars(parsing)) | set(vars(auditing)) | set(vars(report))
    assert bounds - listed.keys() - {"ENTRY_BYTES_MAX", "MEMORY_BYTES_MAX", "SAFE_INTEGER_MAX"} == set()
