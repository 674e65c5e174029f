"""A look at a unit's rows from outside."""

import time
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from chassis import Problem, begin, may
from chassis.access import TOKEN
from chassis.identity import Verified
from territory.api.organisation import CHANGES, ID, Body, Code, Idempotency, Prose, named, organisation
from territory.api.permissions import Permission
from territory.domain.break_glass import LAPSES_AFTER
from territory.domain.break_glass import Glass as GlassOf
from territory.store import break_glass as store
from territory.use_cases.authority import look
from territory.use_cases.break_glass import ask_glass, close_glass, grant_glass, may_see

router = APIRouter(prefix="/v1", tags=["break-glass"])
SEES = [Depends(may(Permission.SEE_ORGANISATION))]
MOST = 500
SECOND_FACTORS, FRESH_S = frozenset({"mfa", "otp", "hwk"}), 300


class GlassBody(Body):
    """Which unit, why, and for how many hours."""

    unit: ID
    code: Code
    reason: Annotated[
        Prose, Field(description="for the unit and whoever grants; it rests in the clear: name nobody in it")
    ]
    hours: int = Field(1, ge=1, le=4)


class Glass(BaseModel):
    """A look: asked, open, closed or lapsed."""

    id: UUID
    unit: str
    asker: str
    code: str
    reason: str
    hours: int
    asked_at: datetime
    lapses_at: datetime
    granter: str | None
    from_at: datetime | None
    until_at: datetime | None
    state: str


class Glasses(BaseModel):
    """Looks, the newest first."""

    glasses: list[Glass]


@router.post(
    "/break-glass",
    dependencies=[Depends(may(Permission.ASK_GLASS))],
    status_code=201,
    summary="Asks for a look at a unit's rows.",
    responses=CHANGES | {200: {"model": Glass, "description": "It was asked before under this id."}},
)
async def post_glass(
    request: Request, response: Response, body: GlassBody, idempotency_key: Idempotency = None
) -> Glass:
    """It lapses when nobody grants it within half an hour."""
    async with organisation(request) as tx:
        until = tx.now + LAPSES_AFTER
        fields = body.model_dump()
        wanted = GlassOf(id=named(idempotency_key), asker="", asked_at=tx.now, lapses_at=until, **fields)
        asked, is_new = await ask_glass(wanted, tx)
    response.status_code = 201 if is_new else 200
    return _glass(asked, tx.now)


def proved_again(request: Request) -> None:
    """401 for whoever has not signed in with a second factor within five minutes: a token that was found opens no glass."""
    token: Verified | None = request.scope.get(TOKEN)
    factors = SECOND_FACTORS & {*token.methods} if token else ()
    signed_in_at = (token.signed_in_at if token else None) or 0.0
    if not factors or time.time() - signed_in_at > FRESH_S:
        asked = f'Bearer realm="tributary", error="insufficient_user_authentication", max_age={FRESH_S}'
        raise Problem(
            401,
            "Sign in again with a second factor",
            detail="Granting a look from outside needs one, shown within the last five minutes.",
            headers={"WWW-Authenticate": asked},
        )


@router.post(
    "/break-glass/{glass}/grant",
    dependencies=[Depends(may(Permission.GRANT_GLASS)), Depends(proved_again)],
    summary="Grants it: from now on, for its hours, to read only.",
    responses=CHANGES,
)
async def post_grant(request: Request, glass: UUID) -> Glass:
    """By another than who asks, and nobody below him, who has just signed in with a second factor. The unit's leaders are told."""
    async with organisation(request) as tx:
        opened = await grant_glass(glass, tx)
    return _glass(opened, tx.now)


@router.post("/break-glass/{glass}/close", dependencies=SEES, summary="Ends it before its time.", responses=CHANGES)
async def post_close(request: Request, glass: UUID) -> Glass:
    """By either of the two, or by who leads the unit."""
    async with organisation(request) as tx:
        closed = await close_glass(glass, tx)
    return _glass(closed, tx.now)


@router.get("/break-glass", dependencies=SEES, summary="Looks at one's units, and one's own.")
async def get_glasses(request: Request) -> Glasses:
    """The newest first, open and over: every member of the unit may know."""
    async with begin(request) as tx:
        _, who = await look(tx)
        rows = await store.listed(tx, MOST)
    return Glasses(glasses=[_glass(row, tx.now) for row in rows if may_see(row, who)])


def _glass(glass: GlassOf, at: datetime) -> Glass:
    return Glass(**vars(glass), state=glass.state_at(at))
