"""A lead's timeline, what was done about it and its documents, merged."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from chassis import Transaction

# Entries of one moment stand in their order. An activity stands where it happened, whenever it was recorded.
_PAGE = """
select * from (
    select t.at, 'a' || lpad(t.n::text, 10, '0') as key, t.what as kind, t.by, t.detail, null::uuid as activity_id,
        null as direction, null::boolean as reached, null as evidence, null::timestamptz as recorded_at, null as author,
        null as on_behalf_of, null as team, null::int as seconds, null as result, null::bytea as box, null as void_code,
        null as void_by, null::timestamptz as void_at
    from timeline t where t.lead_id = $1
    union all
    select a.occurred_at, 'b' || a.activity_id, a.kind, a.author, null, a.activity_id, a.direction, a.reached, a.evidence,
        a.recorded_at, a.author, a.on_behalf_of, a.team, a.seconds, a.result, a.box, v.code, v.by, v.at
    from activity a left join activity_void v using (activity_id) where a.lead_id = $1
    union all
    select d.at, 'c' || d.document_id, 'document', d.author, jsonb_build_object('document', d.document_id, 'document_kind', d.kind),
        null, null, null, null, null, null, null, null, null, null, null, null, null, null
    from document d where d.lead_id = $1
) e
where ($2::text[] is null or kind = any ($2)) and ($3::timestamptz is null or (at, key) < ($3, $4::text))
order by at desc, key desc limit $5
"""


async def page(
    tx: Transaction, lead_id: UUID, kinds: Sequence[str] | None, last: tuple[datetime, str] | None, most: int
) -> list[asyncpg.Record]:
    """Of these kinds what happened before this one, the newest first."""
    at, key = last or (None, None)
    return list(await tx.conn.fetch(_PAGE, lead_id, kinds, at, key, most))


async def substitute_of(tx: Transaction, team: str, person: str, at: datetime) -> str | None:
    """Who stood in for somebody in this team at a moment, if anybody did and who acts sees the team."""
    found: str | None = await tx.conn.fetchval("select stands_in($1, $2, $3)", team, person, at)
    return found
