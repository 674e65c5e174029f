"""Whom parties have become."""

from collections.abc import Collection
from uuid import UUID

from chassis import Transaction
from leads.domain.party import PartyClass

_RISE = """
insert into party (party_id, class)
select distinct party_id, $2 from lead where lead_id = any($1) and party_id is not null
on conflict (party_id) do update set class = excluded.class where excluded.class = 'customer' and party.class <> 'customer'
"""
_VALID = """
insert into party (party_id, class)
select distinct l.party_id, 'potential' from lead l join lead_place p using (lead_id)
where lead_id = any($1) and l.party_id is not null and p.disposition = any($2)
on conflict do nothing
"""


async def rise(tx: Transaction, lead_ids: Collection[UUID], to: PartyClass) -> None:
    """Who asked by these leads is this from now on, unless they were more before."""
    if lead_ids:
        await tx.conn.execute(_RISE, list(lead_ids), to)


async def judged(tx: Transaction, lead_ids: Collection[UUID], valid: Collection[str]) -> None:
    """Who asked by those of these leads that were found valid, may become a customer."""
    if lead_ids:
        await tx.conn.execute(_VALID, list(lead_ids), list(valid))
