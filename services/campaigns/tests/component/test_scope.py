"""Whose a campaign is: its team plans it and sees it, to others it does not exist, and a machine plans without seeing."""

import asyncio
import time
from typing import Any

from campaigns.api import taken
from chassis_testing import ServiceUnderTest, tokens
from contracts.campaigns.campaign import CampaignPlanned
from contracts.campaigns.spend import SpendReported
from contracts.territory.access import AccessGranted

PLAN = {"name": "Fair", "currency": "EUR", "lines": [{"line": "hall", "item": "Hall", "budget": 100, "owner": "eva"}]}


def marketer(person: str, *teams: str) -> AccessGranted:
    since = "2026-01-01T00:00:00Z"
    return AccessGranted.model_validate(
        {
            "person": person,
            "kind": "person",
            "subjects": [{"issuer": tokens.ISSUER, "subject": person}],
            "roles": [{"role": "marketer", "begins_at": since}],
            "grants": [
                {"team": team, "kind": "member", "records": "own", "opens": True, "begins_at": since} for team in teams
            ],
            "version": 1,
            "cause": "joined",
            "granted_at": since,
        }
    )


async def test_a_campaign_is_its_teams_and_does_not_exist_for_others(service: ServiceUnderTest) -> None:
    await service.told(marketer("anna", "berlin"), marketer("franz", "munich"))
    anna, franz = service.as_("anna"), service.as_("franz")
    assert (await anna.put("/v1/campaigns/fair", json=PLAN)).status_code == 200
    [planned, *_] = await service.emitted()
    assert isinstance(planned, CampaignPlanned)
    assert planned.team == "berlin"
    assert (await anna.get("/v1/campaigns/fair")).json()["team"] == "berlin"
    for path in ("/v1/campaigns/{}", "/v1/campaigns/{}/ledger"):
        foreign, absent = [await franz.get(path.format(name)) for name in ("fair", "fog")]
        assert foreign.status_code == 404
        for answer in (foreign, absent):
            del answer.headers["traceresponse"]  # the call's own trace
        assert (foreign.content, foreign.headers) == (absent.content, absent.headers)
    assert (await franz.put("/v1/campaigns/fair", json=PLAN | {"name": "Mine"})).status_code == 404
    assert (await franz.get("/v1/campaigns")).json()["campaigns"] == []
    assert (await anna.get("/v1/campaigns/fair")).json()["name"] == "Fair"


async def test_of_several_teams_one_is_said_and_another_teams_is_a_fault(service: ServiceUnderTest) -> None:
    await service.told(marketer("anna", "berlin", "munich"))
    anna = service.as_("anna")
    for plan in (PLAN, PLAN | {"team": "paris"}):
        refused = await anna.put("/v1/campaigns/fair", json=plan)
        assert refused.status_code == 422
        assert [error["field"] for error in refused.json()["errors"]] == ["team"]
    assert (await anna.put("/v1/campaigns/fair", json=PLAN | {"team": "munich"})).status_code == 200
    assert (await anna.put("/v1/campaigns/fair", json=PLAN | {"name": "Fair 2"})).status_code == 200
    assert (await anna.get("/v1/campaigns/fair")).json()["team"] == "munich"


async def test_what_only_spend_has_named_is_there_for_whoever_plans_it(service: ServiceUnderTest) -> None:
    spend: dict[str, Any] = {
        "spend_id": "s1",
        "campaign": "fog",
        "amount": {"minor": 5, "currency": "EUR"},
        "kind": "incurred",
        "source": "bank",
        "occurred_at": "2026-01-02T00:00:00Z",
    }
    await service.receives(SpendReported.model_validate(spend))
    await service.told(marketer("anna", "berlin"), marketer("franz", "munich"))
    assert (await service.as_("franz").get("/v1/campaigns/fog")).json()["known"] is False
    assert (await service.as_("anna").put("/v1/campaigns/fog", json=PLAN)).status_code == 200
    assert (await service.as_("franz").get("/v1/campaigns/fog")).status_code == 404


async def test_a_machine_that_may_plan_plans_for_any_team_and_is_shown_none(service: ServiceUnderTest) -> None:
    planner = service.as_("planner", client_id="planner", scope="campaigns:plan")
    answer = await planner.put("/v1/campaigns/fair", json=PLAN | {"team": "berlin"})
    assert answer.status_code == 200, answer.text
    assert (await planner.get("/v1/campaigns/fair")).status_code == 404
    assert (await planner.get("/v1/campaigns")).status_code == 403


def spent(campaign: str, spend_id: str = "s1") -> SpendReported:
    money = {"minor": 5, "currency": "EUR"}
    body = {"spend_id": spend_id, "campaign": campaign, "amount": money, "occurred_at": "2026-01-02T00:00:00Z"}
    return SpendReported.model_validate(body | {"kind": "incurred", "source": "bank"})


async def test_a_team_sees_the_spends_behind_its_postings_in_whatever_spelling_they_came(
    service: ServiceUnderTest,
) -> None:
    await service.told(marketer("anna", "berlin"))
    anna = service.as_("anna")
    assert (await anna.put("/v1/campaigns/Fair", json=PLAN)).status_code == 200
    await service.receives(spent("FAIR"))
    seen = (await anna.get("/v1/campaigns/fair/ledger")).json()["postings"]
    assert [(one["source"], one["spend_id"]) for one in seen] == [("bank", "s1"), (None, None)]


