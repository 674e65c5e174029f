"""Whose turn it is: where each team's rotation stands, held by one transaction at a time."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from chassis import Transaction
from territory.domain.member import Roster

# Locked in the order of names, so that two batches never wait for each other.
_LOCK = (
    "select team, turn, credits::text as credits from rotation where team = any($1::text[]) order by team for update"
)
# The members are kept in the same statement: who takes a turn is told from them again.
_SAVE = """
with kept as (
    insert into roster (id, members) select id, members from jsonb_to_recordset($2::jsonb) as m(id uuid, members jsonb)
    on conflict (id) do nothing
)
update rotation r set turn = s.turn, credits = s.credits
from jsonb_to_recordset($1::jsonb) as s(team text, turn bigint, credits jsonb)
where r.team = s.team
"""
_BEGIN = """
insert into rotation (team, turn, credits) select team, 0, '{}' from unnest($1::text[]) as team
on conflict do nothing
"""


@dataclass
class Standing:
    """How many turns a team has taken, and each person's credit, also of those who are away or have left."""

    turn: int
    credits: Mapping[str, int]


async def lock_rotations(tx: Transaction, teams: Iterable[str]) -> dict[str, Standing]:
    """Where the rotations of these teams stand; nobody else turns them until this transaction ends."""
    rows = await tx.conn.fetch(_LOCK, sorted(teams))
    return {row["team"]: Standing(row["turn"], json.loads(row["credits"])) for row in rows}


async def save_rotations(tx: Transaction, standings: Mapping[str, Standing], rosters: Iterable[Roster]) -> None:
    """Where the next turns start, and among whom those so far were taken."""
    rows = [{"team": team, "turn": at.turn, "credits": at.credits} for team, at in standings.items()]
    kept = {str(roster.id): roster.document for roster in rosters}
    members = [{"id": name, "members": document} for name, document in kept.items()]
    await tx.conn.execute(_SAVE, json.dumps(rows), json.dumps(members))


async def begin_rotations(tx: Transaction, teams: Iterable[str]) -> None:
    """Those of these teams that have no rotation begin theirs; the others go on where they stand."""
    await tx.conn.execute(_BEGIN, sorted(teams))
