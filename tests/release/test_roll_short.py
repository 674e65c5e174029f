"""The short form of roll.py, which exchanges all four: territory is exchanged under load, taken back, and brought for good; the others
stay what was released, on today's expanded schemas."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from roll import Rolled, exchange, former, rolled

__all__ = ["former", "rolled"]  # fixtures

pytestmark = pytest.mark.xdist_group("stack")


@pytest.mark.timeout(600)
def test_a_service_is_exchanged_under_load_taken_back_and_brought_for_good(rolled: Rolled, tmp_path: Path) -> None:
    rolled.patient = False
    exchange(rolled, ["territory"], 20, tmp_path)
