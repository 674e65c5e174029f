"""Spend arrives on the topic: counted once, posted, told."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from campaigns.use_cases.ledger import count_spends
from chassis_testing import ServiceUnderTest
from contracts.campaigns.campaign import CampaignPlanned
from contracts.campaigns.ledger import BudgetOverspent, LedgerPosted
from contracts.campaigns.spend import SpendReported
from contracts.event import Money, Sealed

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLAN: dict[str, Any] = {
    "name": "Spring",
    "channel": "search",
    "segment": "solar-de",
    "currency": "EUR",
    "lines": [
        {"line": "search", "item": "Search ads", "budget": 1_000, "owner": "ana"},
        {"line": "print", "item": "Print", "budget": 500, "owner": "bo"},
    ],
}


# what the README promises is what the tests ask
README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
INVARIANTS = [q for q in README.partition("```sql")[2].partition("```")[0].split(";") if q.strip()]


def spend(n: int, minor: int = 100, **more: Any) -> SpendReported:
    said = {"campaign": "spring", "line": "search", "currency": "EUR", "occurred_at": NOON} | more
    return SpendReported(spend_id=f"s{n}", amount=Money(minor=minor, currency=said.pop("currency")), **said)


async def planned(service: ServiceUnderTest, campaign: str = "spring", **change: Any) -> None:
    answer = await service.http.put(f"/v1/campaigns/{campaign}", json=PLAN | change)
    assert answer.status_code == 200, answer.text
    await service.emitted()


async def ledger(service: ServiceUnderTest, campaign: str = "spring") -> dict[str, Any]:
    answer = await service.http.get(f"/v1/campaigns/{campaign}/ledger")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def the_books_are_sound(service: ServiceUnderTest) -> None:
    """Nothing is parked, and every invariant that the README states holds."""
    assert await service.parked() == []
    for invariant in INVARIANTS:
        assert await service.sql(invariant) == []


async def test_a_spend_is_posted_on_its_line_and_the_event_says_what_is_left(service: ServiceUnderTest) -> None:
    await planned(service)
    await service.receives(spend(1, 300))
    [told] = await service.emitted()
    assert isinstance(told, LedgerPosted)
    assert (told.campaign, told.line, told.owner, told.kind, told.amount) == (
        "spring",
        "search",
        "ana",
        "incurred",
        300,
    )
    assert (told.posting, told.spend_id, told.budget, told.incurred, told.available) == (2, "s1", 1_000, 300, 700)
    await the_books_are_sound(service)


async def test_a_delivery_that_comes_twice_is_counted_once(service: ServiceUnderTest) -> None:
    await planned(service)
    await service.receives(spend(1), spend(2, kind="committed"))
    before = (await ledger(service), await service.emitted())
    await service.receives_again()
    assert (await ledger(service), await service.emitted()) == (before[0], [])
    assert len(before[1]) == 2
    await the_books_are_sound(service)


async def test_the_same_facts_in_a_new_history_are_counted_once(service: ServiceUnderTest) -> None:
    await planned(service)
    await service.receives(spend(1), spend(2))
    before = await ledger(service)
    await service.emitted()
    await service.receives_renumbered(spend(1), spend(2))
    assert (await ledger(service), await service.emitted()) == (before, [])
    await the_books_are_sound(service)


async def test_an_id_counts_once_within_a_batch_and_over_batches(service: ServiceUnderTest) -> None:
    await planned(service)
    await service.receives(spend(1), spend(1), spend(2))
    await service.receives(spend(2), spend(3), spend(1))
    assert [e.spend_id for e in await service.emitted() if isinstance(e, LedgerPosted)] == ["s1", "s2", "s3"]
    lines = {line["line"]: line for line in (await ledger(service))["lines"]}
    assert (lines["search"]["incurred"], lines["search"]["postings"]) == (300, 4)
    assert [r["conflicting"] for r in await service.sql("select conflicting from spend")] == [False] * 3
    await the_books_are_sound(service)


@pytest.mark.parametrize("together", [True, False])
async def test_the_first_report_of_an_id_stands_and_another_content_flags_it(
    service: ServiceUnderTest, together: bool
) -> None:
    await planned(service)
    if together:
        await service.receives(spend(1, 100), spend(1, 900), spend(2))
    else:
        await service.receives(spend(1, 100), spend(2))
        await service.receives(spend(1, 900))
    seen = await ledger(service)
    assert {p["spend_id"]: (p["amount"], p["conflicting"]) for p in seen["postings"] if p["spend_id"]} == {
        "s1": (100, True),
        "s2": (100, False),
    }


async def test_a_conflicting_report_for_another_campaign_does_not_put_that_campaign_on_record(
    service: ServiceUnderTest,
) -> None:
    await planned(service)
    await service.receives(spend(1))
    await service.receives(spend(1, campaign="sprung"))
    assert [r["campaign"] for r in await service.sql("select campaign from campaign")] == ["spring"]


async def test_a_spend_of_an_unknown_campaign_is_accepted_and_stands_on_record_as_unplanned(
    service: ServiceUnderTest,
) -> None:
    await service.receives(spend(1, 250, campaign="sprng"))
    posted, over = await service.emitted()
    assert isinstance(posted, LedgerPosted)
    assert isinstance(over, BudgetOverspent)
    assert (posted.line, posted.budget, posted.available, over.over_by) == ("unplanned", 0, -250, 250)
    seen = await ledger(service, "sprng")
    assert (seen["known"], seen["currency"], [line["line"] for line in seen["lines"]]) == (False, None, ["unplanned"])
    await the_books_are_sound(service)


async def test_a_campaign_that_is_planned_after_its_first_spend_keeps_that_spend(service: ServiceUnderTest) -> None:
    await service.receives(spend(1, 250, currency="USD"))
    await planned(service)
    await service.receives(spend(2, 50))
    seen = await ledger(service)
    assert {(line["line"], line["currency"]): line["incurred"] for line in seen["lines"]} == {
        ("search", "EUR"): 50,
        ("print", "EUR"): 0,
        ("unplanned", "USD"): 250,
    }
    assert (seen["known"], [t["currency"] for t in seen["totals"]]) == (True, ["EUR", "USD"])


async def test_a_spend_without_a_line_goes_to_the_only_line_there_is(service: ServiceUnderTest) -> None:
    await planned(service, lines=PLAN["lines"][:1])
    await service.receives(spend(1, line=None), spend(2, line="tv"))
    assert [e.line for e in await service.emitted() if isinstance(e, LedgerPosted)] == ["search", "search"]


async def test_overspend_is_counted_and_told_each_time_it_sinks_further(service: ServiceUnderTest) -> None:
    await planned(service)
    await service.receives(spend(1, 1_000), spend(2, 1), spend(3, 1, kind="reversed"), spend(4, 1), spend(5, 9))
    over = [(e.spend_id, e.owner, e.over_by) for e in await service.emitted() if isinstance(e, BudgetOverspent)]
    assert over == [("s2", "ana", 1), ("s4", "ana", 1), ("s5", "ana", 10)]
    await the_books_are_sound(service)


async def test_money_that_comes_back_where_none_is_left_is_kept_as_unmatched(service: ServiceUnderTest) -> None:
    await planned(service)
    await service.receives(
        spend(1, 300, kind="committed"), spend(2, 500, kind="released"), spend(3, 7, kind="reversed")
    )
    posted = [(e.kind, e.amount) for e in await service.emitted() if isinstance(e, LedgerPosted)]
    assert posted == [("committed", 300), ("released", 300)]
    [search] = [line for line in (await ledger(service))["lines"] if line["line"] == "search"]
    assert (search["committed"], search["incurred"], search["unmatched"], search["available"]) == (0, 0, 207, 1_000)
    await the_books_are_sound(service)


async def test_the_postings_of_a_delivery_stand_in_the_order_in_which_they_were_heard(
    service: ServiceUnderTest,
) -> None:
    await planned(service)
    await service.receives(*(spend(n, line=("search", "print")[n % 2]) for n in (3, 1, 4, 2)))
    newest_first = [p["spend_id"] for p in (await ledger(service))["postings"] if p["spend_id"]]
    assert newest_first == ["s2", "s4", "s1", "s3"]


async def test_two_campaigns_in_one_delivery_do_not_touch_each_other(service: ServiceUnderTest) -> None:
    await planned(service, "spring")
    await planned(service, "autumn", currency="INR")
    await service.receives(
        spend(1, 10), spend(2, 20, campaign="autumn", currency="INR"), spend(3, 30), spend(4, 40, campaign="autumn")
    )
    autumn = {(li["line"], li["currency"]): li["incurred"] for li in (await ledger(service, "autumn"))["lines"]}
    assert autumn == {("print", "INR"): 0, ("search", "EUR"): 40, ("search", "INR"): 20}
    assert sum(line["incurred"] for line in (await ledger(service, "spring"))["lines"]) == 40
    await the_books_are_sound(service)


@pytest.mark.parametrize(
    "bad",
    [
        spend(66, -5),
        spend(66, currency="EUX"),
        spend(66, campaign="spr\0ing"),
        spend(66, line="\ufdfa" * 200),
        spend(66, 10**15 - 99),
        spend(66, occurred_at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23)))),
        spend(66, occurred_at=datetime(2999, 1, 1, tzinfo=UTC)),
    ],
    ids=["negative", "currency", "nul", "huge name", "more than a line can take", "before all time", "future"],
)
async def test_a_spend_that_can_not_be_counted_is_parked_and_the_others_are_counted(
    service: ServiceUnderTest, bad: SpendReported
) -> None:
    await planned(service)
    await service.receives(spend(1), bad, spend(2))
    assert [e.spend_id for e in await service.emitted() if isinstance(e, LedgerPosted)] == ["s1", "s2"]
    [parked] = await service.parked()
    assert parked["cause"] == "refused"


async def test_however_many_spends_an_outsider_sends_that_can_not_be_counted_the_others_are(
    service: ServiceUnderTest,
) -> None:
    await planned(service)
    bad = [*(spend(n, -1) for n in range(200)), *(spend(n, 10**15) for n in range(200, 400))]
    delivery = await service.receives(spend(900), *bad, spend(901))
    assert [e.spend_id for e in await service.emitted() if isinstance(e, LedgerPosted)] == ["s900", "s901"]
    parked = await service.parked()
    assert {p["cause"] for p in parked} == {"refused"}
    assert {p["detail"] for p in parked} == {
        "amount.minor must not be below zero: money comes back by kind released or reversed",
        "amount.minor takes the line beyond what can be told",
    }
    assert (len(parked), delivery.outcomes["campaigns.spend.reported.v1", "parked"]) == (400, 400)


async def test_a_spend_that_no_line_could_take_leaves_its_id_free(service: ServiceUnderTest) -> None:
    await planned(service)
    await service.receives(spend(1), spend(2, 10**15), spend(2, 5))
    assert len(await service.parked()) == 2
    await service.receives(spend(2, 7))
    lines = {line["line"]: line["incurred"] for line in (await ledger(service))["lines"]}
    assert lines == {"search": 107, "print": 0}


async def test_lines_at_their_limit_add_up_to_a_total_beyond_any_column(service: ServiceUnderTest) -> None:
    most = 10**15
    await planned(service)
    await service.sql(
        """
        insert into budget_line (campaign, line, currency, item, owner, planned, budget, committed, incurred, unmatched, postings)
        select 'spring', 'l' || n, 'EUR', 'x', 'ana', true, 0, 0, $1, 0, 1 from generate_series(1, 10000) n
        """,
        most,
    )
    [total] = (await ledger(service))["totals"]
    assert total["incurred"] == 10_000 * most > 2**63


@pytest.mark.parametrize("hours", [16, 23, -16, -23])
async def test_a_zone_that_no_database_takes_is_the_same_moment_in_another(
    service: ServiceUnderTest, hours: int
) -> None:
    at = NOON.astimezone(timezone(timedelta(hours=hours)))
    await service.receives(spend(1, occurred_at=at))
    assert (await ledger(service))["postings"][0]["occurred_at"] == "2026-11-20T12:00:00Z"
    await the_books_are_sound(service)


async def test_an_id_counts_once_for_each_source_and_a_source_is_itself_in_every_spelling(
    service: ServiceUnderTest,
) -> None:
    await planned(service)
    await service.receives(spend(1, source="google"), spend(1, source="meta"), spend(1, source=" Google"))
    told = [(e.spend_id, e.source) for e in await service.emitted() if isinstance(e, LedgerPosted)]
    assert told == [("s1", "google"), ("s1", "meta")]
    assert [p["conflicting"] for p in (await ledger(service))["postings"] if p["spend_id"]] == [False, False]


async def test_a_day_on_which_an_ad_cost_nothing_posts_nothing_and_takes_no_id(service: ServiceUnderTest) -> None:
    await planned(service)
    await service.receives(spend(1, 0), spend(2, 0, campaign="nobody"))
    assert await service.emitted() == []
    assert [r["campaign"] for r in await service.sql("select campaign from campaign")] == ["spring"]
    await service.receives(spend(1, 40))
    await service.receives(spend(1, 0))
    posting = (await ledger(service))["postings"][0]
    assert (posting["spend_id"], posting["amount"], posting["conflicting"]) == ("s1", 40, True)
    await the_books_are_sound(service)


async def test_spend_under_another_spelling_is_the_planned_campaigns_and_the_id_stays_as_it_was(
    service: ServiceUnderTest,
) -> None:
    await planned(service)
    await service.receives(spend(1, campaign="SPRING", line="Search"), spend(2, campaign="spr\u00ading"))
    told = await service.emitted()
    assert {(e.campaign, e.line) for e in told if isinstance(e, LedgerPosted)} == {("spring", "search")}
    assert (await service.http.put("/v1/campaigns/Spring", json=PLAN)).json() == {"campaign": "spring", "version": 1}
    assert (await ledger(service, "SPRING"))["campaign"] == "spring"
    await the_books_are_sound(service)


@pytest.mark.parametrize("sealed", [True, False], ids=["our own door", "an outsider"])
async def test_what_is_written_beside_a_spend_rests_sealed_and_is_in_no_event(
    service: ServiceUnderTest, sealed: bool
) -> None:
    await planned(service)
    if sealed:
        row = {
            "spend_id": "s1",
            "campaign": "spring",
            "amount": {"minor": 5, "currency": "EUR"},
            "note": "call Ada, 0171 5",
        }
        await service.http.post("/v1/spend", json={"spend": [row | {"occurred_at": "2026-11-20"}]})
        assert "Ada" not in service.intake.emitted[0].model_dump_json()
        await service.receives(*service.intake.emitted)
    else:
        await service.receives(spend(1, note="call Ada, 0171 5"))
    assert not [e for e in await service.emitted() if "Ada" in e.model_dump_json()]
    [row] = await service.sql("select * from spend")
    assert "Ada" not in str(dict(row))
    assert (await ledger(service))["postings"][0]["note"] == "call Ada, 0171 5"


async def test_a_note_that_somebody_else_sealed_is_not_shown_and_costs_nothing(service: ServiceUnderTest) -> None:
    await service.receives(spend(1, sealed_note=Sealed(key="k", box="AAAA")))
    assert (await ledger(service))["postings"][0]["note"] is None


@pytest.mark.parametrize("table", ["ledger_posting", "ledger_entry"])
@pytest.mark.parametrize("how", ["update {} set amount = 1", "delete from {}", "truncate {} cascade"])
async def test_what_is_on_the_ledger_can_not_be_changed(service: ServiceUnderTest, table: str, how: str) -> None:
    await planned(service)
    await service.receives(spend(1))
    before = await ledger(service)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="never rewritten"):
        await (service.alters if how.startswith("truncate") else service.sql)(how.format(table))
    assert await ledger(service) == before


@pytest.mark.parametrize("credit", ["[]", '[{"account": "available", "amount": -4}]'])
async def test_a_debit_without_a_credit_of_the_same_amount_is_refused_by_the_database(
    service: ServiceUnderTest, credit: str
) -> None:
    await planned(service)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="differ"):
        await service.sql(
            """
            with p as (
                insert into ledger_posting (campaign, line, currency, posting, kind, amount, posted_at)
                values ('spring', 'search', 'EUR', 2, 'incurred', 5, now()) returning id
            )
            insert into ledger_entry (posting_id, account, amount)
            select id, 'incurred', 5 from p
            union all select id, account, amount from p, json_to_recordset($1::json) as c(account text, amount bigint)
            """,
            credit,
        )


async def test_old_and_new_spends_in_one_delivery_need_no_second_try(service: ServiceUnderTest) -> None:
    await planned(service)
    await service.receives(spend(1))
    async with service.service.database.transaction() as tx:
        await count_spends([spend(2), spend(1), spend(3)], tx)
    assert (await ledger(service))["lines"][1]["incurred"] == 300


async def test_deliveries_and_plans_at_the_same_time_count_every_spend_once_and_block_nobody(
    service: ServiceUnderTest,
) -> None:
    async def counts(numbers: list[int]) -> None:
        async with service.service.database.transaction() as tx:
            batch = [spend(n, campaign=("spring", "autumn", "winter")[n % 3]) for n in numbers]
            await count_spends(batch, tx)

    async def replans(budget: int) -> None:
        lines = [PLAN["lines"][0] | {"budget": budget}]
        await service.http.put("/v1/campaigns/spring", json=PLAN | {"lines": lines})

    forth, back = list(range(30)), list(range(29, -1, -1))
    await asyncio.gather(counts(forth), replans(1), counts(back), replans(2), counts(forth[::2]), replans(3))
    assert [
        r["n"] for r in await service.sql("select count(*) as n from ledger_posting where spend_id is not null")
    ] == [30]
    await the_books_are_sound(service)


@pytest.mark.parametrize("column", ["budget", "committed", "incurred", "postings"])
async def test_a_line_that_says_something_else_than_its_entries_is_found_by_the_invariants(
    service: ServiceUnderTest, column: str
) -> None:
    await planned(service)
    await service.receives(spend(1), spend(2, kind="committed"))
    await the_books_are_sound(service)
    await service.sql(f"update budget_line set {column} = {column} + 1 where line = 'search'")
    assert len(INVARIANTS) == 3
    assert [line["line"] for line in await service.sql(INVARIANTS[2])] == ["search"]


async def test_a_plan_is_never_said_by_a_spend(service: ServiceUnderTest) -> None:
    await service.receives(spend(1))
    assert not [e for e in await service.emitted() if isinstance(e, CampaignPlanned)]
