"""The rotation is fair by weight, keeps what each person is owed whatever is edited, and gives the same answer twice."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.domain.rotation import LEAD, Member, Turn, next_turn
from territory.domain.routing import Refused

weights = st.lists(st.integers(1, 20), min_size=1, max_size=8)


def team(shares: Sequence[int], away: frozenset[int] = frozenset()) -> list[Member]:
    return [Member(f"p{n}", weight, n not in away) for n, weight in enumerate(shares)]


def takers(members: Sequence[Member], turns: int, saved: Mapping[str, int]) -> tuple[list[str], Mapping[str, int]]:
    took = []
    for _ in range(turns):
        turn = next_turn(members, saved)
        assert turn.assignee is not None
        took.append(turn.assignee)
        saved = turn.credits
    return took, saved


def widest(took: Sequence[str], person: str, share: Fraction) -> Fraction:
    """By how much a person's leads differ from the share due, in the window where they differ most."""
    ahead = [Fraction(0), *accumulate(int(taker == person) - share for taker in took)]
    return max(ahead) - min(ahead)


def test_a_weight_of_two_takes_two_of_three_leads_spread_out() -> None:
    members = [Member("anna", 2), Member("jo", 1)]
    assert takers(members, 6, {})[0] == ["anna", "jo", "anna", "anna", "jo", "anna"]


@given(weights, st.integers(1, 200))
def test_while_a_team_stays_as_it_is_nobody_is_a_whole_lead_from_their_share(shares: list[int], turns: int) -> None:
    took, _ = takers(team(shares), turns, {})
    for n, weight in enumerate(shares):
        share = Fraction(weight, sum(shares))
        off = list(accumulate(int(taker == f"p{n}") - share for taker in took))
        assert all(-1 < ahead < 1 for ahead in off)
        assert widest(took, f"p{n}", share) < 2


@given(st.integers(1, 12), st.integers(1, 20), st.integers(1, 100))
def test_among_equals_no_window_differs_by_more_than_one_lead(size: int, weight: int, turns: int) -> None:
    took, _ = takers(team([weight] * size), turns, {})
    assert all(widest(took, f"p{n}", Fraction(1, size)) <= 1 for n in range(size))


@given(st.tuples(st.integers(1, 20), st.integers(1, 20)), st.integers(1, 200))
def test_between_two_no_window_differs_by_more_than_one_lead(shares: tuple[int, int], turns: int) -> None:
    took, _ = takers(team(shares), turns, {})
    assert all(widest(took, f"p{n}", Fraction(weight, sum(shares))) <= 1 for n, weight in enumerate(shares))


@given(weights, st.integers(0, 2))
def test_after_one_full_round_everybody_has_exactly_their_weight(shares: list[int], rounds: int) -> None:
    took, credits = takers(team(shares), sum(shares) * (rounds + 1), {})
    assert Counter(took) == {f"p{n}": weight * (rounds + 1) for n, weight in enumerate(shares)}
    assert all(abs(credit) <= sum(shares) * (rounds + 1) for credit in credits.values())  # parts, not leads


edits = st.lists(
    st.tuples(
        st.lists(st.integers(0, 20), min_size=1, max_size=8),
        st.frozensets(st.integers(0, 7), max_size=8),
        st.integers(1, 25),
    ),
    min_size=1,
    max_size=8,
)


@given(edits)
def test_what_is_due_counts_every_lead_that_one_could_take_over_all_edits(
    history: list[tuple[list[int], frozenset[int], int]],
) -> None:
    """No edit forgives or forgets anything: what a person is owed is what was due less what came, of their whole time."""
    saved: Mapping[str, int] = {}
    due: dict[str, Fraction] = {}
    received: Counter[str | None] = Counter()
    turns = 0
    for shares, away, leads in history:
        members = team(shares, away)
        present = {m.id: m.weight for m in members if m.available and m.weight}
        for _ in range(leads):
            turn = next_turn(members, saved)
            assert (turn.assignee in present) if present else (turn.assignee is None and turn.credits == saved)
            saved = turn.credits
            received[turn.assignee] += 1
            for person, weight in present.items():
                due[person] = due.get(person, Fraction(0)) + Fraction(weight, sum(present.values()))
            turns += 1
            assert sum(saved.values()) == 0
    for person, owed in due.items():
        assert (
            abs(saved[person] - (owed - received[person]) * LEAD) <= turns
        )  # a part for each share that was no whole one


