"""The page on which forms are made: what a marketer writes is what a stranger sees, and nobody else finds it."""

import re
from pathlib import Path

import pytest
from front import Front, Open, picture
from layout import broken
from playwright.sync_api import Page, expect
from stage import Stage

from tributary.people import MANAGER, MARKETER

pytestmark = pytest.mark.xdist_group("stack")
LANGUAGES = ("en", "fr", "fa", "hi", "zh")


def begun(tab: Open, name: str, template: str = "A quotation", foreseen: str = "\0") -> Page:
    """A new form of the marketer's, open. ``foreseen`` is a status that the test brings about."""
    one = tab()
    one.foreseen.append(f"status of {foreseen}")
    page = one.sign_in(MARKETER, "/forms")
    page.locator(".top .strong").click()
    page.locator("#new-name").fill(name)
    page.get_by_role("radio", name=template).check()
    page.get_by_role("button", name="Make the form").click()
    page.locator(".workbench").wait_for()
    return page


def test_a_form_is_made_previewed_activated_pasted_and_paused(tab: Open, front: Front, session_stage: Stage) -> None:
    page = begun(tab, "Sommer Aktion", foreseen="422")
    assert page.url.endswith("/forms?form=sommer-aktion")
    expect(page.locator(".chip").first).to_have_text("Draft")
    expect(page.locator(".preview .title")).to_have_text("Ask for a quotation")

    page.locator("#title").fill("Summer offer")
    expect(page.locator(".preview .title")).to_have_text("Summer offer")
    expect(page.locator(".top .warn")).to_have_text("Not saved yet")

    page.get_by_role("checkbox", name="فارسی").check()
    page.get_by_role("button", name="فارسی").click()
    assert "lang=fa" in page.url
    expect(page.locator(".preview .sheet-of")).to_have_attribute("dir", "rtl")
    expect(page.locator("#title")).to_have_value("درخواست پیش‌فاکتور")
    page.locator("#title").fill("")
    expect(page.locator(".todo")).to_have_text("1 text is missing")
    expect(page.get_by_role("button", name="Activate")).to_be_disabled()
    page.locator("#title").fill("پیشنهاد تابستان")
    expect(page.locator(".todo")).to_have_count(0)

    page.get_by_role("button", name="Add a question").click()
    page.locator("#kind-6").select_option("choice")
    page.locator("[id='fields[6].label']").fill("چه زمانی؟")
    page.get_by_role("button", name=re.compile("^English")).click()
    page.locator("[id='fields[6].label']").fill("When?")
    for n, (english, persian) in enumerate((("Now", "اکنون"), ("Later", "بعداً"))):
        page.locator(f"[id='fields[6].choices[{n}].label']").fill(english)
        page.get_by_role("button", name=re.compile("^فارسی")).click()
        page.locator(f"[id='fields[6].choices[{n}].label']").fill(persian)
        page.get_by_role("button", name=re.compile("^English")).click()
    page.get_by_role("button", name="Move up: When?").click()
    assert page.evaluate("document.activeElement.id") == "up-5"

    page.get_by_role("button", name="Add a site").click()
    page.locator("#origin-0").fill("http://no-tls.example")
    page.get_by_role("button", name="Activate").click()
    expect(page.locator(".notice")).to_have_text("Please correct what is marked.")
    expect(page.locator("#origin-0")).to_have_attribute("aria-invalid", "true")
    page.locator("#origin-0").fill("https://www.example.com")
    page.get_by_role("button", name="Activate").click()
    expect(page.locator(".notice")).to_contain_text("Active.")
    expect(page.locator(".chip").first).to_have_text("Active")
    snippet = page.locator(".snippet pre").first.inner_text()
    assert (
        snippet
        == f'<script type="module" src="{front.url}/v1/forms/sommer-aktion/embed.js" data-form="sommer-aktion"></script>'
    )

    hosted = session_stage.public.get(f"{front.url}/f/sommer-aktion?lang=en").text
    assert "Summer offer" in hosted
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".chip").first).to_have_text("Paused")
    assert session_stage.public.get(f"{front.url}/f/sommer-aktion").status_code == 410
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".chip").first).to_have_text("Active")
    page.locator(".back").click()
    row = page.locator(".list-of-forms tbody tr", has_text="Summer offer")
    expect(row).to_contain_text("1 site")
    expect(row).to_contain_text(MARKETER)


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(tab: Open) -> None:
    page = begun(tab, "two-at-once", foreseen="412")
    other = tab().sign_in(MARKETER, "/forms?form=two-at-once")
    other.locator("#title").fill("Theirs")
    other.get_by_role("button", name="Save draft").click()
    expect(other.locator(".notice")).to_contain_text("Saved.")
    page.locator("#title").fill("Mine")
    with page.expect_response("**/form-definitions/two-at-once") as answered:
        page.get_by_role("button", name="Save draft").click()
    assert answered.value.status == 412
    expect(page.locator(".notice")).to_contain_text("Somebody else has changed this form")
    assert page.locator("#title").input_value() == "Mine"
    page.get_by_role("button", name="Load theirs").click()
    expect(page.locator("#title")).to_have_value("Theirs")


def test_what_was_written_stays_while_another_page_or_language_is_looked_at(tab: Open) -> None:
    page = begun(tab, "kept-words")
    page.locator("#title").fill("Half done")
    page.get_by_role("link", name="Today").click()
    page.locator(".say, .none").first.wait_for()
    page.go_back()
    expect(page.locator("#title")).to_have_value("Half done")
    page.locator(".rail .choices select").first.select_option("fr")
    expect(page.locator("#title")).to_have_value("Half done")


def test_only_marketing_finds_it(tab: Open, session_stage: Stage, front: Front) -> None:
    one = tab()
    one.foreseen.append("status of 403")
    page = one.sign_in(MANAGER)
    assert page.locator(".rail a[href='/forms']").count() == 0
    page.goto(f"{one.url}/forms")
    expect(page.locator("h1")).to_have_text("There is nothing here")
    answer = page.evaluate("fetch('/api/leads/v1/form-definitions').then((one) => one.status)")
    assert answer == 403


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_builder_is_open_to_everybody_and_fits(tab: Open, axe: Path, session_stage: Stage, language: str) -> None:
    """In each language, light and dark, wide and narrow: nothing that axe finds, nothing to scroll sideways."""
    name = f"fits-{language}"
    begun(tab, name)
    one = tab(language)
    page = one.sign_in(MARKETER, f"/forms?form={name}")
    for address, ready, kind in (
        (f"/forms?form={name}", ".workbench", "builder"),
        ("/forms", ".list-of-forms", "forms"),
    ):
        page.goto(one.url + address)
        page.locator(ready).wait_for()
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            for width in (1440, 390):
                page.set_viewport_size({"width": width, "height": 900})
                page.wait_for_timeout(150)
                assert one.audit(axe, colours=theme == "dark") == [], (address, theme, width)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                assert broken(page) == [], (address, theme, width)
                picture(page, f"{kind}-{language}-{theme}-{width}", full_page=width == 390)
