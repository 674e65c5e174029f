"""Spend arrives on the topic: counted once, posted, told."""

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from chassis.testing import ServiceUnderTest
from contracts.campaigns.campaign import CampaignPlanned
from contracts.campaigns.ledger import BudgetOverspent, LedgerPosted
from contracts.campaigns.spend import SpendReported
from contracts.event import Money

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
    """Debits equal credits, and the lines say what their entries say."""
    assert (
        await service.sql(
            "select currency from ledger_posting p join ledger_entry e on e.posting_id = p.id group by 1 having sum(e.amount) <> 0"
        )
        == []
    )
    assert (
        await service.sql(
            """
        select l.line from budget_line l
        left join ledger_posting p using (campaign, line, currency) left join ledger_entry e on e.posting_id = p.id
        group by l.campaign, l.line, l.currency
        having l.available <> coalesce(sum(e.amount) filter (where account = 'available'), 0)
            or l.committed <> coalesce(sum(e.amount) filter (where account = 'committed'), 0)
            or l.incurred <> coalesce(sum(e.amount) filter (where account = 'incurred'), 0)
            or l.budget <> -coalesce(sum(e.amount) filter (where account = 'funding'), 0)
            or l.postings <> count(distinct p.id)
        """
        )
        == []
    )


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


async def test_the_same_facts_in_a_new_history_are_counted_once(service: ServiceUnderTest) -> None:
    await planned(service)
    await service.receives(spend(1), spend(2))
    before = await ledger(service)
    await service.emitted()
    await service.receives_renumbered(spend(1), spend(2))
    assert (await ledger(service), await service.emitted()) == (before, [])


async def test_an_id_counts_once_within_a_batch_and_over_batches(service: ServiceUnderTest) -> None:
    await planned(service)
    await service.receives(spend(1), spend(1), spend(2))
    await service.receives(spend(2), spend(3), spend(1))
    assert [e.spend_id for e in await service.emitted() if isinstance(e, LedgerPosted)] == ["s1", "s2", "s3"]
    lines = {line["line"]: line for line in (await ledger(service))["lines"]}
    assert (lines["search"]["incurred"], lines["search"]["postings"]) == (300, 4)
    assert [r["conflicting"] for r in await service.sql("select conflicting from spend")] == [False] * 3


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
        spend(66, 0),
        spend(66, currency="EUX"),
        spend(66, note="a\0b"),
        spend(66, occurred_at=datetime(2999, 1, 1, tzinfo=UTC)),
    ],
    ids=["negative", "zero", "currency", "nul", "future"],
)
async def test_a_spend_that_can_not_be_counted_is_parked_and_the_others_are_counted(
    service: ServiceUnderTest, bad: SpendReported
) -> None:
    await planned(service)
    await service.receives(spend(1), bad, spend(2))
    assert [e.spend_id for e in await service.emitted() if isinstance(e, LedgerPosted)] == ["s1", "s2"]
    [parked] = await service.parked()
    assert parked["cause"] == "SpendRefused"


@pytest.mark.parametrize("table", ["ledger_posting", "ledger_entry"])
@pytest.mark.parametrize("how", ["update {} set amount = 1", "delete from {}", "truncate {} cascade"])
async def test_what_is_on_the_ledger_can_not_be_changed(service: ServiceUnderTest, table: str, how: str) -> None:
    await planned(service)
    await service.receives(spend(1))
    before = await ledger(service)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="never rewritten"):
        await service.sql(how.format(table))
    assert await ledger(service) == before


async def test_a_debit_without_its_credit_is_refused_by_the_database(service: ServiceUnderTest) -> None:
    await planned(service)
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="differ"):
        await service.sql(
            """
            with p as (
                insert into ledger_posting (campaign, line, currency, posting, kind, amount, posted_at)
                values ('spring', 'search', 'EUR', 2, 'incurred', 5, now()) returning id
            )
            insert into ledger_entry (posting_id, account, amount) select id, 'incurred', 5 from p
            """
        )


async def test_a_plan_is_never_said_by_a_spend(service: ServiceUnderTest) -> None:
    await service.receives(spend(1))
    assert not [e for e in await service.emitted() if isinstance(e, CampaignPlanned)]
