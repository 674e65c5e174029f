"""A submission at the door becomes a lead on record, once, whatever is repeated or comes early."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

from chassis.testing import ServiceUnderTest
from contracts.campaigns.campaign import CampaignPlanned
from contracts.leads.intake import LeadSubmitted, OutcomeReported
from contracts.leads.lead import LeadCaptured, LeadClosed, LeadDiscarded, LeadQualified

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
    event = service.intake.said[-1]
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
    [row] = await service.sql("select jsonb_array_length(history) as lines from lead")
    assert row["lines"] == 2


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
    reported = service.intake.said[-1]
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
    assert (await service.http.get(f"/v1/leads/{event.lead_id}")).json()["state"] == "discarded"


async def test_personal_data_is_nowhere_in_the_clear(service: ServiceUnderTest) -> None:
    event = await submitted(service)
    await service.receives(event)
    secrets = ("शर्मा", "98765", "9876543210", "sita@", "कोटेशन")
    everything = event.model_dump_json()
    for table in ("lead", "person", "outbox", "parked", "intake_key"):
        everything += "".join(str(dict(r)) for r in await service.sql(f"select * from {table}"))
    shown = (await service.http.get(f"/v1/leads/{event.lead_id}")).text
    assert [s for s in secrets if s in everything + shown] == []


async def test_a_submission_whose_intake_key_is_gone_is_parked_and_the_others_go_on(service: ServiceUnderTest) -> None:
    good = await submitted(service)
    bad = good.model_copy(update={"lead_id": uuid4(), "person": good.person.model_copy(update={"key": "long gone"})})
    await service.receives(bad, good)
    assert {e.lead_id for e in await service.emitted()} == {good.lead_id}  # type: ignore[attr-defined]
    [parked] = await service.parked()
    assert (parked["cause"], parked["type"]) == ("CannotOpen", "leads.intake.submitted.v1")


async def test_an_unknown_lead_is_404_and_a_wait_ends(service: ServiceUnderTest) -> None:
    answer = await service.http.get(f"/v1/leads/{UUID(int=1)}?wait=0.1")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert json.loads(answer.text)["title"] == "No such lead"


async def test_the_capture_door_takes_post_only_and_says_so(service: ServiceUnderTest) -> None:
    answer = await service.anonymous.get("/v1/leads")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.headers["content-type"] == "application/problem+json"
