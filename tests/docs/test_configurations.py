"""What docs/operations.md gives other programs to read: nginx, systemd and Docker understand it, and so do we."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from api.settings import OTHER_NAMES, setting_names
from tests.docs.blocks import ROOT, blocks_of, read
from tests.docs.test_pages import commands_in, wrong_in
from tests.docs.units import environment_of, nginx_site, unit_files

PAGE = "docs/operations.md"


def program(name: str) -> str:
    """Where a program is; the test is skipped where it is not, and fails in CI."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None and os.environ.get("CI"):
        pytest.fail(f"there is no {name}")
    return found or pytest.skip(f"there is no {name}")


def test_nginx_takes_the_site(tmp_path: Path) -> None:
    configuration = nginx_site(tmp_path, service=8000, http=8080, https=8443)
    told = subprocess.run(
        [program("nginx"), "-t", "-p", str(tmp_path), "-c", str(configuration)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0 and "warn" not in told.stderr, told.stderr


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    shared = tmp_path / "llmedger-.service.d"
    shared.mkdir()
    files = unit_files()
    for name, text in files.items():
        folder = shared if name == "shared.conf" else tmp_path
        (folder / name).write_text(text.replace("/opt/llmedger/bin/llmedger", "/bin/true"))
    units = [name for name in files if name.endswith(".service")]
    told = subprocess.run(
        [program("systemd-analyze"), "verify", "--man=no", *units],
        cwd=tmp_path,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0 and str(tmp_path) not in told.stderr, told.stderr
    assert len(units) == 2


def test_the_units_call_commands_that_exist() -> None:
    started = [line for text in unit_files().values() for line in text.splitlines() if line.startswith("ExecStart=")]
    assert len(started) == 2
    assert [wrong for line in started for call in commands_in(line.replace("=", " ")) for wrong in wrong_in(call)] == []


def test_the_environment_has_settings_that_exist() -> None:
    named = set(environment_of()) | {name for text in unit_files().values() for name in _set_in(text)}
    assert named <= {*setting_names(), *OTHER_NAMES, "FORWARDED_ALLOW_IPS"}


def _set_in(unit: str) -> set[str]:
    return {line.split("=")[1] for line in unit.splitlines() if line.startswith("Environment=")}


def test_docker_is_asked_for_services_that_exist() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    text = "\n".join(block.text for block in blocks_of(PAGE) if block.language == "console")
    calls = [line.split() for line in text.splitlines() if line.startswith("docker compose ")]
    named = {words[3] for words in calls if words[2] == "logs"}
    named |= {next(word for word in words[3:] if word[0] != "-") for words in calls if words[2] == "run"}
    assert named and named <= services.keys()
    for words in calls:
        if words[2] == "run":
            command = words[words.index("api") + 1 :]
            assert wrong_in(command) == []


def test_the_page_names_the_time_after_which_a_silent_connection_is_closed() -> None:
    from api.serving import KEEP_ALIVE_SECONDS

    assert f"the {KEEP_ALIVE_SECONDS} s after which" in read(PAGE)
