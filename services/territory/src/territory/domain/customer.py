"""Which team has a customer, and who in it: a further lead of the customer goes there, whatever rules alone would say."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from territory.domain.market import MarketVersion
from territory.domain.routing import FALLBACK, Routed, Unroutable

ANY_LINE = "*"
"""Of a company whose market tells no sales lines apart."""
KEPT_FOR = timedelta(days=365)
"""So long after the last lead was won or lost the customer is still the team's."""
BY_RULE, LAPSED, BY_ORDER = "rule", "lapsed", "order"


@dataclass(frozen=True, slots=True)
class Customer:
    """Who has a customer, since when and why. ``stands`` says whether another lead of theirs is open, or was closed not long ago, or
    somebody ordered it."""

    party_id: UUID
    team: str
    person: str | None
    since_at: datetime
    cause: str = BY_RULE
    stands: bool = True


def goes_to_its_team(
    customer: Customer | None, where: Routed | Unroutable, active: MarketVersion, excluded: tuple[str, ...]
) -> bool:
    """Whether the customer's team gets the lead: it has him, is in the market, has not returned the lead as none of its own, and the
    lead's rule does not say otherwise."""
    return (
        customer is not None
        and customer.stands
        and isinstance(where, Routed)
        and customer.team not in excluded
        and is_left_to(customer.team, where, active)
    )


def is_left_to(team: str, where: Routed, active: MarketVersion) -> bool:
    """Whether a lead that the rules send there is left to this team, which has its customer: it is in the market, and the lead's rule
    does not say otherwise."""
    return team in active.market.teams and where.rule not in active.ruleset.overriding


def is_allotted_by(where: Routed | Unroutable) -> bool:
    """Whether a lead that goes there makes its customer the team's: not the catch-all's."""
    return isinstance(where, Routed) and where.rule != FALLBACK
