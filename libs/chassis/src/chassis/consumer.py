"""One delivery of records: what is new is decided, saved and told in one transaction, and every record has an outcome.

handled · duplicate (at or below the watermark) · ignored (nobody asked for its type) · parked (unreadable, failed alone, or
of a number that its owner can't have given) · held (the database is away, a gap, a bug: nothing is committed and it is tried
again). What a sender has caused is parked, however much of it there is; only what looks like our own bug holds a delivery.
"""

import re
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any, Literal

from pydantic import ValidationError

from chassis import failpoint, parking, telemetry
from chassis.database import Database, is_infrastructure
from chassis.errors import is_of_a_value, readable, words
from chassis.headers import read_headers
from chassis.router import Router, Subscription
from chassis.settings import Settings
from chassis.splitting import split
from chassis.transaction import EventMetadata, Moved, Transaction, WatermarkMove
from contracts import STREAM_OF
from contracts.event import Event, Stream

Position = tuple[str, str, int]
Partition = tuple[str, int]
Mark = tuple[int, datetime | None, str]  # the newest number, the latest moment and the newest event's name
Read = tuple[Any, EventMetadata | None, str]

# Further ahead than anything that a broker loses between two records that it still has: nobody's loss, a forged number.
FAR = 100_000

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_KNOWN = "select topic, source, shard, last_seq, last_at, last_id from watermark where topic = any($1)"
_BEGIN = """
insert into watermark (topic, source, shard, last_seq)
select * from unnest($1::text[], $2::text[], $3::int[], $4::bigint[]) on conflict do nothing
"""


class Held(Exception):
    """Nothing of this delivery was committed; it is tried again."""

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.cause, self.detail = cause, detail  # both in words of ours


def advance(last: int, seq: int, holes: bool = False) -> Literal["next", "duplicate", "gap"]:
    """What a number says after ``last``. Where the broker compacts, ``holes`` are normal and the newer number is next."""
    if seq <= last:
        return "duplicate"
    return "next" if holes or seq == last + 1 else "gap"


@dataclass
class Delivery:
    """What was made of the records, before and after the decision."""

    events: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    metadata: dict[int, EventMetadata] = field(default_factory=dict)
    parked: list[parking.Parked] = field(default_factory=list)
    moves: dict[Position, Mark] = field(default_factory=dict)
    outcomes: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    messages: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    next_offsets: dict[Partition, int] = field(default_factory=dict)
    gaps: dict[Partition, tuple[int, str]] = field(default_factory=dict)
    read: list[Read] = field(default_factory=list)
    suspects: int = 0

    @cached_property
    def numbers(self) -> frozenset[tuple[Position, int | None]]:
        """All that this delivery holds."""
        return frozenset((_position(h), h.seq) for r, h, _ in self.read if h is not None and h.shard == r.partition)


@dataclass
class _Failed:
    """Events that failed alone, and why."""

    events: list[tuple[Event, Exception]] = field(default_factory=list)
    bugs: int = 0
    let_through: str | None = None


