"""One producer for all shards; a shard that refuses goes on alone, with a producer of its own, until it takes again.

An idempotent producer counts the batches of each partition. A batch that failed leaves a hole in that count, and every later
batch of the partition is refused (aiokafka #1017); one that the broker asks to send again is sent for ever and can't be taken
back. So the shard that failed never uses that producer again. The others do, unless a batch still hangs in it: then they get
a new one, while theirs that were under way end on the old one.
"""

import asyncio
import contextlib
import time
from collections.abc import Collection, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import TopicAuthorizationFailedError

from chassis import broker, failpoint, telemetry
from chassis.settings import Settings

Shard = tuple[str, int]

SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 10.0
LAST_WORDS_S = 2.0  # what is under way on a producer that is given up has this long to end


class Refused(Exception):
    """This shard took nothing, or nobody knows whether it did; it is tried again later, and the others go on."""


@dataclass
class _Line:
    """A producer, and how many batches are under way on it."""

    producer: AIOKafkaProducer
    under_way: int = 0
    calm: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def broken(self) -> bool:
        """Whether its sender has ended: it delivers nothing any more. The field is private."""
        sender = self.producer._sender.sender_task
        return sender is None or sender.done()

    async def give_up(self, within: float = LAST_WORDS_S) -> None:
        """Ends it as soon as nothing is under way on it, and then at the latest."""
        with contextlib.suppress(TimeoutError):
            if self.under_way:
                await asyncio.wait_for(self.calm.wait(), within)
        await broker.abort(self.producer)


@dataclass
class _Aside:
    """A shard that refuses: since when and why, and when it is tried again."""

    since: datetime
    why: str
    pause: float
    until: float


