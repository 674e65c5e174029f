"""Whose numbers somebody sees: the teams of which he has a running grant, and nothing else decides."""

from collections.abc import Collection

from chassis import Transaction

_OF = "from access_grant g where g.begins_at <= now() and g.ends_at > now() and"
_MINE = f"select distinct g.team {_OF} g.person = (select access_me())"
_THEIRS = f"select g.person, array_agg(distinct g.team) {_OF} g.person = any($1::text[]) group by g.person"


async def mine(tx: Transaction) -> frozenset[str]:
    """Of who is at the door."""
    return frozenset(row[0] for row in await tx.conn.fetch(_MINE))


async def of(tx: Transaction, persons: Collection[str]) -> dict[str, frozenset[str]]:
    """Of each of these; who sees nothing is not in it."""
    return {row[0]: frozenset(row[1]) for row in await tx.conn.fetch(_THEIRS, list(persons))}
