"""The numbers: merged from differences, read whole, and found by what changed since."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from asyncpg import Record

from chassis import Transaction
from metrics.domain.contributions import COUNTS, By, Key, KpiDelta
from metrics.domain.kpi import Kpi

# A version is the writer's clock in microseconds, or one more than the row had: so it grows even over a restored backup,
# and a reader of the compacted topic that keeps the highest version never holds on to a lost history.
_MERGE = """
insert into kpi as k (by, key, leads, qualified, valid, routed, assigned, won, lost, version)
select d.*, $10::bigint from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
    $7::bigint[], $8::bigint[], $9::bigint[]) as d
on conflict (by, key) do update set
    leads = k.leads + excluded.leads, qualified = k.qualified + excluded.qualified, valid = k.valid + excluded.valid,
    routed = k.routed + excluded.routed, assigned = k.assigned + excluded.assigned, won = k.won + excluded.won,
    lost = k.lost + excluded.lost, version = greatest(k.version + 1, excluded.version), changed_xid = excluded.changed_xid
"""
_MERGE_MONEY = """
insert into kpi_money as k (by, key, measure, currency, minor)
select * from unnest($1::text[], $2::text[], $3::text[], $4::char(3)[], $5::numeric[])
on conflict (by, key, measure, currency) do update set minor = k.minor + excluded.minor
"""
_HEARD = """
insert into as_of as a (topic, at) values ($1, $2)
on conflict (topic) do update set at = excluded.at where a.at < excluded.at
"""
_SELECT = """
select k.by, k.key, k.version, k.leads, k.qualified, k.valid, k.routed, k.assigned, k.won, k.lost, m.won_amount, m.spend
from kpi k left join lateral (
    select json_object_agg(currency, minor) filter (where measure = 'won_amount') as won_amount,
        json_object_agg(currency, minor) filter (where measure = 'spend') as spend
    from kpi_money m where m.by = k.by and m.key = k.key and m.minor <> 0
) m on true
"""
_ROWS = _SELECT + "where k.by = any($1::text[]) and k.changed_xid >= $2 order by k.by, k.key"
_PAGE = _SELECT + "where k.by = $1 and k.key > $2 order by k.key limit $3"
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
    """Adds the differences to the numbers, in the order of their keys."""
    if not delta.counts:
        return
    counts = [(*key, *delta.counts[key]) for key in sorted(delta.counts)]
    await tx.conn.execute(_MERGE, *zip(*counts, strict=True), int(tx.now.timestamp() * 1_000_000))
    if delta.money:
        money = sorted((*key, measure, currency, n) for (key, measure, currency), n in delta.money.items())
        await tx.conn.execute(_MERGE_MONEY, *zip(*money, strict=True))


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
    """The rows of a dimension behind this key, in the order of their keys."""
    return [_kpi(row) for row in await tx.conn.fetch(_PAGE, by, after, limit)]


def _kpi(row: Record) -> Kpi:
    *counted, won_amount, spend = row
    values = [*counted, won_amount or {}, spend or {}]  # the connection decodes JSON
    return Kpi(*values)


async def delta_held(tx: Transaction) -> KpiDelta:
    """All the numbers, in the form in which differences are summed."""
    held = KpiDelta()
    for row in await tx.conn.fetch("select by, key, leads, qualified, valid, routed, assigned, won, lost from kpi"):
        held.counts[row["by"], row["key"]] = list(row[2 : 2 + len(COUNTS)])
    for row in await tx.conn.fetch("select by, key, measure, currency, minor from kpi_money"):
        key: Key = (row["by"], row["key"])
        held.money[key, row["measure"], row["currency"]] = int(row["minor"])
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
