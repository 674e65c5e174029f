"""Numbers by period are those of the leads that came in it, as the catalogue defines them, for whoever may see their teams."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import pytest

from chassis_testing import ServiceUnderTest
from metrics.domain.catalogue import By
from metrics.domain.contributions import contributions
from metrics.domain.facts import LeadFact
from metrics.domain.series import OF_LEADS
from metrics.store import facts

from .people import granted, member
from .test_counting import lead_id

DIMENSIONS = get_args(By)


def some_fact(number: int, chance: random.Random, now: datetime) -> LeadFact:
    """Any fact that there can be, and most that can't."""

    def perhaps(*values: Any) -> Any:
        return chance.choice([None, *values])

    return LeadFact(
        UUID(int=number + (7 << 76)),
        captured_at=perhaps(*(now - timedelta(days=n // 2, seconds=(60, -1)[n % 2]) for n in range(12))),
        channel=perhaps("", "web", "phone"),
        channel_key=perhaps("web"),
        campaign=perhaps("spring"),
        qualified_at=perhaps(now),
        valid=chance.random() < 0.5,
        discarded_at=perhaps(now),
        segment=perhaps("north", "south"),
        team=perhaps("berlin", "roma"),
        routed_at=perhaps(now, now - timedelta(hours=1)),
        assigned_at=perhaps(now, now - timedelta(hours=2)),
        assignee=perhaps("ada"),
        outcome=perhaps("won", "lost"),
        amount=perhaps(0, 100, 250),
        currency=perhaps("EUR", "SEK"),
    )


@pytest.mark.parametrize("so_far", [False, True])
async def test_a_period_counts_what_the_catalogue_says_of_the_leads_that_came_in_it(
    service: ServiceUnderTest, so_far: bool
) -> None:
    chance, now = random.Random(12), datetime.now(UTC)
    known = [some_fact(number, chance, now) for number in range(600)]
    async with service.service.database.transaction() as tx:
        await facts.save_leads(tx, known)
    await service.told(granted("boss", member("berlin"), member("(unplaced)")))
    answer = await service.as_("boss").get(
        "/v1/kpis/series", params={"by": DIMENSIONS, "grain": "hour", "each": 24, "count": 5, "so_far": so_far}
    )
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [table["by"] for table in told["tables"]] == sorted(DIMENSIONS)
    for n, period in enumerate(told["periods"]):
        begins, ends = (datetime.fromisoformat(period[name]) for name in ("starts_at", "ends_at"))
        expected: Counter[tuple[str, ...]] = Counter()
        for fact in known:
            if fact.captured_at and begins <= fact.captured_at < ends and fact.team != "roma":
                for (_, *number), adds in contributions(fact).items():
                    expected[tuple(number)] += adds
        found: Counter[tuple[str, ...]] = Counter()
        for table in told["tables"]:
            for row in table["rows"]:
                values = row["values"][n] or {}
                for name, value in values.items():
                    if isinstance(value, dict):
                        found.update({(table["by"], row["key"], name, currency): v for currency, v in value.items()})
                    elif name != "conversion":
                        found[table["by"], row["key"], name] += value
        assert sum(expected.values()) > 100
        assert {k: v for k, v in found.items() if v} == {k: v for k, v in expected.items() if v and k[2] in OF_LEADS}


async def test_the_leads_behind_a_number_of_a_period_are_those_that_came_since(service: ServiceUnderTest) -> None:
    now = datetime.now(UTC)
    ages = (timedelta(minutes=1), timedelta(days=2), timedelta(days=40))
    async with service.service.database.transaction() as tx:
        old = [
            LeadFact(lead_id(n), captured_at=now - age, segment="north", team="berlin") for n, age in enumerate(ages)
        ]
        await facts.save_leads(tx, old)
    await service.told(granted("anna", member("berlin")))
    since = {"captured_from": (now - timedelta(days=7)).isoformat()}
    answer = await service.as_("anna").get("/v1/kpis/segment/north/facts", params=since)
    assert [lead["lead_id"] for lead in answer.json()["leads"]] == [str(lead_id(1)), str(lead_id(0))]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "query.by"),
        ("by=colour", "query.by[0]"),
        ("by=team&count=0", "query.count"),
        ("by=team&each=101", "query.each"),
    ],
)
async def test_a_question_that_makes_no_sense_is_told_what_is_wrong_with_it(
    service: ServiceUnderTest, query: str, field: str
) -> None:
    await service.told(granted("anna", member("berlin")))
    answer = await service.as_("anna").get(f"/v1/kpis/series?{query}")
    assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])
