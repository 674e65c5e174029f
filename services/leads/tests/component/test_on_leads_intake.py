"""A submission at the door becomes a lead on record, once, whatever is repeated or comes early."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.sealing import open_bytes
from chassis_testing import MACHINE, ServiceUnderTest
from contracts.campaigns.campaign import CampaignPlanned
from contracts.event import Sealed
from contracts.leads.intake import LeadSubmitted, OutcomeReported
from contracts.leads.lead import LeadCaptured, LeadClosed, LeadDiscarded, LeadQualified
from leads.api.page import WORDS
from leads.store import keys

TABLES = ("lead", "lead_place", "timeline", "outbox", "waiting_outcome")
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
FORM = {
    "source": "web",
    "contact": {"name": "सीता शर्मा", "phone": "+91 98765 43210", "email": "sita@example.in", "company": "शर्मा ट्रेडर्स"},
    "message": "कृपया 20 पंपों के लिए कोटेशन भेजें।",
    "country": "IN",
    "postcode": "110001",
    "product": "pumps",
    "campaign": "spring",
}


async def submitted(service: ServiceUnderTest, **changes: object) -> LeadSubmitted:
    answer = await service.anonymous.post("/v1/leads", json={**FORM, **changes})
    assert answer.status_code == 202, answer.text
    event = service.intake.emitted[-1]
    assert isinstance(event, LeadSubmitted)
    assert answer.json()["id"] == str(event.lead_id)
    return event


async def test_a_form_becomes_a_lead_on_record_that_is_captured_and_qualified(service: ServiceUnderTest) -> None:
    event = await submitted(service)
    await service.receives(event)
    captured, qualified = await service.emitted()
    assert isinstance(captured, LeadCaptured)
    assert isinstance(qualified, LeadQualified)
    assert (captured.lead_id, captured.channel, captured.flags) == (event.lead_id, "web", ("unknown campaign",))
    assert (qualified.genuine, qualified.disposition) == (True, "near_term")
    assert qualified.about.postcode_area == "1100"
    shown = (await service.http.get(f"/v1/leads/{event.lead_id}")).json()
    assert (shown["state"], [h["what"] for h in shown["history"]]) == ("qualified", ["captured", "qualified"])


async def test_a_submission_delivered_twice_or_sent_again_has_one_effect(service: ServiceUnderTest) -> None:
    event = await submitted(service, external_id="crm-1")
    again = await submitted(service, external_id="crm-1", message="the same, sent again")
    assert again.lead_id == event.lead_id
    await service.receives(event, event)
    await service.receives_again()
    await service.receives_renumbered(again)
    assert [type(e) for e in await service.emitted()] == [LeadCaptured, LeadQualified]
    shown = (await service.http.get(f"/v1/leads/{event.lead_id}")).json()
    assert [h["what"] for h in shown["history"]] == ["captured", "qualified", "submitted again"]


async def test_the_same_submission_sent_again_leaves_no_line_and_another_persons_does(
    service: ServiceUnderTest,
) -> None:
    event, again = await submitted(service, external_id="7"), await submitted(service, external_id="7")
    await service.receives(event)
    await service.receives(again)
    other = await service.http.post("/v1/leads", json={**FORM, "external_id": "7", "contact": {"email": "x@y.example"}})
    assert other.json()["id"] == str(event.lead_id)
    await service.receives(service.intake.emitted[-1])
    shown = (await service.http.get(f"/v1/leads/{event.lead_id}")).json()
    assert [h["what"] for h in shown["history"]] == ["captured", "qualified", "submitted again"]
    assert len(await service.sql("select 1 from person")) == 1  # nobody is made known by what is not put on record


async def test_however_many_submissions_no_key_of_ours_opens_the_others_go_on(service: ServiceUnderTest) -> None:
    good, taken = await submitted(service), await submitted(service, external_id="7")
    forged = [
        taken.model_copy(update={"person": Sealed(key=key, box="AAAA"), "lead_id": lead_id})
        for n in range(100)
        for key, lead_id in (("nobody's-1", uuid4()), (taken.person.key, taken.lead_id if n == 0 else uuid4()))
    ]
    await service.receives(*forged, good, taken)
    assert {e.lead_id for e in await service.emitted() if isinstance(e, LeadCaptured)} == {good.lead_id, taken.lead_id}
    parked = await service.sql("select cause, detail from parked")
    assert len(parked) == 200
    assert all("no intake key opens it" in row["detail"] for row in parked)


async def test_history_is_not_filled_by_whoever_repeats_himself(service: ServiceUnderTest) -> None:
    await service.receives(*[await submitted(service, external_id="7", message=f"try {n}") for n in range(30)])
    [row] = await service.sql("select differing, (select count(*) from timeline) as lines from lead_place")
    assert (row["differing"], row["lines"]) == (20, 22)


async def test_what_the_door_set_aside_is_flagged_in_answer_event_and_history_and_sealed(
    service: ServiceUnderTest,
) -> None:
    event = await submitted(
        service,
        contact={"email": "sita@example.in", "phone": "N/A"},
        attributes={"size": 3, "Vorname": "सीता", "q": "a@b.example"},
    )
    await service.receives(event)
    captured = (await service.emitted())[0]
    assert isinstance(captured, LeadCaptured)
    flags = ["answer_sealed", "phone_unreadable"]
    assert (event.flags, captured.flags) == (tuple(flags), ("unknown campaign", *flags))
    shown = (await service.http.get(f"/v1/leads/{event.lead_id}")).json()
    assert shown["history"][0]["flags"] == ["unknown campaign", *flags]
    assert shown["about"]["attributes"] == {"size": 3}
    assert (await personal_of(service, event.lead_id))["answers"] == {
        "Vorname": "सीता",
        "q": "a@b.example",
        "phone": "N/A",
    }


async def personal_of(service: ServiceUnderTest, lead_id: UUID) -> dict[str, Any]:
    """What was kept of the person, opened as only this service can."""
    [row] = await service.sql(
        "select l.personal, p.person_id, p.wrapped_key from lead l join person p using (person_id) where lead_id = $1",
        lead_id,
    )
    async with service.service.database.transaction() as tx:
        key = open_bytes(keys.Ring.of(tx).persons, row["wrapped_key"], row["person_id"].bytes)
    opened: dict[str, Any] = json.loads(open_bytes(key, row["personal"], lead_id.bytes))
    return opened


async def test_the_public_door_takes_leads_of_the_web_and_a_token_says_where_else_they_come_from(
    service: ServiceUnderTest,
) -> None:
    stranger = await submitted(service, source="sales", external_id="7", form="footer")
    assert (stranger.source, stranger.flags) == ("web", ("source_claimed",))
    ours = await service.http.post("/v1/leads", json={**FORM, "source": "sales", "external_id": "7"})
    event = service.intake.emitted[-1]
    assert isinstance(event, LeadSubmitted)
    assert (event.source, event.flags) == ("sales", None)
    assert ours.json()["id"] != str(stranger.lead_id)
    wrong = await service.anonymous.post("/v1/leads", json=FORM, headers={"authorization": "Bearer x"})
    assert wrong.status_code == 401


async def test_two_forms_that_number_their_entries_are_two_senders(service: ServiceUnderTest) -> None:
    ids = {
        (await submitted(service, external_id="17", **{kind: name})).lead_id
        for kind in ("channel", "form")
        for name in "ab"
    }
    assert len(ids) == 2
    answer = await service.anonymous.post("/v1/leads?form=a", json={**FORM, "external_id": "17", "channel": "b"})
    assert answer.json()["id"] in {str(one) for one in ids}
    first = {**FORM, "external_id": "18", "channel": "c"}
    assert (await service.anonymous.post("/v1/leads", json=first)).status_code == 202
    settings = await service.anonymous.post("/v1/leads", json={**first, "contact": {"email": "other@example.in"}})
    assert (settings.status_code, [e["field"] for e in settings.json()["errors"]]) == (422, ["external_id"])


async def test_the_same_key_with_another_body_is_told_at_every_door(service: ServiceUnderTest) -> None:
    outcome = {"source": "import", "external_id": "1", "result": "won"}
    for path, first, other in (
        ("/v1/leads", FORM, {**FORM, "product": "x"}),
        ("/v1/calls", {**FORM, "source": "phone"}, {**FORM, "source": "phone", "product": "x"}),
        ("/v1/leads/batch", {"leads": [FORM, FORM]}, {"leads": [FORM]}),
        ("/v1/outcomes", {"outcomes": [outcome]}, {"outcomes": [{**outcome, "result": "lost"}]}),
    ):
        headers = {"Idempotency-Key": f"k{path}"}
        answers = [await service.http.post(path, json=body, headers=headers) for body in (first, first, other)]
        assert answers[0].status_code in (200, 202), answers[0].text
        assert (answers[1].json().get("ids"), answers[1].json().get("id")) == (
            answers[0].json().get("ids"),
            answers[0].json().get("id"),
        )
        assert (answers[2].status_code, answers[2].json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    submission = [e for e in service.intake.emitted if isinstance(e, LeadSubmitted)]
    assert len({e.lead_id for e in submission[-4:]}) == 2  # two rows, sent twice


async def test_a_reported_outcome_sent_again_under_its_key_does_not_undo_a_correction(
    service: ServiceUnderTest,
) -> None:
    event = await submitted(service, external_id="7")
    await service.receives(event)
    for result, key in (("won", "a"), ("lost", "b"), ("won", "a")):
        body = {"outcomes": [{"lead_id": str(event.lead_id), "result": result}]}
        await service.http.post("/v1/outcomes", json=body, headers={"Idempotency-Key": key})
        await service.receives(service.intake.emitted[-1])
    assert (await service.http.get(f"/v1/leads/{event.lead_id}")).json()["state"] == "lost"


async def test_prose_for_a_reason_is_sealed_and_kept_with_the_lead(service: ServiceUnderTest) -> None:
    event = await submitted(service, external_id="7")
    prose = "Frau Müller will nicht mehr, Tel. 030 901820"
    rows = [
        {"lead_id": str(event.lead_id), "result": "lost", "reason": reason} for reason in (prose, "No-Budget", "Price")
    ]
    answer = (await service.http.post("/v1/outcomes", json={"outcomes": rows})).json()
    assert answer["flagged"] == [{"index": 0, "flags": ["reason_sealed"]}]
    early, budget, price = service.intake.emitted[-3:]
    assert isinstance(early, OutcomeReported)
    assert isinstance(budget, OutcomeReported)
    assert isinstance(price, OutcomeReported)
    assert (early.reason, budget.reason, price.reason) == ("other", "no budget", "price")
    await service.receives(early)  # before its lead
    await service.receives(event)
    closed = (await service.emitted())[-1]
    assert isinstance(closed, LeadClosed)
    assert closed.reason == "other"
    [row] = await service.sql(
        "select outcomes, detail from lead_place join timeline using (lead_id) order by n desc limit 1"
    )
    assert (row["outcomes"][0]["note"].keys(), row["detail"]["note"]) == ({"box"}, "sealed")
    rests = [await service.sql(f"select * from {table}") for table in TABLES]
    everything = str([dict(row) for rows in rests for row in rows])
    assert "Müller" not in everything + early.model_dump_json()


async def test_an_external_id_that_is_an_address_names_the_lead_and_is_sealed(service: ServiceUnderTest) -> None:
    event = await submitted(service, external_id="sita@example.in")
    again = await submitted(service, external_id="sita@example.in")
    assert event.lead_id == again.lead_id
    assert "sita" not in event.model_dump_json()


async def test_a_plain_form_ends_on_a_page_in_the_visitors_language(service: ServiceUnderTest) -> None:
    kind = "application/x-www-form-urlencoded; charset=UTF-8"
    headers = {"content-type": kind, "accept": "text/html,*/*;q=0.8", "accept-language": "de,fa-IR;q=0.9,en;q=0.5"}
    sent = await service.anonymous.post("/v1/leads/", content="source=web&email=a%40b.example&send=1", headers=headers)
    assert (sent.status_code, sent.headers["location"]) == (303, "/v1/leads/thanks")
    page = await service.anonymous.get("/v1/leads/thanks", headers=headers)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert '<html lang="fa" dir="rtl">' in page.text
    wrong = await service.anonymous.post("/v1/leads", content="email=a%40b&name=%3Cb%3E", headers=headers)
    assert (wrong.status_code, wrong.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert WORDS["fa"].fields["contact.email"] in wrong.text
    assert "<b>" not in wrong.text


async def test_an_idempotency_key_makes_the_id(service: ServiceUnderTest) -> None:
    ids = {
        (await service.anonymous.post("/v1/leads", json=FORM, headers={"Idempotency-Key": "k-1"})).json()["id"]
        for _ in range(2)
    }
    assert len(ids) == 1


async def test_an_outcome_that_overtakes_its_lead_waits_for_it(service: ServiceUnderTest) -> None:
    event = await submitted(service, external_id="crm-2")
    outcome = {"source": "web", "external_id": "crm-2", "result": "won", "amount": {"minor": 990000, "currency": "INR"}}
    answer = await service.http.post("/v1/outcomes", json={"outcomes": [outcome]})
    assert answer.json()["accepted"] == 1
    reported = service.intake.emitted[-1]
    assert isinstance(reported, OutcomeReported)
    await service.receives(reported)
    assert await service.emitted() == []
    await service.receives(event)
    closed = (await service.emitted())[-1]
    assert isinstance(closed, LeadClosed)
    assert (closed.lead_id, closed.result, closed.amount and closed.amount.minor) == (event.lead_id, "won", 990000)
    await service.receives_renumbered(reported)
    assert await service.emitted() == []


async def test_a_planned_campaign_is_no_unknown_campaign(service: ServiceUnderTest) -> None:
    await service.receives(CampaignPlanned(campaign="spring", name="Spring", currency="INR", version=1, planned_at=NOW))
    await service.receives(await submitted(service))
    captured = (await service.emitted())[0]
    assert isinstance(captured, LeadCaptured)
    assert captured.flags == ()


async def test_spam_is_discarded_with_a_reason_and_stays_on_record(service: ServiceUnderTest) -> None:
    spam = "buy now http://a.example http://b.example http://c.example www.d.example http://e.example http://f.example"
    event = await submitted(service, message=spam, contact={"email": "x@gmail.com"}, country=None, product=None)
    await service.receives(event)
    discarded = (await service.emitted())[-1]
    assert isinstance(discarded, LeadDiscarded)
    assert discarded.keep_until_at == discarded.discarded_at + timedelta(days=180)
    [row] = await service.sql("select next_at from lead_place")
    assert row["next_at"] == discarded.keep_until_at, "the clock takes its contact away then"
    assert (await service.http.get(f"/v1/leads/{event.lead_id}")).json()["state"] == "discarded"


async def test_personal_data_is_nowhere_in_the_clear(service: ServiceUnderTest) -> None:
    event = await submitted(service)
    await service.receives(event)
    secrets = ("शर्मा", "98765", "9876543210", "sita@", "कोटेशन")
    everything = event.model_dump_json()
    for table in (*TABLES, "person", "parked", "intake_key"):
        everything += "".join(str(dict(r)) for r in await service.sql(f"select * from {table}"))
    shown = (await service.http.get(f"/v1/leads/{event.lead_id}")).text
    assert [s for s in secrets if s in everything + shown] == []


async def test_a_submission_whose_intake_key_is_gone_is_parked_and_the_others_go_on(service: ServiceUnderTest) -> None:
    good = await submitted(service)
    bad = good.model_copy(update={"lead_id": uuid4(), "person": good.person.model_copy(update={"key": "long gone"})})
    await service.receives(bad, good)
    assert {e.lead_id for e in await service.emitted()} == {good.lead_id}  # type: ignore[attr-defined]
    [parked] = await service.parked()
    assert (parked["cause"], parked["type"]) == ("refused", "leads.intake.submitted.v1")


async def test_an_unknown_lead_is_404_and_a_wait_ends(service: ServiceUnderTest) -> None:
    answer = await service.http.get(f"/v1/leads/{UUID(int=1)}?wait=0.1")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.text)["title"] == "No such lead"


async def test_the_capture_door_takes_post_only_and_says_so(service: ServiceUnderTest) -> None:
    for method, path, allowed in (("DELETE", "/v1/leads", "GET, POST"), ("GET", "/v1/leads/", "POST")):
        answer = await service.anonymous.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
        assert answer.headers["content-type"] == "application/problem+json"
    assert (await service.anonymous.get("/v1/leads")).status_code == 401


async def test_the_history_says_who_put_it_in_where_that_was_somebody(service: ServiceUnderTest) -> None:
    event = await submitted(service)
    outcome = {"lead_id": str(event.lead_id), "result": "won"}
    assert (await service.http.post("/v1/outcomes", json={"outcomes": [outcome]})).status_code == 200
    by = {"country": "IN", "contact": FORM["contact"], "message": "a call"}
    assert (await service.http.post("/v1/calls", json=by)).status_code == 202
    assert service.intake.actors == ["", MACHINE, MACHINE]
    public, early, call = (
        service.record(e, ce_actor=actor.encode())
        for e, actor in zip(service.intake.emitted, service.intake.actors, strict=True)
    )
    await service.receives_raw(early)  # it waits for its lead, and does not forget who reported it
    await service.receives_raw(public, call)
    found: dict[UUID, dict[str, str | None]] = {}
    for row in await service.sql("select lead_id, what, by from timeline"):
        found.setdefault(row["lead_id"], {})[row["what"]] = row["by"]
    assert {"captured": None, "qualified": None, "won": MACHINE} in found.values()
    assert {"captured": MACHINE, "qualified": None} in found.values()
