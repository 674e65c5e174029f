"""What is decided about a lead: where it belongs and whose it is. A decision never changes; a later one may follow it."""

from collections.abc import Collection
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
    CUSTOMER = "customer"
    """It was qualified, and a team has the customer."""
    VERDICT = "verdict"
    """Somebody judged it anew."""
    RETURNED = "returned"
    """Whoever had it gave it back."""
    TRANSFERRED = "transferred"
    """Somebody gave it to another team or person."""
    HANDOVER = "handover"
    """Whoever had it has left its team."""
    REFUSED = "refused"
    """A transfer could not be followed: it stands as it stood before."""
    ORDERED = "ordered"
    """A leader of its team gave it to somebody."""
    WOKEN = "woken"
    """What it waited for has come."""
    SWEPT = "swept"
    """Other rules came into force while it was nobody's or waited for somebody of its team."""
    REOPENED = "reopened"
    """It was closed, and is open again."""
    RESTORED = "restored"
    """It was set aside, and is a lead again."""


@dataclass(frozen=True)
class Excluded:
    """Who may not get the lead by this decision, by their ids."""

    teams: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


NOBODY = Excluded()


@dataclass(frozen=True)
class Order:
    """By whom something was decided, and for whom they stood in; and of which transfer it is a part, at which place."""

    by: str | None = None
    on_behalf_of: str | None = None
    transfer_id: UUID | None = None
    place: int = 0
    from_team: str | None = None
    from_person: str | None = None
    undo_of: UUID | None = None


NO_ORDER = Order()


@dataclass(slots=True)  # made for each lead: what is frozen takes three times as long to make
class Decision:
    """Where a lead belongs, or why nowhere. ``turn`` is None when nobody is due to take the lead.

    Of a lead's decisions the one with the greatest ``number`` stands; the first has 1. ``attributes`` are all that were known of
    the lead, so that a later rule can ask for others than the rules of this one did. ``turn_number`` says which turn of its
    team's rotation it was, None where somebody was named: the turns of a team in their order, each with the members of its
    roster, give the same people again. ``roster`` names those members, also where none of them could take it. ``code`` says why
    it waits, and ``wakes_at`` until when at least. ``would_rule`` is the rule that alone would have sent it to another team.
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
    excluded: Excluded = NOBODY
    roster: UUID | None = None
    code: str | None = None
    wakes_at: datetime | None = None
    customer: bool = False
    would_rule: str | None = None
    attempt: int = 1
    verdict: int = 1
    party_id: UUID | None = None
    since: datetime | None = None
    """Since when it waits for what it waits for, where that is before this decision."""
    order: Order = NO_ORDER

    @property
    def assignee(self) -> str | None:
        """Who has it."""
        return self.turn.assignee if self.turn else None

    @property
    def team(self) -> str | None:
        """Whose it is."""
        return self.route.team if isinstance(self.route, Routed) else None

    @property
    def rule(self) -> str | None:
        """By which rule it is that team's."""
        return self.route.rule if isinstance(self.route, Routed) else None


def is_routed(genuine: bool, disposition: str) -> bool:
    """Every genuine lead belongs to a team, unless it is not a target."""
    return genuine and disposition != NOT_A_TARGET


def is_due_an_assignee(disposition: str) -> bool:
    """A lead that may buy soon gets an assignee at once; the others wait in their team's queue."""
    return disposition == NEAR_TERM


def route(lead: Lead, active: MarketVersion, excluded: Collection[str] = ()) -> Routed | Unroutable:
    """Where the rules in force send the lead, leaving out these teams."""
    if active.version == 0:
        return Unroutable("No market has been loaded.", 0)
    return active.ruleset.route(lead, excluded)
