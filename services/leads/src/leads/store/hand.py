"""What a door needs to know of a lead before somebody acts on it, and what is left behind by who may not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis import Transaction

_LOCK = "select entries from lead_place where lead_id = $1 for update"
_WORTH = """
select party_id, (select (detail ->> 'score')::int from timeline
    where lead_id = $1 and what = 'qualified' and detail ? 'score' order by n desc limit 1) as score
from lead where lead_id = $1
"""
_VALUE = "update lead_place set value_minor = $2, currency = $3 where lead_id = $1"
_CLAIM = """
insert into claim (lead_id, person, until) values ($1, $2, $3)
on conflict (lead_id) do update set person = excluded.person, until = excluded.until
    where claim.person = excluded.person or claim.until <= now()
returning person, until
"""
_CLAIMS = "select lead_id, person, until from claim where lead_id = any($1) and until > now()"
_RELEASE = "delete from claim where lead_id = $1 and person = $2"
_ALONE = "select pg_advisory_xact_lock(4715, hashtext($1))"
_TOLD = "select exists (select from refusal where person = $1 and lead_id = $2 and told > $3)"
_REFUSED = (
    "insert into refusal (refusal_id, at, person, door, lead_id, lacks, told) values ($1, $2, $3, $4, $5, $6, $7)"
)


@dataclass(frozen=True)
class Claim:
    """Who looks at a lead just now, and until when nobody else does."""

    person: str
    until: datetime


async def lock(tx: Transaction, lead_id: UUID) -> int | None:
    """The number of the last entry of its timeline, which stays until this is done; None where who acts here may not write it."""
    found: int | None = await tx.conn.fetchval(_LOCK, lead_id)
    return found


async def worth(tx: Transaction, lead_id: UUID) -> tuple[UUID | None, int]:
    """Who asks, by the id that others know, and what the card gave the lead."""
    row = await tx.conn.fetchrow(_WORTH, lead_id)
    return (row["party_id"], row["score"] or 0) if row else (None, 0)


async def value(tx: Transaction, lead_id: UUID, minor: int, currency: str) -> None:
    """What the customer expects to spend, as a person found out."""
    await tx.conn.execute(_VALUE, lead_id, minor, currency)


async def claim(tx: Transaction, lead_id: UUID, until: datetime) -> Claim | None:
    """Who acts here looks at the lead until then; None where somebody else does."""
    row = await tx.conn.fetchrow(_CLAIM, lead_id, tx.actor.principal, until)
    return Claim(row["person"], row["until"]) if row else None


async def claims(tx: Transaction, lead_ids: list[UUID]) -> dict[UUID, Claim]:
    """Who looks at which of these leads just now."""
    rows = await tx.conn.fetch(_CLAIMS, lead_ids)
    return {row["lead_id"]: Claim(row["person"], row["until"]) for row in rows}


async def release(tx: Transaction, lead_id: UUID, person: str) -> None:
    """He looks at it no more."""
    await tx.conn.execute(_RELEASE, lead_id, person)


async def refused(tx: Transaction, lead_id: UUID, door: str, lacks: str, told_within: timedelta | None) -> bool:
    """Puts on record that who acts here may not. Whether it is to be told: not where it was for this lead within this time, nor
    without one."""
    who: Any = tx.actor.principal
    await tx.conn.execute(_ALONE, f"{who} {lead_id}")
    tells = told_within is not None and not await tx.conn.fetchval(_TOLD, who, lead_id, tx.now - told_within)
    await tx.conn.execute(_REFUSED, uuid7(), tx.now, who, door, lead_id, lacks, tx.now if tells else None)
    return tells
