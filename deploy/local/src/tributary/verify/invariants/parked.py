"""What can't be read is set aside by whoever hears it, never skipped."""

from collections.abc import Iterator

from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.said import Unreadable
from tributary.verify.world import World, hearings


def violations(world: World) -> Iterator[Violation]:
    """Unreadable events that a service has passed by without parking them."""
    for service, topic in hearings():
        for said in world.heard(service, topic):
            if isinstance(said.body, Unreadable):
                where = f"{topic}/{said.partition}@{said.offset}"
                yield Violation("lost", f"{service} has passed {where} ({said.type}, unreadable) without parking it")


UNREADABLE = Invariant(
    "unreadable", "An event whose body can't be read is parked by everyone who hears it.", violations
)
