"""One delivery of records: what is new is decided, saved and told in one transaction, and every record has an outcome.

handled · duplicate (at or below the watermark) · ignored (nobody asked for its type) · parked (unreadable, or failed alone)
· held (the database is away, a gap, too much failing: nothing is committed and it is tried again).
"""

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

from pydantic import ValidationError

from chassis import failpoint, parking, telemetry
from chassis.database import Database, is_infrastructure
from chassis.router import Hearing, Router
from chassis.settings import Settings
from chassis.transaction import Heard, Moved, Step, Transaction
from contracts.event import Event

Position = tuple[str, str, int]
Partition = tuple[str, int]

_KNOWN = "select topic, source, shard, last_seq from watermark where topic = any($1)"
_BEGIN = """
insert into watermark (topic, source, shard, last_seq)
select * from unnest($1::text[], $2::text[], $3::int[], $4::bigint[]) on conflict do nothing
"""


class Held(Exception):
    """Nothing of this delivery was committed; it is tried again."""

    def __init__(self, cause: str, detail: str = "") -> None:
        super().__init__(f"{cause}: {detail}" if detail else cause)
        self.cause = cause


def advance(last: int, seq: int, holes: bool = False) -> Literal["next", "duplicate", "gap"]:
    """What a number says after ``last``. Where the broker compacts, ``holes`` are normal and the newer number is next."""
    if seq <= last:
        return "duplicate"
    return "next" if holes or seq == last + 1 else "gap"


@dataclass
class Delivery:
    """What was made of the records, before and after the decision."""

    events: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    heard: dict[int, Heard] = field(default_factory=dict)
    parked: list[parking.Parked] = field(default_factory=list)
    steps: dict[Position, tuple[int, int, datetime | None]] = field(default_factory=dict)
    outcomes: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    messages: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    next_offsets: dict[Partition, int] = field(default_factory=dict)
    gaps: dict[Partition, tuple[int, str]] = field(default_factory=dict)