@given(edits, st.permutations(range(8)), st.integers(0, 2**32))
def test_edits_that_concern_nobody_present_change_nobodys_turn(
    history: list[tuple[list[int], frozenset[int], int]], order: list[int], seed: int
) -> None:
    """The list in another order, a trainee without weight, the weights of those away: the same people take the leads."""
    dice = random.Random(seed)
    one: Mapping[str, int] = {}
    other: Mapping[str, int] = {}
    for shares, away, leads in history:
        members = team(shares, away)
        for _ in range(leads):
            edited = [
                members[n] if n not in away else Member(f"p{n}", dice.randrange(9), False) for n in range(len(shares))
            ]
            edited = [edited[n] for n in order if n < len(edited)]
            if dice.random() < 0.5:
                edited.append(Member("trainee", 0))
            turn, same = next_turn(members, one), next_turn(edited, other)
            assert same.assignee == turn.assignee
            one, other = turn.credits, same.credits


@given(edits, weights, st.integers(1, 60))
def test_a_member_who_comes_back_gets_no_burst(
    history: list[tuple[list[int], frozenset[int], int]], shares: list[int], later: int
) -> None:
    """Whatever was before: on return one gets what is due from then on, what one was owed on leaving, and not a lead more."""
    saved: Mapping[str, int] = {}
    for before, away, leads in history:
        for _ in range(leads):
            saved = next_turn(team(before, away), saved).credits
    left_with = saved.get("p0", 0)
    others = team(shares, frozenset({0}))
    for _ in range(later):
        saved = next_turn(others, saved).credits
    assert saved.get("p0", 0) == left_with
    took, _ = takers(team(shares), later, saved)
    ahead = accumulate(int(taker == "p0") - Fraction(shares[0], sum(shares)) for taker in took)
    assert max(ahead) < 1 + max(Fraction(left_with, LEAD), 0) or len(shares) == 1


@pytest.mark.parametrize("seed", range(12))
def test_people_who_come_and_go_stay_within_two_leads_of_their_share(seed: int) -> None:
    """Within one is more than anybody can promise: of six equals three leave who got nothing yet, and a fourth lead comes."""
    dice = random.Random(seed)
    saved: Mapping[str, int] = {}
    shares = [dice.randint(1, 6) for _ in range(dice.randint(2, 12))]
    for _ in range(600):
        away = frozenset(n for n in range(len(shares)) if dice.random() < 0.3)
        if dice.random() < 0.2:
            shares[dice.randrange(len(shares))] = dice.randint(1, 6)
        for _ in range(dice.choice((1, 1, 1, 2, 20))):
            saved = next_turn(team(shares, away), saved).credits
        assert all(abs(credit) < 2 * LEAD for credit in saved.values())


def test_a_lead_is_shared_out_whole_also_where_the_weights_do_not_divide_it() -> None:
    members = [Member("anna", 1000), Member("bo", 999), Member("cem", 998)]
    took, credits = takers(members, 2997, {})
    assert sum(credits.values()) == 0
    assert Counter(took) == {"anna": 1000, "bo": 999, "cem": 998}


BERLIN = [Member("anna", 2), Member("jonas", 2), Member("leyla", 1), Member("otto", 1, available=False)]


def changed(members: Sequence[Member], person: str, **how: int | bool) -> list[Member]:
    return [Member(**vars(m) | how) if m.id == person else m for m in members]


