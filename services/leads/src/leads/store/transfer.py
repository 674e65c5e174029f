"""Leads that go to others with all that is recorded of them."""

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis import Transaction

# All that is recorded of a lead but who has it: a digest of each part, in an order of its own. What is said of transfers is no part.
_HASHES = """
select p.lead_id, encode(sha256(convert_to(concat_ws(E'\\n',
    encode(sha256(l.personal), 'hex'), l.person_id, l.about, l.content, l.occurred_at, l.captured_at, p.outcomes, p.grade, p.disposition,
    p.pipeline, p.value_minor, p.currency, p.starts_at, p.stage, p.stage_since, p.likelihood, p.expected_close, p.documents_missing,
    (select string_agg(concat_ws('|', n, kind, state, asked_at, starts_at, times, step, due_at, promise, policy, calendar, calendar_version,
        answered_at, activity_id, met, document, encode(sha256(box), 'hex')), E'\\n' order by n) from request r where r.lead_id = p.lead_id),
    (select string_agg(concat_ws('|', activity_id, kind, direction, reached, evidence, occurred_at, recorded_at, author, on_behalf_of,
        team, seconds, result, content, encode(sha256(box), 'hex')), E'\\n' order by activity_id) from activity a where a.lead_id = p.lead_id),
    (select string_agg(concat_ws('|', document_id, kind, media_type, size, d.sha256, encode(sha256(name), 'hex'), author, on_behalf_of,
        team, at), E'\\n' order by document_id) from document d where d.lead_id = p.lead_id),
    (select string_agg(concat_ws('|', activity_id, code, by, at), E'\\n' order by activity_id)
        from activity_void v where v.lead_id = p.lead_id),
    (select string_agg(concat_ws('|', n, at, what, by, detail), E'\\n' order by n)
        from timeline t where t.lead_id = p.lead_id and what <> 'transferred')
), 'UTF8')), 'hex') as hash
from lead_place p join lead l using (lead_id) where p.lead_id = any($1)
"""
_DONE = "select transfer_id, lead_id from transfer_item where lead_id = any($1)"
_ANSWERS = """
update request r set responder = new.to_person
from unnest($1::uuid[], $2::text[], $3::text[]) as new(lead_id, from_person, to_person)
where r.lead_id = new.lead_id and r.state = 'open' and r.responder = new.from_person
"""
_KEEP = """
insert into transfer_item (transfer_id, lead_id, from_team, from_person, to_team, to_person, sha256, applied_at)
select *, $8 from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
"""
_UNDONE = """
update transfer_item i set undone_at = $3 from unnest($1::uuid[], $2::uuid[]) as u(transfer_id, lead_id)
where (i.transfer_id, i.lead_id) = (u.transfer_id, u.lead_id)
"""


@dataclass(frozen=True)
class Item:
    """A lead that went to others."""

    transfer_id: UUID
    lead_id: UUID
    from_team: str | None
    from_person: str | None
    to_team: str
    to_person: str | None
    hash: str


def apart(tx: Transaction) -> AbstractAsyncContextManager[Any]:
    """What is done within it is done whole, or, where it raises, not at all; what was before it stays."""
    return tx.conn.transaction()


async def hashes(tx: Transaction, lead_ids: Collection[UUID]) -> dict[UUID, str]:
    """What is recorded of these leads, as digests; those that are not on record are left out."""
    return {row["lead_id"]: row["hash"] for row in await tx.conn.fetch(_HASHES, list(lead_ids))}


async def done(tx: Transaction, lead_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """Which transfers of these leads were carried out."""
    return {(row["transfer_id"], row["lead_id"]) for row in await tx.conn.fetch(_DONE, list(lead_ids))}


async def hand_over(tx: Transaction, moves: Sequence[tuple[UUID, str | None, str | None]]) -> None:
    """What somebody named was to answer, whoever has the lead now is to; times stay."""
    await tx.conn.execute(_ANSWERS, *_columns(moves))


async def keep(tx: Transaction, items: Sequence[Item], undone: Sequence[tuple[UUID, UUID]]) -> None:
    """Puts on record what was carried out, and what by that was taken back."""
    rows = [
        (one.transfer_id, one.lead_id, one.from_team, one.from_person, one.to_team, one.to_person, one.hash)
        for one in items
    ]
    await tx.conn.execute(_KEEP, *_columns(rows), tx.now)
    if undone:
        await tx.conn.execute(_UNDONE, *_columns(undone), tx.now)


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
