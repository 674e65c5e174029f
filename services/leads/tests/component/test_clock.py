"""The clock of what is owed to customers, on a real Postgres: when it begins, what it tells, and what alone stops it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis_testing import ServiceUnderTest
from contracts.event import Event
from contracts.leads.intake import OutcomeReported
from contracts.leads.lead import LeadReturned, OpportunityOpened
from contracts.leads.request import (
    RequestAnswered,
    RequestBreached,
    RequestCancelled,
    RequestCorrected,
    RequestDueSoon,
    RequestEscalated,
    RequestReopened,
)
from contracts.territory.calendar import CalendarPublished
from contracts.territory.structure import UnitDefined
from leads.domain.policy import Policy, Promise, Step
from leads.use_cases.clock import fire
from leads.use_cases.rule_contents import written

from .sales import EVER, Sales

SOON_OVER = Promise("30s", "wall", 67, (Step("10s"), Step("20s", to="manager")))
STREAM = "leads.request."


@pytest.fixture
async def sales(service: ServiceUnderTest) -> Sales:
    return await Sales(service).opens()


@pytest.fixture
async def seconds(service: ServiceUnderTest) -> None:
    """A policy whose times come within a minute."""
    fast = Policy(1, (SOON_OVER,), {"sample": False, "quotation": True, "other": False})
    await service.sql("update rule set content = $1::text::jsonb where kind = 'response'", json.dumps(written(fast)))


def hot(**form: Any) -> dict[str, Any]:
    """A form that goes to a person at once."""
    amount = {"minor": 9_000_000, "currency": "EUR"}
    contact = {"phone": "030 1234567", "company": "Marx GmbH"}
    return {"product": "lathe", "expected_amount": amount, "contact": contact} | form


async def told(sales: Sales) -> list[str]:
    """What was said of requests, in order, without the stream's name."""
    return [e.type.removeprefix(STREAM).removesuffix(".v1") for e in await events(sales)]


async def events(sales: Sales, kind: type[Event] = Event) -> list[Any]:
    heard: list[Event] = sales.service.__dict__.setdefault("heard", [])
    heard += await sales.service.emitted()  # each is handed out once
    return [e for e in heard if e.type.startswith(STREAM) and isinstance(e, kind)]


async def passes(sales: Sales, seconds: float) -> None:
    """So much time passes for everything that is owed, and the clock turns."""
    await sales.service.sql(
        f"""
        with moved as (
            update request set starts_at = starts_at - interval '{seconds} s', asked_at = asked_at - interval '{seconds} s',
                next_at = next_at - interval '{seconds} s', due_at = due_at - interval '{seconds} s',
                times = array(select t - interval '{seconds} s' from unnest(times) t)
            returning 1
        ) select count(*) from moved
        """
    )
    await turn(sales)


async def turn(sales: Sales) -> None:
    async with sales.service.service.database.transaction() as tx:
        await fire(tx)


def berlin(version: int = 1, **changed: Any) -> CalendarPublished:
    week = [
        {"day": day, "hours": [{"opens": "09:00", "closes": "18:00"}]} for day in ("mon", "tue", "wed", "thu", "fri")
    ]
    fields = {"id": "de", "version": version, "zone": "Europe/Berlin", "week": week, "published_at": EVER}
    return CalendarPublished.model_validate(fields | changed)


def unit(name: str, parent: str | None, calendar: str | None) -> UnitDefined:
    fields = {"id": f"unit:{name}", "unit": name, "kind": "sales", "parent": parent, "team": True, "name": name}
    return UnitDefined.model_validate(
        fields | {"calendar": calendar, "from_at": EVER, "version": 1, "defined_at": EVER}
    )


