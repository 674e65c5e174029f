"""When a benchmark may say that a rate was held, and how it looks for the highest one."""

from typing import Any

import pytest
from bench.edge import KINDS, Search, why_not_held


def row(rate: float, seconds: float, **different: Any) -> dict[str, Any]:
    """A row of a rate that was held without effort."""
    leads = int(rate * seconds)
    made = {
        "offered": rate,
        "asked_s": seconds,
        "offered_leads": leads,
        "leads": leads,
        "per_second": rate * 0.995,
        "statuses": {202: leads},
        "backlog": {"middle": 100, "last": 110},
        "drain_s": 0.1,
    }
    return {**made, **different}


def test_what_was_all_accepted_in_time_and_left_nothing_waiting_is_held() -> None:
    assert why_not_held(row(1000, 60)) == ""


@pytest.mark.parametrize(
    ("different", "why"),
    [
        ({"leads": 59_999}, "refused or unanswered: 1"),
        ({"statuses": {202: 59_999, 503: 1}}, "refused or unanswered"),
        ({"per_second": 960.0}, "960/s done of 1000/s offered"),
        ({"backlog": {"middle": 100, "last": 1200}}, "grew from 100 to 1200"),
        ({"drain_s": 2.4}, "2.4 s of work were left"),
    ],
)
def test_a_rate_is_not_held_for_a_reason_that_is_said(different: dict[str, Any], why: str) -> None:
    assert why in why_not_held(row(1000, 60, **different))


def test_fewer_leads_than_the_nominal_rate_are_held_when_chance_offered_fewer() -> None:
    assert why_not_held(row(1000, 60, offered_leads=54_000, leads=54_000, per_second=896.0)) == ""


class Machine:
    """Holds what is not above its edge, and less for long than for short."""

    def __init__(self, short: float, long: float) -> None:
        self.short, self.long = short, long
        self.asked: list[tuple[float, float]] = []

    def __call__(self, rate: float, seconds: float, **_: Any) -> dict[str, Any]:
        self.asked.append((rate, seconds))
        edge = self.long if seconds >= 60 else self.short
        return row(rate, seconds, per_second=min(rate, edge))


def test_the_edge_is_climbed_to_in_short_looks_and_told_after_a_long_one() -> None:
    machine = Machine(short=2200, long=2200)
    found = Search(machine, KINDS[0], 60).run(None, 20)
    assert 0.88 * 2200 <= found["held"]["offered"] <= 1.04 * 2200
    assert found["held"]["asked_s"] == 60
    assert [rate for rate, seconds in machine.asked if seconds == 60] == [found["held"]["offered"]]
    assert found["below"]["offered"] == pytest.approx(0.8 * found["held"]["offered"], abs=10)


def test_a_rate_that_only_short_looks_hold_is_not_told() -> None:
    found = Search(Machine(short=2400, long=2000), KINDS[0], 60).run(None, 20)
    assert found["held"]["offered"] <= 2000 * 1.04


def test_a_later_round_begins_at_what_an_earlier_one_held() -> None:
    machine = Machine(short=2400, long=2400)
    Search(machine, KINDS[0], 60).run(2000, 20)
    assert machine.asked == [(2000, 60), (1600, 20)]


def test_a_machine_that_holds_nothing_is_not_said_to_hold_something() -> None:
    found = Search(Machine(short=10, long=10), KINDS[0], 60).run(None, 20)
    assert found["held"] is None
    assert found["below"] is None
