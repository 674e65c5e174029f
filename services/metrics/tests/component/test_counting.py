"""What is heard becomes numbers, once, in whatever order it comes."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.testing import ServiceUnderTest
from contracts.campaigns.campaign import CampaignPlanned
from contracts.campaigns.ledger import LedgerPosted
from contracts.event import Event, Money
from contracts.leads.lead import LeadAttributes, LeadCaptured, LeadClosed, LeadDiscarded, LeadQualified
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadUnassigned, LeadUnroutable
from metrics.app import build
from metrics.use_cases import recompute

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
AT = {"ruleset": 1}


def lead_id(number: int) -> UUID:
    return UUID(int=number + (7 << 76))


def captured(number: int, channel: str | None = "web", campaign: str | None = "spring") -> LeadCaptured:
    return LeadCaptured(
        lead_id=lead_id(number), source="form", channel=channel, campaign=campaign, occurred_at=NOON, captured_at=NOON
    )


def qualified(number: int, disposition: Any = "near_term", genuine: bool = True) -> LeadQualified:
    return LeadQualified(
        lead_id=lead_id(number),
        genuine=genuine,
        grade="A",
        score=80,
        disposition=disposition,
        scorecard=1,
        about=LeadAttributes(source="form"),
        qualified_at=NOON,
    )


def routed(number: int, segment: str = "north", team: str = "berlin", minutes: int = 0) -> LeadRouted:
    at = NOON + timedelta(minutes=minutes)
    return LeadRouted(
        lead_id=lead_id(number), segment=segment, team=team, pipeline="sales", rule="r", ruleset=1, routed_at=at
    )


def assigned(number: int, segment: str = "north", team: str = "berlin") -> LeadAssigned:
    return LeadAssigned(lead_id=lead_id(number), segment=segment, team=team, person="ada", ruleset=1, assigned_at=NOON)


def won(number: int, minor: int, revision: int = 1) -> LeadClosed:
    return LeadClosed(
        lead_id=lead_id(number),
        result="won",
        amount=Money(minor=minor, currency="EUR"),
        revision=revision,
        closed_at=NOON,
    )


def planned(channel: str | None = "web", segment: str | None = "north", version: int = 1) -> CampaignPlanned:
    return CampaignPlanned(
        campaign="spring",
        name="Spring",
        channel=channel,
        segment=segment,
        currency="EUR",
        version=version,
        planned_at=NOON,
    )


def posted(posting: int, incurred: int, line: str = "ads", currency: str = "EUR") -> LedgerPosted:
    return LedgerPosted(
        campaign="spring",
        line=line,
        item="Ads",
        owner="bo",
        posting=posting,
        kind="incurred",
        amount=1,
        currency=currency,
        budget=0,
        committed=0,
        incurred=incurred,
        available=-incurred,
        posted_at=NOON,
    )


def walk(number: int) -> list[Event]:
    """One lead from form to sale."""
    return [captured(number), qualified(number), routed(number), assigned(number), won(number, 1000)]


def everything() -> list[Event]:
    """A bit of all that can happen."""
    return [
        planned(),
        *walk(1),
        *walk(2),
        won(2, 700, revision=2),
        captured(3, channel=None, campaign=None),
        qualified(3, "not_a_target"),
        LeadDiscarded(lead_id=lead_id(3), reason="student", discarded_at=NOON),
        captured(4),
        qualified(4, "nurture"),
        LeadUnroutable(lead_id=lead_id(4), reason="no rule", decided_at=NOON, **AT),
        captured(5),
        qualified(5, "near_term", genuine=False),
        routed(5, "south", "roma"),
        LeadUnassigned(lead_id=lead_id(5), segment="south", team="roma", reason="all away", decided_at=NOON, **AT),
        LeadClosed(lead_id=lead_id(5), result="lost", reason="price", closed_at=NOON),
        posted(1, 5000),
        posted(2, 9000),
        posted(1, 300, line="print", currency="SEK"),
        planned("radio", "south", version=2),
    ]


async def rows(service: ServiceUnderTest, by: str) -> dict[str, dict[str, Any]]:
    answer = await service.http.get("/v1/kpis", params={"by": by})
    assert answer.status_code == 200, answer.text
    return {row["key"]: row for row in answer.json()["rows"]}


async def numbers(service: ServiceUnderTest) -> dict[str, dict[str, dict[str, Any]]]:
    """Every row of every dimension that is not all zero, without its version."""
    found = {by: await rows(service, by) for by in ("segment", "channel", "team", "campaign")}
    for table in found.values():
        for row in table.values():
            del row["version"]
    return {
        by: {key: row for key, row in table.items() if any(v for k, v in row.items() if k != "key")}
        for by, table in found.items()
    }


async def differences(service: ServiceUnderTest) -> dict[Any, Any]:
    """Where the live numbers are not what the facts make."""
    async with service.service.database.transaction() as tx:
        return dict(await recompute.check(tx))


async def test_a_lead_from_form_to_sale_counts_in_every_dimension(service: ServiceUnderTest) -> None:
    await service.receives(planned(), *walk(1), posted(1, 900))
    for by, key in (("segment", "north"), ("channel", "web"), ("team", "berlin"), ("campaign", "spring")):
        row = (await rows(service, by))[key]
        counts = [row[m] for m in ("leads", "qualified", "valid", "routed", "assigned", "won", "lost")]
        assert (by, counts) == (by, [1, 1, 1, 1, 1, 1, 0])
        assert (row["conversion"], row["won_amount"]) == (1.0, {"EUR": 1000})
        assert row["spend"] == ({} if by == "team" else {"EUR": 900})
        assert row["cost_per_lead"] == row["spend"]


async def test_a_lead_without_a_channel_counts_under_its_source(service: ServiceUnderTest) -> None:
    await service.receives(captured(1, channel=None))
    assert (await rows(service, "channel"))["form"]["leads"] == 1


async def test_only_genuine_leads_worth_a_salespersons_time_now_or_later_are_valid(service: ServiceUnderTest) -> None:
    verdicts = [("near_term", True), ("nurture", True), ("not_a_target", True), ("needs_qualifier", True)]
    verdicts += [("near_term", False)]
    for number, verdict in enumerate(verdicts):
        await service.receives(captured(number, channel=f"{number}"), qualified(number, *verdict))
    assert [row["valid"] for row in (await rows(service, "channel")).values()] == [1, 1, 0, 0, 0]
    assert [row["qualified"] for row in (await rows(service, "channel")).values()] == [1] * 5


async def test_where_nothing_can_be_divided_the_ratio_is_null(service: ServiceUnderTest) -> None:
    await service.receives(captured(1), posted(1, 900))
    row = (await rows(service, "campaign"))["spring"]
    assert (row["leads"], row["spend"], row["conversion"], row["cost_per_lead"]) == (1, {"EUR": 900}, None, None)


async def test_a_delivery_heard_twice_counts_once(service: ServiceUnderTest) -> None:
    await service.receives(*everything())
    once = await numbers(service)
    again = await service.receives_again()
    assert await numbers(service) == once
    assert [outcome for _, outcome in again.outcomes if outcome != "duplicate"] == []
    assert sum(again.outcomes.values()) == len(everything())


async def test_the_same_facts_told_as_a_new_history_count_once(service: ServiceUnderTest) -> None:
    await service.receives(*everything())
    once = await numbers(service)
    told = await service.receives_renumbered(*everything())
    assert await numbers(service) == once
    assert {outcome for _, outcome in told.outcomes} == {"handled"}


@pytest.mark.parametrize("seed", range(4))
async def test_live_numbers_equal_a_recomputation_under_shuffled_repeated_and_split_input(
    service: ServiceUnderTest, seed: int
) -> None:
    await service.receives(*everything())
    right = await numbers(service)
    chance = random.Random(seed)
    await service.sql("truncate lead_fact, campaign_fact, line_fact, kpi, kpi_money")
    shuffled = everything() + chance.sample(everything(), 8)
    chance.shuffle(shuffled)
    while shuffled:
        batch = [shuffled.pop() for _ in range(min(len(shuffled), chance.randint(1, 7)))]
        await service.receives(*batch)
    assert await differences(service) == {}
    assert await numbers(service) == right
    assert await service.parked() == []


async def test_a_lead_whose_routing_overtakes_its_capture_counts_when_it_is_captured(service: ServiceUnderTest) -> None:
    await service.receives(routed(1), assigned(1), won(1, 1000))
    assert await rows(service, "segment") == {}
    await service.receives(captured(1))
    row = (await rows(service, "segment"))["north"]
    assert (row["leads"], row["routed"], row["assigned"], row["won_amount"]) == (1, 1, 1, {"EUR": 1000})


async def test_a_lead_that_is_routed_anew_moves_with_all_it_counts(service: ServiceUnderTest) -> None:
    await service.receives(*walk(1))
    await service.receives(routed(1, "south", "roma", minutes=5))
    found = await rows(service, "team")
    assert (found["berlin"]["leads"], found["berlin"]["won_amount"]) == (0, {})
    assert (found["roma"]["leads"], found["roma"]["won_amount"]) == (1, {"EUR": 1000})


async def test_every_dimension_sums_to_all_captured_leads(service: ServiceUnderTest) -> None:
    await service.receives(*everything())
    for by in ("segment", "channel", "team", "campaign"):
        assert sum(row["leads"] for row in (await rows(service, by)).values()) == 5
    segments = await rows(service, "segment")
    assert {key: segments[key]["leads"] for key in ("north", "south", "(unrouted)", "(discarded)")} == {
        "north": 2,
        "south": 1,
        "(unrouted)": 1,
        "(discarded)": 1,
    }


async def test_money_spent_before_the_plan_is_heard_moves_to_the_plans_channel_and_segment(
    service: ServiceUnderTest,
) -> None:
    await service.receives(posted(1, 900))
    assert (await rows(service, "channel"))["(none)"]["spend"] == {"EUR": 900}
    await service.receives(planned("radio", "north"))
    channels = await rows(service, "channel")
    assert (channels["(none)"]["spend"], channels["radio"]["spend"]) == ({}, {"EUR": 900})
    assert (await rows(service, "segment"))["north"]["spend"] == {"EUR": 900}
    await service.receives(planned("web", "north", version=2), planned("radio", "north", version=1))
    assert (await rows(service, "channel"))["web"]["spend"] == {"EUR": 900}


async def test_an_older_posting_of_a_line_changes_nothing(service: ServiceUnderTest) -> None:
    await service.receives(posted(5, 900))
    await service.receives(posted(4, 100), posted(3, 50))
    assert (await rows(service, "campaign"))["spring"]["spend"] == {"EUR": 900}


async def test_the_table_says_how_new_it_is_per_topic(service: ServiceUnderTest) -> None:
    before = datetime.now(UTC)
    await service.receives(*everything())
    answer = (await service.http.get("/v1/kpis", params={"by": "team"})).json()["as_of"]
    assert set(answer) == {"leads.lead", "territory.lead", "campaigns.campaign", "campaigns.ledger"}
    assert all(before <= datetime.fromisoformat(at) <= datetime.now(UTC) for at in answer.values())


async def test_a_wrong_number_is_found_by_the_check_and_put_right_by_the_rebuild(service: ServiceUnderTest) -> None:
    await service.receives(*everything())
    right = await numbers(service)
    assert await differences(service) == {}
    await service.sql("update kpi set won = won + 2 where by = 'team' and key = 'berlin'")
    await service.sql("delete from kpi_money where by = 'channel'")
    await service.sql("insert into kpi_money values ('segment', 'nowhere', 'spend', 'EUR', 5)")
    assert (await differences(service))["team", "berlin", "won"] == (4, 2)
    async with service.service.database.transaction() as tx:
        found = await recompute.rebuild(tx)
    assert found["segment", "nowhere", "spend", "EUR"] == (5, 0)
    assert await differences(service) == {}
    assert await numbers(service) == right


async def test_the_leads_behind_a_number_are_as_many_as_it_says(service: ServiceUnderTest) -> None:
    await service.receives(*everything(), routed(9, "north"))  # the ninth is not captured
    for by, table in (await numbers(service)).items():
        for key, row in table.items():
            answer = await service.http.get(f"/v1/kpis/{by}/{key}/facts")
            assert (by, key, len(answer.json()["leads"])) == (by, key, row["leads"])


async def test_the_leads_behind_a_number_come_page_by_page(service: ServiceUnderTest) -> None:
    await service.receives(*(captured(n) for n in range(5)))
    seen, before, pages = [], None, 0
    while before is not None or not pages:
        params = {"limit": "2"} | ({"before": before} if before else {})
        page = (await service.http.get("/v1/kpis/channel/web/facts", params=params)).json()
        seen += [lead["lead_id"] for lead in page["leads"]]
        before, pages = page["before"], pages + 1
    assert seen == [str(lead_id(n)) for n in (4, 3, 2, 1, 0)]


async def test_an_unknown_dimension_is_refused_and_nobody_reads_without_the_token(service: ServiceUnderTest) -> None:
    refused = await service.http.get("/v1/kpis", params={"by": "weather"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "query.by")
    for path in ("/v1/kpis", "/v1/kpis/stream", "/v1/kpis/segment/north/facts"):
        assert (await service.anonymous.get(path)).status_code == 401


async def test_two_replicas_that_hear_of_the_same_leads_at_once_lose_nothing(service: ServiceUnderTest) -> None:
    leads = range(40)
    one = [service.record(event) for n in leads for event in (captured(n), qualified(n))]
    other = [service.record(event) for n in reversed(leads) for event in (routed(n), assigned(n))]
    replica = build(service.service.settings)  # type: ignore[arg-type]
    try:
        await asyncio.gather(service.service.consumer.deliver(one), replica.consumer.deliver(other))
    finally:
        await replica.database.close()
    assert await differences(service) == {}
    row = (await rows(service, "segment"))["north"]
    assert (row["leads"], row["valid"], row["routed"], row["assigned"]) == (40, 40, 40, 40)
