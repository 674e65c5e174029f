"""Processor time against progress, looked at a few times a second while an engine works off a full topic."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import roles

WARM = 0.1  # of the work: before it interpreters start, groups are joined and caches fill


@dataclass(frozen=True)
class Look:
    """What was done and used up to a moment."""

    at: float
    done: int
    cpu: dict[str, float]


class Sampler:
    """Keeps what each role had used when so much was done. The role ``engine`` is what is measured."""

    def __init__(self, pids: dict[str, int]) -> None:
        self._pids = pids
        self.peak_mb = 0.0
        self.looks: list[Look] = []
        self.sample(0)

    def sample(self, done: int) -> None:
        """One look."""
        self.peak_mb = max(self.peak_mb, peak(self._pids["engine"]))
        self.looks.append(Look(time.perf_counter(), done, roles.cpu(self._pids)))

    def summary(self, start: dict[str, float] | None = None) -> dict[str, Any]:
        """Events per processor second, over the whole run and steady.

        Steady is from the first tenth of the work to its end. Where progress is seen late, because it is published in
        transactions, ``start`` says what a start without any work uses, and steady is the whole run without that.
        """
        first, last = self.looks[0], self.looks[-1]
        if start is None:
            warm = next(look for look in self.looks if look.done >= last.done * WARM)
            warm = first if warm is last else warm
        else:
            warm = Look(first.at, 0, {role: first.cpu[role] + start[role] for role in first.cpu})
        steady, whole = _rates(warm, last), _rates(first, last)
        return {
            "events": last.done,
            "seconds": round(last.at - first.at, 1),
            "per_second": round((last.done - warm.done) / (last.at - warm.at)),
            "per_cpu_second": steady["engine"],
            "per_cpu_second_all": steady["all"],
            "per_cpu_second_whole": whole["engine"],
            "per_cpu_second_whole_all": whole["all"],
            "us": {
                role: round((last.cpu[role] - warm.cpu[role]) / (last.done - warm.done) * 1e6, 1) for role in last.cpu
            },
            "peak_rss_mb": round(self.peak_mb),
        }


def _rates(since: Look, until: Look) -> dict[str, int]:
    spent = roles.spent(since.cpu, until.cpu)
    done = until.done - since.done
    return {"engine": round(done / max(spent["engine"], 0.01)), "all": round(done / max(sum(spent.values()), 0.01))}


def peak(pid: int) -> float:
    """The most resident memory that a process has had, in megabytes."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
