"""What a consumer does on a real Kafka: it goes on where it was, gives partitions up in peace, and sees every loss."""

import asyncio
import dataclasses
import gzip
import struct
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.record.util import calc_crc32c
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions
from toy.facts import planned, spent
from toy.handlers import subscription
from toy.place import Place, at_work, noted, numbers, say
from toy.waiting import until

from chassis import Service, parking
from chassis.broker import METADATA_MS, new_producer
from chassis.consumer import Held
from chassis.jobs import run_once
from chassis.restored import begin_new_history


async def has_noted(service: Service, count: int) -> bool:
    return len(await noted(service)) >= count


def named(first: int, last: int) -> list[Any]:
    """Events whose name is their number; they fall on both partitions."""
    return [planned(f"c{n % 7}", f"n{n}", version=n) for n in range(first, last)]


def names(first: int, last: int) -> list[str]:
    return sorted(f"n{n}" for n in range(first, last))


async def test_what_was_said_while_nothing_can_be_handled_is_the_lag(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    up, down = place.upstream(await place.database()), place.downstream(await place.database())
    lag, deliver = down.kafka_consumer.lag, down.consumer.deliver

    async def is_behind(records: int) -> bool:
        return lag.records(place.metadata.topic) == records

    async def held(*_: Any) -> Any:
        raise Held("bug")

    async with at_work(up), at_work(down):
        await say(up, named(0, 50))
        await until("all is heard", lambda: has_noted(down, 50))
        await until("nothing waits", lambda: is_behind(0))
        monkeypatch.setattr(down.consumer, "deliver", held)
        await say(up, named(50, 80))
        await until("thirty wait", lambda: is_behind(30))
        assert 0 < lag.seconds(place.metadata.topic) < 20
        monkeypatch.setattr(down.consumer, "deliver", deliver)
        await until("they were handled", lambda: is_behind(0))
        assert lag.seconds(place.metadata.topic) == 0


async def test_what_was_heard_is_committed_and_a_restart_goes_on_from_there(place: Place) -> None:
    up, database = place.upstream(await place.database()), await place.database()
    down = place.downstream(database)
    async with at_work(up):
        async with at_work(down):
            await say(up, named(0, 50))
            await until("all is heard", lambda: has_noted(down, 50))
        ends = {p: len(n) for (_, p), n in numbers(await place.on_topic(place.metadata)).items()}
        assert await place.committed(place.metadata) == ends
        await say(up, named(50, 80))
        again = place.downstream(database)
        async with at_work(again):
            await until("the rest is heard", lambda: has_noted(again, 80))
            assert sorted(await noted(again)) == names(0, 80)
    assert len(await place.on_topic(place.emitted)) == 80


async def test_a_quiet_consumer_commits_how_far_it_came(place: Place) -> None:
    up, down = place.upstream(await place.database()), place.downstream(await place.database())
    async with at_work(up, down):
        for n in range(10):
            await say(up, named(n, n + 1))
        await until("all is heard", lambda: has_noted(down, 10))

        async def chosen() -> bool:
            return sum((await place.committed(place.metadata)).values()) == 10

        await until("Kafka knows it while the consumer goes on", chosen, 5)


async def test_a_consumer_whose_look_out_for_brokers_has_died_gets_another(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    up, down = place.upstream(await place.database()), place.downstream(await place.database())
    async with at_work(up, down):
        client = down.kafka_consumer._subscriber.consumer._client
        dead = client._sync_task

        async def fails(*asked: object) -> bool:
            raise KeyError(1)

        with monkeypatch.context() as patch:
            patch.setattr(client, "_metadata_update", fails)
            looked = client.force_metadata_update()
            await until("it is dead", dead.done)
        assert await asyncio.wait_for(looked, 5) is True
        assert client._sync_task is not dead
        assert not client._sync_task.done()
        await say(up, named(0, 5))
        await until("events are heard", lambda: has_noted(down, 5))


async def test_while_the_coordinator_is_unknown_deliveries_do_not_wait_for_a_commit(place: Place) -> None:
    up = place.upstream(await place.database())
    # A member that is silent for its whole session must join anew, and here it can't: a busy machine is no reason for that.
    down = place.downstream(await place.database(), session_timeout_ms=45_000)
    async with at_work(up, down):
        await say(up, named(0, 1))
        await until("it knows where it is", lambda: has_noted(down, 1))
        coordinator = down.kafka_consumer._subscriber.consumer._coordinator
        async with coordinator._coordinator_lookup_lock:  # nobody finds it
            coordinator.coordinator_dead()
            began = asyncio.get_running_loop().time()
            for n in range(1, 5):
                await say(up, named(n, n + 1))
                await until("it is heard", lambda n=n: has_noted(down, n + 1))
                await asyncio.sleep(0.5)
            assert asyncio.get_running_loop().time() - began < 6
            assert "Kafka can't be reached" in down.kafka_consumer.not_ready_reason

        async def chosen() -> bool:
            return sum((await place.committed(place.metadata)).values()) == 5

        await until("Kafka knows it when the coordinator is back", chosen, 10)


async def test_two_members_share_the_partitions_and_no_event_has_two_effects(place: Place) -> None:
    up, database = place.upstream(await place.database()), await place.database()
    one, two = place.downstream(database), place.downstream(database, instance="two")
    async with at_work(up):
        async with at_work(one):
            saying = asyncio.create_task(keep_saying(up, 60))
            async with at_work(two):
                await until("both have partitions", lambda: one.kafka_consumer.assigned and two.kafka_consumer.assigned)
                assert one.kafka_consumer.assigned
                assert two.kafka_consumer.assigned
                assert not one.kafka_consumer.assigned & two.kafka_consumer.assigned
                await saying
                await until("all is heard", lambda: has_noted(one, 300))
        assert sorted(await noted(one)) == names(0, 300)
    assert len(await place.on_topic(place.emitted)) == 300


async def keep_saying(up: Service, turns: int) -> None:
    for turn in range(turns):
        await say(up, named(turn * 5, turn * 5 + 5))
        await asyncio.sleep(0.02)


async def test_a_static_member_comes_back_to_its_partitions_without_waiting_for_its_session(place: Place) -> None:
    up, database = place.upstream(await place.database()), await place.database()
    async with at_work(up):
        await say(up, named(0, 5))
        first = place.downstream(database)
        async with at_work(first):
            await until("heard", lambda: has_noted(first, 5))
        again = place.downstream(database)
        began = asyncio.get_running_loop().time()
        await say(up, named(5, 10))
        async with at_work(again):
            await until("heard again", lambda: has_noted(again, 10))
        assert asyncio.get_running_loop().time() - began < again.settings.session_timeout_ms / 1000 - 1


@pytest.mark.parametrize("away", [False, True], ids=["at work", "away"])
async def test_a_static_member_that_came_back_sees_the_partitions_that_a_topic_is_given(
    place: Place, away: bool
) -> None:
    """The broker tells it that its former self leads the group, so that nobody would look for new partitions."""
    database = await place.database()
    admin: Any = AdminClient({"bootstrap.servers": place.kafka, "log_level": 0})

    def given() -> None:
        admin.create_partitions([NewPartitions(place.metadata.topic, 4)])[place.metadata.topic].result(10)

    async with at_work(place.downstream(database)):
        pass
    if away:
        await asyncio.to_thread(given)
    again = place.downstream(database)
    async with at_work(again):
        if not away:
            await asyncio.to_thread(given)

        async def all_four() -> bool:
            ours = again.kafka_consumer.assigned or ()
            return {tp.partition for tp in ours if tp.topic == place.metadata.topic} == set(range(4))

        await until("it has all four", all_four, METADATA_MS / 1000 + 10)


async def test_truncation_under_a_sleeping_consumer_is_a_gap_that_is_shown_and_held_and_the_rest_goes_on(
    place: Place,
) -> None:
    up, database = place.upstream(await place.database()), await place.database()
    down = place.downstream(database)
    async with at_work(up):
        async with at_work(down):
            await say(up, named(0, 14))
            await until("heard", lambda: has_noted(down, 14))
        before = {p: max(n) for (_, p), n in numbers(await place.on_topic(place.metadata)).items()}
        await say(up, named(14, 28))
        await until("sent", lambda: everything_is_on(place, 28))
        await place.delete_before(place.metadata, 0, before[0] + 2)
        again = place.downstream(database)
        async with at_work(again, ready=False):
            await until("the gap is shown", lambda: "gap: " in again.kafka_consumer.not_ready_reason)
            here = {e.name for e in named(0, 28) if e.name in await noted(again)}
            other = 28 - 14 - await on_partition(place, 0, before[0])
            await until("the other partition goes on", lambda: has_noted(again, 14 + other))
            for _ in range(15):  # it stays shown and held, whatever is tried
                assert f": {before[0]} is followed by {before[0] + 3}" in " ".join(again.not_ready_reasons())
                await asyncio.sleep(0.1)
            assert len(await noted(again)) == 14 + other
            assert here <= set(await noted(again))


async def everything_is_on(place: Place, count: int) -> bool:
    return sum(len(n) for n in numbers(await place.on_topic(place.metadata)).values()) == count


async def on_partition(place: Place, partition: int, above: int) -> int:
    """How many numbers of the partition were given after this one, expired ones too."""
    found = numbers(await place.on_topic(place.metadata))
    return max(max(n) for (_, p), n in found.items() if p == partition) - above


async def test_a_gap_further_back_than_one_delivery_reaches_is_never_forgotten_while_it_is_there(
    place: Place,
) -> None:
    up = place.upstream(await place.database())
    down = place.downstream(await place.database(), max_records=5)
    assert await up._check_database() == ""
    events = [planned("same", f"n{n}", version=n) for n in range(40)]
    await say(up, events)
    async with up.database.connection() as conn:
        await conn.execute("delete from outbox where seq = 23")
    async with at_work(up, down, ready=False):
        await until("the gap is shown", lambda: "gap: " in down.kafka_consumer.not_ready_reason)
        for _ in range(100):
            assert "22 is followed by 24" in down.kafka_consumer.not_ready_reason
            await asyncio.sleep(0.02)
        assert await noted(down) == [f"n{n}" for n in range(22)]


async def test_a_gap_is_no_longer_ours_when_its_partition_is_not(place: Place) -> None:
    down = place.downstream(await place.database())
    gone, kept = (TopicPartition(place.metadata.topic, n) for n in range(2))
    down.kafka_consumer.gaps = {tuple(gone): (5, "lost"), tuple(kept): (6, "lost too")}
    await down.kafka_consumer.listener.on_partitions_assigned([kept])
    assert down.kafka_consumer.gaps.keys() == {tuple(kept)}


async def test_a_service_restored_from_an_older_backup_hears_what_it_lost_and_its_hearers_see_a_new_history(
    place: Place,
) -> None:
    up, database = place.upstream(await place.database()), await place.database()
    down = place.downstream(database)
    async with at_work(up):
        async with at_work(down):
            await say(up, named(0, 10))
            await until("heard", lambda: has_noted(down, 10))
        backup = await place.database(like=database)
        later = place.downstream(database)
        async with at_work(later):
            await say(up, named(10, 20))
            await until("heard", lambda: has_noted(later, 20))
        restored = place.downstream(backup)
        chosen = await begin_new_history(restored)
        assert chosen["partitions_rewound"] == 4
        await restored.database.close()
        running = place.downstream(backup)
        async with at_work(running):
            await until("it has heard again what its backup did not know", lambda: has_noted(running, 20))
            await say(up, named(20, 30))
            await until("it has converged", lambda: has_noted(running, 30))
            assert sorted(await noted(running)) == names(0, 30)
    histories = {source for source, _ in numbers(await place.on_topic(place.emitted))}
    assert len(histories) == 2
    assert f"toy/{chosen['epoch']}".encode() in histories


async def test_when_the_upstream_is_restored_its_hearers_hear_everything_it_says_from_then_on(place: Place) -> None:
    database = await place.database()
    up, down = place.upstream(database), place.downstream(await place.database())
    async with at_work(down):
        async with at_work(up):
            await say(up, named(0, 10))
            await until("heard", lambda: has_noted(down, 10))
        backup = await place.database(like=database)
        later = place.upstream(database)
        async with at_work(later):
            await say(later, named(10, 20))
            await until("heard", lambda: has_noted(down, 20))
        restored = place.upstream(backup)
        await begin_new_history(restored)
        await restored.database.close()
        again = place.upstream(backup)
        async with at_work(again):
            await say(again, named(20, 40))
            await until("everything new is heard", lambda: has_noted(down, 40))
        assert sorted(await noted(down)) == names(0, 40)
        assert down.not_ready_reasons() == []


async def test_while_the_database_is_away_the_delivery_is_held_and_afterwards_it_is_handled(place: Place) -> None:
    up, database = place.upstream(await place.database()), await place.database()
    down = place.downstream(database)
    async with at_work(up, down):
        await say(up, named(0, 10))
        await until("heard", lambda: has_noted(down, 10))
        await place.shut(database)
        await say(up, named(10, 30))
        await until("it says that it is held", lambda: "held: infrastructure" in down.not_ready_reasons())
        await place.open(database)
        await until("all is heard", lambda: has_noted(down, 30))
        await until("it is ready again", lambda: not down.not_ready_reasons())
        assert sorted(await noted(down)) == names(0, 30)


async def test_poison_headers_lose_nothing_of_their_batch(place: Place) -> None:
    up, down = place.upstream(await place.database()), place.downstream(await place.database())
    await place.put(
        place.metadata,
        (b"?", []),
        (None, [("ce_type", None)]),
        (b"{}", [("ce_type", b"\xff\xfe"), ("seq", b"1")]),
        (b"{}", [("ce_type", b"campaigns.campaign.planned.v1"), ("source", b"x\0"), ("shard", b"0"), ("seq", b"1")]),
    )
    async with at_work(up):
        await say(up, named(0, 20))
        await until("sent", lambda: everything_readable_is_on(place))
        async with at_work(down):
            await until("all good ones are heard", lambda: has_noted(down, 20))
            assert sorted(await noted(down)) == names(0, 20)
            async with down.database.connection() as conn:
                assert await conn.fetchval("select count(*) from parked") == 4


async def everything_readable_is_on(place: Place) -> bool:
    return len(await place.on_topic(place.metadata)) == 24


async def test_a_stream_without_numbers_that_is_heard_again_has_no_second_effect(place: Place) -> None:
    from chassis.intake import Intake

    database = await place.database()
    door, stopping = Intake("toy", place.settings(database)), asyncio.Event()
    running = asyncio.create_task(door.run(stopping))
    await until("the door is open", lambda: not door.not_ready_reason)
    await door.say(place.taken, [spent(f"s{n}", f"c{n}") for n in range(20)], "")
    down = place.downstream(database)
    async with at_work(down):
        await until("heard", lambda: has_noted(down, 20))
    place.group += "-r2"  # a group that begins at the beginning: all of it comes once more
    again = place.downstream(database)
    async with at_work(again):
        await door.say(place.taken, [spent("s20")], "")
        await until("heard", lambda: has_noted(again, 21))
        assert len(await noted(again)) == 21
    stopping.set()
    await running


async def test_a_service_waits_for_its_topics_and_says_which_are_missing(place: Place) -> None:
    database = await place.database()
    missing = dataclasses.replace(place.metadata, topic=f"{place.metadata.topic}-missing")
    from toy.app import build

    down = build(place.settings(database), subscription(place.group, missing), (place.emitted,))
    down.access.stream = place.access
    async with at_work(down, ready=False):
        await until("it says so", lambda: f"topics are missing: {missing.topic}" in down.not_ready_reasons())


async def put_as(place: Place, name: str, **changed: bytes) -> None:
    """One more record on partition 0 in the headers of the first one there, with a body that says this name."""
    first = next(r for r in await place.on_topic(place.metadata) if r.partition == 0)
    headers = {**dict(first.headers), "ce_id": name.encode(), **changed}
    body = planned("c0", name).model_dump_json(exclude_none=True).encode()
    await place.put(place.metadata, (body, list(headers.items())))


async def test_numbers_far_ahead_and_histories_of_nobody_are_set_aside_told_and_not_obeyed(place: Place) -> None:
    up, down = place.upstream(await place.database()), place.downstream(await place.database())
    async with at_work(up, down):
        await say(up, named(0, 14))
        await until("heard", lambda: has_noted(down, 14))
        source = dict((await place.on_topic(place.metadata))[0].headers)["source"]
        for n in range(50):
            await put_as(place, f"strange{n}", source=b"leads/%d" % n, seq=b"1")
        await put_as(place, "late", source=b"campaigns/made-up", seq=b"77")
        await put_as(place, "far", source=source, seq=b"777777777")
        await until("it is told", lambda: "52 records are parked" in down.kafka_consumer.not_ready_reason, 30)
        await say(up, named(14, 28))
        await until("all is heard", lambda: has_noted(down, 28), 30)
        assert sorted(await noted(down)) == names(0, 28)
        assert "gap" not in down.kafka_consumer.not_ready_reason
        parked = await parking.listed(down.database)
        assert {p["cause"] for p in parked} == {"unknown history", "number far ahead"}
        for cause in parking.SUSPECT:
            await parking.discard(down.database, "a test", cause=cause)
        await run_once(parking.HOUSEKEEPING, down.database)
        assert down.kafka_consumer.not_ready_reason == ""


async def test_a_number_that_a_stranger_took_does_not_cost_the_true_event(place: Place) -> None:
    up, down = place.upstream(await place.database()), place.downstream(await place.database())
    async with at_work(up, down):
        await say(up, [planned("c0", "n0")])
        await until("heard", lambda: has_noted(down, 1))
        partition = (await place.on_topic(place.metadata))[0].partition
        first = (await place.on_topic(place.metadata))[0]
        taken = {**dict(first.headers), "ce_id": b"forged", "ce_type": b"campaigns.campaign.sold.v1", "seq": b"2"}
        producer = await new_producer(down.settings)
        await producer.send_and_wait(place.metadata.topic, b"{}", b"k", partition, headers=list(taken.items()))
        await producer.stop()
        await say(up, [planned("c0", "n1", version=2), planned("c0", "n2", version=3)])
        await until("it is told", lambda: "1 records are parked" in down.kafka_consumer.not_ready_reason)
        await until("what comes after is heard", lambda: has_noted(down, 2))
        [row] = await parking.listed(down.database)
        assert row["cause"] == "conflict"
        assert await parking.replay(down.database, down.router, row["id"]) == "replayed"
        assert sorted(await noted(down)) == ["n0", "n1", "n2"]


async def test_a_held_delivery_goes_on_in_every_replica_when_an_operator_lets_it_through(place: Place) -> None:
    up, database = place.upstream(await place.database()), await place.database()
    one, two = place.downstream(database, park_limit=3), place.downstream(database, instance="two", park_limit=3)
    events = [planned(f"c{n}", "breaks" if n % 2 else f"n{n}") for n in range(60)]
    async with at_work(up):
        await say(up, events)
        await until("sent", lambda: everything_is_on(place, 60))
        async with at_work(one, two, ready=False):
            await until(
                "it is held",
                lambda: any("too much is failing" in s.kafka_consumer.not_ready_reason for s in (one, two)),
            )
            held = len(await noted(one))
            assert held < 30
            await parking.open_for(one.database, 5, "the names of that release")
            await until("the good ones go on", lambda: has_noted(one, 30), 20)
            await until("nobody is held", lambda: not one.kafka_consumer.held and not two.kafka_consumer.held)
    parked = await parking.listed(one.database)
    assert len(parked) == 30
    assert any("let through: the names of that release" in p["detail"] for p in parked)


@pytest.mark.parametrize("packed", [False, True])
async def test_a_header_whose_name_is_no_text_stops_nobody(place: Place, packed: bool) -> None:
    up, down = place.upstream(await place.database()), place.downstream(await place.database())
    async with at_work(up, down):
        await say(up, [planned("c0", "n0")])
        await until("heard", lambda: has_noted(down, 1))
        partition = (await place.on_topic(place.metadata))[0].partition
        producer = AIOKafkaProducer(bootstrap_servers=place.kafka, acks="all")
        await producer.start()
        batch = producer.create_batch()
        batch.append(key=b"k", value=b"{}", timestamp=None, headers=[("NAME", b"x"), ("other", None)])
        made = batch._build
        batch._build = lambda: misnamed(made(), packed)
        await (await producer.send_batch(batch, place.metadata.topic, partition=partition))
        await producer.stop()
        await say(up, [planned("c0", "n1", version=2)])
        await until("what comes after is heard", lambda: has_noted(down, 2))
        [row] = await parking.listed(down.database)
        assert row["cause"] == "unreadable header"
        shown = await parking.shown(down.database, row["id"])
        assert shown is not None
        assert "other" in shown["headers"]


def misnamed(data: bytearray, packed: bool) -> bytearray:
    """The batch with a header's name that is no UTF-8, compressed or not, under a checksum that is right."""
    data = bytearray(data).replace(b"NAME", b"\xff\xfe\xed\xa0")
    if packed:
        data = data[:61] + bytearray(gzip.compress(bytes(data[61:])))
        struct.pack_into(">i", data, 8, len(data) - 12)
        struct.pack_into(">h", data, 21, 1)
    struct.pack_into(">I", data, 17, calc_crc32c(memoryview(data)[21:]))
    return data
