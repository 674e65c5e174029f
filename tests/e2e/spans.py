"""A collector of spans: the services send them here as they would send them to any OTLP collector."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tributary.spans import Kept, spans_of


@dataclass(frozen=True)
class Span:
    """One span as it came."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    links: frozenset[tuple[str, str]]
    text: str = field(repr=False)


class Collector:
    """Listens on a free port of 127.0.0.1 until closed."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.kept: list[Kept] = []  # the same, as `make trace` knows them
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self._take))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """What OTEL_EXPORTER_OTLP_ENDPOINT says."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def _take(self, body: bytes) -> None:
        self.spans.extend(_spans(ExportTraceServiceRequest.FromString(body)))
        self.kept.extend(spans_of(body))

    def of(self, trace: str) -> dict[str, Span]:
        """The spans of one trace by id."""
        return {span.id: span for span in list(self.spans) if span.trace == trace}

    def close(self) -> None:
        """Listens no more."""
        self._server.shutdown()
        self._server.server_close()


def _handler(take: Callable[[bytes], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            take(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler


def _spans(told: ExportTraceServiceRequest) -> Iterable[Span]:
    for resource in told.resource_spans:
        service = next((a.value.string_value for a in resource.resource.attributes if a.key == "service.name"), "")
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Span(
                    service,
                    span.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    {a.key: a.value.string_value or a.value.int_value for a in span.attributes},
                    frozenset((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
                    str(span),
                )
