"""What somebody may do at the doors of metrics."""

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    """Each is asked for by the doors that name it; roles are given them."""

    SEE_KPIS = "metrics.see_kpis"
    """See the numbers of segments, channels, teams and campaigns, now and as they change, summed over one's own teams."""

    SEE_FACTS = "metrics.see_facts"
    """See which of one's own teams' leads a number counts, by their ids."""

    SEE_LEAGUE = "metrics.see_league"
    """See what closed days and weeks show of every team."""


ROLES: Mapping[str, frozenset[Permission]] = {
    # of people, and of machines that territory gave rows
    "member": frozenset(Permission),
    "leader": frozenset(Permission),
    "management": frozenset(Permission),
    # who broke the glass sees the numbers of that team as he sees its leads
    "break_glass": frozenset({Permission.SEE_KPIS, Permission.SEE_FACTS}),
    "reader": frozenset({Permission.SEE_FACTS}),
    # the scope of a machine, which needs rows besides
    "kpis:read": frozenset({Permission.SEE_KPIS, Permission.SEE_LEAGUE}),
}
"""What each role, and each scope of a machine's token, permits. Which rows it is permitted on say the grants."""
