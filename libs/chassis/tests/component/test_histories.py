"""Numbers: what is a duplicate, what is a loss, and what is a new history."""

import dataclasses
from typing import Any

import pytest
from toy.facts import discarded, leads_of, planned, spent, team

from chassis.consumer import Consumer, Delivery, Held
from chassis_testing import ServiceUnderTest
from contracts.campaigns.campaign import CAMPAIGN
from contracts.campaigns.spend import SPEND
from contracts.leads.lead import LEAD
from contracts.territory.structure import STRUCTURE


async def noted(service: ServiceUnderTest, topic: str) -> list[str]:
    return [r["key"] for r in await service.sql("select key from note where topic = $1 order by n", topic)]


async def watermarks(service: ServiceUnderTest, topic: str) -> list[int]:
    return [r[0] for r in await service.sql("select last_seq from watermark where topic = $1 order by 1", topic)]


async def test_a_gap_stops_its_partition_and_the_others_go_on(service: ServiceUnderTest) -> None:
    here, there = leads_of(0), leads_of(1)
    a, lost, c, d = [service.record(discarded(next(here))) for _ in range(4)]
    x, y = [service.record(discarded(next(there))) for _ in range(2)]
    delivery = await service.receives_raw(a, x, c, d, y)
    assert await noted(service, LEAD.topic) == [r.key.decode() for r in (a, x, y)]
    assert delivery.gaps.keys() == {(LEAD.topic, 0)}
    assert delivery.gaps[LEAD.topic, 0][0] == c.offset
    assert delivery.next_offsets == {(LEAD.topic, 0): a.offset + 1, (LEAD.topic, 1): y.offset + 1}
    assert await watermarks(service, LEAD.topic) == [1, 2]
    await service.receives_raw(a, lost, c, d)
    assert len(await noted(service, LEAD.topic)) == 6


async def test_a_gap_says_which_history_and_which_numbers(service: ServiceUnderTest) -> None:
    service.record(planned("lost"))
    delivery = await service.receives(planned("b"))
    [(_, detail)] = delivery.gaps.values()
    assert detail.startswith("campaigns/")
    assert detail.endswith("#0: 0 is followed by 2")


async def test_a_history_whose_start_has_expired_begins_where_the_log_begins(service: ServiceUnderTest) -> None:
    for _ in range(3):
        service.record(planned("expired"))
    first, second = service.record(planned("d")), service.record(planned("e"))

    async def oldest(_: Any) -> int:
        return first.offset

    await service.service.consumer.deliver([first, second], oldest)
    assert await noted(service, CAMPAIGN.topic) == ["d", "e"]
    assert await watermarks(service, CAMPAIGN.topic) == [5]


async def test_a_known_history_whose_next_number_has_expired_is_a_loss(service: ServiceUnderTest) -> None:
    await service.receives(planned("a"))
    service.record(planned("lost"))
    record = service.record(planned("c"))

    async def oldest(_: Any) -> int:
        return record.offset

    delivery = await service.service.consumer.deliver([record], oldest)
    assert delivery.gaps.keys() == {(CAMPAIGN.topic, 0)}
    assert await noted(service, CAMPAIGN.topic) == ["a"]


async def test_two_histories_of_one_stream_in_one_delivery_are_counted_apart(service: ServiceUnderTest) -> None:
    old = [service.record(planned("a")), service.record(planned("b"))]
    service._epochs.clear()
    new = [service.record(planned("c")), service.record(planned("d"))]
    delivery = await service.receives_raw(*old, *new, old[0], new[0])
    assert await noted(service, CAMPAIGN.topic) == ["a", "b", "c", "d"]
    assert await watermarks(service, CAMPAIGN.topic) == [2, 2]
    assert delivery.outcomes["campaigns.campaign.planned.v1", "duplicate"] == 2


async def test_facts_said_again_in_a_new_history_are_heard_again(service: ServiceUnderTest) -> None:
    await service.receives(planned("a"))
    await service.receives_renumbered(planned("a"))
    assert await noted(service, CAMPAIGN.topic) == ["a", "a"]


