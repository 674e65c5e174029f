"""What a customer asks for besides an answer, at the doors."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis_testing import ServiceUnderTest
from contracts.leads.intake import Asked, LeadSubmitted

from .sales import Sales
from .test_clock import events, hot, passes, told


@pytest.fixture
async def sales(service: ServiceUnderTest) -> Sales:
    return await Sales(service).opens()


async def asks(client: httpx.AsyncClient, lead: str, key: str = "", **body: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await client.post(f"/v1/leads/{lead}/requests", json={"kind": "sample"} | body, headers=headers)


async def answers(client: httpx.AsyncClient, lead: str, n: int, **body: Any) -> httpx.Response:
    return await client.post(f"/v1/leads/{lead}/requests/{n}/answer", json={"result": "sent", "how": "email"} | body)


async def test_what_is_asked_is_owed_by_the_leads_person_by_the_policy(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot())
    answer = await asks(sales.anna, lead, key="k1")
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["n"], shown["kind"], shown["state"], shown["responder"], shown["breached"]) == (
        1,
        "sample",
        "open",
        "anna",
        False,
    )
    assert (await asks(sales.anna, lead, key="k1")).json()["n"] == 1
    assert (await asks(sales.anna, lead, kind="pony")).json()["kind"] == "other"
    rows = (await sales.jonas.get(f"/v1/leads/{lead}/requests")).json()["rows"]
    assert [(row["n"], row["kind"]) for row in rows] == [(0, "first_response"), (1, "sample"), (2, "other")]
    assert await told(sales) == ["received", "received"]


async def test_it_may_be_due_earlier_than_the_policy_and_not_later(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot())
    usual = (await asks(sales.anna, lead)).json()["due_at"]
    soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    assert (await asks(sales.anna, lead, due_at=soon)).json()["due_at"] < usual
    late = (datetime.now(UTC) + timedelta(days=300)).isoformat()
    assert (await asks(sales.anna, lead, due_at=late)).json()["due_at"][:13] == usual[:13]
    ahead = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert (await asks(sales.anna, lead, asked_at=ahead)).status_code == 422


async def test_a_quotation_is_answered_by_sending_one(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot())
    await asks(sales.anna, lead, kind="quotation")
    refused = await answers(sales.anna, lead, 1)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "document")
    shown = await answers(sales.anna, lead, 1, document="Q-2026-17")
    assert shown.status_code == 200, shown.text
    assert (shown.json()["state"], shown.json()["met"], shown.json()["document"]) == ("answered", True, "Q-2026-17")
    assert (await answers(sales.anna, lead, 1, document="Q-2026-17")).status_code == 409
    # The e-mail is an activity, and the first response too.
    assert await told(sales) == ["received", "answered", "answered"]
    done = (await sales.anna.get(f"/v1/leads/{lead}/activities")).json()["rows"]
    assert [(row["kind"], row["result"]) for row in done] == [("email", "sent")]


async def test_a_document_that_answers_is_the_leads_own(sales: Sales, tmp_path: Path) -> None:
    sales.service.service.settings.documents_url = f"file://{tmp_path}"  # type: ignore[attr-defined]
    lead, other = await sales.lead(person="anna", **hot()), await sales.lead(person="anna", **hot())
    headers = {"content-type": "application/pdf", "document-kind": "offer"}
    ids = [
        (await sales.anna.post(f"/v1/leads/{one}/documents", content=b"%PDF-1.7\n", headers=headers)).json()["id"]
        for one in (lead, other)
    ]
    await asks(sales.anna, lead, kind="quotation")
    foreign = await answers(sales.anna, lead, 1, document=ids[1])
    assert (foreign.status_code, foreign.json()["errors"][0]["field"]) == (422, "document")
    own = await answers(sales.anna, lead, 1, document=ids[0])
    assert (own.status_code, own.json()["document"], own.json()["met"]) == (200, ids[0], True)


async def test_what_is_asked_in_words_is_sealed_and_read_by_the_team(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot())
    words = "A sample in blue, to Mr. Marx at home."
    made = await asks(sales.anna, lead, key="k1", text=words)
    assert (made.status_code, made.json()["has_text"], made.json()["text"]) == (201, True, None)
    await asks(sales.anna, lead, key="k1", text="other words")
    rows = (await sales.jonas.get(f"/v1/leads/{lead}/requests")).json()["rows"]
    assert [(row["has_text"], row["text"]) for row in rows] == [(False, None), (True, words)]
    assert not any("Marx" in row for table in (await sales.service.state()).values() for row in table)
    assert not any("Marx" in event.model_dump_json() for event in await sales.service.emitted())
    looked = await sales.service.sql("select person, purpose from opened order by at, opening")
    assert [tuple(row) for row in looked] == [("anna", "record"), ("jonas", "read")]
    await sales.service.sql("update person set wrapped_key = null")
    assert (await sales.jonas.get(f"/v1/leads/{lead}/requests")).json()["rows"][1]["text"] is None
    assert (await asks(sales.anna, lead, text=words)).status_code == 410


async def test_who_answers_may_change_and_the_time_does_not(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot())
    asked = (await asks(sales.anna, lead)).json()
    door = f"/v1/leads/{lead}/requests/1"
    assert (await sales.anna.patch(door, json={"responder": "jonas"})).status_code == 428
    stale = await sales.anna.patch(door, json={"responder": "jonas"}, headers={"If-Match": '"old"'})
    assert stale.status_code == 412
    offered = await sales.anna.patch(door, json={"responder": "jonas"}, headers={"If-Match": asked["etag"]})
    assert (offered.json()["responder"], offered.json()["due_at"]) == ("jonas", asked["due_at"])
    assert await told(sales) == ["received", "offered"]


async def test_it_is_withdrawn_and_the_first_response_is_not(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot())
    await asks(sales.anna, lead)
    door = f"/v1/leads/{lead}/requests"
    assert (await sales.anna.post(f"{door}/0/cancel", json={"code": "withdrawn"})).status_code == 409
    assert (await sales.anna.post(f"{door}/1/cancel", json={"code": "withdrawn"})).json()["state"] == "cancelled"
    assert (await answers(sales.anna, lead, 1)).status_code == 409
    assert (await sales.anna.post(f"{door}/7/cancel", json={"code": "withdrawn"})).status_code == 404


async def test_only_who_leads_the_team_says_whether_it_was_met(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot())
    await asks(sales.anna, lead)
    await answers(sales.anna, lead, 1)
    door = f"/v1/leads/{lead}/requests/1/check"
    assert (await sales.anna.post(door, json={"met": False})).status_code == 403
    assert (await sales.otto.post(door, json={})).status_code == 422
    checked = await sales.otto.post(door, json={"met": False, "codes": ["wrong_sample"]})
    assert checked.json()["met"] is False
    assert (await told(sales))[-1] == "checked"


async def test_what_was_typed_late_counts_when_who_leads_the_team_says_so(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot())
    await passes(sales, 40 * 86_400)
    at = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    done = await sales.anna.post(
        f"/v1/leads/{lead}/activities", json={"kind": "call", "reached": True, "occurred_at": at}
    )
    door, body = f"/v1/leads/{lead}/requests/0/check", {"counts": True, "activity_id": done.json()["id"]}
    assert "corrected" not in await told(sales)
    assert (await sales.anna.post(door, json=body)).status_code == 403
    shown = await sales.otto.post(door, json=body)
    assert (shown.json()["state"], shown.json()["breached"]) == ("answered", True)


async def test_another_teams_lead_is_not_there(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot())
    for one in (lead, str(uuid4())):
        answer = await asks(sales.camille, one)
        assert answer.status_code == 404
        assert (await sales.camille.get(f"/v1/leads/{one}/requests")).status_code == 404
        assert (await answers(sales.camille, one, 0)).status_code == 404
    assert (await asks(sales.gm, lead)).status_code == 403


async def test_what_came_with_the_form_is_due_when_a_team_has_the_lead(sales: Sales) -> None:
    body = {"source": "web", "country": "DE", "message": "Please.", "contact": {"email": "a@customer.example"}} | hot()
    await sales.service.http.post("/v1/leads", json=body)
    said = sales.service.intake.emitted[-1]
    assert isinstance(said, LeadSubmitted)
    await sales.service.receives(said.model_copy(update={"requests": (Asked(kind="sample"), Asked(kind="quotation"))}))
    assert await told(sales) == []
    await sales.service.receives(sales.routed(said.lead_id, "berlin"))
    await sales.assigned(said.lead_id, "berlin", "anna")
    assert await told(sales) == ["received", "received"]
    [first, second] = await events(sales)
    assert (first.n, first.kind, second.kind, first.due_at > first.starts_at) == (1, "sample", "quotation", True)
    rows = (await sales.anna.get(f"/v1/leads/{said.lead_id}/requests")).json()["rows"]
    assert [(row["kind"], row["responder"]) for row in rows][1:] == [("sample", "anna"), ("quotation", "anna")]