class Consumer:
    """The part of a consumer that knows no Kafka: records in, transaction out."""

    def __init__(self, router: Router, database: Database, settings: Settings) -> None:
        self.router, self.database, self.settings = router, database, settings
        self.positions: dict[Position, Mark] | None = None
        self.reread: dict[Partition, tuple[int, int]] = {}  # read from the oldest offset, for the gap at this one
        self.log = telemetry.log("consumer")

    def forget_positions(self) -> None:
        """Another process may have moved the watermarks: read them again before the next delivery."""
        self.positions = None

    async def deliver(
        self, records: Sequence[Any], oldest: Callable[[Partition], Awaitable[int]] | None = None
    ) -> Delivery:
        """Handles the records in one transaction. Raises Held when nothing was committed."""
        began = time.perf_counter()
        try:
            if self.positions is None:
                self.positions = await self._load_positions()
            subscriptions = self.router.subscriptions
            delivery = Delivery(read=[(r, *read_headers(r, subscriptions[r.topic].stream.sequenced)) for r in records])
            await self._meet_new_histories(delivery.read, oldest)
            for record, metadata, unreadable in delivery.read:
                self._take(record, metadata, unreadable, delivery)
            group, count = self.router.service, len(delivery.metadata)
            with telemetry.delivery_span(f"process {group}", group, delivery.messages, count):
                await self._handle(delivery)
        except Moved as error:
            self.forget_positions()
            raise Held("moved") from error
        except Held:
            self.forget_positions()
            raise
        except Exception as error:
            self.forget_positions()
            if is_infrastructure(error):
                raise Held("infrastructure", type(error).__name__) from error
            raise Held("bug", words(error)) from error
        self.positions |= delivery.moves
        if delivery.suspects:
            parking.suspect(self.database.process_cache, delivery.suspects)
        self._count(delivery, len(records), time.perf_counter() - began)
        return delivery

    # -- taking: which records are new, and can they be read

    async def _load_positions(self) -> dict[Position, Mark]:
        async with self.database.connection() as conn:
            rows = await conn.fetch(_KNOWN, [s.topic for s in self.router.streams])
        return {(r["topic"], r["source"], r["shard"]): (r["last_seq"], r["last_at"], r["last_id"] or "") for r in rows}

    async def _meet_new_histories(
        self, read: Sequence[Read], oldest: Callable[[Partition], Awaitable[int]] | None
    ) -> None:
        """A history heard for the first time begins at 1, or where the log begins if its start has expired. It is one of the
        service that owns the topic, and its shards are the partitions; any other is nobody's."""
        assert self.positions is not None
        new: dict[Position, int] = {}
        for record, metadata, _ in read:
            if metadata is None or (position := _position(metadata)) in self.positions or position in new:
                continue
            stream = self.router.subscriptions[record.topic].stream
            if stream.sequenced and (not is_of(stream, metadata.source) or metadata.shard != record.partition):
                continue
            new[position] = 0
            if metadata.seq is not None and metadata.seq > 1 and oldest is not None:
                first = await oldest((record.topic, record.partition))
                if first > 0 and record.offset == first:
                    new[position] = metadata.seq - 1
                    self.log.warning("baseline", topic=record.topic, shard=metadata.shard, from_seq=metadata.seq)
        if new:
            columns = list(zip(*((t, s, n, v) for (t, s, n), v in sorted(new.items())), strict=True))
            async with self.database.connection() as conn:
                await conn.execute(_BEGIN, *columns)
            self.positions = await self._load_positions()

    def _take(self, record: Any, metadata: EventMetadata | None, unreadable: str, to: Delivery) -> None:
        assert self.positions is not None
        partition = (record.topic, record.partition)
        if partition in to.gaps:
            return
        subscription = self.router.subscriptions[record.topic]
        if metadata is not None:
            position, at = _position(metadata), metadata.at
            mark = to.moves.get(position) or self.positions.get(position)
            last, latest, _ = mark or (0, None, "")
            number = metadata.seq if metadata.seq is not None else record.offset
            if metadata.seq is not None and (number != last + 1 or mark is None or metadata.shard != record.partition):
                verdict = self._judge(record, metadata, mark, subscription.stream.compacted, to)
                if verdict != "next":
                    self._not_next(
                        record,
                        metadata,
                        verdict,
                        f"{metadata.source}#{metadata.shard}: {last} is followed by {number}",
                        to,
                    )
                    return
            to.moves[position] = (number, at if latest is None or at > latest else latest, metadata.id)
        to.next_offsets[partition] = record.offset + 1
        if metadata is None:
            self._park(to, record, None, "unreadable header", unreadable)
        elif (decoder := subscription.decoders.get(metadata.type)) is None:
            to.outcomes[_label(metadata), "ignored"] += 1
        else:
            try:
                event = decoder.validate_json(record.value or b"")
            except ValidationError as error:
                self._park(to, record, metadata, "unreadable body", readable(error))
                return
            to.events[record.topic].append(event)
            to.metadata[id(event)] = metadata
            if telemetry.is_sampled(metadata.traceparent):
                key = str(getattr(event, subscription.stream.key))
                to.messages.append((f"process {record.topic}", metadata.traceparent, _attributes(metadata, key)))

    def _judge(self, record: Any, metadata: EventMetadata, mark: Mark | None, compacted: bool, to: Delivery) -> str:
        """What the record's number says: next, duplicate or gap, or why its owner can't have given it."""
        if mark is None or metadata.shard != record.partition:
            return "unknown history"
        (last, latest, name), number = mark, metadata.seq or 0
        verdict = advance(last, number, holes=compacted)
        if verdict == "duplicate":
            # What comes again was said before the latest that was heard, and bears the name that it had.
            another = latest is not None and (
                metadata.at > latest or (number == last and name not in ("", metadata.id))
            )
            return "conflict" if another else verdict
        if verdict == "gap" and (_position(metadata), last + 1) in to.numbers:
            return "out of order"  # its owner says n before n + 1, and n comes after it
        if compacted:
            return "number far ahead" if latest is not None and number > last + FAR else verdict
        if verdict == "gap" and self._nothing_expired_before(record):
            if latest is None:
                return "unknown history"  # it would have begun at 1
            if number > last + FAR:
                return "number far ahead"
        return verdict

    def _nothing_expired_before(self, record: Any) -> bool:
        """Whether the log was read from its beginning to the gap at this record, and other records lie before it."""
        gap, beginning = self.reread.get((record.topic, record.partition), (-1, -1))
        offset: int = record.offset
        return 0 <= beginning < offset <= gap

    def _not_next(self, record: Any, metadata: EventMetadata, verdict: str, detail: str, to: Delivery) -> None:
        """Notes what the record is instead. No watermark moves."""
        partition = (record.topic, record.partition)
        if verdict == "gap":
            to.gaps[partition] = (record.offset, detail)
            return
        to.next_offsets[partition] = record.offset + 1
        if verdict == "duplicate":
            to.outcomes[_label(metadata), "duplicate"] += 1
        else:
            to.suspects += 1
            self._park(to, record, metadata, verdict, detail)

    def _park(self, to: Delivery, record: Any, metadata: EventMetadata | None, cause: str, detail: str) -> None:
        to.parked.append(parking.Parked.of(record, metadata, cause, detail))
        to.outcomes[_label(metadata), "parked"] += 1
        telemetry.PARKED.labels(cause).inc()

    # -- deciding: the whole batch at once, or, if that fails, split until the failing event stands alone

    def _moves(self, delivery: Delivery) -> list[WatermarkMove]:
        assert self.positions is not None
        return [
            WatermarkMove(*position, self.positions[position][0], *mark)
            for position, mark in sorted(delivery.moves.items())
        ]

    async def _handle(self, delivery: Delivery) -> None:
        try:
            async with self.database.transaction(metadata=delivery.metadata, moves=self._moves(delivery)) as tx:
                await parking.store(tx, delivery.parked)
                for subscription, events in self._work(delivery):
                    await subscription.handler(events, tx)
                await self._store_refused(tx, delivery)
                failpoint.reach("consumer.decided")
        except Exception as error:
            if is_infrastructure(error):
                raise
            self.log.warning("splitting", error=type(error).__name__, events=len(delivery.metadata))
            tx = await self._handle_carefully(delivery)
        failpoint.reach("consumer.committed")
        self._note_refused(tx, delivery)
        for subscription, events in self._work(delivery):
            for event in events:
                delivery.outcomes[event.type, "handled"] += 1
            newest = delivery.metadata[id(events[-1])]
            # An exemplar that leads to a trace that was not recorded leads nowhere.
            sampled = telemetry.is_sampled(newest.traceparent)
            exemplar = {"trace_id": telemetry.trace_id_of(newest.traceparent)} if sampled else None
            now = datetime.now(UTC)
            ages = [max(0.0, (now - delivery.metadata[id(event)].at).total_seconds()) for event in events]
            telemetry.observe_all(telemetry.AGE.labels(subscription.stream.topic), ages, exemplar)

    def _work(self, delivery: Delivery) -> list[tuple[Subscription, list[Event]]]:
        return [
            (h, delivery.events[topic]) for topic, h in self.router.subscriptions.items() if delivery.events.get(topic)
        ]

    async def _store_refused(self, tx: Transaction, delivery: Delivery) -> None:
        refused = [
            parking.Parked.of_event(e, delivery.metadata[id(e)], "refused", reason) for e, reason in tx.set_aside
        ]
        await parking.store(tx, refused)

    def _note_refused(self, tx: Transaction, delivery: Delivery) -> None:
        self._out(delivery, [event for event, _ in tx.set_aside], "refused")

    def _out(self, delivery: Delivery, parked: Sequence[Event], cause: str) -> None:
        """These events were parked, not handled."""
        gone = {id(event) for event in parked}
        for topic in {delivery.metadata[id(event)].topic for event in parked}:
            delivery.events[topic] = [e for e in delivery.events[topic] if id(e) not in gone]
        for event in parked:
            delivery.outcomes[event.type, "parked"] += 1
        if parked:
            telemetry.PARKED.labels(cause).inc(len(parked))
            some = [delivery.metadata[id(event)].id for event in parked[:5]]
            self.log.error("parked", cause=cause, events=len(parked), first=some)

    async def _handle_carefully(self, delivery: Delivery) -> Transaction:
        failed = _Failed()
        async with self.database.transaction(metadata=delivery.metadata, moves=self._moves(delivery)) as tx:
            for subscription, events in self._work(delivery):
                await split(tx, events, subscription.handler, partial(self._fails_alone, tx, failed))
            records = [
                parking.Parked.of_event(e, delivery.metadata[id(e)], type(x).__name__, _why(x, failed.let_through))
                for e, x in failed.events
            ]
            await parking.store(tx, [*delivery.parked, *records])
            await self._store_refused(tx, delivery)
        self._out(delivery, [event for event, _ in failed.events], "failed alone")
        return tx

    async def _fails_alone(self, tx: Transaction, failed: _Failed, event: Event, error: Exception) -> None:
        failed.events.append((event, error))
        failed.bugs += not is_of_a_value(error)
        if failed.bugs > self.settings.park_limit and failed.let_through is None:
            failed.let_through = await parking.let_through(tx)
            if failed.let_through is None:
                raise Held("too much is failing", f"{words(error)} in {STREAM_OF[event.type].topic}") from error

    def _count(self, delivery: Delivery, records: int, seconds: float) -> None:
        telemetry.BATCH.observe(records)
        telemetry.DELIVERY.observe(seconds)
        for (kind, outcome), n in delivery.outcomes.items():
            telemetry.EVENTS.labels(kind, outcome).inc(n)
        for topic, _ in delivery.gaps:
            telemetry.GAPS.labels(topic).inc()


