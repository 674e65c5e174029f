"""The page as people meet it, in a real browser: signing in, live numbers, who sees what, keys, languages, and nothing to complain."""

import asyncio
import contextlib
import itertools
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from front import BERLIN, MUNICH, Front, Open, picture
from layout import broken, broken_by
from playwright.sync_api import Page, expect
from stage import Stage, a_lead

from tributary.demo.people import MOVER, People
from tributary.people import MANAGER, SUPERVISOR, SYSTEM

pytestmark = pytest.mark.xdist_group("stack")
ANNA, FRANZ = "anna.schmidt", "franz.huber"
LANGUAGES = ("en", "fr", "fa", "hi", "zh")


def captured(page: Page) -> int:
    """The first number of the sentence at the top."""
    return int(re.sub(r"\D", "", page.locator(".say .number").first.inner_text()))


def teams(page: Page) -> list[str]:
    """The rows of the table, by name, as soon as there is one."""
    page.locator(".row.body .key").first.wait_for()
    return [name.strip() for name in page.locator(".row.body .key").all_inner_texts()]


def test_an_address_leads_there_after_signing_in_and_shows_live_numbers(tab: Open) -> None:
    page = tab().sign_in(MANAGER, "/today?by=team")
    assert page.url.endswith("/today?by=team")
    assert {"Team Berlin", "Team München"} <= set(teams(page))
    expect(page.locator(".live")).to_contain_text("Live")
    assert page.title() == "Today · Tributary"


def test_a_browser_holds_no_token_and_keeps_nothing_about_anybody(tab: Open) -> None:
    page = tab().sign_in(MANAGER)
    kept = page.evaluate("({cookie: document.cookie, local: Object.keys(localStorage), session: {...sessionStorage}})")
    assert kept == {"cookie": "", "local": kept["local"], "session": {}}
    assert set(kept["local"]) <= {"language", "theme", "keys"}
    cookies = [cookie for cookie in page.context.cookies() if cookie["name"].startswith("tributary")]
    assert all(cookie["httpOnly"] and cookie["sameSite"] == "Lax" for cookie in cookies)


def test_a_form_that_somebody_sends_moves_the_numbers_on_an_open_page(tab: Open, session_stage: Stage) -> None:
    page = tab().sign_in(MANAGER)
    before, loaded = captured(page), page.evaluate("performance.timeOrigin")
    session_stage.submit(a_lead(**BERLIN))
    expect(page.locator(".say .number").first).to_contain_text(str(before + 1), timeout=5000)
    expect(page.locator(".river .big").first).to_have_text(str(before + 1))
    expect(page.locator(".row.body .up").first).to_have_text("+1")
    assert page.evaluate("performance.timeOrigin") == loaded


def test_each_sees_what_is_of_his_units(tab: Open) -> None:
    seen = {who: set(teams(tab().sign_in(who, "/today?by=team"))) for who in (MANAGER, SUPERVISOR, ANNA, FRANZ)}
    assert seen[ANNA] == seen[SUPERVISOR] == {"Team Berlin"}
    assert seen[FRANZ] == {"Team München"}
    assert seen[MANAGER] >= seen[ANNA] | seen[FRANZ]
    page = tab().sign_in(SYSTEM)
    expect(page.locator("main")).to_contain_text("You see no leads")
    assert page.locator(".number").count() == 0


def test_who_moves_sees_other_rows_on_the_page_that_he_has_open(tab: Open, session_stage: Stage) -> None:
    page = tab().sign_in(MOVER, "/today?by=team")
    assert teams(page) == ["Team Berlin"]
    organisation = People(session_stage.stack.running, page=False)
    with httpx.Client(base_url=session_stage.url("territory", "/v1"), timeout=30, trust_env=False) as http:
        for old, new, name in (("berlin", "munich", "Team München"), ("munich", "berlin", "Team Berlin")):
            order = {"person": MOVER, "from_unit": old, "to_unit": new}
            organisation._confirmed(http, organisation._done(http, "POST", "/moves", order)["proposal"], MANAGER)
            expect(page.locator(".row.body .key")).to_have_text([name], timeout=5000)


