"""The naive leads service."""

import os
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import NAMESPACE_OID, UUID, uuid5

from pydantic import Field
from sqlalchemy.dialects.postgresql import insert

from bench.naive.handling import app, listen, once, say
from bench.naive.tables import LeadRow, Person
from chassis.sealing import new_key, open_bytes, seal_bytes, unseal
from contracts.leads.intake import LeadSubmitted
from contracts.leads.lead import OpportunityOpened
from contracts.territory.lead import LeadAssigned, LeadRouted
from leads.domain.scorecard import SCORECARD_3
from leads.use_cases import to_events
from leads.use_cases.intake import judge
from leads.use_cases.personal import pack, unpack

DOOR_KEY = bytes.fromhex(os.environ["DOOR_KEY"])
MASTER_KEY = bytes.fromhex(os.environ["MASTER_KEY"])

Decided = Annotated[LeadRouted | LeadAssigned, Field(discriminator="type")]


@listen("naive.intake", "naive-leads")
async def on_submitted(event: LeadSubmitted) -> None:
    """Puts the lead on record, judges it, and tells both."""

    async def work(session: Any) -> None:
        lead_id, now = event.lead_id, datetime.now(UTC)
        personal = unpack(unseal(event.person, DOOR_KEY, lead_id.bytes))
        verdict = judge(SCORECARD_3, event, personal)
        about = to_events.attributes(event)
        person_id = uuid5(NAMESPACE_OID, personal.email or personal.phone or str(lead_id))
        key = await _key_of(session, person_id)
        history = [
            {"what": "captured", "at": now.isoformat(), "source": event.source},
            {"what": "qualified", "at": now.isoformat(), "grade": verdict.grade, "score": verdict.score},
        ]
        session.add(
            LeadRow(
                lead_id=lead_id,
                person_id=person_id,
                personal=seal_bytes(key, pack(personal), lead_id.bytes),
                about=about.model_dump(mode="json", exclude_none=True),
                state="qualified",
                occurred_at=event.occurred_at,
                captured_at=now,
                qualified_at=now,
                grade=verdict.grade,
                disposition=verdict.disposition,
                scorecard=verdict.scorecard,
                history=history,
            )
        )
        say(session, "naive.lead", to_events.captured(event, about, (), now))
        say(session, "naive.lead", to_events.qualified(lead_id, verdict, about, now))

    await once(event, work)


async def _key_of(session: Any, person_id: UUID) -> bytes:
    """The key of a person who is known, or a new one."""
    wrapped = seal_bytes(MASTER_KEY, new_key(), person_id.bytes)
    made = insert(Person).values(person_id=person_id, wrapped_key=wrapped, known_since=datetime.now(UTC))
    await session.execute(made.on_conflict_do_nothing())
    person = await session.get(Person, person_id)
    return open_bytes(MASTER_KEY, person.wrapped_key, person_id.bytes)


@listen("naive.territory", "naive-leads-territory")
async def on_decided(event: Decided) -> None:
    """Opens the opportunity in its team's pipeline, or names its person."""

    async def work(session: Any) -> None:
        lead = await session.get(LeadRow, event.lead_id, with_for_update=True)
        if isinstance(event, LeadRouted):
            lead.state = lead.state if lead.assigned_at else "routed"
            lead.opened_at, lead.segment, lead.team = event.routed_at, event.segment, event.team
            lead.pipeline = event.pipeline
            _note(lead, "routed", event.routed_at, team=event.team, pipeline=event.pipeline)
            opened = OpportunityOpened(
                lead_id=event.lead_id, team=event.team, pipeline=event.pipeline, opened_at=event.routed_at
            )
            say(session, "naive.lead", opened)
        else:
            lead.state, lead.assigned_at, lead.person = "assigned", event.assigned_at, event.person
            _note(lead, "assigned", event.assigned_at, team=event.team, person=event.person)

    await once(event, work)


def _note(lead: LeadRow, what: str, at: datetime, **detail: str) -> None:
    lead.history = [*lead.history, {"what": what, "at": at.isoformat(), **detail}]


__all__ = ["app"]
