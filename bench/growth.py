"""What grows with what: rules, segments, stored leads, readers of the stream, and the history that metrics is made of."""

import asyncio
import json
import os
import subprocess
import sys
import time
from typing import Any

import uvloop

from bench import roles, stored, walk
from bench.edge import Measure
from bench.market import market
from bench.running import ROOT, Running, own_stack

RATE, SECONDS, WARM_S = 1000, 12.0, 8.0
RULES, SEGMENTS, READERS = (10, 1000, 10_000), (10, 10_000), (100, 1000, 5000)
STORED = 1_000_000


def growth(measure: Measure, seconds: float = SECONDS, stored_leads: int = STORED) -> dict[str, Any]:
    """All of it on one stack of its own, from little to much."""
    with own_stack("growth") as (running, stack):
        running.load_market(market(RULES[0]))
        measure(running, RATE, WARM_S)  # warm, not counted
        found: dict[str, Any] = {"rate": RATE}
        found["rules"] = [_rules(running, measure, count, seconds) for count in RULES]
        found["segments"] = [_segments(running, measure, count, seconds) for count in SEGMENTS]
        running.load_market(market(1000))
        found["readers"] = [_readers(running, count, seconds) for count in READERS]
        found["verify"] = running.verified()
        found["rebuild"] = stored.rebuild(stack, running)
        found["verify_rebuilt"] = running.verified()
        measure(running, RATE, WARM_S)  # metrics is a new process: warm again
        few = running.counted()["leads"]
        found["stored"] = [{"stored": few, **measure(running, RATE, seconds)}]
        filled = asyncio.run(stored.fill(running, stored_leads))
        measure(running, RATE, WARM_S)
        found["stored"].append({"stored": filled["rows"]["leads.lead"], **measure(running, RATE, seconds)})
        found["filled"] = filled
    return found


def _rules(running: Running, measure: Measure, count: int, seconds: float) -> dict[str, Any]:
    took = running.load_market(market(count))
    return {"rules": count, "activated_s": round(took, 2), **measure(running, RATE, seconds)}


def _segments(running: Running, measure: Measure, count: int, seconds: float) -> dict[str, Any]:
    """The same ten thousand rules both times, met equally often: only the number of segments they lead to differs."""
    running.load_market(market(10_000, count, tiled=True))
    row = measure(running, RATE, seconds)
    return {"segments": count, "kpi_rows": len(running.get("metrics", "/v1/kpis?by=segment")["rows"]), **row}


def _readers(running: Running, count: int, seconds: float, rate: float = 200) -> dict[str, Any]:
    """So many dashboards while leads come at 200/s: all in a process of their own but the one of the probes."""
    command = [sys.executable, "-m", "bench.readers", str(running.port("metrics")), str(count - 1)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "TOKEN": running.token}, **pipes) as readers:
        assert readers.stdin is not None
        assert readers.stdout is not None
        ready = json.loads(readers.stdout.readline())["ready"]
        readers.stdin.write("begin\n")
        readers.stdin.flush()
        cpu, began = roles.cpu(running.pids), time.perf_counter()
        row = uvloop.run(walk.at_rate(running, rate, seconds, probes=5))
        spent, took = roles.spent(cpu, roles.cpu(running.pids)), time.perf_counter() - began
        readers.stdin.write("end\n")
        readers.stdin.flush()
        options = json.loads(readers.stdout.readline())
    return {
        "readers": count,
        "connected": ready + 1,
        **options,
        "probe_frame": row["frame"],
        "assigned": row["assigned"],
        "metrics_cores": round(spent["metrics"] / took, 2),
        "metrics_resident_mb": row["resident_mb"]["metrics"],
    }
