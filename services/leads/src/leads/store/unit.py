"""Which unit of the company is below which."""

from collections.abc import Sequence

from chassis import Transaction

_NOTE = """
insert into unit (unit, parent, kind, version, calendar)
select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[]) as u(unit, parent, kind, version, calendar)
order by unit
on conflict (unit) do update set parent = excluded.parent, kind = excluded.kind, version = excluded.version,
    calendar = excluded.calendar
    where unit.version < excluded.version
"""
_BELOW = """
with recursive below as (
    select $1::text as unit union select u.unit from unit u join below b on u.parent = b.unit
)
select unit from below
"""


async def note(tx: Transaction, units: Sequence[tuple[str, str | None, str, int, str | None]]) -> None:
    """Units with what they are below of, their kinds, versions and calendars; an older version changes nothing."""
    await tx.conn.execute(_NOTE, *(list(column) for column in zip(*units, strict=True)))


async def below(tx: Transaction, unit: str) -> list[str]:
    """A unit and all below it, as far as they are known."""
    return [row["unit"] for row in await tx.conn.fetch(_BELOW, unit)]
