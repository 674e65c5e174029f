"""How this project uses Kafka's clients. The defaults that lose or double events are overruled here, once."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from functools import partial
from itertools import chain
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.codec import lz4_encode
from aiokafka.record import default_records
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import KafkaAckableMessage

from chassis import kafka_security, telemetry
from chassis.errors import words
from chassis.settings import Settings

MAX_BATCH = 1 << 20
FLOWING_MIN_BYTES = 256 * 1024
# Where so many come each millisecond the broker may gather so much longer: small deliveries have their price.
MANY, LONGER = 3.5, 4
IDLE_WAIT_MS = 250
METADATA_MS = 10_000  # so long nobody may know of a partition that a topic was given


async def _poll(max_records: int, consumer: Any) -> tuple[ConsumerRecord, ...]:
    """No sleep after an empty poll, and the broker forms the batches.

    FastStream sleeps a further ``batch_timeout_ms`` after an empty poll, which is latency for nothing. While records flow
    the broker may gather for a few milliseconds (half the rounds, the best p99 we measured); after an empty poll the first
    record is answered at once. The two fetcher fields are private: a test reads them.
    """
    fetcher, wait = consumer._fetcher, getattr(consumer, "flowing_wait_ms", 15)
    keep_looking(consumer._client)
    polled = await consumer.getmany(timeout_ms=1000, max_records=max_records)
    if polled:
        many = sum(map(len, polled.values())) >= MANY * max(wait, fetcher._fetch_max_wait_ms)
        fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms = FLOWING_MIN_BYTES, wait * LONGER if many else wait
    else:
        fetcher._fetch_min_bytes, fetcher._fetch_max_wait_ms = 1, IDLE_WAIT_MS
        if when_idle := getattr(consumer, "when_idle", None):
            await when_idle()  # FastStream calls no handler for an empty poll
    return tuple(chain.from_iterable(polled.values()))


def compress_lightly() -> None:
    """Batches are compressed at lz4's lightest level; aiokafka takes its heaviest and lets nobody choose.

    On a batch of 500 of our events the lightest takes 100 us and the heaviest 1,400, for 15 % less on the wire. The module
    that builds batches may be the compiled one or the one in Python: what it calls is replaced there. A test looks.
    """
    lightest = partial(lz4_encode, level=1)
    for builder in {default_records.DefaultRecordBatchBuilder.__module__, default_records.__name__}:
        sys.modules[builder].lz4_encode = lightest  # type: ignore[attr-defined]


compress_lightly()


async def raw_batch(records: tuple[ConsumerRecord, ...]) -> KafkaAckableMessage:
    """Hands the records over as they are: nothing in here can fail on a bad header and lose its whole batch with it."""
    return KafkaAckableMessage(
        raw_message=records,
        body=b"",
        headers={},
        consumer=None,
        correlation_id="-",
        message_id=str(records[0].offset) if records else "-",
    )


async def raw_body(message: Any) -> Any:
    """The records themselves."""
    return message.raw_message


def new_broker(settings: Settings) -> KafkaBroker:
    """A FastStream broker that only consumes, creates no topics, and acknowledges nothing by itself."""
    return KafkaBroker(
        settings.kafka_bootstrap_servers,
        security=kafka_security.of_faststream(settings),
        consumer_only=True,
        allow_auto_create_topics=False,
        ack_policy=AckPolicy.MANUAL,
        request_timeout_ms=40_000,
        retry_backoff_ms=100,
        metadata_max_age_ms=METADATA_MS,
        graceful_timeout=settings.stop_grace_s,
        apply_types=False,
        logger=None,
    )


def subscribe(broker: KafkaBroker, settings: Settings, group: str, topics: list[str], listener: Any) -> Any:
    """One batch subscriber: static member, earliest, acknowledged by us after the commit, polled in our way."""
    made = broker.subscriber(
        *topics,
        group_id=group,
        group_instance_id=f"{group}-{settings.instance}",
        batch=True,
        max_records=settings.max_records,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        fetch_max_wait_ms=IDLE_WAIT_MS,
        session_timeout_ms=settings.session_timeout_ms,
        heartbeat_interval_ms=1000,
        rebalance_timeout_ms=20_000,
        listener=listener,
        parser=raw_batch,
        decoder=raw_body,
    )
    made.get_msg = partial(_poll, settings.max_records)  # type: ignore[method-assign]
    return made


def new_reader(settings: Settings) -> AIOKafkaConsumer:
    """A consumer of no group, for who reads all of a topic by himself: it is assigned its partitions, from the start."""
    return AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        **kafka_security.client_arguments(settings),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=IDLE_WAIT_MS,
        request_timeout_ms=5_000,
        retry_backoff_ms=100,
        metadata_max_age_ms=METADATA_MS,
    )


async def new_producer(settings: Settings) -> AIOKafkaProducer:
    """A started idempotent producer: acks=all, no linger (batches form while a request is in flight), 1 MB batches."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        **kafka_security.client_arguments(settings),
        enable_idempotence=True,
        acks="all",
        linger_ms=0,
        compression_type="lz4",
        max_batch_size=MAX_BATCH,
        max_request_size=MAX_BATCH,
        request_timeout_ms=10_000,
        retry_backoff_ms=100,
        metadata_max_age_ms=METADATA_MS,
    )
    try:
        async with asyncio.timeout(15):
            await kafka_security.started(producer.start(), settings)
    except BaseException:
        await abort(producer)
        raise
    return producer