async def test_nobody_waits_for_another_teams_spend(service: ServiceUnderTest) -> None:
    await service.told(marketer("anna", "berlin"), marketer("franz", "munich"))
    anna, franz = service.as_("anna"), service.as_("franz")
    assert (await anna.put("/v1/campaigns/fair", json=PLAN)).status_code == 200
    assert (await franz.put("/v1/campaigns/fog", json=PLAN)).status_code == 200
    body = {"spend_id": "s1", "campaign": "fair", "amount": "EUR 5", "occurred_at": "2026-01-02"}
    assert (await service.http.post("/v1/spend", json={"spend": [body]})).json()["accepted"] == 1
    for path, status in (("fair", 404), ("fog", 200)):  # neither what does not exist for him nor what is his own
        began = time.perf_counter()
        assert (await franz.get(f"/v1/campaigns/{path}/ledger")).status_code == status
        assert time.perf_counter() - began < taken.WITHIN_S / 2
    began = time.perf_counter()
    assert (await anna.get("/v1/campaigns/fair/ledger")).status_code == 200  # the report is still on its way
    assert time.perf_counter() - began > taken.WITHIN_S / 2


async def test_a_machine_that_reads_for_one_team_and_plans_for_any_sees_no_more_than_it_may_read(
    service: ServiceUnderTest,
) -> None:
    reads = {
        "kind": "machine",
        "opens": False,
        "records": "none",
        "team": "munich",
        "begins_at": "2026-01-01T00:00:00Z",
    }
    machine = {**marketer("x", "munich").model_dump(), "person": "machine:board", "kind": "machine", "roles": []}
    subject = {"issuer": tokens.ISSUER, "subject": "board"}
    await service.told(AccessGranted.model_validate({**machine, "grants": [reads], "subjects": [subject]}))
    await service.told(marketer("anna", "berlin"))
    assert (await service.as_("anna").put("/v1/campaigns/fair", json=PLAN)).status_code == 200
    board = service.as_("board", client_id="board", scope="campaigns:plan")
    assert (await board.get("/v1/campaigns")).json()["campaigns"] == []
    for path in ("/v1/campaigns/fair", "/v1/campaigns/fair/ledger"):
        assert (await board.get(path)).status_code == 404


async def test_a_person_reports_spend_for_campaigns_of_his_teams_and_there_is_no_other(
    service: ServiceUnderTest,
) -> None:
    await service.receives(spent("fog"))
    await service.told(marketer("anna", "berlin"), marketer("franz", "munich"))
    assert (await service.as_("anna").put("/v1/campaigns/fair", json=PLAN)).status_code == 200
    rows = [
        {"spend_id": name, "campaign": name, "amount": "EUR 5", "occurred_at": "2026-01-02"}
        for name in ("fair", "nowhere", "fog", "FAIR")
    ]
    answers = {
        who: (await service.as_(who).post("/v1/spend", json={"spend": rows})).json() for who in ("anna", "franz")
    }
    refused = {who: {one["index"]: one["errors"] for one in answer["refused"]} for who, answer in answers.items()}
    none = [{"field": "campaign", "reason": "no such campaign"}]
    assert refused == {"anna": {1: none}, "franz": {0: none, 1: none, 3: none}}
    assert [answers[who]["accepted"] for who in ("anna", "franz")] == [3, 1]
    assert (await service.http.post("/v1/spend", json={"spend": rows})).json()["accepted"] == 4


async def test_nobody_takes_the_id_under_which_another_is_going_to_report(service: ServiceUnderTest) -> None:
    await service.told(marketer("anna", "berlin"), marketer("franz", "munich"))
    assert (await service.as_("anna").put("/v1/campaigns/fair", json=PLAN)).status_code == 200
    assert (await service.as_("franz").put("/v1/campaigns/fog", json=PLAN)).status_code == 200
    row = {"spend_id": "s1", "source": "bank", "amount": "EUR 5", "occurred_at": "2026-01-02"}
    for who, campaign in (("franz", "fog"), ("anna", "fair"), ("anna", "fair")):
        body = {"spend": [row | {"campaign": campaign}]}
        assert (await service.as_(who).post("/v1/spend", json=body)).json()["accepted"] == 1
    await service.receives(*service.intake.emitted)
    await service.receives(spent("fair"))
    seen = (await service.as_("anna").get("/v1/campaigns/fair/ledger")).json()["postings"]
    assert sorted(one["source"] for one in seen if one["source"]) == ["bank", "bank by anna"]


async def test_who_reported_a_spend_that_first_names_its_campaign_waits_for_it(service: ServiceUnderTest) -> None:
    body = {"spend_id": "s1", "campaign": "fresh", "amount": "EUR 5", "occurred_at": "2026-01-02"}
    await service.http.post("/v1/spend", json={"spend": [body]})
    asked = asyncio.create_task(service.http.get("/v1/campaigns/fresh/ledger"))
    await asyncio.sleep(0.2)
    await service.receives(*service.intake.emitted)
    assert (await asked).json()["known"] is False
