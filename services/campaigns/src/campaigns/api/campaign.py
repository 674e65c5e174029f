"""Campaigns: planning them and seeing what is planned."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from campaigns.api.permissions import Permission
from campaigns.api.schemas import Body, Budget, CampaignId, Code, Name, Time, Words
from campaigns.domain.campaign import CurrencyFixed, Plan, PlannedLine, WhoseCampaign, faults
from campaigns.store import campaign as campaigns
from campaigns.store import ledger
from campaigns.use_cases.campaign import NotYours, plan_campaign
from chassis import FieldError, Problem, absent, begin, may, may_on, not_valid
from chassis.problems import declared

router = APIRouter(prefix="/v1/campaigns", tags=["campaigns"])


class LineBody(Body):
    """One item of the budget, and who answers for it."""

    line: Name
    item: Words
    budget: Budget
    owner: Name


class PlanBody(Body):
    """What a campaign is to be; it replaces whatever was planned before."""

    name: Annotated[Words, Field(min_length=1)]
    channel: Words | None = None
    segment: Words | None = None
    starts_at: Time | None = None
    ends_at: Time | None = None
    currency: Code
    team: Annotated[
        Name | None, Field(description="who owns it: where nothing is said, who has it, or the planner's only team")
    ] = None
    lines: Annotated[list[LineBody], Field(max_length=500)] = []

    def plan(self) -> Plan:
        """The body as a plan."""
        lines = tuple(PlannedLine(one.line, one.item, one.budget, one.owner) for one in self.lines)
        return Plan(
            self.name, self.channel, self.segment, self.starts_at, self.ends_at, self.currency, lines, self.team or ""
        )


class Planned(BaseModel):
    """The plan is on record under this version; the campaign's id is its name as it was written first."""

    campaign: str
    version: int


class CampaignHead(BaseModel):
    """A campaign on record; one that only spend has named is not known and has no plan."""

    campaign: str
    known: bool
    version: int
    team: str
    name: str | None
    channel: str | None
    segment: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    currency: str | None
    planned_at: datetime | None


class LineSeen(BaseModel):
    """One line of the plan."""

    line: str
    item: str
    budget: int
    owner: str


class CampaignSeen(CampaignHead):
    """A campaign with the lines of its plan."""

    lines: list[LineSeen]


class Campaigns(BaseModel):
    """A page; ``next`` is what to give as ``after`` to get the one behind it."""

    campaigns: list[CampaignHead]
    next: str | None


@router.put(
    "/{campaign:path}", dependencies=[Depends(may(Permission.PLAN_CAMPAIGNS, rows=False))], responses=declared(404, 409)
)
async def put_campaign(request: Request, campaign: CampaignId, body: PlanBody) -> Planned:
    """Puts a plan on record. The same plan again changes nothing; a changed one is a new version."""
    plan = body.plan()
    wrong = faults(plan)
    if wrong:
        raise not_valid(FieldError(f.field, f.reason) for f in wrong)
    try:
        async with begin(request) as tx:
            campaign, version = await plan_campaign(campaign, plan, tx)
    except NotYours:
        raise no_such_campaign() from None
    except WhoseCampaign as refusal:
        raise not_valid([FieldError("team", str(refusal))]) from refusal
    except CurrencyFixed as refusal:
        raise Problem(409, "The currency can't change", detail=str(refusal)) from refusal
    return Planned(campaign=campaign, version=version)


@router.get("", dependencies=[Depends(may(Permission.SEE_CAMPAIGNS))])
async def get_campaigns(
    request: Request,
    after: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Campaigns:
    """Campaigns by id, page by page."""
    async with begin(request) as tx:
        rows = await campaigns.campaigns_after(tx, after.replace("\0", ""), limit)
    page = [CampaignHead(**row) for row in rows]
    return Campaigns(campaigns=page, next=page[-1].campaign if len(page) == limit else None)


def no_such_campaign() -> Problem:
    """404: not there, or of another team."""
    return absent("No such campaign")


async def is_there(request: Request) -> bool:
    """Whether the campaign in the path exists for who asks."""
    async with begin(request, writes=False) as tx:
        return await campaigns.campaign_head(tx, request.path_params["campaign"]) is not None


@router.get(
    "/{campaign:path}",
    dependencies=[Depends(may_on(Permission.SEE_CAMPAIGNS, is_there, no_such_campaign))],
    responses=declared(404),
)
async def get_campaign(request: Request, campaign: CampaignId) -> CampaignSeen:
    """A campaign and the lines of its plan."""
    async with begin(request) as tx:
        head = await campaigns.campaign_head(tx, campaign)
        if head is None:
            raise no_such_campaign()
        lines = [LineSeen(**row) for row in await ledger.lines_of(tx, head["campaign"]) if row["planned"]]
    return CampaignSeen(**head, lines=lines)
