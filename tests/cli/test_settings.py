"""Settings: what is unknown is named, what is empty is not set, what is wrong is said in plain words."""

import re
from pathlib import Path
from typing import Any

import pytest

from api.settings import Settings, SettingsInvalid, read_settings
from tests.cli.commands import arguments_of, every_command
from tests.cli.test_cli import Cli, environment_for


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """In an empty folder, where no database is."""
    return Cli(environment_for("sqlite:///none.db"), tmp_path)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """This process's environment without settings, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LEDGER_{name.upper()}", raising=False)
    return monkeypatch


def refusal() -> str:
    """What reading the settings is refused with."""
    with pytest.raises(SettingsInvalid) as refused:
        read_settings()
    return str(refused.value)


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, _ in every_command()])
def test_an_unknown_setting_stops_every_command_and_is_named(cli: Cli, name: str) -> None:
    arguments = arguments_of(name, cli.folder)
    before = set(cli.folder.iterdir())
    _, errors = cli.run(*arguments, code=2, LEDGER_DATABSE_URL="x")
    assert "LEDGER_DATABSE_URL" in errors and "LEDGER_DATABASE_URL?" in errors
    assert set(cli.folder.iterdir()) == before


def test_an_unknown_setting_stops_no_help(cli: Cli) -> None:
    assert "Usage" in cli("status", "--help", LEDGER_DATABSE_URL="x")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LEDGER_PROT", "LEDGER_PORT"),
        ("ledger_prot", "LEDGER_PORT"),
        ("LEDGER_LOGLEVEL", "LEDGER_LOG_LEVEL"),
        ("LEDGER_SIGNINGKEY", "LEDGER_SIGNING_KEY"),
        ("LEDGER_TOKENS", "LEDGER_TOKEN"),
        ("LLMEDGER_PORT", "LEDGER_PORT"),
        ("LEDGER_FLUX", None),
        ("LEDGER_", None),
    ],
)
def test_the_nearest_name_is_told(environment: pytest.MonkeyPatch, name: str, meant: str | None) -> None:
    environment.setenv(name, "x")
    told = refusal()
    assert told.startswith(f"{name} (in the environment) is not a setting")
    assert (f"did you mean {meant}?" in told) is (meant is not None)


def test_an_unknown_setting_in_the_env_file_is_named_too(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LEDGER_PORT=8123\nPOSTGRES_PASSWORD=other\n")
    assert read_settings().port == 8123
    (tmp_path / ".env").write_text("LEDGER_PORT=8123\nexport LEDGER_HOTS=x\n")
    assert refusal() == "LEDGER_HOTS (in .env) is not a setting: did you mean LEDGER_HOST?"
    (tmp_path / ".env").write_bytes(b"LEDGER_HOST=\xff\n")
    assert refusal() == ".env cannot be read: it is not in UTF-8"


def test_all_unknown_and_all_wrong_settings_are_told_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("LEDGER_PORT", "many")
    environment.setenv("LEDGER_PROJECTORS", "maybe")
    assert [line.split()[0] for line in refusal().splitlines()] == ["LEDGER_PORT", "LEDGER_PROJECTORS"]
    environment.setenv("LEDGER_A", "x")
    environment.setenv("LEDGER_B", "x")
    assert len(refusal().splitlines()) == 2


KUBERNETES = {
    "LEDGER_SERVICE_HOST": "10.0.0.1",
    "LEDGER_SERVICE_PORT": "8000",
    "LEDGER_SERVICE_PORT_HTTP": "8000",
    "LEDGER_PORT": "tcp://10.0.0.1:8000",
    "LEDGER_PORT_8000_TCP": "tcp://10.0.0.1:8000",
    "LEDGER_PORT_8000_TCP_PROTO": "tcp",
    "LEDGER_PORT_8000_TCP_PORT": "8000",
    "LEDGER_PORT_8000_TCP_ADDR": "10.0.0.1",
    # of a service called `ledger-db`
    "LEDGER_DB_SERVICE_HOST": "10.0.0.2",
    "LEDGER_DB_SERVICE_PORT": "5432",
    "LEDGER_DB_PORT": "tcp://10.0.0.2:5432",
    "LEDGER_DB_PORT_5432_TCP_ADDR": "10.0.0.2",
    # of one called `llmedger`
    "LLMEDGER_PORT": "tcp://10.0.0.3:8000",
    "LLMEDGER_SERVICE_HOST": "10.0.0.3",
    # ours, and no settings
    "LEDGER_TOKEN": "x",
    "LEDGER_PUBLISHED_PORT": "80",
    "LLMEDGER_TEST_REQUIRE_SHARED": "1",
}


def test_what_kubernetes_sets_for_a_service_of_that_name_is_no_setting(environment: pytest.MonkeyPatch) -> None:
    for name, value in KUBERNETES.items():
        environment.setenv(name, value)
    assert read_settings().port == 8000


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blank", ["", " ", "\t"])
@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_an_empty_setting_is_as_if_it_were_not_there(environment: pytest.MonkeyPatch, name: str, blank: str) -> None:
    without = read_settings()
    environment.setenv(f"LEDGER_{name.upper()}", blank)
    assert read_settings() == without


def test_an_empty_variable_leaves_the_env_file_its_say(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LEDGER_PORT=8123\nLEDGER_HOST=\n")
    environment.setenv("LEDGER_PORT", "")
    assert (read_settings().port, read_settings().host) == (8123, "127.0.0.1")


WRONG = {
    "database_url": ["nonsense", "mysql://localhost/x", "sqlite://", "sqlite:///:memory:", "sqlite:////a?b/x.db"],
    "migration_database_url": ["nonsense", "mysql://localhost/x", "postgresql://ann:hunter2@host:port/x"],
    "auth_database_url": ["nonsense", "postgresql://ann:hunter2@host:port/x"],
    "port": ["many", "0", "65536", "8000.5", "9" * 5000],
    "allowed_origins": ["*", "http://x/path", "http://x:port", "http://" + "a" * 70 + ".org", "x"],
    "session_cookie": ["a b", "a=b", "a;b", "ä"],
    "session_format": ["lucia"],
    "session_lifetime": ["0", "x", "9" * 30],
    "sign_in_limit": ["x", "10 per fortnight"],
    "sign_in_address_limit": ["x"],
    "sign_in_user_limit": ["x"],
    "registration_limit": ["x"],
    "projectors": ["maybe", "ON"],
    "default_currency": ["XAU", "eur"],
    "registration": ["yes"],
    "ledgers_per_user": ["many", "0", "-1", "1.5", "1000001"],
    "origin": ["a b", "a+b", "/a"],
    "log_level": ["loud"],
    "log_format": ["xml"],
}
PYDANTIC = re.compile(r"Input should|Value error|validation|string_|invalid literal|idna|Errno|got:", re.IGNORECASE)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_said_in_plain_words(environment: pytest.MonkeyPatch, name: str, value: str) -> None:
    environment.setenv(f"LEDGER_{name.upper()}", value)
    told = refusal()
    assert re.match(rf"LEDGER_{name.upper()}[: ]", told) and len(told) < 300
    assert not PYDANTIC.search(told), told
    assert "hunter2" not in told


def test_every_setting_that_can_be_wrong_was_tried() -> None:
    anything: set[str] = {"listen_database_url", "host", "session_table", "user_table", "signing_key"}
    assert WRONG.keys() | anything == Settings.model_fields.keys()


@pytest.mark.parametrize("command", ["serve", "worker"])
@pytest.mark.parametrize("key", ["none", ".", "open"])
def test_a_key_that_cannot_be_read_is_named_by_its_setting(cli: Cli, command: str, key: Any) -> None:
    (cli.folder / "open").write_text("nonsense")
    cli("migrate")
    _, errors = cli.run(command, code=2, LEDGER_SIGNING_KEY=key)
    assert "LEDGER_SIGNING_KEY: " in errors and "Errno" not in errors


def test_a_database_that_cannot_be_reached_is_named_by_its_setting(cli: Cli) -> None:
    for url in ("postgresql://ann:hunter2@127.0.0.1:1/x", "postgresql://ann:secret@nowhere.invalid/x"):
        _, errors = cli.run("status", code=1, LEDGER_DATABASE_URL=url)
        assert "LEDGER_DATABASE_URL" in errors and "hunter2" not in errors and "Errno" not in errors
