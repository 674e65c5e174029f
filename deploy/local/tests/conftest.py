"""What the tests of the local stack share."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest


@pytest.fixture
def gone() -> Callable[[int], bool]:
    """Whether a process has ended."""

    def has_ended(pid: int) -> bool:
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return has_ended


@pytest.fixture
def soon() -> Callable[[Callable[[], object]], bool]:
    """Whether something becomes true within a few seconds."""

    def becomes(true: Callable[[], object], within: float = 10.0) -> bool:
        end = time.monotonic() + within
        while time.monotonic() < end:
            if true():
                return True
            time.sleep(0.02)
        return bool(true())

    return becomes


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Callable[[str], "subprocess.Popen[str]"]]:
    """Runs a piece of Python as another process that owns things; it prints a line when they are there."""
    started: list[subprocess.Popen[str]] = []

    def run(code: str) -> "subprocess.Popen[str]":
        env = {**os.environ, "TRIBUTARY_STATE": str(tmp_path / "state"), "PYTHONPATH": str(Path(__file__).parent)}
        command = [sys.executable, "-c", code, str(tmp_path)]
        process = subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        started.append(process)
        return process

    yield run
    for process in started:
        with contextlib.suppress(ProcessLookupError):  # and what it left, should a test fail
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
