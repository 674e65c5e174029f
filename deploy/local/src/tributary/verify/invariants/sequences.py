"""Numbers: every writer's count on every topic has no gap, no number stands for two events, and nobody is ahead of the log."""

from collections.abc import Iterable, Iterator

from tributary.verify.invariants.violation import Invariant, Violation
from tributary.verify.said import Said
from tributary.verify.world import SEQUENCED, STREAM, Account, World


def violations(world: World) -> Iterator[Violation]:
    """Topic by topic, then outbox by outbox, then watermark by watermark."""
    for topic in SEQUENCED:
        yield from _counted(world, topic)
        yield from _sent(world, topic)
    yield from _not_ahead(world)


def duplicates(world: World) -> int:
    """How many records carry an event that was there before: allowed, every hearer drops them."""
    return sum(len(world.logs[topic].records) - len(world.logs[topic].first) for topic in SEQUENCED)


def _counted(world: World, topic: str) -> Iterator[Violation]:
    log, compacted = world.logs[topic], STREAM[topic].compacted
    last: dict[tuple[str, int], int] = {}
    ids: dict[tuple[str, int, int], str] = {}
    for said in log.records:
        if said.shard != said.partition:
            yield Violation("wrong", f"{topic}: {said.number} lies in partition {said.partition}")
        known = ids.setdefault((said.source, said.shard, said.seq), said.id)
        if known != said.id:
            yield Violation("doubled", f"{topic}: {said.number} is given to two events, {known} and {said.id}")
        begin = log.spans.get(said.partition, (0, 0))[0]
        before = last.get((said.source, said.shard), 0 if begin == 0 else said.seq - 1)
        if said.seq > before + 1 and not compacted:
            yield Violation("lost", f"{topic}: {said.source}#{said.shard} goes from {before} to {said.seq}")
        last[said.source, said.shard] = max(before, said.seq)
    for (source, shard), number in last.items():
        if source.split("/")[0] != STREAM[topic].said_by:
            yield Violation("invented", f"{topic}: {source} speaks on a stream of {STREAM[topic].said_by}")
        account = world.accounts[STREAM[topic].said_by]
        given = account.later.get((topic, shard), account.next_seq.get((topic, shard), 1)) - 1
        if source == account.source and number > given:
            yield Violation(
                "invented", f"{topic}: {source}#{shard} has {number} on the topic, and gave no more than {given}"
            )


def _sent(world: World, topic: str) -> Iterator[Violation]:
    """What the database said is on the topic, or still in its outbox as the end of the count."""
    account = world.accounts[STREAM[topic].said_by]
    on_topic = _newest(account, world.logs[topic].records)
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
        if not sent and world.logs[topic].spans.get(shard, (0, 0))[0]:
            continue  # all of it has expired
        first_unsent = rows[0] if rows else following
        if sent < first_unsent - 1:
            yield Violation(
                "lost", f"{topic}: {account.source}#{shard} {sent + 1}..{first_unsent - 1} was said and is nowhere"
            )


def _newest(account: Account, records: Iterable[Said]) -> dict[int, int]:
    newest: dict[int, int] = {}
    for said in records:
        if said.source == account.source and said.seq > newest.get(said.shard, 0):
            newest[said.shard] = said.seq
    return newest


def _not_ahead(world: World) -> Iterator[Violation]:
    newest: dict[tuple[str, str, int], int] = {}
    for topic in SEQUENCED:
        for said in world.logs[topic].records:
            position = (topic, said.source, said.shard)
            newest[position] = max(newest.get(position, 0), said.seq)
    for service, account in world.accounts.items():
        for (topic, source, shard), number in account.watermarks.items():
            if source == "kafka":
                last = world.logs[topic].spans.get(shard, (0, 0))[1] - 1
            else:
                last = newest.get((topic, source, shard), 0)
            if number > last and (source == "kafka" or world.logs[topic].complete):
                yield Violation(
                    "lost", f"{service} has heard {topic} {source}#{shard} up to {number}, and it ends at {last}"
                )


SEQUENCES = Invariant(
    "sequences",
    "Every writer's numbers on every topic follow each other without a gap, none is given twice, what was said is sent or in"
    " the outbox, and nobody has heard more than there is.",
    violations,
)
