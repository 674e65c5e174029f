"""Numbers are given in the writers' transactions: whoever looks sees 1, 2, 3 ... without a hole."""

import asyncio
import random
from collections import defaultdict

import asyncpg
import pytest
from toy.facts import discarded, leads_of, posted

from chassis.database import Database
from chassis.transaction import LARGEST
from chassis_testing import ServiceUnderTest
from contracts.campaigns.ledger import LEDGER

WRITERS, TURNS = 16, 80


class _Changed(Exception):
    """A writer changed its mind."""


async def test_nobody_ever_sees_a_hole_whatever_sixteen_writers_do(service: ServiceUnderTest) -> None:
    settings = service.service.settings.model_copy(update={"database_pool": WRITERS})
    database = Database(settings, frozenset({LEDGER.topic}))
    committed = [0] * WRITERS
    done, looks = asyncio.Event(), [0]

    async def write(writer: int) -> None:
        dice = random.Random(writer)
        for _ in range(TURNS):
            events = [posted(f"c{dice.randrange(40)}", writer) for _ in range(dice.randint(1, 4))]
            try:
                async with database.transaction() as tx:
                    for event in events:
                        tx.emit(event)
                    if dice.random() < 0.3:
                        await asyncio.sleep(dice.random() / 100)
                    if dice.random() < 0.05:
                        raise _Changed
                    await tx.finish()
                    tx.emitted.clear()
                    if dice.random() < 0.05:  # rolled back with its numbers already given
                        raise _Changed
            except _Changed:
                continue
            committed[writer] += len(events)

    async def read() -> None:
        connection = await asyncpg.connect(settings.database_url.get_secret_value())
        try:
            while not done.is_set():
                rows = await connection.fetch(
                    "select shard, count(*) n, max(seq) most, min(seq) least from outbox group by 1"
                )
                assert all((r["least"], r["most"]) == (1, r["n"]) for r in rows), rows
                looks[0] += 1
        finally:
            await connection.close()

    async with asyncio.timeout(60):
        async with asyncio.TaskGroup() as group:
            reader = group.create_task(read())
            await asyncio.gather(*(write(n) for n in range(WRITERS)))
            done.set()
            await reader
    await database.close()
    assert looks[0] > 20
    rows = await service.sql("select shard, seq from outbox order by shard, seq")
    numbers = defaultdict(list)
    for row in rows:
        numbers[row["shard"]].append(row["seq"])
    assert len(numbers) == LEDGER.partitions
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in numbers.values())
    assert len(rows) == sum(committed) > WRITERS * TURNS


async def test_numbers_are_given_in_the_order_in_which_things_were_said(service: ServiceUnderTest) -> None:
    async with service.service.database.transaction() as tx:
        for n in range(1, 30):
            tx.emit(posted("spring", n))
    rows = await service.sql("select seq, payload from outbox order by seq")
    assert [f'"posting":{r["seq"]},'.encode() in r["payload"] for r in rows] == [True] * 29


async def test_a_key_always_has_the_same_shard(service: ServiceUnderTest) -> None:
    for _ in range(3):
        async with service.service.database.transaction() as tx:
            tx.emit(posted("spring"))
    assert len(await service.sql("select distinct shard from outbox")) == 1


async def test_another_services_event_cannot_be_said(service: ServiceUnderTest) -> None:
    with pytest.raises(TypeError, match="only its owner says it"):
        async with service.service.database.transaction() as tx:
            tx.emit(discarded(next(leads_of(0))))
    assert await service.emitted() == []


async def test_an_event_larger_than_a_broker_takes_is_refused_before_it_wedges_its_shard(
    service: ServiceUnderTest,
) -> None:
    async with service.service.database.transaction() as tx:
        tx.emit(posted("spring", item="x" * (LARGEST - 1000)))
        with pytest.raises(ValueError, match="larger than a broker takes"):
            tx.emit(posted("spring", item="x" * LARGEST))
    assert len(await service.emitted()) == 1


async def test_the_outbox_itself_refuses_what_is_too_large(service: ServiceUnderTest) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await service.sql(
            "insert into outbox values ('t', 0, 1, gen_random_uuid(), 't', now(), '', null, null, '', convert_to(repeat('x', $1), 'utf8'))",
            LARGEST,
        )


async def say_and_change_ones_mind(service: ServiceUnderTest) -> None:
    async with service.service.database.transaction() as tx:
        tx.emit(posted("spring"))
        raise _Changed


async def test_what_was_said_in_a_transaction_that_failed_was_never_said(service: ServiceUnderTest) -> None:
    with pytest.raises(_Changed):
        await say_and_change_ones_mind(service)
    async with service.service.database.transaction() as tx:
        tx.emit(posted("spring", 2))
    [row] = await service.sql("select seq, payload from outbox")
    assert row["seq"] == 1


async def test_a_commit_wakes_the_relay_and_a_rollback_does_not(service: ServiceUnderTest) -> None:
    relay = service.service.relay
    assert relay is not None
    with pytest.raises(_Changed):
        await say_and_change_ones_mind(service)
    assert not relay._kick.is_set()
    async with service.service.database.transaction() as tx:
        tx.emit(posted("spring"))
    assert relay._kick.is_set()
