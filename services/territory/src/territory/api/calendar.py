"""Working time."""

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from chassis import begin, may
from chassis.problems import absent, declared
from territory.api.organisation import EDITS, Body, IfMatch, Words, organisation, tagged, version_in
from territory.api.permissions import Permission
from territory.domain.calendar import Calendar as CalendarOf
from territory.store import calendar as store
from territory.use_cases.calendar import publish_calendar

router = APIRouter(prefix="/v1", tags=["calendars"])
SEES = [Depends(may(Permission.SEE_ORGANISATION))]
Name = Annotated[str, Path(max_length=80, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Clock = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
Spans = Annotated[list[tuple[Clock, Clock]], Field(max_length=24)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class CalendarBody(Body):
    """A week in a zone, and days that are other than their day of the week: closed without hours, working with some."""

    zone: Words
    week: dict[Day, Spans]
    exceptions: dict[date, Spans] = Field(default_factory=dict, max_length=2000)


class Calendar(CalendarBody):
    """A calendar in force."""

    id: str
    version: int


class CalendarNamed(BaseModel):
    """A calendar in a list."""

    id: str
    version: int
    zone: str


class Calendars(BaseModel):
    """Every calendar there is."""

    calendars: list[CalendarNamed]


class WorkingTime(BaseModel):
    """Whether a moment is working time, when the next comes, and when so many minutes of it have passed."""

    open: bool
    opens_at: datetime | None
    due_at: datetime | None


@router.get("/calendars", dependencies=SEES, summary="Every calendar.")
async def get_calendars(request: Request) -> Calendars:
    """Each with its newest version."""
    async with begin(request) as tx:
        rows = await store.listed(tx)
    return Calendars(calendars=[CalendarNamed(**row) for row in rows])


@router.get("/calendars/{calendar}", dependencies=SEES, summary="One calendar.", responses=declared(404))
async def get_calendar(request: Request, response: Response, calendar: Name) -> Calendar:
    """The version in force."""
    version, found = await _found(request, calendar)
    tagged(response, version)
    return _calendar(calendar, version, found)


@router.put(
    "/calendars/{calendar}",
    dependencies=[Depends(may(Permission.CHANGE_UNITS))],
    summary="Publishes the next version of a calendar.",
    responses=EDITS | {201: {"model": Calendar, "description": "It is new."}},
)
async def put_calendar(
    request: Request, response: Response, calendar: Name, body: CalendarBody, if_match: IfMatch = None
) -> Calendar:
    """With at least one working hour. A version never changes, so a due time of before can be followed."""
    async with organisation(request) as tx:
        week = {str(day): tuple(spans) for day, spans in body.week.items()}
        wanted = CalendarOf(body.zone, week, {day: tuple(spans) for day, spans in body.exceptions.items()})
        version, is_new = await publish_calendar(calendar, wanted, version_in(if_match), tx)
    response.status_code = 201 if is_new else 200
    tagged(response, version)
    return _calendar(calendar, version, wanted)


@router.get(
    "/calendars/{calendar}/at",
    dependencies=SEES,
    summary="When so much working time has passed.",
    responses=declared(404),
)
async def get_working_time(
    request: Request,
    calendar: Name,
    begins: Annotated[AwareDatetime, Query(alias="from")],
    minutes: int = Query(0, ge=0, le=600_000),
) -> WorkingTime:
    """From a moment on, by the version in force. Nothing where no working time comes for ten years."""
    _, found = await _found(request, calendar)
    return WorkingTime(
        open=found.is_open(begins), opens_at=found.opens_at(begins), due_at=found.due_at(begins, minutes)
    )


async def _found(request: Request, calendar: str) -> tuple[int, CalendarOf]:
    async with begin(request) as tx:
        found = await store.newest(tx, calendar)
    if found is None:
        raise absent("No such calendar")
    return found


def _calendar(name: str, version: int, calendar: CalendarOf) -> Calendar:
    week = {day: list(spans) for day, spans in calendar.week.items()}
    exceptions = {day: list(spans) for day, spans in calendar.exceptions.items()}
    return Calendar.model_validate(
        {"id": name, "version": version, "zone": calendar.zone, "week": week, "exceptions": exceptions}
    )
