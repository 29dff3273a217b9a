"""docker-compose.yml and the Dockerfile: every setting reaches the service, and the service gets no more than it needs.

No container engine is needed: the file is read as one would read it, with the variables put in.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.settings import OTHER_NAMES, Settings, read_settings, setting_names

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text()
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?P<kind>:-|:\?)(?P<otherwise>[^${}]*)\}")
OURS = ("migrate", "api", "worker", "key")
GIVEN = {"POSTGRES_PASSWORD": "secret"}


def services(given: Mapping[str, str]) -> dict[str, Any]:
    """The services of the file as Docker sees them where these variables are given."""
    return dict(_filled_in(yaml.safe_load(TEXT)["services"], given))


def _filled_in(node: Any, given: Mapping[str, str]) -> Any:
    """A part of the file with the variables put into its texts, those inside of others first."""
    if isinstance(node, dict):
        return {name: _filled_in(member, given) for name, member in node.items()}
    if isinstance(node, list):
        return [_filled_in(item, given) for item in node]
    while isinstance(node, str) and (found := VARIABLE.search(node)) is not None:
        value = given.get(found["name"]) or (found["otherwise"] if found["kind"] == ":-" else "")
        assert value or found["kind"] == ":-", f"{found['name']} must be given"
        node = node[: found.start()] + value + node[found.end() :]
    return node


def environment(service: str, **given: str) -> dict[str, str]:
    """The environment of a service."""
    return {name: str(value) for name, value in services(GIVEN | given)[service].get("environment", {}).items()}


def test_every_setting_is_passed_on() -> None:
    given = {name: f"given-{name}" for name in setting_names()}
    named = {name for service in OURS for name in environment(service)}
    assert named >= set(setting_names())
    fixed = {"LEDGER_HOST", "LEDGER_PORT", "LEDGER_PROJECTORS", "LEDGER_SIGNING_KEY"}
    passed = environment("api", **given) | environment("migrate", **given)
    assert {name for name, value in given.items() if passed.get(name) != value} == fixed


def test_every_variable_of_ours_is_a_setting() -> None:
    named = set(re.findall(r"LEDGER_[A-Z_]+", TEXT))
    assert named <= {*setting_names(), *OTHER_NAMES}


@pytest.mark.parametrize("service", OURS)
def test_with_nothing_given_but_the_password_every_setting_has_its_default(
    service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in environment(service).items():
        monkeypatch.setenv(name, value)
    found = read_settings()
    set_here = {"database_url", "listen_database_url", "migration_database_url", "host", "projectors", "signing_key"}
    usual = {name: field.default for name, field in Settings.model_fields.items() if name not in set_here}
    assert {name: getattr(found, name) for name in usual} == usual
    assert found.database_url == "postgresql://ledger:secret@postgres:5432/ledger"


def test_the_proxy_and_the_number_of_processes_can_be_named() -> None:
    assert environment("api", FORWARDED_ALLOW_IPS="172.18.0.1")["FORWARDED_ALLOW_IPS"] == "172.18.0.1"
    assert services(GIVEN)["api"]["command"] == ["serve", "--workers", "1"]
    assert services(GIVEN | {"WORKERS": "4"})["api"]["command"] == ["serve", "--workers", "4"]


@pytest.mark.parametrize("service", OURS)
def test_a_container_may_do_no_more_than_it_must(service: str) -> None:
    found = services(GIVEN)[service]
    assert found["read_only"] is True and found["tmpfs"] == ["/tmp"]
    assert found["cap_drop"] == ["ALL"] and "cap_add" not in found and "privileged" not in found
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert services(GIVEN)["postgres"]["security_opt"] == ["no-new-privileges:true"]


def test_nothing_is_published_beyond_this_machine() -> None:
    published = [port for each in services(GIVEN).values() for port in each.get("ports", [])]
    assert published == ["127.0.0.1:8000:8000"]


def test_what_runs_for_long_is_looked_after() -> None:
    found = services(GIVEN)
    dockerfile = (ROOT / "Dockerfile").read_text()
    for name in ("postgres", "api", "worker"):
        assert found[name]["restart"] == "unless-stopped"
        check = found[name].get("healthcheck")
        assert check["test"][0] == "CMD" if check else "HEALTHCHECK" in dockerfile, name
    assert found["worker"]["healthcheck"]["test"][1:3] == ["llmedger", "status"]


def test_images_can_be_named_by_digest() -> None:
    digests = {"PYTHON_IMAGE": "python@sha256:0", "POSTGRES_IMAGE": "postgres@sha256:1"}
    found = services(GIVEN | digests)
    assert found["postgres"]["image"] == "postgres@sha256:1"
    assert found["api"]["build"]["args"] == {"PYTHON_IMAGE": "python@sha256:0"}
    assert "ARG PYTHON_IMAGE=" in (ROOT / "Dockerfile").read_text()