class Consumer:
    """The part of a consumer that knows no Kafka: records in, transaction out."""

    def __init__(self, router: Router, database: Database, settings: Settings) -> None:
        self.router, self.database, self.settings = router, database, settings
        self.positions: dict[Position, int] | None = None
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
            delivery = Delivery()
            read = [(r, *read_headers(r, self.router.hearings[r.topic].stream.sequenced)) for r in records]
            await self._meet_new_histories(read, oldest)
            for record, heard, trouble in read:
                self._take(record, heard, trouble, delivery)
            group, count = self.router.service, len(delivery.heard)
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
            raise Held("bug", f"{type(error).__name__}: {str(error)[:300]}") from error
        for position, (_, new, _at) in delivery.steps.items():
            self.positions[position] = new
        self._count(delivery, len(records), time.perf_counter() - began)
        return delivery

    # -- taking: which records are new, and can they be read

    async def _load_positions(self) -> dict[Position, int]:
        async with self.database.connection() as conn:
            rows = await conn.fetch(_KNOWN, [s.topic for s in self.router.streams])
        return {(r["topic"], r["source"], r["shard"]): r["last_seq"] for r in rows}

    async def _meet_new_histories(
        self, read: Iterable[tuple[Any, Heard | None, str]], oldest: Callable[[Partition], Awaitable[int]] | None
    ) -> None:
        """A history heard for the first time begins at 1, or where the log begins if its start has expired."""
        assert self.positions is not None
        new: dict[Position, int] = {}
        for record, heard, _ in read:
            if heard is None or (position := _position(heard)) in self.positions or position in new:
                continue
            new[position] = 0
            if heard.seq is not None and heard.seq > 1 and oldest is not None:
                first = await oldest((record.topic, record.partition))
                if first > 0 and record.offset == first:
                    new[position] = heard.seq - 1
                    self.log.warning("baseline", topic=record.topic, shard=heard.shard, from_seq=heard.seq)
        if new:
            columns = list(zip(*((t, s, n, v) for (t, s, n), v in sorted(new.items())), strict=True))
            async with self.database.connection() as conn:
                await conn.execute(_BEGIN, *columns)
            self.positions = await self._load_positions()

    def _take(self, record: Any, heard: Heard | None, trouble: str, to: Delivery) -> None:
        assert self.positions is not None
        partition = (record.topic, record.partition)
        if partition in to.gaps:
            return
        hearing = self.router.hearings[record.topic]
        if heard is not None:
            position = _position(heard)
            old, last, _at = to.steps.get(position, (self.positions[position], self.positions[position], None))
            number = heard.seq if heard.seq is not None else record.offset
            if heard.seq is not None:
                verdict = advance(last, number, holes=hearing.stream.compacted)
                if verdict == "duplicate":
                    to.outcomes[heard.type, "duplicate"] += 1
                    to.next_offsets[partition] = record.offset + 1
                    return
                if verdict == "gap":
                    to.gaps[partition] = (
                        record.offset,
                        f"{heard.source}#{heard.shard}: {last} is followed by {number}",
                    )
                    return
            to.steps[position] = (old, number, heard.at)
        to.next_offsets[partition] = record.offset + 1
        if heard is None:
            self._park(to, record, None, "unreadable header", trouble)
        elif (decoder := hearing.decoders.get(heard.type)) is None:
            to.outcomes[heard.type if heard.type in _KNOWN_TYPES else "unknown", "ignored"] += 1
        else:
            try:
                event = decoder.validate_json(record.value or b"")
            except ValidationError as error:
                self._park(to, record, heard, "unreadable body", _readable(error))
                return
            to.events[record.topic].append(event)
            to.heard[id(event)] = heard
            if telemetry.is_sampled(heard.traceparent):
                to.messages.append((f"process {record.topic}", heard.traceparent, _attributes(heard)))

    def _park(self, to: Delivery, record: Any, heard: Heard | None, cause: str, detail: str) -> None:
        to.parked.append(parking.Parked.of(record, heard, cause, detail))
        to.outcomes[heard.type if heard and heard.type in _KNOWN_TYPES else "unknown", "parked"] += 1
        telemetry.PARKED.labels(cause).inc()

    # -- deciding: the whole batch at once, or, if that fails, split until the failing event stands alone

    def _steps(self, delivery: Delivery) -> list[Step]:
        return [Step(*position, *move) for position, move in sorted(delivery.steps.items())]

    async def _handle(self, delivery: Delivery) -> None:
        try:
            async with self.database.transaction(heard=delivery.heard, steps=self._steps(delivery)) as tx:
                await parking.store(tx, delivery.parked)
                for hearing, events in self._work(delivery):
                    await hearing.handler(events, tx)
                await self._store_refused(tx, delivery)
                failpoint.reach("consumer.decided")
        except Exception as error:
            if is_infrastructure(error):
                raise
            self.log.warning("splitting", error=type(error).__name__, events=len(delivery.heard))
            tx = await self._handle_carefully(delivery)
        failpoint.reach("consumer.committed")
        self._note_refused(tx, delivery)
        for hearing, events in self._work(delivery):
            for event in events:
                delivery.outcomes[event.type, "handled"] += 1
            newest = delivery.heard[id(events[-1])]
            # An exemplar that leads to a trace that was not recorded leads nowhere.
            sampled = telemetry.is_sampled(newest.traceparent)
            exemplar = {"trace_id": telemetry.trace_id_of(newest.traceparent)} if sampled else None
            telemetry.AGE.labels(hearing.stream.topic).observe(telemetry.age_of(newest.at), exemplar)

    def _work(self, delivery: Delivery) -> list[tuple[Hearing, list[Event]]]:
        return [(h, delivery.events[topic]) for topic, h in self.router.hearings.items() if delivery.events.get(topic)]

    async def _store_refused(self, tx: Transaction, delivery: Delivery) -> None:
        refused = [parking.Parked.of_event(e, delivery.heard[id(e)], "refused", reason) for e, reason in tx.set_aside]
        await parking.store(tx, refused)

    def _note_refused(self, tx: Transaction, delivery: Delivery) -> None:
        for event, _ in tx.set_aside:
            self._out(delivery, event, "refused")

    def _out(self, delivery: Delivery, event: Event, cause: str) -> None:
        """The event was parked, not handled."""
        heard = delivery.heard[id(event)]
        delivery.events[heard.topic] = [e for e in delivery.events[heard.topic] if e is not event]
        delivery.outcomes[event.type, "parked"] += 1
        telemetry.PARKED.labels(cause).inc()
        self.log.error("parked", type=event.type, id=heard.id, cause=cause)

    async def _handle_carefully(self, delivery: Delivery) -> Transaction:
        failed: list[tuple[Event, Exception]] = []
        async with self.database.transaction(heard=delivery.heard, steps=self._steps(delivery)) as tx:
            for hearing, events in self._work(delivery):
                await self._split(tx, hearing, events, failed)
            records = [parking.Parked.of_event(e, delivery.heard[id(e)], type(x).__name__, str(x)) for e, x in failed]
            await parking.store(tx, [*delivery.parked, *records])
            await self._store_refused(tx, delivery)
        for event, _ in failed:
            self._out(delivery, event, "failed alone")
        return tx

    async def _split(
        self, tx: Transaction, hearing: Hearing, events: Sequence[Event], failed: list[tuple[Event, Exception]]
    ) -> None:
        said, refused = len(tx.emitted), len(tx.set_aside)
        try:
            async with tx.conn.transaction():
                await hearing.handler(events, tx)
        except Exception as error:
            if is_infrastructure(error):
                raise
            del tx.emitted[said:], tx.set_aside[refused:]
            if len(events) > 1:
                middle = len(events) // 2
                await self._split(tx, hearing, events[:middle], failed)
                await self._split(tx, hearing, events[middle:], failed)
                return
            failed.append((events[0], error))
            if len(failed) > self.settings.park_limit:
                raise Held("too much is failing", f"{type(error).__name__} in {hearing.stream.topic}") from error

    def _count(self, delivery: Delivery, records: int, seconds: float) -> None:
        telemetry.BATCH.observe(records)
        telemetry.DELIVERY.observe(seconds)
        for (kind, outcome), n in delivery.outcomes.items():
            telemetry.EVENTS.labels(kind, outcome).inc(n)
        for topic, _ in delivery.gaps:
            telemetry.GAPS.labels(topic).inc()


