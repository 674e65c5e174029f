"""Waiting for a process as long as it gets anywhere: on a busy machine a start may take minutes and nothing is wrong."""

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tributary.child_process import Owned

STILL_S = 30.0
LOOK_S, BLINK_S = 0.1, 1.0
CPU_S, BYTES = 0.5, 4 << 20  # what counts as work: a process that only asks again and again stays below it
WORK_S = 300.0  # of processor: whoever has used so much and is not there runs in a circle

_CHANGING = re.compile(rb"[0-9a-f]*[0-9][0-9a-f.:+-]*")


class Patience:
    """One wait for one process. ``state`` is what it says of itself, if anything.

    A process gets on when it says something that it has not said before, in its log or at its door, or when it has used
    the processor or the disk. It stands still when it has done none of this for ``STILL_S`` seconds of ours: time in which
    nobody ran, we neither, does not count.
    """

    def __init__(self, process: Owned, state: Callable[[], str] = str, read_from: int = 0) -> None:
        self._process, self._state = process, state
        self._told: set[bytes] = set()
        self._read = read_from
        self._cpu = self._bytes = 0.0
        self._still = 0.0
        self._looked = time.monotonic()

    @property
    def ended(self) -> str:
        """Why there is nothing to wait for any more, in words; empty while there is."""
        if not self._process.alive:
            return "has ended"
        now = time.monotonic()
        self._still += min(now - self._looked, BLINK_S)
        self._looked = now
        if self._gets_on():
            self._still = 0.0
        if self._still > STILL_S:
            return f"has stood still for {STILL_S:g} s"
        return f"has worked for {WORK_S:g} s of processor time in vain" if self._cpu > WORK_S else ""

    def until(self, there: Callable[[], bool]) -> bool:
        """Whether it came to be there; False when there was nothing to wait for any more."""
        while not there():
            if self.ended:
                return False
            time.sleep(LOOK_S)
        return True

    def _gets_on(self) -> bool:
        news = [self._is_new(line) for line in (*self._log(), self._state().encode())]
        cpu, moved = work(self._process.pid)
        if cpu >= self._cpu + CPU_S or moved >= self._bytes + BYTES:
            self._cpu, self._bytes = cpu, moved
            return True
        return any(news)

    def _is_new(self, line: bytes) -> bool:
        """Whether it has not said that before; the same with another time or number is the same."""
        bare = _CHANGING.sub(b"0", line)
        if bare in self._told:
            return False
        self._told.add(bare)
        return True

    def _log(self) -> Iterator[bytes]:
        try:
            with self._process.log.open("rb") as log:
                log.seek(self._read)
                for line in log:
                    if not line.endswith(b"\n"):
                        return
                    self._read += len(line)
                    yield line
        except OSError:
            return


def work(pid: int) -> tuple[float, float]:
    """Seconds of processor and bytes of disk that a process and its children have used; nothing where /proc does not say."""
    cpu = moved = 0.0
    for one in _family(pid):
        try:
            ticks = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[11:15]
            cpu += sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
            disk = re.findall(r"^(?:read|write)_bytes: (\d+)", Path(f"/proc/{one}/io").read_text(), re.MULTILINE)
            moved += sum(map(int, disk))
        except (OSError, ValueError):
            continue
    return cpu, moved


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))
