"""How far behind a consumer is: in records, and in seconds as a bound that is exact to the last empty poll."""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from aiokafka import TopicPartition

from chassis.consumer import Delivery, Partition


class Lag:
    """What was reached on each partition. The age of the last event that was handled is no measure by itself: on a topic that
    was silent for a day it is a day, a moment after one record has come. Nothing can have waited since before the last empty poll."""

    def __init__(self) -> None:
        self.reached: dict[TopicPartition, int] = {}  # the next offset to be handled
        self.highwater: Callable[[TopicPartition], int | None] = lambda _: None
        self._since: dict[TopicPartition, datetime] = {}  # what waits has come after this
        self._began = datetime.now(UTC)

    def heard(self, delivery: Delivery) -> None:
        """This was handled."""
        for partition, offset in delivery.next_offsets.items():
            self.reached[TopicPartition(*partition)] = offset
        for (topic, _, shard), (_, at, _) in delivery.moves.items():
            if at is not None:
                self._since[TopicPartition(topic, shard)] = at

    def caught_up(self, gaps: Collection[Partition]) -> None:
        """A poll found nothing more; before a gap that means nothing."""
        now = datetime.now(UTC)
        self._since |= {tp: now for tp in self.reached if tuple(tp) not in gaps}

    def keep_to(self, assigned: Iterable[Any]) -> None:
        """What went to another member is that member's."""
        ours = frozenset(assigned)
        self.reached = {tp: offset for tp, offset in self.reached.items() if tp in ours}

    def records(self, topic: str) -> int:
        """Records that are still to be handled here."""
        return sum(self._behind(topic).values())

    def seconds(self, topic: str) -> float:
        """For how long at most the oldest of them has been waiting; 0 where nothing waits."""
        oldest = min((self._since.get(tp, self._began) for tp in self._behind(topic)), default=None)
        return 0.0 if oldest is None else (datetime.now(UTC) - oldest).total_seconds()

    def _behind(self, topic: str) -> dict[TopicPartition, int]:
        ours = {tp: offset for tp, offset in self.reached.items() if tp.topic == topic}
        return {tp: n for tp, offset in ours.items() if (n := (self.highwater(tp) or 0) - offset) > 0}
