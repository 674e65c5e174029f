"""What somebody may do at the doors of leads."""

from enum import StrEnum


class Permission(StrEnum):
    """Each is asked for by the doors that name it; roles are given them."""

    TAKE_LEADS = "leads.take"
    """Put leads on record in the name of others: a call that was answered, a batch from another system."""

    REPORT_OUTCOMES = "leads.report_outcomes"
    """Say how leads ended, and correct that."""

    SEE_LEADS = "leads.see"
    """See a lead's state and history, without who it is about."""
