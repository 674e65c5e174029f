"""What routing one lead costs with 10 and with 10,000 rules: ``python services/territory/tests/bench/routing.py``.

Prints microseconds per lead and the ratio; every answer was compared with the linear scan first. Not a test: a machine
that is busy with something else must not fail a build.
"""

import json
import sys
from pathlib import Path
from statistics import median
from time import process_time

sys.path.insert(0, str(Path(__file__).parent.parent / "unit"))

import markets

from territory.domain.routing import FALLBACK, Fallback, Routed, RuleSet

SIZES = (10, 100, 1_000, 10_000)
ROUNDS = 15


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")


def main() -> None:
    """Interleave the sizes, so that a slow moment of the machine hits all of them, and print the medians."""
    leads = {}
    sets = {}
    for size in SIZES:
        rules = markets.rules(size)
        # As off the wire: each lead in memory of its own, not in that of the rules it was made from.
        leads[size] = json.loads(json.dumps(markets.leads(2_000, rules)))
        began = process_time()
        sets[size] = RuleSet(1, rules, Fallback("everyone-else", "head-office"))
        sets[size].route(leads[size][0])
        say(f"{size:>6} rules ranked and compiled in {(process_time() - began) * 1e3:8.1f} ms")
        for lead in leads[size][:40]:
            decision = sets[size].route(lead)
            assert isinstance(decision, Routed)
            assert [decision.rule] == (markets.scan(rules, lead) or [FALLBACK])[:1]
    spent: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(ROUNDS):
        for size, ruleset in sets.items():
            began = process_time()
            for lead in leads[size]:
                ruleset.route(lead)
            spent[size].append((process_time() - began) / len(leads[size]) * 1e6)
    least = median(spent[SIZES[0]])
    for size, times in spent.items():
        decisions = [sets[size].route(lead) for lead in leads[size]]
        claimed = [d for d in decisions if isinstance(d, Routed) and d.rule != FALLBACK]
        candidates = sum(1 + d.refused for d in claimed) / len(claimed)
        say(
            f"{size:>6} rules: {median(times):6.2f} us per lead, {median(times) / least:4.2f} x; "
            f"{len(claimed) * 100 // len(decisions)} % claimed, by {candidates:.1f} rules each"
        )


if __name__ == "__main__":
    main()
