"""What waits for somebody of its team is asked of the rules of a new market, once: it moves, or stands as it stood."""

from typing import Any
from uuid import UUID

import pytest

from chassis_testing import ServiceUnderTest
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadUnassigned, LeadUnroutable
from territory.store import case

from .berlin import TEAMS, away, back, begin, lead, leads, lost, returned
from .events import MARKET, put_market
from .people import Company

MACHINES, GERMANY = MARKET["rules"]
TO_EVE = [MACHINES | {"team": "head-office"}, GERMANY]


@pytest.fixture
async def waiting(service: ServiceUnderTest) -> ServiceUnderTest:
    """Lead 1 is anna's; all of berlin go, and 5 and then 4 wait for somebody of berlin."""
    await begin(service)
    assert await leads(service, 1) == ["anna"]
    for person in ("anna", "jonas", "leyla"):
        await away(service, person)
    assert await leads(service, 5, 4) == [None, None]
    return service


async def sweeps(service: ServiceUnderTest, **market: Any) -> list[tuple[str, int, str | None]]:
    """Another market comes into force, where one is named, and the job runs: what is told, of which lead, of whom."""
    if market:
        await put_market(service, **{"teams": TEAMS} | market)
    await service.runs("sweep")
    return await told(service)


async def told(service: ServiceUnderTest) -> list[tuple[str, int, str | None]]:
    whom = {LeadRouted: "team", LeadAssigned: "person", LeadUnassigned: "code", LeadUnroutable: "code"}
    return [
        (type(event).__name__.removeprefix("Lead"), event.lead_id.int, getattr(event, whom[type(event)]))
        for event in await service.emitted()
        if type(event) in whom
    ]


async def stands(service: ServiceUnderTest, number: int) -> dict[str, Any]:
    [row] = await service.sql("select * from lead_case where lead_id = $1", UUID(int=number))
    return dict(row)


async def test_what_belongs_to_another_team_now_goes_there_and_is_taken_who_has_a_lead_keeps_it(
    waiting: ServiceUnderTest,
) -> None:
    owned = await stands(waiting, 1)
    version = await put_market(waiting, teams=TEAMS, rules=TO_EVE)
    await waiting.runs("sweep")
    events = await waiting.emitted()
    assert [(event.lead_id.int, event.team, event.cause, event.revision, event.ruleset) for event in events] == [
        (n, "head-office", "swept", 2, version) for n in (5, 5, 4, 4)
    ]
    assert [event.person for event in events if isinstance(event, LeadAssigned)] == ["eve", "eve"]
    assert await stands(waiting, 1) == owned
    [newest, *_] = (await waiting.http.get("/v1/rulesets")).json()["rulesets"]
    assert (newest["version"], newest["swept"]) == (version, 2)
    await back(waiting, "anna")
    await waiting.runs("hand_out")
    assert await told(waiting) == [], "nothing of berlin waits any more"


async def test_where_others_wait_already_it_waits_behind_them_in_the_order_it_has_waited_in(
    waiting: ServiceUnderTest,
) -> None:
    await away(waiting, "eve")
    assert await leads(waiting, 9, country="FR") == [None]
    await back(waiting, "eve")  # and nobody has looked yet
    assert await sweeps(waiting, rules=TO_EVE) == [
        ("Routed", 5, "head-office"),
        ("Unassigned", 5, "queued"),
        ("Routed", 4, "head-office"),
        ("Unassigned", 4, "queued"),
    ]
    assert await leads(waiting, 2, country="FR") == [None]
    await waiting.runs("hand_out")
    assert [one for one in await told(waiting) if one[0] == "Assigned"] == [
        ("Assigned", n, "eve") for n in (9, 5, 4, 2)
    ]


async def test_of_what_stays_where_it_is_nothing_is_told_and_it_keeps_its_place(waiting: ServiceUnderTest) -> None:
    before = await stands(waiting, 5)
    assert await sweeps(waiting, rules=[MACHINES | {"name": "machines", "segment": "de"}, GERMANY]) == []
    after = await stands(waiting, 5)
    assert after == before | {"looked": before["looked"] + 1}
    [newest, *_] = (await waiting.http.get("/v1/rulesets")).json()["rulesets"]
    assert newest["swept"] == 0
    await back(waiting, "anna")
    await waiting.runs("hand_out")
    assert [one for one in await told(waiting) if one[0] == "Assigned"] == [("Assigned", n, "anna") for n in (5, 4)]


