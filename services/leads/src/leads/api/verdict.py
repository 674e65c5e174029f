"""People decide about a lead: qualifiers judge it, and whoever works it or leads the team gives it back, ends it, takes it up again."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from chassis import FieldError, may, not_valid
from chassis.problems import declared
from chassis.service import actor_of
from contracts.event import Money as WireMoney
from leads.api.activity import refusing
from leads.api.hand import STEP, Code, IfMatch, Note, acting, answer, known, qualifies, seen
from leads.api.list import After, LeadListed, Limit, listed
from leads.api.moment import Moment
from leads.api.opening import NOT_KEPT
from leads.api.permissions import Permission
from leads.api.record import may_on_lead
from leads.api.schemas import LeadShown
from leads.domain.verdict import ASIDE, Grade, Judgement, Verdict, faults, set_aside
from leads.store import hand as hands
from leads.use_cases import verdict as verdicts
from leads.use_cases import work
from leads.use_cases.to_events import money_of

router = APIRouter(prefix="/v1", tags=["decisions of people"])
SEES = [Depends(may_on_lead(Permission.SEE_LEADS))]
SHOWN: dict[str, Any] = {"response_model": LeadShown, "response_model_exclude_unset": True}


class Judged(BaseModel):
    """What a person says of a lead. To be worked soon it needs a grade, for later a day, and else a code for the reason."""

    model_config = ConfigDict(extra="forbid")

    verdict: Judgement
    grade: Grade | None = None
    code: Code | None = None
    revisit_on: Annotated[date | None, Field(description="when it is looked at again")] = None
    value: Annotated[WireMoney | None, Field(description="what the customer expects to spend, if it is known")] = None


class Reasoned(BaseModel):
    """Why, as a code."""

    model_config = ConfigDict(extra="forbid")

    code: Code


class Returned(Reasoned):
    """Why it is given back; what is typed besides is kept sealed, as a note about the lead."""

    note: Note = None


class Ended(BaseModel):
    """How it ended: won, with the amount if it is known, or lost, with a code for the reason."""

    model_config = ConfigDict(extra="forbid")

    result: Literal["won", "lost"]
    amount: WireMoney | None = None
    code: Code | None = None
    at: Annotated[Moment | None, Field(description="now, unless said otherwise; never in the future")] = None


def _at_least_nothing(amount: WireMoney | None, field: str) -> None:
    if amount is not None and amount.minor < 0:
        raise not_valid([FieldError(f"{field}.minor", "is below 0")])


class ClaimShown(BaseModel):
    """Who looks at a lead just now, and until when nobody else does."""

    person: str
    until: datetime


class ToQualify(LeadListed):
    """A lead that a qualifier is to look at; ``claim`` says who does just now."""

    claim: ClaimShown | None


class Qualification(BaseModel):
    """A page, what is due first. ``after`` is the cursor of the next one."""

    rows: list[ToQualify]
    after: str | None


@router.get("/qualification", dependencies=[Depends(may(Permission.QUALIFY))], responses=declared(429))
async def get_qualification(
    request: Request,
    response: Response,
    team: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]+$")] = None,
    after: After = None,
    limit: Limit = 50,
    names: Annotated[bool, Query(description="whether names are opened; that somebody looked is on record")] = True,
) -> Qualification:
    """What a qualifier is to look at, in one team or all of theirs: what is due first."""
    response.headers.update(NOT_KEPT)
    named = names and actor_of(request).may(Permission.OPEN_CONTACT)
    async with refusing(request, writes=named) as tx:
        page = await work.queue("qualification", team, after, limit, named, tx)
        claims = await hands.claims(tx, [row["lead_id"] for row in page.rows])
    shown = {lead_id: ClaimShown(person=one.person, until=one.until) for lead_id, one in claims.items()}
    rows = [ToQualify(**listed(dict(row), page.names), claim=shown.get(row["lead_id"])) for row in page.rows]
    return Qualification(rows=rows, after=page.after)


@router.post("/leads/{lead_id}/claim", dependencies=SEES, responses=declared(403, 404, 409))
async def claim_lead(request: Request, lead_id: UUID) -> ClaimShown:
    """Who acts looks at it for 15 minutes, and nobody else judges it meanwhile. Claimed again it is theirs for as long anew; it stops no
    clock."""
    async with acting(request, lead_id) as tx:
        claim = await verdicts.claim(lead_id, qualifies(request), tx)
    return ClaimShown(person=claim.person, until=claim.until)


@router.delete("/leads/{lead_id}/claim", status_code=204, dependencies=SEES, responses=declared(403, 404))
async def release_lead(request: Request, lead_id: UUID) -> None:
    """They look at it no more."""
    async with acting(request, lead_id) as tx:
        await verdicts.unclaim(lead_id, qualifies(request), tx)


@router.post("/leads/{lead_id}/qualification", dependencies=SEES, responses=STEP, **SHOWN)
async def qualify_lead(
    request: Request, response: Response, lead_id: UUID, body: Judged, if_match: IfMatch = None
) -> dict[str, Any]:
    """A person's verdict, which no later card overrules."""
    _at_least_nothing(body.value, "value")
    if body.value is not None and body.verdict == "undecided":
        raise not_valid([FieldError("value", "is of a lead that is judged")])
    async with acting(request, lead_id) as tx:
        verdict = Verdict(body.verdict, body.grade, body.code, body.revisit_on)
        if wrong := faults(verdict, tx.now):
            raise not_valid(FieldError(field, reason) for field, reason in wrong)
        if body.code and body.verdict in (*ASIDE, "undecided"):
            await known("undecided" if body.verdict == "undecided" else "discard", body.code, tx)
        await verdicts.judge(lead_id, verdict, money_of(body.value), seen(if_match), qualifies(request), tx)
        return await answer(response, lead_id, tx)


