"""What an observer hears of requests."""

from pathlib import Path

import httpx

from api.app import create_app
from ledger.observer import Observer
from tests.http.service import migrated, sqlite_settings


class Ear(Observer):
    """Keeps what it hears of requests."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, int]] = []

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        assert seconds >= 0
        self.heard.append((method, route, status))


async def test_an_observer_hears_the_route_and_the_status_of_each_answer(tmp_path: Path) -> None:
    settings, ear = sqlite_settings(tmp_path), Ear()
    migrated(settings)
    app = create_app(settings, observer=ear)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        await client.get("/api/live")
        await client.get("/api/ledgers/books/balances")
        await client.post("/api/auth/login", content=b"{")
        await client.get("/api/nowhere")
    assert ear.heard == [
        ("GET", "/api/live", 200),
        ("GET", "/api/ledgers/{ledger}/balances", 401),
        ("POST", "/api/auth/login", 415),
        ("GET", "", 404),
    ]
