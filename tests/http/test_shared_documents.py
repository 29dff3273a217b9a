"""A document is made once for everybody who asks for it, and answers no question that it is too old for."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from api.app import Service, create_app
from api.documents import shared
from api.documents.dashboard import read_dashboard
from api.documents.shared import Content, SharedDocument, SharedDocuments
from api.shapes.dashboard import DashboardOut
from projections.reader import Built, Reading
from tests.http.service import sale, sqlite_settings

LEDGER = "/api/ledgers/books"


def document(size: int, *, generation: int = 1, erasures: int = 0, content: bytes = b"it") -> SharedDocument:
    return SharedDocument(Built(size, (("chart", generation),)), erasures, Content(content))


@dataclass
class Maker:
    """Makes documents when it is told to, and counts."""

    shared: SharedDocuments = field(default_factory=SharedDocuments)
    begun: int = 0
    cancelled: int = 0
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    made: SharedDocument | Exception | None = None
    """None: of the size 1 first, of the size 2 then, and so on."""

    async def make(self) -> SharedDocument:
        self.begun += 1
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if isinstance(self.made, Exception):
            raise self.made
        return self.made or document(self.begun)

    async def ask(self, size: int = 1, *, erasures: int = 0, question: str = "dashboard") -> SharedDocument:
        built = Built(size, (("chart", 1),))
        return await self.shared.get(question, lambda each: each.satisfies(built, erasures), self.make)

    async def asked(self, times: int, size: int = 1) -> list["asyncio.Task[SharedDocument]"]:
        tasks = [asyncio.create_task(self.ask(size)) for _ in range(times)]
        await asyncio.sleep(0)
        return tasks


async def test_everybody_who_asks_is_given_the_one_that_is_made() -> None:
    maker = Maker()
    asked = await maker.asked(16)
    maker.go_on.set()
    assert {id(each) for each in await asyncio.gather(*asked)} == {id(await maker.ask())}
    assert maker.begun == 1


async def test_one_that_is_too_old_is_made_again_for_those_who_need_a_newer_one() -> None:
    maker = Maker()
    early, late = await maker.asked(3), await maker.asked(5, size=2)
    maker.go_on.set()
    assert {each.built.size for each in await asyncio.gather(*early)} == {1}
    assert {each.built.size for each in await asyncio.gather(*late)} == {2}
    assert maker.begun == 2
    assert (await maker.ask(1)).built.size == 2, "a newer one is as good"
    for newer in (document(2, generation=2), document(2, erasures=1)):
        assert not newer.satisfies(Built(2, (("chart", 1),)), 0)


async def test_it_is_made_for_those_who_stay_and_ended_when_nobody_does() -> None:
    maker = Maker()
    first, second = await maker.asked(2)
    first.cancel()
    await asyncio.sleep(0)
    last = await maker.asked(1)
    second.cancel()
    last[0].cancel()
    assert [type(each) for each in await asyncio.gather(first, second, *last, return_exceptions=True)] == [
        asyncio.CancelledError
    ] * 3
    maker.go_on.set()
    assert await maker.ask() == document(2)
    assert (maker.begun, maker.cancelled) == (2, 1)


async def test_an_error_is_told_to_all_who_waited_and_the_next_one_tries_again() -> None:
    maker = Maker(made=ValueError("no"))
    asked = await maker.asked(3)
    maker.go_on.set()
    assert [type(each) for each in await asyncio.gather(*asked, return_exceptions=True)] == [ValueError] * 3
    assert maker.begun == 1
    maker.made = document(1)
    assert await maker.ask() == maker.made


async def test_who_asks_in_the_moment_of_a_failure_makes_one_of_their_own() -> None:
    """A failed question was kept for one more step, and whoever asked in that step asked without end."""
    maker = Maker()
    late: list[asyncio.Task[SharedDocument]] = []

    async def fail() -> SharedDocument:
        late.append(asyncio.create_task(maker.ask()))
        raise ValueError("no")

    maker.go_on.set()
    with pytest.raises(ValueError, match="no"):
        await maker.shared.get("dashboard", lambda _: True, fail)
    assert await late[0] == document(1)


async def test_so_many_bytes_are_kept_and_those_that_were_asked_for_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "KEPT_BYTES_MAX", 10)
    monkeypatch.setattr(shared, "DOCUMENT_BYTES_MAX", 4)
    maker = Maker(made=document(1, content=b"1234"))
    maker.go_on.set()
    for question in ("one", "two", "one", "three"):
        await maker.ask(question=question)
    assert maker.begun == 3
    for question in ("one", "three", "two"):
        await maker.ask(question=question)
    assert maker.begun == 4, "only the second one had gone"
    maker.made = document(1, content=b"12345")
    for _ in range(2):
        await maker.ask(question="a long one")
    assert maker.begun == 6


# --- over HTTP -------------------------------------------------------------------------------------------------------


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Service]:
    """The service without a projector."""
    app = create_app(sqlite_settings(tmp_path).model_copy(update={"projectors": "off"}))
    async with app.router.lifespan_context(app):
        yield app


async def test_an_erased_text_is_gone_before_the_read_models_know(app: Service, caller: httpx.AsyncClient) -> None:
    posted = (await caller.post(f"{LEDGER}/transactions", json={**sale(), "description": "Private"})).json()
    await app.state.services.projector().catch_up()
    asked = [f"{LEDGER}/{path}" for path in ("dashboard", "transactions")]
    assert [("Private" in (await caller.get(path)).text) for path in asked] == [True, True]
    erased = await caller.post(f"{LEDGER}/transactions/{posted['id']}/erase", json={"reason": "asked", "force": True})
    assert erased.status_code == 201, erased.text
    assert [("Private" in (await caller.get(path)).text) for path in asked] == [False, False]


async def test_a_document_is_made_once_for_all_who_ask_at_one_size(
    app: Service, caller: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await app.state.services.projector().catch_up()
    made: list[dt.date] = []

    async def counting(reading: Reading, today: dt.date) -> Callable[[], DashboardOut]:
        made.append(today)
        return await read_dashboard(reading, today)

    monkeypatch.setattr("api.routes.dashboard.read_dashboard", counting)
    answers = await asyncio.gather(*(caller.get(f"{LEDGER}/dashboard") for _ in range(8)))
    assert len({(each.status_code, each.headers["ETag"], each.content) for each in answers}) == 1
    assert len(made) == 1
    await caller.post(f"{LEDGER}/transactions", json=sale())
    assert (await caller.get(f"{LEDGER}/dashboard")).headers["ETag"] == answers[0].headers["ETag"]
    await app.state.services.projector().catch_up()
    assert (await caller.get(f"{LEDGER}/dashboard")).headers["ETag"] != answers[0].headers["ETag"]
    assert len(made) == 2


async def test_who_wants_one_of_their_own_is_given_it(app: Service, caller: httpx.AsyncClient) -> None:
    await app.state.services.projector().catch_up()
    asked = f"{LEDGER}/accounts"
    before = (await caller.get(asked)).json()
    async with app.state.services.projections.write.begin() as connection:
        await connection.execute(text("UPDATE chart_accounts SET label = 'not in the log'"))
    for polled in ({}, {"Cache-Control": "no-cache", "Pragma": "no-cache"}):  # as browsers do
        assert (await caller.get(asked, headers=polled)).json() == before
    own = await caller.get(asked, headers={"Cache-Control": "max-age=0, No-Store"})
    assert {each["label"] for each in own.json()["accounts"]} == {"not in the log"}
