"""A query says exactly what is asked: unknown, repeated, empty and loosely written parameters are refused by name."""

from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.app import create_app
from api.http.routing import StrictRoute, list_known_parameters
from api.settings import Settings
from tests.http.service import CHART, Books, Server, client, sale

READS = {
    "/balances": ("limit", "depth", "min_size", "timeout", "recorded_size", "recorded", "effective"),
    "/transactions": ("limit", "min_size", "from", "to", "min_amount", "kind"),
    "/register?account=Assets:Cash": ("limit", "from", "to", "recorded", "effective"),
    "/dashboard": ("effective", "recorded", "recorded_size", "timeout"),
    "/events": ("start", "limit", "recorded_from", "recorded_to"),
    "/reports/trial-balance": ("from", "to", "depth", "recorded", "effective", "format"),
    "/reports/changes": ("from_size", "to_size"),
    "/log/checkpoint": ("size", "min_size"),
    "/log/proof/inclusion?position=0": ("size",),
}
"""Reads, and parameters of theirs that are no plain texts."""


async def refusal(books: Books, path: str, query: str, method: str = "GET") -> dict[str, Any]:
    answer = await books.api.request(method, f"/ledgers/{books.id}{path}{'&' if '?' in path else '?'}{query}")
    assert answer.status_code == 422, f"{path} {query}: {answer.status_code} {answer.text[:500]}"
    return dict(answer.json())


def routes() -> list[APIRoute]:
    contexts = iter_route_contexts(create_app(Settings(_env_file=None)).routes)
    return [each.original_route for each in contexts if isinstance(each.original_route, APIRoute)]


def test_every_route_is_strict() -> None:
    assert len(routes()) > 40
    assert all(isinstance(route, StrictRoute) for route in routes())


async def test_an_unknown_parameter_is_refused_on_every_route(server: Server, books: Books) -> None:
    """Before anybody is signed in, anything is looked up or a body is read: also where the route takes none at all."""
    contexts = list(iter_route_contexts(create_app(server.settings).routes))
    size = await books.size()
    async with client(server) as stranger:
        for each in contexts:
            if not isinstance(each.original_route, APIRoute):
                continue
            path = str(each.path).replace("{ledger}", books.id).replace(":path}", "}")
            path = path.replace("{account}", "1").replace("{path}", "0/000").replace("{", "").replace("}", "")
            for method in each.methods or ():
                for api in (stranger, books.api):
                    answer = await api.request(method, f"{server.url}{path}?whatever=1")
                    document = answer.json()
                    assert (answer.status_code, document["code"]) == (422, "unknown_parameter"), (method, path)
                    assert document["name"] == "whatever" and "'whatever'" in document["detail"]
                    assert document["errors"][0]["pointer"] == "?whatever"
                    known = list_known_parameters(each.original_route.dependant).names
                    assert document["known"] == sorted(known)
    assert await books.size() == size


@pytest.mark.parametrize(
    ("path", "name", "nearest"),
    [
        ("/balances", "efective", "effective"),
        ("/balances", "Effective", "effective"),
        ("/balances", "recordedsize", "recorded_size"),
        ("/balances", "effective[]", "effective"),
        ("/events", "recorded-from", "recorded_from"),
        ("/transactions", "metadata.", "metadata.KEY"),
        ("/transactions", "max-amount", "max_amount"),
        ("/reports/changes", "fromsize", "from_size"),
        ("/events", "follow", None),
        ("/transactions", "x" * 10_000, None),
        ("/transactions", "\u202e\n", None),
        ("/transactions", "", None),
    ],
)
async def test_the_nearest_known_name_is_told(books: Books, path: str, name: str, nearest: str | None) -> None:
    document = await refusal(books, path, urlencode({name: "1"}))
    assert (document["code"], document["nearest"], document["name"]) == ("unknown_parameter", nearest, name[:100])
    if nearest is not None:
        assert f"Did you mean {nearest!r}?" in document["detail"]
    assert len(document["detail"]) < 600


async def test_a_typo_never_gives_todays_figures(books: Books) -> None:
    await books.post("/transactions", sale())
    for path, query in (
        ("/balances", "efective=2024-01-01"),
        ("/transactions", "party=C-002"),
        ("/transactions", "tag=x"),
        ("/register", "account=Assets:Cash&format=csv"),
        ("/events", "from=4095"),
        ("/reports/trial-balance", "as_of=2024-01-01"),
    ):
        assert (await refusal(books, path, query))["code"] == "unknown_parameter"


