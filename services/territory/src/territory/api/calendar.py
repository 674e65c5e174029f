"""Working time."""

import asyncio
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field

from chassis import FieldError, begin, may, not_valid
from chassis.problems import absent, declared
from contracts.event import Country
from territory.api.holiday import NotKnown, read_holidays
from territory.api.organisation import EDITS, Body, IfMatch, Moment, Words, organisation, tagged, version_in
from territory.api.permissions import Permission
from territory.domain.calendar import Calendar as CalendarOf
from territory.domain.holiday import proposed
from territory.store import calendar as store
from territory.use_cases.calendar import publish_calendar

router = APIRouter(prefix="/v1", tags=["calendars"])
DAYS_AT_MOST = 2000
SEES = [Depends(may(Permission.SEE_ORGANISATION))]
Name = Annotated[str, Path(max_length=80, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Clock = Annotated[str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
Spans = Annotated[list[tuple[Clock, Clock]], Field(max_length=24)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class CalendarBody(Body):
    """A week in a zone, and days that are other than their day of the week: closed without hours, working with some."""

    zone: Words
    week: dict[Day, Spans]
    exceptions: dict[date, Spans] = Field(default_factory=dict, max_length=DAYS_AT_MOST)


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


class YearOf(Body):
    """Where and when the holidays are."""

    country: Country
    subdivision: Annotated[str | None, Field(pattern=r"^[A-Z0-9]{1,6}$", description="ISO 3166-2 behind the dash")] = (
        None
    )
    year: int = Field(ge=2000, le=2100)


class Holiday(BaseModel):
    """A public holiday; one that is estimated depends on the sight of the moon or on a decree."""

    date: date
    name: str
    estimated: bool


class ProposedDays(BaseModel):
    """A calendar as it would be with a year's holidays. ``made_working`` are days of rest that are worked for others, and ``open`` those
    of them whose hours somebody has to say."""

    calendar: CalendarBody
    holidays: list[Holiday]
    made_working: list[date]
    open: list[date]
    warnings: list[str]


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
    begins: Annotated[Moment, Query(alias="from")],
    minutes: int = Query(0, ge=0, le=600_000),
) -> WorkingTime:
    """From a moment on, by the version in force. Nothing where no working time comes for ten years."""
    _, found = await _found(request, calendar)
    return WorkingTime(
        open=found.is_open(begins), opens_at=found.opens_at(begins), due_at=found.due_at(begins, minutes)
    )


@router.post(
    "/calendars/{calendar}/propose",
    dependencies=[Depends(may(Permission.CHANGE_UNITS))],
    summary="What a year's public holidays would make of a calendar.",
    responses=declared(404),
)
async def post_proposed_days(request: Request, response: Response, calendar: Name, body: YearOf) -> ProposedDays:
    """Nothing is changed: look at it, above all at what is estimated, and publish it with the ETag that comes with it. What people have
    said of a day stands."""
    version, stands = await _found(request, calendar)
    try:
        holidays = await asyncio.to_thread(
            read_holidays, body.country, body.subdivision, body.year, datetime.now(UTC).year
        )
    except NotKnown as field:
        raise not_valid([FieldError(str(field), "is none whose public holidays are known")]) from None
    draft = proposed(stands, holidays)
    if len(draft.calendar.exceptions) > DAYS_AT_MOST:
        raise not_valid(
            [FieldError("year", f"would make it more than {DAYS_AT_MOST} days that are other than their week")]
        )
    tagged(response, version)
    return ProposedDays(
        calendar=CalendarBody.model_validate(_body(draft.calendar)),
        holidays=[Holiday(date=d, name=n, estimated=d in holidays.estimated) for d, n in holidays.of.items()],
        made_working=sorted(holidays.made_working),
        open=list(draft.open),
        warnings=holidays.warnings,
    )


async def _found(request: Request, calendar: str) -> tuple[int, CalendarOf]:
    async with begin(request) as tx:
        found = await store.newest(tx, calendar)
    if found is None:
        raise absent("No such calendar")
    return found


def _calendar(name: str, version: int, calendar: CalendarOf) -> Calendar:
    return Calendar.model_validate({"id": name, "version": version, **_body(calendar)})


def _body(calendar: CalendarOf) -> dict[str, Any]:
    week = {day: list(spans) for day, spans in calendar.week.items()}
    exceptions = {day: list(spans) for day, spans in calendar.exceptions.items()}
    return {"zone": calendar.zone, "week": week, "exceptions": exceptions}
