"""How the company is made up, so that leads can be listed and counted by unit."""

from collections.abc import Sequence

from chassis import Transaction
from contracts.territory.structure import UnitDefined
from leads.store import calendar as calendars
from leads.store import unit as units


async def note_units(events: Sequence[UnitDefined], tx: Transaction) -> None:
    """Remembers which unit is below which; a greater version is newer."""
    newest = {event.unit: event for event in sorted(events, key=lambda one: one.version)}
    calendars.forget(tx)
    await units.note(tx, [(one.unit, one.parent, one.kind, one.version, one.calendar) for one in newest.values()])