async def test_any_name_may_follow_where_a_route_takes_keys(books: Books) -> None:
    await books.post("/transactions", sale(metadata={"order": "7", "a b": "x", "KEY": "y"}))
    await books.post("/transactions", sale())
    size = await books.size()
    for name, value, count in (
        ("order", "7", 1),
        ("order", "8", 0),
        ("a b", "x", 1),
        ("KEY", "y", 1),
        ("order.x", "7", 0),
        ("order", "", 0),
    ):
        asked = {"min_size": size, f"metadata.{name}": value}
        found = await books.call("GET", "/transactions", expect=200, params=asked)
        assert len(found.json()["transactions"]) == count, name
    assert (await refusal(books, "/balances", "metadata.order=7"))["code"] == "unknown_parameter"


@pytest.mark.parametrize("path", READS)
async def test_a_parameter_is_given_once(books: Books, path: str) -> None:
    """Nobody can tell which of two is meant, even of two that are equal."""
    for name in READS[path]:
        for values in ("=1&{0}=2", "=1&{0}=1", "=&{0}="):
            document = await refusal(books, path, f"{name}{values.format(name)}")
            assert (document["code"], document["name"]) == ("duplicate_parameter", name)
            assert document["errors"][0]["pointer"] == f"?{name}"
    document = await refusal(books, "/transactions", "metadata.a=1&metadata.a=2")
    assert (document["code"], document["name"]) == ("duplicate_parameter", "metadata.a")


TIMES: tuple[str, ...] = (
    "2026",
    "1767225600",
    "1767225600000",
    "-1",
    "2026-01-31",
    "2026-01-31T12:00",
    "2026-01-31T12:00:00",
)
TIMES += (
    "2026-01-31T12:00:00",
    "2026-01-31 12:00:00Z",
    "20260131T120000Z",
    "2026-W05-6T12:00:00Z",
    "2026-01-31T12:00:00+0100",
    "",
)
TIMES += ("2026-01-31T12:00:00,5Z", "2026-01-31T24:00:01Z", "2026-02-30T12:00:00Z", "0001-01-01T00:00:00+14:00")
TIMES += ("now", "2026-01-31T12:00Z", "1e9", "٢٠٢٦-01-31T12:00:00Z", " 2026-01-31T12:00:00Z")


async def test_a_time_is_one_of_rfc_3339(books: Books) -> None:
    """`recorded=2026` was 2,026 seconds after 1970, and showed empty books."""
    recording = [(path, name) for path, names in READS.items() for name in names if name.startswith("recorded")]
    recording = [(path, name) for path, name in recording if name != "recorded_size"]
    assert {name for _, name in recording} == {"recorded", "recorded_from", "recorded_to"}
    for path, name in recording:
        for time in TIMES:
            document = await refusal(books, path, urlencode({name: time}))
            assert document["code"] == "invalid_date", (path, time)
            assert "2026-01-31T12:00:00Z" in document["detail"] and name in document["detail"]
        for time in ("2099-01-31T12:00:00Z", "2099-01-31t12:00:00.5z", "2099-01-31T12:00:00.123456789+14:00"):
            separator = "&" if "?" in path else "?"
            answer = await books.api.get(f"/ledgers/{books.id}{path}{separator}{urlencode({name: time})}")
            assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("until", [2026, 1767225600.0, "2026", "2099-01-31", "2099-01-31T12:00:00", True, ["x"], {}])
async def test_a_time_in_a_body_is_one_of_rfc_3339_too(books: Books, until: Any) -> None:
    for method, path, body in (
        ("PUT", "/members/alice", {"role": "owner", "until": until}),
        ("POST", "/tokens", {"name": "x", "role": "viewer", "until": until}),
    ):
        answer = await books.call(method, path, expect=422, json=body)
        assert answer.json()["errors"][0]["pointer"] == "#/until"


DATES = ("2026", "20260131", "1767225600", "2026-1-1", "2026-02-30", "2026-01-31T00:00:00Z", "today", "", " 2026-01-31")


async def test_a_date_is_one_of_the_calendar(books: Books) -> None:
    for path, names in READS.items():
        for name in {"from", "to", "effective"}.intersection(names):
            for date in DATES:
                assert (await refusal(books, path, urlencode({name: date})))["code"] == "invalid_date", (path, date)


