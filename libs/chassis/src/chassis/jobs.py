"""Time passed: a period and a use case."""

import asyncio
import contextlib
import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from chassis import telemetry
from chassis.database import Database
from chassis.errors import words
from chassis.splitting import split
from chassis.transaction import Transaction

PATIENCE = 3
T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """Runs in a transaction of its own, every so often; where ``exclusive``, in one replica at a time."""

    name: str
    every: timedelta
    run: Callable[[Transaction], Awaitable[None]]
    exclusive: bool = True


def each(
    name: str,
    every: timedelta,
    due: Callable[[Transaction], Awaitable[Sequence[T]]],
    handle: Callable[[Sequence[T], Transaction], Awaitable[None]],
) -> Job:
    """A job over rows that are due, in one transaction. A row that fails alone is counted, logged and stays due; the others
    are done, as in a delivery: one bad row stops no clock. ``due`` bounds how many it takes at a turn."""

    async def run(tx: Transaction) -> None:
        failed: list[Exception] = []

        async def fails_alone(row: T, error: Exception) -> None:
            failed.append(error)

        if rows := await due(tx):
            await split(tx, rows, handle, fails_alone)
        if failed:
            telemetry.JOB_ROWS_FAILED.labels(name).inc(len(failed))
            telemetry.log("jobs").error("job_rows_failed", job=name, rows=len(failed), first=words(failed[0]))

    return Job(name, every, run)


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
