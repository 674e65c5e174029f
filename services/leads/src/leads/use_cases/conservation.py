"""No lead is lost: each is looked at round after round, and what is found is counted."""

from datetime import timedelta

from chassis import Transaction
from leads.store import conservation
from leads.store.conservation import Counted, Standing

ARRIVES_WITHIN = timedelta(minutes=1)
AT_ONCE = 10_000


async def sweep(tx: Transaction) -> None:
    """Looks at the next leads: is each in a place? A round of a million takes two minutes, and is begun every 17."""
    await conservation.sweep(tx, ARRIVES_WITHIN, AT_ONCE)


async def standing(tx: Transaction) -> Standing:
    """How many are nowhere, or forgotten where they are."""
    return await conservation.standing(tx)


async def count(tx: Transaction) -> None:
    """Counts all leads by their places."""
    await conservation.count(tx)


async def counted(tx: Transaction) -> Counted | None:
    """As they were counted last."""
    return await conservation.counted(tx)
