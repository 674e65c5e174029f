"""What somebody may do at the doors of territory."""

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    """Each is asked for by the doors that name it; roles are given them."""

    CHANGE_MARKET = "territory.change_market"
    """Put a market file in force: segments, pipelines, teams and the rules that give them leads."""

    SEE_MARKET = "territory.see_market"
    """See the market in force, and every version of its rules."""

    SEE_DECISIONS = "territory.see_decisions"
    """See where a lead went and by which rule."""


_SEES = frozenset({Permission.SEE_MARKET, Permission.SEE_DECISIONS})
_SHAPES = frozenset({Permission.CHANGE_MARKET, Permission.SEE_MARKET})

ROLES: Mapping[str, frozenset[Permission]] = {
    # of people, and of machines that territory gave rows
    "member": _SEES,
    "leader": _SEES,
    "management": _SEES,
    "reader": _SEES,
    "break_glass": frozenset({Permission.SEE_DECISIONS}),
    "segment_manager": _SHAPES,
    "territory_designer": _SHAPES,
    "rule_activator": frozenset({Permission.SEE_MARKET}),
    "people_administrator": frozenset({Permission.SEE_MARKET}),  # the structure holds no lead
    "organisation_management": frozenset({Permission.SEE_MARKET}),
    "auditor": frozenset({Permission.SEE_MARKET}),
    # scopes of machines: the market holds no lead either
    "market:write": frozenset({Permission.CHANGE_MARKET}),
    "market:read": frozenset({Permission.SEE_MARKET}),
}
"""What each role, and each scope of a machine's token, permits. Which rows it is permitted on say the grants."""
