"""What every test may ask for: a real Postgres and a real Kafka, started when first asked for, shared by the whole run."""

import os
from typing import Any

import pytest

DATABASE = "TRIBUTARY_TEST_DATABASE_URL"
KAFKA = "TRIBUTARY_TEST_KAFKA"
E2E, DEMO = "tests/e2e/", "tests/e2e/test_demo.py"  # the demo brings a stack of its own


def pytest_configure(config: pytest.Config) -> None:
    """The first process of a run owns what its workers share."""
    if not hasattr(config, "workerinput"):
        from tributary.shared import TestRun

        run = TestRun()
        config.add_cleanup(run.end)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests that share a stack share a worker. (xdist 3.8 does not see its own group marks under pytest 9.2.)"""
    from xdist.scheduler import LoadGroupScheduling

    class ByStack(LoadGroupScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            if file == DEMO:
                return file
            return E2E if file.startswith(E2E) else nodeid

    return ByStack(config, log)


@pytest.fixture(scope="session")
def postgres_server() -> str:
    """The superuser's URL of a Postgres for tests; TRIBUTARY_TEST_DATABASE_URL names another."""
    if DATABASE not in os.environ:
        from tributary.shared import shared_postgres

        os.environ[DATABASE] = shared_postgres()
    return os.environ[DATABASE]


@pytest.fixture(scope="session")
def kafka_server() -> str:
    """host:port of a real Kafka for tests; TRIBUTARY_TEST_KAFKA names another."""
    if KAFKA not in os.environ:
        from tributary.shared import shared_kafka

        os.environ[KAFKA] = shared_kafka()
    return os.environ[KAFKA]
