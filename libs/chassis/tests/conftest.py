"""The toy service whole; tests import it by name, as a service's process would."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

sys.path.insert(0, str(Path(__file__).parent))

from toy.app import build

from chassis import Settings, telemetry
from chassis_testing import service_fixture

service = service_fixture(build, Settings)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What is recorded, in a provider of this test's own."""
    exporter = InMemorySpanExporter()
    monkeypatch.setattr(telemetry, "_provider", None)
    monkeypatch.setattr(telemetry, "_tracer", telemetry._tracer)
    telemetry.record_spans("toy", SimpleSpanProcessor(exporter))
    yield exporter
    telemetry._provider = None
