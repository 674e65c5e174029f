"""How leads stand. Who is about to decide about leads again holds their rows, in the order of their ids."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis import Transaction
from territory.domain.case import Case, Kept
from territory.domain.criteria import Lead
from territory.domain.routing import Routed, Unroutable

_COLUMNS = """
c.lead_id, c.number, c.disposition, c.verdict, c.team, c.person, c.code, c.since, c.attempt, c.not_to, c.excluded, c.ended_at, c.ended,
c.party_id, c.rule, c.looked
"""
_HOLD = f"select {_COLUMNS} from lead_case c where c.lead_id = any($1::uuid[]) order by c.lead_id for update"  # noqa: S608
_LOOK = f"select {_COLUMNS} from lead_case c where c.lead_id = $1"  # noqa: S608
_WAITING = f"""
select {_COLUMNS} from lead_case c
where c.team = $1 and c.waits_turn and c.person is null and c.ended_at is null
order by c.since, c.lead_id limit $2 for update skip locked
"""  # noqa: S608
_PASSED_OVER = """
select exists (
    select from lead_case c
    where c.team = $1 and c.waits_turn and c.person is null and c.ended_at is null and c.lead_id <> all($2::uuid[])
)
"""
_UNASKED = f"""
select {_COLUMNS} from lead_case c
where c.looked < $1 and c.person is null and c.ended_at is null and (c.waits_turn or c.rule is null or c.rule = 'fallback')
order by c.looked, c.since, c.lead_id limit $2 for update skip locked
"""  # noqa: S608
# Its team is not the one by which rules placed it last: what only kept the team or moved it by an order is passed over.
_ORDERED = """
select c.lead_id from unnest($1::uuid[], $2::text[]) as c(lead_id, team) where c.team is distinct from (
    select d.team from decision d left join decision b on b.lead_id = d.lead_id and b.number = d.number - 1
    where d.lead_id = c.lead_id and d.cause not in ('transferred', 'handover', 'refused')
        and (d.number = 1 or d.team is distinct from b.team)
    order by d.number desc limit 1
)
"""
_LAST = """
select d.lead_id, d.attributes, d.segment, d.team, d.rule, d.ruleset, d.pipeline, d.reason, d.refused, d.would_rule
from unnest($1::uuid[], $2::int[]) as n(lead_id, number) join decision d on d.lead_id = n.lead_id and d.number = n.number
"""
_LOOKED = "update lead_case set looked = $2 where lead_id = any($1::uuid[])"
_JUDGED = """
update lead_case c set verdict = j.verdict, disposition = j.disposition, party_id = coalesce(c.party_id, j.party_id)
from unnest($1::uuid[], $2::int[], $3::text[], $4::uuid[]) as j(lead_id, verdict, disposition, party_id)
where c.lead_id = j.lead_id
"""
_WAIT_FOR = """
update lead_case c set code = w.code from unnest($1::uuid[], $2::text[]) as w(lead_id, code) where c.lead_id = w.lead_id
"""
_END = "update lead_case set ended_at = $2, ended = $3 where lead_id = any($1::uuid[])"
_REVIVE = "update lead_case set ended_at = null, ended = null where lead_id = any($1::uuid[])"
_TEAMS = """
select distinct m.unit from membership m
where m.person = any($1::text[]) and (m.open_max is not null or m.day_max is not null)
    and m.from_at <= $2 and (m.until_at is null or m.until_at > $2)
