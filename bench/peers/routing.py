"""Routing beside a linear scan: the territory service's compiled rules and a loop over the same rules in the same order.

Rules as sales organisations have them: countries, regions, industries, a source, ranges of amount and size. Of ten leads one is
claimed by no rule; the others are chosen so that their hits lie evenly over the whole list, else the scan looks fast because it
stops early.
"""

import random
import statistics
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from territory.domain.market_file import read_market
from territory.domain.routing import FALLBACK, Routed, RuleSet

COUNTS = (10, 100, 1_000, 10_000)
LEADS = 10_000
COUNTRIES = [f"{a}{b}" for a in "ABCDEF" for b in "ABCDEFGH"]
REGIONS = [f"region-{n}" for n in range(100)]
INDUSTRIES = [f"industry-{n}" for n in range(20)]
SOURCES = ["web", "phone", "fair", "partner"]
NOWHERE = "ZZ"
Lead = dict[str, str | int | float | bool]


@dataclass(frozen=True)
class Plain:
    """A rule as a loop asks it."""

    name: str
    countries: frozenset[str]
    regions: frozenset[str]
    industries: frozenset[str]
    source: str
    least: int
    most: int
    size: int

    def claims(self, lead: Lead) -> bool:
        """Whether the rule wants the lead; an empty part wants every lead."""
        return (
            lead["country"] in self.countries
            and (not self.regions or lead["region"] in self.regions)
            and (not self.industries or lead["industry"] in self.industries)
            and self.least <= int(lead["expected_amount.minor"]) <= self.most
            and int(lead["attributes.size"]) >= self.size
            and (not self.source or lead["source"] == self.source)
        )


def plain_rules(count: int, seed: int = 1) -> dict[str, Plain]:
    """So many rules by name."""
    rng, made = random.Random(seed), {}
    for n in range(count):
        least = rng.randrange(0, 500_000)
        made[f"rule-{n}"] = Plain(
            f"rule-{n}",
            frozenset(rng.sample(COUNTRIES, rng.randrange(1, 3))),
            frozenset(rng.sample(REGIONS, rng.randrange(1, 4))) if n % 8 else frozenset(),
            frozenset(rng.sample(INDUSTRIES, rng.randrange(1, 4))) if n % 3 else frozenset(),
            rng.choice(SOURCES) if n % 4 == 0 else "",
            least,
            least + rng.randrange(100_000, 500_000),
            rng.randrange(0, 300),
        )
    return made


def compiled(plain: dict[str, Plain]) -> RuleSet:
    """The same rules as a market file brings them."""
    document = {
        "segments": [{"id": "segment", "name": "Segment"}],
        "pipelines": [{"id": "contract", "name": "Contract", "stages": ["qualified", "won"]}],
        "teams": [{"id": "team", "name": "Team", "pipeline": "contract"}],
        "rules": [
            {"name": rule.name, "segment": "segment", "team": "team", "priority": n % 7, "when": _when(rule)}
            for n, rule in enumerate(plain.values())
        ],
        "fallback": {"segment": "segment", "team": "team"},
    }
    market = read_market(document)
    return RuleSet(1, market.rules, market.fallback)


def _when(rule: Plain) -> dict[str, Any]:
    when: dict[str, Any] = {
        "country": sorted(rule.countries),
        "expected_amount.minor": {"min": rule.least, "max": rule.most},
        "attributes.size": {"min": rule.size},
    }
    for name, values in (("region", rule.regions), ("industry", rule.industries)):
        if values:
            when[name] = sorted(values)
    return when | ({"source": [rule.source]} if rule.source else {})


