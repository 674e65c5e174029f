"""Where a lead is. On record it is in exactly one place, and in none of them twice."""

from typing import Literal, get_args

from leads.domain.lead import Lead, State

Place = Literal["arriving", "person", "queue", "qualification", "nurture", "unroutable", "won", "lost", "discarded"]
PLACES: tuple[Place, ...] = get_args(Place)
OPEN: tuple[Place, ...] = ("arriving", "person", "queue", "qualification", "nurture", "unroutable")

_OF_A_TEAM: dict[str | None, Place] = {"needs_qualifier": "qualification", "nurture": "nurture"}


def place_of(lead: Lead) -> Place:
    """With the person who works it; with its team, in the queue or where a qualifier looks or later; with nobody, because no
    rule claimed it; at its end. Until its first place it is arriving."""
    return placed(lead.state, lead.disposition, lead.waits)


def placed(state: State, disposition: str | None, waits: str | None) -> Place:
    """The place of a lead of which this is known."""
    if state == "won" or state == "lost" or state == "discarded":
        return state
    if state == "assigned":
        return "person"
    if state == "opened":
        return _OF_A_TEAM.get(disposition, "queue")
    return "unroutable" if waits else "arriving"
