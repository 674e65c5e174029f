"""All parts one after the other, each with its rounds interleaved."""

import shutil
import time
from pathlib import Path
from typing import Any

from bench.peers import doors, kpis, routing

LEADS, FEW = 60_000, 10_000  # for the KPI part; the few are for Quix Streams
QUICK_LEADS, QUICK_FEW = 5_000, 1_000


def run(home: Path, rounds: int, quick: bool, leads: int | None = None, only: str | None = None) -> dict[str, Any]:
    """Measures. ``home`` is a folder of its own and is emptied before."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    rounds = 1 if quick else rounds
    many, few = (QUICK_LEADS, QUICK_FEW) if quick else (LEADS, FEW)
    found: dict[str, Any] = {"options": {"rounds": rounds, "quick": quick}}
    if only in (None, "kpis"):
        _say("KPIs beside Quix Streams and Bytewax")
        found["kpis"] = kpis.run(home / "kpis", rounds, leads or many, few, quick, _say)
    if only in (None, "doors"):
        _say("the capture door beside FastAPI with FastStream's publish")
        found["doors"] = doors.run(home / "doors", rounds, 2.0 if quick else 4.0, _say)
    if only in (None, "routing"):
        _say("routing beside a linear scan")
        found["routing"] = routing.run(rounds, quick)
    return found


def _say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)
