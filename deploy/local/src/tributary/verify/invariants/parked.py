"""What can't be read is set aside by whoever hears it, never skipped."""

from collections.abc import Iterator

from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.said import Unreadable
from tributary.verify.world import STREAM, World, hearings


def violations(world: World) -> Iterator[Violation]:
    """Unreadable events that a service has passed by without parking them."""
    for service, topic in hearings():
        for said in world.heard(service, topic):
            if isinstance(said.body, Unreadable):
                where = f"{topic}/{said.partition}@{said.offset}"
                yield Violation("lost", f"{service} has passed {where} ({said.type}, unreadable) without parking it")
        if STREAM[topic].sequenced:
            continue  # a watermark there counts numbers, and what has no headers has none
        account = world.accounts[service]
        for partition, offset in world.logs[topic].foreign:
            passed = offset <= account.watermarks.get((topic, "kafka", partition), -1)
            if passed and (topic, partition, offset) not in account.parked_at:
                yield Violation(
                    "lost", f"{service} has passed {topic}/{partition}@{offset} (no event) without parking it"
                )


UNREADABLE = Invariant("unreadable", "What can't be read is parked by everyone who hears it.", violations)
