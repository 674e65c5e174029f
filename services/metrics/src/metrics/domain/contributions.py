"""From facts to numbers: what a fact adds to each, and what the difference of two contributions does to all of them.

A pure function of the fact, and the only place where it is decided. Every number is kept apart by the team whose lead or
campaign it comes of, because a number is its team's to see: a segment that one team serves would otherwise be that team's row.
Each captured lead is of exactly one team and under exactly one key of each dimension, so each dimension sums to the number of
leads, of each team and of all.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from metrics.domain.catalogue import (
    ALL_TEAMS,
    DIMENSIONS,
    NONE,
    UNPLACED,
    Amount,
    By,
    Count,
    Dimension,
    measures,
    step_of,
)
from metrics.domain.facts import CampaignFact, LeadFact, LineFact

Key = tuple[str, By, str]  # the team, the dimension, and the key in it
Number = str | tuple[str, str]  # a count's name, or an amount's and its currency
Changes = Mapping[Number, int]
Counts = tuple[int, ...]
# The keys that a lead counts under, what it counts there, and what few leads have: amounts of money and a later life.
Contribution = tuple[tuple[Key, ...], Counts, tuple[tuple[Number, int], ...]]
Contributions = Mapping[tuple[str, ...], int]

_COUNTED = tuple(measure for measure in measures() if isinstance(measure, Count))
_OWED = tuple(measure for measure in _COUNTED if measure.owed)
_STEPPED = tuple(m for m in _COUNTED if m.step and f"{step_of(m.step)}_at" not in LeadFact.__slots__)
_ALWAYS = tuple(measure for measure in _COUNTED if measure not in (*_OWED, *_STEPPED))
COUNTS = tuple(measure.name for measure in _ALWAYS)  # what every lead may count; of the others most leads count nothing
_SPENT = tuple(measure.name for measure in measures() if isinstance(measure, Amount) and not measure.when)
_SPENT_BY = tuple((d.name, d.columns) for d in DIMENSIONS if d.columns[-1] in CampaignFact.__slots__)
_NOTHING = (0,) * len(COUNTS)


def _key(dimension: Dimension) -> str:
    """The expression of a lead's key."""
    nowhere = ""
    for column, name in reversed(dimension.nowhere):
        nowhere = repr(name) if column is None else f"({name!r} if lead.{column} is not None else {nowhere})"
    return " or ".join([*(f"lead.{column}" for column in dimension.columns), nowhere])


def _compiled() -> Callable[[LeadFact, str], Contribution]:
    """All definitions as one function: it runs twice for most events, and is as fast as if it had been written by hand."""
    keys = "".join(f"(team, {d.name!r}, {_key(d)})," for d in DIMENSIONS)
    counts = "".join(f"({m.adds})," for m in _ALWAYS)
    few = [
        f"((({m.name!r}, lead.currency), lead.amount),) if ({m.when}) and lead.amount and lead.currency else ()"
        for m in measures()
        if isinstance(m, Amount) and m.when
    ]
    few += [f"({_pairs(_STEPPED)}) if lead.steps else ()", "of_owed(lead.owed) if lead.requests else ()"]
    compiled: Callable[[LeadFact, str], Contribution] = eval(
        f"lambda lead, team: (({keys}), ({counts}), {' + '.join(f'({one})' for one in few)})",
        {"of_owed": eval(f"lambda owed: ({_pairs(_OWED)})")},
    )
    return compiled


def _pairs(counted: Iterable[Count]) -> str:
    return "".join(f"({m.name!r}, {m.adds})," for m in counted)


_contribution = _compiled()


def contribution(fact: LeadFact) -> Contribution | None:
    """Where a lead counts and for what; None until it is captured, whatever else has been heard of it."""
    return None if fact.captured_at is None else _contribution(fact, fact.team or UNPLACED)


def spending(campaign: CampaignFact) -> tuple[Key, ...]:
    """Where a campaign's costs count: the campaign itself, and the channel and segment that it is planned for.

    They are for the team that owns the campaign to see. By team they are not counted: who owns a campaign does not work all
    of its leads.
    """
    team = campaign.owning_team or UNPLACED
    keys = (
        (team, by, next(filter(None, [getattr(campaign, column) for column in columns]), NONE))
        for by, columns in _SPENT_BY
    )
    return tuple(keys)


def contributions(fact: LeadFact) -> Contributions:
    """What a lead adds to which number: ``(team, by, key, name)`` or ``(team, by, key, name, currency)`` and how much."""
    delta = KpiDelta()
    delta.move(None, contribution(fact))
    return delta.as_mapping()


def contributions_of_spend(line: LineFact, campaign: CampaignFact) -> Contributions:
    """What a budget line adds to which number."""
    delta = KpiDelta()
    delta.spend(spending(campaign), line.currency, line.incurred)
    return delta.as_mapping()


@lru_cache(maxsize=4096)
def _changes(before: Counts, after: Counts) -> tuple[tuple[str, int], ...]:
    """What is counted otherwise, by name. Leads make the same few steps, so few of these are ever made."""
    return tuple((name, new - old) for name, old, new in zip(COUNTS, before, after, strict=True) if new != old)


class KpiDelta:
    """The sum of many effects: per KPI row, by how much which number moves."""

    __slots__ = ("rows",)

    def __init__(self) -> None:
        self.rows: dict[Key, dict[Number, int]] = {}

    def move(self, before: Contribution | None, after: Contribution | None) -> None:
        """One lead stood there and stands here now. What stays where it was and as it was costs nothing."""
        if before == after:
            return
        if before is not None and after is not None and before[0] == after[0]:
            self.add(after[0], _changes(before[1], after[1]))
        else:
            if before is not None:
                self.add(before[0], _changes(before[1], _NOTHING))
            if after is not None:
                self.add(after[0], _changes(_NOTHING, after[1]))
        if before is not None and before[2]:
            self.add(before[0], [(number, -n) for number, n in before[2]])
        if after is not None and after[2]:
            self.add(after[0], after[2])

    def spend(self, keys: tuple[Key, ...], currency: str, minor: int) -> None:
        """This much more was spent; less, if negative."""
        if minor:
            self.add(keys, [((name, currency), minor) for name in _SPENT])

    def add(self, keys: Iterable[Key], changes: Iterable[tuple[Number, int]]) -> None:
        """Each of these rows moves by this much."""
        for key in keys:
            row = self.rows.get(key)
            if row is None:
                self.rows[key] = dict(changes)
                continue
            for number, n in changes:
                row[number] = row.get(number, 0) + n

    def over_teams(self) -> "KpiDelta":
        """The same for the company: every row under the name of all teams. Where a lead moves from team to team it moves by zero."""
        whole = KpiDelta()
        for (_, by, key), row in self.rows.items():
            whole.add(((ALL_TEAMS, by, key),), row.items())
        return whole

    def less(self, other: "KpiDelta") -> "KpiDelta":
        """What is here and not there, and, negative, what is there and not here."""
        rest = KpiDelta()
        for key in {*self.rows, *other.rows}:
            mine, theirs = self.rows.get(key, {}), other.rows.get(key, {})
            apart = {number: mine.get(number, 0) - theirs.get(number, 0) for number in {*mine, *theirs}}
            if any(apart.values()):
                rest.rows[key] = apart
        return rest

    def as_mapping(self) -> dict[tuple[str, ...], int]:
        """Flat, without zeros: ``(team, by, key, name[, currency])`` and how much."""
        return {
            (*key, *((number,) if isinstance(number, str) else number)): n
            for key, row in self.rows.items()
            for number, n in row.items()
            if n
        }