def _known_types() -> frozenset[str]:
    from contracts import STREAM_OF

    return frozenset(STREAM_OF)


_KNOWN_TYPES = _known_types()


def _label(metadata: EventMetadata | None) -> str:
    """The type as telemetry names it: one of ours, or unknown."""
    return metadata.type if metadata is not None and metadata.type in _KNOWN_TYPES else "unknown"


def is_of(stream: Stream, source: str) -> bool:
    """Whether the source is a history of the service that owns the stream."""
    service, _, epoch = source.partition("/")
    return service == stream.publisher and bool(epoch)


def _why(error: Exception, let_through: str | None) -> str:
    """What is put on record of an event that failed alone: and, of a bug that was let through, on whose word."""
    return (
        words(error) if let_through is None or is_of_a_value(error) else f"{words(error)}; let through: {let_through}"
    )


def _position(metadata: EventMetadata) -> Position:
    """Which watermark the event moves. On a stream without numbers it is the offset: a note of how far this service is."""
    if metadata.seq is None:
        return metadata.topic, "kafka", metadata.partition
    return metadata.topic, metadata.source, metadata.shard


def _attributes(metadata: EventMetadata, key: str) -> dict[str, Any]:
    """What a span says of an event: nothing that whoever wrote the record may have put beside it. The key is the event's own,
    and an id that is no UUID, as ours are, is told by its place."""
    return {
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": metadata.topic,
        "messaging.destination.partition.id": str(metadata.partition),
        "messaging.kafka.offset": metadata.offset,
        "cloudevents.event_id": metadata.id
        if _UUID.fullmatch(metadata.id)
        else f"{metadata.topic}/{metadata.partition}/{metadata.offset}",
        "cloudevents.event_type": metadata.type,
        "tributary.key": key[:200],
    }
