"""What waits for a second person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from chassis import begin, may
from territory.api.organisation import CHANGES, organisation
from territory.api.permissions import Permission
from territory.domain.proposal import CONFIRMED, REFUSED, WITHDRAWN
from territory.domain.proposal import Proposal as ProposalOf
from territory.store import proposal as store
from territory.use_cases.authority import look
from territory.use_cases.confirmation import decide, may_see

router = APIRouter(prefix="/v1", tags=["people"])
DECIDES = [Depends(may(Permission.CONFIRM))]
MOST = 500


class Proposal(BaseModel):
    """Something that one proposes and another confirms: join, move, rank, subject, role, return."""

    id: UUID
    what: str
    person: str
    unit: str | None
    terms: dict[str, Any]
    proposed_by: str
    proposed_at: datetime
    lapses_at: datetime
    state: str
    decided_by: str | None
    decided_at: datetime | None


class Proposals(BaseModel):
    """Proposals, the newest first."""

    proposals: list[Proposal]


@router.get(
    "/proposals",
    dependencies=[Depends(may(Permission.SEE_ORGANISATION))],
    summary="What waits for a second person, as far as it is one's business.",
)
async def get_proposals(
    request: Request, everything: bool = Query(False, description="also what is decided or has lapsed")
) -> Proposals:
    """Those about oneself, one's own, and those that one may decide."""
    async with begin(request) as tx:
        _, who = await look(tx)
        rows = await store.listed(tx, not everything, MOST)
    return Proposals(proposals=[shown_proposal(row, tx.now) for row in rows if may_see(row, who)])


@router.post("/proposals/{proposal}/confirm", dependencies=DECIDES, summary="It holds.", responses=CHANGES)
async def post_confirm(request: Request, proposal: UUID) -> Proposal:
    """By a leader of the unit, of one above it, or the management: not by whom it is about, nor by who proposed it."""
    return await _decide(request, proposal, CONFIRMED)


@router.post("/proposals/{proposal}/refuse", dependencies=DECIDES, summary="It does not.", responses=CHANGES)
async def post_refuse(request: Request, proposal: UUID) -> Proposal:
    """By who could confirm it."""
    return await _decide(request, proposal, REFUSED)


@router.post(
    "/proposals/{proposal}/withdraw",
    dependencies=[Depends(may(Permission.CHANGE_PEOPLE))],
    summary="It is taken back.",
    responses=CHANGES,
)
async def post_withdraw(request: Request, proposal: UUID) -> Proposal:
    """By who proposed it."""
    return await _decide(request, proposal, WITHDRAWN)


async def _decide(request: Request, proposal: UUID, answer: str) -> Proposal:
    async with organisation(request) as tx:
        decided = await decide(proposal, answer, tx)
    return shown_proposal(decided, tx.now)


def shown_proposal(proposal: ProposalOf, at: datetime) -> Proposal:
    """The proposal as it stands."""
    return Proposal(**{**vars(proposal), "terms": dict(proposal.terms), "state": proposal.state_at(at)})
