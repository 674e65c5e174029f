"""What was counted before numbers had a team is counted for the teams of its facts by the migration itself."""

import importlib.util
from pathlib import Path

import metrics
from chassis_testing import ServiceUnderTest

from .test_counting import captured, delta, numbers, planned, routed, until_assigned

VERSIONS = Path(metrics.__file__).parent / "migrations/versions"


def statements(name: str) -> list[str]:
    """What a revision runs."""
    spec = importlib.util.spec_from_file_location("revision", VERSIONS / name)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return list(module.SQL)


async def test_the_numbers_that_the_migration_makes_of_the_facts_are_those_that_were_counted(
    service: ServiceUnderTest,
) -> None:
    service.service.settings.kpi_names = 2  # type: ignore[attr-defined]
    strays = [captured(10 + n, f"Form {n % 4}", f"stray {n % 4}") for n in range(8)]
    await service.receives(*until_assigned(), *strays, planned("RADIO", "NORTH", version=3), routed(9, "north"))
    counted = await numbers(service)
    await service.alters("truncate kpi_part, merged")
    sql = [one for one in statements("0002_teams_and_league_before.py") if "lead_fact" in one]
    assert len(sql) == 2
    await service.alters("alter table kpi_part no force row level security", *sql)
    assert await delta(service) == {}
    assert await numbers(service) == counted
    await service.receives(captured(99))
    assert await delta(service) == {}
