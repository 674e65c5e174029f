"""Time passed: a period and a use case."""

import asyncio
import contextlib
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from chassis import telemetry
from chassis.database import Database
from chassis.errors import words
from chassis.transaction import Transaction

PATIENCE = 3


@dataclass(frozen=True)
class Job:
    """Runs in a transaction of its own, every so often; where ``exclusive``, in one replica at a time."""

    name: str
    every: timedelta
    run: Callable[[Transaction], Awaitable[None]]
    exclusive: bool = True


async def run_once(job: Job, database: Database) -> bool:
    """Runs the job now. False when another replica is at it. The lock is the transaction's: a dead process holds none."""
    async with database.transaction() as tx:
        if job.exclusive and not await tx.conn.fetchval(
            "select pg_try_advisory_xact_lock($1)", zlib.crc32(job.name.encode())
        ):
            return False
        await job.run(tx)
    return True


async def run_forever(job: Job, database: Database, stopping: asyncio.Event, failing: dict[str, str]) -> None:
    """Until stopped. A failure is logged and the next turn comes later, at most 5 seconds; ``failing`` says which jobs are
    in that state and why, for whoever asks whether this replica is ready."""
    log = telemetry.log("jobs")
    pause, failures = job.every.total_seconds(), 0
    while not stopping.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), pause)
            return
        try:
            await run_once(job, database)
            pause, failures = job.every.total_seconds(), 0
            failing.pop(job.name, None)
        except Exception as error:
            failures += 1
            telemetry.JOB_FAILURES.labels(job.name).inc()
            log.warning("job_failed", job=job.name, error=type(error).__name__, detail=words(error))
            if failures >= PATIENCE:
                failing[job.name] = f"the job {job.name} fails again and again: {type(error).__name__}"
            pause = min(max(pause * 2, 0.5), 5.0)
