"""``python -m bench``: all parts, or some (``--only growth,overload``), into ``bench/results.json`` and ``bench/RESULTS.md``."""

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop

from bench import (
    clock,
    day,
    growth,
    lasting,
    machine,
    overload,
    peers,
    report,
    roles,
    saturated,
    scale,
    scope,
    storm,
    traced,
    walk,
    web,
)
from bench.edge import KINDS, Search
from bench.market import market
from bench.naive import run as naive
from bench.readers import raise_open_files
from bench.running import OUT, Running, stack
from bench.tables import RATES

RULES = 10_000
RESULTS = Path(__file__).parent / "results.json"
PARTS = (
    "walk",
    "naive",
    "memory",
    "overload",
    "growth",
    "kpis",
    "doors",
    "routing",
    "scope",
    "storm",
    "web",
    "lasting",
    "scale",
    "traced",
    "day",
    "clock",
)
Results = dict[str, Any]


def say(text: str) -> None:
    """One line of progress."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


def measured(running: Running, rate: float, seconds: float, **more: Any) -> dict[str, Any]:
    """One row, told as it is made."""
    row = uvloop.run(walk.at_rate(running, rate, seconds, **more))
    say(
        f"  {rate:g}/s for {seconds:g} s: {row['per_second']:g}/s done, POST p99 {row['post']['p99']} ms, assigned p99"
        f" {row['assigned']['p99']} ms, frame p99 {row['frame']['p99']} ms, {row['cpu_us_all']} us a lead,"
        f" waiting {row['backlog']['middle']} then {row['backlog']['last']}, drained in {row['drain_s']:g} s"
    )
    return row


def walk_round(number: int, results: Results, options: argparse.Namespace) -> dict[str, Any]:
    """The walk idle, at fixed rates and at its edge, on a fresh stack."""
    say(f"round {number}: the walk")
    found: dict[str, Any] = {"calibration_ms": machine.calibrate()}
    with stack(f"walk-{number}") as running:
        running.load_market(market(RULES))
        found["idle"] = idle(running, min(10.0, options.seconds))
        measured(running, 200, 8)  # warm, not counted
        found["rates"] = [measured(running, rate, options.seconds) for rate in RATES]
        for kind in KINDS:
            search = Search(lambda *asked, **more: measured(running, *asked, **more), kind, options.hold)
            begin = known_edge(results, kind.name) or options.begin.get(kind.name)
            found[kind.name] = search.run(begin, options.seconds)
            say(f"  {kind.name}: held {report.held_rate(found[kind.name]):g}/s for {options.hold:g} s")
        found["verify"] = running.verified()
        say(f"  verify: {'green' if found['verify']['green'] else found['verify']}")
    return found


def memory_round(number: int, options: argparse.Namespace) -> dict[str, Any]:
    """What each service holds when it is fresh and after fixed rates."""
    say(f"round {number}: memory")
    with stack(f"memory-{number}") as running:
        fresh = roles.resident({name: running.pids[name] for name in running.services})
        running.load_market(market(RULES))
        rows = [measured(running, rate, options.seconds) for rate in RATES]
        say("  after the last: " + ", ".join(f"{name} {mb} MB" for name, mb in rows[-1]["resident_mb"].items()))
        return {"fresh": fresh, "rates": rows, "verify": running.verified()}


def known_edge(results: Results, kind: str) -> float | None:
    """What an earlier round of this run held: later rounds begin there."""
    rates = [r[kind]["held"]["offered"] for r in results["walk"] if r[kind]["held"]]
    return float(statistics.median_low(rates)) if rates else None


def naive_round(number: int, options: argparse.Namespace) -> dict[str, Any]:
    """The naive walk at saturation, and ours in the same way right after it."""
    say(f"round {number}: the naive walk")
    home = OUT / "state" / f"naive-{number}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    row = naive.run(home, RULES, options.seconds)
    told_row = "{per_second}/s done, {cpu_us_all} us a lead, {waiting_at_the_end} waiting"
    say("  " + told_row.format(**row))
    with stack(f"beside-{number}") as running:
        running.load_market(market(RULES))
        measured(running, 200, 8)  # warm, not counted
        row["ours"] = {kind.name: uvloop.run(saturated.ours(running, kind.size, options.seconds)) for kind in KINDS}
        row["verify"] = running.verified()
    for name, ours in row["ours"].items():
        say(
            f"  ours, {name}: {told_row.format(**ours)}, {ours['leads_per_core'] / row['leads_per_core']:.1f}x per core"
        )
    return row


def idle(running: Running, seconds: float) -> dict[str, Any]:
    """Per cent of one core that nothing costs, by role."""
    time.sleep(3)
    before = roles.cpu(running.pids)
    time.sleep(seconds)
    used = {role: round(s / seconds * 100, 1) for role, s in roles.spent(before, roles.cpu(running.pids)).items()}
    return {"percent_of_a_core": used, "all": round(sum(used.values()), 1), "memory_mb": roles.memory(running.pids)}


def walks(results: Results, options: argparse.Namespace) -> None:
    """Rounds of the walk and of the naive walk, interleaved."""
    for part in ("walk", "naive"):
        if part in options.only:
            results[part] = []
    for number in range(1, options.rounds + 1):
        if "walk" in options.only:
            results["walk"].append(walk_round(number, results, options))
            write(results)
        if "naive" in options.only:
            results["naive"].append(naive_round(number, options))
            write(results)


def remembered(results: Results, options: argparse.Namespace) -> None:
    """Rounds of memory."""
    results["memory"] = [memory_round(number, options) for number in range(1, options.rounds + 1)]


def overloaded(results: Results, options: argparse.Namespace) -> None:
    """Ten times what single POSTs hold."""
    held = known_edge(results, "posts") if results.get("walk") else None
    rate = 10 * (held or 2000)
    say(f"overload: {rate:g}/s for {options.overload:g} s")
    with stack("overload") as running:
        running.load_market(market(RULES))
        measured(running, 200, 8)  # warm, not counted
        row = results["overload"] = overload.overload(running, rate, options.overload)
    answers = {status: answer["n"] for status, answer in row["answers"].items()}
    say(f"  answers {answers}, counted {row['counted']}, verify {'green' if row['verify']['green'] else row['verify']}")


def grown(results: Results, options: argparse.Namespace) -> None:
    """What grows with what."""
    say("growth")
    stored = 20_000 if options.quick else growth.STORED
    results["growth"] = growth.growth(measured, min(options.seconds, growth.SECONDS), stored)
    rebuilt = results["growth"]["rebuild"]
    say(f"  metrics made anew: {rebuilt['events']} events in {rebuilt['seconds']} s")


def emptied(name: str) -> Path:
    """A folder of a part's own, made anew."""
    home = OUT / "state" / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    return home


