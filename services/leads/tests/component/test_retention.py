"""Whom a lead is about is nobody's to know any more: the lead stays in every answer, and nothing in it says who it was."""

from pathlib import Path
from typing import Any

import pytest

from chassis_testing import ServiceUnderTest
from contracts.leads.lead import LeadForgotten, LeadUnclaimed

from .sales import Sales
from .test_clock import hot
from .test_document import OFFER, PDF, files
from .test_request import asks
from .test_search import acquainted, found
from .test_verdict import does, qualifier, unclear

NAME = "Jule Marx"
EVERYWHERE = ("Marx", "Angebot", "Hannover", "030 1234567", "+49301234567")


@pytest.fixture
async def sales(service: ServiceUnderTest, tmp_path: Path) -> Sales:
    service.service.settings.documents_url = f"file://{tmp_path}/documents"  # type: ignore[attr-defined]
    made = await Sales(service).opens()
    await service.told(qualifier("quinn"))
    return made


async def known(sales: Sales, lead: str) -> None:
    """A call, a document and a wish, each with words of its own."""
    call = {"kind": "call", "reached": True, "text": "Frau Marx wants to see it in Hannover."}
    assert (await sales.anna.post(f"/v1/leads/{lead}/activities", json=call)).status_code == 201
    assert (await sales.anna.post(f"/v1/leads/{lead}/documents", content=PDF, headers=OFFER)).status_code == 201
    assert (await asks(sales.anna, lead, text="A sample for Frau Marx.")).status_code == 201


async def answers(sales: Sales, lead: str, *more: str) -> dict[str, Any]:
    """What every door says of it, by its path."""
    paths = ("/v1/leads", f"/v1/leads/{lead}", *(f"/v1/leads/{lead}/{part}" for part in PARTS), *more)
    told = {}
    for path in paths:
        answer = await sales.otto.get(path)
        assert answer.status_code == 200, (path, answer.text)
        told[path] = answer.json()
        shown = next((row for row in told[path].get("rows", ()) if row.get("id") == lead), None)
        if path in ("/v1/leads", *more) and shown:
            assert (shown["name"], shown["company"]) == (None, None), path
        said = str(shown) if shown else answer.text
        assert not [word for word in EVERYWHERE if word in said], path
    return told


PARTS = ("timeline", "activities", "documents", "requests", "opportunity")
CONTACT = {"name": NAME, "phone": "030 1234567", "company": "Marx GmbH"}


async def test_whose_key_is_gone_is_null_in_every_answer_and_the_lead_is_worked_on(sales: Sales) -> None:
    lead = await sales.lead(person="anna", **hot(contact=CONTACT))
    waits = await unclear(sales, contact=CONTACT | {"email": "c1@customer.example"})
    await known(sales, lead)
    await sales.service.sql("update person set wrapped_key = null")
    board = "/v1/board?team=berlin"
    told = await answers(sales, lead, "/v1/work?person=anna", "/v1/queues?place=qualification", board)
    assert lead in [row["id"] for row in told["/v1/work?person=anna"]["rows"]]
    assert waits in [row["id"] for row in told["/v1/queues?place=qualification"]["rows"]]
    assert [
        (one["id"], one["name"]) for column in told[board]["columns"] for one in column["rows"] if one["id"] == lead
    ] == [(lead, None)]
    assert [one["name"] for one in told[f"/v1/leads/{lead}/documents"]["rows"]] == [None]
    assert (await sales.anna.post(f"/v1/leads/{lead}/contact", json={"purpose": "call"})).status_code == 410
    assert (await does(sales, "anna", lead, "return", code="overload")).status_code == 200


async def kept_until_now(sales: Sales, lead: str) -> None:
    """It was set aside so long ago that its contact is kept no longer."""
    await sales.service.sql(
        "update lead_place set later = jsonb_set(later, '{keep_until}', to_jsonb(now() - interval '1 s')),"
        " next_at = next_at - interval '31 days' where lead_id = $1::text::uuid",
        lead,
    )


async def test_the_contact_of_what_was_set_aside_goes_when_it_was_kept_long_enough(
    sales: Sales, tmp_path: Path
) -> None:
    lead = await sales.lead(person="anna", **hot(contact=CONTACT))
    other = await sales.lead(person="anna", **hot(contact=CONTACT | {"email": "c1@customer.example"}))
    await known(sales, lead)
    await acquainted(sales)
    assert set(await found(sales, "anna", "marx")) == {lead, other}
    assert (await does(sales, "otto", lead, "discard", code="spam")).status_code == 200
    await sales.service.runs("forget_contacts")
    assert set(await found(sales, "anna", "marx")) == {lead, other}, "it is kept for a while"
    await sales.service.emitted()
    await kept_until_now(sales, lead)
    await sales.service.runs("forget_contacts")
    told = await answers(sales, lead, "/v1/leads?state=discarded")
    assert lead in [row["id"] for row in told["/v1/leads?state=discarded"]["rows"]]
    assert told[f"/v1/leads/{lead}"]["history"][-1]["what"] == "forgotten"
    assert [one["name"] for one in told[f"/v1/leads/{lead}/documents"]["rows"]] == [None]
    assert files(tmp_path) == []
    assert await found(sales, "anna", "marx") == [other]
    assert (await sales.anna.post(f"/v1/leads/{lead}/contact", json={"purpose": "call"})).status_code == 410
    assert (await sales.anna.post(f"/v1/leads/{other}/contact", json={"purpose": "call"})).json()["contact"][
        "name"
    ] == NAME, "the same customer's other lead is another"
    assert (await does(sales, "otto", lead, "restore", code="other")).status_code == 409
    [event] = [one for one in await sales.service.emitted() if isinstance(one, LeadForgotten)]
    assert (str(event.lead_id), event.cause) == (lead, "retention")
    await sales.service.runs("forget_contacts")
    assert not [one for one in await sales.service.emitted() if isinstance(one, LeadForgotten)], "once"
    rows = await sales.service.sql("select next_at from lead_place where lead_id = $1::text::uuid", lead)
    assert [row["next_at"] for row in rows] == [None]


async def test_while_files_can_not_be_removed_other_contacts_go_and_those_nobody_took_are_told(
    sales: Sales, tmp_path: Path
) -> None:
    filed, plain = [await sales.lead(person="anna", **hot(contact=CONTACT)) for _ in range(2)]
    await known(sales, filed)
    for lead in (filed, plain):
        assert (await does(sales, "otto", lead, "discard", code="spam")).status_code == 200
        await kept_until_now(sales, lead)
    waits = await sales.lead()
    await sales.service.sql(
        "update lead_place set next_at = now() - interval '1 s' where lead_id = $1::text::uuid", waits
    )
    await sales.service.emitted()
    there, settings = sales.service.service.settings.documents_url, sales.service.service.settings  # type: ignore[attr-defined]
    settings.documents_url = ""  # type: ignore[attr-defined]
    await sales.service.runs("tell_unclaimed")
    await sales.service.runs("forget_contacts")
    told = [(type(one), str(one.lead_id)) for one in await sales.service.emitted() if hasattr(one, "lead_id")]
    assert told == [(LeadUnclaimed, waits), (LeadForgotten, plain)]
    assert len(files(tmp_path)) == 1
    settings.documents_url = there  # type: ignore[attr-defined]
    await sales.service.runs("forget_contacts")
    assert [str(one.lead_id) for one in await sales.service.emitted() if isinstance(one, LeadForgotten)] == [filed]
    assert files(tmp_path) == []
