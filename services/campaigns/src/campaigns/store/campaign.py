"""Campaigns and what is planned for them."""

from dataclasses import dataclass

import asyncpg

from campaigns.domain.campaign import Plan, PlannedLine
from campaigns.domain.ledger import Book
from chassis import Transaction
from values.text import key

_COLUMNS = "campaign, known, version, team, name, channel, segment, starts_at, ends_at, currency, planned_at"
_HEAD = "select COLUMNS from campaign where key = $1".replace("COLUMNS", _COLUMNS)
_LIST = """
select COLUMNS from campaign where campaign > $1 and (team = any ($3) or not known) order by campaign limit $2
""".replace("COLUMNS", _COLUMNS)
_TEAMS = """
select distinct team from access_grant
where person = access_me() and begins_at <= now() and ends_at > now() and (records <> 'none' or not $1) order by team
"""

_PLAN = """
update campaign set known = true, version = $2, name = $3, channel = $4, segment = $5, starts_at = $6, ends_at = $7,
    currency = $8, planned_at = $9, team = $10
where campaign = $1
"""


@dataclass(frozen=True)
class Recorded:
    """The plan on record and its version; version 0 and no plan while nobody planned the campaign."""

    version: int
    plan: Plan | None


async def recorded_plan(tx: Transaction, book: Book) -> Recorded:
    """What is planned for the campaign whose book is open."""
    head = await tx.conn.fetchrow(_HEAD, key(book.campaign))
    assert head is not None  # opening the book puts the campaign on record
    if not head["known"]:
        return Recorded(head["version"], None)
    lines = tuple(
        PlannedLine(line.line, line.item, line.budget, line.owner) for line in book.lines.values() if line.planned
    )
    plan = Plan(
        name=head["name"],
        channel=head["channel"],
        segment=head["segment"],
        starts_at=head["starts_at"],
        ends_at=head["ends_at"],
        currency=head["currency"],
        lines=lines,
        team=head["team"],
    )
    return Recorded(head["version"], plan)


async def save_plan(tx: Transaction, campaign: str, version: int, plan: Plan) -> None:
    """The plan as it is from now on; its lines are saved with the ledger."""
    await tx.conn.execute(
        _PLAN,
        campaign,
        version,
        plan.name,
        plan.channel,
        plan.segment,
        plan.starts_at,
        plan.ends_at,
        plan.currency,
        tx.now,
        plan.team,
    )


async def teams(tx: Transaction, *, to_record: bool = False) -> list[str]:
    """The teams whose rows exist for who is at the door, or for which he may record."""
    return [row["team"] for row in await tx.conn.fetch(_TEAMS, to_record)]


async def campaign_head(tx: Transaction, campaign: str) -> asyncpg.Record | None:
    """What is on record about a campaign, without its lines; its name may be written in any spelling."""
    return await tx.conn.fetchrow(_HEAD, key(campaign))


async def campaigns_after(tx: Transaction, after: str, limit: int) -> list[asyncpg.Record]:
    """A page of campaigns by id."""
    return list(await tx.conn.fetch(_LIST, after, limit, await teams(tx)))
