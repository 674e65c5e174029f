"""What happened to a lead and what was done about it, in one list; and who had it when."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from chassis_testing import ServiceUnderTest

from .sales import Sales


@pytest.fixture
async def sales(service: ServiceUnderTest) -> Sales:
    return await Sales(service).opens()


async def test_steps_and_activities_stand_where_they_happened_the_newest_first(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    for kind, text in (("call", "Not there."), ("note", "Tries again on Monday.")):
        body = {"kind": kind, "text": text, "occurred_at": sales.later().isoformat()}
        assert (await sales.anna.post(f"/v1/leads/{lead}/activities", json=body)).status_code == 201
    answer = await sales.anna.get(f"/v1/leads/{lead}/timeline")
    assert answer.headers["cache-control"] == "no-store"
    rows = answer.json()["rows"]
    assert [row["at"] for row in rows] == sorted((row["at"] for row in rows), reverse=True)
    assert {row["what"] for row in rows} == {"captured", "qualified", "routed", "assigned", "call", "note"}
    note = next(row for row in rows if row["what"] == "note")
    assert (note["by"], note["activity"]["text"]) == ("anna", "Tries again on Monday.")
    assert next(row for row in rows if row["what"] == "assigned")["person"] == "anna"
    looks = await sales.service.sql("select purpose, count(*) from opened group by 1 order by 1")
    assert [tuple(look) for look in looks] == [("read", 1), ("record", 2)]


async def test_kinds_narrow_it_and_its_pages_follow_each_other(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    path = f"/v1/leads/{lead}/timeline"
    assert [row["what"] for row in (await sales.anna.get(f"{path}?kinds=routed,call")).json()["rows"]] == ["routed"]
    whole = (await sales.anna.get(path)).json()["rows"]
    found, after = [], ""
    for _ in range(2):
        page = (await sales.anna.get(f"{path}?limit=2{after}")).json()
        found += page["rows"]
        after = f"&after={page['after']}"
    assert found == whole
    assert page["after"] is None
    first = (await sales.anna.get(f"{path}?limit=2")).json()["after"]
    assert (await sales.anna.get(f"{path}?after={first}&kinds=call")).status_code == 422


async def test_another_teams_timeline_and_holders_are_absent(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    for path in ("timeline", "holders"):
        theirs, absent = [await sales.camille.get(f"/v1/leads/{one}/{path}") for one in (lead, uuid4())]
        assert (theirs.status_code, theirs.content) == (404, absent.content)


async def test_who_had_it_on_a_day(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    before = sales.at
    await sales.assigned(lead, "berlin", "jonas")
    between = sales.at
    await sales.service.receives(sales.routed(lead, "paris"))
    said = []
    for at in (before, between, sales.at):
        answer = await sales.camille.get(f"/v1/leads/{lead}/holders", params={"at": at.isoformat()})
        said.append((answer.json()["team"], answer.json()["person"], answer.json()["cause"]))
    assert said == [("berlin", "anna", "assigned"), ("berlin", "jonas", "assigned"), ("paris", None, "routed")]
    now = (await sales.camille.get(f"/v1/leads/{lead}/holders")).json()
    assert (datetime.fromisoformat(now["since"]), now["until"]) == (sales.at, None)
    params = {"at": (before - timedelta(minutes=1)).isoformat()}
    assert (await sales.camille.get(f"/v1/leads/{lead}/holders", params=params)).status_code == 404
    assert (
        await sales.camille.get(f"/v1/leads/{lead}/holders", params={"at": "2999-01-01T00:00:00Z"})
    ).status_code == 422


async def test_a_lead_shows_its_place_and_its_version_that_each_step_moves(sales: Sales) -> None:
    lead = await sales.lead()
    before = await sales.anna.get(f"/v1/leads/{lead}")
    await sales.assigned(lead, "berlin", "anna")
    after = await sales.anna.get(f"/v1/leads/{lead}")
    assert (before.json()["place"], after.json()["place"]) == ("nurture", "person")
    assert before.headers["etag"] != after.headers["etag"]
    assert (await sales.anna.get(f"/v1/leads/{lead}")).headers["etag"] == after.headers["etag"]
