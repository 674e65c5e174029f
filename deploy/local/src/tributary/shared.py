"""Servers that all tests of one run share, however many worker processes run them.

Whoever asks first starts the server, but its life line is a FIFO that the run's first process holds open: the server
outlives the worker that started it and never the run, not even one that was killed.
"""

import contextlib
import os
import shutil
import tempfile
import time
from pathlib import Path

from tributary.child_process import StackError, free_port, locked, take_lock
from tributary.kafka import LocalKafka
from tributary.postgres import LocalPostgres
from tributary.state import private

RUN = "TRIBUTARY_TEST_RUN"
PREFIX, ALIVE = "tributary-tests-", "alive"
# Each test has a database of its own, a copy of seven hundred files. In memory that takes a tenth of the time, where there is room.
MEMORY, ROOM = Path("/dev/shm"), 4 << 30


class TestRun:
    """One run of the tests, from its first process's point of view."""

    __test__ = False

    def __init__(self) -> None:
        forget_killed_runs()
        self.home = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place()))
        self._alive = take_lock(self.home / ALIVE)
        os.mkfifo(self.home / "life")
        self._life = os.open(self.home / "life", os.O_RDWR)
        os.environ[RUN] = str(self.home)

    def end(self) -> None:
        """Ends the servers, waits until they are gone and forgets their data."""
        os.close(self._life)
        for server in self.home.glob("*/lock"):
            with locked(server, wait=30):
                pass
        shutil.rmtree(self.home, ignore_errors=True)
        self._alive.close()
        os.environ.pop(RUN, None)


def place() -> Path:
    """Where a run's servers keep their data: in memory, or where temporary files are."""
    with contextlib.suppress(OSError):
        found = os.statvfs(MEMORY)
        if os.access(MEMORY, os.W_OK) and found.f_bavail * found.f_frsize >= ROOM:
            return MEMORY
    return Path(tempfile.gettempdir())


def forget_killed_runs() -> None:
    """Removes what a killed run could not: a folder of an hour ago whose owner holds no lock any more."""
    for home in (home for kept in {MEMORY, Path(tempfile.gettempdir())} for home in kept.glob(f"{PREFIX}*")):
        with contextlib.suppress(StackError, OSError):  # another run may remove it, or be just ending
            if time.time() - home.stat().st_mtime >= 3600:
                with locked(home / ALIVE, wait=0):
                    shutil.rmtree(home, ignore_errors=True)


def shared_postgres() -> str:
    """The superuser's address of the run's Postgres, which is fast because it may lose everything."""
    home = Path(os.environ[RUN])
    with locked(home / "starting-postgres", wait=120):
        if not (home / "postgres.url").exists():
            server = LocalPostgres(
                home / "postgres", port=free_port(), connections=200, throw_away=True, life=home / "life"
            )
            private(home / "postgres.url", server.start())
    return (home / "postgres.url").read_text()


def shared_kafka() -> str:
    """The address of the run's Kafka."""
    home = Path(os.environ[RUN])
    with locked(home / "starting-kafka", wait=180):
        if not (home / "kafka.address").exists():
            server = LocalKafka(home / "kafka", port=free_port(), life=home / "life")
            private(home / "kafka.address", server.start())
    return (home / "kafka.address").read_text()