def test_every_number_opens_to_what_it_means_and_to_the_leads_that_it_counts(tab: Open) -> None:
    page = tab().sign_in(MANAGER, "/today?by=team")
    for key, column in itertools.product("1234", range(4)):
        page.keyboard.press(f"Digit{key}")
        cell = page.locator(".row.body").first.locator("[role=gridcell] .number").nth(column)
        cell.click()
        panel = page.locator("dialog.panel")
        expect(panel.locator(".agrees:not(.not)")).to_be_visible()
        shown = int(re.sub(r"\D", "", panel.locator(".agrees").inner_text()))
        assert panel.locator(".leads li").count() == min(50, shown)
        assert len(panel.locator(".means").inner_text()) > 20
        page.keyboard.press("Escape")
        expect(panel).to_have_count(0)
    assert "number=" not in page.url


def _sql(stage: Stage, statement: str, *given: Any) -> list[Any]:
    with ThreadPoolExecutor(1) as elsewhere:  # the browser's loop runs in this thread
        return list(elsewhere.submit(stage.sql, "metrics", statement, *given).result())


@contextlib.contextmanager
def came(stage: Stage, *days: float) -> Iterator[None]:
    """Some leads of the stage as if they had come so many days ago, as metrics has them; afterwards as they were."""
    held = _sql(
        stage, "select lead_id, captured_at from lead_fact where team = 'berlin' order by 1 limit $1", len(days)
    )
    moves = "update lead_fact set captured_at = $2 where lead_id = $1"
    now = datetime.now(UTC)
    try:
        for (lead_id, _), ago in zip(held, days, strict=True):
            _sql(stage, moves, lead_id, now - timedelta(days=ago))
        yield
    finally:
        for lead_id, at in held:
            _sql(stage, moves, lead_id, at)


def test_a_range_is_in_the_address_and_its_numbers_are_of_the_leads_that_came_in_it(
    tab: Open, session_stage: Stage
) -> None:
    with came(session_stage, 3, 40):
        page = tab().sign_in(MANAGER, "/today?by=team")
        whole, berlin = captured(page), page.locator(".row.body", has_text="Team Berlin")
        page.get_by_role("combobox", name="Which leads").select_option("week")
        assert page.url.endswith("/today?by=team&range=week")
        expect(page.locator(".say")).to_contain_text("Last 7 days:")
        expect(page.locator(".say .number").first).to_contain_text(str(whole - 1))
        expect(page.locator(".kept")).to_contain_text("Every lead is accounted for")
        expect(page.locator(".against")).to_have_count(0)  # none came in the seven days before
        page.locator("h1").click()
        page.keyboard.press("d")
        expect(page.locator(".say .number").first).to_contain_text(str(whole - 2))
        session_stage.submit(a_lead(**BERLIN))
        expect(page.locator(".say .number").first).to_contain_text(str(whole - 1), timeout=5000)
        berlin.locator("[role=gridcell] .number").first.click()
        panel = page.locator("dialog.panel")
        expect(panel.locator(".agrees:not(.not)")).to_be_visible()
        expect(panel).to_contain_text("leads that came since")
        page.go_back()
        page.go_back()
        expect(page.locator(".say")).to_contain_text("Last 7 days:")
        page.keyboard.press("a")
        expect(page.locator(".say .number").first).to_contain_text(str(whole + 1))
        assert "range" not in page.url


def test_a_range_is_held_against_the_one_before_up_to_the_same_time_of_day(tab: Open, session_stage: Stage) -> None:
    second, hour = 1 / 86_400, 1 / 24
    with came(
        session_stage, 1 + 2 * second, 1 + 3 * second, 1 - hour
    ):  # the third came later in the day than it is now
        page = tab().sign_in(MANAGER, "/today?by=team&range=day")
        now = captured(page)
        against = page.locator(".against")
        expect(against).to_contain_text("Yesterday, up to this time of day: 2 leads, now")
        assert f"{round((now / 2 - 1) * 100):,}%" in against.inner_text()
        expect(page.locator(".row.head")).to_contain_text("Than before")
        names = page.locator(".row.head [role=columnheader]").all_inner_texts()
        place = next(i for i, name in enumerate(names) if "Than before" in name) - 1  # behind the row's name
        column = page.locator(".row.body", has_text="Team Berlin").locator("[role=gridcell]").nth(place)
        expect(column).to_have_text(re.compile(r"^[+-]?[\d,]+%$"))
        page.keyboard.press("a")
        expect(against).to_have_count(0)
        expect(page.locator(".row.head")).not_to_contain_text("Than before")


