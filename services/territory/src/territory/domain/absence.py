"""Who may stand in for whom, and how long."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from territory.domain.access import Known
from territory.domain.interval import Interval
from territory.domain.organisation import Membership, Structure, Substitution

LONGEST = timedelta(days=90)
Faults = list[tuple[str, str]]


def faults_of(
    wanted: Substitution,
    absent: Known | None,
    substitute: Known | None,
    others: Iterable[Substitution],
    structure: Structure,
) -> Faults:
    """What is wrong with a substitution, by field: another unit, a lower rank, somebody who is away himself, a chain, too long.

    ``others`` are those in which either of the two has a part.
    """
    if wanted.absent == wanted.substitute:
        return [("substitute", "is the absent person")]
    found: Faults = []
    until = wanted.until_at
    if until is None and not wanted.ends_with_absence:
        found.append(("until_at", "is missing, and it does not end with the absence"))
    elif until is not None and until <= wanted.from_at:
        found.append(("until_at", "lies not behind from_at"))
    elif until is None or until - wanted.from_at > LONGEST:
        found.append(("until_at", f"lies more than {LONGEST.days} days behind from_at"))
    theirs = _rank(wanted, absent.memberships if absent else (), structure)
    ours = _rank(wanted, substitute.memberships if substitute else (), structure)
    if theirs is None:
        found.append(("absent", "does not belong to the unit then"))
    if ours is None:
        found.append(("substitute", "does not belong to the unit then"))
    elif theirs is not None and ours < theirs:
        found.append(("substitute", "is of a lower rank in the unit"))
    if substitute and not wanted.interval.without([absence.interval for absence in substitute.absences]):
        found.append(("substitute", "is away all that time"))
    if any(_chains(wanted, other) for other in others):
        found.append(("substitute", "makes a chain: one of the two stands in, or is stood in for, by another"))
    return found


def _rank(wanted: Substitution, memberships: Sequence[Membership], structure: Structure) -> int | None:
    """The highest rank in the unit at any time of it; None for no membership."""
    then = [m for m in memberships if m.unit == wanted.unit and m.interval.meets(wanted.interval)]
    return max((structure.order(m.rank) for m in then), default=None)


def _chains(wanted: Substitution, other: Substitution) -> bool:
    """A for B and B for A is no chain, nor is another substitute for the same person."""
    if other.id == wanted.id or not other.interval.meets(wanted.interval):
        return False
    handed_on = other.absent == wanted.substitute and other.substitute != wanted.absent
    taken_over = other.substitute == wanted.absent and other.absent != wanted.substitute
    return handed_on or taken_over


def cut(substitution: Substitution, at: datetime) -> bool:
    """Whether it would go on behind this moment."""
    return Interval(at).meets(substitution.interval) is not None
