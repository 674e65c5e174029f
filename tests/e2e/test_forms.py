"""Lead forms in a real browser: on a page of another site, under that site's own strict policy, with a script and without."""

import base64
import contextlib
import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import violations
from front import PICTURES, Front, Open, picture
from layout import broken
from playwright.sync_api import Browser, Page, expect
from stage import Stage

from tributary.people import MANAGER, MARKETER

pytestmark = pytest.mark.xdist_group("stack")
LANGUAGES = ("en", "fr", "fa", "hi", "zh")
DOOR = "/v1/form-definitions"


def texts(english: str, **others: str) -> dict[str, str]:
    """A text in every language: in its own where it is told, else in English."""
    return dict.fromkeys(LANGUAGES, english) | others


def content(site: str, **more: Any) -> dict[str, Any]:
    """A form for Berlin."""
    choices = [("now", "Now", "همین حالا"), ("later", "Later", "بعداً")]
    return {
        "languages": list(LANGUAGES),
        "title": texts("Ask for a quotation", fa="درخواست پیش‌فاکتور"),
        "intro": texts(
            "A few words are enough. We call back the same day.", fa="چند کلمه کافی است. همان روز تماس می‌گیریم."
        ),
        "fields": [
            {"name": "name", "kind": "name", "required": True, "label": texts("Name", fa="نام")},
            {
                "name": "email",
                "kind": "email",
                "label": texts("E-mail", fa="ایمیل"),
                "hint": texts("For the offer.", fa="برای پیش‌فاکتور."),
            },
            {"name": "tel", "kind": "phone", "label": texts("Telephone", fa="تلفن")},
            {"name": "postcode", "kind": "postcode", "label": texts("Postcode", fa="کد پستی")},
            {
                "name": "timeframe",
                "kind": "choice",
                "label": texts("When do you need it?", fa="چه زمانی لازم دارید؟"),
                "choices": [{"value": value, "label": texts(en, fa=fa)} for value, en, fa in choices],
            },
            {
                "name": "need",
                "kind": "message",
                "required": True,
                "label": texts("What do you need?", fa="چه می‌خواهید؟"),
            },
        ],
        "consents": [
            {
                "id": "news",
                "version": 1,
                "purpose": "newsletter",
                "text": texts("Send me news about machines.", fa="خبرهای ماشین‌ها را برایم بفرستید."),
            }
        ],
        "origins": [site],
        "redirect": f"{site}/thanks",
        "defaults": {"campaign": "", "channel": "web", "country": "DE", "product": "lathe"},
    } | more


