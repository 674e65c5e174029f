"""The relay: takes what this service has said out of its database to Kafka, in order, and deletes what was acknowledged.

The numbers were given in the writers' transactions (transaction.py), so the relay invents nothing: whatever it sends twice
carries the same numbers and is dropped by every hearer's watermark. One relay per service is at work at a time; that saves
duplicates, correctness does not lean on it.
"""

import asyncio
import contextlib
import time
from collections import defaultdict
from datetime import datetime
from functools import lru_cache
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from opentelemetry.trace import SpanKind

from chassis import broker, failpoint, telemetry
from chassis.database import plain_url
from chassis.settings import Settings
from contracts.event import Stream

LOCK = 4711
ROWS = 2000
BUSY_S, QUIET_S, DELETE_EVERY_S = 0.005, 0.25, 0.5

_SELECT = """
select o.topic, o.shard, o.seq, o.id::text, o.type, o.at, o.traceparent, o.causation, o.key, o.payload
from unnest($1::text[], $2::int[], $3::bigint[]) as sent(topic, shard, seq)
cross join lateral (
    select * from outbox o
    where o.topic = sent.topic and o.shard = sent.shard and o.seq > sent.seq
    order by o.seq limit $4
) o
"""
_DELETE = """
delete from outbox o using unnest($1::text[], $2::int[], $3::bigint[]) as sent(topic, shard, seq)
where o.topic = sent.topic and o.shard = sent.shard and o.seq <= sent.seq
"""


