"""Of which units rows exist for whom, and what they may do with them: worked out of the organisation, and of nothing else.

Being an administrator, or holding any role, makes no row exist. What has an end ends by the clock.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from territory.domain.interval import FOREVER, Interval, joined
from territory.domain.organisation import (
    UNPLACED,
    Absence,
    BreakGlass,
    Membership,
    Person,
    RoleGrant,
    Structure,
    Substitution,
)

MEMBER, SUPERVISOR, SUBSTITUTE, GLASS, MACHINE = "member", "supervisor", "substitute", "break_glass", "machine"
MANAGER = "management"
NONE, OWN, ALL = "none", "own", "all"
RECORD_FOR = "record_for"  # a setting of a team: whether any member records on any of its leads
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Grant:
    """The rows of one team exist for somebody during an interval. ``records`` is none, own or all; ``reference`` names the
    break-glass that it comes from."""

    team: str
    kind: str
    interval: Interval
    records: str
    opens: bool
    on_behalf_of: str = ""
    reference: UUID | None = None


@dataclass(frozen=True)
class Known:
    """What is known of one person: what is their own, and of each whom they stand in for, memberships and absences."""

    person: Person
    memberships: Sequence[Membership] = ()
    roles: Sequence[RoleGrant] = ()
    absences: Sequence[Absence] = ()
    substitutions: Sequence[Substitution] = ()
    glass: Sequence[BreakGlass] = ()
    memberships_of: Mapping[str, Sequence[Membership]] = field(default_factory=dict)
    absences_of: Mapping[str, Sequence[Absence]] = field(default_factory=dict)


def grants_of(known: Known, structure: Structure) -> tuple[Grant, ...]:
    """Everything that exists for this person, at any time, as far as is known: in order, and no two alike overlap."""
    if known.person.suspended:
        return ()
    here = Interval(_EVER, known.person.left_at or FOREVER)
    found: dict[tuple[str, str, str, str, bool, str], list[Interval]] = {}
    references: dict[str, UUID] = {}
    for grant in _sources(known, structure):
        reference = str(grant.reference or "")
        if grant.reference:
            references[reference] = grant.reference
        if held := grant.interval.meets(here):
            key = (grant.team, grant.kind, grant.on_behalf_of, grant.records, grant.opens, reference)
            found.setdefault(key, []).append(held)
    return tuple(
        [
            Grant(team, kind, interval, records, opens, behalf, references.get(reference))
            for (team, kind, behalf, records, opens, reference), intervals in sorted(found.items())
            for interval in joined(intervals)
        ]
    )


def roles_of(known: Known) -> tuple[RoleGrant, ...]:
    """The roles that this person holds, in order: none while suspended, none after leaving."""
    if known.person.suspended:
        return ()
    here = Interval(_EVER, known.person.left_at or FOREVER)
    held = [(role, role.interval.meets(here)) for role in known.roles]
    cut = [
        RoleGrant(role.id, role.person, role.role, role.unit, when.begins, when.until) for role, when in held if when
    ]
    return tuple(sorted(cut, key=lambda role: (role.role, role.unit or "", role.from_at)))


def _sources(known: Known, structure: Structure) -> Iterator[Grant]:
    is_machine = known.person.kind == MACHINE
    for membership in known.memberships:
        yield from _of_membership(membership, structure, is_machine)
    if is_machine:
        return
    for substitution in known.substitutions:
        for when in _stands_in(substitution, known):
            yield Grant(substitution.unit, SUBSTITUTE, when, OWN, True, substitution.absent)
    for glass in known.glass:
        yield Grant(glass.unit, GLASS, glass.interval, NONE, True, reference=glass.id)


def _of_membership(membership: Membership, structure: Structure, is_machine: bool) -> Iterator[Grant]:
    """A member sees the unit; who leads in it, what is below too; a member of management, the company. Of a unit that is not
    known there are no rows."""
    unit = structure.units.get(membership.unit)
    if unit is None:
        return
    for team in reach(membership, structure):
        if is_machine:
            yield Grant(team, MACHINE, membership.interval, NONE, False)
        elif structure.is_management(unit.id):
            yield Grant(team, MANAGER, membership.interval, NONE, True)
        elif structure.leads(membership.rank):
            yield Grant(team, SUPERVISOR, membership.interval, ALL, True)
        else:
            records = ALL if unit.settings.get(RECORD_FOR) == "team" else OWN
            yield Grant(team, MEMBER, membership.interval, records, True)


def reach(membership: Membership, structure: Structure) -> Iterator[str]:
    """The units whose rows a membership makes exist, and ``UNPLACED`` where it reaches the whole company."""
    if structure.is_management(membership.unit):
        yield from sorted(structure.units)
        yield UNPLACED
    elif structure.leads(membership.rank):
        yield from structure.below(membership.unit)
    elif membership.unit in structure.units:
        yield membership.unit


def _stands_in(substitution: Substitution, known: Known) -> Iterator[Interval]:
    """When a substitution is in force: while both belong to the unit, the substitute is there, and, where it ends with the
    absence, the other one is away."""
    absent = substitution.absent
    theirs = [m.interval for m in known.memberships_of.get(absent, ()) if m.unit == substitution.unit]
    ours = [m.interval for m in known.memberships if m.unit == substitution.unit]
    away = [a.interval for a in known.absences]
    lasts = [a.interval for a in known.absences_of.get(absent, ())]
    spans = joined(lasts) if substitution.ends_with_absence else (Interval(_EVER),)
    for span in spans:
        for their in joined(theirs):
            for our in joined(ours):
                when: Interval | None = substitution.interval
                for other in (span, their, our):
                    when = when.meets(other) if when else None
                if when:
                    yield from when.without(away)
