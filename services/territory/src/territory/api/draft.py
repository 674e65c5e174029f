"""Drafts of the market: written, tried on the leads that came last, and put in force by another."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field

from chassis import FieldError, Transaction, begin, may, not_valid
from chassis.problems import absent, declared
from territory.api.market import refusing
from territory.api.organisation import Body, IfMatch, organisation, tagged, version_in
from territory.api.permissions import Permission
from territory.api.schemas import Difference, Warned
from territory.domain.draft import Draft, State, state_of
from territory.domain.file_grammar import FAULTS_AT_MOST
from territory.domain.market_difference import differences
from territory.domain.possible import doubtful
from territory.domain.refusal import Unread
from territory.store import draft as store
from territory.store import market
from territory.use_cases import draft as drafts

router = APIRouter(prefix="/v1/market/drafts", tags=["market"])
SEES, DRAFTS, ACTIVATES = (
    [Depends(may(one))] for one in (Permission.SEE_MARKET, Permission.DRAFT_MARKET, Permission.ACTIVATE_DRAFTS)
)
EDITS = declared(404, 409, 412, 428)
CONTENT = "a market file, as PUT /v1/market takes it"

Number = Annotated[int, Path(ge=1, le=10**9, alias="draft")]


class Drafted(Body):
    """A new draft: what it says, or the version that was in force which it is a copy of."""

    content: Annotated[dict[str, Any] | None, Field(description=CONTENT)] = None
    copy_of: Annotated[int | None, Field(ge=1, le=10**9)] = None


class Edited(Body):
    """What the draft says from now on."""

    content: Annotated[dict[str, Any], Field(description=CONTENT)]


class Latest(Body):
    """On how many of the leads that came last it is tried."""

    last: Annotated[int, Field(ge=1, le=10_000)] = 1000


class DraftStep(BaseModel):
    """What was done to a draft; ``of`` is the version that it is a copy of."""

    what: str
    by: str
    at: datetime
    of: int | None = None


class DraftListed(BaseModel):
    """A draft in a list. It is active while the version that it became is in force, and archived after that, or where it was given up;
    ``made_from`` is the version that was in force when it was written last."""

    draft: int
    state: State
    version: int | None
    made_from: int
    author: str
    at: datetime
    history: list[DraftStep]


class DraftsListed(BaseModel):
    """Drafts, the newest first."""

    rows: list[DraftListed]


class LeadsMoved(BaseModel):
    """How many leads go from this team or segment to that one; none is for leads that no rule would place."""

    before: str | None
    after: str | None
    leads: int


class LeadPlace(BaseModel):
    """Where a market sends a lead, and by which rule."""

    team: str | None
    pipeline: str | None
    segment: str | None
    rule: str | None


class LeadExample(BaseModel):
    """A lead that would go elsewhere."""

    lead_id: UUID
    before: LeadPlace
    after: LeadPlace


class DraftTried(BaseModel):
    """Where the draft would have sent leads, beside the version in force then (``against``). All leads are counted; of the examples those
    are shown that exist for who asks. Whose customer it was already keeps a lead as far as the rules leave it to them."""

    state: Literal["waiting", "done"]
    last: int
    by: str
    asked_at: datetime
    done_at: datetime | None = None
    against: int | None = None
    leads: int | None = None
    changed: int | None = None
    is_refused: Annotated[bool, Field(description="this build would not put it in force: it was tried on none")] = False
    teams: list[LeadsMoved] = []
    segments: list[LeadsMoved] = []
    examples: list[LeadExample] = []


class DraftShown(DraftListed):
    """A draft with what it says, what in that no lead is known to meet, what it would change of the market in force, and what came of
    trying it last."""

    content: dict[str, Any]
    warnings: list[Warned]
    changes: list[Difference]
    tried: DraftTried | None


def _listed(row: Mapping[str, Any], in_force: int) -> dict[str, Any]:
    state = state_of(row["version"], row["is_dropped"], in_force)
    return {name: row[name] for name in DraftListed.model_fields if name != "state"} | {"state": state}


async def _shown(one: Draft | None, response: Response, tx: Transaction) -> DraftShown:
    if one is None:
        raise absent(drafts.NO_SUCH)
    tagged(response, one.edit)
    in_force = await market.look(tx)
    stands = await market.document_of(tx, in_force) or {}
    warnings = (await asyncio.to_thread(doubtful, one.document))[:FAULTS_AT_MOST]
    return DraftShown(
        **_listed(vars(one), in_force),
        content=dict(one.document),
        warnings=[Warned(**vars(warning)) for warning in warnings],
        changes=[Difference(part=part, id=name, change=how) for part, name, how in differences(stands, one.document)],
        tried=await _tried(one, tx),
    )


async def _tried(one: Draft, tx: Transaction) -> DraftTried | None:
    if one.tried is None:
        return None
    examples = one.tried.get("examples", ())
    seen = await store.seen(tx, [UUID(each["lead_id"]) for each in examples]) if examples else set()
    return DraftTried(**{**one.tried, "examples": [each for each in examples if UUID(each["lead_id"]) in seen]})


def _read(if_match: str | None) -> int:
    seen = version_in(if_match)
    if seen is None:
        raise Unread("Send the ETag that you read in If-Match.")
    return seen


@router.get("", dependencies=SEES, summary="Drafts of the market, with what was done to each.")
async def get_drafts(
    request: Request,
    before: Annotated[int | None, Query(ge=1, le=10**9, description="drafts older than this one")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> DraftsListed:
    """The newest first: those that decide nothing yet, the one in force, and what was."""
    async with begin(request) as tx:
        in_force = await market.look(tx)
        rows = [DraftListed(**_listed(row, in_force)) for row in await store.heads(tx, before, limit)]
    return DraftsListed(rows=rows)


@router.get("/{draft}", dependencies=SEES, responses=declared(404), summary="A draft, and what it would change.")
async def get_draft(request: Request, response: Response, number: Number) -> DraftShown:
    """Its ETag is what a change has to name."""
    async with begin(request) as tx:
        return await _shown(await store.one(tx, number), response, tx)


@router.post("", status_code=201, dependencies=DRAFTS, responses=declared(404), summary="A new draft of the market.")
async def post_draft(request: Request, response: Response, body: Drafted) -> DraftShown:
    """It decides nothing. Who wants to go back to what was makes a copy of that version. 422 names every fault by the path of its
    field."""
    if (body.content is None) == (body.copy_of is None):
        raise not_valid([FieldError("content", "or copy_of is needed, and one of them only")])
    with refusing("content."):
        async with organisation(request) as tx:
            made = await (drafts.copy(body.copy_of, tx) if body.copy_of else drafts.write(body.content or {}, tx))
            response.headers["Location"] = f"/v1/market/drafts/{made.draft}"
            return await _shown(made, response, tx)


@router.put("/{draft}", dependencies=DRAFTS, responses=EDITS, summary="Changes a draft.")
async def put_draft(
    request: Request, response: Response, number: Number, body: Edited, if_match: IfMatch = None
) -> DraftShown:
    """What was in force once never changes. What was tried of it holds no more."""
    with refusing("content."):
        async with organisation(request) as tx:
            return await _shown(await drafts.edit(number, body.content, _read(if_match), tx), response, tx)


@router.post("/{draft}/try", status_code=202, dependencies=DRAFTS, responses=declared(404), summary="Tries a draft.")
async def try_draft(request: Request, response: Response, number: Number, body: Latest) -> DraftShown:
    """On the leads that came last, beside the market in force. What comes of it stands in the draft some seconds later; nothing else
    changes."""
    async with organisation(request) as tx:
        return await _shown(await drafts.ask(number, body.last, tx), response, tx)


@router.post("/{draft}/activate", dependencies=ACTIVATES, responses=EDITS, summary="Puts a draft in force.")
async def activate_draft(request: Request, response: Response, number: Number, if_match: IfMatch = None) -> DraftShown:
    """All of it, at once, as a version of its own, by another than its author. 409 where another market is in force than it was written
    under: whoever saves it again has seen what it would undo. Who has a lead keeps it."""
    with refusing("content."):
        async with organisation(request) as tx:
            one, active = await drafts.activate(number, _read(if_match), tx)
            shown = await _shown(one, response, tx)
    market.keep(tx, active)  # not before the commit: a version that came to nothing may be given again
    return shown


@router.post("/{draft}/archive", dependencies=DRAFTS, responses=EDITS, summary="Gives a draft up.")
async def archive_draft(request: Request, response: Response, number: Number, if_match: IfMatch = None) -> DraftShown:
    """It stays on record. What is in force is archived by another market that takes its place."""
    async with organisation(request) as tx:
        return await _shown(await drafts.drop(number, _read(if_match), tx), response, tx)