class Site:
    """Somebody's own site, on a port of its own, with the strictest policy that lets its form be sent."""

    def __init__(self, forms: str) -> None:
        self.forms, self.pages = forms, dict[str, str]()
        self.scripts = dict[str, str]()  # what a page's policy allows as a script, where that is not the forms' address
        site = self

        class Pages(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = site.pages.get(self.path.partition("?")[0], "<title>icon</title>").encode()
                self.send_response(200)
                self.send_header("content-type", "text/html; charset=utf-8")
                scripts = site.scripts.get(self.path, forms)
                self.send_header(
                    "content-security-policy",
                    f"default-src 'none'; script-src {scripts}; connect-src {forms}; form-action {forms} 'self'; base-uri 'none';"
                    f" frame-src {forms}; require-trusted-types-for 'script'",
                )
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def page(self, path: str, body: str, language: str = "en") -> str:
        """A page of the site; its address."""
        self.pages[path] = (
            f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>A site</title><main>{body}</main>'
        )
        return self.url + path

    def snippet(self, form: str, more: str = "") -> str:
        """The one line that its owner pastes, and what else he writes into it."""
        return f'<script type="module" src="{self.forms}/v1/forms/{form}/embed.js" data-form="{form}"{more}></script>'

    def close(self) -> None:
        """The port is free again."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def site(front: Front) -> Iterator[Site]:
    made = Site(front.url)
    made.page("/thanks", "<h1>Thanks from the site</h1>")
    yield made
    made.close()


@pytest.fixture(scope="module")
def makes(front: Front, site: Site, session_stage: Stage) -> Callable[..., str]:
    """Makes an active form, as the marketer; its name."""
    headers = {"authorization": f"Bearer {session_stage.stack.running.tokens.person(MARKETER)}"}

    def one(form: str, **more: Any) -> str:
        url = session_stage.url("leads", DOOR)
        made = session_stage.public.post(
            url, json={"form": form, "content": content(site.url, **more)}, headers=headers
        )
        assert made.status_code == 201, made.text
        done = session_stage.public.post(f"{url}/{form}/activate", headers=headers | {"if-match": made.headers["etag"]})
        assert done.status_code == 200, done.text
        return form

    return one


@pytest.fixture(scope="module")
def spring(makes: Callable[..., str]) -> str:
    return makes("spring")


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """A stranger's browser. What it complains about fails the test."""
    complaints: list[str] = []
    contexts = []

    def one(language: str = "en", script: bool = True, theme: Any = "light") -> Page:
        context = chromium.new_context(
            locale=language, java_script_enabled=script, color_scheme=theme, viewport={"width": 1000, "height": 900}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text) if said.type in ("error", "warning") and "422" not in said.text else None
            ),
        )
        page.on("pageerror", lambda failure: complaints.append(failure.message))
        return page

    yield one
    for context in contexts:
        context.close()
    assert complaints == []


def fill(page: Page, **more: str) -> None:
    for name, value in {
        "name": "Jule Marx",
        "email": "jule@firm.example",
        "postcode": "10115",
        "need": "A lathe for our new hall.",
        **more,
    }.items():
        page.locator(f"form[data-form] [name={name}]").fill(value)


def lead_behind(page: Page, send: Callable[[], None]) -> str:
    """Sends, and says which lead it became."""
    with page.expect_response(
        lambda answer: answer.url.endswith("/submissions") and answer.request.method == "POST"
    ) as answered:
        send()
    answer = answered.value
    assert answer.status == 202, answer.text()
    return str(answer.json()["id"])


def shown(page: Page) -> int:
    return int(re.sub(r"\D", "", page.locator(".say .number").first.inner_text()))


# When the number is another than n, as the page shows it.
SEEN = """(n) => {
  const number = () => Number(document.querySelector(".say .number").textContent.replace(/\\D/g, ""));
  window.seen = new Promise((done) => {
    const look = () => (number() > n ? done(Date.now()) : requestAnimationFrame(look));
    look();
  });
}"""


def test_a_page_of_another_site_makes_a_lead_that_is_seen_on_the_open_page(
    tab: Open, visitor: Callable[..., Page], site: Site, spring: str, session_stage: Stage
) -> None:
    """Within a second; measured as the manager's page shows it, from the press of the button."""
    today = tab().sign_in(MANAGER)
    there = visitor()
    there.goto(site.page("/spring", f"<h1>Machines</h1>{site.snippet(spring)}") + "?utm_source=paper&utm_campaign=may")
    fill(there)
    there.locator("[name=_consent]").check()
    there.wait_for_timeout(2100)  # nobody writes as fast as a test
    before = shown(today)
    today.evaluate(SEEN, before)
    pressed = time.time() * 1000
    lead_id = lead_behind(there, lambda: there.get_by_role("button", name="Send").click())
    expect(there.get_by_role("status")).to_have_text("Your message has arrived. We will get back to you.")
    took = today.evaluate("window.seen") - pressed
    print(f"form to screen: {took:.0f} ms")
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "form-to-screen-ms.txt").write_text(f"{took:.0f}\n")
    assert took < 3000
    lead = session_stage.lead(lead_id)
    first = lead["history"][0]
    assert lead["about"]["campaign"] == "may"
    assert lead["about"]["attributes"] == {}
    assert first["attribution"]["last"] == {"source": "paper", "campaign": "may"}
    assert [(one["text_id"], one["given"]) for one in first["consents"]] == [("news", True)]
    assert not {"trap_filled", "sent_too_fast", "token_missing", "no_origin"} & set(first.get("flags") or ())


