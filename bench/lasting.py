"""A page that stays open: ``python -m bench --only lasting``, ten minutes.

Six tabs of one browser in front of the stand-in, of which a thousand rows change every second; the tab that is measured is out of
sight half of the time. What it keeps must not grow, and nothing may be complained about.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from bench.tables import Results

SECONDS, TABS, LOOKS = 600.0, 6, 10
SETTLES_S = 5.0
MOST_GROWN_MB = 5.0
STREAM = "/v1/kpis/stream"
# A browser without a screen hides no tab.
HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def lasting(browser: Browser, address: str, seconds: float = SECONDS) -> Results:
    """What is kept at the begin and at the end, after the garbage was collected; how many streams are open; what was complained about.
    At the begin is after the first tenth: by then all that is made once is made."""
    with _tabs(browser, address) as (tabs, streams, complaints):
        page = tabs[0]
        session = page.context.new_cdp_session(page)
        page.wait_for_timeout(1000 * max(SETTLES_S, seconds / 10))
        began, kept, most_streams = time.monotonic(), [_kept(session)], 0
        for _ in range(LOOKS):
            for hidden in (True, False):
                page.evaluate(HIDE, hidden)
                page.wait_for_timeout(1000 * seconds / LOOKS / 2)
                most_streams = max(most_streams, len(streams))
            kept.append(_kept(session))
        said = page.locator(".live").inner_text()
    # The least of each half: a look may fall between two collections of what is only briefly kept.
    half = len(kept) // 2
    first, last = (min(some, key=lambda one: one["mb"]) for some in (kept[:half], kept[half:]))
    return {
        "seconds": round(time.monotonic() - began),
        "mb": [one["mb"] for one in kept],
        "grown_mb": round(last["mb"] - first["mb"], 2),
        "nodes": [one["nodes"] for one in kept],
        "listeners": [one["listeners"] for one in kept],
        "tabs": TABS,
        "streams": most_streams,
        "live": "Live" in said,
        "complaints": complaints[:10],
    }


@contextmanager
def _tabs(browser: Browser, address: str) -> Iterator[tuple[list[Page], set[Any], list[str]]]:
    """The tabs, the streams that are open at the moment, and what was complained about."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="en")
    streams: set[Any] = set()
    complaints: list[str] = []
    try:
        yield [_tab(context, address, streams, complaints) for _ in range(TABS)], streams, complaints
    finally:
        context.close()


def _tab(context: BrowserContext, address: str, streams: set[Any], complaints: list[str]) -> Page:
    page = context.new_page()
    page.on("request", lambda one: streams.add(one) if STREAM in one.url else None)
    page.on("requestfinished", lambda one: streams.discard(one))
    page.on("requestfailed", lambda one: streams.discard(one))
    page.on("pageerror", lambda failure: complaints.append(failure.message))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.goto(f"{address}/today?by=campaign")
    page.locator(".say .number").first.wait_for()
    return page


def _kept(session: CDPSession) -> dict[str, Any]:
    for _ in range(2):  # what the first frees may have held more
        session.send("HeapProfiler.collectGarbage")
    counted = session.send("Memory.getDOMCounters")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    return {"mb": round(used / 1e6, 2), "nodes": counted["nodes"], "listeners": counted["jsEventListeners"]}


def wrong(found: Results) -> list[str]:
    """What of it is not as promised."""
    told = list(found["complaints"])
    if found["grown_mb"] >= MOST_GROWN_MB:
        told.append(f"{found['grown_mb']} MB more are kept than at the begin")
    if found["streams"] != 1:
        told.append(f"{found['streams']} streams for {found['tabs']} tabs")
    if not found["live"]:
        told.append("the page is not live at the end")
    return told
