"""A process is waited for as long as it gets anywhere, however long that takes, and no longer."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tributary.child_process import Owned
from tributary.patience import Patience, work

Begin = Callable[[str], Owned]
BUSY = "x = 0\nwhile True:\n    x += 1"
IDLE = "import time\nwhile True:\n    time.sleep(0.05)"
TALKATIVE = (
    "import itertools, time\nfor n in itertools.count():\n    print(f'{n} attempts', flush=True)\n    time.sleep(0.05)"
)


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Begin]:
    """Starts a piece of Python that does something for ever."""
    monkeypatch.setattr("tributary.patience.STILL_S", 1.0)
    monkeypatch.setattr("tributary.patience.CPU_S", 0.05)
    begun: list[Owned] = []

    def run(code: str) -> Owned:
        begun.append(Owned("child", [sys.executable, "-c", code], log=tmp_path / "log", grace=0.5).start())
        return begun[-1]

    yield run
    for one in begun:
        one.stop()


def waited(patience: Patience, within: float) -> tuple[str, float]:
    """Why the wait ended, if it has, and after how many seconds."""
    began = time.monotonic()
    while not (ended := patience.ended) and time.monotonic() - began < within:
        time.sleep(0.05)
    return ended, time.monotonic() - began


def test_whoever_uses_the_processor_is_waited_for(begin: Begin) -> None:
    assert waited(Patience(begin(BUSY)), 3)[0] == ""


def test_whoever_runs_in_a_circle_is_not_waited_for_without_end(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tributary.patience.WORK_S", 0.3)
    assert waited(Patience(begin(BUSY)), 30)[0] == "has worked for 0.3 s of processor time in vain"


@pytest.mark.parametrize("code", [IDLE, TALKATIVE])
def test_whoever_only_tries_again_and_again_stands_still(
    begin: Begin, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tributary.patience.CPU_S", 0.5)
    assert waited(Patience(begin(code)), 20)[0] == "has stood still for 1 s"


def test_a_state_that_changes_is_progress(begin: Begin) -> None:
    states = iter(["the schema is missing", " topics are missing", " the group is joined", " it is ready"])
    state = [next(states)]
    patience, began = Patience(begin(IDLE), lambda: state[0]), time.monotonic()
    for following in states:
        assert waited(patience, 0.8)[0] == ""
        state[0] = following
    assert time.monotonic() - began > 2


def test_time_in_which_nobody_ran_does_not_count(begin: Begin) -> None:
    patience = Patience(begin(IDLE))
    assert patience.ended == ""
    time.sleep(1.6)  # as if this machine had been asleep: what passed unseen counts as one look
    assert patience.ended == ""


def test_whoever_has_ended_is_not_waited_for(begin: Begin) -> None:
    assert waited(Patience(begin("raise SystemExit(3)")), 20)[0] == "has ended"


def test_the_work_of_children_counts(begin: Begin) -> None:
    parent = begin(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BUSY!r}])")
    patience = Patience(parent)
    assert waited(patience, 3)[0] == ""
    assert work(parent.pid)[0] > 0.05