def test_the_script_keeps_nothing_in_the_browser(visitor: Callable[..., Page], site: Site, spring: str) -> None:
    page = visitor()
    page.goto(site.page("/kept", site.snippet(spring)))
    fill(page)
    lead_behind(page, lambda: page.get_by_role("button", name="Send").click())
    kept = page.evaluate("({cookie: document.cookie, local: {...localStorage}, session: {...sessionStorage}})")
    assert kept == {"cookie": "", "local": {}, "session": {}}
    assert page.context.cookies() == []


@pytest.mark.parametrize("by", ["nonce", "hash"])
def test_a_site_that_allows_single_scripts_allows_the_snippet(
    visitor: Callable[..., Page], site: Site, spring: str, by: str
) -> None:
    """By a nonce, or by the hash of what is loaded: no address is allowed as such, and nothing inline."""
    script = httpx.get(f"{site.forms}/v1/forms/{spring}/embed.js", trust_env=False).content
    digest = f"sha384-{base64.b64encode(hashlib.sha384(script).digest()).decode()}"
    said, allowed = (
        (' nonce="x1y2"', "'nonce-x1y2'") if by == "nonce" else (f' integrity="{digest}" crossorigin', f"'{digest}'")
    )
    path = f"/by-{by}"
    site.scripts[path] = allowed
    page = visitor()
    page.goto(site.page(path, site.snippet(spring, said)))
    fill(page, email=f"{by}@firm.example")
    lead_behind(page, lambda: page.get_by_role("button", name="Send").click())


def test_the_visitors_browser_proves_its_work_where_the_form_asks_for_it(
    visitor: Callable[..., Page], site: Site, makes: Callable[..., str], session_stage: Stage
) -> None:
    form = makes("proving", proof=True, too_fast_s=0)
    page = visitor()
    page.goto(site.page("/proving", site.snippet(form)))
    fill(page, email="proving@firm.example")
    began = time.monotonic()
    lead_id = lead_behind(page, lambda: page.get_by_role("button", name="Send").click())
    assert time.monotonic() - began < 10
    assert not session_stage.lead(lead_id)["history"][0].get("flags")


def test_a_form_is_filled_in_and_sent_by_keys_alone(visitor: Callable[..., Page], site: Site, spring: str) -> None:
    page = visitor()
    page.goto(site.page("/keys", site.snippet(spring)))
    page.locator("form[data-form]").wait_for()
    for word in ("Jule Marx", "keys@firm.example", "", "10115"):
        page.keyboard.press("Tab")
        page.keyboard.type(word)
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # of the list of answers
    page.keyboard.press("Tab")
    page.keyboard.type("A lathe.")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator("[name=_consent]").is_checked()
    page.keyboard.press("Tab")
    lead_behind(page, lambda: page.keyboard.press("Enter"))
    expect(page.get_by_role("status")).to_be_focused()


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_javascript_the_hosted_page_says_what_is_wrong_keeps_what_was_typed_and_takes_it(
    visitor: Callable[..., Page], front: Front, makes: Callable[..., str], session_stage: Stage, language: str
) -> None:
    form = makes(f"plain-{language}", redirect="")
    page = visitor(language, script=False)
    page.goto(f"{front.url}/f/{form}")
    fill(page, name="", postcode="10115")
    page.get_by_role("button").click()
    assert page.locator("[aria-invalid=true]").count() == 1
    assert page.locator("[name=need]").input_value() == "A lathe for our new hall."
    before = captured(session_stage)
    page.locator("[name=name]").fill("Ohne Skript")
    page.get_by_role("button").click()
    page.wait_for_url(f"**/f/{form}/thanks?lang={language}")
    session_stage.counted("team", "berlin", leads=before + 1)


