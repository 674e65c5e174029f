"""The servers of a test run live exactly as long as the run, whoever started them."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tributary.shared import PREFIX, TestRun, forget_killed_runs, place

RUN = """
import os, subprocess, sys, time
from tributary.shared import TestRun
run = TestRun()
worker = "from tributary.shared import shared_postgres; print(shared_postgres(), flush=True)"
for _ in range(2):
    subprocess.run([sys.executable, "-c", worker], check=True)
print(run.home, flush=True)
time.sleep(60)
"""


def servers(home: str) -> list[int]:
    """Everything that runs in a folder."""
    found = psutil.process_iter(["pid", "cmdline"])
    return [process.pid for process in found if any(home in word for word in process.info["cmdline"] or ())]


def test_workers_share_one_server_that_outlives_them_and_not_the_run(tmp_path: Path, soon: Callable[..., bool]) -> None:
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", RUN], env=env, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        first, second, home = (run.stdout.readline().strip() for _ in range(3))
        assert first == second
        assert len(servers(home)) >= 2
        run.kill()
    assert soon(lambda: servers(home) == [])


def test_folders_of_killed_runs_are_forgotten_and_those_of_live_ones_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("tributary.shared.MEMORY", tmp_path)
    monkeypatch.setenv("TRIBUTARY_TEST_RUN", "the outer run")
    live = TestRun()
    killed = tmp_path / f"{PREFIX}killed"
    killed.mkdir()
    young = tmp_path / f"{PREFIX}young"
    young.mkdir()
    for home in (live.home, killed):
        os.utime(home, (time.time() - 7200,) * 2)
    forget_killed_runs()
    assert sorted(tmp_path.iterdir()) == sorted((live.home, young))
    live.end()
    assert not live.home.exists()


def test_data_lie_in_memory_where_there_is_room_for_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary, memory = tmp_path / "tmp", tmp_path / "memory"
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setattr("tributary.shared.MEMORY", memory)
    assert place() == temporary, "there is no such file system"
    memory.mkdir()
    monkeypatch.setattr("tributary.shared.ROOM", 1)
    assert place() == memory
    monkeypatch.setattr("tributary.shared.ROOM", 1 << 60)
    assert place() == temporary
