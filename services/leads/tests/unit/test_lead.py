"""The life of a lead."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.domain.lead import (
    Lead,
    Note,
    Outcome,
    Transition,
    assigned,
    captured,
    closed,
    discarded,
    opened,
    qualified,
    submitted_again,
)
from leads.domain.money import Money

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
WEEK = timedelta(weeks=1)
WON = Outcome("won", LATER, Money(500_00, "EUR"))
LOST = Outcome("lost", LATER, reason="price")

STEPS: list[Callable[[Lead], Transition]] = [
    lambda lead: captured(lead, NOON, "web"),
    lambda lead: qualified(lead, NOON, "A", "near_term", 1, 80),
    lambda lead: opened(lead, NOON, "machines", "berlin", "contract"),
    lambda lead: assigned(lead, NOON, "berlin", "anna"),
    lambda lead: opened(lead, LATER, "machines", "hamburg", "contract"),
    lambda lead: assigned(lead, LATER, "hamburg", "jo"),
    lambda lead: closed(lead, WON),
]


def lived(*steps: Callable[[Lead], Transition]) -> tuple[Lead, list[str]]:
    lead, history = Lead(), []
    for step in steps:
        lead, entry = step(lead)
        if entry:
            history.append(entry["what"])
    return lead, history


def test_a_lead_goes_from_capture_to_outcome_and_each_step_is_in_its_history() -> None:
    states, lead = [], Lead()
    for step in STEPS:
        lead, _ = step(lead)
        states.append(lead.state)
    assert states == ["captured", "qualified", "opened", "assigned", "opened", "assigned", "won"]
    assert lived(*STEPS)[1] == states


@given(st.permutations(range(len(STEPS))), st.lists(st.integers(0, len(STEPS) - 1), max_size=8))
def test_in_whatever_order_and_however_often_events_come_the_lead_ends_the_same(
    order: list[int], again: list[int]
) -> None:
    lead, _ = lived(*(STEPS[i] for i in [*order, *again]))
    assert lead == lived(*STEPS)[0]


@given(st.permutations(range(len(STEPS))))
def test_what_is_heard_again_adds_nothing_to_the_history(order: list[int]) -> None:
    lead, _ = lived(*(STEPS[i] for i in order))
    assert [step(lead) for step in STEPS] == [(lead, None)] * len(STEPS)


MOVED: list[Callable[[Lead], Transition]] = [
    lambda lead: captured(lead, NOON, "web"),
    lambda lead: opened(lead, NOON, "machines", "berlin", "contract"),
    lambda lead: assigned(lead, NOON, "berlin", "anna"),
    lambda lead: opened(lead, LATER, "machines", "hamburg", "contract"),
]


@given(st.permutations(range(len(MOVED))), st.lists(st.integers(0, len(MOVED) - 1), max_size=8))
def test_a_lead_that_moves_to_another_team_is_nobodys_until_that_team_gives_it_to_somebody(
    order: list[int], again: list[int]
) -> None:
    lead, _ = lived(*(MOVED[i] for i in [*order, *again]))
    assert (lead.state, lead.team, lead.assignee, lead.assigned_at) == ("opened", "hamburg", None, None)
    lead, _ = assigned(lead, LATER, "hamburg", "anna")
    assert (lead.state, lead.team, lead.assignee) == ("assigned", "hamburg", "anna")
    assert [step(lead) for step in MOVED] == [(lead, None)] * len(MOVED)


@given(st.permutations(range(5)), st.lists(st.integers(0, 4), max_size=8), st.sampled_from(("anna", "jo")))
def test_whichever_word_of_the_new_team_comes_first_its_person_has_the_lead(
    order: list[int], again: list[int], assignee: str
) -> None:
    steps = [*MOVED, lambda lead: assigned(lead, LATER, "hamburg", assignee)]
    lead, history = lived(*(steps[i] for i in [*order, *again]))
    assert (lead.state, lead.team, lead.assignee, lead.assigned_at) == ("assigned", "hamburg", assignee, LATER)
    assert history.count("assigned") <= 2


def test_the_history_says_whose_a_lead_was_before_it_moved_and_an_open_lead_keeps_its_person_within_a_team() -> None:
    lead, _ = lived(*MOVED[:3])
    _, entry = opened(lead, LATER, "machines", "hamburg", "contract")
    assert entry is not None
    assert entry["released"] == "anna"
    stayed, entry = opened(lead, LATER, "mills", "berlin", "contract")
    assert entry is not None
    assert "released" not in entry
    assert (stayed.segment, stayed.assignee) == ("mills", "anna")


def test_the_history_says_why_the_scorecard_judged_so() -> None:
    _, entry = qualified(Lead(), NOON, "B", "near_term", 2, 55, {"has a company": 20, "free mail": -5})
    assert entry is not None
    assert entry["reasons"] == {"has a company": 20, "free mail": -5}


def test_an_outcome_that_overtakes_its_lead_waits_for_it() -> None:
    early, _ = closed(Lead(), WON)
    assert not early.known
    late, entry = captured(early, NOON, "web")
    assert late.known
    assert late.state == "won"
    assert entry == {"what": "captured", "at": NOON, "source": "web"}


def test_a_different_outcome_corrects_the_first_and_counts_its_revision() -> None:
    lead, first = closed(Lead(captured_at=NOON), LOST)
    lead, second = closed(lead, WON)
    assert first == {"what": "lost", "at": LATER, "revision": 1, "reason": "price"}
    assert second == {
        "what": "won",
        "at": LATER,
        "revision": 2,
        "amount": {"minor": 500_00, "currency": "EUR"},
    }
    assert (lead.state, lead.revision, lead.outcome) == ("won", 2, WON)


def test_the_same_outcome_again_changes_nothing_even_when_it_is_reported_at_another_time() -> None:
    lead, _ = closed(Lead(captured_at=NOON), WON)
    assert closed(lead, Outcome("won", LATER + timedelta(days=1), WON.amount)) == (lead, None)


def test_an_outcome_once_corrected_does_not_return_when_it_is_heard_again() -> None:
    lead, _ = closed(Lead(captured_at=NOON), LOST)
    lead, _ = closed(lead, replace(WON, at=LATER + timedelta(hours=1)))
    assert closed(lead, LOST) == (lead, None)


def test_of_outcomes_of_one_moment_the_last_that_is_reported_stands() -> None:
    lead = Lead(captured_at=NOON)
    for outcome in (LOST, WON, LOST):  # a record that knows only the day: lost, won after all, lost for good
        lead, _ = closed(lead, outcome)
    assert (lead.state, lead.revision) == ("lost", 3)


def test_a_report_that_has_a_name_counts_once_however_often_and_late_it_comes() -> None:
    named = replace(LOST, report="r-1")
    lead, _ = closed(closed(Lead(captured_at=NOON), named)[0], WON)
    assert closed(lead, named) == (lead, None)


def test_a_note_is_told_from_none_and_two_notes_are_not_told_apart() -> None:
    noted = replace(LOST, note=Note("box"))
    lead, entry = closed(closed(Lead(captured_at=NOON), LOST)[0], noted)
    assert entry
    assert (lead.revision, entry["note"]) == (2, "sealed")
    assert closed(lead, replace(LOST, note=Note("another"))) == (lead, None)


def test_a_lead_submitted_again_stays_as_it_is_and_says_if_it_was_something_else() -> None:
    lead, _ = captured(Lead(), NOON, "web")
    assert submitted_again(lead, LATER, "a", "a") == (lead, None)
    after, entry = submitted_again(lead, LATER, "a", "b")
    assert entry == {"what": "submitted again", "at": LATER, "content": "another; the first stands"}
    assert after == lead._replace(differing=1)


@pytest.mark.parametrize(
    ("lead", "decided"),
    [
        (Lead(captured_at=NOON), False),
        (Lead(qualified_at=NOON, disposition="near_term"), False),
        (Lead(qualified_at=NOON, disposition="near_term", waits="Nobody claims it."), True),
        (Lead(opened_at=NOON, disposition="near_term"), False),
        (Lead(opened_at=NOON, disposition="near_term", waits="Nobody is there."), True),
        (Lead(opened_at=NOON, disposition="nurture"), True),
        (Lead(opened_at=NOON, disposition="near_term", assigned_at=NOON), True),
        (Lead(discarded_at=NOON), True),
        (Lead(outcomes=(WON,)), True),
    ],
)
def test_a_lead_is_decided_when_nothing_more_comes_by_itself(lead: Lead, decided: bool) -> None:
    assert lead.decided is decided


def test_a_discarded_lead_is_discarded_until_an_outcome_says_otherwise() -> None:
    lead, history = lived(STEPS[0], STEPS[1], lambda lead: discarded(lead, NOON, "not genuine", WEEK))
    assert (lead.state, history[-1]) == ("discarded", "discarded")
    assert lead.life.keep_until == NOON + WEEK
    assert discarded(lead, LATER, "again", WEEK) == (lead, None)
    assert closed(lead, WON)[0].state == "won"


def test_a_newer_scorecard_judges_again_and_an_older_one_does_not() -> None:
    lead, _ = qualified(Lead(), NOON, "B", "near_term", 2, 55)
    assert qualified(lead, LATER, "A", "near_term", 1, 80) == (lead, None)
    assert qualified(lead, LATER, "C", "nurture", 3, 30)[0].grade == "C"


def test_no_newer_card_overrules_a_person() -> None:
    judged = Lead(captured_at=LATER, scorecard=1, disposition="near_term").lived(judge="quinn", verdict=2)
    assert qualified(judged, LATER, "D", "nurture", 2, 5) == (judged, None)
    assert qualified(judged._replace(later=None), LATER, "D", "nurture", 2, 5)[0].disposition == "nurture"
