"""What a fact adds to which number.

``contributions(fact)`` is a pure function. The effect of an event is the contributions of the fact after it less those of
the fact before it, so every number equals, at any time, the sum of the contributions of all facts.

Every captured lead counts under exactly one key of every dimension, so each dimension sums to the number of leads.
"""

from collections.abc import Mapping
from typing import Literal

from metrics.domain.facts import CampaignFact, LeadFact, LineFact

By = Literal["segment", "channel", "team", "campaign"]
Key = tuple[By, str]

DIMENSIONS: tuple[By, ...] = ("segment", "channel", "team", "campaign")
COUNTS = ("leads", "qualified", "valid", "routed", "assigned", "won", "lost")

UNROUTED = "(unrouted)"  # nobody has placed it yet, or no rule claimed it
DISCARDED = "(discarded)"  # set aside, and so never routed
NONE = "(none)"  # the fact names no campaign, no channel, no segment

NOTHING = [0] * len(COUNTS)

Counts = tuple[int, int, int, int, int, int, int]
# The four keys that a lead counts under, what it counts there, and what it was won for.
Contribution = tuple[tuple[Key, Key, Key, Key], Counts, tuple[str, int] | None]
Contributions = Mapping[tuple[str, ...], int]


def contribution(fact: LeadFact) -> Contribution | None:
    """Where a lead counts and for what; None until it is captured, whatever else has been heard of it."""
    if fact.captured_at is None:
        return None
    elsewhere = UNROUTED if fact.discarded_at is None else DISCARDED
    won = fact.outcome == "won"
    return (
        (
            ("segment", fact.segment_key or fact.segment or elsewhere),
            ("channel", fact.channel_key or fact.channel or NONE),
            ("team", fact.team or elsewhere),
            ("campaign", fact.campaign_key or fact.campaign or NONE),
        ),
        (
            1,
            int(fact.qualified_at is not None),
            int(fact.valid or won),  # nested: whoever was won was a valid lead
            int(fact.segment is not None),
            int(fact.person is not None),
            int(won),
            int(fact.outcome == "lost"),
        ),
        (fact.currency, fact.amount) if won and fact.amount and fact.currency else None,
    )


def spending(line: LineFact, campaign: CampaignFact) -> tuple[Key, Key, Key]:
    """Where a line's cost counts: its campaign, and the channel and segment that the campaign is planned for.

    No team: no plan says which team a campaign works for.
    """
    return (
        ("segment", campaign.segment_key or campaign.segment or NONE),
        ("channel", campaign.channel_key or campaign.channel or NONE),
        ("campaign", campaign.campaign_key or line.campaign),
    )


def contributions(fact: LeadFact) -> Contributions:
    """What a lead adds to which number: ``(by, key, measure)`` or ``(by, key, measure, currency)`` and how much."""
    delta = KpiDelta()
    delta.move(None, contribution(fact))
    return delta.as_mapping()


def contributions_of_spend(line: LineFact, campaign: CampaignFact) -> Contributions:
    """What a budget line adds to which number."""
    delta = KpiDelta()
    delta.spend(spending(line, campaign), line.currency, line.incurred)
    return delta.as_mapping()


class KpiDelta:
    """The sum of many effects: per KPI row seven counts, and amounts of money per measure and currency."""

    __slots__ = ("counts", "money")

    def __init__(self) -> None:
        self.counts: dict[Key, list[int]] = {}
        self.money: dict[tuple[Key, str, str], int] = {}

    def move(self, before: Contribution | None, after: Contribution | None) -> None:
        """One lead stood there and stands here now. What stays where it was and as it was costs nothing."""
        if before == after:
            return
        if before is not None and after is not None and before[0] == after[0]:
            self._count(after[0], tuple(a - b for a, b in zip(after[1], before[1], strict=True)))
        else:
            if before is not None:
                self._count(before[0], tuple(-n for n in before[1]))
            if after is not None:
                self._count(after[0], after[1])
        if before is not None and before[2] is not None:
            self._pay(before[0], "won_amount", before[2][0], -before[2][1])
        if after is not None and after[2] is not None:
            self._pay(after[0], "won_amount", *after[2])

    def spend(self, keys: tuple[Key, ...], currency: str, minor: int) -> None:
        """This much more was spent; less, if negative."""
        if minor:
            self._pay(keys, "spend", currency, minor)

    def less(self, other: "KpiDelta") -> "KpiDelta":
        """What is here and not there, and, negative, what is there and not here."""
        rest = KpiDelta()
        for key in {*self.counts, *other.counts}:
            mine, theirs = self.counts.get(key, NOTHING), other.counts.get(key, NOTHING)
            if mine != theirs:
                rest.counts[key] = [a - b for a, b in zip(mine, theirs, strict=True)]
        for amount in {*self.money, *other.money}:
            key, measure, currency = amount
            if minor := self.money.get(amount, 0) - other.money.get(amount, 0):
                rest._pay((key,), measure, currency, minor)
        return rest

    def _count(self, keys: tuple[Key, ...], counts: tuple[int, ...]) -> None:
        leads, qualified, valid, routed, assigned, won, lost = counts
        for key in keys:
            row = self.counts.get(key)
            if row is None:
                self.counts[key] = list(counts)
                continue
            row[0] += leads
            row[1] += qualified
            row[2] += valid
            row[3] += routed
            row[4] += assigned
            row[5] += won
            row[6] += lost

    def _pay(self, keys: tuple[Key, ...], measure: str, currency: str, minor: int) -> None:
        for key in keys:
            self.counts.setdefault(key, NOTHING.copy())
            amount = (key, measure, currency)
            self.money[amount] = self.money.get(amount, 0) + minor

    def as_mapping(self) -> dict[tuple[str, ...], int]:
        """Flat, without zeros: ``(by, key, measure[, currency])`` and how much."""
        flat: dict[tuple[str, ...], int] = {}
        for key, row in self.counts.items():
            flat.update({(*key, measure): n for measure, n in zip(COUNTS, row, strict=True) if n})
        flat.update({(*key, measure, currency): n for (key, measure, currency), n in self.money.items() if n})
        return flat
