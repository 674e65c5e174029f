"""A market file of the second format: the organisation beside the market, planned, put and given back."""

from typing import Any

import pytest

from chassis_testing import ServiceUnderTest, service_fixture
from contracts.territory.calendar import CalendarPublished
from territory.app import build
from territory.settings import TerritorySettings

from .events import MARKET, put_market, qualified
from .people import Company

elsewhere = service_fixture(build, TerritorySettings, teams=("germany", "berlin", "munich", "head-office"))
WEEK = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def whole(**organisation: Any) -> dict[str, Any]:
    return {"format": 2, "market": MARKET, "organisation": organisation}


async def put(service: ServiceUnderTest, file: Any, **query: str) -> dict[str, Any]:
    answer = await service.http.put("/v1/market", json=file, params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def refused(service: ServiceUnderTest, file: Any) -> dict[str, str]:
    answer = await service.http.put("/v1/market", json=file)
    assert answer.status_code == 422, answer.text
    return {error["field"]: error["reason"] for error in answer.json()["errors"]}


async def standing(service: ServiceUnderTest) -> list[Any]:
    asked = (
        "select * from organisation",
        "select version from market",
        "select * from unit order by id",
        "select person, unit, rank, weight, takes_leads, open_max, day_max, until_at from membership order by unit, person",
        "select * from person order by id",
        "select id, version from calendar order by id, version",
        "select count(*) from organisation_change",
    )
    return [[tuple(row) for row in await service.sql(one)] for one in asked]


def members(found: list[Any]) -> list[Any]:
    return [(row[:7], row[7] is None) for row in found[3]]


async def test_a_file_that_was_read_in_one_stack_makes_the_same_teams_members_and_rules_in_an_empty_one(
    service: ServiceUnderTest, elsewhere: ServiceUnderTest
) -> None:
    company = await Company.begin(service)
    await company.joins("lea", "berlin", "supervisor")
    await company.joins("new", "berlin", second="lea", weight=3, open_max=7)
    await company.ok(
        "adm", "PUT", "calendars/b", {"zone": "Europe/Berlin", "week": WEEK, "exceptions": {"2027-01-01": []}}
    )
    unit = {"kind": "sales", "parent": "company", "name": "Berlin", "calendar": "b", "settings": {"hours": "respect"}}
    tag = (await service.http.get("/v1/units/berlin")).headers["etag"]
    await company.ok("adm", "PUT", "units/berlin", unit, If_Match=tag)
    await company.ok("adm", "PUT", "people/bo", {"languages": ["de", "fa"], "zone": "Europe/Berlin"}, If_Match='"1"')
    [anna] = (await company.ok("adm", "GET", "people/anna.schmidt/memberships"))["memberships"]
    left = {"until_at": "2020-01-01T00:00:00Z"}
    await company.ok("adm", "PATCH", f"memberships/{anna['id']}", left, If_Match=f'"{anna["version"]}"')
    file = await company.ok("adm", "GET", "market/whole")
    assert (file["format"], file["market"]) == (2, MARKET)
    assert {"person": "anna.schmidt", "unit": "berlin", "ended": True} in file["organisation"]["memberships"]
    assert "lea" not in {one["person"] for one in file["organisation"]["memberships"]}, "who leads is said at doors"

    assert (await put(service, file, mode="plan"))["changes"] == [], "in the stack it was read from it changes nothing"
    planned = await put(elsewhere, file, mode="plan")
    assert {("rules", "germany", "added"), ("calendar", "b", "changed")} <= {
        tuple(one.values()) for one in planned["changes"]
    }
    assert (await elsewhere.http.get("/v1/market")).status_code == 404
    await put(elsewhere, file)
    assert (await elsewhere.http.get("/v1/market")).json() == MARKET
    here, there = await standing(service), await standing(elsewhere)
    led = [row for row in members(here) if row[0][0] not in ("lea",) and row[1]]
    assert [row for row in members(there) if row[1]] == led
    [berlin] = await elsewhere.sql("select name, calendar, settings from unit where id = 'berlin'")
    assert (berlin["name"], berlin["calendar"], berlin["settings"]["hours"]) == ("Berlin", "b", "respect")
    [bo] = await elsewhere.sql("select languages, zone from person where id = 'bo'")
    assert tuple(bo) == (["de", "fa"], "Europe/Berlin")
    assert [event.id for event in await elsewhere.emitted() if isinstance(event, CalendarPublished)] == ["b"]
    before = await standing(elsewhere)
    assert (await put(elsewhere, file))["version"] == 1
    assert (await standing(elsewhere))[1:] == before[1:], "put again it changes nothing"


@pytest.mark.parametrize(
    ("organisation", "field"),
    [
        ({"people": [{"id": "zoe"}], "memberships": [{"person": "zoe", "unit": "nowhere"}]}, "memberships[0].unit"),
        ({"memberships": [{"person": "nobody", "unit": "berlin"}]}, "memberships[0].person"),
        ({"memberships": [{"person": "eve", "unit": "berlin", "rank": "supervisor"}]}, "memberships[0].rank"),
        ({"memberships": [{"person": "bo", "unit": "berlin", "rank": "senior"}]}, "memberships[0].rank"),
        ({"memberships": [{"person": "eve", "unit": "company"}]}, "memberships[0].unit"),
        ({"memberships": [{"person": "eve", "unit": "berlin", "weight": 5000}]}, "memberships[0].weight"),
        ({"units": [{"id": "berlin", "parent": "germany"}]}, "units[0].parent"),
        ({"units": [{"id": "berlin", "kind": "management"}]}, "units[0].kind"),
        (
            {"units": [{"id": "a", "parent": "b", "name": "A"}, {"id": "b", "parent": "a", "name": "B"}]},
            "units[0].parent",
        ),
        ({"units": [{"id": "berlin", "zone": "Europe/Nowhere"}]}, "units[0].zone"),
        ({"units": [{"id": "berlin", "calendar": "none"}]}, "units[0].calendar"),
        ({"units": [{"id": "BAD ID", "name": "A"}]}, "units[0].id"),
        ({"units": [{"id": "berlin", "colour": "red"}]}, "units[0].colour"),
        ({"units": [{"id": "berlin"}, {"id": "berlin"}]}, "units"),
        ({"people": [{"id": "Zoë!"}]}, "people[0].id"),
        ({"people": [{"id": "bo", "name": "Bo Berg"}]}, "people[0].name"),
        ({"people": [{"id": "bo", "zone": "Mars"}]}, "people[0].zone"),
        ({"calendars": [{"id": "c", "zone": "UTC", "week": {}}]}, "calendars[0].week"),
        ({"machines": []}, "machines"),
    ],
)
async def test_a_fault_in_the_organisation_puts_nothing_and_is_named(
    service: ServiceUnderTest, organisation: dict[str, Any], field: str
) -> None:
    await put_market(service)
    before = await standing(service)
    changed = {**whole(**organisation), "market": {**MARKET, "rules": []}}
    assert f"organisation.{field}" in await refused(service, changed)
    assert await standing(service) == before
    assert await service.emitted() == []


@pytest.mark.parametrize(
    ("file", "field"),
    [
        ({"format": 3, "market": MARKET}, "format"),
        ({"format": True, "market": MARKET}, "format"),
        ({"format": 2}, "market"),
        ({"format": 2, "market": MARKET, "organization": {}}, "organization"),
        ({"format": 2, "market": MARKET, "organisation": []}, "organisation"),
        ({"format": 2, "market": None}, "market"),
    ],
)
async def test_a_file_of_no_format_is_named(service: ServiceUnderTest, file: Any, field: str) -> None:
    assert field in await refused(service, file)


async def test_a_plan_says_what_would_change_and_changes_nothing(service: ServiceUnderTest) -> None:
    await put_market(service)
    before = await standing(service)
    assert await put(service, MARKET, mode="plan") == {
        "version": 1,
        "rules": 2,
        "segments": 3,
        "teams": 3,
        "changes": [],
        "warnings": [],
    }
    rules = [{**MARKET["rules"][0], "priority": 11}, {**MARKET["rules"][1], "name": "other"}]
    file = {key: value for key, value in MARKET.items() if key != "fallback"} | {"rules": rules}
    teams = [{**MARKET["teams"][0], "members": [{"person": "zoe"}]}, *MARKET["teams"][1:]]
    found = await put(service, {**file, "teams": teams}, mode="plan")
    changes = [(one["part"], one["id"], one["change"]) for one in found["changes"]]
    assert changes[:5] == [
        ("teams", "berlin", "changed"),
        ("rules", "berlin-machines", "changed"),
        ("rules", "other", "added"),
        ("rules", "germany", "removed"),
        ("fallback", "fallback", "removed"),
    ]
    assert ("person", "zoe", "added") in changes
    assert ("membership", "zoe", "added") in changes
    assert found["version"] == 2
    assert await standing(service) == before
    assert await service.emitted() == []
    await service.receives(qualified(1))
    assert (await service.http.get("/v1/market")).headers["tributary-market-version"] == "1"


async def test_a_file_that_was_made_from_an_older_market_is_refused(service: ServiceUnderTest) -> None:
    await put_market(service)
    etag = (await service.http.get("/v1/market")).headers["etag"]
    changed = MARKET | {"rules": []}
    assert (await service.http.put("/v1/market", json=changed, headers={"if-match": etag})).status_code == 200
    late = await service.http.put("/v1/market", json=MARKET, headers={"if-match": etag})
    assert (late.status_code, late.headers["etag"]) == (412, '"2"')
    assert (await service.http.put("/v1/market", json=MARKET, headers={"if-match": "rubbish"})).status_code == 412
    assert (await service.http.get("/v1/market")).json() == changed


async def test_who_puts_a_file_by_hand_needs_the_right_to_the_organisation_and_another_confirms_who_joins(
    service: ServiceUnderTest,
) -> None:
    company = await Company.begin(service)
    await company.joins("max", "germany", "supervisor")
    await company.joins("des", "germany", second="max")
    await company.granted("des", "territory_designer")
    file = whole(units=[{"id": "berlin", "name": "Berlin"}])
    assert (await company.does("des", "PUT", "market", file)).status_code == 403
    assert (await company.does("des", "PUT", "market", MARKET)).status_code == 200
    await company.granted("des", "people_administrator")
    await company.ok("des", "PUT", "market", whole(memberships=[{"person": "eve", "unit": "berlin"}]))
    assert await service.sql("select 1 from membership where person = 'eve' and unit = 'berlin'") == []
    assert [one["person"] for one in (await company.ok("om", "GET", "proposals"))["proposals"]] == ["eve"]
    machine = await service.http.get("/v1/market/whole")
    assert machine.status_code == 200
