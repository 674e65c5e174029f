"""A form as strangers meet it: from its sites' pages with and without a script, and what of it stands on the lead."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from spring_form import SITE, content, made

from chassis.callers import Callers
from chassis_testing import ServiceUnderTest
from contracts.leads.intake import LeadSubmitted
from contracts.leads.lead import LeadCaptured, LeadQualified
from leads.api import form_public
from leads.domain import form_proof
from leads.store import keys
from leads.use_cases.intake import _opened

SENT = "/v1/forms/spring/submissions"
BROWSER = {"accept": "text/html,*/*", "content-type": "application/x-www-form-urlencoded", "origin": SITE}


async def definition(service: ServiceUnderTest, lang: str = "en") -> dict[str, Any]:
    answer = await service.anonymous.get(f"/v1/forms/spring/definition?lang={lang}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def sent(service: ServiceUnderTest, site: str = SITE, **more: Any) -> httpx.Response:
    body = {"name": "Jule Marx", "email": "jule@firm.example", "_key": "k1", **more}
    return await service.anonymous.post(SENT, json=body, headers={"origin": site})


async def plain(service: ServiceUnderTest, body: dict[str, Any], **headers: str) -> httpx.Response:
    return await service.anonymous.post(SENT, content=urlencode(body, doseq=True), headers=BROWSER | headers)


def last(service: ServiceUnderTest) -> LeadSubmitted:
    found = service.intake.emitted[-1]
    assert isinstance(found, LeadSubmitted)
    return found


async def personal(service: ServiceUnderTest) -> Any:
    """Who it is about, as only leads can read it."""
    one = last(service)
    async with service.service.database.transaction() as tx:
        found = _opened(tx, one, await keys.intake_keys(tx, [one.person.key]))
    assert found
    return found[1]


@pytest.fixture(autouse=True)
def slow_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody here is too fast, unless a test says so."""
    real = form_public.signals
    monkeypatch.setattr(form_public, "signals", lambda *a: real(*a[:-1], a[-1] + 30))


async def test_what_is_sent_arrives_in_the_lead(service: ServiceUnderTest) -> None:
    await made(service)
    told = await definition(service)
    answer = await sent(
        service,
        need="A lathe for our new hall.",
        machine="Bohrwerk of Herr Vogt",
        timeframe="now",
        _consent=["news"],
        _lang="en",
        _token=told["token"],
        _first={"source": "letter", "medium": "mail", "campaign": "winter"},
        _last={"source": "google", "medium": "cpc", "campaign": "Autumn"},
        dropped="what the form does not ask",
    )
    assert answer.status_code == 202, answer.text
    assert answer.json()["message"] == "We will call you."
    assert answer.headers["access-control-allow-origin"] == SITE
    one = last(service)
    assert (one.source, one.form, one.form_version, one.language, one.country) == ("web", "spring", 1, "en", "IR")
    assert (one.campaign, one.channel, one.flags) == ("autumn", "cpc", None)
    assert one.attributes == {"timeframe": "now"}
    assert one.attribution
    assert one.attribution.first
    assert one.attribution.last
    assert (one.attribution.first.campaign, one.attribution.last.campaign) == ("winter", "Autumn")
    [consent] = one.consents or ()
    assert (consent.purpose, consent.given, consent.text_id, consent.text_version, consent.language) == (
        ("newsletter", True, "news", 3, "en")
    )
    whole = one.model_dump_json()
    assert not [word for word in ("Jule", "lathe", "Vogt", "dropped") if word in whole]
    who = await personal(service)
    assert (who.name, who.email, who.message, who.answers) == (
        ("Jule Marx", "jule@firm.example", "A lathe for our new hall.", {"machine": "Bohrwerk of Herr Vogt"})
    )


async def test_consents_and_visits_stand_on_record_and_are_told(service: ServiceUnderTest) -> None:
    await made(service)
    await sent(service, _last={"campaign": "autumn"}, _lang="fa")
    one = last(service)
    await service.receives(one)
    [captured, *_] = [said for said in await service.emitted() if isinstance(said, LeadCaptured)]
    assert (captured.form, captured.form_version) == ("spring", 1)
    assert captured.attribution
    assert captured.attribution.last
    assert captured.attribution.last.campaign == "autumn"
    record = (await service.http.get(f"/v1/leads/{one.lead_id}")).json()["history"][0]
    assert (record["form"], record["form_version"], record["attribution"]) == (
        "spring",
        1,
        {"last": {"campaign": "autumn"}},
    )
    assert record["consents"] == [
        {"purpose": "newsletter", "given": False, "text_id": "news", "text_version": 3, "language": "fa"}
    ]


