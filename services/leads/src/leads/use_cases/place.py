"""Leads whose place was not written yet, by a build that knew of none, are given it."""

from collections.abc import Sequence

from chassis import Transaction
from leads.domain.place import place_of
from leads.store import place as places
from leads.store.place import Unfilled

AT_ONCE = 1000


async def unfilled_places(tx: Transaction) -> list[Unfilled]:
    """Some of the leads that no list shows as they are."""
    return await places.unfilled(tx, AT_ONCE)


async def fill_places(leads: Sequence[Unfilled], tx: Transaction) -> None:
    """Where each stands, and what lists ask for of what it is about."""
    await places.fill(tx, [(one.lead_id, place_of(one.lead), one.about) for one in leads])
