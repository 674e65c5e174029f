"""The spans that the local stack collects: the services send them as to any collector, and they are kept as JSON lines."""

import contextlib
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
LARGEST = 4 * 1024 * 1024  # bytes of one request
KEPT = 64 * 1024 * 1024  # bytes of a service's file; when it is full it becomes the former one, and the former one goes
KEY, EVENT = "tributary.key", "cloudevents.event_type"


@dataclass(frozen=True)
class Kept:
    """One span. Times are nanoseconds of the epoch; ``parent`` is empty where a trace begins; ``event`` and ``key`` say which event
    it handled, and what that is about."""

    trace: str
    span: str
    parent: str
    service: str
    name: str
    start: int
    end: int
    failed: bool = False
    key: str = ""
    event: str = ""


def spans_of(body: bytes) -> Iterator[Kept]:
    """The spans of one OTLP request. Raises ``DecodeError`` where it is none."""
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = _attribute(resource.resource.attributes, "service.name")
        for span in (span for scope in resource.scope_spans for span in scope.spans):
            yield Kept(
                span.trace_id.hex(),
                span.span_id.hex(),
                span.parent_span_id.hex(),
                service,
                span.name,
                span.start_time_unix_nano,
                span.end_time_unix_nano,
                span.status.code == span.status.STATUS_CODE_ERROR,
                _attribute(span.attributes, KEY),
                _attribute(span.attributes, EVENT),
            )


def _attribute(attributes: Any, name: str) -> str:
    return next((one.value.string_value for one in attributes if one.key == name), "")


def read(home: Path) -> list[Kept]:
    """Every span that is kept there. The last line may be half written: it is one that nobody waits for."""
    found = []
    for file in sorted(folder(home).glob("*.jsonl")):
        for line in file.read_text().splitlines():
            with contextlib.suppress(json.JSONDecodeError):
                found.append(Kept(**json.loads(line)))
    return found


def folder(home: Path) -> Path:
    """Where a stack keeps its spans."""
    return home / "spans"


class Collector:
    """Takes spans at an address of this machine, and keeps them in a file for each service."""

    def __init__(self, home: Path) -> None:
        self._folder, self._writing = folder(home), threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="spans", daemon=True)

    def told(self) -> dict[str, str]:
        """What the services are told: this address, unless somebody has named a collector of his own."""
        return {} if os.environ.get(ENDPOINT) else {ENDPOINT: f"http://127.0.0.1:{self._server.server_port}"}

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def keep(self, spans: Iterator[Kept]) -> None:
        """Adds them to their services' files."""
        lines: dict[str, list[str]] = {}
        for span in spans:
            name = span.service if span.service.isidentifier() else "other"
            lines.setdefault(name, []).append(json.dumps(asdict(span), separators=(",", ":")) + "\n")
        with self._writing:
            for service, some in lines.items():
                file = self._folder / f"{service}.jsonl"
                if file.exists() and file.stat().st_size > KEPT:
                    file.replace(self._folder / f"{service}.former.jsonl")
                with file.open("a") as out:
                    out.write("".join(some))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                if self.path != "/v1/traces" or not 0 < length <= LARGEST:
                    self.send_error(404 if self.path != "/v1/traces" else 413)
                    return
                try:
                    collector.keep(spans_of(self.rfile.read(length)))
                except DecodeError:
                    self.send_error(400)
                    return
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing: the stack's screen is for people."""

        return Handler
