"""campaigns.spend: money spent, as ad platforms, card feeds and our own door report it."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from contracts.event import Event, Instant, Money, Stream


class SpendReported(Event):
    """Money was spent on a campaign. ``spend_id`` is the reporter's own id: the same id twice is the same spend."""

    type: Literal["campaigns.spend.reported.v1"] = "campaigns.spend.reported.v1"
    spend_id: Annotated[str, Field(min_length=1, max_length=200)]
    campaign: Annotated[str, Field(min_length=1, max_length=200)]
    line: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    amount: Money
    kind: Literal["committed", "incurred", "released", "reversed"] = "incurred"
    source: Annotated[str, Field(max_length=100)] = "unknown"
    note: Annotated[str, Field(max_length=500)] | None = None
    occurred_at: Instant


SPEND = Stream(
    "campaigns.spend",
    key="campaign",
    events=(SpendReported,),
    about="Money spent on campaigns, deduplicated by the reporter's own id.",
    sequenced=False,
    partitions=2,
    retention=timedelta(days=30),
    outsiders=("ad platforms", "card feeds"),
)
