"""Territory: what was said of who may see what is what the organisation makes of it, and nobody belongs somewhere twice."""

from collections.abc import Iterator
from itertools import combinations

from territory.domain.access import grants_of, roles_of
from tributary.verify.events import AccessTold
from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.snapshot import Snapshot

TOPIC = "territory.access"


def access(snapshot: Snapshot) -> Iterator[Violation]:
    """Of each person the newest word, against units, memberships, roles, substitutions and break-glass. What is over by the
    clock counts on neither side."""
    organisation = snapshot.territory.organisation
    newest: dict[str, AccessTold] = {}
    for event in snapshot.emitted(TOPIC):
        if isinstance(event.body, AccessTold) and event.body.version >= newest.get(event.key, event.body).version:
            newest[event.key] = event.body
    for person in sorted(newest.keys() - organisation.people.keys()):
        yield Violation("invented", f"{person} was told to see something and is not in the organisation")
    for person, known in sorted(organisation.people.items()):
        said = newest.get(person)
        if said is None or said.version != known.person.access:
            if known.person.access:
                what = "nothing" if said is None else f"version {said.version}"
                yield Violation(
                    "lost", f"{person} may see what version {known.person.access} says, and {what} was told"
                )
            continue
        now = organisation.read_at
        grants = {
            (g.team, g.kind, g.records, g.opens, g.on_behalf_of, g.interval.begins, g.interval.until)
            for g in grants_of(known, organisation.structure)
            if g.interval.ends > now
        }
        roles = {(r.role, r.unit, r.from_at, r.until_at) for r in roles_of(known) if r.interval.ends > now}
        for kind, right, told in (("see", grants, said.grants), ("do", roles, said.roles)):
            running = {one for one in told if one[-1] is None or one[-1] > now}
            if more := sorted(map(str, running - right)):
                yield Violation("invented", f"{person} was told to {kind} more than the organisation says: {more[0]}")
            if less := sorted(map(str, right - running)):
                yield Violation("lost", f"{person} was told to {kind} less than the organisation says: {less[0]}")


def memberships(snapshot: Snapshot) -> Iterator[Violation]:
    """Of one person in one unit no two memberships overlap."""
    for person, known in sorted(snapshot.territory.organisation.people.items()):
        for one, other in combinations(known.memberships, 2):
            if one.unit == other.unit and one.interval.meets(other.interval):
                yield Violation("doubled", f"{person} belongs to {one.unit} twice at the same time")


ACCESS = Invariant(
    "access",
    "What was told last of who may see and do what is what the organisation makes of units, memberships, roles, substitutions"
    " and break-glass.",
    access,
)
MEMBERSHIPS = Invariant("memberships", "Nobody belongs to a unit twice at the same time.", memberships)
