"""A live number on a page of another site, under that site's own strict policy: what it shows, to whom, and when it breaks."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import Tab
from front import BERLIN, MUNICH, Front, picture
from playwright.sync_api import Browser, Page, expect
from stage import Stage, a_lead

from tributary.people import MANAGER

pytestmark = pytest.mark.xdist_group("stack")
Visit = Callable[..., Page]


class Site:
    """Somebody's own site: a page with the number, and a server that gets tickets for it."""

    def __init__(self, home: str, metrics: str, token: Callable[[], str]) -> None:
        self.body, self.language, self.given = "", "en", list[str]()
        self.about: dict[str, Any] = {}
        site = self

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = f'<!doctype html><html lang="{site.language}" dir="{"rtl" if site.language == "fa" else "ltr"}">'
                page += '<meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>A site</title><link rel="icon" href="data:,">'
                page += f'<script type="module" src="{home}/embed/kpi.js"></script>'
                policy = (
                    f"default-src 'none'; script-src {home}; connect-src 'self' {home}; img-src data:; base-uri 'none';"
                    " require-trusted-types-for 'script'"
                )
                self._answer(page + f"<main><h1>A site</h1>{site.body}</main></html>", "text/html", policy)

            def do_POST(self) -> None:
                answer = httpx.post(
                    f"{metrics}/v1/kpis/stream/tickets",
                    params={"origin": site.url, **site.about},
                    headers={"authorization": f"Bearer {token()}", "content-type": "application/json"},
                    trust_env=False,
                )
                site.given.append(answer.json()["ticket"])
                self._answer(json.dumps(answer.json()), "application/json", "default-src 'none'")

            def _answer(self, body: str, kind: str, policy: str) -> None:
                self.send_response(200)
                self.send_header("content-type", f"{kind}; charset=utf-8")
                self.send_header("content-security-policy", policy)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def shows(self, number: str = "leads", key: str = "berlin", **more: str) -> None:
        """Its page holds this number of a team."""
        self.about = {"by": "team", "key": key, "number": number}
        words = " ".join(f'{name}="{value}"' for name, value in more.items())
        self.body = f'<tributary-kpi ticket="/ticket" by="team" number="{number}" {words}></tributary-kpi>'

    def close(self) -> None:
        """The port is free again."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site(front: Front, session_stage: Stage) -> Iterator[Site]:
    tokens = session_stage.stack.running.tokens
    made = Site(front.url, session_stage.services["metrics"].url, lambda: tokens.person(MANAGER))
    yield made
    made.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    """Opens a page as a stranger. Whatever his browser complains about fails the test."""
    opened: list[Tab] = []

    def one(url: str, *foreseen: str, theme: Any = "light") -> Page:
        context = chromium.new_context(viewport={"width": 480, "height": 240}, color_scheme=theme, locale="en")
        opened.append(Tab(context, url, ""))
        opened[-1].foreseen += foreseen
        return opened[-1].go("/")

    yield one
    complaints = [complaint for each in opened for complaint in each.complaints]
    for each in opened:
        each.context.close()
    assert complaints == []


def number(page: Page) -> int:
    return int(re.sub(r"\D", "", page.locator("tributary-kpi .number").inner_text()))


def test_a_number_on_another_site_moves_with_the_leads_that_it_counts_and_no_others(
    site: Site, visit: Visit, session_stage: Stage
) -> None:
    site.shows(label="Leads of Team Berlin")
    page = visit(site.url)
    expect(page.locator("tributary-kpi[data-state=live] .number")).to_have_text(re.compile(r"^\d+$"))
    before = number(page)
    assert before >= 3
    session_stage.lead(session_stage.submit(a_lead(**MUNICH)))
    session_stage.submit(a_lead(**BERLIN))
    expect(page.locator("tributary-kpi .number")).to_have_text(str(before + 1), timeout=5000)
    status = page.locator("tributary-kpi [role=status]")
    assert status.inner_text() == f"Leads of Team Berlin {before}", "ears are not told every change at once"
    expect(status).to_have_text(f"Leads of Team Berlin {before + 1}", timeout=15_000)
    assert page.context.cookies() == []
    kept = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    assert kept == [0, 0, ""]
    assert not page.locator("iframe").count()


def test_a_ticket_is_worth_nothing_on_the_page_of_a_third_site(
    site: Site, visit: Visit, front: Front, session_stage: Stage
) -> None:
    site.shows()
    page = visit(site.url)
    expect(page.locator("tributary-kpi[data-state=live]")).to_have_count(1)
    third = Site(front.url, "", lambda: "")
    try:
        third.body = f'<tributary-kpi ticket="{site.url}/ticket"></tributary-kpi>'
        stolen = site.given[-1]
        other = visit(third.url, "Failed to load resource", "blocked by CORS", "Content Security Policy", "POLICY")
        expect(other.locator("tributary-kpi .number")).to_have_text("–")
        address = f"{front.url}/v1/kpis/stream?by=team&ticket={stolen}"
        told = other.evaluate("(at) => fetch(at).then((r) => r.status, (e) => e.name)", address)
        assert told == "TypeError", "its browser gives it no answer"
    finally:
        third.close()
    for asked, status in (("by=team", 200), ("by=channel", 401), ("by=team&by=channel", 401)):
        ticket = f"{front.url}/v1/kpis/stream?{asked}&ticket={stolen}"
        with httpx.stream("GET", ticket, headers={"origin": site.url}, trust_env=False) as answer:
            assert answer.status_code == status


def test_when_the_stream_breaks_the_last_number_stands_greyed_and_comes_back(
    site: Site, visit: Visit, session_stage: Stage
) -> None:
    site.shows(label="Leads")
    page = visit(site.url, "Failed to load resource", "blocked by CORS")
    expect(page.locator("tributary-kpi[data-state=live] .number")).to_have_text(re.compile(r"^\d+$"))
    before, colour = (
        number(page),
        "getComputedStyle(document.querySelector('tributary-kpi').shadowRoot.querySelector('.number')).color",
    )
    fresh = page.evaluate(colour)
    session_stage.services["metrics"].stop()
    try:
        expect(page.locator("tributary-kpi .age")).to_contain_text("as of")
        assert number(page) == before
        assert page.evaluate(colour) != fresh
    finally:
        session_stage.up()
    session_stage.submit(a_lead(**BERLIN))
    expect(page.locator("tributary-kpi[data-state=live] .number")).to_have_text(str(before + 1), timeout=40_000)
    expect(page.locator("tributary-kpi .age")).to_be_empty()


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_written_in_the_pages_language_and_open_to_everybody(
    site: Site, visit: Visit, axe: Path, chromium: Browser, language: str, theme: str
) -> None:
    site.language = language
    site.shows(label="سرنخ‌های برلین" if language == "fa" else "Leads of Team Berlin")
    page = visit(site.url, theme=theme)
    shown = page.locator("tributary-kpi[data-state=live] .number")
    expect(shown).to_have_text(re.compile("^[۰-۹]+$" if language == "fa" else r"^[0-9]+$"))
    light = page.evaluate("getComputedStyle(document.querySelector('tributary-kpi')).color") == "rgb(0, 0, 0)"
    assert light == (theme == "light"), "it has the colours of the page around it"
    side = "const b = document.querySelector('tributary-kpi').getBoundingClientRect(); return innerWidth - b.right < b.left"
    assert page.evaluate(f"(() => {{ {side} }})()") == (language == "fa")
    picture(page, f"kpi-{language}-{theme}")
    audited = Tab(page.context, site.url, "")
    audited.page = page
    assert audited.audit(axe) == []
