"""Whether a stack is at rest: everything said is sent, and everything sent is heard by all who hear it."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from tributary.child_process import StackError
from tributary.running import RunningService
from tributary.verify.databases import connect, marks, numbers, source_of
from tributary.verify.snapshot import STREAM, Account, subscriptions
from tributary.verify.topics import Spans, Topics

UNSEQUENCED = tuple(topic for topic, stream in STREAM.items() if not stream.sequenced)
_UNSENT = "select count(*) from outbox"
# A record without headers is parked and moves no watermark.
_PARKED_AFTER = """
select p.topic, p.shard, count(distinct p.position) as records
from parked p left join watermark w on (w.topic, w.source, w.shard) = (p.topic, 'kafka', p.shard) and w.last_at is not null
where p.position > coalesce(w.last_seq, -1)
group by p.topic, p.shard
"""
_UNTOLD = "select count(*) from kpi where changed_xid >= (select coalesce(max(floor), 0) from publication)"


@dataclass
class Standing:
    """How far the services are."""

    accounts: dict[str, Account]
    unsent: dict[str, int] = field(default_factory=dict)
    parked_after: dict[tuple[str, str, int], int] = field(default_factory=dict)  # service, topic, partition
    untold: int = 0


def moving(standing: Standing, spans: Spans) -> Iterator[str]:
    """What is still on its way, one sentence each; nothing at rest."""
    for service, rows in standing.unsent.items():
        if rows:
            yield f"{rows} events wait in the outbox of {service}"
    if standing.untold:
        yield f"{standing.untold} KPI rows have changed and are not told yet"
    for service, topic in subscriptions():
        heard = standing.accounts[service].watermarks
        if topic in UNSEQUENCED:
            lag = sum(
                max(end - 1 - heard.get((topic, "kafka", n), begin - 1), 0)
                - standing.parked_after.get((service, topic, n), 0)
                for n, (begin, end) in spans[topic].items()
            )
        else:
            owner = standing.accounts[STREAM[topic].publisher]
            written = {n: following - 1 for (of, n), following in owner.next_seq.items() if of == topic}
            lag = sum(last - heard.get((topic, owner.source, n), 0) for n, last in written.items())
        if lag > 0:
            yield f"{service} has {lag} events of {topic} still to hear"


async def settle(services: Mapping[str, RunningService], topics: Topics, seconds: float) -> list[str]:
    """Waits until nothing moves any more, at most so long; returns what still does."""
    until = time.monotonic() + seconds
    connections = {name: await connect(name, service.watched or service.database) for name, service in services.items()}
    try:
        while True:
            spans = await asyncio.to_thread(topics.spans, UNSEQUENCED)
            left = list(moving(await _standing(connections), spans))
            if not left or time.monotonic() > until:
                return left
            await asyncio.sleep(0.2)
    except (asyncpg.PostgresError, OSError) as failure:
        raise StackError(f"A database went away: {failure}.") from failure
    finally:
        for connection in connections.values():
            await connection.close()


async def _standing(connections: Mapping[str, Any]) -> Standing:
    standing = Standing({})
    for service, connection in connections.items():
        source = await source_of(connection, service)
        standing.accounts[service] = Account(source, await numbers(connection), watermarks=await marks(connection))
        for topic, n, records in await connection.fetch(_PARKED_AFTER):
            standing.parked_after[service, topic, n] = records
        standing.unsent[service] = await connection.fetchval(_UNSENT)
    standing.untold = await connections["metrics"].fetchval(_UNTOLD)
    return standing


async def later_numbers(services: Mapping[str, RunningService]) -> dict[str, dict[tuple[str, int], int]]:
    """The next numbers once more, after the ends of the topics were noted: no record there may carry one beyond."""
    found = {}
    for service, running in services.items():
        connection = await connect(service, running.watched or running.database)
        try:
            found[service] = await numbers(connection)
        finally:
            await connection.close()
    return found