def test_the_course_of_each_row_is_that_of_its_leads(tab: Open, session_stage: Stage) -> None:
    with came(session_stage, 9, 22, 23):
        page = tab().sign_in(MANAGER, "/today?by=team")
        expect(page.locator(".row.head")).to_contain_text("Last 4 weeks")
        told = page.locator(".row.body", has_text="Team Berlin").locator("svg.spark").get_attribute("aria-label") or ""
        weeks = [int(n) for n in told.partition(": ")[2].split(", ")]
        leads = page.locator(".row.body", has_text="Team Berlin").locator(".number").first.inner_text()
        assert weeks == [2, 0, 1, int(leads) - 3], "it begins with the first lead"
        page.keyboard.press("w")
        expect(page.locator(".row.head")).not_to_contain_text("Last 4 weeks")


def test_who_waits_opens_to_those_who_wait(tab: Open) -> None:
    """A number of the river that metrics does not keep is made of its numbers, and of the same leads."""
    page = tab().sign_in(MANAGER, "/today?number=team%2Fopen%2Fberlin")
    panel = page.locator("dialog.panel")
    expect(panel.locator(".agrees:not(.not)")).to_be_visible()
    shown = int(re.sub(r"\D", "", panel.locator(".value").inner_text()))
    assert shown > 0
    assert panel.locator(".leads li", has_text="with a person").count() == min(shown, 50)  # a page of them


def test_a_number_that_is_made_of_others_shows_them(tab: Open) -> None:
    page = tab().sign_in(MANAGER, "/today?number=team%2Fconversion%2Fberlin")
    parts = page.locator("dialog.panel .parts li")
    expect(parts).to_have_count(2)
    parts.nth(1).locator("button").click()
    expect(page.locator("dialog.panel h2")).to_have_text("Valid leads")


