"""A lead goes to others by an order: with all that is recorded of it, once, and back."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis_testing import ServiceUnderTest
from contracts.leads.lead import RecordTransferred, TransferRefused
from contracts.territory.lead import LEAD
from contracts.territory.lead import LeadTransferred as Ordered

from .sales import Sales


@pytest.fixture
async def sales(service: ServiceUnderTest) -> Sales:
    return await Sales(service).opens()


def ordered(lead: str, transfer: UUID, to: tuple[str, str | None], revision: int = 2, **more: Any) -> Ordered:
    fields = {"lead_id": lead, "transfer_id": transfer, "order": 1, "to_team": to[0], "to_person": to[1], "by": "otto"}
    fields |= {"cause": "transfer", "revision": revision, "decided_at": datetime.now(UTC)}
    return Ordered.model_validate(fields | more)


async def told(sales: Sales, kind: type[Any]) -> list[Any]:
    return [event for event in await sales.service.emitted() if isinstance(event, kind)]


async def worked(sales: Sales) -> str:
    """A lead of anna's with a note and a wish, which anna is to answer."""
    lead = await sales.lead(person="anna")
    note = {"kind": "note", "text": "Prefers mornings."}
    assert (await sales.anna.post(f"/v1/leads/{lead}/activities", json=note)).status_code == 201
    wish = {"kind": "sample", "responder": "anna"}
    assert (await sales.anna.post(f"/v1/leads/{lead}/requests", json=wish)).status_code == 201
    return lead


async def requests_of(sales: Sales) -> list[Any]:
    rows = await sales.service.sql("select n, responder, due_at, times::text from request order by lead_id, n")
    return [tuple(row) for row in rows]


async def test_it_goes_with_all_that_is_recorded_of_it_and_those_who_had_it_see_it_no_more(sales: Sales) -> None:
    lead, transfer = await worked(sales), uuid4()
    was = await requests_of(sales)
    await sales.service.receives(ordered(lead, transfer, ("paris", "camille")))
    assert (await sales.anna.get(f"/v1/leads/{lead}")).status_code == 404
    shown = (await sales.camille.get(f"/v1/leads/{lead}")).json()
    assert (shown["team"], shown["person"], shown["place"]) == ("paris", "camille", "person")
    assert shown["history"][-1]["what"] == "transferred"
    [note] = (await sales.camille.get(f"/v1/leads/{lead}/activities")).json()["rows"]
    assert (note["author"], note["team"], note["text"]) == ("anna", "berlin", "Prefers mornings.")
    assert await requests_of(sales) == [(n, who and "camille", *rest) for n, who, *rest in was]
    [event] = await told(sales, RecordTransferred)
    assert (event.from_team, event.from_person, event.to_team, event.to_person, event.undo) == (
        "berlin",
        "anna",
        "paris",
        "camille",
        False,
    )
    [item] = await sales.service.sql("select sha256, undone_at from transfer_item")
    assert tuple(item) == (event.hash, None)


async def test_it_goes_once_however_often_the_order_is_heard_and_older_decisions_change_nothing(sales: Sales) -> None:
    lead, transfer = await worked(sales), uuid4()
    order = ordered(lead, transfer, ("paris", "camille"))
    await sales.service.receives(order)
    await sales.service.emitted()
    before = await sales.service.state()
    await sales.service.receives_renumbered(order)
    await sales.service.rereads(LEAD.topic, at_once=7)
    assert await sales.service.state() == before
    assert await sales.service.emitted() == []


async def test_it_comes_back_and_what_was_done_meanwhile_stays(sales: Sales) -> None:
    lead, transfer, back = await worked(sales), uuid4(), uuid4()
    was = await requests_of(sales)
    held_at = datetime.now(UTC)
    await sales.service.receives(ordered(lead, transfer, ("paris", "camille")))
    await sales.camille.post(f"/v1/leads/{lead}/activities", json={"kind": "note", "text": "Called."})
    undo = ordered(lead, back, ("berlin", "anna"), 3, undo_of=transfer, cause="rollback")
    await sales.service.receives(undo)
    assert (await sales.camille.get(f"/v1/leads/{lead}")).status_code == 404
    shown = (await sales.anna.get(f"/v1/leads/{lead}")).json()
    assert (shown["team"], shown["person"]) == ("berlin", "anna")
    assert len((await sales.anna.get(f"/v1/leads/{lead}/activities")).json()["rows"]) == 2
    assert await requests_of(sales) == was
    assert [event.undo for event in await told(sales, RecordTransferred)] == [False, True]
    rows = await sales.service.sql("select transfer_id, undone_at is not null from transfer_item order by applied_at")
    assert [tuple(row) for row in rows] == [(transfer, True), (back, False)]
    at = held_at.isoformat().replace("+", "%2B")
    assert (await sales.anna.get(f"/v1/leads/{lead}/holders?at={at}")).json()["person"] == "anna"


async def test_both_in_one_delivery_are_carried_out_one_after_the_other(sales: Sales) -> None:
    lead, other = await worked(sales), await sales.lead(person="anna")
    first, second = uuid4(), uuid4()
    await sales.service.receives(
        ordered(lead, first, ("paris", "camille")),
        ordered(other, first, ("paris", None)),
        ordered(lead, second, ("berlin", "jonas"), 3),
    )
    assert (await sales.anna.get(f"/v1/leads/{lead}")).json()["person"] == "jonas"
    shown = (await sales.camille.get(f"/v1/leads/{other}")).json()
    assert (shown["person"], shown["team"], shown["waits"]) == (None, "paris", "transferred")
    assert len(await told(sales, RecordTransferred)) == 3


async def test_a_closed_lead_goes_along_and_stays_closed(sales: Sales) -> None:
    lead = await sales.lead(person="anna")
    tag = (await sales.anna.get(f"/v1/leads/{lead}")).headers["ETag"]
    won = await sales.anna.post(f"/v1/leads/{lead}/outcome", json={"result": "won"}, headers={"If-Match": tag})
    assert won.status_code == 200
    await sales.service.receives(ordered(lead, uuid4(), ("paris", None)))
    shown = (await sales.camille.get(f"/v1/leads/{lead}")).json()
    assert (shown["place"], shown["team"]) == ("won", "paris")


async def test_one_whose_record_would_change_stays_and_the_others_go(sales: Sales) -> None:
    lead, other, transfer = await worked(sales), await sales.lead(person="anna"), uuid4()
    await sales.service.alters(
        f"""
        create function spoil() returns trigger language plpgsql as $$
        begin if new.lead_id = '{lead}' then new.grade := 'D'; new.pipeline := 'another'; end if; return new; end $$
        """,
        "create trigger spoil before update of team on lead_place for each row execute function spoil()",
    )
    absent = str(uuid4())
    await sales.service.receives(*(ordered(one, transfer, ("paris", "camille")) for one in (lead, other, absent)))
    assert (await sales.anna.get(f"/v1/leads/{lead}")).json()["person"] == "anna"
    assert (await sales.camille.get(f"/v1/leads/{other}")).json()["person"] == "camille"
    events = await sales.service.emitted()
    refused = {str(e.lead_id): e for e in events if isinstance(e, TransferRefused)}
    assert {one: e.code for one, e in refused.items()} == {lead: "content_changed", absent: "unknown_lead"}
    assert refused[lead].before != refused[lead].after
    assert [str(e.lead_id) for e in events if isinstance(e, RecordTransferred)] == [other]
    assert timedelta() <= datetime.now(UTC) - refused[lead].refused_at < timedelta(minutes=1)
