"""Whether each lead on record is in one place, and has a time where nobody has it: looked at round after round, and counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chassis import Transaction

# Of these leads those that have no place, or did not come to any, are astray. The plans are made once: where they begin is given, and each
# one's place is looked up, so that no plan reads the leads before them or all places.
_STANDS = "select swept_at, swept_lead, round_lead from conservation"
_PLACE = "coalesce((select p.place from lead_place p where p.lead_id = l.lead_id), 'arriving')"
_ASTRAY = "insert into astray (lead_id, since) select lead_id, now() from next where is_astray order by lead_id on conflict do nothing"
_NEW = f"""
with next as (
    select l.lead_id, l.captured_at, {_PLACE} = 'arriving' as is_astray from lead l
    where l.captured_at >= $3 and (l.captured_at, l.lead_id) > ($3, $4) and l.captured_at <= now() - $1::interval
    order by l.captured_at, l.lead_id limit $2
), found as ({_ASTRAY})
update conservation set swept_at = last.captured_at, swept_lead = last.lead_id
from (select * from next order by captured_at desc, lead_id desc limit 1) last
"""  # noqa: S608 - statements above
_AGAIN = f"""
with next as (
    select l.lead_id, {_PLACE} = 'arriving' and l.captured_at <= now() - $1::interval as is_astray from lead l
    where l.lead_id > $3 order by l.lead_id limit $2
), found as ({_ASTRAY})
update conservation set round_lead = case when (select count(*) from next) = $2 then
    (select lead_id from next order by lead_id desc limit 1) else '00000000-0000-0000-0000-000000000000' end
"""  # noqa: S608 - statements above
_BEGIN = """
insert into conservation (swept_at, swept_lead) values (now() - $1::interval, '00000000-0000-0000-0000-000000000000')
on conflict (one) do nothing
"""
_FOUND_AGAIN = "delete from astray a using lead_place p where p.lead_id = a.lead_id and p.place <> 'arriving'"
_STANDING = """
select (select count(*) from astray) as unaccounted, (select count(*) from lead_place
    where due_at is null and place in ('queue', 'qualification', 'nurture', 'unroutable')) as without_due_time
"""
# One statement, so that both counts are of one moment. Two hundred thousand are counted each time, a million every five minutes.
_COUNT = """
update conservation set as_of = now(), captured = (select count(*) from lead), places = coalesce((
    select jsonb_object_agg(place, n)
    from (select coalesce(place, 'arriving') as place, count(*) as n from lead_place where captured_at is not null group by 1) c
), '{}')
where as_of is null or as_of <= now() - captured * interval '0.3 ms'
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


async def sweep(tx: Transaction, younger: timedelta, most_new: int, most_again: int) -> None:
    """Looks at leads that have come to be on record for so long, at the next ones of the round over all, and again at those that were
    astray."""
    await tx.conn.execute(_BEGIN, younger)
    await tx.conn.execute(_FOUND_AGAIN)
    stands = await tx.conn.fetchrow(_STANDS)
    assert stands is not None
    await tx.conn.execute(_NEW, younger, most_new, stands["swept_at"], stands["swept_lead"])
    await tx.conn.execute(_AGAIN, younger, most_again, stands["round_lead"])


async def standing(tx: Transaction) -> Standing:
    """As it is known now."""
    row = await tx.conn.fetchrow(_STANDING)
    assert row is not None
    return Standing(row["unaccounted"], row["without_due_time"])


async def count(tx: Transaction) -> None:
    """Counts all leads by their places, unless there are many and they were counted not long ago."""
    await tx.conn.execute(_BEGIN, timedelta())
    await tx.conn.execute(_COUNT)


async def counted(tx: Transaction) -> Counted | None:
    """As they were counted last; None before that."""
    row = await tx.conn.fetchrow(_COUNTED)
    return Counted(row["as_of"], row["captured"], row["places"]) if row else None
