"""Order: what is said of one lead is said in the order in which it happened."""

import zlib
from collections.abc import Iterable, Iterator

from tributary.verify.events import (
    Assigned,
    Captured,
    Closed,
    Discarded,
    EventRecord,
    Opened,
    Qualified,
    Routed,
    Unassigned,
)
from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.snapshot import STREAM, Snapshot

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
    many = (STREAM[topic].partitions, len(snapshot.logs[topic].spans))
    bits = {kind: 1 << n for n, kind in enumerate(ranks)}
    for event in _as_it_went_on(snapshot.events(topic)):
        rank = ranks.get(type(event.body))
        if rank is None:
            continue
        if not _is_its_place(event, *many):
            yield Violation("wrong", f"{topic}: lead {event.key} is spoken of in partition {event.partition}")
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


def _is_its_place(event: EventRecord, least: int, most: int) -> bool:
    """Whether this is the key's partition by the number that the contracts say, or that the topic was given since."""
    return any(zlib.crc32(event.key.encode()) % n == event.partition for n in range(least, max(least, most) + 1))


def _as_it_went_on(events: Iterable[EventRecord]) -> list[EventRecord]:
    """In each partition as they lie there; where a topic was given partitions, a key goes on in another."""
    events, began = list(events), dict[tuple[str, int], str]()
    for event in events:
        place = event.key, event.partition
        began[place] = min(began.get(place, event.at), event.at)
    return sorted(events, key=lambda event: began[event.key, event.partition])


def _revisions(snapshot: Snapshot) -> Iterator[Violation]:
    newest: dict[tuple[str, str], int] = {}
    for event in _as_it_went_on(snapshot.events("leads.lead")):
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
