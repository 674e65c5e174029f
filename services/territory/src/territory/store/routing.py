"""Decisions: a row for each, also for those by which nobody gets the lead. The newest stands."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import select

from chassis import Transaction
from chassis.query import fetch, insert_all
from territory.domain.criteria import Lead
from territory.domain.decision import Decision
from territory.domain.routing import Refused, Routed
from territory.store.tables import DECISION

_DECIDED = "select distinct lead_id from decision where lead_id = any($1::uuid[])"
_INSERT = insert_all(DECISION)


@dataclass(frozen=True)
class Decided:
    """A decision as it is on record. ``turn`` counts within the team's rotation; ``reason`` says why there is an assignee or
    none, or why there is no team.
    """

    lead_id: UUID
    number: int
    cause: str
    disposition: str
    ruleset: int
    rule: str | None
    segment: str | None
    team: str | None
    pipeline: str | None
    assignee: str | None
    turn: int | None
    reason: str | None
    attributes: Lead
    excluded_teams: Sequence[str]
    excluded_people: Sequence[str]
    decided_at: datetime
    rules_refused: int
    people_refused: tuple[Refused, ...]
    more_people: int
    roster: UUID | None = None


async def already_decided(tx: Transaction, leads: Iterable[UUID]) -> set[UUID]:
    """Those of the leads that have a decision."""
    return {row["lead_id"] for row in await tx.conn.fetch(_DECIDED, list(leads))}


async def save_decisions(tx: Transaction, decisions: Sequence[Decision]) -> None:
    """One row each. A number that the lead has a decision under is an error."""
    await tx.conn.execute(_INSERT, to_json([_row(decision) for decision in decisions]).decode())


async def decision_of(tx: Transaction, lead_id: UUID, number: int | None = None) -> Decided | None:
    """What was decided about the lead: by its decision of this number, or by the newest."""
    asked = select(DECISION).where(DECISION.c.lead_id == lead_id).order_by(DECISION.c.number.desc()).limit(1)
    rows = await fetch(tx.conn, asked if number is None else asked.where(DECISION.c.number == number))
    if not rows:
        return None
    known = dict(rows[0])
    refused = known.pop("refused")
    return Decided(
        **known,
        rules_refused=refused.get("rules", 0),
        people_refused=tuple(Refused(*one) for one in refused.get("people", ())),
        more_people=refused.get("more_people", 0),
    )


def _row(decision: Decision) -> dict[str, Any]:
    route, turn = decision.route, decision.turn
    row = {
        "lead_id": decision.lead_id,
        "number": decision.number,
        "cause": decision.cause,
        "disposition": decision.disposition,
        "ruleset": route.ruleset,
        "attributes": decision.attributes,
        "excluded_teams": decision.excluded.teams,
        "excluded_people": decision.excluded.people,
        "decided_at": decision.decided_at,
        "pipeline": decision.pipeline,
        "roster": decision.roster,
    }
    if not isinstance(route, Routed):
        return {**row, "reason": route.reason, "refused": {}}
    refused: dict[str, Any] = {"rules": route.refused}
    if turn:
        row |= {"assignee": turn.assignee, "turn": decision.turn_number, "reason": turn.reason}
        refused |= {"people": [[one.candidate, one.why] for one in turn.refused], "more_people": turn.more}
    return {**row, "rule": route.rule, "segment": route.segment, "team": route.team, "refused": refused}
