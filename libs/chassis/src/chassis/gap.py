"""A loss that was looked at and is to be done without: which numbers a held partition waits for, and by whose word it goes on.

A partition that stands before a gap is never let on by itself. Here the log is read whole, so that what would come again, or
still stands in it, is not given up; then the watermark moves past what is gone, and the table `accepted_loss` keeps who let it
go and why, in one transaction.
"""

import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis import records
from chassis.access import NAME
from chassis.consumer import FAR, is_of
from chassis.headers import read_headers
from chassis.restored import its_group, partitions_of
from contracts.event import Stream

if TYPE_CHECKING:
    from chassis.service import Service

LONGEST_REASON = 300
Marks = Mapping[tuple[str, int], tuple[int, datetime | None]]  # by source and shard: the newest number, and of when

_MARKS = "select source, shard, last_seq, last_at from watermark where topic = $1"
_MOVE = """
update watermark set last_seq = $5, last_id = null where topic = $1 and source = $2 and shard = $3 and last_seq = $4
"""
_ACCEPT = """
insert into accepted_loss (topic, source, shard, first_seq, last_seq, reason, accepted_by) values ($1, $2, $3, $4, $5, $6, $7)
"""
_ACCEPTED = "select * from accepted_loss order by accepted_at, topic, shard"


class NotAccepted(Exception):
    """Nothing was changed; the message says why."""


@dataclass(frozen=True)
class Gap:
    """Numbers ``first`` to ``last`` of one history are what a partition waits for. ``offset`` is where the record after them lies,
    ``heard_at`` and ``next_at`` are of when the events before and after them are. It is ``recoverable`` where the first of them still
    stands on the topic: the service reads the partition again by itself, or its owner's true event has overtaken a stranger's."""

    topic: str
    partition: int
    source: str
    first: int
    last: int
    offset: int
    heard_at: datetime | None
    next_at: datetime
    recoverable: bool


async def gaps(service: "Service") -> list[Gap]:
    """Before which gaps the service stands now, whether it runs or not: one per partition at most, the first that it meets."""
    found = []
    async with its_group(service) as consumer:
        for stream in service.router.streams:
            if not stream.sequenced or stream.compacted:
                continue
            for partition in await partitions_of(consumer, stream.topic):
                if gap := await _gap_in(service, consumer, stream, partition):
                    found.append(gap)
    return found


async def listed(service: "Service") -> dict[str, Any]:
    """The gaps of now, and what was accepted before."""
    async with service.database.connection() as conn:
        accepted = [dict(row) for row in await conn.fetch(_ACCEPTED)]
    return {"gaps": [asdict(gap) for gap in await gaps(service)], "accepted": accepted}


async def accept(service: "Service", topic: str, partition: int, *, reason: str, by: str) -> dict[str, Any]:
    """Lets the service go on after the gap before which this partition stands; a running one notices within half a minute.

    Raises NotAccepted where there is no gap, where what is missing can still be heard, and where nobody or nothing is named.
    """
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise NotAccepted(f"--reason must say why, in {LONGEST_REASON} characters at most")
    if not NAME.fullmatch(by):
        raise NotAccepted("--by must be who decides this, as his token names him: small letters, digits and . _ : -")
    stream = next((s for s in service.router.streams if s.topic == topic), None)
    if stream is None or not stream.sequenced or stream.compacted:
        heard = ", ".join(s.topic for s in service.router.streams if s.sequenced and not s.compacted)
        raise NotAccepted(
            f"{service.name} hears no numbers on {topic} that could be missing: it hears {heard or 'none'}"
        )
    async with its_group(service) as consumer:
        known = {tp.partition: tp for tp in await partitions_of(consumer, topic)}
        gap = await _gap_in(service, consumer, stream, known[partition]) if partition in known else None
    if gap is None:
        raise NotAccepted(f"{service.name} stands before no gap in partition {partition} of {topic}")
    if gap.recoverable:
        raise NotAccepted(
            f"{gap.first} of {gap.source} stands on the topic and is not lost: the service reads the partition again by itself"
        )
    place = (topic, gap.source, partition)
    async with service.database.connection() as conn, conn.transaction():
        if await conn.execute(_MOVE, *place, gap.first - 1, gap.last) != "UPDATE 1":
            raise NotAccepted("the service has gone on meanwhile: look again")
        await conn.execute(_ACCEPT, *place, gap.first, gap.last, reason, by)
    return {"accepted": asdict(gap), "reason": reason, "by": by}


async def _gap_in(
    service: "Service", consumer: AIOKafkaConsumer, stream: Stream, partition: TopicPartition
) -> Gap | None:
    """The gap before the first record that was not heard; None where that has the next number, or where there is none."""
    consumer.assign([partition])
    reached = await consumer.committed(partition) or 0  # what is before it was handled
    async with service.database.connection() as conn:
        rows = await conn.fetch(_MARKS, stream.topic)
    marks = {(r["source"], r["shard"]): (r["last_seq"], r["last_at"]) for r in rows}
    async with contextlib.aclosing(_not_heard(consumer, stream, partition, marks, reached)) as new:
        async for first in new:
            offset, found = first
            break
        else:
            return None
    position = found.source, found.shard
    last, heard_at = marks[position]
    if found.seq == last + 1:
        return None
    after = found  # a number that is missing here may come later, and one of a stranger before its turn
    async for _, other in _not_heard(consumer, stream, partition, {position: marks[position]}, 0):
        after = min(after, other, key=lambda metadata: metadata.seq)
    stands = after.seq == last + 1
    end = found if stands else after
    return Gap(stream.topic, found.shard, found.source, last + 1, end.seq - 1, offset, heard_at, end.at, stands)


async def _not_heard(
    consumer: AIOKafkaConsumer, stream: Stream, partition: TopicPartition, marks: Marks, start: int
) -> AsyncGenerator[tuple[int, Any]]:
    """Offset and headers of what lies from ``start`` to the end of now and is numbered beyond its history's watermark."""
    records.read_leniently()
    [oldest], [end] = [(await ask([partition])).values() for ask in (consumer.beginning_offsets, consumer.end_offsets)]
    consumer.seek(partition, max(start, oldest))
    while await consumer.position(partition) < end:
        for record in (await consumer.getmany(partition, timeout_ms=1000)).get(partition, ()):
            metadata, _ = read_headers(record, sequenced=True)
            if metadata is None or metadata.seq is None or metadata.shard != partition.partition:
                continue
            last, heard_at = marks.get((metadata.source, metadata.shard), (None, None))
            if last is None or metadata.seq <= last or not is_of(stream, metadata.source):
                continue
            if record.offset > oldest and (heard_at is None or metadata.seq > last + FAR):
                continue  # nobody's loss: its hearer sets it aside
            yield record.offset, metadata
