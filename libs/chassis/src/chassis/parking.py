"""Where events stand that could not be handled: with cause, position, headers and trace, until they are replayed or discarded."""

import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chassis import telemetry
from chassis.database import is_infrastructure
from chassis.errors import Unusable, words
from chassis.headers import actor_named
from chassis.jobs import Job
from chassis.sealing import derive, open_bytes, seal_bytes
from chassis.transaction import EventMetadata, Transaction
from contracts.event import Event

if TYPE_CHECKING:
    from chassis.database import Database
    from chassis.router import Router

# Records whose numbers their owner can't have given, or that stand under a number of which another was heard. They are
# set aside and told; whether the record or the other one is the true one, a person has to say.
SUSPECT = ("unknown history", "number far ahead", "out of order", "conflict")
REPLAYED, REPLAYED_BEFORE = "replayed", "it was replayed before"

_FORGET = """
delete from parked where id in (
    select id from parked where ended_at < $1 limit 1000 for update skip locked
)
"""
_SEEN = "update parked set detail = left('body seen: ' || $1 || '; ' || detail, 1000) where id = $2"
_NAMESPACE = uuid.UUID("6f2d4b5e-6c1e-4c55-9d5c-3b1f5a0c9a11")

_STORE = """
insert into parked (id, topic, shard, position, type, key, headers, payload, cause, detail, traceparent)
select * from unnest($1::uuid[], $2::text[], $3::int[], $4::bigint[], $5::text[], $6::bytea[], $7::jsonb[], $8::bytea[],
    $9::text[], $10::text[], $11::text[])
on conflict do nothing
"""


@dataclass(frozen=True)
class Parked:
    """One record set aside. ``payload`` may hold personal data that a stranger put there: it is stored sealed."""

    topic: str
    partition: int
    offset: int
    type: str | None
    key: bytes
    headers: dict[str, str]
    payload: bytes
    cause: str
    detail: str
    traceparent: str | None

    @classmethod
    def of(cls, record: Any, metadata: EventMetadata | None, cause: str, detail: str) -> "Parked":
        """From a record as Kafka gave it."""
        headers = {_text(str(k), 100): _text((v or b"").decode(errors="replace"), 500) for k, v in record.headers}
        return cls(
            record.topic,
            record.partition,
            record.offset,
            _text(metadata.type, 200) if metadata else None,
            record.key or b"",
            headers,
            record.value or b"",
            cause,
            _text(detail, 1000),
            metadata.traceparent if metadata else None,
        )

    @classmethod
    def of_event(cls, event: Event, metadata: EventMetadata, cause: str, detail: str) -> "Parked":
        """From an event that was read and then failed alone or was refused."""
        headers = {
            "ce_id": metadata.id,
            "ce_type": metadata.type,
            "ce_time": metadata.at.isoformat(),
            "traceparent": metadata.traceparent,
            "ce_actor": metadata.actor,
        }
        body = event.model_dump_json(exclude_none=True).encode()
        return cls(
            metadata.topic,
            metadata.partition,
            metadata.offset,
            metadata.type,
            metadata.key,
            headers,
            body,
            cause,
            _text(detail, 1000),
            metadata.traceparent,
        )

    @property
    def id(self) -> uuid.UUID:
        """The same record parked twice has the same id."""
        digest = hashlib.sha256(self.payload).hexdigest()
        return uuid.uuid5(
            _NAMESPACE, f"{self.topic}/{self.partition}/{self.offset}/{self.headers.get('ce_id')}/{digest}"
        )


def _text(found: str, most: int) -> str:
    """What Postgres can hold of a text."""
    return found.replace("\0", "")[:most]


def _key(master: bytes) -> bytes:
    return derive(master, "parked")


async def store(tx: Transaction, parked: Sequence[Parked]) -> None:
    """In the transaction of the delivery: a record is never neither handled nor here."""
    if not parked:
        return
    key = _key(tx.settings.master_key_bytes())
    rows = [
        (
            p.id,
            p.topic,
            p.partition,
            p.offset,
            p.type,
            p.key,
            json.dumps(p.headers),
            seal_bytes(key, p.payload),
            p.cause,
            p.detail,
            p.traceparent,
        )
        for p in parked
    ]
    await tx.conn.execute(_STORE, *zip(*rows, strict=True))


async def listed(database: "Database", everything: bool = False) -> list[dict[str, Any]]:
    """What is parked, oldest first, without the bodies."""
    async with database.connection() as conn:
        rows = await conn.fetch(
            "select id, topic, shard, position, type, cause, detail, traceparent, parked_at, replayed_at, discarded_at "
            "from parked where $1 or ended_at is null order by parked_at, id",
            everything,
        )
    return [dict(r) for r in rows]


async def oldest_waiting(tx: Transaction, event_type: str) -> datetime | None:
    """Since when an event of this type has stood parked; nothing when none does."""
    found: datetime | None = await tx.conn.fetchval(
        "select min(parked_at) from parked where ended_at is null and coalesce(type, headers->>'ce_type') = $1",
        event_type,
    )
    return found


async def shown(database: "Database", parked_id: uuid.UUID, because: str = "") -> dict[str, Any] | None:
    """One of them: its body only ``because`` of something, which stays on record with it. A body may hold personal data."""
    if because:
        async with database.connection() as conn:
            await conn.execute(_SEEN, _text(because, 300), parked_id)
    return await _found(database, parked_id, whole=bool(because))


