"""A leader gives what waits to somebody."""

from uuid import UUID

import pytest

from chassis_testing import ServiceUnderTest
from contracts.territory.lead import LeadAssigned

from .events import qualified
from .people import Company


@pytest.fixture
async def company(service: ServiceUnderTest) -> Company:
    company = await Company.begin(service)
    await company.joins("lea", "berlin", "supervisor")
    await company.bound("anna.schmidt")
    await company.joins("max", "germany", "supervisor")
    await service.receives(qualified(1), qualified(2))
    company.said.clear()
    await company.settle()
    return company


def path(number: int) -> str:
    return f"leads/{UUID(int=number)}/assignment"


async def test_a_leader_gives_a_lead_of_the_team_to_somebody_of_it(company: Company) -> None:
    made = await company.ok("lea", "POST", path(1), {"person": "bo"})
    assert made["number"] == 2
    told = company.last(LeadAssigned)
    assert (told.person, told.cause, told.by, told.turn, told.revision) == ("bo", "ordered", "lea", None, 2)
    again = await company.ok("lea", "POST", path(1), {"person": "rotation"}, If_Match='"2"')
    assert again["number"] == 3
    assert company.last(LeadAssigned).turn is not None


async def test_whoever_only_sees_it_may_not_and_whoever_does_not_finds_nothing(company: Company) -> None:
    assert (await company.does("anna.schmidt", "POST", path(1), {"person": "bo"})).status_code == 403
    absent = await company.does("max", "POST", path(99), {"person": "bo"})
    others = await company.does("max", "POST", path(1), {"person": "bo"})
    assert (others.status_code, others.content) == (404, absent.content)
    assert (await company.does("om", "POST", path(1), {"person": "bo"})).content == absent.content


async def test_who_can_not_work_it_is_refused_by_name(company: Company) -> None:
    for body, why in (
        ({"person": "eve"}, "takes no leads in the team"),
        ({"person": "jo"}, "even_if_absent"),
    ):
        answer = await company.does("lea", "POST", path(1), body)
        assert answer.status_code == 409
        assert why in answer.text
    assert (await company.does("lea", "POST", path(1), {"person": "jo", "even_if_absent": True})).status_code == 200
    stale = await company.does("lea", "POST", path(1), {"person": "bo"}, If_Match='"1"')
    assert stale.status_code == 412
    await company.service.receives(qualified(3, "nurture"))
    assert (await company.does("lea", "POST", path(3), {"person": "bo"})).status_code == 409


async def test_queues_say_what_waits_for_whom_who_sees_them(company: Company) -> None:
    await company.service.receives(qualified(3, "nurture"), qualified(4, "needs_qualifier", postcode_area="80"))
    found = await company.ok("lea", "GET", "queues")
    assert [(one["team"], one["code"], one["waiting"]) for one in found["queues"]] == [("berlin", "nurture", 1)]
    of_team = await company.ok("lea", "GET", "queues?team=berlin")
    assert [one["lead_id"] for one in of_team["leads"]] == [str(UUID(int=3))]
    assert await company.ok("lea", "GET", "queues?team=germany") == {"queues": [], "leads": []}
    theirs = await company.ok("max", "GET", "queues")
    assert [(one["team"], one["code"]) for one in theirs["queues"]] == [("germany", "qualifier")]