async def test_a_lead_that_a_person_may_work_is_owed_a_first_response_in_its_teams_time(sales: Sales) -> None:
    await sales.service.receives(unit("berlin", "europe", None), unit("europe", None, "de"))
    await sales.service.receives(berlin())
    await sales.lead(person="anna", **hot())
    [row] = await sales.service.sql("select * from request")
    assert (row["n"], row["state"], row["calendar"], row["calendar_version"]) == (0, "open", "de", 1)
    [opened] = [e for e in await sales.service.emitted() if isinstance(e, OpportunityOpened)]
    assert (opened.due_at, opened.policy, opened.calendar) == (row["due_at"], 1, "de")
    local = row["due_at"].astimezone()
    assert local.weekday() < 5
    assert row["due_at"] - row["starts_at"] >= timedelta(hours=2)


async def test_a_lead_that_a_qualifier_looks_at_has_no_such_clock(sales: Sales) -> None:
    await sales.lead(contact={"email": "x@gmail.com"})
    assert await sales.service.sql("select from request") == []


async def test_a_newer_calendar_is_that_of_what_begins_from_then_on(sales: Sales) -> None:
    await sales.service.receives(unit("berlin", None, "de"))
    await sales.service.receives(berlin(), berlin(2))
    await sales.service.receives(berlin())
    await sales.lead(person="anna", **hot())
    await sales.service.receives(berlin(3))
    await sales.lead(person="anna", **hot(contact={"phone": "030 7654321", "company": "Vogt AG"}))
    rows = await sales.service.sql("select calendar_version from request order by calendar_version")
    assert [row["calendar_version"] for row in rows] == [2, 3]


@pytest.mark.usefixtures("seconds")
async def test_each_step_is_told_once_in_order(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot())
    for _ in range(8):
        await passes(sales, 9)
    assert await told(sales) == ["due_soon", "breached", "escalated", "escalated"]
    soon, breached, first, second = await events(sales)
    assert isinstance(soon, RequestDueSoon)
    assert isinstance(breached, RequestBreached)
    assert (str(breached.lead_id), breached.n, breached.responder, breached.holder) == (lead, 0, "anna", "anna")
    assert isinstance(first, RequestEscalated)
    assert (first.step, first.level, first.to) == (1, "supervisor", ("otto",))
    assert (second.step, second.level, second.to) == (2, "manager", ("gm",))
    assert all(timedelta() <= e.fired_at - e.step_at for e in (soon, breached, first, second))


async def test_whom_a_customer_waits_for_too_long_has_the_lead_no_more(
    sales: Sales,
) -> None:
    strict = Promise("30s", "wall", 67, (Step("10s"), Step("20s", "take_back", None)))
    written_so = json.dumps(written(Policy(1, (strict,), {"other": False})))
    await sales.service.sql("update rule set content = $1::text::jsonb where kind = 'response'", written_so)
    lead = await sales.lead(person="anna", **hot())
    await passes(sales, 45)
    await sales.service.runs("fire")
    assert [e for e in await sales.service.emitted() if isinstance(e, LeadReturned)] == []
    await sales.service.sql("update request set times = array[now(), now(), now(), now()], next_at = now() returning 1")
    await asyncio.gather(*(sales.service.runs("fire") for _ in range(2)))
    [returned] = [e for e in await sales.service.emitted() if isinstance(e, LeadReturned)]
    assert (str(returned.lead_id), returned.person, returned.code, returned.by) == (lead, "anna", "not_answered", None)
    assert (returned.attempt, returned.not_to) == (1, ("anna",))
    [place] = await sales.service.sql("select place, assignee, due_at is not null as due from lead_place")
    assert tuple(place) == ("queue", None, True)


@pytest.mark.usefixtures("seconds")
async def test_several_clocks_at_once_tell_it_once(sales: Sales) -> None:
    for n in range(4):
        await sales.lead(person="anna", **hot(contact={"phone": f"030 12345{n}0", "company": f"Firm {n}"}))
    await sales.service.sql(
        "update request set next_at = now() - interval '1 s', times = array[now(), now(), now(), now()] returning 1"
    )
    await asyncio.gather(*(turn(sales) for _ in range(4)))
    await turn(sales)
    assert sorted(await told(sales)) == ["breached"] * 4 + ["escalated"] * 8


