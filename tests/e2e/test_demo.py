"""``tributary demo`` as it is typed: it plays, proves that nothing was lost, and leaves no process behind."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

OURS = ("KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL")
SECONDS, RATE = 8, 15


def demo(home: Path, *options: str) -> "subprocess.Popen[str]":
    """The command on a state folder of its own, its output through a pipe."""
    told = {name: value for name, value in os.environ.items() if name not in OURS}
    command = [sys.executable, "-m", "tributary", "demo", "--rate", str(RATE), *options]
    return subprocess.Popen(
        command,
        env={**told, "TRIBUTARY_STATE": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def left_behind(home: Path) -> list[str]:
    """Every process that was told of this state folder."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("TRIBUTARY_STATE") == str(home):
                found.append(" ".join(process.cmdline())[:200])
    return found


def gone_soon(home: Path, within: float = 10) -> bool:
    """Whether nothing is left within a few seconds."""
    end = time.monotonic() + within
    while left_behind(home) and time.monotonic() < end:
        time.sleep(0.1)
    return not left_behind(home)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One state folder for both demos: the second goes on from the first."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def first(home: Path) -> str:
    """What a demo of a few seconds has said; it ended by itself."""
    running = demo(home, "--seconds", str(SECONDS))
    try:
        said, _ = running.communicate(timeout=200)
        assert running.returncode == 0, said
        return said
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)


def number(pattern: str, said: str) -> int:
    """The number in the middle of what was said."""
    found = re.search(pattern, said)
    assert found, said
    return int(found[1].replace(",", ""))


def test_a_demo_ends_by_itself_and_says_what_went_in_what_came_out_and_that_it_is_conserved(first: str) -> None:
    went_in = number(r"went in +([\d,]+) leads", first)
    assert went_in > SECONDS * RATE / 2
    assert number(r"came out +([\d,]+) leads counted", first) == went_in
    assert number(r"on record +([\d,]+) accepted leads, each in one place", first) == went_in
    assert "conserved   " in first
    assert re.search(
        r"worked +a call back .* told as late \d+ ms after its time, then answered; \S+ gave a lead back", first
    )
    assert re.search(r"verified +\d+ invariants hold", first)
    assert "VIOLATED" not in first


def test_a_demo_shows_the_first_row_the_walk_and_every_address(first: str) -> None:
    assert "The first KPI row was there" in first
    assert re.search(r"accepted \d+ -> qualified [A-D] \d+ -> .* ms", first)
    for path in ("/docs", "/readyz", "/v1/leads", "/v1/spend", "/v1/kpis?by=segment", "/v1/kpis/stream?by=segment"):
        assert re.search(rf"http://127\.0\.0\.1:\d+{re.escape(path)}", first), path
    assert "\x1b" not in first


def test_a_demo_that_ended_leaves_no_process_and_says_nowhere_that_it_runs(first: str, home: Path) -> None:
    assert gone_soon(home), left_behind(home)
    assert not (home / "stack.json").exists()


def traced_as_the_readme_says(home: Path) -> None:
    """Its own commands, literally, on the stack that runs there: a lead is sent so that it is traced, and shown as a waterfall."""
    root = Path(__file__).parents[2]
    tour = (root / "README.md").read_text().partition("## A tour of five minutes")[2]
    helpers, _, rest = tour.partition("```sh\n")[2].partition("```")
    commands = rest.partition("**What did it wait for?**")[2].partition("```sh\n")[2].partition("```")[0]
    assert commands.count("make trace LEAD=") == 1
    leads = json.loads((home / "stack.json").read_text())["services"]["leads"]["url"]
    there = f"make UV={sys.executable} trace"  # what installs is not looked for in the demo's folder: nothing is to be installed
    script = helpers + commands.replace("localhost:8101", leads).replace("make trace", there)
    env = {**os.environ, "TRIBUTARY_STATE": str(home), "no_proxy": "*"}
    ran = subprocess.run(
        ["sh", "-ec", script], cwd=root, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    door, *way = [line for line in ran.stdout.splitlines() if "█" in line]
    assert (door.split()[0], door.split()[-2:]) == ("leads", ["POST", "/v1/leads"])
    assert {line.split()[0] for line in way} == {"leads", "territory", "metrics"}
    assert any(" process territory.lead " in line for line in way)


def test_a_second_demo_goes_on_from_the_first_and_sigterm_in_the_middle_leaves_nothing(first: str, home: Path) -> None:
    running = demo(home)
    said = []
    try:
        assert running.stdout is not None
        for line in running.stdout:
            said.append(line)
            if " accepted (" in line:
                break
        counted = number(r"leads accepted \([\d.]+/s\), ([\d,]+) counted", said[-1])
        assert counted >= number(r"went in +([\d,]+) leads", first)
        assert (home / "stack.json").exists()
        assert left_behind(home)
        traced_as_the_readme_says(home)
        running.send_signal(signal.SIGTERM)
        rest, _ = running.communicate(timeout=30)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
    assert running.returncode == 0, rest
    assert rest.rstrip().endswith("Ended.")
    assert "Traceback" not in rest
    assert gone_soon(home), left_behind(home)
    assert not (home / "stack.json").exists()
