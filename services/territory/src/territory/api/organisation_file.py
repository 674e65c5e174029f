"""The second format of a market file: the market, and the organisation beside it."""

from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from chassis import FieldError, not_valid
from chassis.problems import field_errors
from territory.api.calendar import CalendarBody
from territory.api.organisation import ID, Body, Code, Words
from territory.api.schemas import MarketFile
from territory.api.unit import Settings
from territory.domain.calendar import Calendar
from territory.domain.rotation import WEIGHT_AT_MOST
from territory.use_cases.organisation_file import OrganisationFile

MOST = 10_000
Count = Annotated[int | None, Field(ge=0, le=1_000_000)]


class CalendarEntry(CalendarBody):
    """A calendar as it shall be."""

    id: Annotated[str, Field(max_length=80, pattern=r"^[a-z0-9][a-z0-9._-]*$")]


class UnitEntry(Body):
    """A unit: one that is there keeps its place in the tree, and what is not named of it."""

    id: ID
    kind: Code = "sales"
    parent: ID | None = None
    name: Annotated[Words, Field(json_schema_extra=lambda schema: schema.pop("default", None))] = ""  # its id
    zone: Words | None = None
    calendar: ID | None = None
    settings: Settings = Field(default_factory=Settings)


class PersonEntry(Body):
    """Somebody; how they are called stands in no file."""

    id: ID
    zone: Words | None = None
    calendar: ID | None = None
    languages: list[Words] = Field(default_factory=list, max_length=50)
    skills: list[Words] = Field(default_factory=list, max_length=200)


class MembershipEntry(Body, strict=True):
    """Somebody who works in a team, and how many of its leads they take; ``ended`` says that they do no longer."""

    person: ID
    unit: ID
    rank: Code = "expert"
    weight: int = Field(1, ge=0, le=WEIGHT_AT_MOST)
    takes_leads: bool = True
    open_max: Count = None
    day_max: Count = None
    ended: bool = False


class OrganisationEntry(Body):
    """What the file says of the organisation. What it does not name stays as it is."""

    calendars: list[CalendarEntry] = Field(default_factory=list, max_length=1000)
    units: list[UnitEntry] = Field(default_factory=list, max_length=MOST)
    people: list[PersonEntry] = Field(default_factory=list, max_length=MOST)
    memberships: list[MembershipEntry] = Field(default_factory=list, max_length=MOST)


class WholeFile(Body):
    """The market, and the organisation beside it."""

    format: Literal[2]
    market: MarketFile
    organisation: OrganisationEntry | None = None


def split(given: Any) -> tuple[Any, OrganisationFile | None]:
    """The market of a file of either format, unread, and what the second says of the organisation."""
    if not isinstance(given, dict) or "format" not in given:
        return given, None
    strange = sorted(str(name)[:40] for name in given.keys() - {"format", "market", "organisation"})
    faults = [FieldError(name, "is not a field of a market file of format 2") for name in strange]
    if given["format"] != 2 or given["format"] is True:
        faults.append(FieldError("format", "is not 2"))
    if "market" not in given:
        faults.append(FieldError("market", "is missing"))
    if faults:
        raise not_valid(faults)
    said = given.get("organisation")
    return given["market"], None if said is None else _read(said)


def _read(said: Any) -> OrganisationFile:
    try:
        entry = OrganisationEntry.model_validate(said)
    except ValidationError as error:
        found = field_errors(error.errors(include_url=False, include_input=False, include_context=False))
        raise not_valid(FieldError(_below(one.field), one.reason) for one in found) from None
    if twice := [*_twice(entry)]:
        raise not_valid(twice)
    calendars = []
    for one in entry.calendars:
        week = {str(day): tuple(spans) for day, spans in one.week.items()}
        calendars.append((one.id, Calendar(one.zone, week, {day: tuple(h) for day, h in one.exceptions.items()})))
    units, people, memberships = (
        [one.model_dump(exclude_unset=True) for one in part] for part in (entry.units, entry.people, entry.memberships)
    )
    return OrganisationFile(calendars, units, people, memberships)


def _below(field: str) -> str:
    return "organisation" if field in ("", "body") else f"organisation.{field}"


def _twice(entry: OrganisationEntry) -> list[FieldError]:
    parts: dict[str, list[Any]] = {
        "calendars": [one.id for one in entry.calendars],
        "units": [one.id for one in entry.units],
        "people": [one.id for one in entry.people],
        "memberships": [(one.unit, one.person) for one in entry.memberships],
    }
    return [
        FieldError(f"organisation.{part}", "names something twice")
        for part, names in parts.items()
        if max(Counter(names).values(), default=0) > 1
    ]
