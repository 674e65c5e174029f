"""Whoever reaches the broker may put anything on a topic: good events beside it arrive, and it is told."""

import time
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from toy.facts import discarded, leads_of, planned, team

from chassis import consumer, parking
from chassis.consumer import FAR, Held
from chassis_testing import ServiceUnderTest, raw
from contracts.campaigns.campaign import CAMPAIGN
from contracts.leads.lead import LEAD
from contracts.territory.structure import STRUCTURE

ZONES = ("", "Z", "+00:00", "+15:59", "-15:59", "+16:00", "-16:00", "+23:59", "-23:59", "+24:00", "+99:99", "+14:00:59")
DATES = (
    "0001-01-01T00:00:00",
    "9999-12-31T23:59:59.999999",
    "1582-10-10T00:00:00",
    "2026-11-24T09:30:00",
    "0000-00-00",
)
OTHER = (
    "",
    "45999",
    "20261128",
    "-1",
    "NaN",
    "infinity",
    "2026-11-24T24:00:00",
    "2026-W48-2",
    "٢٠٢٦-١١-٢٤",
    "1" * 5000,
)
NUMBERS = (
    b"",
    b"0",
    b"-1",
    b"7_0",
    b" 999999 ",
    b"1e9",
    b"NaN",
    b"inf",
    b"0x7",
    b"\xd9\xa9\xd9\xa9",
    b"9" * 18,
    b"9" * 19,
)
NUMBERS += (str(2**31 - 1).encode(), str(2**31).encode(), str(2**63 - 1).encode(), str(2**63).encode(), b"1" * 5000)
TEXTS = (
    b"",
    b"\0",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"a" * 300_000,
    "\u202e\ufffd".encode(),
    b"/",
    b"campaigns",
    b"campaigns/",
)
HEADERS: dict[str, tuple[bytes | None, ...]] = {
    "ce_time": (None, *(f"{d}{z}".encode() for d, z in product(DATES, ZONES)), *(o.encode() for o in OTHER), *TEXTS),
    "seq": (None, *NUMBERS, *TEXTS),
    "shard": (None, *NUMBERS, *TEXTS),
    "source": (None, *NUMBERS, *TEXTS),
    "ce_id": (None, *TEXTS),
    "ce_type": (None, *NUMBERS, *TEXTS),
    "traceparent": (
        None,
        *TEXTS,
        b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01",
        b"ff-" + b"a" * 32 + b"-" + b"b" * 16 + b"-01",
    ),
    "causationid": (None, *TEXTS),
}


async def noted(service: ServiceUnderTest, topic: str = CAMPAIGN.topic) -> list[str]:
    return [r["key"] for r in await service.sql("select key from note where topic = $1 order by n", topic)]


async def causes(service: ServiceUnderTest) -> list[str]:
    return [p["cause"] for p in await service.parked()]


def forged(record: Any, offset: int, **headers: bytes | None) -> Any:
    """The record as somebody else might put it there once more."""
    kept = {**dict(record.headers), "ce_id": f"forged-{offset}".encode()} | headers
    return raw(record.topic, record.partition, offset, record.key, record.value, list(kept.items()))


@pytest.mark.parametrize("name", HEADERS)
async def test_whatever_a_header_holds_the_good_events_beside_it_arrive(service: ServiceUnderTest, name: str) -> None:
    records, good, n = [], [], 1000
    for number, value in enumerate(HEADERS[name]):
        record = service.record(planned(f"c{number}"))
        good.append(f"c{number}")
        sent = {name: value} if name == "seq" else {name: value, "seq": b"99999"}
        records += [forged(record, n, **sent), record]
        n += 1
    delivery = await service.receives_raw(*records)
    assert not delivery.gaps
    assert await noted(service) == good
    await service.receives(planned("after"))
    assert (await noted(service))[-1] == "after"


@pytest.mark.parametrize("stamp", [2**62, -(2**62), 2**53, -62135596800001, 253402300800000, -1, 0])
async def test_whatever_time_the_broker_was_told_the_good_events_arrive(service: ServiceUnderTest, stamp: int) -> None:
    odd = service.record(planned("odd"))
    odd.headers, odd.timestamp = [h for h in odd.headers if h[0] not in ("ce_time", "seq")], stamp
    await service.receives_raw(odd, service.record(planned("good"), seq=b"1"))
    assert await noted(service) == ["good"]


async def test_no_moment_is_believed_to_be_later_than_now(service: ServiceUnderTest) -> None:
    await service.receives_raw(service.record(planned("a"), ce_time=b"9999-12-31T00:00:00Z"))
    [row] = await service.sql("select last_at from watermark")
    assert row["last_at"] < datetime.now(UTC) + timedelta(minutes=11)


