"""Who is counted as one caller, and how often he may call."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from chassis import Problem, Settings
from chassis.callers import Callers, Rate, form_asked


def callers(**chosen: Any) -> Callers:
    return Callers(Settings(database_url=SecretStr("postgresql:///"), **chosen))


def call(client: str, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", f.encode()) for f in forwarded]
    return {"client": (client, 1), "headers": headers, "query_string": b""}


def test_a_burst_passes_and_then_as_many_as_the_rate_says() -> None:
    rate = Rate(10, 5)
    assert [rate.wait("a", 0.0) == 0 for _ in range(7)] == [True] * 5 + [False] * 2
    assert rate.wait("a", 0.0) == pytest.approx(0.1)
    assert rate.wait("b", 0.0) == 0, "another is not concerned"
    passed = sum(rate.wait("a", n / 100) == 0 for n in range(100))
    assert passed in (9, 10), "who calls ten times as often as he may gets what he may"
    assert rate.wait("a", 10.0) == 0


def test_a_rate_of_nothing_is_no_limit() -> None:
    rate = Rate(0, 1)
    assert all(rate.wait("a", 0.0) == 0 for _ in range(1000))


def test_the_longest_silent_are_forgotten() -> None:
    rate = Rate(1, 1, remembered=100)
    for n in range(1000):
        rate.wait(str(n), 0.0)
    assert len(rate._paid) == 100
    assert rate.wait("999", 0.0) > 0
    assert rate.wait("0", 0.0) == 0


def test_one_address_can_not_use_up_what_its_form_may_take() -> None:
    made = callers(rate_per_address=1, burst_per_address=5, rate_per_form=1, burst_per_form=8)
    for _ in range(5):
        made.check(call("192.0.2.1"), "contact")
    for _ in range(100):
        with pytest.raises(Problem) as refused:
            made.check(call("192.0.2.1"), "contact")
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "1"})
    for _ in range(3):
        made.check(call("192.0.2.2"), "contact")
    with pytest.raises(Problem):
        made.check(call("192.0.2.3"), "contact")
    made.check(call("192.0.2.3"), "another")


def test_an_exempt_network_is_not_counted() -> None:
    made = callers(rate_per_address=1, burst_per_address=1, rate_exempt="10.0.0.0/8, ::1/128")
    for address in ("10.1.2.3", "::1", "::ffff:10.1.2.3"):
        for _ in range(10):
            made.check(call(address), "f")


SAME = [("2001:db8::1", "2001:db8::2"), ("::ffff:192.0.2.1", "192.0.2.1")]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_addresses_of_one_caller_are_counted_as_one(one: str, other: str) -> None:
    made = callers(rate_per_address=0.001, burst_per_address=1)
    made.check(call(one), "")
    with pytest.raises(Problem):
        made.check(call(other), "")


FORWARDED = [
    (("203.0.113.9",), "203.0.113.9"),
    (("198.51.100.1, 203.0.113.9",), "203.0.113.9"),  # the first is what the caller claims
    (("198.51.100.1", "203.0.113.9, 10.0.0.2"), "203.0.113.9"),
    (("10.0.0.3, 10.0.0.2",), "10.0.0.1"),
    (("203.0.113.9:4711",), "203.0.113.9:4711"),
    (("",), "10.0.0.1"),
    ((), "10.0.0.1"),
    ((", ".join(["203.0.113.1"] * 5000),), "203.0.113.1"),
]


@pytest.mark.parametrize(("chosen", "address"), FORWARDED)
def test_a_trusted_proxy_says_who_calls_and_the_caller_does_not(chosen: tuple[str, ...], address: str) -> None:
    made = callers(trusted_proxies=["10.0.0.0/8"])
    assert made.address(call("10.0.0.1", *chosen)) == address
    assert made.address(call("192.0.2.1", *chosen)) == "192.0.2.1"
    assert callers().address(call("10.0.0.1", *chosen)) == "10.0.0.1"


def test_a_port_does_not_make_another_caller() -> None:
    made = callers(rate_per_address=0.001, burst_per_address=1, trusted_proxies="10.0.0.0/8")
    made.check(call("10.0.0.1", "203.0.113.9:1"), "")
    with pytest.raises(Problem):
        made.check(call("10.0.0.1", "203.0.113.9:2"), "")
    made.check(call("10.0.0.1", "[2001:db8::1]:1"), "")
    with pytest.raises(Problem):
        made.check(call("10.0.0.1", "[2001:db8::7]:2"), "")


def test_the_form_is_named_in_the_query() -> None:
    assert form_asked({"query_string": b"a=1&form=contact%20us"}) == "contact us"
    assert form_asked({"query_string": b""}) == form_asked({}) == ""
    assert len(form_asked({"query_string": b"form=" + b"x" * 5000})) == 100


def test_a_network_that_is_none_is_refused_at_the_start() -> None:
    with pytest.raises(ValidationError):
        callers(rate_exempt="the office")
