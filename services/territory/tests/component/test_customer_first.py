"""A further lead of a customer goes to the team and the person who have him."""

import asyncio
from uuid import UUID

import pytest

from chassis.consumer import Held
from chassis_testing import ServiceUnderTest
from contracts.territory.lead import LeadRouted

from .berlin import TEAMS, away, begin, changes, lead, leads, lost, owners, said
from .events import MARKET, put_market

OVERRIDES = {
    "name": "fr-robots",
    "segment": "de",
    "team": "germany",
    "when": {"country": "FR", "product": "robot"},
}


async def test_the_second_lead_of_a_customer_takes_no_turn(service: ServiceUnderTest) -> None:
    await begin(service)
    assert await leads(service, 1, party=7) == ["anna"]
    await leads(service, 2, 3)
    await service.receives(lead(4, party=7))
    events = await service.emitted()
    routed = said(events, LeadRouted)
    assert owners(events) == ["anna"]
    assert (routed.cause, routed.customer, routed.rule, routed.would_rule) == (
        "customer",
        True,
        "berlin-machines",
        None,
    )
    [row] = await service.sql("select turn from rotation where team = 'berlin'")
    assert row["turn"] == 3
    assert await leads(service, 5) == ["anna"]


async def test_he_stays_his_teams_whatever_the_rules_say_of_another_lead_unless_they_override(
    service: ServiceUnderTest,
) -> None:
    await begin(service, rules=[OVERRIDES, *MARKET["rules"]])
    await leads(service, 1, party=7)
    await service.receives(lead(2, party=7, country="FR", product="robot"))
    events = await service.emitted()
    routed = said(events, LeadRouted)
    assert owners(events) == ["anna"]
    assert (routed.team, routed.segment, routed.rule, routed.would_rule) == ("berlin", "de", "fr-robots", "fr-robots")
    await put_market(service, teams=TEAMS, rules=[OVERRIDES | {"overrides_customer": True}, *MARKET["rules"]])
    await service.receives(lead(3, party=7, country="FR", product="robot"))
    routed = said(await service.emitted(), LeadRouted)
    assert (routed.team, routed.customer, routed.cause) == ("germany", False, "new")
    assert await leads(service, 4, party=7) == ["anna"]
    [row] = await service.sql("select team, person from customer")
    assert tuple(row) == ("berlin", "anna")


async def test_who_stands_in_gets_it_while_the_person_is_away_and_the_customer_stays(service: ServiceUnderTest) -> None:
    await begin(service)
    await leads(service, 1, party=7)
    await away(service, "anna")
    await changes(
        service,
        "insert into substitution (id, absent, substitute, unit, from_at, until_at, ends_with_absence, ordered_by)"
        " values (gen_random_uuid(), 'anna', 'leyla', 'berlin', now() - interval '1 minute', now() + interval '1 day', true, 'x')",
    )
    assert await leads(service, 2, party=7) == ["leyla"]
    [row] = await service.sql("select person from customer")
    assert row["person"] == "anna"


async def test_a_customer_nobody_has_a_lead_of_any_more_is_the_rules_again(service: ServiceUnderTest) -> None:
    await begin(service)
    await leads(service, 1, party=7)
    await service.receives(lost(1))
    await service.sql("update lead_case set ended_at = now() - interval '300 days'")
    assert await leads(service, 2, party=7, country="FR") == ["anna"]
    await service.sql("update lead_case set ended_at = now() - interval '366 days', ended = 'lost'")
    assert await leads(service, 3, party=7, postcode_area="80") == [None]
    [row] = await service.sql("select team, person, cause from customer")
    assert tuple(row) == ("germany", None, "lapsed")


async def test_the_catch_all_has_no_customers(service: ServiceUnderTest) -> None:
    await begin(service)
    assert await leads(service, 1, party=7, country="FR") == ["eve"]
    assert await service.sql("select * from customer") == []
    assert await leads(service, 2, party=7) == ["anna"]


async def test_of_one_delivery_the_second_lead_finds_what_the_first_has_made(service: ServiceUnderTest) -> None:
    await begin(service)
    await service.receives(lead(1), lead(2, party=7), lead(3, party=7, postcode_area="80"), lead(4, party=8))
    assert owners(await service.emitted()) == ["anna", "jonas", "jonas", "leyla"]


async def test_of_two_replicas_one_gives_a_new_customer_a_team_and_the_other_looks_again(
    service: ServiceUnderTest,
) -> None:
    await begin(service)
    first = service.service.database.transaction()
    tx = await first.__aenter__()
    await tx.conn.execute("insert into customer values ($1, '*', 'germany', null, now(), 'rule')", UUID(int=7))
    other = asyncio.create_task(service.receives(lead(1, party=7)))
    await asyncio.sleep(0.3)
    assert not other.done(), "it waits to see whether the other one holds"
    await first.__aexit__(None, None, None)
    with pytest.raises(Held):
        await other
    await service.receives_again()
    [row] = await service.sql("select team, cause from customer")
    assert tuple(row) == ("berlin", "lapsed"), "no lead of theirs was germany's"
    rows = await service.sql("select number from decision where lead_id = $1", UUID(int=1))
    assert len(rows) == 1
