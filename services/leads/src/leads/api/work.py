"""What is to be done: one's own list, the queues of one's teams, and how many leads stand where."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from chassis import FieldError, begin, may, not_valid
from chassis.problems import declared
from chassis.service import actor_of
from contracts.event import Money
from leads.api.activity import refusing
from leads.api.list import After, LeadListed, Leads, Limit, leads_of, listed
from leads.api.moment import Moment
from leads.api.opening import NOT_KEPT
from leads.api.permissions import Permission
from leads.api.record import state_shown
from leads.domain.work import BECAUSE, By, Queue
from leads.use_cases import work

router = APIRouter(prefix="/v1", tags=["work"])

Names = Annotated[bool, Query(description="whether names are opened; that somebody looked is on record")]
Principal = Annotated[str, Query(pattern=r"^[a-z0-9][a-z0-9._:-]{0,79}$")]
COUNTED = timedelta(days=90)


class Due(LeadListed):
    """A lead to be worked. ``priority`` is 3 for what is breached, 2 for what is due within the hour, 1 for grade A, else 0."""

    priority: int
    because: str | None


class Work(BaseModel):
    """A page, the most urgent first. ``after`` is the cursor of the next one."""

    rows: list[Due]
    after: str | None


class Counted(BaseModel):
    """How many leads there are of one team, unit, source or state, at which places, and what those that are open may bring."""

    key: str
    count: int
    places: dict[str, int]
    value: list[Money]


class Summary(BaseModel):
    """Of leads captured from ``since`` until before ``until``, in the teams of who asks."""

    by: By
    since: datetime
    until: datetime
    rows: list[Counted]


@router.get("/work", dependencies=[Depends(may(Permission.SEE_LEADS))], responses=declared(429))
async def get_work(
    request: Request,
    response: Response,
    person: Principal = "me",
    after: After = None,
    limit: Limit = 50,
    names: Names = True,
) -> Work:
    """The open leads that somebody has, and those of others in which an answer is theirs to give, in the order in which they want
    something: one that is merged into theirs, or one of whose requests they were named for. Each page of names is one look."""
    response.headers.update(NOT_KEPT)
    actor = actor_of(request)
    named = names and actor.may(Permission.OPEN_CONTACT)
    who = actor.principal if person == "me" else person
    async with refusing(request, writes=named, by_key=True) as tx:
        page = await work.work_list(who, after, limit, named, tx)
    rows = [Due(**listed(dict(row), page.names), because=BECAUSE.get(row["priority"])) for row in page.rows]
    return Work(rows=rows, after=page.after)


@router.get("/queues", dependencies=[Depends(may(Permission.SEE_LEADS))], responses=declared(429))
async def get_queue(
    request: Request,
    response: Response,
    team: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]+$")] = None,
    place: Queue = "queue",
    after: After = None,
    limit: Limit = 50,
    names: Names = True,
) -> Leads:
    """What nobody has yet, and why (``waits``): what is due first, then the oldest. Each page of names is one look."""
    response.headers.update(NOT_KEPT)
    named = names and actor_of(request).may(Permission.OPEN_CONTACT)
    async with refusing(request, writes=named, by_key=True) as tx:
        page = await work.queue(place, team, after, limit, named, tx)
    return leads_of(page)


@router.get("/summary", dependencies=[Depends(may(Permission.SEE_LEADS))])
async def get_summary(
    request: Request,
    by: By,
    since: Annotated[Moment | None, Query(alias="from", description="90 days ago, unless said otherwise")] = None,
    until: Annotated[Moment | None, Query(alias="to", description="now, unless said otherwise")] = None,
) -> Summary:
    """How many leads stand where, counted when asked, in the teams of who asks. A unit has all teams below it."""
    end = until or datetime.now(UTC)
    begin_at = since or end - COUNTED
    if begin_at >= end:
        raise not_valid([FieldError("from", "is not before to")])
    async with begin(request, by_key=True) as tx:
        lines = await work.summary(by, begin_at, end, tx)
    return Summary(by=by, since=begin_at, until=end, rows=[_counted(by, key, line) for key, line in lines.items()])


def _counted(by: By, key: str, line: Any) -> Counted:
    value = [Money(minor=minor, currency=currency) for currency, minor in sorted(line.value.items())]
    shown = state_shown(key) if by == "state" else key
    return Counted(key=shown, count=line.count, places=line.places, value=value)
