"""What every test may ask for: a real Postgres and a real Kafka, started when first asked for, shared by the whole run."""

import os
from typing import Any

import hypothesis
import pytest

# Two cores are shared with servers here: how long a property takes proves nothing.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

DATABASE = "TRIBUTARY_TEST_DATABASE_URL"
KAFKA = "TRIBUTARY_TEST_KAFKA"
E2E, DEMO = "tests/e2e/", "tests/e2e/test_demo.py"  # the demo brings a stack of its own
# Files whose tests share a server that takes long to start: one worker starts it.
SHARE = (
    "deploy/local/tests/doctor/test_doctor.py",
    "libs/chassis/tests/real/test_principals.py",
    "libs/chassis/tests/real/test_tls.py",
    "tests/deploy/test_strimzi.py",
    "tests/faults/test_hands.py",
    "tests/front/test_gateway.py",
)
# The journeys come first, being most, and beside them what is light, for their times are measured. Then what takes longest: at the
# end of a run no worker waits for another's long test.
LIGHT = ("libs/", "services/campaigns/", "services/leads/")
LONG = ("tests/faults/", "tests/contract/test_doors.py", "tests/release/test_roll_short.py")


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
            if file == DEMO or file in SHARE:
                return file
            return E2E if file.startswith(E2E) else nodeid

    return ByStack(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is light, what takes long, the rest; each as it was."""
    items.sort(key=lambda item: 0 if item.nodeid.startswith(LIGHT) else 1 if item.nodeid.startswith(LONG) else 2)


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
