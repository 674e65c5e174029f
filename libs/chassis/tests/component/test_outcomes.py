"""Every record of a delivery has one of five outcomes, and one transaction has the effect of all of them."""

import json

import pytest
from toy.facts import AT, discarded, leads_of, planned, posted

from chassis.consumer import Held
from chassis_testing import ServiceUnderTest, raw
from contracts.campaigns.campaign import CAMPAIGN
from contracts.leads.lead import LEAD, LeadCaptured


async def noted(service: ServiceUnderTest, topic: str = CAMPAIGN.topic) -> list[str]:
    return [r["key"] for r in await service.sql("select key from note where topic = $1 order by n", topic)]


async def test_a_delivery_has_its_effect_says_its_events_and_moves_its_watermark_in_one_transaction(
    service: ServiceUnderTest,
) -> None:
    delivery = await service.receives(planned("a"), planned("b"))
    assert await noted(service) == ["a", "b"]
    assert await service.emitted() == [posted("a"), posted("b")]
    assert delivery.outcomes == {("campaigns.campaign.planned.v1", "handled"): 2}
    assert [r["last_seq"] for r in await service.sql("select last_seq from watermark")] == [2]
    rows = await service.sql("select (select xmin from note limit 1) = xmin as same from outbox")
    assert all(r["same"] for r in rows)


async def test_a_delivery_that_comes_again_has_no_second_effect(service: ServiceUnderTest) -> None:
    await service.receives(planned("a"), planned("b"))
    delivery = await service.receives_again()
    assert delivery.outcomes == {("campaigns.campaign.planned.v1", "duplicate"): 2}
    assert await noted(service) == ["a", "b"]
    assert len(await service.emitted()) == 2


async def test_a_record_twice_in_one_delivery_has_one_effect(service: ServiceUnderTest) -> None:
    first, second = service.record(planned("a")), service.record(planned("b"))
    delivery = await service.receives_raw(first, second, first, second)
    assert await noted(service) == ["a", "b"]
    assert delivery.outcomes["campaigns.campaign.planned.v1", "duplicate"] == 2


async def test_a_restarted_process_knows_what_was_handled(service: ServiceUnderTest) -> None:
    await service.receives(planned("a"))
    service.service.consumer.forget_positions()
    await service.receives_again()
    assert await noted(service) == ["a"]


async def test_a_type_nobody_asked_for_is_ignored_and_its_number_counts(service: ServiceUnderTest) -> None:
    lead = next(leads_of(0))
    captured = LeadCaptured(lead_id=lead, source="web", occurred_at=AT, captured_at=AT)
    delivery = await service.receives(captured, discarded(lead))
    assert delivery.outcomes["leads.lead.captured.v1", "ignored"] == 1
    assert await noted(service, LEAD.topic) == [str(lead)]


async def test_a_type_this_build_does_not_know_is_ignored(service: ServiceUnderTest) -> None:
    strange = service.record(planned("a"), ce_type=b"campaigns.campaign.sold.v9")
    delivery = await service.receives_raw(strange, service.record(planned("b")))
    assert delivery.outcomes == {("unknown", "ignored"): 1, ("campaigns.campaign.planned.v1", "handled"): 1}


UNREADABLE = {
    "no type": lambda h: {k: v for k, v in h.items() if k != "ce_type"},
    "no number": lambda h: {k: v for k, v in h.items() if k != "seq"},
    "null type": lambda h: {**h, "ce_type": None},
    "null number": lambda h: {**h, "seq": None},
    "binary header": lambda h: {**h, "source": b"\xff\xfe\x00"},
    "word for a number": lambda h: {**h, "seq": b"seven"},
    "number 0": lambda h: {**h, "seq": b"0"},
    "negative number": lambda h: {**h, "seq": b"-1"},
    "number no database holds": lambda h: {**h, "seq": b"9" * 30},
    "shard no database holds": lambda h: {**h, "shard": b"99999999999"},
    "negative shard": lambda h: {**h, "shard": b"-4"},
    "digits without end": lambda h: {**h, "seq": b"1" * 5000},
    "NUL in the source": lambda h: {**h, "source": b"campaigns/a\0b"},
    "NUL in the id": lambda h: {**h, "ce_id": b"a\0b"},
    "NUL in a name": lambda h: {"a\0b": b"", "x": b"\xff"},
    "no time": lambda h: {**h, "ce_time": b"yesterday"},
    "no headers": lambda h: {},
}


