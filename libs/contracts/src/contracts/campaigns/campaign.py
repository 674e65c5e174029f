"""campaigns.campaign: what is planned."""

from typing import Literal

from contracts.event import Currency, Event, Instant, Minor, Stream, Value


class BudgetLine(Value):
    """One item of a campaign's budget, and who answers for it."""

    line: str
    item: str
    budget: Minor
    owner: str


class CampaignPlanned(Event):
    """A campaign with this name, channel, period and budget is on record; a later plan of the same campaign replaces it."""

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
    planned_at: Instant


CAMPAIGN = Stream(
    "campaigns.campaign",
    key="campaign",
    events=(CampaignPlanned,),
    about="Campaigns from plan to completion.",
    partitions=1,
)
