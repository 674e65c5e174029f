"""What of the organisation stands in a file."""

from typing import Any

from chassis import Transaction

_CALENDARS = "select distinct on (id) id, zone, week, exceptions from calendar order by id, version desc"
_MEMBERSHIPS = """
select m.person, m.unit, m.rank, m.weight, m.takes_leads, m.open_max, m.day_max
from membership m join person p on p.id = m.person
where p.kind = 'person' and (p.left_at is null or p.left_at > $1) and m.from_at <= $1 and (m.until_at is null or m.until_at > $1)
order by m.unit, m.person
"""
_PEOPLE = "select id, zone, calendar, languages, skills from person where id = any($1::text[]) order by id"
_MINE = """
select what, item, before is null as is_new, after is null as is_gone from organisation_change
where xmin = pg_current_xact_id()::xid order by n
"""


async def calendars(tx: Transaction) -> list[dict[str, Any]]:
    """Every calendar as it is in force."""
    return [dict(row) for row in await tx.conn.fetch(_CALENDARS)]


async def memberships(tx: Transaction) -> list[dict[str, Any]]:
    """Who belongs to which unit now, with rank and share."""
    return [dict(row) for row in await tx.conn.fetch(_MEMBERSHIPS, tx.now)]


async def people(tx: Transaction, names: set[str]) -> list[dict[str, Any]]:
    """What is known of these people, but for how they are called."""
    return [dict(row) for row in await tx.conn.fetch(_PEOPLE, sorted(names))]


async def changes_of_this(tx: Transaction) -> list[tuple[str, str, str]]:
    """What this transaction has changed so far, in order: of what kind, which, and whether it is added, changed or removed."""
    return [
        (row["what"], row["item"], "added" if row["is_new"] else "removed" if row["is_gone"] else "changed")
        for row in await tx.conn.fetch(_MINE)
    ]
