"""The toy's streams under names that one test has for itself."""

import dataclasses

from contracts.campaigns.campaign import CAMPAIGN
from contracts.campaigns.ledger import LEDGER
from contracts.campaigns.spend import SPEND
from contracts.event import Stream


def streams_of(mark: str) -> tuple[Stream, Stream, Stream]:
    """What the toy hears, what it says, and what it takes from outsiders."""
    metadata = dataclasses.replace(CAMPAIGN, topic=f"campaigns.campaign-{mark}", partitions=2)
    emitted = dataclasses.replace(LEDGER, topic=f"campaigns.ledger-{mark}")
    return metadata, emitted, dataclasses.replace(SPEND, topic=f"campaigns.spend-{mark}")