@pytest.mark.parametrize(
    "number", ["1.0", "1e1", " 1", "1 ", "+1", "1_0", "0x1", "١", "true", "", "1,0", "9" * 300, "--1"]
)
async def test_a_whole_number_is_written_in_digits(books: Books, number: str) -> None:
    whole = {"limit", "depth", "min_size", "recorded_size", "start", "from_size", "to_size", "size"}
    for path, names in READS.items():
        for name in whole.intersection(names):
            document = await refusal(books, path, urlencode({name: number}))
            assert document["code"] == "invalid", (path, name)
            assert document["errors"] == [{"pointer": f"?{name}", "detail": document["detail"]}]


@pytest.mark.parametrize("number", ["1e0", "nan", "inf", " 1", "1_0", "", "-1", "31", "0x1", ".5", "5.", "1,5"])
async def test_a_number_is_written_in_digits(books: Books, number: str) -> None:
    assert (await refusal(books, "/balances", urlencode({"timeout": number})))["code"] == "invalid"


async def test_an_empty_text_asks_for_nothing(books: Books, api: httpx.AsyncClient) -> None:
    for path, names in (
        ("/balances", ("account", "under", "sign")),
        ("/transactions", ("account", "under", "text", "reference", "min_amount", "max_amount", "kind")),
        ("/register", ("account",)),
        ("/accounts", ("under",)),
        ("/events", ("type", "actor", "account", "command")),
        ("/reports/cash-flow", ("format",)),
    ):
        for name in names:
            assert (await refusal(books, path, f"{name}="))["errors"][0]["pointer"] == f"?{name}", (path, name)
    assert (await api.get("/dashboard-data?ledger=")).status_code == 422


async def test_a_pages_link_asks_the_same_question(books: Books) -> None:
    for _ in range(3):
        await books.post("/transactions", sale())
    query = f"limit=1&metadata.x={quote('')}&min_size={await books.size()}"
    first = await books.api.get(f"/ledgers/{books.id}/balances?limit=1&min_size={await books.size()}")
    link = first.headers["Link"].partition(">")[0].removeprefix("<")
    assert (await books.api.get(link.removeprefix("/api"))).status_code == 200
    assert (await books.api.get(f"/ledgers/{books.id}/transactions?{query}")).json()["transactions"] == []


# --- questions that nothing can answer --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "first", "pointer"),
    [
        ("/transactions?from=2024-02-02&to=2024-02-01", "from", "?from"),
        ("/transactions?min_amount=2.00&max_amount=1.00", "min_amount", "?min_amount"),
        ("/register?account=Assets:Cash&from=2024-02-02&to=2024-02-01", "from", "?from"),
        ("/register?account=Assets:Cash&from=2024-02-02&effective=2024-02-01", "from", "?from"),
        ("/accounts/%231000/register?from=2024-02-02&to=2024-02-01", "from", "?from"),
        ("/reports/trial-balance?from=2024-02-02&to=2024-02-01", "from", "?from"),
        ("/reports/income-statement?from=2024-02-02&to=2024-02-01", "from", "?from"),
        ("/reports/cash-flow?from=2024-02-02&to=2024-02-01", "from", "?from"),
        ("/reports/changes?from_size=2&to_size=1", "from_size", "?from_size"),
        (
            "/events?recorded_from=2024-02-02T00:00:00Z&recorded_to=2024-02-01T00:00:00Z",
            "recorded_from",
            "?recorded_from",
        ),
    ],
)
async def test_a_range_that_ends_before_it_begins_is_refused(books: Books, path: str, first: str, pointer: str) -> None:
    refused = await refusal(books, *path.split("?"))
    assert refused["code"] == "invalid" and first in refused["detail"]
    assert refused["errors"][0]["pointer"] == pointer


async def test_an_unknown_type_of_event_is_refused_with_the_nearest_one(books: Books) -> None:
    for form in ("application/json", "application/x-ndjson", "text/event-stream"):
        headers, asked = {"Accept": form}, {"type": "AccountOpend"}
        answer = await books.call("GET", "/events", expect=422, headers=headers, params=asked)
        assert "did you mean AccountOpened?" in answer.json()["detail"]
        assert answer.json()["errors"][0]["pointer"] == "?type"
    assert "TransactionPosted" in (await books.get("/events", type="Nope", expect=422))["detail"]
    assert len((await books.get("/events", type="AccountOpened"))["events"]) == len(CHART)
