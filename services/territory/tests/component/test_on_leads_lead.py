"""What becomes of a qualified lead, on a real Postgres."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import asyncpg
import pytest

from chassis_testing import ServiceUnderTest
from contracts.event import Event
from contracts.leads.lead import LeadCaptured
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadUnassigned, LeadUnroutable
from territory.domain.decision import Cause, Decision, Excluded
from territory.domain.member import read
from territory.domain.rotation import next_turn
from territory.domain.routing import Routed
from territory.store import routing
from territory.use_cases.deciding import to_events
from territory.use_cases.routing import follow_leads

from .events import AT, MARKET, put_market, qualified


def kinds(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


async def test_a_near_term_lead_gets_a_team_and_a_person_and_the_events_say_why(service: ServiceUnderTest) -> None:
    await put_market(service)
    await service.receives(qualified(1))
    routed, assigned = await service.emitted()
    assert isinstance(routed, LeadRouted)
    assert isinstance(assigned, LeadAssigned)
    assert (routed.lead_id, routed.segment, routed.team) == (UUID(int=1), "de-machines", "berlin")
    assert (routed.pipeline, routed.rule, routed.ruleset) == ("contract", "berlin-machines", 1)
    assert (assigned.lead_id, assigned.team, assigned.person, assigned.ruleset) == (
        UUID(int=1),
        "berlin",
        "anna.schmidt",
        1,
    )


@pytest.mark.parametrize("disposition", ["nurture", "needs_qualifier"])
async def test_a_lead_that_will_not_buy_soon_waits_in_its_teams_queue(
    service: ServiceUnderTest, disposition: str
) -> None:
    await put_market(service)
    await service.receives(qualified(1, disposition))
    assert kinds(await service.emitted()) == ["LeadRouted"]


async def test_a_lead_that_is_not_a_target_or_not_genuine_is_not_decided_here(service: ServiceUnderTest) -> None:
    await put_market(service)
    await service.receives(qualified(1, "not_a_target"), qualified(2, genuine=False))
    assert await service.emitted() == []
    assert await service.sql("select * from decision") == []


async def test_other_events_of_a_lead_are_ignored(service: ServiceUnderTest) -> None:
    captured = LeadCaptured(lead_id=UUID(int=1), source="web", occurred_at=AT, captured_at=AT)
    delivery = await service.receives(captured)
    assert delivery.outcomes == {("leads.lead.captured.v1", "ignored"): 1}
    assert await service.emitted() == []


async def test_a_batch_is_shared_among_a_team_by_weight_in_the_order_of_the_leads(service: ServiceUnderTest) -> None:
    await put_market(service)
    await service.receives(*(qualified(n) for n in range(1, 4)))
    await service.receives(*(qualified(n) for n in range(4, 10)))
    fake_data = [event.person for event in await service.emitted() if isinstance(event, LeadAssigned)]
    assert fake_data == ["anna.schmidt", "bo", "anna.schmidt"] * 3


async def test_a_delivery_that_comes_twice_has_one_effect(service: ServiceUnderTest) -> None:
    await put_market(service)
    batch = [qualified(1), qualified(2), qualified(3, "nurture"), qualified(4, country="FR")]
    await service.receives(*batch)
    said = kinds(await service.emitted())
    decisions = await service.sql("select * from decision order by lead_id")
    credits = await service.sql("select * from rotation order by team")
    await service.receives_again()
    await service.receives_renumbered(*batch)
    assert said == ["LeadRouted", "LeadAssigned"] * 2 + ["LeadRouted"] + ["LeadRouted", "LeadAssigned"]
    assert await service.emitted() == []
    assert await service.sql("select * from decision order by lead_id") == decisions
    assert await service.sql("select * from rotation order by team") == credits
    assert await service.parked() == []


async def test_of_one_leads_events_in_a_delivery_the_first_decides(service: ServiceUnderTest) -> None:
    await put_market(service)
    await service.receives(qualified(1, "nurture"), qualified(1, "near_term"))
    assert kinds(await service.emitted()) == ["LeadRouted"]


async def test_nobody_available_is_told_and_on_record(service: ServiceUnderTest) -> None:
    away = MARKET["teams"][0] | {"members": [{"person": "jo", "available": False}]}
    await put_market(service, teams=[away, *MARKET["teams"][1:]])
    await service.receives(qualified(1))
    routed, unassigned = await service.emitted()
    assert isinstance(routed, LeadRouted)
    assert isinstance(unassigned, LeadUnassigned)
    assert (unassigned.team, unassigned.reason) == ("berlin", "Nobody in the team is available.")
    [row] = await service.sql("select team, assignee, reason from decision")
    assert tuple(row) == ("berlin", None, "Nobody in the team is available.")


async def test_a_team_without_members_is_told_as_that(service: ServiceUnderTest) -> None:
    await put_market(service)
    await service.receives(qualified(1, postcode_area="80"))
    _, unassigned = await service.emitted()
    assert isinstance(unassigned, LeadUnassigned)
    assert (unassigned.team, unassigned.reason) == ("germany", "The team has no members.")


async def test_without_a_market_a_lead_is_unroutable_and_on_record(service: ServiceUnderTest) -> None:
    await service.receives(qualified(1))
    [unroutable] = await service.emitted()
    assert isinstance(unroutable, LeadUnroutable)
    assert (unroutable.reason, unroutable.ruleset) == ("No market has been loaded.", 0)
    [row] = await service.sql("select ruleset, team, reason from decision")
    assert tuple(row) == (0, None, "No market has been loaded.")


async def test_without_a_fallback_a_lead_that_no_rule_claims_is_unroutable(service: ServiceUnderTest) -> None:
    await put_market(service, fallback=None)
    await service.receives(qualified(1, country="FR"))
    [unroutable] = await service.emitted()
    assert isinstance(unroutable, LeadUnroutable)
    assert (unroutable.reason, unroutable.ruleset) == ("No rule claims this lead and the market has no fallback.", 1)


async def test_a_market_swapped_mid_stream_decides_from_the_next_delivery_on(service: ServiceUnderTest) -> None:
    await put_market(service)
    await service.receives(qualified(1), qualified(2))
    first = [event for event in await service.emitted() if isinstance(event, LeadRouted)]
    only_germany = [MARKET["rules"][1]]
    assert await put_market(service, rules=only_germany) == 2
    await service.receives(qualified(2), qualified(3))
    then = [event for event in await service.emitted() if isinstance(event, LeadRouted)]
    assert [(e.lead_id.int, e.rule, e.ruleset) for e in first] == [(1, "berlin-machines", 1), (2, "berlin-machines", 1)]
    assert [(e.lead_id.int, e.rule, e.ruleset) for e in then] == [(3, "germany", 2)]


async def test_an_activation_waits_for_the_delivery_under_way_so_that_none_sees_two_markets(
    service: ServiceUnderTest,
) -> None:
    await put_market(service)
    async with service.service.database.transaction() as delivery:
        await follow_leads([qualified(1)], delivery)
        activation = asyncio.create_task(put_market(service, rules=[]))
        done, _ = await asyncio.wait([activation], timeout=0.3)
        assert not done
        await follow_leads([qualified(2)], delivery)
    assert await activation == 2
    await service.receives(qualified(3))
    decided = await service.sql("select ruleset from decision order by lead_id")
    assert [row["ruleset"] for row in decided] == [1, 1, 2]


async def test_a_decision_knows_all_that_was_known_of_the_lead_and_why_it_was_made(service: ServiceUnderTest) -> None:
    await put_market(service)
    await service.receives(qualified(1, industry="mills", attributes={"size": 25, "Colour": "Blue"}))
    [row] = await service.sql("select number, cause, attributes, excluded_teams, excluded_people from decision")
    known = {"source": "web", "country": "DE", "postcode_area": "101", "industry": "mills"}
    known |= {"attributes.size": 25, "attributes.colour": "Blue"}
    assert tuple(row) == (1, "new", known, [], [])
    for event in await service.emitted():
        assert isinstance(event, LeadRouted | LeadAssigned)
        assert (event.revision, event.cause) == (1, "new")


async def test_a_decision_that_follows_another_stands_and_a_number_is_given_once(service: ServiceUnderTest) -> None:
    await put_market(service)
    await service.receives(qualified(1))
    first = Decision(
        UUID(int=1),
        1,
        Cause.NEW,
        "nurture",
        {},
        Routed("de", "germany", "germany", 1),
        "short",
        None,
        None,
        AT,
    )
    back = replace(first, number=2, cause=Cause.RETURNED, excluded=Excluded(("berlin",), ("anna.schmidt",)))
    async with service.service.database.transaction() as tx:
        await routing.save_decisions(tx, [back])
        stands, before = await routing.decision_of(tx, UUID(int=1)), await routing.decision_of(tx, UUID(int=1), 1)
    assert stands is not None
    assert before is not None
    assert (stands.number, stands.cause, stands.team, stands.assignee) == (2, "returned", "germany", None)
    assert (stands.excluded_teams, stands.excluded_people) == (["berlin"], ["anna.schmidt"])
    assert (before.number, before.cause, before.team, before.assignee) == (1, "new", "berlin", "anna.schmidt")
    [told, *_] = to_events(back)
    assert isinstance(told, LeadRouted)
    assert (told.revision, told.cause) == (2, "returned")
    with pytest.raises(asyncpg.UniqueViolationError):
        async with service.service.database.transaction() as tx:
            await routing.save_decisions(tx, [first])


BERLIN = MARKET["teams"][0]


async def with_members(service: ServiceUnderTest, *members: tuple[str, int, bool], name: str = "Team Berlin") -> None:
    """Puts berlin's members in force: person, weight, available."""
    listed = [{"person": person, "weight": weight, "available": there} for person, weight, there in members]
    await put_market(service, teams=[BERLIN | {"name": name, "members": listed}, *MARKET["teams"][1:]])


