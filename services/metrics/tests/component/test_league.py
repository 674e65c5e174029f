"""Days and weeks are closed once, show what may be shown of every team, and are never written again."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chassis_testing import ServiceUnderTest
from contracts.event import Event, Money
from contracts.leads.lead import LeadCaptured, LeadClosed
from contracts.territory.lead import LeadAssigned
from metrics.use_cases.league import close_periods

from .people import granted, member
from .test_counting import lead_id

MONDAY = date(2025, 3, 3)


def moment(day: int, hour: int = 12) -> datetime:
    return datetime(2025, 3, 3, hour, tzinfo=UTC) + timedelta(days=day)


def leads(team: str, day: int, n: int, first: int, persons: int = 3) -> list[Event]:
    """So many leads of a day, in the hands of so many people of the team."""
    said: list[Event] = []
    for i in range(first, first + n):
        at = moment(day)
        said.append(LeadCaptured(lead_id=lead_id(i), source="web", occurred_at=at, captured_at=at))
        said.append(
            LeadAssigned(
                lead_id=lead_id(i), segment="s", team=team, person=f"p{i % persons}", ruleset=1, assigned_at=at
            )
        )
    return said


def won(n: int, day: int, minor: int) -> LeadClosed:
    return LeadClosed(
        lead_id=lead_id(n), result="won", amount=Money(minor=minor, currency="EUR"), revision=1, closed_at=moment(day)
    )


async def closes(service: ServiceUnderTest, day: int, hour: int = 2) -> None:
    """The job, at this hour of this day."""
    async with service.service.database.transaction() as tx:
        object.__setattr__(tx, "now", moment(day, hour))
        await close_periods(tx)


async def league(service: ServiceUnderTest, **params: Any) -> Any:
    await service.told(granted("eva", member("oslo")))
    answer = await service.as_("eva").get("/v1/league", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def by_team(table: Any, field: str = "leads") -> dict[str, Any]:
    return {row["team"]: row[field] for row in table["rows"]}


async def test_a_closed_day_shows_large_teams_to_every_member_and_withholds_small_groups(
    service: ServiceUnderTest,
) -> None:
    await closes(service, 0)  # the league begins
    await service.receives(*leads("berlin", 0, 6, 100), *leads("roma", 0, 2, 200), *leads("wien", 0, 9, 300))
    await service.receives(*leads("linz", 0, 7, 400, persons=2), *(won(300 + n, 0, 100) for n in range(5)))
    await closes(service, 1)
    table = await league(service)
    assert (table["grain"], table["starts_on"], table["ends_on"]) == ("day", "2025-03-03", "2025-03-03")
    assert by_team(table) == {"berlin": 6, "linz": None, "roma": None, "wien": 9}
    assert by_team(table, "won_amount") == {"berlin": {}, "linz": None, "roma": None, "wien": {"EUR": 500}}
    assert by_team(table, "withheld") == {"berlin": None, "linz": "small group", "roma": "small group", "wien": None}
    assert table["total"] == {"leads": 15, "valid": 5, "won": 5, "lost": 0, "won_amount": {"EUR": 500}}


async def test_what_is_withheld_is_not_in_the_table_that_doors_read(service: ServiceUnderTest) -> None:
    await closes(service, 0)
    await service.receives(*leads("berlin", 0, 6, 100), *leads("roma", 0, 2, 200), *leads("oslo", 0, 3, 300))
    await closes(service, 1)
    held = await service.sql("select team, counts, money from league where starts_on = '2025-03-03' order by team")
    assert [(row["team"], row["counts"] is None, row["money"] is None) for row in held] == [
        ("berlin", False, False),
        ("oslo", True, True),
        ("roma", True, True),
    ]


async def test_a_closed_period_is_never_revised_and_what_is_late_counts_in_the_next(service: ServiceUnderTest) -> None:
    await closes(service, 0)
    await service.receives(*leads("berlin", 0, 6, 100))
    await closes(service, 1)
    before = await league(service, at="2025-03-03")
    await service.receives(*leads("berlin", 0, 5, 200), won(100, 0, 70))
    await closes(service, 1, hour=9)
    assert await league(service) == before
    await closes(service, 2)
    assert await league(service, at="2025-03-03") == before
    later = await league(service, at="2025-03-04")
    assert (by_team(later), by_team(later, "won"), later["before"]) == ({"berlin": 5}, {"berlin": 1}, "2025-03-03")
    await closes(service, 3)
    assert by_team(await league(service, at="2025-03-05")) == {}


async def test_a_lead_without_a_team_waits_for_the_day_on_which_it_has_one(service: ServiceUnderTest) -> None:
    await closes(service, 0)
    said = leads("berlin", 0, 6, 100)
    await service.receives(*said[::2])
    await closes(service, 1)
    await service.receives(*said[1::2])
    await closes(service, 2)
    assert by_team(await league(service, at="2025-03-03")) == {}
    assert by_team(await league(service, at="2025-03-04")) == {"berlin": 6}


async def test_a_day_is_closed_after_its_grace_and_days_that_were_missed_one_by_one(service: ServiceUnderTest) -> None:
    await closes(service, 0)
    await service.receives(*leads("berlin", 0, 6, 100), *leads("berlin", 2, 7, 200))
    await closes(service, 1, hour=0)
    assert (await league(service))["starts_on"] == "2025-03-02"
    await closes(service, 4)
    shown = [by_team(await league(service, at=f"2025-03-0{day}")) for day in (3, 4, 5, 6)]
    assert shown == [{"berlin": 6}, {}, {"berlin": 7}, {}]


async def test_a_week_is_closed_with_its_last_day_and_gives_no_hidden_day_away(service: ServiceUnderTest) -> None:
    await closes(service, 0)
    number = 0
    for team, sizes in {
        "open": [6] * 7,  # every day is shown
        "rest": [6, 2, 6, 3, 6, 6, 6],  # two days are hidden, and together are enough
        "one": [6, 2, 6, 6, 6, 6, 6],  # one hidden day would come out
        "few": [6, 1, 1, 6, 6, 6, 6],  # so would two of one lead each
        "small": [1] * 7,  # no day is shown, the week is
        "pair": [1] * 7,  # nobody is hidden alone; one person, so the week is not shown either
    }.items():
        for day, n in enumerate(sizes):
            number += 100
            await service.receives(*leads(team, day, n, number, persons=1 if team == "pair" else 3))
    await closes(service, 6)
    refused = await service.as_("eva").get("/v1/league", params={"grain": "week"})
    await closes(service, 7)
    assert refused.status_code in (403, 404)
    week = await league(service, grain="week")
    assert (week["starts_on"], week["ends_on"]) == ("2025-03-03", "2025-03-09")
    assert by_team(week) == {"open": 42, "rest": 35, "one": None, "few": None, "small": 7, "pair": None}


@pytest.mark.parametrize("at", ["2024-01-01", "2030-01-01"])
async def test_a_period_that_is_not_closed_is_not_there(service: ServiceUnderTest, at: str) -> None:
    await closes(service, 0)
    await service.told(granted("eva", member("oslo")))
    answer = await service.as_("eva").get("/v1/league", params={"at": at})
    assert (answer.status_code, answer.json()["title"]) == (404, "No such closed period")


async def test_the_day_begins_where_the_company_is(service: ServiceUnderTest) -> None:
    service.service.settings.league_zone = "Asia/Tokyo"  # type: ignore[attr-defined]
    await closes(service, 0)
    late, early = moment(0, 14), moment(0, 16)  # 23 h and 1 h of the next day there
    for n, at in enumerate([late] * 5 + [early] * 6):
        said = leads("berlin", 0, 1, n)
        await service.receives(said[0].model_copy(update={"captured_at": at}), said[1])
    await closes(service, 1, hour=23)
    assert [by_team(await league(service, at=f"2025-03-0{day}")) for day in (3, 4)] == [{"berlin": 5}, {"berlin": 6}]
