"""``python -m bench``: one run, all rounds, ``bench/results.json`` and ``bench/RESULTS.md``."""

import argparse
import asyncio
import json
import shutil
import statistics
import time
from pathlib import Path
from typing import Any

import uvloop

from bench import machine, report, roles, walk
from bench.market import market
from bench.naive import run as naive
from bench.running import OUT, Running, stack

RULES = 1000
POSTS, BATCHES = (1200, 1600, 2000, 2400, 2800), (1800, 2400, 3000, 3750, 4500)


def say(text: str) -> None:
    """One line of progress."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


def measured(running: Running, rate: float, seconds: float, **more: Any) -> dict[str, Any]:
    """One row, told as it is made."""
    row = uvloop.run(walk.at_rate(running, rate, seconds, **more))
    say(
        f"  {rate:g}/s offered: {row['per_second']}/s done, POST p99 {row['post']['p99']} ms, assigned p99 {row['assigned']['p99']} ms,"
        f" frame p99 {row['frame']['p99']} ms, {row['cpu_us_all']} us a lead, drained in {row['drain_s']} s"
    )
    return row


def highest(running: Running, rates: tuple[int, ...], seconds: float, size: int) -> list[dict[str, Any]]:
    """Climbs the rates until one is not held."""
    rows = []
    for rate in rates:
        row = measured(running, rate, seconds, size=size, probes=10)
        row["held"] = walk.held(row)
        rows.append(row)
        if not row["held"]:
            break
    return rows


def one_round(number: int, seconds: float, hold_s: float) -> dict[str, Any]:
    """The walk at fixed rates and at its edge, on a fresh stack; then the naive walk on its own."""
    say(f"round {number}: the walk")
    found: dict[str, Any] = {"calibration_ms": machine.calibrate()}
    with stack(f"walk-{number}") as running:
        running.load_market(market(RULES))
        found["idle_fresh"] = idle(running)
        measured(running, 200, 8)  # warm, not counted
        found["rates"] = [measured(running, rate, seconds) for rate in (200, 500)]
        found["posts"] = highest(running, POSTS, hold_s, 1)
        found["batches"] = highest(running, BATCHES, hold_s, 500)
        found["verify"] = running.verified()
        say(f"  verify: {'green' if found['verify']['green'] else found['verify']}")
    say(f"round {number}: the naive walk")
    home = OUT / "state" / f"naive-{number}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    found["naive"] = naive.run(home, RULES, 80, seconds)
    say(f"  {found['naive']['per_second']}/s done, {found['naive']['cpu_us_all']} us a lead")
    return found


def idle(running: Running, seconds: float = 10) -> dict[str, Any]:
    """Per cent of one core that nothing costs, by role."""
    time.sleep(3)
    before = roles.cpu(running.pids)
    time.sleep(seconds)
    used = {role: round(s / seconds * 100, 1) for role, s in roles.spent(before, roles.cpu(running.pids)).items()}
    return {"percent_of_a_core": used, "all": round(sum(used.values()), 1), "memory_mb": roles.memory(running.pids)}


def overload(seconds: float) -> dict[str, Any]:
    """Ten times what is held: nothing accepted is lost, the rest is refused quickly, memory stays."""
    say("overload")
    with stack("overload") as running:
        running.load_market(market(RULES))
        before = roles.memory(running.pids)
        row = measured(running, 20_000, seconds, probes=5)
        row["memory_before_mb"], row["verify"] = before, running.verified()
        return row


def main() -> None:
    """Rounds interleaved; medians and spreads in the report."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--seconds", type=float, default=20)
    asked.add_argument("--hold", type=float, default=60, help="seconds that a rate must be held")
    asked.add_argument("--overload", type=float, default=60)
    asked.add_argument("--quick", action="store_true", help="one short round, to see that it works")
    told = asked.parse_args()
    if told.quick:
        told.rounds, told.seconds, told.hold, told.overload = 1, 6, 8, 8
    OUT.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {"machine": machine.header(OUT), "options": vars(told), "rounds": []}
    for number in range(1, told.rounds + 1):
        results["rounds"].append(one_round(number, told.seconds, told.hold))
        _write(results)
    results["overload"] = overload(told.overload)
    results["machine"]["calibration_after_ms"] = machine.calibrate()
    results["ratio_to_naive"] = ratios(results["rounds"])
    _write(results)
    say(f"written: {report.RESULTS}")


def ratios(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """Leads per core at the edge over the naive walk's, per round; median, least and most."""
    found = {}
    for name in ("posts", "batches"):
        each = [
            max((r["leads_per_core"] for r in one[name] if r["held"]), default=0) / one["naive"]["leads_per_core"]
            for one in rounds
        ]
        found[name] = {
            "median": round(statistics.median(each), 1),
            "least": round(min(each), 1),
            "most": round(max(each), 1),
        }
    return found


def _write(results: dict[str, Any]) -> None:
    folder = Path(__file__).parent
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    report.write(results)


if __name__ == "__main__":
    asyncio.set_event_loop_policy(None)
    main()
