"""People decide about leads: who may, what they have to have read, what becomes of the lead and what is told of it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis import Actor
from chassis_testing import ServiceUnderTest
from contracts.leads.activity import ActivityRecorded
from contracts.leads.lead import (
    LeadClosed,
    LeadDiscarded,
    LeadQualified,
    LeadReopened,
    LeadRestored,
    LeadReturned,
    OpportunityOpened,
    QualificationRefused,
)
from contracts.territory.access import AccessGranted

from .sales import EVER, Sales, may

SOON = {"verdict": "near_term", "grade": "B"}
LATER = {"verdict": "nurture", "revisit_on": str(datetime.now(UTC).date() + timedelta(days=60))}
SPAM = {"verdict": "not_genuine", "code": "spam"}


def qualifier(person: str, team: str = "berlin") -> AccessGranted:
    """A member of the team with the role."""
    role = {"role": "qualifier", "begins_at": EVER}
    return AccessGranted.model_validate(may(person, {"team": team}).model_dump() | {"roles": [role]})


@pytest.fixture
async def sales(service: ServiceUnderTest) -> Sales:
    made = await Sales(service).opens()
    await service.told(qualifier("quinn"), qualifier("quentin"), qualifier("pia", "paris"))
    return made


async def unclear(sales: Sales, **more: Any) -> str:
    """A lead that a qualifier has to look at."""
    lead = await sales.lead(country="DE", **more)
    await sales.service.sql(
        "update lead_place set disposition = 'needs_qualifier', place = 'qualification' where lead_id = $1::text::uuid",
        lead,
    )
    return lead


async def does(
    sales: Sales, person: str, lead: str, door: str, tag: str | None = "read", **body: Any
) -> httpx.Response:
    """What somebody does who has just read the lead, or with this tag, or without one."""
    client = sales.service.as_(person)
    if tag == "read":
        tag = (await client.get(f"/v1/leads/{lead}")).headers.get("ETag", '"1"')
    return await client.post(f"/v1/leads/{lead}/{door}", json=body, headers={"If-Match": tag} if tag else {})


async def told(sales: Sales, kind: type[Any]) -> list[Any]:
    return [event for event in await sales.service.emitted() if isinstance(event, kind)]


async def test_who_has_a_lead_gives_it_back_with_a_code(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    answer = await does(sales, "anna", lead, "return", code="wrong_person", note="Ask for Mr. Marx instead.")
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["place"], shown["person"], shown["waits"], shown["team"]) == (
        "queue" if shown["disposition"] == "near_term" else shown["place"],
        None,
        "returned: wrong_person",
        "berlin",
    )
    assert shown["due_at"] is not None
    [event] = [e for e in await sales.service.emitted() if isinstance(e, LeadReturned)]
    assert (event.person, event.code, event.attempt, event.not_to, event.by) == (
        "anna",
        "wrong_person",
        1,
        ("anna",),
        "anna",
    )
    assert "Marx" not in event.model_dump_json()
    [note] = (await sales.jonas.get(f"/v1/leads/{lead}/activities")).json()["rows"]
    assert (note["kind"], note["text"]) == ("note", "Ask for Mr. Marx instead.")
    assert (await sales.anna.get(f"/v1/leads/{lead}")).headers["ETag"] == answer.headers["ETag"]


async def test_each_who_returned_it_is_named_and_an_old_assignment_heard_again_changes_nothing(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    await does(sales, "anna", lead, "return", code="overload")
    await sales.service.rereads("territory.lead")
    assert (await sales.anna.get(f"/v1/leads/{lead}")).json()["person"] is None
    sales.at = datetime.now(UTC)
    await sales.assigned(lead, "berlin", "jonas")
    assert (await sales.anna.get(f"/v1/leads/{lead}")).json()["person"] == "jonas"
    await does(sales, "otto", lead, "return", code="overload")  # who leads the team takes it from him
    events = await told(sales, LeadReturned)
    assert [(e.attempt, e.person, e.not_to, e.by) for e in events] == [
        (1, "anna", ("anna",), "anna"),
        (2, "jonas", ("anna", "jonas"), "otto"),
    ]
    held = (
        await sales.anna.get(f"/v1/leads/{lead}/holders?at={datetime.now(UTC).isoformat().replace('+', '%2B')}")
    ).json()
    assert held["person"] is None


async def test_a_return_is_refused_by_what_is_wrong_with_it_and_changes_nothing(sales: Sales) -> None:
    lead, others = await sales.lead(person="anna"), await sales.lead(person="jonas")
    before = await sales.service.state()
    assert (await does(sales, "anna", lead, "return")).json()["errors"][0]["field"] == "code"
    assert (await does(sales, "anna", lead, "return", code="mood")).json()["errors"][0]["field"] == "code"
    assert (await does(sales, "anna", lead, "return", None, code="other")).status_code == 428
    stale = await does(sales, "anna", lead, "return", '"1"', code="other")
    assert (stale.status_code, {e["field"] for e in stale.json()["errors"]}) == (412, {"place"})
    assert "assigned" in stale.text
    assert (await does(sales, "anna", others, "return", code="other")).status_code == 403
    assert (await does(sales, "gm", lead, "return", code="other")).status_code == 403
    foreign = await does(sales, "camille", lead, "return", code="other")
    absent = await does(sales, "camille", str(uuid4()), "return", code="other")
    assert (foreign.status_code, foreign.content) == (404, absent.content)
    after = await sales.service.state()
    assert {name for name in after if after[name] != before[name]} == {"refusal"}
    refusals = await sales.service.sql("select person, door, lacks from refusal order by refusal_id")
    assert [tuple(row) for row in refusals] == [
        ("anna", "return", "leads.return"),
        ("gm", "return", "leads.return"),
        ("camille", "return", "leads.see"),
        ("camille", "return", "leads.see"),
    ]


async def test_what_has_ended_is_not_given_back(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    assert (
        await does(sales, "anna", lead, "outcome", result="won", amount={"minor": 900, "currency": "EUR"})
    ).status_code == 200
    refused = await does(sales, "anna", lead, "return", code="other")
    assert (refused.status_code, "won" in refused.json()["detail"]) == (409, True)


async def test_a_qualifier_says_that_it_is_to_be_worked_soon(sales: Sales) -> None:
    lead = await unclear(sales)
    [row] = (await sales.quinn.get("/v1/qualification?team=berlin")).json()["rows"]
    assert (row["id"], row["claim"]) == (lead, None)
    await sales.service.emitted()
    value = {"minor": 9_000_000, "currency": "EUR"}
    answer = await does(sales, "quinn", lead, "qualification", **SOON, value=value)
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["place"], shown["grade"], shown["disposition"], shown["waits"]) == (
        "queue",
        "B",
        "near_term",
        "qualified",
    )
    events = await sales.service.emitted()
    [verdict] = [e for e in events if isinstance(e, LeadQualified)]
    assert (verdict.revision, verdict.by, verdict.grade, verdict.genuine, verdict.value.minor) == (
        2,
        "quinn",
        "B",
        True,
        9_000_000,
    )
    assert verdict.party_id is not None
    [opened] = [e for e in events if isinstance(e, OpportunityOpened)]
    assert (opened.stands, opened.team) == ("opportunity", "berlin")
    assert opened.due_at is not None
    assert (await sales.quinn.get("/v1/qualification")).json()["rows"] == []
    [listed] = [r for r in (await sales.anna.get("/v1/queues")).json()["rows"] if r["id"] == lead]
    assert listed["value"] == value


async def test_for_later_it_waits_for_its_day_and_set_aside_it_is_kept_for_a_while(sales: Sales) -> None:
    later, spam = await unclear(sales), await unclear(sales)
    shown = (await does(sales, "quinn", later, "qualification", **LATER)).json()
    assert (shown["place"], shown["due_at"][:10]) == ("nurture", LATER["revisit_on"])
    shown = (await does(sales, "quinn", spam, "qualification", **SPAM)).json()
    assert (shown["place"], shown["discarded_because"]) == ("discarded", "spam")
    [event] = await told(sales, LeadDiscarded)
    assert (event.code, event.by) == ("spam", "quinn")
    assert timedelta(days=29) < event.keep_until_at - datetime.now(UTC) <= timedelta(days=30)


async def test_undecided_it_stays_where_it_is_and_for_a_question_is_due_a_day_later_once(sales: Sales) -> None:
    lead = await sales.lead()
    await unclear_again(sales, lead)
    due = [
        (await does(sales, "quinn", lead, "qualification", verdict="undecided", code="asked_customer")).json()["due_at"]
        for _ in range(2)
    ]
    before = datetime.now(UTC) + timedelta(hours=4)
    assert datetime.fromisoformat(due[0]) > before + timedelta(hours=12)
    assert due[0] == due[1]
    assert [e for e in await told(sales, LeadQualified) if e.revision > 1] == []


async def unclear_again(sales: Sales, lead: str) -> None:
    """It waits for a qualifier from now on, due in four hours."""
    await sales.service.sql(
        "update lead_place set disposition = 'needs_qualifier', place = 'qualification',"
        " due_at = now() + interval '4 hours' where lead_id = $1::text::uuid",
        lead,
    )


async def test_without_the_right_it_is_refused_on_record_and_told_once_a_minute(sales: Sales) -> None:
    lead = await unclear(sales)
    refused = [await does(sales, "anna", lead, "qualification", **SOON) for _ in range(2)]
    assert [r.status_code for r in refused] == [403, 403]
    foreign, absent = [await does(sales, "pia", one, "qualification", **SOON) for one in (lead, str(uuid4()))]
    assert (foreign.status_code, foreign.content) == (404, absent.content)
    rows = await sales.service.sql("select person, lacks from refusal order by refusal_id")
    assert [tuple(row) for row in rows] == [
        ("anna", "leads.qualify"),
        ("anna", "leads.qualify"),
        ("pia", "leads.see"),
        ("pia", "leads.see"),
    ]
    [event] = await told(sales, QualificationRefused)
    assert (str(event.lead_id), event.person, event.right) == (lead, "anna", "leads.qualify")
    await sales.service.sql("update refusal set told = told - interval '61 seconds'")
    await does(sales, "anna", lead, "qualification", **SOON)
    assert len(await told(sales, QualificationRefused)) == 1


async def test_a_claim_keeps_two_qualifiers_apart_until_it_is_over_or_given_up(sales: Sales) -> None:
    lead = await unclear(sales)
    claimed = await sales.quinn.post(f"/v1/leads/{lead}/claim")
    assert (claimed.status_code, claimed.json()["person"]) == (200, "quinn")
    assert (await sales.quinn.post(f"/v1/leads/{lead}/claim")).status_code == 200
    assert (await sales.quentin.post(f"/v1/leads/{lead}/claim")).status_code == 409
    refused = await does(sales, "quentin", lead, "qualification", **SOON)
    assert (refused.status_code, "quinn" in refused.json()["detail"]) == (409, True)
    assert (await sales.anna.post(f"/v1/leads/{lead}/claim")).status_code == 403
    [row] = (await sales.quentin.get("/v1/qualification")).json()["rows"]
    assert row["claim"]["person"] == "quinn"
    await sales.service.sql("update claim set until = now() - interval '1 second'")
    assert (await sales.quentin.post(f"/v1/leads/{lead}/claim")).json()["person"] == "quentin"
    assert (await sales.quentin.delete(f"/v1/leads/{lead}/claim")).status_code == 204
    assert (await does(sales, "quinn", lead, "qualification", **SOON)).status_code == 200
    assert (await sales.quinn.post(f"/v1/leads/{lead}/claim")).status_code == 200  # queued: it may be judged again
    assert (await sales.pia.post(f"/v1/leads/{lead}/claim")).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"verdict": "near_term"}, "grade"),
        ({"verdict": "nurture"}, "revisit_on"),
        ({"verdict": "nurture", "revisit_on": "2020-01-01"}, "revisit_on"),
        ({"verdict": "nurture", "revisit_on": "2099-01-01"}, "revisit_on"),
        ({"verdict": "not_genuine"}, "code"),
        ({"verdict": "not_a_target", "code": "mood"}, "code"),
        ({"verdict": "undecided", "code": "spam"}, "code"),
        ({"verdict": "near_term", "grade": "E"}, "grade"),
        ({"verdict": "perhaps"}, "verdict"),
    ],
)
async def test_what_is_wrong_with_a_verdict_is_named(sales: Sales, body: dict[str, Any], field: str) -> None:
    lead = await unclear(sales)
    refused = await does(sales, "quinn", lead, "qualification", **body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_who_works_a_lead_sets_it_aside_or_for_later_and_nobody_else_of_the_team_does(sales: Sales) -> None:
    lead, other = await sales.lead(person="anna"), await sales.lead(person="anna")
    for person in ("jonas", "quinn", "gm"):
        assert (await does(sales, person, lead, "discard", code="duplicate")).status_code == 403, person
    assert (await does(sales, "anna", lead, "qualification", **SOON)).status_code == 403
    shown = (await does(sales, "anna", lead, "discard", code="duplicate")).json()
    assert (shown["place"], shown["discarded_because"]) == ("discarded", "duplicate")
    shown = (await does(sales, "anna", other, "qualification", **LATER)).json()
    assert (shown["place"], shown["person"]) == ("nurture", None)
    refused = await does(sales, "anna", lead, "qualification", **LATER)
    assert (refused.status_code, "discarded" in refused.json()["detail"]) in ((409, True), (403, False))


async def test_what_was_set_aside_is_restored_as_long_as_its_contact_is_kept(sales: Sales) -> None:
    lead, gone = await unclear(sales), await unclear(sales)
    for one in (lead, gone):
        await does(sales, "quinn", one, "qualification", **SPAM)
    assert (await does(sales, "anna", lead, "restore", code="discarded_wrongly")).status_code == 403
    shown = (await does(sales, "otto", lead, "restore", code="discarded_wrongly")).json()
    assert shown["place"] == "qualification"
    assert shown["due_at"] is not None
    [event] = await told(sales, LeadRestored)
    assert (event.by, event.code) == ("otto", "discarded_wrongly")
    await sales.service.sql(
        "update lead_place set later = later || jsonb_build_object('keep_until', now() - interval '1 day')"
        " where lead_id = $1::text::uuid",
        gone,
    )
    assert (await does(sales, "otto", gone, "restore", code="other")).status_code == 409
    assert (await does(sales, "otto", lead, "restore", code="other")).status_code == 409


async def test_an_outcome_is_said_corrected_and_taken_back_by_who_leads_the_team(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    assert (await does(sales, "jonas", lead, "outcome", result="won")).status_code == 403
    assert (await does(sales, "anna", lead, "outcome", result="lost")).json()["errors"][0]["field"] == "code"
    future = {"at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
    assert (await does(sales, "anna", lead, "outcome", result="won", **future)).status_code == 422
    assert (await does(sales, "anna", lead, "outcome", result="lost", code="price")).json()["place"] == "lost"
    assert (await does(sales, "anna", lead, "outcome", result="won", amount={"minor": 5, "currency": "EUR"})).json()[
        "place"
    ] == "won"
    assert (await does(sales, "anna", lead, "reopen", code="other")).status_code == 403
    shown = (await does(sales, "otto", lead, "reopen", code="recorded_wrongly")).json()
    assert (shown["place"], shown["person"]) == ("person", "anna")
    events = await sales.service.emitted()
    closed = [e for e in events if isinstance(e, LeadClosed)]
    assert [(e.result, e.revision, e.by, e.person, e.team) for e in closed] == [
        ("lost", 1, "anna", "anna", "berlin"),
        ("won", 2, "anna", "anna", "berlin"),
    ]
    [reopened] = [e for e in events if isinstance(e, LeadReopened)]
    assert (reopened.revision, reopened.by) == (3, "otto")
    assert (await does(sales, "otto", lead, "reopen", code="other")).status_code == 409


async def test_no_later_card_overrules_a_person(sales: Sales) -> None:
    lead = await unclear(sales)
    await does(sales, "quinn", lead, "qualification", **SOON)
    await sales.service.receives_again()
    assert (await sales.anna.get(f"/v1/leads/{lead}")).json()["disposition"] == "near_term"


async def test_who_stands_in_gives_back_on_behalf_of_the_holder(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    stands_in = {"team": "berlin", "kind": "substitute", "on_behalf_of": "anna"}
    await sales.service.told(may("leyla", {"team": "berlin"}, stands_in))
    assert (await does(sales, "leyla", lead, "return", code="overload")).status_code == 200
    [event] = await told(sales, LeadReturned)
    assert (event.person, event.by, event.on_behalf_of) == ("anna", "leyla", "anna")
    assert await told(sales, ActivityRecorded) == []


async def test_the_doors_role_claims_and_refuses_for_nobody_else(sales: Sales) -> None:
    lead = await unclear(sales)
    database = sales.service.service.database
    for statement in (
        "insert into refusal (refusal_id, at, person, door, lead_id, lacks) values (gen_random_uuid(), now(), 'jonas', 'x', $1::text::uuid, 'x')",
        "insert into claim (lead_id, person, until) values ($1::text::uuid, 'camille', now())",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.at_door(Actor("camille"), writes=True) as tx:
                await tx.conn.execute(statement, lead)


async def test_an_outcome_at_the_end_of_time_or_below_nothing_is_refused_by_field(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    for body, field in (
        ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"at": "1899-12-31T23:59:59Z"}, "at"),
        ({"amount": {"minor": -5, "currency": "EUR"}}, "amount.minor"),
    ):
        answer = await does(sales, "anna", lead, "outcome", result="won", **body)
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await sales.anna.get(f"/v1/leads/{lead}")).json()["place"] == "person"


async def test_what_is_of_another_verdict_is_refused_and_not_passed_over(sales: Sales) -> None:
    lead = await unclear(sales)
    worth = {"minor": 5, "currency": "EUR"}
    for body, field in (
        (SOON | {"code": "spam"}, "code"),
        (LATER | {"code": "other"}, "code"),
        (SPAM | {"grade": "A"}, "grade"),
        ({"verdict": "undecided", "code": "unclear", "grade": "A"}, "grade"),
        ({"verdict": "undecided", "code": "unclear", "value": worth}, "value"),
        (SOON | {"value": {"minor": -1, "currency": "EUR"}}, "value.minor"),
    ):
        answer = await does(sales, "quinn", lead, "qualification", **body)
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await does(sales, "quinn", lead, "qualification", **SOON)).status_code == 200
