"""The rotation is fair by weight, forgets those who are away, and gives the same answer twice."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from territory.domain.rotation import Member, next_turn
from territory.domain.routing import Refused

weights = st.lists(st.integers(1, 20), min_size=1, max_size=8)


def team(shares: Sequence[int], away: frozenset[int] = frozenset()) -> list[Member]:
    return [Member(f"p{n}", weight, n not in away) for n, weight in enumerate(shares)]


def takers(members: Sequence[Member], turns: int, saved: Mapping[str, int]) -> tuple[list[str], Mapping[str, int]]:
    took = []
    for _ in range(turns):
        turn = next_turn(members, saved)
        assert turn.person is not None
        took.append(turn.person)
        saved = turn.credits
    return took, saved


def test_a_weight_of_two_takes_two_of_three_leads_spread_out() -> None:
    members = [Member("anna", 2), Member("jo", 1)]
    assert takers(members, 6, {})[0] == ["anna", "jo", "anna", "anna", "jo", "anna"]


@given(weights, st.integers(1, 200), st.integers(0, 199))
def test_over_any_window_nobody_is_further_from_their_share_than_the_team_has_members(
    shares: list[int], turns: int, start: int
) -> None:
    members = team(shares)
    took, _ = takers(members, turns, {})
    for member in members:
        share = member.weight / sum(shares)
        ahead = [0.0, *accumulate((taker == member.person) - share for taker in took)]
        assert max(ahead) < 1  # never a whole lead ahead
        window = ahead[min(start, turns) :]
        assert max(window) - min(window) < max(2, len(members))


@given(weights, st.integers(0, 50))
def test_after_one_full_round_everybody_has_exactly_their_weight(shares: list[int], rounds: int) -> None:
    took, credits = takers(team(shares), sum(shares) * (rounds % 3 + 1), {})
    assert Counter(took) == {f"p{n}": weight * (rounds % 3 + 1) for n, weight in enumerate(shares)}
    assert set(credits.values()) == {0}


presences = st.lists(
    st.tuples(st.frozensets(st.integers(0, 7), max_size=8), st.integers(1, 25)), min_size=1, max_size=8
)


@given(weights, presences, st.integers(1, 60))
def test_a_member_who_comes_back_gets_no_burst(
    shares: list[int], history: list[tuple[frozenset[int], int]], later: int
) -> None:
    saved: Mapping[str, int] = {}
    for away, turns in [*history, (frozenset({0}), 1)]:  # p0 is away at the end, whatever was before
        members = team(shares, away)
        if any(member.available for member in members):
            saved = takers(members, turns, saved)[1]
    if len(shares) == 1:
        saved = next_turn(team(shares, frozenset({0})), saved).credits
    took, _ = takers(team(shares), later, saved)
    share = shares[0] / sum(shares)
    ahead = list(accumulate((taker == "p0") - share for taker in took))
    assert max(ahead) < 1


@given(weights, presences)
def test_credits_add_up_to_zero_whoever_comes_and_goes(
    shares: list[int], history: list[tuple[frozenset[int], int]]
) -> None:
    saved: Mapping[str, int] = {}
    for away, turns in history:
        members = team(shares, away)
        for _ in range(turns):
            saved = next_turn(members, saved).credits
            assert sum(saved.values()) == 0
            assert all(-sum(shares) * 2 < credit for credit in saved.values())


@given(weights.flatmap(lambda shares: st.permutations(team(shares))), weights.map(lambda s: dict(enumerate(s))))
def test_the_same_state_gives_the_same_answer_in_whatever_order_members_are_listed(
    members: list[Member], credits: dict[int, int]
) -> None:
    saved = {f"p{n}": credit for n, credit in credits.items()}
    assert next_turn(members, saved) == next_turn(sorted(members, key=lambda m: m.person), dict(saved))


def test_those_passed_over_are_named_with_the_reason() -> None:
    members = [
        Member("anna", 2),
        Member("bo", 2),
        Member("cem", 1),
        Member("dai", 1, available=False),
        Member("eve", 0),
    ]
    turn = next_turn(members, {})
    assert turn.person == "anna"
    assert turn.refused == (
        Refused("bo", "same credit, later by name"),
        Refused("cem", "less credit: 1 against 2"),
        Refused("dai", "absent"),
        Refused("eve", "weight 0"),
    )


def test_at_most_ten_of_those_passed_over_are_named() -> None:
    turn = next_turn([Member(f"p{n:02}") for n in range(30)], {})
    assert (len(turn.refused), turn.more) == (10, 19)


def test_nobody_available_is_an_answer_with_a_reason() -> None:
    turn = next_turn([Member("anna", available=False), Member("bo", 0)], {"anna": 5})
    assert (turn.person, turn.reason, turn.credits) == (None, "Nobody in the team is available.", {})
    assert turn.refused == (Refused("anna", "absent"), Refused("bo", "weight 0"))
    assert next_turn([], {}).reason == "The team has no members."
