"""Which team a lead belongs to. Same lead, same rules, same answer."""

from collections.abc import Collection, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from territory.domain.criteria import Criterion, Lead, OneOf, Prefix, Range, Scalar, claims
from territory.domain.rule_index import Index

FALLBACK = "fallback"
REFUSED_AT_MOST = 10


@dataclass(frozen=True, slots=True)
class Narrowness:
    """How narrow a rule is. The narrower of two rules, in this order:

    1. asks for more attributes;
    2. names exact values for more of them;
    3. asks for longer prefixes, added up (of several alternatives the shortest counts);
    4. allows fewer alternatives, added up (a range open at one end counts as two).
    """

    criteria: int
    exact: int
    prefix: int
    alternatives: int

    @classmethod
    def of(cls, when: Iterable[Criterion]) -> "Narrowness":
        """The narrowness of these criteria together."""
        criteria = exact = prefix = alternatives = 0
        for criterion in when:
            criteria += 1
            if isinstance(criterion, OneOf):
                exact += 1
                alternatives += len(criterion.values) + len(criterion.numbers)
            elif isinstance(criterion, Prefix):
                prefix += min(map(len, criterion.prefixes))
                alternatives += len(criterion.prefixes)
            else:
                alternatives += _open_ends(criterion) + 1
        return cls(criteria, exact, prefix, alternatives)

    @property
    def order(self) -> tuple[int, int, int, int]:
        """Sorts the narrowest first."""
        return (-self.criteria, -self.exact, -self.prefix, self.alternatives)


@dataclass(frozen=True, slots=True)
class Rule:
    """Leads of this kind belong to this segment and this team."""

    name: str
    segment: str
    team: str
    when: Mapping[str, Criterion]
    priority: int = 0
    overrides_customer: bool = False
    """Its leads go to its team, also where another team has the customer."""

    @property
    def narrowness(self) -> Narrowness:
        """How narrow the rule is."""
        return Narrowness.of(self.when.values())

    @property
    def order(self) -> tuple[tuple[int, int, int, int], int, str]:
        """The narrowest rule first, then the higher priority, then the name: no two rules are equal."""
        return (self.narrowness.order, -self.priority, self.name)


@dataclass(frozen=True)
class Fallback:
    """Where a lead goes that no rule claims."""

    segment: str
    team: str


@dataclass(frozen=True)
class Refused:
    """A candidate that was not taken, and why."""

    candidate: str
    why: str


@dataclass(slots=True)  # made for each lead: what is frozen takes three times as long to make
class Routed:
    """The lead belongs to this segment and team, because of this rule of this version.

    ``refused`` counts the rules that also claimed the lead. Which they are, and why they were refused, follows from the
    lead and the version's rules, which never change: the ``RuleSet`` says so when somebody asks, and no lead waits
    for sentences that hardly ever are read.
    """

    segment: str
    team: str
    rule: str
    ruleset: int
    refused: int = 0


@dataclass(frozen=True)
class Unroutable:
    """The lead belongs to no team, and why."""

    reason: str
    ruleset: int


class RuleSet:
    """The rules of one version. Compiled for those who route by them, at the latest when the first lead comes."""

    def __init__(self, version: int, rules: Iterable[Rule], fallback: Fallback | None = None) -> None:
        self.version = version
        self.rules = tuple(sorted(rules, key=lambda rule: rule.order))
        self.fallback = fallback
        self.index: Index | None = None

    def compile(self, most: int | None = None) -> Index:
        """Makes the index, of at most so many bytes, and keeps it."""
        if self.index is None:
            self.index = Index([rule.when for rule in self.rules], most)
        return self.index

    def numbered(self, version: int) -> "RuleSet":
        """The same rules, compiled or not, as those of this version."""
        same = copy(self)
        same.version = version
        return same

    def route(self, lead: Lead, excluded: Collection[str] = ()) -> Routed | Unroutable:
        """The narrowest rule that claims the lead; the higher priority and then the name settle ties. Rules of excluded teams are
        left out.

        A lead that no rule claims goes to the fallback; without a fallback it is unroutable.
        """
        index = self.index or self.compile()
        places, count = index.claiming(lead, len(self.rules) if excluded else 1)
        for place in places:
            rule = self.rules[place]
            if rule.team not in excluded:
                return Routed(rule.segment, rule.team, rule.name, self.version, count - 1)
        if self.fallback and self.fallback.team not in excluded:
            return Routed(self.fallback.segment, self.fallback.team, FALLBACK, self.version)
        if excluded:
            return Unroutable("Every team that may get this lead has returned it.", self.version)
        return Unroutable("No rule claims this lead and the market has no fallback.", self.version)

    @cached_property
    def overriding(self) -> frozenset[str]:
        """The names of the rules whose leads go to their team whoever has the customer."""
        return frozenset(rule.name for rule in self.rules if rule.overrides_customer)

    def inputs(self, lead: Lead) -> dict[str, Scalar]:
        """Those of the lead's attributes that some rule asks for."""
        asked = sorted({name for rule in self.rules for name in rule.when})
        return {name: lead[name] for name in asked if name in lead}

    def refused(self, lead: Lead) -> tuple[Refused, ...]:
        """The narrowest of the rules that claim the lead too but were not taken, and why not.

        Found by looking at rule after rule: it is asked for rarely, and mostly of versions that nobody routes by any more.
        """
        claiming = islice((rule for rule in self.rules if claims(rule.when, lead)), 1 + REFUSED_AT_MOST)
        winner = next(claiming, None)
        return tuple(Refused(rule.name, why_refused(winner, rule)) for rule in claiming) if winner else ()


def why_refused(winner: Rule, loser: Rule) -> str:
    """The first thing in the order of rules that sets the two apart, as a sentence."""
    won, lost = winner.narrowness, loser.narrowness
    if lost.criteria != won.criteria:
        return f"wider: {lost.criteria} criteria against {won.criteria}"
    if lost.exact != won.exact:
        return f"wider: exact values in {lost.exact} criteria against {won.exact}"
    if lost.prefix != won.prefix:
        return f"wider: prefixes of {lost.prefix} characters against {won.prefix}"
    if lost.alternatives != won.alternatives:
        return f"wider: {lost.alternatives} alternatives against {won.alternatives}"
    if loser.priority != winner.priority:
        return f"lower priority: {loser.priority} against {winner.priority}"
    return "as narrow and of the same priority, but later by name"


def _open_ends(criterion: Range) -> int:
    return (criterion.low is None) + (criterion.high is None)
