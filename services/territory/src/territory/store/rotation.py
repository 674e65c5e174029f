"""Whose turn it is: each team's credits, held by one transaction at a time."""

import json
from collections.abc import Iterable, Mapping

from chassis import Transaction

Credits = dict[str, Mapping[str, int]]
"""By team, each person's credit."""

# Locked in the order of names, so that two batches never wait for each other.
_LOCK = "select team, credits::text as credits from rotation where team = any($1::text[]) order by team for update"
_SAVE = """
update rotation r set credits = s.credits
from jsonb_to_recordset($1::jsonb) as s(team text, credits jsonb)
where r.team = s.team
"""
_BEGIN = """
insert into rotation (team, credits) select team, '{}' from unnest($1::text[]) as team
on conflict (team) do update set credits = '{}'
"""


async def lock_credits(tx: Transaction, teams: Iterable[str]) -> Credits:
    """The credits of these teams; nobody else turns their rotation until this transaction ends."""
    rows = await tx.conn.fetch(_LOCK, sorted(teams))
    return {row["team"]: json.loads(row["credits"]) for row in rows}


async def save_credits(tx: Transaction, credits: Credits) -> None:
    """The credits from which the next turns start."""
    await tx.conn.execute(_SAVE, json.dumps([{"team": team, "credits": c} for team, c in credits.items()]))


async def begin_rotations(tx: Transaction, teams: Iterable[str]) -> None:
    """These teams start their rotation anew."""
    await tx.conn.execute(_BEGIN, sorted(teams))
