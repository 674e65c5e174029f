"""Everything that was decided about one lead, at once and once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from territory.domain.criteria import Lead
from territory.domain.market import ActiveMarket
from territory.domain.rotation import Turn
from territory.domain.routing import Routed, Unroutable

NEAR_TERM = "near_term"
NOT_A_TARGET = "not_a_target"


@dataclass(frozen=True)
class Decision:
    """Where a lead belongs, or why nowhere. ``turn`` is None when the lead is not due a person.

    ``number`` says which turn of its team's rotation gave the lead to a person: the turns of a team in their order, each with
    the members of its market version, give the same people again.
    """

    lead_id: UUID
    disposition: str
    route: Routed | Unroutable
    pipeline: str | None
    turn: Turn | None
    decided_at: datetime
    number: int | None = None


def is_routed(genuine: bool, disposition: str) -> bool:
    """Every genuine lead belongs to a team, unless it is not a target."""
    return genuine and disposition != NOT_A_TARGET


def is_due_a_person(disposition: str) -> bool:
    """A lead that may buy soon gets a person at once; the others wait in their team's queue."""
    return disposition == NEAR_TERM


def route(lead: Lead, active: ActiveMarket) -> Routed | Unroutable:
    """Where the market in force sends the lead."""
    if active.version == 0:
        return Unroutable("No market has been loaded.", 0, {})
    return active.ruleset.route(lead)
