"""What was done about leads, and by what right somebody may say so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from chassis import Transaction
from leads.domain.activity import Did, Right

# A statement of its own, after the place was found: who does not see the lead learns nothing of his rights there.
_STANDING = """
select p.team, p.assignee, p.campaign, p.pipeline, p.grade, coalesce(array_agg(g.kind) filter (where g.kind is not null), '{}') as kinds,
    coalesce(array_agg(g.records <> 'none') filter (where g.kind is not null), '{}') as records,
    coalesce(array_agg(g.on_behalf_of) filter (where g.kind is not null), '{}') as for_whom
from lead_place p join lead l using (lead_id)
left join access_grant g on g.team = p.team and g.person = access_me() and g.begins_at <= now() and g.ends_at > now()
where p.lead_id = $1 group by p.lead_id
"""
_COLUMNS = (
    *("activity_id", "lead_id", "kind", "direction", "reached", "evidence", "occurred_at", "recorded_at", "author"),
    *("on_behalf_of", "team", "seconds", "result", "content", "box"),
)
_PUT = f"""
insert into activity ({", ".join(_COLUMNS)}) values ({", ".join(f"${n}" for n in range(1, len(_COLUMNS) + 1))})
on conflict do nothing returning activity_id
"""  # noqa: S608 - names of columns
_WITH_VOID = f"""
select {", ".join(f"a.{name}" for name in _COLUMNS)}, v.code as void_code, v.by as void_by, v.at as void_at
from activity a left join activity_void v using (activity_id)
"""  # noqa: S608 - names of columns
_ONE = f"{_WITH_VOID} where a.activity_id = $1 and a.lead_id = $2"
_PAGE = f"""
{_WITH_VOID}
where a.lead_id = $1 and ($2::timestamptz is null or (a.occurred_at, a.activity_id) < ($2, $3::uuid))
order by a.occurred_at desc, a.activity_id desc limit $4
"""
_VOID = (
    "insert into activity_void (activity_id, lead_id, code, by, at) values ($1, $2, $3, $4, $5) on conflict do nothing"
)


@dataclass(frozen=True)
class Standing:
    """Whose a lead is, and by what rights who acts may do something about it."""

    team: str
    holder: str | None
    campaign: str | None
    pipeline: str | None
    grade: str | None
    rights: tuple[Right, ...]


@dataclass(frozen=True)
class Activity:
    """An activity on its way into the record."""

    activity_id: UUID
    lead_id: UUID
    did: Did
    author: str
    on_behalf_of: str | None
    team: str
    content: str
    box: bytes | None


async def standing(tx: Transaction, lead_id: UUID) -> Standing | None:
    """None where the lead does not exist for who acts."""
    row = await tx.conn.fetchrow(_STANDING, lead_id)
    if row is None:
        return None
    rights = tuple(Right(*one) for one in zip(row["kinds"], row["records"], row["for_whom"], strict=True))
    return Standing(row["team"], row["assignee"], row["campaign"], row["pipeline"], row["grade"], rights)


async def put(tx: Transaction, one: Activity) -> bool:
    """Puts it on record; False where one of this id is."""
    did = one.did
    said = (did.kind, did.direction, did.reached, "person", did.occurred_at, tx.now, one.author, one.on_behalf_of)
    row = (one.activity_id, one.lead_id, *said, one.team, did.seconds, did.result, one.content, one.box)
    return await tx.conn.fetchval(_PUT, *row) is not None


async def one(tx: Transaction, lead_id: UUID, activity_id: UUID) -> asyncpg.Record | None:
    """An activity of a lead with what voided it."""
    return await tx.conn.fetchrow(_ONE, activity_id, lead_id)


async def page(
    tx: Transaction, lead_id: UUID, last: tuple[datetime, UUID] | None, most: int
) -> Sequence[asyncpg.Record]:
    """A lead's activities behind this one, the newest first."""
    at, activity_id = last or (None, None)
    return list(await tx.conn.fetch(_PAGE, lead_id, at, activity_id, most))


async def void(tx: Transaction, lead_id: UUID, activity_id: UUID, code: str) -> bool:
    """Puts on record that it counts no more; False where that is on record."""
    done: Any = await tx.conn.execute(_VOID, activity_id, lead_id, code, tx.actor.principal, tx.now)
    return str(done).endswith(" 1")
