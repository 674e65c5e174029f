"""Transfers of leads between teams and people."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from chassis import begin, may
from chassis.problems import absent, declared
from territory.api.organisation import CHANGES, ID, Body, Code, Idempotency, named, organisation
from territory.api.permissions import Permission
from territory.domain.decision import Cause
from territory.domain.transfer import BOOK, LIST, ROTATION, Transfer, may_see
from territory.store import transfer as store
from territory.use_cases.authority import look
from territory.use_cases.transfer import answer_transfer, ask_transfer, undo_transfer

router = APIRouter(prefix="/v1", tags=["transfers"])
TRANSFERS = [Depends(may(Permission.TRANSFER_LEADS))]
MOST = 200


class TransferBody(Body):
    """Which leads of a team go where: those that are named, or all open ones of ``person``. ``to_person`` is somebody of the team
    that receives, ``rotation`` or ``queue``."""

    from_team: ID
    to_team: ID
    leads: list[UUID] = Field([], max_length=1000)
    person: ID | None = None
    to_person: ID = ROTATION
    with_customer: bool = Field(True, description="all leads of the same customers that the team has go along")
    code: Code
    dry_run: bool = Field(False, description="count what it would be, and do nothing")


class TransferState(BaseModel):
    """A transfer as it stands. ``items`` counts its leads, once they are counted; ``counts`` are those by state that one sees."""

    id: UUID
    kind: str
    cause: str
    from_team: str
    person: str | None
    to_team: str
    to_person: str
    code: str
    state: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    undo_of: UUID | None
    items: int | None
    counts: dict[str, int] = Field(default_factory=dict)


class Transfers(BaseModel):
    """Transfers, the latest first."""

    transfers: list[TransferState]


class TransferItem(BaseModel):
    """A lead of a transfer, and what became of it."""

    lead_id: UUID
    place: int
    from_team: str
    from_person: str | None
    to_person: str | None
    state: Literal["waiting", "done", "skipped", "refused", "applied"]
    why: str | None


class TransferItems(BaseModel):
    """Items in their order; those of leads that one does not see are left out."""

    items: list[TransferItem]


@router.post(
    "/transfers", dependencies=TRANSFERS, status_code=201, summary="Asks for leads to go elsewhere.", responses=CHANGES
)
async def post_transfer(request: Request, body: TransferBody, idempotency_key: Idempotency = None) -> TransferState:
    """It waits for whoever leads the team that receives, unless the asker may decide that too; a job carries it out."""
    async with organisation(request) as tx:
        wanted = Transfer(
            id=named(idempotency_key),
            kind=BOOK if body.person else LIST,
            cause=Cause.TRANSFERRED,
            from_team=body.from_team,
            person=body.person,
            leads=body.leads,
            to_team=body.to_team,
            to_person=body.to_person,
            successors=(),
            with_customer=body.with_customer,
            code=body.code,
            state="",
            asked_by="",
            asked_at=tx.now,
            lapses_at=tx.now,
        )
        made = await ask_transfer(wanted, body.dry_run, tx)
    return _shown(made, tx.now)


@router.get("/transfers", dependencies=TRANSFERS, summary="Transfers of the teams that one leads or manages.")
async def get_transfers(request: Request) -> Transfers:
    """The latest first."""
    async with begin(request) as tx:
        _, who = await look(tx)
        rows = await store.listed(tx, MOST)
    return Transfers(transfers=[_shown(row, tx.now) for row in rows if may_see(who, row)])


@router.get("/transfers/{transfer}", dependencies=TRANSFERS, summary="One transfer.", responses=declared(404))
async def get_transfer(request: Request, transfer: UUID) -> TransferState:
    """How far it is."""
    async with begin(request) as tx:
        _, who = await look(tx)
        found = await store.one(tx, transfer)
        counts = await store.counts(tx, transfer)
    if found is None or not may_see(who, found):
        raise absent("No such transfer")
    return _shown(found, tx.now, dict(counts))


@router.get("/transfers/{transfer}/items", dependencies=TRANSFERS, summary="Its leads.", responses=declared(404))
async def get_transfer_items(
    request: Request, transfer: UUID, after: int = Query(0, ge=0, le=2**31 - 1), limit: int = Query(50, ge=1, le=200)
) -> TransferItems:
    """In the order in which they go."""
    async with begin(request) as tx:
        _, who = await look(tx)
        found = await store.one(tx, transfer)
        rows = await store.items_of(tx, transfer, after, limit)
    if found is None or not may_see(who, found):
        raise absent("No such transfer")
    return TransferItems(items=[TransferItem(**_fields(row)) for row in rows])


@router.post("/transfers/{transfer}/approve", dependencies=TRANSFERS, summary="Approves it.", responses=CHANGES)
async def post_approval(request: Request, transfer: UUID) -> TransferState:
    """By a second person, who leads the team that receives."""
    async with organisation(request) as tx:
        found = await answer_transfer(transfer, True, tx)
    return _shown(found, tx.now)


@router.post("/transfers/{transfer}/refuse", dependencies=TRANSFERS, summary="Refuses it.", responses=CHANGES)
async def post_refusal(request: Request, transfer: UUID) -> TransferState:
    """Nothing comes of it."""
    async with organisation(request) as tx:
        found = await answer_transfer(transfer, False, tx)
    return _shown(found, tx.now)


@router.post(
    "/transfers/{transfer}/undo", dependencies=TRANSFERS, status_code=201, summary="Takes it back.", responses=CHANGES
)
async def post_undo(request: Request, transfer: UUID) -> TransferState:
    """By a transfer of its own; what has gone on since stays."""
    async with organisation(request) as tx:
        made = await undo_transfer(transfer, tx)
    return _shown(made, tx.now)


def _shown(transfer: Transfer, at: datetime, counts: dict[str, int] | None = None) -> TransferState:
    fields = {name: value for name, value in vars(transfer).items() if name in TransferState.model_fields}
    return TransferState(**{**fields, "state": transfer.state_at(at)}, counts=counts or {})


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name in TransferItem.model_fields}
