"""Header fields mean what RFC 9110 says: HEAD, lists in several lines, conditions, keys, codings, cookies, origins."""

import asyncio
import gzip
import json
import logging
import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.app import FOREIGN_ORIGINS_MAX, Outermost, create_app
from api.http.fields import choose_media_type, read_entity_tags, takes_gzip
from tests.http.service import BOTH, Books, Json, Server, client, sale

ITS_OWN = ("x-request-id", "date")
QUERIES = {
    "/api/dashboard-data": "?ledger={ledger}",
    "register": "?account=Assets:Cash",
    "log/proof/inclusion": "?position=0",
    "log/proof/receipt": "?position=0",
    "log/proof/consistency": "?from_size=1",
}
"""What a route insists on, by its path below a ledger."""


def lines(*fields: tuple[str, str]) -> httpx.Headers:
    """Header fields, each in a line of its own."""
    return httpx.Headers([(name.encode(), value.encode()) for name, value in fields])


def paths_of_get(server: Server) -> list[str]:
    """The paths of all routes that take GET, with names in them to be filled in."""
    contexts = iter_route_contexts(create_app(server.settings).routes)
    routes = [each for each in contexts if isinstance(each.original_route, APIRoute)]
    return sorted({str(each.path) for each in routes if "GET" in (each.methods or ())})


async def everything(books: Books, server: Server) -> list[str]:
    """A URL of every route that takes GET, each of something that is there."""
    posted = await books.post("/transactions", sale())
    await books.call("GET", "/log/checkpoint", expect=200, params={"min_size": posted["size"]})
    filled = {"ledger": books.id, "account": "1", "transaction": posted["id"], "path": "entries/000.p/1"}
    filled |= {"code": "unbalanced", "name": "site.css"}
    urls = []
    for path in paths_of_get(server):
        url = path + QUERIES.get(path.rpartition("{ledger}/")[2], "")
        urls.append(re.sub(r"{(\w+)(?::\w+)?}", lambda found: filled[found[1]], url))
    size = posted["size"]
    for read_model in ("balances", "transactions", "dashboard", "accounts/1/register"):
        await books.get(f"/{read_model}", min_size=size)
    return urls


def fields_of(answer: httpx.Response) -> list[tuple[str, str]]:
    return sorted(field for field in answer.headers.multi_items() if field[0] not in ITS_OWN)


# --- HEAD -------------------------------------------------------------------------------------------------------------


@BOTH
async def test_head_answers_as_get_does_and_without_a_body_on_every_route(books: Books, server: Server) -> None:
    urls = await everything(books, server)
    assert len(urls) >= 35
    for url in urls:
        for headers in ({}, {"Accept": "application/x-ndjson"}, {"Accept": "text/csv", "Accept-Encoding": "gzip"}):
            got = await books.api.get(f"{server.url}{url}", headers=headers)
            head = await books.api.head(f"{server.url}{url}", headers=headers)
            assert got.status_code == 200, f"{url} {got.text}"
            assert (head.status_code, head.content) == (200, b""), url
            expected = [field for field in fields_of(got) if field[0] != "transfer-encoding"]
            assert fields_of(head) == expected, url


async def test_head_answers_an_error_and_an_unchanged_poll_as_get_does(books: Books, server: Server) -> None:
    await books.post("/transactions", sale())
    tag = (await books.call("GET", "/balances", expect=200, params={"min_size": await books.size()})).headers["ETag"]
    for url, headers, status in (
        ("/balances", {"If-None-Match": tag}, 304),
        ("/balances?limit=0", {}, 422),
        ("/balances?unknown=1", {}, 422),
        ("/accounts/77", {}, 404),
        ("/nowhere", {}, 404),
        ("/commands", {}, 405),
        ("/balances", {"Authorization": "Bearer nobody"}, 401),
    ):
        path = f"/ledgers/{books.id}{url}"
        got, head = [await books.api.request(method, path, headers=headers) for method in ("GET", "HEAD")]
        assert (head.status_code, head.content) == (status, b""), url
        assert fields_of(head) == fields_of(got), url


@pytest.mark.parametrize("accept", ["text/event-stream", "application/x-ndjson"])
async def test_head_on_a_stream_ends_at_once_and_the_connection_goes_on(
    books: Books, server: Server, accept: str
) -> None:
    """An answer that did not end would keep the one after it waiting for ten minutes."""
    asked = f"HEAD /api/ledgers/{books.id}/events HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\n"
    asked += f"Authorization: Bearer {server.token}\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write((asked + "GET /api/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").encode())
    answers = (await asyncio.wait_for(reader.read(), 60)).decode()
    writer.close()
    head, live = answers.split("HTTP/1.1 ")[1:]
    assert head.startswith("200 OK") and f"content-type: {accept}" in head.lower() and head.endswith("\r\n\r\n")
    assert live.startswith("200 OK") and live.endswith('{"status":"ok"}')


