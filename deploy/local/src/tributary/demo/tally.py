"""What went in, what came out, and whether they agree."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tributary.tokens import Bearer

DIMENSIONS = ("segment", "channel", "team", "campaign")


@dataclass
class Sent:
    """What this run put in. A lead sent again counts once, because ids are kept; so does a spend."""

    leads: set[str] = field(default_factory=set)
    spends: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    outcomes: int = 0

    def spend(self, row: Mapping[str, Any]) -> None:
        """One spend that was taken."""
        self.spends[row["spend_id"]] = (row["kind"], row["amount"]["currency"], row["amount"]["minor"])

    def incurred(self) -> Counter[str]:
        """Money that is gone, in minor units per currency."""
        total: Counter[str] = Counter()
        for kind, currency, minor in self.spends.values():
            if kind == "incurred":
                total[currency] += minor
        return total


@dataclass(frozen=True)
class BudgetLine:
    """One line of a campaign's budget as its ledger has it now, in minor units."""

    campaign: str
    line: str
    owner: str
    currency: str
    budget: int
    incurred: int
    available: int

    @property
    def used(self) -> float:
        """The share of the budget that is spent or set aside; above 1 it is overspent."""
        return (self.budget - self.available) / self.budget if self.budget else float("inf")


@dataclass(frozen=True)
class Standing:
    """The totals of a stack at one moment: leads per dimension, how far they are, and the money incurred."""

    leads: Mapping[str, int]
    routed: int
    assigned: int
    closed: int
    incurred: Mapping[str, int]


class Asking:
    """Asks a running stack's doors for its totals."""

    def __init__(self, urls: Mapping[str, str], token: Callable[[], str]) -> None:
        self.urls = urls
        self.http = httpx.Client(auth=Bearer(token), timeout=30, trust_env=False)

    def standing(self) -> Standing:
        """The totals now."""
        tables = {by: self._get("metrics", f"/v1/kpis?by={by}")["rows"] for by in DIMENSIONS}
        segments = tables["segment"]
        incurred: Counter[str] = Counter()
        for line in self.lines():
            incurred[line.currency] += line.incurred
        return Standing(
            {by: sum(row["leads"] for row in rows) for by, rows in tables.items()},
            sum(row["routed"] for row in segments),
            sum(row["assigned"] for row in segments),
            sum(row["won"] + row["lost"] for row in segments),
            incurred,
        )

    def lines(self) -> list[BudgetLine]:
        """Every budget line of every campaign."""
        return [
            BudgetLine(campaign, **{name: line[name] for name in _LINE})
            for campaign in self._campaigns()
            for line in self._get("campaigns", f"/v1/campaigns/{campaign}/ledger?limit=1")["lines"]
        ]

    def _campaigns(self) -> Iterator[str]:
        after = ""
        while True:
            page = self._get("campaigns", f"/v1/campaigns?limit=500&after={after}")
            yield from (one["campaign"] for one in page["campaigns"])
            if not page["next"]:
                return
            after = page["next"]

    def _get(self, service: str, path: str) -> Any:
        answer = self.http.get(self.urls[service] + path)
        answer.raise_for_status()
        return answer.json()


_LINE = ("line", "owner", "currency", "budget", "incurred", "available")


def disagreements(sent: Sent, before: Standing, after: Standing) -> list[str]:
    """Every place where what came out is not what went in; nothing when all of it is conserved."""
    found = []
    for by in DIMENSIONS:
        counted = after.leads[by] - before.leads[by]
        if counted != len(sent.leads):
            found.append(f"{len(sent.leads)} leads were accepted and {counted} are counted by {by}")
    if after.closed - before.closed != sent.outcomes:
        found.append(f"{sent.outcomes} outcomes were accepted and {after.closed - before.closed} leads were closed")
    incurred = sent.incurred()
    for currency in sorted(incurred | Counter(after.incurred)):
        booked = after.incurred.get(currency, 0) - before.incurred.get(currency, 0)
        if booked != incurred[currency]:
            found.append(f"{incurred[currency]} {currency} in minor units were spent and {booked} are on the ledgers")
    return found


def summary(sent: Sent, before: Standing, after: Standing, wrong: Sequence[str]) -> list[str]:
    """The last words of a run."""
    spent = ", ".join(f"{minor / 100:,.2f} {currency}" for currency, minor in sorted(sent.incurred().items()))
    routed, assigned = after.routed - before.routed, after.assigned - before.assigned
    counted = after.leads["segment"] - before.leads["segment"]
    closed = after.closed - before.closed
    lines = [
        f"went in     {len(sent.leads):,} leads, {sent.outcomes:,} outcomes,"
        f" {len(sent.spends):,} spends ({spent or 'no money'})",
        f"came out    {counted:,} leads counted, {routed:,} with a team, {assigned:,} with a person, {closed:,} closed;"
        f" {after.leads['segment']:,} leads in all, {before.leads['segment']:,} of them from before",
    ]
    if wrong:
        return [*lines, *(f"NOT CONSERVED: {one}." for one in wrong)]
    return [
        *lines,
        "conserved   each lead counts once in each dimension, each outcome closed one, each spend is booked once",
    ]
