"""Where events stand that could not be handled, until somebody replays them."""

import asyncio
import uuid

import asyncpg
import pytest
from toy.facts import planned, posted
from toy.waiting import until

from chassis import parking, telemetry
from chassis.sealing import CannotOpen
from chassis_testing import ServiceUnderTest, raw
from contracts.campaigns.campaign import CAMPAIGN

_WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"


async def one_parked(service: ServiceUnderTest) -> uuid.UUID:
    await service.receives(planned("a", "fails for José"))
    [row] = await parking.listed(service.service.database)
    found: uuid.UUID = row["id"]
    return found


async def test_what_is_parked_is_listed_without_its_body(service: ServiceUnderTest) -> None:
    record = service.record(planned("a", "fails"), traceparent=f"00-{'a' * 32}-{'b' * 16}-00")
    await service.receives_raw(record)
    [row] = await parking.listed(service.service.database)
    assert (row["cause"], row["type"], row["topic"]) == ("ValueError", "campaigns.campaign.planned.v1", CAMPAIGN.topic)
    assert row["traceparent"] == f"00-{'a' * 32}-{'b' * 16}-00"
    assert "payload" not in row


async def test_the_body_rests_sealed_and_is_opened_for_whoever_holds_the_master_key(service: ServiceUnderTest) -> None:
    parked = await one_parked(service)
    [row] = await service.sql("select payload from parked")
    assert "José".encode() not in row["payload"]
    shown = await parking.shown(service.service.database, parked, "the test reads it")
    assert shown is not None
    assert "fails for José" in shown["payload"]
    assert shown["headers"]["ce_type"] == "campaigns.campaign.planned.v1"


async def test_a_body_is_shown_for_a_reason_alone_which_stays_on_record(service: ServiceUnderTest) -> None:
    parked = await one_parked(service)
    shown = await parking.shown(service.service.database, parked)
    assert shown is not None
    assert "José" not in str(shown)
    assert not shown["detail"].startswith("body seen")
    await parking.shown(service.service.database, parked, "ticket 7")
    [row] = await parking.listed(service.service.database)
    assert row["detail"].startswith("body seen: ticket 7; ")


async def test_another_master_key_does_not_open_it(service: ServiceUnderTest) -> None:
    from pydantic import SecretStr

    parked = await one_parked(service)
    service.service.settings.master_key = SecretStr("A" * 43 + "=")
    with pytest.raises(CannotOpen):
        await parking.shown(service.service.database, parked, "the test reads it")


