"""What was done about a lead: who may say so, in whose name, what of it is told, and that nothing of it is ever edited."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from chassis import Actor
from chassis_testing import ServiceUnderTest
from contracts.leads.activity import ActivityRecorded, ActivityVoided

from .sales import Sales, may

CALL = {"kind": "call", "reached": True, "seconds": 340, "text": "Wants an offer for two lathes."}


@pytest.fixture
async def sales(service: ServiceUnderTest) -> Sales:
    return await Sales(service).opens()


async def did(client: httpx.AsyncClient, lead: str, key: str = "", **body: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await client.post(f"/v1/leads/{lead}/activities", json=CALL | body, headers=headers)


async def told(sales: Sales, kind: type[Any]) -> list[Any]:
    return [event for event in await sales.service.emitted() if isinstance(event, kind)]


async def test_a_call_is_on_record_and_told_and_its_text_is_sealed(sales: Sales) -> None:
    lead = await sales.lead(person="anna", campaign="spring")
    answer = await did(sales.anna, lead)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["kind"], shown["direction"], shown["author"], shown["team"]) == ("call", "outbound", "anna", "berlin")
    assert (shown["on_behalf_of"], shown["voided"], shown["text"]) == (None, None, CALL["text"])
    [event] = await told(sales, ActivityRecorded)
    assert (str(event.activity_id), event.author, event.reached, event.campaign) == (
        shown["id"],
        "anna",
        True,
        "spring",
    )
    assert "lathes" not in event.model_dump_json()
    [row] = await sales.service.sql("select activity::text as said from activity")
    assert "lathes" not in row["said"]


async def test_its_text_is_read_by_the_team_and_each_reading_is_on_record(sales: Sales) -> None:
    lead = await sales.lead()
    await did(sales.anna, lead)
    await sales.service.told(may("looker", {"team": "berlin", "opens": False}))
    assert (await sales.looker.get(f"/v1/leads/{lead}/activities")).json()["rows"][0]["text"] is None
    [row] = (await sales.jonas.get(f"/v1/leads/{lead}/activities")).json()["rows"]
    assert (row["text"], row["has_text"]) == (CALL["text"], True)
    looks = await sales.service.sql("select person, purpose from opened order by at")
    assert [tuple(look) for look in looks] == [("anna", "record"), ("jonas", "read")]


async def test_who_may_open_nothing_seals_nothing_and_records_without_text(sales: Sales) -> None:
    lead = await sales.lead()
    await sales.service.told(may("mute", {"team": "berlin", "opens": False}))
    assert (await did(sales.mute, lead)).status_code == 410
    assert (await did(sales.mute, lead, text=None)).status_code == 201
    assert await sales.service.sql("select from opened") == []


async def test_anybody_of_the_team_records_in_his_own_name_and_who_stands_in_on_behalf_of_the_holder(
    sales: Sales,
) -> None:
    annas, others = await sales.lead(person="anna"), await sales.lead(person="jonas")
    stands_in = {"team": "berlin", "kind": "substitute", "on_behalf_of": "anna"}
    await sales.service.told(
        may("leyla", {"team": "berlin"}, stands_in),
        may("mia", {"team": "paris"}, stands_in),
        may("late", {"team": "berlin"}, stands_in | {"ends_at": "2021-01-01T00:00:00Z"}),
    )
    for person, lead, on_behalf_of in (
        ("jonas", annas, None),
        ("leyla", annas, "anna"),
        ("leyla", others, None),
        ("late", annas, None),
        ("mia", others, "anna"),
    ):
        shown = (await did(sales.service.as_(person), lead)).json()
        assert (shown["author"], shown["on_behalf_of"]) == (person, on_behalf_of), (person, lead)


async def test_management_reads_and_does_not_record_and_who_is_of_another_team_finds_nothing(sales: Sales) -> None:
    lead = await sales.lead()
    shown = (await did(sales.anna, lead)).json()
    await sales.service.told(
        may("both", {"team": "paris"}, {"team": "berlin", "kind": "management"}),
        may("glass", {"team": "paris"}, {"team": "berlin", "kind": "break_glass"}),
    )
    assert (await sales.gm.get(f"/v1/leads/{lead}/activities")).json()["rows"][0]["text"] == CALL["text"]
    for person in ("gm", "both", "glass"):
        assert (await did(sales.service.as_(person), lead)).status_code == 403, person
    void = f"/v1/leads/{lead}/activities/{shown['id']}/void"
    foreign = [
        await did(sales.camille, lead),
        await sales.camille.get(f"/v1/leads/{lead}/activities"),
        await sales.camille.post(void, json={"code": "other"}),
    ]
    other = str(uuid4())
    absent = [
        await did(sales.camille, other),
        await sales.camille.get(f"/v1/leads/{other}/activities"),
        await sales.camille.post(void.replace(lead, other), json={"code": "other"}),
    ]
    assert [a.status_code for a in foreign] == [404] * 3
    assert [a.content for a in foreign] == [a.content for a in absent]
    assert len(await sales.service.sql("select from activity")) == 1


async def test_sent_again_under_its_key_it_is_recorded_once(sales: Sales) -> None:
    lead = await sales.lead()
    first, second = await did(sales.anna, lead, "k"), await did(sales.anna, lead, "k")
    assert first.json() == second.json()
    assert len(await told(sales, ActivityRecorded)) == 1
    refused = await did(sales.anna, lead, "k", text="Something else.")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert (await did(sales.jonas, lead, "k")).json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"occurred_at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}, "occurred_at"),
        ({"occurred_at": "1999-01-01T00:00:00Z"}, "occurred_at"),
        ({"occurred_at": "2026-01-01T00:00:00"}, "occurred_at"),
        ({"kind": "fax"}, "kind"),
        ({"kind": "note"}, "reached"),
        ({"kind": "note", "reached": None, "direction": "inbound"}, "direction"),
        ({"text": ""}, "text"),
        ({"text": "a\x00b"}, "text"),
        ({"seconds": -1}, "seconds"),
        ({"author": "jonas"}, "author"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_recorded(sales: Sales, body: dict[str, Any], field: str) -> None:
    lead = await sales.lead()
    refused = await did(sales.anna, lead, **body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    assert await sales.service.sql("select from activity") == []


async def test_what_was_recorded_by_mistake_is_voided_and_stays(sales: Sales) -> None:
    lead = await sales.lead()
    shown = (await did(sales.anna, lead)).json()
    path = f"/v1/leads/{lead}/activities/{shown['id']}/void"
    assert (await sales.anna.post(path, json={})).status_code == 422
    refused = await sales.jonas.post(path, json={"code": "other"})
    assert refused.status_code == 403
    assert (await sales.gm.post(path, json={"code": "other"})).status_code == 403
    voided = [await sales.anna.post(path, json={"code": "wrong_lead"}) for _ in range(2)]
    assert [(v.status_code, v.json()["voided"]["by"], v.json()["voided"]["code"]) for v in voided] == [
        (200, "anna", "wrong_lead")
    ] * 2
    [event] = await told(sales, ActivityVoided)
    assert (event.by, event.code, str(event.activity_id)) == ("anna", "wrong_lead", shown["id"])
    assert (await sales.otto.post(path, json={"code": "other"})).status_code == 409
    [row] = (await sales.anna.get(f"/v1/leads/{lead}/activities")).json()["rows"]
    assert (row["text"], row["voided"]["code"]) == (CALL["text"], "wrong_lead")
    nowhere = await sales.anna.post(path.replace(shown["id"], str(uuid4())), json={"code": "other"})
    assert nowhere.status_code == 404


async def test_after_a_day_only_who_leads_the_team_voids(sales: Sales) -> None:
    lead = await sales.lead()
    shown = (await did(sales.anna, lead)).json()
    await sales.service.sql("update activity set recorded_at = recorded_at - interval '25 hours'")
    path = f"/v1/leads/{lead}/activities/{shown['id']}/void"
    assert (await sales.anna.post(path, json={"code": "other"})).status_code == 403
    assert (await sales.otto.post(path, json={"code": "other"})).json()["voided"]["by"] == "otto"


async def test_activities_go_along_with_the_lead_and_keep_their_authors_and_team(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    await did(sales.anna, lead)
    await sales.service.receives(sales.routed(lead, "paris"))
    assert (await sales.anna.get(f"/v1/leads/{lead}/activities")).status_code == 404
    [row] = (await sales.camille.get(f"/v1/leads/{lead}/activities")).json()["rows"]
    assert (row["author"], row["team"], row["text"]) == ("anna", "berlin", CALL["text"])


async def test_pages_of_activities_follow_each_other(sales: Sales) -> None:
    lead, other = await sales.lead(), await sales.lead()
    made = [(await did(sales.anna, lead, text=f"{n}")).json()["id"] for n in range(5)]
    found, after = [], ""
    for _ in range(3):
        page = (await sales.anna.get(f"/v1/leads/{lead}/activities?limit=2{after}")).json()
        found += [row["id"] for row in page["rows"]]
        last, after = after, f"&after={page['after']}"
    assert found == made[::-1]
    assert page["after"] is None
    assert (await sales.anna.get(f"/v1/leads/{other}/activities?{last}")).status_code == 422


async def test_of_a_forgotten_person_no_text_is_sealed_nor_read(sales: Sales) -> None:
    lead = await sales.lead()
    await did(sales.anna, lead)
    await sales.service.sql("update person set wrapped_key = null")
    assert (await did(sales.anna, lead)).status_code == 410
    [row] = (await sales.anna.get(f"/v1/leads/{lead}/activities")).json()["rows"]
    assert (row["has_text"], row["text"]) == (True, None)


async def test_the_doors_role_writes_for_nobody_else_and_changes_nothing(sales: Sales) -> None:
    lead = await sales.lead()
    put = """
        insert into activity (activity_id, lead_id, kind, direction, evidence, occurred_at, recorded_at, author, content)
        values (gen_random_uuid(), $1::text::uuid, 'call', 'outbound', 'person', now(), now(), $2, 'x')
    """
    database = sales.service.service.database
    for who, author in (("anna", "jonas"), ("camille", "camille"), ("gm", "gm")):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.at_door(Actor(who), writes=True) as tx:
                await tx.conn.execute(put, lead, author)
    async with database.at_door(Actor("anna"), writes=True) as tx:
        await tx.conn.execute(put, lead, "anna")
    for change in ("update activity set kind = 'note'", "delete from activity", "delete from activity_void"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.at_door(Actor("anna"), writes=True) as tx:
                await tx.conn.execute(change)
    async with database.at_door(Actor("camille")) as tx:
        assert await tx.conn.fetch("select from activity") == []
