"""The relay: takes what this service has said out of its database to Kafka, in order, and deletes what was acknowledged.

The numbers were given in the writers' transactions (transaction.py), so the relay invents nothing: whatever it sends twice
carries the same numbers and is dropped by every hearer's watermark. One relay per service is at work at a time; that saves
duplicates, correctness does not lean on it. Shards fail apart: one that the broker refuses is tried again alone, after pauses
that grow, and the others go on (lanes.py).
"""

import asyncio
import contextlib
import math
import time
from collections import defaultdict
from datetime import datetime
from functools import lru_cache
from typing import Any

import asyncpg
from opentelemetry.trace import SpanKind

from chassis import failpoint, telemetry
from chassis.database import BY_KEY, KEPT_ALIVE, plain_url, tls
from chassis.errors import brief, words
from chassis.lanes import Lanes, Refused, Shard
from chassis.settings import Settings
from contracts.event import Stream

LOCK = 4711
ROWS = 2000
BUSY_S, QUIET_S, DELETE_EVERY_S, LEARN_EVERY_S = 0.005, 0.25, 0.5, 2.0
SLOW_S, ACK_WITHIN_S = 0.5, 8.0  # when the others go on without a shard, and when it is set aside
SOUND_S = 10.0  # who has worked for so long begins again at once

_SELECT = """
select o.topic, o.shard, o.seq, o.id::text, o.type, o.at, o.traceparent, o.causation, o.actor, o.key, o.payload
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
_WAITING = """
select topic, shard, count(*) as rows, min(at) as oldest from outbox where topic = any($1) group by topic, shard
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
    if row["actor"]:
        headers.append(("ce_actor", row["actor"].encode()))
    return headers


@lru_cache(maxsize=64)
def _moment(at: datetime) -> bytes:
    """All that one transaction said was said at the same moment."""
    return at.isoformat().encode()


