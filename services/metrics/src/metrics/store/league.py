"""What closed days have counted of each lead, and what closed periods show."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple

from asyncpg import Record
from pydantic_core import from_json, to_json

from chassis import Transaction
from metrics.domain.league import Entry, Grain, Row

# A lead is counted by the first day that closes after it is placed, and by no other; a lead without a team waits.
_TAKE = """
insert into league_entry (lead_id, step, day, team, person, valid, outcome, amount, currency)
select f.lead_id, 'captured', $1::date, f.team, f.assignee, f.valid or f.outcome is not distinct from 'won',
    null::text, null::bigint, null::char(3)
from lead_fact f
where f.captured_at >= $2 and f.captured_at < $3 and f.team <> ''
    and not exists (select from league_entry e where e.lead_id = f.lead_id and e.step = 'captured')
union all
select f.lead_id, 'closed', $1::date, f.team, f.assignee, false, f.outcome, f.amount, f.currency
from lead_fact f
where f.closed_at >= $2 and f.closed_at < $3 and f.captured_at is not null and f.outcome is not null and f.team <> ''
    and not exists (select from league_entry e where e.lead_id = f.lead_id and e.step = 'closed')
"""
_ENTRIES = """
select day, team, step, person, valid, outcome, amount, currency from league_entry where day >= $1 and day <= $2
"""
_CLOSE = "insert into league_period (grain, starts_on, ends_on, closed_at) values ($1, $2, $3, $4)"
_SAVE = """
insert into league (grain, starts_on, team, counts, money)
select $1, $2, team, counts::json, money::json from unnest($3::text[], $4::text[], $5::text[]) as r(team, counts, money)
"""
_PERIODS = (
    "select starts_on, ends_on from league_period where grain = $1 and starts_on <= $2 order by starts_on desc limit 2"
)
_FIRST_AND_LAST = "select min(starts_on), max(starts_on) from league_period where grain = $1"
_ROWS = """
select starts_on, team, counts::text as counts, money::text as money from league
where grain = $1 and starts_on >= $2 and starts_on <= $3 order by starts_on, team
"""


class Period(NamedTuple):
    """One closed period: its first and last day."""

    starts_on: date
    ends_on: date


async def take(tx: Transaction, day: date, since: datetime, until: datetime) -> None:
    """This day counts every step of a placed lead in this time that no day has counted. Walks the facts, once a day."""
    await tx.conn.execute("set local enable_seqscan = on; set local plan_cache_mode = auto")
    await tx.conn.execute(_TAKE, day, since, until)


async def entries(tx: Transaction, first: date, last: date) -> dict[date, dict[str, list[Entry]]]:
    """What these days have counted, by day and team."""
    found: dict[date, dict[str, list[Entry]]] = {}
    for day, team, *rest in await tx.conn.fetch(_ENTRIES, first, last):
        found.setdefault(day, {}).setdefault(team, []).append(Entry(team, *rest))
    return found


async def close(tx: Transaction, grain: Grain, period: Period, rows: Iterable[Row]) -> None:
    """The period is closed and shows these rows; never again is anything of it written."""
    await tx.conn.execute(_CLOSE, grain, *period, tx.now)
    made = [(row.team, _json(row.counts), _json(row.money)) for row in rows]
    if made:
        await tx.conn.execute(_SAVE, grain, period.starts_on, *zip(*made, strict=True))


async def closed(tx: Transaction, grain: Grain) -> tuple[date | None, date | None]:
    """The first and the last closed period, by their first days."""
    [row] = await tx.conn.fetch(_FIRST_AND_LAST, grain)
    return row[0], row[1]


async def period(tx: Transaction, grain: Grain, at: date) -> list[Period]:
    """The newest closed period that began at this day or before, and the one before it."""
    return [Period(*row) for row in await tx.conn.fetch(_PERIODS, grain, at)]


async def rows(tx: Transaction, grain: Grain, first: date, last: date) -> dict[date, list[Row]]:
    """What the periods that began between these days show, by their first days."""
    found: dict[date, list[Row]] = {}
    for row in await tx.conn.fetch(_ROWS, grain, first, last):
        found.setdefault(row["starts_on"], []).append(_row(row))
    return found


def _row(row: Record) -> Row:
    held, money = row["counts"], row["money"]
    return Row(row["team"], held and from_json(held), money and from_json(money))


def _json(numbers: Mapping[str, int] | None) -> str | None:
    return None if numbers is None else to_json(numbers).decode()
