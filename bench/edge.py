"""The highest rate that is held: found by short climbs, told only after it was held for the whole time."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Measure = Callable[..., dict[str, Any]]
ACCEPTED = {200, 202}
CHECK_S = 10.0
STEPS_DOWN = (0.94, 0.88, 0.80, 0.70)
SHARE, BACKLOG_S, DRAIN_S = 0.97, 1.0, 2.0


@dataclass(frozen=True)
class Kind:
    """Leads come one at a time or so many per request; the rates to climb."""

    name: str
    size: int
    rates: tuple[int, ...]


KINDS = (
    Kind("posts", 1, (1200, 1600, 2000, 2400, 2800, 3200)),
    Kind("batches", 500, (1800, 2400, 3000, 3600, 4200, 4800)),
)


def why_not_held(row: dict[str, Any]) -> str:
    """Empty when the rate was held: all that was offered was accepted, as fast as it was offered, and nothing piled up
    anywhere between the generator's queue and the KPI."""
    offered = row["offered_leads"] / row["asked_s"]
    backlog = row["backlog"]
    if set(row["statuses"]) - ACCEPTED or row["leads"] < row["offered_leads"]:
        return f"refused or unanswered: {row['offered_leads'] - row['leads']}"
    if row["per_second"] < offered * SHARE:
        return f"{row['per_second']:g}/s done of {offered:.0f}/s offered"
    if backlog["last"] > backlog["middle"] + BACKLOG_S * offered:
        return f"what waits grew from {backlog['middle']} to {backlog['last']} leads"
    if row["drain_s"] > DRAIN_S:
        return f"{row['drain_s']:g} s of work were left at the end"
    return ""


class Search:
    """Looks for the edge of one kind of load on one stack."""

    def __init__(self, measure: Measure, kind: Kind, hold_s: float) -> None:
        self.measure, self.kind, self.hold_s = measure, kind, hold_s
        self.tried: list[dict[str, Any]] = []

    def run(self, known: float | None, below_s: float) -> dict[str, Any]:
        """Holds the rate that an earlier round found or that a climb finds, else a lower one; then looks at 80 % of it."""
        start = known or self._climb()
        held = next(
            (row for row in (self._try(start * step, self.hold_s) for step in (1, *STEPS_DOWN)) if row["held"]), None
        )
        below = self._try(held["offered"] * 0.8, below_s, 20) if held else None
        return {"held": held, "below": below, "tried": self.tried}

    def _climb(self) -> float:
        """Short checks: up until one fails, then once or twice into the gap."""
        low, high = 0.0, 0.0
        for rate in self.kind.rates:
            if not self._looks_held(rate):
                high = rate
                break
            low = rate
        while high and low and high - low > 0.12 * low:
            middle = round((low + high) / 2, -1)
            if self._looks_held(middle):
                low = middle
            else:
                high = middle
        return low or self.kind.rates[0] * 0.8

    def _looks_held(self, rate: float) -> bool:
        """A short look, and a second one before a climb ends for what may have been chance."""
        return any(self._try(rate, min(CHECK_S, self.hold_s))["held"] for _ in range(2))

    def _try(self, rate: float, seconds: float, probes: float = 10) -> dict[str, Any]:
        row = self.measure(round(rate, -1), seconds, probes=probes, size=self.kind.size)
        row["not_held"] = why_not_held(row)
        row["held"] = not row["not_held"]
        self.tried.append({k: row[k] for k in ("offered", "asked_s", "per_second", "held", "not_held")})
        return row
