"""Who may decide about whom in the organisation. It is asked of the organisation itself, as it is at this moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from territory.domain.access import Known, grants_of, roles_of
from territory.domain.organisation import Structure

PEOPLE, MANAGEMENT_ROLE, AUDITOR = "people_administrator", "organisation_management", "auditor"
GLASS_ASKER, GLASS_GRANTER = "break_glass_asker", "break_glass_granter"
ROLES = frozenset(
    {
        "qualifier",
        "segment_manager",
        "marketer",
        "marketing_manager",
        "territory_designer",
        "rule_activator",
        PEOPLE,
        MANAGEMENT_ROLE,
        "general_manager",
        "system_administrator",
        GLASS_ASKER,
        GLASS_GRANTER,
        AUDITOR,
    }
)
BY_TWO = frozenset({PEOPLE, MANAGEMENT_ROLE, GLASS_ASKER, GLASS_GRANTER})
"""Roles that open others' doors, or a glass: one asks for them, and another confirms."""


@dataclass(frozen=True)
class Authority:
    """Somebody who acts: what they lead, whether they belong to the management, and which roles they hold, where."""

    principal: str
    structure: Structure
    leads_units: frozenset[str] = frozenset()
    member_of: frozenset[str] = frozenset()
    manages: bool = False
    roles: frozenset[tuple[str, str | None]] = frozenset()
    sees: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, principal: str, known: Known | None, structure: Structure, at: datetime, also: Iterable[str] = ()
    ) -> "Authority":
        """What somebody may decide now. ``also`` are roles that they hold for the whole company by other means: a machine's."""
        roles: set[tuple[str, str | None]] = {(role, None) for role in also}
        if known is None or not known.person.is_here(at):
            return cls(principal, structure, roles=frozenset(roles))
        running = [one for one in known.memberships if one.interval.covers(at)]
        roles |= {(role.role, role.unit) for role in roles_of(known) if role.interval.covers(at)}
        return cls(
            principal,
            structure,
            frozenset(one.unit for one in running if structure.leads(one.rank)),
            frozenset(one.unit for one in running),
            any(structure.is_management(one.unit) for one in running),
            frozenset(roles),
            frozenset(grant.team for grant in grants_of(known, structure) if grant.interval.covers(at)),
        )

    def leads(self, unit: str) -> bool:
        """Whether they lead in this unit or in one above it."""
        return not self.leads_units.isdisjoint(self.structure.path(unit))

    def holds(self, role: str, unit: str | None = None) -> bool:
        """Whether they hold the role for this unit, or one above it, or the company; without a unit: for the company."""
        above = () if unit is None else self.structure.path(unit)
        return any(held == role and (where is None or where in above) for held, where in self.roles)

    def holds_any(self, *roles: str, unit: str | None = None) -> bool:
        """Whether they hold one of these roles there."""
        return any(self.holds(role, unit) for role in roles)

    def sees_move(self, person: str, *units: str | None) -> bool:
        """Whether a move between these units is theirs to see: it is their own, or they decide about one of the units."""
        return person == self.principal or any(
            self.is_inside(unit) or self.holds_any(PEOPLE, MANAGEMENT_ROLE, unit=unit) for unit in units if unit
        )

    def is_inside(self, unit: str) -> bool:
        """Whether what is in this unit is theirs already: a leader of it or above it, or a member of the management."""
        return self.manages or self.leads(unit)