@pytest.mark.usefixtures("seconds")
async def test_after_an_outage_all_that_has_passed_is_told_and_not_that_it_will_be_due_soon(sales: Sales) -> None:
    await sales.lead(person="anna", **hot())
    await passes(sales, 3600)
    assert await told(sales) == ["breached", "escalated", "escalated"]
    times = [event.step_at for event in await events(sales)]
    assert times == sorted(times)
    assert times[2] - times[1] == timedelta(seconds=10)


CALL = {"kind": "call", "reached": True}


async def does(sales: Sales, lead: str, **body: Any) -> dict[str, Any]:
    answer = await sales.anna.post(f"/v1/leads/{lead}/activities", json=CALL | body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


@pytest.mark.usefixtures("seconds")
async def test_only_a_recorded_response_stops_it(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot())
    await does(sales, lead, reached=False)
    await does(sales, lead, kind="note", reached=None)
    await sales.assigned(lead, "berlin", "jonas")
    [row] = await sales.service.sql("select state from request")
    assert row["state"] == "open"
    await passes(sales, 10)
    done = await does(sales, lead)
    await passes(sales, 600)
    assert await told(sales) == ["answered"]
    [answered] = await events(sales, RequestAnswered)
    assert (answered.by, answered.late, answered.evidence, str(answered.activity_id)) == (
        "anna",
        False,
        "person",
        done["id"],
    )
    assert answered.system_wall_s + answered.human_wall_s >= 10


@pytest.mark.usefixtures("seconds")
async def test_an_earlier_response_takes_back_what_was_told_and_voiding_it_owes_it_again(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot())
    await passes(sales, 45)
    at = datetime.now(UTC) - timedelta(seconds=25)
    done = await does(sales, lead, occurred_at=at.isoformat())
    assert await told(sales) == ["breached", "escalated", "corrected"]
    [corrected] = await events(sales, RequestCorrected)
    assert (corrected.withdraws, corrected.late) == (("breached", "escalated:1"), False)
    answer = await sales.anna.post(f"/v1/leads/{lead}/activities/{done['id']}/void", json={"code": "did_not_happen"})
    assert answer.status_code == 200, answer.text
    await turn(sales)
    assert (await told(sales))[3:] == ["reopened", "breached", "escalated"]
    assert len(await events(sales, RequestReopened)) == 1


@pytest.mark.usefixtures("seconds")
async def test_what_is_typed_a_day_late_waits(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot())
    await passes(sales, 31 * 3600)
    await does(sales, lead, occurred_at=(datetime.now(UTC) - timedelta(hours=30)).isoformat())
    assert "corrected" not in await told(sales)
    [row] = await sales.service.sql("select standing from request_evidence")
    assert row["standing"] == "waits"


@pytest.mark.usefixtures("seconds")
async def test_a_lead_that_has_ended_owes_nothing(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot())
    await sales.service.receives(OutcomeReported(lead_id=UUID(lead), result="lost", at=datetime.now(UTC)))
    await passes(sales, 600)
    assert await told(sales) == ["cancelled"]
    [cancelled] = await events(sales, RequestCancelled)
    assert cancelled.code == "lead_closed"


async def test_a_decision_that_is_heard_before_its_lead_owes_an_answer_once_both_are_known(sales: Sales) -> None:
    answer = await sales.service.http.post("/v1/leads", json={"source": "web", "country": "DE", **hot()})
    lead_id, submission = UUID(answer.json()["id"]), sales.service.intake.emitted[-1]
    await sales.service.receives(sales.routed(lead_id, "berlin"))
    await sales.assigned(lead_id, "berlin", "anna")
    owed = "select state, due_at is not null as due from request where lead_id = $1 and n = 0"
    assert [dict(row) for row in await sales.service.sql(owed, lead_id)] == []
    await sales.service.receives(submission)
    assert [dict(row) for row in await sales.service.sql(owed, lead_id)] == [{"state": "open", "due": True}]
    await sales.service.receives(submission)
    assert len(await sales.service.sql(owed, lead_id)) == 1
