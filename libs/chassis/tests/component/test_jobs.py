"""Time passed: one replica at a time, and a failure does not end it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import pytest
from toy.facts import posted
from toy.waiting import until

from chassis import Job, Transaction, each
from chassis.database import Database
from chassis.jobs import run_forever, run_once
from chassis_testing import ServiceUnderTest


async def test_a_job_runs_in_one_replica_at_a_time(service: ServiceUnderTest) -> None:
    inside, leave = asyncio.Event(), asyncio.Event()

    async def slow(tx: Transaction) -> None:
        inside.set()
        await leave.wait()

    job = Job("slow", every=timedelta(seconds=1), run=slow)
    other = Database(service.service.settings)
    first = asyncio.create_task(run_once(job, service.service.database))
    await inside.wait()
    assert await asyncio.wait_for(run_once(job, other), 5) is False
    assert await run_once(Job("other", every=timedelta(seconds=1), run=_nothing), other) is True
    leave.set()
    assert await first is True
    assert await run_once(job, other) is True
    await other.close()


async def _nothing(tx: Transaction) -> None:
    """Does nothing."""


async def test_a_replica_that_died_at_its_job_leaves_the_job_to_the_others(service: ServiceUnderTest) -> None:
    inside = asyncio.Event()

    async def hangs(tx: Transaction) -> None:
        inside.set()
        await asyncio.sleep(60)

    job = Job("hangs", every=timedelta(seconds=1), run=hangs)
    dying = asyncio.create_task(run_once(job, service.service.database))
    await inside.wait()
    dying.cancel()
    await asyncio.wait([dying])
    other = Database(service.service.settings)
    assert await run_once(Job("hangs", every=timedelta(seconds=1), run=_nothing), other) is True
    await other.close()


async def test_a_job_that_is_not_exclusive_runs_everywhere(service: ServiceUnderTest) -> None:
    inside, leave = asyncio.Event(), asyncio.Event()

    async def slow(tx: Transaction) -> None:
        inside.set()
        await leave.wait()

    job = Job("everywhere", every=timedelta(seconds=1), run=slow, exclusive=False)
    first = asyncio.create_task(run_once(job, service.service.database))
    await inside.wait()
    leave.set()
    assert await run_once(job, service.service.database) is True
    assert await first is True


async def test_a_failure_is_rolled_back_and_the_next_turn_comes(service: ServiceUnderTest) -> None:
    turns = []

    async def at_first_fails(tx: Transaction) -> None:
        turns.append(len(turns))
        await tx.conn.execute("insert into note (topic, key, what) values ('job', $1, '')", str(turns[-1]))
        if len(turns) == 1:
            raise asyncpg.ConnectionDoesNotExistError("gone")

    stopping = asyncio.Event()
    job = Job("fails", every=timedelta(milliseconds=5), run=at_first_fails)
    running = asyncio.create_task(run_forever(job, service.service.database, stopping, {}))
    await until("the third turn comes", lambda: len(turns) >= 3)
    stopping.set()
    await running
    noted = [r["key"] for r in await service.sql("select key from note order by n")]
    assert noted[:2] == ["1", "2"]


async def test_the_toys_job_runs(service: ServiceUnderTest) -> None:
    await service.runs("tick")
    assert len(await service.sql("select 1 from note where topic = 'job'")) == 1


async def test_one_bad_row_does_not_stop_the_others_and_stays_due(service: ServiceUnderTest) -> None:
    due, turns = ["a", "b", "bad", "d", "e"], []

    async def load(tx: Transaction) -> list[str]:
        done = {r["key"] for r in await tx.conn.fetch("select key from note")}
        return [row for row in due if row not in done]

    async def handle(rows: Sequence[str], tx: Transaction) -> None:
        turns.append(list(rows))
        for row in rows:
            tx.emit(posted(row))
            await tx.conn.execute("insert into note (topic, key, what) values ('job', $1, '')", row)
            if row == "bad":
                raise KeyError(row)

    job = each("clock", timedelta(seconds=1), load, handle)
    assert await run_once(job, service.service.database)
    assert [r["key"] for r in await service.sql("select key from note order by key")] == ["a", "b", "d", "e"]
    assert [e.campaign for e in await service.emitted()] == ["a", "b", "d", "e"]  # type: ignore[attr-defined]
    turns.clear()
    assert await run_once(job, service.service.database)
    assert turns == [["bad"]]


async def test_a_database_that_is_away_is_no_rows_fault(service: ServiceUnderTest) -> None:
    async def load(tx: Transaction) -> list[int]:
        return [1, 2]

    async def handle(rows: Sequence[int], tx: Transaction) -> None:
        raise asyncpg.ConnectionDoesNotExistError("gone")

    with pytest.raises(asyncpg.ConnectionDoesNotExistError):
        await run_once(each("away", timedelta(seconds=1), load, handle), service.service.database)