class Lanes:
    """The way to Kafka for the shards of one service. ``begin`` first; ``end`` in any case."""

    def __init__(self, settings: Settings, name: str) -> None:
        self.settings = settings
        self.log = telemetry.log(name)
        self.lost: BaseException | None = None
        self.busy: dict[Shard, asyncio.Task[None]] = {}
        self._common: _Line | None = None
        self._own: dict[Shard, _Line] = {}
        self._aside: dict[Shard, _Aside] = {}
        self._works: set[asyncio.Task[None]] = set()
        self._renewing = False

    async def begin(self) -> None:
        """All shards have one producer again. Raises when Kafka is away."""
        await self.end()
        self.lost = None
        self._common = _Line(await broker.new_producer(self.settings))

    async def end(self) -> None:
        """Nothing is delivered after this."""
        lines = [*self._own.values(), *([self._common] if self._common else [])]
        works, self._works = [*self._works, *self.busy.values()], set()
        self.busy = {}
        self._common, self._renewing = None, False
        self._own.clear()
        self._aside.clear()
        for work in works:
            work.cancel()
        if works:
            await asyncio.wait(works)
        await asyncio.gather(*(line.give_up(0) for line in lines))

    @property
    def not_ready_reason(self) -> str:
        """Which shards take nothing, since when and why. It stands until they take something again."""
        return "; ".join(
            f"{topic}/{number} has taken nothing since {one.since:%H:%M:%S} UTC: {one.why}"
            for (topic, number), one in sorted(self._aside.items())
        )

    def rests(self, shard: Shard) -> float:
        """For how many seconds this shard is not tried."""
        aside = self._aside.get(shard)
        return max(0.0, aside.until - time.monotonic()) if aside else 0.0

    @property
    def refusing(self) -> Collection[Shard]:
        """The shards that go alone until they take something again: nobody waits for them."""
        return self._aside.keys()

    def start(self, shard: Shard, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Does this for a shard, which is busy until it is done and reaped."""
        task = self.busy[shard] = asyncio.create_task(work)
        return task

    def reap(self) -> None:
        """Who is done is busy no longer. Raises what a shard can't be set aside for, such as that Kafka is away."""
        if self.lost is not None:
            raise self.lost
        for shard in [shard for shard, task in self.busy.items() if task.done()]:
            self.busy.pop(shard).result()

    def partitions(self, topic: str) -> int:
        """How many the brokers say that it has; 0 while they have not said it."""
        return len(self._common.producer.client.cluster.partitions_for_topic(topic) or ()) if self._common else 0

    def create_batch(self) -> Any:
        """A batch to fill; any producer here takes it."""
        assert self._common is not None
        return self._common.producer.create_batch()

    async def send(self, shard: Shard, batch: Any, within: float) -> None:
        """Returns after the ack. One batch of a shard at a time. Raises Refused, and then this shard rests for a while."""
        end = time.monotonic() + within
        line = self._common
        if line is None or shard in self._aside or shard in self._own:
            line = await self._alone(shard, within)
        line.under_way += 1
        line.calm.clear()
        try:
            why, hangs = await self._try(line.producer, shard, batch, end)
        finally:
            line.under_way -= 1
            if not line.under_way:
                line.calm.set()
        if why:
            await self._part(shard, line, hangs)
            raise self._refused(shard, why)
        if shard in self._aside:
            self._takes_again(shard)

    async def _alone(self, shard: Shard, within: float) -> _Line:
        """The producer that this shard has for itself."""
        try:
            async with asyncio.timeout(within):
                if shard not in self._own:
                    self._own[shard] = _Line(await broker.new_producer(self.settings))
        except TimeoutError:
            raise self._refused(shard, "no producer can be started") from None
        except Exception as error:  # nobody answers at all
            self.lost = error
            raise
        return self._own[shard]

    async def _try(self, producer: AIOKafkaProducer, shard: Shard, batch: Any, end: float) -> tuple[str, bool]:
        """Why the shard did not take the batch, if it did not, and whether the batch still hangs in the producer."""
        try:
            if producer.client.cluster.partitions_for_topic(shard[0]) is None:
                async with asyncio.timeout(end - time.monotonic()):
                    await producer.partitions_for(shard[0])
            sending = await producer.send_batch(batch, shard[0], partition=shard[1])
        except TimeoutError:
            return "Kafka does not say where it is", False
        except AssertionError:
            return "Kafka has no such partition", False
        except Exception as error:
            return _why(error), False
        failpoint.reach("relay.sent")
        # Waited for and never cancelled: a batch whose future is cancelled breaks the sender at its next try.
        await asyncio.wait([sending], timeout=max(0.0, end - time.monotonic()))
        if not sending.done():
            sending.add_done_callback(_looked_at)
            return "no acknowledgement comes", True
        failure = sending.exception()
        return ("" if failure is None else _why(failure)), False

    async def _part(self, shard: Shard, line: _Line, hangs: bool) -> None:
        """The shard leaves this producer; where its batch hangs in it, so do the others."""
        if line is not self._common:
            self._own.pop(shard, None)
            await line.give_up(0)
        elif (hangs or line.broken) and not self._renewing:
            self._renewing = True
            self._work(self._renew(line))

    def _work(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._works.add(task)
        task.add_done_callback(self._works.discard)

    async def _renew(self, old: _Line) -> None:
        """Another producer for those that don't refuse; whoever works alone by now comes home to it."""
        try:
            fresh = _Line(await broker.new_producer(self.settings))
        except Exception as error:
            self.lost = error
            return
        self._common, self._renewing = fresh, False
        healed = [self._own.pop(shard) for shard in self._own.keys() - self._aside.keys()]
        await asyncio.gather(*(line.give_up() for line in (old, *healed)))

    def _refused(self, shard: Shard, why: str) -> Refused:
        known = self._aside.get(shard)
        pause = min(known.pause * 2, LONGEST_PAUSE_S) if known else SHORTEST_PAUSE_S
        since = known.since if known else datetime.now(UTC)
        if known is None or known.why != why:
            self.log.warning("shard_refuses", topic=shard[0], shard=shard[1], reason=why)
        self._aside[shard] = _Aside(since, why, pause, time.monotonic() + pause)
        return Refused(f"{shard[0]}/{shard[1]}: {why}")

    def _takes_again(self, shard: Shard) -> None:
        """What held this one may have held the others: they need not wait to the end of their pauses."""
        del self._aside[shard]
        self.log.info("shard_takes_again", topic=shard[0], shard=shard[1])
        for other in self._aside.values():
            other.until = min(other.until, time.monotonic() + SHORTEST_PAUSE_S)


def _why(failure: BaseException) -> str:
    if isinstance(failure, TopicAuthorizationFailedError):
        return "Kafka lets our principal not write there (TopicAuthorizationFailedError)"
    return type(failure).__name__


def _looked_at(future: "asyncio.Future[Any]") -> None:
    """Its error was told already."""
    if not future.cancelled():
        future.exception()
