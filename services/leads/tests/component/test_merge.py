"""Two leads of the same demand become one, and two again: who may, what stands against it, and who answers meanwhile."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from chassis_testing import ServiceUnderTest
from contracts.leads.intake import OutcomeReported
from contracts.leads.lead import LeadMerged, LeadUnmerged
from contracts.leads.request import RequestBreached, RequestOffered

from .sales import Sales, may
from .test_clock import events, hot, passes
from .test_request import answers, asks
from .test_transfer import ordered
from .test_verdict import does, qualifier, unclear


@pytest.fixture
async def sales(service: ServiceUnderTest) -> Sales:
    made = await Sales(service).opens()
    await service.told(qualifier("quinn"))
    return made


async def merges(sales: Sales, person: str, lead: str, into: str, **more: Any) -> httpx.Response:
    """Somebody who has just read the lead says that it is the same demand as the other."""
    return await does(sales, person, lead, "merge", into=into, **more)


async def responders(sales: Sales, lead: str) -> list[str]:
    rows = (await sales.otto.get(f"/v1/leads/{lead}/requests")).json()["rows"]
    return [row["responder"] for row in rows if row["state"] == "open"]


async def two(sales: Sales) -> tuple[str, str]:
    """One of anna's, of which something is asked besides an answer, and one of jonas'."""
    lead, into = await sales.lead(person="anna", **hot()), await sales.lead(person="jonas", **hot())
    assert (await asks(sales.anna, lead)).status_code == 201
    assert (await asks(sales.anna, lead, responder="otto")).status_code == 201
    await sales.service.emitted()
    return lead, into


async def test_the_others_person_answers_what_is_open_and_who_had_to_before_has_to_again(sales: Sales) -> None:
    lead, into = await two(sales)
    due = [row["due_at"] for row in (await sales.anna.get(f"/v1/leads/{lead}/requests")).json()["rows"]]
    assert await responders(sales, lead) == ["anna", "anna", "otto"]
    answer = await merges(sales, "otto", lead, into)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["place"], answer.json()["due_at"]) == ("merged", "merged", min(due))
    assert await responders(sales, lead) == ["jonas"] * 3
    said = await sales.service.emitted()
    [merged] = [one for one in said if isinstance(one, LeadMerged)]
    assert (str(merged.lead_id), str(merged.into), merged.by) == (lead, into, "otto")
    assert [one.responder for one in said if isinstance(one, RequestOffered)] == ["jonas"] * 3
    joined = (await sales.jonas.get(f"/v1/leads/{into}")).json()["history"][-1]
    assert (joined["what"], joined["lead"], joined["by"]) == ("joined", lead, "otto")
    worked = (await sales.anna.get("/v1/work")).json()["rows"]
    assert worked == []
    back = await does(sales, "otto", lead, "unmerge")
    assert (back.status_code, back.json()["place"], back.json()["person"]) == (200, "person", "anna"), back.text
    assert await responders(sales, lead) == ["anna", "anna", "otto"]
    assert [row["due_at"] for row in (await sales.anna.get(f"/v1/leads/{lead}/requests")).json()["rows"]] == due
    [unmerged] = [one for one in await sales.service.emitted() if isinstance(one, LeadUnmerged)]
    assert (str(unmerged.from_lead), unmerged.by) == (into, "otto")
    assert (await does(sales, "otto", lead, "unmerge")).status_code == 409
    assert (await merges(sales, "otto", lead, into)).status_code == 200, "and again"


async def test_what_stands_against_it_is_said(sales: Sales) -> None:
    lead, into = await two(sales)
    assert (await merges(sales, "otto", into, lead)).status_code == 200
    circle = await merges(sales, "otto", lead, into)
    assert (circle.status_code, "merged" in circle.json()["detail"]) == (409, True), circle.text
    assert (await merges(sales, "otto", into, lead)).status_code == 409, "it is merged already"
    for step, body in (("return", {"code": "overload"}), ("outcome", {"result": "lost", "code": "price"})):
        assert (await does(sales, "otto", into, step, **body)).status_code == 409, step
    won = await sales.lead(person="anna")
    assert (await does(sales, "anna", won, "outcome", result="won")).status_code == 200
    into_won = await merges(sales, "otto", lead, won)
    assert (into_won.status_code, "won" in into_won.json()["detail"]) == (409, True), into_won.text
    assert (await merges(sales, "otto", won, lead)).status_code == 409


async def test_who_may_not_or_has_not_read_it_is_told_so(sales: Sales) -> None:
    lead, into = await two(sales)
    others = await sales.lead(team="paris", person="camille")
    for who in ("anna", "jonas", "gm"):
        assert (await merges(sales, who, lead, into)).status_code == 403, who
    assert (await merges(sales, "camille", lead, others)).status_code == 404
    absent = await merges(sales, "otto", lead, str(uuid4()))
    there = await merges(sales, "otto", lead, others)
    assert absent.status_code == there.status_code == 422
    assert absent.json()["errors"] == there.json()["errors"] == [{"field": "into", "reason": "is no lead that you see"}]
    for into_, field in ((lead, "into"), ("x", "into")):
        answer = await merges(sales, "otto", lead, into_)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert (await merges(sales, "otto", lead, into, tag=None)).status_code == 428
    stale = await merges(sales, "otto", lead, into, tag='"1"')
    assert (stale.status_code, stale.json()["errors"][0]["field"]) == (412, "place")
    assert not [one for one in await sales.service.emitted() if isinstance(one, LeadMerged)]


async def test_a_qualifier_joins_what_nobody_works_and_what_territory_says_meanwhile_is_kept(sales: Sales) -> None:
    lead, into = await unclear(sales), await unclear(sales)
    assert (await merges(sales, "quinn", lead, into)).status_code == 200
    await sales.assigned(lead, "berlin", "jonas")
    shown = (await sales.otto.get(f"/v1/leads/{lead}")).json()
    assert (shown["place"], shown["person"]) == ("merged", "jonas")
    listed = (await sales.otto.get("/v1/leads?place=merged&names=false")).json()["rows"]
    assert [row["id"] for row in listed] == [lead]
    assert (await does(sales, "otto", lead, "unmerge")).json()["place"] == "person"


async def test_that_it_was_lost_says_another_system_and_it_stays_merged(sales: Sales) -> None:
    lead, into = await two(sales)
    assert (await merges(sales, "otto", lead, into)).status_code == 200
    fact = {"lead_id": lead, "result": "lost", "at": sales.later(), "reported_at": sales.later()}
    await sales.service.receives(OutcomeReported.model_validate(fact))
    assert (await sales.otto.get(f"/v1/leads/{lead}")).json()["state"] == "merged"
    assert (await does(sales, "otto", lead, "unmerge")).json()["state"] == "lost"


async def work(sales: Sales, person: str) -> dict[str, tuple[str, str | None]]:
    """Somebody's work list: where each lead stands, and by when they are to answer."""
    answer = await sales.service.as_(person).get("/v1/work?names=false")
    assert answer.status_code == 200, answer.text
    return {row["id"]: (row["place"], row["due_at"]) for row in answer.json()["rows"]}


