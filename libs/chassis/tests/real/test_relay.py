"""What was said reaches the topic: all of it, in order, whatever happens to the relay."""

import asyncio
import secrets
from typing import Any

import asyncpg
import pytest
from aiokafka.errors import KafkaError
from toy.facts import planned
from toy.place import Place, at_work, first_seen, left_to_send, numbers, say
from toy.waiting import until

from chassis import Service
from chassis.outbox import Relay


async def all_sent(service: Service) -> bool:
    return await left_to_send(service) == 0


async def complete(place: Place, count: int) -> None:
    """The topic holds each event of one history, each partition's numbers in order once repetitions are dropped."""
    found = numbers(await place.on_topic(place.metadata))
    assert len({source for source, _ in found}) == 1
    for seqs in found.values():
        assert first_seen(seqs) == list(range(1, max(seqs) + 1))
    assert sum(max(seqs) for seqs in found.values()) == count


async def test_events_arrive_in_order_with_the_headers_that_are_promised(place: Place) -> None:
    up = place.upstream(await place.database())
    async with at_work(up):
        await say(up, [planned(f"c{n}", version=n) for n in range(40)])
        await until("all is sent and deleted", lambda: all_sent(up))
    await complete(place, 40)
    async with up.database.connection() as conn:
        epoch = await conn.fetchval("select name from epoch")
    records = await place.on_topic(place.metadata)
    for record in records:
        h = dict(record.headers)
        assert h["source"] == f"campaigns/{epoch}".encode()
        assert (h["ce_specversion"], h["ce_source"], h["content-type"]) == (
            b"1.0",
            b"/" + h["source"],
            b"application/json",
        )
        assert (h["ce_type"], h["correlationid"]) == (b"campaigns.campaign.planned.v1", record.key)
        assert (int(h["shard"]), len(h["traceparent"])) == (record.partition, 55)
    assert len({dict(r.headers)["ce_id"] for r in records}) == 40


async def test_a_relay_whose_connection_is_killed_goes_on_without_loss(place: Place) -> None:
    up = place.upstream(await place.database())
    killer = await asyncpg.connect(up.settings.database_url.get_secret_value())
    killed = 0
    async with at_work(up):
        for turn in range(30):
            await say(up, [planned(f"c{n}", version=turn) for n in range(10)])
            if turn % 10 == 5:
                killed += await killer.fetchval(
                    "select count(pg_terminate_backend(pid)) from pg_stat_activity"
                    " where application_name like '%relay' and datname = current_database()"
                )
                await until("the relay is back", lambda: up.relay and not up.relay.not_ready_reason)
        await until("all is sent", lambda: all_sent(up))
    await killer.close()
    assert killed >= 2
    await complete(place, 300)


async def test_a_lost_ack_sends_the_same_numbers_again_and_loses_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    up, real, lost = place.upstream(await place.database()), Relay._send, []

    async def loses_acks(self: Relay, batch: Any, shard: Any, last: int) -> None:
        before = self._sent[shard]
        await real(self, batch, shard, last)
        if len(lost) < 3:
            self._sent[shard] = before
            lost.append(shard)
            raise KafkaError("the answer never came")

    monkeypatch.setattr(Relay, "_send", loses_acks)
    async with at_work(up):
        for turn in range(10):
            await say(up, [planned(f"c{n}", version=turn) for n in range(10)])
        await until("all is sent", lambda: all_sent(up))
    assert len(lost) == 3
    await complete(place, 100)
    assert sum(map(len, numbers(await place.on_topic(place.metadata)).values())) > 100


async def test_a_broker_that_refuses_a_batch_is_trouble_in_words_and_nothing_is_lost(place: Place) -> None:
    up = place.upstream(await place.database())
    await asyncio.to_thread(limit, place, 2000)
    async with at_work(up):
        await say(up, [planned("large")])
        await until("the broker knows this producer's count", lambda: all_sent(up))
        await say(up, [planned("small"), planned("large", secrets.token_hex(25_000)), planned("small", version=2)])
        emitted = await until("the relay is in trouble", lambda: up.relay and up.relay.not_ready_reason)
        assert "MessageSizeTooLarge" in emitted
        await asyncio.to_thread(limit, place, 2_000_000)
        await until("all is sent, by another producer: the count of the old one has a hole", lambda: all_sent(up))
    await complete(place, 4)


def limit(place: Place, size: int) -> None:
    """The largest batch that the topic takes."""
    from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

    entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, place.metadata.topic, incremental_configs=[entry])
    admin: Any = AdminClient({"bootstrap.servers": place.kafka, "log_level": 0})
    for done in admin.incremental_alter_configs([resource]).values():
        done.result(10)


async def test_a_second_relay_stands_by_without_trouble_and_takes_over_when_the_first_dies(place: Place) -> None:
    database = await place.database()
    first, second = place.upstream(database), place.upstream(database, instance="two")
    assert await first._check_database() == ""
    assert first.relay
    assert second.relay
    relay, other = first.relay, second.relay
    stopping = asyncio.Event()
    dying = asyncio.create_task(relay.run(stopping))
    await until("the first is at work", lambda: not relay.not_ready_reason)
    standing_by = asyncio.create_task(other.run(stopping))
    await until("the second stands by", lambda: not other.not_ready_reason)
    first.database.after_commit.append(other.kick)  # both are woken by every commit
    for turn in range(5):
        await say(first, [planned(f"c{n}", version=turn) for n in range(2)])
        await asyncio.sleep(0.02)
    await until("all is sent", lambda: all_sent(first))
    assert sum(other._sent.values()) == 0
    dying.cancel()
    await asyncio.wait([dying])
    await say(first, [planned(f"d{n}") for n in range(10)])
    await until("the second has sent the rest", lambda: all_sent(second))
    assert sum(other._sent.values()) > 0
    stopping.set()
    await standing_by
    await first.database.close()
    await second.database.close()
    await complete(place, 20)


async def test_a_frozen_relay_loses_its_lock_and_another_takes_over(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Relay, "silent_at_most", "500ms")
    database = await place.database()
    first, second = place.upstream(database), place.upstream(database, instance="two")
    assert await first._check_database() == ""
    assert first.relay
    assert second.relay
    frozen = asyncio.Event()

    async def freezes(*_: Any) -> None:
        frozen.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(first.relay, "_publish", freezes)
    stopping = asyncio.Event()
    freezing = asyncio.create_task(first.relay.run(stopping))
    await say(first, [planned(f"c{n}") for n in range(10)])
    await asyncio.wait_for(frozen.wait(), 10)
    waking = asyncio.create_task(second.relay.run(stopping))
    await until("the second has sent everything", lambda: all_sent(second))
    stopping.set()
    freezing.cancel()
    await asyncio.wait([waking, freezing])
    await first.database.close()
    await second.database.close()
    await complete(place, 10)


async def test_what_was_said_just_before_the_stop_is_sent_by_it(place: Place) -> None:
    up = place.upstream(await place.database())
    async with at_work(up):
        await say(up, [planned(f"c{n}") for n in range(10)])
    assert await left_to_send(up) == 0
    await up.database.close()
    await complete(place, 10)


async def test_a_relay_standing_by_stops_at_once(place: Place) -> None:
    database = await place.database()
    first, second = place.upstream(database), place.upstream(database)
    async with at_work(first):
        assert second.relay
        stopping = asyncio.Event()
        standing_by = asyncio.create_task(second.relay.run(stopping))
        await until("the second stands by", lambda: second.relay and not second.relay.not_ready_reason)
        stopping.set()
        done, _ = await asyncio.wait([standing_by], timeout=2)
        assert done