async def taken_by(service: ServiceUnderTest, *numbers: int) -> list[str]:
    """Who takes the leads with these numbers, one delivery each."""
    for number in numbers:
        await service.receives(qualified(number))
    return [event.person for event in await service.emitted() if isinstance(event, LeadAssigned)]


A, B, C = ("anna", 1, True), ("bo", 1, True), ("cem", 1, True)


@pytest.mark.parametrize(
    "edits",
    [
        [[A, B, C]],
        [[C, A, B], [B, C, A]],
        [[A, B, C, ("new", 0, True)], [A, B, C]],
        [[A, B, C, ("away", 1, False)], [A, B, C, ("away", 7, False)]],
        [[A, B, C, ("another", 3, False)], [A, B, C]],
    ],
    ids=["the same", "in another order", "a trainee comes and goes", "weights of one away", "one who never was there"],
)
async def test_a_team_that_is_edited_between_leads_goes_on_where_it_stood(
    service: ServiceUnderTest, edits: list[list[tuple[str, int, bool]]]
) -> None:
    took = []
    for number in range(1, 7):
        await with_members(service, *edits[number % len(edits)], name=f"Berlin {number}")
        took += await taken_by(service, number)
    assert took == ["anna", "bo", "cem"] * 2


async def test_a_person_who_is_away_keeps_their_credit_and_new_weights_count_from_then_on(
    service: ServiceUnderTest,
) -> None:
    await with_members(service, A, B, C)
    assert await taken_by(service, *range(1, 5)) == ["anna", "bo", "cem", "anna"]
    await with_members(service, ("anna", 1, False), B, C)
    assert await taken_by(service, *range(5, 9)) == ["bo", "cem", "bo", "cem"]
    await with_members(service, A, B, C)
    assert await taken_by(service, *range(9, 13)) == ["bo", "cem", "anna", "bo"]
    await with_members(service, ("anna", 4, True), B, C)
    assert Counter(await taken_by(service, *range(13, 19))) == {"anna": 4, "bo": 1, "cem": 1}
    [row] = await service.sql("select turn, credits from rotation where team = 'berlin'")
    assert (row["turn"], sum(row["credits"].values())) == (18, 0)


