"""A browser with an empty page open at an origin of its own: where a frontend's code runs.

Needs Debian's `chromium`; without it the test is skipped with that reason, and fails in CI.
"""

import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.interop.test_browser import BROWSER_OPTIONS

EMPTY = b"<!doctype html><meta charset=utf-8><title>A frontend</title><link rel=icon href=data:,>"


@dataclass
class Browser:
    """An open page."""

    page: Page

    def run(self, program: str) -> str:
        """Run a piece of JavaScript, in which `await` may be used; returns what it wrote to the console."""
        lines: list[str] = []
        self.page.on("console", lambda message: lines.append(message.text))
        self.page.evaluate(f"async () => {{\n{program}\n}}")
        return "\n".join(lines)


class _EmptyPage(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(EMPTY)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def opened(port: int) -> Iterator[Browser]:
    """A browser on an empty page at `http://localhost:PORT`."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        reason = "there is no chromium: install Debian's package, or a browser of that name"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), _EmptyPage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found, args=list(BROWSER_OPTIONS))
            page = browser.new_page()
            page.goto(f"http://localhost:{port}/")
            yield Browser(page)
            browser.close()
        server.shutdown()
