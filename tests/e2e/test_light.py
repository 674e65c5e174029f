"""How little the page asks and draws: counted in a real browser, in requests, bytes and rows, so that no clock decides."""

import re
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from bench.lasting import lasting, wrong
from bench.stand_in import ROWS
from bench.stand_in import front as changing
from playwright.sync_api import Browser, Page, Request, Route, expect

MOST_BYTES, MOST_REQUESTS, MOST_DRAWN = 60 * 1024, 16, 90
COURSES = "/api/metrics/v1/kpis/series"
STANDS = """new MutationObserver((_, watch) => {
  if (!document.querySelector('.say .number')) return;
  watch.disconnect();
  window.stood = performance.timeOrigin + performance.now();
}).observe(document, {childList: true, subtree: true});"""
LOADED = """() => performance.getEntries().filter((one) => one.entryType === 'navigation' || /\\.(js|css)$/.test(one.name))
  .map((one) => [new URL(one.name).pathname, one.encodedBodySize])"""
TOUCHED = """(ms) => new Promise((done) => {
  const rows = new Set();
  const watch = new MutationObserver((seen) => {
    for (const { target } of seen) rows.add((target.nodeType === 1 ? target : target.parentElement).closest('.row.body'));
  });
  watch.observe(document.querySelector('.rows'), {subtree: true, childList: true, characterData: true, attributes: true});
  setTimeout(() => done([...rows].map((row) => row?.getAttribute('role'))), ms);
})"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Today of somebody who has a thousand campaigns, of which a thousand rows change every second."""
    with changing(tmp_path_factory.mktemp("gateway")) as (gateway, _):
        yield gateway.address


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1440, "height": 1000}, locale="hi", reduced_motion="reduce")
    context.add_init_script(STANDS)
    yield context.new_page()
    context.close()


def test_little_is_asked_and_loaded_before_the_first_number(page: Page, address: str) -> None:
    asked: list[Request] = []
    page.on("request", lambda one: asked.append(one))
    page.goto(f"{address}/today", wait_until="commit")
    page.locator(".say .number").first.wait_for()
    stood = page.evaluate("window.stood")
    early = [one for one in asked if 0 < one.timing["startTime"] < stood]
    paths = [urlsplit(one.url).path for one in early]
    needed = [path for path in paths if path != COURSES]  # asked for in the same moment, for the table
    assert len(needed) <= MOST_REQUESTS, paths
    # Nothing twice, nothing of other screens, and no question that the first number does not need but what things are called.
    assert sorted(path for path in needed if path.startswith(("/api/", "/auth/"))) == [
        "/api/campaigns/v1/campaigns",
        "/api/metrics/v1/access/me",
        "/api/metrics/v1/kpis/stream",
        "/api/territory/v1/segments",
        "/api/territory/v1/teams",
        "/auth/me",
    ]
    assert not [path for path in paths if re.search(r"forms|NumberPanel", path)]
    loaded = page.evaluate(LOADED)
    assert sum(size for _, size in loaded) <= MOST_BYTES, loaded


def test_the_page_is_fetched_while_it_is_asked_who_is_there(page: Page, address: str) -> None:
    waiting: list[str] = []

    def who(route: Route) -> None:
        page.wait_for_timeout(500)
        waiting.extend(
            page.evaluate("performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)")
        )
        route.continue_()

    page.route("**/auth/me", who)
    page.goto(f"{address}/today")
    page.locator(".say .number").first.wait_for()
    assert [path for path in waiting if re.match(r"/assets/today-", path)]
    assert [path for path in waiting if re.match(r"/assets/hi-", path)]


def test_of_a_thousand_rows_those_in_sight_are_drawn_and_no_other(page: Page, address: str) -> None:
    page.goto(f"{address}/today?by=campaign")
    rows, drawn = page.locator(".row.body"), page.locator(".row.body[role=row]")
    expect(rows).to_have_count(ROWS)
    expect(drawn.first).to_contain_text(re.compile(r"\S"))
    expect(drawn.nth(MOST_DRAWN)).to_have_count(0)
    assert page.locator(".row.body *").count() < 30 * MOST_DRAWN
    touched = page.evaluate(TOUCHED, 1000)
    assert 0 < len(touched) <= MOST_DRAWN
    assert set(touched) == {"row"}
    page.locator(".grid").focus()
    rows.last.scroll_into_view_if_needed()
    expect(rows.last).to_contain_text(re.compile(r"\S"))
    expect(rows.first).to_have_text("")
    assert drawn.count() <= MOST_DRAWN


# How often the sentence was written anew, and rows that changed their place.
HELD = """() => {
  const [told, kept] = [{ painted: 0, moved: [] }, new Map()];
  const look = () => {
    told.painted++;
    for (const one of document.querySelectorAll(".row.body[role=row]")) {
      const [place, key] = [one.getAttribute("aria-rowindex"), one.querySelector(".key").textContent];
      if (kept.has(key) && kept.get(key) !== place) told.moved.push(key);
      kept.set(key, place);
    }
  };
  window.held = told;
  const began = performance.now();
  window.heldFor = () => performance.now() - began;
  new MutationObserver(look).observe(document.querySelector(".say"), { subtree: true, childList: true, characterData: true });
}"""


def test_rows_that_are_scrolled_through_keep_their_places_and_are_painted_less_often(page: Page, address: str) -> None:
    page.goto(f"{address}/today?by=campaign")
    expect(page.locator(".row.body")).to_have_count(ROWS)
    page.mouse.move(720, 700)
    page.mouse.wheel(0, 400)
    page.wait_for_timeout(100)
    page.evaluate(HELD)
    for _ in range(60):  # for three seconds, without going far
        page.mouse.wheel(0, 40)
        page.wait_for_timeout(50)
    held, ms = page.evaluate("[window.held, window.heldFor()]")
    assert (held["moved"], 0 < held["painted"] <= ms / 300 + 2) == ([], True), (held, ms)
    deadline = time.monotonic() + 15
    while not (moved := page.evaluate("window.held.moved.length")) and time.monotonic() < deadline:
        page.wait_for_timeout(500)
    assert moved, "at rest they go where they belong"


def test_keys_walk_from_row_to_row_also_out_of_sight(page: Page, address: str) -> None:
    page.goto(f"{address}/today?by=campaign")
    grid = page.locator(".grid")
    expect(page.locator(".row.body")).to_have_count(ROWS)
    grid.focus()
    for _ in range(60):
        page.keyboard.press("j")
    at = page.locator(".row.at")
    expect(at).to_be_in_viewport()
    assert at.get_attribute("aria-rowindex") == "61"
    page.mouse.wheel(0, 20_000)  # away from where the keys are
    expect(at).not_to_be_in_viewport()
    expect(page.locator(f"#{grid.get_attribute('aria-activedescendant')}")).to_have_count(1)
    page.keyboard.press("j")
    expect(page.locator(".row.at")).to_be_in_viewport()
    expect(page.locator(".row.at")).to_have_attribute("aria-rowindex", "62")


def test_a_page_that_stays_open_keeps_no_more_and_complains_of_nothing(chromium: Browser, address: str) -> None:
    """For some seconds here; ``python -m bench --only lasting`` has ten minutes for it."""
    found = lasting(chromium, address, 8)
    assert wrong(found) == [], found
    assert found["nodes"][-1] < 1.2 * found["nodes"][0], found
