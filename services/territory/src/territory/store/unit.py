"""What is in a unit, and the words that units and ranks use."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chassis import Transaction
from territory.domain.vocabulary import SHIPPED

_LEFT = """
select (select count(*) from unit where parent = $1 and (until_at is null or until_at > $2)) as units,
    (select count(*) from membership where unit = $1 and (until_at is null or until_at > $2)) as members,
    (select count(*) from jsonb_array_elements((select document -> 'rules' from market join active_market using (version))) r
        where r ->> 'team' = $1) as rules,
    coalesce((select turn from rotation where team = $1), 0) as leads
"""
_WORDS = "select version, items from vocabulary where name = $1"
_SAVE_WORDS = """
insert into vocabulary (name, items, version) values ($1, $2, $3)
on conflict (name) do update set items = excluded.items, version = excluded.version
"""
_USED = {
    "unit_kind": "select distinct kind from unit where kind = any($1::text[])",
    "rank": "select distinct rank from membership where rank = any($1::text[])",
    "absence_kind": "select distinct kind from absence where kind = any($1::text[])",
}
_MEMBERS = """
select unit, count(*) as members from membership
where from_at <= $1 and (until_at is null or until_at > $1) group by unit
"""


async def left_in(tx: Transaction, name: str, at: datetime) -> Mapping[str, int]:
    """How many units and members are in a unit, now or later, how many rules of the market in force send leads there, and how many
    leads its rotation ever gave."""
    row = await tx.conn.fetchrow(_LEFT, name, at)
    return dict(row) if row else {}


async def words(tx: Transaction, name: str) -> tuple[int, list[Mapping[str, Any]]]:
    """A vocabulary with its version; the one that is shipped has 0."""
    row = await tx.conn.fetchrow(_WORDS, name)
    return (row["version"], row["items"]) if row else (0, list(SHIPPED[name]))


async def save_words(tx: Transaction, name: str, items: Any, version: int) -> None:
    """A vocabulary is so from here on."""
    await tx.conn.execute(_SAVE_WORDS, name, json.dumps(items), version)


async def used(tx: Transaction, name: str, which: list[str]) -> set[str]:
    """Those of these words of which there is anything, or ever was."""
    return {row[0] for row in await tx.conn.fetch(_USED[name], which)}


async def members(tx: Transaction, at: datetime) -> Mapping[str, int]:
    """How many people belong to each unit at a moment."""
    return {row["unit"]: row["members"] for row in await tx.conn.fetch(_MEMBERS, at)}