def leads(ordered: list[Plain], made: RuleSet, count: int, seed: int = 3) -> list[Lead]:
    """One in ten from a country that no rule knows; of the rest, as far as they can be found, as many hits in every tenth of
    the list."""
    rng, places = random.Random(seed), {rule.name: place for place, rule in enumerate(ordered)}
    tenths: Counter[int] = Counter()
    found: list[Lead] = []
    for _ in range(count * 4):
        rule = rng.choice(ordered)
        lead = _fitting(rule, rng)
        answer = made.route(lead)
        tenth = places[answer.rule] * 10 // len(ordered) if isinstance(answer, Routed) else 0
        if tenths[tenth] < count * 9 // 100:
            tenths[tenth] += 1
            found.append(lead)
    unclaimed = [_fitting(rng.choice(ordered), rng) | {"country": NOWHERE} for _ in range(len(found) // 9)]
    found += unclaimed
    rng.shuffle(found)
    return found


def _fitting(rule: Plain, rng: random.Random) -> Lead:
    return {
        "country": rng.choice(sorted(rule.countries)),
        "region": rng.choice(sorted(rule.regions) or REGIONS),
        "industry": rng.choice(sorted(rule.industries) or INDUSTRIES),
        "source": rule.source or rng.choice(SOURCES),
        "expected_amount.minor": rng.randrange(rule.least, rule.most + 1),
        "attributes.size": rule.size + rng.randrange(200),
        "product": "lathe",
        "channel": "search",
        "language": "en",
    }


def scan(ordered: list[Plain], lead: Lead) -> str:
    """The first rule that claims the lead."""
    return next((rule.name for rule in ordered if rule.claims(lead)), FALLBACK)


def measure(count: int, rounds: int, scan_s: float) -> dict[str, Any]:
    """Microseconds a lead, ours and the scan's, in turns, on the same leads; both must give the same rule."""
    plain = plain_rules(count)
    made = compiled(plain)
    ordered = [plain[rule.name] for rule in made.rules]
    began = time.perf_counter()
    made.route(_fitting(ordered[0], random.Random(0)))
    build_ms = (time.perf_counter() - began) * 1000
    asked = leads(ordered, made, LEADS)
    few = asked[: max(100, min(len(asked), int(scan_s / (_timed(ordered, asked[:50]) / 1e6))))]
    ours, scanned = [], []
    for _ in range(rounds):
        began = time.process_time()
        answers = [made.route(lead) for lead in asked]
        ours.append((time.process_time() - began) / len(asked) * 1e6)
        scanned.append(_timed(ordered, few))
    wanted = [scan(ordered, lead) for lead in few]
    for lead, answer, rule in zip(few, answers, wanted, strict=False):
        if not isinstance(answer, Routed) or answer.rule != rule:
            raise SystemExit(f"with {count} rules {lead} is routed by {answer}, and the scan says {rule}")
    places = {rule.name: place / count for place, rule in enumerate(ordered)}
    return {
        "rules": count,
        "ours_us": [round(us, 2) for us in ours],
        "scan_us": [round(us, 2) for us in scanned],
        "ratio": [round(b / a, 1) for a, b in zip(ours, scanned, strict=True)],
        "ours_p99_us": round(_p99(made, asked), 1),
        "build_ms": round(build_ms, 1),
        "unmatched": round(wanted.count(FALLBACK) / len(wanted), 2),
        "hit_at": [round(n, 2) for n in statistics.quantiles([places[r] for r in wanted if r != FALLBACK], n=4)],
    }


def _timed(ordered: list[Plain], asked: list[Lead]) -> float:
    began = time.process_time()
    for lead in asked:
        scan(ordered, lead)
    return max(time.process_time() - began, 1e-6) / len(asked) * 1e6


def _p99(made: RuleSet, asked: list[Lead]) -> float:
    """Over the leads, each the best of three: what a lead costs, without what the machine did meanwhile."""
    best = [1 << 62] * len(asked)
    for _ in range(3):
        for n, lead in enumerate(asked):
            began = time.perf_counter_ns()
            made.route(lead)
            best[n] = min(best[n], time.perf_counter_ns() - began)
    return sorted(best)[int(len(best) * 0.99)] / 1000


def run(rounds: int, quick: bool) -> list[dict[str, Any]]:
    """Every number of rules."""
    return [measure(count, rounds, 0.3 if quick else 1.0) for count in COUNTS]
