"""The tables of the walk and of what it is compared with."""

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from bench.edge import CHECK_S, KINDS
from bench.latency import merged

Results = dict[str, Any]
RATES = (200, 500)
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
    sets = [(f"{rate}/s", rows_of(results, rate)) for rate in RATES]
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
    sets = [(f"{rate}/s", rows_of(results, rate)) for rate in RATES]
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
    ]


def resident_of(results: Results, rate: float) -> list[dict[str, float]]:
    """Each service's resident megabytes after this rate, round by round."""
    return [row["resident_mb"] for one in results.get("memory", ()) for row in one["rates"] if row["offered"] == rate]


def memory(results: Results) -> list[str]:
    """What a service's process holds."""
    rounds = results.get("memory", ())
    if not rounds:
        return []
    looks = [("fresh", [one["fresh"] for one in rounds])]
    looks += [(f"after {rate}/s", resident_of(results, rate)) for rate in RATES]
    services = list(rounds[0]["fresh"])
    return [
        "## Resident memory of a service, MB",
        "",
        "Resident set size, pages shared with other processes in full; territory with 10,000 rules.",
        "",
        *table(
            ("when", *services),
            [(name, *(spread([look[s] for look in found]) for s in services)) for name, found in looks if found],
        ),
    ]


def ratios(results: Results, kind: str) -> list[float]:
    """Leads per core of our walk over the naive one's, both at saturation, round by round."""
    rows = results.get("naive", ())
    return [round(row["ours"][kind]["leads_per_core"] / row["leads_per_core"], 1) for row in rows if "ours" in row]


def naive(results: Results) -> list[str]:
    """Beside what most teams would write."""
    rows = results.get("naive")
    if not rows or "ours" not in rows[0]:
        return []
    roles = list(
        dict.fromkeys(role for row in rows for each in (row, *row["ours"].values()) for role in each["cpu_us"])
    )
    rested = merged(row["at_rest"]["assigned"] for row in rows)
    sets = [("naive, one lead per POST", rows)]
    sets += [(f"ours, {how}", [row["ours"][kind] for row in rows]) for kind, how in HOW.items()]
    idle = [name for name, found in sets if not all(row["saturated"] for row in found)]
    return [
        "## Beside what most teams would write",
        "",
        "`bench/naive`: FastAPI, a FastStream handler per message, a SQLAlchemy session and transaction each, an outbox published row by row, the",
        "same 10,000 rules scanned one after the other. Safe and tidy, without batches. It hears and says the same events and keeps the same records,",
        "calls the same functions to judge a lead, to take turns and to count, seals personal data, and has FastStream's log, traces (1 %) and telemetry as they come.",
        "It has no read doors, no streams to dashboards and no watermarks, which flatters it. Both walks are measured at saturation in the same way, one",
        "after the other: first a backlog is made, then about as much is offered as is done, so none of them is ever idle.",
        *(["", f"**They were idle, so this is not their best: {', '.join(idle)}.**"] if idle else []),
        "",
        *table(
            (
                "walk",
                "leads/s",
                "leads/s per core",
                "us a lead",
                "cores busy",
                "waiting at the end",
                "per core over naive",
                "by round",
            ),
            [
                (
                    name,
                    spread([row["per_second"] for row in found]),
                    spread([row["leads_per_core"] for row in found]),
                    spread([row["cpu_us_all"] for row in found], 0),
                    spread([row["cores_busy"] for row in found], 2),
                    spread([row["waiting_at_the_end"] for row in found], 0),
                    *_over_naive(found, rows),
                )
                for name, found in sets
            ],
        ),
        "",
        *table(
            ("us a lead", *roles),
            [
                (name, *(spread([row["cpu_us"][role] for row in found if role in row["cpu_us"]], 0) for role in roles))
                for name, found in sets
            ],
        ),
        "",
        "The door of ours is part of its leads. The naive walk has no campaigns.",
        "",
        f"At {rows[0]['at_rest']['offered']:g}/s, far below saturation, a lead of the naive walk is assigned after {number(rested['p50'])} ms (p50) and"
        f" {number(rested['p99'])} ms (p99), n {rested['n']}, looked at in its table.",
    ]


def _over_naive(found: list[dict[str, Any]], rows: list[dict[str, Any]]) -> tuple[str, str]:
    if found is rows:
        return "1x", ""
    each = [round(a["leads_per_core"] / b["leads_per_core"], 1) for a, b in zip(found, rows, strict=True)]
    return f"{number(statistics.median(each))}x", ", ".join(f"{number(one)}x" for one in each)
