"""Policies as they are written, read and tried by a calendar that was published."""

from datetime import UTC, datetime

import pytest

from chassis_testing import ServiceUnderTest
from leads.domain.policy import POLICY_1, Of
from leads.domain.rules import Unusable
from leads.use_cases.policies import NoSuchCalendar, tried
from leads.use_cases.rule_contents import read, written

from .test_clock import berlin


def test_a_policy_is_read_as_it_is_written() -> None:
    assert read("response", 1, written(POLICY_1)) == POLICY_1


def test_what_is_wrong_with_a_policy_is_named() -> None:
    with pytest.raises(Unusable) as wrong:
        read("response", 2, {"promises": [{"within": "2h", "counts": "sometimes"}], "kind": {}})
    assert sorted(wrong.value.faults) == ["kind", "promises[0].counts"]
    with pytest.raises(Unusable) as none:
        read("response", 2, {"promises": [{"within": "2h", "kind": "sample"}]})
    assert list(none.value.faults) == ["promises"]


async def test_it_is_tried_by_a_calendar(service: ServiceUnderTest) -> None:
    lunch = [{"opens": "09:00", "closes": "12:00"}, {"opens": "13:00", "closes": "18:00"}]
    week = [{"day": day, "hours": lunch} for day in ("mon", "tue", "wed", "thu", "fri")]
    await service.receives(berlin(week=week))
    friday = datetime(2026, 11, 27, 16, 30, tzinfo=UTC)
    async with service.service.database.transaction() as tx:
        found = await tried(POLICY_1, "de", friday, None, tx)
        sample = await tried(POLICY_1, "de", friday, Of("sample"), tx)
        with pytest.raises(NoSuchCalendar):
            await tried(POLICY_1, "none", friday, None, tx)
    assert [f"{at:%m-%dT%H:%M}" for at in (found.soon_at, found.due_at, *found.steps)] == [
        *("11-30T09:00", "11-30T09:30", "11-30T10:30", "11-30T14:30", "12-01T09:30"),
    ]
    assert f"{sample.due_at:%m-%dT%H:%M}" == "11-30T16:30"
