"""What is known of leads, campaigns and budget lines."""

from collections.abc import AsyncIterator, Collection, Iterable
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
    assigned_at, person, revision, outcome, amount, currency
from lead_fact where lead_id = any($1::uuid[])
"""
_ALL_LEADS = """
select lead_id, captured_at, channel, campaign, qualified_at, valid, discarded_at, placed_at, segment, team,
    assigned_at, person, revision, outcome, amount, currency
from lead_fact
"""
_SAVE_LEADS = """
insert into lead_fact (lead_id, captured_at, channel, campaign, qualified_at, valid, discarded_at, placed_at, segment, team,
    assigned_at, person, revision, outcome, amount, currency)
select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::timestamptz[], $6::boolean[],
    $7::timestamptz[], $8::timestamptz[], $9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::int[],
    $14::text[], $15::bigint[], $16::char(3)[])
on conflict (lead_id) do update set
    captured_at = excluded.captured_at, channel = excluded.channel, campaign = excluded.campaign,
    qualified_at = excluded.qualified_at, valid = excluded.valid, discarded_at = excluded.discarded_at,
    placed_at = excluded.placed_at, segment = excluded.segment, team = excluded.team,
    assigned_at = excluded.assigned_at, person = excluded.person, revision = excluded.revision,
    outcome = excluded.outcome, amount = excluded.amount, currency = excluded.currency
"""
_CAMPAIGNS = "select campaign, version, channel, segment from campaign_fact where campaign = any($1::text[])"
_SAVE_CAMPAIGNS = """
insert into campaign_fact (campaign, version, channel, segment)
select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[])
on conflict (campaign) do update set
    version = excluded.version, channel = excluded.channel, segment = excluded.segment
"""
_LINES = "select campaign, line, currency, posting, incurred from line_fact where campaign = any($1::text[])"
_SAVE_LINES = """
insert into line_fact (campaign, line, currency, posting, incurred)
select * from unnest($1::text[], $2::text[], $3::char(3)[], $4::bigint[], $5::bigint[])
on conflict (campaign, line, currency) do update set posting = excluded.posting, incurred = excluded.incurred
"""
_SPENT = """
select l.campaign, l.line, l.currency, l.posting, l.incurred, coalesce(c.version, 0), c.channel, c.segment
from line_fact l left join campaign_fact c using (campaign)
"""
# The keys as domain.contributions names them; a component test holds the two together.
_BEHIND = """
select lead_id, captured_at, channel, campaign, qualified_at, valid, discarded_at, placed_at, segment, team,
    assigned_at, person, revision, outcome, amount, currency
from lead_fact
where captured_at is not null and lead_id < $3 and $2 = case $1
    when 'segment' then coalesce(nullif(segment, ''), case when discarded_at is null then '(unrouted)' else '(discarded)' end)
    when 'team' then coalesce(nullif(team, ''), case when discarded_at is null then '(unrouted)' else '(discarded)' end)
    when 'channel' then coalesce(nullif(channel, ''), '(none)')
    when 'campaign' then coalesce(nullif(campaign, ''), '(none)')
end
order by lead_id desc limit $4
"""

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
    await tx.conn.execute(_SAVE_LEADS, *zip(*map(_lead_row, facts), strict=True))


async def every_lead(tx: Transaction) -> AsyncIterator[LeadFact]:
    """All of them, a few thousand at a time. For once the whole table is what is wanted."""
    await tx.conn.execute("set local enable_seqscan = on")
    async for row in tx.conn.cursor(_ALL_LEADS, prefetch=5000):
        yield LeadFact(*row)


async def leads_behind(tx: Transaction, by: By, key: str, before: UUID, limit: int) -> list[LeadFact]:
    """The leads that a KPI row counts, by falling id, a page at a time. Walks the table: meant for people, not for loops."""
    return [LeadFact(*row) for row in await tx.conn.fetch(_BEHIND, by, key, before, limit)]


async def load_campaigns(tx: Transaction, campaigns: Collection[str]) -> dict[str, CampaignFact]:
    """Where the money of each of these campaigns counts; nowhere yet if its plan was not heard."""
    known = {row[0]: CampaignFact(*row) for row in await tx.conn.fetch(_CAMPAIGNS, list(campaigns))}
    return {campaign: known.get(campaign) or CampaignFact(campaign) for campaign in campaigns}


async def save_campaigns(tx: Transaction, facts: Iterable[CampaignFact]) -> None:
    """Writes these facts over what was known."""
    await tx.conn.execute(_SAVE_CAMPAIGNS, *zip(*map(_campaign_row, facts), strict=True))


async def load_lines(tx: Transaction, campaigns: Collection[str]) -> dict[tuple[str, str, str], LineFact]:
    """Every budget line of these campaigns, by campaign, line and currency."""
    return {tuple(row[:3]): LineFact(*row) for row in await tx.conn.fetch(_LINES, list(campaigns))}


async def save_lines(tx: Transaction, facts: Iterable[LineFact]) -> None:
    """Writes these facts over what was known."""
    await tx.conn.execute(_SAVE_LINES, *zip(*map(_line_row, facts), strict=True))


async def every_line(tx: Transaction) -> list[tuple[LineFact, CampaignFact]]:
    """All budget lines, each with what is known of its campaign."""
    return [(LineFact(*row[:5]), CampaignFact(row[0], *row[5:])) for row in await tx.conn.fetch(_SPENT)]
