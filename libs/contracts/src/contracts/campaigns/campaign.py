"""campaigns.campaign: what is planned."""

from typing import Literal

from contracts.event import Currency, Event, Instant, Minor, Stream, Value
from contracts.territory.access import UNPLACED


class BudgetLine(Value):
    """One item of a campaign's budget, and who answers for it."""

    line: str
    item: str
    budget: Minor
    owner: str


class CampaignPlanned(Event):
    """A campaign with this name, channel, period and budget is on record; a later plan of the same campaign replaces it.

    ``team`` owns it: whose it is to change, and whose money it spends. One that no team has is the catch-all desk's.
    """

    type: Literal["campaigns.campaign.planned.v1"] = "campaigns.campaign.planned.v1"
    campaign: str
    name: str
    channel: str | None = None
    segment: str | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    currency: Currency
    lines: tuple[BudgetLine, ...] = ()
    version: int
    team: str = UNPLACED
    planned_at: Instant


CAMPAIGN = Stream(
    "campaigns.campaign",
    key="campaign",
    events=(CampaignPlanned,),
    about="Campaigns from plan to completion.",
    partitions=1,
)
