"""What can't be read is set aside by whoever hears it, never skipped."""

from collections.abc import Iterator

from tributary.verify.events import Unreadable
from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.snapshot import STREAM, Snapshot, subscriptions


def violations(snapshot: Snapshot) -> Iterator[Violation]:
    """Unreadable events that a service has passed by without parking them."""
    for service, topic in subscriptions():
        for event in snapshot.heard(service, topic):
            if isinstance(event.body, Unreadable):
                where = f"{topic}/{event.partition}@{event.offset}"
                yield Violation("lost", f"{service} has passed {where} ({event.type}, unreadable) without parking it")
        if STREAM[topic].sequenced:
            continue  # a watermark there counts numbers, and what has no headers has none
        account = snapshot.accounts[service]
        for partition, offset in snapshot.logs[topic].foreign:
            passed = offset <= account.watermarks.get((topic, "kafka", partition), -1)
            if passed and (topic, partition, offset) not in account.parked_at:
                yield Violation(
                    "lost", f"{service} has passed {topic}/{partition}@{offset} (no event) without parking it"
                )


UNREADABLE = Invariant("unreadable", "What can't be read is parked by everyone who hears it.", violations)
