"""A database that an earlier version wrote (commit 59d276b): it migrates, passes an audit, is rebuilt to equal rows,
shows what it showed then, and takes new transactions.

SQLite: three journals of the shared folder; `README.md` beside the files describes them.

PostgreSQL: `old_database/59d276b.sql`, invented books. The service of that commit wrote them, from its own checkout:
`llmedger serve` with a signing key, on a server of the pip package that the tests use. The calls came over HTTP, and
from `llmedger member grant`, `llmedger import` and `llmedger key accept`.

- `tea-kiosk`, 85 records: every type of event and every kind of transaction that 59d276b knew; records of users, of a
  token and of the command line; erased texts; roles that were given, taken away and limited in time; a checkpoint that
  a second key signed too.
- A personal ledger of 51 records. The service opened it at the first visit of `/dashboard-data`, so that records of the
  actor `system` are there.

When all read models were up to date, `pg_dump --no-owner --inserts` wrote the database. Three things were taken out of
its output: comments, commands for psql, and settings that the data does not need and older servers do not know. The
file `59d276b.json` has what that version answered.
"""

import asyncio
import gzip
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.settings import Settings
from tests.http.service import Json, Server, client, credit, debit, serve, transaction
from tests.postgres import PostgresServer
from tests.shared_data import shared_folder
from tests.stores import ENGINES

LLMEDGER = Path(sys.executable).with_name("llmedger")
DUMP = Path(__file__).with_name("old_database") / "59d276b.sql"
WRITTEN = json.loads(DUMP.with_suffix(".json").read_text("utf-8"))
"""What belongs to the dump: the users' password, a token, and the answers of the old version."""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class OldLedger:
    """A ledger, its owner, the old version's answers by path, and the keys that signed it."""

    id: str
    owner: str
    shown: Mapping[str, Any]
    vkeys: tuple[str, ...] = ()


@dataclass(frozen=True)
class OldDatabase:
    """A migrated database."""

    url: str
    folder: Path
    password: str
    ledgers: tuple[OldLedger, ...]
    sale: tuple[str, str, str]
    """Account to debit, account to credit, and currency: a new transaction in the first ledger."""

    @property
    def settings(self) -> Settings:
        return Settings(database_url=self.url, _env_file=None)

    def verify(self, ledger: OldLedger) -> str:
        """Return the audit's report. Where keys are known, the audit trusts only them."""
        policy = self.folder / "policy"
        policy.write_text("".join(f"{vkey}\n" for vkey in ledger.vkeys))
        trusted = ("--policy", str(policy)) if ledger.vkeys else ()
        return llmedger(self.url, "verify", self.url, "--ledger", ledger.id, *trusted)

    def rebuild(self) -> None:
        """Rebuild every read model of every ledger to equal rows."""
        rebuilt = json.loads(llmedger(self.url, "rebuild", "all", "--json"))["rebuilt"]
        assert {each["ledger"] for each in rebuilt} == {ledger.id for ledger in self.ledgers}
        assert not [each for each in rebuilt if each["differences"] or not each["cut_over"]]


