"""What may be heard again changes nothing and says nothing when it is: each handler that is declared idempotent."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from chassis_testing import ServiceUnderTest
from contracts.campaigns.campaign import CAMPAIGN, CampaignPlanned
from contracts.event import Event
from contracts.territory.calendar import CALENDAR
from contracts.territory.lead import LEAD, LeadAssigned, LeadRouted, LeadUnassigned, LeadUnroutable
from contracts.territory.structure import STRUCTURE
from leads.handlers import router

from .test_clock import berlin, unit

AT = datetime(2026, 3, 1, tzinfo=UTC)


def planned(campaign: str, version: int) -> CampaignPlanned:
    return CampaignPlanned(campaign=campaign, name=campaign, currency="EUR", version=version, planned_at=AT)


async def test_campaigns_that_are_heard_again_are_known_as_they_were(service: ServiceUnderTest) -> None:
    assert [s.stream for s in router.subscriptions.values() if s.idempotent] == [CAMPAIGN, LEAD, STRUCTURE, CALENDAR]
    await service.receives(planned("spring", 1), planned("autumn", 1), planned("spring", 2))
    await service.receives_renumbered(planned("spring", 1))
    before = await service.state()
    assert before["campaign"]
    await service.rereads(CAMPAIGN.topic)
    assert await service.state() == before
    assert await service.emitted() == []


async def test_units_and_calendars_that_are_heard_again_are_known_as_they_were(service: ServiceUnderTest) -> None:
    await service.receives(unit("berlin", "europe", None), unit("europe", None, "de"))
    await service.receives(berlin(1), berlin(2))
    await service.receives_renumbered(berlin(1))
    before = await service.state()
    assert len(before["calendar"]) == len(before["unit"]) == 2
    for stream in (STRUCTURE, CALENDAR):
        await service.rereads(stream.topic)
    assert await service.state() == before
    assert await service.emitted() == []


LEADS = [UUID(int=n) for n in range(1, 13)]


def decision(lead_id: UUID, number: int, dice: random.Random) -> Iterator[Event]:
    """All that territory says of one decision, which is one moment."""
    of = {"lead_id": lead_id, "ruleset": 1, "revision": number}
    at = AT + timedelta(hours=number)
    team, reason = dice.choice(("berlin", "munich")), dice.choice(("nobody is there", "everybody is full"))
    kind = dice.choice(("unroutable", "routed", "assigned", "unassigned"))
    if kind == "unroutable":
        yield LeadUnroutable(reason=reason, decided_at=at, **of)
        return
    yield LeadRouted(segment="s", team=team, pipeline=dice.choice("pq"), rule="r", routed_at=at, **of)
    if kind == "assigned":
        yield LeadAssigned(segment="s", team=team, person=dice.choice(("anna", "eva")), assigned_at=at, **of)
    elif kind == "unassigned":
        yield LeadUnassigned(segment="s", team=team, reason=reason, decided_at=at, **of)


@pytest.mark.parametrize("seed", range(4))
async def test_decisions_that_are_heard_again_in_other_splits_change_nothing_and_say_nothing(
    service: ServiceUnderTest, seed: int
) -> None:
    dice = random.Random(seed)
    said = [event for number in range(1, 9) for lead_id in LEADS for event in decision(lead_id, number, dice)]
    while said:
        size = dice.randint(1, 30)
        await service.receives(*said[:size])
        said = said[size:]
    before = await service.state()
    assert await service.emitted()
    for at_once in (1, 7, 1000):
        await service.rereads(LEAD.topic, at_once=at_once)
        assert await service.state() == before
        assert await service.emitted() == []
    assert await service.parked() == []
