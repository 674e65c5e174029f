"""Public holidays propose: what they would make of a calendar."""

from datetime import date

import pytest

from territory.api.holiday import NotKnown, read_holidays
from territory.domain.calendar import Calendar
from territory.domain.holiday import Holidays, proposed

FULL, HALF = (("09:00", "12:00"), ("13:00", "18:00")), (("09:00", "13:00"),)
WEEK = {"sat": FULL, "sun": FULL, "mon": FULL, "tue": FULL, "wed": FULL, "thu": HALF}
FRIDAY, SATURDAY, THURSDAY = date(2027, 3, 19), date(2027, 3, 20), date(2027, 3, 18)


def test_what_nobody_works_anyway_changes_nothing_and_what_people_said_stands() -> None:
    calendar = Calendar("Asia/Tehran", WEEK, {SATURDAY: HALF})
    draft = proposed(calendar, Holidays({FRIDAY: "A", SATURDAY: "B", THURSDAY: "C"}))
    assert dict(draft.calendar.exceptions) == {SATURDAY: HALF, THURSDAY: ()}
    assert draft.calendar.week == WEEK


def test_a_day_that_is_made_working_has_the_hours_of_a_full_day() -> None:
    draft = proposed(Calendar("Asia/Tehran", WEEK, {}), Holidays({THURSDAY: "C"}, made_working=frozenset([FRIDAY])))
    assert (draft.calendar.exceptions[FRIDAY], draft.open) == (FULL, ())
    none = proposed(Calendar("UTC", {}, {}), Holidays({}, made_working=frozenset([FRIDAY])))
    assert (dict(none.calendar.exceptions), none.open) == ({}, (FRIDAY,))


def test_a_library_knows_what_is_estimated_and_what_is_made_working() -> None:
    teheran = read_holidays("IR", None, 2027, 2026)
    assert len(teheran.estimated) == 18
    assert teheran.estimated < set(teheran.of)
    china = read_holidays("CN", None, 2026, 2026)
    assert sorted((day.month, day.day) for day in china.made_working) == [
        (1, 4),
        (2, 14),
        (2, 28),
        (5, 9),
        (9, 20),
        (10, 10),
    ]
    assert china.warnings == []
    for year in (2027, 2031):
        early = read_holidays("CN", None, year, 2026)
        assert (early.made_working, early.is_early, len(early.warnings)) == (frozenset(), True, 1)
    assert read_holidays("DE", "BE", 2026, 2026).warnings == []
    assert len(read_holidays("DE", "BE", 2026, 2026).of) > len(read_holidays("DE", None, 2026, 2026).of)


@pytest.mark.parametrize(("country", "subdivision", "field"), [("ZZ", None, "country"), ("DE", "ZZ", "subdivision")])
def test_a_place_that_is_none_is_named(country: str, subdivision: str | None, field: str) -> None:
    with pytest.raises(NotKnown, match=field):
        read_holidays(country, subdivision, 2026, 2026)
