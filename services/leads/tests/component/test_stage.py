"""Sales go through the stages of their pipelines: what a stage asks for, who moves them, what is told, and how they end."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis_testing import ServiceUnderTest
from contracts.leads.intake import OutcomeReported
from contracts.leads.lead import LeadClosed
from contracts.leads.opportunity import OpportunityAmended, StageChanged
from contracts.territory.structure import PipelinePublished

from .sales import Sales
from .test_clock import hot

CONTRACT: list[dict[str, Any]] = [
    {"name": "qualified", "target_days": 5, "likelihood": 10},
    {"name": "visit", "answered": True, "likelihood": 25},
    {"name": "offer", "documents": ["offer"], "fields": ["amount"]},
    {"name": "contract", "documents": ["contract"]},
    {"name": "won", "kind": "won"},
]
PDF = {"content-type": "application/pdf"}


def published(pipeline: str, stages: list[dict[str, Any]], version: int = 1) -> PipelinePublished:
    """A pipeline with these stages."""
    fields = {"id": f"pipeline:{pipeline}", "pipeline": pipeline, "name": pipeline, "stages": stages}
    return PipelinePublished.model_validate(fields | {"version": version, "published_at": "2026-01-01T00:00:00Z"})


@pytest.fixture
async def sales(service: ServiceUnderTest, tmp_path: Any) -> Sales:
    service.service.settings.documents_url = f"file://{tmp_path}/documents"  # type: ignore[attr-defined]
    made = await Sales(service).opens()
    await service.receives(published("contract", CONTRACT))
    return made


async def tag(client: httpx.AsyncClient, lead: str) -> dict[str, str]:
    """How the lead stands now, as If-Match says it."""
    return {"If-Match": (await client.get(f"/v1/leads/{lead}")).headers["ETag"]}


async def moves(client: httpx.AsyncClient, lead: str, to: str, **more: Any) -> httpx.Response:
    """To a stage, by somebody who has just read the lead."""
    return await client.post(f"/v1/leads/{lead}/stage", json={"to": to} | more, headers=await tag(client, lead))


async def amends(client: httpx.AsyncClient, lead: str, **what: Any) -> httpx.Response:
    """What becomes known of it, said by somebody who has just read the lead."""
    return await client.patch(f"/v1/leads/{lead}/opportunity", json=what, headers=await tag(client, lead))


async def attaches(client: httpx.AsyncClient, lead: str, kind: str) -> None:
    """A document of this kind."""
    url, headers = f"/v1/leads/{lead}/documents", PDF | {"document-kind": kind}
    answer = await client.post(url, content=b"%PDF-1.7\n%%EOF\n", headers=headers)
    assert answer.status_code == 201, answer.text


async def answers(client: httpx.AsyncClient, lead: str) -> None:
    """The first response."""
    call = {"kind": "call", "reached": True}
    assert (await client.post(f"/v1/leads/{lead}/activities", json=call)).status_code == 201


async def told(sales: Sales, kind: type[Any]) -> list[Any]:
    return [event for event in await sales.service.emitted() if isinstance(event, kind)]


def missing(answer: httpx.Response) -> list[str]:
    """What a refusal names."""
    assert answer.status_code == 409, answer.text
    return [error["field"] for error in answer.json()["errors"]]


async def test_forward_needs_what_every_stage_on_the_way_asks_for_and_back_needs_a_code(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    assert missing(await moves(sales.anna, lead, "offer")) == ["answered", "document:offer", "field:amount"]
    assert await told(sales, StageChanged) == []
    await answers(sales.anna, lead)
    await attaches(sales.anna, lead, "offer")
    assert (await amends(sales.anna, lead, amount={"minor": 90_000_00, "currency": "EUR"})).status_code == 200
    answer = await moves(sales.anna, lead, "offer")
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["stage"], shown["documents"], shown["amount"]["minor"]) == ("offer", ["offer"], 90_000_00)
    assert [(stay["stage"], stay["until"] is None) for stay in shown["stays"]] == [
        ("qualified", False),
        ("offer", True),
    ]
    assert shown["to_come"] == [
        {"stage": "contract", "missing": ["document:contract"]},
        {"stage": "won", "missing": ["document:contract"]},
    ]
    back = await moves(sales.anna, lead, "visit")
    assert (back.status_code, back.json()["errors"][0]["field"]) == (422, "code")
    assert (await moves(sales.anna, lead, "visit", code="mood")).status_code == 422
    assert (await moves(sales.anna, lead, "visit", code="offer_declined")).json()["likelihood"] == 25
    assert (await moves(sales.anna, lead, "visit", code="other")).status_code == 409  # there already
    assert (await moves(sales.anna, lead, "won")).json()["errors"][0]["field"] == "to"
    forward, then = await told(sales, StageChanged)
    assert (forward.from_stage, forward.to_stage, forward.direction, forward.code) == (
        "qualified",
        "offer",
        "forward",
        None,
    )
    assert (then.from_stage, then.to_stage, then.direction, then.code) == ("offer", "visit", "back", "offer_declined")
    assert (then.by, then.person, then.team, then.pipeline_version) == ("anna", "anna", "berlin", 1)


async def test_two_lines_have_their_own_stages_and_a_newer_version_of_one_stands(sales: Sales) -> None:
    pro_forma = [
        {"name": "qualified"},
        {"name": "pro-forma", "documents": ["pro_forma"]},
        {"name": "won", "kind": "won"},
    ]
    await sales.service.receives(published("pro-forma", pro_forma, 2), published("pro-forma", pro_forma[:1], 1))
    lines = {line["pipeline"]: line for line in (await sales.anna.get("/v1/pipelines")).json()["rows"]}
    assert [stage["name"] for stage in lines["pro-forma"]["stages"]] == ["qualified", "pro-forma", "won"]
    assert [stage["name"] for stage in lines["contract"]["stages"]] == [stage["name"] for stage in CONTRACT]
    lead = await sales.lead(person="anna")
    await sales.service.sql("update lead_place set pipeline = 'pro-forma' where lead_id = $1::text::uuid", lead)
    assert missing(await moves(sales.anna, lead, "pro-forma")) == ["document:pro_forma"]


async def test_a_sale_in_a_stage_that_is_gone_goes_on_by_the_rules_of_all_before_it(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    await answers(sales.anna, lead)
    assert (await moves(sales.anna, lead, "visit")).status_code == 200
    without = [CONTRACT[0], *CONTRACT[2:]]
    await sales.service.receives(published("contract", without, 2))
    shown = (await sales.anna.get(f"/v1/leads/{lead}/opportunity")).json()
    assert (shown["stage"], shown["stage_gone"], shown["pipeline_version"]) == ("visit", True, 2)
    assert missing(await moves(sales.anna, lead, "contract")) == ["document:offer", "field:amount", "document:contract"]


async def test_who_has_read_another_state_is_told_what_changed(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    read = await tag(sales.anna, lead)
    assert (await amends(sales.anna, lead, likelihood=60, expected_close="2027-03-01")).status_code == 200
    stale = await sales.anna.patch(f"/v1/leads/{lead}/opportunity", json={"likelihood": 70}, headers=read)
    assert (stale.status_code, [e["field"] for e in stale.json()["errors"]]) == (412, ["likelihood, expected_close"])
    assert (await sales.anna.patch(f"/v1/leads/{lead}/opportunity", json={"likelihood": 70})).status_code == 428
    await answers(sales.anna, lead)
    read = await tag(sales.anna, lead)
    await moves(sales.anna, lead, "visit")
    stale = await sales.anna.post(f"/v1/leads/{lead}/stage", json={"to": "qualified", "code": "other"}, headers=read)
    assert (stale.status_code, [e["field"] for e in stale.json()["errors"]]) == (412, ["stage"])
    for wrong in ({"likelihood": 101}, {"amount": {"minor": 1}}, {"mood": 1}, {"expected_close": "soon"}):
        assert (await amends(sales.anna, lead, **wrong)).status_code == 422


async def test_what_is_known_is_amended_by_those_who_work_it_and_the_same_again_is_no_step(sales: Sales) -> None:
    lead, others = await sales.lead(person="anna"), await sales.lead(person="jonas")
    await amends(sales.anna, lead, amount={"minor": 5_00, "currency": "EUR"}, likelihood=40)
    await amends(sales.anna, lead, likelihood=40)
    await amends(sales.otto, lead, likelihood=None)  # who leads the team may too
    first, second = await told(sales, OpportunityAmended)
    assert (first.amount.minor, first.likelihood, first.by) == (5_00, 40, "anna")
    assert (second.amount.minor, second.likelihood, second.by) == (5_00, None, "otto")
    assert (await amends(sales.anna, others, likelihood=1)).status_code == 403
    assert (await amends(sales.gm, lead, likelihood=1)).status_code == 403
    absent, foreign = str(uuid4()), {"If-Match": '"1"'}
    answers_ = [
        await sales.camille.patch(f"/v1/leads/{one}/opportunity", json={"likelihood": 1}, headers=foreign)
        for one in (lead, absent)
    ]
    assert [one.status_code for one in answers_] == [404, 404]
    assert answers_[0].content == answers_[1].content


async def test_won_at_the_door_needs_the_documents_and_an_outcome_from_outside_is_a_fact(sales: Sales) -> None:
    lead, outside = await sales.lead(person="anna"), await sales.lead(person="anna")
    body = {"result": "won", "amount": {"minor": 1_00, "currency": "EUR"}}
    refused = await sales.anna.post(f"/v1/leads/{lead}/outcome", json=body, headers=await tag(sales.anna, lead))
    assert missing(refused) == ["answered", "document:offer", "document:contract"]
    await answers(sales.anna, lead)
    for kind in ("offer", "contract"):
        await attaches(sales.anna, lead, kind)
    won = await sales.anna.post(f"/v1/leads/{lead}/outcome", json=body, headers=await tag(sales.anna, lead))
    assert (won.status_code, won.json()["state"]) == (200, "won")
    fact = {"lead_id": outside, "result": "won", "at": datetime.now(UTC) - timedelta(minutes=1)}
    await sales.service.receives(OutcomeReported.model_validate(fact))
    by_hand, reported = await told(sales, LeadClosed)
    assert (by_hand.flags, reported.flags) == ((), ("documents_missing",))
    shown = (await sales.anna.get(f"/v1/leads/{outside}/opportunity")).json()
    assert shown["flags"] == ["documents_missing"]
    listed = (await sales.otto.get("/v1/documents-missing")).json()["rows"]
    assert [row["id"] for row in listed] == [outside]
    assert (await sales.camille.get("/v1/documents-missing")).json()["rows"] == []
    await attaches(sales.anna, outside, "offer")
    await attaches(sales.jonas, outside, "contract")  # a colleague, who does not hold it
    assert (await sales.otto.get("/v1/documents-missing")).json()["rows"] == []
    assert (await moves(sales.anna, lead, "visit", code="other")).status_code == 409  # it has ended


async def test_a_lost_sale_is_reopened_by_who_leads_the_team_and_stands_where_it_was(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    await answers(sales.anna, lead)
    await moves(sales.anna, lead, "visit")
    lost = {"result": "lost", "code": "price"}
    ended = await sales.anna.post(f"/v1/leads/{lead}/outcome", json=lost, headers=await tag(sales.anna, lead))
    assert ended.status_code == 200, ended.text
    again = f"/v1/leads/{lead}/reopen"
    assert (
        await sales.anna.post(again, json={"code": "back_again"}, headers=await tag(sales.anna, lead))
    ).status_code == 403
    opened = await sales.otto.post(again, json={"code": "back_again"}, headers=await tag(sales.otto, lead))
    assert (opened.status_code, opened.json()["history"][-1]["revision"]) == (200, 2)
    assert (await sales.anna.get(f"/v1/leads/{lead}/opportunity")).json()["stage"] == "visit"


async def test_the_board_counts_by_stage_and_goes_on_by_cursor(sales: Sales) -> None:
    money = {"minor": 100_00, "currency": "EUR"}
    ids = [await sales.lead(person="anna", expected_amount=money) for _ in range(3)]
    await sales.lead(person="jonas", expected_amount={"minor": 7, "currency": "IRR"})
    queued, _ = await sales.lead(**hot()), await sales.lead("paris", "camille")
    await answers(sales.anna, ids[2])
    await moves(sales.anna, ids[2], "visit")
    board = (await sales.anna.get("/v1/board", params={"team": "berlin", "limit": 2})).json()["columns"]
    assert [(c["stage"], c["count"]) for c in board] == [("qualified", 4), ("visit", 1), ("offer", 0), ("contract", 0)]
    assert board[0]["sums"] == [{"minor": 90_200_00, "currency": "EUR"}, {"minor": 7, "currency": "IRR"}]
    assert [row["id"] for row in board[0]["rows"]] == ids[:2]
    assert board[0]["rows"][0]["name"] == "Customer 1"
    assert [row["id"] for row in board[1]["rows"]] == [ids[2]]
    assert (board[0]["rows"][0]["likelihood"], board[0]["rows"][0]["over"]) == (10, False)
    asked = {"team": "berlin", "pipeline": "contract", "stage": "qualified", "after": board[0]["after"]}
    [more] = (await sales.anna.get("/v1/board", params=asked)).json()["columns"]
    assert (len(more["rows"]), more["rows"][-1]["id"], more["after"]) == (2, queued, None)
    mine = (await sales.anna.get("/v1/board", params={"person": "jonas"})).json()["columns"]
    assert [c["count"] for c in mine] == [1, 0, 0, 0]
    assert (await sales.camille.get("/v1/board", params={"team": "berlin"})).json() == {"columns": []}
    assert (await sales.anna.get("/v1/board", params=asked | {"stage": "visit"})).status_code == 422
    await sales.service.sql(
        "update lead_place set opened_at = now() - interval '30 days' where lead_id = $1::text::uuid", ids[0]
    )
    late = (await sales.anna.get("/v1/board", params={"team": "berlin"})).json()["columns"][0]["rows"][0]
    assert (late["id"], late["over"], late["age_s"] >= 30 * 86_400) == (ids[0], True, True)


async def test_a_board_of_a_line_that_nobody_described_has_a_first_stage(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    await sales.service.sql("update lead_place set pipeline = 'phone' where lead_id = $1::text::uuid", lead)
    [column] = (await sales.anna.get("/v1/board", params={"team": "berlin"})).json()["columns"]
    assert (column["pipeline"], column["stage"], column["count"], column["gone"]) == ("phone", "qualified", 1, False)
    won = {"result": "won"}
    ended = await sales.anna.post(f"/v1/leads/{lead}/outcome", json=won, headers=await tag(sales.anna, lead))
    assert ended.status_code == 200, ended.text
