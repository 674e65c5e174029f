"""What a door needs to know of a lead before somebody acts on it, and what is left behind by who may not."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from chassis import Transaction
from leads.domain.activity import Right
from leads.domain.lead import Entry, Lead
from leads.store.lead import entry_of, lead_of

# Which rows may be written say the policies: of those that are seen only, none comes back.
_LOCK = "select lead_id, entries from lead_place where lead_id = any($1) order by lead_id for update"
_LOOK = "select p.*, l.about from lead l join lead_place p using (lead_id) where l.lead_id = any($1)"
_RIGHTS = """
select team, kind, records <> 'none' as records, on_behalf_of from access_grant
where person = access_me() and begins_at <= now() and ends_at > now()
"""
_SINCE = "select lead_id, n, at, what, by, detail from timeline where lead_id = any($1) order by lead_id, n"
_WORTH = """
select lead_id, party_id, (select (detail ->> 'score')::int from timeline t
    where t.lead_id = lead.lead_id and what = 'qualified' and detail ? 'score' order by n desc limit 1) as score
from lead where lead_id = any($1)
"""
_VALUE = "update lead_place set value_minor = $2, currency = $3 where lead_id = any($1)"
_CLAIM = """
insert into claim (lead_id, person, until) select lead_id, $2, $3 from unnest($1::uuid[]) as c(lead_id) order by lead_id
on conflict (lead_id) do update set person = excluded.person, until = excluded.until
    where claim.person = excluded.person or claim.until <= now()
returning lead_id, person, until
"""
_CLAIMS = "select lead_id, person, until from claim where lead_id = any($1) and until > now()"
_RELEASE = "delete from claim where lead_id = any($1) and person = $2"
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


@dataclass(frozen=True)
class Looked:
    """How a lead stands for who acts: what it is about, whose it is, and the number of its timeline's last entry."""

    lead: Lead
    about: Mapping[str, Any]
    team: str
    version: int


async def lock(tx: Transaction, lead_id: UUID) -> int | None:
    """The number of the last entry of its timeline, which stays until this is done; None where who acts here may not write it."""
    return (await lock_all(tx, [lead_id])).get(lead_id)


async def lock_all(tx: Transaction, lead_ids: Collection[UUID]) -> dict[UUID, int]:
    """The same of those of these leads that who acts here may write."""
    return {row["lead_id"]: row["entries"] for row in await tx.conn.fetch(_LOCK, list(lead_ids))}


async def look_all(tx: Transaction, lead_ids: Collection[UUID]) -> dict[UUID, Looked]:
    """Those of these leads that exist for who acts."""
    return {
        row["lead_id"]: Looked(lead_of(row), row["about"], row["team"], row["entries"])
        for row in await tx.conn.fetch(_LOOK, list(lead_ids))
    }


async def rights(tx: Transaction) -> Mapping[str, Sequence[Right]]:
    """By what rights who acts may do something about leads, by team."""
    found: dict[str, list[Right]] = {}
    for row in await tx.conn.fetch(_RIGHTS):
        found.setdefault(row["team"], []).append(Right(row["kind"], row["records"], row["on_behalf_of"]))
    return found


async def since(tx: Transaction, seen: Mapping[UUID, int]) -> Mapping[UUID, list[Entry]]:
    """What has happened to these leads since somebody has seen them, by the number of the last entry that he saw."""
    found: dict[UUID, list[Entry]] = {lead_id: [] for lead_id in seen}
    for row in await tx.conn.fetch(_SINCE, list(seen)):
        if row["n"] > seen[row["lead_id"]]:
            found[row["lead_id"]].append(entry_of(row))
    return found


async def worth(tx: Transaction, lead_id: UUID) -> tuple[UUID | None, int]:
    """Who asks, by the id that others know, and what the card gave the lead."""
    return (await worth_all(tx, [lead_id])).get(lead_id, (None, 0))


async def worth_all(tx: Transaction, lead_ids: Collection[UUID]) -> dict[UUID, tuple[UUID | None, int]]:
    """The same of many."""
    rows = await tx.conn.fetch(_WORTH, list(lead_ids))
    return {row["lead_id"]: (row["party_id"], row["score"] or 0) for row in rows}


async def value(tx: Transaction, lead_ids: Collection[UUID], minor: int, currency: str) -> None:
    """What the customers expect to spend, as a person found out."""
    await tx.conn.execute(_VALUE, list(lead_ids), minor, currency)


async def claim(tx: Transaction, lead_id: UUID, until: datetime) -> Claim | None:
    """Who acts here looks at the lead until then; None where somebody else does."""
    return (await claim_all(tx, [lead_id], until)).get(lead_id)


async def claim_all(tx: Transaction, lead_ids: Collection[UUID], until: datetime) -> dict[UUID, Claim]:
    """The same of many: those that nobody else looks at."""
    rows = await tx.conn.fetch(_CLAIM, list(lead_ids), tx.actor.principal, until)
    return {row["lead_id"]: Claim(row["person"], row["until"]) for row in rows}


async def claims(tx: Transaction, lead_ids: list[UUID]) -> dict[UUID, Claim]:
    """Who looks at which of these leads just now."""
    rows = await tx.conn.fetch(_CLAIMS, lead_ids)
    return {row["lead_id"]: Claim(row["person"], row["until"]) for row in rows}


async def release(tx: Transaction, lead_ids: Collection[UUID], person: str) -> None:
    """He looks at them no more."""
    await tx.conn.execute(_RELEASE, list(lead_ids), person)


async def refused(tx: Transaction, lead_id: UUID, door: str, lacks: str, told_within: timedelta | None) -> bool:
    """Puts on record that who acts here may not. Whether it is to be told: not where it was for this lead within this time, nor
    without one."""
    who: Any = tx.actor.principal
    await tx.conn.execute(_ALONE, f"{who} {lead_id}")
    tells = told_within is not None and not await tx.conn.fetchval(_TOLD, who, lead_id, tx.now - told_within)
    await tx.conn.execute(_REFUSED, uuid7(), tx.now, who, door, lead_id, lacks, tx.now if tells else None)
    return tells
