"""What is to be done next, and how leads stand in numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

SOON = timedelta(hours=1)
BREACHED, DUE_SOON, GRADE_A, NORMAL = 3, 2, 1, 0
BECAUSE: Mapping[int, str] = {BREACHED: "breached", DUE_SOON: "due_soon", GRADE_A: "grade_a"}
QUEUES = ("queue", "qualification", "unroutable")
Queue = Literal["queue", "qualification", "unroutable"]
By = Literal["team", "unit", "source", "state"]


@dataclass
class Line:
    """How many leads there are of a team, unit, source or state, where they are, and what the open ones may bring, by currency."""

    count: int = 0
    places: dict[str, int] = field(default_factory=dict)
    value: dict[str, int] = field(default_factory=dict)

    def add(self, place: str, count: int, currency: str | None, minor: int) -> None:
        """More of them at one place; amounts of two currencies are never one sum."""
        self.count += count
        self.places[place] = self.places.get(place, 0) + count
        if currency and minor:
            self.value[currency] = self.value.get(currency, 0) + minor


def above(unit: str, parents: Mapping[str, str | None]) -> list[str]:
    """The unit and all that it is below of. A circle, which territory forbids, is followed once."""
    found: list[str] = []
    at: str | None = unit
    while at is not None and at not in found:
        found.append(at)
        at = parents.get(at)
    return found


def summed(
    counts: Iterable[tuple[str, str, str | None, int, int]], parents: Mapping[str, str | None] | None = None
) -> dict[str, Line]:
    """Counts of keys, places and currencies as lines; with ``parents`` each team counts for all units above it too."""
    lines: dict[str, Line] = {}
    for key, place, currency, count, minor in counts:
        for one in above(key, parents) if parents is not None else [key]:
            lines.setdefault(one, Line()).add(place, count, currency, minor)
    return dict(sorted(lines.items()))
