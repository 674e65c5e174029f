"""A scorecard in force judges anew who waits for a qualifier, and nobody else."""

import pytest

from chassis_testing import ServiceUnderTest
from contracts.leads.lead import LeadDiscarded, LeadQualified, OpportunityOpened
from leads.use_cases import application

from .sales import Sales
from .test_clock import hot
from .test_rules import DOOR, content, drafted, in_force, role
from .test_verdict import does, qualifier

POOR = {"source": "web", "contact": {"email": "some.body@gmail.com"}, "message": None}


@pytest.fixture
async def sales(service: ServiceUnderTest) -> Sales:
    made = await Sales(service).opens()
    await service.told(role("dora", "territory_designer"), role("gina", "general_manager"), qualifier("quinn"))
    return made


async def turns(sales: Sales) -> int:
    """Until nothing is left to do; in so many turns."""
    count = 0
    while await sales.service.sql("select from rule_applied where state = 'waiting'"):
        await sales.service.runs("apply_rules")
        count += 1
    return count


async def generous(sales: Sales) -> int:
    """A card by which everybody is of grade A is in force; its version."""
    return await in_force(sales, "scorecard", grades=[["A", 3], ["B", 2], ["C", 1], ["D", 0]])


async def test_who_waits_for_a_qualifier_is_judged_by_it_and_told(
    sales: Sales, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "AT_ONCE", 2)
    unsure = sorted([await sales.lead(**POOR | {"contact": {"email": f"x{n}@gmail.com"}}) for n in range(3)])
    by_hand = await sales.lead(**POOR | {"contact": {"email": "y@gmail.com"}})
    assert (
        await does(sales, "quinn", by_hand, "qualification", verdict="undecided", code="unclear")
    ).status_code == 200
    await sales.lead(person="anna", **hot())
    await sales.service.emitted()
    version = await generous(sales)
    assert [one for one in await sales.service.emitted() if isinstance(one, LeadQualified)] == []
    asked = await sales.gina.post(f"{DOOR}/scorecard/{version}/apply")
    assert (asked.status_code, asked.json()["applied"]["state"]) == (202, "waiting"), asked.text
    assert (await sales.gina.post(f"{DOOR}/scorecard/{version}/apply")).status_code == 202, "once"
    assert await turns(sales) == 3
    said = await sales.service.emitted()
    judged = [one for one in said if isinstance(one, LeadQualified)]
    assert sorted(str(one.lead_id) for one in judged) == sorted([*unsure, by_hand])
    assert {(one.revision, one.grade, one.disposition, one.scorecard, one.by) for one in judged} == {
        (2, "A", "near_term", version, None)
    }
    opened = [one for one in said if isinstance(one, OpportunityOpened)]
    assert sorted(str(one.lead_id) for one in opened) == sorted([*unsure, by_hand])
    shown = (await sales.otto.get(f"/v1/leads/{unsure[0]}")).json()
    assert (shown["place"], shown["waits"], shown["history"][-1]["scorecard"]) == ("queue", "qualified", version)
    assert shown["due_at"]
    done = (await sales.anna.get(f"{DOOR}/scorecard/{version}")).json()["applied"]
    assert (done["state"], done["leads"], done["changed"], done["unreadable"], done["by"]) == ("done", 4, 4, 0, "gina")


async def test_what_a_person_has_judged_and_who_was_forgotten_stay_as_they_are(sales: Sales) -> None:
    restored, forgotten = [await sales.lead(**POOR | {"contact": {"email": f"z{n}@gmail.com"}}) for n in range(2)]
    assert (await does(sales, "quinn", restored, "discard", code="spam")).status_code == 200
    assert (await does(sales, "quinn", restored, "restore", code="other")).status_code == 200
    await sales.service.sql(
        "update person set wrapped_key = null where person_id = (select person_id from lead where lead_id = $1::text::uuid)",
        forgotten,
    )
    version = await generous(sales)
    await sales.service.emitted()
    assert (await sales.gina.post(f"{DOOR}/scorecard/{version}/apply")).status_code == 202
    await turns(sales)
    assert [one for one in await sales.service.emitted() if isinstance(one, LeadQualified)] == []
    done = (await sales.anna.get(f"{DOOR}/scorecard/{version}")).json()["applied"]
    assert (done["leads"], done["changed"], done["unreadable"]) == (2, 0, 1)


async def test_who_is_no_target_by_it_is_set_aside(sales: Sales) -> None:
    lead = await sales.lead(**POOR)
    terms = (await content(sales, "scorecard"))["terms"]
    ends = {"name": "came by the web", "points": 0, "fact": "source", "among": ["web"], "ends_it": True}
    version = await in_force(sales, "scorecard", terms=[*terms, ends])
    await sales.service.emitted()
    assert (await sales.gina.post(f"{DOOR}/scorecard/{version}/apply")).status_code == 202
    await turns(sales)
    said = await sales.service.emitted()
    assert [type(one) for one in said if isinstance(one, LeadQualified | LeadDiscarded)] == [
        LeadQualified,
        LeadDiscarded,
    ]
    assert (await sales.otto.get(f"/v1/leads/{lead}")).json()["place"] == "discarded"


async def test_only_the_version_in_force_is_applied_by_who_may_put_one_in_force(sales: Sales) -> None:
    draft = await drafted(sales, "scorecard")
    where = draft.headers["location"]
    assert (await sales.gina.post(f"{where}/apply")).status_code == 409
    assert (await sales.dora.post(f"{where}/apply")).status_code == 403
    assert (await sales.gina.post(f"{DOOR}/scorecard/99/apply")).status_code == 404
    lead = await sales.lead(**POOR)
    version = await generous(sales)
    assert (await sales.gina.post(f"{DOOR}/scorecard/{version}/apply")).status_code == 202
    await in_force(sales, "scorecard")
    assert await turns(sales) == 1
    assert (await sales.otto.get(f"/v1/leads/{lead}")).json()["place"] == "qualification", "it decides no more"
