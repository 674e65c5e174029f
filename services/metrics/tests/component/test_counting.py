"""What is heard becomes numbers, once, in whatever order it comes."""

import asyncio
import random
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from chassis import EventMetadata
from chassis.consumer import Held
from chassis_testing import ServiceUnderTest
from contracts.campaigns.campaign import CampaignPlanned
from contracts.campaigns.ledger import LedgerPosted
from contracts.event import Event, Money
from contracts.leads.lead import (
    LeadAttributes,
    LeadCaptured,
    LeadClosed,
    LeadDiscarded,
    LeadQualified,
    LeadReopened,
    LeadRestored,
    LeadReturned,
    RecordTransferred,
)
from contracts.leads.opportunity import StageChanged
from contracts.leads.request import (
    RequestAnswered,
    RequestBreached,
    RequestCancelled,
    RequestReceived,
    RequestReopened,
)
from contracts.metrics.kpi import KpiChanged
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadTransferred, LeadUnassigned, LeadUnroutable
from metrics.app import build
from metrics.use_cases import recompute
from metrics.use_cases.spend import count_spend

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
    return [*until_assigned(), *later(6)]


def until_assigned() -> list[Event]:
    """A bit of what can happen until somebody has a lead, of outcomes and of money."""
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


def later(number: int) -> list[Event]:
    """A lead that is returned, answered late, moved, won and reopened, set aside and restored, and of whose answers one was known late."""
    lead, at = lead_id(number), [NOON + timedelta(minutes=n) for n in range(20)]
    return [
        *walk(number),
        LeadReturned(lead_id=lead, attempt=1, team="berlin", person="ada", code="x", due_at=at[9], returned_at=at[1]),
        LeadTransferred(
            lead_id=lead, transfer_id=lead, order=1, to_team="oslo", to_person="bo", cause="transfer", decided_at=at[2]
        ),
        RecordTransferred(
            lead_id=lead, transfer_id=str(lead), to_team="oslo", cause="transfer", hash="h", applied_at=at[3]
        ),
        LeadReopened(lead_id=lead, revision=2, code="mistake", by="eva", reopened_at=at[4]),
        LeadDiscarded(lead_id=lead, reason="student", discarded_at=at[5]),
        LeadRestored(lead_id=lead, code="mistake", by="eva", restored_at=at[6]),
        *(stage(number, "visit", "offer", at[7]), stage(number, "offer", "visit", at[8], "back")),
        of_request(RequestReceived, number, 1, asked_at=at[1], starts_at=at[1], policy=1),
        of_request(RequestBreached, number, 1, step_at=at[9], fired_at=at[9]),
        of_request(RequestReceived, number, 2, asked_at=at[1], starts_at=at[1], policy=1),
        of_request(RequestCancelled, number, 2, code="withdrawn", cancelled_at=at[7]),
        of_request(RequestAnswered, number, 0, **answer(at[5], 100)),
    ]


def stage(number: int, left: str, came_to: str, at: datetime, direction: Any = "forward") -> StageChanged:
    """A lead goes from one stage of its pipeline to another."""
    return StageChanged(
        lead_id=lead_id(number),
        pipeline="contract",
        pipeline_version=1,
        from_stage=left,
        to_stage=came_to,
        direction=direction,
        working_s=60,
        wall_s=60,
        team="berlin",
        by="ada",
        changed_at=at,
    )


def of_request(kind: Any, number: int, n: int, **words: Any) -> Any:
    """Something is told of a request that is due after nine minutes."""
    due = {} if kind is RequestCancelled else {"due_at": NOON + timedelta(minutes=9)}
    words = {**due, **words}
    return kind(request_id=f"{lead_id(number)}/{n}", lead_id=lead_id(number), n=n, kind="other", **words)


