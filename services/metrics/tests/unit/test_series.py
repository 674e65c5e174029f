"""Periods lie side by side, begin where their zone's days do, and end now."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from metrics.domain.series import Counted, alike, periods, series

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2025, 3, 30, 15, 20, 40, 9, UTC)  # on the day on which Berlin's clocks go forward


def at(*told: int) -> datetime:
    return datetime(*told, tzinfo=BERLIN)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("grain", "each", "begins"),
    [
        ("day", 1, [at(2025, 3, 28), at(2025, 3, 29), at(2025, 3, 30)]),
        ("day", 7, [at(2025, 3, 10), at(2025, 3, 17), at(2025, 3, 24)]),
        ("hour", 6, [at(2025, 3, 29, 23), at(2025, 3, 30, 6), at(2025, 3, 30, 12)]),
        ("minute", 15, [at(2025, 3, 30, 16, 36), at(2025, 3, 30, 16, 51), at(2025, 3, 30, 17, 6)]),
    ],
)
def test_the_last_period_is_the_running_one_and_none_overlaps(grain: str, each: int, begins: list[datetime]) -> None:
    found = periods(NOW, BERLIN, grain, each, 3)  # type: ignore[arg-type]
    assert [one.starts_at.astimezone(UTC) for one in found] == [one.astimezone(UTC) for one in begins]
    assert found[-1].ends_at == NOW
    assert all(one.ends_at == following.starts_at for one, following in pairwise(found))


def test_a_day_is_as_long_as_it_is_there() -> None:
    today, _ = periods(datetime(2025, 3, 31, 12, tzinfo=UTC), BERLIN, "day", 1, 2)
    assert today.ends_at.astimezone(UTC) - today.starts_at.astimezone(UTC) == timedelta(hours=23)


@pytest.mark.parametrize(
    ("grain", "each", "ends"),
    [
        ("day", 1, [at(2025, 3, 28, 17, 20, 40, 9), at(2025, 3, 29, 17, 20, 40, 9)]),
        ("day", 7, [at(2025, 3, 16, 17, 20, 40, 9), at(2025, 3, 23, 17, 20, 40, 9)]),
        ("hour", 6, [at(2025, 3, 30, 5, 20, 40, 9), at(2025, 3, 30, 11, 20, 40, 9)]),
    ],
)
def test_periods_that_are_compared_come_as_far_as_the_running_one(grain: str, each: int, ends: list[datetime]) -> None:
    told = (NOW, BERLIN, grain, each, 3)
    found = alike(*told)  # type: ignore[arg-type]
    assert [one.ends_at.astimezone(UTC) for one in found] == [*(one.astimezone(UTC) for one in ends), NOW]
    assert [one.starts_at for one in found] == [one.starts_at for one in periods(*told)]  # type: ignore[arg-type]


def test_money_of_several_currencies_is_of_one_row_and_ratios_are_made_of_its_sums() -> None:
    rows = series(
        [
            Counted("segment", "north", 1, {"leads": 3, "valid": 2}),
            Counted("segment", "north", 1, {"leads": 1, "valid": 1, "won": 1, "won_amount": {"EUR": 500}}),
            Counted("segment", "north", 1, {"leads": 1, "valid": 1, "won": 1, "won_amount": {"SEK": 70}}),
        ],
        3,
    )
    [row] = rows["segment"]
    assert (row.key, row.values[0], row.values[2]) == ("north", None, None)
    assert row.values[1] is not None
    assert (row.values[1]["leads"], row.values[1]["conversion"]) == (5, 0.5)
    assert row.values[1]["won_amount"] == {"EUR": 500, "SEK": 70}
