"""From ``results.json`` to a page that a person reads."""

import statistics
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "RESULTS.md"


def write(results: dict[str, Any]) -> None:
    """Writes RESULTS.md."""
    RESULTS.write_text(
        "\n".join(
            [*_head(results), *_rates(results), *_edge(results), *_cpu(results), *_naive(results), *_rest(results)]
        )
        + "\n"
    )


def _spread(values: list[float]) -> str:
    """Median, and least to most where they differ."""
    middle = statistics.median(values)
    return f"{middle:g}" if min(values) == max(values) else f"{middle:g} ({min(values):g} to {max(values):g})"


def _head(results: dict[str, Any]) -> list[str]:
    m = results["machine"]
    named = "names" if m["python_configured_for_speed"] else "does not name"
    packages = ", ".join(f"{name} {version}" for name, version in m["packages"].items())
    return [
        "# Results",
        "",
        "`make bench` wrote this page. Open loop, intended send times, median of the rounds and their spread. All guarantees on: acks=all,",
        "idempotent producers, synchronous_commit and fsync on, sealing, validation, traces at 1 %. The generator shares the machine; its",
        "processor time is not counted. A run whose invariants do not hold is no result.",
        "",
        "| | |",
        "|---|---|",
        f"| machine | {m['processor']}, {m['cores']} cores, Linux {m['kernel']} |",
        f"| interpreter | CPython {m['python']}; its configuration {named} profile-guided optimisation (a distribution may add it) |",
        f"| packages | {packages} |",
        f"| commit | {m['commit']} |",
        f"| 8 kB fdatasync | {m['fsync_ms']} ms (median of 50) |",
        f"| calibration loop | {m['calibration_ms']} ms before, {m.get('calibration_after_ms', '-')} ms after; load before: {m['load_before']} |",
        f"| rounds | {len(results['rounds'])}; invariants green in {sum(1 for r in results['rounds'] if r['verify']['green'])} |",
        "",
    ]


def _rates(results: dict[str, Any]) -> list[str]:
    lines = [
        "## Latency, milliseconds",
        "",
        "From the intended sending. *assigned*: the read door shows team and person. *frame*: a dashboard's client has parsed the frame that",
        "counts the lead (frames leave every 100 ms).",
        "",
        "| offered/s | POST p50 | p99 | assigned p50 | p99 | p99.9 | frame p50 | p99 | us of processor a lead | cores busy |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for n, rate in enumerate(r["offered"] for r in results["rounds"][0]["rates"]):
        rows = [one["rates"][n] for one in results["rounds"]]
        cells = [
            _spread([r[what][p] for r in rows])
            for what, p in (
                ("post", "p50"),
                ("post", "p99"),
                ("assigned", "p50"),
                ("assigned", "p99"),
                ("assigned", "p99.9"),
                ("frame", "p50"),
                ("frame", "p99"),
            )
        ]
        lines.append(
            f"| {rate:g} | "
            + " | ".join(cells)
            + f" | {_spread([r['cpu_us_all'] for r in rows])} | {_spread([r['cores_busy'] for r in rows])} |"
        )
    return [*lines, ""]


def _edge(results: dict[str, Any]) -> list[str]:
    seconds = results["options"]["hold"]
    lines = [
        f"## Highest rate held for {seconds:g} s",
        "",
        "| how | leads/s, by round | leads/s per core, all roles, best round | first rate not held |",
        "|---|---|---|---|",
    ]
    for name, how in (("posts", "one lead per POST"), ("batches", "500 leads per POST")):
        best = [max((r["per_second"] for r in one[name] if r["held"]), default=0) for one in results["rounds"]]
        core = [max((r["leads_per_core"] for r in one[name] if r["held"]), default=0) for one in results["rounds"]]
        broke = [
            str(next((r["offered"] for r in one[name] if not r["held"]), "none tried")) for one in results["rounds"]
        ]
        lines.append(f"| {how} | {', '.join(map(str, best))} | {max(core)} | {', '.join(broke)} |")
    return [*lines, ""]


def _cpu(results: dict[str, Any]) -> list[str]:
    rounds = results["rounds"]
    roles = list(rounds[0]["rates"][0]["cpu_us"])
    lines = [
        "## Where the processor time goes, us a lead, first round",
        "",
        "| offered/s | " + " | ".join(roles) + " | all |",
        "|---" * (len(roles) + 2) + "|",
    ]
    for row in [*rounds[0]["rates"], *rounds[0]["posts"], *rounds[0]["batches"]]:
        lines.append(
            f"| {row['offered']:g} | " + " | ".join(str(row["cpu_us"][r]) for r in roles) + f" | {row['cpu_us_all']} |"
        )
    lines += [
        "",
        "## Memory, MB (proportional set size)",
        "",
        "| when | " + " | ".join(roles) + " |",
        "|---" * (len(roles) + 1) + "|",
    ]
    looks = [
        ("idle, fresh", rounds[0]["idle_fresh"]["memory_mb"]),
        ("after 500/s", rounds[0]["rates"][-1]["memory_mb"]),
        ("after the edge", rounds[0]["batches"][-1]["memory_mb"]),
    ]
    for when, memory in looks:
        lines.append(f"| {when} | " + " | ".join(str(memory.get(r, "-")) for r in roles) + " |")
    idle = [one["idle_fresh"]["all"] for one in rounds]
    return [*lines, "", f"Idle, the whole stack uses {_spread(idle)} % of one core.", ""]


def _naive(results: dict[str, Any]) -> list[str]:
    rows = [one["naive"] for one in results["rounds"]]
    lines = [
        "## Beside what most teams would write",
        "",
        "`bench/naive`: FastAPI, a FastStream handler per message, a SQLAlchemy session and transaction each, an outbox published row by row, the",
        "same rules scanned one after the other. Safe, tidy, without batches; offered more than it can do.",
        "",
        f"It does {_spread([r['per_second'] for r in rows])} leads/s, {_spread([r['leads_per_core'] for r in rows])} per core.",
    ]
    if ratio := results.get("ratio_to_naive"):
        lines += ["", "| per core at the edge | median | least | most |", "|---|---|---|---|"]
        lines += [
            f"| {how} | {ratio[n]['median']}x | {ratio[n]['least']}x | {ratio[n]['most']}x |"
            for n, how in (("posts", "one lead per POST"), ("batches", "500 per POST"))
        ]
    return [*lines, ""]


def _rest(results: dict[str, Any]) -> list[str]:
    row = results.get("overload")
    if row is None:
        return []
    answers = ", ".join(f"{status}: {count}" for status, count in sorted(row["statuses"].items()))
    before, after = row["memory_before_mb"], row["memory_mb"]
    memory = ", ".join(f"{role} {before[role]} -> {after[role]}" for role in before)
    return [
        "## Overload",
        "",
        f"{row['offered']:g} leads/s offered: {row['per_second']}/s done, answers {answers}; invariants {'green' if row['verify']['green'] else 'NOT green'}.",
        f"Memory, MB: {memory}.",
    ]
