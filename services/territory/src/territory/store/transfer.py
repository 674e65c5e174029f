"""Transfers and their items."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update

from chassis import Transaction
from chassis.query import fetch
from territory.domain.customer import ANY_LINE, BY_ORDER
from territory.domain.transfer import Item, Transfer
from territory.store.case_tables import TRANSFER

_ITEMS = """
select transfer_id, lead_id, place, from_team, from_person, to_person, number, made, state, why from transfer_item
"""
# The oldest that is to be counted or carried out, and that nobody else is at.
_NEXT = """
select id from transfer where state in ('asked', 'rehearsed', 'approved', 'running')
    and (items is null or state in ('approved', 'running')) order by asked_at limit 1 for update skip locked
"""
# All leads of these customers that the team has go along; to another team those too that are closed.
_COUNT = """
with base as (
    select lead_id, party_id from lead_case
    where team = $2 and (lead_id = any($3::uuid[]) or ($4::text is not null and person = $4 and ended_at is null))
), along as (
    select lead_id from base union
    select c.lead_id from lead_case c where $5 and c.team = $2
        and ($7 or c.ended_at is null) and c.party_id in (select party_id from base where party_id is not null)
)
insert into transfer_item (transfer_id, lead_id, place, from_team, from_person, to_person, number, state)
select $1, c.lead_id, row_number() over (order by c.since, c.lead_id), c.team, c.person, $6, c.number, 'waiting'
from along join lead_case c using (lead_id) on conflict do nothing
"""
_COUNT_BACK = """
insert into transfer_item (transfer_id, lead_id, place, from_team, from_person, to_person, number, state, why)
select $1, i.lead_id, row_number() over (order by i.place), $2, c.person, coalesce(i.from_person, 'queue'), c.number,
    case when c.number = i.made and c.team = $2 then 'waiting' else 'skipped' end,
    case when c.number = i.made and c.team = $2 then null else 'moved' end
