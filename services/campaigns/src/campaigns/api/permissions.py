"""What somebody may do at the doors of campaigns."""

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
