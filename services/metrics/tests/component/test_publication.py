"""What is said on metrics.kpi."""

from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import pytest

from chassis_testing import ServiceUnderTest
from contracts.hearers import HEARS
from contracts.leads.lead import LeadCaptured
from contracts.metrics.kpi import KPI, KpiChanged
from contracts.territory.lead import LeadRouted

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)


def captured(number: int) -> LeadCaptured:
    return LeadCaptured(lead_id=UUID(int=number), source="web", occurred_at=NOON, captured_at=NOON)


async def said(service: ServiceUnderTest) -> dict[str, KpiChanged]:
    """What one turn of the job says, by id; never twice the same id."""
    await service.runs("publish_kpis")
    events = [event for event in await service.emitted() if isinstance(event, KpiChanged)]
    by_id = {event.id: event for event in events}
    assert len(by_id) == len(events)
    return by_id


async def test_a_turn_says_every_changed_row_once_and_whole(service: ServiceUnderTest) -> None:
    await service.receives(captured(1), captured(2))
    await service.receives(captured(3))
    rows = await said(service)
    assert set(rows) == {"segment:(unrouted)", "channel:web", "team:(unrouted)", "campaign:(none)"}
    assert (rows["channel:web"].leads, rows["channel:web"].conversion) == (3, None)


async def test_a_turn_without_changes_says_nothing_and_writes_nothing(service: ServiceUnderTest) -> None:
    await service.receives(captured(1))
    await said(service)
    await said(service)
    before = await service.sql("select xmin::text, turn from publication")
    assert await said(service) == {}
    assert await service.sql("select xmin::text, turn from publication") == before


async def test_the_version_of_a_row_only_grows(service: ServiceUnderTest) -> None:
    versions = []
    for number in range(3):
        await service.receives(captured(number))
        versions.append((await said(service))["channel:web"].version)
    assert versions == sorted(set(versions))


async def test_a_change_that_commits_after_a_later_one_was_published_is_still_said(service: ServiceUnderTest) -> None:
    async with service.service.database.transaction() as slow:
        await slow.conn.execute("insert into kpi values ('team', 'all', 'slow', 1, '{}')")
        await service.receives(captured(1))
        assert "team:slow" not in await said(service)
        assert await said(service) == {}  # the overlap is read again, and not said again
    assert set(await said(service)) == {"team:slow"}


async def test_what_a_failed_turn_did_not_commit_is_said_by_the_next(service: ServiceUnderTest) -> None:
    await service.receives(captured(1))
    await service.alters("alter table outbox rename to away")
    with pytest.raises(asyncpg.UndefinedTableError):
        await service.runs("publish_kpis")
    await service.alters("alter table away rename to outbox")
    assert "channel:web" in await said(service)


async def test_a_floor_of_another_cluster_makes_every_row_said_again(service: ServiceUnderTest) -> None:
    await service.receives(captured(1))
    await said(service)
    await service.sql("update publication set floor = floor + 1000000000")
    await service.sql("update kpi set changed_xid = changed_xid + 1000000000")
    service.service.database.process_cache.clear()
    assert "channel:web" in await said(service)
    await service.receives(captured(2))
    assert (await said(service))["channel:web"].leads == 2


def test_no_service_hears_the_sums_over_all_teams() -> None:
    """They are of the whole company and live: what a service heard of them it could show to somebody of one team."""
    assert [service for service, streams in HEARS.items() if KPI in streams] == []


async def test_what_is_told_is_of_all_teams_and_says_nothing_of_one(service: ServiceUnderTest) -> None:
    for n, team in enumerate(("berlin", "roma", "berlin")):
        placed = LeadRouted(
            lead_id=UUID(int=n), segment="s", team=team, pipeline="p", rule="r", ruleset=1, routed_at=NOON
        )
        await service.receives(captured(n), placed)
    rows = await said(service)
    assert {key: row.leads for key, row in rows.items() if row.by == "channel"} == {"channel:web": 3}
