"""What is known of leads, campaigns and budget lines."""

import json
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    CompoundSelect,
    Select,
    Text,
    any_,
    case,
    func,
    literal,
    select,
    true,
    union_all,
)

from chassis import Transaction
from chassis.query import columns, fetch
from metrics.domain.catalogue import DIMENSIONS, UNPLACED, By, Dimension
from metrics.domain.facts import CampaignFact, LeadFact, LineFact
from metrics.store.columns import select_from, upsert
from metrics.store.tables import CAMPAIGN_FACT, LEAD_FACT, LINE_FACT

# The replicas of this service write facts one at a time. Two at once would take the rows of facts and numbers in
# crossing orders, because one delivery is counted stream by stream; and they meet in the same few KPI rows anyway.
# The planner is kept from full scans in this transaction: a plan made while a table was nearly empty is remembered by the
# connection, and would read the whole table for every batch until the next analyze.
_TAKE_TURN = (
    "select pg_advisory_xact_lock(hashtextextended('metrics.facts', 0)), set_config('enable_seqscan', 'off', true)"
)

_ALL_LEADS = select_from(LEAD_FACT)
_LEADS = select_from(LEAD_FACT, "where lead_id = any($1::uuid[])")
_SAVE_LEADS = upsert(LEAD_FACT)
_ALL_CAMPAIGNS = select_from(CAMPAIGN_FACT)
_CAMPAIGNS = select_from(CAMPAIGN_FACT, "where campaign = any($1::text[])")
_SAVE_CAMPAIGNS = upsert(CAMPAIGN_FACT)
_ALL_LINES = select_from(LINE_FACT)
_LINES = select_from(LINE_FACT, "where campaign = any($1::text[])")
_SAVE_LINES = upsert(LINE_FACT)

# Written for channels, and the same for the other dimensions whose names are compared.
_NAMES_OF_CHANNELS = "select distinct channel from lead_fact where channel <> ''"
_RENAME_CHANNELS = """
update lead_fact f set channel_key = new.name from unnest($1::text[], $2::text[]) as new(written, name)
where f.channel = new.written and f.channel_key is distinct from new.name
"""
# Teams: where hardly any of their leads counts all are read, each team's by itself.
FEW = 50
_NAMED: tuple[By, ...] = ("segment", "channel", "campaign")
_NAMES = {by: _NAMES_OF_CHANNELS.replace("channel", by) for by in _NAMED}
_RENAME = {by: _RENAME_CHANNELS.replace("channel", by) for by in _NAMED}

# A fact's fields are the columns of its table, by name and in this order; a unit test holds the two together.
_lead_row = attrgetter(*LEAD_FACT.columns.keys())
_campaign_row = attrgetter(*CAMPAIGN_FACT.columns.keys())
_line_row = attrgetter(*LINE_FACT.columns.keys())
_DOCUMENTS = [LEAD_FACT.columns.keys().index(name) for name in ("steps", "requests")]


async def take_turn(tx: Transaction) -> None:
    """Until this transaction ends, nobody else changes facts or numbers."""
    await tx.conn.execute(_TAKE_TURN)


async def load_leads(tx: Transaction, lead_ids: Collection[UUID]) -> dict[UUID, LeadFact]:
    """What is known of these leads; of those never heard of, nothing."""
    return {row[0]: LeadFact(*row) for row in await tx.conn.fetch(_LEADS, list(lead_ids))}


async def save_leads(tx: Transaction, facts: Iterable[LeadFact]) -> None:
    """Writes these facts over what was known. Columns as arrays: a fifth less work in all than one JSON document."""
    if rows := list(map(_lead_row, facts)):
        found = columns(rows)
        for at in _DOCUMENTS:
            found[at] = (its := found[at]) and [document and json.dumps(document) for document in its]
        await tx.conn.execute(_SAVE_LEADS, *found)


async def every_lead(tx: Transaction) -> AsyncIterator[LeadFact]:
    """All of them, a few thousand at a time. For once the whole table is what is wanted."""
    await tx.conn.execute("set local enable_seqscan = on")
    async for row in tx.conn.cursor(_ALL_LEADS, prefetch=5000):
        yield LeadFact(*row)


