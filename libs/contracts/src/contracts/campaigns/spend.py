"""campaigns.spend: money spent, as ad platforms, card feeds and our own door report it."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from contracts.event import Event, Instant, Money, Sealed, Stream


class SpendReported(Event):
    """Money was spent on a campaign. ``spend_id`` is the reporter's own: the same id of the same ``source`` is the same spend.

    What people write beside it travels sealed, as ``sealed_note``; ``note`` is what a reporter without a key may send, and it
    is sealed before it is stored. An amount of zero is a day on which nothing was spent: nothing is posted.
    """

    type: Literal["campaigns.spend.reported.v1"] = "campaigns.spend.reported.v1"
    spend_id: Annotated[str, Field(min_length=1, max_length=200)]
    campaign: Annotated[str, Field(min_length=1, max_length=200)]
    line: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    amount: Money
    kind: Literal["committed", "incurred", "released", "reversed"] = "incurred"
    source: Annotated[str, Field(max_length=100)] = "unknown"
    note: Annotated[str, Field(max_length=500)] | None = None
    sealed_note: Sealed | None = None
    occurred_at: Instant


SPEND = Stream(
    "campaigns.spend",
    key="campaign",
    events=(SpendReported,),
    about="Money spent on campaigns, deduplicated by their source and its own id.",
    sequenced=False,
    partitions=2,
    retention=timedelta(days=30),
    outsiders=("ad platforms", "card feeds"),
)