def headers_of(row: Any, source: bytes) -> list[tuple[str, bytes]]:
    """CloudEvents 1.0 binary mode, the trace, and the number by which hearers see duplicates and losses."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(row["id"]).encode()),
        ("ce_type", row["type"].encode()),
        ("ce_source", b"/" + source),
        ("ce_time", _moment(row["at"])),
        ("content-type", b"application/json"),
        ("traceparent", row["traceparent"].encode()),
        ("correlationid", row["key"]),
        ("source", source),
        ("shard", b"%d" % row["shard"]),
        ("seq", b"%d" % row["seq"]),
    ]
    if row["causation"]:
        headers.append(("causationid", row["causation"].encode()))
    return headers


@lru_cache(maxsize=64)
def _moment(at: datetime) -> bytes:
    """All that one transaction said was said at the same moment."""
    return at.isoformat().encode()


class Relay:
    """Runs until stopped; on any error it throws its connection and its producer away and begins again from the database."""

    silent_at_most = "10s"  # after that the database ends the session and with it the lock of a relay that is frozen

    def __init__(self, service: str, settings: Settings, streams: tuple[Stream, ...]) -> None:
        self.service, self.settings = service, settings
        self.shards = [(s.topic, n) for s in streams for n in range(s.partitions)]
        self.topics = [topic for topic, _ in self.shards]
        self.numbers = [number for _, number in self.shards]
        self.log = telemetry.log("relay")
        self.trouble = "the relay has not started"
        self._kick = asyncio.Event()
        self._sent: dict[tuple[str, int], int] = {}
        self._deleted_at = 0.0
        self._undeleted = False

    def kick(self) -> None:
        """Something was committed: look now rather than at the next poll."""
        self._kick.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Until ``stopping``, and then until nothing is left to send or a second has passed."""
        pause = 0.1
        while not stopping.is_set():
            connection: asyncpg.Connection | None = None
            producer: AIOKafkaProducer | None = None
            try:
                connection = await self._connect()
                producer = await broker.new_producer(self.settings)
                await self._own(connection, stopping)
                source = await self._source(connection)
                self._sent = dict.fromkeys(self.shards, 0)
                self.trouble, pause = "", 0.1
                await self._work(connection, producer, source, stopping)
            except Exception as error:
                self.trouble = f"the relay begins again after {type(error).__name__}"
                telemetry.RELAY_RESTARTS.inc()
                self.log.warning("relay_restarts", error=type(error).__name__, detail=str(error)[:200])
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), pause)
                pause = min(pause * 2, 3)
            finally:
                if producer is not None:
                    await broker.abort(producer)
                if connection is not None:
                    connection.terminate()

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            plain_url(self.settings.database_url.get_secret_value()),
            timeout=5,
            command_timeout=20,
            # A frozen relay must not keep the lock: a relay at work is never silent for ten seconds.
            server_settings={
                "application_name": f"tributary {self.service} relay",
                "idle_session_timeout": self.silent_at_most,
                "tcp_keepalives_idle": "5",
                "tcp_keepalives_interval": "2",
                "tcp_keepalives_count": "3",
                "synchronous_commit": "off",
            },
        )

    async def _own(self, connection: asyncpg.Connection, stopping: asyncio.Event) -> None:
        while not await connection.fetchval("select pg_try_advisory_lock($1)", LOCK):
            self.trouble = ""  # another replica's relay is at work: standing by is not trouble
            await asyncio.sleep(0.5)
            if stopping.is_set():
                raise asyncio.CancelledError

    async def _source(self, connection: asyncpg.Connection) -> bytes:
        epoch: str = await connection.fetchval("select name from epoch")
        return f"{self.service}/{epoch}".encode()

    async def _work(
        self, connection: asyncpg.Connection, producer: AIOKafkaProducer, source: bytes, stopping: asyncio.Event
    ) -> None:
        quiet_since, until = time.monotonic(), None
        while True:
            if stopping.is_set() and until is None:
                until = time.monotonic() + 1
            self._kick.clear()
            rows = await connection.fetch(_SELECT, self.topics, self.numbers, list(self._sent.values()), ROWS)
            if rows:
                failpoint.reach("relay.selected")
                await self._publish(producer, rows, source)
                quiet_since = time.monotonic()
            if self._undeleted and time.monotonic() - self._deleted_at > DELETE_EVERY_S:
                await self._delete(connection)
            telemetry.OUTBOX_ROWS.set(len(rows))
            telemetry.OUTBOX_AGE.set(telemetry.age_of(min(r["at"] for r in rows)) if rows else 0)
            if until is not None and (not rows or time.monotonic() > until):
                await self._delete(connection)
                return
            if rows:
                await asyncio.sleep(BUSY_S)
                continue
            calm = time.monotonic() - quiet_since
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._kick.wait(), 0.02 if calm < 0.2 else QUIET_S)

    async def _publish(self, producer: AIOKafkaProducer, rows: list[Any], source: bytes) -> None:
        by_shard: dict[tuple[str, int], list[Any]] = defaultdict(list)
        for row in rows:
            by_shard[row["topic"], row["shard"]].append(row)
        async with asyncio.timeout(
            8
        ):  # an idempotent producer never gives up by itself, and the lock's session lives 10 s
            await asyncio.gather(
                *(self._publish_shard(producer, shard, its, source) for shard, its in by_shard.items())
            )
        failpoint.reach("relay.acked")

    async def _publish_shard(
        self, producer: AIOKafkaProducer, shard: tuple[str, int], rows: list[Any], source: bytes
    ) -> None:
        topic = shard[0]
        batch, last = producer.create_batch(), 0
        for row in rows:
            item = {"key": row["key"], "value": row["payload"], "timestamp": None}
            item["headers"] = self._headers(row, topic, source)
            if batch.append(**item) is None:
                await self._send(producer, batch, shard, last)
                batch = producer.create_batch()
                if batch.append(**item) is None:
                    raise ValueError(f"one event of {topic} is larger than a batch may be")
            last = row["seq"]
        await self._send(producer, batch, shard, last)
        telemetry.SENT.labels(topic).inc(len(rows))

    def _headers(self, row: Any, topic: str, source: bytes) -> list[tuple[str, bytes]]:
        if not telemetry.is_sampled(row["traceparent"]):
            return headers_of(row, source)
        with telemetry.span(
            f"send {topic}", row["traceparent"], SpanKind.PRODUCER, **{"messaging.destination.name": topic}
        ) as trace:
            return headers_of({**row, "traceparent": trace}, source)

    async def _send(self, producer: AIOKafkaProducer, batch: Any, shard: tuple[str, int], last: int) -> None:
        sending = await producer.send_batch(batch, shard[0], partition=shard[1])
        failpoint.reach("relay.sent")
        await sending  # one batch of a shard in flight: the next only after the ack
        self._sent[shard] = last
        self._undeleted = True

    async def _delete(self, connection: asyncpg.Connection) -> None:
        """Lazily and without waiting for the disk: a delete that is lost only sends the same numbers again."""
        await connection.execute(_DELETE, self.topics, self.numbers, list(self._sent.values()))
        self._deleted_at, self._undeleted = time.monotonic(), False
        failpoint.reach("relay.deleted")
