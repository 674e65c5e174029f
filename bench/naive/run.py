"""Starts the naive services on a Kafka and a Postgres of their own and measures them as the walk is measured."""

import asyncio
import contextlib
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from bench import load, roles
from bench.forms import lead, singles
from bench.latency import Latency
from bench.market import naive_rules
from bench.saturated import Look, saturated
from contracts import Stream
from tributary.kafka import LocalKafka
from tributary.postgres import LocalPostgres
from tributary.topics import create_topics

TOPICS = ("naive.intake", "naive.lead", "naive.territory")
PORT = 8191
OFFERED = 500.0


@contextlib.contextmanager
def stack(home: Path, rules: int) -> Iterator[tuple[dict[str, int], dict[str, str]]]:
    """Kafka, Postgres, the door and three services; gives the roles' pids and the services' databases."""
    kafka, postgres = LocalKafka(home / "kafka", port=19392), LocalPostgres(home / "postgres", port=15732)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        listed = home / "rules.json"
        listed.write_text(json.dumps(naive_rules(rules)))
        environment = {
            **os.environ,
            "KAFKA": kafka.start(),
            "TOPIC": "naive.intake",
            "DOOR_KEY": secrets.token_hex(32),
            "MASTER_KEY": secrets.token_hex(32),
            "RULES": str(listed),
            "PYTHONPATH": os.getcwd(),
        }
        postgres.start()
        create_topics(kafka.bus, [Stream(t, "id", (), "", partitions=4, sequenced=False) for t in TOPICS])
        log = (home / "naive.log").open("w")

        def begin(name: str, *command: str) -> None:
            url = postgres.ensure_role_and_database(f"naive_{name}").replace("postgresql:", "postgresql+asyncpg:")
            processes[name] = subprocess.Popen(
                [sys.executable, "-m", *command], env={**environment, "DATABASE": url}, stdout=log, stderr=log
            )

        begin("door", "uvicorn", "bench.naive.door:app", "--port", str(PORT), "--no-access-log")
        for name in ("leads", "territory", "metrics"):
            begin(name, "faststream", "run", f"bench.naive.{name}:app")
        _wait_for_door()
        time.sleep(6)  # the consumers join their groups; there is no page to ask
        pids = {name: p.pid for name, p in processes.items()} | {"kafka": kafka.pid, "postgres": postgres.pid}
        yield pids, {name: postgres.ensure_role_and_database(f"naive_{name}") for name in ("leads", "metrics")}
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


async def measure(home: Path, rules: int, seconds: float) -> dict[str, Any]:
    """At saturation; and before that, far below it, how long a lead takes."""
    with stack(home, rules) as (pids, databases):
        metrics, leads = await asyncpg.connect(databases["metrics"]), await asyncpg.connect(databases["leads"])
        requests = singles(3)

        async def look() -> Look:
            return Look(await _done(metrics), roles.cpu(pids), time.perf_counter())

        async def send(rate: float, lasting: float) -> load.Sent:
            return await load.run("127.0.0.1", PORT, requests, rate, lasting)

        below = await _latency(leads, metrics)
        row = await saturated(look, send, OFFERED, seconds)
        await metrics.close()
        await leads.close()
    return {**row, "at_rest": below}


async def _latency(leads: asyncpg.Connection, metrics: asyncpg.Connection, rate: float = 20, seconds: float = 8) -> Any:
    """At a rate that it holds: from the form's intended sending until the lead's row says assigned, looked at every 5 ms."""
    seen, stop = Latency(), asyncio.Event()
    due: dict[str, float] = {}

    async def watch() -> None:
        while not stop.is_set():
            if due:
                query = "select lead_id::text as id from lead where state = 'assigned' and lead_id = any($1::uuid[])"
                for row in await leads.fetch(query, list(due)):
                    seen.add(time.perf_counter() - due.pop(row["id"]))
            await asyncio.sleep(0.005)

    posted = Latency()
    async with httpx.AsyncClient(timeout=30) as http:
        await http.post(f"http://127.0.0.1:{PORT}/v1/leads", json=lead(random.Random(9)))
        await _until(metrics, 1)
        watching, rng, tasks = asyncio.create_task(watch()), random.Random(7), []

        async def one(at: float) -> None:
            answer = await http.post(f"http://127.0.0.1:{PORT}/v1/leads", json=lead(rng))
            posted.add(time.perf_counter() - at)
            due[answer.json()["id"]] = at

        began = at = time.perf_counter()
        while at < began + seconds:
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            tasks.append(asyncio.create_task(one(at)))
            at += rng.expovariate(rate)
        await asyncio.gather(*tasks)
        deadline = time.perf_counter() + 20
        while due and time.perf_counter() < deadline:
            await asyncio.sleep(0.05)
        stop.set()
        await watching
    return {"offered": rate, "post": posted.summary(), "assigned": seen.summary(), "missed": len(due)}


async def _until(metrics: asyncpg.Connection, done: int) -> None:
    deadline = time.perf_counter() + 60
    while await _done(metrics) < done:
        if time.perf_counter() > deadline:
            raise SystemExit("the naive walk does not walk")
        await asyncio.sleep(0.1)


async def _done(connection: asyncpg.Connection) -> int:
    try:
        return int(await connection.fetchval("select coalesce(sum(routed), 0) from kpi where by = 'channel'"))
    except asyncpg.UndefinedTableError:
        return 0


def run(home: Path, rules: int, seconds: float) -> dict[str, Any]:
    """The measurement, from outside any event loop."""
    return asyncio.run(measure(home, rules, seconds))
