"""Whether each lead on record is in one place, and has a time where nobody has it: looked at round after round, and counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis import Transaction

# Of the leads behind the last one that was looked at, those that have no place, or did not come to any, are astray. Its plan is made once:
# where they begin is given, and each one's place is looked up, so that no plan reads the leads before them or all places.
_STANDS = "select swept_at, swept_lead from conservation"
_SWEEP = """
with next as (
    select l.lead_id, l.captured_at,
        coalesce((select p.place from lead_place p where p.lead_id = l.lead_id), 'arriving') = 'arriving' as is_astray
    from lead l
    where l.captured_at >= $3 and (l.captured_at, l.lead_id) > ($3, $4) and l.captured_at <= now() - $1::interval
    order by l.captured_at, l.lead_id limit $2
), found as (
    insert into astray (lead_id, since) select lead_id, now() from next where is_astray order by lead_id
    on conflict do nothing
)
select (select count(*) from next) as n, last.captured_at as at, last.lead_id
from (select 1) one left join (select * from next order by captured_at desc, lead_id desc limit 1) last on true
"""
_MOVE = """
insert into conservation (swept_at, swept_lead) values ($1, $2)
on conflict (one) do update set swept_at = excluded.swept_at, swept_lead = excluded.swept_lead
"""
_BEGIN = """
insert into conservation (swept_at, swept_lead) values ('-infinity', '00000000-0000-0000-0000-000000000000')
on conflict (one) do nothing
"""
# Of what was looked at once little is ever lost: on average a thousand leads a second are looked at again, and new ones at once.
_AGAIN = """
update conservation set swept_at = '-infinity', swept_lead = '00000000-0000-0000-0000-000000000000', round_at = now()
where round_at is null or round_at <= now() - captured * interval '1 ms'
"""
_FOUND_AGAIN = "delete from astray a using lead_place p where p.lead_id = a.lead_id and p.place <> 'arriving'"
_STANDING = """
select (select count(*) from astray) as unaccounted, (select count(*) from lead_place
    where due_at is null and place in ('queue', 'qualification', 'nurture', 'unroutable')) as without_due_time
"""
# One statement, so that both counts are of one moment.
_COUNT = """
update conservation set as_of = now(), captured = (select count(*) from lead), places = coalesce((
    select jsonb_object_agg(place, n)
    from (select coalesce(place, 'arriving') as place, count(*) as n from lead_place where captured_at is not null group by 1) c
), '{}')
"""
_COUNTED = "select as_of, captured, places from conservation where as_of is not null"


@dataclass(frozen=True)
class Standing:
    """How many leads are nowhere, and how many are where nobody is due to take them."""

    unaccounted: int
    without_due_time: int


@dataclass(frozen=True)
class Counted:
    """How many leads were on record at a moment, and how many of them at which place."""

    as_of: datetime
    captured: int
    places: Mapping[str, int]


async def sweep(tx: Transaction, younger: timedelta, most: int) -> None:
    """Looks at the next leads of this round that have been on record for so long, and again at those that were astray. Who has come to the
    end goes on with what is new until the next round is due."""
    await tx.conn.execute(_BEGIN)
    await tx.conn.execute(_FOUND_AGAIN)
    stands = await tx.conn.fetchrow(_STANDS)
    assert stands is not None
    row = await tx.conn.fetchrow(_SWEEP, younger, most, *stands)
    assert row is not None
    if row["n"]:
        await tx.conn.execute(_MOVE, row["at"], row["lead_id"])
    if row["n"] < most:
        await tx.conn.execute(_AGAIN)


async def standing(tx: Transaction) -> Standing:
    """As it is known now."""
    row = await tx.conn.fetchrow(_STANDING)
    assert row is not None
    return Standing(row["unaccounted"], row["without_due_time"])


async def count(tx: Transaction) -> None:
    """Counts all leads by their places."""
    await tx.conn.execute(_BEGIN)
    await tx.conn.execute(_COUNT)


async def counted(tx: Transaction) -> Counted | None:
    """As they were counted last; None before that."""
    row = await tx.conn.fetchrow(_COUNTED)
    return Counted(row["as_of"], row["captured"], row["places"]) if row else None
