"""What is decided about a lead: where it belongs and whose it is. A decision never changes; a later one may follow it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from territory.domain.criteria import Lead
from territory.domain.market import MarketVersion
from territory.domain.rotation import Turn
from territory.domain.routing import Routed, Unroutable

NEAR_TERM = "near_term"
NOT_A_TARGET = "not_a_target"


class Cause(StrEnum):
    """Why a lead is decided about, for the first time or again."""

    NEW = "new"
    """It was qualified."""
    RETURNED = "returned"
    """Whoever had it gave it back."""
    TRANSFERRED = "transferred"
    """Somebody gave it to another team or person."""
    WOKEN = "woken"
    """What it waited for has come."""


@dataclass(frozen=True)
class Excluded:
    """Who may not get the lead by this decision, by their ids."""

    teams: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class Decision:
    """Where a lead belongs, or why nowhere. ``turn`` is None when nobody is due to take the lead.

    Of a lead's decisions the one with the greatest ``number`` stands; the first has 1. ``attributes`` are all that were known of
    the lead, so that a later rule can ask for others than the rules of this one did. ``turn_number`` says which turn of its
    team's rotation it was: the turns of a team in their order, each with the members of its roster, give the same people
    again. ``roster`` names those members, None where no turn was taken.
    """

    lead_id: UUID
    number: int
    cause: Cause
    disposition: str
    attributes: Lead
    route: Routed | Unroutable
    pipeline: str | None
    turn: Turn | None
    turn_number: int | None
    decided_at: datetime
    excluded: Excluded = Excluded()
    roster: UUID | None = None


def is_routed(genuine: bool, disposition: str) -> bool:
    """Every genuine lead belongs to a team, unless it is not a target."""
    return genuine and disposition != NOT_A_TARGET


def is_due_an_assignee(disposition: str) -> bool:
    """A lead that may buy soon gets an assignee at once; the others wait in their team's queue."""
    return disposition == NEAR_TERM


def route(lead: Lead, active: MarketVersion) -> Routed | Unroutable:
    """Where the rules in force send the lead."""
    if active.version == 0:
        return Unroutable("No market has been loaded.", 0)
    return active.ruleset.route(lead)
