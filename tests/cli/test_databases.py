"""The files of a database: made by those commands alone that are to make one, private, wherever they lie, and left
alone by a program that is too old for them."""

import asyncio
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

import migrations
from api.audit.index import AuditIndex
from ledger.store.urls import read_database_url
from migrations import BRANCHES, known_schema, version_table
from tests.cli.commands import MAKES_DATABASE, OWN_FILES, arguments_of, every_command, input_of
from tests.cli.test_cli import Cli, Served, environment_for, own_environment, serve
from tests.http.service import PASSWORD
from tests.postgres import PostgresServer

ROOT = Path(__file__).parents[2]
ON_DATABASE = [name for name, _ in every_command() if name not in OWN_FILES]


def files_below(folder: Path) -> set[str]:
    """Everything in a folder."""
    return {str(each.relative_to(folder)) for each in folder.rglob("*")}


# --- made by those that are to make one -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in ON_DATABASE if name not in MAKES_DATABASE])
@pytest.mark.parametrize("url", ["sqlite:///no/folder/x.db", "sqlite:///x.db"])
def test_a_command_on_no_database_says_so_and_makes_nothing(tmp_path: Path, name: str, url: str) -> None:
    cli = Cli(environment_for(url), tmp_path)
    arguments = arguments_of(name, tmp_path)
    before = files_below(tmp_path)
    _, errors = cli.run(*arguments, code=1, stdin=input_of(name))
    path = tmp_path / url.removeprefix("sqlite:///")
    assert f"no such file: {path}" in errors and "LEDGER_DATABASE_URL" in errors and "llmedger migrate" in errors
    assert files_below(tmp_path) == before


@pytest.mark.parametrize("name", sorted(OWN_FILES))
def test_a_command_with_files_of_its_own_makes_no_database(tmp_path: Path, name: str) -> None:
    cli = Cli(environment_for("sqlite:///data/x.db"), tmp_path)
    arguments = arguments_of(name, tmp_path)
    cli.run(*arguments, code=None)
    assert not (tmp_path / "data").exists() and not (tmp_path / "none.db").exists()


def test_read_models_that_are_missing_are_said_to_be_and_not_made(tmp_path: Path) -> None:
    cli = Cli(environment_for("sqlite:///x.db"), tmp_path)
    cli("migrate")
    for file in tmp_path.glob("x-projections.db*"):
        file.unlink()
    before = files_below(tmp_path)
    _, errors = cli.run("status", code=1)
    assert f"no such file: {tmp_path / 'x-projections.db'}" in errors
    assert files_below(tmp_path) == before
    cli("migrate")
    assert cli.json("status")["well"]


