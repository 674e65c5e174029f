"""A process of ours ends when its owner does, however the owner ends."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tributary.child_process import SUPERVISE, Owned

Soon = Callable[..., bool]
Gone = Callable[[int], bool]
SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)",
]


@pytest.fixture
def supervised() -> "subprocess.Popen[str]":
    """A supervisor with a sleeping command, as an owner would start it."""
    return subprocess.Popen(
        [sys.executable, SUPERVISE, "--report", "1", "--", *SLEEPER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def child_of(supervisor: "subprocess.Popen[str]") -> int:
    assert supervisor.stdout is not None
    return int(supervisor.stdout.readline())


def test_the_command_ends_when_the_life_line_closes(supervised: "subprocess.Popen[str]", gone: Gone) -> None:
    child = child_of(supervised)
    assert not gone(child)
    supervised.communicate(timeout=10)
    assert gone(child)
    assert supervised.returncode == 128 + signal.SIGTERM


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_command_ends_when_the_supervisor_is_asked_to(
    supervised: "subprocess.Popen[str]", number: int, gone: Gone
) -> None:
    child = child_of(supervised)
    supervised.send_signal(number)
    assert supervised.wait(10) == 128 + signal.SIGTERM
    assert gone(child)
    supervised.communicate()


def test_the_command_ends_when_the_supervisor_is_killed(
    supervised: "subprocess.Popen[str]", soon: Soon, gone: Gone
) -> None:
    child = child_of(supervised)
    supervised.kill()
    assert soon(lambda: gone(child))
    supervised.communicate()


def test_a_command_that_does_not_listen_is_killed_after_the_grace(tmp_path: Path, soon: Soon, gone: Gone) -> None:
    log = tmp_path / "log"
    deaf = Owned("deaf", DEAF, log=log, grace=0.3).start()
    assert soon(lambda: log.read_text() == "deaf\n")
    deaf.stop()
    assert gone(deaf.pid)
    assert deaf.code == 128 + signal.SIGKILL


def test_the_exit_status_of_the_command_is_the_supervisors(tmp_path: Path) -> None:
    ended = Owned("ended", [sys.executable, "-c", "raise SystemExit(7)"], log=tmp_path / "log").start()
    assert ended.wait(10) == 7
