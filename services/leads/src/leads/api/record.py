"""A lead on record in the words of the door: a salesperson is its ``person``, and opened it is ``routed``."""

from typing import Any

from chassis import Problem, absent
from leads.domain.lead import Entry
from leads.store.lead import Record

_STEPS = {"opened": "routed"}


def no_such_lead() -> Problem:
    """404: not there, not his, or with no team yet. One text, whatever was asked about it."""
    return absent("No such lead", "It was never accepted here, is still on its way, or belongs to another team.")


def shown(record: Record) -> dict[str, Any]:
    """State and history, without who it is about."""
    lead = record.lead
    return {
        "id": str(record.lead_id),
        "state": _STEPS.get(lead.state, lead.state),
        "grade": lead.grade,
        "disposition": lead.disposition,
        "segment": lead.segment,
        "team": lead.team,
        "pipeline": lead.pipeline,
        "person": lead.assignee,
        "waits": lead.waits,
        "discarded_because": lead.discard_reason,
        "about": record.about,
        "occurred_at": record.occurred_at,
        "history": [_entry(entry) for entry in record.timeline],
    }


def _entry(entry: Entry) -> Entry:
    named = {"person" if name == "assignee" else name: value for name, value in entry.items()}
    return named | {"what": _STEPS.get(entry["what"], entry["what"]), "at": entry["at"].isoformat()}
