"""A look behind the glass: by somebody from outside, at one unit, for some hours, to read only."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from territory.domain.authority import GLASS_GRANTER, Authority
from territory.domain.refusal import Against, NotYours, Wrong

HOURS_AT_MOST = 4
LAPSES_AFTER = timedelta(minutes=30)
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Glass:
    """What was asked, and if it was granted, by whom and for how long."""

    id: UUID
    unit: str
    asker: str
    code: str
    reason: str
    hours: int
    asked_at: datetime
    lapses_at: datetime
    granter: str | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None

    def state_at(self, at: datetime) -> str:
        """asked, open, closed or lapsed."""
        if self.until_at is not None:
            return "open" if at < self.until_at else "closed"
        return "asked" if at < self.lapses_at else "lapsed"


def check_asked(glass: Glass, who: Authority) -> None:
    """Raises Wrong where it can't be asked so."""
    faults = [] if glass.unit in who.structure.units else [("unit", "no such unit")]
    if not 1 <= glass.hours <= HOURS_AT_MOST:
        faults.append(("hours", f"is not from 1 to {HOURS_AT_MOST}"))
    if not CODE.fullmatch(glass.code):
        faults.append(("code", "is not of small letters, digits and _ alone"))
    if glass.unit in who.sees:
        faults.append(("unit", "is one whose rows you see"))
    if faults:
        raise Wrong(*faults)


def check_granted(glass: Glass, asker: Authority, granter: Authority, at: datetime) -> None:
    """Raises Against for the asker and what is not waiting; NotYours for one without the role, or one below the asker."""
    if granter.principal == glass.asker:
        raise Against("You asked for it yourself: somebody else grants it.")
    if (state := glass.state_at(at)) != "asked":
        raise Against(f"It is {state}.")
    if not granter.holds(GLASS_GRANTER, glass.unit):
        raise NotYours(f"It needs the role {GLASS_GRANTER}.")
    if is_below(granter, asker):
        raise NotYours("It needs somebody who is not below the one who asks.")


def is_below(one: Authority, other: Authority) -> bool:
    """Whether the other leads where this one belongs: then a grant would be an order obeyed."""
    return any(other.leads(unit) for unit in one.member_of)
