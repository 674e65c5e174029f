"""The numbers: merged from differences, read whole, and found by what changed since."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from asyncpg import Record
from pydantic_core import from_json, to_json

from chassis import Transaction
from metrics.domain.catalogue import ALL, By
from metrics.domain.contributions import Key, KpiDelta
from metrics.domain.kpi import Kpi, Measures, by_number, moved

# Measures come and go as text, and rest as it: rows are read and written by the thousand.
# Whoever merges has the turn (``store.facts.take_turn``): between the reading of a row and its writing nobody else writes it.
_HELD = """
select k.by, k.key, k.measures::text as measures from unnest($1::text[], $2::text[]) as wanted(by, key)
join kpi k on k.by = wanted.by and k.period = $3 and k.key = wanted.key
"""
# A version is the writer's clock in microseconds, or one more than the row had: so it grows even over a restored backup,
# and a reader of the compacted topic that keeps the highest version never holds on to a lost history.
_MERGE = """
insert into kpi as k (by, key, measures, period, version)
select d.by, d.key, d.measures::json, $4, $5 from unnest($1::text[], $2::text[], $3::text[]) as d(by, key, measures)
on conflict (by, period, key) do update set
    measures = excluded.measures, version = greatest(k.version + 1, excluded.version), changed_xid = excluded.changed_xid
"""
_HEARD = """
insert into as_of as a (topic, at) values ($1, $2)
on conflict (topic) do update set at = excluded.at where a.at < excluded.at
"""
_SELECT = "select by, key, period, version, measures::text as measures from kpi "
_ROWS = _SELECT + "where by = any($1::text[]) and changed_xid >= $2 order by by, period, key"
_PAGE = _SELECT + "where by = $1 and period = $2 and key > $3 order by key limit $4"
_AS_OF = "select topic, at from as_of order by topic"
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
    """KPI rows that changed, and the horizon to ask from next time."""

    rows: list[Kpi]
    horizon: int


class Publication(NamedTuple):
    """The last turn of publishing, the horizon it reached, and the horizon now."""

    turn: int
    floor: int
    horizon: int


async def merge(tx: Transaction, delta: KpiDelta) -> None:
    """Adds the differences to the numbers, in the order of their keys. Asks for the turn."""
    if not delta.rows:
        return
    keys = sorted(delta.rows)
    found = await tx.conn.fetch(_HELD, *zip(*keys, strict=True), ALL)
    held: dict[Key, Measures] = {(row["by"], row["key"]): from_json(row["measures"]) for row in found}
    rows = [(*key, to_json(moved(held.get(key, {}), delta.rows[key])).decode()) for key in keys]
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
    """The rows of these dimensions that were changed by transaction ``since`` or later, in the order of their keys."""
    # The horizon first: a change that commits in between is read now and once more, never not at all.
    now = await horizon(tx)
    rows = await tx.conn.fetch(_ROWS, list(dimensions), since)
    return Changes([_kpi(row) for row in rows], now)


async def page(tx: Transaction, by: By, after: str, limit: int) -> list[Kpi]:
    """The rows of a dimension behind this key, over all time, in the order of their keys."""
    return [_kpi(row) for row in await tx.conn.fetch(_PAGE, by, ALL, after, limit)]


def _kpi(row: Record) -> Kpi:
    return Kpi(row["by"], row["key"], row["period"], row["version"], from_json(row["measures"]))


async def delta_held(tx: Transaction) -> KpiDelta:
    """All the numbers, in the form in which differences are summed."""
    held = KpiDelta()
    for row in await tx.conn.fetch("select by, key, measures::text as measures from kpi where period = $1", ALL):
        held.rows[row["by"], row["key"]] = dict(by_number(from_json(row["measures"])))
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
