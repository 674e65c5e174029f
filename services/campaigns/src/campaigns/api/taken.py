"""A ledger that is read shows what was reported just before.

A report is counted a moment after the door took it. Whoever reads a ledger right after it waits for that moment, within
bounds: what this process took, and no longer than a second after it did.
"""

import asyncio
from collections.abc import Iterable

from fastapi import Request

from campaigns.domain.spend import Identity
from campaigns.store import spend as spends
from chassis import begin

WITHIN_S = 1.0
MOST = 5000  # identities; beyond it nobody waits

_TAKEN = "spends that the door took and that may not be counted yet"


def note_taken(request: Request, identities: Iterable[Identity]) -> None:
    """These will be counted in a moment."""
    until = asyncio.get_running_loop().time() + WITHIN_S
    taken = _taken(request)
    if len(taken) < MOST:
        taken.update(dict.fromkeys(identities, until))


async def until_counted(request: Request) -> None:
    """Returns when everything that was taken is on record, or has had its time."""
    clock, taken = asyncio.get_running_loop().time, _taken(request)
    while True:
        for identity in [one for one, until in taken.items() if until < clock()]:
            taken.pop(identity, None)
        if not taken:
            return
        async with begin(request) as tx:
            counted = await spends.on_record(tx, list(taken))
        for identity in counted:
            taken.pop(identity, None)
        if taken:
            await request.app.state.service.database.next_commit(0.1)


def _taken(request: Request) -> dict[Identity, float]:
    found: dict[Identity, float] = request.app.state.service.database.process_cache.setdefault(_TAKEN, {})
    return found
