"""Order: what is said of one lead is said in the order in which it happened."""

from collections.abc import Iterator

from tributary.verify.events import Assigned, Captured, Closed, Discarded, Opened, Qualified, Routed, Unassigned
from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.snapshot import Snapshot

# Lower comes before higher; equals may come in any order. Of several of the same kind the first counts.
RANKS = {
    "leads.lead": {Captured: 0, Qualified: 1, Discarded: 2, Opened: 2, Closed: 2},
    "territory.lead": {Routed: 0, Assigned: 1, Unassigned: 1},
}


def violations(snapshot: Snapshot) -> Iterator[Violation]:
    """The first event of each kind, lead by lead."""
    for topic, ranks in RANKS.items():
        if not snapshot.logs[topic].complete:
            continue  # the firsts may have expired
        yield from _in_order(snapshot, topic, ranks)
    yield from _revisions(snapshot)


def _in_order(snapshot: Snapshot, topic: str, ranks: dict[type, int]) -> Iterator[Violation]:
    seen: dict[str, int] = {}  # lead -> kinds already said, as bits
    highest: dict[str, int] = {}
    partition: dict[str, int] = {}
    bits = {kind: 1 << n for n, kind in enumerate(ranks)}
    for events in snapshot.events(topic):
        rank = ranks.get(type(events.body))
        if rank is None:
            continue
        if partition.setdefault(events.key, events.partition) != events.partition:
            yield Violation("wrong", f"{topic}: lead {events.key} is spoken of in two partitions")
        bit = bits[type(events.body)]
        so_far = seen.get(events.key, 0)
        if so_far & bit:
            continue
        seen[events.key] = so_far | bit
        if rank < highest.get(events.key, 0):
            yield Violation(
                "wrong", f"{topic}: {events.type} of lead {events.key} comes too late, at offset {events.offset}"
            )
        elif rank > 0 and rank > highest.get(events.key, 0):
            highest[events.key] = rank


def _revisions(snapshot: Snapshot) -> Iterator[Violation]:
    newest: dict[tuple[str, str], int] = {}
    for events in snapshot.events("leads.lead"):
        if isinstance(events.body, Closed):
            before = newest.get((events.source, events.key), 0)
            if events.body.revision <= before:
                yield Violation(
                    "wrong", f"leads.lead: lead {events.key} closes with revision {events.body.revision} after {before}"
                )
            newest[events.source, events.key] = max(before, events.body.revision)


ORDER = Invariant(
    "order",
    "A lead is captured before it is qualified, and qualified before anything else is said of it; it is routed before it is"
    " assigned; corrections of an outcome count upwards.",
    violations,
)
