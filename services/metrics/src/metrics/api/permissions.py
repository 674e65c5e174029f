"""What somebody may do at the doors of metrics."""

from enum import StrEnum


class Permission(StrEnum):
    """Each is asked for by the doors that name it; roles are given them."""

    SEE_KPIS = "metrics.see_kpis"
    """See the numbers of every segment, channel, team and campaign, now and as they change."""

    SEE_FACTS = "metrics.see_facts"
    """See which leads a number counts, by their ids."""
