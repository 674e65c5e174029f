"""Working time is published, version after version; a version never changes."""

from chassis import Transaction
from contracts.territory.calendar import CalendarPublished, DateHours, Hours, WeekdayHours
from territory.domain.authority import MANAGEMENT_ROLE, PEOPLE
from territory.domain.calendar import DAYS, NO_CALENDAR, NO_ZONE, Calendar, is_zone
from territory.domain.calendar import Hours as Spans
from territory.domain.refusal import Wrong
from territory.store import calendar as rows
from territory.use_cases.authority import Change, begin_change, unchanged


async def publish_calendar(name: str, wanted: Calendar, version: int | None, tx: Transaction) -> tuple[int, bool]:
    """The calendar is so from here on, in every service; its version, and whether it is new."""
    change = await begin_change(tx)
    change.needs(change.who.holds_any(PEOPLE, MANAGEMENT_ROLE))
    stands = await rows.newest(tx, name)
    if stands is not None:
        unchanged(version, stands[0])
    if faults := wanted.faults:
        raise Wrong(*faults)
    return await publish(name, wanted, stands[0] if stands else 0, change), stands is None


async def place_faults(zone: str | None, calendar: str | None, tx: Transaction) -> list[tuple[str, str]]:
    """What is wrong with where and when somebody is said to work, by field."""
    found = [] if zone is None or is_zone(zone) else [("zone", NO_ZONE)]
    is_there = calendar is None or await rows.newest(tx, calendar) is not None
    return found if is_there else [*found, ("calendar", NO_CALENDAR)]


async def publish(name: str, wanted: Calendar, stands: int, change: Change) -> int:
    """The next version of the calendar, which has no faults."""
    number, tx = stands + 1, change.tx
    await rows.add(tx, name, number, wanted)
    await change.record("calendar", name, {"version": number - 1}, {"version": number})
    tx.emit(
        CalendarPublished(
            id=name,
            version=number,
            zone=wanted.zone,
            week=tuple(WeekdayHours(day=day, hours=_hours(wanted.week[day])) for day in DAYS if day in wanted.week),
            exceptions=tuple(
                DateHours(date=day.isoformat(), hours=_hours(hours)) for day, hours in sorted(wanted.exceptions.items())
            ),
            published_at=tx.now,
        )
    )
    return number


def _hours(spans: Spans) -> tuple[Hours, ...]:
    return tuple(Hours(opens=opens, closes=closes) for opens, closes in spans)