def test_without_javascript_the_hosted_page_ends_on_the_sites_own(
    visitor: Callable[..., Page], front: Front, site: Site, spring: str, session_stage: Stage
) -> None:
    page = visitor(script=False)
    page.goto(f"{front.url}/f/{spring}?lang=en")
    page.get_by_role("button", name="Send").click()
    assert page.locator("[aria-invalid=true]").count() == 2
    expect(page.get_by_role("alert")).to_have_text("Please give an e-mail address or a telephone number.")
    fill(page, name="Ohne Skript")
    before = captured(session_stage)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(f"{site.url}/thanks")
    session_stage.counted("team", "berlin", leads=before + 1)


def captured(stage: Stage) -> int:
    return int(stage.kpi("team", "berlin").get("leads", 0))


def test_a_plain_form_of_the_sites_own_works_without_javascript(
    visitor: Callable[..., Page], front: Front, site: Site, spring: str, session_stage: Stage
) -> None:
    own = (
        f'<form method="post" action="{front.url}/v1/forms/{spring}/submissions" data-form="{spring}">'
        '<label>Name <input name="name"></label><label>E-mail <input name="email"></label><label>PLZ <input name="postcode"></label>'
        '<label>Need <textarea name="need"></textarea></label><button name="send" value="1">Go</button></form>'
    )
    page = visitor(script=False)
    page.goto(site.page("/own", own))
    before = captured(session_stage)
    fill(page, name="Plain Form", email="plain@firm.example")
    page.get_by_role("button", name="Go").click()
    page.wait_for_url(f"{site.url}/thanks")
    session_stage.counted("team", "berlin", leads=before + 1)
    # The same markup, with the script: it is found, and not made anew.
    page = visitor()
    page.goto(site.page("/own-script", own + site.snippet(spring)))
    page.locator("[role=status]").wait_for(state="attached")
    assert page.locator("form").count() == 1
    fill(page, email="script@firm.example")
    lead_behind(page, lambda: page.get_by_role("button", name="Go").click())


def test_what_is_wrong_stands_at_its_field_and_the_focus_is_there(
    visitor: Callable[..., Page], site: Site, spring: str
) -> None:
    page = visitor("fa")
    page.goto(site.page("/wrong", site.snippet(spring), "fa"))
    fill(page, name="", email="no mail")
    page.get_by_role("button", name="فرستادن").click()
    expect(page.locator("#spring-name-wrong")).to_have_text("لطفاً این را پر کنید.")
    expect(page.locator("#spring-email-wrong")).to_have_text("این نشانی ایمیل نیست.")
    expect(page.get_by_role("status")).to_have_text("لطفاً موارد مشخص‌شده را درست کنید.")
    assert page.evaluate("document.activeElement.name") == "name"
    assert page.locator("form").get_attribute("dir") == "rtl"


def test_native_digits_are_a_telephone_number(
    visitor: Callable[..., Page], front: Front, makes: Callable[..., str], session_stage: Stage
) -> None:
    form = makes("tehran", defaults={"country": "IR"}, redirect="")
    page = visitor("fa-IR")
    page.goto(f"{front.url}/f/{form}")
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == ["fa", "rtl"]
    fill(page, email="", tel="۰۹۱۲۳۴۵۶۷۸۹", name="سارا احمدی", postcode="")
    lead = session_stage.lead(lead_behind(page, lambda: page.get_by_role("button", name="فرستادن").click()))
    assert lead["about"]["country"] == "IR"
    assert "phone_unreadable" not in (lead["history"][0].get("flags") or ())
    expect(page.get_by_role("status")).to_contain_text("پیام شما رسید")