async def test_what_is_owed_in_a_merged_lead_is_the_work_of_whoever_works_the_other_whoever_that_comes_to_be(
    sales: Sales,
) -> None:
    await sales.service.told(may("leyla", {"team": "berlin"}))
    lead, into = await two(sales)
    times = [row["due_at"] for row in (await sales.anna.get(f"/v1/leads/{lead}/requests")).json()["rows"]]
    due = min(times)
    assert await work(sales, "otto") == {lead: ("person", times[2])}, "he was named for one of them"
    assert (await merges(sales, "otto", lead, into)).status_code == 200
    await sales.service.emitted()
    assert (await work(sales, "jonas"))[lead] == ("merged", due)
    assert await work(sales, "anna") == await work(sales, "otto") == {}
    await sales.assigned(into, "berlin", "leyla")
    assert [one.responder for one in await offers(sales)] == ["leyla"] * 3
    assert (await work(sales, "leyla"))[lead] == ("merged", due)
    assert await work(sales, "jonas") == {}
    named = (await asks(sales.otto, lead, responder="jonas")).json()
    assert named["responder"] == "jonas"
    assert (await asks(sales.otto, lead)).json()["responder"] == "leyla", "asked since, it is hers too"
    assert await work(sales, "jonas") == {lead: ("merged", named["due_at"])}
    for n in (1, 2, 3, 4):
        assert (await answers(sales.service.as_("leyla"), lead, n)).status_code == 200, n
    assert lead not in await work(sales, "leyla"), "the answer to what was asked is the first response too"
    assert await work(sales, "jonas") == {}


