"""Where another market would have sent leads that came under the one in force."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from territory.domain.criteria import Lead
from territory.domain.customer import is_left_to
from territory.domain.decision import route
from territory.domain.market import MarketVersion
from territory.domain.routing import Routed

EXAMPLES = 100
PAIRS_AT_MOST = 200


@dataclass(frozen=True, slots=True)
class Came:
    """A lead as it was known when it came. ``customers_team`` had its customer already, and so got it."""

    lead_id: UUID
    attributes: Lead
    customers_team: str | None


@dataclass
class DraftTrial:
    """Counts what changes from one market to another: a lead whose team, pipeline or segment is another."""

    before: MarketVersion
    after: MarketVersion
    leads: int = 0
    changed: int = 0
    teams: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    segments: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)
    examples: list[Mapping[str, Any]] = field(default_factory=list)

    def look(self, came: Came) -> None:
        """One more lead."""
        was, now = _place(came, self.before), _place(came, self.after)
        self.leads += 1
        self.teams[was["team"], now["team"]] += 1
        self.segments[was["segment"], now["segment"]] += 1
        if {**was, "rule": None} != {**now, "rule": None}:
            self.changed += 1
            if len(self.examples) < EXAMPLES:
                self.examples.append({"lead_id": str(came.lead_id), "before": was, "after": now})

    @property
    def result(self) -> dict[str, Any]:
        """As it is kept; what stays the same is counted too, and of very many pairs the largest."""
        return {
            "against": self.before.version,
            "leads": self.leads,
            "changed": self.changed,
            "teams": _counted(self.teams),
            "segments": _counted(self.segments),
            "examples": self.examples,
        }


def _place(came: Came, market: MarketVersion) -> dict[str, str | None]:
    where = route(came.attributes, market)
    if not isinstance(where, Routed):
        return dict.fromkeys(("team", "pipeline", "segment", "rule"))
    theirs = came.customers_team
    team = theirs if theirs is not None and is_left_to(theirs, where, market) else where.team
    pipeline = market.market.teams[team].pipeline
    return {"team": team, "pipeline": pipeline, "segment": where.segment, "rule": where.rule}


def _counted(pairs: Counter[tuple[str | None, str | None]]) -> list[dict[str, Any]]:
    ordered = sorted(pairs.items(), key=lambda one: (-one[1], one[0][0] or "", one[0][1] or ""))
    return [{"before": was, "after": now, "leads": n} for (was, now), n in ordered[:PAIRS_AT_MOST]]
