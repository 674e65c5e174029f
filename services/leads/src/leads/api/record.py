"""A lead on record in the words of the door: a salesperson is its ``person``, and opened it is ``routed``."""

from typing import Any
from uuid import UUID

from fastapi import Request

from chassis import Problem, absent, begin, may_on
from chassis.access import MayOn
from contracts.event import Money
from leads.api.permissions import Permission
from leads.domain.lead import Entry
from leads.store import lead as leads
from leads.store.lead import Record

_STEPS = {"opened": "routed"}
OPENED_AS = {shown: kept for kept, shown in _STEPS.items()}


def no_such_lead() -> Problem:
    """404: not there, not his, or with no team yet. One text, whatever was asked about it."""
    return absent("No such lead", "It was never accepted here, is still on its way, or belongs to another team.")


def may_on_lead(permission: Permission) -> MayOn:
    """Who may do something about the lead in the path."""
    return may_on(permission, _is_there, no_such_lead)


async def _is_there(request: Request) -> bool:
    try:
        lead_id = UUID(request.path_params["lead_id"])
    except ValueError:
        return False
    async with begin(request, writes=False) as tx:
        return await leads.exists(tx, lead_id)


def state_shown(state: str) -> str:
    """A state, or a step of a history, in the word of the door."""
    return _STEPS.get(state, state)


def money_of(minor: int | None, currency: str | None) -> Money | None:
    """An amount, where both parts of it are known."""
    return Money(minor=minor, currency=currency) if minor is not None and currency else None


def shown(record: Record) -> dict[str, Any]:
    """State, place and history, without who it is about."""
    lead = record.lead
    return {
        "id": str(record.lead_id),
        "state": state_shown(lead.state),
        "place": record.place,
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
        "captured_at": lead.captured_at,
        "due_at": record.due_at,
        "party_class": record.party_class,
        "history": [entry_shown(entry) for entry in record.timeline],
    }


def entry_shown(entry: Entry) -> Entry:
    """An entry of a timeline in the words of the door."""
    named = {"person" if name == "assignee" else name: value for name, value in entry.items()}
    return named | {"what": state_shown(entry["what"]), "at": entry["at"].isoformat()}
