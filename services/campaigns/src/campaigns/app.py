"""The service, put together."""

from campaigns import handlers
from campaigns.api import campaign, ledger, spend
from campaigns.api.permissions import ROLES
from campaigns.jobs import JOBS
from chassis import Service, Settings
from contracts.campaigns.campaign import CAMPAIGN
from contracts.campaigns.ledger import LEDGER
from contracts.campaigns.spend import SPEND


def build(settings: Settings) -> Service:
    """Doors, streams and jobs of campaigns. The ledger comes before the campaigns, whose ids may hold a slash."""
    return Service(
        "campaigns",
        settings,
        router=handlers.router,
        roles=ROLES,
        jobs=JOBS,
        api=(ledger.router, campaign.router, spend.router),
        streams=(CAMPAIGN, LEDGER),
        intake=(SPEND,),
    )