async def test_somebody_who_left_the_team_comes_back_with_the_credit_of_then(service: ServiceUnderTest) -> None:
    await with_members(service, A, B, C)
    assert await taken_by(service, 1) == ["anna"]
    await with_members(service, B, C)
    assert await taken_by(service, 2, 3) == ["bo", "cem"]
    await with_members(service, A, B, C)
    assert await taken_by(service, 4, 5, 6) == ["bo", "cem", "anna"]


async def test_each_turn_is_numbered_and_the_turns_of_a_team_give_the_same_people_again(
    service: ServiceUnderTest,
) -> None:
    await with_members(service, A, B, ("cem", 3, True))
    await service.receives(*(qualified(n) for n in range(1, 8)))
    await with_members(service, A, ("bo", 5, True), ("cem", 3, False))
    await service.receives(*(qualified(n) for n in range(8, 14)), qualified(14, "nurture"))
    rows = await service.sql("""
        select turn, assignee, members from decision join roster on id = roster where turn is not null order by turn
    """)
    assert [row["turn"] for row in rows] == list(range(1, 14))
    credits: Mapping[str, int] = {}
    for row in rows:
        again = next_turn(read(row["members"]), credits)
        assert again.assignee == row["assignee"]
        credits = again.credits
    [row] = await service.sql("select credits from rotation where team = 'berlin'")
    assert row["credits"] == credits


async def test_a_large_batch_is_shared_fairly(service: ServiceUnderTest) -> None:
    await put_market(service)
    await service.receives(*(qualified(n) for n in range(1, 601)))
    fake_data = Counter(event.person for event in await service.emitted() if isinstance(event, LeadAssigned))
    assert fake_data == {"anna.schmidt": 400, "bo": 200}


async def test_any_attribute_can_be_asked_for(service: ServiceUnderTest) -> None:
    asks = {
        "source": "phone",
        "region": "Bayern",
        "product": ["pumps", "valves"],
        "industry": {"prefix": "food"},
        "language": "de",
        "channel": "fair",
        "campaign": "spring",
        "expected_amount.minor": {"min": 1_000_000},
        "expected_amount.currency": "EUR",
        "attributes.Größe": {"max": 9},
    }
    await put_market(service, rules=[{"name": "all", "segment": "de", "team": "germany", "when": asks}])
    known = {
        "source": "phone",
        "region": "BAYERN",
        "product": "valves",
        "industry": "food-processing",
        "language": "de",
        "channel": "fair",
        "campaign": "spring",
        "expected_amount": {"minor": 1_000_000, "currency": "EUR"},
        "attributes": {"Größe": "8.5"},
    }
    await service.receives(qualified(1, **known), qualified(2, **known | {"channel": "web"}))
    routed = [event for event in await service.emitted() if isinstance(event, LeadRouted)]
    assert [event.rule for event in routed] == ["all", "fallback"]
