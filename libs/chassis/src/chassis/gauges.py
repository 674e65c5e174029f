"""Numbers that are made when they are asked for: readiness, lag, gaps, connections. And how late the event loop is."""

import asyncio
import contextlib
import time
from functools import partial
from typing import TYPE_CHECKING

from chassis import schema, telemetry

if TYPE_CHECKING:
    from chassis.service import Service

EVERY_S = 0.5


class Gauges:
    """Tied to one service, which is the only one of its process."""

    def __init__(self, service: "Service") -> None:
        consumer = service.kafka_consumer
        telemetry.BUILD.labels(service.name, *schema.versions(service.name)).set(1)
        telemetry.READY.set_function(lambda: not service.not_ready_reasons())
        for topic in (stream.topic for stream in service.router.streams):
            telemetry.LAG_RECORDS.labels(topic).set_function(partial(consumer.lag.records, topic))
            telemetry.LAG.labels(topic).set_function(partial(consumer.lag.seconds, topic))
            telemetry.GAPS_OPEN.labels(topic).set_function(partial(consumer.gaps_in, topic))
        for name, pool in (("workers", service.database.workers), ("doors", service.database.doors)):
            telemetry.POOL.labels(name).set(pool.size)
            telemetry.POOL_USED.labels(name).set_function(partial(getattr, pool, "used"))
            telemetry.POOL_WAITING.labels(name).set_function(partial(getattr, pool, "waiting"))

    async def run(self, stopping: asyncio.Event) -> None:
        """Measures how late the event loop is, twice a second, until stopped."""
        while not stopping.is_set():
            asked = time.perf_counter() + EVERY_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), EVERY_S)
            telemetry.LOOP_LAG.observe(max(0.0, time.perf_counter() - asked))
