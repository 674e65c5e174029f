"""What somebody may do at the doors of campaigns."""

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    """Each is asked for by the doors that name it; roles are given them."""

    PLAN_CAMPAIGNS = "campaigns.plan"
    """Put a campaign's plan and budget on record, and change it."""

    SEE_CAMPAIGNS = "campaigns.see"
    """See the campaigns and what is planned for them."""

    SEE_LEDGER = "campaigns.see_ledger"
    """See what was committed and spent, posting by posting, with the notes beside it."""

    REPORT_SPEND = "campaigns.report_spend"
    """Say what was spent for a campaign."""


_SEES = frozenset({Permission.SEE_CAMPAIGNS, Permission.SEE_LEDGER})

ROLES: Mapping[str, frozenset[Permission]] = {
    # of people, and of machines that territory gave rows
    "member": frozenset({Permission.SEE_CAMPAIGNS}),
    "leader": _SEES,
    "management": _SEES,
    "reader": _SEES,
    "marketer": frozenset(Permission),
    "marketing_manager": frozenset(Permission),
    # scopes of machines, which put something in and see nothing
    "campaigns:plan": frozenset({Permission.PLAN_CAMPAIGNS}),
    "spend:report": frozenset({Permission.REPORT_SPEND}),
}
"""What each role, and each scope of a machine's token, permits. Which rows it is permitted on say the grants."""
