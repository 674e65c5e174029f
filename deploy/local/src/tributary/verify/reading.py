"""From a running stack to a world to judge: databases first, then the topics, so that whatever a watermark names is there."""

import asyncio
import gc
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tributary.owned import StackError
from tributary.progress import Steps
from tributary.running import Running
from tributary.verify.settling import later_numbers, settle
from tributary.verify.snapshot import Tables, snapshots
from tributary.verify.topics import Topics
from tributary.verify.world import SERVICES, CampaignTables, LeadsTables, MetricsTables, TerritoryTables, World


@dataclass(frozen=True)
class Read:
    """The world, what was still moving when it was read, and the seconds that reading took, the wait for rest apart."""

    world: World
    moving: tuple[str, ...]
    seconds: float


def read_world(running: Running, settle_s: float, accepted: Path | None, steps: Steps) -> Read:
    """Waits for rest, at most so long, and reads everything at one moment by offsets."""
    missing = [name for name in SERVICES if name not in running.services]
    if missing:
        raise StackError(f"The stack runs without {missing[0]}: there is nothing to compare.")
    journal = read_journal(accepted) if accepted else None
    topics = Topics(running.kafka)
    # Millions of small values that all stay: looking for cycles among them would cost more than reading them.
    gc.disable()
    try:
        with steps.step(f"waiting for rest, at most {settle_s:g} s") as step:
            moving = asyncio.run(settle(running.services, topics, settle_s))
            step.done = "the stack is at rest" if not moving else "the stack is busy: compared by offsets"
        began = time.monotonic()
        with steps.step("snapshots of four databases"):
            accounts, tables = asyncio.run(snapshots(running.services))
        with steps.step("topics") as step:
            spans = topics.spans()
            for service, later in asyncio.run(later_numbers(running.services)).items():
                accounts[service].later = later
            logs = topics.read(spans, lambda done, total: step.detail(f"{done:,} of {total:,} records"))
            step.done = f"{sum(len(log.records) for log in logs.values()):,} records of {len(logs)} topics"
    finally:
        gc.enable()
        topics.close()
    world = World(logs, accounts, accepted=journal)
    _place(world, tables.values())
    return Read(world, tuple(moving), time.monotonic() - began)


def _place(world: World, tables: Iterable[Tables]) -> None:
    for one in tables:
        if isinstance(one, LeadsTables):
            world.leads = one
        elif isinstance(one, TerritoryTables):
            world.territory = one
        elif isinstance(one, CampaignTables):
            world.campaigns = one
        elif isinstance(one, MetricsTables):
            world.metrics = one


def read_journal(file: Path) -> frozenset[str]:
    """The ids that a client was given with a 202, one a line."""
    try:
        return frozenset(line.strip().lower() for line in file.read_text().splitlines() if line.strip())
    except (OSError, ValueError) as failure:
        raise StackError(f"The journal {file} can't be read: {failure}.") from failure
