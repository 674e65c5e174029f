"""What somebody may do at the doors of leads."""

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    """Each is asked for by the doors that name it; roles are given them."""

    TAKE_LEADS = "leads.take"
    """Put leads on record in the name of others: a call that was answered, a batch from another system."""

    REPORT_OUTCOMES = "leads.report_outcomes"
    """Say how leads ended, and correct that."""

    SEE_LEADS = "leads.see"
    """See a lead's state and history, without who it is about."""


ROLES: Mapping[str, frozenset[Permission]] = {
    # of people, and of machines that territory gave rows
    "member": frozenset(Permission),
    "leader": frozenset(Permission),
    "management": frozenset({Permission.SEE_LEADS}),  # sees what is below it, and records nothing
    "qualifier": frozenset({Permission.TAKE_LEADS, Permission.SEE_LEADS}),
    "break_glass": frozenset({Permission.SEE_LEADS}),
    "reader": frozenset({Permission.SEE_LEADS}),
    # scopes of machines, which put something in and see nothing
    "leads:capture": frozenset({Permission.TAKE_LEADS}),
    "outcomes:report": frozenset({Permission.REPORT_OUTCOMES}),
}
"""What each role, and each scope of a machine's token, permits. Which rows it is permitted on say the grants."""
