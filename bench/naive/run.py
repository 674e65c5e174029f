"""Starts the naive services on a Kafka and a Postgres of their own and measures them as the walk is measured."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg

from bench import load, roles, walk
from bench.market import naive_rules
from contracts import Stream
from tributary.kafka import LocalKafka
from tributary.postgres import LocalPostgres
from tributary.topics import create_topics

TOPICS = ("naive.intake", "naive.lead", "naive.assigned")
PORT = 8191


@contextlib.contextmanager
def stack(home: Path, rules: int) -> Iterator[tuple[dict[str, int], str]]:
    """Kafka, Postgres, the door and three services; gives the roles' pids and the metrics database."""
    kafka, postgres = LocalKafka(home / "kafka", port=19392), LocalPostgres(home / "postgres", port=15732)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        environment = {
            **os.environ,
            "KAFKA": kafka.start(),
            "RULES": json.dumps(naive_rules(rules)),
            "PYTHONPATH": os.getcwd(),
        }
        postgres.start()
        create_topics(kafka.bootstrap, [Stream(t, "id", (), "", partitions=4, sequenced=False) for t in TOPICS])
        log = (home / "naive.log").open("w")

        def begin(name: str, *command: str) -> None:
            url = postgres.ensure_role_and_database(f"naive_{name}").replace("postgresql:", "postgresql+asyncpg:")
            processes[name] = subprocess.Popen(
                [sys.executable, "-m", *command], env={**environment, "DATABASE": url}, stdout=log, stderr=log
            )

        begin("door", "uvicorn", "bench.naive.door:app", "--port", str(PORT), "--no-access-log")
        for name in ("leads", "territory", "metrics"):
            begin(name, "faststream", "run", f"bench.naive.{name}:app", "--log-level", "warning")
        _wait_for_door()
        time.sleep(6)  # the consumers join their groups; there is no page to ask
        pids = {name: p.pid for name, p in processes.items()} | {"kafka": kafka.pid, "postgres": postgres.pid}
        yield pids, postgres.ensure_role_and_database("naive_metrics")
    finally:
        for process in processes.values():
            process.send_signal(signal.SIGKILL)
            process.wait()
        kafka.stop()
        postgres.stop()


def _wait_for_door() -> None:
    import socket

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", PORT), 0.2).close()
            return
        time.sleep(0.1)
    raise SystemExit("the naive door did not open")


async def measure(home: Path, rules: int, per_second: float, seconds: float) -> dict[str, Any]:
    """What the naive walk does in this time when it is offered more than it can do."""
    with stack(home, rules) as (pids, database):
        connection = await asyncpg.connect(database)
        await load.run("127.0.0.1", PORT, walk.singles(3), 20, 5)  # warm
        done_before, cpu_before, began = await _done(connection), roles.cpu(pids), time.perf_counter()
        sent = await load.run("127.0.0.1", PORT, walk.singles(int(per_second)), per_second, seconds)
        done, took = await _done(connection) - done_before, time.perf_counter() - began
        spent = roles.spent(cpu_before, roles.cpu(pids))
        await connection.close()
    return {
        "offered": per_second,
        "seconds": round(took, 1),
        "accepted": sent.leads,
        "leads": done,
        "per_second": round(done / took, 1),
        "cpu_us": {role: round(s / max(done, 1) * 1e6) for role, s in spent.items()},
        "cpu_us_all": round(sum(spent.values()) / max(done, 1) * 1e6),
        "leads_per_core": round(done / sum(spent.values()), 1),
        "load": {f"p{s * 100:g}": load.percentile(sent.latencies, s) for s in (0.5, 0.99)},
    }


async def _done(connection: asyncpg.Connection) -> int:
    try:
        return int(await connection.fetchval("select coalesce(sum(assigned), 0) from kpi where key like 'channel:%'"))
    except asyncpg.UndefinedTableError:
        return 0


def run(home: Path, rules: int, per_second: float, seconds: float) -> dict[str, Any]:
    """The measurement, from outside any event loop."""
    return asyncio.run(measure(home, rules, per_second, seconds))
