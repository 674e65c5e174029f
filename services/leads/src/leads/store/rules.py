"""The company's deciding rules and their versions, and the leads that a draft is tried on."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from chassis import Transaction
from chassis.query import insert_all
from leads.domain.rules import Kind, Version
from leads.store.rules_tables import RULE

_ONE = "select * from rule where kind = $1 and version = $2"
_ACTIVE = "select * from rule where kind = $1 and state = 'active'"
_LAST = "select coalesce(max(version), 0) from rule where kind = $1"
_HEADS = """
select kind, version, state, author, at, edit, history from rule
where kind = $1 and ($2::int is null or version < $2) order by version desc limit $3
"""
_OPEN = """
select kind, version, state, author, at, edit, history from rule where state = 'active'
union all
(select kind, version, state, author, at, edit, history from rule where state = 'draft' order by at desc limit $1)
order by kind, version desc
"""
DRAFTS_AT_MOST = 200
_SAVE = (
    insert_all(RULE) + " on conflict (kind, version) do update set state = excluded.state, content = excluded.content,"
    " author = excluded.author, at = excluded.at, edit = excluded.edit, history = excluded.history, tried = excluded.tried"
)
# What a process has of a version already is not sent again.
_IN_FORCE = """
select kind, version, case when k.version is null then content end as content
from rule left join unnest($1::text[], $2::int[]) k(kind, version) using (kind, version) where state = 'active'
"""
_CONTENTS = "select version, content from rule where kind = $1 and version = any($2)"
_ALONE = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
_TO_TRY = """
select * from rule where tried ->> 'state' = 'waiting' order by tried ->> 'asked_at' limit 1 for update skip locked
"""
_LEADS = """
select l.lead_id, l.person_id, l.personal, l.about, l.captured_at, card.reasons, came.flags
from lead l
left join lateral (
    select detail -> 'reasons' as reasons from timeline t
    where t.lead_id = l.lead_id and what = 'qualified' and detail ? 'reasons' order by n limit 1
) card on true
left join lateral (
    select detail -> 'flags' as flags from timeline t
    where t.lead_id = l.lead_id and what = 'captured' order by n limit 1
) came on true
where ($1::timestamptz is null or (l.captured_at, l.lead_id) < ($1, $2::uuid))
order by l.captured_at desc, l.lead_id desc limit $3
"""
_SEEN = "select lead_id from lead where lead_id = any($1)"


@dataclass(frozen=True)
class Judged:
    """A lead on record, sealed, as a card is tried on it. ``reasons`` are the terms by which it was judged when it came."""

    lead_id: UUID
    person_id: UUID
    ciphertext: bytes
    about: Mapping[str, Any]
    captured_at: datetime
    reasons: Collection[str]
    flags: Collection[str]


async def one(tx: Transaction, kind: Kind, version: int, *, to_change: bool = False) -> Version | None:
    """A version; to change it, nobody else changes a rule of its kind meanwhile."""
    if to_change:
        await alone(tx, kind)
    row = await tx.conn.fetchrow(_ONE, kind, version)
    return _version(row) if row else None


async def active(tx: Transaction, kind: Kind) -> Version | None:
    """The version that decides."""
    row = await tx.conn.fetchrow(_ACTIVE, kind)
    return _version(row) if row else None


async def last(tx: Transaction, kind: Kind) -> int:
    """The number of the newest version."""
    return int(await tx.conn.fetchval(_LAST, kind))


async def alone(tx: Transaction, kind: Kind) -> None:
    """Nobody else changes rules of this kind until this is done."""
    await tx.conn.execute(_ALONE, f"rule {kind}")


async def save(tx: Transaction, changed: Iterable[Version]) -> None:
    """These versions are so now."""
    for row in changed:  # one active version at a time, in the order in which they are said
        await tx.conn.execute(_SAVE, json.dumps([{**asdict(row), "at": row.at.isoformat()}]))


async def open_(tx: Transaction) -> Sequence[Mapping[str, Any]]:
    """Versions in force and drafts, without what they say; of very many drafts the newest."""
    return [dict(row) for row in await tx.conn.fetch(_OPEN, DRAFTS_AT_MOST)]


async def heads(tx: Transaction, kind: Kind, before: int | None, most: int) -> Sequence[Mapping[str, Any]]:
    """Versions of a kind without what they say, the newest first."""
    return [dict(row) for row in await tx.conn.fetch(_HEADS, kind, before, most)]


async def in_force(
    tx: Transaction, known: Iterable[tuple[Kind, int]]
) -> list[tuple[Kind, int, Mapping[str, Any] | None]]:
    """Each kind's version that decides, with what it says where that is not known."""
    names = list(known)
    rows = await tx.conn.fetch(_IN_FORCE, [kind for kind, _ in names], [version for _, version in names])
    return [(row["kind"], row["version"], row["content"]) for row in rows]


async def contents(tx: Transaction, kind: Kind, versions: Iterable[int]) -> Mapping[int, Mapping[str, Any]]:
    """What these versions say."""
    return {row["version"]: row["content"] for row in await tx.conn.fetch(_CONTENTS, kind, sorted(versions))}


async def to_try(tx: Transaction) -> Version | None:
    """The version that somebody has waited for longest to see tried, locked; another process is left its own."""
    row = await tx.conn.fetchrow(_TO_TRY)
    return _version(row) if row else None


async def latest(tx: Transaction, before: Judged | None, most: int) -> list[Judged]:
    """The leads that were captured last before this one, the newest first."""
    at, lead_id = (before.captured_at, before.lead_id) if before else (None, None)
    rows = await tx.conn.fetch(_LEADS, at, lead_id, most)
    return [
        Judged(
            row["lead_id"],
            row["person_id"],
            row["personal"],
            row["about"],
            row["captured_at"],
            row["reasons"] or (),
            row["flags"] or (),
        )
        for row in rows
    ]


async def seen(tx: Transaction, lead_ids: Collection[UUID]) -> set[UUID]:
    """Those of these leads that exist for who acts."""
    return {row["lead_id"] for row in await tx.conn.fetch(_SEEN, list(lead_ids))}


def _version(row: asyncpg.Record) -> Version:
    return Version(**{**row, "history": tuple(row["history"])})
