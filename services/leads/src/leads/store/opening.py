"""Looks at who leads are about. A key comes from the one function that writes the look down before it hands the key out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis import Transaction
from chassis.sealing import open_bytes
from leads.domain.opening import IN_PASSING, IN_PASSING_WITHIN, WITHIN, Recent
from leads.store.keys import Ring

# One after the other for each actor, so that two at once are not both the last that one may open.
_ALONE = "select pg_advisory_xact_lock(4714, hashtext($1))"
# All leads that were opened at once have one time: from one to the next by the index, past the others.
_RECENT = """
with recursive look as (
    (select at, purpose from opened where person = $1 and at > $2 order by at limit 1)
    union all
    select next.at, next.purpose
    from look cross join lateral (select at, purpose from opened where person = $1 and at > look.at order by at limit 1) next
)
select count(*) as times, min(at) as first_at from look where (purpose = any ($3)) = $4
"""
_SEALED = "select lead_id, person_id, personal from lead where lead_id = any($1)"
_OPEN = "select * from open_key($1, $2)"
_SEEN = """
select opening, at, team, person, on_behalf_of, purpose, grant_kind, reference
from opened where lead_id = $1 and ($2::uuid is null or opening < $2) order by opening desc limit $3
"""


@dataclass(frozen=True)
class Box:
    """The personal data of a lead as they rest."""

    person_id: UUID
    ciphertext: bytes


@dataclass(frozen=True)
class Look:
    """One look at a lead that somebody may open, by which right. Without a ``key`` the person was forgotten: nothing was seen, and
    nothing is written down."""

    opening: UUID
    at: datetime
    team: str
    on_behalf_of: str
    grant_kind: str
    reference: UUID | None
    key: bytes | None


async def recent(tx: Transaction, purpose: str) -> Recent:
    """How often who acts here has opened of late, in passing or not, as he does now; his next opening waits until this one is
    done."""
    passing = purpose in IN_PASSING
    within = IN_PASSING_WITHIN if passing else WITHIN
    await tx.conn.execute(_ALONE, tx.actor.principal)
    row = await tx.conn.fetchrow(_RECENT, tx.actor.principal, tx.now - within, list(IN_PASSING), passing)
    assert row is not None
    return Recent(row["times"], row["first_at"], within)


async def boxes(tx: Transaction, lead_ids: Iterable[UUID]) -> dict[UUID, Box]:
    """What is sealed of those of these leads that exist for who acts here."""
    rows = await tx.conn.fetch(_SEALED, list(lead_ids))
    return {row["lead_id"]: Box(row["person_id"], row["personal"]) for row in rows}


async def look(tx: Transaction, sealed: dict[UUID, Box], purpose: str) -> dict[UUID, Look]:
    """Writes down that who acts here looks at these leads, and only then has their keys; those that he may not open are left out."""
    wrapping = Ring.of(tx).persons
    rows = await tx.conn.fetch(_OPEN, sorted(sealed), purpose)
    return {row["lead_id"]: _look(row, wrapping, sealed[row["lead_id"]]) for row in rows}


def _look(row: asyncpg.Record, wrapping: bytes, box: Box) -> Look:
    wrapped = row["wrapped_key"]
    key = open_bytes(wrapping, wrapped, box.person_id.bytes) if wrapped else None
    return Look(row["opening"], row["at"], row["team"], row["on_behalf_of"], row["grant_kind"], row["reference"], key)


async def looks(tx: Transaction, lead_id: UUID, before: UUID | None, limit: int) -> list[asyncpg.Record]:
    """Who looked at a lead, the newest first."""
    return list(await tx.conn.fetch(_SEEN, lead_id, before, limit))