async def test_what_takes_get_says_that_it_takes_head_too(books: Books, server: Server) -> None:
    answer = await books.api.request("DELETE", f"/ledgers/{books.id}/balances")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
    answer = await books.api.request("PUT", f"/ledgers/{books.id}/accounts/1")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, PATCH")
    answer = await books.api.head(f"/ledgers/{books.id}/commands")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    asked = {"Origin": "http://localhost:5173", "Access-Control-Request-Method": "HEAD"}
    answer = await books.api.options(f"/ledgers/{books.id}/balances", headers=asked)
    assert answer.status_code == 200 and "HEAD" in answer.headers["Access-Control-Allow-Methods"]


# --- conditions -------------------------------------------------------------------------------------------------------


@BOTH
async def test_tags_may_stand_in_several_lines_and_in_both_strengths(books: Books) -> None:
    await books.post("/transactions", sale())
    size = await books.size()
    for path in ("/balances", "/transactions", "/accounts/1", "/dashboard", "", "/reports/trial-balance", "/events"):
        url = f"/ledgers/{books.id}{path}?min_size={size}"
        tag = (await books.api.get(url)).headers["ETag"]
        assert tag.startswith('W/"')
        for fields in (
            [tag],
            [tag.removeprefix("W/")],
            [f'"a", {tag}'],
            [f'"a",{tag} , "b,c"'],
            ['"a"', tag],
            [tag, '"a"'],
            ['"a,b"', f'W/"c" , {tag}'],
        ):
            answer = await books.api.get(url, headers=lines(*[("If-None-Match", each) for each in fields]))
            assert (answer.status_code, answer.content) == (304, b""), (path, fields)
            assert answer.headers["ETag"] == tag
        for fields in (['"a"'], ['"a"', '"b"'], [f'"x{tag[3:]}'], ["W/"]):
            answer = await books.api.get(url, headers=lines(*[("If-None-Match", each) for each in fields]))
            assert answer.status_code == 200, (path, fields)


@BOTH
async def test_whatever_is_there_is_not_sent_again_to_who_wants_what_is_not_there(books: Books, server: Server) -> None:
    """`If-None-Match: *`: 304 with the fields of the answer that it stands for."""
    unless_there = {"If-None-Match": "*"}
    for url in await everything(books, server):
        got = await books.api.get(f"{server.url}{url}")
        answer = await books.api.get(f"{server.url}{url}", headers=unless_there)
        assert (answer.status_code, answer.content) == (304, b""), url
        kept = {"etag", "cache-control", "vary", "ledger-size", "link"}
        assert {field for field in fields_of(answer) if field[0] in kept} == {
            field for field in fields_of(got) if field[0] in kept
        }, url
        assert not answer.headers.keys() & {"content-type", "content-length", "content-encoding"}
        assert (await books.api.head(f"{server.url}{url}", headers=unless_there)).content == b""
    for path, status in (("/accounts/77", 404), ("/balances?limit=0", 422)):
        await books.call("GET", path, expect=status, headers=unless_there)
    stream = {"Accept": "text/event-stream", **unless_there}
    assert (await books.call("GET", "/events", expect=304, headers=stream)).content == b""


@BOTH
async def test_a_change_insists_on_any_of_the_tags_in_any_line(books: Books) -> None:
    async def patch(*tags: str, expect: int) -> None:
        headers = lines(*[("If-Match", tag) for tag in tags])
        await books.call("PATCH", "/accounts/1", expect=expect, headers=headers, json={"label": "x"})

    async def tag() -> str:
        answer = await books.call("GET", "/accounts/1", expect=200, params={"min_size": await books.size()})
        return str(answer.headers["ETag"])

    await patch('"a"', await tag(), expect=201)
    await patch(await tag(), '"a"', expect=201)
    await patch(f'"a", {await tag()}', expect=201)
    await patch((await tag()).removeprefix("W/"), expect=201)
    await patch('"a"', '"b"', expect=412)
    await patch('"*"', expect=412)
    await patch("*", expect=201)
    old = await tag()
    await patch(old, expect=201)
    await patch(old, '"a"', old, expect=412)
    ledger = (await books.call("GET", "", expect=200)).headers["ETag"]
    headers = lines(("If-Match", '"a"'), ("If-Match", ledger))
    await books.call("PATCH", "", expect=201, headers=headers, json={"name": "x"})
    current = await tag()
    headers = lines(("If-Match", '"a"'), ("If-Match", current))
    await books.call("POST", "/accounts/1/close", expect=201, headers=headers)


