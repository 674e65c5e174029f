"""The numbers: merged from differences, read whole, and found by what changed since."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from asyncpg import Record
from pydantic_core import from_json, to_json

from chassis import Transaction
from metrics.domain.catalogue import ALL, ALL_TEAMS, By
from metrics.domain.contributions import Key, KpiDelta
from metrics.domain.kpi import Kpi, Measures, Part, by_number, moved, summed

# Measures come and go as text, and rest as it: rows are read and written by the thousand.
# Whoever merges has the turn (``store.facts.take_turn``): between the reading of a row and its writing nobody else writes it.
# Each row is looked up by itself, whatever the plan was made for: one made while there was nothing reads all rows for each.
_HELD = """
select w.by, w.key, (select k.measures::text from kpi k where k.by = w.by and k.period = $3 and k.key = w.key)
from unnest($1::text[], $2::text[]) as w(by, key)
"""
_HELD_PARTS = """
select w.team, w.by, w.key, (
    select k.measures::text from kpi_part k where k.by = w.by and k.period = $4 and k.key = w.key and k.team = w.team
) from unnest($1::text[], $2::text[], $3::text[]) as w(team, by, key)
"""
# A version is the writer's clock in microseconds, or one more than the row had: so it grows even over a restored backup,
# and a reader of the compacted topic that keeps the highest version never holds on to a lost history.
_MERGE = """
insert into kpi as k (by, key, measures, period, version)
select d.by, d.key, d.measures::json, $4, $5 from unnest($1::text[], $2::text[], $3::text[]) as d(by, key, measures)
on conflict (by, period, key) do update set
    measures = excluded.measures, version = greatest(k.version + 1, excluded.version), changed_xid = excluded.changed_xid
"""
# That of a part is more than the last one given to any: so the highest version of some teams' parts grows whenever one of
# them changes, whatever the clocks of several writers.
_MERGE_PARTS = """
with merge as (
    insert into merged as m (version) values ($6)
    on conflict (only_one) do update set version = greatest(m.version + 1, excluded.version) returning version
)
insert into kpi_part as k (team, by, key, measures, period, version)
select d.team, d.by, d.key, d.measures::json, $5, merge.version
from merge, unnest($1::text[], $2::text[], $3::text[], $4::text[]) as d(team, by, key, measures)
on conflict (by, period, key, team) do update set
    measures = excluded.measures, version = excluded.version
"""
_HEARD = """
insert into as_of as a (topic, at) values ($1, $2)
on conflict (topic) do update set at = excluded.at where a.at < excluded.at
"""
_ROWS = """
select by, key, period, version, measures::text as measures from kpi
where by = any($1::text[]) and changed_xid >= $2 order by by, period, key
"""
# The parts of a row stand side by side. Whatever changes a part writes the company's row too.
_CHANGED = """
select k.team, k.by, k.key, k.period, k.version, k.measures::text as measures
from (select by, period, key from kpi where by = any($1::text[]) and changed_xid >= $2) c
join kpi_part k on k.by = c.by and k.period = c.period and k.key = c.key and k.team = any($3::text[])
order by k.by, k.period, k.key
"""
_PAGE = """
select team, by, key, period, version, measures::text as measures from kpi_part
where by = $1 and period = $2 and key > $3 and team = any($5::text[]) and key <= (select max(key) from (
    select distinct key from kpi_part where by = $1 and period = $2 and key > $3 and team = any($5::text[]) order by key limit $4
) page)
order by key
"""
_ROW = """
select team, by, key, period, version, measures::text as measures from kpi_part
where by = $1 and period = $2 and key = $3 and team = any($4::text[])
"""
_AS_OF = "select topic, at from as_of order by topic"
_STANDING = """
select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as horizon, (select coalesce(max(version), 0) from merged) as at,
    array(select topic from as_of order by topic) as topics, array(select at from as_of order by topic) as times
"""
_HORIZON = "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_PUBLISHED = """
select coalesce(max(turn), 0), coalesce(max(floor), 0), pg_snapshot_xmin(pg_current_snapshot())::text::bigint from publication
"""
_PUBLISH = """
insert into publication (turn, floor) values ($1, $2)
on conflict (only_one) do update set turn = excluded.turn, floor = excluded.floor
"""
_TOUCH = "update kpi set changed_xid = default"


class Changes(NamedTuple):
    """The company's rows that changed, and the horizon to ask from next time."""

    rows: list[Kpi]
    horizon: int


class Standing(NamedTuple):
    """Where the numbers stand. Whatever is read after it was asked for holds at least this.

    ``horizon`` is the transaction to ask for changes from next time. ``offset`` is the highest version of any part: merges are
    made one at a time, each under a higher version than those before it, so all up to this one are done. ``as_of`` is, per
    topic, the time of the newest event in them.
    """

    horizon: int
    offset: int
    as_of: dict[str, datetime]


class Publication(NamedTuple):
    """The last turn of publishing, the horizon it reached, and the horizon now."""

    turn: int
    floor: int
    horizon: int


async def merge(tx: Transaction, delta: KpiDelta) -> None:
    """Adds the differences to the numbers, of each team and of all. Asks for the turn."""
    await merge_parts(tx, delta)
    await merge_whole(tx, delta.over_teams())