def answer(at: datetime, seconds: int, late: bool = False) -> dict[str, Any]:
    """What is told of an answer for which a customer waited so long, a tenth of it while nobody had the lead."""
    waited = {"human_s": seconds - seconds // 10, "system_s": seconds // 10}
    wall = {"human_wall_s": 0, "system_wall_s": 0}
    return {"answered_at": at, "recorded_at": at, "late": late, "evidence": "person", **waited, **wall}


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


async def delta(service: ServiceUnderTest) -> dict[Any, Any]:
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
    await service.alters("truncate lead_fact, campaign_fact, line_fact, kpi, kpi_part")
    service.service.database.process_cache.clear()
    shuffled = everything() + chance.sample(everything(), 8)
    chance.shuffle(shuffled)
    while shuffled:
        batch = [shuffled.pop() for _ in range(min(len(shuffled), chance.randint(1, 7)))]
        await service.receives(*batch)
    assert await delta(service) == {}
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
        assert sum(row["leads"] for row in (await rows(service, by)).values()) == 6
    segments = await rows(service, "segment")
    assert {key: segments[key]["leads"] for key in ("north", "south", "(unrouted)", "(discarded)")} == {
        "north": 3,
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
    of_leads = {"leads.lead", "leads.request", "leads.opportunity"}
    assert set(answer) == {*of_leads, "territory.lead", "campaigns.campaign", "campaigns.ledger"}
    assert all(before <= datetime.fromisoformat(at) <= datetime.now(UTC) for at in answer.values())


async def test_a_wrong_number_is_found_by_the_check_and_put_right_by_the_rebuild(service: ServiceUnderTest) -> None:
    await service.receives(*everything())
    right = await numbers(service)
    assert await delta(service) == {}
    await service.sql(
        """update kpi_part set measures = measures::jsonb || '{"won": 4}' where by = 'team' and key = 'berlin'"""
    )
    await service.sql("update kpi_part set measures = measures::jsonb - 'won_amount' where by = 'channel'")
    await service.sql(
        """insert into kpi_part values ('segment', 'all', 'nowhere', '(unplaced)', 1, '{"spend": {"EUR": 5}}')"""
    )
    assert (await delta(service))["berlin", "team", "berlin", "won"] == (4, 2)
    async with service.service.database.transaction() as tx:
        found = await recompute.rebuild(tx)
    assert found["(unplaced)", "segment", "nowhere", "spend", "EUR"] == (5, 0)
    assert await delta(service) == {}
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
    assert await delta(service) == {}
    row = (await rows(service, "segment"))["north"]
    assert (row["leads"], row["valid"], row["routed"], row["assigned"]) == (40, 40, 40, 40)


async def spent(service: ServiceUnderTest, by: str = "campaign", key: str = "spring") -> dict[str, int]:
    return dict((await rows(service, by))[key]["spend"])


async def test_the_word_of_a_new_history_replaces_that_of_the_old_one_whatever_its_number(
    service: ServiceUnderTest,
) -> None:
    """A ledger that came back from a backup counts on from there: lower postings, versions and revisions, and they are true."""
    await service.receives(planned("web", "north", version=7), posted(9, 900), captured(1), won(1, 500, revision=4))
    await service.receives_renumbered(planned("radio", "south", version=6), posted(6, 700), won(1, 300, revision=2))
    assert await spent(service) == {"EUR": 700}
    assert await spent(service, "channel", "radio") == {"EUR": 700}
    assert (await rows(service, "channel"))["web"]["won_amount"] == {"EUR": 300}
    await service.receives(posted(7, 750), posted(5, 10), won(1, 100, revision=1))
    assert await spent(service) == {"EUR": 750}
    assert (await rows(service, "channel"))["web"]["won_amount"] == {"EUR": 300}
    assert await delta(service) == {}


async def test_what_is_handled_again_by_hand_is_of_no_history_and_goes_by_its_number(service: ServiceUnderTest) -> None:
    await service.receives(posted(6, 700))
    for posting, incurred, stands in ((5, 10, 700), (8, 800, 800)):
        event = posted(posting, incurred)
        heard = EventMetadata("campaigns.ledger", 0, 0, NOON, "x", event.type, b"spring", "")
        async with service.service.database.transaction(metadata={id(event): heard}) as tx:
            await count_spend([event], tx)
        assert await spent(service) == {"EUR": stands}
    await service.receives(posted(9, 900))
    assert await spent(service) == {"EUR": 900}


async def test_one_channel_campaign_or_segment_has_one_row_in_all_spellings(service: ServiceUnderTest) -> None:
    await service.receives(planned("Web", "NORTH"), posted(1, 900))
    spellings = [("web", "spring"), ("WEB", "Spring"), ("\uff37eb", " spring "), ("w\u00adeb", "SPRING")]
    for number, (channel, campaign) in enumerate(spellings):
        await service.receives(captured(number, channel, campaign), routed(number, "north"))
    for by, key in (("channel", "Web"), ("campaign", "spring"), ("segment", "NORTH")):
        row = (await rows(service, by))[key]
        assert (by, row["leads"], row["spend"]) == (by, 4, {"EUR": 900})
        assert [k for k, other in (await rows(service, by)).items() if other["leads"]] == [key]
        behind = await service.http.get(f"/v1/kpis/{by}/{key.lower()}/facts")
        assert len(behind.json()["leads"]) == 4
    assert {lead["channel"] for lead in behind.json()["leads"]} == {c for c, _ in spellings}
    assert await delta(service) == {}


async def test_names_that_nobody_declared_get_rows_up_to_a_limit_and_then_count_as_other(
    service: ServiceUnderTest,
) -> None:
    service.service.settings.kpi_names = 3  # type: ignore[attr-defined]
    await service.receives(planned("radio"))
    await service.receives(*(captured(n, f"form {n}", f"stray {n}") for n in range(50)))
    await service.receives(captured(50, "Radio", "Spring"), captured(51, "form 1", "x" * 5000), posted(1, 5))
    channels, campaigns = await rows(service, "channel"), await rows(service, "campaign")
    assert (len(channels), channels["(other)"]["leads"], channels["radio"]["leads"]) == (5, 47, 1)
    assert (len(campaigns), campaigns["(other)"]["leads"], campaigns["spring"]["leads"]) == (5, 48, 1)
    assert sum(row["leads"] for row in channels.values()) == 52
    behind = (await service.http.get("/v1/kpis/channel/(other)/facts")).json()["leads"]
    assert {lead["channel"] for lead in behind} == {f"form {n}" for n in range(50)} - {*channels}
    assert await delta(service) == {}


async def test_a_name_that_is_declared_later_has_its_row_from_then_on_and_a_rebuild_takes_what_was_before(
    service: ServiceUnderTest,
) -> None:
    service.service.settings.kpi_names = 0  # type: ignore[attr-defined]
    await service.receives(captured(1, "radio", "spring"), posted(1, 900))
    assert (await rows(service, "campaign"))["(other)"]["spend"] == {"EUR": 900}
    await service.receives(planned("radio"))
    await service.receives(captured(2, "radio", "spring"))
    assert await spent(service) == {"EUR": 900}
    assert (await rows(service, "channel"))["radio"]["leads"] == 1
    assert await delta(service) == {}
    async with service.service.database.transaction() as tx:
        await recompute.rebuild(tx)
    assert [(await rows(service, by))[key]["leads"] for by, key in (("channel", "radio"), ("campaign", "spring"))] == [
        2,
        2,
    ]
    assert await delta(service) == {}


async def test_a_name_of_a_delivery_that_was_rolled_back_is_not_remembered(service: ServiceUnderTest) -> None:
    await service.alters("alter table kpi_part rename to away")
    with pytest.raises(Held):
        await service.receives(captured(1))
    with pytest.raises(Held):
        await service.receives_again()
    await service.alters("alter table away rename to kpi_part")
    await service.receives_again()
    assert [(r["by"], r["name"]) for r in await service.sql("select by, name from known_name order by by")] == [
        ("campaign", "spring"),
        ("channel", "web"),
    ]


async def test_sums_have_no_bound(service: ServiceUnderTest) -> None:
    most = 10**15
    await service.receives(*(event for n in range(10_000) for event in (captured(n), won(n, most))))
    row = (await rows(service, "channel"))["web"]
    assert row["won_amount"] == {"EUR": 10_000 * most}
    await service.runs("publish_kpis")
    told = [e for e in await service.emitted() if isinstance(e, KpiChanged)]
    assert {e.won_amount["EUR"] for e in told} == {10_000 * most}
    assert await delta(service) == {}


FAR = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23)))


