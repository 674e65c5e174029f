"""The service, put together."""

from chassis import Service, Settings
from contracts.territory.lead import LEAD
from contracts.territory.structure import STRUCTURE
from territory import handlers
from territory.api import market, routing
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
        api=(market.router, routing.router),
        streams=(LEAD, STRUCTURE),
        accepts={"/v1/market": market.CONTENT_TYPES},
        description="Which team, pipeline and person a lead belongs to, and why.",
    )
