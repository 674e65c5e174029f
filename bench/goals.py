"""The goals for two cores with everything on, and how far each is reached."""

import statistics
from collections.abc import Callable
from typing import Any, NamedTuple

from bench.latency import merged
from bench.tables import edges_of, held_rate, number, ratios, resident_of, rows_of, table
from bench.web_page import pages_over_readers

Results = dict[str, Any]
MEDIANS = """Medians of the rounds; percentiles over all rounds. *loop* is what the calibration loop took before the part was measured, on the
machine of that day: where it took three times as long, a core did a third."""


class Goal(NamedTuple):
    """Three marks, the first the least that is asked; whether less is better; what was measured, and in which part."""

    name: str
    part: str
    marks: tuple[float, float, float]
    measured: Callable[[Results], float | None]
    unit: str = ""
    less: bool = False

    def reached(self, value: float) -> str:
        """The highest mark that the value stands on."""
        names = ("floor", "target", "hoped")
        met = [n for n, mark in zip(names, self.marks, strict=True) if (value <= mark if self.less else value >= mark)]
        return met[-1] if met else "**missed**"


def _median(values: list[float]) -> float | None:
    return statistics.median(values) if values else None


def _held(kind: str) -> Callable[[Results], float | None]:
    return lambda results: _median([held_rate(one[kind]) for one in results.get("walk", ())])


def _core(kind: str) -> Callable[[Results], float | None]:
    return lambda results: _median([row["leads_per_core"] for row in edges_of(results, kind)])


def _at(rate: float, what: str, share: str) -> Callable[[Results], float | None]:
    def found(results: Results) -> float | None:
        rows = rows_of(results, rate)
        return merged(row[what] for row in rows)[share] if rows else None

    return found


def _below(kind: str) -> Callable[[Results], float | None]:
    def found(results: Results) -> float | None:
        rows = edges_of(results, kind, "below")
        return merged(row["assigned"] for row in rows)["p99"] if rows else None

    return found


def _ratio(kind: str) -> Callable[[Results], float | None]:
    return lambda results: _median(ratios(results, kind))


def _resident(results: Results) -> float | None:
    return _median([max(look.values()) for look in resident_of(results, 500)])


def _idle(results: Results) -> float | None:
    return _median([one["idle"]["all"] for one in results.get("walk", ())])


def _grown(*path: str | int) -> Callable[[Results], float | None]:
    def found(results: Results) -> float | None:
        value: Any = results.get("growth")
        for step in path:
            if value is None:
                return None
            value = value[step]
        return None if value is None else float(value)

    return found


def _blown(pick: Callable[[Results], float]) -> Callable[[Results], float | None]:
    return lambda results: pick(results["storm"]) if results.get("storm") else None


def _held_in_storm(storm: Results) -> float:
    return round(100 * float(storm["stormy"]["per_second"]) / float(storm["calm"]["per_second"]), 1)


def _web(pick: Callable[[Results], float]) -> Callable[[Results], float | None]:
    return lambda results: float(pick(results["web"])) if results.get("web") else None


def _drawn(which: str, what: str) -> Callable[[Results], float | None]:
    return _web(lambda found: found["page"]["frames"][which][what])


def _kpis(measure: str) -> Callable[[Results], float | None]:
    def found(results: Results) -> float | None:
        rounds = results.get("peers", {}).get("kpis", {}).get("rounds", ())
        return _median([one["ours"][measure] for one in rounds if one["ours"].get(measure) is not None])

    return found


def _doors(pick: Callable[[Results], float]) -> Callable[[Results], float | None]:
    return lambda results: _median([pick(one) for one in results.get("peers", {}).get("doors", {}).get("rounds", ())])


def _routing(pick: Callable[[Results], float]) -> Callable[[Results], float | None]:
    rules = 10_000
    return lambda results: _median(
        [pick(r) for r in results.get("peers", {}).get("routing", ()) if r["rules"] == rules]
    )