@router.post("/leads/{lead_id}/return", dependencies=SEES, responses=STEP | declared(410, 429), **SHOWN)
async def return_lead(
    request: Request, response: Response, lead_id: UUID, body: Returned, if_match: IfMatch = None
) -> dict[str, Any]:
    """Whoever has it gives it back, or who leads the team: its team has it again, and somebody who never returned it gets it."""
    async with acting(request, lead_id) as tx:
        await known("return", body.code, tx)
        await verdicts.give_back(lead_id, body.code, body.note, seen(if_match), tx)
        return await answer(response, lead_id, tx)


@router.post("/leads/{lead_id}/discard", dependencies=SEES, responses=STEP, **SHOWN)
async def discard_lead(
    request: Request, response: Response, lead_id: UUID, body: Reasoned, if_match: IfMatch = None
) -> dict[str, Any]:
    """It is set aside: a verdict, by a qualifier, by who works it or by who leads the team."""
    verdict = set_aside(body.code)
    async with acting(request, lead_id) as tx:
        await known("discard", body.code, tx)
        await verdicts.judge(lead_id, verdict, None, seen(if_match), qualifies(request), tx)
        return await answer(response, lead_id, tx)


@router.post("/leads/{lead_id}/restore", dependencies=SEES, responses=STEP, **SHOWN)
async def restore_lead(
    request: Request, response: Response, lead_id: UUID, body: Reasoned, if_match: IfMatch = None
) -> dict[str, Any]:
    """What was set aside waits for a qualifier, as long as its contact is kept."""
    async with acting(request, lead_id) as tx:
        await known("restore", body.code, tx)
        await verdicts.restore(lead_id, body.code, seen(if_match), qualifies(request), tx)
        return await answer(response, lead_id, tx)


@router.post("/leads/{lead_id}/outcome", dependencies=SEES, responses=STEP, **SHOWN)
async def end_lead(
    request: Request, response: Response, lead_id: UUID, body: Ended, if_match: IfMatch = None
) -> dict[str, Any]:
    """It was won or lost, says who works it or leads the team; another outcome corrects the one before."""
    if body.result == "lost" and body.code is None:
        raise not_valid([FieldError("code", "is needed: why it was lost")])
    if body.result == "lost" and body.amount is not None:
        raise not_valid([FieldError("amount", "is of a lead that was won")])
    _at_least_nothing(body.amount, "amount")
    async with acting(request, lead_id) as tx:
        if body.code is not None:
            await known("lost", body.code, tx)
        at = body.at or tx.now
        if at > tx.now:
            raise not_valid([FieldError("at", "lies in the future")])
        await verdicts.close(lead_id, body.result, money_of(body.amount), body.code, at, seen(if_match), tx)
        return await answer(response, lead_id, tx)


@router.post("/leads/{lead_id}/reopen", dependencies=SEES, responses=STEP, **SHOWN)
async def reopen_lead(
    request: Request, response: Response, lead_id: UUID, body: Reasoned, if_match: IfMatch = None
) -> dict[str, Any]:
    """What was won or lost is worked again, says who leads the team."""
    async with acting(request, lead_id) as tx:
        await known("reopen", body.code, tx)
        await verdicts.reopen(lead_id, body.code, seen(if_match), tx)
        return await answer(response, lead_id, tx)
