"""The tables of the walk and of what it is compared with."""

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from bench.edge import CHECK_S, KINDS
from bench.latency import merged

Results = dict[str, Any]
HOW = {"posts": "one lead per POST", "batches": "500 leads per POST"}


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Lines of a table."""
    body = ["| " + " | ".join("-" if cell is None else str(cell) for cell in row) + " |" for row in rows]
    return ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|", *body]


def number(value: float | None, digits: int = 1) -> str:
    """A number as people write it."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{round(value, digits):g}"


def spread(values: Sequence[float], digits: int = 1) -> str:
    """Median, and least to most where they differ."""
    if not values:
        return "-"
    middle, least, most = (number(v, digits) for v in (statistics.median(values), min(values), max(values)))
    return middle if least == most else f"{middle} ({least} to {most})"


def held_rate(found: dict[str, Any]) -> float:
    """Leads per second that were held in a round; 0 if none were."""
    return float(found["held"]["per_second"]) if found["held"] else 0.0


def rows_of(results: Results, rate: float) -> list[dict[str, Any]]:
    """The rounds' rows at a fixed rate."""
    return [row for one in results.get("walk", ()) for row in one["rates"] if row["offered"] == rate]


def edges_of(results: Results, kind: str, which: str = "held") -> list[dict[str, Any]]:
    """The rounds' rows at the edge or below it."""
    return [one[kind][which] for one in results.get("walk", ()) if one[kind][which]]


def latency(results: Results) -> list[str]:
    """From the form to everything that follows."""
    if not results.get("walk"):
        return []
    sets = [(f"{rate}/s", rows_of(results, rate)) for rate in (200, 500)]
    for kind in HOW:
        for which, said in (("below", "80 % of the edge"), ("held", "the edge")):
            sets.append((f"{said}, {HOW[kind]}", edges_of(results, kind, which)))
    rows = []
    for name, found in sets:
        for what, said in (("post", "POST answered"), ("assigned", "assigned, visible"), ("frame", "frame parsed")):
            if found:
                whole = merged(row[what] for row in found)
                worst = spread([row[what]["p99"] for row in found if row[what]["n"]])
                cells = [number(whole[p]) for p in ("p50", "p99", "p99.9", "max")]
                rows.append((name, said, *cells, worst, number(whole["n"])))
                name = ""
    return [
        "## Latency, milliseconds",
        "",
        "From the intended sending, all rounds in one histogram. *POST*: every request of the load. *assigned*: the read door shows team",
        "and person; *frame*: a dashboard's client has parsed the frame that counts the lead (frames leave every 100 ms); these two by",
        "probes beside the load, few enough that the highest percentile stands for a handful of leads.",
        "",
        *table(("load", "seen", "p50", "p99", "p99.9", "max", "p99 by round", "n"), rows),
    ]


def edge(results: Results) -> list[str]:
    """The highest rates held."""
    rounds = results.get("walk", ())
    if not rounds:
        return []
    hold = results["made"]["walk"]["hold"]
    rows = []
    for kind, how in HOW.items():
        held = edges_of(results, kind)
        rows.append(
            (
                how,
                ", ".join(number(held_rate(one[kind])) for one in rounds),
                spread([row["leads_per_core"] for row in held], 0),
                spread([row["cores_busy"] for row in held], 2),
                spread([row["backlog"]["most"] for row in held], 0),
            )
        )
    tried = [
        (number(n), HOW[kind.name], number(t["offered"]), f"{t['asked_s']:g} s", "held" if t["held"] else t["not_held"])
        for n, one in enumerate(rounds, 1)
        for kind in KINDS
        for t in one[kind.name]["tried"]
    ]
    return [
        f"## Highest rate held for {hold:g} s",
        "",
        "Held: everything offered was accepted, at 97 % of the rate at which it was offered or more; what waits between the generator's",
        "queue and the KPI, looked at each second, did not grow (mean of the last third at most one second's leads above that of the",
        f"middle third) and was gone within 2 s of the end. Round 1 climbs by {min(CHECK_S, hold):g} s looks or begins where `--begin` says; later rounds begin at what it held.",
        "",
        *table(("how", "leads/s, by round", "leads/s per core, all roles", "cores busy", "most waiting, leads"), rows),
        "",
        "<details><summary>Every rate that was tried</summary>",
        "",
        *table(("round", "how", "offered/s", "for", ""), tried),
        "",
        "</details>",
    ]


