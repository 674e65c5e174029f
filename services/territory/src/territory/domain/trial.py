"""A lead that there is not, and what would become of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from territory.domain.criteria import Lead
from territory.domain.decision import Decision
from territory.domain.market import MarketVersion


@dataclass(frozen=True)
class Trial:
    """A lead as it might come at ``at``, by the rules in force or those of an earlier version."""

    attributes: Lead
    disposition: str
    party_id: UUID | None
    at: datetime
    ruleset: int | None = None


@dataclass(frozen=True)
class Tried:
    """What would be decided, and by which rules. ``is_hidden``: who would take it is told to those who see its team, and was not
    sought."""

    decision: Decision
    market: MarketVersion
    is_hidden: bool