async def test_each_is_asked_once_by_a_version_so_many_at_a_time(waiting: ServiceUnderTest) -> None:
    await waiting.receives(*(lead(n) for n in range(1001, 1001 + 150)))
    await waiting.emitted()
    await put_market(waiting, teams=TEAMS, rules=TO_EVE)
    moved = [sum(kind == "Routed" for kind, *_ in await sweeps(waiting)) for _ in range(4)]
    assert moved == [125, 27, 0, 0]
    await away(waiting, "eve")
    await leads(waiting, 2000)
    await sweeps(waiting, rules=MARKET["rules"])
    await waiting.sql("update decision set attributes = '{}' where lead_id = $1", UUID(int=2000))
    assert await sweeps(waiting) == [], "whatever it would be told now"


async def test_a_decision_that_keeps_the_place_of_an_older_version_is_not_asked_twice(
    waiting: ServiceUnderTest,
) -> None:
    await sweeps(waiting, rules=[*MARKET["rules"], MACHINES | {"name": "another", "priority": 1}])
    await waiting.receives(lead(5, revision=2))
    assert (await stands(waiting, 5))["looked"] == 2
    [decision] = await waiting.sql("select ruleset from decision where lead_id = $1 and number = 2", UUID(int=5))
    assert decision["ruleset"] == 1


async def test_a_customer_stays_his_teams_while_it_has_another_lead_of_his_and_goes_along_with_the_only_one(
    service: ServiceUnderTest,
) -> None:
    await begin(service)
    assert await leads(service, 1, party=7) == ["anna"]
    for person in ("anna", "jonas", "leyla"):
        await away(service, person)
    await leads(service, 2, party=7)
    await leads(service, 3, 4, party=8)
    await leads(service, 5, party=9)
    customers = "select party_id, team, person, since_at, cause from customer order by party_id"
    seven, eight, _ = await service.sql(customers)
    assert await sweeps(service, rules=TO_EVE) == [("Routed", 5, "head-office"), ("Assigned", 5, "eve")]
    assert [tuple(row) for row in (await service.sql(customers))[:2]] == [tuple(seven), tuple(eight)]
    [nine] = await service.sql("select team, person from customer where party_id = $1", UUID(int=9))
    assert tuple(nine) == ("head-office", "eve")
    rules = [TO_EVE[0] | {"overrides_customer": True}, GERMANY]
    assert [one[:2] for one in await sweeps(service, rules=rules) if one[0] == "Routed"] == [
        ("Routed", n) for n in (2, 3, 4)
    ]


async def test_of_a_lead_that_stays_its_customer_stays_as_he_was(waiting: ServiceUnderTest) -> None:
    await waiting.receives(lead(2, party=7))
    await waiting.sql("update customer set person = 'anna'")
    before = await waiting.sql("select * from customer")
    await sweeps(waiting, rules=[*MARKET["rules"], MACHINES | {"name": "another", "priority": 1}])
    assert await waiting.sql("select * from customer") == before


async def test_who_has_returned_it_does_not_get_it_in_the_other_team_nor_a_team_that_was_none_of_its(
    service: ServiceUnderTest,
) -> None:
    both = [TEAMS[0], TEAMS[1], TEAMS[2] | {"members": [{"person": "eve"}, {"person": "anna"}]}]
    await begin(service, teams=both)
    assert await leads(service, 1, 2) == ["anna", "jonas"]
    for person in ("jonas", "leyla", "eve"):
        await away(service, person)
    await service.receives(returned(1, 1, "anna", "overload"), returned(2, 1, "jonas", "wrong_area"))
    await service.emitted()
    assert ((await stands(service, 1))["team"], (await stands(service, 2))["team"]) == ("berlin", "germany")
    assert await sweeps(service, teams=both, rules=TO_EVE[:1]) == [
        ("Routed", 1, "head-office"),
        ("Unassigned", 1, "absent"),
        ("Routed", 2, "head-office"),
        ("Unassigned", 2, "queued"),
    ]
    assert (await stands(service, 1))["not_to"] == ["anna"]
    assert await sweeps(service, teams=both, rules=[MACHINES], fallback=None) == [
        ("Routed", 1, "berlin"),
        ("Unassigned", 1, "absent"),
    ]
    await service.runs("hand_out")
    assert [one for one in await told(service) if one[0] == "Assigned"] == [("Assigned", 2, "anna")]


