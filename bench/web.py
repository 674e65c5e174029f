"""What a browser costs and shows: ``python -m bench --only web``.

On a stack under load: how soon somebody who signs in sees the first live number, and what 200 open pages cost metrics beside 200
plain readers. In front of a stand-in for the services (``bench/stand_in.py``): what the gateway adds to an event, and how
smoothly Today draws a thousand changes a second.
"""

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import uvloop
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from bench import foreign, lasting, stand_in, walk
from bench.market import market
from bench.running import OUT, ROOT, Running, stack
from bench.stand_in import DIMENSIONS, EVENTS, PROBES
from bench.tables import Results
from tributary.demo.people import People
from tributary.gateway import LocalGateway
from tributary.people import MANAGER
from tributary.running import read
from tributary.state import read_secret

PAGES, LOAD, TIMES = 200, 100.0, 5
SETTLES_MS = 1500
PLAIN = "by=channel"  # one dimension, as anything else that follows numbers has it
ONE = "&".join(f"by={by}" for by in DIMENSIONS)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
)

# When the first live number stood, by the page's own clock.
STANDS = """new MutationObserver((_, watch) => {
  if (!document.querySelector('.say .number')) return;
  watch.disconnect();
  window.stood = performance.now();
}).observe(document, {childList: true, subtree: true});"""
# From the request for the page itself to that: redirects of the sign-in before it are counted in `signed_in`.
LOADED = """() => {
  const [page] = performance.getEntriesByType('navigation');
  const before = performance.getEntriesByType('resource').filter((one) => one.startTime < window.stood);
  const code = [page, ...before.filter((one) => /\\.(js|css)$/.test(one.name))];
  return {signed_in: window.stood, first: window.stood - page.fetchStart, requests: before.length + 1,
    kb: code.reduce((sum, one) => sum + one.encodedBodySize, 0) / 1000};
}"""
FRAMES = """(ms) => new Promise((done) => {
  const at = []; const end = performance.now() + ms;
  const next = (now) => { at.push(now); now < end ? requestAnimationFrame(next) : done(at) };
  requestAnimationFrame(next);
})"""
OPENED = """() => new Promise((done) => {
  const began = performance.now();
  document.querySelector('#tab-campaign').click();
  const look = () => document.querySelectorAll('.row.body').length > 8 ? requestAnimationFrame(() => done(performance.now() - began)) : requestAnimationFrame(look);
  requestAnimationFrame(look);
})"""


def web(seconds: float, say: Callable[[str], None]) -> Results:
    """All of them."""
    found: Results = {}
    with stand_in.front(OUT / "state" / "web-front") as (made, port):
        found["gateway"] = gateway(made, port)
        say(f"  the gateway: {found['gateway']}")
        found["page"] = page(made.address, seconds)
        say(f"  the page: {found['page']}")
    with stack("web", sign_in=True) as running:
        running.load_market(market(1000))
        uvloop.run(walk.at_rate(running, LOAD, 5))  # warm, not counted
        found |= signed_in(running)
        say(f"  signed in to a live number: {found['first']}")
        say(f"  another site's form to the number: {found['foreign']}")
        found["readers"] = readers(running, seconds)
        found["verify"] = running.verified()
    say("  " + "; ".join(f"{name} {row['cores']} cores" for name, row in found["readers"].items()))
    return found


