"""One test's own place on a shared Kafka and Postgres: topics, groups and databases that nobody else uses."""

import asyncio
import contextlib
import dataclasses
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from pydantic import SecretStr

from chassis import Service, Settings
from chassis.broker import new_producer
from chassis_testing import MASTER, new_database, template, url_of
from contracts import STREAM_OF
from contracts.event import Event, Stream
from contracts.territory.access import ACCESS
from toy.app import build
from toy.handlers import subscription
from toy.streams import streams_of
from toy.waiting import until
from tributary.bus import Bus
from tributary.topics import create_topics

OWNER = "test_place"


@dataclass
class Place:
    """Streams under names of this test's own; an upstream toy says ``heard``, the toy under test hears it and says ``said``."""

    kafka: str
    postgres: str
    metadata: Stream
    emitted: Stream
    taken: Stream
    access: Stream
    group: str
    _databases: list[str] = field(default_factory=list)

    def settings(self, database: str, instance: str = "one", **more: Any) -> Settings:
        """Settings for one process of the toy."""
        return Settings(
            database_url=SecretStr(url_of(self.postgres, database, OWNER, "worker")),
            door_database_url=SecretStr(url_of(self.postgres, database, OWNER, "door")),
            kafka_bootstrap_servers=[self.kafka],
            master_key=SecretStr(MASTER),
            instance=instance,
            database_pool=4,
            **{"session_timeout_ms": 6000, **more},
        )

    async def database(self, like: str = "") -> str:
        """A new database as the migrations make it, or a copy of another: what a backup is."""
        if not like:
            like = _templates.get(self.postgres) or await template(self.postgres, OWNER, build, Settings, {})
            _templates[self.postgres] = like
        name = f"test_{uuid.uuid4().hex[:12]}"
        await new_database(self.postgres, name, OWNER, like)
        self._databases.append(name)
        return name

    async def _as_superuser(self, statement: str) -> None:
        connection = await asyncpg.connect(self.postgres)
        await connection.execute(statement)
        await connection.close()

    async def shut(self, name: str) -> None:
        """Nobody gets into the database, and who was in it is thrown out."""
        await self._as_superuser(f"alter database {name} with allow_connections false")
        await self._as_superuser(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")

    async def open(self, name: str) -> None:
        """The way back."""
        await self._as_superuser(f"alter database {name} with allow_connections true")

    async def forget(self) -> None:
        """Drops the databases."""
        for name in self._databases:
            await self._as_superuser(f"drop database {name} with (force)")

    def upstream(self, database: str, **more: Any) -> Service:
        """A toy that says what the toy under test hears, in the name of the service that owns it."""
        service = build(self.settings(database, **more), subscription(f"up-{self.group}"), (self.metadata,))
        assert service.relay is not None
        service.relay.service = self.metadata.publisher
        service.access.stream = self.access
        return service

    def territory(self, database: str) -> Service:
        """A toy that says who may see what, in the name of the service that owns that."""
        service = build(self.settings(database), subscription(f"access-{self.group}"), (self.access,))
        assert service.relay is not None
        service.relay.service = self.access.publisher
        service.access.stream = self.access
        return service

    def downstream(self, database: str, instance: str = "one", **more: Any) -> Service:
        """The toy under test."""
        router = subscription(self.group, self.metadata, self.taken)
        service = build(self.settings(database, instance, **more), router, (self.emitted,))
        service.access.stream = self.access
        return service

    async def on_topic(self, stream: Stream) -> list[ConsumerRecord]:
        """Everything that is on the stream's topic, partition by partition."""
        return await self.on_topic_of(stream, range(stream.partitions))

    async def on_topic_of(self, stream: Stream, numbers: Sequence[int]) -> list[ConsumerRecord]:
        """What is on these partitions."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka, enable_auto_commit=False)
        await consumer.start()
        try:
            partitions = [TopicPartition(stream.topic, n) for n in numbers]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            ends = await consumer.end_offsets(partitions)
            found: list[ConsumerRecord] = []
            while any([await consumer.position(p) < ends[p] for p in partitions]):
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    found += records
            return sorted(found, key=lambda r: (r.partition, r.offset))
        finally:
            await consumer.stop()

    async def put(self, stream: Stream, *records: tuple[bytes | None, list[tuple[str, bytes | None]]]) -> None:
        """Raw records on partition 0, as a stranger might put them."""
        await self.put_on(stream, 0, *records)

    async def put_on(
        self, stream: Stream, partition: int, *records: tuple[bytes | None, list[tuple[str, bytes | None]]]
    ) -> None:
        """The same on a partition of choice."""
        producer = await new_producer(self.settings("-"))
        for value, headers in records:
            await producer.send_and_wait(stream.topic, value, b"k", partition, headers=headers)
        await producer.stop()

    async def delete_before(self, stream: Stream, partition: int, offset: int) -> None:
        """What retention does: the log begins here now."""
        from confluent_kafka import TopicPartition as Old
        from confluent_kafka.admin import AdminClient

        admin: Any = AdminClient({"bootstrap.servers": self.kafka, "log_level": 0})
        for gone in admin.delete_records([Old(stream.topic, partition, offset)]).values():
            await asyncio.to_thread(gone.result, 10)

    async def committed(self, stream: Stream) -> dict[int, int]:
        """How far the group is, as Kafka knows it."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka, group_id=self.group, enable_auto_commit=False)
        await consumer.start()
        try:
            partitions = [TopicPartition(stream.topic, n) for n in range(stream.partitions)]
            return {p.partition: await consumer.committed(p) or 0 for p in partitions}
        finally:
            await consumer.stop()


_templates: dict[str, str] = {}


@contextlib.asynccontextmanager
async def a_place(kafka: str, postgres: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """A place with its topics made."""
    mark = uuid.uuid4().hex[:8]
    metadata, emitted, taken = streams_of(mark)
    access = dataclasses.replace(ACCESS, topic=f"territory.access-{mark}")
    for stream in (metadata, emitted, taken, access):
        for event in stream.events:
            monkeypatch.setitem(STREAM_OF, event.event_type(), stream)
    await asyncio.to_thread(create_topics, Bus(kafka), (metadata, emitted, taken, access))
    place = Place(kafka, postgres, metadata, emitted, taken, access, f"toy-{mark}")
    try:
        yield place
    finally:
        await place.forget()


@contextlib.asynccontextmanager
async def at_work(*services: Service, ready: bool = True) -> AsyncIterator[None]:
    """The services run as their processes would, without the web server, and are stopped at the end."""
    running = [asyncio.create_task(service._work()) for service in services]
    try:
        for service in services if ready else ():
            await until(f"{service.name} is ready", lambda s=service: not s.not_ready_reasons())
        yield
    finally:
        for service in services:
            service.stopping.set()
        for service, work in zip(services, running, strict=True):
            await service._wind_up(work)


async def say(service: Service, events: Sequence[Event]) -> None:
    """One transaction that says them all."""
    async with service.database.transaction() as tx:
        for event in events:
            tx.emit(event)


async def noted(service: Service) -> list[str]:
    """What the toy has noted, in order."""
    async with service.database.connection() as conn:
        return [r["what"] for r in await conn.fetch("select what from note where topic <> 'job' order by n")]


async def left_to_send(service: Service) -> int:
    """Rows still in the outbox."""
    async with service.database.connection() as conn:
        return int(await conn.fetchval("select count(*) from outbox"))


def numbers(records: Sequence[ConsumerRecord]) -> dict[tuple[bytes, int], list[int]]:
    """The numbers on a topic, per history and partition, in the order of the log."""
    found: dict[tuple[bytes, int], list[int]] = {}
    for record in records:
        headers = dict(record.headers)
        found.setdefault((headers["source"], record.partition), []).append(int(headers["seq"]))
    return found


def first_seen(numbers: Sequence[int]) -> list[int]:
    """Each number at its first appearance: what a watermark lets through."""
    return list(dict.fromkeys(numbers))