def _day(name: str) -> Callable[[Results], float | None]:
    def found(results: Results) -> float | None:
        rows = results["day"]["rows"] if results.get("day") else ()
        return next((float(row["p99"]) for row in rows if row["name"] == name), None)

    return found


def _moved(results: Results) -> float | None:
    day = results.get("day")
    return float(day["transfers"]["seconds"]) * 10_000 / float(day["transfers"]["leads"]) if day else None


def _clock(what: str) -> Callable[[Results], float | None]:
    return lambda results: float(results["clock"][what]) if results.get("clock") else None


GOALS = [
    Goal("held, one lead per POST", "walk", (1200, 2000, 2800), _held("posts"), "leads/s"),
    Goal("held, 500 leads per POST", "walk", (1800, 3000, 4500), _held("batches"), "leads/s"),
    Goal("per core, one lead per POST", "walk", (700, 1200, 1700), _core("posts"), "leads/s"),
    Goal("per core, 500 leads per POST", "walk", (1100, 1900, 2800), _core("batches"), "leads/s"),
    Goal("at 500/s: POST p99", "walk", (120, 60, 30), _at(500, "post", "p99"), "ms", less=True),
    Goal("at 500/s: form to assigned p99", "walk", (350, 180, 120), _at(500, "assigned", "p99"), "ms", less=True),
    Goal("at 500/s: form to frame p99", "walk", (500, 300, 200), _at(500, "frame", "p99"), "ms", less=True),
    Goal("at 500/s: POST p50", "walk", (40, 20, 8), _at(500, "post", "p50"), "ms", less=True),
    Goal("at 500/s: form to assigned p50", "walk", (150, 90, 50), _at(500, "assigned", "p50"), "ms", less=True),
    Goal("at 500/s: form to frame p50", "walk", (250, 160, 110), _at(500, "frame", "p50"), "ms", less=True),
    Goal("at 80 % of the edge: form to assigned p99", "walk", (1500, 800, 300), _below("posts"), "ms", less=True),
    Goal("naive, per core, one lead per POST", "naive", (25, 40, 55), _ratio("posts"), "x"),
    Goal("naive, per core, 500 leads per POST", "naive", (40, 65, 90), _ratio("batches"), "x"),
    Goal("largest service after 500/s, RSS", "memory", (96, 70, 62), _resident, "MB", less=True),
    Goal("idle stack, JVM included", "walk", (25, 15, 8), _idle, "% of a core", less=True),
    Goal("10,000 rules put and active", "growth", (1, 0.2, 0.1), _grown("rules", -1, "activated_s"), "s", less=True),
    Goal(
        "one of 2,000 people moves: it acts everywhere, p99",
        "storm",
        (1000, 500, 250),
        _blown(lambda storm: float(storm["single"]["acts_p99_ms"])),
        "ms",
        less=True,
    ),
    Goal("10,000 moves: the walk at 500/s, of its rate without", "storm", (95, 98, 100), _blown(_held_in_storm), "%"),
    Goal(
        "shell, router and Today, compressed",
        "web",
        (60, 58, 55),
        _web(lambda found: found["first"]["kb"]),
        "kB",
        less=True,
    ),
    Goal(
        "signed in: from Today asked for to its first live number",
        "web",
        (1000, 600, 300),
        _web(lambda found: found["first"]["first"]),
        "ms",
        less=True,
    ),
    Goal(
        "another site's form to the number on an open page, 50 posts, p99",
        "web",
        (500, 300, 150),
        lambda results: results.get("web", {}).get("foreign", {}).get("p99_ms"),
        "ms",
        less=True,
    ),
    Goal(
        "a page that stays open for ten minutes keeps more by",
        "lasting",
        (5, 2, 0.5),
        lambda results: float(results["lasting"]["grown_mb"]) if results.get("lasting") else None,
        "MB",
        less=True,
    ),
    Goal("Today at 1,000 changes/s", "web", (55, 58, 59.5), _drawn("few", "per_second"), "frames/s"),
    Goal("the same with 1,000 rows", "web", (55, 58, 59.5), _drawn("many", "per_second"), "frames/s"),
    Goal(
        "the same, scrolled through: 99 of 100 frames",
        "web",
        (50, 34, 17),
        _drawn("scrolled", "p99_ms"),
        "ms",
        less=True,
    ),
    Goal(
        "metrics with 200 pages, over 200 plain readers",
        "web",
        (1.1, 1, 0.9),
        _web(pages_over_readers),
        "x",
        less=True,
    ),
    Goal(
        "what the gateway adds to an event, p50",
        "web",
        (0.3, 0.2, 0.1),
        _web(lambda found: found["gateway"]["adds_ms"]),
        "ms",
        less=True,
    ),
    Goal("KPI events per CPU second of metrics", "kpis", (25_000, 41_000, 75_000), _kpis("per_cpu_second"), "events/s"),
    Goal(
        "the same, Kafka and Postgres added", "kpis", (20_000, 36_000, 45_000), _kpis("per_cpu_second_all"), "events/s"
    ),
    Goal("kill -9 of metrics to the next KPI", "kpis", (7, 3, 1), _kpis("kill_to_kpi_s"), "s", less=True),
    Goal(
        "the door alone, POSTs per core",
        "doors",
        (4000, 7000, 10_000),
        _doors(lambda one: one["alone"]["per_core"]),
        "POST/s",
    ),
    Goal(
        "the door alone over FastAPI + FastStream doing the same",
        "doors",
        (2.5, 4, 5),
        _doors(lambda one: one["ratio_same"]),
        "x",
    ),
    Goal("routing by 10,000 rules, p99", "routing", (25, 10, 5), _routing(lambda r: r["ours_p99_us"]), "us", less=True),
    Goal(
        "routing over a linear scan, 10,000 rules",
        "routing",
        (50, 130, 250),
        _routing(lambda r: statistics.median(r["ratio"])),
        "x",
    ),
    *(
        Goal(f"among 1,000,000 leads: {name}, p99", "day", marks, _day(name), "ms", less=True)
        for name, marks in (
            ("list, one team", (60, 25, 15)),
            ("list, all teams", (200, 100, 50)),
            ("search, a rare word", (60, 30, 15)),
            ("work list", (60, 20, 10)),
            ("board, one team", (60, 20, 10)),
            ("timeline", (60, 20, 10)),
        )
    ),
    Goal("10,000 leads to others, hashed twice", "day", (60, 20, 10), _moved, "s", less=True),
    Goal("deadlines fired", "clock", (2000, 5000, 10_000), _clock("fired"), "/s"),
    Goal("idle with 1,000,000 open: the clock", "clock", (2, 0.5, 0.25), _clock("idle"), "% of a core", less=True),
    Goal("the same, all jobs", "clock", (2, 0.5, 0.25), _clock("idle_all"), "% of a core", less=True),
    Goal("lateness at 500 due/s, p99", "clock", (1, 0.6, 0.45), _clock("late_p99_s"), "s", less=True),
    Goal("metrics made anew", "growth", (16_700, 50_000, 100_000), _grown("rebuild", "events_per_second"), "events/s"),
]


def section(results: Results) -> list[str]:
    """The table, of what was measured."""
    rows = []
    for goal in GOALS:
        value = goal.measured(results)
        marks = (number(mark) for mark in goal.marks)
        if value is not None:
            loop = number(results["made"][goal.part]["calibration_ms"])
            rows.append((goal.name, *marks, f"{number(value, 2)} {goal.unit}".strip(), goal.reached(value), loop))
    if not rows:
        return []
    heads = ("goal", "floor", "target", "hoped", "measured", "reached", "loop, ms")
    return ["## Goals", "", MEDIANS, "", *table(heads, rows)]
