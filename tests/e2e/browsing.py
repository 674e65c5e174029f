"""A real browser in front of the stage: found on this system or installed from its packages, with what it complains about."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tributary.child_process import locked
from tributary.state import cache

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PACKAGES = ("chromium", "fonts-noto-core", "fonts-noto-cjk")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
WAIT_MS = 20_000
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]  # the rules that look at colours, which are all that a theme changes


class NoBrowser(RuntimeError):
    """There is no Chromium, and none can be installed: what a browser shows can't be tested."""


def chromium() -> str:
    """The program. Without it nothing is skipped: it is installed, or the tests fail."""
    with locked(cache() / "chromium.lock", wait=280):
        if found := os.environ.get("TRIBUTARY_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None):
            return found
        if os.geteuid() or not shutil.which("apt-get"):
            raise NoBrowser("Install Chromium, or name one in TRIBUTARY_CHROMIUM.")
        for words in (("update",), ("install", "-y", "--no-install-recommends", *PACKAGES)):
            subprocess.run(
                ["apt-get", "-qq", *words],
                check=True,
                stdout=subprocess.DEVNULL,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )
    return next(filter(None, map(shutil.which, NAMES)))


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """One browser for many tests."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield started
        started.close()


def violations(page: Page, source: Path, colours: bool = False) -> list[dict[str, Any]]:
    """What axe finds in a page, as it says it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(source.read_text() + "\n;0")
    asked = {"type": "rule", "values": COLOURS} if colours else {"type": "tag", "values": TAGS}
    told: dict[str, Any] = page.evaluate("(asked) => axe.run(document, {runOnly: asked})", asked)
    return list(told["violations"])


class Tab:
    """Somebody's page, and everything in it that went wrong."""

    def __init__(self, context: BrowserContext, url: str, word: str) -> None:
        self.context, self.url, self._word = context, url, word
        self.complaints: list[str] = []
        self.foreseen: list[str] = []  # pieces of complaints that the test itself brings about
        context.add_init_script(
            "addEventListener('securitypolicyviolation', (e) => console.error('POLICY', e.violatedDirective, e.sourceFile, e.sample))"
        )
        self.page: Page = context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda failure: self.complaints.append(f"error: {failure.message}"))

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning") and not any(text in message.text for text in self.foreseen):
            self.complaints.append(f"{message.type}: {message.text}")

    def go(self, path: str = "/today") -> Page:
        """Opens an address of the gateway."""
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, person: str, path: str = "/today", keyboard: bool = False) -> Page:
        """By the sign-in page, as people do it."""
        page = self.go(path)
        page.locator("a.first").click()
        page.locator("#person").select_option(person)
        page.locator("#word").fill(self._word)
        page.locator("#word").press("Enter")
        page.wait_for_url(f"{self.url}/**")
        page.locator(".rows, .none, .forms").first.wait_for()
        return page

    def audit(self, source: Path, *rules_off: str, colours: bool = False) -> list[str]:
        """What axe finds, one line each; the source is axe itself. With ``colours``, of the rules alone that look at them."""
        told = violations(self.page, source, colours)
        return [
            f"{found['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:300]}"
            for found in told
            for node in found["nodes"]
            if found["id"] not in rules_off
        ]
