"""The capture door's way to Kafka: a submission is accepted when the broker has it, and no database is asked.

Many requests share one batch: while one round is in flight the next gathers. A partition that refuses or is slow holds up
its own requests only (lanes.py).
"""

import asyncio
import contextlib
import math
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from opentelemetry.trace import SpanKind
from uuid_utils import uuid7

from chassis import failpoint, telemetry
from chassis.errors import brief
from chassis.lanes import Lanes, Refused, Shard
from chassis.problems import Problem, unavailable
from chassis.settings import Settings
from chassis.transaction import LARGEST, shard_of
from contracts.event import Event, Stream

ROUND_S = 0.002
ACK_WITHIN_S = 5.0
SLOW_S = 0.25  # when the other partitions go on without one that has not acknowledged yet
SOUND_S = 10.0  # a door that was open for so long opens again at once


def no_room() -> Problem:
    """503, said before anything of the request is read."""
    return Problem(503, "The door is full", detail="Nothing was taken. Try again.", headers={"Retry-After": "1"})


class _Record(NamedTuple):
    shard: Shard
    key: bytes
    payload: bytes
    headers: list[tuple[str, bytes]]


class _Waiting:
    """What one request wants on its topics, and whom to tell when all of it is there."""

    __slots__ = ("done", "records", "to_come")

    def __init__(self, records: list[_Record], done: "asyncio.Future[None]") -> None:
        self.records, self.done = records, done
        self.to_come = 0  # partitions that have not acknowledged theirs yet

    def acknowledged(self) -> None:
        """One partition has its part."""
        self.to_come -= 1
        if not self.to_come and not self.done.done():
            self.done.set_result(None)

    def needs(self, shards: Iterable[Shard]) -> bool:
        """Whether one of its records goes to one of these."""
        return any(record.shard in shards for record in self.records)


