"""What a membership may be."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from territory.domain.organisation import Membership, Person, Structure
from territory.domain.rotation import WEIGHT_AT_MOST

Faults = list[tuple[str, str]]


@dataclass(frozen=True)
class Share:
    """How somebody takes part in a unit's leads."""

    takes_leads: bool = True
    weight: int = 1
    open_max: int | None = None
    day_max: int | None = None

    @property
    def faults(self) -> Faults:
        """What is wrong with it, by field."""
        found = [] if 0 <= self.weight <= WEIGHT_AT_MOST else [("weight", f"is not from 0 to {WEIGHT_AT_MOST}")]
        for name in ("open_max", "day_max"):
            if (getattr(self, name) or 0) < 0:
                found.append((name, "is below 0"))
        return found


def faults_of(
    wanted: Membership, person: Person | None, theirs: Iterable[Membership], structure: Structure, at: datetime
) -> Faults:
    """What is wrong with somebody belonging somewhere, by field. Of one person in one unit no two may overlap."""
    found: Faults = []
    unit = structure.units.get(wanted.unit)
    if person is None:
        found.append(("person", "no such person"))
    elif person.left_at is not None:
        found.append(("person", "has left the company"))
    if unit is None:
        found.append(("unit", "no such unit"))
    elif unit.state(at) == "closed":
        found.append(("unit", "is closed"))
    if wanted.rank not in structure.ranks:
        found.append(("rank", "no such rank"))
    if wanted.until_at is not None and wanted.until_at <= wanted.from_at:
        found.append(("until_at", "lies not behind from_at"))
    overlaps = (one for one in theirs if one.unit == wanted.unit and one.id != wanted.id)
    if any(wanted.interval.meets(one.interval) for one in overlaps):
        found.append(("from_at", "overlaps another membership of the same person in this unit"))
    return found


def is_gain(before: str, after: str, structure: Structure) -> bool:
    """Whether this rank is higher than that one, or lets its holder see more."""
    return structure.order(after) > structure.order(before) or (structure.leads(after) and not structure.leads(before))