# -- headers


def _known_types() -> frozenset[str]:
    from contracts import STREAM_OF

    return frozenset(STREAM_OF)


_KNOWN_TYPES = _known_types()


def _position(heard: Heard) -> Position:
    """Which watermark the event moves. On a stream without numbers it is the offset: a note of how far this service is."""
    if heard.seq is None:
        return heard.topic, "kafka", heard.partition
    return heard.topic, heard.source, heard.shard


def read_headers(record: Any, sequenced: bool) -> tuple[Heard | None, str]:
    """The headers as Heard, or None and why not. Nothing in a foreign header can raise, here or later in the database."""
    try:
        h = dict(record.headers)
        moment, name = h.get("ce_time"), h.get("ce_id")
        source, shard, seq = "", 0, None
        if sequenced:
            source, shard, seq = _text(h["source"]), _number(h["shard"]), int(h["seq"])
        heard = Heard(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            at=_moment(moment) if moment is not None else datetime.fromtimestamp(record.timestamp / 1000, UTC),
            id=name.decode()[:200] if name is not None else f"{record.topic}/{record.partition}/{record.offset}",
            type=_text(h["ce_type"]),
            key=record.key or b"",
            traceparent=telemetry.accepted_traceparent((h.get("traceparent") or b"").decode(errors="replace"), 0),
            source=source,
            shard=shard,
            seq=seq,
        )
    except KeyError as error:
        return None, f"the header {error.args[0]} is missing"
    except (ValueError, OverflowError, OSError, AttributeError, TypeError) as error:
        return None, f"a header can't be read: {type(error).__name__}"
    if "\0" in heard.source or "\0" in heard.id or len(heard.source) > 200:
        return None, "a header can't be stored: it is too long or holds NUL"
    if not 0 <= heard.shard < 1 << 31 or (heard.seq is not None and not 0 < heard.seq < 1 << 63):
        return None, "a header can't be stored: its number is out of range"
    return heard, ""


# What a delivery's headers say again and again - type, source, shard, the moment of one transaction - is read once.


def _text(header: bytes) -> str:
    return _known_text(header) if len(header) <= 200 else header.decode()  # nobody fills our memory with long ones


@lru_cache(maxsize=1024)
def _known_text(header: bytes) -> str:
    return header.decode()


@lru_cache(maxsize=1024)
def _number(header: bytes) -> int:
    return int(header)


@lru_cache(maxsize=1024)
def _moment(header: bytes) -> datetime:
    at = datetime.fromisoformat(header.decode())
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def _readable(error: ValidationError) -> str:
    """Which fields are wrong and why, without what they held."""
    return "; ".join(
        f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}"
        for e in error.errors(include_input=False, include_url=False)[:10]
    )


def _attributes(heard: Heard) -> dict[str, Any]:
    return {
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": heard.topic,
        "messaging.destination.partition.id": str(heard.partition),
        "messaging.kafka.offset": heard.offset,
        "cloudevents.event_id": heard.id,
        "cloudevents.event_type": heard.type,
        "tributary.key": heard.key.decode(errors="replace"),
    }
