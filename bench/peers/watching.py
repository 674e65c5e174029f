"""Reads the KPI topic of an engine, whichever it is, and keeps the newest value of every row."""

import json
import time
from collections import Counter
from typing import Any

from confluent_kafka import OFFSET_END, Consumer, TopicPartition

from bench.peers.events import Right, Row

MEASURES = ("leads", "qualified", "valid", "routed", "assigned", "won", "lost", "won_amount")


class Watcher:
    """A reader at the end of a topic; ``rows`` is what a dashboard would show."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "bench.watcher",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 100,
            }
        )
        partitions = self._consumer.list_topics(topic, timeout=10).topics[topic].partitions
        ends = [
            TopicPartition(topic, n, self._consumer.get_watermark_offsets(TopicPartition(topic, n), timeout=10)[1])
            for n in partitions
        ]
        self._consumer.assign(ends or [TopicPartition(topic, 0, OFFSET_END)])
        self.rows: dict[Row, Counter[str]] = {}
        self.seen = 0

    def look(self, seconds: float = 0.0) -> int:
        """Takes what has come, waiting at most so long for the first of it; returns how many records."""
        records = self._consumer.consume(5000, seconds)
        for record in records:
            body = record.value()
            if record.error() or body is None:
                continue
            said: dict[str, Any] = json.loads(body)
            amount = said.get("won_amount") or {}
            values = {**said, "won_amount": amount.get("EUR", 0)}
            self.rows[said["by"], said["key"]] = Counter({m: values[m] for m in MEASURES})
        self.seen += len(records)
        return len(records)

    def leads(self) -> int:
        """How many leads are counted, by channel."""
        return sum(row["leads"] for (by, _), row in self.rows.items() if by == "channel")

    def wrong(self, right: Right, dimensions: tuple[str, ...]) -> list[str]:
        """Every row of these dimensions that is not as it must be."""
        wanted = {key: +row for key, row in right.rows.items() if key[0] in dimensions}
        found = {key: +row for key, row in self.rows.items() if key[0] in dimensions and +row}
        return [
            f"{key}: {dict(found.get(key, {}))} and not {dict(wanted.get(key, {}))}"
            for key in sorted({*wanted, *found})
            if wanted.get(key) != found.get(key)
        ]

    def until_right(self, right: Right, dimensions: tuple[str, ...], within: float) -> list[str]:
        """Waits until every row is as it must be; what is still wrong after so many seconds."""
        end = time.monotonic() + within
        wrong = self.wrong(right, dimensions)
        while wrong and time.monotonic() < end:
            self.look(0.2)
            wrong = self.wrong(right, dimensions)
        return wrong

    def close(self) -> None:
        """Ends it."""
        self._consumer.close()
