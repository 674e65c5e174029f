"""A ticket says who got it, to whoever has the key and to nobody else, and not for long."""

import pytest

from metrics.use_cases.tickets import GOOD_FOR_S, Ticket, issue, redeem

KEY, OTHER = b"k" * 32, b"o" * 32


def test_what_a_ticket_says_is_what_it_was_given_for() -> None:
    text, good_until = issue(KEY, "ada", "person", {"member"}, 900.0, "team", 100.0)
    assert good_until == 100 + GOOD_FOR_S
    assert redeem(KEY, text, "team", 101.0) == Ticket("ada", "person", ("member",), 900.0, "team", good_until)


def test_a_ticket_without_a_dimension_is_for_any() -> None:
    assert redeem(KEY, issue(KEY, "ada", "person", (), None, None, 0.0)[0], "team", 1.0)


@pytest.mark.parametrize(
    ("key", "by", "now"), [(OTHER, "team", 1.0), (KEY, "channel", 1.0), (KEY, "team", GOOD_FOR_S + 0.0)]
)
def test_another_key_another_dimension_or_a_later_time_opens_nothing(key: bytes, by: str, now: float) -> None:
    text, _ = issue(KEY, "ada", "person", {"member"}, None, "team", 0.0)
    assert redeem(KEY, text, "team", 1.0) is not None
    assert redeem(key, text, by, now) is None


def test_a_ticket_lasts_no_longer_than_the_token_it_was_given_for() -> None:
    text, good_until = issue(KEY, "ada", "person", (), 5.0, None, 0.0)
    assert (good_until, redeem(KEY, text, "team", 6.0)) == (5.0, None)


@pytest.mark.parametrize("text", ["", "guessed", "\u00e9", "A" * 9000])
def test_what_is_no_ticket_opens_nothing(text: str) -> None:
    assert redeem(KEY, text, "team", 0.0) is None
