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
    for event in snapshot.events(topic):
        rank = ranks.get(type(event.body))
        if rank is None:
            continue
        if partition.setdefault(event.key, event.partition) != event.partition:
            yield Violation("wrong", f"{topic}: lead {event.key} is spoken of in two partitions")
        bit = bits[type(event.body)]
        so_far = seen.get(event.key, 0)
        if so_far & bit:
            continue
        seen[event.key] = so_far | bit
        if rank < highest.get(event.key, 0):
            yield Violation(
                "wrong", f"{topic}: {event.type} of lead {event.key} comes too late, at offset {event.offset}"
            )
        elif rank > 0 and rank > highest.get(event.key, 0):
            highest[event.key] = rank


def _revisions(snapshot: Snapshot) -> Iterator[Violation]:
    newest: dict[tuple[str, str], int] = {}
    for event in snapshot.events("leads.lead"):
        if isinstance(event.body, Closed):
            before = newest.get((event.source, event.key), 0)
            if event.body.revision <= before:
                yield Violation(
                    "wrong", f"leads.lead: lead {event.key} closes with revision {event.body.revision} after {before}"
                )
            newest[event.source, event.key] = max(before, event.body.revision)


ORDER = Invariant(
    "order",
    "A lead is captured before it is qualified, and qualified before anything else is said of it; it is routed before it is"
    " assigned; corrections of an outcome count upwards.",
    violations,
)