class _Part(NamedTuple):
    """What goes to one partition in one round, and whose it is."""

    batches: list[Any]
    whose: list[_Waiting]


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
        self.log = telemetry.log("intake")
        self.lanes = Lanes(settings, "intake")
        self._stopped_by = "the door has not reached Kafka yet"
        self._queue: list[_Waiting] = []
        self._held: list[_Waiting] = []  # until the partition that they need has ended what it was given before
        self._late: asyncio.TimerHandle | None = None
        self._senders = self._open = 0  # requests, and records of them, that wait for their answer
        self._arrived = asyncio.Event()
        self._closed = False

    @property
    def not_ready_reason(self) -> str:
        """Why nothing is taken, or which partition takes nothing; it stands until that is over."""
        return self._stopped_by or self.lanes.not_ready_reason

    @property
    def full(self) -> bool:
        """More senders wait for their answer than are answered soon: the next is told so at once, before it is read."""
        return self._senders >= self.settings.door_limit

    async def say(self, stream: Stream, events: Sequence[Event], traceparent: str, actor: str = "") -> None:
        """Returns after the ack; ``actor`` is who is at the door. Raises a 503 problem when nothing was taken or that can't be known: the sender, who has
        an idempotency key, sends again."""
        if self._closed or self._stopped_by:
            raise unavailable("Kafka")
        if self.full or self._open + len(events) > self.settings.intake_limit:
            raise no_room()
        with telemetry.span(
            f"send {stream.topic}", traceparent, SpanKind.PRODUCER, **{"messaging.destination.name": stream.topic}
        ) as trace:
            loop = asyncio.get_running_loop()
            waiting = _Waiting(self._records(stream, events, trace, actor), loop.create_future())
            if self.lanes.refusing and (rest := max(self.lanes.rests(record.shard) for record in waiting.records)):
                raise unavailable("A part of Kafka", math.ceil(rest))
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

    def _records(self, stream: Stream, events: Sequence[Event], trace: str, actor: str) -> list[_Record]:
        who = [("ce_actor", actor.encode())] if actor else []
        now, traceparent, records = datetime.now(UTC).isoformat().encode(), trace.encode(), []
        # It may have been given more than the contracts say. One of theirs that is gone refuses what is its: with fewer to
        # choose from the rest would take it, and nobody would hear that one is gone.
        partitions = max(self.lanes.partitions(stream.topic), stream.partitions)
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
                *who,
            ]
            shard = shard_of(key, partitions)
            records.append(_Record((stream.topic, shard), key, payload, headers))
        return records

    async def run(self, stopping: asyncio.Event) -> None:
        """Until stopped; when all of Kafka is away it begins again."""
        pause, began = 0.1, math.inf
        while not stopping.is_set():
            try:
                await self.lanes.begin()
                self._stopped_by, began = "", time.monotonic()
                await self._work(stopping)
            except Exception as error:
                self._stopped_by = f"the door lost Kafka: {brief(error)}"
                self.log.warning("door_lost_kafka", error=brief(error))
                self._fail_all()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), pause)
                pause = 0.1 if time.monotonic() - began > SOUND_S else min(pause * 2, 2)
                began = math.inf
            finally:
                await self.lanes.end()
        self._closed = True
        self._fail_all()

    def _fail_all(self) -> None:
        waiting, self._queue, self._held = self._held + self._queue, [], []
        _fail(waiting, "Kafka is away")

    async def _work(self, stopping: asyncio.Event) -> None:
        while not (stopping.is_set() and not (self._queue or self._held or self.lanes.busy)):
            self.lanes.reap()
            if not self._queue and all(one.needs(self.lanes.busy) for one in self._held):
                self._arrived.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._arrived.wait(), 0.5)
                continue
            late, self._late = self._late, None
            slow = await self._publish(self._next())
            if late is not None and not (slow or self._held):
                late.cancel()
            await asyncio.sleep(ROUND_S)

    def _next(self) -> list[_Waiting]:
        """Who goes now. Who needs a partition that has not ended its last part is held, who needs one that rests is told."""
        taken, self._queue, self._held = self._held + self._queue, [], []
        if not (self.lanes.busy or self.lanes.refusing):
            return taken
        going = []
        for one in taken:
            if any(self.lanes.rests(record.shard) for record in one.records):
                _fail([one], "a partition takes nothing")
            elif one.needs(self.lanes.busy):
                self._held.append(one)
            else:
                going.append(one)
        return going

    async def _publish(self, taken: list[_Waiting]) -> bool:
        """One round: every partition takes its part, and who has all of his is told. Whether one of them is slow."""
        parts: dict[Shard, _Part] = {}
        for one in taken:
            for record in one.records:
                part = parts.get(record.shard)
                if part is None:
                    part = parts[record.shard] = _Part([self.lanes.create_batch()], [])
                item = {"key": record.key, "value": record.payload, "timestamp": None, "headers": record.headers}
                if part.batches[-1].append(**item) is None:
                    part.batches.append(self.lanes.create_batch())
                    part.batches[-1].append(**item)
                if not part.whose or part.whose[-1] is not one:
                    part.whose.append(one)
                    one.to_come += 1
        tasks = {shard: self.lanes.start(shard, self._send(shard, part)) for shard, part in parts.items()}
        if not tasks:
            return False
        try:
            if waited := [task for shard, task in tasks.items() if shard not in self.lanes.refusing]:
                await asyncio.wait(waited, timeout=SLOW_S)
        except BaseException:
            _fail(taken, "Kafka is away")
            raise
        self.lanes.reap()
        slow = [task for task in tasks.values() if not task.done()]
        for task in slow:
            task.add_done_callback(lambda _: self._arrived.set())
        return bool(slow)

    async def _send(self, shard: Shard, part: _Part) -> None:
        try:
            for batch in part.batches:
                await self.lanes.send(shard, batch, ACK_WITHIN_S)
        except BaseException as error:
            _fail(part.whose, "a partition takes nothing")
            if not isinstance(error, Refused):
                raise
        else:
            telemetry.SENT.labels(shard[0]).inc(sum(batch.record_count() for batch in part.batches))
            for one in part.whose:
                one.acknowledged()
