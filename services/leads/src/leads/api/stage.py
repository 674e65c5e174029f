"""How a sale goes through the stages of its pipeline, and what is known of it."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from chassis import FieldError, Problem, begin, may, not_valid
from chassis.problems import declared
from contracts.event import Money as WireMoney
from leads.api.hand import STEP, Code, IfMatch, acting, known, seen
from leads.api.permissions import Permission
from leads.api.record import no_such_lead
from leads.domain.stage import NeedsCode, NoSuchStage, SameStage
from leads.domain.verdict import NotSo
from leads.store import stage as store
from leads.use_cases import stage as stages
from leads.use_cases.hand import NoSuchLead
from leads.use_cases.stage import Amendment, Standing, likelihood_of
from leads.use_cases.to_events import money_of, to_wire_money

router = APIRouter(prefix="/v1", tags=["opportunities"])
SEES = [Depends(may(Permission.SEE_LEADS))]
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
Percent = Annotated[int | None, Field(ge=0, le=100)]


class Move(BaseModel):
    """Another stage of the pipeline; back needs a code for the reason."""

    model_config = ConfigDict(extra="forbid")

    to: Word
    code: Code | None = None


class Amended(BaseModel):
    """What becomes known; what is left out stays, and null is known no more."""

    model_config = ConfigDict(extra="forbid")

    amount: WireMoney | None = None
    likelihood: Percent = None
    expected_close: date | None = None


class StageShown(BaseModel):
    """A stage and what it asks for: the first response, kinds of documents, what has to be known."""

    name: str
    kind: Literal["open", "won"]
    answered: bool
    documents: list[str]
    fields: list[str]
    target_days: Annotated[int | None, Field(description="working days that a sale should stay at most")]
    likelihood: int | None


class PipelineShown(BaseModel):
    """A sales line's stages in their order."""

    pipeline: str
    name: str
    version: int
    stages: list[StageShown]


class Pipelines(BaseModel):
    """All that territory has told of."""

    rows: list[PipelineShown]


class Stay(BaseModel):
    """A stay in a stage; ``until`` is null while it lasts. ``over`` says that it is longer than the stage's target."""

    stage: str
    since: datetime
    until: datetime | None
    wall_s: int
    working_s: int
    target_days: int | None
    over: bool


class ToCome(BaseModel):
    """A stage that is still to come, and what is missing to enter it."""

    stage: str
    missing: list[str]


class OpportunityShown(BaseModel):
    """How a sale stands. ``likelihood`` is what was said of it, else what its stage says; ``stage_gone`` that its pipeline has the
    stage no more; ``flags`` what is odd about it."""

    pipeline: str
    pipeline_version: int
    stage: str
    stage_gone: bool
    stage_since: datetime
    amount: WireMoney | None
    likelihood: int | None
    expected_close: date | None
    stays: list[Stay]
    to_come: list[ToCome]
    documents: Annotated[list[str], Field(description="which kinds of documents it has")]
    flags: list[str]


@router.get("/pipelines", dependencies=SEES)
async def get_pipelines(request: Request) -> Pipelines:
    """The stages of each sales line, and what each asks for."""
    async with begin(request) as tx:
        found = await store.every(tx)
    return Pipelines.model_validate({"rows": found}, from_attributes=True)


@router.get("/leads/{lead_id}/opportunity", dependencies=SEES, responses=declared(404, 409))
async def get_opportunity(request: Request, response: Response, lead_id: UUID) -> OpportunityShown:
    """How a sale stands in its pipeline, how long it was in each stage, and what is missing for those to come."""
    try:
        async with begin(request) as tx:
            found = await stages.standing(lead_id, tx)
    except NoSuchLead:
        raise no_such_lead() from None
    except NotSo as stands:
        raise Problem(409, "What is on record stands against it", detail=stands.why) from None
    return _shown(response, found)


@router.patch("/leads/{lead_id}/opportunity", dependencies=SEES, responses=STEP)
async def patch_opportunity(
    request: Request, response: Response, lead_id: UUID, body: Amended, if_match: IfMatch = None
) -> OpportunityShown:
    """Amount, likelihood and expected close, by who works it or leads the team."""
    if not body.model_fields_set:
        raise not_valid([FieldError("amount", "is needed, or likelihood, or expected_close")])
    what = Amendment(body.model_fields_set, money_of(body.amount), body.likelihood, body.expected_close)
    async with acting(request, lead_id) as tx:
        await stages.amend(lead_id, what, seen(if_match), tx)
        return _shown(response, await stages.standing(lead_id, tx))


@router.post("/leads/{lead_id}/stage", dependencies=SEES, responses=STEP)
async def move_lead(
    request: Request, response: Response, lead_id: UUID, body: Move, if_match: IfMatch = None
) -> OpportunityShown:
    """To another stage, by who works it or leads the team. Forward needs what each stage on the way asks for: 409 names what is
    missing. Back needs a code."""
    async with acting(request, lead_id) as tx:
        if body.code is not None:
            await known("back", body.code, tx)
        try:
            await stages.move(lead_id, body.to, body.code, seen(if_match), tx)
        except NoSuchStage:
            raise not_valid([FieldError("to", "is no open stage of its pipeline")]) from None
        except SameStage:
            raise Problem(409, "It is in that stage already") from None
        except NeedsCode:
            raise not_valid([FieldError("code", "is needed: why it goes back")]) from None
        return _shown(response, await stages.standing(lead_id, tx))


def _shown(response: Response, found: Standing) -> OpportunityShown:
    response.headers["ETag"] = f'"{found.version}"'
    sale, pipeline = found.sale, found.pipeline
    plain: dict[str, Any] = {
        "pipeline": sale.pipeline,
        "pipeline_version": pipeline.version,
        "stage": sale.stage or pipeline.first,
        "stage_gone": pipeline.place(sale.stage) < 0,
        "stage_since": sale.since,
        "amount": to_wire_money(sale.amount),
        "likelihood": likelihood_of(sale, pipeline, sale.stage),
        "expected_close": sale.expected_close,
        "stays": [spell._asdict() for spell in found.spells],
        "to_come": [{"stage": stage, "missing": list(lacks)} for stage, lacks in found.asks.items()],
        "documents": sorted(sale.documents),
        "flags": list(found.flags),
    }
    return OpportunityShown(**plain)