@pytest.mark.parametrize(
    "source",
    [b"leads/0123456789abcdef", b"kafka", b"Campaigns/0123456789abcdef", b"campaigns-x/0123456789abcdef", b"x"],
)
async def test_a_history_of_another_service_is_set_aside_and_told(service: ServiceUnderTest, source: bytes) -> None:
    record = service.record(planned("a"))
    delivery = await service.receives_raw(forged(record, 900, source=source), record)
    assert await noted(service) == ["a"]
    assert await causes(service) == ["unknown history"]
    assert delivery.outcomes["campaigns.campaign.planned.v1", "parked"] == 1
    assert "1 records are parked that their owner may not have said" in not_ready_reason(service)
    assert len(await service.sql("select from watermark")) == 1


def not_ready_reason(service: ServiceUnderTest) -> str:
    """What readiness would say of a consumer that is at work."""
    kafka_consumer: Any = service.service.kafka_consumer
    kafka_consumer.assigned, kafka_consumer._subscriber = frozenset(), _Reaches()
    try:
        return str(kafka_consumer.not_ready_reason)
    finally:
        kafka_consumer.assigned = kafka_consumer._subscriber = None


class _Reaches:
    class consumer:
        class _coordinator:
            coordinator_id = 1

            @staticmethod
            def coordinator_unknown() -> bool:
                return False


async def test_a_shard_that_is_not_the_records_partition_is_nobodys(service: ServiceUnderTest) -> None:
    here, there = service.record(discarded(next(leads_of(0)))), service.record(discarded(next(leads_of(1))))
    await service.receives_raw(here, there)
    again = forged(here, 5, shard=b"1", seq=b"2", source=dict(here.headers)["source"])
    await service.receives_raw(again)
    assert await causes(service) == ["unknown history"]
    assert [r["last_seq"] for r in await service.sql("select last_seq from watermark order by shard")] == [1, 1]


async def test_a_number_before_whose_turn_the_true_next_one_comes_is_set_aside(service: ServiceUnderTest) -> None:
    first, second, third = (service.record(planned(name)) for name in "abc")
    ahead = forged(first, 900, seq=b"3")
    delivery = await service.receives_raw(first, ahead, second, third)
    assert not delivery.gaps
    assert await noted(service) == ["a", "b", "c"]
    assert await causes(service) == ["out of order"]


async def test_a_number_ahead_is_a_gap_until_the_true_next_one_is_heard(service: ServiceUnderTest) -> None:
    first, second = service.record(planned("a")), service.record(planned("b"))
    ahead = forged(first, 900, seq=b"9")
    delivery = await service.receives_raw(first, ahead)
    assert delivery.gaps
    delivery = await service.receives_raw(first, ahead, second)
    assert not delivery.gaps
    assert await noted(service) == ["a", "b"]


async def test_a_number_far_ahead_is_set_aside_once_the_log_was_read_from_its_beginning(
    service: ServiceUnderTest,
) -> None:
    first = service.record(planned("a"))
    ahead, made_up = (
        forged(first, 1, seq=b"1000000"),
        forged(first, 2, source=b"campaigns/ff", seq=b"999999"),
    )
    delivery = await service.receives_raw(first, ahead, made_up)
    assert delivery.gaps, "it may be a loss, or a consumer that begins too late: first the log is read again"
    service.service.consumer.reread[CAMPAIGN.topic, 0] = (1, 0)
    delivery = await service.receives_raw(first, ahead, made_up)
    assert delivery.gaps, "the other one is a history that this reading has just met"
    service.service.consumer.reread[CAMPAIGN.topic, 0] = (2, 0)
    second = service.record(planned("b"))
    delivery = await service.receives_raw(first, ahead, made_up, second)
    assert not delivery.gaps
    assert await causes(service) == ["number far ahead", "unknown history"]
    assert await noted(service) == ["a", "b"]


@pytest.mark.parametrize("ahead", [2, FAR])
async def test_a_loss_is_held_however_often_the_log_is_read_again(service: ServiceUnderTest, ahead: int) -> None:
    first = service.record(planned("a"))
    later = forged(first, 1, seq=str(1 + ahead).encode())
    service.service.consumer.reread[CAMPAIGN.topic, 0] = (1, 0)
    delivery = await service.receives_raw(first, later)
    assert delivery.gaps
    assert not await service.parked()


async def test_a_loss_at_the_logs_beginning_is_held_however_great_it_is(service: ServiceUnderTest) -> None:
    await service.receives(planned("a"))
    expired = forged(service.record(planned("b")), 5_000_000, seq=b"5000001")
    service.service.consumer.reread[CAMPAIGN.topic, 0] = (5_000_000, 5_000_000)
    delivery = await service.receives_raw(expired)
    assert delivery.gaps
    assert not await service.parked()


