"""Numbers: every writer's count on every topic has no gap, no number stands for two events, and nobody is ahead of the log."""

from collections.abc import Iterable, Iterator

from tributary.verify.events import EventRecord
from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.snapshot import SEQUENCED, STREAM, Account, Snapshot, subscriptions


def violations(snapshot: Snapshot) -> Iterator[Violation]:
    """Topic by topic, then outbox by outbox, then watermark by watermark."""
    for topic in SEQUENCED:
        yield from _counted(snapshot, topic)
        yield from _sent(snapshot, topic)
        yield from _missed(snapshot, topic)
    yield from _not_ahead(snapshot)


def duplicates(snapshot: Snapshot) -> int:
    """How many records carry an event that was there before: allowed, every hearer drops them."""
    return sum(snapshot.numbered(topic).again for topic in SEQUENCED)


def _counted(snapshot: Snapshot, topic: str) -> Iterator[Violation]:
    log, compacted, numbered = snapshot.logs[topic], STREAM[topic].compacted, snapshot.numbered(topic)
    last: dict[tuple[str, int], int] = {}
    for event in numbered.true:
        begin = log.spans.get(event.partition, (0, 0))[0]
        before = last.get((event.source, event.shard), 0 if begin == 0 else event.seq - 1)
        if event.seq > before + 1 and not compacted and not _is_accepted(snapshot, topic, event):
            yield Violation("lost", f"{topic}: {event.source}#{event.shard} goes from {before} to {event.seq}")
        last[event.source, event.shard] = max(before, event.seq)
    for aside in numbered.aside:
        if not snapshot.is_set_aside(topic, aside):
            yield Violation(aside.kind, f"{topic}: {aside.what}, at {aside.event.partition}@{aside.event.offset}")


def _is_accepted(snapshot: Snapshot, topic: str, event: EventRecord) -> bool:
    """Whether everybody who hears the topic does without what is missing before this event."""
    hearing = [snapshot.accounts[service] for service, of in subscriptions() if of == topic]
    return bool(hearing) and all(any(loss.covers(topic, event) for loss in one.accepted) for one in hearing)


def _missed(snapshot: Snapshot, topic: str) -> Iterator[Violation]:
    """What has gone from the beginning of the topic before somebody heard it. Who has accepted that has gone past it."""
    if STREAM[topic].compacted:
        return
    begins: dict[tuple[str, int], int] = {}
    for event in snapshot.events(topic):
        if snapshot.logs[topic].spans.get(event.partition, (0, 0))[0]:
            history = event.source, event.shard
            begins[history] = min(event.seq, begins.get(history, event.seq))
    for service, of in subscriptions():
        marks = snapshot.accounts[service].watermarks
        for (source, shard), first in begins.items() if of == topic else ():
            heard = marks.get((topic, source, shard), first)
            if heard < first - 1:
                gone = f"{heard + 1} to {first - 1} have gone from the topic"
                yield Violation("lost", f"{service} has heard {topic} {source}#{shard} up to {heard}, and {gone}")


def _sent(snapshot: Snapshot, topic: str) -> Iterator[Violation]:
    """What the database said is on the topic, or still in its outbox as the end of the count."""
    account = snapshot.accounts[STREAM[topic].publisher]
    on_topic = _newest(account, snapshot.events(topic))
    waiting: dict[int, list[int]] = {}
    for row in account.outbox.get(topic, ()):
        waiting.setdefault(row.shard, []).append(row.seq)
    for (of, shard), following in account.next_seq.items():
        rows, last = waiting.get(shard, []), following - 1
        if of != topic:
            continue
        if rows and rows != list(range(rows[0], last + 1)):
            yield Violation(
                "lost", f"{topic}: the outbox holds {rows[0]}..{rows[-1]} of shard {shard} with holes, up to {last}"
            )
        sent = on_topic.get(shard, 0)
        if not sent and snapshot.logs[topic].spans.get(shard, (0, 0))[0]:
            continue  # all of it has expired
        first_unsent = rows[0] if rows else following
        if sent < first_unsent - 1:
            yield Violation(
                "lost", f"{topic}: {account.source}#{shard} {sent + 1}..{first_unsent - 1} was said and is nowhere"
            )


def _newest(account: Account, records: Iterable[EventRecord]) -> dict[int, int]:
    newest: dict[int, int] = {}
    for event in records:
        if event.source == account.source and event.seq > newest.get(event.shard, 0):
            newest[event.shard] = event.seq
    return newest


def _not_ahead(snapshot: Snapshot) -> Iterator[Violation]:
    newest: dict[tuple[str, str, int], int] = {}
    for topic in SEQUENCED:
        for event in snapshot.events(topic):
            position = (topic, event.source, event.shard)
            newest[position] = max(newest.get(position, 0), event.seq)
    for service, account in snapshot.accounts.items():
        for (topic, source, shard), number in account.watermarks.items():
            if source == "kafka":
                last = snapshot.logs[topic].spans.get(shard, (0, 0))[1] - 1
            else:
                last = newest.get((topic, source, shard), 0)
            if number > last and (source == "kafka" or snapshot.logs[topic].complete):
                yield Violation(
                    "lost", f"{service} has heard {topic} {source}#{shard} up to {number}, and it ends at {last}"
                )


SEQUENCES = Invariant(
    "sequences",
    "Every writer's numbers on every topic follow each other without a gap that nobody has accepted, none is given twice,"
    " what was said is sent or in the outbox, and nobody has heard more than there is.",
    violations,
)
