"""Markets of any number of rules: the hit lies anywhere in the list, and one lead in ten meets only the catch-all."""

import json
import random
from typing import Any

COUNTRIES = ("DE", "FR", "IN", "BR", "ES", "US")
PRODUCTS = ("lathe", "pump", "press")
TEAMS = 8


def rules(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Rules over country, postcode and product, in random order of narrowness."""
    rng = random.Random(seed)
    made: list[dict[str, Any]] = []
    for n in range(count):
        when: dict[str, Any] = {"country": [rng.choice(COUNTRIES)]}
        if n % 10:
            when["postcode_area"] = {"prefix": f"{rng.randrange(1000):03d}"[: rng.randrange(1, 4)]}
        if n % 3 == 0:
            when["product"] = [rng.choice(PRODUCTS)]
        made.append(
            {
                "name": f"rule-{n}",
                "segment": f"segment-{n % 10}",
                "team": f"team-{n % TEAMS}",
                "priority": n % 7,
                "when": when,
            }
        )
    return made


def tiles(count: int) -> list[dict[str, Any]]:
    """Rules that lie side by side, so that each of them is met as often as any other: up to 18,000."""
    areas = [(c, p, f"{n:03d}") for n in range(1000) for c in COUNTRIES for p in PRODUCTS]
    random.Random(1).shuffle(areas)
    return [
        {
            "name": f"tile-{n}",
            "team": f"team-{n % TEAMS}",
            "when": {"country": [country], "product": [product], "postcode_area": {"prefix": prefix}},
        }
        for n, (country, product, prefix) in enumerate(areas[:count])
    ]


def market(count: int, segments: int = 10, tiled: bool = False) -> str:
    """A market file with this many rules, as JSON."""
    return json.dumps(
        {
            "segments": [{"id": f"segment-{n}", "name": f"Segment {n}"} for n in range(segments)],
            "pipelines": [{"id": "contract", "name": "Contract", "stages": ["qualified", "offer", "won"]}],
            "teams": [
                {
                    "id": f"team-{n}",
                    "name": f"Team {n}",
                    "pipeline": "contract",
                    "members": [{"person": f"person-{n}-{m}", "weight": 1 + m % 2} for m in range(3)],
                }
                for n in range(TEAMS)
            ],
            "rules": [
                {**r, "segment": f"segment-{i % segments}"} for i, r in enumerate((tiles if tiled else rules)(count))
            ],
            "fallback": {"segment": "segment-0", "team": "team-0"},
        }
    )


def naive_rules(count: int) -> list[dict[str, str]]:
    """The same rules as a list for a linear scan, narrowest first."""
    flat = [
        {
            "name": r["name"],
            "segment": r["segment"],
            "team": r["team"],
            "country": r["when"]["country"][0],
            "postcode": r["when"].get("postcode_area", {}).get("prefix", ""),
            "product": r["when"].get("product", [""])[0],
        }
        for r in rules(count)
    ]
    flat.sort(key=lambda r: -(len(r["postcode"]) + bool(r["product"])))
    return [
        *flat,
        {"name": "rest", "segment": "segment-0", "team": "team-0", "country": "", "postcode": "", "product": ""},
    ]