# --- keys -------------------------------------------------------------------------------------------------------------


@BOTH
async def test_two_different_keys_are_refused_and_two_equal_ones_are_one(books: Books) -> None:
    async def post(*keys: str, expect: int) -> Json:
        headers = lines(*[("Idempotency-Key", key) for key in keys])
        return dict((await books.call("POST", "/transactions", expect=expect, headers=headers, json=sale())).json())

    size = await books.size()
    assert (await post("z1", "z2", expect=422))["code"] == "invalid_key"
    assert (await post("z1", '"z2"', expect=422))["code"] == "invalid_key"
    assert (await post("z1", "", expect=422))["code"] == "invalid_key"
    assert await books.size() == size
    once = await post("z1", "z1", expect=201)
    assert await post('"z1"', "z1", expect=201) == once == await post("z1", expect=201)
    for method, path, body in (
        ("PATCH", "", {"name": "x"}),
        ("POST", "/accounts", {"path": "Assets:Other"}),
        ("POST", "/currencies", {"currency": "ABC", "scale": 1}),
        ("PUT", "/members/nobody", {"role": "viewer"}),
    ):
        two = lines(("Idempotency-Key", "a"), ("Idempotency-Key", "b"))
        answer = await books.call(method, path, expect=422, headers=two, json=body)
        assert answer.json()["code"] == "invalid_key"
    two = lines(("Idempotency-Key", "a"), ("Idempotency-Key", "b"))
    answer = await books.api.post("/ledgers", json={}, headers=two)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_key")


# --- what is sent, and what is wanted back ----------------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["gzip", "br", "x-gzip", "gzip, identity", "nonsense", "GZIP"])
async def test_a_coded_body_is_not_taken(books: Books, server: Server, coding: str) -> None:
    """On every route, also where no body is read; and before anybody is signed in."""
    body = gzip.compress(json.dumps(sale()).encode())
    size = await books.size()
    for method, path in (
        ("POST", f"/ledgers/{books.id}/transactions"),
        ("POST", f"/ledgers/{books.id}/commands"),
        ("PATCH", f"/ledgers/{books.id}"),
        ("POST", f"/ledgers/{books.id}/accounts/1/close"),
        ("POST", "/auth/login"),
        ("POST", "/ledgers"),
    ):
        for kind in ("application/json", "application/x-ndjson"):
            headers = {"Content-Encoding": coding, "Content-Type": kind}
            answer = await books.api.request(method, path, content=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
            assert answer.headers["Accept-Encoding"] == "identity"
            assert answer.json()["coding"] in (coding, coding.lower())
    two = lines(("Content-Encoding", "identity"), ("Content-Encoding", coding))
    await books.call("POST", "/transactions", expect=415, headers=two, json=sale())
    assert await books.size() == size
    await books.call("POST", "/transactions", expect=201, headers={"Content-Encoding": "Identity"}, json=sale())


async def test_a_body_has_one_media_type(books: Books) -> None:
    content = json.dumps(sale()).encode()
    for kinds, status in (
        (["application/json", "text/plain"], 415),
        (["text/plain", "application/json"], 415),
        (["application/json", "application/json"], 201),
    ):
        headers = lines(*[("Content-Type", kind) for kind in kinds])
        await books.call("POST", "/transactions", expect=status, headers=headers, content=content)


async def test_what_is_wanted_back_may_be_said_in_several_lines(books: Books) -> None:
    csv = lines(("Accept", "application/json;q=0.5"), ("Accept", "text/csv"))
    answer = await books.call("GET", "/reports/trial-balance", expect=200, headers=csv)
    assert answer.headers["Content-Type"].startswith("text/csv")
    wanted = lines(("Accept", "text/html"), ("Accept", "application/x-ndjson"), ("Accept-Encoding", "br"))
    answer = await books.call("GET", "/events", expect=200, headers=wanted)
    assert answer.headers["Content-Type"] == "application/x-ndjson" and "Content-Encoding" not in answer.headers
    wanted = lines(("Accept", "application/x-ndjson"), ("Accept-Encoding", "br"), ("Accept-Encoding", "gzip"))
    answer = await books.call("GET", "/events", expect=200, headers=wanted)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert {"Accept", "Accept-Encoding"} <= {each.strip() for each in answer.headers["Vary"].split(",")}
    wanted = lines(("Prefer", "respond-async"), ("Prefer", "return=representation"))
    answer = await books.call("POST", "/transactions", expect=201, headers=wanted, json=sale())
    assert answer.headers["Preference-Applied"] == "return=representation"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/*", "text/csv"),
        ("text/*;q=0.5, application/json;q=0.4", "text/csv"),
        ("*/*, text/csv", "text/csv"),
        ("*/*;q=0.9, text/csv;q=0.1", "application/json"),
        ("text/csv;q=0", "application/json"),
        ("application/*;q=0.2, text/csv;q=0.1", "application/json"),
        ("TEXT/CSV", "text/csv"),
        ("text/csv;charset=utf-8;q=0.9, application/json;q=0.8", "text/csv"),
        (",;,=,q=", "application/json"),
    ],
)
def test_the_best_of_what_is_offered_is_found(accept: str, expected: str) -> None:
    assert choose_media_type(accept, ("application/json", "text/csv")) == expected


