"""The naive build, which the walk is measured against, uses rules and events of the services: what it names is there."""

import ast
import importlib
import importlib.util
from pathlib import Path

import pytest

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
