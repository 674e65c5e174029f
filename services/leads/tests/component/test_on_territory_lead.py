"""What becomes of a lead's record when territory says whose the lead is, on a real Postgres."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis_testing import ServiceUnderTest
from contracts.event import Event
from contracts.leads.intake import LeadSubmitted
from contracts.leads.lead import OpportunityOpened
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadUnassigned

LEAD = UUID(int=1)
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)


def routed(team: str, at: datetime) -> Event:
    return LeadRouted(lead_id=LEAD, segment="s", team=team, pipeline="p", rule="r", ruleset=1, routed_at=at)


def assigned(team: str, person: str, at: datetime) -> Event:
    return LeadAssigned(lead_id=LEAD, segment="s", team=team, person=person, ruleset=1, assigned_at=at)


def unassigned(team: str, at: datetime) -> Event:
    return LeadUnassigned(lead_id=LEAD, segment="s", team=team, reason="Nobody is there.", ruleset=1, decided_at=at)


async def record(service: ServiceUnderTest) -> tuple[str | None, ...]:
    """Team, assignee and why it waits, as they are on record."""
    [row] = await service.sql("select team, assignee, waits from lead_place")
    return tuple(row)


async def test_a_territory_that_came_back_and_gives_the_lead_to_another_team_leaves_no_person_of_the_former(
    service: ServiceUnderTest,
) -> None:
    await service.receives(routed("berlin", NOON), assigned("berlin", "anna", NOON))
    assert await record(service) == ("berlin", "anna", None)
    await service.receives_renumbered(routed("munich", LATER), unassigned("munich", LATER))
    assert await record(service) == ("munich", None, "Nobody is there.")
    await service.receives(assigned("berlin", "anna", NOON))
    assert await record(service) == ("munich", None, "Nobody is there.")
    await service.receives(assigned("munich", "eva", LATER + timedelta(hours=1)))
    assert await record(service) == ("munich", "eva", None)
    opened = [event.team for event in await service.emitted() if isinstance(event, OpportunityOpened)]
    assert opened == ["berlin", "munich"]


async def test_a_delivery_with_both_histories_ends_with_the_newer_one(service: ServiceUnderTest) -> None:
    newer = [routed("munich", LATER), assigned("munich", "eva", LATER)]
    older = [routed("berlin", NOON), assigned("berlin", "anna", NOON)]
    await service.receives(*newer, *older)
    assert await record(service) == ("munich", "eva", None)


async def test_the_door_speaks_of_a_routed_lead_and_its_person(service: ServiceUnderTest) -> None:
    form = {"source": "web", "contact": {"email": "ana@example.org"}, "message": "Please call."}
    assert (await service.anonymous.post("/v1/leads", json=form)).status_code == 202
    event = service.intake.emitted[-1]
    assert isinstance(event, LeadSubmitted)
    await service.receives(event)
    of_this = {"lead_id": event.lead_id}
    await service.receives(routed("berlin", NOON).model_copy(update=of_this))
    shown = (await service.http.get(f"/v1/leads/{event.lead_id}")).json()
    assert (shown["state"], shown["team"], shown["person"]) == ("routed", "berlin", None)
    written = await rows(service)
    await service.receives(assigned("berlin", "anna", NOON).model_copy(update=of_this))
    await service.receives(routed("munich", LATER).model_copy(update=of_this))
    shown = (await service.http.get(f"/v1/leads/{event.lead_id}?until=decided")).json()
    assert [step["what"] for step in shown["history"]] == ["captured", "qualified", "routed", "assigned", "routed"]
    assert shown["history"][3] == {"what": "assigned", "at": "2026-05-04T12:00:00Z", "team": "berlin", "person": "anna"}
    assert shown["history"][4]["released"] == "anna"
    assert written < await rows(service)
    [place] = await service.sql("select state, entries from lead_place")
    assert tuple(place) == ("opened", 5)


async def rows(service: ServiceUnderTest) -> set[str]:
    """Every record and every line of a timeline, each with where it stands and who wrote it: a row written anew is another."""
    found = await service.sql(
        "select (ctid, xmin, l)::text as row from lead l union all select (ctid, xmin, t)::text from timeline t"
    )
    return {row["row"] for row in found}


async def test_a_lead_that_was_only_heard_of_is_on_no_record_and_keeps_what_was_heard(
    service: ServiceUnderTest,
) -> None:
    await service.receives(routed("berlin", NOON))
    assert (await service.http.get(f"/v1/leads/{LEAD}")).status_code == 404
    assert await service.sql("select 1 from lead") == []
    assert [tuple(row) for row in await service.sql("select n, what, by from timeline")] == [(1, "opened", None)]
