"""``python -m bench.clock [open] [--quick]``: what the clock of first responses costs among many that are open: idle, when many are due at
once, and when they come at a rate. One process, a Postgres of its own; no Kafka, nothing else at work."""

import asyncio
import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import chassis_testing
from chassis import Service
from leads.app import build
from leads.jobs import CLOCK
from leads.settings import LeadsSettings
from leads.use_cases.clock import fire
from tributary.shared import TestRun, shared_postgres

RATE, SECONDS, AT_ONCE, WATCHED = 500, 20, 20_000, 100_000
_TICKS = os.sysconf("SC_CLK_TCK")
_PLACES = """
insert into lead_place (lead_id, state, place, team, assignee, captured_at, grade, differing, outcomes, entries)
select md5(n::text)::uuid, 'assigned', 'person', 't' || n % 200, 't' || n % 200 || '.p' || n % 10, now(), 'A', 0, '[]', 3
from generate_series($1::int, $2::int) n
"""
_LINES = """
insert into timeline (lead_id, n, at, what, detail)
select md5(n::text)::uuid, k, now(), (array['captured', 'opened', 'assigned'])[k], '{"assignee": "p", "team": "t"}'
from generate_series($1::int, $2::int) n, generate_series(1, 3) k
"""
_REQUESTS = """
insert into request (lead_id, n, kind, state, asked_at, starts_at, times, step, next_at, due_at, promise, policy)
select md5(n::text)::uuid, 0, 'first_response', 'open', now(), now(), array[at, at + '1 h', at + '2 h', at + '3 h', at + '4 h'], 0,
    at, at + '1 h', 0, 1
from generate_series($1::int, $2::int) n, lateral (select now() + '1 day' + n * interval '50 ms' as at) t
"""
_DUE_NOW = """
with moved as (
    update request set step = 1, next_at = at, due_at = at, times = array[at, at, at + '1 day', at + '1 day', at + '1 day']
    from generate_series($1::int, $2::int) i, lateral (select now() + $3::float * (i - $1) * interval '1 s' as at) t
    where lead_id = md5(i::text)::uuid returning 1
) select count(*) from moved
"""


async def turn(service: Service) -> tuple[int, list[float]]:
    """A turn of the clock: how many it told, and how long after its time each was committed."""
    async with service.database.transaction() as tx:
        fired = await fire(tx)
        told = [json.loads(one.payload)["step_at"] for one in tx.emitted]
    now = datetime.now(UTC)
    return fired.steps, [(now - datetime.fromisoformat(at)).total_seconds() for at in told]


def cpu(parent: int) -> float:
    """Seconds of the processor that this process and all of that Postgres have used."""
    used = time.process_time()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            used += (int(fields[11]) + int(fields[12])) / _TICKS
    return used


def parent_of(process: int) -> int:
    """The process that started it."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


async def sql(service: Service, statement: str, *values: Any) -> Any:
    """One statement, committed."""
    async with service.database.transaction() as tx:
        return await tx.conn.fetchval(statement, *values)


async def fill(service: Service, wanted: int) -> None:
    """So many open clocks; of some, what a breach has to look up."""
    for start in range(1, wanted + 1, WATCHED):
        to = min(start + WATCHED - 1, wanted)
        await sql(service, _PLACES, start, to)
        await sql(service, _REQUESTS, start, to)
    await sql(service, _LINES, 1, min(wanted, 2 * AT_ONCE))


async def loop(service: Service, seconds: float) -> list[float]:
    """The job as it runs: how late each step was."""
    late, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        await asyncio.sleep(CLOCK.total_seconds())
        late += (await turn(service))[1]
    return late


async def measure(wanted: int, seconds: int, at_once: int) -> dict[str, float]:
    """Everything, on a Postgres that is there for this alone."""
    root, owner = os.environ.get("TRIBUTARY_TEST_DATABASE_URL") or shared_postgres(), "bench_clock"
    database = await chassis_testing.template(root, owner, build, LeadsSettings, {})
    service = build(chassis_testing._settings(LeadsSettings, root, database, owner, {}))
    if why := await service._check_database():
        raise SystemExit(why)
    began = time.perf_counter()
    await fill(service, wanted)
    print(f"{wanted:,} open clocks stored in {time.perf_counter() - began:.0f} s", flush=True)

    postmaster = parent_of(await sql(service, "select pg_backend_pid()"))
    await loop(service, 2)
    used, began = cpu(postmaster), time.monotonic()
    await loop(service, seconds)
    found = {"idle, % of a core": round(100 * (cpu(postmaster) - used) / (time.monotonic() - began), 2)}
    await sql(service, _DUE_NOW, 1, at_once, 0.0)
    told, began = 0, time.perf_counter()
    while told < at_once:
        told += (await turn(service))[0]
    found["fired/s"] = round(told / (time.perf_counter() - began))
    await sql(service, _DUE_NOW, at_once + 1, at_once + RATE * seconds, 1 / RATE)
    late = sorted(await loop(service, seconds + 2))
    assert len(late) == RATE * seconds, len(late)
    found[f"lateness p50 at {RATE}/s, s"] = round(late[len(late) // 2], 3)
    found[f"lateness p99 at {RATE}/s, s"] = round(late[int(len(late) * 0.99) - 1], 3)
    await service.database.close()
    for name, value in found.items():
        print(f"{name}: {value}", flush=True)
    return found


def main() -> None:
    """As the command line says: how many are open, 1,000,000 unless said otherwise."""
    quick, run = "--quick" in sys.argv, TestRun()
    counts = [int(word) for word in sys.argv[1:] if word.isdigit()]
    wanted, seconds, at_once = (50_000, 5, 5_000) if quick else (1_000_000, SECONDS, AT_ONCE)
    try:
        asyncio.run(measure(counts[0] if counts else wanted, seconds, at_once))
    finally:
        run.end()


if __name__ == "__main__":
    main()