"""
_QUEUE = """
select c.team, coalesce(c.code, 'qualifier') as code, count(*) as waiting, min(c.since) as oldest, r.wakes_at
from lead_case c left join rotation r on r.team = c.team
where c.person is null and c.ended_at is null and c.team = any($1::text[]) and ($2::text is null or c.code = $2)
group by 1, 2, r.wakes_at order by 1, 2
"""
_LISTED = """
select c.lead_id, c.team, c.code, c.since, c.disposition, c.attempt from lead_case c
where c.person is null and c.ended_at is null and c.team = any($1::text[]) and ($2::text is null or c.code = $2)
order by c.since, c.lead_id limit $3
"""


@dataclass(frozen=True, slots=True)
class Last:
    """What the newest decision about a lead rests on."""

    attributes: Lead
    kept: Kept


async def hold(tx: Transaction, leads: Iterable[UUID]) -> dict[UUID, Case]:
    """How these leads stand; nobody else decides about them until this transaction ends. Who is not there has no decision."""
    return {row["lead_id"]: _case(row) for row in await tx.conn.fetch(_HOLD, list(leads))}


async def look(tx: Transaction, lead_id: UUID) -> Case | None:
    """How a lead stands, for one who changes nothing."""
    row = await tx.conn.fetchrow(_LOOK, lead_id)
    return _case(row) if row else None


async def waiting(tx: Transaction, team: str, most: int) -> list[Case]:
    """Leads that wait for a turn of the team, who waits longest first, without those that somebody else decides about now."""
    return [_case(row) for row in await tx.conn.fetch(_WAITING, team, most)]


async def are_passed_over(tx: Transaction, team: str, seen: Sequence[UUID]) -> bool:
    """Whether others than these wait for a turn of the team: somebody else decides about them now."""
    found: bool = await tx.conn.fetchval(_PASSED_OVER, team, seen)
    return found


async def unasked(tx: Transaction, version: int, most: int) -> list[Case]:
    """Leads that wait for rules or for a turn of their team, and which this version of the market has not seen: those first that the
    oldest version has seen, and of these who waits longest. Those that somebody else decides about now are left to the next time."""
    return [_case(row) for row in await tx.conn.fetch(_UNASKED, version, most)]


async def ordered(tx: Transaction, cases: Sequence[Case]) -> set[UUID]:
    """Those of these leads that are their team's because somebody ordered it, whatever rules say."""
    moved = [case for case in cases if case.number > 1 and case.team is not None]  # no first decision is an order
    if not moved:
        return set()
    rows = await tx.conn.fetch(_ORDERED, [case.lead_id for case in moved], [case.team for case in moved])
    return {row["lead_id"] for row in rows}


async def last(tx: Transaction, cases: Sequence[Case]) -> Mapping[UUID, Last]:
    """What their newest decisions rest on."""
    if not cases:
        return {}
    rows = await tx.conn.fetch(_LAST, [case.lead_id for case in cases], [case.number for case in cases])
    return {row["lead_id"]: Last(row["attributes"], Kept(_route(row), row["pipeline"])) for row in rows}


async def looked(tx: Transaction, leads: Sequence[UUID], version: int) -> None:
    """This version of the market has seen them and says nothing else of them."""
    if leads:
        await tx.conn.execute(_LOOKED, leads, version)


async def judged(tx: Transaction, rows: Sequence[tuple[UUID, int, str, UUID | None]]) -> None:
    """Judgements that change nothing of whose the leads are: lead, revision, disposition, party."""
    if rows:
        await tx.conn.execute(_JUDGED, *map(list, zip(*rows, strict=True)))


async def wait_for(tx: Transaction, codes: Sequence[tuple[UUID, str]]) -> None:
    """They wait for something else of their team than before."""
    if codes:
        await tx.conn.execute(_WAIT_FOR, *map(list, zip(*codes, strict=True)))


async def end(tx: Transaction, leads: Sequence[UUID], how: str) -> None:
    """They wait for nothing any more and load nobody."""
    if leads:
        await tx.conn.execute(_END, leads, tx.now, how)


async def revive(tx: Transaction, leads: Sequence[UUID]) -> None:
    """They are neither closed nor set aside any more."""
    await tx.conn.execute(_REVIVE, leads)


async def teams_of_capped(tx: Transaction, people: Iterable[str]) -> set[str]:
    """The teams of those of these people who take only so many leads."""
    names = sorted(people)
    return {row["unit"] for row in await tx.conn.fetch(_TEAMS, names, tx.now)} if names else set()


async def queues(tx: Transaction, teams: Sequence[str], code: str | None) -> list[dict[str, Any]]:
    """How many leads wait in each team, for what, and since when the oldest."""
    return [dict(row) for row in await tx.conn.fetch(_QUEUE, teams, code)]


async def listed(tx: Transaction, team: str, code: str | None, most: int) -> list[dict[str, Any]]:
    """The leads that wait in a team, who waits longest first."""
    return [dict(row) for row in await tx.conn.fetch(_LISTED, [team], code, most)]


def _case(row: Any) -> Case:
    return Case(**{**row, "not_to": tuple(row["not_to"]), "excluded": tuple(row["excluded"])})


def _route(row: Any) -> Routed | Unroutable:
    if row["team"] is None:
        return Unroutable(row["reason"], row["ruleset"])
    return Routed(row["segment"], row["team"], row["rule"], row["ruleset"], row["refused"].get("rules", 0))
