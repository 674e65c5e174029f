"""Whose turn it is: where each team's rotation stands, held by one transaction at a time."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import Transaction
from territory.domain.deciding import Standing
from territory.domain.member import Roster, read
from territory.domain.rotation import Account, Member, Turns, accounts
from territory.domain.transfer import BOOK_LEDGER

# Leads that wait for a language keep no others.
_LOOK = """
select team, turn, credits::text as credits, exists (
    select from lead_case c
    where c.team = rotation.team and c.waits_turn and c.person is null and c.ended_at is null and c.code <> 'no_language'
) as waiting, wakes_at
from rotation where team = any($1::text[])
"""
# Locked in the order of names, so that two batches never wait for each other.
_LOCK = f"{_LOOK} order by team for update"
# The members are kept in the same statement: who takes a turn is told from them again.
_SAVE = """
with kept as (
    insert into roster (id, members) select id, members from jsonb_to_recordset($2::jsonb) as m(id uuid, members jsonb)
    on conflict (id) do nothing
)
update rotation r set turn = s.turn, credits = s.credits, wakes_at = s.wakes_at, looked = coalesce($3, r.looked)
from jsonb_to_recordset($1::jsonb) as s(team text, turn bigint, credits jsonb, wakes_at timestamptz)
where r.team = s.team
"""
_BEGIN = """
insert into rotation (team, turn, credits) select team, 0, '{}' from unnest($1::text[]) as team
on conflict do nothing
"""
_BACK = "insert into rotation_back (team, turn, of_turn, lead_id, booked_at) values ($1, $2, $3, $4, $5)"
# Turns by which a team inherits are of the rotation of what is inherited, and so is what is booked back of them.
_LEDGER = f"case when d.cause in ('transferred', 'handover') then '{BOOK_LEDGER}' else '' end || d.team"
_TURN = f"""
select d.team, {_LEDGER} as ledger, d.turn, d.assignee, d.decided_at, r.members::text as members
from decision d join roster r on r.id = d.roster where d.lead_id = $1 and d.turn is not null and d.number <= $2
order by d.number desc limit 1
"""  # noqa: S608 - a word of the domain
# One statement sees the turns and the credits behind them as they were at one moment.
_ACCOUNTS = f"""
with turns as (
    select d.roster, d.assignee, 1 as sign, d.decided_at as at from decision d
    where d.team = $1 and d.turn is not null and d.decided_at >= $3 and {_LEDGER} = $2
    union all
    select d.roster, d.assignee, -1, b.booked_at from rotation_back b
    join decision d on d.lead_id = b.lead_id and d.turn = b.of_turn and d.team = $1 and {_LEDGER} = $2
    where b.team = $2 and b.booked_at >= $3
), counted as (
    select roster, assignee, sign, at >= $4 as later, count(*) as leads from turns group by 1, 2, 3, 4
)
select r.turn, r.credits::text as credits, coalesce((
    select jsonb_agg(jsonb_build_array(m.members, c.assignee, c.leads, c.sign, c.later))
    from counted c join roster m on m.id = c.roster
), '[]')::text as turns
from rotation r where r.team = $2
"""  # noqa: S608
_IS_BACK = "select exists (select from rotation_back where team = $1 and of_turn = $2 and lead_id = $3)"
# Teams are woken in the order in which batches lock them, by when they stand once who had them is done: that has to be known of each
# before any is left out.
_WAKE = """
with held as materialized (
    select team, wakes_at from rotation where team = any($1::text[]) order by team for update
)
update rotation r set wakes_at = $2 from held where held.team = r.team and (held.wakes_at is null or held.wakes_at > $2)
"""
_MEMBERS = """
select m.person from membership m join person p on p.id = m.person
where m.unit = $1 and m.takes_leads and not p.suspended and p.kind = 'person' and (p.left_at is null or p.left_at > $2)
    and m.from_at <= $2 and (m.until_at is null or m.until_at > $2)
