"""Moves and leaves."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from chassis import begin, may
from territory.api.organisation import CHANGES, ID, Body, Code, Idempotency, Moment, began, named, organisation
from territory.api.permissions import Permission
from territory.api.proposal import Proposal, shown_proposal
from territory.domain.move import PROPOSED
from territory.domain.move import Move as MoveOf
from territory.store import move as store
from territory.use_cases.authority import look
from territory.use_cases.move import order_move, withdraw_move

router = APIRouter(prefix="/v1", tags=["people"])
KEEPS = [Depends(may(Permission.CHANGE_PEOPLE))]
MOST = 500


class Successor(Body):
    """Somebody who gets a share of the leads by this weight."""

    person: ID
    weight: int = Field(1, ge=1, le=1000)


class MoveBody(Body):
    """Where somebody goes, and when. Without ``to_unit`` they leave ``from_unit``; without either, the company."""

    person: ID
    from_unit: ID | None = None
    to_unit: ID | None = None
    at: Moment | None = None
    rank: Code | None = None
    book: Literal["handover", "take_along", "queue"] = "handover"
    successors: list[Successor] = Field(
        [], max_length=100, description="who gets the leads of a handover; without any, the members of the unit in turn"
    )


class Move(BaseModel):
    """A move: proposed, planned, done or withdrawn. ``proposal`` waits for whoever is inside the unit they go to."""

    id: UUID
    person: str
    from_unit: str | None
    to_unit: str | None
    rank: str | None
    at: datetime
    book: str
    state: str
    ordered_by: str
    proposal: Proposal | None = None


class Moves(BaseModel):
    """Moves, the latest first."""

    moves: list[Move]


@router.post(
    "/moves",
    dependencies=KEEPS,
    status_code=201,
    summary="Orders a move or a leave, at once or planned.",
    responses=CHANGES | {202: {"model": Move, "description": "It waits for whoever is inside the unit they go to."}},
)
async def post_move(request: Request, response: Response, body: MoveBody, idempotency_key: Idempotency = None) -> Move:
    """Who leaves sees nothing from that moment on, everywhere; who moves, what is of the new unit and not of the old one."""
    async with organisation(request) as tx:
        at = began(body.at, tx.now)
        fields = body.model_dump(exclude={"at", "successors"})
        fields["successors"] = [[one.person, one.weight] for one in body.successors]
        wanted = MoveOf(id=named(idempotency_key), at=at, state=PROPOSED, ordered_by="", ended={}, **fields)
        move, proposal = await order_move(wanted, tx)
    response.status_code = 202 if proposal else 201
    return _move(move, tx.now, shown_proposal(proposal, tx.now) if proposal else None)


@router.get("/moves", dependencies=KEEPS, summary="Moves, ordered and done.")
async def get_moves(request: Request, person: Annotated[str | None, Query(max_length=200)] = None) -> Moves:
    """The latest first, of those units about which one decides."""
    async with begin(request) as tx:
        _, who = await look(tx)
        rows = await store.listed(tx, person, MOST)
    mine = (row for row in rows if who.sees_move(row.person, row.from_unit, row.to_unit))
    return Moves(moves=[_move(row, tx.now) for row in mine])


@router.delete("/moves/{move}", dependencies=KEEPS, summary="Takes back a move that is not done.", responses=CHANGES)
async def delete_move(request: Request, move: UUID) -> Move:
    """What would have ended goes on; what would have begun never was."""
    async with organisation(request) as tx:
        taken_back = await withdraw_move(move, tx)
    return _move(taken_back, tx.now)


def _move(move: MoveOf, at: datetime, proposal: Proposal | None = None) -> Move:
    fields = {name: value for name, value in vars(move).items() if name in Move.model_fields}
    return Move(**{**fields, "state": move.state_at(at)}, proposal=proposal)
