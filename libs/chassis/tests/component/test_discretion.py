"""No error says what somebody sent: not in a log line, a span, the detail of what is parked, or a problem document."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from toy.facts import planned

from chassis import Job, Transaction, parking, telemetry
from chassis.consumer import Held
from chassis.jobs import run_forever
from chassis_testing import ServiceUnderTest

CANARY = "erika.mustermann@example.com"
SAMPLED = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """What a process would have written, set up as a process sets it up."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    telemetry.setup("toy", "test", "", "DEBUG")
    assert isinstance(root.handlers[0], logging.StreamHandler)
    root.handlers[0].setStream(written)
    yield written
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


WAYS = ("fails", "fails at once", "breaks", "is no number", "\0")


@pytest.mark.parametrize("way", WAYS)
async def test_an_event_that_fails_leaves_no_value_behind(
    service: ServiceUnderTest, spans: InMemorySpanExporter, logs: io.StringIO, way: str
) -> None:
    service.service.consumer.log = telemetry.log("consumer")
    await service.receives_raw(service.record(planned("a", f"{way} {CANARY}"), traceparent=SAMPLED))
    [row] = await service.parked()
    assert CANARY not in row["detail"] + row["cause"] + json.dumps(row["headers"])
    assert "splitting" in logs.getvalue()
    assert CANARY not in logs.getvalue()
    assert spans.get_finished_spans()
    assert all(CANARY not in s.to_json() for s in spans.get_finished_spans())


async def test_a_delivery_that_is_held_leaves_no_value_behind(
    service: ServiceUnderTest, spans: InMemorySpanExporter, logs: io.StringIO
) -> None:
    service.service.settings.park_limit = 0
    with pytest.raises(Held) as held:
        await service.receives_raw(service.record(planned("a", f"breaks {CANARY}"), traceparent=SAMPLED))
    assert CANARY not in str(held.value)
    assert "KeyError at handlers.py" in str(held.value)
    [whole] = [s for s in spans.get_finished_spans() if s.name == "process toy"]
    assert (whole.status.is_ok, whole.status.description, whole.events) == (False, "Held", ())
    assert all(CANARY not in s.to_json() for s in spans.get_finished_spans())


async def test_a_bug_outside_the_handlers_leaves_no_value_behind(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr(parking, "store", fails)
    with pytest.raises(Held) as held:
        await service.receives(planned("a"))
    assert held.value.cause == "bug"
    assert CANARY not in str(held.value)


BODIES = (
    {"campaign": [CANARY]},
    {"name": {"x": CANARY}},
    {CANARY: 1, "version": CANARY},
    {"currency": CANARY, "planned_at": CANARY},
)


@pytest.mark.parametrize("body", BODIES)
async def test_a_body_that_can_not_be_read_leaves_no_value_behind(
    service: ServiceUnderTest, logs: io.StringIO, body: dict[str, object]
) -> None:
    record = service.record(planned("a"))
    record.value = json.dumps({**json.loads(record.value), **body}).encode()
    await service.receives_raw(record)
    [row] = await service.parked()
    assert row["cause"] == "unreadable body"
    assert any(name in row["detail"] for name in body)
    assert CANARY not in row["detail"] + logs.getvalue()


async def test_a_request_that_fails_leaves_no_value_behind(
    service: ServiceUnderTest, spans: InMemorySpanExporter, logs: io.StringIO
) -> None:
    for body in ({"key": CANARY, "what": "bug"}, {"key": f"\0{CANARY}"}, {"key": [CANARY]}, {CANARY: 1}):
        answer = await service.http.post("/v1/notes", json=body, headers={"traceparent": SAMPLED})
        assert answer.status_code in (422, 500)
        if CANARY not in body:  # the name of a field that there is not is told to whoever sent it
            assert CANARY not in answer.text
    assert CANARY not in logs.getvalue()
    assert all(CANARY not in s.to_json() for s in spans.get_finished_spans())


async def test_a_job_that_fails_leaves_no_value_behind(service: ServiceUnderTest, logs: io.StringIO) -> None:
    stopping, failing = asyncio.Event(), dict[str, str]()

    async def fails(tx: Transaction) -> None:
        stopping.set()
        await tx.conn.fetchval("select $1::text::int", CANARY)

    from datetime import timedelta

    await run_forever(Job("fails", timedelta(milliseconds=1), fails), service.service.database, stopping, failing)
    assert "InvalidTextRepresentationError 22P02" in logs.getvalue()
    assert CANARY not in logs.getvalue()


async def test_what_libraries_log_of_errors_leaves_no_value_behind(logs: io.StringIO) -> None:
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as error:
            raise KeyError(CANARY) from error
    except KeyError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
        telemetry.log("ours").exception("ours")

    async def fails() -> None:
        raise ValueError(CANARY)

    task = asyncio.create_task(fails())
    await asyncio.wait([task])
    del task
    asyncio.get_running_loop().call_soon(lambda given: 1 / 0, CANARY)
    await asyncio.sleep(0.01)
    lines = [json.loads(line) for line in logs.getvalue().splitlines()]
    events = " ".join(line["event"] for line in lines)
    for what in ("Exception in ASGI application", "Task exception was never retrieved", "Exception in callback"):
        assert what in events
    assert all("test_discretion.py" in line["exception"] for line in lines if "exception" in line)
    assert CANARY not in logs.getvalue()


async def test_a_replay_that_fails_again_says_so_without_the_value(service: ServiceUnderTest) -> None:
    await service.receives(planned("a", f"fails {CANARY}"))
    replayed = [s async for s in parking.replay_all(service.service.database, service.service.router)]
    assert CANARY not in str(replayed)


async def test_a_relay_that_fails_leaves_no_value_behind(
    service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch, logs: io.StringIO
) -> None:
    relay, stopping = service.service.relay, asyncio.Event()
    relay.log = telemetry.log("relay")

    async def fails(*_: object) -> None:
        stopping.set()
        raise RuntimeError(CANARY)

    monkeypatch.setattr(relay, "_recall", fails)
    await relay.run(stopping)
    assert "RuntimeError at test_discretion.py" in logs.getvalue()
    assert CANARY not in logs.getvalue()
