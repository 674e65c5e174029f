"""A handler that was added later hears the past: a service that is stopped will hear a topic again, from a point on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis import records
from chassis.consumer import FAR, advance, is_of
from chassis.headers import read_headers
from chassis.restored import commit, its_group, partitions_of
from contracts.event import Stream

if TYPE_CHECKING:
    from chassis.service import Service

Offsets = Mapping[TopicPartition, int]
Marks = dict[tuple[str, int], int]  # by source and shard

_FORGET = """
delete from watermark w where topic = $1 and shard = any($2::int[])
    and not exists (select from unnest($3::text[], $4::int[]) as m(source, shard) where (m.source, m.shard) = (w.source, w.shard))
"""
_LOWER = """
update watermark w set last_seq = m.seq, last_at = null, last_id = null
from unnest($2::text[], $3::int[], $4::bigint[]) as m(source, shard, seq)
where w.topic = $1 and (w.source, w.shard) = (m.source, m.shard) and w.last_seq > m.seq
"""


class RereadRefused(Exception):
    """The topic can't be heard again; the message says why."""


async def reread(service: "Service", topic: str, since: str = "") -> dict[str, Any]:
    """The group goes back to its oldest record, or to ``since``: an offset, or a time with its zone. Never forward.

    The group goes first: should the rest fail, what comes again is dropped as known, and this can be asked for once more.
    Raises RereadRefused for a topic that may not be heard again, and GroupAtWork.
    """
    subscription = service.router.subscriptions.get(topic)
    if subscription is None:
        heard = ", ".join(service.router.subscriptions) or "nothing"
        raise RereadRefused(f"{service.name} does not hear {topic}: it hears {heard}")
    if not subscription.idempotent:
        name = subscription.handler.__name__
        raise RereadRefused(f"{name} is not declared idempotent: what it did when it heard {topic} would be done again")
    point = _point(since)
    async with its_group(service) as consumer:
        partitions = await partitions_of(consumer, topic)
        consumer.assign(partitions)
        oldest = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        start = await _start(consumer, oldest, ends, point)
        reached = {tp: await consumer.committed(tp) for tp in partitions}
        back = {tp: at for tp, at in start.items() if at < ends[tp] and at <= (reached[tp] or -1)}
        marks = await _known_before(consumer, subscription.stream, oldest, back)
        if back:
            await commit(consumer, back, service.settings.session_timeout_ms / 1000)
            await _take_back(service, topic, [tp.partition for tp in back], marks)
    return {"topic": topic, "records": sum(reached[tp] - at for tp, at in back.items())}


def _point(since: str) -> int | datetime | None:
    if not since:
        return None
    if since.isdecimal():
        return int(since)
    try:
        at = datetime.fromisoformat(since)
    except ValueError:
        raise RereadRefused(f"{since} is neither an offset nor a time like 2026-03-01T00:00:00Z") from None
    if at.tzinfo is None:
        raise RereadRefused(f"{since} has no zone: say which, as in 2026-03-01T00:00:00Z")
    return at


async def _start(consumer: AIOKafkaConsumer, oldest: Offsets, ends: Offsets, point: int | datetime | None) -> Offsets:
    if point is None:
        return oldest
    if isinstance(point, int):
        return {tp: max(at, min(point, ends[tp])) for tp, at in oldest.items()}
    found = await consumer.offsets_for_times(dict.fromkeys(oldest, int(point.timestamp() * 1000)))
    return {tp: found[tp].offset if found[tp] else end for tp, end in ends.items()}


async def _known_before(consumer: AIOKafkaConsumer, stream: Stream, oldest: Offsets, start: Offsets) -> Marks:
    """The watermarks of one who has heard the log up to the start and no further: the rules are the consumer's, so a number
    that a stranger put on the topic moves nothing. A history that begins later has none: it is met as a new one."""
    if not stream.sequenced:
        return {("kafka", tp.partition): max(0, at - 1) for tp, at in start.items()}
    records.read_leniently()
    marks: Marks = {}
    ahead = {tp for tp, at in start.items() if at > oldest[tp]}
    consumer.pause(*(oldest.keys() - ahead))
    for tp in ahead:
        consumer.seek(tp, oldest[tp])
    while ahead:
        for tp, batch in (await consumer.getmany(*ahead, timeout_ms=1000)).items():
            for record in batch:
                if record.offset < start[tp]:
                    _hear(record, stream, oldest[tp], marks)
        ahead = {tp for tp in ahead if await consumer.position(tp) < start[tp]}
    return marks


def _hear(record: Any, stream: Stream, oldest: int, marks: Marks) -> None:
    metadata, _ = read_headers(record, sequenced=True)
    if metadata is None or metadata.seq is None:
        return
    if not is_of(stream, metadata.source) or metadata.shard != record.partition:
        return
    position = metadata.source, metadata.shard
    last = marks.get(position)
    if last is None:
        last = metadata.seq - 1 if record.offset == oldest > 0 else 0  # the log may begin later than the history
    elif stream.compacted and metadata.seq > last + FAR:
        return
    if advance(last, metadata.seq, holes=stream.compacted) == "next":
        marks[position] = metadata.seq


async def _take_back(service: "Service", topic: str, partitions: Sequence[int], marks: Marks) -> None:
    sources, shards = [source for source, _ in marks], [shard for _, shard in marks]
    async with service.database.connection() as conn, conn.transaction():
        await conn.execute(_FORGET, topic, partitions, sources, shards)
        await conn.execute(_LOWER, topic, sources, shards, list(marks.values()))
