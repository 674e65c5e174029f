"""What would become of a lead that there is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis_testing import ServiceUnderTest

from .berlin import away, begin, changes, lead, leads, settings
from .events import put_market
from .people import Company

ABOUT = {"country": "DE", "postcode_area": "101", "attributes": {"size": 25}}
TABLES = ("decision", "lead_case", "customer", "roster", "load", "rotation")


async def tried(service: ServiceUnderTest, about: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    answer = await service.http.post("/v1/decisions/try", json={"about": about or ABOUT} | more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def standing(service: ServiceUnderTest) -> list[Any]:
    return [[tuple(row) for row in await service.sql(f"select * from {table}")] for table in TABLES]


async def test_it_is_what_the_next_lead_gets_and_leaves_nothing(service: ServiceUnderTest) -> None:
    await begin(service)
    await leads(service, 1)
    before = await standing(service)
    found = await tried(service)
    assert (found["team"]["value"], found["team"]["rule"]) == ("berlin", "berlin-machines")
    assert (found["person"]["value"], found["person"]["inputs"]["turn"], found["cause"]) == ("jonas", 2, "new")
    assert await standing(service) == before
    assert await service.emitted() == []
    assert await leads(service, 2) == ["jonas"]


async def test_it_says_what_the_lead_would_wait_for_and_until_when(service: ServiceUnderTest) -> None:
    await begin(service)
    found = await tried(service, disposition="nurture")
    assert (found["code"], found["person"]["value"], found["wakes_at"]) == ("nurture", None, None)
    until = datetime.now(UTC) + timedelta(days=1)
    for person in ("anna", "jonas", "leyla"):
        await away(service, person, until)
    found = await tried(service)
    assert (found["code"], datetime.fromisoformat(found["wakes_at"])) == ("absent", until)
    later = (until + timedelta(minutes=1)).isoformat()
    assert (await tried(service, at=later))["person"]["value"] == "anna"
    [[wakes_at]] = await service.sql("select wakes_at from rotation where team = 'berlin'")
    assert wakes_at is None


async def test_limits_and_customers_count_as_they_stand(service: ServiceUnderTest) -> None:
    await begin(service)
    await changes(service, "update membership set open_max = 1 where person in ('anna', 'leyla')")
    await service.receives(lead(1, party=7))
    assert [one["why"] for one in (await tried(service))["person"]["refused"] if one["candidate"] == "anna"] == ["full"]
    theirs = await tried(service, {"country": "FR"}, party="00000000-0000-0000-0000-000000000007")
    assert (theirs["cause"], theirs["team"]["value"], theirs["would_rule"]) == ("customer", "berlin", "fallback")
    assert theirs["person"]["reason"] == "Has the customer."


async def test_rules_of_before_are_tried_without_the_ones_in_force_being_forgotten(service: ServiceUnderTest) -> None:
    await begin(service)
    await put_market(service, rules=[])
    assert (await tried(service))["team"]["value"] == "head-office"
    found = await tried(service, ruleset=1)
    assert (found["team"]["value"], found["ruleset"]) == ("berlin", 1)
    kept = service.service.database.process_cache["markets"]
    assert [version for version, market in kept.items() if market.ruleset.index] == [2]
    assert (await service.http.post("/v1/decisions/try", json={"about": ABOUT, "ruleset": 9})).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "about"),
        ({"about": ABOUT | {"colour": "red"}}, "about.colour"),
        ({"about": {"country": "Germany"}}, "about.country"),
        ({"about": {"product": "a\x00b"}}, "about.product"),
        ({"about": {"product": "x" * 201}}, "about.product"),
        ({"about": {"attributes": {"size": "y" * 201}}}, "about.attributes"),
        ({"about": {"expected_amount": {"minor": 10**16, "currency": "EUR"}}}, "about.expected_amount.minor"),
        ({"about": ABOUT, "disposition": "not_a_target"}, "disposition"),
        ({"about": ABOUT, "at": "9999-12-31T23:59:59-14:00"}, "at"),
        ({"about": ABOUT, "at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"about": ABOUT, "at": "2026-01-01T00:00:00"}, "at"),
        ({"about": ABOUT, "ruleset": 10**12}, "ruleset"),
        ({"about": ABOUT, "party": "nobody"}, "party"),
    ],
)
async def test_what_is_no_lead_is_refused_by_field(service: ServiceUnderTest, body: dict[str, Any], field: str) -> None:
    await begin(service)
    answer = await service.http.post("/v1/decisions/try", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith(field), answer.text


async def test_before_the_first_market_it_is_nowhere(service: ServiceUnderTest) -> None:
    found = await tried(service)
    assert (found["code"], found["team"]["value"], found["team"]["reason"]) == (
        "no_ruleset",
        None,
        "No market has been loaded.",
    )


async def test_who_would_take_it_is_for_those_who_see_the_team(service: ServiceUnderTest) -> None:
    company = await Company.begin(service)
    await company.joins("lea", "berlin", "supervisor")
    await company.joins("max", "germany", "supervisor")
    await company.joins("des", "germany", second="max")
    await company.granted("des", "territory_designer")
    own = await company.ok("lea", "POST", "decisions/try", {"about": ABOUT})
    assert own["person"]["value"] == "anna.schmidt"
    for stranger in ("max", "des"):
        found = await company.ok(stranger, "POST", "decisions/try", {"about": ABOUT})
        assert (found["team"]["value"], found["person"]["value"], found["person"]["refused"]) == ("berlin", None, [])
        assert found["code"] is None
        assert "those who see the team" in found["person"]["reason"]
    await company.bound("anna.schmidt")
    assert (await company.does("anna.schmidt", "POST", "decisions/try", {"about": ABOUT})).status_code == 403


async def test_working_time_is_asked_of_that_moment(service: ServiceUnderTest) -> None:
    await begin(service)
    await settings(service, hours="respect")
    week = '{"mon": [["09:00", "18:00"]], "fri": [["09:00", "18:00"]]}'
    await changes(
        service,
        "insert into calendar (id, version, zone, week, exceptions, published_at, by)"
        " values ('b', 1, 'Europe/Berlin', $1::text::jsonb, '{}', now(), 'adm')",
        week,
    )
    await changes(service, "update unit set calendar = 'b' where id = 'berlin'")
    friday = datetime.now(UTC).replace(hour=17, minute=30, second=0, microsecond=0)
    friday += timedelta(days=(4 - friday.weekday()) % 7 + 7)
    found = await tried(service, at=friday.isoformat())
    assert found["code"] == "closed"
    wakes = datetime.fromisoformat(found["wakes_at"])
    assert (wakes.weekday(), timedelta(days=2, hours=12) < wakes - friday < timedelta(days=2, hours=16)) == (0, True)
