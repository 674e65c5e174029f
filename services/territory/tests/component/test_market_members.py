"""What a market file says of people becomes part of the organisation, and what was made at a door stays."""

import json
from typing import Any

import pytest

from chassis_testing import ServiceUnderTest
from contracts.territory.access import AccessGranted
from contracts.territory.lead import LeadAssigned
from contracts.territory.member import AbsenceChanged, MemberJoined, MemberLeft
from contracts.territory.structure import UnitDefined
from territory.domain.member import read

from .events import MARKET, qualified
from .people import Company

BERLIN = MARKET["teams"][0]


@pytest.fixture
async def company(service: ServiceUnderTest) -> Company:
    return await Company.begin(service)


async def put(company: Company, *members: dict[str, Any], **more: Any) -> None:
    """Puts berlin with these members in force."""
    teams = [BERLIN | {"members": list(members)} | more, *MARKET["teams"][1:]]
    answer = await company.service.http.put("/v1/market", json=MARKET | {"teams": teams})
    assert answer.status_code == 200, answer.text
    await company.settle()


async def taken_by(company: Company, *numbers: int) -> list[str]:
    """Who takes these leads in turn."""
    await company.service.receives(*(qualified(number) for number in numbers))
    return [event.person for event in await company.settle() if isinstance(event, LeadAssigned)]


async def test_teams_are_units_and_members_people_who_see_their_team(company: Company) -> None:
    units = {event.unit: event for event in company.said if isinstance(event, UnitDefined)}
    assert {name: (unit.kind, unit.parent, unit.team) for name, unit in units.items()} == {
        "company": ("management", None, False),
        "berlin": ("sales", "company", True),
        "germany": ("sales", "company", True),
        "head-office": ("sales", "company", True),
    }
    assert await company.sees("anna.schmidt") == {"berlin": ("member", "own")}
    assert (await company.does("anna.schmidt", "GET", "units/berlin")).json()["members"] == 3
    [anna] = (await company.ok("adm", "GET", "people/anna.schmidt/memberships"))["memberships"]
    assert (anna["rank"], anna["weight"], anna["source"]) == ("expert", 2, "file")
    [away] = (await company.ok("adm", "GET", "people/jo/absences"))["absences"]
    assert (away["source"], away["until_at"]) == ("file", None)


async def test_an_absence_made_at_a_door_acts_on_turns_and_no_file_resets_it(company: Company) -> None:
    assert await taken_by(company, 1, 2, 3) == ["anna.schmidt", "bo", "anna.schmidt"]
    await company.ok("anna.schmidt", "POST", "people/anna.schmidt/absences", {"kind": "sick"})
    assert await taken_by(company, 4) == ["bo"]
    same = await company.service.http.put("/v1/market", json=MARKET)
    assert (same.json()["version"], await company.settle()) == (1, [])
    assert await taken_by(company, 5) == ["bo"]
    await put(company, *BERLIN["members"], name="Berlin und Umland")
    assert await taken_by(company, 6) == ["bo"]
    [absence] = (await company.ok("bo", "GET", "people/anna.schmidt/absences"))["absences"]
    await company.ok("anna.schmidt", "DELETE", f"absences/{absence['id']}")
    assert await taken_by(company, 7) == ["anna.schmidt"]


async def test_a_file_that_says_true_ends_its_own_absence_and_no_other(company: Company) -> None:
    await company.ok("adm", "POST", "people/jo/absences", {"from_at": "2026-01-01T00:00:00Z"})
    there = [member | {"available": True} for member in BERLIN["members"]]
    await put(company, *there)
    assert company.last(AbsenceChanged).person == "jo"
    ended = {
        one["source"]: one["until_at"] for one in (await company.ok("jo", "GET", "people/jo/absences"))["absences"]
    }
    assert ended["door"] is None
    assert ended["file"] is not None
    assert "jo" not in await taken_by(company, *range(1, 9))


async def test_a_share_made_at_a_door_stays_until_a_file_changes_it(company: Company) -> None:
    [bo] = (await company.ok("adm", "GET", "people/bo/memberships"))["memberships"]
    await company.ok("adm", "PATCH", f"memberships/{bo['id']}", {"weight": 0}, If_Match='"1"')
    await put(company, *BERLIN["members"], name="Berlin 2")
    assert await taken_by(company, 1, 2, 3) == ["anna.schmidt"] * 3
    await put(company, BERLIN["members"][0], {"person": "bo", "weight": 5}, BERLIN["members"][2])
    assert "bo" in await taken_by(company, *range(4, 10))


