"""Leads go to another team or person by an order, with everything of their customers; and back."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis_testing import ServiceUnderTest
from contracts.leads.lead import RecordTransferred as Followed
from contracts.leads.lead import TransferRefused
from contracts.territory.lead import LeadAssigned, LeadTransferred

from .berlin import lead, lost
from .events import AT
from .people import Company

WHOLE = {"from_team": "berlin", "to_team": "germany", "to_person": "mia", "code": "area"}


@pytest.fixture
async def company(service: ServiceUnderTest) -> Company:
    """Leads 1 to 3 are of one customer, 4 is another's, all berlin's; mia and max work in germany."""
    company = await Company.begin(service)
    await company.joins("lea", "berlin", "supervisor", takes_leads=False)
    await company.joins("max", "germany", "supervisor", takes_leads=False)
    await company.joins("mia", "germany", second="max")
    await service.receives(lead(1, party=7), lead(2, party=7), lead(3, party=7), lead(4, party=8), lost(3))
    await company.settle()
    company.said.clear()
    return company


async def carried_out(company: Company) -> list[LeadTransferred]:
    """The jobs run until nothing is left; what is told."""
    company.said.clear()
    for _ in range(6):
        await company.service.runs("hand_over")
        await company.service.runs("transfer")
        await company.settle()
    return [event for event in company.said if isinstance(event, LeadTransferred)]


async def standing(company: Company) -> dict[int, tuple[Any, ...]]:
    rows = await company.service.sql("select lead_id, team, person, ended from lead_case")
    return {row["lead_id"].int: (row["team"], row["person"], row["ended"]) for row in rows}


async def test_one_lead_takes_its_customer_along_and_all_that_the_team_has_of_him(company: Company) -> None:
    before = await standing(company)
    made = await company.ok("om", "POST", "transfers", {**WHOLE, "leads": [str(UUID(int=1))]})
    assert made["state"] == "approved"
    told = await carried_out(company)
    assert [(one.lead_id.int, one.order, one.to_person) for one in told] == [(1, 1, "mia"), (2, 2, "mia"), (3, 3, None)]
    assert {one.cause for one in told} == {"transfer"}
    after = await standing(company)
    assert after[1] == after[2] == ("germany", "mia", None)
    assert after[3] == ("germany", None, "lost")
    assert after[4] == before[4]
    shown = await company.ok("om", "GET", f"transfers/{made['id']}")
    assert (shown["state"], shown["items"]) == ("completed", 3)
    await company.service.receives(lead(5, party=7))
    await company.settle()
    assert company.last(LeadAssigned).person == "mia"
    await company.ok("om", "POST", f"transfers/{made['id']}/undo")
    back = await carried_out(company)
    assert {one.undo_of for one in back} == {UUID(made["id"])}
    assert {n: at for n, at in (await standing(company)).items() if n < 5} == before | {3: ("berlin", None, "lost")}
    [customer] = await company.service.sql("select team, person from customer where party_id = $1", UUID(int=7))
    assert customer["team"] == "berlin"


async def test_what_one_leader_asks_the_other_approves(company: Company) -> None:
    made = await company.ok("lea", "POST", "transfers", {**WHOLE, "leads": [str(UUID(int=4))]})
    assert made["state"] == "asked"
    assert await carried_out(company) == []
    assert (await company.ok("lea", "GET", f"transfers/{made['id']}"))["items"] == 1
    assert (await company.does("lea", "POST", f"transfers/{made['id']}/approve")).status_code == 409
    assert (await company.does("max", "POST", "transfers", {**WHOLE, "leads": []})).status_code == 403
    await company.ok("max", "POST", f"transfers/{made['id']}/approve")
    assert len(await carried_out(company)) == 1
    assert (await company.does("max", "POST", f"transfers/{made['id']}/approve")).status_code == 409
    assert (await company.does("max", "POST", f"transfers/{uuid4()}/approve")).status_code == 404


async def test_a_rehearsal_counts_and_does_nothing(company: Company) -> None:
    made = await company.ok("lea", "POST", "transfers", {**WHOLE, "person": "anna.schmidt", "dry_run": True})
    assert await carried_out(company) == []
    shown = await company.ok("lea", "GET", f"transfers/{made['id']}")
    assert shown["state"] == "rehearsed"
    assert shown["items"] == shown["counts"]["waiting"] >= 3


async def test_what_has_moved_since_is_left_alone(company: Company) -> None:
    made = await company.ok("lea", "POST", "transfers", {**WHOLE, "leads": [str(UUID(int=4))]})
    await company.service.runs("transfer")
    await company.service.receives(lead(4, revision=2, disposition="nurture"))
    await company.ok("max", "POST", f"transfers/{made['id']}/approve")
    assert await carried_out(company) == []
    shown = await company.ok("lea", "GET", f"transfers/{made['id']}")
    assert (shown["state"], shown["counts"]) == ("completed", {"skipped": 1})


async def test_what_the_leads_record_can_not_follow_stands_as_before(company: Company) -> None:
    before = (await standing(company))[4]
    made = await company.ok(
        "lea", "POST", "transfers", {**WHOLE, "leads": [str(UUID(int=4)), str(UUID(int=1))], "with_customer": False}
    )
    await company.ok("max", "POST", f"transfers/{made['id']}/approve")
    await carried_out(company)
    refused = TransferRefused(lead_id=UUID(int=4), transfer_id=made["id"], code="hash", refused_at=AT)
    followed = Followed(
        lead_id=UUID(int=1), transfer_id=made["id"], to_team="germany", cause="transfer", hash="x", applied_at=AT
    )
    await company.service.receives(refused, followed)
    await company.settle()
    assert (await standing(company))[4] == before
    assert company.last(LeadAssigned).cause == "refused"
    assert (await company.ok("lea", "GET", f"transfers/{made['id']}"))["counts"] == {"applied": 1, "refused": 1}


async def test_who_leaves_a_team_leaves_the_book_to_it_and_inherited_leads_cost_no_turn(company: Company) -> None:
    await company.joins("ida", "berlin", second="lea", weight=2)
    turn = await company.service.sql("select turn from rotation where team = 'berlin'")
    hers = [n for n, at in (await standing(company)).items() if at[1] == "anna.schmidt" and at[2] is None]
    await company.ok("adm", "POST", "moves", {"person": "anna.schmidt", "from_unit": "berlin"})
    told = await carried_out(company)
    assert {one.lead_id.int for one in told if one.to_person} == set(hers)
    assert {one.cause for one in told} == {"handover"}
    assert {one.to_person for one in told} <= {"bo", "ida", None}
    assert await company.service.sql("select turn from rotation where team = 'berlin'") == turn
    [book] = await company.service.sql("select turn, credits from rotation where team = 'book:berlin'")
    assert sum(book["credits"].values()) == 0
    assert book["turn"] > 0
    assert await carried_out(company) == []


async def test_a_book_can_go_along_with_whoever_moves_or_to_those_who_are_named_or_to_the_queue(
    company: Company,
) -> None:
    answer = await company.does(
        "adm", "POST", "moves", {"person": "anna.schmidt", "from_unit": "berlin", "book": "queue"}
    )
    assert answer.status_code == 201
    told = await carried_out(company)
    assert {one.to_person for one in told} == {None}
    await company.service.runs("hand_out")
    await company.settle()
    assert {event.person for event in company.said if isinstance(event, LeadAssigned)} == {"bo"}
    await company.joins("ida", "berlin", second="lea")
    await company.joins("ulf", "berlin", second="lea")
    named = {"person": "bo", "from_unit": "berlin", "book": "handover", "successors": [{"person": "ulf"}]}
    await company.ok("adm", "POST", "moves", named)
    assert {one.to_person for one in await carried_out(company) if one.to_person} == {"ulf"}
    along = {"person": "ulf", "from_unit": "berlin", "to_unit": "germany", "book": "take_along"}
    proposed = await company.ok("om", "POST", "moves", along)
    await company.ok("max", "POST", f"proposals/{proposed['proposal']['id']}/confirm")
    told = await carried_out(company)
    assert {(one.to_team, one.to_person) for one in told if one.to_person} == {("germany", "ulf")}