def costs(results: Results) -> list[str]:
    """Processor time and memory by role."""
    rounds = results.get("walk", ())
    if not rounds:
        return []
    roles = list(rounds[0]["rates"][0]["cpu_us"])
    sets = [(f"{rate}/s", rows_of(results, rate)) for rate in (200, 500)]
    sets += [(f"the edge, {HOW[kind]}", edges_of(results, kind)) for kind in HOW]
    time_rows = [
        (
            name,
            *(spread([row["cpu_us"][role] for row in found], 0) for role in roles),
            spread([row["cpu_us_all"] for row in found], 0),
            spread([row["generator_us"] for row in found], 0),
        )
        for name, found in sets
        if found
    ]
    looks = [("idle, fresh", [one["idle"]["memory_mb"] for one in rounds])]
    looks += [(f"after {name}", [row["memory_mb"] for row in found]) for name, found in sets if found]
    memory_rows = [(name, *(spread([look[role] for look in found]) for role in roles)) for name, found in looks]
    resident = [(f"after {name}", [row["resident_mb"] for row in found]) for name, found in sets if found]
    services = list(resident[0][1][0])
    idle = [one["idle"] for one in rounds]
    idle_rows = [
        (
            *(spread([look["percent_of_a_core"][role] for look in idle]) for role in roles),
            spread([look["all"] for look in idle]),
        )
    ]
    return [
        "## Processor time, microseconds a lead",
        "",
        "The *leads* process is capture door, read door and the service itself.",
        "",
        *table(("load", *roles, "all", "(generator)"), time_rows),
        "",
        "Idle, in per cent of one core:",
        "",
        *table((*roles, "all"), idle_rows),
        "",
        "## Memory, MB",
        "",
        "Proportional set size: pages that processes share are counted once. Postgres is all of its processes.",
        "",
        *table(("when", *roles), memory_rows),
        "",
        "Resident set size of the services' processes, shared pages in full:",
        "",
        *table(
            ("when", *services),
            [(name, *(spread([look[s] for look in found]) for s in services)) for name, found in resident],
        ),
    ]


def ratios(results: Results, kind: str) -> list[float]:
    """Leads per core at the edge over the naive walk's at saturation, round by round of one run: two runs have no ratio."""
    made = results["made"]
    if "walk" not in made or "naive" not in made or made["walk"]["began"] != made["naive"]["began"]:
        return []
    pairs = zip(results.get("walk", ()), results.get("naive", ()), strict=False)
    return [
        round((ours[kind]["held"]["leads_per_core"] if ours[kind]["held"] else 0) / naive["leads_per_core"], 1)
        for ours, naive in pairs
    ]


def naive(results: Results) -> list[str]:
    """Beside what most teams would write."""
    rows = results.get("naive")
    if not rows:
        return []
    roles = list(rows[0]["cpu_us"])
    posts = merged(row["post"] for row in rows)
    rested = merged(row["at_rest"]["assigned"] for row in rows)
    saturated = all(row["saturated"] for row in rows)
    lines = [
        "## Beside what most teams would write",
        "",
        "`bench/naive`: FastAPI, a FastStream handler per message, a SQLAlchemy session and transaction each, an outbox published row by row, the",
        "same 10,000 rules scanned one after the other. Safe and tidy, without batches. It hears and says the same events and keeps the same records,",
        "calls the same functions for every decision but routing, seals personal data, and has FastStream's log, traces (1 %) and telemetry as they come.",
        "It has no read doors, no streams to dashboards and no watermarks, which flatters it. It is measured with a backlog before it, so it is never idle"
        + (":" if saturated else "; BUT IT WAS IDLE, so this is not its best:"),
        "",
        *table(
            ("leads/s", "leads/s per core", "cores busy", "us a lead", "POST p50", "POST p99", "waiting at the end"),
            [
                (
                    spread([row["per_second"] for row in rows]),
                    spread([row["leads_per_core"] for row in rows]),
                    spread([row["cores_busy"] for row in rows], 2),
                    spread([row["cpu_us_all"] for row in rows], 0),
                    f"{number(posts['p50'])} ms",
                    f"{number(posts['p99'])} ms",
                    spread([row["waiting_at_the_end"] for row in rows], 0),
                )
            ],
        ),
        "",
        *table(
            ("us a lead", *roles),
            [("", *(spread([row["cpu_us"][role] for row in rows], 0) for role in roles))],
        ),
        "",
        f"At {rows[0]['at_rest']['offered']:g}/s, far below saturation, its lead is assigned after {number(rested['p50'])} ms (p50) and"
        f" {number(rested['p99'])} ms (p99), n {rested['n']}, looked at in its table.",
    ]
    if results.get("walk"):
        lines += [
            "",
            *table(
                ("per core, ours at the edge over naive at saturation", "median of the rounds", "by round"),
                [
                    (how, f"{number(statistics.median(each))}x", ", ".join(f"{number(one)}x" for one in each))
                    for kind, how in HOW.items()
                    if (each := ratios(results, kind))
                ],
            ),
        ]
    return lines
