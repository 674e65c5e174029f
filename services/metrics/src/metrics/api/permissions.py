"""What somebody may do at the doors of metrics."""

from enum import StrEnum


class Permission(StrEnum):
    """Each is asked for by the doors that name it; roles are given them."""

    SEE_KPIS = "metrics.see_kpis"
    """See the numbers of segments, channels, teams and campaigns, now and as they change, summed over one's own teams."""

    SEE_FACTS = "metrics.see_facts"
    """See which of one's own teams' leads a number counts, by their ids."""

    SEE_LEAGUE = "metrics.see_league"
    """See what closed days and weeks show of every team."""
