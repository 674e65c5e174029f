"""Leads as they stand in the database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

import asyncpg
from pydantic_core import to_json

from chassis import Transaction
from leads.domain.lead import Entry, Lead, Note, Outcome
from leads.domain.money import Money


@dataclass(frozen=True)
class SealedContact:
    """Who asks, sealed, and what may be known of the lead without knowing them."""

    person_id: UUID
    ciphertext: bytes
    about: Mapping[str, Any]
    occurred_at: datetime


@dataclass(frozen=True)
class Record:
    """What is new about a lead: its state, the lines to add to its history and, once, who it is about."""

    lead_id: UUID
    lead: Lead
    added: Sequence[Entry] = ()
    who: SealedContact | None = None


_PLAIN = Lead._fields[:-1]  # all but the outcomes are kept as they are, in columns of their names
_plain = itemgetter(*_PLAIN)

_LOAD = """
select lead_id, captured_at, qualified_at, grade, disposition, scorecard, discarded_at, discard_reason, opened_at,
    segment, team, pipeline, assigned_at, person, waits, content, differing, outcomes
from lead where lead_id = any($1) order by lead_id for update
"""

# A lead that was only heard of before gets who it is about when that arrives; the history only grows.
_SAVE = """
insert into lead (lead_id, person_id, personal, about, state, occurred_at, captured_at, qualified_at, grade, disposition,
    scorecard, discarded_at, discard_reason, opened_at, segment, team, pipeline, assigned_at, person, waits, content, differing,
    outcomes, history)
select r.lead_id, r.person_id, p.personal, r.about, r.state, r.occurred_at, r.captured_at, r.qualified_at, r.grade,
    r.disposition, r.scorecard, r.discarded_at, r.discard_reason, r.opened_at, r.segment, r.team, r.pipeline, r.assigned_at,
    r.person, r.waits, r.content, r.differing, r.outcomes, r.history
from rows from (
    json_to_recordset($1::json) as (lead_id uuid, person_id uuid, about jsonb, state text, occurred_at timestamptz,
        captured_at timestamptz, qualified_at timestamptz, grade text, disposition text, scorecard bigint,
        discarded_at timestamptz, discard_reason text, opened_at timestamptz, segment text, team text, pipeline text,
        assigned_at timestamptz, person text, waits text, content text, differing integer, outcomes jsonb, history jsonb)
) with ordinality as r
join unnest($2::bytea[]) with ordinality as p(personal, ordinality) using (ordinality)
on conflict (lead_id) do update set
    person_id = coalesce(lead.person_id, excluded.person_id), personal = coalesce(lead.personal, excluded.personal),
    about = coalesce(lead.about, excluded.about), occurred_at = coalesce(lead.occurred_at, excluded.occurred_at),
    state = excluded.state, captured_at = excluded.captured_at, qualified_at = excluded.qualified_at,
    grade = excluded.grade, disposition = excluded.disposition, scorecard = excluded.scorecard,
    discarded_at = excluded.discarded_at, discard_reason = excluded.discard_reason, opened_at = excluded.opened_at,
    segment = excluded.segment, team = excluded.team, pipeline = excluded.pipeline, assigned_at = excluded.assigned_at,
    person = excluded.person, waits = excluded.waits, content = excluded.content, differing = excluded.differing,
    outcomes = excluded.outcomes,
    history = lead.history || excluded.history
"""


async def load(tx: Transaction, lead_ids: Iterable[UUID]) -> dict[UUID, Lead]:
    """The leads of these ids that are known in any way, locked in the order of their ids."""
    rows = await tx.conn.fetch(_LOAD, sorted(set(lead_ids)))
    return {row["lead_id"]: _lead(row) for row in rows}


async def save(tx: Transaction, records: Sequence[Record]) -> None:
    """Stores what is new, all in one statement."""
    if records:
        await tx.conn.execute(
            _SAVE,
            to_json([_row(r) for r in records]).decode(),
            [r.who.ciphertext if r.who else None for r in records],
        )


async def persons(tx: Transaction, lead_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Whose these leads are."""
    rows = await tx.conn.fetch("select lead_id, person_id from lead where lead_id = any($1)", list(lead_ids))
    return {row["lead_id"]: row["person_id"] for row in rows if row["person_id"]}


async def show(tx: Transaction, lead_id: UUID) -> dict[str, Any] | None:
    """One lead's state and history, without who it is about."""
    row = await tx.conn.fetchrow("select * from lead where lead_id = $1 and captured_at is not null", lead_id)
    if row is None:
        return None
    lead = _lead(row)
    return {
        "id": str(lead_id),
        "state": lead.state,
        "grade": lead.grade,
        "disposition": lead.disposition,
        "segment": lead.segment,
        "team": lead.team,
        "pipeline": lead.pipeline,
        "person": lead.person,
        "waits": lead.waits,
        "discarded_because": lead.discard_reason,
        "about": row["about"] or {},
        "occurred_at": row["occurred_at"],
        "history": row["history"],
    }


def _lead(row: asyncpg.Record) -> Lead:
    return Lead._make((*_plain(row), tuple(map(outcome_of, row["outcomes"]))))


def _row(record: Record) -> dict[str, Any]:
    lead = record.lead
    row: dict[str, Any] = {name: value for name, value in zip(_PLAIN, lead, strict=False) if value is not None}
    row |= {
        "lead_id": record.lead_id,
        "state": lead.state,
        "outcomes": [outcome_json(o) for o in lead.outcomes],
        "history": list(record.added),
    }
    if record.who is not None:
        row |= {
            "person_id": record.who.person_id,
            "about": record.who.about,
            "occurred_at": record.who.occurred_at,
        }
    return row


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """An outcome as the database keeps it."""
    made: dict[str, Any] = {"result": outcome.result, "at": outcome.at.isoformat()}
    if outcome.amount:
        made["amount"] = {"minor": outcome.amount.minor, "currency": outcome.amount.currency}
    if outcome.reason:
        made["reason"] = outcome.reason
    if outcome.note:
        made["note"] = {"box": outcome.note.box} | ({"key": outcome.note.key} if outcome.note.key else {})
    if outcome.report:
        made["report"] = outcome.report
    if outcome.by:
        made["by"] = outcome.by
    return made


def outcome_of(kept: Mapping[str, Any]) -> Outcome:
    """The way back."""
    amount, note = kept.get("amount"), kept.get("note")
    return Outcome(
        kept["result"],
        datetime.fromisoformat(kept["at"]),
        Money(amount["minor"], amount["currency"]) if amount else None,
        kept.get("reason"),
        Note(note["box"], note.get("key")) if note else None,
        kept.get("report"),
        kept.get("by", ""),
    )
