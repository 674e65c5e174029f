"""What is known of leads, campaigns and budget lines."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from operator import attrgetter
from uuid import UUID

from chassis import Transaction
from metrics.domain.contributions import By
from metrics.domain.facts import CampaignFact, LeadFact, LineFact

# The replicas of this service write facts one at a time. Two at once would take the rows of facts and numbers in
# crossing orders, because one delivery is counted stream by stream; and they meet in the same few KPI rows anyway.
# The planner is kept from full scans in this transaction: a plan made while a table was nearly empty is remembered by the
# connection, and would read the whole table for every batch until the next analyze.
_TAKE_TURN = (
    "select pg_advisory_xact_lock(hashtextextended('metrics.facts', 0)), set_config('enable_seqscan', 'off', true)"
)

_LEADS = """
select lead_id, captured_at, channel, campaign, qualified_at, valid, discarded_at, placed_at, segment, team,
    assigned_at, person, revision, outcome, amount, currency, history, segment_key, channel_key, campaign_key
from lead_fact where lead_id = any($1::uuid[])
"""
_ALL_LEADS = """
select lead_id, captured_at, channel, campaign, qualified_at, valid, discarded_at, placed_at, segment, team,
    assigned_at, person, revision, outcome, amount, currency, history, segment_key, channel_key, campaign_key
from lead_fact
"""
_SAVE_LEADS = """
insert into lead_fact (lead_id, captured_at, channel, campaign, qualified_at, valid, discarded_at, placed_at, segment, team,
    assigned_at, person, revision, outcome, amount, currency, history, segment_key, channel_key, campaign_key)
select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::timestamptz[], $6::boolean[],
    $7::timestamptz[], $8::timestamptz[], $9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::int[],
    $14::text[], $15::bigint[], $16::char(3)[], $17::text[], $18::text[], $19::text[], $20::text[])
on conflict (lead_id) do update set
    captured_at = excluded.captured_at, channel = excluded.channel, campaign = excluded.campaign,
    qualified_at = excluded.qualified_at, valid = excluded.valid, discarded_at = excluded.discarded_at,
    placed_at = excluded.placed_at, segment = excluded.segment, team = excluded.team,
    assigned_at = excluded.assigned_at, person = excluded.person, revision = excluded.revision,
    outcome = excluded.outcome, amount = excluded.amount, currency = excluded.currency, history = excluded.history,
    segment_key = excluded.segment_key, channel_key = excluded.channel_key, campaign_key = excluded.campaign_key
"""
_CAMPAIGNS = """
select campaign, version, channel, segment, history, segment_key, channel_key, campaign_key
from campaign_fact where campaign = any($1::text[])
"""
_ALL_CAMPAIGNS = _CAMPAIGNS.partition("where")[0]
_SAVE_CAMPAIGNS = """
insert into campaign_fact (campaign, version, channel, segment, history, segment_key, channel_key, campaign_key)
select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
on conflict (campaign) do update set
    version = excluded.version, channel = excluded.channel, segment = excluded.segment, history = excluded.history,
    segment_key = excluded.segment_key, channel_key = excluded.channel_key, campaign_key = excluded.campaign_key
"""
_LINES = "select campaign, line, currency, posting, incurred, history from line_fact where campaign = any($1::text[])"
_SAVE_LINES = """
insert into line_fact (campaign, line, currency, posting, incurred, history)
select * from unnest($1::text[], $2::text[], $3::char(3)[], $4::bigint[], $5::bigint[], $6::text[])
on conflict (campaign, line, currency) do update set
    posting = excluded.posting, incurred = excluded.incurred, history = excluded.history
"""
_SPENT = """
select l.campaign, l.line, l.currency, l.posting, l.incurred, l.history,
    coalesce(c.version, 0), c.channel, c.segment, c.history, c.segment_key, c.channel_key, c.campaign_key
from line_fact l left join campaign_fact c using (campaign)
"""
# The keys as domain.contributions names them; a component test holds the two together.
_BEHIND = """
select lead_id, captured_at, channel, campaign, qualified_at, valid, discarded_at, placed_at, segment, team,
    assigned_at, person, revision, outcome, amount, currency, history, segment_key, channel_key, campaign_key
