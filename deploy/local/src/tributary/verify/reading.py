"""From a running stack to a world to judge: databases first, then the topics, so that whatever a watermark names is there."""

import asyncio
import base64
import gc
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tributary.child_process import StackError
from tributary.progress import Steps
from tributary.running import Running
from tributary.verify.databases import Tables, contacts, snapshots
from tributary.verify.looking import look_at_logs
from tributary.verify.private import Private
from tributary.verify.settling import later_numbers, settle
from tributary.verify.snapshot import SERVICES, CampaignTables, LeadsTables, MetricsTables, Snapshot, TerritoryTables
from tributary.verify.topics import Topics


@dataclass(frozen=True)
class Read:
    """The world, what was still moving when it was read, and the seconds that reading took, the wait for rest apart."""

    snapshot: Snapshot
    moving: tuple[str, ...]
    seconds: float


def read_snapshot(running: Running, settle_s: float, accepted: Path | None, steps: Steps) -> Read:
    """Waits for rest, at most so long, and reads everything at one moment by offsets."""
    missing = [name for name in SERVICES if name not in running.services]
    if missing:
        raise StackError(f"The stack runs without {missing[0]}: there is nothing to compare.")
    journal = read_journal(accepted) if accepted else None
    topics = Topics(running.bus)
    # Millions of small values that all stay: looking for cycles among them would cost more than reading them.
    gc.disable()
    try:
        with steps.step(f"waiting for rest, at most {settle_s:g} s") as step:
            moving = asyncio.run(settle(running.services, topics, settle_s))
            step.done = "the stack is at rest" if not moving else "the stack is busy: compared by offsets"
        began = time.monotonic()
        private = Private()
        with steps.step("sealed contacts") as step:
            boxes = asyncio.run(contacts(running.services, master_of(running), private))
            step.done = "sealed contacts: " + (
                f"{boxes.opened:,} opened" if boxes.opened is not None else "no key here"
            )
        with steps.step("snapshots of four databases"):
            accounts, tables = asyncio.run(snapshots(running.services, private))
        with steps.step("topics") as step:
            spans = topics.spans()
            for service, later in asyncio.run(later_numbers(running.services)).items():
                accounts[service].later = later
            logs = topics.read(spans, lambda done, total: step.detail(f"{done:,} of {total:,} records"), private)
            step.done = f"{sum(len(log.records) for log in logs.values()):,} records of {len(logs)} topics"
    finally:
        gc.enable()
        topics.close()
    snapshot = Snapshot(logs, accounts, accepted=journal, private=private)
    _place(snapshot, tables.values())
    snapshot.leads.boxes = boxes
    _look_at_rows(snapshot)
    snapshot.logs_read = look_at_logs(Path(running.home), private) if running.home else 0
    return Read(snapshot, tuple(moving), time.monotonic() - began)


def master_of(running: Running) -> bytes | None:
    """The master key of the leads service, where its folder is on this machine."""
    file = Path(running.home, "keys", "leads.master")
    return base64.b64decode(file.read_text()) if running.home and file.exists() else None


def _look_at_rows(snapshot: Snapshot) -> None:
    """Each lead's own contact is looked for in what is written down of it."""
    for lead_id, lead in snapshot.leads.leads.items():
        timeline = " ".join(entry.detail for entry in lead.timeline)
        snapshot.private.text("the lead's row", f"{lead.about} {timeline} {lead.outcomes}".encode(), lead_id)
    for lead_id, decision in snapshot.territory.all_decisions():
        snapshot.private.text("the lead's decision", f"{decision.attributes} {decision.reason}".encode(), lead_id)


def _place(snapshot: Snapshot, tables: Iterable[Tables]) -> None:
    for one in tables:
        if isinstance(one, LeadsTables):
            snapshot.leads = one
        elif isinstance(one, TerritoryTables):
            snapshot.territory = one
        elif isinstance(one, CampaignTables):
            snapshot.campaigns = one
        elif isinstance(one, MetricsTables):
            snapshot.metrics = one


def read_journal(file: Path) -> frozenset[str]:
    """The ids that a client was given with a 202, one a line."""
    try:
        return frozenset(line.strip().lower() for line in file.read_text().splitlines() if line.strip())
    except (OSError, ValueError) as failure:
        raise StackError(f"The journal {file} can't be read: {failure}.") from failure
