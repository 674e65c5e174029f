"""Where events stand that could not be handled: with cause, position, headers and trace, until somebody replays them."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chassis import telemetry
from chassis.sealing import derive, open_bytes, seal_bytes
from chassis.transaction import Heard, Transaction
from contracts.event import Event

if TYPE_CHECKING:
    from chassis.database import Database
    from chassis.router import Router

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
    def of(cls, record: Any, heard: Heard | None, cause: str, detail: str) -> "Parked":
        """From a record as Kafka gave it."""
        headers = {_text(str(k), 100): _text((v or b"").decode(errors="replace"), 500) for k, v in record.headers}
        return cls(
            record.topic,
            record.partition,
            record.offset,
            _text(heard.type, 200) if heard else None,
            record.key or b"",
            headers,
            record.value or b"",
            cause,
            _text(detail, 1000),
            heard.traceparent if heard else None,
        )

    @classmethod
    def of_event(cls, event: Event, heard: Heard, cause: str, detail: str) -> "Parked":
        """From an event that was read and then failed alone. The error's text may quote the row: only its first line is kept."""
        headers = {
            "ce_id": heard.id,
            "ce_type": heard.type,
            "ce_time": heard.at.isoformat(),
            "traceparent": heard.traceparent,
        }
        body = event.model_dump_json(exclude_none=True).encode()
        line = detail.splitlines()[0] if detail else ""
        return cls(
            heard.topic,
            heard.partition,
            heard.offset,
            heard.type,
            heard.key,
            headers,
            body,
            cause,
            _text(line, 300),
            heard.traceparent,
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
            "select id, topic, shard, position, type, cause, detail, traceparent, parked_at, replayed_at from parked "
            "where $1 or replayed_at is null order by parked_at, id",
            everything,
        )
    return [dict(r) for r in rows]


async def shown(database: "Database", parked_id: uuid.UUID) -> dict[str, Any] | None:
    """One of them whole, its body opened: for the eyes of whoever holds the master key."""
    async with database.connection() as conn:
        row = await conn.fetchrow("select * from parked where id = $1", parked_id)
    if row is None:
        return None
    body = open_bytes(_key(database.settings.master_key_bytes()), row["payload"])
    return {
        **dict(row),
        "headers": row["headers"],
        "payload": body.decode(errors="replace"),
        "key": row["key"].decode(errors="replace"),
    }


async def replay(database: "Database", router: "Router", parked_id: uuid.UUID) -> str:
    """Handles a parked event now, in one transaction with the note that it was. Raises if it fails again."""
    found = await shown(database, parked_id)
    if found is None:
        return "there is no such parked event"
    if found["replayed_at"]:
        return "it was replayed before"
    decoder = router.hearings[found["topic"]].decoders.get(found["type"] or found["headers"].get("ce_type", ""))
    if decoder is None:
        return "this build does not know its type"
    event = decoder.validate_json(found["payload"])
    heard = Heard(
        found["topic"],
        found["shard"],
        found["position"],
        found["parked_at"],
        found["headers"].get("ce_id", str(parked_id)),
        event.type,
        found["key"].encode(),
        telemetry.accepted_traceparent(found["traceparent"], 0),
    )
    async with database.transaction(heard={id(event): heard}) as tx:
        marked = await tx.conn.execute(
            "update parked set replayed_at = now() where id = $1 and replayed_at is null", parked_id
        )
        if marked != "UPDATE 1":
            return "it was replayed before"
        await router.hearings[found["topic"]].handler([event], tx)
        if tx.set_aside:
            raise ValueError(f"it is refused again: {tx.set_aside[0][1]}")
    return "replayed"