@pytest.mark.parametrize(
    "bad",
    [
        won(66, 5, revision=2**31),
        won(66, 5, revision=0),
        posted(2**63, 5),
        posted(0, 5),
        posted(1, 5, line="a\0b"),
        posted(1, 5, line="x" * 201),
        planned(version=2**63),
        planned(channel="a\0b"),
        captured(66, channel="a\0b"),
        captured(66).model_copy(update={"captured_at": FAR}),
        qualified(66).model_copy(update={"qualified_at": FAR}),
        routed(66, segment="x" * 3000),
        routed(66, team="a\0b"),
        assigned(66).model_copy(update={"person": "a\0b"}),
        LeadReopened(lead_id=lead_id(66), revision=2**31, code="x", by="eva", reopened_at=NOON),
        LeadRestored(lead_id=lead_id(66), code="x", by="eva", restored_at=FAR),
        of_request(RequestBreached, 66, 0, step_at=NOON, fired_at=NOON, due_at=FAR),
        of_request(RequestAnswered, 66, 0, **answer(NOON, 2**60)),
        of_request(RequestReopened, 66, 2**31, reopened_at=NOON),
        assigned(66).model_copy(update={"assigned_at": datetime(9999, 12, 31, tzinfo=timezone(-timedelta(hours=23)))}),
    ],
    ids=lambda event: event.type,
)
async def test_what_can_not_be_kept_is_set_aside_however_much_comes_and_the_good_beside_it_counts(
    service: ServiceUnderTest, bad: Event
) -> None:
    delivery = await service.receives(captured(1), *[bad] * 100, qualified(1), posted(1, 900, line="print"))
    assert delivery.outcomes[bad.type, "parked"] == 100
    assert {p["cause"] for p in await service.parked()} == {"refused"}
    row = (await rows(service, "campaign"))["spring"]
    assert (row["leads"], row["valid"], row["spend"]) == (1, 1, {"EUR": 900})
    assert [r["n"] for r in await service.sql("select count(*) as n from lead_fact")] == [1]
    assert await delta(service) == {}


