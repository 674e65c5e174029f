"""A lead's whole life, in any order: what territory says is heard late, twice or never, and people work on it meanwhile."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from leads.domain import lead as lifecycle
from leads.domain import merge
from leads.domain import verdict as hands
from leads.domain.lead import Lead, Outcome, Transition
from leads.domain.place import ENDED, NOBODYS, PLACES, forgotten_at, place_of, settled, unclaimed, waits_for
from leads.domain.response import RESPONSE_1
from leads.domain.verdict import Hand, Judgement, MayNot, NotSo, Verdict

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEAMS, PEOPLE = ("berlin", "munich"), ("anna", "jonas", "leyla")
LEADER = Hand("s.berlin", None, leads=True, holds=False, qualifies=True)
QUALIFIER = Hand("q.berlin", None, leads=False, holds=False, qualifies=True)
ANNA = Hand("anna", None, leads=False, holds=True, qualifies=False)
OTHER = UUID(int=1)
KEPT = timedelta(days=30)


def returned(lead: Lead, when: datetime, code: str, hand: Hand) -> Transition:
    """As at the door: first whether it may be, and then it is."""
    hands.check_return(lead, hand)
    return hands.returned(lead, when, code, hand)


def judged(lead: Lead, when: datetime, verdict: Verdict, hand: Hand) -> Transition:
    """The same."""
    hands.check_judge(lead, verdict, hand)
    return hands.judged(lead, when, verdict, hand, KEPT)


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def worked(*steps: Callable[[Lead], Transition]) -> Lead:
    lead = Lead()
    for step in steps:
        lead = settled(lead, step(lead)[0], RESPONSE_1, NOON)
    return lead


def with_anna(revision: int = 1) -> Lead:
    return worked(
        lambda lead: lifecycle.captured(lead, NOON, "web"),
        lambda lead: lifecycle.qualified(lead, NOON, "A", "near_term", 2, 80),
        lambda lead: lifecycle.opened(lead, NOON, "s", "berlin", "p", revision),
        lambda lead: lifecycle.assigned(lead, NOON, "berlin", "anna", revision),
    )


DECISIONS: list[Callable[[Lead], Transition]] = [
    lambda lead: lifecycle.opened(lead, at(0), "s", "berlin", "p"),
    lambda lead: lifecycle.assigned(lead, at(0), "berlin", "anna"),
    lambda lead: lifecycle.left_open(lead, at(9), "Nobody is there.", 2),
    lambda lead: lifecycle.opened(lead, at(5), "t", "munich", "q", 3),
    lambda lead: lifecycle.assigned(lead, at(5), "munich", "eva", 3),
]


@given(st.permutations(range(len(DECISIONS))), st.lists(st.integers(0, len(DECISIONS) - 1), max_size=8))
def test_of_territorys_decisions_the_highest_stands_whatever_the_order_and_the_clocks(
    order: list[int], again: list[int]
) -> None:
    lead = worked(*(DECISIONS[i] for i in [*order, *again]))
    assert (lead.segment, lead.team, lead.pipeline, lead.assignee, lead.waits) == ("t", "munich", "q", "eva", None)
    assert (lead.life.decision, lead.life.routed, lead.life.assigned) == (3, 3, 3)


@given(st.permutations(range(3)), st.lists(st.integers(0, 2), max_size=6))
def test_a_later_decision_that_nobody_takes_it_leaves_it_nobodys(order: list[int], again: list[int]) -> None:
    lead = worked(*(DECISIONS[i] for i in [*order, *again]))
    assert (lead.team, lead.assignee, lead.waits) == ("berlin", None, "Nobody is there.")
    assert place_of(lead) == "queue"


@given(st.permutations(range(3)))
def test_a_later_routing_says_itself_whose_it_is_also_within_a_team(order: list[int]) -> None:
    steps = [*DECISIONS[:2], lambda lead: lifecycle.opened(lead, at(5), "t", "berlin", "q", 2)]
    lead = worked(*(steps[i] for i in order))
    assert (lead.segment, lead.team, lead.assignee, place_of(lead)) == ("t", "berlin", None, "queue")


def test_who_gave_it_back_does_not_get_it_by_what_is_heard_again_and_a_new_decision_moves_it() -> None:
    lead = worked(lambda _: returned(with_anna(), at(1), "wrong_person", ANNA))
    assert (place_of(lead), waits_for(lead)) == ("queue", "returned: wrong_person")
    assert lead.life.returned == {"berlin": ("anna",)}
    assert lifecycle.assigned(lead, NOON, "berlin", "anna") == (lead, None)
    lead = settled(lead, lifecycle.assigned(lead, at(2), "berlin", "jonas", 2)[0], RESPONSE_1, at(2))
    assert (place_of(lead), lead.assignee, lead.due_at) == ("person", "jonas", None)
    lead, entry = returned(lead, at(3), "overload", LEADER)
    assert entry is not None
    assert (entry["attempt"], entry["released"], entry["by"]) == (2, "jonas", "s.berlin")
    assert lead.life.returned == {"berlin": ("anna", "jonas")}


def test_in_the_queue_of_another_team_it_is_due_anew_where_rules_have_sent_it_and_keeps_its_time_where_an_order_has() -> (
    None
):
    waits = worked(
        lambda lead: lifecycle.captured(lead, NOON, "web"),
        lambda lead: lifecycle.qualified(lead, NOON, "A", "near_term", 2, 80),
        lambda lead: lifecycle.opened(lead, NOON, "s", "berlin", "p"),
        lambda lead: lifecycle.left_open(lead, NOON, "Nobody is there."),
    )
    assert waits.due_at == NOON + RESPONSE_1.queue
    waits = unclaimed(waits, RESPONSE_1, waits.due_at)
    after, _ = lifecycle.opened(waits, at(600), "s", "munich", "p", 2)
    sent = settled(waits, after, RESPONSE_1, at(600))
    assert (place_of(sent), sent.due_at, sent.next_at) == ("queue", *[at(600) + RESPONSE_1.queue] * 2)
    assert (sent.life.since, sent.life.told) == (at(600), 0)
    after, _ = lifecycle.opened(waits, at(600), "s", "berlin", "p", 2)
    assert settled(waits, after, RESPONSE_1, at(600)).due_at == waits.due_at
    after, _ = lifecycle.transferred(waits, at(600), "munich", None, 2, "t", "transfer", None)
    ordered = settled(waits, after, RESPONSE_1, at(600))
    assert (place_of(ordered), ordered.due_at, ordered.life.told) == ("queue", waits.due_at, 1)


@pytest.mark.parametrize("result", ["won", "lost"])
def test_what_has_ended_is_neither_returned_nor_judged_and_says_how_it_stands(result: str) -> None:
    lead, _ = lifecycle.closed(with_anna(), Outcome(result, at(1)))  # type: ignore[arg-type]
    steps: tuple[Callable[[], object], ...] = (
        lambda: returned(lead, at(2), "overload", ANNA),
        lambda: judged(lead, at(2), Verdict("near_term", "B"), LEADER),
        lambda: judged(lead, at(2), hands.set_aside("spam"), LEADER),
    )
    for step in steps:
        with pytest.raises(NotSo) as refused:
            step()
        assert refused.value.place == result


def test_reopened_it_is_where_it_was_and_the_same_end_may_come_again() -> None:
    won = Outcome("won", at(1))
    lead, _ = lifecycle.closed(with_anna(), won)
    lead, _ = lifecycle.reopened(lead, at(2), "back_again", LEADER.person)
    assert (place_of(lead), lead.assignee, lead.outcome, lead.revision) == ("person", "anna", None, 2)
    assert lifecycle.closed(lead, won) == (lead, None)  # heard again, it is the old one
    assert lifecycle.closed(lead, Outcome("won", at(3)))[0].revision == 3


def test_a_card_never_overrules_a_person() -> None:
    lead = worked(
        lambda lead: lifecycle.captured(lead, NOON, "web"),
        lambda lead: lifecycle.qualified(lead, NOON, "D", "needs_qualifier", 2, 20),
        lambda lead: lifecycle.opened(lead, NOON, "s", "berlin", "p"),
        lambda lead: judged(lead, at(1), Verdict("near_term", "B"), QUALIFIER),
    )
    assert (place_of(lead), lead.grade, lead.life.verdict, lead.life.judge) == ("queue", "B", 2, "q.berlin")
    assert lifecycle.qualified(lead, at(2), "D", "needs_qualifier", 3, 10) == (lead, None)


@pytest.mark.parametrize(
    ("verdict", "field"),
    [
        (Verdict("near_term"), "grade"),
        (Verdict("not_genuine"), "code"),
        (Verdict("undecided"), "code"),
        (Verdict("nurture"), "revisit_on"),
        (Verdict("nurture", revisit_on=date(2026, 11, 24)), "revisit_on"),
        (Verdict("nurture", revisit_on=date(2029, 12, 24)), "revisit_on"),
        (Verdict("near_term", "A", revisit_on=date(2026, 11, 25)), "revisit_on"),
    ],
)
def test_each_verdict_needs_something_of_its_own(verdict: Verdict, field: str) -> None:
    assert [name for name, _ in hands.faults(verdict, NOON)] == [field]
    assert not hands.faults(Verdict("nurture", revisit_on=date(2026, 11, 25)), NOON)


def test_a_day_that_was_agreed_brings_it_to_a_qualifier_once() -> None:
    lead = worked(
        lambda lead: lifecycle.captured(lead, NOON, "web"),
        lambda lead: lifecycle.qualified(lead, NOON, "D", "needs_qualifier", 2, 20),
        lambda lead: lifecycle.opened(lead, NOON, "s", "berlin", "p"),
        lambda lead: judged(lead, at(1), Verdict("nurture", revisit_on=date(2027, 1, 11)), QUALIFIER),
    )
    day = datetime(2027, 1, 11, tzinfo=UTC)
    assert (place_of(lead), lead.due_at, lead.next_at) == ("nurture", day, day)
    lead = unclaimed(lead, RESPONSE_1, day)
    assert (place_of(lead), waits_for(lead)) == ("qualification", "revisit")
    assert lead.next_at == day + RESPONSE_1.qualification
    assert unclaimed(lead, RESPONSE_1, day).life.told == 1


class Life(RuleBasedStateMachine):
    """All steps in any order; territory's words come late, twice or never."""

    @initialize()
    def begin(self) -> None:
        self.lead, self.entries, self.clock, self.said = Lead(), 0, NOON, list[Callable[[Lead], Transition]]()
        self.number = 0

    def make(self, step: Callable[[Lead], Transition]) -> None:
        self.clock += timedelta(minutes=1)
        try:
            after, entry = step(self.lead)
        except (MayNot, NotSo):
            return
        assert entry is not None or after == self.lead, "what changes has a line in the timeline"
        self.entries += entry is not None
        self.lead = settled(self.lead, after, RESPONSE_1, self.clock)

    @rule(disposition=st.sampled_from(("near_term", "nurture", "needs_qualifier", "not_a_target")))
    def capture(self, disposition: str) -> None:
        self.make(lambda lead: lifecycle.captured(lead, self.clock, "web"))
        self.make(lambda lead: lifecycle.qualified(lead, self.clock, "C", disposition, 2, 30))

    @rule(team=st.sampled_from(TEAMS), person=st.sampled_from((*PEOPLE, None)), lost=st.booleans())
    def decide(self, team: str, person: str | None, lost: bool) -> None:
        self.number += 1
        when, revision = self.clock, self.number
        routed: Callable[[Lead], Transition] = lambda lead: lifecycle.opened(lead, when, "s", team, "p", revision)  # noqa: E731
        if person:
            last = lambda lead: lifecycle.assigned(lead, when, team, person, revision)  # noqa: E731
        else:
            last = lambda lead: lifecycle.left_open(lead, when, "Nobody is there.", revision)  # noqa: E731
        self.said += [routed, last]
        if not lost:
            self.make(routed)
        self.make(last)

    @rule(which=st.integers(0, 50))
    def hear_again(self, which: int) -> None:
        if self.said:
            decision = self.lead.life.decision
            self.make(self.said[which % len(self.said)])
            assert self.lead.life.decision >= decision

    @rule(code=st.sampled_from(("wrong_person", "overload")))
    def give_back(self, code: str) -> None:
        self.make(lambda lead: returned(lead, self.clock, code, LEADER))

    @rule(verdict=st.sampled_from(("near_term", "nurture", "undecided")))
    def judge(self, verdict: Judgement) -> None:
        day = self.clock.date() + timedelta(days=1) if verdict == "nurture" else None
        self.make(lambda lead: judged(lead, self.clock, Verdict(verdict, "B", "code", day), LEADER))

    @rule()
    def set_aside(self) -> None:
        self.make(lambda lead: judged(lead, self.clock, hands.set_aside("spam"), LEADER))

    @rule()
    def restore(self) -> None:
        if place_of(self.lead) == "discarded" and not self.lead.life.forgotten:
            self.make(lambda lead: lifecycle.restored(lead, self.clock, "other", LEADER.person))

    @rule()
    def merge(self) -> None:
        def step(lead: Lead) -> Transition:
            merge.check_hand(lead, LEADER)
            merge.check_merge(lead, with_anna()._replace(team=lead.team))
            return merge.merged(lead, self.clock, OTHER, {0: lead.assignee}, LEADER)

        self.make(step)

    @rule()
    def unmerge(self) -> None:
        alone = place_of(self.lead.lived(merged_into=None))
        self.make(lambda lead: merge.unmerged(lead, self.clock, LEADER))
        assert place_of(self.lead) == alone, "it stands where it stood"

    @rule(number=st.integers(2, 4))
    def go_on_for_another(self, number: int) -> None:
        place, before = place_of(self.lead), self.lead
        self.make(lambda lead: merge.joined(lead, UUID(int=number), self.clock, LEADER))
        assert self.lead.life.joined[-1] == UUID(int=number)
        assert place_of(self.lead) == place, "it stays where it is"
        if number not in (one.int for one in before.life.joined):
            self.make(lambda lead: merge.parted(lead, UUID(int=number), self.clock, LEADER))
            assert self.lead == before

    @rule(team=st.sampled_from(TEAMS), person=st.sampled_from((*PEOPLE, None)))
    def go_to_others_and_come_back(self, team: str, person: str | None) -> None:
        before = self.lead
        if not (before.known and before.opened_at):
            return
        for to_team, to_person in ((team, person), (before.team or team, before.assignee)):
            self.number += 1
            order = self.number, f"transfer {self.number}", "transfer", None
            self.make(lambda lead, a=to_team, b=to_person, o=order: lifecycle.transferred(lead, self.clock, a, b, *o))
            assert (self.lead.team, self.lead.assignee) == (to_team, to_person)
        assert place_of(self.lead) == place_of(before), "undone it is where it was"
        kept = ("grade", "disposition", "pipeline", "stage", "outcomes", "starts_at", "qualified_at", "discarded_at")
        assert all(getattr(self.lead, name, None) == getattr(before, name, None) for name in kept)

    @rule(result=st.sampled_from(("won", "lost")))
    def end(self, result: lifecycle.Result) -> None:
        self.make(lambda lead: lifecycle.closed(lead, Outcome(result, self.clock)))

    @rule()
    def reopen(self) -> None:
        if place_of(self.lead) in ("won", "lost"):
            self.make(lambda lead: lifecycle.reopened(lead, self.clock, "other", LEADER.person))

    @rule()
    def time_comes(self) -> None:
        if self.lead.next_at:
            self.clock = max(self.clock, self.lead.next_at)
            if place_of(self.lead) == "discarded":
                self.make(lambda lead: lifecycle.forgotten(lead, self.clock))
                assert self.lead.life.forgotten
            else:
                self.lead = unclaimed(self.lead, RESPONSE_1, self.clock)

    @invariant()
    def is_in_one_place_and_due_where_nobody_has_it(self) -> None:
        place = place_of(self.lead)
        assert place in PLACES
        assert (place in ENDED) == (self.lead.state in ENDED)
        if place in NOBODYS:
            assert self.lead.due_at is not None, place
            assert self.lead.next_at is not None, place
        else:
            assert (self.lead.due_at, self.lead.next_at) == (None, forgotten_at(self.lead)), place
        if place == "person":
            assert self.lead.assignee

    @invariant()
    def is_not_with_who_gave_it_back_by_an_old_word(self) -> None:
        life = self.lead.life
        if life.released and self.lead.assigned_at:
            assert (life.assigned, self.lead.assigned_at) > life.released


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