def llmedger(url: str, *arguments: str) -> str:
    """Return what a command prints on the database with this URL."""
    done = subprocess.run(
        [str(LLMEDGER), *arguments],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")},
            "LEDGER_DATABASE_URL": url,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def migrated_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the SQLite database, migrated."""
    folder = tmp_path_factory.mktemp("old-database")
    for packed in sorted((shared_folder() / "data" / "old-database").glob("*.db.gz")):
        (folder / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))
    llmedger(f"sqlite:///{folder / 'ledger.db'}", "migrate")
    return folder


@pytest.fixture(scope="module")
def migrated_dump(postgres: PostgresServer) -> Iterator[str]:
    """The name of a PostgreSQL database: the dump, restored and migrated."""
    name = "old_database"
    url = postgres.create_database(name)
    postgres.execute(DUMP.read_text("utf-8"), database=name)
    llmedger(url, "migrate")
    yield name
    postgres.drop_database(name)


@pytest.fixture
def files(migrated_files: Path, tmp_path: Path) -> OldDatabase:
    """The old database on SQLite."""
    for file in migrated_files.iterdir():
        shutil.copy(file, tmp_path)
    ledgers = []
    for id_ in ("bc-basic", "hledger-multicurrency", "ledger-drewr"):
        balances = json.loads((shared_folder() / "data" / "old-database" / f"{id_}.balances.json").read_text())
        path = f"/ledgers/{id_}/balances?limit=1000&timeout=30&min_size={balances['as_of']['size']}"
        ledgers.append(OldLedger(id_, "judge", {path: balances}))
    sale = ("Assets:AccountsReceivable", "Assets:BestBank:Checking", "USD")
    return OldDatabase(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, "correct horse battery", tuple(ledgers), sale)


@pytest.fixture
def dump(postgres: PostgresServer, migrated_dump: str, tmp_path: Path) -> Iterator[OldDatabase]:
    """The old database on PostgreSQL."""
    name = f"{migrated_dump}_{next(_numbers)}"
    url = postgres.create_database(name, template=migrated_dump)
    ledgers = []
    for each in WRITTEN["ledgers"]:
        shown = {answered["path"]: answered["answer"] for answered in each["shown"]}
        ledgers.append(OldLedger(each["id"], each["user"], shown, tuple(each["vkeys"])))
    yield OldDatabase(url, tmp_path, WRITTEN["password"], tuple(ledgers), ("Assets:Cash", "Income:Tea", "EUR"))
    postgres.drop_database(name)


@pytest.fixture(params=ENGINES)
def old(request: pytest.FixtureRequest) -> OldDatabase:
    """The old database, on each engine."""
    found: OldDatabase = request.getfixturevalue("files" if request.param == "sqlite" else "dump")
    return found


@asynccontextmanager
async def signed_in(server: Server, user: str, password: str) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of a user who signs in."""
    async with client(server) as api:
        answer = await api.post("/auth/login", json={"username": user, "password": password})
    assert answer.status_code == 200, answer.text
    async with client(server, token=answer.json()["token"]) as api:
        yield api


async def require_shown(server: Server, old: OldDatabase) -> None:
    """Require every old answer. Objects may have more members now."""
    for ledger in old.ledgers:
        async with signed_in(server, ledger.owner, old.password) as api:
            for path, then in ledger.shown.items():
                answer = await api.get(path)
                assert answer.status_code == 200, f"{path}: {answer.text}"
                is_json = answer.headers["Content-Type"].startswith("application/json")
                assert part_of(then, answer.json() if is_json else answer.text) == then, path


def part_of(then: Any, now: Any) -> Any:
    """Return what is there now, without the members that objects did not have then."""
    if isinstance(then, dict) and isinstance(now, dict):
        return {name: part_of(then[name], now[name]) for name in then if name in now}
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [part_of(*pair) for pair in zip(then, now, strict=True)]
    return now


async def test_an_old_database_shows_what_it_showed_before_and_after_a_rebuild(old: OldDatabase) -> None:
    with serve(old.settings) as server:
        await require_shown(server, old)
        await asyncio.to_thread(old.rebuild)
        await require_shown(server, old)


def test_an_old_database_passes_an_audit(old: OldDatabase) -> None:
    for ledger in old.ledgers:
        assert "PASSED" in old.verify(ledger)


async def test_an_old_database_takes_new_transactions(old: OldDatabase) -> None:
    ledger, (to, from_, currency) = old.ledgers[0], old.sale
    body = transaction(debit(to, "1.25", currency), credit(from_, "1.25", currency), on="2026-01-31")
    with serve(old.settings) as server:
        async with signed_in(server, ledger.owner, old.password) as api:
            size = (await api.get(f"/ledgers/{ledger.id}")).json()["size"]
            before = await balance(api, ledger.id, to, size)
            answer = await api.post(f"/ledgers/{ledger.id}/transactions", json=body)
            assert answer.status_code == 201, answer.text
            assert (answer.json()["position"], answer.json()["size"]) == (size, size + 1)
            assert await balance(api, ledger.id, to, size + 1) == before + 125
    assert "PASSED" in await asyncio.to_thread(old.verify, ledger)


async def balance(api: httpx.AsyncClient, ledger: str, account: str, size: int) -> int:
    """Return an account's balance in minor units, of a currency with two fraction digits."""
    params: Json = {"account": account, "min_size": size, "timeout": 30}
    found = (await api.get(f"/ledgers/{ledger}/balances", params=params)).json()["balances"]
    return int(found[0]["balance"].replace(".", ""))


async def test_a_repeat_with_a_token_and_a_key_of_an_old_database_gets_the_answer_of_then(dump: OldDatabase) -> None:
    repeat = WRITTEN["repeat"]
    with serve(dump.settings) as server:
        async with client(server, token=WRITTEN["token"]) as api:
            answer = await api.post(repeat["path"], json=repeat["body"], headers={"Idempotency-Key": repeat["key"]})
    assert answer.status_code == 201, answer.text
    assert answer.json() == repeat["answer"]
