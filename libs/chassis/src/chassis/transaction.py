"""One transaction: what a use case loads from and saves to, what it says, and how all of it commits together."""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg
from uuid_utils import uuid7

from chassis import telemetry
from chassis.access import ANONYMOUS, Actor
from chassis.errors import Unusable
from chassis.query import columns
from contracts import STREAM_OF
from contracts.event import Event

if TYPE_CHECKING:
    from chassis.settings import Settings


class Moved(ConnectionError):
    """Another owner of the partition got there first: this delivery is rolled back, read anew and mostly found handled."""


class EventMetadata(NamedTuple):
    """Where an incoming event came from. ``seq`` is None on streams that are not sequenced. ``actor`` is who made the sender
    say it, in the sender's words: empty for the service by itself, and for nobody in particular."""

    topic: str
    partition: int
    offset: int
    at: datetime
    id: str
    type: str
    key: bytes
    traceparent: str
    source: str = ""
    shard: int = 0
    seq: int | None = None
    actor: str = ""


def counts(process_cache: dict[Any, Any]) -> dict[str, int]:
    """How many partitions this process takes each topic of its service to have."""
    known: dict[str, int] = process_cache.get(_COUNTS, {})
    return known


async def load_counts(conn: asyncpg.Connection, process_cache: dict[Any, Any]) -> bool:
    """Reads them again; whether one is another than this process took it for."""
    found = {
        row["topic"]: row["n"]
        for row in await conn.fetch("select topic, count(*) as n from outbox_shard group by topic")
    }
    before, process_cache[_COUNTS] = counts(process_cache), found
    return found != before


class WatermarkMove(NamedTuple):
    """One watermark's move, from the number it must have to the number it gets, and what the newest event is called."""

    topic: str
    source: str
    shard: int
    old: int
    new: int
    at: datetime | None
    id: str


class Emitted(NamedTuple):
    """One row of the outbox to be. ``to`` is its topic, its shard, and how many partitions its sayer takes the topic to have."""

    to: tuple[str, int, int]
    id: str
    type: str
    traceparent: str
    causation: str | None
    actor: str
    key: bytes
    payload: bytes


_COUNTS = "partitions"
LARGEST = 900_000  # bytes of one event; refused here, where it fails alone, and once more by the outbox


def shard_of(key: bytes, partitions: int) -> int:
    """The partition of so many that this key's events go to, in order; the same in every process and for ever."""
    return zlib.crc32(key) % partitions


# Watermarks move only from the number this process believes them to have, numbers are given under the shard rows' locks,
# taken in order, and the events are stored: one statement, one round trip. Events come shard by shard, so that the number of each
# is its place in what is said: nothing is counted or sorted here. Who knows another number of partitions than the shard's
# row says stores nothing: a key of his would go where it no longer belongs. Without moves watermarks are not named: what a
# statement names it must have rights to, and a door has none there.
_STATEMENT = """
with {moves} shards as materialized (
    select * from unnest($2::text[], $3::int[], $4::int[], $5::bigint[], $6::bigint[])
        with ordinality as s(topic, shard, partitions, before, events, n)
), locked as materialized (
    select shards.* from outbox_shard s join shards using (topic, shard)
    where s.partitions is null or s.partitions = shards.partitions
    order by s.topic, s.shard for update of s
), numbered as (
    update outbox_shard s set next_seq = s.next_seq + locked.events
    from locked where s.topic = locked.topic and s.shard = locked.shard
    returning s.topic, s.shard, s.next_seq - locked.events - locked.before as shift, locked.n
), stored as (
    insert into outbox (topic, shard, seq, id, type, at, traceparent, causation, actor, key, payload)
    select numbered.topic, numbered.shard, numbered.shift + said.place - 1,
        said.id, said.type, $1, said.traceparent, said.causation, nullif(said.actor, ''), said.key, said.payload
    from unnest($7::bigint[], $8::uuid[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bytea[], $14::bytea[])
        with ordinality as said(n, id, type, traceparent, causation, actor, key, payload, place)
    join numbered using (n)
    returning 1
)
select {moved} as moved, (select count(*) from stored) as stored
"""
_MOVES = """
step as (
    select * from unnest($15::text[], $16::text[], $17::int[], $18::bigint[], $19::bigint[], $20::timestamptz[], $21::text[])
        as s(topic, source, shard, old, new, at, id)
), moved as (
    update watermark w
    set last_seq = step.new, last_at = greatest(w.last_at, step.at), last_id = step.id
    from step
    where w.topic = step.topic and w.source = step.source and w.shard = step.shard and w.last_seq = step.old
    returning 1
),"""
_MOVE_AND_EMIT = _STATEMENT.format(moves=_MOVES, moved="(select count(*) from moved)")
_EMIT = _STATEMENT.format(moves="", moved="0")