async def offers(sales: Sales) -> list[RequestOffered]:
    return [one for one in await sales.service.emitted() if isinstance(one, RequestOffered)]


async def test_its_clock_goes_on_and_tells_who_answers_now(sales: Sales) -> None:
    lead, into = await two(sales)
    assert (await merges(sales, "otto", lead, into)).status_code == 200
    await passes(sales, 3 * 24 * 3600)
    late = [one for one in await events(sales, RequestBreached) if str(one.lead_id) == lead]
    assert [(one.n, one.responder) for one in late] == [(0, "jonas"), (1, "jonas"), (2, "jonas")]
    [row] = [row for row in (await sales.jonas.get("/v1/work")).json()["rows"] if row["id"] == lead]
    assert (row["priority"], row["because"], row["name"]) == (3, "breached", "Customer 1")


async def test_of_a_chain_the_last_ones_person_answers_and_who_can_not_see_it_does_not(sales: Sales) -> None:
    await sales.service.told(may("leyla", {"team": "berlin"}))
    lead, into = await two(sales)
    last = await sales.lead(person="leyla", **hot())
    assert (await merges(sales, "otto", lead, into)).status_code == 200
    await sales.service.emitted()
    assert (await merges(sales, "otto", into, last)).status_code == 200
    assert {one.responder for one in await offers(sales)} == {"leyla"}
    assert {lead, into, last} == set(await work(sales, "leyla"))
    await sales.service.receives(ordered(last, uuid4(), ("paris", "camille")))
    assert set(await work(sales, "camille")) == {last}
    assert set(await work(sales, "anna")) == {lead}, "she had it before"
    assert set(await work(sales, "jonas")) == {into}
    await sales.service.receives(ordered(last, uuid4(), ("berlin", "leyla"), 3))
    assert {lead, into, last} == set(await work(sales, "leyla"))
    assert (await does(sales, "otto", into, "unmerge")).status_code == 200
    assert {lead, into} == set(await work(sales, "jonas"))
    assert (await does(sales, "otto", lead, "unmerge")).status_code == 200
    assert {lead} == set(await work(sales, "anna"))


async def test_leads_of_two_teams_are_one_when_one_of_them_was_transferred(sales: Sales) -> None:
    both = (may("heidi", *({"team": team, "kind": "supervisor"} for team in ("berlin", "paris"))),)
    await sales.service.told(*both)
    lead, theirs = await sales.lead(person="anna", **hot()), await sales.lead("paris", "camille", **hot())
    answer = await merges(sales, "heidi", lead, theirs)
    assert answer.status_code == 409, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == ["transfer"]
    assert (await sales.anna.get(f"/v1/leads/{lead}")).json()["place"] == "person"
    await sales.service.receives(ordered(theirs, uuid4(), ("berlin", "jonas")))
    assert (await merges(sales, "heidi", lead, theirs)).status_code == 200
    assert lead in await work(sales, "jonas")
