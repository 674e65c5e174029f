"""What counts as a spend."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.domain.spend import LONGEST, LONGEST_BOX, Spend, faults
from values.money import MOST

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SPEND = Spend("s1", "spring", "search", 100, "EUR", "incurred", "ads", "clicks", NOW)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": -5}, "amount.minor"),
        ({"amount": MOST + 1}, "amount.minor"),
        ({"currency": "EUX"}, "amount.currency"),
        ({"currency": "XXX"}, "amount.currency"),
        ({"occurred_at": NOW + timedelta(days=1, seconds=1)}, "occurred_at"),
        ({"occurred_at": datetime(1969, 12, 31, tzinfo=UTC)}, "occurred_at"),
        ({"note": "x" * (LONGEST_BOX + 1)}, "note"),
        ({"campaign": "a\0b"}, "campaign"),
        ({"campaign": ""}, "campaign"),
        ({"spend_id": "a\ufffdb"}, "spend_id"),
        ({"line": "\ufdfa" * LONGEST}, "line"),
        ({"source": "x" * (LONGEST + 1)}, "source"),
    ],
)
def test_what_is_wrong_with_a_spend_is_named(change: dict[str, Any], field: str) -> None:
    assert [fault.field for fault in faults(replace(SPEND, **change), NOW)] == [field]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"line": None, "note": None},
        {"amount": MOST},
        {"amount": 0},
        {"currency": "BGN"},
        {"occurred_at": NOW + timedelta(days=1)},
    ],
)
def test_a_sound_spend_has_no_fault(change: dict[str, Any]) -> None:
    assert faults(replace(SPEND, **change), NOW) == []


def test_an_id_belongs_to_its_sender_however_that_spells_itself() -> None:
    assert SPEND.identity == replace(SPEND, source=" ADS ").identity
    assert SPEND.identity != replace(SPEND, source="meta").identity


@pytest.mark.parametrize("written", ["SPRING", "  Spring", "\uff53pring", "spr\u00ading"])
def test_a_campaign_is_the_same_in_every_spelling(written: str) -> None:
    assert replace(SPEND, campaign=written).book == SPEND.book
