"""The teams whose numbers whoever is at the door sees."""

from chassis import Problem, Transaction
from metrics.store import scope


async def teams_of(tx: Transaction) -> frozenset[str]:
    """Asked before anything else is read: 403 for who sees no team."""
    teams = await scope.mine(tx)
    if not teams:
        raise Problem(403, "You belong to no unit", detail="Ask whoever keeps the sales structure.")
    return teams
