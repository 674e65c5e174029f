"""Decisions: one row per lead, also for those that nobody gets."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from chassis import Transaction
from territory.domain.criteria import Lead
from territory.domain.decision import Decision
from territory.domain.routing import Refused, Routed

_DECIDED = "select lead_id from decision where lead_id = any($1::uuid[])"
_INSERT = """
insert into decision
    (lead_id, disposition, ruleset, rule, segment, team, pipeline, person, turn, reason, inputs, refused, decided_at)
select lead_id, disposition, ruleset, rule, segment, team, pipeline, person, turn, reason, inputs, refused, decided_at
from json_to_recordset($1::json) as d(
    lead_id uuid, disposition text, ruleset int, rule text, segment text, team text, pipeline text, person text,
    turn bigint, reason text, inputs jsonb, refused jsonb, decided_at timestamptz)
"""
_ONE = """
select lead_id, disposition, ruleset, rule, segment, team, pipeline, person, turn, reason, decided_at,
    inputs::text as inputs, refused::text as refused
from decision where lead_id = $1
"""


@dataclass(frozen=True)
class Decided:
    """A decision as it is on record. ``turn`` counts within the team's rotation; ``reason`` says why there is a person or none, or why there is no team."""

    lead_id: UUID
    disposition: str
    ruleset: int
    rule: str | None
    segment: str | None
    team: str | None
    pipeline: str | None
    person: str | None
    turn: int | None
    reason: str | None
    inputs: Lead
    decided_at: datetime
    rules_refused: int
    people_refused: tuple[Refused, ...]
    more_people: int


async def already_decided(tx: Transaction, leads: Iterable[UUID]) -> set[UUID]:
    """Those of the leads that have a decision."""
    return {row["lead_id"] for row in await tx.conn.fetch(_DECIDED, list(leads))}


async def save_decisions(tx: Transaction, decisions: Sequence[Decision]) -> None:
    """One row each."""
    await tx.conn.execute(_INSERT, to_json([_row(decision) for decision in decisions]).decode())


async def decision_of(tx: Transaction, lead_id: UUID) -> Decided | None:
    """What was decided about the lead."""
    row = await tx.conn.fetchrow(_ONE, lead_id)
    if row is None:
        return None
    refused = json.loads(row["refused"])
    return Decided(
        **{name: value for name, value in row.items() if name not in ("inputs", "refused")},
        inputs=json.loads(row["inputs"]),
        rules_refused=refused.get("rules", 0),
        people_refused=tuple(Refused(*one) for one in refused.get("people", ())),
        more_people=refused.get("more_people", 0),
    )


def _row(decision: Decision) -> dict[str, Any]:
    route, turn = decision.route, decision.turn
    row = {
        "lead_id": decision.lead_id,
        "disposition": decision.disposition,
        "ruleset": route.ruleset,
        "inputs": route.inputs,
        "decided_at": decision.decided_at,
        "pipeline": decision.pipeline,
    }
    if not isinstance(route, Routed):
        return {**row, "reason": route.reason, "refused": {}}
    refused: dict[str, Any] = {"rules": route.refused}
    if turn:
        row |= {"person": turn.person, "turn": decision.number, "reason": turn.reason}
        refused |= {"people": [[one.candidate, one.why] for one in turn.refused], "more_people": turn.more}
    return {**row, "rule": route.rule, "segment": route.segment, "team": route.team, "refused": refused}