async def leads_behind(
    tx: Transaction, by: By, key: str, before: UUID, limit: int, teams: Collection[str], since: datetime | None = None
) -> list[LeadFact]:
    """The leads that a KPI row of these teams counts, by falling id, a page at a time: all, or those that came since then. Those of
    a few teams are found by each team's index; for many the table is walked: meant for people, not for loops."""
    dimension = next(d for d in DIMENSIONS if d.name == by)
    lead, some = LEAD_FACT.c, literal(list(teams), ARRAY(Text))
    came = lead.captured_at.is_not(None) if since is None else lead.captured_at >= since
    wanted = select(LEAD_FACT).where(came, lead.lead_id < before, key_of(dimension) == key)
    last = wanted.order_by(lead.lead_id.desc()).limit(limit)
    if len(teams) > FEW:
        found = await fetch(tx.conn, last.where(func.coalesce(lead.team, UNPLACED) == any_(some)))
    else:
        # By the column as it is: `coalesce` may tell what it is given, so row policies come before it and no index does.
        mine = select(func.unnest(some).label("team")).cte("mine")
        rows = last.where(lead.team == mine.c.team).lateral("rows")
        each: Select[Any] | CompoundSelect[Any] = select(*rows.c).select_from(mine.join(rows, true()))
        if UNPLACED in teams:  # in one statement: a lead that gets its team meanwhile is in one part of it
            each = union_all(each, select(*last.where(lead.team.is_(None)).subquery("unplaced").c))
        found = await fetch(tx.conn, each)
    return sorted((LeadFact(*row) for row in found), key=attrgetter("lead_id"), reverse=True)[:limit]


def key_of(dimension: Dimension) -> ColumnElement[str]:
    """A lead's key of this dimension, as ``domain.contributions`` finds it."""
    nowhere: ColumnElement[str] = literal("")
    for column, name in reversed(dimension.nowhere):
        nowhere = literal(name) if column is None else case((LEAD_FACT.c[column].is_not(None), name), else_=nowhere)
    return func.coalesce(*(func.nullif(LEAD_FACT.c[column], "") for column in dimension.columns), nowhere)


async def load_campaigns(tx: Transaction, campaigns: Collection[str]) -> dict[str, CampaignFact]:
    """What is known of these campaigns; of those never heard of, nothing."""
    return {row[0]: CampaignFact(*row) for row in await tx.conn.fetch(_CAMPAIGNS, list(campaigns))}


async def every_campaign(tx: Transaction) -> list[CampaignFact]:
    """All of them."""
    return [CampaignFact(*row) for row in await tx.conn.fetch(_ALL_CAMPAIGNS)]


async def save_campaigns(tx: Transaction, facts: Iterable[CampaignFact]) -> None:
    """Writes these facts over what was known."""
    if rows := list(map(_campaign_row, facts)):
        await tx.conn.execute(_SAVE_CAMPAIGNS, *zip(*rows, strict=True))


async def load_lines(tx: Transaction, campaigns: Collection[str]) -> dict[tuple[str, str, str], LineFact]:
    """Every budget line of these campaigns, by campaign, line and currency."""
    return {tuple(row[:3]): LineFact(*row) for row in await tx.conn.fetch(_LINES, list(campaigns))}


async def every_line(tx: Transaction) -> list[LineFact]:
    """All of them."""
    return [LineFact(*row) for row in await tx.conn.fetch(_ALL_LINES)]


async def save_lines(tx: Transaction, facts: Iterable[LineFact]) -> None:
    """Writes these facts over what was known."""
    if rows := list(map(_line_row, facts)):
        await tx.conn.execute(_SAVE_LINES, *zip(*rows, strict=True))


async def names_written(tx: Transaction, by: By) -> list[str]:
    """Every name of this dimension that leads have, as it is written. Walks the table."""
    await tx.conn.execute("set local enable_seqscan = on")
    return [row[0] for row in await tx.conn.fetch(_NAMES[by])]


async def rename(tx: Transaction, by: By, names: Mapping[str, str | None]) -> None:
    """Leads with these names count under those."""
    await tx.conn.execute(_RENAME[by], list(names), list(names.values()))