# --- private ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def usual_umask() -> Iterator[None]:
    """Files are readable by everybody unless their maker says otherwise."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.usefixtures("usual_umask")
def test_files_of_a_database_are_for_their_owner_alone(tmp_path: Path) -> None:
    cli = Cli(environment_for(f"sqlite:///{tmp_path}/new/folder/ledger.db"), tmp_path)
    cli("migrate")
    cli("user", "add", "ann", "--password-stdin", stdin=f"{PASSWORD}\n")
    cli("ledger", "create", "books", "--owner", "ann")
    with closing(sqlite3.connect(tmp_path / "new/folder/ledger.db")) as reader:  # so that both have files beside them
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM ledgers").fetchall()
        for _ in serve(cli):
            assert len(assert_private(tmp_path / "new")) == 7  # two folders would be 8 with a journal in DELETE mode
    cli("export", "exported", "--ledger", "books")
    assert stat.S_IMODE((tmp_path / "exported").stat().st_mode) == 0o700
    with closing(AuditIndex(tmp_path / "state.progress")):  # what an audit keeps until it is finished
        assert stat.S_IMODE((tmp_path / "state.progress").stat().st_mode) == 0o600


def assert_private(folder: Path) -> set[str]:
    """Nobody but the owner can read anything; returns what there is."""
    modes = {str(each): stat.S_IMODE(each.stat().st_mode) for each in folder.rglob("*")}
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    return set(modes)


@pytest.mark.usefixtures("usual_umask")
def test_the_modes_of_files_and_folders_that_are_there_stay(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o750)
    folder.chmod(0o750)
    (folder / "ledger.db").touch(mode=0o640)
    Cli(environment_for(f"sqlite:///{folder}/ledger.db"), tmp_path)("migrate")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert stat.S_IMODE((folder / "ledger.db").stat().st_mode) == 0o640


# --- newer than the program -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=BRANCHES)
def newer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """On a SQLite database of which one part was migrated by a newer version."""
    folder = tmp_path_factory.mktemp("newer")
    cli = Cli(environment_for("sqlite:///x.db"), folder)
    cli("migrate")
    file = folder / ("x.db" if request.param == "journal" else "x-projections.db")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(f"UPDATE {version_table(request.param)} SET version_num = '9999'")
    return cli


@pytest.mark.parametrize("name", ON_DATABASE)
def test_a_program_older_than_the_database_says_so_and_changes_nothing(
    newer: Cli, name: str, request: pytest.FixtureRequest
) -> None:
    if (name, request.node.callspec.params["newer"]) == ("backup", "projections"):
        newer(*arguments_of(name, newer.folder))  # read models are not in it
        return
    _, errors = newer.run(*arguments_of(name, newer.folder), code=1, stdin=input_of(name))
    assert "the database is newer than this program: its schema is 9999" in errors
    assert "llmedger migrate" not in errors


def test_a_newer_database_on_postgresql_is_said_to_be(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.create_database("newer")
    cli = Cli(environment_for(url), tmp_path)
    cli("migrate")
    for branch in BRANCHES:
        known = known_schema(branch)
        asyncio.run(execute(url, f"UPDATE {version_table(branch)} SET version_num = '9999'"))
        for name in ("migrate", "status", "serve"):
            assert f"its schema is 9999, and this version knows {known}" in cli.run(name, code=1)[1]
        asyncio.run(execute(url, f"UPDATE {version_table(branch)} SET version_num = '{known}'"))
    cli("migrate")
    postgres.drop_database("newer")


async def execute(url: str, statement: str) -> None:
    """Run a statement on a PostgreSQL database."""
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


# --- wherever they lie ------------------------------------------------------------------------------------------------

STRANGE = ["100%mine", "50%20off", "a b#c", "a?b&c=d", "Bücher 帳簿", "a%(here)sb", "'quoted'", "a:b;c"]


def url_of(path: Path) -> str:
    """The URL of a SQLite file, with the two signs written as URLs ask that mean something there."""
    return f"sqlite:///{str(path).replace('%', '%25').replace('?', '%3F')}"


@pytest.mark.parametrize("name", STRANGE)
def test_a_database_may_lie_in_any_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    cli = Cli(environment_for(url_of(folder / name)), tmp_path)
    cli("migrate")
    assert folder.is_dir() and (folder / name).is_file()
    cli("user", "add", "ann", "--password-stdin", stdin=f"{PASSWORD}\n")
    cli("ledger", "create", "books", "--owner", "ann", "--currency", "EUR", "--chart", "personal")
    cli("balances", "--ledger", "books")
    assert cli.json("status")["well"]
    cli("export", f"exported {name}", "--ledger", "books")
    assert cli.json("verify", str(folder / name))["result"] == "ok"
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted([name, f"exported {name}"])
    assert read_database_url(url_of(folder / name)).database == str(folder / name)


@pytest.mark.parametrize("name", ["100%mine", "a%(here)s ?b#c:帳簿"])
def test_the_program_may_lie_in_any_folder(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    for package in ("ledger", "projections", "api", "migrations"):
        shutil.copytree(ROOT / package, place / package, ignore=shutil.ignore_patterns("__pycache__"))
    environment = own_environment() | environment_for("sqlite:///data/x.db") | {"PYTHONDONTWRITEBYTECODE": "1"}
    program = f"import sys; sys.path.insert(0, {str(place)!r}); import migrations; print(migrations.__file__)"
    where = subprocess.run([sys.executable, "-c", program], cwd=place, capture_output=True, text=True, check=True)
    assert Path(where.stdout.strip()) == place / "migrations" / "__init__.py" != Path(migrations.__file__)
    told = subprocess.run(
        [sys.executable, "-m", "api", "migrate"],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, (place / "data" / "x.db").is_file()) == (0, True), told.stderr


def test_a_database_in_a_strange_folder_is_served(tmp_path: Path) -> None:
    cli = Cli(environment_for(url_of(tmp_path / "100%mine a?b#c" / "x.db")), tmp_path)
    cli("migrate")
    served: list[Served] = list(serve(cli))
    assert len(served) == 1


# --- which setting names a database that cannot be used ---------------------------------------------------------------


@pytest.mark.postgres
def test_the_setting_that_names_the_unusable_role_is_blamed(postgres: PostgresServer, tmp_path: Path) -> None:
    """Both settings name the same database; only the role differs."""
    wrong = "LEDGER_MIGRATION_DATABASE_URL"
    url = postgres.create_database("roles_named")
    try:
        settings = {"LEDGER_DATABASE_URL": url, "LEDGER_MIGRATION_DATABASE_URL": url}
        settings[wrong] = url.replace("postgres@", "nobody_there@", 1)
        _, errors = Cli(settings, tmp_path).run("migrate", code=1)
        assert errors.strip().endswith(f"look at {wrong}")
    finally:
        postgres.drop_database("roles_named")


@pytest.mark.postgres
def test_a_name_that_begins_with_another_databases_name_is_not_taken_for_it(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    url = postgres.create_database("prefix")
    try:
        settings = {"LEDGER_DATABASE_URL": url, "LEDGER_MIGRATION_DATABASE_URL": postgres.url("prefix_gone")}
        _, errors = Cli(settings, tmp_path).run("migrate", code=1)
        assert errors.strip().endswith("look at LEDGER_MIGRATION_DATABASE_URL")
    finally:
        postgres.drop_database("prefix")
