"""What others put on our topics: spend from ad platforms, the same record again, and things that nobody can read."""

import json
import random
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from contracts.principals import WATCH, WATCH_GROUP
from tributary.bus import ADMIN, FEED, Bus
from tributary.child_process import StackError

POISONED = ("leads.intake", "campaigns.spend", "leads.lead", "territory.lead")
Taken = Callable[[], None]


class Outsider:
    """A Kafka client of somebody else. Whatever it says is on the topic at least once.

    Spend it says as a card feed, which may. On topics where no outsider may say a word it comes with the admin's name: what the
    services do with bad records must hold also where somebody has stolen that, or has written by hand.
    """

    def __init__(self, bus: Bus, seed: int) -> None:
        self.bus, self._draw = bus, random.Random(seed)
        self._feed: Any = Producer(bus.librdkafka(FEED, acks="all", linger_ms=5))
        self._thief: Any = Producer(bus.librdkafka(ADMIN, acks="all", linger_ms=5))
        self.poisoned = 0

    def spend(self, spends: Sequence[Mapping[str, Any]], taken: Callable[[Mapping[str, Any]], None]) -> None:
        """A card feed reports."""
        for spend in spends:
            body, key = json.dumps(spend).encode(), str(spend["campaign"]).encode()
            self._say("campaigns.spend", body, key, headers(b"campaigns.spend.reported.v1"), -1, _told(taken, spend))

    def poison(self) -> None:
        """A record that no reader can make anything of: its body, its headers or both are broken."""
        topic, draw = self._draw.choice(POISONED), self._draw
        body = draw.choice((b"\xff\xfe{", b'{"lead_id": 1', b"[" * 500, b'{"amount": 1e999}', b"", b"null"))
        kind = {"leads.intake": b"leads.intake.submitted.v1", "campaigns.spend": b"campaigns.spend.reported.v1"}
        # On a numbered stream a foreigner has no number to give: without its headers a record moves no watermark.
        given = headers(kind[topic]) if topic in kind else [("from", b"nowhere")]
        self._say(topic, body, uuid.UUID(int=draw.getrandbits(128)).hex.encode(), given, -1, None)
        self.poisoned += 1

    def nonsense(self, topic: str, body: Mapping[str, Any]) -> None:
        """A record that is well formed for a reader of JSON and far out for everybody else."""
        kind = {"leads.intake": b"leads.intake.submitted.v1", "campaigns.spend": b"campaigns.spend.reported.v1"}[topic]
        key = str(body.get("lead_id") or body.get("campaign")).encode()
        self._say(topic, json.dumps(body).encode(), key, headers(kind), -1, None)

    def again(self, topic: str, most: int, shuffled: bool) -> int:
        """Puts real records on their topic once more, with the headers and in the partition that they had."""
        records = newest(self.bus, topic, most)
        if shuffled:
            self._draw.shuffle(records)
        for record in records:
            self._say(topic, record.value(), record.key(), record.headers() or [], record.partition(), None)
        self.flush()
        return len(records)

    def ends(self, topic: str) -> dict[int, int]:
        """Where each partition ends now."""
        report = self._thief.list_topics(topic, timeout=10).topics[topic].partitions
        consumer: Any = Consumer(self.bus.librdkafka(WATCH, group_id=WATCH_GROUP))
        try:
            return {n: consumer.get_watermark_offsets(TopicPartition(topic, n), timeout=10)[1] for n in report}
        finally:
            consumer.close()

    def poll(self) -> None:
        """Tells what was taken since."""
        for producer in (self._feed, self._thief):
            producer.poll(0)

    def flush(self, within: float = 60) -> None:
        """Returns when the broker has everything."""
        end = time.monotonic() + within
        while waiting := len(self._feed) + len(self._thief):
            if time.monotonic() > end:
                raise StackError(f"Kafka has not taken {waiting} records within {within:g} s.")
            for producer in (self._feed, self._thief):
                producer.flush(0.2)

    def _say(
        self,
        topic: str,
        body: bytes | None,
        key: bytes | None,
        given: Sequence[tuple[str, bytes | None]],
        partition: int,
        taken: Taken | None,
    ) -> None:
        def report(failure: object, _: object) -> None:
            if failure is not None:
                self._say(topic, body, key, given, partition, taken)
            elif taken is not None:
                taken()

        where = {} if partition < 0 else {"partition": partition}
        producer = self._feed if topic == "campaigns.spend" else self._thief
        producer.produce(topic, body, key, headers=list(given), on_delivery=report, **where)


def _told(taken: Callable[[Mapping[str, Any]], None], spend: Mapping[str, Any]) -> Taken:
    return lambda: taken(spend)


def headers(kind: bytes) -> list[tuple[str, bytes | None]]:
    """What an outsider gives: CloudEvents, and neither number nor trace."""
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", uuid.uuid4().hex.encode()),
        ("ce_type", kind),
        ("ce_source", b"/ad-platform"),
        ("ce_time", datetime.now(UTC).isoformat().encode()),
        ("content-type", b"application/json"),
    ]


def newest(bus: Bus, topic: str, most: int) -> list[Any]:
    """The newest records of every partition, in order."""
    consumer: Any = Consumer(bus.librdkafka(WATCH, group_id=WATCH_GROUP, enable_auto_commit=False))
    try:
        ends = {}
        for n in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, n), timeout=10)
            if high > low:
                ends[n] = (max(low, high - most), high)
        consumer.assign([TopicPartition(topic, n, first) for n, (first, _) in ends.items()])
        wanted = sum(high - first for first, high in ends.values())
        records: list[Any] = []
        end = time.monotonic() + 15
        while len(records) < wanted and time.monotonic() < end:
            records += [r for r in consumer.consume(500, timeout=0.2) if r.error() is None]
        return [r for r in records if r.offset() < ends[r.partition()][1]]
    finally:
        consumer.close()