from lead_fact
where captured_at is not null and lead_id < $3 and $2 = case $1
    when 'segment' then coalesce(segment_key, nullif(segment, ''), case when discarded_at is null then '(unrouted)' else '(discarded)' end)
    when 'team' then coalesce(nullif(team, ''), case when discarded_at is null then '(unrouted)' else '(discarded)' end)
    when 'channel' then coalesce(channel_key, nullif(channel, ''), '(none)')
    when 'campaign' then coalesce(campaign_key, nullif(campaign, ''), '(none)')
end
order by lead_id desc limit $4
"""

# Written for channels, and the same for the other dimensions whose names are compared.
_NAMES_OF_CHANNELS = "select distinct channel from lead_fact where channel <> ''"
_RENAME_CHANNELS = """
update lead_fact f set channel_key = new.name from unnest($1::text[], $2::text[]) as new(written, name)
where f.channel = new.written and f.channel_key is distinct from new.name
"""
_NAMED: tuple[By, ...] = ("segment", "channel", "campaign")
_NAMES = {by: _NAMES_OF_CHANNELS.replace("channel", by) for by in _NAMED}
_RENAME = {by: _RENAME_CHANNELS.replace("channel", by) for by in _NAMED}

_lead_row = attrgetter(*LeadFact.__slots__)
_campaign_row = attrgetter(*CampaignFact.__slots__)
_line_row = attrgetter(*LineFact.__slots__)


async def take_turn(tx: Transaction) -> None:
    """Until this transaction ends, nobody else changes facts or numbers."""
    await tx.conn.execute(_TAKE_TURN)


async def load_leads(tx: Transaction, lead_ids: Collection[UUID]) -> dict[UUID, LeadFact]:
    """What is known of these leads; of those never heard of, nothing."""
    return {row[0]: LeadFact(*row) for row in await tx.conn.fetch(_LEADS, list(lead_ids))}


async def save_leads(tx: Transaction, facts: Iterable[LeadFact]) -> None:
    """Writes these facts over what was known. Columns as arrays: a fifth less work in all than one JSON document."""
    if rows := list(map(_lead_row, facts)):
        await tx.conn.execute(_SAVE_LEADS, *zip(*rows, strict=True))


async def every_lead(tx: Transaction) -> AsyncIterator[LeadFact]:
    """All of them, a few thousand at a time. For once the whole table is what is wanted."""
    await tx.conn.execute("set local enable_seqscan = on")
    async for row in tx.conn.cursor(_ALL_LEADS, prefetch=5000):
        yield LeadFact(*row)


async def leads_behind(tx: Transaction, by: By, key: str, before: UUID, limit: int) -> list[LeadFact]:
    """The leads that a KPI row counts, by falling id, a page at a time. Walks the table: meant for people, not for loops."""
    return [LeadFact(*row) for row in await tx.conn.fetch(_BEHIND, by, key, before, limit)]


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


async def save_lines(tx: Transaction, facts: Iterable[LineFact]) -> None:
    """Writes these facts over what was known."""
    if rows := list(map(_line_row, facts)):
        await tx.conn.execute(_SAVE_LINES, *zip(*rows, strict=True))


async def every_line(tx: Transaction) -> list[tuple[LineFact, CampaignFact]]:
    """All budget lines, each with what is known of its campaign."""
    return [(LineFact(*row[:6]), CampaignFact(row[0], *row[6:])) for row in await tx.conn.fetch(_SPENT)]


async def names_written(tx: Transaction, by: By) -> list[str]:
    """Every name of this dimension that leads have, as it is written. Walks the table."""
    await tx.conn.execute("set local enable_seqscan = on")
    return [row[0] for row in await tx.conn.fetch(_NAMES[by])]


async def rename(tx: Transaction, by: By, names: Mapping[str, str | None]) -> None:
    """Leads with these names count under those."""
    await tx.conn.execute(_RENAME[by], list(names), list(names.values()))
