"""The spans of the services come to a file as any collector would get them, and one lead's are told as its way."""

import urllib.error
import urllib.request
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from typer.testing import CliRunner

from tributary import cli, spans
from tributary.spans import ENDPOINT, Collector, Kept, folder, read
from tributary.trace_command import collected, hops, longest, traces_of, waterfall

MS = 1_000_000
LEAD = "0199c0de-0000-7000-8000-000000000001"


def span(
    name: str, start: int, end: int, *, at: str = "leads", parent: str = "", key: str = "", trace: str = "a" * 32
) -> Kept:
    return Kept(trace, name, parent, at, name, start * MS, end * MS, False, key)


# The door answers at 12, the relay takes the event up 8 later, territory hears it 30 after it was sent.
WAY = [
    span("POST /v1/leads", 0, 12),
    span("send leads.intake", 2, 10, parent="POST /v1/leads"),
    span("process captured", 15, 20, parent="send leads.intake", key=LEAD),
    span("send leads.lead", 28, 29, parent="process captured"),
    span("process qualified", 59, 64, at="territory", parent="send leads.lead", key=LEAD),
]


def test_a_hop_waits_from_the_end_of_who_said_it_and_within_his_work_not_at_all() -> None:
    assert [(hop.span.name, hop.depth, hop.waited // MS) for hop in hops(WAY)] == [
        ("POST /v1/leads", 0, 0),
        ("send leads.intake", 1, 0),
        ("process captured", 2, 5),
        ("send leads.lead", 3, 8),
        ("process qualified", 4, 30),
    ]
    assert longest(hops(WAY)) == (64 * MS, 43 * MS)


def test_a_lead_is_found_by_its_events_and_a_trace_by_its_id_and_nothing_else_is() -> None:
    other = span("POST /v1/leads", 5, 6, trace="b" * 32)
    later = span("process closed", 90, 91, key=LEAD, trace="c" * 32)
    assert traces_of(LEAD, [later, other, *WAY]) == [WAY, [later]]
    assert traces_of("b" * 32, [other, *WAY]) == [[other]]
    assert traces_of("nobody", [other, *WAY]) == []
    assert traces_of("", [other, *WAY]) == []


def test_what_came_without_its_parent_begins_anew_and_nothing_is_left_out() -> None:
    assert [hop.span for hop in hops(WAY[2:])] == WAY[2:]
    assert hops(WAY[2:])[0].waited == 0


def test_a_line_says_who_waited_how_long_and_where_in_time() -> None:
    head, _, *lines = waterfall(WAY)
    assert head == f"trace {'a' * 32}: 64.0 ms, 43.0 of them between what was said and who took it up"
    assert lines[-1].split()[:3] == ["territory", "30.0", "5.0"]
    assert lines[-1].endswith("process qualified")
    bars = [line.find("█") for line in lines]
    assert bars == sorted(bars)
    assert bars[0] < bars[-1]


@pytest.fixture
def collector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Collector:
    monkeypatch.delenv(ENDPOINT, raising=False)
    return Collector(tmp_path)


def test_what_a_service_sends_is_kept(tmp_path: Path, collector: Collector) -> None:
    with collector:
        provider = TracerProvider(resource=Resource.create({"service.name": "leads"}))
        exporter = OTLPSpanExporter(endpoint=f"{collector.told()[ENDPOINT]}/v1/traces")
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        with provider.get_tracer("test").start_as_current_span(
            "process captured", attributes={spans.KEY: LEAD, spans.EVENT: "lead.captured"}
        ) as sent:
            named = sent.get_span_context()
        provider.shutdown()
    (kept,) = read(tmp_path)
    assert (kept.trace, kept.span) == (f"{named.trace_id:032x}", f"{named.span_id:016x}")
    assert (kept.service, kept.name, kept.key, kept.event) == ("leads", "process captured", LEAD, "lead.captured")
    assert (kept.parent, kept.failed) == ("", False)
    assert 0 < kept.start <= kept.end
    assert [file.name for file in folder(tmp_path).iterdir()] == ["leads.jsonl"]


@pytest.mark.parametrize(("path", "body", "status"), [("/v1/traces", b"no span", 400), ("/v1/logs", b"x", 404)])
def test_what_is_no_span_is_refused_and_kept_nowhere(
    tmp_path: Path, collector: Collector, path: str, body: bytes, status: int
) -> None:
    with collector, pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(collector.told()[ENDPOINT] + path, body, timeout=5)
    assert refused.value.code == status
    assert read(tmp_path) == []


def test_who_has_a_collector_keeps_it(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINT, "http://jaeger:4318")
    with collector:
        assert collector.told() == {}


def test_a_full_file_becomes_the_former_one(
    tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spans, "KEPT", 100)
    with collector:
        for one in WAY[:4]:
            collector.keep(iter([one]))
    assert sorted(file.name for file in folder(tmp_path).iterdir()) == ["leads.former.jsonl", "leads.jsonl"]
    assert {one.name for one in read(tmp_path)} == {"send leads.lead", "process captured"}


def test_the_command_shows_the_way_or_says_how_to_get_one(
    tmp_path: Path, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIBUTARY_STATE", str(tmp_path))
    with collector:
        collector.keep(iter(WAY))
    shown = CliRunner().invoke(cli.app, ["trace", LEAD])
    assert shown.exit_code == 0
    assert "process qualified" in shown.output
    missing = CliRunner().invoke(cli.app, ["trace", "nobody"])
    assert missing.exit_code == 1
    assert "traceparent" in missing.output
    assert "--machine web-form" in missing.output, "a machine that may put leads in"


def test_while_a_stack_runs_the_last_spans_are_waited_for_and_nobody_waits_for_what_does_not_come(
    tmp_path: Path, collector: Collector
) -> None:
    now, left = [1.0], [WAY[:2], WAY[2:]]

    def sleep(seconds: float) -> None:
        now[0] += seconds
        if left:
            collector.keep(iter(left.pop(0)))

    def seen(lead: str) -> list[int]:
        return [len(way) for way in collected(lead, tmp_path, lambda: now[0], sleep)]

    with collector:
        assert seen(LEAD) == [], "where nothing runs nothing more comes"
        (tmp_path / "stack.json").touch()
        assert seen(LEAD) == [len(WAY)]
        began = now[0]
        assert (seen(LEAD), now[0]) == ([len(WAY)], began), "they came long ago"
        assert seen("nobody") == []
        assert now[0] < began + 10