async def test_a_lead_that_was_ordered_to_a_team_is_not_taken_back_by_rules(service: ServiceUnderTest) -> None:
    company = await Company.begin(service)
    await company.joins("lea", "berlin", "supervisor", takes_leads=False)
    await company.joins("max", "germany", "supervisor", takes_leads=False)
    await service.receives(lead(1), lead(2))
    await company.settle()
    order = {"from_team": "berlin", "to_team": "germany", "to_person": "queue", "code": "area", "with_customer": False}
    await company.ok("om", "POST", "transfers", {**order, "leads": [str(UUID(int=1))]})
    for _ in range(3):
        await service.runs("transfer")
    await service.receives(lead(1, revision=2))
    await company.settle()
    before = await stands(service, 1)
    assert (before["team"], before["waits_turn"], before["number"]) == ("germany", True, 3)
    version = await put_market(service, rules=[*MARKET["rules"], MACHINES | {"name": "another", "priority": 1}])
    await service.runs("sweep")
    assert await told(service) == []
    assert await stands(service, 1) == before | {"looked": version}


async def test_from_a_team_to_nowhere_it_goes_only_where_the_team_is_no_more(waiting: ServiceUnderTest) -> None:
    assert await sweeps(waiting, rules=[GERMANY | {"when": {"country": "FR"}}], fallback=None) == []
    others = [one for one in TEAMS if one["id"] != "berlin"]
    assert await sweeps(waiting, teams=others, rules=[GERMANY | {"when": {"country": "IT"}}], fallback=None) == [
        ("Unroutable", 5, "no_rule"),
        ("Unroutable", 4, "no_rule"),
    ]
    [newest, *_] = (await waiting.http.get("/v1/rulesets")).json()["rulesets"]
    assert newest["swept"] == 0
    assert [one for one in await sweeps(waiting, rules=TO_EVE) if one[0] == "Assigned"] == [
        ("Assigned", n, "eve") for n in (5, 4)
    ]


async def test_who_waits_for_a_verdict_a_day_or_its_leader_stays(waiting: ServiceUnderTest) -> None:
    await waiting.receives(lead(6, disposition="needs_qualifier"), lead(7, disposition="nurture"))
    await waiting.receives(lost(5), lost(4))
    await waiting.sql(
        "insert into lead_case select (jsonb_populate_record(c, jsonb_build_object('lead_id', gen_random_uuid(),"
        " 'code', 'returned', 'waits_turn', false, 'ended_at', null))).* from lead_case c where lead_id = $1",
        UUID(int=5),
    )
    await waiting.emitted()
    assert await sweeps(waiting, rules=TO_EVE) == []


async def test_what_was_not_asked_yet_is_found_by_its_index_however_many_there_are(waiting: ServiceUnderTest) -> None:
    await waiting.sql(
        """
        insert into lead_case (lead_id, number, disposition, verdict, team, person, code, since, attempt, not_to, excluded, ended_at,
            rule, looked, waits_turn)
        select gen_random_uuid(), 1, 'near_term', 1, 't' || n % 50, case when n % 3 = 0 then 'p' end, 'absent', now(), 1, '{}', '{}',
            case when n % 3 = 1 then now() end, 'r', 1, n % 3 > 0
        from generate_series(1, 30000) n
        """
    )
    await waiting.alters("analyze lead_case")
    for version in (1, 2):  # nobody is due, and all are
        async with waiting.service.database.transaction() as tx:
            await tx.conn.execute("set local plan_cache_mode = force_generic_plan")
            await tx.conn.execute(f"prepare asked_{version}(int, int) as {case._UNASKED}")
            asked = f"explain (costs off) execute asked_{version}({version}, 125)"
            plan = [row[0] for row in await tx.conn.fetch(asked)]
        assert any("lead_case_unasked" in line for line in plan), plan
        assert not any("Sort" in line or "Seq Scan" in line for line in plan), plan
