"""The service, put together."""

from chassis import Service, Settings
from contracts.territory.access import ACCESS
from contracts.territory.calendar import CALENDAR
from contracts.territory.lead import LEAD
from contracts.territory.member import MEMBER
from contracts.territory.structure import STRUCTURE
from territory import handlers
from territory.api import (
    absence,
    access,
    assignment,
    break_glass,
    calendar,
    draft,
    market,
    membership,
    move,
    organisation,
    person,
    proposal,
    rotation,
    routing,
    transfer,
    trial,
    unit,
)
from territory.api.permissions import ROLES
from territory.jobs import JOBS


def build(settings: Settings) -> Service:
    """Doors, streams and jobs of territory."""
    return Service(
        "territory",
        settings,
        router=handlers.router,
        roles=ROLES,
        jobs=JOBS,
        api=tuple(
            door.router
            for door in (
                market,
                draft,
                routing,
                assignment,
                rotation,
                trial,
                unit,
                person,
                membership,
                move,
                transfer,
                proposal,
                absence,
                break_glass,
                calendar,
                access,
                organisation,
            )
        ),
        streams=(LEAD, STRUCTURE, ACCESS, MEMBER, CALENDAR),
        accepts={"/v1/market": market.CONTENT_TYPES},
        description="Which team, pipeline and person a lead belongs to, and why.",
    )
