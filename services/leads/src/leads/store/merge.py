"""Who answers what is still owed in leads that are worked as others."""

from collections.abc import Collection
from uuid import UUID

from chassis import Transaction

# Below a lead are those that it is worked for, and those that they were; each of them is worked as the one at the end of its way.
# That one's person answers where they are of its team, and so see it; else whoever had it.
_GO_ON = """
with recursive below(lead_id) as (
    select unnest($1::uuid[])
    union
    select joined.lead_id::uuid from below join lead_place p using (lead_id)
        cross join lateral jsonb_array_elements_text(p.later -> 'joined') as joined(lead_id)
), way(lead_id, at, steps) as (
    select lead_id, (p.later ->> 'merged_into')::uuid, 1 from below join lead_place p using (lead_id) where p.place = 'merged'
    union all
    select way.lead_id, (p.later ->> 'merged_into')::uuid, steps + 1 from way join lead_place p on p.lead_id = way.at
    where p.place = 'merged' and steps < 16
), worked as (
    select distinct on (way.lead_id) way.lead_id, r.team, r.assignee from way join lead_place r on r.lead_id = way.at
    order by way.lead_id, steps desc
), answering as (
    select p.lead_id, case when w.team = p.team then coalesce(w.assignee, p.assignee) else p.assignee end as person
    from worked w join lead_place p using (lead_id)
)
update lead_place p set answers = a.person from answering a where p.lead_id = a.lead_id and p.answers is distinct from a.person
returning p.lead_id
"""


async def go_on(tx: Transaction, lead_ids: Collection[UUID]) -> set[UUID]:
    """Writes down who answers for those of these leads, and of those below them, that are merged; of which others do now."""
    return {row["lead_id"] for row in await tx.conn.fetch(_GO_ON, list(lead_ids))}


async def stand(tx: Transaction, lead_id: UUID) -> None:
    """It is worked by itself again: its own person answers."""
    await tx.conn.execute("update lead_place set answers = null where lead_id = $1", lead_id)