@pytest.mark.parametrize(
    ("stages", "took"),
    [
        ([(BERLIN, 5)], "anna jonas leyla anna jonas"),
        (
            [(BERLIN, 3), (changed(BERLIN, "anna", available=False), 6), (BERLIN, 5)],
            "anna jonas leyla jonas jonas leyla jonas jonas leyla jonas anna jonas anna leyla",
        ),
        (
            [(BERLIN, 3), (changed(BERLIN, "jonas", weight=4), 7)],
            "anna jonas leyla jonas anna jonas anna jonas jonas leyla",
        ),
        ([([Member("a", 6), Member("b", 3), Member("c", 2)], 22)], " ".join("abacabacaba" * 2)),
        ([(team([1] * 6), 3), (team([1] * 3), 1)], "p0 p1 p2 p0"),
    ],
    ids=["as it is", "anna away and back", "jonas counts double", "no round hides in the next", "three leave unserved"],
)
def test_the_turns_of_a_team_over_its_changes(stages: list[tuple[list[Member], int]], took: str) -> None:
    saved: Mapping[str, int] = {}
    given: list[str] = []
    for members, leads in stages:
        some, saved = takers(members, leads, saved)
        given += some
    assert given == took.split()


@given(weights.flatmap(lambda shares: st.permutations(team(shares))), weights.map(lambda s: dict(enumerate(s))))
def test_the_same_state_gives_the_same_answer_in_whatever_order_members_are_listed(
    members: list[Member], credits: dict[int, int]
) -> None:
    saved = {f"p{n}": credit for n, credit in credits.items()}
    assert next_turn(members, saved) == next_turn(sorted(members, key=lambda m: m.id), dict(saved))


def test_those_passed_over_are_named_with_the_reason() -> None:
    members = [
        Member("anna", 2),
        Member("bo", 2),
        Member("cem", 1),
        Member("dai", 1, available=False),
        Member("eve", 0),
    ]
    turn = next_turn(members, {})
    assert turn.assignee == "anna"
    assert turn.refused == (
        Refused("bo", "due at the same time, later by name"),
        Refused("cem", "due later: after 5 leads of the team, against 2.5"),
        Refused("dai", "absent"),
        Refused("eve", "weight 0"),
    )
    assert next_turn(members, turn.credits).refused[1] == Refused("anna", "ahead of the share due, by 0.6 of a lead")


def test_where_all_are_ahead_those_passed_over_are_told_so() -> None:
    turn = next_turn(
        [Member("anna"), Member("bo"), Member("cem")], {"anna": -LEAD, "bo": -LEAD // 2, "cem": -LEAD // 2}
    )
    assert turn.assignee == "bo"
    assert turn.refused == (
        Refused("cem", "all are ahead, and this one as far, later by name"),
        Refused("anna", "all are ahead, and this one further: owed -0.667 of a lead with this one, against -0.167"),
    )


def test_at_most_ten_of_those_passed_over_are_named() -> None:
    turn = next_turn([Member(f"p{n:02}") for n in range(30)], {})
    assert (len(turn.refused), turn.more) == (10, 19)
    some_ahead: Turn = next_turn([Member(f"p{n:02}", available=n < 25) for n in range(30)], turn.credits)
    assert (len(some_ahead.refused), some_ahead.more) == (10, 19)


def test_nobody_available_is_an_answer_with_a_reason_and_costs_nobody_anything() -> None:
    turn = next_turn([Member("anna", available=False), Member("bo", 0)], {"anna": 5, "bo": -5})
    assert (turn.assignee, turn.reason, turn.credits) == (
        None,
        "Nobody in the team is available.",
        {"anna": 5, "bo": -5},
    )
    assert turn.refused == (Refused("anna", "absent"), Refused("bo", "weight 0"))
    assert next_turn([], {}).reason == "The team has no members."
