"""Outcomes that overtook their lead and wait for it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis import Transaction
from leads.domain.lead import Outcome
from leads.store.lead import outcome_json, outcome_of

_KEEP = """
insert into waiting_outcome (lead_id, event_id, outcome, reported_at)
select * from unnest($1::uuid[], $2::text[], $3::jsonb[], array_fill($4::timestamptz, array[cardinality($1)]))
on conflict do nothing
"""


async def keep(tx: Transaction, waiting: Sequence[tuple[UUID, str, Outcome]]) -> None:
    """Keeps outcomes until their leads come; the same report twice waits once."""
    if waiting:
        ids, events, outcomes = zip(*waiting, strict=True)
        await tx.conn.execute(_KEEP, ids, events, [json.dumps(outcome_json(o)) for o in outcomes], tx.now)


_LATE = """
select lead_id, event_id, outcome, reported_at from waiting_outcome where reported_at < $1 limit $2 for update skip locked
"""


class Late(NamedTuple):
    """An outcome that has waited too long."""

    lead_id: UUID
    event_id: str
    outcome: dict[str, Any]
    reported_at: datetime


async def late(tx: Transaction, reported_before: datetime, most: int) -> list[Late]:
    """Some of those whose leads have not come, locked."""
    return [Late(*row) for row in await tx.conn.fetch(_LATE, reported_before, most)]


async def drop(tx: Transaction, some: Iterable[Late]) -> None:
    """These wait no longer."""
    await tx.conn.execute("delete from waiting_outcome where event_id = any($1)", [one.event_id for one in some])


async def take(tx: Transaction, lead_ids: Iterable[UUID]) -> dict[UUID, list[Outcome]]:
    """What waited for these leads, in the order it was reported; it waits no longer."""
    rows = await tx.conn.fetch(
        "delete from waiting_outcome where lead_id = any($1) returning lead_id, outcome, reported_at, event_id",
        list(lead_ids),
    )
    found: dict[UUID, list[Outcome]] = defaultdict(list)
    for row in sorted(rows, key=lambda r: (r["reported_at"], r["event_id"])):
        found[row["lead_id"]].append(outcome_of(row["outcome"]))
    return found
