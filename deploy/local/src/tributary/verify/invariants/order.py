"""Order: what is said of one lead is said in the order in which it happened."""

from collections.abc import Iterator

from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.said import Assigned, Captured, Closed, Discarded, Opened, Qualified, Routed, Unassigned
from tributary.verify.world import World

# Lower comes before higher; equals may come in any order. Of several of the same kind the first counts.
RANKS = {
    "leads.lead": {Captured: 0, Qualified: 1, Discarded: 2, Opened: 2, Closed: 2},
    "territory.lead": {Routed: 0, Assigned: 1, Unassigned: 1},
}


def violations(world: World) -> Iterator[Violation]:
    """The first event of each kind, lead by lead."""
    for topic, ranks in RANKS.items():
        if not world.logs[topic].complete:
            continue  # the firsts may have expired
        yield from _in_order(world, topic, ranks)
    yield from _revisions(world)


def _in_order(world: World, topic: str, ranks: dict[type, int]) -> Iterator[Violation]:
    seen: dict[str, int] = {}  # lead -> kinds already said, as bits
    highest: dict[str, int] = {}
    partition: dict[str, int] = {}
    bits = {kind: 1 << n for n, kind in enumerate(ranks)}
    for said in world.events(topic):
        rank = ranks.get(type(said.body))
        if rank is None:
            continue
        if partition.setdefault(said.key, said.partition) != said.partition:
            yield Violation("wrong", f"{topic}: lead {said.key} is spoken of in two partitions")
        bit = bits[type(said.body)]
        so_far = seen.get(said.key, 0)
        if so_far & bit:
            continue
        seen[said.key] = so_far | bit
        if rank < highest.get(said.key, 0):
            yield Violation("wrong", f"{topic}: {said.type} of lead {said.key} comes too late, at offset {said.offset}")
        elif rank > 0 and rank > highest.get(said.key, 0):
            highest[said.key] = rank


def _revisions(world: World) -> Iterator[Violation]:
    newest: dict[tuple[str, str], int] = {}
    for said in world.events("leads.lead"):
        if isinstance(said.body, Closed):
            before = newest.get((said.source, said.key), 0)
            if said.body.revision <= before:
                yield Violation(
                    "wrong", f"leads.lead: lead {said.key} closes with revision {said.body.revision} after {before}"
                )
            newest[said.source, said.key] = max(before, said.body.revision)


ORDER = Invariant(
    "order",
    "A lead is captured before it is qualified, and qualified before anything else is said of it; it is routed before it is"
    " assigned; corrections of an outcome count upwards.",
    violations,
)
