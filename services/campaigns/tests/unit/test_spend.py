"""What counts as a spend."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.domain.currencies import ACTIVE
from campaigns.domain.spend import MOST, Spend, faults

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SPEND = Spend("s1", "spring", "search", 100, "EUR", "incurred", "ads", "clicks", NOW)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 0}, "amount.minor"),
        ({"amount": -5}, "amount.minor"),
        ({"amount": MOST + 1}, "amount.minor"),
        ({"currency": "EUX"}, "amount.currency"),
        ({"currency": "XXX"}, "amount.currency"),
        ({"occurred_at": NOW + timedelta(days=1, seconds=1)}, "occurred_at"),
        ({"occurred_at": datetime(1969, 12, 31, tzinfo=UTC)}, "occurred_at"),
        ({"note": "a\0b"}, "note"),
        ({"campaign": "a\0b"}, "campaign"),
    ],
)
def test_what_is_wrong_with_a_spend_is_named(change: dict[str, Any], field: str) -> None:
    assert [fault.field for fault in faults(replace(SPEND, **change), NOW)] == [field]


@pytest.mark.parametrize(
    "change", [{}, {"line": None, "note": None}, {"amount": MOST}, {"occurred_at": NOW + timedelta(days=1)}]
)
def test_a_sound_spend_has_no_fault(change: dict[str, Any]) -> None:
    assert faults(replace(SPEND, **change), NOW) == []


def test_the_currencies_are_codes_and_hold_the_newest_and_none_that_ended() -> None:
    assert all(len(code) == 3 and code.isupper() for code in ACTIVE)
    assert {"EUR", "USD", "INR", "JPY", "XCG", "ZWG"} <= ACTIVE
    assert ACTIVE.isdisjoint({"DEM", "HRK", "ZWL", "XAU", "XTS"})
