"""How a lead stands here: whose it is, or what it waits for. One row a lead says so; its decisions say why."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from territory.domain.eligibility import RETURNED
from territory.domain.routing import FALLBACK, Routed, Unroutable

NO_RULESET, NO_RULE, QUALIFIER, NURTURE, HELD = "no_ruleset", "no_rule", "qualifier", "nurture", "held"
FOR_NO_TURN = frozenset({NO_RULESET, NO_RULE, QUALIFIER, NURTURE, HELD, RETURNED})
"""What a lead waits for that no member who comes back can give it."""

NOT_ITS_PERSON = "wrong_person"
NOT_THE_TEAMS = frozenset({"wrong_area", "wrong_product", "wrong_language"})
NOT_COUNTED = NOT_THE_TEAMS | {NOT_ITS_PERSON, "duplicate", "not_genuine"}
"""Codes of a return by which whoever had the lead had no turn: it is booked back."""
SPOILT = frozenset({"spam", "duplicate"})
SPOILT_WITHIN = timedelta(hours=24)
"""Leads that are set aside so soon after a turn, with such a code, were no turn either."""


@dataclass(frozen=True, slots=True)
class Case:
    """A lead as it stands. ``verdict`` is the revision of the judgement that was heard; ``attempt`` is one more than the times it
    was returned; ``looked`` is the version of the market by which its team was last sought."""

    lead_id: UUID
    number: int
    disposition: str
    verdict: int
    team: str | None
    person: str | None
    code: str | None
    since: datetime
    attempt: int
    not_to: tuple[str, ...]
    excluded: tuple[str, ...]
    ended_at: datetime | None
    ended: str | None
    party_id: UUID | None
    rule: str | None
    looked: int

    @property
    def is_open(self) -> bool:
        """Whether it is neither closed nor set aside."""
        return self.ended_at is None

    @property
    def is_unplaced(self) -> bool:
        """Whether other rules may find a team for it: nobody has it, and no rule claims it."""
        return self.is_open and self.person is None and self.rule in (None, FALLBACK)

    @property
    def waits_for_a_turn(self) -> bool:
        """Whether it waits for somebody who can take it."""
        return self.is_open and self.person is None and self.code is not None and self.code not in FOR_NO_TURN

    def leaves(self, where: Routed | Unroutable, teams: Container[str]) -> bool:
        """Whether rules that say this of the lead take it from where it waits, in a market of these teams. What no rule has claimed
        goes wherever one claims it. What waits for somebody of its team goes to another team only, and to none only if its own is
        there no more."""
        team, rule = (where.team, where.rule) if isinstance(where, Routed) else (None, None)
        if self.is_unplaced:
            return (team, rule) != (self.team, self.rule)
        return team != self.team and (team is not None or self.team not in teams)


@dataclass(frozen=True)
class Kept:
    """The place that a lead has and keeps when it is decided about again."""

    route: Routed | Unroutable
    pipeline: str | None


def without_a_person(disposition: str) -> str:
    """Why a lead of a team waits that is not due a person."""
    return NURTURE if disposition == "nurture" else QUALIFIER


def without_a_team(where: Unroutable) -> str:
    """Why a lead has no team."""
    return NO_RULE if where.ruleset else NO_RULESET
