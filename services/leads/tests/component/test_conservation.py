"""No lead is lost or forgotten: where nobody has one, its time comes and is told; and one that is nowhere is seen."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY

from chassis import telemetry
from chassis_testing import ServiceUnderTest
from contracts.leads.lead import LeadUnclaimed, OpportunityOpened
from contracts.territory.lead import LeadUnassigned
from leads.store import conservation as store

from .sales import Sales


@pytest.fixture
async def sales(service: ServiceUnderTest) -> Sales:
    return await Sales(service).opens()


def gauge(name: str) -> float | None:
    return telemetry.REGISTRY.get_sample_value(name) or REGISTRY.get_sample_value(name) or 0.0


async def overdue(sales: Sales, lead: str, place: str, disposition: str, minutes: int = 1) -> None:
    """It waits there, and its time came so long ago."""
    await sales.service.sql(
        "update lead_place set place = $2, disposition = $3, due_at = now() - make_interval(mins => $4),"
        " next_at = now() - make_interval(mins => $4) where lead_id = $1::text::uuid",
        lead,
        place,
        disposition,
        minutes,
    )


async def told(sales: Sales) -> list[Any]:
    return [event for event in await sales.service.emitted() if isinstance(event, LeadUnclaimed)]


async def test_a_lead_that_nobody_took_by_its_time_is_told_once_and_again_on_the_next_working_day(sales: Sales) -> None:
    first, second = await sales.lead(), await sales.lead()
    await overdue(sales, first, "queue", "near_term", 5)
    await overdue(sales, second, "queue", "near_term", 9)
    await asyncio.gather(*(sales.service.runs("tell_unclaimed") for _ in range(3)))
    events = await told(sales)
    assert [str(event.lead_id) for event in events] == [second, first]
    assert {(event.place, event.team, event.step) for event in events} == {("queue", "berlin", 1)}
    assert all(event.fired_at >= event.due_at for event in events)
    [row] = await sales.service.sql(
        "select next_at - now() as ahead from lead_place where lead_id = $1::text::uuid", first
    )
    assert timedelta(hours=20) < row["ahead"] <= timedelta(hours=24)
    await sales.service.sql("update lead_place set next_at = now() where lead_id = $1::text::uuid", first)
    await sales.service.runs("tell_unclaimed")
    assert [event.step for event in await told(sales)] == [2]
    entries = (await sales.anna.get(f"/v1/leads/{first}")).json()["history"]
    assert [e["what"] for e in entries][-2:] == ["unclaimed", "unclaimed"]


async def test_what_waits_and_is_sent_to_another_team_waits_there_with_a_time_of_its_own_and_the_same_promise(
    sales: Sales,
) -> None:
    hot = {"product": "lathe", "contact": {"phone": "030 1234567", "company": "Marx GmbH"}}
    lead = await sales.lead(waits="Nobody is there.", expected_amount={"minor": 9_000_000, "currency": "EUR"}, **hot)
    owed = "select n, due_at, state from request where lead_id = $1::text::uuid"
    promised = await sales.service.sql(owed, lead)
    await overdue(sales, lead, "queue", "near_term")
    await sales.service.runs("tell_unclaimed")
    await told(sales)
    first = sales.routed(lead, "berlin")
    moved = sales.routed(lead, "paris").model_copy(update={"revision": 2, "ruleset": 2, "cause": "swept"})
    nobody = LeadUnassigned(
        lead_id=moved.lead_id,
        segment="dach",
        team="paris",
        reason="Others of the team wait before it.",
        code="queued",
        ruleset=2,
        revision=2,
        cause="swept",
        decided_at=moved.routed_at,
    )
    await sales.service.receives(moved, nobody)
    [opened] = [event for event in await sales.service.emitted() if isinstance(event, OpportunityOpened)]
    assert (opened.team, opened.due_at) == ("paris", None), "what is promised is not promised anew"
    shown = (await sales.camille.get(f"/v1/leads/{lead}")).json()
    assert (shown["place"], shown["team"], shown["waits"]) == ("queue", "paris", "Others of the team wait before it.")
    assert datetime.fromisoformat(shown["due_at"]) > datetime.now(UTC)
    assert (await sales.anna.get(f"/v1/leads/{lead}")).status_code == 404
    assert await sales.service.sql(owed, lead) == promised != []
    await sales.service.receives(first)
    await sales.service.receives_again()
    await sales.service.receives(moved, nobody)
    assert (await sales.camille.get(f"/v1/leads/{lead}")).json() == shown, "told late or twice it changes nothing"
    await sales.service.runs("tell_unclaimed")
    assert await told(sales) == []


async def test_one_whose_day_has_come_goes_to_a_qualifier(sales: Sales) -> None:
    lead = await sales.lead()
    await overdue(sales, lead, "nurture", "nurture")
    await sales.service.runs("tell_unclaimed")
    [event] = await told(sales)
    assert (event.place, str(event.lead_id)) == ("nurture", lead)
    shown = (await sales.anna.get(f"/v1/leads/{lead}")).json()
    assert shown["place"] == "qualification"
    assert datetime.fromisoformat(shown["due_at"]) > datetime.now(UTC)
    await sales.service.runs("tell_unclaimed")
    assert await told(sales) == []


async def test_who_takes_a_lead_stops_its_time(sales: Sales) -> None:
    lead = await sales.lead()
    await sales.assigned(lead, "berlin", "anna")
    [row] = await sales.service.sql("select due_at, next_at from lead_place where lead_id = $1::text::uuid", lead)
    assert tuple(row) == (None, None)
    await sales.service.runs("tell_unclaimed")
    assert await told(sales) == []


async def test_all_leads_are_counted_and_each_is_in_one_place(sales: Sales) -> None:
    assert (await sales.anna.get("/v1/conservation")).json()["as_of"] is None
    for person in ("anna", None):
        await sales.lead(person=person)
    await sales.lead(team=None)
    await sales.service.runs("count_places")
    shown = (await sales.camille.get("/v1/conservation")).json()
    assert (shown["captured"], sum(shown["places"].values()), shown["unaccounted"]) == (3, 3, 0)
    assert (shown["places"]["person"], shown["places"]["arriving"]) == (1, 1)
    assert shown["as_of"] is not None


async def test_a_lead_that_is_nowhere_is_seen_and_found_again(sales: Sales) -> None:
    lost, late = await sales.lead(), await sales.lead(team=None)
    fine = await sales.lead()
    await sweeps(sales)
    assert gauge("leads_unaccounted") == 0  # a minute has not passed yet
    await sales.service.sql("update lead set captured_at = captured_at - interval '61 seconds'")
    await sweeps(sales)
    assert gauge("leads_unaccounted") == 1  # nobody has decided about it for a minute
    [place] = await sales.service.sql(
        "select to_jsonb(p)::text as row from lead_place p where lead_id = $1::text::uuid", lost
    )
    await sales.service.sql("delete from lead_place where lead_id = $1::text::uuid", lost)
    await sweeps(sales)
    await sweeps(sales)
    assert gauge("leads_unaccounted") == 2
    assert {str(row["lead_id"]) for row in await sales.service.sql("select lead_id from astray")} == {lost, late} - {
        fine
    }
    await sales.service.runs("count_places")
    assert (await sales.anna.get("/v1/conservation")).json()["unaccounted"] == 1
    await sales.service.receives(sales.routed(late, "berlin"))
    await sales.service.sql(
        "insert into lead_place select (jsonb_populate_record(null::lead_place, $1::text::jsonb)).*", place["row"]
    )
    await sweeps(sales)
    assert gauge("leads_unaccounted") == 0


async def test_new_leads_are_looked_at_at_once_wherever_the_round_over_all_stands(sales: Sales) -> None:
    lost, aged = (
        await sales.lead(),
        "update lead set captured_at = captured_at - interval '61 s' where lead_id = $1::text::uuid",
    )
    await sales.service.sql(aged, lost)
    await sweeps(sales)
    await sales.service.sql(
        "update conservation set round_lead = 'ffffffff-ffff-ffff-ffff-ffffffffffff', swept_at = captured_at, swept_lead = lead_id from lead"
    )
    await sales.service.sql("delete from lead_place where lead_id = $1::text::uuid", lost)
    await sales.service.sql(aged, await sales.lead(team=None))
    await sweeps(sales)
    assert gauge("leads_unaccounted") == 1, "the round has passed the lost one by"
    await sweeps(sales)
    assert gauge("leads_unaccounted") == 2, "it begins anew"


async def test_a_round_over_all_goes_on_where_it_stood_and_leaves_out_what_has_just_come(sales: Sales) -> None:
    async def round_of_two() -> set[str]:
        async with sales.service.service.database.transaction() as tx:
            await store.sweep(tx, timedelta(minutes=1), 1, 2)
        return {str(row["lead_id"]) for row in await sales.service.sql("select lead_id from astray")}

    await sweeps(sales)  # what came before the first turn is the round's to look at
    old = sorted([await sales.lead(team=None) for _ in range(4)])
    await sales.service.sql("update lead set captured_at = captured_at - interval '1 h'")
    young = await sales.lead(team=None)
    all_of_them = sorted([*old, young])
    for turn in range(3):
        assert await round_of_two() == set(all_of_them[: 2 * turn + 2]) - {young}


async def test_many_leads_are_counted_less_often(sales: Sales) -> None:
    await sales.lead()
    await sales.service.runs("count_places")
    first = (await sales.anna.get("/v1/conservation")).json()["as_of"]
    await sales.service.runs("count_places")
    second = (await sales.anna.get("/v1/conservation")).json()["as_of"]
    assert second > first
    await sales.service.sql("update conservation set captured = 1000000")
    await sales.service.runs("count_places")
    assert (await sales.anna.get("/v1/conservation")).json()["as_of"] == second
    await sales.service.sql("update conservation set as_of = now() - interval '301 s'")
    await sales.service.runs("count_places")
    assert (await sales.anna.get("/v1/conservation")).json()["captured"] == 1


async def test_a_lead_without_a_time_is_seen(sales: Sales) -> None:
    lead = await sales.lead()
    await sweeps(sales)
    assert gauge("leads_without_due_time") == 0
    await sales.service.sql("update lead_place set due_at = null where lead_id = $1::text::uuid", lead)
    await sweeps(sales)
    assert gauge("leads_without_due_time") == 1


async def sweeps(sales: Sales) -> None:
    for job in ("sweep", "watch"):
        await sales.service.runs(job)
