"""What tracing costs: the walk with traces at 1 %, as it comes, beside the same walk with none, round after round in turns.

Each round begins with the other one, so that a machine that grows slower or faster favours neither.
"""

from collections.abc import Callable, Iterator
from typing import Any

from bench.running import Running
from bench.tables import number, spread, table

RATIO = "TRIBUTARY_TRACE_RATIO"
HOW: dict[str, dict[str, str]] = {"traces at 1 %": {}, "no traces": {RATIO: "0"}}
RATES = ((400, 1), (1000, 100))  # leads a second, leads of one request
Results = dict[str, Any]
Rounds = list[dict[str, Any]]


def run(rounds: int, one: Callable[[str, dict[str, str]], dict[str, Any]]) -> Rounds:
    """So many rounds of both; ``one`` makes a walk on a fresh stack of this name that is told this."""
    found: Rounds = []
    for number_of in range(rounds):
        for how in sorted(HOW, reverse=bool(number_of % 2)):
            found.append({"how": how, **one(f"traced-{number_of}-{'none' if HOW[how] else 'some'}", HOW[how])})
    return found


def walked(running: Running, seconds: float, measured: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """One stack: warm, then each rate; and whether all of it holds."""
    measured(running, 200, 8)
    rows = [measured(running, rate, seconds, size=size) for rate, size in RATES]
    return {"rows": rows, "verify": running.verified()}


def lines(rounds: Rounds) -> list[str]:
    """What stands on the page."""
    if not rounds:
        return []
    return [
        "## What traces cost",
        "",
        "The walk with traces at 1 %, sent to a collector, beside the same with none; each on fresh stacks, in turns. Median (least to",
        "most) of the rounds.",
        "",
        *table(
            ("leads/s", "", "us of processor a lead", "POST p99, ms", "assigned p99, ms", "frame p99, ms"),
            _rows(rounds),
        ),
    ]


def _rows(rounds: Rounds) -> Iterator[tuple[str, ...]]:
    for at, (rate, size) in enumerate(RATES):
        for how in HOW:
            rows = [one["rows"][at] for one in rounds if one["how"] == how]
            yield (
                number(rate) + (f" in batches of {size}" if size > 1 else ""),
                how,
                spread([row["cpu_us_all"] for row in rows]),
                *(spread([row[what]["p99"] for row in rows]) for what in ("post", "assigned", "frame")),
            )
