"""What a number says after the last one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.consumer import advance


@pytest.mark.parametrize(
    ("last", "seq", "verdict"),
    [(0, 1, "next"), (0, 2, "gap"), (5, 5, "duplicate"), (5, 1, "duplicate"), (5, 6, "next"), (5, 7, "gap")],
)
def test_only_the_number_after_the_last_is_next(last: int, seq: int, verdict: str) -> None:
    assert advance(last, seq) == verdict


@given(st.lists(st.integers(1, 8)))
def test_whatever_comes_in_whatever_order_only_a_prefix_is_taken_each_number_once(numbers: list[int]) -> None:
    last, taken = 0, []
    for seq in numbers:
        if advance(last, seq) == "next":
            taken.append(seq)
            last = seq
    assert taken == list(range(1, len(taken) + 1))


@given(st.lists(st.integers(1, 8)))
def test_where_holes_are_normal_what_is_taken_still_only_grows(numbers: list[int]) -> None:
    last, taken = 0, []
    for seq in numbers:
        if advance(last, seq, holes=True) == "next":
            taken.append(seq)
            last = seq
    assert taken == sorted(set(taken))
