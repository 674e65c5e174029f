"""People and machines, and whom tokens call by their names."""

from collections.abc import Iterable

from chassis import Transaction

_MAKE = "insert into person (id, kind) values ($1, $2) on conflict do nothing returning id"
_BIND = """
insert into subject as s (issuer, subject, person) values ($1, $2, $3)
on conflict (issuer, subject) do update set person = excluded.person, until_at = null where s.until_at <= $4
returning person
"""
_ADMINISTRATORS = "select distinct person from role_grant"
_PRESENT = "select id from person where id = any($1::text[])"


async def make(tx: Transaction, name: str, kind: str) -> bool:
    """Whether somebody of this name is new."""
    return await tx.conn.fetchval(_MAKE, name, kind) is not None


async def bind(tx: Transaction, issuer: str, subject: str, name: str) -> bool:
    """Whether tokens of this issuer with this subject are this person's from here on; another's stay another's."""
    return await tx.conn.fetchval(_BIND, issuer, subject, name, tx.now) is not None


async def administrators(tx: Transaction) -> set[str]:
    """Who was ever granted a role."""
    return {row["person"] for row in await tx.conn.fetch(_ADMINISTRATORS)}


async def present(tx: Transaction, names: Iterable[str]) -> set[str]:
    """Those of these names that somebody has."""
    return {row["id"] for row in await tx.conn.fetch(_PRESENT, sorted(names))}
