"""What is not as promised of a page that stays open has a name."""

import pytest
from bench.lasting import wrong

FINE = {"complaints": [], "grown_mb": 0.4, "streams": 1, "tabs": 6, "live": True}


def test_nothing_is_wrong_with_a_page_that_keeps_what_it_kept() -> None:
    assert wrong(FINE) == []


@pytest.mark.parametrize(
    "told", [{"complaints": ["x"]}, {"grown_mb": 5.0}, {"streams": 2}, {"streams": 0}, {"live": False}]
)
def test_each_broken_promise_is_told(told: dict[str, object]) -> None:
    assert len(wrong({**FINE, **told})) == 1