async def test_a_double_click_is_one_lead_and_corrected_answers_are_another(service: ServiceUnderTest) -> None:
    await made(service)
    first, again = await sent(service), await sent(service)
    assert first.json()["id"] == again.json()["id"]
    assert (await sent(service, name="Jule Marks")).json()["id"] != first.json()["id"]
    assert (await sent(service, _key="k2")).json()["id"] != first.json()["id"]
    without = {"name": "Jule Marx", "email": "jule@firm.example"}
    await plain(service, without)
    one = last(service).lead_id
    await plain(service, without)
    assert last(service).lead_id == one, "a page without a script has no key, and people click twice there too"


async def test_a_plain_form_ends_on_the_definitions_page_and_never_on_the_bodys(service: ServiceUnderTest) -> None:
    await made(service)
    body = {"name": "A B", "email": "a@b.example", "redirect": "https://evil.example", "send": "Send"}
    answer = await plain(service, body)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{SITE}/thanks")


async def test_a_form_without_a_page_of_its_own_ends_on_ours_in_its_language(service: ServiceUnderTest) -> None:
    await made(service, redirect="")
    answer = await plain(service, {"name": "A B", "email": "a@b.example", "_lang": "fa"})
    assert answer.headers["location"] == "/f/spring/thanks?lang=fa"
    page = await service.anonymous.get(answer.headers["location"])
    assert 'dir="rtl"' in page.text
    assert "به شما زنگ می‌زنیم." in page.text


async def test_errors_come_back_as_the_same_page_with_what_was_typed(service: ServiceUnderTest) -> None:
    await made(service)
    body = {
        "name": "",
        "tel": "12",
        "need": '<b>"so"</b>',
        "_lang": "fa",
        "_key": "k9",
        "_consent": "news",
        "timeframe": "now",
    }
    answer = await plain(service, body)
    page = answer.text
    assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert "لطفاً این را پر کنید." in page
    assert "این شمارهٔ تلفن نیست" in page
    assert "&lt;b&gt;&quot;so&quot;&lt;/b&gt;" in page
    assert 'value="k9"' in page
    assert re.search(r'value="news" checked', page)
    assert re.search(r'value="now" selected', page)
    assert page.count('aria-invalid="true"') == 2
    assert not service.intake.emitted


async def test_a_script_gets_the_fields_and_sentences_in_the_visitors_language(service: ServiceUnderTest) -> None:
    consent = content()["consents"][0] | {"required": True}
    await made(service, consents=[consent])
    answer = await sent(service, name=" ", timeframe="never", _lang="fa")
    errors = {error["field"]: error["reason"] for error in answer.json()["errors"]}
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (422, SITE)
    assert errors == {
        "name": "لطفاً این را پر کنید.",
        "timeframe": "لطفاً یکی از این‌ها را برگزینید.",
        "_consent.news": "به موافقت شما نیاز داریم.",
    }
    nobody = await service.anonymous.post(SENT, json={"name": "A"}, headers={"origin": SITE})
    assert "contact" in {error["field"] for error in nobody.json()["errors"]}


