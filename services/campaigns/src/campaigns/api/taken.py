"""A ledger that is read shows what was reported just before.

A report is counted a moment after the door took it. Whoever reads a ledger right after it waits for that moment, within
bounds: what this process took for that campaign, and no longer than a second after it did. Nobody waits for what he may
neither see nor has reported himself.
"""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from fastapi import Request

from campaigns.domain.spend import Identity, Spend
from campaigns.store import campaign as campaigns
from campaigns.store import spend as spends
from chassis import begin
from chassis.service import actor_of
from values.text import key

WITHIN_S = 1.0
MOST = 5000  # identities; beyond it nobody waits

_TAKEN = "spends that the door took and that may not be counted yet"


class Awaited(NamedTuple):
    """Until when a report is awaited, on which book it belongs, and who reported it."""

    until: float
    book: str
    by: str


def note_taken(request: Request, reported: Iterable[Spend]) -> None:
    """These will be counted in a moment."""
    now, taken = asyncio.get_running_loop().time(), _taken(request)
    for identity in [one for one, awaited in taken.items() if awaited.until < now]:
        taken.pop(identity, None)
    if len(taken) < MOST:
        who = actor_of(request).principal
        taken.update((one.identity, Awaited(now + WITHIN_S, one.book, who)) for one in reported)


async def until_counted(request: Request, campaign: str) -> None:
    """Returns when everything that was taken for this campaign is on record, or has had its time; at once, if the campaign does
    not exist for who asks and he has reported none of it."""
    clock, taken, book = asyncio.get_running_loop().time, _taken(request), key(campaign)
    while due := {one: awaited for one, awaited in taken.items() if awaited.book == book and clock() <= awaited.until}:
        async with begin(request) as tx:
            if await campaigns.campaign_head(tx, campaign) is None:
                due = {one: awaited for one, awaited in due.items() if awaited.by == tx.actor.principal}
            counted = await spends.on_record(tx, due) if due else set()
        for identity in counted:
            taken.pop(identity, None)
        if len(counted) == len(due):
            return
        await request.app.state.service.database.next_commit(0.1)


def _taken(request: Request) -> dict[Identity, Awaited]:
    found: dict[Identity, Awaited] = request.app.state.service.database.process_cache.setdefault(_TAKEN, {})
    return found
