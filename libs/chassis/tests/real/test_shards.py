"""One topic or partition that refuses stops itself: the others go on, each of their events once, and it catches up later."""

import asyncio
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic
from toy.app import build
from toy.facts import planned, posted, spent
from toy.handlers import subscription
from toy.place import Place, at_work, first_seen, left_to_send, numbers, say
from toy.waiting import until

from chassis import Intake, Service, lanes
from chassis.broker import partition_counts
from chassis.outbox import Relay
from chassis.problems import Problem
from chassis.topics import TopicsRefused, create, unfit
from chassis.transaction import shard_of
from contracts.event import Stream


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for an acknowledgement in these tests."""
    monkeypatch.setattr(sys.modules[Relay.__module__], "ACK_WITHIN_S", 1.0)
    monkeypatch.setattr(sys.modules[Intake.__module__], "ACK_WITHIN_S", 1.0)


def admin(place: Place) -> Any:
    return AdminClient({"bootstrap.servers": place.kafka, "log_level": 0})


def chosen(place: Place, stream: Stream, size: int) -> None:
    """The largest batch that the topic takes."""
    entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, stream.topic, incremental_configs=[entry])
    client = admin(place)  # kept until it has answered
    for done in client.incremental_alter_configs([resource]).values():
        done.result(10)


def recreated(place: Place, stream: Stream, partitions: int) -> None:
    """The topic is deleted, and made again by somebody who did not read the contracts."""
    client = admin(place)
    for done in client.delete_topics([stream.topic]).values():
        done.result(10)
    end = time.monotonic() + 20
    while stream.topic in client.list_topics(timeout=5).topics and time.monotonic() < end:
        time.sleep(0.1)
    for done in client.create_topics([NewTopic(stream.topic, partitions, 1)]).values():
        done.result(10)


def widened(place: Place, stream: Stream, partitions: int = 0) -> None:
    """The topic gets so many partitions, or those that the contracts say."""
    client = admin(place)
    for done in client.create_partitions([NewPartitions(stream.topic, partitions or stream.partitions)]).values():
        done.result(10)


def says_two(place: Place, database: str) -> Service:
    """A toy with two streams to say."""
    made = build(place.settings(database), subscription(f"up-{place.group}"), (place.metadata, place.emitted))
    made.access.stream = place.access
    return made


def names_of(partition: int, stream: Stream) -> Iterator[str]:
    return (name for n in range(10_000) if shard_of((name := f"c{n}").encode(), stream.partitions) == partition)


async def test_a_topic_that_refuses_stops_only_itself_and_the_others_are_sent_once(place: Place) -> None:
    up = says_two(place, await place.database())
    assert up.relay is not None
    send, tried = up.relay.lanes.send, []

    async def counts(shard: tuple[str, int], batch: Any, within: float) -> None:
        tried.append(shard)
        await send(shard, batch, within)

    up.relay.lanes.send = counts  # type: ignore[method-assign]
    async with at_work(up):
        await say(up, [planned("before"), posted("before")])
        await until("all is sent", lambda: no_rows(up))
        await asyncio.to_thread(chosen, place, place.emitted, 200)
        await say(up, [posted(f"c{n}") for n in range(20)])
        first = await until("it is said which topic refuses", lambda: up.relay and up.relay.not_ready_reason)
        assert place.emitted.topic in first
        assert place.metadata.topic not in first
        not_ready_reasons, began, slowest = set(), time.monotonic(), 0.0
        turn = 0
        while time.monotonic() - began < 6:
            turn += 1
            await say(up, [planned(f"c{n}", version=turn) for n in range(5)])
            sent = time.monotonic()
            await until("the other topic flows", lambda: no_rows(up, place.metadata), 4)
            slowest = max(slowest, time.monotonic() - sent)
            not_ready_reasons.add(bool(up.relay.not_ready_reason))
        assert turn > 5  # rows are deleted twice a second
        assert not_ready_reasons == {True}, "readiness does not flap"
        for shard in range(place.emitted.partitions):
            assert tried.count((place.emitted.topic, shard)) < 9, "its pauses grow"
        since = up.relay.not_ready_reason.partition("since ")[2][:8]
        assert first.partition("since ")[2][:8] == since, "it says since when, not when it was last tried"
        await asyncio.to_thread(chosen, place, place.emitted, 2_000_000)
        await until("what was refused is sent", lambda: no_rows(up), 25)
        assert not up.relay.not_ready_reason
    for stream, count in ((place.metadata, 1 + turn * 5), (place.emitted, 21)):
        found = numbers(await place.on_topic(stream))
        assert sum(max(seqs) for seqs in found.values()) == count
        assert all(first_seen(seqs) == list(range(1, max(seqs) + 1)) for seqs in found.values())
    healthy = numbers(await place.on_topic(place.metadata)).values()
    assert sum(map(len, healthy)) == 1 + turn * 5, "each event of the topic that takes is there once"


async def no_rows(service: Service, stream: Stream | None = None) -> bool:
    if stream is None:
        return await left_to_send(service) == 0
    async with service.database.connection() as conn:
        return int(await conn.fetchval("select count(*) from outbox where topic = $1", stream.topic)) == 0


async def test_a_partition_that_is_gone_stops_only_itself_and_is_named_at_the_start(place: Place) -> None:
    up = place.upstream(await place.database())
    here, gone = (list(zip(range(20), names_of(n, place.metadata), strict=False)) for n in (0, 1))
    async with at_work(up):
        await say(up, [planned(name, version=0) for _, name in here + gone])
        await until("the producer knows both", lambda: no_rows(up))
        await asyncio.to_thread(recreated, place, place.metadata, 1)
        await say(up, [planned(name) for _, name in here + gone])
        await until("the partition that is there has its events", lambda: kept(up, place.metadata, 0))
        await until(
            "the other is named",
            lambda: up.relay and f"{place.metadata.topic}/1 has taken nothing" in up.relay.not_ready_reason,
        )
        assert await up._check_topics() == f"topic {place.metadata.topic} has 1 partitions, the contracts say 2"
        with pytest.raises(TopicsRefused, match="has 1 partitions, the contracts say 2"):
            await create(place.settings("-"), 1, [place.metadata])
        await asyncio.to_thread(widened, place, place.metadata)
        await until("the other has its events too", lambda: no_rows(up), 30)
        assert await up._check_topics() == ""
    found = numbers(await place.on_topic(place.metadata))
    assert {partition: seqs for (_, partition), seqs in found.items()} == {n: list(range(21, 41)) for n in (0, 1)}


async def kept(service: Service, stream: Stream, shard: int) -> bool:
    async with service.database.connection() as conn:
        left = await conn.fetchval("select count(*) from outbox where topic = $1 and shard = $2", stream.topic, shard)
    return int(left) == 0


async def test_what_was_acknowledged_is_not_sent_again_by_a_relay_that_begins_again(place: Place) -> None:
    up = place.upstream(await place.database())
    assert up.relay is not None
    assert await up._check_database() == ""
    stopping = asyncio.Event()
    running = asyncio.create_task(up.relay.run(stopping))
    await say(up, [planned(f"c{n}") for n in range(200)])
    await until("all is acknowledged", lambda: sum(up.relay._sent.values()) == 200 if up.relay else False)
    for task in (up.relay.lanes,):
        task.lost = ConnectionError("Kafka is away")  # before what was acknowledged is deleted
    await say(up, [planned(f"c{n}", version=2) for n in range(200)])
    await until("all is sent", lambda: no_rows(up))
    stopping.set()
    await running
    found = numbers(await place.on_topic(place.metadata)).values()
    assert sum(map(len, found)) == 400
    await up.database.close()


async def test_a_relay_that_meets_another_history_of_its_database_sends_it_from_its_start(place: Place) -> None:
    up = place.upstream(await place.database())
    assert up.relay is not None
    up.relay._history = b"toy/before"
    up.relay._sent = dict.fromkeys(up.relay.shards, 10_000)
    async with at_work(up):
        await say(up, [planned(f"c{n}") for n in range(10)])
        await until("all is sent", lambda: no_rows(up))
    assert sum(map(len, numbers(await place.on_topic(place.metadata)).values())) == 10
    async with up.database.connection() as conn:
        up.relay._history = f"toy/{await conn.fetchval('select name from epoch')}".encode()
        up.relay._sent = dict.fromkeys(up.relay.shards, 10_000)  # the same name, but numbers that were never given
        await up.relay._recall(conn)
    assert set(up.relay._sent.values()) == {0}
    await up.database.close()


async def test_a_door_of_which_one_partition_is_gone_takes_what_goes_to_the_others(place: Place) -> None:
    await asyncio.to_thread(recreated, place, place.taken, 1)
    made, stopping = Intake("toy", place.settings("-")), asyncio.Event()
    running = asyncio.create_task(made.run(stopping))
    await until("the door is open", lambda: not made.not_ready_reason)
    gone = next(names_of(1, place.taken))
    fine = [name for _, name in zip(range(3), names_of(0, place.taken), strict=False)]
    with pytest.raises(Problem) as first:
        await made.say(place.taken, [spent("x", gone)], "")
    assert first.value.status == 503
    assert f"{place.taken.topic}/1 has taken nothing since" in made.not_ready_reason
    slowest, taken = 0.0, 0
    for turn in range(60):
        sent = time.monotonic()
        outcomes = await asyncio.gather(
            *(made.say(place.taken, [spent(f"s{turn}-{n}", name)], "") for n, name in enumerate(fine)),
            made.say(place.taken, [spent(f"bad{turn}", gone)], ""),
            return_exceptions=True,
        )
        slowest = max(slowest, time.monotonic() - sent)
        assert outcomes[:3] == [None] * 3
        taken += 3
        refused = outcomes[3]
        assert isinstance(refused, Problem)
        assert refused.status == 503
        assert 1 <= int(refused.headers["Retry-After"]) <= lanes.LONGEST_PAUSE_S
        await asyncio.sleep(0.02)
    with pytest.raises(Problem):  # of which a part would be taken and a part not
        await made.say(place.taken, [spent("a", fine[0]), spent("b", gone)], "")
    found = await place.on_topic_of(place.taken, [0])
    assert len(found) - taken in (0, 1)
    await asyncio.to_thread(widened, place, place.taken)
    await until("the partition takes again", lambda: takes(made, place.taken, gone), 30)
    assert not made.not_ready_reason
    stopping.set()
    await running
    assert slowest < 1.5


async def test_a_door_uses_the_partitions_that_a_topic_was_given_beyond_the_contracts(place: Place) -> None:
    await asyncio.to_thread(widened, place, place.taken, 3)
    made, stopping = Intake("toy", place.settings("-")), asyncio.Event()
    running = asyncio.create_task(made.run(stopping))
    await until("the door is open", lambda: not made.not_ready_reason)
    await made.say(place.taken, [spent("first", "c0")], "")  # only who wrote there asks again how many there are
    await until("the door knows of all", lambda: made.lanes.partitions(place.taken.topic) == 3, 20)
    before = len(await place.on_topic_of(place.taken, [2]))
    mine = next(f"c{n}" for n in range(10_000) if shard_of(f"c{n}".encode(), 3) == 2)
    await made.say(place.taken, [spent("x", mine)], "")
    assert len(await place.on_topic_of(place.taken, [2])) == before + 1
    stopping.set()
    await running


async def takes(door: Intake, stream: Stream, name: str) -> bool:
    try:
        await door.say(stream, [spent("again", name)], "")
    except Problem:
        return False
    return True


async def test_a_door_with_one_slow_partition_does_not_let_the_others_wait_for_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, stopping = Intake("toy", place.settings("-")), asyncio.Event()
    running = asyncio.create_task(made.run(stopping))
    await until("the door is open", lambda: not made.not_ready_reason)
    real, slow = made.lanes.send, next(names_of(1, place.taken))

    async def sends(shard: tuple[str, int], batch: Any, within: float) -> None:
        if shard[1] == 1:
            await asyncio.sleep(0.8)
        await real(shard, batch, within)

    monkeypatch.setattr(made.lanes, "send", sends)
    waiting = [asyncio.create_task(made.say(place.taken, [spent("late 1", slow)], ""))]
    await asyncio.sleep(0.3)
    waiting.append(asyncio.create_task(made.say(place.taken, [spent("late 2", slow)], "")))
    began = time.monotonic()
    for n in range(10):
        await made.say(place.taken, [spent(f"s{n}", next(names_of(0, place.taken)))], "")
    assert time.monotonic() - began < 0.4
    assert not waiting[0].done()
    await asyncio.wait_for(waiting[0], 2)
    with pytest.raises(Problem):  # its own time is over before its partition has ended twice
        await waiting[1]
    stopping.set()
    await running


def test_what_is_missing_of_the_topics_is_said_in_words() -> None:
    from contracts.campaigns.ledger import LEDGER
    from contracts.campaigns.spend import SPEND

    assert unfit({LEDGER.topic: 2, SPEND.topic: 9}, (LEDGER, SPEND)) == ""
    assert unfit({LEDGER.topic: 1}, (LEDGER, SPEND)) == (
        f"topics are missing: {SPEND.topic}; topic {LEDGER.topic} has 1 partitions, the contracts say 2"
    )


async def test_the_cluster_says_how_many_partitions_a_topic_has(place: Place) -> None:
    found = await partition_counts(place.settings("-"))
    assert (found[place.metadata.topic], found[place.emitted.topic]) == (2, 2)