"""
_IS_AWAY = """
select exists (select from absence where person = $1 and from_at <= $2 and (until_at is null or until_at > $2))
"""
_ASLEEP = """
select coalesce(sum(q.n), 0)::bigint from rotation r cross join organisation o cross join lateral (
    select count(*) as n from lead_case c
    where c.team = r.team and c.waits_turn and c.person is null and c.ended_at is null
) q where r.wakes_at is null and r.looked >= o.version
"""
_DUE = """
select r.team from rotation r, organisation o
where (r.wakes_at <= $1 or r.looked < o.version) and exists (
    select from lead_case c where c.team = r.team and c.waits_turn and c.person is null and c.ended_at is null
) order by r.wakes_at nulls last, r.team limit $2 for update of r skip locked
"""


@dataclass(frozen=True)
class Taken:
    """A turn that was taken: by whom, when, and among which members. ``ledger`` is the rotation it was a turn of."""

    team: str
    ledger: str
    turn: int
    person: str
    at: datetime
    members: tuple[Member, ...]


async def lock_rotations(tx: Transaction, teams: Iterable[str]) -> dict[str, Standing]:
    """Where the rotations of these teams stand; nobody else turns them until this transaction ends."""
    return _standings(await tx.conn.fetch(_LOCK, sorted(teams)))


async def look_at_rotations(tx: Transaction, teams: Iterable[str]) -> dict[str, Standing]:
    """Where the rotations of these teams stand, for one who turns none."""
    return _standings(await tx.conn.fetch(_LOOK, sorted(teams)))


def _standings(rows: Iterable[Any]) -> dict[str, Standing]:
    return {
        row["team"]: Standing(row["turn"], json.loads(row["credits"]), row["waiting"], row["wakes_at"]) for row in rows
    }


async def save_rotations(
    tx: Transaction, standings: Mapping[str, Standing], rosters: Iterable[Roster], looked: int | None = None
) -> None:
    """Where the next turns start, among whom those so far were taken, and as of which change of the organisation."""
    rows = [
        {
            "team": team,
            "turn": at.turn,
            "credits": at.credits,
            "wakes_at": at.wakes_at.isoformat() if at.wakes_at else None,
        }
        for team, at in standings.items()
    ]
    kept = {str(roster.id): roster.document for roster in rosters}
    members = [{"id": name, "members": document} for name, document in kept.items()]
    await tx.conn.execute(_SAVE, json.dumps(rows), json.dumps(members), looked)


async def turn_of(tx: Transaction, lead_id: UUID, number: int) -> Taken | None:
    """The turn by which somebody got the lead last, by its decisions up to this number; None where there was none, or where it is
    booked back already."""
    row = await tx.conn.fetchrow(_TURN, lead_id, number)
    if row is None or await tx.conn.fetchval(_IS_BACK, row["ledger"], row["turn"], lead_id):
        return None
    members = read(json.loads(row["members"]))
    return Taken(row["team"], row["ledger"], row["turn"], row["assignee"], row["decided_at"], members)


async def book_back(tx: Transaction, taken: Taken, turn: int, lead_id: UUID) -> None:
    """Under this turn of its own the other one was booked back."""
    await tx.conn.execute(_BACK, taken.ledger, turn, taken.turn, lead_id, tx.now)


async def accounts_of(
    tx: Transaction, team: str, inherited: bool, from_at: datetime, to_at: datetime
) -> tuple[int, list[Account]]:
    """How many turns the rotation has taken, and what each person was due and got between these moments."""
    row = await tx.conn.fetchrow(_ACCOUNTS, team, (BOOK_LEDGER if inherited else "") + team, from_at, to_at)
    if row is None:
        return 0, []
    turns = [Turns(read(members), *rest) for members, *rest in json.loads(row["turns"])]
    return row["turn"], accounts(turns, json.loads(row["credits"]))


async def wake(tx: Transaction, teams: Iterable[str]) -> None:
    """The leads that wait for a turn of these teams are looked at as soon as may be."""
    if names := sorted(teams):
        await tx.conn.execute(_WAKE, names, tx.now)


async def due(tx: Transaction, most: int) -> list[str]:
    """Teams whose waiting leads are to be looked at now, those first that are due longest."""
    return [row["team"] for row in await tx.conn.fetch(_DUE, tx.now, most)]


async def asleep(tx: Transaction) -> int:
    """How many leads wait for a turn of a team that nothing will look at again."""
    found: int = await tx.conn.fetchval(_ASLEEP)
    return found


async def members_now(tx: Transaction, team: str) -> set[str]:
    """Who takes leads in the team now, whether away or not."""
    return {row["person"] for row in await tx.conn.fetch(_MEMBERS, team, tx.now)}


async def is_away(tx: Transaction, person: str) -> bool:
    """Whether an absence of theirs covers now."""
    found: bool = await tx.conn.fetchval(_IS_AWAY, person, tx.now)
    return found


async def begin_rotations(tx: Transaction, teams: Iterable[str]) -> None:
    """Those of these teams that have no rotation begin theirs; the others go on where they stand."""
    await tx.conn.execute(_BEGIN, sorted(teams))
