"""A process that is frozen inside its transaction holds up nobody for long, and goes on when it is thawed."""

import asyncio
import time

import asyncpg
import pytest

from chassis.database import Database, is_infrastructure
from chassis.jobs import Job, run_once
from chassis.transaction import Transaction
from chassis_testing import ServiceUnderTest


def database_of(service: ServiceUnderTest, **chosen: int) -> Database:
    """Another process' pool on the same database."""
    return Database(service.service.settings.model_copy(update=chosen))


async def test_the_locks_of_a_frozen_transaction_are_free_when_its_time_is_over(service: ServiceUnderTest) -> None:
    await service.sql("insert into note (topic, key, what) values ('t', 'a', 'before')")
    frozen, other = database_of(service, transaction_idle_ms=300), database_of(service)
    held = asyncio.Event()

    async def freezes() -> None:
        async with frozen.transaction() as tx:
            await tx.conn.execute("update note set what = 'frozen' where key = 'a'")
            held.set()
            await asyncio.sleep(1.5)  # nothing is asked of the database meanwhile
            await tx.conn.execute("select 1")

    freezing = asyncio.create_task(freezes())
    await held.wait()
    began = time.monotonic()
    async with other.transaction() as tx:
        await tx.conn.execute("update note set what = 'by another' where key = 'a'")
    assert 0.1 < time.monotonic() - began < 1.2
    with pytest.raises(Exception) as ended:
        await freezing
    assert is_infrastructure(ended.value), f"{ended.value!r} would be taken for the event's fault"
    async with frozen.transaction() as tx:  # thawed, it has a new connection
        assert await tx.conn.fetchval("select what from note where key = 'a'") == "by another"
    await frozen.close()
    await other.close()


async def test_a_frozen_job_does_not_keep_the_others_from_its_turn(service: ServiceUnderTest) -> None:
    frozen, other = database_of(service, transaction_idle_ms=300), database_of(service)
    held = asyncio.Event()

    async def freeze(tx: Transaction) -> None:
        held.set()
        await asyncio.sleep(1.0)

    async def work(tx: Transaction) -> None:
        await tx.conn.execute("select 1")

    freezing = asyncio.create_task(run_once(Job("turn", every=None, run=freeze), frozen))  # type: ignore[arg-type]
    await held.wait()
    job = Job("turn", every=None, run=work)  # type: ignore[arg-type]
    assert not await run_once(job, other)
    await asyncio.sleep(0.5)
    assert await run_once(job, other)
    await asyncio.wait([freezing])
    assert freezing.exception() is not None
    await frozen.close()
    await other.close()


async def test_a_lock_is_not_waited_for_without_end(service: ServiceUnderTest) -> None:
    await service.sql("insert into note (topic, key, what) values ('t', 'a', 'before')")
    impatient = database_of(service, lock_wait_ms=200)
    async with service.service.database.transaction() as tx:
        await tx.conn.execute("update note set what = 'held' where key = 'a'")
        with pytest.raises(asyncpg.LockNotAvailableError) as refused:
            async with impatient.transaction() as second:
                await second.conn.execute("update note set what = 'wanted' where key = 'a'")
    assert is_infrastructure(refused.value)
    await impatient.close()


async def test_every_connection_has_an_end_to_its_transactions_and_asks_whether_we_are_there(
    service: ServiceUnderTest,
) -> None:
    names = "('transaction_timeout', 'idle_in_transaction_session_timeout', 'lock_timeout', 'tcp_keepalives_idle')"
    rows = await service.sql(f"select name, setting from pg_settings where name in {names}")
    chosen = {r["name"]: r["setting"] for r in rows}
    assert chosen["idle_in_transaction_session_timeout"] == "5000"
    assert chosen["lock_timeout"] == "10000"
    assert chosen.get("transaction_timeout", "60000") == "60000"
