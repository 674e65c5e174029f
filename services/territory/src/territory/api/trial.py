"""What would become of a lead that there is not."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import Field, field_validator

from chassis import FieldError, begin, may, not_valid
from chassis.problems import absent, declared
from contracts.event import Country, Currency, Minor, Scalar
from contracts.leads.lead import LeadAttributes
from territory.api.organisation import Body, Moment
from territory.api.permissions import Permission
from territory.api.routing import Choices, explained
from territory.domain.criteria import is_comparable
from territory.domain.refusal import Absent
from territory.domain.trial import Trial
from territory.store.routing import as_decided
from territory.use_cases.routing import attributes
from territory.use_cases.trial import try_decision

router = APIRouter(prefix="/v1", tags=["decisions"])
AHEAD = timedelta(days=3660)
NEWEST = 2**31 - 1
HIDDEN = "Who would take it is told to those who see the team."
Said = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


class Amount(Body):
    """What the lead may be worth."""

    minor: Minor
    currency: Currency


class About(Body):
    """What is known of the lead, by the names that rules use."""

    source: Said = "web"
    country: Country | None = None
    region: Said | None = None
    postcode_area: Said | None = None
    product: Said | None = None
    industry: Said | None = None
    language: Said | None = None
    channel: Said | None = None
    campaign: Said | None = None
    expected_amount: Amount | None = None
    attributes: dict[Said, Scalar] = Field(default_factory=dict, max_length=64)

    @field_validator("attributes")
    @classmethod
    def _comparable(cls, given: dict[str, Scalar]) -> dict[str, Scalar]:
        for name, value in given.items():
            if not is_comparable(value) or (isinstance(value, str) and len(value) > 200):
                raise ValueError(f"{name[:40]} is no value that rules can compare")
        return given


class TrialBody(Body):
    """A lead to be tried: at another moment than now, of a customer, or by an earlier version of the rules."""

    about: About
    disposition: Literal["near_term", "nurture", "needs_qualifier"] = "near_term"
    party: UUID | None = None
    at: Moment | None = None
    ruleset: int | None = Field(None, ge=1, le=NEWEST)


class TriedDecision(Choices):
    """What would be decided. ``wakes_at`` is until when at least it would wait."""

    wakes_at: datetime | None


@router.post(
    "/decisions/try",
    dependencies=[Depends(may(Permission.TRY_DECISIONS))],
    summary="What would be decided about a lead that there is not.",
    responses=declared(404),
)
async def post_trial(request: Request, body: TrialBody) -> TriedDecision:
    """Nothing of it is kept, told or booked. Turns, loads and customers are those of now, as far as one sees them; who belongs to a
    team, is away or works is asked of that moment. 404 for a version of the rules that there is not."""
    given: dict[str, Any] = body.about.model_dump(exclude_none=True)
    async with begin(request, writes=False) as tx:
        at = body.at or tx.now
        if abs(at - tx.now) > AHEAD:
            raise not_valid([FieldError("at", "is more than ten years from now")])
        known = attributes(LeadAttributes(**given))
        try:
            tried = await try_decision(Trial(known, body.disposition, body.party, at, body.ruleset), tx)
        except Absent as refusal:
            raise absent(str(refusal)) from None
    decided = as_decided(tried.decision)
    answer = await explained(decided, tried.market.ruleset, HIDDEN if tried.is_hidden else None)
    return TriedDecision(wakes_at=tried.decision.wakes_at, **vars(answer))