def test_everything_is_done_by_keys_alone_and_the_focus_is_always_somewhere(tab: Open) -> None:
    page = tab().sign_in(MANAGER)
    stops = set()
    for _ in range(45):
        page.keyboard.press("Tab")
        at = page.evaluate("(document.activeElement ?? document.body).outerHTML.slice(0, 200)")
        outline = page.evaluate(
            "getComputedStyle(document.activeElement).outlineStyle + document.activeElement.tagName"
        )
        assert not outline.startswith("none") or outline.endswith(("BODY", "g")), at
        stops.add(at)
    assert len(stops) > 15
    page.keyboard.press("Digit3")
    expect(page.locator("#by h2")).to_have_text("Teams")
    page.locator("h1").click()
    for key in ("j", "j", "ArrowRight"):
        page.keyboard.press(key)
    expect(page.locator(".row.at")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("dialog.panel")).to_be_visible()
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "grid"
    page.keyboard.press("t")
    expect(page.locator("table.twin")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("berlin")
    expect(page.locator(".row.body")).to_have_count(1)
    assert "q=berlin" in page.url


def test_a_paused_page_stands_still_and_says_what_waits(tab: Open, session_stage: Stage) -> None:
    page = tab().sign_in(MANAGER)
    before = captured(page)
    page.keyboard.press("p")
    expect(page.locator(".live")).to_contain_text("Paused")
    session_stage.submit(a_lead(**MUNICH))
    expect(page.locator(".live")).to_contain_text(re.compile(r"Paused, [1-9]\d* changes? wait"))
    assert captured(page) == before
    page.keyboard.press("p")
    expect(page.locator(".say .number").first).to_contain_text(str(before + 1))


def test_a_second_tab_opens_no_second_stream_and_takes_over_when_the_first_is_closed(
    tab: Open, session_stage: Stage
) -> None:
    first = tab().sign_in(MANAGER)
    streams: list[str] = []
    second = first.context.new_page()
    second.on("request", lambda request: streams.append(request.url) if "/stream" in request.url else None)
    second.goto(first.url)
    expect(second.locator(".say .number").first).to_be_visible()
    before = captured(second)
    assert streams == []
    first.close()
    session_stage.submit(a_lead(**BERLIN))
    expect(second.locator(".say .number").first).to_contain_text(str(before + 1))
    assert len(streams) == 1


def test_while_metrics_is_away_the_last_numbers_stand_and_they_come_back_by_themselves(
    tab: Open, session_stage: Stage
) -> None:
    one = tab()
    page = one.sign_in(MANAGER)
    before = captured(page)
    session_stage.services["metrics"].stop()
    try:
        expect(page.locator(".live")).to_contain_text("Connecting again, numbers from")
        assert captured(page) == before
    finally:
        session_stage.up()
    session_stage.submit(a_lead(**BERLIN))
    expect(page.locator(".live")).to_contain_text("Live", timeout=30_000)
    expect(page.locator(".say .number").first).to_contain_text(str(before + 1))
    one.complaints[:] = [told for told in one.complaints if "Failed to load resource" not in told]


def test_a_session_that_was_ended_elsewhere_is_said_over_the_page_and_signing_in_leads_back(
    tab: Open, front: Front, session_stage: Stage
) -> None:
    page = tab().sign_in(ANNA, "/today?by=team")
    asyncio.run_coroutine_threadsafe(_end_all_sessions(front.database), _loop()).result(10)
    page.wait_for_timeout(5200)  # so long an answer about a session is good
    page.evaluate("dispatchEvent(new Event('focus'))")
    dialog = page.locator("dialog.sheet")
    expect(dialog).to_contain_text("Your session has ended")
    assert teams(page) == ["Team Berlin"], "the numbers stand"
    dialog.locator("a").click()
    page.wait_for_url("**/today?by=team")  # the issuer still knows who he is
    expect(page.locator(".live")).to_contain_text("Live")


async def _end_all_sessions(database: str) -> None:
    connection = await asyncpg.connect(database)
    await connection.execute("delete from session")
    await connection.close()


def _loop() -> asyncio.AbstractEventLoop:
    """A loop of another thread: that of the browser runs in this one."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop


def test_signing_out_ends_it_in_every_tab(tab: Open) -> None:
    page = tab().sign_in(MANAGER)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator(".say .number").first).to_be_visible()
    page.locator(".rail .foot .button").click()
    for each in (page, other):
        expect(each.locator(".note")).to_have_text("You are signed out.")
    other.goto(page.url.partition("/sign-in")[0] + "/today")
    expect(other.locator("a.first")).to_be_visible()
    assert other.locator(".number").count() == 0


def test_an_unknown_address_is_a_page_with_a_way_back(tab: Open) -> None:
    one = tab()
    one.sign_in(MANAGER)
    page = one.go("/nothing/here")
    page.locator("main a").click()
    expect(page.locator(".say .number").first).to_be_visible()


def test_a_broken_policy_is_reported(tab: Open, front: Front) -> None:
    """So an empty list of reports says something."""

    def reports() -> float:
        assert front.door is not None
        told = httpx.get(f"{front.door.address}/internal/metrics", trust_env=False).text
        return sum(
            float(line.split()[-1]) for line in told.splitlines() if line.startswith("tributary_csp_reports_total{")
        )

    one = tab()
    page, before = one.go("/"), reports()
    assert before == 0, "a page of another test has broken the policy"
    page.locator("a.first").wait_for()
    with page.expect_request("**/auth/csp"):
        page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.wait_for_timeout(500)
    with page.expect_request("**/auth/csp"):
        page.evaluate("(() => { try { document.body.innerHTML = '<p>' } catch { return } })()")
    page.wait_for_timeout(500)
    broken = [told for told in one.complaints if "POLICY" in told]
    assert [("style-src" in told, "require-trusted-types-for" in told) for told in broken] == [
        (True, False),
        (False, True),
    ]
    assert reports() == 2
    one.complaints.clear()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_open_to_everybody_and_fits(tab: Open, axe: Path, language: str) -> None:
    """In each language, light and dark, wide and narrow: nothing that axe finds, nothing cut, nothing to scroll sideways."""
    one = tab(language)
    one.go("/").locator("a.first").wait_for()
    assert one.audit(axe) == []
    page = one.sign_in(MANAGER, "/today?by=team")
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        language,
        "rtl" if language == "fa" else "ltr",
    ]
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(150)
            assert one.audit(axe, colours=theme == "dark") == [], (theme, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert broken(page) == [], (theme, width)
            picture(page, f"today-{language}-{theme}-{width}", full_page=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(one.url + "/today?number=team%2Fwon%2Fberlin&river=table")
    page.locator("dialog.panel .value").wait_for()
    assert one.audit(axe) == []


@pytest.mark.parametrize(
    ("rule", "width", "told"),
    [
        (".row { grid-template-columns: 200px repeat(var(--columns), 8px); gap: 0; }", 1440, "on each other"),
        (".say { white-space: nowrap; inline-size: 3000px; max-inline-size: none; font-size: 90px; }", 390, "beyond"),
        (".card > header { block-size: 12px; overflow: hidden; }", 1440, "cut"),
        (".kept { margin-block-end: -60px; }", 390, "on each other"),
        (".stack > :nth-child(2) { margin-block-start: -80px; }", 1440, "cards on each other"),
    ],
)
def test_a_broken_layout_is_found(tab: Open, rule: str, width: int, told: str) -> None:
    """So that nothing found says something."""
    page = tab("en", width=width).sign_in(MANAGER, "/today?by=team")
    page.keyboard.press("p")
    assert broken(page) == []
    assert [one for one in broken_by(page, rule) if told in one]
    assert broken(page) == []


# Every text of the page 40 % longer, as a language may have it; then what is cut, or wider than the window.
LONGER = """() => {
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const all = [];
  while (words.nextNode()) if (/\\p{L}{3}/u.test(words.currentNode.data)) all.push(words.currentNode);
  for (const one of all) one.data += " " + one.data.slice(0, Math.ceil(one.data.length * 0.4));
  const cut = [...document.querySelectorAll("button, a, th, h1, h2, label, .sub, .key, .chip")].filter((one) =>
    one.checkVisibility() && getComputedStyle(one).overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1);
  return [document.documentElement.scrollWidth, cut.map((one) => one.outerHTML.slice(0, 200))];
}"""


@pytest.mark.parametrize("width", [1440, 390])
def test_texts_that_are_longer_break_no_layout(tab: Open, width: int) -> None:
    page = tab("en", width=width).sign_in(MANAGER, "/today?by=team")
    page.keyboard.press("p")  # a paused page writes nothing anew
    page.wait_for_timeout(200)
    wide, cut = page.evaluate(LONGER)
    assert (wide <= width, cut) == (True, [])


def test_the_river_as_a_table_says_what_the_picture_says(tab: Open) -> None:
    page = tab().sign_in(MANAGER)
    page.keyboard.press("p")
    drawn = {
        (n, name.strip())
        for n, name in page.evaluate(
            """() => [...document.querySelectorAll(".river g[role=button]")].map((one) => {
              const texts = [...one.querySelectorAll("text")];
              const n = one.querySelector(".big, .bold").textContent;
              const name = texts[0].textContent.replace(n, "");
              return [n, name];
            })"""
        )
    }
    page.keyboard.press("t")
    rows = page.locator("table.twin tbody tr")
    told = {(row.locator("td").inner_text(), row.locator("th").inner_text()) for row in rows.all()}
    assert len(drawn) >= 5
    for n, name in drawn:
        words = name.replace("\xa0", " ").strip().rstrip("…").lower()  # the picture cuts what is long
        assert any(n == m and words in said.lower() for m, said in told), (n, name, told)


def test_left_goes_forward_where_lines_are_read_from_the_right(tab: Open) -> None:
    page = tab("fa").sign_in(MANAGER)
    page.locator("#tab-segment").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#tab-channel")).to_be_focused()
    page.locator("[role=grid]").focus()
    for key in ("ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    assert page.locator("[role=grid]").get_attribute("aria-activedescendant", timeout=1000).endswith("-1")
    spark = "[...document.querySelectorAll('.river .node')].map((one) => one.getBoundingClientRect().x)"
    stages = page.evaluate(spark)
    assert stages == sorted(stages, reverse=True)


def test_while_the_gateway_and_the_door_are_away_the_numbers_stand_and_nobody_signs_in_anew(
    tab: Open, front: Front, session_stage: Stage
) -> None:
    one = tab()
    one.foreseen += ["Failed to load resource", "net::ERR_"]
    page = one.sign_in(MANAGER, "/today?by=team&q=Team%20B")
    before = captured(page)
    assert front.door is not None
    front.gateway.stop()
    front.door.stop()
    try:
        expect(page.locator(".live")).to_contain_text("Connecting again, numbers from", timeout=35_000)
        session_stage.submit(a_lead(**BERLIN))
        assert captured(page) == before
    finally:
        front.door.start()
        front.gateway.start()
    expect(page.locator(".say .number").first).to_contain_text(str(before + 1), timeout=30_000)
    expect(page.locator(".row.body")).to_have_count(1)


def test_digits_and_dates_are_the_readers(tab: Open) -> None:
    page = tab("fa").sign_in(MANAGER, "/today?number=team%2Fleads%2Fberlin")
    assert re.search(r"[۰-۹]", page.locator(".say").inner_text())
    assert not re.search(r"[0-9]", page.locator(".say").inner_text() + page.locator(".live").inner_text())
    assert "آذر" in page.locator("dialog.panel .leads").inner_text() or re.search(
        r"[۰-۹]", page.locator("dialog.panel .leads").inner_text()
    )
