"""The machine and the interpreter that a result belongs to: without them a number means nothing."""

import os
import platform
import subprocess
import sysconfig
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = (
    "faststream",
    "aiokafka",
    "pydantic",
    "asyncpg",
    "sqlalchemy",
    "fastapi",
    "uvicorn",
    "uvloop",
    "hdrhistogram",
)


def header(scratch: Path) -> dict[str, Any]:
    """Processor, kernel, interpreter and how it was built, versions, commit, and a probe of the disk."""
    flags = str(sysconfig.get_config_var("CONFIG_ARGS") or "")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "python_configured_for_speed": "--enable-optimizations" in flags,
        "packages": {name: version(name) for name in PACKAGES},
        "commit": _commit(),
        "fsync_ms": fsync_probe(scratch),
        "calibration_ms": calibrate(),
        "load_before": round(os.getloadavg()[0], 2),
        "settings": {"Kafka": "acks=all, idempotent, one broker", "Postgres": "fsync on, synchronous_commit on"},
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _commit() -> str:
    asked = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return asked.stdout.strip()


def fsync_probe(scratch: Path, writes: int = 50) -> float:
    """Median milliseconds of an 8 kB write with fdatasync, which is what a commit waits for."""
    scratch.mkdir(parents=True, exist_ok=True)
    took = []
    with (scratch / "fsync").open("wb") as file:
        for _ in range(writes):
            began = time.perf_counter()
            file.write(b"x" * 8192)
            file.flush()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return round(sorted(took)[writes // 2] * 1000, 2)


def calibrate() -> float:
    """Milliseconds of a fixed loop: when it differs between rounds, somebody else was using the machine."""
    began = time.perf_counter()
    total = 0
    for n in range(1_000_000):
        total += n & 7
    return round((time.perf_counter() - began) * 1000, 1)
