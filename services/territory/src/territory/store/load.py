"""How much those have who take only so many leads. Of others nothing is counted."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from chassis import Transaction
from territory.domain.eligibility import Load, Loads, day_of
from territory.domain.member import Place

# One of two transactions that give leads to the same person waits, whatever their teams are.
_BEGIN = """
insert into load (person, day, today) select person, day, 0 from unnest($1::text[], $2::date[]) as l(person, day)
on conflict do nothing
"""
_LOOK = """
select l.person, l.day, l.today, (
    select count(*) from lead_case c where c.person = l.person and c.ended_at is null
) as open
from load l where l.person = any($1::text[])
"""
_HOLD = f"{_LOOK} order by l.person for update"
_SAVE = """
update load l set day = n.day, today = n.today
from unnest($1::text[], $2::date[], $3::int[]) as n(person, day, today) where l.person = n.person
"""


async def hold(tx: Transaction, places: Iterable[Place]) -> tuple[Loads, dict[str, dt.date]]:
    """The loads of these people, and each one's day; nobody else gives them leads until this transaction ends."""
    days = _days(places, tx.now)
    if not days:
        return Loads(), days
    names = sorted(days)
    await tx.conn.execute(_BEGIN, names, [days[name] for name in names])
    return _loads(await tx.conn.fetch(_HOLD, names), days), days


async def look(tx: Transaction, places: Iterable[Place], at: dt.datetime) -> Loads:
    """The loads of these people on the day of this moment, for one who gives them nothing; of who has not had a lead yet, none."""
    days = _days(places, at)
    return _loads(await tx.conn.fetch(_LOOK, sorted(days)), days) if days else Loads()


def _days(places: Iterable[Place], at: dt.datetime) -> dict[str, dt.date]:
    return {place.person: dt.date.fromisoformat(day_of(at, place.zone)[0]) for place in places}


def _loads(rows: Iterable[Any], days: Mapping[str, dt.date]) -> Loads:
    return Loads(
        {row["person"]: Load(row["open"], row["today"] if row["day"] == days[row["person"]] else 0) for row in rows}
    )


async def save(tx: Transaction, loads: Loads, days: dict[str, dt.date]) -> None:
    """As they are after the leads that were given."""
    if days:
        names = sorted(days)
        today = [loads.of[name].of_day for name in names]
        await tx.conn.execute(_SAVE, names, [days[name] for name in names], today)
