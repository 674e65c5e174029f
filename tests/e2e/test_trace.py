"""One trace from the POST to the KPI row, over four processes, as an OTLP collector gets it."""

import pytest
from spans import Collector, Span
from stage import SAMPLED, Stage, a_lead, mark
from stream import Watcher
from test_journeys import a_spend
from waiting import until

from tributary.trace_command import hops, longest, traces_of

pytestmark = pytest.mark.xdist_group("stack")
CALLER = SAMPLED.rsplit("-", 2)[1]


def path_to(span: Span, spans: dict[str, Span]) -> list[str]:
    """From the caller to this span, each the parent of the next."""
    path: list[str] = []
    while True:
        path.insert(0, f"{span.service}: {span.name}")
        if span.parent == CALLER:
            return path
        assert span.parent in spans, f"the chain breaks above {path}"
        span = spans[span.parent]


def paths(collector: Collector, trace: str) -> set[tuple[str, ...]]:
    """The way to every span of a trace; empty while a parent is still on its way to the collector."""
    spans = collector.of(trace)
    if any(s.parent not in spans and s.parent != CALLER for s in spans.values()):
        return set()
    return {tuple(path_to(span, spans)) for span in spans.values()}


DOOR = ("leads: POST /v1/leads", "leads: send leads.intake", "leads: process leads.intake", "leads: send leads.lead")
ROUTED = (*DOOR, "territory: process leads.lead", "territory: send territory.lead")
LEAD = {
    (*DOOR, "metrics: process leads.lead"),
    (*ROUTED, "leads: process territory.lead", "leads: send leads.lead"),
    (*ROUTED, "metrics: process territory.lead"),
}
SPEND = {
    (
        "campaigns: POST /v1/spend",
        "campaigns: send campaigns.spend",
        "campaigns: process campaigns.spend",
        "campaigns: send campaigns.ledger",
        "metrics: process campaigns.ledger",
    )
}


def test_a_lead_is_one_trace_from_the_form_through_every_topic_to_the_number(
    stage: Stage, collector: Collector, trace: str
) -> None:
    channel = mark("channel")
    lead_id = stage.submit(a_lead(channel=channel), traceparent=SAMPLED.format(trace=trace))
    stage.counted("channel", channel, assigned=1)
    until("every way is there", lambda: paths(collector, trace) >= LEAD)

    (way,) = traces_of(lead_id, list(collector.kept))
    told = hops(way)
    assert {hop.span.span for hop in told} == set(collector.of(trace))
    assert told[0].span.name == "POST /v1/leads"
    whole, waited = longest(told)
    assert 0 < waited < whole
    assert all(hop.waited > 0 for hop in told if hop.span.name == "process territory.lead"), "it came by Kafka"

    processed = [s for s in collector.of(trace).values() if s.name.startswith("process ")]
    assert {s.attributes["tributary.key"] for s in processed} == {lead_id}
    batches = [s for s in collector.spans if s.name in ("process leads", "process territory", "process metrics")]
    assert {b.trace for b in batches} & {trace} == set(), "a batch serves many traces and belongs to none"
    linked = {link for batch in batches for link in batch.links}
    assert {(trace, s.parent) for s in processed} <= linked
    assert all(any(b.id == span for b in batches for _, span in s.links) for s in processed)


FRAMES = {(*DOOR, "metrics: frame"), (*ROUTED, "metrics: frame")}


def test_a_traced_lead_ends_in_the_frame_that_shows_it(stage: Stage, collector: Collector, trace: str) -> None:
    channel = mark("channel")
    with Watcher(stage.url("metrics"), stage.stack.token, "channel") as reader:
        lead_id = stage.submit(a_lead(channel=channel), traceparent=SAMPLED.format(trace=trace))
        until("the frame shows it", lambda: reader.row(channel).get("assigned") == 1)
        until("every way is there", lambda: paths(collector, trace) >= LEAD | FRAMES)
    frames = [span for span in collector.of(trace).values() if span.name == "frame"]
    assert {span.attributes["tributary.key"] for span in frames} == {lead_id}


def test_a_spend_is_one_trace_from_the_door_to_the_cost(stage: Stage, collector: Collector, trace: str) -> None:
    campaign = mark("campaign")
    stage.plan(campaign, mark("channel"))
    headers = {"traceparent": SAMPLED.format(trace=trace)}
    assert stage.post("campaigns", "/v1/spend", json={"spend": [a_spend(campaign, 700)]}, headers=headers).is_success
    stage.counted("campaign", campaign, spend={"EUR": 700})
    until("the way is there", lambda: paths(collector, trace) >= SPEND)


def test_an_unsampled_lead_leaves_its_trace_id_on_every_event_and_no_span(
    stage: Stage, collector: Collector, trace: str
) -> None:
    lead_id = stage.submit(a_lead(), traceparent=SAMPLED.format(trace=trace)[:-1] + "0")
    stage.lead(lead_id)
    records = stage.topic("leads.intake", "leads.lead", "territory.lead")
    parents = [r.headers["traceparent"] for r in records if r.key.decode() == lead_id]
    assert len(parents) >= 5
    assert {p.split(b"-")[1].decode() for p in parents} == {trace}
    assert collector.of(trace) == {}
