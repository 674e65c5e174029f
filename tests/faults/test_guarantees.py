"""The pages of promises and of cases name tests that exist, and the first one faults that strike."""

import re
from pathlib import Path

from tributary.faults.schedule import Schedule, kinds

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guarantees.md").read_text()


def test_every_test_that_the_page_names_is_there() -> None:
    named = re.findall(r"^\* `(\S+\.py)::(\w+)`$", PAGE, re.MULTILINE)
    assert len(named) > 30
    missing = [f"{file}::{test}" for file, test in named if f"def {test}(" not in (ROOT / file).read_text()]
    assert missing == []


def test_every_test_that_stands_for_a_case_is_there() -> None:
    named = re.findall(r"`(\S+\.py)::(\w+)` \|$", (ROOT / "docs" / "cases.md").read_text(), re.MULTILINE)
    assert len(named) > 30
    missing = [
        name
        for file, name in named
        if not re.search(rf"^(?:def|async def|class) {name}\b", (ROOT / file).read_text(), re.M)
    ]
    assert missing == []


def test_every_fault_that_the_page_names_strikes_and_none_that_strikes_is_left_out() -> None:
    lines = re.findall(r"^\* `make faults`: (.*(?:\n  .*)*)", PAGE, re.MULTILINE)
    named = {name for line in lines for name in re.findall(r"`([^`]+)`", line)}
    assert named - {"poison"} == set(kinds(Schedule(1, 1).next_pass()))


def test_every_test_that_stands_for_a_case_of_whose_a_lead_is_is_there() -> None:
    named = re.findall(r"`(\S+\.py)::(\w+)` \|$", (ROOT / "docs" / "cases-territory.md").read_text(), re.MULTILINE)
    assert len(named) > 35
    assert [name for file, name in named if f"def {name}(" not in (ROOT / file).read_text()] == []
