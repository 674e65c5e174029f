"""After a database came back from a backup: a new history begins, and what was heard since the backup is heard again."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError

from chassis.kafka_security import client_arguments

if TYPE_CHECKING:
    from chassis.service import Service

# The numbers given since the backup are on the topics and are known to hearers: to use them again for other events would
# make those look like duplicates. Under a new epoch the count begins at 1, also for what was waiting in the outbox.
_NEW_EPOCH = "update epoch set name = replace(gen_random_uuid()::text, '-', ''), begun_at = now() returning name"
_RENUMBER = """
with waiting as (
    select topic, shard, seq, row_number() over (partition by topic, shard order by seq) as fresh from outbox
)
update outbox o set seq = -waiting.fresh from waiting
where o.topic = waiting.topic and o.shard = waiting.shard and o.seq = waiting.seq
"""
_POSITIVE = "update outbox set seq = -seq where seq < 0"
_NEXT = """
update outbox_shard s set next_seq = 1 + (select count(*) from outbox o where o.topic = s.topic and o.shard = s.shard)
"""


async def begin_new_history(service: "Service") -> dict[str, object]:
    """New epoch, outbox numbered from 1, consumer group back at the start of its topics. Run it while the service is stopped.

    Hearing everything again is safe: the watermarks drop what the backup knew, and the rest is what was lost.
    """
    rewound = await _rewind(service) if service.router.subscriptions else 0
    async with service.database.connection() as conn, conn.transaction():
        epoch = await conn.fetchval(_NEW_EPOCH)
        for statement in (_RENUMBER, _POSITIVE, _NEXT):
            await conn.execute(statement)
    return {"epoch": epoch, "partitions_rewound": rewound}


async def _rewind(service: "Service") -> int:
    async with its_group(service) as consumer:
        found = [tp for stream in service.router.streams for tp in await partitions_of(consumer, stream.topic)]
        consumer.assign(found)
        oldest = await consumer.beginning_offsets(found)
        await commit(consumer, dict(oldest), service.settings.session_timeout_ms / 1000)
        return len(found)


class GroupAtWork(RuntimeError):
    """The consumer group has a member: its offsets can't be moved."""

    def __init__(self) -> None:
        super().__init__("the consumer group has a member at work: stop the service, all its replicas")


@contextlib.asynccontextmanager
async def its_group(service: "Service") -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer that reads what it is told to and may move the offsets of the service's group."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=service.settings.kafka_bootstrap_servers,
        **client_arguments(service.settings),
        group_id=service.router.service,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def partitions_of(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    """The partitions that the topic has."""
    return [TopicPartition(topic, n) for n in sorted(await consumer._client._wait_on_metadata(topic))]


async def commit(consumer: AIOKafkaConsumer, offsets: dict[TopicPartition, int], session_s: float) -> None:
    """Moves the group. A member that was stopped keeps its seat until its session ends; before that nobody else may commit.

    Raises GroupAtWork when the session has ended and a member is still there.
    """
    end = time.monotonic() + session_s + 5
    while True:
        try:
            await consumer.commit(offsets)
            return
        except CommitFailedError:
            if time.monotonic() > end:
                raise GroupAtWork from None
            await asyncio.sleep(0.5)
