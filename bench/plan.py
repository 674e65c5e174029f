"""``python -m bench.plan``: what so many leads a second need, from what one costs, into docs/scale.md and its picture.

A cost is of the highest rate that was held with one lead per POST, on the machine of that day: another processor has another cost, and
the table is made anew by the same command after `make bench`.
"""

import json
import math
from pathlib import Path
from statistics import median
from typing import Any

from bench.tables import number, table

ROOT = Path(__file__).parents[1]
RESULTS, PAGE, PICTURE = ROOT / "bench/results.json", ROOT / "docs/scale.md", ROOT / "docs/images/scale.svg"
BEGIN, END = "<!-- made by python -m bench.plan -->\n", "<!-- until here -->"
RATES = (1_000, 10_000, 100_000)
ROLES = ("leads", "territory", "metrics", "kafka", "postgres")
COLOURS = {
    "leads": "#1f6f8b",
    "territory": "#c8553d",
    "metrics": "#5b8c5a",
    "kafka": "#8d6a9f",
    "postgres": "#d9a441",
}
FULL = 0.6  # of a core that is planned with: the rest is for peaks, restarts and what is behind
RECORDS = 3_000  # a second that one partition is planned with: one lead on leads.lead is about three records
COPIES = 3


def costs(results: dict[str, Any]) -> dict[str, float]:
    """Microseconds of processor a lead and role, where the machine was full."""
    held = [one["posts"]["held"]["cpu_us"] for one in results["walk"] if one["posts"]["held"]]
    return {role: float(median(row[role] for row in held)) for role in ROLES}


def cores(cost: float, rate: float) -> float:
    """Cores that are kept busy, with room."""
    return rate * cost / 1e6 / FULL


def rows(its: dict[str, float]) -> list[list[str]]:
    """A row for each thing that has to be there, a column for each rate."""

    def line(name: str, of: Any) -> list[str]:
        return [name, *(str(of(rate)) for rate in RATES)]

    def processes(role: str) -> Any:
        return lambda rate: max(2, math.ceil(cores(its[role], rate)))

    def partitions(rate: float) -> int:
        handlers = max(processes(role)(rate) for role in ("leads", "territory"))
        wanted = max(4, handlers, math.ceil(3 * rate / RECORDS))
        return int(2 ** math.ceil(math.log2(wanted)))

    def brokers(rate: float) -> int:
        return max(COPIES, math.ceil(COPIES * cores(its["kafka"], rate) / 4))

    return [
        *(line(f"processes of {role}", processes(role)) for role in ("leads", "territory")),
        line("cores for metrics", lambda rate: f"{cores(its['metrics'], rate):.1f}"),
        line("partitions of leads.intake, leads.lead, territory.lead", partitions),
        line("brokers of 4 cores, three copies of each record", brokers),
        line("cores of Postgres, all databases", lambda rate: f"{max(1, cores(its['postgres'], rate)):.1f}"),
        line("cores in all", lambda rate: number(round(sum(cores(cost, rate) for cost in its.values()), 1))),
    ]


def lines(its: dict[str, float]) -> list[str]:
    """The part of the page."""
    said = ", ".join(f"{role} {cost:g}" for role, cost in its.items())
    return [
        f"Microseconds of processor a lead where two cores were full: {said}; a core is planned with {FULL:.0%}.",
        "",
        *table(("", *(f"{number(rate)} leads/s" for rate in RATES)), rows(its)),
        "",
    ]


def drawn(its: dict[str, float]) -> str:
    """Cores by role at each rate, on a logarithmic axis of rates; the height is cores a thousand leads, and where one process ends."""
    wide, high, left, top = 760, 330, 70, 40
    most = math.log10(sum(cores(cost, RATES[-1]) for cost in its.values()) * 1.3)
    least = math.log10(0.03)

    def x(rate: float) -> float:
        return left + (math.log10(rate) - 2.5) / 3 * (wide - left - 150)

    def y(count: float) -> float:
        return top + (most - math.log10(count)) / (most - least) * (high - top - 50)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="12">',
        "<title>Cores that each role needs against leads a second</title>",
        f'<rect width="{wide}" height="{high}" fill="#ffffff"/>',
        f'<text x="{left}" y="20" fill="#222222">cores, with room, against leads a second (both logarithmic)</text>',
    ]
    for count in (0.1, 1, 10, 100):
        parts.append(
            f'<line x1="{left}" x2="{wide - 150}" y1="{y(count):.1f}" y2="{y(count):.1f}" stroke="#dddddd"/>'
            f'<text x="{left - 8}" y="{y(count) + 4:.1f}" text-anchor="end" fill="#555555">{count:g}</text>'
        )
    for rate in RATES:
        parts.append(
            f'<line x1="{x(rate):.1f}" x2="{x(rate):.1f}" y1="{top}" y2="{high - 50}" stroke="#dddddd"/>'
            f'<text x="{x(rate):.1f}" y="{high - 32}" text-anchor="middle" fill="#555555">{number(rate)}</text>'
        )
    ends = 10**5.5
    taken: list[float] = []
    for role, cost in sorted(its.items(), key=lambda one: one[1], reverse=True):
        first, last = y(cores(cost, 10**2.5)), y(cores(cost, ends))
        parts.append(
            f'<line x1="{x(10**2.5):.1f}" y1="{min(first, high - 50):.1f}" x2="{x(ends):.1f}" y2="{last:.1f}" stroke="{COLOURS[role]}" stroke-width="2"/>'
        )
        at = last
        while any(abs(at - other) < 14 for other in taken):
            at += 14
        taken.append(at)
        parts.append(f'<text x="{x(ends) + 6:.1f}" y="{at + 4:.1f}" fill="{COLOURS[role]}">{role}</text>')
    edge = 1e6 / its["metrics"]
    parts.append(
        f'<line x1="{x(edge):.1f}" x2="{x(edge):.1f}" y1="{top}" y2="{high - 50}" stroke="#5b8c5a" stroke-dasharray="5 4"/>'
        f'<text x="{x(edge):.1f}" y="{high - 12}" text-anchor="middle" fill="#5b8c5a">metrics: its one writer is full, {number(round(edge, -2))}/s</text>'
    )
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    """Writes both."""
    its = costs(json.loads(RESULTS.read_text()))
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + "\n".join(lines(its)) + END + after)
    PICTURE.write_text(drawn(its))


if __name__ == "__main__":
    main()