class Relay:
    """Runs until stopped; when the database or all of Kafka is away it begins again, and remembers what was acknowledged."""

    silent_at_most = "10s"  # after that the database ends the session and with it the lock of a relay that is frozen

    def __init__(self, service: str, settings: Settings, streams: tuple[Stream, ...]) -> None:
        self.service, self.settings = service, settings
        self.shards: list[Shard] = [(s.topic, n) for s in streams for n in range(s.partitions)]
        self.log = telemetry.log("relay")
        self.lanes = Lanes(settings, "relay")
        self._stopped_by = "the relay has not started"
        self._kick = asyncio.Event()
        self._history = b""
        self._sent: dict[Shard, int] = {}
        self._waiting: dict[Shard, tuple[int, datetime]] = {}
        self._deleted_at = self._learned_at = 0.0
        self._undeleted = False

    @property
    def not_ready_reason(self) -> str:
        """Why this relay, or which shard of it, sends nothing; it stands until that is over."""
        return self._stopped_by or self.lanes.not_ready_reason

    def kick(self) -> None:
        """Something was committed: look now rather than at the next poll."""
        self._kick.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Until ``stopping``, and then until nothing is left to send or a second has passed."""
        pause, began = 0.1, math.inf
        while not stopping.is_set():
            connection: asyncpg.Connection | None = None
            try:
                connection = await self._connect()
                await self._own(connection, stopping)
                source = await self._recall(connection)
                await self.lanes.begin()
                began = time.monotonic()
                await self._work(connection, source, stopping)
            except Exception as error:
                self._stopped_by = f"the relay begins again after {brief(error)}"
                telemetry.RELAY_RESTARTS.inc()
                self.log.warning("relay_restarts", error=words(error))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), pause)
                pause = 0.1 if time.monotonic() - began > SOUND_S else min(pause * 2, 3)
                began = math.inf
            finally:
                await self.lanes.end()
                if connection is not None:
                    connection.terminate()

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(
            plain_url(self.settings.database_url.get_secret_value()),
            timeout=5,
            command_timeout=20,
            **tls(self.settings),
            # A frozen relay must not keep the lock: a relay at work is never silent for ten seconds.
            server_settings={
                "application_name": f"tributary {self.service} relay",
                "idle_session_timeout": self.silent_at_most,
                **KEPT_ALIVE,
                "synchronous_commit": "off",
                **BY_KEY,
            },
        )

    async def _own(self, connection: asyncpg.Connection, stopping: asyncio.Event) -> None:
        while not await connection.fetchval("select pg_try_advisory_lock($1)", LOCK):
            self._stopped_by = ""  # another replica's relay is at work: standing by is not trouble
            await asyncio.sleep(0.5)
            if stopping.is_set():
                raise asyncio.CancelledError

    async def _recall(self, connection: asyncpg.Connection) -> bytes:
        """Under which name this history is sent. What was acknowledged of it is never sent again by this process, whatever
        made it begin again. A database back from a backup has another name, or gives numbers that it gave before."""
        epoch: str = await connection.fetchval("select name from epoch")
        source = f"{self.service}/{epoch}".encode()
        await self._learn(connection)
        rows = await connection.fetch("select topic, shard, next_seq from outbox_shard")
        given = {(r["topic"], r["shard"]): r["next_seq"] for r in rows}
        if source != self._history or any(sent >= given.get(shard, 1) for shard, sent in self._sent.items()):
            self._history, self._sent = source, dict.fromkeys(self.shards, 0)
        await self._delete(connection)
        # While all of Kafka is away this is the only place that says how old what waits becomes.
        rows = await connection.fetch(_WAITING, sorted({topic for topic, _ in self.shards}))
        self._waiting = {(r["topic"], r["shard"]): (r["rows"], r["oldest"]) for r in rows}
        self._tell()
        return source

    async def _learn(self, connection: asyncpg.Connection) -> None:
        """A topic may have been given partitions meanwhile."""
        topics = sorted({topic for topic, _ in self.shards})
        rows = await connection.fetch("select topic, shard from outbox_shard where topic = any($1)", topics)
        self.shards = sorted({*self.shards, *((row["topic"], row["shard"]) for row in rows)})
        self._sent = dict.fromkeys(self.shards, 0) | self._sent
        self._learned_at = time.monotonic()

    async def _work(self, connection: asyncpg.Connection, source: bytes, stopping: asyncio.Event) -> None:
        quiet_since, until = time.monotonic(), None
        while True:
            if stopping.is_set() and until is None:
                until = time.monotonic() + 1
            self._kick.clear()
            if time.monotonic() - self._learned_at > LEARN_EVERY_S:
                await self._learn(connection)
            rows = await self._look(connection)
            if rows:
                failpoint.reach("relay.selected")
                await self._publish(rows, source)
                quiet_since = time.monotonic()
            self.lanes.reap()
            if self._undeleted and time.monotonic() - self._deleted_at > DELETE_EVERY_S:
                await self._delete(connection)
            self._tell()
            self._stopped_by = ""
            if until is not None and (not (rows or self.lanes.busy) or time.monotonic() > until):
                await self._delete(connection)
                return
            if rows:
                await asyncio.sleep(BUSY_S)
                continue
            calm = time.monotonic() - quiet_since
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._kick.wait(), 0.02 if calm < 0.2 else QUIET_S)

    async def _look(self, connection: asyncpg.Connection) -> list[Any]:
        """What is next of each shard that is not under way and does not rest."""
        free = [s for s in self.shards if s not in self.lanes.busy and not self.lanes.rests(s)]
        if not free:
            return []
        topics, numbers = zip(*free, strict=True)
        found: list[Any] = await connection.fetch(_SELECT, topics, numbers, [self._sent[s] for s in free], ROWS)
        return found

    def _tell(self) -> None:
        telemetry.OUTBOX_ROWS.set(sum(count for count, _ in self._waiting.values()))
        oldest = min((at for _, at in self._waiting.values()), default=None)
        telemetry.OUTBOX_AGE.set(telemetry.age_of(oldest) if oldest else 0)

    async def _publish(self, rows: list[Any], source: bytes) -> None:
        """Returns when each shard has its acknowledgement; the slow ones go on behind."""
        by_shard: dict[Shard, list[Any]] = defaultdict(list)
        for row in rows:
            by_shard[row["topic"], row["shard"]].append(row)
        for shard, its in by_shard.items():
            self._waiting[shard] = (len(its), its[0]["at"])
            task = self.lanes.start(shard, self._publish_shard(shard, its, source))
            task.add_done_callback(lambda _: self._kick.set())
        waited = [self.lanes.busy[shard] for shard in by_shard if shard not in self.lanes.refusing]
        if waited and not (await asyncio.wait(waited, timeout=SLOW_S))[1]:
            failpoint.reach("relay.acked")

    async def _publish_shard(self, shard: Shard, rows: list[Any], source: bytes) -> None:
        """One batch after the other. Where one is refused the shard stays where it is, and the lanes say until when."""
        with contextlib.suppress(Refused):
            batch, last = self.lanes.create_batch(), 0
            for row in rows:
                item = {"key": row["key"], "value": row["payload"], "timestamp": None}
                item["headers"] = self._headers(row, shard[0], source)
                if batch.append(**item) is None:
                    await self._send(batch, shard, last)
                    batch = self.lanes.create_batch()
                    if batch.append(**item) is None:
                        raise ValueError(f"one event of {shard[0]} is larger than a batch may be")
                last = row["seq"]
            await self._send(batch, shard, last)
            telemetry.SENT.labels(shard[0]).inc(len(rows))
            self._waiting.pop(shard, None)

    def _headers(self, row: Any, topic: str, source: bytes) -> list[tuple[str, bytes]]:
        if not telemetry.is_sampled(row["traceparent"]):
            return headers_of(row, source)
        with telemetry.span(
            f"send {topic}", row["traceparent"], SpanKind.PRODUCER, **{"messaging.destination.name": topic}
        ) as trace:
            return headers_of({**row, "traceparent": trace}, source)

    async def _send(self, batch: Any, shard: Shard, last: int) -> None:
        await self.lanes.send(shard, batch, ACK_WITHIN_S)  # one batch of a shard in flight: the next only after the ack
        self._sent[shard] = last
        self._undeleted = True

    async def _delete(self, connection: asyncpg.Connection) -> None:
        """Lazily and without waiting for the disk: a delete that is lost only sends the same numbers again."""
        topics, numbers = zip(*self._sent, strict=True)
        await connection.execute(_DELETE, topics, numbers, list(self._sent.values()))
        self._deleted_at, self._undeleted = time.monotonic(), False
        failpoint.reach("relay.deleted")
