"""The catalogue is whole: what follows from it has what it needs, and the documents say what it says."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args
from uuid import UUID

import pytest

from contracts import STREAMS
from contracts.metrics.kpi import KpiChanged
from metrics.domain.catalogue import DIMENSIONS, NUMBERS, Amount, By, Count, Ratio, measures, page, step_of, steps
from metrics.domain.facts import CampaignFact, LeadFact, LineFact, is_valid
from metrics.store.tables import CAMPAIGN_FACT, LEAD_FACT, LINE_FACT
from metrics.use_cases.leads import HEAR, HEAR_WITH

NOON = datetime(2025, 3, 1, 12, tzinfo=UTC)
README = Path(__file__).parents[2] / "README.md"


def test_every_number_has_a_name_of_its_own_and_is_said_in_words() -> None:
    names = [number.name for number in NUMBERS]
    assert len(names) == len(set(names))
    assert all(number.means for number in NUMBERS)
    assert [dimension.name for dimension in DIMENSIONS] == list(get_args(By))


def test_a_ratio_is_of_measures_that_stand_before_it_and_its_whole_is_a_count() -> None:
    for n, number in enumerate(NUMBERS):
        if isinstance(number, Ratio):
            before = {m.name: m for m in NUMBERS[:n]}
            assert isinstance(before[number.part], Count | Amount)
            assert isinstance(before[number.whole], Count)


def test_what_the_event_has_fields_for_is_in_the_catalogue() -> None:
    of_the_row = {"type", "id", "by", "key", "version", "as_of", "period", "others"}
    assert set(KpiChanged.model_fields) - of_the_row <= {number.name for number in NUMBERS}
    assert of_the_row.isdisjoint(measure.name for measure in measures())


def test_the_readme_has_the_page_of_the_catalogue() -> None:
    assert "\n".join(page()) in README.read_text(), "put what `python -m metrics catalogue` says into the README"


def uncountable(types: Iterable[str]) -> set[str]:
    """Steps that can't be counted: no event is called so, or one that is heard for nothing else does not say its lead, or its
    moment under its verb."""
    events = {e.event_type(): e for stream in STREAMS for e in stream.events if e not in {*HEAR, *HEAR_WITH}}
    types = set(types) - {e.event_type() for e in {*HEAR, *HEAR_WITH}}
    return {t for t in types if t not in events or not {"lead_id", f"{step_of(t)}_at"} <= events[t].model_fields.keys()}


def test_every_step_that_is_counted_is_told_with_its_lead_and_its_moment() -> None:
    assert uncountable(steps()) == set(), "an event that is counted has `lead_id` and `<verb>_at`"
    planted = {"leads.lead.opened.v1", "leads.lead.misspelt.v1", "metrics.kpi.changed.v1"}
    assert uncountable(planted) == planted - {"leads.lead.opened.v1"}


@pytest.mark.parametrize(
    ("fact", "table"), [(LeadFact, LEAD_FACT), (CampaignFact, CAMPAIGN_FACT), (LineFact, LINE_FACT)]
)
def test_a_facts_fields_are_the_columns_of_its_table(fact: type, table: object) -> None:
    assert [field.name for field in fields(fact)] == table.columns.keys()  # type: ignore[attr-defined, arg-type]


def test_a_valid_lead_is_genuine_and_worth_a_call_now_or_later() -> None:
    dispositions = ("near_term", "nurture", "not_a_target", "needs_qualifier")
    assert [is_valid(True, d) for d in dispositions] == [True, True, False, False]
    assert not is_valid(False, "near_term")


def test_a_fact_knows_every_time_at_which_a_step_was_told() -> None:
    fact = LeadFact(UUID(int=1))
    for minutes in (5, 1, 9, 5):
        fact.routed(NOON + timedelta(minutes=minutes), "north", "berlin")
    fact.stepped("noted", NOON)
    assert (fact.routed_at, fact.times("routed"), fact.times("noted"), fact.times("closed")) == (
        NOON + timedelta(minutes=9),
        3,
        1,
        0,
    )
    assert fact.steps is not None
    assert fact.steps["routed"] == ["2025-03-01T12:01:00+00:00", "2025-03-01T12:05:00+00:00"]


def test_the_time_of_a_closing_that_stands_again_is_not_kept_twice() -> None:
    fact = LeadFact(UUID(int=1))
    fact.closed(NOON, 1, "won", 5, "EUR", "a")
    fact.closed(NOON + timedelta(hours=1), 2, "lost", history="a")
    assert (fact.closed_at, fact.times("closed")) == (NOON + timedelta(hours=1), 2)
    fact.closed(NOON, 1, "won", 5, "EUR", "b")
    assert (fact.closed_at, fact.times("closed")) == (NOON, 2)
    assert fact.steps == {"closed": ["2025-03-01T13:00:00+00:00"]}