async def test_on_a_compacted_stream_a_number_far_ahead_is_not_obeyed(service: ServiceUnderTest) -> None:
    await service.receives(team("north"))
    record = service.record(team("south"))
    await service.receives_raw(forged(record, 900, seq=b"1000000"), record)
    assert await noted(service, STRUCTURE.topic) == ["north", "south"]
    assert await causes(service) == ["number far ahead"]


async def test_who_hears_a_compacted_stream_for_the_first_time_begins_at_any_number(service: ServiceUnderTest) -> None:
    await service.receives_raw(forged(service.record(team("north")), 7, seq=str(FAR * 5).encode()))
    assert await noted(service, STRUCTURE.topic) == ["north"]


async def test_true_events_whose_numbers_were_taken_by_a_stranger_are_kept_and_told(service: ServiceUnderTest) -> None:
    here = leads_of(0)
    first = service.record(discarded(next(here)))
    await service.receives_raw(first)
    taken = [forged(first, 900 + n, seq=str(n).encode(), ce_type=b"leads.lead.sold.v1") for n in range(2, 10)]
    await service.receives_raw(*taken)
    true = [service.record(discarded(next(here))) for _ in range(8)]
    delivery = await service.receives_raw(*true)
    assert await causes(service) == ["conflict"] * 8
    assert delivery.outcomes["leads.lead.discarded.v1", "parked"] == 8
    assert "8 records" in not_ready_reason(service)
    for row in await service.parked():
        assert await parking.replay(service.service.database, service.service.router, row["id"]) == "replayed"
    assert await noted(service, LEAD.topic) == [r.key.decode() for r in (first, *true)]


async def test_another_event_under_the_newest_number_is_told_whatever_its_clock_says(service: ServiceUnderTest) -> None:
    first = service.record(planned("a"))
    await service.receives_raw(forged(first, 900, ce_time=b"9999-01-01T00:00:00Z"))
    await service.receives_raw(first)
    assert await causes(service) == ["conflict"]


async def test_what_comes_again_is_no_conflict_also_for_a_process_that_has_just_started(
    service: ServiceUnderTest,
) -> None:
    late, early = service.record(planned("a")), service.record(planned("b"), ce_time=b"2020-01-01T00:00:00Z")
    await service.receives_raw(late, early)
    service.service.consumer.forget_positions()
    await service.receives_again()
    await service.receives_raw(early, late)
    assert not await service.parked()


async def test_no_type_that_a_stranger_makes_up_becomes_a_label(service: ServiceUnderTest) -> None:
    first = service.record(planned("a"))
    await service.receives_raw(first)
    made_up = [
        forged(first, 900 + n, ce_type=f"made.up.{n}".encode(), ce_id=dict(first.headers)["ce_id"]) for n in range(9)
    ]
    delivery = await service.receives_raw(*made_up)
    assert delivery.outcomes == {("unknown", "duplicate"): 9}


# -- events that fail


async def test_however_many_events_fail_by_what_they_hold_the_others_go_on(service: ServiceUnderTest) -> None:
    names = ["is no number" if n % 5 == 3 else "fine" for n in range(2000)]
    events = [planned(f"c{n}", name) for n, name in enumerate(names)]
    began = time.perf_counter()
    delivery = await service.receives(*events)
    taken = time.perf_counter() - began
    assert delivery.outcomes["campaigns.campaign.planned.v1", "parked"] == 400
    assert await noted(service) == [f"c{n}" for n, name in enumerate(names) if name == "fine"]
    assert len(await service.parked()) == 400
    print(f"400 of 2,000 were parked in {taken:.1f} s")
    assert taken < 30


async def test_bugs_hold_a_delivery_until_an_operator_lets_it_through(service: ServiceUnderTest) -> None:
    service.service.settings.park_limit = 2
    events = [planned(f"c{n}", "breaks" if n < 4 else "is no number" if n < 8 else "fine") for n in range(12)]
    with pytest.raises(Held) as held:
        await service.receives(*events)
    assert held.value.cause == "too much is failing"
    assert await causes(service) == []
    database = service.service.database
    await parking.open_for(database, 10, "a release that is wrong about names")
    another = consumer.Consumer(service.service.router, database, service.service.settings)
    delivery = await another.deliver(service._last)
    assert delivery.outcomes["campaigns.campaign.planned.v1", "parked"] == 8
    assert await noted(service) == [f"c{n}" for n in range(8, 12)]
    let = [p for p in await service.parked() if p["cause"] == "KeyError"]
    assert len(let) == 4
    assert all("let through: a release that is wrong about names" in p["detail"] for p in let)
    await parking.open_for(database, 0, "mended")
    with pytest.raises(Held):
        await service.receives(*(planned(f"d{n}", "breaks") for n in range(3)))
