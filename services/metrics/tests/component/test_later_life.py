"""What becomes of leads after they were assigned is counted, and of what their customers were promised."""

import random
from datetime import timedelta

from chassis_testing import ServiceUnderTest
from contracts.event import Event
from contracts.leads.lead import LeadDiscarded, LeadRestored
from contracts.leads.request import RequestAnswered, RequestBreached, RequestCorrected, RequestReopened
from contracts.territory.lead import LeadTransferred, LeadUnroutable

from .test_counting import NOON, answer, captured, delta, later, lead_id, of_request, routed, rows, walk

OF_LATER_LIFE = (
    "returned",
    "transferred",
    "restored",
    "reopened",
    "requests",
    "answers",
    "answered_in_time",
    "breaches",
)


async def test_each_step_of_a_later_life_counts_for_the_team_that_has_the_lead(service: ServiceUnderTest) -> None:
    await service.receives(*later(6))
    row = (await rows(service, "team"))["oslo"]
    assert {name: row[name] for name in OF_LATER_LIFE} == {
        "returned": 1,
        "transferred": 1,
        "restored": 1,
        "reopened": 1,
        "requests": 2,
        "answers": 1,
        "answered_in_time": 1,
        "breaches": 1,
    }
    assert (row["human_s"], row["system_s"], row["first_responses"], row["first_response_s"]) == (90, 10, 1, 100)
    assert (row["in_time"], row["response_delay"], row["first_response_delay"]) == (1, 90, 100)
    assert (row["won"], row["won_amount"], row["assigned"]) == (0, {}, 1)
    assert (await rows(service, "segment"))["north"]["returned"] == 1
    assert await delta(service) == {}


async def test_whatever_the_order_and_however_often_it_is_told_the_numbers_are_the_same(
    service: ServiceUnderTest,
) -> None:
    draw, records, expected = random.Random(3), [], 12
    for n in range(expected):
        for minutes, event in enumerate([*later(n), *_answers(n)]):
            at = (NOON + timedelta(minutes=minutes)).isoformat().encode()
            records += [(event, at)] * 2
    draw.shuffle(records)
    for start in range(0, len(records), 50):
        await service.receives_raw(*(service.record(one, ce_time=at) for one, at in records[start : start + 50]))
    found = await rows(service, "team")
    once = {"returned": 1, "transferred": 1, "restored": 1, "reopened": 1, "requests": 2, "answers": 1, "breaches": 1}
    row = found["oslo"]
    assert {name: row[name] for name in once} == {name: n * expected for name, n in once.items()}
    assert (row["answered_in_time"], row["human_s"], row["won"], row["assigned"]) == (12, 162 * 12, 0, 12)
    assert {key for key, row in found.items() if row["leads"]} == {"oslo"}
    assert await delta(service) == {}


def _answers(number: int) -> list[Event]:
    return [
        of_request(RequestBreached, number, 0, step_at=NOON, fired_at=NOON),
        of_request(RequestAnswered, number, 0, **answer(NOON + timedelta(minutes=12), 700, late=True)),
        of_request(RequestCorrected, number, 0, withdraws=("breached",), **answer(NOON + timedelta(minutes=3), 180)),
    ]


async def test_a_breach_that_is_withdrawn_counts_no_more_and_its_answer_came_in_time(service: ServiceUnderTest) -> None:
    breached, answered, corrected = _answers(1)
    await service.receives(*walk(1), breached, answered)
    late = (await rows(service, "team"))["berlin"]
    assert (late["breaches"], late["answers"], late["answered_in_time"], late["human_s"]) == (1, 1, 0, 630)
    await service.receives(corrected)
    row = (await rows(service, "team"))["berlin"]
    assert (row["breaches"], row["answers"], row["answered_in_time"], row["human_s"]) == (0, 1, 1, 162)
    await service.receives(of_request(RequestReopened, 1, 0, reopened_at=NOON), breached)
    row = (await rows(service, "team"))["berlin"]
    assert (row["breaches"], row["answers"], row["human_s"]) == (1, 0, 0)


async def test_a_transferred_lead_takes_all_it_counts_along_also_where_its_routing_is_heard_later(
    service: ServiceUnderTest,
) -> None:
    went = LeadTransferred(
        lead_id=lead_id(1),
        transfer_id=lead_id(1),
        order=1,
        to_team="oslo",
        cause="transfer",
        decided_at=NOON + timedelta(minutes=1),
    )
    await service.receives(captured(1), went, routed(1))
    found = await rows(service, "team")
    assert (found["oslo"]["leads"], found["oslo"]["assigned"], "berlin" in found) == (1, 0, False)
    assert (await rows(service, "segment"))["north"]["leads"] == 1
    await service.receives(routed(1, minutes=2))
    assert (await rows(service, "team"))["berlin"]["leads"] == 1
    assert await delta(service) == {}


async def test_who_had_a_lead_has_it_no_more_when_a_later_decision_names_nobody(service: ServiceUnderTest) -> None:
    at = NOON + timedelta(minutes=1)
    await service.receives(*walk(1))
    assert (await rows(service, "team"))["berlin"]["assigned"] == 1
    await service.receives(LeadUnroutable(lead_id=lead_id(1), reason="no rule", ruleset=2, revision=2, decided_at=at))
    assert (await rows(service, "team"))["(unrouted)"]["assigned"] == 0


async def test_a_lead_that_is_restored_is_set_aside_no_more(service: ServiceUnderTest) -> None:
    one = lead_id(1)
    restored = LeadRestored(lead_id=one, code="mistake", by="eva", restored_at=NOON + timedelta(minutes=1))
    await service.receives(captured(1), restored, LeadDiscarded(lead_id=one, reason="student", discarded_at=NOON))
    row = (await rows(service, "segment"))["(unrouted)"]
    assert (row["leads"], row["restored"]) == (1, 1)
