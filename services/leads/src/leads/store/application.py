"""Scorecards that judge anew who waits for a qualifier: how far they are, and whom they judge next."""

import json
from dataclasses import asdict, dataclass
from uuid import UUID

from pydantic_core import to_json

from chassis import Transaction
from chassis.query import insert_all
from leads.domain.application import Application
from leads.domain.lead import Lead
from leads.store.lead import lead_of
from leads.store.rules import Judged
from leads.store.rules_tables import RULE_APPLIED

_ONE = "select * from rule_applied where kind = $1 and version = $2"
_WAITING = """
select * from rule_applied where state = 'waiting' order by asked_at limit 1 for update skip locked
"""
_SAVE = (
    insert_all(RULE_APPLIED)
    + " on conflict (kind, version) do update set state = excluded.state, by = excluded.by, asked_at = excluded.asked_at,"
    " position = excluded.position, leads = excluded.leads, changed = excluded.changed, unreadable = excluded.unreadable,"
    " done_at = excluded.done_at"
)
# The literals are what the partial index is made of.
_NEXT = """
select p.*, l.person_id, l.personal, l.about, l.captured_at as on_record_at, l.party_id, card.reasons, came.flags
from (
    select * from lead_place
    where place in ('queue', 'qualification', 'unroutable') and place = 'qualification' and captured_at is not null
        and ($1::uuid is null or lead_id > $1)
    order by lead_id limit $2 for update
) p join lead l using (lead_id)
left join lateral (
    select detail -> 'reasons' as reasons from timeline t
    where t.lead_id = p.lead_id and what = 'qualified' and detail ? 'reasons' order by n limit 1
) card on true
left join lateral (
    select detail -> 'flags' as flags from timeline t
    where t.lead_id = p.lead_id and what = 'captured' order by n limit 1
) came on true
order by p.lead_id
"""


@dataclass(frozen=True)
class Unsure:
    """A lead that waits for a qualifier, as it stands, and what a card is told of it, sealed."""

    lead: Lead
    judged: Judged
    party_id: UUID | None


async def one(tx: Transaction, kind: str, version: int) -> Application | None:
    """How far a version is, where it was applied."""
    row = await tx.conn.fetchrow(_ONE, kind, version)
    return Application(**row) if row else None


async def waiting(tx: Transaction) -> Application | None:
    """The one that was asked for first and is not through, locked; another process is left its own."""
    row = await tx.conn.fetchrow(_WAITING)
    return Application(**row) if row else None


async def save(tx: Transaction, application: Application) -> None:
    """It is so far now."""
    await tx.conn.execute(_SAVE, json.dumps([json.loads(to_json(asdict(application)))]))


async def unsure(tx: Transaction, behind: UUID | None, most: int) -> list[Unsure]:
    """The next leads that wait for a qualifier, locked, in the order of their ids."""
    return [
        Unsure(
            lead_of(row),
            Judged(
                row["lead_id"],
                row["person_id"],
                row["personal"],
                row["about"],
                row["on_record_at"],
                row["reasons"] or (),
                row["flags"] or (),
            ),
            row["party_id"],
        )
        for row in await tx.conn.fetch(_NEXT, behind, most)
    ]
