"""What is told of a promise: what the sorted history tells, in whatever order it became known."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.domain.policy import POLICY_1, Of, Policy, Promise, Step, stops
from leads.domain.request import (
    Delay,
    Evidence,
    Request,
    Standing,
    delay,
    fire,
    holder_at,
    name_of,
    settle,
    standing_of,
    turns,
)
from values.working_time import WorkingTime, always

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


FAST = Promise("3s", "wall", 67, (Step("1s"), Step("2s", to="manager")))


def request(**changed: object) -> Request:
    return Request(0, "first_response", NOON, NOON, times=FAST.times(always(), NOON), **changed)  # type: ignore[arg-type]


def call(n: int, at: float, standing: Standing = "counts") -> Evidence:
    return Evidence(UUID(int=n), later(at), later(at), "machine", standing)


BERLIN = WorkingTime(
    "Europe/Berlin", dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), (("09:00", "12:00"), ("13:00", "18:00")))
)


def test_the_first_promise_is_two_working_hours_and_three_steps() -> None:
    _, promise = POLICY_1.promise(Of("first_response", grade="A"))
    times = promise.times(BERLIN, datetime(2026, 11, 27, 16, 30, tzinfo=UTC))
    assert [f"{at:%dT%H:%M}" for at in times] == ["30T09:00", "30T09:30", "30T10:30", "30T14:30", "01T09:30"]


def test_the_narrowest_promise_holds() -> None:
    wide, kind, kind_and_grade, grade = (
        Promise("1h"),
        Promise("2h", kind="sample"),
        Promise("3h", kind="sample", grade="A"),
        Promise("4h", grade="A"),
    )
    policy = Policy(1, (wide, kind, kind_and_grade, grade))
    assert policy.promise(Of("sample", grade="A"))[1] is kind_and_grade
    assert policy.promise(Of("sample", grade="B"))[1] is kind
    assert policy.promise(Of("other", grade="A"))[1] is grade
    assert policy.promise(Of("other"))[1] is wide
    assert Policy(1, (wide, grade, kind)).promise(Of("sample", grade="A"))[1] is kind


def test_a_policy_says_what_is_wrong_with_it() -> None:
    assert POLICY_1.faults == {}
    wrong = Policy(1, (Promise("2x", soon=100, kind="a"), Promise("1h", kind="a", steps=(Step("4h"), Step("1h")))))
    assert sorted(wrong.faults) == [
        "promises",
        "promises[0].soon",
        "promises[0].within",
        "promises[1]",
        "promises[1].steps",
    ]


@pytest.mark.parametrize(
    ("kind", "direction", "reached", "automatic", "counts"),
    [
        ("call", "outbound", True, False, True),
        ("call", "inbound", True, False, True),
        ("call", "outbound", False, False, False),
        ("call", "outbound", None, False, False),
        ("email", "outbound", None, False, True),
        ("email", "outbound", None, True, False),
        ("email", "inbound", None, False, False),
        ("visit", "internal", None, False, True),
        ("note", "internal", None, False, False),
    ],
)
def test_only_what_reaches_the_customer_answers(
    kind: str, direction: str, reached: bool | None, automatic: bool, counts: bool
) -> None:
    assert stops(FAST.stops, kind, direction, reached, automatic) is counts


def test_each_step_is_told_once_in_order_with_its_own_time() -> None:
    one, told = fire(request(), later(2.5))
    assert [(due.step, due.at) for due in told] == [(0, later(2.01))]
    one, told = fire(one, later(3))
    assert [due.step for due in told] == [1]
    assert fire(one, later(3)) == (one, ())
    one, told = fire(one, later(60))
    assert [(name_of(due.step), due.at) for due in told] == [("escalated:1", later(4)), ("escalated:2", later(5))]
    assert one.next_at is None


def test_after_an_outage_it_is_not_said_that_it_will_be_due_soon() -> None:
    _, told = fire(request(), later(60))
    assert [name_of(due.step) for due in told] == ["breached", "escalated:1", "escalated:2"]


def test_an_answer_in_time_stops_the_clock() -> None:
    one, settled = settle(request(), [call(1, 2)], later(2))
    assert (settled.changed, settled.told, one.late, one.next_at) == ("answered", (), False, None)
    assert fire(one, later(60)) == (one, ())


def test_an_answer_after_the_time_is_late_and_the_breach_is_told_first() -> None:
    one, settled = settle(request(step=1), [call(1, 3.2)], later(3.3))
    assert (settled.changed, [due.step for due in settled.told], one.late) == ("answered", [1], True)


def test_an_answer_before_the_breach_that_becomes_known_later_takes_it_back() -> None:
    one, _ = fire(request(), later(4.5))
    one, settled = settle(one, [call(1, 2)], later(4.6))
    assert (settled.changed, settled.withdraws, one.late) == ("corrected", ("breached", "escalated:1"), False)
    one, settled = settle(one, [call(1, 2, "voided")], later(4.7))
    assert (settled.changed, one.next_at) == ("reopened", later(3))
    _, told = fire(one, later(4.8))
    assert [name_of(due.step) for due in told] == ["breached", "escalated:1"]


def test_what_was_before_the_request_is_no_answer_to_it() -> None:
    assert settle(request(), [call(1, -1)], later(1))[1].changed is None


def test_what_is_typed_a_day_late_waits_for_a_supervisor() -> None:
    day, hours30 = timedelta(hours=24), timedelta(hours=30)
    assert standing_of("person", NOON, NOON + day) == "counts"
    assert standing_of("person", NOON, NOON + hours30) == "waits"
    assert standing_of("machine", NOON, NOON + hours30) == "counts"
    assert settle(request(), [call(1, 1, "waits")], later(2))[1].changed is None


def test_the_second_holder_does_not_answer_for_the_first() -> None:
    timeline = [
        {"what": "captured", "at": NOON},
        {"what": "opened", "at": NOON, "team": "berlin"},
        {"what": "waits", "at": later(1), "reason": "absent"},
        {"what": "assigned", "at": later(10), "assignee": "anna"},
        {"what": "opened", "at": later(25), "released": "anna"},
        {"what": "assigned", "at": later(26), "assignee": "eva"},
    ]
    assert delay(turns(timeline), NOON, later(30), always()) == Delay(11, 19, 11, 19)
    assert delay(turns(timeline), later(-3600 * 24), NOON, BERLIN) == Delay(3 * 3600, 0, 24 * 3600, 0)
    assert [holder_at(turns(timeline), later(at)) for at in (0, 10, 25, 40)] == [None, "anna", None, "eva"]


MOMENTS = st.integers(-1, 8).map(lambda n: n / 2)
HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.just("tick")),
        st.tuples(st.just("knows"), st.integers(1, 4), MOMENTS),
        st.tuples(st.just("voids"), st.integers(1, 4)),
    ),
    max_size=14,
)


@given(HAPPENINGS, st.lists(st.integers(0, 2), min_size=14, max_size=14))
def test_in_any_order_it_tells_what_the_sorted_history_tells(happened: list[tuple], pauses: list[int]) -> None:
    one, known, now = request(), {}, 0.0
    stands: list[str] = []  # what was told and not taken back
    for what, pause in zip(happened, pauses, strict=False):
        now += pause / 2
        if what[0] == "knows" and what[1] not in known:
            known[what[1]] = call(what[1], min(what[2], now))
        elif what[0] == "voids" and what[1] in known:
            known[what[1]] = call(what[1], 0, "voided")
        one, settled = settle(one, known.values(), later(now))
        assert all(name in stands for name in settled.withdraws)
        stands = [name for name in stands if name not in settled.withdraws]
        one, told = fire(one, later(now))
        names = [name_of(due.step) for due in (*settled.told, *told) if due.step]
        assert not set(names) & set(stands)
        stands += names
        counting = [e.occurred_at for e in known.values() if e.standing == "counts" and e.occurred_at >= NOON]
        answered = min(counting, default=None)
        assert one.answered_at == answered
        came = [
            name_of(n) for n, at in enumerate(one.times) if n and at <= later(now) and (not answered or at < answered)
        ]
        assert stands == came
