"""What went in, what came out, and whether they agree."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

DIMENSIONS = ("segment", "channel", "team", "campaign")


@dataclass
class Sent:
    """What this run put in. A lead sent again counts once, because ids are kept; so does a spend."""

    leads: dict[str, dict[str, Any]] = field(default_factory=dict)
    spends: dict[str, tuple[str, int]] = field(default_factory=dict)
    outcomes: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def incurred(self) -> Counter[str]:
        """Minor units per currency."""
        total: Counter[str] = Counter()
        for currency, minor in self.spends.values():
            total[currency] += minor
        return total


@dataclass(frozen=True)
class Standing:
    """The totals of a stack at one moment: leads per dimension, states, and what the ledgers say was incurred."""

    leads: Mapping[str, int]
    routed: int
    assigned: int
    closed: int
    incurred: Mapping[str, int]


class Asking:
    """Asks a running stack's doors for its totals."""

    def __init__(self, urls: Mapping[str, str], token: str) -> None:
        self.urls = urls
        self.http = httpx.Client(headers={"authorization": f"Bearer {token}"}, timeout=30, trust_env=False)

    def standing(self) -> Standing:
        """The totals now."""
        tables = {by: self._get("metrics", f"/v1/kpis?by={by}")["rows"] for by in DIMENSIONS}
        segments = tables["segment"]
        return Standing(
            {by: sum(row["leads"] for row in rows) for by, rows in tables.items()},
            sum(row["routed"] for row in segments),
            sum(row["assigned"] for row in segments),
            sum(row["won"] + row["lost"] for row in segments),
            self._incurred(),
        )

    def _incurred(self) -> Counter[str]:
        total: Counter[str] = Counter()
        after = ""
        while True:
            page = self._get("campaigns", f"/v1/campaigns?limit=200{after and f'&after={after}'}")
            for campaign in page["campaigns"]:
                ledger = self._get("campaigns", f"/v1/campaigns/{campaign['campaign']}/ledger?limit=1")
                for line in ledger["lines"]:
                    total[line.get("currency") or ledger["currency"]] += line["incurred"]
            if not page.get("next"):
                return total
            after = page["next"]

    def _get(self, service: str, path: str) -> Any:
        answer = self.http.get(self.urls[service] + path)
        answer.raise_for_status()
        return answer.json()


def disagreements(sent: Sent, before: Standing, after: Standing) -> list[str]:
    """Every place where what came out is not what went in; nothing when all of it is conserved."""
    found = []
    for by in DIMENSIONS:
        came = after.leads[by] - before.leads[by]
        if came != len(sent.leads):
            found.append(f"{len(sent.leads)} leads were accepted and {came} are counted by {by}")
    for currency, minor in sorted(sent.incurred().items()):
        booked = after.incurred.get(currency, 0) - before.incurred.get(currency, 0)
        if booked != minor:
            found.append(f"{minor} {currency} (minor units) were spent and {booked} are on the ledgers")
    return found