async def test_a_record_whose_headers_cannot_be_used_is_parked_and_the_others_go_through(
    service: ServiceUnderTest,
) -> None:
    good, other = service.record(planned("a")), service.record(planned("b"))
    names = dict(enumerate(UNREADABLE, 100))
    bad = [
        raw(CAMPAIGN.topic, 0, offset, b"k", good.value, list(UNREADABLE[name](dict(good.headers)).items()))
        for offset, name in names.items()
    ]
    delivery = await service.receives_raw(good, *bad, other)
    assert await noted(service) == ["a", "b"]
    parked = await service.parked()
    assert {names[p["position"]] for p in parked if p["cause"] == "unreadable header"} == set(UNREADABLE)
    assert delivery.outcomes["unknown", "parked"] == len(parked) == len(UNREADABLE)
    assert delivery.next_offsets[CAMPAIGN.topic, 0] == other.offset + 1
    assert not delivery.gaps


async def test_a_header_that_is_not_ours_may_be_anything(service: ServiceUnderTest) -> None:
    strange = service.record(planned("a"))
    no_trace = [h for h in strange.headers if h[0] != "traceparent"]
    strange.headers = [*no_trace, ("x-vendor", b"\xff\x00"), ("x-none", None), ("traceparent", b"\xff")]
    await service.receives_raw(strange, service.record(planned("b")))
    assert await noted(service) == ["a", "b"]
    assert not await service.parked()


async def test_a_time_that_no_calendar_has_parks_its_record(service: ServiceUnderTest) -> None:
    bad = service.record(planned("a"))
    bad.headers, bad.timestamp = [h for h in bad.headers if h[0] not in ("ce_time", "seq")], 2**62
    await service.receives_raw(bad, service.record(planned("b"), seq=b"1"))
    assert await noted(service) == ["b"]
    assert len(await service.parked()) == 1


async def test_a_traceparent_that_is_rubbish_is_no_reason_to_lose_an_event(service: ServiceUnderTest) -> None:
    record = service.record(planned("a"))
    record.headers = [(name, b"00-\0-rubbish" if name == "traceparent" else value) for name, value in record.headers]
    await service.receives_raw(record)
    assert await noted(service) == ["a"]
    assert len(await service.emitted()) == 1


BODIES = [None, b"", b"{", b"[]", b'{"type":"campaigns.campaign.planned.v1"}', b"\xff\xfe", b"[" * 100_000, b"null"]


async def test_a_body_that_cannot_be_read_is_parked_under_its_number(service: ServiceUnderTest) -> None:
    bad = [service.record(planned("a")) for _ in BODIES]
    for record, body in zip(bad, BODIES, strict=True):
        record.value = body
    delivery = await service.receives_raw(*bad, service.record(planned("b")))
    assert await noted(service) == ["b"]
    parked = await service.parked()
    assert {BODIES[p["position"]] for p in parked if p["cause"] == "unreadable body"} == set(BODIES)
    assert delivery.outcomes["campaigns.campaign.planned.v1", "parked"] == len(parked) == len(BODIES)
    await service.receives(planned("c"))
    assert await noted(service) == ["b", "c"]


