"""Trace headers: what is taken from a caller, and what is sampled."""

import asyncio

import pytest
from opentelemetry.sdk.trace import TracerProvider
from prometheus_client import Histogram

from chassis import telemetry

GOOD = f"00-{'a1' * 16}-{'b2' * 8}-01"


@pytest.mark.parametrize("flags", ["01", "03", "ff", "00", "02"])
def test_a_valid_header_is_taken_as_it_is(flags: str) -> None:
    given = GOOD[:-2] + flags
    assert telemetry.accepted_traceparent(given, 0) == given


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "rubbish",
        f"00-{'0' * 32}-{'b2' * 8}-01",
        f"00-{'a1' * 16}-{'0' * 16}-01",
        f"ff-{'a1' * 16}-{'b2' * 8}-01",
        f"00-{'A1' * 16}-{'b2' * 8}-01",
        f"00-0x{'a1' * 15}-{'b2' * 8}-01",
        f"00-{'a1' * 16}-{'b2' * 8}-1",
        f"00-{'a1' * 16}-{'b2' * 8}-01\0",
        f"00-{'a1' * 16}-{'b2' * 8}-01\n",
        f"00-{'_1' * 16}-{'b2' * 8}-01",
        GOOD + "-more",
    ],
)
def test_an_invalid_header_begins_a_new_trace(given: str | None) -> None:
    made = telemetry.accepted_traceparent(given, 1)
    assert made != given
    assert telemetry.accepted_traceparent(made, 0) == made
    assert telemetry.is_sampled(made)


@pytest.mark.parametrize(("flags", "sampled"), [("00", False), ("01", True), ("02", False), ("03", True), ("0b", True)])
def test_the_lowest_bit_says_whether_it_is_sampled(flags: str, sampled: bool) -> None:
    assert telemetry.is_sampled(GOOD[:-2] + flags) is sampled
    assert telemetry.is_sampled("") is False


def test_the_ratio_decides_which_new_traces_are_sampled() -> None:
    assert not any(telemetry.is_sampled(telemetry.new_traceparent(0)) for _ in range(200))
    assert all(telemetry.is_sampled(telemetry.new_traceparent(1)) for _ in range(200))
    some = sum(telemetry.is_sampled(telemetry.new_traceparent(0.5)) for _ in range(2000))
    assert 700 < some < 1300


def test_no_two_new_traces_are_the_same() -> None:
    assert len({telemetry.new_traceparent(0)[3:35] for _ in range(1000)}) == 1000


def test_many_values_at_once_are_told_as_if_each_was_told_alone() -> None:
    one, many = (Histogram("h", "h", registry=None, buckets=(0.1, 1, 10)) for _ in range(2))
    values = [0.05, 0.1, 0.11, 1.0, 10.0, 50.0, 0.2]
    for value in values:
        one.observe(value)
    telemetry.observe_all(many, values, {"trace_id": "a1"})
    [ours], [theirs] = many.collect(), one.collect()
    assert [(s.name, s.labels, s.value) for s in ours.samples if s.name != "h_created"] == [
        (s.name, s.labels, s.value) for s in theirs.samples if s.name != "h_created"
    ]
    [bucket] = [s for s in ours.samples if s.exemplar]
    assert bucket.exemplar is not None
    assert (bucket.labels, bucket.exemplar.labels) == ({"le": "1.0"}, {"trace_id": "a1"})


async def test_two_deliveries_of_one_trace_at_once_keep_their_own_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two services of one process, or two lanes of one service: the one that ends first takes nothing from the other."""
    monkeypatch.setattr(telemetry, "_provider", made := TracerProvider())
    monkeypatch.setattr(telemetry, "_tracer", made.get_tracer("test"))
    other = f"{GOOD[:36]}{'c3' * 8}-01"
    both_in, one_out = asyncio.Barrier(2), asyncio.Event()

    async def first() -> set[str]:
        with telemetry.delivery_span("deliver", "first", [("process", GOOD, {}), ("process", other, {})], 2):
            await both_in.wait()
            spans = {telemetry.child_of(GOOD), telemetry.child_of(other)}
        one_out.set()
        return spans

    async def second() -> set[str]:
        with telemetry.delivery_span("deliver", "second", [("process", GOOD, {})], 1):
            await both_in.wait()
            await one_out.wait()
            return {telemetry.child_of(GOOD)}

    ours, theirs = await asyncio.gather(first(), second())
    assert len(ours | theirs) == 3
    assert not (ours | theirs) & {GOOD, other}
    assert telemetry.child_of(GOOD) == GOOD
