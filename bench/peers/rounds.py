"""Each part with its rounds interleaved."""

import shutil
import time
from pathlib import Path
from typing import Any

from bench.peers import doors, kpis, routing

PARTS = ("kpis", "doors", "routing")
LEADS, FEW = 60_000, 10_000  # for the KPI part; the few are for Quix Streams
QUICK_LEADS, QUICK_FEW = 5_000, 1_000


def run(part: str, home: Path, rounds: int, quick: bool) -> Any:
    """Measures one part. ``home`` is a folder of its own and is emptied before."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    if part == "kpis":
        _say("KPIs beside Quix Streams and Bytewax")
        return kpis.run(home, rounds, *((QUICK_LEADS, QUICK_FEW) if quick else (LEADS, FEW)), quick, _say)
    if part == "doors":
        _say("the capture door beside FastAPI with FastStream's publish")
        return doors.run(home, rounds, 2.0 if quick else 5.0, _say)
    _say("routing beside a linear scan")
    return routing.run(rounds, quick)


def _say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)