def test_two_clicks_are_one_lead_and_what_no_person_fills_is_told_to_a_qualifier(
    visitor: Callable[..., Page], site: Site, spring: str, session_stage: Stage
) -> None:
    page = visitor()
    page.goto(site.page("/twice", site.snippet(spring)))
    fill(page, email="twice@firm.example")
    trap = page.locator("form [name^=ref_]")
    assert trap.evaluate("(e) => e.getBoundingClientRect().right") < 0
    assert (trap.get_attribute("tabindex"), trap.get_attribute("autocomplete")) == ("-1", "new-password")
    trap.evaluate("(e) => { e.value = 'a program' }")
    page.wait_for_timeout(2100)
    before = captured(session_stage)
    lead_id = lead_behind(page, lambda: page.get_by_role("button", name="Send").dblclick())
    lead = session_stage.lead(lead_id)
    assert (lead["disposition"], lead["history"][0]["flags"]) == ("needs_qualifier", ["trap_filled"])
    session_stage.counted("team", "berlin", leads=before + 1)


def test_a_page_that_is_not_the_forms_is_refused(chromium: Browser, front: Front, makes: Callable[..., str]) -> None:
    form, stranger = makes("only-there"), Site(front.url)
    with contextlib.closing(stranger), contextlib.closing(chromium.new_context()) as context:
        page = context.new_page()
        page.goto(
            stranger.page(
                "/", f'<form method="post" action="{front.url}/v1/forms/{form}/submissions"><button>Go</button></form>'
            )
        )
        page.get_by_role("button").click()
        expect(page.locator("main p")).to_have_text("This form can't be sent from that page.")
        page.goto(stranger.page("/script", stranger.snippet(form)))
        page.wait_for_timeout(500)
        assert page.locator("form").count() == 0
        page.goto(stranger.page("/frame", f'<iframe src="{front.url}/f/{form}"></iframe>'))
        page.wait_for_timeout(500)
        assert page.frames[-1].locator("form").count() == 0


def test_the_sites_own_pages_may_hold_it_in_a_frame(
    visitor: Callable[..., Page], front: Front, site: Site, spring: str
) -> None:
    page = visitor()
    page.goto(site.page("/frame", f'<iframe title="form" src="{front.url}/f/{spring}?lang=en"></iframe>'))
    frame = page.frame_locator("iframe")
    for name, value in (("name", "In a frame"), ("email", "frame@firm.example"), ("need", "A lathe.")):
        frame.locator(f"[name={name}]").fill(value)
    frame.get_by_role("button", name="Send").click()
    expect(frame.get_by_role("status")).to_contain_text("arrived")


def audit(page: Page, axe: Path, theme: str) -> list[str]:
    told = violations(page, axe, colours=theme == "dark")
    return [f"{found['id']}: {node['html'][:160]}" for found in told for node in found["nodes"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_hosted_page_is_open_to_everybody_and_fits(
    visitor: Callable[..., Page], front: Front, spring: str, axe: Path, language: str
) -> None:
    for theme in ("light", "dark"):
        page = visitor(language, theme=theme)
        for width in (1000, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{front.url}/f/{spring}?lang={language}")
            page.get_by_role("button").wait_for()
            assert audit(page, axe, theme) == [], (theme, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert broken(page) == [], (theme, width)
            picture(page, f"form-{language}-{theme}-{width}", full_page=True)
            page.get_by_role("button").click()
            page.locator("[aria-invalid=true]").first.wait_for()
            assert audit(page, axe, theme) == [], (theme, width, "wrong")
            assert broken(page) == [], (theme, width, "wrong")
            picture(page, f"form-{language}-{theme}-{width}-wrong", full_page=True)


def test_what_forms_have_brought_is_on_record_as_it_was_told_and_nothing_of_it_in_the_clear(
    visitor: Callable[..., Page], site: Site, spring: str, session_stage: Stage
) -> None:
    page = visitor()
    page.goto(site.page("/verified", site.snippet(spring)) + "?utm_source=paper&utm_campaign=may")
    fill(page, email="verified@firm.example")
    page.locator("[name=_consent]").check()
    page.wait_for_timeout(2100)
    lead_id = lead_behind(page, lambda: page.get_by_role("button", name="Send").click())
    session_stage.lead(lead_id)
    with ThreadPoolExecutor(1) as elsewhere:  # the browser's loop runs in this thread
        elsewhere.submit(session_stage.holds, [lead_id]).result()