async def abort(producer: AIOKafkaProducer) -> None:
    """Throws a producer away so that it can never deliver later.

    ``stop()`` waits for ever while the brokers are away (aiokafka #1101), and one that is abandoned in that wait is a
    zombie that delivers when they come back. Cancelling its sender task first is the only sure end. Private attributes.
    """
    producer._closed = True
    if (sender := producer._sender.sender_task) is not None:
        sender.cancel()
        await asyncio.wait([sender], timeout=1)
    with contextlib.suppress(Exception):
        await asyncio.wait_for(producer.client.close(), 1)


@contextlib.asynccontextmanager
async def admin(settings: Settings, timeout_ms: int = 5000) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client that asks about the cluster, or changes it. An error when it can't be reached or does not let us in."""
    client = AIOKafkaAdminClient(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        **kafka_security.client_arguments(settings),
        request_timeout_ms=timeout_ms,
    )
    try:
        await kafka_security.started(client.start(), settings)
        yield client
    finally:
        await client.close()


async def partition_counts(settings: Settings) -> dict[str, int]:
    """The topics of the cluster that we may see and how many partitions each has, or an error when it can't be reached."""
    async with admin(settings) as client:
        return {topic["topic"]: len(topic["partitions"]) for topic in await client.describe_topics()}


async def beginning_offset(consumer: AIOKafkaConsumer, partition: Any) -> int:
    """The oldest offset the broker still has."""
    return int((await consumer.beginning_offsets([partition]))[partition])


def reaches_its_group(consumer: AIOKafkaConsumer) -> bool:
    """Whether the group's coordinator answers this member: it forgets who that is at the first heartbeat that fails. Nothing
    else tells a consumer to which nothing is sent that Kafka is away. The field is private."""
    return getattr(consumer._coordinator, "coordinator_id", None) is not None


async def watch_partitions(consumer: AIOKafkaConsumer, first: bool) -> None:
    """Called at each assignment: whoever may be the group's leader sees to it that every partition gets a member.

    A static member that comes back in time gets its former partitions and is told that its former self leads (KIP-814; aiokafka
    knows no JoinGroup 9): nobody in the group would look for new partitions any more. So each member watches the topics. The one
    that leads begins a rebalance by joining again; to any other the broker answers with what it has. ``first``: partitions may
    have come while this member was away; who has all there are, need not ask. Private parts: a test reads them.
    """
    coordinator = consumer._coordinator
    if coordinator._group_subscription is not None:
        return  # it leads and knows it
    await consumer._client._maybe_wait_metadata()
    coordinator._group_subscription = consumer.subscription()
    coordinator._metadata_snapshot = coordinator._get_metadata_snapshot()
    if first and len(consumer.assignment()) < sum(coordinator._metadata_snapshot.values()):
        coordinator.request_rejoin()


def keep_looking(client: Any) -> None:
    """Starts the client's look-out for brokers and leaders anew when it has died.

    aiokafka 0.14 runs it as a task and nobody looks at its end: now and then, after a broker was killed, it was found dead,
    and the consumer knew no coordinator and no new leader any more, without a word. Whoever waits for the next look is
    answered by the new task. Private parts: a test reads them.
    """
    task = client._sync_task
    if task is None or not task.done() or task.cancelled():
        return
    died_of = task.exception()
    telemetry.log("broker").error("look_out_died", error=words(died_of) if died_of else "it ended")
    if client._md_update_fut is not None and client._md_update_fut.done():
        client._md_update_fut = None
    if not client._md_update_waiter.done():
        client._md_update_waiter.set_result(None)
    client._sync_task = asyncio.create_task(client._md_synchronizer())
