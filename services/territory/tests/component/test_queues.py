"""Queues that move: what waits is looked at again when what it waits for comes; who has a lead keeps it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from chassis import telemetry
from chassis_testing import ServiceUnderTest
from contracts.leads.lead import LeadUnclaimed
from contracts.territory.lead import LeadAssigned, LeadUnassigned, LeadUnroutable
from territory.store import case, rotation

from .berlin import TEAMS, away, back, begin, changes, lead, leads, lost, owners, said, settings, teams
from .events import AT, put_market


async def hands_out(service: ServiceUnderTest) -> list[tuple[int, str]]:
    """The job runs; which leads it gives to whom."""
    await service.runs("hand_out")
    return [(event.lead_id.int, event.person) for event in await service.emitted() if isinstance(event, LeadAssigned)]


async def everybody_away(service: ServiceUnderTest, until: datetime | None = None) -> None:
    for person in ("anna", "jonas", "leyla"):
        await away(service, person, until)


async def test_of_a_team_that_is_away_a_lead_waits_and_says_until_when(service: ServiceUnderTest) -> None:
    await begin(service)
    until = datetime.now(UTC) + timedelta(days=2)
    await everybody_away(service, until)
    await service.receives(lead(1))
    unassigned = said(await service.emitted(), LeadUnassigned)
    assert (unassigned.code, unassigned.wakes_at) == ("absent", until)
    [row] = await service.sql(
        "select wakes_at <= now() + interval '1 hour' as soon from rotation where team = 'berlin'"
    )
    assert row["soon"], "a team that waits is looked at once an hour, whatever else is known"


async def test_who_comes_back_gets_what_waits_the_oldest_first_and_nobody_overtakes(service: ServiceUnderTest) -> None:
    await begin(service)
    await everybody_away(service)
    assert await leads(service, 5, 4) == [None, None]
    await back(service, "anna")
    assert await leads(service, 3) == [None], "a third waits behind those that wait"
    assert await hands_out(service) == [(5, "anna"), (4, "anna"), (3, "anna")]
    assert await hands_out(service) == []
    assert await leads(service, 6) == ["anna"]
    rows = await service.sql("select number, cause, turn from decision where lead_id = $1 order by number", UUID(int=5))
    assert [tuple(row) for row in rows] == [(1, "new", None), (2, "woken", 1)]


async def test_a_lead_that_somebody_has_is_never_handed_out(service: ServiceUnderTest) -> None:
    await begin(service)
    await leads(service, 1)
    await everybody_away(service)
    await changes(service, "update rotation set wakes_at = now() where team = 'berlin'")
    assert await hands_out(service) == []


async def test_who_has_as_many_as_they_take_gets_another_when_one_is_closed(service: ServiceUnderTest) -> None:
    await begin(service)
    await changes(service, "update membership set open_max = 1 where person = 'leyla'")
    assert await leads(service, *range(1, 9)) == ["anna", "jonas", "leyla", "anna", "jonas", "anna", "jonas", "anna"]
    [row] = await service.sql("select refused from decision where lead_id = $1", UUID(int=4))
    assert ["leyla", "full"] in row["refused"]["people"]
    await service.receives(lost(3))
    assert await leads(service, 9) == ["jonas"]
    await changes(service, "update membership set open_max = 0 where unit = 'berlin'")
    assert await leads(service, 10) == [None]
    [case] = await service.sql("select code from lead_case where lead_id = $1", UUID(int=10))
    assert case["code"] == "full"
    await changes(service, "update membership set open_max = 5 where person = 'anna'")
    assert await hands_out(service) == [(10, "anna")]
    await changes(service, "update membership set open_max = 6 where person = 'anna'")
    await leads(service, 11)
    assert await leads(service, 12) == [None]
    await service.runs("hand_out")
    assert await service.emitted() == []
    await service.receives(lost(1))
    assert await hands_out(service) == [(12, "anna")]


async def test_who_takes_so_many_a_day_gets_no_more_until_midnight(service: ServiceUnderTest) -> None:
    await begin(service)
    await changes(service, "update membership set day_max = 1, takes_leads = person = 'anna' where unit = 'berlin'")
    assert await leads(service, 1) == ["anna"]
    await service.receives(lost(1))
    await service.receives(lead(2))
    unassigned = said(await service.emitted(), LeadUnassigned)
    assert unassigned.code == "full"
    midnight = (datetime.now(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert unassigned.wakes_at == midnight
    await service.sql("update load set day = day - 1")
    await service.sql("update rotation set wakes_at = now() where team = 'berlin'")
    assert await hands_out(service) == [(2, "anna")]


@pytest.mark.parametrize(("how", "taker"), [("require", None), ("prefer", "anna"), ("ignore", "anna")])
async def test_a_lead_goes_to_who_speaks_its_language(service: ServiceUnderTest, how: str, taker: str | None) -> None:
    await begin(service)
    await changes(service, "update person set languages = '{fa}' where id = 'leyla'")
    await settings(service, language=how)
    assert await leads(service, 1, language="fa-IR") == ["leyla" if how != "ignore" else "anna"]
    assert await leads(service, 2, language="hi") == [taker if how != "ignore" else "jonas"]
    if how == "require":
        assert await leads(service, 3, language="fa") == ["leyla"], "who speaks another language waits in nobody's way"
        [case] = await service.sql("select code from lead_case where lead_id = $1", UUID(int=2))
        assert case["code"] == "no_language"


async def test_outside_working_time_a_lead_waits_until_it_begins(service: ServiceUnderTest) -> None:
    await begin(service)
    today = datetime.now(UTC).date()
    days = {(today + timedelta(days=n)).isoformat(): [] for n in (0, 1)}
    await changes(
        service,
        "insert into calendar (id, version, zone, week, exceptions, published_at, by)"
        " values ('b', 1, 'UTC', $1::text::jsonb, $2::text::jsonb, now(), 'x')",
        json.dumps({day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}),
        json.dumps(days),
    )
    await changes(service, "update unit set calendar = 'b' where id = 'berlin'")
    await settings(service, hours="respect")
    await service.receives(lead(1))
    unassigned = said(await service.emitted(), LeadUnassigned)
    opens = datetime(today.year, today.month, today.day, 9, tzinfo=UTC) + timedelta(days=2)
    assert (unassigned.code, unassigned.wakes_at) == ("closed", opens)
    await settings(service, hours="ignore")
    assert await hands_out(service) == [(1, "anna")]


async def test_a_queue_of_a_language_lets_others_by_when_handed_out(service: ServiceUnderTest) -> None:
    await begin(service)
    await everybody_away(service)
    await settings(service, language="require")
    await changes(service, "update person set languages = '{de}' where id = 'anna'")
    await leads(service, 1, language="zh")
    await leads(service, 2, language="de")
    await back(service, "anna")
    assert await hands_out(service) == [(2, "anna")]
    [case] = await service.sql("select code, waits_turn from lead_case where lead_id = $1", UUID(int=1))
    assert tuple(case) == ("no_language", True)


async def test_more_than_a_job_takes_at_once_are_all_handed_out(service: ServiceUnderTest) -> None:
    await begin(service)
    await everybody_away(service)
    await service.receives(*(lead(n) for n in range(1, 451)))
    await service.emitted()
    await back(service, "jonas")
    counts = [len(await hands_out(service)) for _ in range(4)]
    assert counts == [200, 200, 50, 0]


async def test_what_somebody_else_decides_about_while_its_team_is_looked_at_is_looked_at_again(
    service: ServiceUnderTest,
) -> None:
    await begin(service)
    await everybody_away(service)
    await leads(service, 5, 4)
    await back(service, "anna")
    async with service.service.database.transaction() as tx:
        await case.hold(tx, [UUID(int=5)])
        assert await hands_out(service) == [(4, "anna")]
    assert await hands_out(service) == [(5, "anna")]


async def test_a_team_is_woken_though_it_is_looked_at_in_that_moment(service: ServiceUnderTest) -> None:
    await begin(service)
    await everybody_away(service)
    await leads(service, 1)
    await service.sql("update rotation set wakes_at = now() where team = 'berlin'")

    async def wakes() -> None:
        async with service.service.database.transaction() as tx:
            await rotation.wake(tx, ["berlin"])

    async with service.service.database.transaction() as looks:
        await looks.conn.execute("update rotation set wakes_at = null where team = 'berlin'")
        other = asyncio.create_task(wakes())
        await asyncio.sleep(0.2)
    await other
    [row] = await service.sql("select wakes_at from rotation where team = 'berlin'")
    assert row["wakes_at"] is not None


async def test_what_has_no_market_is_placed_by_the_first(service: ServiceUnderTest) -> None:
    await service.receives(lead(1), lead(2, disposition="nurture"), lead(3, country="FR"))
    assert [event.code for event in await service.emitted() if isinstance(event, LeadUnroutable)] == ["no_ruleset"] * 3
    await put_market(service, teams=TEAMS, fallback=None)
    await service.runs("sweep")
    events = await service.emitted()
    assert (teams(events), owners(events)) == (["berlin", "berlin"], ["anna"])
    assert [event.cause for event in events] == ["swept"] * 3
    await service.runs("sweep")
    assert await service.emitted() == []
    [row] = await service.sql("select looked, code from lead_case where lead_id = $1", UUID(int=3))
    assert row["looked"] == 1
    await put_market(service, teams=TEAMS)
    await service.runs("sweep")
    assert teams(await service.emitted()) == ["head-office"]


async def test_a_market_takes_no_lead_from_who_has_it(service: ServiceUnderTest) -> None:
    await begin(service)
    await leads(service, 1)
    assert await leads(service, 2, country="FR") == ["eve"]
    await put_market(
        service, teams=TEAMS, rules=[{"name": "all", "segment": "de", "team": "germany", "when": {"source": "web"}}]
    )
    await service.runs("sweep")
    assert await service.emitted() == []


async def test_what_nobody_claims_in_time_is_looked_at_again(service: ServiceUnderTest) -> None:
    await begin(service)
    await everybody_away(service)
    await leads(service, 1)
    await service.sql("update rotation set wakes_at = null, looked = (select version from organisation)")
    waits = LeadUnclaimed(
        lead_id=UUID(int=1), place="queue", team="berlin", waits="absent", since_at=AT, due_at=AT, step=1, fired_at=AT
    )
    await service.receives(waits)
    [row] = await service.sql("select wakes_at is not null as woken from rotation where team = 'berlin'")
    assert row["woken"]


async def test_a_later_verdict_decides_again(service: ServiceUnderTest) -> None:
    await begin(service)
    await service.receives(lead(1, disposition="needs_qualifier"), lead(2, disposition="nurture"))
    assert owners(await service.emitted()) == []
    await service.receives(lead(1, revision=2), lead(2, revision=2, disposition="nurture"))
    events = await service.emitted()
    assert owners(events) == ["anna"]
    assigned = said(events, LeadAssigned)
    assert (assigned.lead_id, assigned.cause, assigned.revision) == (UUID(int=1), "verdict", 2)
    await service.receives(lead(1, revision=2), lead(1, revision=3))
    assert await service.emitted() == [], "who has it keeps it"
    await service.receives(lead(1, revision=4, disposition="nurture"))
    assert owners(await service.emitted()) == []
    rows = await service.sql(
        "select team, person, code, verdict from lead_case where lead_id < $1 order by lead_id", UUID(int=3)
    )
    assert [tuple(row) for row in rows] == [("berlin", None, "nurture", 4), ("berlin", None, "nurture", 2)]


async def test_leads_of_a_team_that_nothing_will_look_at_again_are_counted(service: ServiceUnderTest) -> None:
    async def asleep() -> float | None:
        await service.runs("watch")
        return telemetry.REGISTRY.get_sample_value("waiting_without_wake")

    await begin(service)
    await everybody_away(service)
    assert await leads(service, 1, 2) == [None, None]
    assert await asleep() == 0
    await service.sql("update rotation set wakes_at = null, looked = (select version from organisation) returning 1")
    assert await asleep() == 2
