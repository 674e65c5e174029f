"""What a service does without, because a person has decided so."""

from datetime import datetime
from typing import NamedTuple

from tributary.verify.events import EventRecord


class Loss(NamedTuple):
    """Numbers of one history that a person has decided to do without: by whose word, why and when."""

    topic: str
    source: str
    shard: int
    first: int
    last: int
    reason: str
    by: str
    at: datetime

    def covers(self, topic: str, event: EventRecord) -> bool:
        """Whether all that is missing right before this event ends with this loss."""
        return (topic, event.source, event.shard, event.seq - 1) == (self.topic, self.source, self.shard, self.last)