class Transaction:
    """What every use case is given. It is open when the use case gets it, and the door that opened it commits."""

    def __init__(
        self,
        conn: asyncpg.Connection,
        now: datetime,
        settings: "Settings",
        process_cache: dict[Any, Any],
        *,
        owns: frozenset[str] = frozenset(),
        actor: Actor = ANONYMOUS,
        metadata: Mapping[int, EventMetadata] | None = None,
        moves: Sequence[WatermarkMove] = (),
        traceparent: str = "",
    ) -> None:
        self.conn, self.now, self.settings, self.process_cache = conn, now, settings, process_cache
        self.actor = actor
        self.emitted: list[Emitted] = []
        self.set_aside: list[tuple[Event, str]] = []
        self._owns = owns
        self._metadata = metadata if metadata is not None else {}
        self._cause_of_key = {h.key: h for h in self._metadata.values()}
        self._moves = moves
        self._traceparent = traceparent

    def metadata(self, event: Event) -> EventMetadata:
        """Where this incoming event came from."""
        return self._metadata[id(event)]

    def park(self, event: Event, reason: str) -> None:
        """This event can't be handled and is to blame for that itself: it is set aside in this transaction, with the reason.

        However many there are, the rest goes on: what fails because of us is raised instead, and soon holds the delivery.
        """
        self.set_aside.append((event, reason))

    def emit(self, event: Event, caused_by: Event | None = None) -> None:
        """Says the event, when and only when this transaction commits.

        The trace goes on from ``caused_by``, else from the incoming event with the same key, else from the door.
        """
        stream = STREAM_OF[event.type]
        if stream.topic not in self._owns:
            raise TypeError(f"{event.type} belongs to {stream.publisher}: only its owner says it")
        key, payload = str(getattr(event, stream.key)).encode(), event.model_dump_json(exclude_none=True).encode()
        if len(payload) >= LARGEST:
            raise Unusable(f"an event of {stream.topic} is larger than a broker takes")
        partitions = counts(self.process_cache).get(stream.topic, stream.partitions)
        cause = self._metadata.get(id(caused_by)) if caused_by is not None else self._cause_of_key.get(key)
        self.emitted.append(
            Emitted(
                (stream.topic, shard_of(key, partitions), partitions),
                str(uuid7()),
                event.type,
                telemetry.child_of(cause.traceparent) if cause else self._own_trace(),
                cause.id if cause else None,
                self.actor.named,
                key,
                payload,
            )
        )

    def _own_trace(self) -> str:
        """What nothing that was heard has caused belongs to the door's trace, or to one new trace for all of it."""
        if not self._traceparent:
            self._traceparent = telemetry.current_traceparent()
        return self._traceparent

    @property
    def tells(self) -> bool:
        """Whether this transaction handles a delivery or says something: more than a look."""
        return bool(self._moves or self.emitted)

    async def finish(self) -> None:
        """Moves the watermarks and stores what was emitted. Called by the door as the last thing before the commit."""
        if not self.tells:
            return
        moves = list(zip(*self._moves, strict=True))
        row = await self.conn.fetchrow(_MOVE_AND_EMIT if moves else _EMIT, self.now, *_by_shard(self.emitted), *moves)
        assert row is not None
        if row["moved"] != len(self._moves):
            raise Moved("a watermark is not where this process left it")
        if row["stored"] != len(self.emitted):
            if await load_counts(self.conn, self.process_cache):
                raise Moved("a topic was given more partitions")
            raise RuntimeError("an outbox shard is missing: run the migrations and start the service anew")


def _by_shard(emitted: Sequence[Emitted]) -> list[Sequence[Any] | None]:
    """The shards with how many events come before theirs and how many are theirs; then the events, shard by shard and each in
    its order."""
    of: dict[tuple[str, int, int], list[Emitted]] = {}
    for one in emitted:
        of.setdefault(one.to, []).append(one)
    if not of:
        return [()] * (5 + len(Emitted._fields))
    before = list(accumulate(map(len, of.values()), initial=0))
    shards = ((*to, before[n], len(theirs)) for n, (to, theirs) in enumerate(of.items()))
    events = ((n, *one[1:]) for n, theirs in enumerate(of.values(), start=1) for one in theirs)
    return [*zip(*shards, strict=True), *columns(events)]
