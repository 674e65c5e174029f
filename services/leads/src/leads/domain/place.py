"""Where a lead is. On record it is in exactly one place, and in none of them twice."""

from typing import Literal, get_args

from leads.domain.lead import Lead

Place = Literal["arriving", "person", "queue", "qualification", "nurture", "unroutable", "won", "lost", "discarded"]
PLACES: tuple[Place, ...] = get_args(Place)
OPEN: tuple[Place, ...] = ("arriving", "person", "queue", "qualification", "nurture", "unroutable")

_OF_A_TEAM: dict[str | None, Place] = {"needs_qualifier": "qualification", "nurture": "nurture"}


def place_of(lead: Lead) -> Place:
    """With the person who works it; with its team, in the queue or where a qualifier looks or later; with nobody, because no
    rule claimed it; at its end. Until its first place it is arriving."""
    state = lead.state
    if state == "won" or state == "lost" or state == "discarded":
        return state
    if state == "assigned":
        return "person"
    if state == "opened":
        return _OF_A_TEAM.get(lead.disposition, "queue")
    return "unroutable" if lead.waits else "arriving"
