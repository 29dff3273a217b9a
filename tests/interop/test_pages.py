"""The pages of the API's description in a real browser, without a network: they show every operation.

Needs Debian's `chromium`; without it the test is skipped with that reason, and fails in CI.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, Route, async_playwright

from tests.http.described import operations
from tests.http.service import Server, serve, sqlite_settings
from tests.interop.test_browser import BROWSER, BROWSER_OPTIONS, require_browser


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[tuple[Page, Server, list[str]]]:
    """A page in a browser, a server, and what went wrong: complaints of the browser, and requests to elsewhere."""
    require_browser()
    wrong: list[str] = []
    with serve(sqlite_settings(tmp_path)) as server:

        async def look(route: Route) -> None:
            if route.request.url.startswith((server.url, "data:", "blob:")):
                await route.continue_()
            else:
                wrong.append(f"asked for {route.request.url}")
                await route.abort()

        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=BROWSER, args=list(BROWSER_OPTIONS))
            page = await browser.new_page()
            await page.route("**/*", look)
            page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            yield page, server, wrong
            await browser.close()


async def test_swagger_ui_shows_every_operation(page: tuple[Page, Server, list[str]]) -> None:
    tab, server, wrong = page
    await tab.goto(f"{server.url}/docs")
    await tab.wait_for_selector(".opblock")
    shown = await tab.locator(".opblock").count()
    assert shown == len(operations())
    assert await tab.locator(".btn.authorize").count() == 1
    await tab.click("#operations-transactions-post_transaction .opblock-summary-control")
    await tab.wait_for_selector("#operations-transactions-post_transaction textarea")
    example = await tab.locator("#operations-transactions-post_transaction textarea").first.input_value()
    assert '"Assets:Bank"' in example
    assert wrong == []


async def test_redoc_shows_every_operation(page: tuple[Page, Server, list[str]]) -> None:
    tab, server, wrong = page
    await tab.goto(f"{server.url}/redoc")
    await tab.wait_for_selector("[data-section-id]")
    text = await tab.inner_text("body")
    assert "Post transaction" in text and "post_transaction" not in await tab.title()
    shown = await tab.locator("[data-section-id*='/operation/']").count()
    assert shown == len(operations())
    # Redoc wants to show its maker's logo, and the page's policy does not let it ask for that.
    assert all("logo-mini.svg" in complaint and "Content Security Policy" in complaint for complaint in wrong)


async def test_the_first_page_is_a_page(page: tuple[Page, Server, list[str]]) -> None:
    tab, server, wrong = page
    await tab.goto(f"{server.url}/")
    await tab.click("text=/problems")
    await tab.click("text=unbalanced")
    assert await tab.inner_text("h1") == "Unbalanced"
    assert wrong == []
