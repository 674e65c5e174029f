"""The names that have a KPI row of their own."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from chassis import Transaction
from metrics.domain.catalogue import By

_KNOWN = "select key, name, declared from known_name where by = $1 and key = any($2::text[])"
_FREE = "select count(*) from known_name where by = $1 and not declared"
_ADD = """
insert into known_name (by, key, name, declared)
select $1, key, name, $4 from unnest($2::text[], $3::text[]) as new(key, name)
on conflict (by, key) do update set declared = known_name.declared or excluded.declared
"""


class Row(NamedTuple):
    """How a name is written in its row, and whether the operator declared it."""

    name: str
    declared: bool


async def known(tx: Transaction, by: By, keys: Collection[str]) -> dict[str, Row]:
    """The rows of these names, given in the form in which names are compared; of those without a row, nothing."""
    return {row[0]: Row(row[1], row[2]) for row in await tx.conn.fetch(_KNOWN, by, list(keys))}


async def free(tx: Transaction, by: By) -> int:
    """How many names that nobody declared have a row."""
    found: int = await tx.conn.fetchval(_FREE, by)
    return found


async def add(tx: Transaction, by: By, names: Mapping[str, str], declared: bool) -> None:
    """These have a row from now on; what is there already keeps its spelling."""
    await tx.conn.execute(_ADD, by, list(names), list(names.values()), declared)
