"""What somebody may do at the doors of metrics."""

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    """Each is asked for by the doors that name it; roles are given them."""

    SEE_KPIS = "metrics.see_kpis"
    """See the numbers of every segment, channel, team and campaign, now and as they change."""

    SEE_FACTS = "metrics.see_facts"
    """See which leads a number counts, by their ids."""


ROLES: Mapping[str, frozenset[Permission]] = {
    # of people, and of machines that territory gave rows
    "member": frozenset(Permission),
    "leader": frozenset(Permission),
    "management": frozenset(Permission),
    "reader": frozenset({Permission.SEE_FACTS}),
    # the scope of a machine, which needs rows besides
    "kpis:read": frozenset({Permission.SEE_KPIS}),
}
"""What each role, and each scope of a machine's token, permits. Which rows it is permitted on say the grants."""
