"""No lead is lost: each is looked at round after round, and what is found is counted."""

from datetime import timedelta

from chassis import Transaction
from leads.store import conservation
from leads.store.conservation import Counted, Standing

ARRIVES_WITHIN = timedelta(minutes=1)
NEW, AGAIN = 10_000, 1_000  # a turn


async def sweep(tx: Transaction) -> None:
    """Looks whether each new lead is in a place, and whether the others still are: a round of a million takes 17 minutes."""
    await conservation.sweep(tx, ARRIVES_WITHIN, NEW, AGAIN)


async def standing(tx: Transaction) -> Standing:
    """How many are nowhere, or forgotten where they are."""
    return await conservation.standing(tx)


async def count(tx: Transaction) -> None:
    """Counts all leads by their places, unless there are many and they were counted not long ago."""
    await conservation.count(tx)


async def counted(tx: Transaction) -> Counted | None:
    """As they were counted last."""
    return await conservation.counted(tx)
