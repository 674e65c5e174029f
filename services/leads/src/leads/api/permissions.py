"""What somebody may do at the doors of leads, and which role or machine's scope may what."""

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

    OPEN_CONTACT = "leads.open_contact"
    """Open who a lead is about, for a purpose that goes on record; the grant for its team has to open personal data too."""

    RECORD_ACTIVITIES = "leads.record_activities"
    """Say what one has done about a lead of one's team, and void what was said by mistake."""

    SEE_OPENINGS = "leads.see_openings"
    """See who opened a lead, when and why."""

    QUALIFY = "leads.qualify"
    """Judge leads of one's teams that nobody works, and restore what was set aside."""

    SEE_RULES = "leads.see_rules"
    """Read the rules that leads are judged and answered by."""

    DRAFT_RULES = "leads.draft_rules"
    """Write drafts of these rules, and try them."""

    ACTIVATE_RULES = "leads.activate_rules"
    """Put in force what another has drafted."""

    MANAGE_FORMS = "leads.manage_forms"
    """Make lead forms, and say what they ask, on whose pages they stand, and when they are paused."""


_OF_THE_TEAM = frozenset(
    {
        Permission.TAKE_LEADS,
        Permission.SEE_LEADS,
        Permission.OPEN_CONTACT,
        Permission.RECORD_ACTIVITIES,
        Permission.SEE_OPENINGS,
        Permission.SEE_RULES,
    }
)

# Which rows exist for whom is decided by their grants; here it is only which doors.
ROLES: Mapping[str, frozenset[Permission]] = {
    # Whoever works leads, or leads those who do: also a note of a call that another team will get.
    "member": _OF_THE_TEAM,
    "leader": _OF_THE_TEAM,
    # Judges leads of the teams that they belong to; by itself it brings no row.
    "qualifier": frozenset({Permission.QUALIFY, Permission.SEE_RULES}),
    # Management sees what is below it and who looked, opens contacts on record, and writes nothing.
    "management": frozenset(
        {Permission.SEE_LEADS, Permission.OPEN_CONTACT, Permission.SEE_OPENINGS, Permission.SEE_RULES}
    ),
    # For the hours and the one unit that another has granted, on record.
    "break_glass": frozenset({Permission.SEE_LEADS, Permission.OPEN_CONTACT}),
    # A wallboard or report: no machine opens who a lead is about.
    "reader": frozenset({Permission.SEE_LEADS}),
    # Looks after who looked at whom, for the whole company; sees no lead by it.
    "auditor": frozenset({Permission.SEE_OPENINGS}),
    # Marketing makes the forms that bring leads in; by these roles it sees no lead.
    "marketer": frozenset({Permission.MANAGE_FORMS}),
    "marketing_manager": frozenset({Permission.MANAGE_FORMS}),
    # By what rules leads are judged and answered one writes and another puts in force; by these roles they see no lead.
    "territory_designer": frozenset({Permission.SEE_RULES, Permission.DRAFT_RULES}),
    "rule_activator": frozenset({Permission.SEE_RULES, Permission.DRAFT_RULES, Permission.ACTIVATE_RULES}),
    "general_manager": frozenset({Permission.SEE_RULES, Permission.ACTIVATE_RULES}),
    # Machines that put in and see nothing: a form's back end or import, a CRM that knows how leads ended.
    "leads:capture": frozenset({Permission.TAKE_LEADS}),
    "outcomes:report": frozenset({Permission.REPORT_OUTCOMES}),
}
