"""Numbers that are made when they are asked for."""

import asyncio
import time

from chassis import telemetry
from chassis.gauges import Gauges
from chassis_testing import ServiceUnderTest


def told(name: str, **labels: str) -> float:
    """What the registry says now."""
    value = telemetry.REGISTRY.get_sample_value(name, labels)
    assert value is not None, f"{name} is not told"
    return value


async def test_a_replica_says_by_itself_that_it_is_not_ready(service: ServiceUnderTest) -> None:
    Gauges(service.service)
    service.service.waiting = "it is starting"
    assert told("ready") == 0


async def test_connections_at_work_and_who_waits_for_one_are_told(service: ServiceUnderTest) -> None:
    Gauges(service.service)
    pool = service.service.database.workers
    held = [pool.connection() for _ in range(pool.size)]
    for one in held:
        await one.__aenter__()
    waiting = pool.connection()
    entering = asyncio.create_task(waiting.__aenter__())
    await asyncio.sleep(0.05)
    size = float(pool.size)
    assert (told("database_connections", pool="workers"), told("database_connections_used", pool="workers")) == (
        size,
        size,
    )
    assert told("database_waiting", pool="workers") == 1
    for one in held:
        await one.__aexit__(None, None, None)
    await entering
    await waiting.__aexit__(None, None, None)
    assert (told("database_connections_used", pool="workers"), told("database_waiting", pool="workers")) == (0, 0)


async def test_partitions_before_a_gap_are_counted_by_topic(service: ServiceUnderTest) -> None:
    Gauges(service.service)
    topic = service.service.router.streams[0].topic
    assert told("sequence_gaps_open", topic=topic) == 0
    service.service.kafka_consumer.gaps[topic, 1] = (7, "1 is followed by 3")
    assert told("sequence_gaps_open", topic=topic) == 1


async def test_an_event_loop_that_is_kept_busy_is_late(service: ServiceUnderTest) -> None:
    before, stopping = told("event_loop_lag_seconds_sum"), asyncio.Event()
    measuring = asyncio.create_task(Gauges(service.service).run(stopping))
    await asyncio.sleep(0.3)
    time.sleep(0.6)  # noqa: ASYNC251
    await asyncio.sleep(0.05)
    stopping.set()
    await measuring
    assert told("event_loop_lag_seconds_sum") - before > 0.3
