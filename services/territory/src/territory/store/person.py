"""People and machines, and whom tokens call by their names."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chassis import Transaction

_MAKE = "insert into person (id, kind) values ($1, $2) on conflict do nothing returning id"
_MAKE_ALL = (
    "insert into person (id, kind) select name, $2 from unnest($1::text[]) name on conflict do nothing returning id"
)
_BIND = """
insert into subject as s (issuer, subject, person) select $1, * from unnest($2::text[], $3::text[])
on conflict (issuer, subject) do update set person = excluded.person, until_at = null where s.until_at <= $4
returning person
"""
_ADMINISTRATORS = "select distinct person from role_grant"
_VERSION = "select version from person where id = $1"
_OWNER = "select person from subject where issuer = $1 and subject = $2 and (until_at is null or until_at > $3)"
_UNBIND = """
update subject set until_at = $4
where issuer = $1 and subject = $2 and person = $3 and (until_at is null or until_at > $4) returning person
"""
_COLUMNS = "id, kind, name, zone, calendar, languages, skills, suspended, left_at, version"
_PAGE = f"""
select {_COLUMNS} from person p where id > $1
    and ($3::text is null or exists (select from membership m where m.person = p.id and m.unit = $3
        and m.from_at <= $4 and (m.until_at is null or m.until_at > $4)))
order by id limit $2
"""  # noqa: S608
_ONE = f"select {_COLUMNS} from person where id = $1"  # noqa: S608
_UNITS = """
select person, unit from membership
where person = any($1::text[]) and from_at <= $2 and (until_at is null or until_at > $2) order by person, unit
"""
_PRESENT = "select id from person where id = any($1::text[])"


async def make(tx: Transaction, name: str, kind: str) -> bool:
    """Whether somebody of this name is new."""
    return await tx.conn.fetchval(_MAKE, name, kind) is not None


async def make_all(tx: Transaction, names: Iterable[str], kind: str) -> list[str]:
    """Those of these names that are new, in their order."""
    return sorted(row["id"] for row in await tx.conn.fetch(_MAKE_ALL, sorted(names), kind))


async def bind(tx: Transaction, issuer: str, subject: str, name: str) -> bool:
    """Whether tokens of this issuer with this subject are this person's from here on; another's stay another's."""
    return await tx.conn.fetchval(_BIND, issuer, [subject], [name], tx.now) is not None


async def bind_all(tx: Transaction, issuer: str, names: Sequence[str]) -> list[str]:
    """Those of these people whom tokens of this issuer call by their own names from here on, in their order."""
    return sorted(row["person"] for row in await tx.conn.fetch(_BIND, issuer, names, names, tx.now))


async def administrators(tx: Transaction) -> set[str]:
    """Who was ever granted a role."""
    return {row["person"] for row in await tx.conn.fetch(_ADMINISTRATORS)}


async def present(tx: Transaction, names: Iterable[str]) -> set[str]:
    """Those of these names that somebody has."""
    return {row["id"] for row in await tx.conn.fetch(_PRESENT, sorted(names))}


async def version_of(tx: Transaction, name: str) -> int | None:
    """The version of what is known of somebody, None for nobody."""
    version: int | None = await tx.conn.fetchval(_VERSION, name)
    return version


async def owner_of(tx: Transaction, issuer: str, subject: str) -> str | None:
    """Whom tokens call so now."""
    owner: str | None = await tx.conn.fetchval(_OWNER, issuer, subject, tx.now)
    return owner


async def unbind(tx: Transaction, issuer: str, subject: str, name: str) -> bool:
    """Whether tokens called this person so, until now."""
    return await tx.conn.fetchval(_UNBIND, issuer, subject, name, tx.now) is not None


async def page(tx: Transaction, after: str, unit: str | None, most: int) -> list[dict[str, Any]]:
    """People in the order of their ids, those behind this one; of a unit, those who belong to it now."""
    return [dict(row) for row in await tx.conn.fetch(_PAGE, after, most, unit, tx.now)]


async def profile(tx: Transaction, name: str) -> dict[str, Any] | None:
    """What is known of one."""
    row = await tx.conn.fetchrow(_ONE, name)
    return dict(row) if row else None


async def units_of(tx: Transaction, names: Iterable[str]) -> Mapping[str, list[str]]:
    """The units that these people belong to now."""
    found: dict[str, list[str]] = {}
    for row in await tx.conn.fetch(_UNITS, sorted(names), tx.now):
        found.setdefault(row["person"], []).append(row["unit"])
    return found
