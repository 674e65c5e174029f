"""The capture door's way to Kafka: answered after the ack, refused quickly when that can't be."""

import asyncio
import dataclasses
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from toy.facts import spent
from toy.place import Place
from toy.waiting import until

from chassis import Settings
from chassis.intake import Intake
from chassis.problems import Problem
from contracts import STREAM_OF
from contracts.campaigns.spend import SPEND
from contracts.event import Stream
from tributary.child_process import free_port
from tributary.kafka import LocalKafka
from tributary.topics import create_topics


@pytest.fixture
async def door(place: Place) -> AsyncIterator[Intake]:
    """A door on the shared Kafka."""
    made, stopping = Intake("toy", place.settings("-", intake_limit=50, door_limit=45)), asyncio.Event()
    running = asyncio.create_task(made.run(stopping))
    await until("the door is open", lambda: not made.not_ready_reason)
    yield made
    stopping.set()
    await running


async def test_what_was_answered_is_on_the_topic_with_its_headers(place: Place, door: Intake) -> None:
    trace = f"00-{'a' * 32}-{'b' * 16}-00"
    await door.say(place.taken, [spent("s1", "spring"), spent("s2", "autumn")], trace)
    records = await place.on_topic(place.taken)
    assert {r.key for r in records} == {b"spring", b"autumn"}
    for record in records:
        headers = dict(record.headers)
        assert (headers["ce_type"], headers["ce_source"]) == (b"campaigns.spend.reported.v1", b"/toy/door")
        assert (headers["traceparent"], headers["correlationid"]) == (trace.encode(), record.key)
        assert "seq" not in headers


async def test_many_requests_at_once_are_all_answered_and_each_is_on_the_topic_once(place: Place, door: Intake) -> None:
    await asyncio.gather(*(door.say(place.taken, [spent(f"s{n}", f"c{n}")], "") for n in range(40)))
    found = [r.value for r in await place.on_topic(place.taken)]
    assert len(found) == len(set(found)) == 40


async def test_a_door_at_which_too_many_wait_says_so_until_they_have_their_answers(place: Place, door: Intake) -> None:
    waiting = [asyncio.create_task(door.say(place.taken, [spent(f"w{n}")], "")) for n in range(45)]
    await asyncio.sleep(0)
    assert door.full
    with pytest.raises(Problem) as refused:
        await door.say(place.taken, [spent("one too many")], "")
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})
    await asyncio.gather(*waiting)
    assert not door.full
    await door.say(place.taken, [spent("later")], "")
    assert len(await place.on_topic(place.taken)) == 46


async def test_a_full_queue_refuses_at_once_and_takes_nothing_of_the_request(place: Place, door: Intake) -> None:
    with pytest.raises(Problem) as refused:
        await door.say(place.taken, [spent(f"s{n}") for n in range(51)], "")
    assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})
    await door.say(place.taken, [spent("s")], "")
    assert len(await place.on_topic(place.taken)) == 1


async def test_an_event_that_no_broker_takes_is_refused_and_closes_the_door_for_nobody(
    place: Place, door: Intake
) -> None:
    large = spent("s1").model_copy(update={"note": secrets.token_hex(1_200_000)})
    with pytest.raises(Problem) as refused:
        await door.say(place.taken, [spent("s0"), large], "")
    assert refused.value.status == 413
    await door.say(place.taken, [spent("s2")], "")
    assert [r.key for r in await place.on_topic(place.taken)] == [b"spring"]


async def test_a_closed_door_refuses(place: Place) -> None:
    made = Intake("toy", place.settings("-"))
    with pytest.raises(Problem) as refused:
        await made.say(place.taken, [spent("s")], "")
    assert refused.value.status == 503
    stopping = asyncio.Event()
    stopping.set()
    await made.run(stopping)
    with pytest.raises(Problem):
        await made.say(place.taken, [spent("s")], "")


async def test_what_waits_when_the_door_stops_is_still_sent(place: Place) -> None:
    made, stopping = Intake("toy", place.settings("-")), asyncio.Event()
    running = asyncio.create_task(made.run(stopping))
    await until("the door is open", lambda: not made.not_ready_reason)
    saying = asyncio.gather(*(made.say(place.taken, [spent(f"s{n}")], "") for n in range(20)))
    await asyncio.sleep(0)
    stopping.set()
    await saying
    await running
    assert len(await place.on_topic(place.taken)) == 20


async def test_what_waits_behind_a_slow_round_is_told_so_when_its_own_time_is_over(
    place: Place, door: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, slow = door._publish, asyncio.Event()

    async def slowly(*round_: Any) -> None:
        slow.set()
        await asyncio.sleep(1.4)
        await publish(*round_)

    monkeypatch.setattr(sys.modules[Intake.__module__], "ACK_WITHIN_S", 2.0)
    monkeypatch.setattr(door, "_publish", slowly)
    first = asyncio.create_task(door.say(place.taken, [spent("s1")], ""))
    await slow.wait()
    with pytest.raises(Problem) as refused:  # its own round is in time, but ends after 2.8 s
        await door.say(place.taken, [spent("s2")], "")
    assert refused.value.status == 503
    await first


# -- a broker of these tests' own, because they take it away


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[LocalKafka]:
    """A broker that may be stopped."""
    with LocalKafka(tmp_path / "kafka", port=free_port()) as server:
        yield server


async def test_with_the_broker_away_the_door_says_so_and_nothing_refused_is_delivered_later(
    own_kafka: LocalKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules[Intake.__module__], "ACK_WITHIN_S", 0.5)
    stream = dataclasses.replace(SPEND, partitions=1)
    monkeypatch.setitem(STREAM_OF, "campaigns.spend.reported.v1", stream)
    await asyncio.to_thread(create_topics, own_kafka.bus, (stream,))
    settings = Settings(database_url=SecretStr("postgresql:///"), kafka_bootstrap_servers=[own_kafka.bootstrap])
    made, stopping = Intake("toy", settings), asyncio.Event()
    running = asyncio.create_task(made.run(stopping))
    await until("the door is open", lambda: not made.not_ready_reason)
    await made.say(stream, [spent("before")], "")
    await asyncio.to_thread(own_kafka.kill)
    refused = 0
    for n in range(5):
        began = asyncio.get_running_loop().time()
        with pytest.raises(Problem) as emitted:
            await made.say(stream, [spent(f"away {n}")], "")
        assert emitted.value.status == 503
        assert "Retry-After" in emitted.value.headers
        assert asyncio.get_running_loop().time() - began < 3
        refused += 1
        await asyncio.sleep(0.1)
    await until(
        "it is not one partition, it is Kafka", lambda: made.not_ready_reason.startswith("the door lost Kafka"), 5
    )
    await asyncio.to_thread(own_kafka.start)
    await until("the door is open again", lambda: not made.not_ready_reason, 30)
    await made.say(stream, [spent("after")], "")
    await asyncio.sleep(1.5)  # a producer that was only abandoned would have delivered by now
    stopping.set()
    await running
    assert await values_on(own_kafka, stream) == ["before", "after"]
    assert refused == 5


async def values_on(kafka: LocalKafka, stream: Stream) -> list[str]:
    place = Place(kafka.bootstrap, "", stream, stream, stream, stream, "-")
    events = [stream.events[0].model_validate_json(r.value) for r in await place.on_topic(stream)]
    return [event.spend_id for event in events]  # type: ignore[attr-defined]
