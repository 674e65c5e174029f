"""A ticket says who got it, to whoever has the key and to nobody else, and not for long."""

import pytest

from metrics.use_cases.tickets import GOOD_FOR_S, Ticket, issue, redeem

KEY, OTHER = b"k" * 32, b"o" * 32
SITE = "https://shop.example"
ADA = Ticket("ada", "person", ("member",), 900.0, ("team",), "berlin", ("leads",), SITE)


def test_what_a_ticket_says_is_what_it_was_given_for() -> None:
    text, good_until = issue(KEY, ADA, 100.0)
    assert good_until == 100 + GOOD_FOR_S
    assert redeem(KEY, text, SITE, 101.0) == ADA


def test_a_ticket_for_no_site_is_good_on_any() -> None:
    anywhere = Ticket("ada", "person", (), None)
    assert (
        redeem(KEY, issue(KEY, anywhere, 0.0)[0], SITE, 1.0)
        == redeem(KEY, issue(KEY, anywhere, 0.0)[0], None, 1.0)
        == anywhere
    )


@pytest.mark.parametrize(
    ("key", "origin", "now"),
    [(OTHER, SITE, 1.0), (KEY, "https://other.example", 1.0), (KEY, None, 1.0), (KEY, SITE, GOOD_FOR_S + 0.0)],
)
def test_another_key_another_site_or_a_later_time_opens_nothing(key: bytes, origin: str | None, now: float) -> None:
    text, _ = issue(KEY, ADA, 0.0)
    assert redeem(KEY, text, SITE, 1.0) is not None
    assert redeem(key, text, origin, now) is None


def test_a_ticket_lasts_no_longer_than_the_token_it_was_given_for() -> None:
    text, good_until = issue(KEY, Ticket("ada", "person", (), 5.0), 0.0)
    assert (good_until, redeem(KEY, text, None, 6.0)) == (5.0, None)


@pytest.mark.parametrize("text", ["", "guessed", "\u00e9", "A" * 9000])
def test_what_is_no_ticket_opens_nothing(text: str) -> None:
    assert redeem(KEY, text, None, 0.0) is None
