"""Why a lead belongs where it does, asked at the door."""

from uuid import UUID, uuid4

from chassis_testing import ServiceUnderTest

from .events import put_market, qualified


async def decision(service: ServiceUnderTest, number: int) -> dict[str, dict[str, object]]:
    answer = await service.http.get(f"/v1/leads/{UUID(int=number)}/decision")
    assert answer.status_code == 200, answer.text
    found: dict[str, dict[str, object]] = answer.json()
    return found


async def test_each_choice_names_its_rule_its_version_its_inputs_and_who_was_refused(service: ServiceUnderTest) -> None:
    await put_market(service)
    await service.receives(qualified(1))
    found = await decision(service, 1)
    inputs = {"country": "DE", "postcode_area": "101", "attributes.size": 25}
    refused = [{"candidate": "germany", "why": "wider: 1 criteria against 3"}]
    by_rule = {"rule": "berlin-machines", "ruleset": 1, "inputs": inputs, "refused": refused, "more": 0, "reason": None}
    assert found["segment"] == {"value": "de-machines", **by_rule}
    assert found["team"] == {"value": "berlin", **by_rule}
    assert found["pipeline"] == {
        "value": "contract",
        "rule": "pipeline of the team",
        "ruleset": 1,
        "inputs": {"team": "berlin"},
        "refused": [],
        "more": 0,
        "reason": None,
    }
    assert found["person"] == {
        "value": "anna.schmidt",
        "rule": "rotation",
        "ruleset": 1,
        "inputs": {"team": "berlin", "disposition": "near_term", "turn": 1},
        "refused": [
            {"candidate": "bo", "why": "due later: after 3 leads of the team, against 1.5"},
            {"candidate": "jo", "why": "absent"},
        ],
        "more": 0,
        "reason": "Next in turn of 2 present.",
    }


async def test_a_decision_is_explained_by_the_rules_of_its_time(service: ServiceUnderTest) -> None:
    await put_market(service)
    await service.receives(qualified(1))
    before = await decision(service, 1)
    await put_market(service, rules=[])
    service.service.database.process_cache.clear()
    assert await decision(service, 1) == before


async def test_a_lead_in_a_queue_says_why_it_has_no_person(service: ServiceUnderTest) -> None:
    await put_market(service)
    await service.receives(qualified(1, "nurture"))
    person = (await decision(service, 1))["person"]
    assert (person["value"], person["reason"]) == (None, "A lead that is nurture waits in its team's queue.")


async def test_a_lead_of_the_fallback_says_so(service: ServiceUnderTest) -> None:
    await put_market(service)
    await service.receives(qualified(1, country="FR"))
    team = (await decision(service, 1))["team"]
    assert (team["value"], team["rule"], team["refused"]) == ("head-office", "fallback", [])


async def test_an_unroutable_lead_says_why(service: ServiceUnderTest) -> None:
    await service.receives(qualified(1))
    found = await decision(service, 1)
    for choice in ("segment", "team", "pipeline", "person"):
        assert (found[choice]["value"], found[choice]["reason"]) == (None, "No market has been loaded.")


async def test_an_unknown_lead_is_404_and_a_bad_id_422(service: ServiceUnderTest) -> None:
    for path, status in ((str(uuid4()), 404), ("no-lead", 422)):
        answer = await service.http.get(f"/v1/leads/{path}/decision")
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_doors_are_behind_the_operators_token(service: ServiceUnderTest) -> None:
    for path in (f"/v1/leads/{uuid4()}/decision", "/v1/market", "/v1/rulesets", "/v1/segments", "/v1/teams"):
        assert (await service.anonymous.get(path)).status_code == 401
    assert (await service.anonymous.put("/v1/market", json={})).status_code == 401
