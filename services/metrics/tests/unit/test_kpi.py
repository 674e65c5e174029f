"""Ratios are defined only where there is something to divide by."""

from typing import Any

from metrics.domain.kpi import Kpi


def kpi(**values: Any) -> Kpi:
    return Kpi("channel", "web", "all", 0, values)


def test_cost_per_lead_is_spend_per_valid_lead_rounded_down_in_each_currency() -> None:
    assert kpi(valid=3, spend={"EUR": 1000, "JPY": 5}).numbers()["cost_per_lead"] == {"EUR": 333, "JPY": 1}


def test_without_a_valid_lead_no_ratio_is_defined() -> None:
    row = kpi(leads=4, won=1, spend={"EUR": 1000}).numbers()
    assert (row["conversion"], row["cost_per_lead"]) == (None, None)


def test_conversion_is_won_leads_per_valid_lead() -> None:
    assert kpi(valid=8, won=2).numbers()["conversion"] == 0.25


def test_a_valid_lead_that_cost_nothing_known_has_no_currency_rather_than_a_zero() -> None:
    assert kpi(valid=2).numbers()["cost_per_lead"] == {}
