"""Ten times what is held, for two minutes: what is accepted is never lost, the rest is refused quickly, memory stays."""

import json
import subprocess
import sys
import time
from typing import Any

from bench import roles
from bench.running import ROOT, Running

CALLERS = 1500


def overload(running: Running, rate: float, seconds: float, callers: int = CALLERS) -> dict[str, Any]:
    """Floods the door from a process of its own and looks at memory every two seconds."""
    before = running.counted()["routed"]
    memory, peak = roles.memory(running.pids), dict[str, float]()
    cpu_before, began = roles.cpu(running.pids), time.perf_counter()
    command = [sys.executable, "-m", "bench.flood", str(running.port("leads")), str(callers), str(rate), str(seconds)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as flood:
        while flood.poll() is None:
            time.sleep(2)
            peak = higher(peak, roles.memory(running.pids))
        assert flood.stdout is not None
        options: dict[str, Any] = json.loads(flood.stdout.read().strip().splitlines()[-1])
    took = time.perf_counter() - began
    spent = roles.spent(cpu_before, roles.cpu(running.pids))
    accepted = sum(answer["n"] for status, answer in options["answers"].items() if status in ("200", "202"))
    drain = running.drained(before + accepted, within=300)
    time.sleep(5)
    return {
        "offered": rate,
        "asked_s": seconds,
        "callers": callers,
        **options,
        "accepted": accepted,
        "refused": sum(answer["n"] for answer in options["answers"].values()) - accepted,
        "accepted_per_second": round(accepted / took),
        "counted": running.counted()["routed"] - before,
        "drain_s": round(drain, 1),
        "cores_busy": round(sum(spent.values()) / took, 2),
        "memory_mb": {"before": memory, "peak": higher(peak, memory), "after": roles.memory(running.pids)},
        "verify": running.verified(),
    }


def higher(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    """The higher of two looks, by role."""
    return {role: max(one.get(role, 0.0), other.get(role, 0.0)) for role in {**one, **other}}
