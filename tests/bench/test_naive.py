"""The naive build, which the walk is measured against, uses rules and events of the services: what it names is there."""

import ast
import importlib
import importlib.util
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from bench.naive.counters import counters
from bench.naive.tables import Fact, Kpi

from metrics.domain.contributions import KpiDelta, contribution
from metrics.domain.facts import LeadFact

NAIVE = Path(__file__).parents[2] / "bench" / "naive"
OURS = ("chassis", "contracts", "leads", "metrics", "territory", "campaigns", "values")


def named() -> list[tuple[str, str]]:
    """Module and name of all that the naive build takes from ours."""
    return sorted(
        {
            (found.module, one.name)
            for file in NAIVE.glob("*.py")
            for found in ast.walk(ast.parse(file.read_text()))
            if isinstance(found, ast.ImportFrom) and found.module and found.module.split(".")[0] in OURS
            for one in found.names
        }
    )


@pytest.mark.parametrize(("module", "name"), named())
def test_what_the_naive_build_takes_from_ours_is_there(module: str, name: str) -> None:
    there = importlib.import_module(module)
    assert hasattr(there, name) or importlib.util.find_spec(f"{module}.{name}")


def test_what_the_naive_build_knows_of_a_lead_is_a_part_of_our_fact() -> None:
    LeadFact(**{column.name: None for column in Fact.__table__.columns})


def test_what_the_naive_build_counts_has_columns() -> None:
    fact, moved = LeadFact(uuid4()), KpiDelta()
    fact.captured(datetime.now(UTC), "search", None)
    moved.move(None, contribution(fact))
    rows = counters(moved)
    assert {row["by"] for row in rows} >= {"channel"}
    assert all(set(row) == {column.name for column in Kpi.__table__.columns} for row in rows)