def scoped(results: Results, options: argparse.Namespace) -> None:
    """What it costs that rows are somebody's."""
    say("scope")
    results["scope"] = scope.scope(emptied("scope"), 50_000 if options.quick else scope.LEADS, say)


def lived(results: Results, options: argparse.Namespace) -> None:
    """A salesperson's day among many leads."""
    say("day")
    leads, times = (20_000, 20) if options.quick else (day.LEADS, day.TIMES)
    results["day"] = day.day(emptied("day"), leads, times, say)


def timed(results: Results, options: argparse.Namespace) -> None:
    """The clock of what customers are owed, among many that are open."""
    say("clock")
    wanted, seconds, at_once = (20_000, 3.0, 2_000) if options.quick else (clock.OPEN, clock.SECONDS, clock.AT_ONCE)
    results["clock"] = clock.clock(emptied("clock"), wanted, seconds, at_once, say)


def blown(results: Results, options: argparse.Namespace) -> None:
    """Ten thousand moves of two thousand people while leads come."""
    say("storm")
    moves, seconds = (1_000, 8.0) if options.quick else (storm.MOVES, 30.0)
    results["storm"] = storm.storm(storm.RATE, seconds, moves, say)


def browsed(results: Results, options: argparse.Namespace) -> None:
    """What browsers cost, and what they show."""
    say("web")
    results["web"] = web.web(4.0 if options.quick else 8.0, say)


def lasted(results: Results, options: argparse.Namespace) -> None:
    """A page that stays open for ten minutes."""
    say("lasting")
    results["lasting"] = web.lasted(20.0 if options.quick else lasting.SECONDS, say)


