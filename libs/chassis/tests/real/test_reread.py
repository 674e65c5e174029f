"""A topic is heard again, from a point on, by a service that is stopped: once, whole, and by nobody who could not stand it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from toy.app import build
from toy.facts import planned, spent
from toy.place import Place, at_work, noted, say
from toy.waiting import until

from chassis import Router, Service, Transaction
from chassis.outbox import headers_of
from chassis.reread import RereadRefused, reread
from chassis.restored import GroupAtWork, begin_new_history
from contracts.campaigns.campaign import CampaignPlanned
from contracts.campaigns.spend import SpendReported

_ONCE = "insert into spent select distinct s from unnest($1::text[]) s on conflict do nothing returning spend_id"
_NOTE = "insert into note (topic, key, what) select $1, '', * from unnest($2::text[])"
_MARKS = "select topic, source, shard, last_seq from watermark order by topic, source, shard"


def named(first: int, last: int) -> list[CampaignPlanned]:
    """Events whose name is their number; they fall on both partitions."""
    return [planned(f"c{n % 7}", f"n{n}", version=n) for n in range(first, last)]


def later(place: Place, database: str, hears: bool = True, idempotent: bool = True) -> Service:
    """The toy before and after it was given handlers that do something; what they do, they do once."""
    router = Router(place.group)

    async def on_planned(events: Sequence[CampaignPlanned], tx: Transaction) -> None:
        await once(place.metadata.topic, [event.name for event in events], tx)

    async def on_spend(events: Sequence[SpendReported], tx: Transaction) -> None:
        await once(place.taken.topic, [event.spend_id for event in events], tx)

    async def once(topic: str, names: list[str], tx: Transaction) -> None:
        if hears:
            new = [row["spend_id"] for row in await tx.conn.fetch(_ONCE, names)]
            await tx.conn.execute(_NOTE, topic, new)

    router.on(place.metadata, idempotent=idempotent)(on_planned)
    router.on(place.taken, idempotent=idempotent)(on_spend)
    # Whoever stops keeps its seat for a session, and so long nothing can be heard again.
    made = build(place.settings(database, session_timeout_ms=3000), router, (place.emitted,))
    made.access.stream = place.access
    return made


async def marks(service: Service) -> list[tuple[Any, ...]]:
    async with service.database.connection() as conn:
        return [tuple(row) for row in await conn.fetch(_MARKS)]


async def has_heard(service: Service, place: Place, count: int) -> bool:
    """As far as the watermarks of the sequenced topic say."""
    return sum(seq for topic, *_, seq in await marks(service) if topic == place.metadata.topic) >= count


async def hears_nothing_of(place: Place, database: str, first: int, last: int) -> None:
    """These are said and heard, by the toy that does nothing about them; it is stopped then."""
    up, deaf = place.upstream(await place.database()), later(place, database, hears=False)
    async with at_work(up, deaf):
        await say(up, named(first, last))
        await until("they are heard", lambda: has_heard(deaf, place, last - first))


async def again(place: Place, database: str, topic: str, since: str = "") -> Any:
    service = later(place, database)
    try:
        return await reread(service, topic, since)
    finally:
        await service.database.close()


async def test_a_handler_that_was_added_later_hears_the_past_and_everything_once(place: Place) -> None:
    database = await place.database()
    await hears_nothing_of(place, database, 0, 20)
    service = later(place, database)
    before = await marks(service)
    assert await again(place, database, place.metadata.topic) == {"topic": place.metadata.topic, "records": 20}
    assert not await has_heard(service, place, 1)
    async with at_work(service):
        await until("it has heard the past", lambda: has_heard(service, place, 20))
        assert sorted(await noted(service)) == sorted(f"n{n}" for n in range(20))
        assert await marks(service) == before
        assert service.not_ready_reasons() == []
    assert sum((await place.committed(place.metadata)).values()) == 20


@pytest.mark.parametrize("by", ["offset", "time"])
async def test_it_begins_where_it_is_told_to_and_no_later_than_it_has_come(place: Place, by: str) -> None:
    database = await place.database()
    up, deaf = place.upstream(await place.database()), later(place, database, hears=False)
    async with at_work(up, deaf):
        await say(up, named(0, 20))
        await until("they are heard", lambda: has_heard(deaf, place, 20))
        ends = await place.committed(place.metadata)
        between = datetime.now(UTC)
        await say(up, named(20, 30))
        await until("these too", lambda: has_heard(deaf, place, 30))
    after = [r for r in await place.on_topic(place.metadata) if r.offset >= (ends[r.partition] if by == "time" else 4)]
    since = between.isoformat() if by == "time" else "4"
    assert (await again(place, database, place.metadata.topic, since))["records"] == len(after)
    service = later(place, database)
    async with at_work(service):
        await until("it has caught up", lambda: has_heard(service, place, 30))
        assert len(await noted(service)) == len(after)
        assert not (await parked(service))
    assert (await again(place, database, place.metadata.topic, "2999-01-01T00:00:00Z"))["records"] == 0
    assert (await again(place, database, place.metadata.topic, "1000000"))["records"] == 0
    assert await has_heard(service, place, 30)


async def test_what_a_stranger_put_on_the_topic_sets_no_number_and_a_new_history_is_met_as_one(place: Place) -> None:
    database, writer = await place.database(), await place.database()
    up, deaf = place.upstream(writer), later(place, database, hears=False)
    async with at_work(deaf):
        async with at_work(up):
            await say(up, named(0, 10))
            await until("they are heard", lambda: has_heard(deaf, place, 10))
        first = (await place.on_topic(place.metadata))[0]
        forged = dict(first.headers) | {"seq": b"900000", "ce_id": b"another"}
        await place.put(place.metadata, (first.value, list(forged.items())))
        restored = place.upstream(writer)
        await begin_new_history(restored)
        await restored.database.close()
        fresh = place.upstream(writer)
        async with at_work(fresh):
            await say(fresh, named(10, 20))
            await until("the new history is heard", lambda: has_heard(deaf, place, 20), 30)
        before, aside = await marks(deaf), await parked(deaf)
    on_topic = await place.on_topic(place.metadata)
    for since in ("", str(min(r.offset for r in on_topic if dict(r.headers).get("ce_id") == b"another") + 1)):
        await again(place, database, place.metadata.topic, since)
        service = later(place, database)
        async with at_work(service, ready=False):  # what is parked as suspect keeps it from being ready
            await until("it has caught up", lambda service=service: is_at(service, before), 30)
            assert await parked(service) == aside
    assert sorted(await noted(service)) == sorted(f"n{n}" for n in range(20))


async def is_at(service: Service, wanted: object) -> bool:
    return await marks(service) == wanted


async def parked(service: Service) -> list[Any]:
    async with service.database.connection() as conn:
        return [tuple(row) for row in await conn.fetch("select id, cause from parked order by id")]


async def test_a_stream_without_numbers_is_heard_again_too(place: Place) -> None:
    database = await place.database()
    deaf = later(place, database, hears=False)
    body = spent("s1").model_dump_json(exclude_none=True).encode()
    row = {
        "id": "x",
        "type": "campaigns.spend.reported.v1",
        "at": datetime.now(UTC),
        "traceparent": "",
        "key": b"k",
        "actor": None,
    }
    headers = [h for h in headers_of({**row, "shard": 0, "seq": 0, "causation": None}, b"-") if h[0].startswith("ce_")]
    async with at_work(deaf):
        await place.put(place.taken, (body, headers))

        async def heard() -> bool:
            return (place.taken.topic, "kafka", 0, 0) in await marks(deaf)

        await until("it is heard", heard)
    assert (await again(place, database, place.taken.topic))["records"] == 1
    service = later(place, database)
    async with at_work(service):

        async def has_noted() -> bool:
            return await noted(service) == ["s1"]

        await until("it is heard again", has_noted)


async def test_while_a_member_is_at_work_nothing_moves(place: Place) -> None:
    database = await place.database()
    up, deaf = place.upstream(await place.database()), later(place, database, hears=False)
    async with at_work(up, deaf):
        await say(up, named(0, 10))
        await until("they are heard", lambda: has_heard(deaf, place, 10))
        with pytest.raises(GroupAtWork, match="stop the service"):
            await again(place, database, place.metadata.topic)
        assert await has_heard(deaf, place, 10)


async def test_what_may_not_be_heard_again_is_refused_in_a_sentence(place: Place) -> None:
    database = await place.database()
    service = later(place, database, idempotent=False)
    with pytest.raises(RereadRefused, match="on_planned is not declared idempotent: what it did when it heard"):
        await reread(service, place.metadata.topic)
    with pytest.raises(RereadRefused, match=f"toy does not hear nothing.here: it hears {place.metadata.topic}"):
        await reread(service, "nothing.here")
    allowed = later(place, database)
    for since, why in (("soon", "neither an offset nor a time"), ("2026-03-01T00:00:00", "no zone")):
        with pytest.raises(RereadRefused, match=why):
            await reread(allowed, place.metadata.topic, since)
    await service.database.close()
    await allowed.database.close()
