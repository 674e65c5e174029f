"""Traces, telemetry numbers and logs. One module holds every name.

A span is made only for a trace that is sampled: the decision is taken once, at the door, and travels in ``traceparent``.
An unsampled lead costs a few bytes of header and no span (an unrecorded SDK span would cost as much as the batched handler).
"""

import logging
import re
import sys
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from random import getrandbits
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from chassis.errors import trace_of

# structlog draws consoles with rich where that is installed. A service writes JSON: it goes without, and saves 4 MB.
_RICH = sys.modules.get("rich")
sys.modules["rich"] = _RICH  # type: ignore[assignment]
try:
    import structlog
finally:
    if _RICH is None:
        del sys.modules["rich"]

REGISTRY = CollectorRegistry()
EVENTS = Counter("events", "Events heard, by what became of them.", ["type", "outcome"], registry=REGISTRY)
PARKED = Counter("parked_events", "Events parked, by cause.", ["cause"], registry=REGISTRY)
PARKED_WAITING = Gauge("parked_waiting", "Events parked, not replayed and not discarded.", registry=REGISTRY)
PARKED_OLDEST = Gauge("parked_oldest_seconds", "Age of the oldest of them.", registry=REGISTRY)
PARKED_SUSPECT = Gauge("parked_suspect", "Those of them that their owner may not have said.", registry=REGISTRY)
BUILD = Gauge("build_info", "Which build this is: 1.", ["service", "version", "contracts"], registry=REGISTRY)
HELD = Counter(
    "held_deliveries", "Deliveries rolled back and to be tried again, by cause.", ["cause"], registry=REGISTRY
)
GAPS = Counter(
    "sequence_gaps", "Gaps seen in a sequence: loss, or a rewind that is under way.", ["topic"], registry=REGISTRY
)
GAPS_OPEN = Gauge("sequence_gaps_open", "Partitions that wait before a gap.", ["topic"], registry=REGISTRY)
LAG_RECORDS = Gauge(
    "lag_records", "Records on the topic that are still to be handled here.", ["topic"], registry=REGISTRY
)
LAG = Gauge("lag_seconds", "For how long at most the oldest of them has been waiting.", ["topic"], registry=REGISTRY)
AGE = Histogram(
    "event_age_seconds",
    "From the moment an event was said to the commit of its effect here, for each event.",
    ["topic"],
    registry=REGISTRY,
    buckets=(0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 10, 60, 600),
)
BATCH = Histogram(
    "delivery_records", "Records in one delivery.", registry=REGISTRY, buckets=(1, 3, 10, 30, 100, 300, 1000, 2000)
)
DELIVERY = Histogram(
    "delivery_seconds",
    "One delivery, decoded, decided and committed.",
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.3, 1, 5),
)
OUTBOX_ROWS = Gauge("outbox_rows", "Events said and not yet acknowledged by the broker.", registry=REGISTRY)
OUTBOX_AGE = Gauge("outbox_oldest_seconds", "Age of the oldest event not yet acknowledged.", registry=REGISTRY)
SENT = Counter("sent_events", "Events the broker acknowledged.", ["topic"], registry=REGISTRY)
VIOLATIONS = Counter(
    "access_violations", "Statements of a door to which its role had no right: each is a bug.", registry=REGISTRY
)
JOB_ROWS_FAILED = Counter("job_rows_failed", "Due rows that failed alone and stay due.", ["job"], registry=REGISTRY)
JOB_FAILURES = Counter("job_failures", "Turns of a job that failed.", ["job"], registry=REGISTRY)
RELAY_RESTARTS = Counter("relay_restarts", "Times the relay threw its connection and producer away.", registry=REGISTRY)
DOOR = Histogram(
    "http_request_duration_seconds",
    "Requests by door and answer; streams are not among them.",
    ["method", "route", "status"],
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)
ACCESS_LEVEL_AGE = Gauge(
    "access_level_age_seconds", "Since this replica last knew all that is said of who may see what.", registry=REGISTRY
)
ACCESS_UNREADABLE = Gauge("access_unreadable", "Records of who may see what that can't be read.", registry=REGISTRY)
ACCESS_CHANGE_AGE = Histogram(
    "access_change_age_seconds",
    "From the moment a change of access was said to its effect here.",
    registry=REGISTRY,
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 5, 15),
)
READY = Gauge("ready", "1 when this replica is ready.", registry=REGISTRY)
POOL = Gauge("database_connections", "Connections that a pool may have.", ["pool"], registry=REGISTRY)
POOL_USED = Gauge("database_connections_used", "Those of them at work.", ["pool"], registry=REGISTRY)
POOL_WAITING = Gauge("database_waiting", "Who waits for a connection of the pool.", ["pool"], registry=REGISTRY)
LOOP_LAG = Histogram(
    "event_loop_lag_seconds",
    "How much later than asked for the event loop woke a task up.",
    registry=REGISTRY,
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
)

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_ODD = frozenset("13579bdf")

