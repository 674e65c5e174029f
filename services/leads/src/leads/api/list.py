"""Leads in lists: those whose rows exist for who asks, by filters, page by page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from chassis import FieldError, Problem, begin, may, not_valid
from chassis.problems import declared
from chassis.service import actor_of
from contracts.event import Money
from leads.api.moment import Moment
from leads.api.opening import NOT_KEPT, too_many
from leads.api.permissions import Permission
from leads.api.record import OPENED_AS, money_of, state_shown
from leads.domain.list import Filters, Sort, WrongCursor
from leads.domain.opening import TooMany
from leads.domain.personal import Personal
from leads.domain.place import Place
from leads.domain.search import looked_for
from leads.use_cases.list import Page, list_leads
from values.text import key

router = APIRouter(prefix="/v1", tags=["leads"])

State = Literal["captured", "qualified", "routed", "assigned", "won", "lost", "discarded", "merged"]
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[str | None, Query(max_length=4000, description="the cursor of the page before; it names its filters")]


class Asked(BaseModel):
    """All that is given must hold."""

    team: Word | None = None
    unit: Annotated[Word | None, Field(description="a unit of the company, with all teams below it")] = None
    person: Annotated[Word | None, Field(description="the salesperson who has it")] = None
    place: Place | None = None
    state: State | None = None
    campaign: Word | None = None
    source: Word | None = None
    product: Word | None = None
    grade: Annotated[str | None, Field(pattern="^[A-D]$")] = None
    country: Annotated[str | None, Field(pattern="^[A-Z]{2}$")] = None
    segment: Word | None = None
    channel: Word | None = None
    q: Annotated[
        str | None,
        Field(
            max_length=200,
            description="an e-mail address, a phone number, or words of the name or company, all of them",
        ),
    ] = None
    captured_from: Moment | None = None
    captured_to: Annotated[Moment | None, Field(description="captured before this moment")] = None
    sort: Annotated[Sort, Field(description="due_at lists what is due some time, the next first")] = "-captured_at"

    def filters(self) -> Filters:
        """In the words of the record: names of campaigns and channels in the form in which they are compared."""
        given = self.model_dump()
        for name in ("campaign", "channel"):
            given[name] = key(given[name]) if given[name] is not None else None
        if self.state is not None:
            given["state"] = OPENED_AS.get(self.state, self.state)
        return Filters(**given)


class LeadListed(BaseModel):
    """One lead of a list. ``name`` and ``company`` are there for who may open them, and not when the person was forgotten."""

    id: UUID
    state: str
    place: str | None
    team: str
    person: str | None
    grade: str | None
    disposition: str | None
    segment: str | None
    pipeline: str | None
    waits: str | None
    source: str | None
    channel: str | None
    campaign: str | None
    product: str | None
    country: str | None
    value: Money | None
    captured_at: datetime
    due_at: datetime | None
    name: str | None
    company: str | None


class Leads(BaseModel):
    """A page. ``after`` is the cursor of the next one; without it this is the last."""

    rows: list[LeadListed]
    after: str | None


@router.get("/leads", dependencies=[Depends(may(Permission.SEE_LEADS))], responses=declared(429))
async def get_leads(
    request: Request,
    response: Response,
    asked: Annotated[Asked, Depends()],
    after: After = None,
    limit: Limit = 50,
    names: Annotated[bool, Query(description="whether names are opened; that somebody looked is on record")] = True,
) -> Leads:
    """Leads of the teams that who asks may see, the newest first. Each page of names is one look, with the purpose ``list``."""
    if asked.q is not None and not looked_for(asked.q):
        raise not_valid([FieldError("q", "holds nothing to look for")])
    response.headers.update(NOT_KEPT)
    named = names and actor_of(request).may(Permission.OPEN_CONTACT)
    try:
        # Words differ in how many leads they lead to: what is looked for is planned anew.
        async with begin(request, writes=named, by_key=asked.q is None) as tx:
            page = await list_leads(asked.filters(), after, limit, named, tx)
    except WrongCursor as wrong:
        raise wrong_cursor(wrong) from None
    except TooMany as refusal:
        raise too_many(refusal) from refusal
    return leads_of(page)


def leads_of(page: Page) -> Leads:
    """A page in the words of the door."""
    return Leads(rows=[LeadListed(**listed(dict(row), page.names)) for row in page.rows], after=page.after)


def listed(row: Mapping[str, Any], names: Mapping[UUID, Personal]) -> dict[str, Any]:
    """One row in the words of the door."""
    who = names.get(row["lead_id"], Personal())
    return {
        **row,
        "id": row["lead_id"],
        "state": state_shown(row["state"]),
        "person": row["assignee"],
        "value": money_of(row["value_minor"], row["currency"]),
        "name": who.name,
        "company": who.company,
    }


def wrong_cursor(wrong: WrongCursor) -> Problem:
    """422 by field: the cursor is none, or what is asked for beside it is not what it names."""
    reason = "is no cursor of this list" if wrong.fields == ("after",) else "differs from what the cursor names"
    return not_valid(FieldError(field, reason) for field in wrong.fields)