async def test_a_clock_that_runs_ahead_does_not_make_the_numbers_newer_than_now(service: ServiceUnderTest) -> None:
    await service.receives_raw(service.record(captured(1), ce_time=b"9999-01-01T00:00:00+00:00"))
    as_of = (await service.http.get("/v1/kpis")).json()["as_of"]
    assert datetime.fromisoformat(as_of["leads.lead"]) <= datetime.now(UTC)


async def test_a_table_comes_page_by_page(service: ServiceUnderTest) -> None:
    await service.receives(*(captured(n, f"c{n:03}") for n in range(450)))
    seen, after, pages = [], "", 0
    while after is not None:
        page = (await service.http.get("/v1/kpis", params={"by": "channel", "after": after, "limit": 100})).json()
        seen += [row["key"] for row in page["rows"]]
        after, pages = page["next"], pages + 1
    assert (seen, pages) == ([f"c{n:03}" for n in range(450)], 5)
    whole = (await service.http.get("/v1/kpis", params={"by": "channel"})).json()
    assert ([row["key"] for row in whole["rows"]], whole["next"]) == (seen, None)
    assert (await service.http.get("/v1/kpis", params={"limit": 5001})).status_code == 422


async def test_a_lead_that_was_won_is_a_valid_one_so_the_conversion_is_never_above_one(
    service: ServiceUnderTest,
) -> None:
    await service.receives(*(captured(n) for n in range(3)), qualified(0, "needs_qualifier"), won(0, 5), won(1, 5))
    row = (await rows(service, "channel"))["web"]
    assert (row["valid"], row["won"], row["conversion"]) == (2, 2, 1.0)
    await service.receives(qualified(2), won(0, 5))
    row = (await rows(service, "channel"))["web"]
    assert (row["valid"], row["won"], round(row["conversion"], 2)) == (3, 2, 0.67)
    behind = (await service.http.get("/v1/kpis/channel/web/facts")).json()["leads"]
    assert sum(lead["valid"] for lead in behind) == 3
    assert await delta(service) == {}