_provider: TracerProvider | None = None
_tracer: trace.Tracer = trace.NoOpTracer()


def setup(service: str, instance: str, otlp_endpoint: str, log_level: str) -> None:
    """JSON logs to stdout and, where an endpoint is given, spans to a collector."""
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        _trace_ids,
        structlog.processors.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_values,
    ]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=processors,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(log_level)
    for noisy in (
        "aiokafka",
        "aiokafka.conn",
        "aiokafka.consumer",
        "aiokafka.cluster",
        "uvicorn.access",
        "faststream",
        "httpx",
    ):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    structlog.configure(
        processors=[*processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service, instance=instance)
    if otlp_endpoint:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        record_spans(service, BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{otlp_endpoint.rstrip('/')}/v1/traces")))


def record_spans(service: str, processor: SpanProcessor) -> None:
    """Sends sampled spans to the processor; tests give an in-memory exporter."""
    global _provider, _tracer
    if _provider is None:
        _provider = TracerProvider(resource=Resource.create({"service.name": service}))
        _tracer = _provider.get_tracer("tributary")
    _provider.add_span_processor(processor)


def flush() -> None:
    """Sends what is still buffered."""
    if _provider is not None:
        _provider.force_flush(2000)


def log(name: str) -> Any:
    """A structured logger. Ids and counts only: personal data is in no line."""
    return structlog.stdlib.get_logger(name)


def _trace_ids(_: Any, __: str, line: Any) -> Any:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        line["trace_id"], line["span_id"] = f"{context.trace_id:032x}", f"{context.span_id:016x}"
    return line


def _without_values(_: Any, __: str, line: Any) -> Any:
    """An error's place instead of its text, also where a library logs it: the text may hold what somebody sent."""
    found = line.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        line["exception"] = trace_of(error)
    if line.get("logger") == "asyncio":  # it writes tasks and their errors out
        line["event"] = str(line["event"]).partition("\n")[0].partition("(")[0].partition("<")[0].strip()
    return line


def new_traceparent(ratio: float) -> str:
    """The start of a trace, sampled with this probability (W3C Trace Context)."""
    drawn = f"{getrandbits(224):056x}"  # a name and no secret
    sampled = int(drawn[48:], 16) < ratio * 0x1_0000_0000
    return f"00-{drawn[:32]}-{drawn[32:48]}-{'01' if sampled else '00'}"


def accepted_traceparent(given: str | None, ratio: float) -> str:
    """The caller's trace where it sent a valid one, else a new one."""
    return given if given and _TRACEPARENT.fullmatch(given) else new_traceparent(ratio)


def _context(traceparent: str) -> SpanContext | None:
    if not _TRACEPARENT.fullmatch(traceparent):
        return None
    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(int(trace_id, 16), int(span_id, 16), True, TraceFlags(int(flags, 16)))


def is_sampled(traceparent: str) -> bool:
    """True when spans are to be made for this trace: the lowest bit of the flags, whatever the others say."""
    return traceparent[-1:] in _ODD


# The spans of one delivery's messages, by the header each came with. Of its task alone: two services, or two lanes, of one
# process may have the same trace at work.
_active: ContextVar[Mapping[str, str] | None] = ContextVar("active", default=None)


def child_of(traceparent: str) -> str:
    """The header to send on: the active span of the message that came with this one, or the header as it came."""
    return active.get(traceparent, traceparent) if (active := _active.get()) else traceparent


def current_traceparent() -> str:
    """The header of the span that is active now, or the start of an unsampled trace."""
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"
    return new_traceparent(0)


class _Unrecorded:
    """The span of a trace that is not sampled: it costs next to nothing and hands the header on."""

    __slots__ = ("traceparent",)

    def __init__(self, traceparent: str) -> None:
        self.traceparent = traceparent

    def __enter__(self) -> str:
        return self.traceparent

    def __exit__(self, *_: object) -> None:
        return None


def span(
    name: str, traceparent: str, kind: SpanKind = SpanKind.INTERNAL, **attributes: Any
) -> AbstractContextManager[str]:
    """A span under ``traceparent``, if that trace is sampled. Gives the header that children continue from."""
    if _provider is None or not is_sampled(traceparent) or (parent := _context(traceparent)) is None:
        return _Unrecorded(traceparent)
    return _recorded(name, parent, kind, attributes)


@contextmanager
def _recorded(name: str, parent: SpanContext, kind: SpanKind, attributes: dict[str, Any]) -> Iterator[str]:
    context = set_span_in_context(NonRecordingSpan(parent))
    with _current(name, context, kind, attributes=attributes) as made:
        mine = made.get_span_context()
        yield f"00-{mine.trace_id:032x}-{mine.span_id:016x}-01"


@contextmanager
def _current(name: str, context: Context | None, kind: SpanKind, **more: Any) -> Iterator[Span]:
    """A span that says that it failed and with which type of error: the SDK's own record would hold the error's text."""
    with _tracer.start_as_current_span(
        name, context, kind, record_exception=False, set_status_on_exception=False, **more
    ) as made:
        try:
            yield made
        except Exception as error:
            made.set_status(StatusCode.ERROR, type(error).__name__)
            raise


def rename(name: str) -> None:
    """Names the span that is active now by what is known only at its end."""
    trace.get_current_span().update_name(name)


@contextmanager
def delivery_span(name: str, group: str, messages: list[tuple[str, str, dict[str, Any]]], count: int) -> Iterator[None]:
    """One batch: a span of its own with links to its sampled messages, and one span per sampled message in its own trace.

    ``messages`` is (name, traceparent, attributes) of the sampled ones among ``count``. Links are capped at 128 by the SDK,
    so the true count is an attribute.
    Needed because no open viewer walks a link from producer to consumer: with links alone a lead's trace would end here.
    """
    sampled = [(n, t, a) for n, t, a in messages if is_sampled(t)] if _provider is not None else []
    contexts = [(n, t, a, c) for n, t, a in sampled if (c := _context(t))]
    if not contexts:
        yield
        return
    links = [Link(c) for *_, c in contexts[:128]]
    batch: dict[str, Any] = {
        "messaging.batch.message_count": count,
        "messaging.consumer.group.name": group,
        "links.total": len(contexts),
    }
    with _current(name, None, SpanKind.CONSUMER, attributes=batch, links=links) as whole:
        children, active = [], {}
        for child_name, traceparent, attributes, context in contexts:
            child = _tracer.start_span(
                child_name,
                set_span_in_context(NonRecordingSpan(context)),
                SpanKind.CONSUMER,
                attributes={**attributes, "messaging.consumer.group.name": group, "messaging.system": "kafka"},
                links=[Link(whole.get_span_context())],
            )
            mine = child.get_span_context()
            active[traceparent] = f"00-{mine.trace_id:032x}-{mine.span_id:016x}-01"
            children.append(child)
        before = _active.set(active)
        try:
            yield
        finally:
            _active.reset(before)
            for child in children:
                child.end()


def observe_all(histogram: Any, values: Sequence[float], exemplar: dict[str, str] | None = None) -> None:
    """Many values at once, at a fraction of what ``observe`` takes for each. The exemplar is of the last one. The buckets are
    private fields of the client library: a test looks."""
    bounds, counts = histogram._upper_bounds, [0] * len(histogram._upper_bounds)
    for value in values[:-1]:
        counts[bisect_left(bounds, value)] += 1
    for bucket, count in zip(histogram._buckets, counts, strict=True):
        if count:
            bucket.inc(count)
    histogram._sum.inc(sum(values[:-1]))
    histogram.observe(values[-1], exemplar)


def trace_id_of(traceparent: str) -> str:
    """The trace id as logs and exemplars show it."""
    return traceparent[3:35]


def age_of(at: datetime) -> float:
    """Seconds since then, never negative."""
    return max(0.0, (datetime.now(UTC) - at).total_seconds())