async def test_why_a_body_is_unreadable_is_told_without_what_it_holds(service: ServiceUnderTest) -> None:
    bad = service.record(planned("a"))
    bad.value = json.dumps({"type": "campaigns.campaign.planned.v1", "name": ["secret"]}).encode()
    await service.receives_raw(bad)
    [parked] = await service.parked()
    assert "name" in parked["detail"]
    assert "secret" not in parked["detail"]


@pytest.mark.parametrize("place", [0, 3, 6])
async def test_the_failing_event_alone_is_parked_and_what_it_said_is_not_said(
    service: ServiceUnderTest, place: int
) -> None:
    events = [planned(f"c{n}", "fails" if n == place else "fine") for n in range(7)]
    delivery = await service.receives(*events)
    good = [f"c{n}" for n in range(7) if n != place]
    assert await noted(service) == good
    assert [e.campaign for e in await service.emitted()] == good  # type: ignore[attr-defined]
    [parked] = await service.parked()
    assert (parked["cause"], parked["position"], parked["key"]) == ("ValueError", place, f"c{place}".encode())
    assert delivery.outcomes == {
        ("campaigns.campaign.planned.v1", "handled"): 6,
        ("campaigns.campaign.planned.v1", "parked"): 1,
    }
    await service.receives_again()
    assert await noted(service) == good
    assert len(await service.parked()) == 1


async def test_an_event_that_the_database_refuses_is_parked_and_the_others_go_through(
    service: ServiceUnderTest,
) -> None:
    await service.receives(planned("a"), planned("b", "a\0b"), planned("c"))
    assert await noted(service) == ["a", "c"]
    assert len(await service.parked()) == 1


async def test_an_error_whose_words_no_database_holds_can_be_parked(service: ServiceUnderTest) -> None:
    await service.receives(planned("a"), planned("b", "fails at once \0"))
    assert await noted(service) == ["a"]
    assert len(await service.parked()) == 1


async def test_an_event_that_would_say_more_than_a_broker_takes_is_parked_alone(service: ServiceUnderTest) -> None:
    await service.receives(planned("a"), planned("b", "says too much"), planned("c"))
    assert await noted(service) == ["a", "c"]
    assert [e.campaign for e in await service.emitted()] == ["a", "c"]  # type: ignore[attr-defined]
    assert len(await service.parked()) == 1


async def test_one_streams_failing_event_does_not_disturb_another_stream(service: ServiceUnderTest) -> None:
    lead = next(leads_of(1))
    await service.receives(planned("a", "fails"), discarded(lead))
    assert await noted(service, LEAD.topic) == [str(lead)]
    assert len(await service.parked()) == 1


async def test_when_the_database_goes_away_nothing_is_committed_and_later_all_of_it_is_handled(
    service: ServiceUnderTest,
) -> None:
    service.service.database.process_cache["cuts"] = True
    bad = raw(CAMPAIGN.topic, 0, 9, None, b"", [])
    records = [bad, service.record(planned("a")), service.record(planned("b", "cuts"))]
    with pytest.raises(Held) as held:
        await service.receives_raw(*records)
    assert held.value.cause == "infrastructure"
    assert (await noted(service), await service.emitted(), await service.parked()) == ([], [], [])
    assert [r["last_seq"] for r in await service.sql("select last_seq from watermark")] == [0]
    await service.receives_raw(*records)
    assert await noted(service) == ["a", "b"]
    assert len(await service.parked()) == 1


async def test_when_more_fail_by_a_bug_than_may_be_parked_the_delivery_is_held_whole(service: ServiceUnderTest) -> None:
    service.service.settings.park_limit = 2
    events = [planned(f"c{n}", "breaks" if n < 3 else "fine") for n in range(5)]
    with pytest.raises(Held) as held:
        await service.receives(*events)
    assert held.value.cause == "too much is failing"
    assert (await noted(service), await service.emitted(), await service.parked()) == ([], [], [])
    service.service.settings.park_limit = 3
    await service.receives_again()
    assert await noted(service) == ["c3", "c4"]
    assert len(await service.parked()) == 3
