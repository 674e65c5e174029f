"""What somebody may do at the doors of territory."""

from enum import StrEnum


class Permission(StrEnum):
    """Each is asked for by the doors that name it; roles are given them."""

    CHANGE_MARKET = "territory.change_market"
    """Put a market file in force: segments, pipelines, teams and the rules that give them leads."""

    SEE_MARKET = "territory.see_market"
    """See the market in force, and every version of its rules."""

    SEE_DECISIONS = "territory.see_decisions"
    """See where a lead went and by which rule."""
