"""Drafts of the market, and the leads that one is tried on."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

import asyncpg

from chassis import Transaction
from chassis.query import insert_all
from territory.domain.draft import Draft
from territory.domain.draft_trial import Came
from territory.store.tables import MARKET_DRAFT

_ONE = "select * from market_draft where draft = $1"
_LAST = "select coalesce(max(draft), 0) from market_draft"
_HEADS = """
select draft, author, at, made_from, history, version, is_dropped from market_draft
where $1::int is null or draft < $1 order by draft desc limit $2
"""
_SAVE = (
    insert_all(MARKET_DRAFT)
    + " on conflict (draft) do update set document = excluded.document, author = excluded.author,"
    " at = excluded.at, edit = excluded.edit, made_from = excluded.made_from, history = excluded.history,"
    " version = excluded.version, is_dropped = excluded.is_dropped, tried = excluded.tried"
)
_ALONE = "select pg_advisory_xact_lock(hashtextextended('market draft', 0))"
_TO_TRY = """
select * from market_draft where tried ->> 'state' = 'waiting' order by tried ->> 'asked_at' limit 1 for update skip locked
"""
# The first decision about a lead holds what was known of it when it came; where its customer was somebody's, that team got it.
_LATEST = """
select lead_id, attributes, case when cause = 'customer' then team end as customers_team from decision
where number = 1 order by decided_at desc, lead_id desc limit $1
"""
_SEEN = "select lead_id from lead_case where lead_id = any($1)"


async def one(tx: Transaction, number: int, *, to_change: bool = False) -> Draft | None:
    """A draft; to change it, nobody else changes drafts meanwhile."""
    if to_change:
        await alone(tx)
    row = await tx.conn.fetchrow(_ONE, number)
    return _draft(row) if row else None


async def last(tx: Transaction) -> int:
    """The number of the newest."""
    return int(await tx.conn.fetchval(_LAST))


async def alone(tx: Transaction) -> None:
    """Nobody else changes drafts until this is done."""
    await tx.conn.execute(_ALONE)


async def save(tx: Transaction, draft: Draft) -> None:
    """It is so now."""
    await tx.conn.execute(_SAVE, json.dumps([{**asdict(draft), "at": draft.at.isoformat()}]))


async def heads(tx: Transaction, before: int | None, most: int) -> Sequence[Mapping[str, Any]]:
    """Drafts without what they say, the newest first."""
    return [dict(row) for row in await tx.conn.fetch(_HEADS, before, most)]


async def to_try(tx: Transaction) -> Draft | None:
    """The draft that somebody has waited for longest to see tried, locked; another process is left its own."""
    row = await tx.conn.fetchrow(_TO_TRY)
    return _draft(row) if row else None


async def latest(tx: Transaction, most: int) -> list[Came]:
    """The leads that were decided about last for the first time, the newest first. It reads all decisions once: no lead pays for an
    index by which somebody asks now and then."""
    return [Came(**row) for row in await tx.conn.fetch(_LATEST, most)]


async def seen(tx: Transaction, lead_ids: Collection[UUID]) -> set[UUID]:
    """Those of these leads that exist for who acts."""
    return {row["lead_id"] for row in await tx.conn.fetch(_SEEN, list(lead_ids))}


def _draft(row: asyncpg.Record) -> Draft:
    return Draft(**{**row, "history": tuple(row["history"])})