async def _found(database: "Database", parked_id: uuid.UUID, *, whole: bool) -> dict[str, Any] | None:
    """One of them, with its body opened by the master key where the ``whole`` is wanted; else that is empty, as it is of what was
    discarded."""
    async with database.connection() as conn:
        row = await conn.fetchrow("select * from parked where id = $1", parked_id)
    if row is None:
        return None
    key, box = (row["key"] or b"").decode(errors="replace"), row["payload"]
    body = open_bytes(_key(database.settings.master_key_bytes()), box) if box and whole else b""
    return {**dict(row), "key": key, "payload": body.decode(errors="replace")}


async def replay(database: "Database", router: "Router", parked_id: uuid.UUID) -> str:
    """Handles a parked event now, in one transaction with the note that it was. Raises if it fails again."""
    found = await _found(database, parked_id, whole=True)
    if found is None:
        return "there is no such parked event"
    if found["replayed_at"]:
        return REPLAYED_BEFORE
    if found["discarded_at"]:
        return "it was discarded"
    decoder = router.subscriptions[found["topic"]].decoders.get(found["type"] or found["headers"].get("ce_type", ""))
    if decoder is None:
        return "this build does not know its type"
    event = decoder.validate_json(found["payload"])
    metadata = EventMetadata(
        found["topic"],
        found["shard"],
        found["position"],
        found["parked_at"],
        found["headers"].get("ce_id", str(parked_id)),
        event.type,
        found["key"].encode(),
        telemetry.accepted_traceparent(found["traceparent"], 0),
        actor=actor_named(found["headers"].get("ce_actor", "").encode()),
    )
    async with database.transaction(metadata={id(event): metadata}) as tx:
        marked = await tx.conn.execute(
            "update parked set replayed_at = now() where id = $1 and ended_at is null", parked_id
        )
        if marked != "UPDATE 1":
            return REPLAYED_BEFORE
        await router.subscriptions[found["topic"]].handler([event], tx)
        if tx.set_aside:
            raise Unusable(f"it is refused again: {tx.set_aside[0][1]}")
    return REPLAYED


async def replay_all(database: "Database", router: "Router") -> AsyncIterator[tuple[uuid.UUID, str]]:
    """Replays what waits in the order of its topics. Where one fails again what follows under its key waits on, the rest goes
    on. What its owner may not have said is left to be replayed by name."""
    async with database.connection() as conn:
        rows = await conn.fetch(
            "select id, topic, key from parked where ended_at is null and cause <> all($1) "
            "order by topic, shard, position, parked_at, id",
            SUSPECT,
        )
    stuck: set[tuple[str, bytes]] = set()
    for row in rows:
        thing = (row["topic"], row["key"])
        if row["key"] and thing in stuck:
            yield row["id"], "waits for one before it under the same key"
            continue
        try:
            result = await replay(database, router, row["id"])
        except Exception as error:
            if is_infrastructure(error):
                raise
            result = f"failed again: {words(error)}"
        if result not in (REPLAYED, REPLAYED_BEFORE):
            stuck.add(thing)
        yield row["id"], result


async def discard(database: "Database", reason: str, parked_id: uuid.UUID | None = None, cause: str = "") -> int:
    """Ends the waiting of one event, or of all with this cause: its body goes, that it was parked and why it ended stays."""
    async with database.connection() as conn:
        done = await conn.execute(
            "update parked set discarded_at = now(), payload = '', detail = left('discarded: ' || $1 || '; ' || detail, 1000) "
            "where ended_at is null and (id = $2 or cause = $3)",
            _text(reason, 300),
            parked_id,
            cause,
        )
    return int(done.split()[-1])


async def open_for(database: "Database", minutes: int, reason: str) -> None:
    """For so long every replica parks what fails by a bug too, however many they are, instead of holding the delivery."""
    async with database.connection() as conn:
        await conn.execute(
            "update epoch set let_through_until = now() + make_interval(mins => $1), let_through_reason = $2",
            minutes,
            _text(reason, 300),
        )


async def let_through(tx: Transaction) -> str | None:
    """The operator's reason, while failing events are to be parked without a limit."""
    found: str | None = await tx.conn.fetchval("select let_through_reason from epoch where let_through_until > now()")
    return found


# -- as time passes


async def keep_parked(tx: Transaction) -> None:
    """Counts what waits, for telemetry and readiness, and forgets what was dealt with long ago, some at a time."""
    await tx.conn.execute(_FORGET, tx.now - timedelta(days=tx.settings.parked_kept_days))
    row = await tx.conn.fetchrow(
        "select count(*) as waiting, min(parked_at) as oldest, count(*) filter (where cause = any($1)) as suspect "
        "from parked where ended_at is null",
        SUSPECT,
    )
    assert row is not None
    telemetry.PARKED_WAITING.set(row["waiting"])
    telemetry.PARKED_OLDEST.set(telemetry.age_of(row["oldest"]) if row["oldest"] else 0)
    telemetry.PARKED_SUSPECT.set(row["suspect"])
    tx.process_cache[SUSPECT] = row["suspect"]


HOUSEKEEPING = Job("keep_parked", every=timedelta(seconds=15), run=keep_parked, exclusive=False)


def suspect(process_cache: dict[Any, Any], more: int) -> None:
    """So many more were parked just now that their owner may not have said; the count is put right as time passes."""
    process_cache[SUSPECT] = process_cache.get(SUSPECT, 0) + more


def suspects(process_cache: dict[Any, Any]) -> int:
    """How many of them wait."""
    found: int = process_cache.get(SUSPECT, 0)
    return found