async def test_a_replay_has_the_events_effect_once_and_is_on_record(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    parked = await one_parked(service)
    database, router = service.service.database, service.service.router
    with pytest.raises(ValueError):
        await parking.replay(database, router, parked)
    [row] = await parking.listed(database)
    assert row["replayed_at"] is None
    await repaired(service)
    assert await parking.replay(database, router, parked) == "replayed"
    assert await parking.replay(database, router, parked) == "it was replayed before"
    assert await service.emitted() == [posted("a")]
    assert await parking.listed(database) == []
    assert len(await parking.listed(database, everything=True)) == 1


async def repaired(service: ServiceUnderTest) -> None:
    """As if a new build could handle it: the sealed body is replaced by one that does not fail."""
    from chassis.sealing import derive, seal_bytes

    body = planned("a").model_dump_json().encode()
    key = derive(service.service.settings.master_key_bytes(), "parked")
    await service.sql("update parked set payload = $1", seal_bytes(key, body))


async def test_two_replays_at_once_have_one_effect_and_only_one_says_so(service: ServiceUnderTest) -> None:
    parked = await one_parked(service)
    await repaired(service)
    database, router = service.service.database, service.service.router
    blocker = await asyncpg.connect(database.settings.database_url.get_secret_value())
    async with blocker.transaction():
        await blocker.execute("select from parked for update")
        replays = [asyncio.create_task(parking.replay(database, router, parked)) for _ in range(2)]

        async def both_wait() -> bool:
            return bool((await service.sql(_WAITING))[0][0] == 2)

        await until("both replays wait for the row", both_wait)
    await blocker.close()
    assert sorted(await asyncio.gather(*replays)) == ["it was replayed before", "replayed"]
    assert await service.emitted() == [posted("a")]


async def test_an_event_whose_type_header_was_unreadable_can_be_replayed_by_what_its_body_says(
    service: ServiceUnderTest,
) -> None:
    good = service.record(planned("a"))
    await service.receives_raw(raw(CAMPAIGN.topic, 0, 7, b"a", good.value, [("ce_type", None), *good.headers[3:]]))
    [row] = await parking.listed(service.service.database)
    assert row["cause"] == "unreadable header"
    emitted = await parking.replay(service.service.database, service.service.router, row["id"])
    assert emitted == "this build does not know its type"
    await service.sql("""update parked set headers = '{"ce_type": "campaigns.campaign.planned.v1"}'""")
    assert await parking.replay(service.service.database, service.service.router, row["id"]) == "replayed"
    assert await service.emitted() == [posted("a")]


async def test_what_a_replay_says_continues_the_events_trace_and_names_its_cause(service: ServiceUnderTest) -> None:
    record = service.record(planned("a", "fails"), traceparent=f"00-{'c' * 32}-{'d' * 16}-00")
    await service.receives_raw(record)
    await repaired(service)
    [row] = await parking.listed(service.service.database)
    await parking.replay(service.service.database, service.service.router, row["id"])
    [emitted] = await service.sql("select traceparent, causation from outbox")
    assert emitted["traceparent"].split("-")[1] == "c" * 32
    assert emitted["causation"] == dict(record.headers)["ce_id"].decode()


async def test_an_unreadable_record_heard_again_is_parked_once(service: ServiceUnderTest) -> None:
    bad = raw(CAMPAIGN.topic, 0, 7, b"a", b"?", [])
    await service.receives_raw(bad)
    await service.receives_raw(bad)
    assert len(await service.parked()) == 1


async def test_an_unknown_id_is_a_sentence(service: ServiceUnderTest) -> None:
    database = service.service.database
    assert await parking.shown(database, uuid.UUID(int=1)) is None
    assert await parking.replay(database, service.service.router, uuid.UUID(int=1)) == "there is no such parked event"


# -- many of them


async def parked_ids(service: ServiceUnderTest) -> dict[str, uuid.UUID]:
    return {r["key"].decode(): r["id"] for r in await service.parked()}


async def replayed(service: ServiceUnderTest) -> list[tuple[uuid.UUID, str]]:
    return [emitted async for emitted in parking.replay_all(service.service.database, service.service.router)]


async def test_all_are_replayed_in_the_order_of_their_topic_whatever_order_they_were_parked_in(
    service: ServiceUnderTest,
) -> None:
    records = [service.record(planned(f"c{n}", "fails")) for n in range(12)]
    await service.receives_raw(*records)
    await service.sql("update parked set parked_at = now() - random() * interval '1 hour'")
    await repaired_each(service)
    assert [emitted for _, emitted in await replayed(service)] == ["replayed"] * 12
    assert [r["key"] for r in await service.sql("select key from note order by n")] == [f"c{n}" for n in range(12)]


async def repaired_each(service: ServiceUnderTest, but: str = "") -> None:
    from chassis.sealing import derive, seal_bytes

    key = derive(service.service.settings.master_key_bytes(), "parked")
    for name, parked in (await parked_ids(service)).items():
        if name != but:
            body = planned(name).model_dump_json().encode()
            await service.sql("update parked set payload = $1 where id = $2", seal_bytes(key, body), parked)


async def test_where_one_fails_again_what_follows_under_its_key_waits_and_the_rest_goes_on(
    service: ServiceUnderTest,
) -> None:
    events = [planned(key, "fails", version) for version, key in enumerate(["a", "b", "a", "b", "c"], 1)]
    await service.receives(*events)
    await service.sql("update parked set key = 'k' where key = 'b'")
    from chassis.sealing import derive, seal_bytes

    key = derive(service.service.settings.master_key_bytes(), "parked")
    body = seal_bytes(key, planned("fine").model_dump_json().encode())
    await service.sql("update parked set payload = $1 where key <> 'a'", body)
    emitted = [what for _, what in await replayed(service)]
    assert emitted[0].startswith("failed again: ValueError at handlers.py:")
    assert emitted[1:] == [
        "replayed",
        "waits for one before it under the same key",
        "replayed",
        "replayed",
    ]


async def test_what_its_owner_may_not_have_said_is_only_replayed_by_name(service: ServiceUnderTest) -> None:
    record = service.record(planned("a"))
    made_up = raw(CAMPAIGN.topic, 0, 9, b"b", planned("b").model_dump_json().encode(), record.headers)
    made_up.headers = [(n, b"leads/ff" if n == "source" else v) for n, v in record.headers]
    await service.receives_raw(made_up)
    assert await replayed(service) == []
    [row] = await service.parked()
    assert await parking.replay(service.service.database, service.service.router, row["id"]) == "replayed"


async def test_what_is_discarded_waits_no_more_and_its_body_is_gone(service: ServiceUnderTest) -> None:
    parked = await one_parked(service)
    database, router = service.service.database, service.service.router
    assert await parking.discard(database, "sent by a test", parked) == 1
    assert await parking.discard(database, "sent by a test", parked) == 0
    assert await parking.listed(database) == []
    [row] = await parking.listed(database, everything=True)
    assert row["detail"].startswith("discarded: sent by a test; ValueError")
    assert await service.sql("select from parked where payload = ''")
    shown = await parking.shown(database, parked, "the test reads it")
    assert shown is not None
    assert shown["payload"] == ""
    assert await parking.replay(database, router, parked) == "it was discarded"
    await service.receives_again()
    assert await parking.listed(database) == []


async def test_all_of_one_cause_are_discarded_at_once(service: ServiceUnderTest) -> None:
    await service.receives(planned("a", "fails"), planned("b", "breaks"), planned("c", "fails"))
    assert await parking.discard(service.service.database, "a test", cause="ValueError") == 2
    assert [r["cause"] for r in await parking.listed(service.service.database)] == ["KeyError"]


async def test_what_waits_is_counted_and_what_was_dealt_with_long_ago_is_forgotten(service: ServiceUnderTest) -> None:
    await service.receives(*(planned(f"c{n}", "fails") for n in range(4)))
    ids = await parked_ids(service)
    await parking.discard(service.service.database, "a test", ids["c0"])
    await repaired_each(service, but="c0")
    await parking.replay(service.service.database, service.service.router, ids["c1"])
    await service.sql("update parked set parked_at = now() - interval '400 days'")
    await service.runs("keep_parked")
    assert telemetry.REGISTRY.get_sample_value("parked_waiting") == 2
    oldest = telemetry.REGISTRY.get_sample_value("parked_oldest_seconds")
    assert oldest is not None
    assert oldest > 399 * 86400
    assert len(await service.parked()) == 4, "nothing was dealt with so long ago"
    await service.sql(
        "update parked set discarded_at = discarded_at - interval '36 days', replayed_at = replayed_at - interval '36 days'"
    )
    await service.runs("keep_parked")
    assert set(await parked_ids(service)) == {"c2", "c3"}, "what waits, waits for ever"


async def test_readiness_forgets_the_suspects_once_they_are_dealt_with(service: ServiceUnderTest) -> None:
    record = service.record(planned("a"))
    record.headers = [(n, b"leads/ff" if n == "source" else v) for n, v in record.headers]
    await service.receives_raw(record)
    process_cache = service.service.database.process_cache
    assert parking.suspects(process_cache) == 1
    await parking.discard(service.service.database, "it was us", cause="unknown history")
    await service.runs("keep_parked")
    assert parking.suspects(process_cache) == 0
    assert telemetry.REGISTRY.get_sample_value("parked_suspect") == 0
