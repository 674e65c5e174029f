"""What becomes of a lead's record when territory says whose the lead is, on a real Postgres."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis_testing import ServiceUnderTest
from contracts.event import Event
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
    """Team, person and why it waits, as they are on record."""
    [row] = await service.sql("select team, person, waits from lead")
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
