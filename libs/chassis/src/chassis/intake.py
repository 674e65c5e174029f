"""The capture door's way to Kafka: a submission is accepted when the broker has it, and no database is asked.

Many requests share one batch: while one round is in flight the next gathers.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from opentelemetry.trace import SpanKind
from uuid_utils import uuid7

from chassis import broker, failpoint, telemetry
from chassis.problems import Problem, unavailable
from chassis.settings import Settings
from chassis.transaction import LARGEST, shard_of
from contracts.event import Event, Stream

ROUND_S = 0.002
ACK_WITHIN_S = 5.0


def no_room() -> Problem:
    """503, said before anything of the request is read."""
    return Problem(503, "The door is full", detail="Nothing was taken. Try again.", headers={"Retry-After": "1"})


class _Record(NamedTuple):
    shard: tuple[str, int]
    key: bytes
    payload: bytes
    headers: list[tuple[str, bytes]]


class _Waiting(NamedTuple):
    """What one request wants on its topics, and whom to tell when all of it is there."""

    records: list[_Record]
    done: "asyncio.Future[None]"


def _fail(waiting: Sequence[_Waiting], why: str) -> None:
    for one in waiting:
        if not one.done.done():
            one.done.set_exception(ConnectionError(why))
            one.done.exception()  # looked at: a requester that has gone away leaves no warning


class Intake:
    """Puts events of unsequenced streams on their topics and returns when every in-sync replica has them."""

    def __init__(self, service: str, settings: Settings) -> None:
        self.service, self.settings = service, settings
        self.source = f"/{service}/door".encode()
        self.trouble = "the door has not reached Kafka yet"
        self.log = telemetry.log("intake")
        self._queue: list[_Waiting] = []
        self._late: asyncio.TimerHandle | None = None
        self._senders = self._open = 0  # requests, and records of them, that wait for their answer
        self._arrived = asyncio.Event()
        self._closed = False

    @property
    def full(self) -> bool:
        """More senders wait for their answer than are answered soon: the next is told so at once, before it is read."""
        return self._senders >= self.settings.door_limit

    async def say(self, stream: Stream, events: Sequence[Event], traceparent: str) -> None:
        """Returns after the ack. Raises a 503 problem when nothing was taken or that can't be known: the sender, who has
        an idempotency key, sends again."""
        if self._closed or self.trouble:
            raise unavailable("Kafka")
        if self.full or self._open + len(events) > self.settings.intake_limit:
            raise no_room()
        with telemetry.span(
            f"send {stream.topic}", traceparent, SpanKind.PRODUCER, **{"messaging.destination.name": stream.topic}
        ) as trace:
            loop = asyncio.get_running_loop()
            waiting = _Waiting(self._records(stream, events, trace), loop.create_future())
            if not self._queue:  # one clock for all that go together
                self._late = loop.call_later(ACK_WITHIN_S, _fail, self._queue, "Kafka is slow")
            self._queue.append(waiting)
            self._arrived.set()
            self._senders += 1
            self._open += len(events)
            try:
                await waiting.done
            except ConnectionError as error:
                raise unavailable("Kafka") from error
            finally:
                self._senders -= 1
                self._open -= len(events)
        failpoint.reach("door.acked")

    def _records(self, stream: Stream, events: Sequence[Event], trace: str) -> list[_Record]:
        now, traceparent, records = datetime.now(UTC).isoformat().encode(), trace.encode(), []
        for event in events:
            key = str(getattr(event, stream.key)).encode()
            payload = event.model_dump_json(exclude_none=True).encode()
            if len(payload) >= LARGEST:  # the broker's no would end the producer, and with it everybody's batch
                raise Problem(413, "One of the events is too large")
            headers = [
                ("ce_specversion", b"1.0"),
                ("ce_id", str(uuid7()).encode()),
                ("ce_type", event.type.encode()),
                ("ce_source", self.source),
                ("ce_time", now),
                ("content-type", b"application/json"),
                ("traceparent", traceparent),
                ("correlationid", key),
            ]
            records.append(_Record((stream.topic, shard_of(stream, key)), key, payload, headers))
        return records

    async def run(self, stopping: asyncio.Event) -> None:
        """Until stopped; a producer that failed in any way is thrown away and replaced."""
        pause = 0.1
        while not stopping.is_set():
            producer: AIOKafkaProducer | None = None
            try:
                producer = await broker.new_producer(self.settings)
                self.trouble, pause = "", 0.1
                await self._work(producer, stopping)
            except Exception as error:
                self.trouble = f"the door lost Kafka: {type(error).__name__}"
                self.log.warning("door_lost_kafka", error=type(error).__name__)
                self._fail_all()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), pause)
                pause = min(pause * 2, 2)
            finally:
                if producer is not None:
                    await broker.abort(producer)
        self._closed = True
        self._fail_all()

    def _fail_all(self) -> None:
        waiting, self._queue = self._queue, []
        _fail(waiting, "Kafka is away")

    async def _work(self, producer: AIOKafkaProducer, stopping: asyncio.Event) -> None:
        while not (stopping.is_set() and not self._queue):
            if not self._queue:
                self._arrived.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._arrived.wait(), 0.5)
                continue
            taken, late, self._queue = self._queue, self._late, []
            try:
                async with asyncio.timeout(ACK_WITHIN_S):
                    await self._publish(producer, taken)
            except BaseException:
                self._queue = taken + self._queue  # failed together with what came meanwhile, by run()
                raise
            if late is not None:
                late.cancel()
            for one in taken:
                if not one.done.done():
                    one.done.set_result(None)
            await asyncio.sleep(ROUND_S)

    async def _publish(self, producer: AIOKafkaProducer, taken: list[_Waiting]) -> None:
        batches: dict[tuple[str, int], list[Any]] = {}
        for record in chain.from_iterable(one.records for one in taken):
            open_batches = batches.setdefault(record.shard, [])
            item = {"key": record.key, "value": record.payload, "timestamp": None, "headers": record.headers}
            if not open_batches or open_batches[-1].append(**item) is None:
                open_batches.append(producer.create_batch())
                open_batches[-1].append(**item)
        await asyncio.gather(*(self._send(producer, shard, its) for shard, its in batches.items()))

    async def _send(self, producer: AIOKafkaProducer, shard: tuple[str, int], batches: list[Any]) -> None:
        for batch in batches:
            await (await producer.send_batch(batch, shard[0], partition=shard[1]))
