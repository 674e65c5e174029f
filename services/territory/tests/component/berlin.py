"""A team in Berlin with the weights 2, 2, 1 and one who is away, as the acceptance cases have it."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis_testing import ServiceUnderTest
from contracts.event import Event
from contracts.leads.lead import LeadClosed, LeadQualified, LeadReturned
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadUnassigned

from .events import AT, MARKET, put_market, qualified

BERLIN: dict[str, Any] = {
    "id": "berlin",
    "name": "Team Berlin",
    "pipeline": "contract",
    "members": [
        {"person": "anna", "weight": 2},
        {"person": "jonas", "weight": 2},
        {"person": "leyla", "weight": 1},
        {"person": "otto", "weight": 1, "available": False},
    ],
}
TEAMS = [BERLIN, *MARKET["teams"][1:]]


async def begin(service: ServiceUnderTest, **changes: Any) -> None:
    """The market is in force, and the organisation has its people."""
    await put_market(service, **{"teams": TEAMS} | changes)
    await service.receives(qualified(10**6, "nurture"))
    await service.emitted()


async def leads(service: ServiceUnderTest, *numbers: int, **more: Any) -> list[str | None]:
    """These come one after another; who gets each, None for nobody."""
    for number in numbers:
        await service.receives(lead(number, **more))
    return owners(await service.emitted())


def lead(
    number: int, party: int | None = None, revision: int = 1, disposition: Any = "near_term", **about: Any
) -> LeadQualified:
    """A lead for berlin, of this customer, by this verdict."""
    party_id = UUID(int=party) if party else None
    return qualified(number, disposition, **about).model_copy(update={"party_id": party_id, "revision": revision})


def owners(events: Sequence[Event]) -> list[str | None]:
    """Who gets leads, in the order in which it is told."""
    return [
        event.person if isinstance(event, LeadAssigned) else None
        for event in events
        if isinstance(event, LeadAssigned | LeadUnassigned)
    ]


def said(events: Sequence[Event], kind: type[Any]) -> Any:
    """The only event of a kind."""
    [found] = [event for event in events if isinstance(event, kind)]
    return found


def teams(events: Sequence[Event]) -> list[str]:
    """Which teams get leads."""
    return [event.team for event in events if isinstance(event, LeadRouted)]


def returned(number: int, attempt: int, person: str, code: str, team: str = "berlin") -> LeadReturned:
    """This person gives the lead back."""
    return LeadReturned(
        lead_id=UUID(int=number),
        attempt=attempt,
        team=team,
        person=person,
        code=code,
        not_to=(person,),
        due_at=AT,
        returned_at=AT,
    )


def lost(number: int) -> LeadClosed:
    """The lead is closed."""
    return LeadClosed(lead_id=UUID(int=number), result="lost", closed_at=AT)


async def changes(service: ServiceUnderTest, statement: str, *values: object) -> None:
    """The organisation is changed by hand: what its doors do has tests of its own."""
    await service.sql(statement, *values)
    await service.sql("update organisation set version = version + 1, structure = structure + 1")


async def away(service: ServiceUnderTest, person: str, until: datetime | None = None) -> None:
    """Somebody is away from now on."""
    await changes(
        service,
        "insert into absence (id, person, from_at, until_at, kind, source) values"
        " (gen_random_uuid(), $1, now() - interval '1 minute', $2, 'leave', 'door')",
        person,
        until,
    )


async def back(service: ServiceUnderTest, person: str) -> None:
    """Somebody is away no longer."""
    await changes(service, "update absence set until_at = now() where person = $1 and until_at is null", person)


async def settings(service: ServiceUnderTest, **its: Any) -> None:
    """How berlin takes leads."""
    await changes(service, "update unit set settings = $1::text::jsonb where id = 'berlin'", json.dumps(its))