def test_lists_are_taken_apart() -> None:
    assert read_entity_tags('W/"a", "b,c" ,W/"", *, d') == {"a", "b,c", "", "*", "d"}
    assert takes_gzip("br, gzip;q=0.5") and not takes_gzip("gzip;q=0, br") and not takes_gzip("")


# --- cookies and origins ----------------------------------------------------------------------------------------------


async def test_of_two_cookies_the_first_counts_as_for_the_frontend(server: Server, books: Books) -> None:
    """The existing frontend's parser takes the first, and both must mean the same user."""
    async with client(server) as stranger:
        good = quote(server.token)
        for cookies, status in (
            (f"auth-session={good}; auth-session=stale", 200),
            (f"auth-session=stale; auth-session={good}", 401),
            (f"auth-session={good}; auth-session=", 200),
            (f"auth-session=; auth-session={good}", 401),
            (f"other=1; auth-session={good}; auth-session=%ZZ", 200),
        ):
            answer = await stranger.get("/auth/session", headers={"Cookie": cookies})
            assert answer.status_code == status, cookies
            two = [("Cookie", each) for each in cookies.split("; ")]
            assert (await stranger.get("/auth/session", headers=lines(*two))).status_code == status, cookies


async def test_a_foreign_origin_is_named_in_the_answer_and_in_the_log(
    server: Server, books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="api.access")

    def told() -> list[str]:
        return [record.getMessage() for record in caplog.records if "LEDGER_ALLOWED_ORIGINS" in record.getMessage()]

    cookie = {"Cookie": f"auth-session={quote(server.token)}"}
    async with client(server) as page:
        path = f"/ledgers/{books.id}/transactions"
        answer = await page.post(path, json=sale(), headers=cookie | {"Origin": "http://localhost:5184"})
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (403, "origin_refused")
        assert (problem["origin"], problem["setting"]) == ("http://localhost:5184", "LEDGER_ALLOWED_ORIGINS")
        assert "http://localhost:5184" in problem["detail"] and "LEDGER_ALLOWED_ORIGINS" in problem["detail"]
        assert len(told()) == 1 and "http://localhost:5184" in told()[0]
        await page.post(path, json=sale(), headers=cookie | {"Origin": "http://localhost:5184"})
        assert len(told()) == 1, "once a minute is enough"
        await page.get(path, headers=cookie | {"Origin": "http://localhost:5185"})
        asked = {"Origin": "http://localhost:5186", "Access-Control-Request-Method": "POST"}
        async with httpx.AsyncClient() as browser:
            assert (await browser.options(f"{server.url}/api{path}", headers=asked)).status_code == 400
        assert [re.search(r"518\d", line)[0] for line in told()] == ["5184", "5185", "5186"]  # type: ignore[index]
        problem = (await page.post(path, json=sale(), headers=cookie)).json()
        assert (problem["code"], problem["origin"]) == ("origin_refused", None) and "names none" in problem["detail"]
        long = "http://" + "x" * 5_000
        problem = (await page.post(path, json=sale(), headers=cookie | {"Origin": long})).json()
        assert len(problem["origin"]) == 200 and len(told()[-1]) < 400
        await page.get(path, headers=cookie | {"Origin": "http://localhost:5173"})
        await page.get(path, headers=cookie | {"Origin": server.url})
        assert len(told()) == 4, "allowed ones and our own are not foreign"


async def test_an_origin_ends_no_line_of_the_log(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="api.access")
    async with client(server) as page:
        await page.get("/health", headers=[(b"Origin", "http://evil\u00e9 \tx".encode())])
    (line,) = [record.getMessage() for record in caplog.records if "LEDGER_ALLOWED_ORIGINS" in record.getMessage()]
    assert "http://evil" in line and line.isascii() and "\t" not in line


def test_every_origin_is_remembered_for_a_while_only() -> None:
    """However many somebody makes up."""

    async def nowhere(*_: Any) -> None: ...

    outermost = Outermost(nowhere, allowed_origins=[])
    for number in range(3 * FOREIGN_ORIGINS_MAX):
        outermost._tell_foreign(b"http://%d.example" % number)
    assert len(outermost._foreign_origins) <= FOREIGN_ORIGINS_MAX