from transfer_item i join lead_case c using (lead_id)
where i.transfer_id = $3 and i.state in ('done', 'applied') on conflict do nothing
"""
_COUNTED = "update transfer set items = (select count(*) from transfer_item where transfer_id = $1) where id = $1"
_STATE = "update transfer set state = $2 where id = $1"
_WAITING = _ITEMS + " where transfer_id = $1 and state = 'waiting' order by place limit $2 for update"
_DONE = """
update transfer_item i set state = d.state, made = d.made, why = d.why
from unnest($2::uuid[], $3::text[], $4::int[], $5::text[]) as d(lead_id, state, made, why)
where i.transfer_id = $1 and i.lead_id = d.lead_id
"""
_CUSTOMERS = f"""
update customer set team = $3, person = case when $4 then null else $5 end, since_at = $6, cause = '{BY_ORDER}'
where party_id = any($1::uuid[]) and line = '{ANY_LINE}' and team = $2
"""  # noqa: S608 - words of the domain
_HOLD_ITEM = _ITEMS + " where transfer_id = $1 and lead_id = $2 for update"
_COUNTS = "select state, count(*) as n from transfer_item where transfer_id = $1 group by state"
_TEAMS_OF = (
    "select distinct team from lead_case where person = $1 and ended_at is null and team is not null order by team"
)
_TO_HAND = """
select id from move where state = 'ordered' and handed_at is null and at <= $1 order by at limit $2 for update skip locked
"""
_HANDED = "update move set handed_at = $2 where id = $1"


async def add(tx: Transaction, transfer: Transfer) -> None:
    """A new one."""
    row = {**vars(transfer), "leads": list(transfer.leads), "successors": [list(one) for one in transfer.successors]}
    await fetch(tx.conn, insert(TRANSFER).values(**row))


async def one(tx: Transaction, which: UUID, hold: bool = False) -> Transfer | None:
    """The transfer of this id; held, nobody else changes it until this transaction ends."""
    asked = select(TRANSFER).where(TRANSFER.c.id == which)
    rows = await fetch(tx.conn, asked.with_for_update() if hold else asked)
    return Transfer(**rows[0]) if rows else None


async def listed(tx: Transaction, most: int) -> list[Transfer]:
    """The latest first."""
    return [
        Transfer(**row)
        for row in await fetch(tx.conn, select(TRANSFER).order_by(TRANSFER.c.asked_at.desc()).limit(most))
    ]


async def decided(tx: Transaction, which: UUID, state: str, by: str) -> None:
    """Somebody has approved or refused it."""
    values = {"state": state, "decided_by": by, "decided_at": tx.now}
    await fetch(tx.conn, update(TRANSFER).where(TRANSFER.c.id == which).values(**values))


async def next_one(tx: Transaction) -> Transfer | None:
    """The oldest that is to be counted or carried out; nobody else is at it until this transaction ends."""
    which = await tx.conn.fetchval(_NEXT)
    return await one(tx, which) if which else None


async def count(tx: Transaction, transfer: Transfer) -> None:
    """Its items are the leads that it is about as they stand now, each once."""
    if transfer.undo_of is not None:
        await tx.conn.execute(_COUNT_BACK, transfer.id, transfer.from_team, transfer.undo_of)
    else:
        await tx.conn.execute(
            _COUNT,
            transfer.id,
            transfer.from_team,
            list(transfer.leads),
            transfer.person,
            transfer.with_customer,
            transfer.to_person,
            transfer.to_team != transfer.from_team,
        )
    await tx.conn.execute(_COUNTED, transfer.id)


async def becomes(tx: Transaction, which: UUID, state: str) -> None:
    """What the job has made of it."""
    await tx.conn.execute(_STATE, which, state)


async def waiting(tx: Transaction, which: UUID, most: int) -> list[Item]:
    """The next items that are to be carried out, in their order."""
    return [Item(**row) for row in await tx.conn.fetch(_WAITING, which, most)]


async def done(tx: Transaction, which: UUID, items: Sequence[tuple[UUID, str, int | None, str | None]]) -> None:
    """What has become of items: lead, state, the decision by which it went, and why not."""
    if items:
        await tx.conn.execute(_DONE, which, *map(list, zip(*items, strict=True)))


async def hold_item(tx: Transaction, which: UUID, lead_id: UUID) -> Item | None:
    """An item; nobody else changes it until this transaction ends."""
    row = await tx.conn.fetchrow(_HOLD_ITEM, which, lead_id)
    return Item(**row) if row else None


async def take_customers(
    tx: Transaction, parties: Sequence[UUID], from_team: str, to_team: str, person: str | None
) -> None:
    """These customers are the other team's by order, and this person's; None for whoever gets a lead of theirs there first."""
    if parties:
        await tx.conn.execute(_CUSTOMERS, parties, from_team, to_team, person is None, person, tx.now)


async def counts(tx: Transaction, which: UUID) -> Mapping[str, int]:
    """How many items there are in each state, of those that one sees."""
    return {row["state"]: row["n"] for row in await tx.conn.fetch(_COUNTS, which)}


async def items_of(tx: Transaction, which: UUID, after: int, most: int) -> list[dict[str, Any]]:
    """Items in their order, of those that one sees."""
    rows = await tx.conn.fetch(
        _ITEMS + " where transfer_id = $1 and place > $2 order by place limit $3", which, after, most
    )
    return [dict(row) for row in rows]


async def teams_with_leads_of(tx: Transaction, person: str) -> list[str]:
    """The teams in which somebody has open leads."""
    return [row["team"] for row in await tx.conn.fetch(_TEAMS_OF, person)]


async def moves_to_hand_over(tx: Transaction, most: int) -> list[UUID]:
    """Moves whose moment has come and whose leads have not been ordered to go anywhere."""
    return [row["id"] for row in await tx.conn.fetch(_TO_HAND, tx.now, most)]


async def handed(tx: Transaction, move: UUID) -> None:
    """The leads of a move have been ordered to go where it says."""
    await tx.conn.execute(_HANDED, move, tx.now)
