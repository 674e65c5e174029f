"""``tributary partitions TOPIC N``: a topic gets more partitions while everything is at work, and what is said of one thing stays in order.

A key's partition depends on how many there are, so its events must not lie in two of them unless all in the first were handled before
the next is said. Therefore: the brokers make the partitions, which nobody uses yet; their hearers get them; then, for the moment in
which nobody may say anything on this topic, what was said is sent and handled to its end; and in that same transaction the number of
partitions changes for whoever says the next. Whoever still knew the old number stores nothing and asks again.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

import asyncpg
import typer

from chassis.broker import METADATA_MS
from contracts import STREAMS, Stream
from contracts.hearers import HEARS
from tributary import running
from tributary.bus import ADMIN, Bus
from tributary.child_process import StackError

KNOWN_WITHIN_S, DRAINED_WITHIN_S, LOOK_EVERY_S = 90.0, 20.0, 0.05
BUILD = "chassis_0004"  # a build before this revision takes the contracts' number for the topic's
_LOCK = "select shard from outbox_shard where topic = $1 order by shard for update"
_UNSENT = "select count(*) from outbox where topic = $1"
_MORE = "insert into outbox_shard (topic, shard) select $1, generate_series($2::int, $3::int - 1)"
_ALL = "update outbox_shard set partitions = $2 where topic = $1"
_LEAVE = "insert into oldest_build (revision) values ($1) on conflict do nothing"


class NotGiven(StackError):
    """The topic has as many partitions for its writers as before."""


def partitions(
    topic: Annotated[str, typer.Argument(help="Such as leads.lead.")],
    number: Annotated[int, typer.Argument(help="How many it shall have; never fewer than it has.", min=2)],
) -> None:
    """Gives a topic more partitions while the stack is at work; the order of each key stays."""
    here = running.read()
    stream = chosen(topic)
    paused = give(stream, number, here.bus, here.services[stream.publisher].database)
    typer.echo(f"{topic} has {number} partitions; for {paused * 1000:.0f} ms nobody could say anything on it.")


def chosen(topic: str) -> Stream:
    """The stream of this name, if it may have more partitions."""
    found = next((stream for stream in STREAMS if stream.topic == topic), None)
    if found is None:
        raise NotGiven(f"There is no topic {topic}.")
    if found.compacted:
        raise NotGiven(
            f"{topic} keeps the newest event of each key: in another partition the older one would stay beside it."
        )
    if found.partitions == 1:
        raise NotGiven(f"{topic} has one partition because all that is said on it is in one order.")
    return found


def give(stream: Stream, number: int, bus: Bus, database: str) -> float:
    """Does it; ``database`` is the address of the stream's owner for its worker. Returns for how many seconds its writers waited.

    May be repeated after a failure. Raises NotGiven.
    """
    from confluent_kafka.admin import AdminClient
    from confluent_kafka.cimpl import NewPartitions

    admin: Any = AdminClient(bus.librdkafka(ADMIN))
    there = len(admin.list_topics(stream.topic, timeout=10).topics[stream.topic].partitions)
    if number < there:
        raise NotGiven(f"{stream.topic} has {there} partitions, and Kafka takes none away.")
    if number > there:
        admin.create_partitions([NewPartitions(stream.topic, number)], request_timeout=20)[stream.topic].result()
    if not stream.sequenced:
        return 0.0  # nobody leans on an order there, and who says something asks the brokers how many there are
    known = time.monotonic() + (METADATA_MS / 1000 + 1 if number > there else 0)
    hearers = [service for service, heard in HEARS.items() if stream in heard]
    for group in hearers:
        _until(
            lambda group=group: assigned(admin, group, stream.topic) in (0, number),  # type: ignore[misc]
            f"{group} has all {number} partitions",
            KNOWN_WITHIN_S,
        )
    time.sleep(max(0.0, known - time.monotonic()))
    return asyncio.run(_exchange(stream.topic, number, hearers, Heard(bus), database))


def assigned(admin: Any, group: str, topic: str) -> int:
    """How many partitions of the topic the members of a group have together; 0 where there is no member."""
    described = admin.describe_consumer_groups([group], request_timeout=10)[group].result()
    return sum(one.topic == topic for member in described.members for one in member.assignment.topic_partitions)


class Heard:
    """Who has heard how much of a topic."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    def unheard(self, topic: str, groups: Iterable[str], number: int) -> Mapping[str, int]:
        """For each group that is behind, how many records of the topic it has not acknowledged."""
        from confluent_kafka import Consumer, TopicPartition

        found: dict[str, int] = {}
        for group in groups:
            # It joins nothing: it asks how far the group is.
            client: Any = Consumer(self._bus.librdkafka(ADMIN, group_id=group, enable_auto_commit=False))
            try:
                places = [TopicPartition(topic, n) for n in range(number)]
                for one in client.committed(places, timeout=10):
                    low, high = client.get_watermark_offsets(one, timeout=10)
                    if behind := high - max(one.offset, low):
                        found[group] = found.get(group, 0) + behind
            finally:
                client.close()
        return found


async def _exchange(topic: str, number: int, hearers: list[str], heard: Heard, database: str) -> float:
    connection = await asyncpg.connect(database, timeout=10, server_settings={"lock_timeout": "10s"})
    try:
        async with connection.transaction():
            before = len(await connection.fetch(_LOCK, topic))
            began = time.monotonic()
            end = began + DRAINED_WITHIN_S
            while unsent := await connection.fetchval(_UNSENT, topic):
                _in_time(end, f"{unsent} events of {topic} are not sent")
                await asyncio.sleep(LOOK_EVERY_S)
            while behind := await asyncio.to_thread(heard.unheard, topic, hearers, number):
                said = ", ".join(f"{group} has {count}" for group, count in behind.items())
                _in_time(end, f"{said} records of {topic} yet to handle")
                await connection.execute("select 1")  # the server ends who is silent in a transaction
            await connection.execute(_MORE, topic, before, number)
            await connection.execute(_ALL, topic, number)
            await connection.execute(_LEAVE, BUILD)
        return time.monotonic() - began
    finally:
        await connection.close()


def _in_time(end: float, why: str) -> None:
    if time.monotonic() > end:
        raise NotGiven(f"Nothing was changed for the writers: after {DRAINED_WITHIN_S:g} s {why}. Try again.")


def _until(done: Callable[[], bool], what: str, within: float) -> None:
    end = time.monotonic() + within
    while not done():
        if time.monotonic() > end:
            raise NotGiven(f"Nothing was changed for the writers: it was not so within {within:g} s that {what}.")
        time.sleep(0.2)