def scaled(results: Results, options: argparse.Namespace) -> None:
    """More replicas and more partitions at one rate."""
    say("scale")
    seconds = 6.0 if options.quick else scale.SECONDS
    results["scale"] = scale.scale(measured, say, seconds=seconds)


def with_and_without_traces(results: Results, options: argparse.Namespace) -> None:
    """The walk with traces and without, in turns."""

    def one(name: str, told: dict[str, str]) -> dict[str, Any]:
        say(name)
        with stack(name, **told) as running:
            running.load_market(market(RULES))
            return traced.walked(running, options.seconds, measured)

    results["traced"] = traced.run(options.rounds, one)


def beside(results: Results, options: argparse.Namespace) -> None:
    """Parts of the walk beside what people would take or write instead."""
    for part in peers.PARTS:
        if part in options.only:
            found = peers.run(part, OUT / "state" / "peers", options.rounds, options.quick)
            results["peers"] = {**results.get("peers", {}), part: found}
            write(results)


def main() -> None:
    """What is not asked for again is kept from the last run and shown with the commit that it belongs to."""
    options = arguments()
    raise_open_files()  # services inherit it: thousands of readers need a file each
    OUT.mkdir(parents=True, exist_ok=True)
    results: Results = {} if set(options.only) == set(PARTS) else kept()
    header = results["machine"] = machine.header(OUT)
    as_asked = {k: v for k, v in vars(options).items() if k != "only"}
    steps: list[tuple[set[str], Callable[[Results, argparse.Namespace], None]]] = [
        ({"walk", "naive"}, walks),
        ({"memory"}, remembered),
        ({"overload"}, overloaded),
        ({"growth"}, grown),
        ({"scope"}, scoped),
        ({"storm"}, blown),
        ({"web"}, browsed),
        ({"lasting"}, lasted),
        ({"scale"}, scaled),
        ({"traced"}, with_and_without_traces),
        ({"day"}, lived),
        ({"clock"}, timed),
        (set(peers.PARTS), beside),
    ]
    for parts, step in steps:
        if asked := sorted(parts & set(options.only)):
            for part in asked:
                where = {name: header[name] for name in ("commit", "processor", "python")}
                where |= {"began": time.strftime("%Y-%m-%d %H:%M"), "calibration_ms": machine.calibrate()}
                results.setdefault("made", {})[part] = {**where, **as_asked}
            step(results, options)
            write(results)
    header["calibration_after_ms"] = machine.calibrate()
    header["fsync_after_ms"] = machine.fsync_probe(OUT)
    write(results)
    say(f"written: {report.PAGE}")
    if broken := report.not_green(results):
        sys.exit("This is no result, the invariants do not hold: " + "; ".join(broken))


def arguments() -> argparse.Namespace:
    """What was asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=3, help="rounds of the walk and the naive walk")
    asked.add_argument("--seconds", type=float, default=20, help="of a row at a fixed rate")
    asked.add_argument("--hold", type=float, default=60, help="seconds that a rate must be held")
    asked.add_argument("--overload", type=float, default=120, help="seconds of overload")
    asked.add_argument("--begin", default="", help="first rates to hold, like posts=2000,batches=2600, without a climb")
    asked.add_argument("--only", default=",".join(PARTS), help="parts, with commas between: " + ", ".join(PARTS))
    asked.add_argument("--quick", action="store_true", help="short and once, to see that it works")
    options = asked.parse_args()
    options.only = options.only.split(",")
    options.begin = {
        name: float(rate) for name, _, rate in (one.partition("=") for one in options.begin.split(",") if one)
    }
    if unknown := set(options.only) - set(PARTS):
        asked.error(f"there is no part {', '.join(sorted(unknown))}")
    if options.quick:
        options.rounds, options.seconds, options.hold, options.overload = 1, 6, 8, 8
    return options


def kept() -> Results:
    """The last run's results."""
    found: Results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    return found if "made" in found else {}


def write(results: Results) -> None:
    """After every part, so that a run that is broken off leaves what it has."""
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    report.write(results)


if __name__ == "__main__":
    asyncio.set_event_loop_policy(None)
    main()
