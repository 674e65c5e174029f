"""What is traced and counted, until a frame shows it: the last span of a trace. Of this process alone, and of nothing that matters."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from opentelemetry.trace import SpanKind

from chassis import EventMetadata, telemetry

WAITING = "traces that wait for a frame"
MOST, LONGEST = 1000, timedelta(seconds=30)  # without a reader there is no frame


class Traced(NamedTuple):
    """An event that is counted: numbers as of ``at`` on its topic hold it."""

    topic: str
    at: datetime
    traceparent: str
    key: str


def remember(process_cache: dict[Any, Any], counted: Iterable[EventMetadata], now: datetime) -> None:
    """Events that are counted now."""
    for metadata in counted:
        if telemetry.is_sampled(metadata.traceparent):
            waiting = process_cache.setdefault(WAITING, deque(maxlen=MOST))
            waiting.append(Traced(metadata.topic, min(metadata.at, now), metadata.traceparent, metadata.key.decode()))


def show(process_cache: dict[Any, Any], as_of: Mapping[str, datetime], now: datetime) -> None:
    """A frame was handed out with the numbers as of these moments: it ends the way of what they hold."""
    waiting: deque[Traced] | None = process_cache.get(WAITING)
    for _ in range(len(waiting or ())):
        assert waiting is not None
        one = waiting.popleft()
        if one.topic in as_of and as_of[one.topic] >= one.at:
            with telemetry.span("frame", one.traceparent, SpanKind.INTERNAL, **{"tributary.key": one.key}):
                pass
        elif now - one.at < LONGEST:
            waiting.append(one)
