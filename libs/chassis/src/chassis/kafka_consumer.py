"""A consumer on a real Kafka: FastStream runs it; this module commits, backs off, rewinds and gives partitions up in peace."""

import asyncio
import contextlib
import time
from typing import Any

from aiokafka import ConsumerRebalanceListener, TopicPartition
from faststream.kafka import KafkaBroker

from chassis import broker, parking, records, telemetry
from chassis.consumer import Consumer, Delivery, Held, Partition
from chassis.lag import Lag
from chassis.router import Router
from chassis.settings import Settings

ACK_EVERY_S = 0.5
LONGEST_PAUSE_S = 2.0  # a database that is back is not kept waiting


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Waits for the delivery that is under way before its partitions go: without it the next owner repeats that delivery."""

    def __init__(self, kafka_consumer: "KafkaConsumer") -> None:
        self.kafka_consumer = kafka_consumer

    async def on_partitions_revoked(self, revoked: Any) -> None:
        self.kafka_consumer.assigned = None
        async with self.kafka_consumer.lock:
            await self.kafka_consumer.acknowledge(force=True)
            self.kafka_consumer.consumer.forget_positions()
            self.kafka_consumer.consumer.reread.clear()

    async def on_partitions_assigned(self, assigned: Any) -> None:
        self.kafka_consumer.assigned = frozenset(assigned)
        self.kafka_consumer.lag.keep_to(assigned)
        self.kafka_consumer.held = ""  # it was of the old assignment; what is still ours says so again
        self.kafka_consumer.keep_to(frozenset((tp.topic, tp.partition) for tp in assigned))
        await self.kafka_consumer.watch_partitions()


class KafkaConsumer:
    """All streams of one service in one consumer group: one delivery, one transaction, fewest rounds."""

    def __init__(self, router: Router, consumer: Consumer, settings: Settings) -> None:
        self.router, self.consumer, self.settings = router, consumer, settings
        self.lock = asyncio.Lock()
        self.assigned: frozenset[TopicPartition] | None = None
        self.held = ""
        self.gaps: dict[Partition, tuple[int, str]] = {}
        self.lag = Lag()
        self.listener = _Listener(self)
        self.log = telemetry.log("subscription")
        self._broker: KafkaBroker | None = None
        self._subscriber: Any = None
        self._offsets: dict[TopicPartition, int] = {}
        self._acked_at = 0.0
        self._pause = 0.05
        self._rewound: dict[Partition, int] = {}
        self._watches = False

    @property
    def not_ready_reason(self) -> str:
        """Why this consumer is not ready, or nothing."""
        if self._subscriber is None or self.assigned is None:
            return "no partitions are assigned yet"
        if not broker.reaches_its_group(self._subscriber.consumer):
            return "Kafka can't be reached"
        if self.held:
            return f"held: {self.held}"
        reasons = [f"gap: {what}" for _, what in self.gaps.values()]
        if suspects := parking.suspects(self.consumer.database.process_cache):
            reasons.append(f"{suspects} records are parked that their owner may not have said: see `parked list`")
        return "; ".join(reasons)

    def gaps_in(self, topic: str) -> int:
        """How many of this topic's partitions wait before a gap."""
        return sum(at == topic for at, _ in self.gaps)

    def keep_to(self, partitions: frozenset[Partition]) -> None:
        """A gap in a partition that went to another member is that member's to show."""
        for partition in self.gaps.keys() - partitions:
            self._closed(partition)

    async def watch_partitions(self) -> None:
        """A partition that a topic is given gets a member, whoever leads the group."""
        if self._subscriber is not None:
            first, self._watches = not self._watches, True
            await broker.watch_partitions(self._subscriber.consumer, first)

    async def start(self) -> None:
        """Joins the group. Returns when the first assignment is under way."""
        records.read_leniently()
        self._broker = broker.new_broker(self.settings)
        self._subscriber = broker.subscribe(
            self._broker, self.settings, self.router.service, [s.topic for s in self.router.streams], self.listener
        )
        self._subscriber(self._on_batch)
        await self._broker.start()
        self._subscriber.consumer.flowing_wait_ms = self.settings.fetch_wait_ms
        self._subscriber.consumer.when_idle = self._idle
        self.lag.highwater = self._subscriber.consumer.highwater

    async def stop(self) -> None:
        """Finishes the delivery under way and acknowledges. A static member leaves its seat to its next incarnation."""
        if self._broker is None:
            return
        async with self.lock:
            await self.acknowledge(force=True)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self._broker.stop(), self.settings.stop_grace_s)
        self._subscriber = self._broker = None

    async def _idle(self) -> None:
        self.lag.caught_up(self.gaps)
        await self.acknowledge()

    async def _on_batch(self, records: tuple[Any, ...]) -> None:
        async with self.lock:
            try:
                delivery = await self.consumer.deliver(records, self._oldest)
            except Held as error:
                self._hold(records, error)
                pause = 0.0 if error.cause == "moved" else self._pause
            else:
                await self._progress(delivery)
                return
        await asyncio.sleep(pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE_S)

    async def _oldest(self, partition: Partition) -> int:
        return await broker.beginning_offset(self._subscriber.consumer, TopicPartition(*partition))

    def _hold(self, records: tuple[Any, ...], error: Held) -> None:
        if not self.held and error.cause != "moved":
            self.log.warning("held", cause=error.cause, detail=error.detail[:300])
        self.held = "" if error.cause == "moved" else error.cause
        telemetry.HELD.labels(error.cause).inc()
        first: dict[TopicPartition, int] = {}
        for record in records:
            first.setdefault(TopicPartition(record.topic, record.partition), record.offset)
        self._seek(first)

    def _seek(self, to: dict[TopicPartition, int]) -> None:
        self.lag.reached |= to
        for partition, offset in to.items():
            with contextlib.suppress(Exception):  # no longer ours: its next owner begins at the acknowledged offset
                self._subscriber.consumer.seek(partition, offset)

    async def _progress(self, delivery: Delivery) -> None:
        if self.held:
            self.log.info("goes_on")
        self.held, self._pause = "", 0.05
        self.lag.heard(delivery)
        for partition, offset in delivery.next_offsets.items():
            self._offsets[TopicPartition(*partition)] = offset
            if partition in self.gaps and offset > self.gaps[partition][0]:
                self._closed(partition)
        for partition, gap in delivery.gaps.items():
            await self._mend(partition, gap)
        await self.acknowledge()

    def _closed(self, partition: Partition) -> None:
        self.gaps.pop(partition, None)
        self._rewound.pop(partition, None)
        self.consumer.reread.pop(partition, None)

    async def _mend(self, partition: Partition, gap: tuple[int, str]) -> None:
        """A gap after a restored database is mended by reading the partition again from its start: what is known is dropped
        by the watermark. A gap that stays is loss: it is shown, alarmed and tried again, never skipped."""
        tries = self._rewound.get(partition, 0)
        self._rewound[partition] = tries + 1
        self.gaps[partition] = gap
        self.consumer.forget_positions()  # somebody may accept the loss meanwhile (gap.py)
        tp = TopicPartition(*partition)
        self.log.error("gap", topic=partition[0], partition=partition[1], detail=gap[1], rewinds=tries)
        self._offsets.pop(tp, None)
        try:
            oldest = await self._oldest(partition)
            self._seek({tp: oldest})
            self.consumer.reread[partition] = (gap[0], oldest)
        except Exception:  # Kafka is away: wait at the gap itself, so that it is met again
            self._seek({tp: gap[0]})
        if tries:
            with contextlib.suppress(Exception):
                self._subscriber.consumer.pause(tp)
            asyncio.get_running_loop().call_later(min(2.0**tries, 30.0), self._resume, tp)

    def _resume(self, partition: TopicPartition) -> None:
        with contextlib.suppress(Exception):
            self._subscriber.consumer.resume(partition)

    async def acknowledge(self, force: bool = False) -> None:
        """Tells Kafka how far we are: only a hint for the next start, so twice a second is enough and a refusal is harmless."""
        if not self._offsets or self._subscriber is None:
            return
        if not force and time.monotonic() - self._acked_at < ACK_EVERY_S:
            return
        if not broker.reaches_its_group(self._subscriber.consumer):
            return  # a commit would wait for the coordinator, and the next delivery for the commit
        offsets, self._offsets = self._offsets, {}
        self._acked_at = time.monotonic()
        ours = self._subscriber.consumer.assignment()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(2):
                await self._subscriber.consumer.commit({tp: o for tp, o in offsets.items() if tp in ours})
