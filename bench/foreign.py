"""From the press of a button on a page of another site to the number on a page that somebody has open."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
from playwright.sync_api import Browser, Page

from bench.running import Running
from bench.tables import Results
from tributary.people import MARKETER

POSTS = 50
FORM = "bench"
# What the form's script sends, from that site's page: a browser's post across origins.
POST = """async ([door, form, n]) => {
  window.told ??= await (await fetch(`${door}/v1/forms/${form}/definition?lang=en`, { credentials: "omit" })).json();
  const body = { _key: crypto.randomUUID(), _token: window.told.token, _lang: "en", name: "Jule Marx", email: `jule.${n}@firm.example` };
  const pressed = Date.now();
  const answer = await fetch(`${door}/v1/forms/${form}/submissions`, { method: "POST", body: JSON.stringify(body),
    headers: { "content-type": "application/json" }, credentials: "omit" });
  return [pressed, Date.now() - pressed, answer.status];
}"""
# When the page shows more leads than now, and how many it shows now.
SEEN = """() => {
  const number = () => Number(document.querySelector(".say .number").textContent.replace(/\\D/g, ""));
  const before = number();
  window.seen = new Promise((done) => {
    const look = () => (number() > before ? done(Date.now()) : requestAnimationFrame(look));
    look();
  });
}"""


def foreign(running: Running, told: Any, browser: Browser, today: Page) -> Results:
    """So many posts, one after the other, each seen before the next is sent."""
    with _site() as site:
        _form(running, told, site)
        there = browser.new_page()
        there.goto(site)
        took, answered = [], []
        for n in range(POSTS + 5):
            today.evaluate(SEEN)
            pressed, answer, status = there.evaluate(POST, [told.web, FORM, n])
            if status != 202:
                raise SystemExit(f"the form's door answered {status}")
            took.append(today.evaluate("window.seen") - pressed)
            answered.append(answer)
        there.close()
    took, answered = sorted(took[5:]), sorted(answered[5:])  # the first warm everything up
    return {
        "posts": POSTS,
        "p50_ms": took[POSTS // 2],
        "p99_ms": took[-1],
        "answered_p50_ms": answered[POSTS // 2],
    }


@contextmanager
def _site() -> Iterator[str]:
    """A site of somebody else's, with one page."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>A site</title>")

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _form(running: Running, told: Any, site: str) -> None:
    """An active form that this site may send."""
    fields = [("name", "name", "Name"), ("email", "email", "E-mail")]
    content = {
        "languages": ["en"],
        "title": {"en": "Ask us"},
        "fields": [{"name": name, "kind": kind, "label": {"en": label}} for name, kind, label in fields],
        "consents": [],
        "origins": [site],
        "defaults": {"campaign": "", "channel": "web", "country": "DE", "product": "lathe"},
    }
    url = f"{running.services['leads']['url']}/v1/form-definitions"
    headers = {"authorization": f"Bearer {told.tokens.person(MARKETER)}"}
    with httpx.Client(headers=headers, timeout=30, trust_env=False) as http:
        made = http.post(url, json={"form": FORM, "content": content}).raise_for_status()
        http.post(f"{url}/{FORM}/activate", headers={"if-match": made.headers["etag"]}).raise_for_status()
