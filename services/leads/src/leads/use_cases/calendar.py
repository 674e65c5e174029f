"""When people work, so that what is owed to a customer is due in working time."""

from collections.abc import Sequence

from chassis import Transaction
from contracts.territory.calendar import CalendarPublished
from leads.store import calendar as calendars
from leads.store.calendar import Calendar


async def note_calendars(events: Sequence[CalendarPublished], tx: Transaction) -> None:
    """Remembers the newest version of each."""
    newest = {event.id: event for event in sorted(events, key=lambda one: one.version)}
    await calendars.note(tx, [_kept(one) for one in newest.values()])


def _kept(event: CalendarPublished) -> Calendar:
    return Calendar(
        event.id,
        event.version,
        event.zone,
        tuple((one.day, tuple((h.opens, h.closes) for h in one.hours)) for one in event.week),
        tuple((one.date, tuple((h.opens, h.closes) for h in one.hours)) for one in event.exceptions),
    )