async def test_who_is_taken_out_of_a_file_is_out_at_once_and_a_door_s_member_is_not(company: Company) -> None:
    await company.joins("mia", "berlin")
    await put(company, {"person": "anna.schmidt", "weight": 2}, BERLIN["members"][2])
    assert (company.last(MemberLeft).person, await company.sees("bo")) == ("bo", {})
    assert await company.sees("mia") == {"berlin": ("member", "own")}
    assert set(await taken_by(company, *range(1, 9))) == {"anna.schmidt", "mia"}
    await put(company, *BERLIN["members"])
    assert await company.sees("bo") == {"berlin": ("member", "own")}


async def test_of_a_team_that_a_file_lists_no_more_people_keep_what_they_see(company: Company) -> None:
    file = MARKET | {"teams": MARKET["teams"][1:], "rules": MARKET["rules"][1:]}
    assert (await company.service.http.put("/v1/market", json=file)).status_code == 200
    await company.settle()
    assert await company.sees("bo") == {"berlin": ("member", "own")}


async def test_a_file_put_by_hand_proposes_its_new_members(company: Company) -> None:
    await company.granted("bo", "territory_designer")
    teams = [BERLIN | {"members": [*BERLIN["members"], {"person": "mia"}]}, *MARKET["teams"][1:]]
    answer = await company.does("bo", "PUT", "market", MARKET | {"teams": teams})
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert await company.sees("mia") == {}
    [proposal] = (await company.ok("om", "GET", "proposals"))["proposals"]
    assert (proposal["person"], proposal["unit"], proposal["proposed_by"]) == ("mia", "berlin", "bo")
    await company.ok("om", "POST", f"proposals/{proposal['id']}/confirm")
    assert await company.sees("mia") == {"berlin": ("member", "own")}
    himself = [MARKET["teams"][0], MARKET["teams"][1] | {"members": [{"person": "bo"}]}, MARKET["teams"][2]]
    refused = await company.does("bo", "PUT", "market", MARKET | {"teams": himself})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "person")
    assert await company.sees("bo") == {"berlin": ("member", "own")}


async def test_a_person_whose_id_stands_in_no_token_takes_leads_and_sees_nothing(company: Company) -> None:
    await put(company, {"person": "محمد رضایی"})
    assert await taken_by(company, 1) == ["محمد رضایی"]
    assert all(event.person.isascii() for event in company.said if isinstance(event, AccessGranted))


async def test_who_is_available_in_one_team_only_takes_leads_in_that_one(company: Company) -> None:
    teams = [
        BERLIN | {"members": [{"person": "bo"}]},
        MARKET["teams"][1] | {"members": [{"person": "bo", "available": False}]},
        MARKET["teams"][2],
    ]
    assert (await company.service.http.put("/v1/market", json=MARKET | {"teams": teams})).status_code == 200
    await company.settle()
    await company.service.receives(qualified(1), qualified(2, postcode_area="80"))
    assert [event.person for event in await company.settle() if isinstance(event, LeadAssigned)] == ["bo"]


async def test_a_market_of_before_the_organisation_is_taken_in_by_the_first_delivery(service: ServiceUnderTest) -> None:
    text = json.dumps(MARKET)
    await service.sql("insert into market values (1, $1, $2, now())", text, "0" * 64)
    await service.sql("update active_market set version = 1")
    await service.sql("insert into rotation (team, credits) values ('berlin', '{}')")
    await service.receives(qualified(1))
    said = await service.emitted()
    assert {event.person for event in said if isinstance(event, MemberJoined)} == {"anna.schmidt", "bo", "jo", "eve"}
    assert [event.person for event in said if isinstance(event, LeadAssigned)] == ["anna.schmidt"]
    await service.receives(qualified(2))
    assert not [event for event in await service.emitted() if isinstance(event, MemberJoined)]


async def test_each_turn_names_the_members_among_whom_it_was_taken(company: Company) -> None:
    await taken_by(company, 1)
    await company.ok("bo", "POST", "people/bo/absences", {})
    await taken_by(company, 2)
    await taken_by(company, 3)
    rows = await company.service.sql("select members from decision join roster on id = roster order by turn")
    there = [[member.id for member in read(row["members"]) if member.available] for row in rows]
    assert there == [["anna.schmidt", "bo"], ["anna.schmidt"], ["anna.schmidt"]]
    assert len(await company.service.sql("select * from roster")) == 2
