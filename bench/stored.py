"""A million leads that are there already, and metrics made anew from the first event on."""

import asyncio
import subprocess
import sys
import time
from typing import Any

import asyncpg

from bench import roles
from bench.running import ROOT, Running
from tributary.services import LocalService
from tributary.stack import Stack

# Copies of what the walk itself has written, under ids of their own: the same copy has the same id in every database.
_COPY = {
    "leads": (
        """
        insert into person (person_id, wrapped_key, known_since)
        select md5(person_id::text || n)::uuid, wrapped_key, known_since from person, generate_series(1, $1::int) n
        """,
        """
        insert into lead select (x).* from (
            select jsonb_populate_record(l, jsonb_build_object(
                'lead_id', md5(l.lead_id::text || n)::uuid, 'person_id', md5(l.person_id::text || n)::uuid)) as x
            from lead l, generate_series(1, $1::int) n
        ) made
        """,
        """
        insert into lead_place select (x).* from (
            select jsonb_populate_record(p, jsonb_build_object('lead_id', md5(p.lead_id::text || n)::uuid)) as x
            from lead_place p, generate_series(1, $1::int) n
        ) made
        """,
        """
        insert into timeline (lead_id, n, at, what, by, detail)
        select md5(t.lead_id::text || m)::uuid, n, at, what, by, detail from timeline t, generate_series(1, $1::int) m
        """,
    ),
    "territory": (
        """
        insert into decision select (x).* from (
            select jsonb_populate_record(d, jsonb_build_object('lead_id', md5(d.lead_id::text || n)::uuid)) as x
            from decision d, generate_series(1, $1::int) n
        ) made
        """,
    ),
    "metrics": (
        """
        insert into lead_fact select (x).* from (
            select jsonb_populate_record(f, jsonb_build_object('lead_id', md5(f.lead_id::text || n)::uuid)) as x
            from lead_fact f, generate_series(1, $1::int) n
        ) made
        """,
    ),
}
TABLES = {"leads": ("lead", "lead_place", "timeline", "person"), "territory": ("decision",), "metrics": ("lead_fact",)}


async def fill(running: Running, wanted: int) -> dict[str, Any]:
    """Makes about so many stored leads of those that are there, then lets Postgres do its housekeeping at once."""
    began, rows = time.perf_counter(), {}
    for service, statements in _COPY.items():
        connection = await asyncpg.connect(running.services[service]["database"])
        there = await connection.fetchval("select count(*) from " + TABLES[service][0])
        for statement in statements:
            await connection.execute(statement, max(1, round(wanted / there) - 1), timeout=600)
        for table in TABLES[service]:
            await connection.execute("vacuum analyze " + table, timeout=600)
            rows[f"{service}.{table}"] = await connection.fetchval("select count(*) from " + table)
        await connection.close()
    return {"rows": rows, "seconds": round(time.perf_counter() - began, 1)}


async def events_heard(running: Running) -> int:
    """How many events metrics has heard, by its own watermarks."""
    connection = await asyncpg.connect(running.services["metrics"]["database"])
    try:
        return int(await connection.fetchval("select coalesce(sum(last_seq), 0) from watermark"))
    finally:
        await connection.close()


def numbers(running: Running) -> dict[str, Any]:
    """All KPI rows that count anything, without their versions: those count how often a row was written, and a key that
    everything has left again, like that of leads not yet placed, keeps an empty row."""
    found: dict[str, Any] = {}
    for by in ("segment", "channel", "team", "campaign"):
        rows = [
            {k: v for k, v in r.items() if k != "version"} for r in running.get("metrics", f"/v1/kpis?by={by}")["rows"]
        ]
        found[by] = [row for row in rows if any(value for name, value in row.items() if name != "key")]
    return found


def rebuild(stack: Stack, running: Running, within: float = 300) -> dict[str, Any]:
    """Takes metrics' database away, makes an empty one, and goes by the runbook: a new history, then the service."""
    before, events = numbers(running), asyncio.run(events_heard(running))
    metrics = stack.services["metrics"]
    metrics.stop()
    asyncio.run(_drop(stack, metrics))
    metrics.migrate()
    _restored(metrics)
    cpu_before, began = roles.cpu({r: p for r, p in running.pids.items() if r != "metrics"}), time.monotonic()
    metrics.start()
    pids = {**running.pids, "metrics": metrics.pid}
    metrics.wait_until_ready()
    ready, peak = time.monotonic() - began, 0.0
    while (after := numbers(running)) != before:
        peak = max(peak, roles.resident({"metrics": metrics.pid})["metrics"])
        if time.monotonic() - began > within:
            raise SystemExit(
                f"after {within:g} s metrics is not what it was: {after['channel']} for {before['channel']}"
            )
        time.sleep(0.2)
    took = time.monotonic() - began
    cpu = roles.cpu(pids)
    running.pids = pids
    spent = {role: round(cpu[role] - cpu_before.get(role, 0.0), 2) for role in ("metrics", "kafka", "postgres")}
    return {
        "events": events,
        "leads": sum(row["leads"] for row in before["channel"]),
        "ready_s": round(ready, 1),
        "seconds": round(took, 1),
        "events_per_second": round(events / took),
        "cpu_s": spent,
        "events_per_cpu_second_of_metrics": round(events / spent["metrics"]),
        "peak_resident_mb": peak,
    }


def _restored(service: LocalService) -> None:
    command = [sys.executable, "-m", service.name, "restored"]
    subprocess.run(command, cwd=ROOT, env=service.environment(), check=True, capture_output=True)


async def _drop(stack: Stack, service: LocalService) -> None:
    assert stack.postgres is not None
    connection = await asyncpg.connect(stack.postgres.url)
    await connection.execute("drop database metrics with (force)")
    await connection.close()
    service.owner = stack.postgres.ensure_role_and_database("metrics")
