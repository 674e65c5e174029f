"""Why a lead belongs where it does."""

import asyncio
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from chassis import Problem, absent, begin, may_on
from chassis.problems import declared
from territory.api.permissions import Permission
from territory.domain.criteria import Scalar
from territory.domain.routing import Refused, RuleSet
from territory.store import market, routing
from territory.store.routing import Decided

router = APIRouter(prefix="/v1", tags=["decisions"])

ROTATION = "rotation"
PIPELINE = "pipeline of the team"
NEWEST = 2**31 - 1


class Candidate(BaseModel):
    """One that was not taken, and why."""

    candidate: str
    why: str


class Choice(BaseModel):
    """One answer, the rule that gave it, what it looked at, and who was refused. ``more`` counts those not named."""

    value: str | None
    rule: str | None
    ruleset: int
    inputs: dict[str, Scalar]
    refused: list[Candidate] = Field(default_factory=list)
    more: int = 0
    reason: str | None = None


class Choices(BaseModel):
    """A decision in four answers. ``cause`` is why it was made, ``code`` what the lead waits for by it, and ``would_rule`` the rule
    that alone would have sent it to another team."""

    disposition: str
    ruleset: int
    decided_at: datetime
    cause: str
    code: str | None
    would_rule: str | None
    segment: Choice
    team: Choice
    pipeline: Choice
    person: Choice


class LeadDecision(Choices):
    """Everything that was decided about a lead. Of its decisions the one with the greatest ``number`` stands."""

    lead_id: UUID
    number: int


def _no_decision() -> Problem:
    return absent("No decision about this lead", "It is not known here, or it is not to be routed.")


async def is_decided(request: Request) -> bool:
    """Whether a decision about the lead in the path exists for who asks."""
    try:
        lead_id = UUID(request.path_params["lead_id"])
    except ValueError:
        return False
    async with begin(request, writes=False) as tx:
        return await routing.decision_of(tx, lead_id) is not None


@router.get(
    "/leads/{lead_id}/decision",
    summary="Segment, team, pipeline and person of a lead, and why.",
    dependencies=[Depends(may_on(Permission.SEE_DECISIONS, is_decided, _no_decision))],
    responses=declared(404),
)
async def get_decision(
    request: Request,
    lead_id: UUID,
    number: int | None = Query(None, ge=1, le=NEWEST, description="An earlier decision; the newest stands."),
) -> LeadDecision:
    """Each with the rule, the rule-set version, the inputs, and the candidates refused and why."""
    async with begin(request) as tx:
        decided = await routing.decision_of(tx, lead_id, number)
        rules = await market.market_of(tx, decided.ruleset) if decided else None
    if decided is None:
        raise _no_decision()
    return LeadDecision(
        lead_id=decided.lead_id,
        number=decided.number,
        **vars(await explained(decided, rules.ruleset if rules else None)),
    )


async def explained(decided: Decided, rules: RuleSet | None, hidden: str | None = None) -> Choices:
    """The decision in four answers, with the rules and people that were refused. ``hidden`` says why nobody was sought."""
    inputs = rules.inputs(decided.attributes) if rules else {}
    refused: tuple[Refused, ...] = ()
    if rules and decided.rules_refused:
        refused = await asyncio.to_thread(rules.refused, inputs)
    nowhere = decided.reason if decided.team is None else None

    def by_rule(value: str | None) -> Choice:
        return Choice(
            value=value,
            rule=decided.rule,
            ruleset=decided.ruleset,
            inputs=inputs,
            refused=candidates(refused),
            more=decided.rules_refused - len(refused),
            reason=nowhere,
        )

    by_team: dict[str, Scalar] = {"team": decided.team} if decided.team else {}
    in_turn: dict[str, Scalar] = {"turn": decided.turn} if decided.turn is not None else {}
    return Choices(
        disposition=decided.disposition,
        ruleset=decided.ruleset,
        decided_at=decided.decided_at,
        cause=decided.cause,
        code=decided.code,
        would_rule=decided.would_rule,
        segment=by_rule(decided.segment),
        team=by_rule(decided.team),
        pipeline=Choice(
            value=decided.pipeline,
            rule=PIPELINE if decided.team else None,
            ruleset=decided.ruleset,
            inputs=by_team,
            reason=nowhere,
        ),
        person=Choice(
            value=decided.assignee,
            rule=ROTATION if decided.team and decided.reason else None,
            ruleset=decided.ruleset,
            inputs={**by_team, "disposition": decided.disposition, **in_turn},
            refused=candidates(decided.people_refused),
            more=decided.more_people,
            reason=hidden or decided.reason or f"A lead that is {decided.disposition} waits in its team's queue.",
        ),
    )


def candidates(refused: tuple[Refused, ...]) -> list[Candidate]:
    """Those refused, as they are answered."""
    return [Candidate(candidate=one.candidate, why=one.why) for one in refused]