async def merge_parts(tx: Transaction, delta: KpiDelta) -> None:
    """Adds the differences to what teams add to the numbers, in the order of their keys."""
    if not delta.rows:
        return
    keys = sorted(delta.rows)
    found = await tx.conn.fetch(_HELD_PARTS, *zip(*keys, strict=True), ALL)
    held: dict[Key, Measures] = {(row[0], row[1], row[2]): from_json(row[3]) for row in found if row[3]}
    rows = [(*key, to_json(moved(held.get(key, {}), delta.rows[key])).decode()) for key in keys]
    await tx.conn.execute(_MERGE_PARTS, *zip(*rows, strict=True), ALL, int(tx.now.timestamp() * 1_000_000))


async def merge_whole(tx: Transaction, delta: KpiDelta) -> None:
    """Adds the differences to the company's numbers, in the order of their keys; ``delta`` names all teams."""
    if not delta.rows:
        return
    keys = sorted(delta.rows)
    found = await tx.conn.fetch(_HELD, *list(zip(*keys, strict=True))[1:], ALL)
    held: dict[Key, Measures] = {(ALL_TEAMS, row[0], row[1]): from_json(row[2]) for row in found if row[2]}
    rows = [(*key[1:], to_json(moved(held.get(key, {}), delta.rows[key])).decode()) for key in keys]
    await tx.conn.execute(_MERGE, *zip(*rows, strict=True), ALL, int(tx.now.timestamp() * 1_000_000))


async def heard(tx: Transaction, topic: str, at: datetime) -> None:
    """The numbers hold what was said on this topic up to this time."""
    await tx.conn.execute(_HEARD, topic, at)


async def as_of(tx: Transaction) -> dict[str, datetime]:
    """Per topic, the time of the newest event that the numbers hold."""
    return {row["topic"]: row["at"] for row in await tx.conn.fetch(_AS_OF)}


async def horizon(tx: Transaction) -> int:
    """The oldest transaction that is still running. Whatever is not visible now will have this number or a higher one."""
    value: int = await tx.conn.fetchval(_HORIZON)
    return value


async def read(tx: Transaction, dimensions: Sequence[By], since: int = 0) -> Changes:
    """The company's rows of these dimensions that were changed by transaction ``since`` or later, in the order of their keys."""
    # The horizon first: a change that commits in between is read now and once more, never not at all.
    now = await horizon(tx)
    rows = await tx.conn.fetch(_ROWS, list(dimensions), since)
    return Changes([Kpi(by, key, period, v, from_json(measures)) for by, key, period, v, measures in rows], now)


async def standing(tx: Transaction) -> Standing:
    """Where the numbers stand now."""
    [row] = await tx.conn.fetch(_STANDING)
    return Standing(row["horizon"], row["at"], dict(zip(row["topics"], row["times"], strict=True)))


async def read_parts(tx: Transaction, dimensions: Sequence[By], since: int, teams: Collection[str]) -> list[Part]:
    """The rows of these dimensions of which a part was changed by transaction ``since`` or later, in the order of their keys:
    all parts of these teams."""
    return list(map(_part, await tx.conn.fetch(_CHANGED, list(dimensions), since, list(teams))))


async def page(tx: Transaction, by: By, after: str, limit: int, teams: Collection[str]) -> list[Kpi]:
    """The rows of a dimension behind this key, over all time, in the order of their keys, as these teams make them."""
    return list(summed(map(_part, await tx.conn.fetch(_PAGE, by, ALL, after, limit, list(teams)))))


async def row(tx: Transaction, by: By, key: str, teams: Collection[str]) -> list[Kpi]:
    """One row of a dimension over all time, as these teams make it; none where nothing was counted."""
    return list(summed(map(_part, await tx.conn.fetch(_ROW, by, ALL, key, list(teams)))))


def _part(row: Record) -> Part:
    team, by, key, period, version, measures = row
    return Part(team, by, key, period, version, from_json(measures))


async def whole_held(tx: Transaction) -> KpiDelta:
    """The company's numbers, in the form in which differences are summed."""
    held = KpiDelta()
    for row in await tx.conn.fetch("select by, key, measures::text from kpi where period = $1", ALL):
        held.rows[ALL_TEAMS, row[0], row[1]] = dict(by_number(from_json(row[2])))
    return held


async def parts_held(tx: Transaction) -> KpiDelta:
    """What each team adds to them, in the same form."""
    held = KpiDelta()
    for row in await tx.conn.fetch("select team, by, key, measures::text from kpi_part where period = $1", ALL):
        held.rows[row[0], row[1], row[2]] = dict(by_number(from_json(row[3])))
    return held


async def last_publication(tx: Transaction) -> Publication:
    """Where the last publication ended; turn 0 and floor 0 before the first."""
    return Publication(*(await tx.conn.fetch(_PUBLISHED))[0])


async def note_publication(tx: Transaction, turn: int, floor: int) -> None:
    """This turn is done; the next one starts at this horizon."""
    await tx.conn.execute(_PUBLISH, turn, floor)


async def touch(tx: Transaction) -> None:
    """Marks every row as changed now."""
    await tx.conn.execute(_TOUCH)