async def test_an_owner_that_was_overtaken_is_held_and_then_finds_its_delivery_handled(
    service: ServiceUnderTest,
) -> None:
    await service.receives(planned("a"))
    slow = service.service.consumer
    record = service.record(planned("b"))
    quick = Consumer(service.service.router, service.service.database, service.service.settings)
    await quick.deliver([record])
    with pytest.raises(Held) as held:
        await slow.deliver([record])
    assert held.value.cause == "moved"
    delivery = await slow.deliver([record])
    assert delivery.outcomes == {("campaigns.campaign.planned.v1", "duplicate"): 1}
    assert await noted(service, CAMPAIGN.topic) == ["a", "b"]
    assert len(await service.emitted()) == 2


async def test_two_owners_that_handle_the_same_delivery_at_once_have_one_effect(service: ServiceUnderTest) -> None:
    import asyncio

    records = [service.record(planned(f"c{n}")) for n in range(50)]
    owners = [Consumer(service.service.router, service.service.database, service.service.settings) for _ in range(3)]
    ends = await asyncio.gather(*(o.deliver(records) for o in owners), return_exceptions=True)
    handled = [e.outcomes["campaigns.campaign.planned.v1", "handled"] for e in ends if isinstance(e, Delivery)]
    assert sum(handled) == 50
    assert all(isinstance(e, Delivery | Held) for e in ends)
    assert await noted(service, CAMPAIGN.topic) == [f"c{n}" for n in range(50)]
    assert len(await service.emitted()) == 50


async def test_on_a_stream_without_numbers_the_use_case_knows_a_duplicate_by_its_own_id(
    service: ServiceUnderTest,
) -> None:
    first = service.record(spent("s1"))
    await service.receives_raw(first, service.record(spent("s2")), service.record(spent("s1")))
    await service.receives_raw(first)
    assert await noted(service, SPEND.topic) == ["s1", "s2"]


async def test_a_rewound_stream_without_numbers_is_heard_again_and_goes_on(service: ServiceUnderTest) -> None:
    records = [service.record(spent(f"s{n}")) for n in range(3)]
    await service.receives_raw(*records)
    await service.receives_raw(*records[:1])
    await service.receives_raw(*records[1:], service.record(spent("s3")))
    assert await noted(service, SPEND.topic) == ["s0", "s1", "s2", "s3"]


async def test_on_a_compacted_stream_holes_are_normal_and_older_states_are_dropped(service: ServiceUnderTest) -> None:
    assert STRUCTURE.compacted
    old, swept, new = (service.record(team("north", version)) for version in (1, 2, 3))
    delivery = await service.receives_raw(old, new, swept)
    assert not delivery.gaps
    assert [r["what"] for r in await service.sql("select what from note order by n")] == ["version 1", "version 3"]


async def test_a_held_delivery_leaves_no_trace_in_what_the_process_believes(service: ServiceUnderTest) -> None:
    service.service.database.process_cache["cuts"] = True
    records = [service.record(planned("a", "cuts")), service.record(planned("b"))]
    with pytest.raises(Held):
        await service.receives_raw(*records)
    assert service.service.consumer.positions is None
    await service.receives_raw(*records)
    await service.receives(planned("c"))
    assert await noted(service, CAMPAIGN.topic) == ["a", "b", "c"]


async def test_a_delivery_without_a_database_is_held_as_infrastructure(service: ServiceUnderTest) -> None:
    from pydantic import SecretStr

    from chassis.database import Database

    away = service.service.settings.model_copy(update={"database_url": SecretStr("postgresql://u:p@127.0.0.1:1/x")})
    consumer = Consumer(service.service.router, Database(away), away)
    with pytest.raises(Held) as held:
        await consumer.deliver([service.record(planned("a"))])
    assert held.value.cause == "infrastructure"


async def test_a_stream_may_not_be_heard_twice_nor_a_strangers_event(service: ServiceUnderTest) -> None:
    from toy.handlers import on_leads_lead

    from chassis import Router

    router = Router("strict")
    with pytest.raises(TypeError):
        router.on(CAMPAIGN)(on_leads_lead)
    router.on(LEAD)(on_leads_lead)
    with pytest.raises(TypeError):
        router.on(dataclasses.replace(LEAD))(on_leads_lead)
