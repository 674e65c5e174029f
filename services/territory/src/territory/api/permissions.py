"""What somebody may do at the doors of territory. On whom and on which unit, the organisation itself says."""

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    """Each is asked for by the doors that name it; roles are given them."""

    CHANGE_MARKET = "territory.change_market"
    """Put a market file in force: segments, pipelines, teams and the rules that give them leads."""

    DRAFT_MARKET = "territory.draft_market"
    """Write drafts of the market, and try them on the leads that came last."""

    ACTIVATE_DRAFTS = "territory.activate_drafts"
    """Put in force what another has drafted."""

    SEE_MARKET = "territory.see_market"
    """See the market in force, every version of its rules, and drafts."""

    SEE_DECISIONS = "territory.see_decisions"
    """See where a lead went and by which rule."""

    TRY_DECISIONS = "territory.try_decisions"
    """See what would be decided about a lead that there is not; who would take it, where one sees the team."""

    ASSIGN_LEADS = "territory.assign_leads"
    """Give leads of a team that one leads to somebody of it, or back to the rotation."""

    TRANSFER_LEADS = "territory.transfer_leads"
    """Ask for leads to go to another team or person, and confirm what another has asked, where one leads or manages."""

    SEE_ORGANISATION = "territory.see_organisation"
    """See units, people by their ids, calendars, words, and what somebody may see oneself; names as far as one's scope goes."""

    CHANGE_UNITS = "territory.change_units"
    """Make, change and close units, their words and calendars, in the unit of one's role."""

    CHANGE_PEOPLE = "territory.change_people"
    """Put people on record, propose memberships, subjects and moves, end and suspend, where one leads or administers."""

    GRANT_ROLES = "territory.grant_roles"
    """Give others roles, and take them; some only with a second person."""

    CONFIRM = "territory.confirm"
    """Confirm or refuse what another has proposed, where one is inside."""

    REPORT_ABSENCE = "territory.report_absence"
    """Say that oneself or who one leads is away, and who stands in."""

    ASK_GLASS = "territory.ask_glass"
    """Ask for a look at a unit's rows from outside."""

    GRANT_GLASS = "territory.grant_glass"
    """Grant such a look to another."""

    SEE_HISTORY = "territory.see_history"
    """See every change of the organisation, and by whom it was made."""


_SEES = frozenset({Permission.SEE_MARKET, Permission.SEE_DECISIONS, Permission.SEE_ORGANISATION})
_LOOKS = frozenset({Permission.SEE_MARKET, Permission.SEE_ORGANISATION})  # neither holds a lead
_SHAPES = _LOOKS | {Permission.CHANGE_MARKET, Permission.DRAFT_MARKET, Permission.TRY_DECISIONS}
_LEADS = _SEES | {
    Permission.CHANGE_PEOPLE,
    Permission.CONFIRM,
    Permission.REPORT_ABSENCE,
    Permission.TRY_DECISIONS,
    Permission.ASSIGN_LEADS,
    Permission.TRANSFER_LEADS,
}
_KEEPS = _LOOKS | {
    Permission.CHANGE_UNITS,
    Permission.CHANGE_PEOPLE,
    Permission.GRANT_ROLES,
    Permission.CONFIRM,
    Permission.REPORT_ABSENCE,
    Permission.SEE_HISTORY,
}

ROLES: Mapping[str, frozenset[Permission]] = {
    # of people, and of machines that territory gave rows
    "member": _SEES | {Permission.REPORT_ABSENCE},
    "leader": _LEADS,
    "management": _SEES | {Permission.CONFIRM, Permission.REPORT_ABSENCE},
    "reader": _SEES,
    "break_glass": frozenset({Permission.SEE_DECISIONS}),
    # granted by name
    "segment_manager": _SHAPES,
    "territory_designer": _SHAPES,
    "rule_activator": _SHAPES | {Permission.ACTIVATE_DRAFTS},
    "people_administrator": _KEEPS,
    "organisation_management": _KEEPS | {Permission.TRANSFER_LEADS},
    "general_manager": _LOOKS | {Permission.ACTIVATE_DRAFTS},
    "qualifier": _LOOKS,
    "marketer": _LOOKS,
    "marketing_manager": _LOOKS,
    "break_glass_asker": _LOOKS | {Permission.ASK_GLASS},
    "break_glass_granter": _LOOKS | {Permission.GRANT_GLASS},
    "auditor": _LOOKS | {Permission.SEE_HISTORY},
    # scopes of machines
    "market:write": frozenset({Permission.CHANGE_MARKET}),
    "market:read": frozenset({Permission.SEE_MARKET}),
}
"""What each role, and each scope of a machine's token, permits. Which rows it is permitted on say the grants."""
