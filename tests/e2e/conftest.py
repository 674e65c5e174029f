"""One Tributary for the whole folder: a real Kafka, a real Postgres, four processes, and a collector of their spans."""

import os
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from company import Company
from front import axe, chromium, front, tab
from sales import Sales, jule
from spans import Collector
from stage import Stage
from waiting import until

from tributary.child_process import locked
from tributary.loading import load_market
from tributary.shared import RUN
from tributary.stack import Stack

__all__ = ["axe", "chromium", "front", "tab"]  # fixtures that stand elsewhere
OURS = ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL")


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Where the services send their spans."""
    made = Collector()
    yield made
    made.close()


@pytest.fixture(scope="session")
def session_stage(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Stage]:
    """Everything up on free ports with the small market in force; one at a time, whatever number of workers there is."""
    home = tmp_path_factory.mktemp("e2e")
    told = {
        "TRIBUTARY_SESSION_TIMEOUT_MS": "6000",
        "TRIBUTARY_TRACE_RATIO": "0",  # only what a test's own traceparent asks for is recorded,
        "TRIBUTARY_TRUST_TRACES": "true",  # and these tests are no strangers
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    run = Path(os.environ.get(RUN, tempfile.gettempdir()))
    with pytest.MonkeyPatch.context() as patch, locked(run / "e2e.lock", wait=290):
        for name in OURS:
            patch.delenv(name, raising=False)
        with Stack(home / "state", extra=told, usual_ports=False) as stack:  # those are a demo's, in another worker
            stage = Stage(stack)
            stage.before_market = stage.submit(jule())
            waits = "select 1 from lead_case where lead_id = $1::uuid and code = 'no_ruleset'"
            until(
                "territory knows a lead before it knows a rule",
                lambda: stage.sql("territory", waits, stage.before_market),
            )
            load_market(stack.running)
            yield stage


@pytest.fixture
def stage(session_stage: Stage) -> Iterator[Stage]:
    """The stack with all of it ready, whatever the test before has done to it."""
    session_stage.up()
    yield session_stage
    session_stage.up()


@pytest.fixture(scope="session")
def sales(session_stage: Stage) -> Sales:
    """The sales teams of the demo market, and who leads and qualifies in them."""
    return Sales(Company(session_stage))


@pytest.fixture
def trace() -> str:
    """A fresh trace id."""
    return uuid.uuid4().hex
