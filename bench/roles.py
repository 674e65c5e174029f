"""Who used the processor, and how much memory: per role of the stack, from /proc.

Backends of Postgres come and go, so its role is the postmaster's whole tree with the time of children that have ended.
"""

import os
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Process:
    """One process as /proc shows it; seconds of processor time, megabytes of resident memory."""

    pid: int
    parent: int
    seconds: float
    of_children: float


def _processes() -> dict[int, Process]:
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        own, children = (int(fields[11]) + int(fields[12])) / TICK, (int(fields[13]) + int(fields[14])) / TICK
        found[int(entry.name)] = Process(int(entry.name), int(fields[1]), own, children)
    return found


def _tree(root: int, processes: dict[int, Process]) -> list[Process]:
    children: dict[int, list[int]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process.pid)
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        if pid in processes:
            found.append(processes[pid])
            waiting += children.get(pid, [])
    return found


def cpu(pids: dict[str, int]) -> dict[str, float]:
    """Processor seconds used so far by each role: its process, everything below it, and what has ended there."""
    processes = _processes()
    return {role: sum(p.seconds + p.of_children for p in _tree(pid, processes)) for role, pid in pids.items()}


def memory(pids: dict[str, int]) -> dict[str, float]:
    """Megabytes per role: resident for one process, proportional (shared pages counted once) for a tree."""
    processes = _processes()
    return {role: round(sum(_pss(p.pid) for p in _tree(pid, processes)), 1) for role, pid in pids.items()}


def resident(pids: dict[str, int]) -> dict[str, float]:
    """Resident megabytes of single processes: pages shared with others count in full."""
    return {role: round(_field(f"/proc/{pid}/status", "VmRSS:"), 1) for role, pid in pids.items()}


def _pss(pid: int) -> float:
    return _field(f"/proc/{pid}/smaps_rollup", "Pss:")


def _field(file: str, name: str) -> float:
    try:
        for line in Path(file).read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def spent(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Processor seconds between two looks."""
    return {role: round(after[role] - before.get(role, 0.0), 3) for role in after}
