"""One trace from the record that came in to the record that goes out."""

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import format_span_id, format_trace_id
from toy.facts import planned

from chassis import outbox
from chassis_testing import ServiceUnderTest
from contracts.campaigns.ledger import LEDGER

TRACE, SPAN = "a" * 32, "b" * 16
SAMPLED = f"00-{TRACE}-{SPAN}-01"


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [s for s in spans.get_finished_spans() if s.name == name]


def header(rows: list[tuple[str, bytes]]) -> str:
    return dict(rows)["traceparent"].decode()


async def test_one_trace_goes_from_the_record_heard_to_the_headers_of_the_record_said(
    service: ServiceUnderTest, spans: InMemorySpanExporter
) -> None:
    await service.receives_raw(service.record(planned("a"), traceparent=SAMPLED))
    [process] = named(spans, "process campaigns.campaign")
    assert format_trace_id(process.context.trace_id) == TRACE
    assert process.parent is not None
    assert format_span_id(process.parent.span_id) == SPAN
    [row] = await service.sql("select * from outbox")
    emitted = header(outbox.headers_of(row, b"toy/1"))
    assert emitted == f"00-{TRACE}-{format_span_id(process.context.span_id)}-01"


async def test_the_batch_has_a_span_of_its_own_that_links_its_messages(
    service: ServiceUnderTest, spans: InMemorySpanExporter
) -> None:
    other = f"00-{'c' * 32}-{'d' * 16}-01"
    await service.receives_raw(
        service.record(planned("a"), traceparent=SAMPLED),
        service.record(planned("b"), traceparent=other),
        service.record(planned("c")),
    )
    [batch] = named(spans, "process toy")
    assert {format_trace_id(link.context.trace_id) for link in batch.links} == {TRACE, "c" * 32}
    assert batch.attributes is not None
    assert batch.attributes["messaging.batch.message_count"] == 3
    assert batch.attributes["links.total"] == 2


async def test_links_end_at_128_and_the_true_count_is_told(
    service: ServiceUnderTest, spans: InMemorySpanExporter
) -> None:
    records = [service.record(planned(f"c{n}"), traceparent=f"00-{n:032x}-{SPAN}-01") for n in range(1, 151)]
    await service.receives_raw(*records)
    [batch] = named(spans, "process toy")
    assert batch.attributes is not None
    assert (len(batch.links), batch.attributes["links.total"]) == (128, 150)
    assert len(named(spans, "process campaigns.campaign")) == 150


async def test_an_unsampled_trace_travels_on_without_a_span(
    service: ServiceUnderTest, spans: InMemorySpanExporter
) -> None:
    await service.receives_raw(service.record(planned("a"), traceparent=f"00-{TRACE}-{SPAN}-00"))
    assert spans.get_finished_spans() == ()
    [row] = await service.sql("select traceparent from outbox")
    assert row["traceparent"] == f"00-{TRACE}-{SPAN}-00"


async def test_a_request_begins_a_trace_or_goes_on_with_the_callers(
    service: ServiceUnderTest, spans: InMemorySpanExporter
) -> None:
    await service.http.post("/v1/notes", json={"key": "a"}, headers={"traceparent": SAMPLED})
    [door] = named(spans, "POST /v1/notes")
    assert door.parent is not None
    assert (format_trace_id(door.context.trace_id), format_span_id(door.parent.span_id)) == (TRACE, SPAN)
    service.service.settings.trace_ratio = 0
    await service.http.post("/v1/notes", json={"key": "b"}, headers={"traceparent": f"00-{'0' * 32}-{SPAN}-01"})
    first, second = [r["traceparent"] for r in await service.sql("select traceparent from outbox order by id")]
    assert first == f"00-{TRACE}-{format_span_id(door.context.span_id)}-01"
    assert second.split("-")[1] not in (TRACE, "0" * 32)
    assert second.endswith("-00")


async def test_a_said_event_names_what_caused_it(service: ServiceUnderTest) -> None:
    record = service.record(planned("a"))
    await service.receives_raw(record)
    [row] = await service.sql("select * from outbox")
    headers = dict(outbox.headers_of(row, b"toy/1"))
    assert headers["causationid"] == dict(record.headers)["ce_id"]
    assert headers["correlationid"] == b"a"
    assert (headers["ce_type"], headers["ce_specversion"]) == (b"campaigns.ledger.posted.v1", b"1.0")
    assert (headers["source"], headers["seq"]) == (b"toy/1", b"1")
    assert int(headers["shard"]) in range(LEDGER.partitions)
