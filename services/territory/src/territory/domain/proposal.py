"""What lets somebody see or do more is proposed by one and confirmed by another, who is inside already."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from territory.domain.authority import MANAGEMENT_ROLE, PEOPLE, Authority
from territory.domain.refusal import Against, NotYours

JOIN, MOVE, RANK, SUBJECT, ROLE, RETURN = "join", "move", "rank", "subject", "role", "return"
LAPSES_AFTER = timedelta(days=7)
OPEN, CONFIRMED, REFUSED, WITHDRAWN, LAPSED = "open", "confirmed", "refused", "withdrawn", "lapsed"


@dataclass(frozen=True)
class Proposal:
    """Something that waits for a second person. ``unit`` is the one whose rows would be seen, None where none would."""

    id: UUID
    what: str
    person: str
    unit: str | None
    terms: Mapping[str, Any]
    proposed_by: str
    proposed_at: datetime
    lapses_at: datetime
    state: str = OPEN
    decided_by: str | None = None
    decided_at: datetime | None = None

    def state_at(self, at: datetime) -> str:
        """Its state; an open one lapses by the clock."""
        return LAPSED if self.state == OPEN and self.lapses_at <= at else self.state


def check_second(proposal: Proposal, who: Authority, anybody_inside: bool) -> None:
    """Raises Against for the two whom it names, NotYours for who may not confirm it.

    Of a unit whose rows would be seen whoever is inside decides: its leader, one above it, or the management. As long as nobody is
    inside, and where no rows would be seen, it is another administrator.
    """
    if who.principal == proposal.person:
        raise Against("It is about yourself: somebody else confirms it.")
    if who.principal == proposal.proposed_by:
        raise Against("You proposed it yourself: somebody else confirms it.")
    if proposal.unit is not None and anybody_inside:
        if not who.is_inside(proposal.unit):
            raise NotYours("It needs a leader of the unit, or of one above it, or the management.")
    elif not who.holds_any(PEOPLE, MANAGEMENT_ROLE, unit=proposal.unit):
        raise NotYours("It needs another administrator.")
