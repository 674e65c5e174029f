"""Campaigns and what is planned for them."""

from collections.abc import Iterable
from dataclasses import dataclass

import asyncpg

from campaigns.domain.campaign import Plan, PlannedLine
from campaigns.domain.ledger import Book
from chassis import Transaction
from values.text import key

_COLUMNS = "campaign, known, version, team, name, channel, segment, starts_at, ends_at, currency, planned_at"
_ALL = "select COLUMNS from campaign".replace("COLUMNS", _COLUMNS)
_HEAD = f"{_ALL} where key = $1"
_GRANTED = "select team from access_grant where person = access_me() and begins_at <= now() and ends_at > now()"

# What is read names the teams: a machine that may plan for any of them is shown those of its grants, and no others.
_SEEN = f"(team = any (array({_GRANTED})) or not known)"
_SHOW = f"{_HEAD} and {_SEEN}"
_LIST = f"{_ALL} where campaign > $1 and {_SEEN} order by campaign limit $2"
_RECORDS = f"{_GRANTED} and records <> 'none' group by team order by team"

_RECORDED = f"select key from campaign where key = any($1::text[]) and (team = any (array({_RECORDS})) or not known)"  # noqa: S608 - nothing of it comes from outside

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


async def teams(tx: Transaction) -> list[str]:
    """The teams for which who is at the door may record."""
    return [row["team"] for row in await tx.conn.fetch(_RECORDS)]


async def recordable(tx: Transaction, names: Iterable[str]) -> set[str]:
    """The keys of those of these campaigns for which who is at the door may record: his teams', and those that nobody has planned."""
    return {row["key"] for row in await tx.conn.fetch(_RECORDED, sorted({key(name) for name in names}))}


async def campaign_head(tx: Transaction, campaign: str) -> asyncpg.Record | None:
    """What is on record about a campaign, without its lines, if it exists for who is at the door; its name may be written in any
    spelling."""
    return await tx.conn.fetchrow(_SHOW, key(campaign))


async def campaigns_after(tx: Transaction, after: str, limit: int) -> list[asyncpg.Record]:
    """A page of campaigns by id."""
    return list(await tx.conn.fetch(_LIST, after, limit))
