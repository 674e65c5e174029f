"""From ``results.json`` to a page that a person reads."""

from pathlib import Path
from typing import Any

from bench import day_page, goals, peers, picture, scale_page, scope_page, tables, tables_more, traced, web_page
from bench.lasting import wrong
from bench.tables import held_rate, table

PAGE = Path(__file__).parent / "RESULTS.md"
PICTURE = Path(__file__).parent / "results.svg"
NOISY = """**The calibration loops of the parts differ by more than a tenth**: they were measured on different machines, or somebody else
used this one. The table at the end of the page says which is which; ratios are of one run each."""
Results = dict[str, Any]

__all__ = ["PAGE", "held_rate", "not_green", "write"]


def write(results: Results) -> None:
    """Writes RESULTS.md and its picture."""
    drawn = picture.drawn(results)
    if drawn:
        PICTURE.write_text(drawn)
    sections = [
        _head(results, bool(drawn)),
        goals.section(results),
        tables.latency(results),
        tables.edge(results),
        tables.costs(results),
        tables.memory(results),
        tables.naive(results),
        tables_more.overload(results),
        tables_more.growth(results),
        scope_page.lines(results),
        scope_page.storm(results),
        day_page.day(results),
        day_page.clock(results),
        web_page.lines(results.get("web")),
        web_page.lasted(results.get("lasting")),
        scale_page.lines(results),
        traced.lines(results.get("traced", [])),
        peers.lines(results.get("peers", {})),
        _how(results),
    ]
    PAGE.write_text("\n".join(line for section in sections if section for line in (*section, "")).rstrip() + "\n")


def not_green(results: Results) -> list[str]:
    """Which runs the checker did not find whole, and which lost what they had accepted."""
    checks = {f"walk, round {n}": one.get("verify") for n, one in enumerate(results.get("walk", ()), 1)}
    checks |= {f"memory, round {n}": one.get("verify") for n, one in enumerate(results.get("memory", ()), 1)}
    checks |= {
        f"beside the naive walk, round {n}": one.get("verify") for n, one in enumerate(results.get("naive", ()), 1)
    }
    checks |= {f"traced, walk {n}": one["verify"] for n, one in enumerate(results.get("traced", ()), 1)}
    if row := results.get("overload"):
        checks["overload"] = row["verify"]
        if row["counted"] != row["accepted"]:
            checks["overload, accepted and counted"] = {"green": False}
    if grown := results.get("growth"):
        checks |= {"growth": grown["verify"], "growth, metrics made anew": grown["verify_rebuilt"]}
    if blown := results.get("storm"):
        checks["storm"] = blown["verify"]
    if browsed := results.get("web"):
        checks["web"] = browsed["verify"]
    if lasted := results.get("lasting"):
        checks["lasting"] = {"green": not wrong(lasted)}
    if spread := results.get("scale"):
        checks["scale"] = spread["verify"]
    for n, one in enumerate(results.get("peers", {}).get("kpis", {}).get("rounds", ()), 1):
        checks[f"KPIs beside stream engines, round {n}"] = {"green": not one["ours"]["wrong"]}
    return [name for name, check in checks.items() if not (check and check["green"])]


def _head(results: Results, drawn: bool) -> list[str]:
    m = results["machine"]
    named = "names" if m["python_configured_for_speed"] else "does not name"
    walked = [one["calibration_ms"] for one in results.get("walk", ())]
    calibrations = [how["calibration_ms"] for how in results["made"].values()] + walked
    rows = [
        ("machine, of the newest part", f"{m['processor']}, {m['cores']} cores, Linux {m['kernel']}"),
        (
            "interpreter",
            f"CPython {m['python']}; its configuration {named} profile-guided optimisation (a distribution may add it)",
        ),
        ("packages", ", ".join(f"{name} {version}" for name, version in m["packages"].items())),
        ("settings", "; ".join(f"{name}: {what}" for name, what in m.get("settings", {}).items())),
        ("8 kB fdatasync, median of 50", f"{m['fsync_ms']} ms before, {m.get('fsync_after_ms', '-')} ms after"),
        (
            "calibration loop",
            f"{', '.join(f'{c:g}' for c in walked) or '-'} ms before each round of the walk, {m.get('calibration_after_ms', '-')} ms after"
            f" all; load before: {m['load_before']}",
        ),
    ]
    broken = not_green(results)
    quick = [part for part, how in results["made"].items() if how["quick"]]
    reasons = [f"the invariants do not hold ({'; '.join(broken)})"] if broken else []
    reasons += [f"only a quick look was taken ({', '.join(quick)})"] if quick else []
    verdict = f"**This is no result: {' and '.join(reasons)}.**" if reasons else ""
    noisy = max(calibrations) > 1.1 * min(calibrations)
    return [
        "# Results",
        "",
        *([verdict, ""] if verdict else []),
        "`make bench` wrote this page. Load is open: every request has an intended time, and latency counts from it. Percentiles are",
        "of HDR histograms. All guarantees are on: acks=all, idempotent producers, fsync and synchronous_commit, sealing, validation,",
        "traces at 1 %. Generator and probes share the machine; their processor time is not counted. After every run of the walk, under",
        "overload too, `make verify` must be green, or there is no result.",
        "",
        *(["![Latency and processor time per lead against the rate](results.svg)", ""] if drawn else []),
        *table(("", ""), rows),
        *(["", NOISY] if noisy else []),
    ]


def _how(results: Results) -> list[str]:
    named = ("rounds", "seconds", "hold", "overload")
    rows = [
        (
            part,
            how["began"],
            how["commit"],
            f"{how['processor']}, CPython {how['python']}",
            f"{how['calibration_ms']:g}",
            ", ".join(f"{name} {how[name]:g}" for name in named),
        )
        for part, how in results["made"].items()
    ]
    return [
        "## How to repeat it",
        "",
        "```",
        "make bench                                   # everything, on a machine that does nothing else",
        "python -m bench --only walk,naive --rounds 3 # some parts; the others stay as they were",
        "python -m bench --quick                      # a short look, no result",
        "```",
        "",
        "What this page was made from:",
        "",
        *table(("part", "measured", "commit", "machine", "calibration loop, ms", "asked"), rows),
    ]
