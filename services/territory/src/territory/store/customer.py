"""Which team has which customer."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from chassis import Transaction
from territory.domain.customer import ANY_LINE, BY_ORDER, KEPT_FOR, Customer

# Another lead than those that are decided about now: a lead by itself ties its customer to nobody.
_OF = f"""
select c.party_id, c.team, c.person, c.since_at, c.cause, c.cause = '{BY_ORDER}' or exists (
    select from lead_case k where k.party_id = c.party_id and k.lead_id <> all($2::uuid[])
        and (k.ended_at is null or (k.ended in ('won', 'lost') and k.ended_at > $3))
) as stands
from customer c where c.party_id = any($1::uuid[]) and c.line = '{ANY_LINE}'
"""  # noqa: S608 - words of the domain
_ADD = f"""
insert into customer (party_id, line, team, person, since_at, cause)
select party_id, '{ANY_LINE}', team, person, since_at, cause
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[]) as c(party_id, team, person, since_at, cause)
order by party_id on conflict do nothing
"""  # noqa: S608
_CHANGE = f"""
update customer c set team = n.team, person = n.person, since_at = n.since_at, cause = n.cause
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::text[]) as n(party_id, team, person, since_at, cause)
where c.party_id = n.party_id and c.line = '{ANY_LINE}'
"""  # noqa: S608
_INSTEAD = """
select s.absent, s.unit, min(s.substitute) as substitute from substitution s
where s.absent = any($1::text[]) and s.from_at <= $2 and (s.until_at is null or s.until_at > $2)
    and (not s.ends_with_absence or exists (select from absence a
        where a.person = s.absent and a.from_at <= $2 and (a.until_at is null or a.until_at > $2)))
group by s.absent, s.unit
"""


async def of_parties(tx: Transaction, parties: Iterable[UUID], leads: Iterable[UUID]) -> dict[UUID, Customer]:
    """Who has these customers; whether that stands without these leads."""
    rows = await tx.conn.fetch(_OF, list(parties), list(leads), tx.now - KEPT_FOR)
    return {row["party_id"]: Customer(**row) for row in rows}


async def substitutes(tx: Transaction, people: Iterable[str]) -> Mapping[tuple[str, str], str]:
    """Who stands in for these people now, by person and unit."""
    names = sorted(people)
    rows = await tx.conn.fetch(_INSTEAD, names, tx.now) if names else []
    return {(row["absent"], row["unit"]): row["substitute"] for row in rows}


async def save(tx: Transaction, customers: Sequence[Customer], known: Iterable[UUID]) -> bool:
    """Who has them from here on; those of ``known`` are on record. False where another transaction made one of the others first:
    then this one has decided by what is not so."""
    before = set(known)
    new = [one for one in customers if one.party_id not in before]
    changed = [one for one in customers if one.party_id in before]
    if changed:
        await tx.conn.execute(_CHANGE, *_columns(changed))
    return not new or await tx.conn.execute(_ADD, *_columns(new)) == f"INSERT 0 {len(new)}"


def _columns(customers: Sequence[Customer]) -> tuple[list[object], ...]:
    return (
        [one.party_id for one in customers],
        [one.team for one in customers],
        [one.person for one in customers],
        [one.since_at for one in customers],
        [one.cause for one in customers],
    )
