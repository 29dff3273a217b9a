"""A real browser on a page of another origin: signs in, reads, posts, polls, and signs out everywhere.

Needs Debian's `chromium`; without it the test is skipped with that reason, and fails in CI.
"""

import functools
import http.server
import os
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import ConsoleMessage, Page, async_playwright

from tests.http.service import PASSWORD, serve, sqlite_settings

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
BROWSER_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

PAGE = """<!doctype html>
<meta charset="utf-8"><title>Books</title><link rel="icon" href="data:,">
<form id="sign-in"><input id="name"><input id="password" type="password"><button>Sign in</button></form>
<p>Balance: <output id="balance"></output></p>
<p>Savings: <output id="savings"></output></p>
<ul id="recent"></ul>
<button id="earn">Earn 12.50</button><button id="poll">Poll</button><button id="leave">Sign out everywhere</button>
<p>Size: <output id="size"></output> Tag: <output id="tag"></output> Replayed: <output id="replayed"></output></p>
<p>Status: <output id="status"></output></p>
<script>
const api = new URLSearchParams(location.search).get("api");
const show = (id, text) => { document.getElementById(id).textContent = text; };
const call = (path, options = {}) => fetch(api + path, { credentials: "include", ...options });
const send = (path, body, headers = {}) => call(path, {
  method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers } });

async function load(size) {
  const answer = await call("/dashboard-data" + (size ? `?min_size=${size}` : ""));
  if (!answer.ok) return show("status", `refused ${answer.status} ${(await answer.json()).code}`);
  const data = await answer.json();
  show("balance", data.account_balance.toFixed(2));
  show("savings", data.monthly_savings.toFixed(2));
  document.getElementById("recent").replaceChildren(...data.recent_transactions.map((each) => {
    const line = document.createElement("li");
    line.textContent = `${each.type} ${each.amount.toFixed(2)} ${each.description}`;
    return line;
  }));
  show("tag", answer.headers.get("ETag"));
  show("status", `shown ${data.account_name}`);
}

document.getElementById("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [username, password] = ["name", "password"].map((id) => document.getElementById(id).value);
  const answer = await send("/auth/login", { username, password });
  if (!answer.ok) return show("status", `refused ${answer.status} ${(await answer.json()).code}`);
  await load();
});

document.getElementById("earn").addEventListener("click", async () => {
  const { ledgers: [ledger] } = await (await call("/ledgers")).json();
  const { accounts } = await (await call(`/ledgers/${ledger.id}/accounts?min_size=${ledger.size}`)).json();
  const bank = accounts.find((account) => account.role === "bank").path;
  const income = accounts.find((account) => account.type === "income").path;
  const today = new Date().toISOString().slice(0, 10);
  const body = { date: today, description: "A day's work", postings: [
    { account: bank, debit: "12.50", currency: ledger.currency },
    { account: income, credit: "12.50", currency: ledger.currency } ] };
  for (const _attempt of [1, 2]) {  // the same key: once is enough
    const answer = await send(`/ledgers/${ledger.id}/transactions`, body, { "Idempotency-Key": "earned-1" });
    show("size", answer.headers.get("Ledger-Size"));
    show("replayed", answer.headers.get("Idempotent-Replayed"));
  }
  await load(document.getElementById("size").textContent);
});

document.getElementById("poll").addEventListener("click", async () => {
  const tag = document.getElementById("tag").textContent;
  const answer = await call("/dashboard-data", { headers: { "If-None-Match": tag }, cache: "no-store" });
  if (answer.ok) show("tag", answer.headers.get("ETag"));
  show("status", `polled ${answer.status}`);
});

document.getElementById("leave").addEventListener("click", async () => {
  const answer = await call("/security/logout-all-devices", { method: "POST" });
  show("size", (await answer.json()).invalidated_count);
  await load();
});
</script>
"""


def require_browser() -> None:
    """Skip the test where there is no browser; in CI it fails."""
    if BROWSER is None:
        reason = "there is no chromium: install Debian's package, or a browser of that name"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def page_origin(tmp_path: Path) -> Iterator[str]:
    """Where the page is served from: another port, so another origin of the same site."""
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE)
    serving = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), serving) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@dataclass
class Visit:
    """A page in the browser, and what the browser complained of."""

    page: Page
    complaints: list[str]

    async def shows(self, id_: str) -> str:
        return await self.page.locator(f"#{id_}").inner_text()

    async def status(self, beginning: str) -> str:
        await self.page.wait_for_function(
            "beginning => document.getElementById('status').textContent.startsWith(beginning)", arg=beginning
        )
        return await self.shows("status")


@pytest.fixture
async def visit(tmp_path: Path, page_origin: str) -> AsyncIterator[Visit]:
    """The page opened in a browser, knowing where a service of its own is."""
    require_browser()
    settings = sqlite_settings(tmp_path, allowed_origins=(page_origin,))
    with serve(settings) as server:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=BROWSER, args=list(BROWSER_OPTIONS))
            page = await browser.new_page()
            found = Visit(page, [])

            def note_complaint(message: ConsoleMessage) -> None:
                if message.type in ("error", "warning"):
                    found.complaints.append(message.text)

            page.on("console", note_complaint)
            page.on("pageerror", lambda error: found.complaints.append(str(error)))
            await page.goto(f"{page_origin}/?api=http://localhost:{server.port}/api")
            yield found
            await browser.close()


async def sign_in(visit: Visit, password: str = PASSWORD) -> None:
    """Fill in the form."""
    await visit.page.fill("#name", "alice")
    await visit.page.fill("#password", password)
    await visit.page.click("text=Sign in")


async def test_a_page_of_another_origin_keeps_books_with_the_cookie(visit: Visit) -> None:
    await visit.page.evaluate(
        "body => fetch(api + '/auth/register', {method: 'POST', body, headers: {'Content-Type': 'application/json'}})",
        f'{{"username": "alice", "password": "{PASSWORD}"}}',
    )
    await visit.page.context.clear_cookies()
    await sign_in(visit, "not her password")
    assert await visit.status("refused") == "refused 401 wrong_credentials"
    await sign_in(visit)
    assert await visit.status("shown") == "shown alice's Account"
    assert (await visit.shows("balance"), await visit.shows("savings")) == ("0.00", "0.00")
    first_tag = await visit.shows("tag")
    assert first_tag.startswith('W/"'), "the ETag can be read"

    for _ in range(100):  # until the projection has come as far as the ledger that was just opened
        await visit.page.click("#poll")
        if await visit.status("polled") == "polled 304":
            break
    assert await visit.shows("status") == "polled 304"
    first_tag = await visit.shows("tag")

    await visit.page.click("#earn")
    assert await visit.status("shown") == "shown alice's Account"
    assert (await visit.shows("balance"), await visit.shows("savings")) == ("12.50", "12.50")
    assert (await visit.shows("recent")).endswith("12.50 A day's work")
    assert int(await visit.shows("size")) > 1, "Ledger-Size can be read"
    assert await visit.shows("replayed") == "true", "Idempotent-Replayed can be read"
    assert await visit.shows("tag") != first_tag

    (cookie,) = await visit.page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("auth-session", True, "Lax")
    assert await visit.page.evaluate("document.cookie") == "", "no script sees the cookie"

    await visit.page.click("#leave")
    assert await visit.status("refused") == "refused 401 unauthenticated"
    assert await visit.shows("size") == "2", "both sessions ended: that of registering, and that of signing in"
    assert await visit.page.context.cookies() == []
    refusals = [complaint for complaint in visit.complaints if "401" in complaint]
    assert visit.complaints == refusals, "the browser itself had nothing to complain of"
