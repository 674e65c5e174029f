"""What the clock of first responses costs among a million that are open: idle, when many are due at once, and when they come at a rate."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.alone import Alone, alone
from chassis.jobs import run_forever
from leads.jobs import CLOCK
from leads.use_cases.clock import fire

OPEN, RATE, SECONDS, AT_ONCE = 1_000_000, 500, 20.0, 20_000
ALL_JOBS_S = 65.0  # what happens once a minute happens in it
_FILL = (
    """
    insert into lead (lead_id, person_id, personal, about, occurred_at, captured_at, content)
    select md5(n::text)::uuid, md5(n::text)::uuid, decode(repeat('cd', 100), 'hex'), '{"source": "web"}', at, at, 'x'
    from generate_series(1, $1::int) n, lateral (select now() - n * interval '2 s' as at) a
    """,
    "insert into search_position (captured_at) select max(captured_at) from lead",
    """
    insert into lead_place (lead_id, state, place, team, assignee, captured_at, grade, differing, outcomes, entries)
    select md5(n::text)::uuid, 'assigned', 'person', 't' || n % 200, 't' || n % 200 || '.p' || n % 10, now() - n * interval '2 s', 'A', 0, '[]', 3
    from generate_series(1, $1::int) n
    """,
    """
    insert into timeline (lead_id, n, at, what, detail)
    select md5(n::text)::uuid, k, now(), (array['captured', 'opened', 'assigned'])[k], '{"assignee": "p", "team": "t"}'
    from generate_series(1, least($1::int, 200000)) n, generate_series(1, 3) k
    """,
    """
    insert into request (lead_id, n, kind, state, asked_at, starts_at, times, step, next_at, due_at, promise, policy)
    select md5(n::text)::uuid, 0, 'first_response', 'open', now(), now(), array[at, at + '1 h', at + '2 h', at + '3 h', at + '4 h'], 0,
        at, at + '1 h', 0, 1
    from generate_series(1, $1::int) n, lateral (select now() + '1 day' + n * interval '50 ms' as at) t
    """,
)
_DUE = """
update request set step = 1, next_at = at, due_at = at, times = array[at, at, at + '1 day', at + '1 day', at + '1 day']
from generate_series($1::int, $2::int) i, lateral (select now() + $3::float * (i - $1) * interval '1 s' as at) t
where lead_id = md5(i::text)::uuid
"""


def clock(
    home: Path, wanted: int, seconds: float, at_once: int, say: Callable[[str], None], server: str = ""
) -> dict[str, Any]:
    """Everything, among so many open ones: so many seconds of each, and so many that are due at once."""
    found = asyncio.run(_measured(home, wanted, seconds, at_once, say, server))
    say(f"  idle {found['idle']} % of a core, all jobs {found['idle_all']} %; {found['fired']:,.0f} fired/s")
    say(f"  at {RATE}/s late by p50 {found['late_p50_s']} s, p99 {found['late_p99_s']} s")
    return found


async def _measured(
    home: Path, wanted: int, seconds: float, at_once: int, say: Callable[[str], None], server: str
) -> dict[str, Any]:
    async with alone(home, server) as running:
        await turns(running, min(1, seconds))  # a plan that is made while there is nothing is the one that stays
        began = time.perf_counter()
        for statement in _FILL:
            await running.sql(statement, *([wanted] if "$1" in statement else []))
        await running.settles(("lead", "lead_place", "timeline", "request"))
        say(f"  {wanted:,} open clocks in {time.perf_counter() - began:.0f} s")
        found: dict[str, Any] = {"open": wanted, "rate": RATE}
        await turns(running, min(2, seconds))
        found["idle"] = await _used(running, turns(running, seconds))
        found["idle_all"] = await _used(running, all_jobs(running, ALL_JOBS_S if seconds >= SECONDS else seconds))
        await running.sql(_DUE, 1, at_once, 0.0)
        told, began = 0, time.perf_counter()
        while told < at_once:
            told += len(await turn(running))
        found |= {"at_once": at_once, "fired": round(told / (time.perf_counter() - began))}
        await running.sql(_DUE, at_once + 1, at_once + int(RATE * seconds), 1 / RATE)
        late = sorted(await turns(running, seconds + min(2, seconds)))
        if len(late) != int(RATE * seconds):
            raise SystemExit(f"{len(late)} steps were told and not {int(RATE * seconds)}")
        found |= {"late_p50_s": round(late[len(late) // 2], 3), "late_p99_s": round(late[int(len(late) * 0.99) - 1], 3)}
        return found


async def turn(running: Alone) -> list[float]:
    """A turn of the clock: how long after its time each step that it told was committed."""
    async with running.service.database.transaction() as tx:
        await fire(tx)
        told = [json.loads(one.payload)["step_at"] for one in tx.emitted]
    now = datetime.now(UTC)
    return [(now - datetime.fromisoformat(at)).total_seconds() for at in told]


async def turns(running: Alone, seconds: float) -> list[float]:
    """The clock as it runs: how late each step was."""
    late, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        await asyncio.sleep(CLOCK.total_seconds())
        late += await turn(running)
    return late


async def all_jobs(running: Alone, seconds: float) -> None:
    """Every job of the service as it runs."""
    stopping, failing = asyncio.Event(), dict[str, str]()
    jobs = [run_forever(job, running.service.database, stopping, failing) for job in running.service.jobs]
    at_work = asyncio.gather(*jobs)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(at_work), seconds)
    stopping.set()
    await at_work
    if failing:
        raise SystemExit(f"jobs fail: {failing}")


async def _used(running: Alone, work: Any) -> float:
    """Per cent of a core that this takes, Postgres and all."""
    used, began = running.cpu(), time.monotonic()
    await work
    return round(100 * (running.cpu() - used) / (time.monotonic() - began), 2)
