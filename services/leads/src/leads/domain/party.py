"""Whom a party has become: somebody who may buy, and then a customer. By itself that only rises."""

from typing import Literal

from leads.domain.lead import Lead

PartyClass = Literal["unknown", "potential", "customer"]
VALID = ("near_term", "nurture")  # worth a salesperson's time, now or later


def class_of(lead: Lead, known: PartyClass | None) -> PartyClass:
    """What a party is by one of its leads, and by what was ``known`` of it: won once, it is a customer for good."""
    if known == "customer" or any(outcome.result == "won" for outcome in lead.outcomes):
        return "customer"
    return "potential" if known == "potential" or lead.disposition in VALID else "unknown"