@pytest.mark.parametrize("body", [b"{", b"[]", b"nothing", b'{"name": "\\ud800"}'])
async def test_what_is_no_form_is_refused_in_words(service: ServiceUnderTest, body: bytes) -> None:
    await made(service)
    answer = await service.anonymous.post(SENT, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["errors"]


async def test_native_digits_are_numbers(service: ServiceUnderTest) -> None:
    await made(service)
    assert (await sent(service, tel="۰۹۱۲۳۴۵۶۷۸۹", _lang="fa")).status_code == 202
    assert (await personal(service)).phone == "+989123456789"


async def test_pages_of_other_sites_are_refused_and_told_nothing(service: ServiceUnderTest) -> None:
    await made(service)
    answer = await sent(service, site="https://other.example")
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    near = [f"{SITE}.evil.example", "http://www.example.com", f"{SITE}:8443"]
    assert [(await sent(service, site=one)).status_code for one in near] == [403] * 3
    page = await plain(service, {"name": "A", "email": "a@b.example"}, origin="https://other.example")
    assert (page.status_code, page.headers["content-type"]) == (403, "text/html; charset=utf-8")
    assert not service.intake.emitted


async def test_a_browser_that_asks_first_is_told_for_the_forms_sites_only(service: ServiceUnderTest) -> None:
    await made(service)
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    yes = await service.anonymous.options(SENT, headers={"origin": SITE, **asked})
    assert (yes.status_code, yes.headers["access-control-allow-origin"]) == (204, SITE)
    assert "POST" in yes.headers["access-control-allow-methods"]
    no = await service.anonymous.options(SENT, headers={"origin": "https://other.example", **asked})
    assert no.status_code == 403
    assert "access-control-allow-origin" not in no.headers


async def test_a_page_that_says_no_site_is_taken_with_a_flag_unless_the_form_is_strict(
    service: ServiceUnderTest,
) -> None:
    await made(service)
    for site in ({}, {"origin": "null"}):
        answer = await service.anonymous.post(SENT, json={"name": "A", "email": "a@b.example"}, headers=site)
        assert answer.status_code == 202
        assert "no_origin" in (last(service).flags or ())
    await made(service, "strict", strict=True)
    answer = await service.anonymous.post("/v1/forms/strict/submissions", json={"name": "A", "email": "a@b.example"})
    assert answer.status_code == 403


async def test_the_hosted_page_sends_to_itself(service: ServiceUnderTest) -> None:
    await made(service)
    assert (await sent(service, site="http://test")).status_code == 202
    assert last(service).flags == ("token_missing",)


async def verdict(service: ServiceUnderTest) -> LeadQualified:
    await service.receives(last(service))
    [found] = [said for said in await service.emitted() if isinstance(said, LeadQualified)]
    return found


async def test_the_trap_alone_sends_the_lead_to_a_qualifier(service: ServiceUnderTest) -> None:
    await made(service)
    told = await definition(service)
    answer = await sent(service, need="A lathe for our new hall.", _token=told["token"], **{told["unseen"]: "x"})
    assert answer.status_code == 202
    assert last(service).flags == ("trap_filled",)
    found = await verdict(service)
    assert (found.genuine, found.disposition, found.scorecard) == (True, "needs_qualifier", 3)
    assert "filled the trap" in {reason.term for reason in found.reasons}


async def test_the_trap_and_haste_together_are_a_programs(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    await made(service)
    told = await definition(service)
    answer = await sent(service, _token=told["token"], **{told["unseen"]: "x"})
    assert answer.status_code == 202, "a program is told nothing"
    assert last(service).flags == ("trap_filled", "sent_too_fast")
    assert (await verdict(service)).genuine is False


async def test_a_lead_without_signals_is_judged_as_any_other(service: ServiceUnderTest) -> None:
    await made(service)
    told = await definition(service)
    await sent(service, _token=told["token"])
    assert (await verdict(service)).scorecard == 3


async def test_a_token_of_another_form_or_day_is_none(service: ServiceUnderTest) -> None:
    await made(service)
    token = (await definition(service))["token"]
    version, at, *rest = token.split(".")
    for forged in ("", "x", token[:-1], f"{version}.{int(at) - 5}.{'.'.join(rest)}", "1.².x.y", "9" * 5000):
        await sent(service, _token=forged)
        assert last(service).flags == ("token_missing",), forged[:40]


async def test_a_form_may_ask_for_a_proof_of_work_and_who_has_none_is_marked_and_taken(
    service: ServiceUnderTest,
) -> None:
    await made(service, proof=True)
    told = await definition(service)
    assert told["proof"] is True
    body = json.dumps(
        {"name": "Jule Marx", "email": "jule@firm.example", "_key": "k1", "_token": told["token"]}
    ).encode()
    numbers = (b'%s,"_proof":"%d"}' % (body[:-1], n) for n in range(10_000))
    proved = next(raw for raw in numbers if form_proof.proves(raw))
    headers = {"origin": SITE, "content-type": "application/json"}
    changed = proved.replace(b"Jule", b"Jane")  # it is good for what was sent with it alone
    for raw, signs in (
        (proved, None),
        (body, ("token_missing", "proof_missing")),
        (changed, ("token_missing", "proof_missing")),
    ):
        answer = await service.anonymous.post(SENT, content=raw, headers=headers)
        assert answer.status_code == 202, "a program is told nothing"
        assert last(service).flags == signs
    assert (await plain(service, {"name": "A", "email": "a@b.example"})).status_code == 303
    assert last(service).flags == ("token_missing", "proof_missing")


async def test_what_could_reach_somebody_is_no_campaign(service: ServiceUnderTest) -> None:
    await made(service)
    await sent(
        service, _last={"source": "jule@firm.example", "campaign": "+49 170 1234567", "medium": "mail\0", "term": 7}
    )
    one = last(service)
    assert (one.campaign, one.attribution) == ("spring", None)
    assert "1234567" not in one.model_dump_json()
    assert (await personal(service)).answers["utm_source"] == "jule@firm.example"


async def test_the_definition_is_good_for_a_minute_and_known_by_its_tag(service: ServiceUnderTest) -> None:
    await made(service)
    url = "/v1/forms/spring/definition?lang=fa"
    first = await service.anonymous.get(url, headers={"origin": SITE})
    assert (first.json()["direction"], first.json()["title"]) == ("rtl", "از ما بپرسید")
    assert first.headers["cache-control"] == "public, max-age=60"
    assert first.headers["access-control-allow-origin"] == SITE
    known = await service.anonymous.get(url, headers={"if-none-match": first.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert (await service.anonymous.get("/v1/forms/none/definition")).status_code == 404


async def test_the_script_is_for_every_site(service: ServiceUnderTest) -> None:
    await made(service)
    answer = await service.anonymous.get("/v1/forms/spring/embed.js", headers={"origin": "https://any.example"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert answer.headers["content-type"].startswith("text/javascript")


async def test_the_page_has_nothing_inline_and_stands_in_frames_of_its_sites_only(service: ServiceUnderTest) -> None:
    await made(service)
    page = await service.anonymous.get("/f/spring?utm_campaign=may", headers={"accept-language": "fa-IR"})
    policy = page.headers["content-security-policy"]
    assert f"frame-ancestors 'self' {SITE}" in policy
    assert f"form-action 'self' {SITE};" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|style=|<script(?![^>]*src=)|\son\w+=", page.text)
    assert '<html lang="fa" dir="rtl">' in page.text
    assert re.search(r'name="utm_campaign" value="may"', page.text)
    keys_ = [re.search(r'name="_key" value="([^"]+)"', (await service.anonymous.get("/f/spring")).text) for _ in "ab"]
    assert len({found[1] for found in keys_ if found}) == 2


async def test_a_paused_form_says_so_as_a_page_and_as_a_problem(service: ServiceUnderTest) -> None:
    state = await made(service)
    await service.http.post("/v1/form-definitions/spring/pause", headers={"if-match": state.headers["etag"]})
    assert (await sent(service)).status_code == 410
    page = await service.anonymous.get("/f/spring?lang=fa", headers={"accept": "text/html"})
    assert (page.status_code, "این فرم فعلاً بسته است" in page.text) == (410, True)


async def test_too_much_and_too_often_are_refused_before_they_are_read(service: ServiceUnderTest) -> None:
    await made(service)
    large = await sent(service, need="x" * 20_000)
    assert large.status_code == 413

    async def pieces() -> Any:
        for _ in range(20):
            yield b'{"need": "' + b"x" * 1000

    chunked = await service.anonymous.post(
        SENT, content=pieces(), headers={"origin": SITE, "content-type": "application/json"}
    )
    assert chunked.status_code == 413
    service.service.asgi.callers = Callers(
        service.service.settings.model_copy(update={"rate_exempt": [], "rate_per_form": 0.01, "burst_per_form": 1})
    )
    answers = [await sent(service) for _ in range(3)]
    assert [one.status_code for one in answers] == [202, 429, 429]
    assert answers[-1].headers["retry-after"]
    assert answers[-1].headers["access-control-allow-origin"] == SITE


async def test_while_the_broker_is_away_nothing_typed_is_lost(service: ServiceUnderTest) -> None:
    await made(service)
    service.intake.not_ready_reason = "away"
    assert (await sent(service)).status_code == 503
    page = await plain(service, {"name": "Jule Marx", "email": "jule@firm.example"})
    assert (page.status_code, page.headers["retry-after"]) == (503, "2")
    assert 'value="Jule Marx"' in page.text
    service.intake.not_ready_reason = ""
    assert (await sent(service)).status_code == 202


async def test_other_types_than_a_form_sends_are_refused(service: ServiceUnderTest) -> None:
    await made(service)
    for kind in ("text/plain", "multipart/form-data; boundary=x"):
        answer = await service.anonymous.post(SENT, content="x", headers={"origin": SITE, "content-type": kind})
        assert answer.status_code == 415
