"""Whose numbers somebody sees: the teams of which he has a running grant."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from chassis import Transaction

# Also when that changes by the clock alone, because a grant begins or ends.
_OF = """
select g.person, coalesce(array_agg(distinct g.team) filter (where g.begins_at <= now()), '{}') as teams,
    min(case when g.begins_at > now() then g.begins_at when g.ends_at <> 'infinity' then g.ends_at end) as until
from access_grant g where g.ends_at > now() and
"""
_MINE = f"{_OF} g.person = (select access_me()) group by g.person"
_THEIRS = f"{_OF} g.person = any($1::text[]) group by g.person"


class Sees(NamedTuple):
    """The teams whose rows exist for somebody now, and when that will be otherwise by the clock; None: never."""

    teams: frozenset[str] = frozenset()
    until: datetime | None = None


async def mine(tx: Transaction) -> Sees:
    """Of who is at the door."""
    return next((Sees(frozenset(row[1]), row[2]) for row in await tx.conn.fetch(_MINE)), Sees())


async def of(tx: Transaction, persons: Collection[str]) -> dict[str, Sees]:
    """Of each of these, where there is anything."""
    return {row[0]: Sees(frozenset(row[1]), row[2]) for row in await tx.conn.fetch(_THEIRS, list(persons))}
