"""What is to be done next, what waits in queues, and how many leads stand where."""

from typing import Any

import pytest

from chassis import Actor
from chassis.query import rendered
from chassis_testing import ServiceUnderTest
from contracts.territory.structure import UnitDefined
from leads.store import board, work

from .sales import EVER, Sales, may


@pytest.fixture
async def sales(service: ServiceUnderTest) -> Sales:
    return await Sales(service).opens()


async def due(sales: Sales, lead: str, minutes: int) -> None:
    await sales.service.sql(
        "update lead_place set due_at = now() + make_interval(mins => $1) where lead_id = $2::text::uuid", minutes, lead
    )


async def rows(client: Any, path: str) -> list[dict[str, Any]]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


GRADE_A = {
    "contact": {"phone": "+49 30 1234567", "company": "Marx GmbH"},
    "product": "lathe",
    "expected_amount": {"minor": 9_000_000, "currency": "EUR"},
}


async def test_what_is_breached_comes_first_then_what_is_due_soon_then_the_best(sales: Sales) -> None:
    plain = [await sales.lead(person="anna") for _ in range(2)]
    best = await sales.lead(person="anna", **GRADE_A)
    soon, later, breached = [await sales.lead(person="anna") for _ in range(3)]
    for lead, minutes in ((soon, 30), (later, 90), (breached, -5)):
        await due(sales, lead, minutes)
    others = [await sales.lead(person="jonas"), await sales.lead()]
    found = await rows(sales.anna, "/v1/work")
    assert [row["id"] for row in found] == [breached, soon, best, later, *plain]
    assert [(row["priority"], row["because"]) for row in found[:4]] == [
        (3, "breached"),
        (2, "due_soon"),
        (1, "grade_a"),
        (0, None),
    ]
    assert found[0]["name"] == "Customer 6"
    paged, after = [], ""
    for _ in range(3):
        page = (await sales.anna.get(f"/v1/work?limit=2{after}")).json()
        paged += page["rows"]
        after = f"&after={page['after']}"
    assert paged == found
    assert page["after"] is None
    assert [row["id"] for row in await rows(sales.otto, "/v1/work?person=jonas")] == others[:1]
    assert await rows(sales.camille, "/v1/work?person=anna") == []


async def test_a_lead_that_ended_or_moved_is_no_work_any_more(sales: Sales) -> None:
    won, moved = await sales.lead(person="anna"), await sales.lead(person="anna")
    body = {"outcomes": [{"lead_id": won, "result": "lost"}]}
    assert (await sales.service.http.post("/v1/outcomes", json=body)).status_code == 200
    await sales.service.receives(sales.service.intake.emitted[-1])
    await sales.service.receives(sales.routed(moved, "paris"))
    assert await rows(sales.anna, "/v1/work") == []


async def test_a_queue_has_what_nobody_has_and_says_why_it_waits(sales: Sales) -> None:
    waiting = [await sales.lead(waits="nobody is there", **GRADE_A) for _ in range(3)]
    await sales.lead(person="anna", **GRADE_A)
    nurtured, theirs = await sales.lead(), await sales.lead("paris", **GRADE_A)
    await due(sales, waiting[1], 10)
    found = await rows(sales.anna, "/v1/queues?team=berlin")
    assert [row["id"] for row in found] == [waiting[1], waiting[0], waiting[2]]
    assert {row["waits"] for row in found} == {"nobody is there"}
    first = (await sales.anna.get("/v1/queues?team=berlin&limit=2")).json()
    assert [row["id"] for row in await rows(sales.anna, f"/v1/queues?team=berlin&after={first['after']}")] == waiting[
        2:
    ]
    assert (await sales.anna.get(f"/v1/queues?after={first['after']}")).status_code == 422
    assert await rows(sales.anna, "/v1/queues?team=paris") == []
    assert {row["id"] for row in await rows(sales.gm, "/v1/queues")} == {*waiting, theirs}
    assert nurtured not in {row["id"] for row in await rows(sales.anna, "/v1/queues?place=qualification")}
    assert (await sales.anna.get("/v1/queues?place=person")).status_code == 422