@contextlib.contextmanager
def _browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        raise SystemExit("This part needs Chromium.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield started
        started.close()


# -- on a stack


def signed_in(running: Running) -> Results:
    """What the manager's page shows, how soon."""
    told = read(running.home)
    people = People(told, page=False)
    people.join_manager()
    people.join_marketer()
    word = read_secret(str(running.home), "sign-in")
    with _browser() as browser:
        shown = first(browser, told.web, word)
        today = _signed_in(browser.new_context(viewport={"width": 1440, "height": 1000}), told.web, word)
        _loaded(today)
        try:
            seen = foreign.foreign(running, told, browser, today)
        except (httpx.HTTPError, Error, SystemExit) as failure:  # the other parts are results without it
            seen = {"failed": str(failure)[:300]}
        return {"first": shown, "foreign": seen}


def first(browser: Browser, address: str, word: str) -> Results:
    """From the last key of signing in to the first live number, and from the page's own request to it: the browser's first visit
    each time, and after that with what it has kept."""
    visits, again = [], []
    for _ in range(TIMES):
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        shown = _signed_in(context, address, word)
        visits.append(_loaded(shown))
        shown.reload(wait_until="commit")
        again.append(_loaded(shown))
        context.close()
    middle = {name: round(statistics.median(one[name] for one in visits), 1) for name in visits[0]}
    return {
        **middle,
        "worst": round(max(one["first"] for one in visits), 1),
        "again": round(statistics.median(one["first"] for one in again), 1),
    }


def _signed_in(context: BrowserContext, address: str, word: str) -> Page:
    context.add_init_script(STANDS)
    page = context.new_page()
    page.goto(f"{address}/today")
    page.locator("a.first").click()
    page.locator("#person").select_option(MANAGER)
    page.locator("#word").fill(word)
    page.locator("#word").press("Enter", no_wait_after=True)
    page.wait_for_url(f"{address}/**", wait_until="commit")
    return page


def _loaded(page: Page) -> dict[str, float]:
    page.locator(".say .number").first.wait_for()
    return dict(page.evaluate(LOADED))


def readers(running: Running, seconds: float) -> Results:
    """Cores that metrics needs beside the same load: for nobody, for plain readers of one dimension, for as many pages with one
    connection each, and for pages with one connection per dimension."""
    groups = {
        "nobody": [],
        "plain": [(PLAIN, PAGES)],
        "one": [(ONE, PAGES)],
        "each": [(f"by={by}", PAGES) for by in DIMENSIONS],
    }
    return {name: _reading(running, group, seconds) for name, group in groups.items()}


def _reading(running: Running, groups: list[tuple[str, int]], seconds: float) -> Results:
    environment = {**os.environ, "TOKEN": running.token}
    started = []
    for query, count in groups:
        command = [sys.executable, "-m", "bench.readers", str(running.port("metrics")), str(count), query]
        started.append(
            subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        )
    ready = sum(json.loads(_line(one))["ready"] for one in started)
    for one in started:
        _tell(one, "begin")
    before, began = _cpu(running.pids["metrics"]), time.monotonic()
    uvloop.run(walk.at_rate(running, LOAD, seconds))
    cores = (_cpu(running.pids["metrics"]) - before) / (time.monotonic() - began)
    said = []
    for one in started:
        _tell(one, "end")
        said.append(json.loads(_line(one)))
        one.wait(30)
    return {
        "connections": ready,
        "cores": round(cores, 3),
        "mb_per_second": round(sum(each["mb_per_second"] for each in said), 1),
        "age_p50_ms": max((each["age"]["p50"] for each in said), default=None),
        "lost": sum(each["lost"] for each in said),
    }


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def _tell(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{word}\n")
    process.stdin.flush()


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# -- in front of a stand-in


def lasted(seconds: float, say: Callable[[str], None]) -> Results:
    """A page that stays open."""
    with stand_in.front(OUT / "state" / "web-front") as (made, _), _browser() as browser:
        found = lasting.lasting(browser, made.address, seconds)
    say(f"  {found}")
    return found


def gateway(made: LocalGateway, port: int) -> Results:
    """What an event takes from its server to a reader, straight and through the gateway, three times each by turns."""
    found: dict[str, list[float]] = {"direct": [], "through": []}
    for _ in range(3):
        found["direct"].append(asyncio.run(_delay("127.0.0.1", port, "/v1/kpis/stream")))
        found["through"].append(asyncio.run(_delay("127.0.0.1", made.port, "/api/metrics/v1/kpis/stream")))
    middle = {name: round(statistics.median(values), 3) for name, values in found.items()}
    return {**middle, "adds_ms": round(middle["through"] - middle["direct"], 3)}


async def _delay(host: str, port: int, path: str) -> float:
    """The middle one of the delays, in milliseconds."""
    read, write = await asyncio.open_connection(host, port)
    write.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nx-bench: {PROBES}\r\n\r\n".encode())
    delays: list[float] = []
    while len(delays) < EVENTS - 10:
        line = await read.readline()
        if line.startswith(b"data: "):
            delays.append((time.perf_counter_ns() - int(line[6:])) / 1e6)
    write.close()
    return statistics.median(delays)


def page(address: str, seconds: float) -> Results:
    """Frames while a thousand rows a second change: of eight rows, of a thousand, and of a thousand that are scrolled through;
    and how long a thousand rows take to be there."""
    with _browser() as browser:
        shown = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
        shown.goto(f"{address}/today")
        shown.locator(".say .number").first.wait_for()
        shown.wait_for_timeout(SETTLES_MS)
        frames = {"few": _frames(shown, seconds)}
        opened = shown.evaluate(OPENED)
        shown.wait_for_timeout(SETTLES_MS)
        frames["many"] = _frames(shown, seconds)
        shown.mouse.move(720, 700)
        frames["scrolled"] = _frames(shown, seconds / 2, scroll=True)
    return {"frames": frames, "opened_ms": round(opened, 1)}


def _frames(shown: Page, seconds: float, scroll: bool = False) -> Results:
    shown.evaluate(f"(ms) => {{ window.drawn = ({FRAMES})(ms); }}", seconds * 1000)
    ends = time.monotonic() + seconds
    while scroll and time.monotonic() < ends:
        shown.mouse.wheel(0, 240)
        shown.wait_for_timeout(50)
    at = shown.evaluate("window.drawn")
    gaps = sorted(b - a for a, b in itertools.pairwise(at))
    return {
        "per_second": round(len(gaps) * 1000 / (at[-1] - at[0]), 1),
        "p99_ms": round(gaps[int(len(gaps) * 0.99)], 1),
        "worst_ms": round(gaps[-1], 1),
        "rows": int(shown.locator("#rows [role=grid]").get_attribute("aria-rowcount") or 0) - 1,
    }
