"""What is not the API: the page at `/`, the API's description, and a page for every kind of problem."""

import gzip
import json
import re
from collections.abc import AsyncIterator
from hashlib import sha256

import httpx
import pytest

from api.errors import STATUSES
from api.pages.files import FOLDER
from api.pages.problems import WHEN, list_kinds
from tests.http.service import Books, Server, client, sale

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
FOR_PEOPLE = ("/", "/docs", "/redoc", "/problems", "/problems/unbalanced")


@pytest.fixture
async def visitor(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has not signed in."""
    async with client(server) as visitor:
        visitor.base_url = httpx.URL(server.url)
        yield visitor


async def test_the_root_tells_programs_where_to_go(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/")
    assert answer.headers["Content-Type"] == "application/json"
    about = answer.json()
    assert about["name"] == "Double LLMedger" and re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", about["version"])
    for name in ("docs", "redoc", "openapi", "problems", "health", "ready"):
        assert (await visitor.get(about[name])).status_code == 200, name


async def test_the_root_tells_people_where_to_go(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/", headers=BROWSER)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    links = re.findall(r'<a href="([^"]+)"', answer.text)
    assert {"/docs", "/redoc", "/problems", "/openapi.json"} <= set(links)
    for link in links:
        assert (await visitor.get(link, headers=BROWSER)).status_code == 200, link


@pytest.mark.parametrize("path", FOR_PEOPLE)
async def test_a_page_takes_nothing_from_elsewhere(visitor: httpx.AsyncClient, path: str) -> None:
    """Not a script, a style, a picture or a font; and no script or style stands in the page itself."""
    answer = await visitor.get(path, headers=BROWSER)
    assert "://" not in answer.text
    assert not re.search(r"<script(?![^>]* src=)|<style|\son[a-z]+=|\sstyle=", answer.text)
    policy = answer.headers["Content-Security-Policy"]
    assert "://" not in policy and policy.startswith("default-src 'none'")
    scripts = re.search("script-src ([^;]*)", policy)
    assert scripts is None or scripts[1] == "'self'"
    assert "frame-ancestors 'none'" in policy and "base-uri 'none'" in policy
    for name in re.findall(r'(?:src|href)="(/assets/[^"]+)"', answer.text):
        found = await visitor.get(name)
        assert found.status_code == 200 and found.headers["Content-Type"].startswith(("text/css", "text/javascript"))


async def test_assets_are_packed_and_kept(visitor: httpx.AsyncClient) -> None:
    plain = await visitor.get("/assets/swagger-ui.css", headers={"Accept-Encoding": "identity"})
    packed = await visitor.get("/assets/swagger-ui.css", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers and packed.headers["Content-Encoding"] == "gzip"
    assert plain.content == packed.content == (FOLDER / "swagger-ui" / "swagger-ui.css").read_bytes()
    assert packed.num_bytes_downloaded < len(plain.content) / 3
    again = await visitor.get("/assets/swagger-ui.css", headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("assets.json", "LICENSE", "..%5Cfiles.py", "files.py", "nothing"):
        assert (await visitor.get(f"/assets/{name}")).status_code == 404


def test_the_assets_are_the_files_that_were_published() -> None:
    """Byte for byte, with their licences beside them."""
    recorded = json.loads((FOLDER / "assets.json").read_text())
    for folder, of in recorded.items():
        files = {file.name: sha256(file.read_bytes()).hexdigest() for file in (FOLDER / folder).iterdir()}
        assert files == of["sha256"] and "LICENSE" in files
        assert of["licence"] in ("Apache-2.0", "MIT") and re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", of["version"])
    assert {each.name for each in FOLDER.iterdir() if each.is_dir()} == set(recorded)
    assert gzip.compress(b"")  # what is served packed is made from these


async def test_the_type_of_every_problem_is_a_page(visitor: httpx.AsyncClient) -> None:
    for code, status in STATUSES.items():
        answer = await visitor.get(f"/problems/{code}")
        document = answer.json()
        assert (answer.status_code, document["code"], document["status"]) == (200, code, status)
        assert document["when"] and document["to_do"].endswith((".", ")"))
        page = await visitor.get(f"/problems/{code}", headers=BROWSER)
        assert f"<h1>{document['title']}</h1>" in page.text
        assert not any("{" in sentence for sentence in document["when"])
    answer = await visitor.get("/problems/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_the_problem_of_an_answer_leads_to_its_page(books: Books) -> None:
    body = sale()
    body["postings"][0]["amount"] = "13.00"
    document = await books.post("/transactions", body, expect=422)
    page = (await books.api.get(f"{str(books.api.base_url).removesuffix('/api/')}{document['type']}")).json()
    assert (page["code"], page["title"], page["status"]) == (document["code"], document["title"], 422)
    assert set(page["facts"]) <= document.keys()


async def test_all_problems_are_listed(visitor: httpx.AsyncClient) -> None:
    listed = (await visitor.get("/problems")).json()["problems"]
    assert {each["code"] for each in listed} == set(STATUSES)
    assert listed == sorted(listed, key=lambda each: (each["status"], each["code"]))
    page = (await visitor.get("/problems", headers=BROWSER)).text
    assert all(f'href="/problems/{code}"' in page for code in STATUSES)


def test_every_kind_of_problem_says_when_and_what_to_do() -> None:
    for kind in list_kinds().values():
        assert kind.when and all(each.endswith((".", ".)")) for each in kind.when), kind
        assert kind.to_do and kind.title == kind.code.replace("_", " ").capitalize()
    assert WHEN.keys() <= STATUSES.keys()