async def test_leads_are_counted_where_they_stand_within_ones_scope(sales: Sales) -> None:
    for person in ("anna", None):
        await sales.lead(person=person, **GRADE_A)
    await sales.lead("paris", source="phone")
    for unit, parent in (("berlin", "germany"), ("paris", "france"), ("germany", "europe"), ("france", "europe")):
        fields = {"id": f"unit:{unit}", "unit": unit, "kind": "sales", "parent": parent, "team": True, "name": unit}
        event = UnitDefined.model_validate(fields | {"from_at": EVER, "version": 1, "defined_at": EVER})
        await sales.service.receives(event)

    async def counts(client: Any, by: str) -> dict[str, int]:
        return {row["key"]: row["count"] for row in await rows(client, f"/v1/summary?by={by}")}

    assert await counts(sales.gm, "team") == {"berlin": 2, "paris": 1}
    assert await counts(sales.gm, "unit") == {"berlin": 2, "europe": 3, "france": 1, "germany": 2, "paris": 1}
    assert await counts(sales.anna, "unit") == {"berlin": 2, "europe": 2, "germany": 2}
    assert await counts(sales.gm, "source") == {"phone": 1, "web": 2}
    assert await counts(sales.anna, "state") == {"assigned": 1, "routed": 1}
    [line] = await rows(sales.anna, "/v1/summary?by=team")
    assert line["places"] == {"person": 1, "queue": 1}
    assert line["value"] == [{"minor": 18_000_000, "currency": "EUR"}]
    assert await rows(sales.gm, "/v1/summary?by=team&to=2020-01-01T00:00:00Z") == []
    async with sales.service.service.database.at_door(Actor("anna")) as tx:
        asked = "select key, count from count_leads('team', array['berlin', 'paris'], '-infinity', 'infinity')"
        assert [tuple(row) for row in await tx.conn.fetch(asked)] == [("berlin", 1), ("berlin", 1)], "whatever is named"
    refused = await sales.gm.get("/v1/summary?by=team&from=2020-01-02T00:00:00Z&to=2020-01-01T00:00:00Z")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "from")


async def test_work_and_queues_come_from_their_indexes(sales: Sales) -> None:
    await sales.service.sql(
        """
        insert into lead_place (lead_id, state, place, team, assignee, captured_at, differing, outcomes, entries)
        select gen_random_uuid(), 'assigned', case when n % 20 = 0 then 'queue' else 'person' end, 't' || n % 50,
            case when n % 20 > 0 then 'p' || n % 400 end, now() - make_interval(secs => n), 0, '[]', 1
        from generate_series(1, 20000) n
        """
    )
    await sales.service.alters("analyze lead_place")
    await sales.service.told(may("head", *({"team": f"t{n}"} for n in range(50))))
    now, teams = sales.at, [f"t{n}" for n in range(50)]
    many = await rows(sales.service.as_("head"), "/v1/summary?by=team")
    assert [row["count"] for row in many] == [400] * 50, "counted in one pass, and each where it stands"
    assert {place: sum(row["places"].get(place, 0) for row in many) for place in ("person", "queue")} == {
        "person": 19_000,
        "queue": 1_000,
    }
    for index, statement in (
        ("lead_place_held", work.work_statement("p1", now, None, 51, teams)),
        ("lead_place_answers", work.work_statement("p1", now, None, 51, teams)),
        ("request_named", work.work_statement("p1", now, None, 51, teams)),
        ("lead_place_waiting", work.queue_statement("queue", teams, None, 51)),
        ("lead_place_waiting", work.queue_statement("queue", ["t1"], None, 51)),
    ):
        text, values = rendered(statement)
        async with sales.service.service.database.at_door(Actor("head")) as tx:
            plan = "\n".join(row[0] for row in await tx.conn.fetch(f"explain (costs off) {text}", *values))
        assert index in plan, plan
    for team, person in ((["t1"], None), (teams, "p1")):
        whose = board.Whose(team, person, None, [])
        async with sales.service.service.database.at_door(Actor("head")) as tx:
            asked = f"explain (costs off) {board.board_statement(whose)}"
            plan = "\n".join(row[0] for row in await tx.conn.fetch(asked, *whose.asked, 21))
        assert "lead_place_held" in plan, plan
