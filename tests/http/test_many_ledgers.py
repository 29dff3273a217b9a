"""A user's ledgers come in pages and have a limit, and whether the service is ready does not depend on their number."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.dialects.sqlite import dialect

from api.services import open_services
from ledger.store.signed_checkpoints import any_refused
from projections.checkpoints import any_trouble
from tests.http.service import Json, Server, client, serve, sqlite_settings, with_user

MOST = 7


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Server]:
    """A server on which a user may own few ledgers."""
    with serve(sqlite_settings(tmp_path, ledgers_per_user=MOST)) as server:
        yield with_user(server)


@pytest.fixture
async def owner(small: Server) -> AsyncIterator[httpx.AsyncClient]:
    """The user who has opened as many as that."""
    async with client(small, token=small.token) as api:
        for number in range(MOST):
            assert (await api.post("/ledgers", json={"id": f"books-{number}"})).status_code == 201
        yield api


async def test_a_user_owns_so_many_ledgers_and_no_more(owner: httpx.AsyncClient, small: Server) -> None:
    answer = await owner.post("/ledgers", json={"id": "one-more"})
    assert (answer.status_code, answer.json()["code"], answer.json()["most"]) == (422, "too_many", MOST)
    body = {"username": "other-user", "password": "a password"}
    async with client(small) as stranger:
        token = (await stranger.post("/auth/register", json=body)).json()["token"]
    async with client(small, token=token) as other:
        assert (await other.post("/ledgers", json={"id": "of-another"})).status_code == 201
        granted = await other.put("/ledgers/of-another/members/alice", json={"role": "bookkeeper"})
        assert granted.status_code == 201, "a role is no ledger of one's own"
    assert (await owner.get("/dashboard-data")).status_code == 200, "nor is the personal ledger refused"


async def test_a_repeat_is_answered_at_the_limit_too(small: Server) -> None:
    async with client(small, token=small.token) as api:
        key = {"Idempotency-Key": "first"}
        first = await api.post("/ledgers", json={}, headers=key)
        for _ in range(MOST - 1):
            assert (await api.post("/ledgers", json={})).status_code == 201
        again = await api.post("/ledgers", json={}, headers=key)
        assert (again.status_code, again.json()) == (201, first.json())
        assert (await api.post("/ledgers", json={}, headers={"Idempotency-Key": "second"})).status_code == 422


async def test_a_ledger_that_is_given_away_makes_room(owner: httpx.AsyncClient, small: Server) -> None:
    body = {"username": "other-user", "password": "a password"}
    async with client(small) as stranger:
        assert (await stranger.post("/auth/register", json=body)).status_code == 201
    assert (await owner.put("/ledgers/books-0/members/other-user", json={"role": "owner"})).status_code == 201
    assert (await owner.delete(f"/ledgers/books-0/members/{small.user['id']}")).status_code == 201
    assert (await owner.post("/ledgers", json={"id": "one-more"})).status_code == 201


async def test_ledgers_come_in_pages(owner: httpx.AsyncClient) -> None:
    found: list[Json] = []
    path = "/ledgers?limit=3"
    pages = 0
    while path:
        answer = await owner.get(path)
        page = answer.json()
        pages += 1
        found += page["ledgers"]
        path = f"/ledgers?limit=3&cursor={page['next']}" if page["next"] else ""
        assert ("Link" in answer.headers) == bool(path)
        if path:
            assert answer.headers["Link"].endswith('>; rel="next"') and page["next"] in answer.headers["Link"]
    assert pages == 3
    assert [each["id"] for each in found] == [f"books-{number}" for number in range(MOST)]
    assert (await owner.get("/ledgers?limit=0")).status_code == 422
    assert (await owner.get("/ledgers?cursor=nonsense")).json()["code"] == "cursor_invalid"


async def test_a_token_sees_its_ledger_on_the_first_page(owner: httpx.AsyncClient, small: Server) -> None:
    made = (await owner.post("/ledgers/books-6/tokens", json={"name": "program", "role": "viewer"})).json()
    async with client(small, token=made["token"]) as program:
        answer = (await program.get("/ledgers?limit=1")).json()
        assert ([each["id"] for each in answer["ledgers"]], answer["next"]) == (["books-6"], None)


async def test_ready_finds_trouble_in_indexes_which_hold_nothing_else(small: Server) -> None:
    """So it costs the same however many ledgers there are."""
    async with open_services(small.settings) as services:
        looks = [(services.projections, any_trouble), (services.journal.database, any_refused)]
        for database, statement in looks:
            async with database.read.connect() as connection:
                plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement.compile(dialect=dialect())}")
                steps = [str(row[-1]) for row in plan]
            looked = [each for each in steps if each.startswith(("SCAN", "SEARCH")) and "CONSTANT" not in each]
            assert looked and all("INDEX" in each and "_index" in each for each in looked), steps
