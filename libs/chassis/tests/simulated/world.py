"""The schedule: who takes the next step, what is lost on the wire, who dies and what is restored, all by one seed."""

import random
import zlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from chassis import Router, Transaction
from chassis.consumer import Consumer, Held
from chassis.outbox import headers_of
from chassis_testing import raw
from contracts.campaigns.campaign import CAMPAIGN, CampaignPlanned
from simulated.databases import AT, SETTINGS, Database, Sink, Source

SHARDS, KEYS, TOPIC = 2, 5, CAMPAIGN.topic
Actor = Iterator[None]


class Violation(Exception):
    """An invariant does not hold."""


class Quiet:
    """A log that nobody reads."""

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_, **__: None


async def on_planned(events: Sequence[CampaignPlanned], tx: Transaction) -> None:
    """The effect: one row for each event. An event called bad can't be handled."""
    for event in events:
        metadata = tx.metadata(event)
        tx.conn.effects.append(
            (metadata.source, metadata.shard, metadata.seq, event.campaign, event.version, event.name)
        )
        if event.name.endswith("bad"):
            raise ValueError(event.name)


ROUTER = Router("simulated")
ROUTER.on(CAMPAIGN)(on_planned)


@dataclass
class Message:
    """A batch on its way to the broker. It may arrive late, when its sender is long dead, or never."""

    shard: int
    records: list[Any]
    state: str = "on its way"  # acked | failed


@dataclass
class World:
    """Everything there is. ``bug`` plants one of the errors that the schedules must find."""

    seed: int
    bug: str = ""
    exclusive: bool = True
    restores: bool = True
    consumers: int = 2
    moves: int = 0
    emitted: int = 0
    log: list[list[Any]] = field(default_factory=lambda: [[] for _ in range(SHARDS)])
    committed: list[int] = field(default_factory=lambda: [0] * SHARDS)
    wire: list[Message] = field(default_factory=list)
    locks: dict[Any, object] = field(default_factory=dict)
    owner: object = None
    quiet: bool = False
    checked: int = 0
    happened: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.source, self.sink = Source("e0", SHARDS), Sink()
        self.backups: tuple[Source, Sink] = (self.source.backup(), self.sink.backup())
        self.actors: dict[str, Actor] = {}
        self.seen: set[tuple[str, int, int]] = set()
        self.newest: dict[tuple[str, str], int] = {}
        for name in ("writer 1", "writer 2", "writer 3", "relay 1", "relay 2"):
            self._start(name)
        for n in range(self.consumers):
            self._start(f"consumer {n + 1}")

    def _start(self, name: str) -> None:
        roles = {"writer": self._writer, "relay": self._relay, "consumer": self._consumer}
        self.actors[name] = roles[name.split()[0]]()

    # -- the parts

    def _lock(self, what: Any, mine: object) -> Iterator[None]:
        while self.locks.setdefault(what, mine) is not mine:
            yield

    def _writer(self) -> Actor:
        """Transactions that lock what they touch in order, number what they say last, and commit, change their mind or die."""
        while True:
            yield
            if self.quiet:
                continue
            mine, source = object(), self.source
            try:
                rows, versions = [], {}
                for key in sorted(self.dice.sample(range(KEYS), self.dice.randint(1, 3))):
                    yield from self._lock(("key", key), mine)
                    versions[f"k{key}"] = version = source.versions.get(f"k{key}", 0) + 1
                    rows.append(self._row(f"k{key}", version))
                numbered: list[dict[str, Any]] = []
                for shard in sorted({row["shard"] for row in rows}):
                    if self.bug != "numbers outside the transaction":
                        yield from self._lock(("shard", shard), mine)
                    first = source.next_seq[shard]
                    its = [row for row in rows if row["shard"] == shard]
                    numbered += [{**row, "seq": first + n} for n, row in enumerate(its)]
                    if self.bug == "numbers outside the transaction":
                        source.next_seq[shard] += len(its)
                yield
                if self.dice.random() < 0.1 or source is not self.source:
                    self._happened("rollback")
                    continue
                self._commit(source, numbered, versions)
            finally:
                for what in [w for w, holder in self.locks.items() if holder is mine]:
                    del self.locks[what]

    def _row(self, key: str, version: int) -> dict[str, Any]:
        self.emitted += 1
        name = f"{self.emitted}{' bad' if self.dice.random() < 0.02 else ''}"
        event = CampaignPlanned(campaign=key, name=name, currency="EUR", version=version, planned_at=AT)
        shard = zlib.crc32(key.encode()) % SHARDS
        return {
            "id": name,
            "key": key.encode(),
            "shard": shard,
            "type": event.type,
            "at": AT + timedelta(seconds=self.moves),
            "traceparent": f"00-{'a' * 32}-{'b' * 16}-00",
            "causation": None,
            "actor": None,
            "payload": event.model_dump_json(exclude_none=True).encode(),
        }

    def _commit(self, source: Source, rows: list[dict[str, Any]], versions: dict[str, int]) -> None:
        for row in rows:
            source.outbox[row["shard"]][row["seq"]] = row
            source.next_seq[row["shard"]] = max(source.next_seq[row["shard"]], row["seq"] + 1)
            source.emitted.append(row["id"])
        source.versions.update(versions)

    def _relay(self) -> Actor:
        """One is at work, or all of them where the lock is not exclusive; any error begins again from the database."""
        mine = object()
        try:
            while True:
                while self.exclusive and self.owner not in (None, mine):
                    yield
                self.owner = mine
                source, sent = self.source, dict.fromkeys(range(SHARDS), 0)
                name = f"campaigns/{source.epoch}".encode()
                not_ready_reason = False
                while not not_ready_reason and (self.owner is mine or not self.exclusive):
                    yield
                    rows = {s: [r for n, r in sorted(source.outbox[s].items()) if n > sent[s]] for s in range(SHARDS)}
                    yield
                    for shard, its in rows.items():
                        if its and not not_ready_reason:
                            not_ready_reason = yield from self._publish(
                                shard, its[: self.dice.randint(1, 6)], name, sent
                            )
                    if self.dice.random() < 0.5 or self.quiet:
                        self._delete(source, sent)
        finally:
            if self.owner is mine:
                self.owner = None

    def _publish(self, shard: int, rows: list[dict[str, Any]], name: bytes, sent: dict[int, int]) -> Any:
        records = [raw(TOPIC, shard, -1, r["key"], r["payload"], headers_of(r, name)) for r in rows]
        message = Message(shard, records)
        self.wire.append(message)
        if self.bug == "counted as sent before the ack":
            sent[shard] = rows[-1]["seq"]
            self._delete(self.source, sent)
        while message.state == "on its way":
            yield
        if message.state == "failed":
            return True
        sent[shard] = rows[-1]["seq"]
        return False

    def _delete(self, source: Source, sent: dict[int, int]) -> None:
        for shard, last in sent.items():
            source.outbox[shard] = {n: row for n, row in source.outbox[shard].items() if n > last}

    def _consumer(self) -> Actor:
        """The real consumer; several take themselves for the owner of every partition."""
        sink = self.sink
        database = Database(sink, self.dice, self.bug)
        consumer = Consumer(ROUTER, database, SETTINGS)  # type: ignore[arg-type]
        consumer.log = Quiet()
        at = list(self.committed)
        while True:
            yield
            database.calm = self.quiet
            taken = [r for shard in range(SHARDS) for r in self._fetch(shard, at)]
            if not taken:
                continue
            first = {r.partition: r.offset for r in reversed(taken)}
            yield
            if self.bug == "the offset before the effect":
                self._acknowledge({r.partition: r.offset + 1 for r in taken})
                yield
            try:
                delivery = run(consumer.deliver(taken))
            except Held as error:
                self._happened(f"held: {error.cause}")
                for shard, offset in first.items():
                    at[shard] = offset
                continue
            if delivery.suspects and not self.bug:
                raise Violation(f"suspected: {delivery.suspects} events of their true owner")
            yield
            for _, shard in delivery.gaps:
                self._happened("gap")
                at[shard] = 0
            self._acknowledge({s: o for (t, s), o in delivery.next_offsets.items() if (t, s) not in delivery.gaps})

    def _fetch(self, shard: int, at: list[int]) -> list[Any]:
        found = self.log[shard][at[shard] : at[shard] + self.dice.randint(0, 8)]
        at[shard] += len(found)
        return found

    def _acknowledge(self, offsets: dict[int, int]) -> None:
        for shard, offset in offsets.items():
            self.committed[shard] = offset

    # -- the schedule

    def _happened(self, what: str) -> None:
        self.happened[what] = self.happened.get(what, 0) + 1

    def step(self) -> None:
        """One step of somebody, by the dice; then the invariants."""
        self.moves += 1
        chance = self.dice.random()
        if self.wire and chance < 0.2:
            self._deliver(self.wire.pop(self.dice.randrange(len(self.wire))))
        elif not self.quiet and chance > 0.985:
            self._fault()
        else:
            next(self.actors[self.dice.choice(sorted(self.actors))])
        self._check()

    def _deliver(self, message: Message) -> None:
        lost = not self.quiet and self.dice.random() < 0.08
        if not lost:
            for record in message.records:
                kept = vars(record) | {"offset": len(self.log[message.shard])}
                self.log[message.shard].append(type(record)(**kept))
        unheard = not self.quiet and self.dice.random() < 0.08
        message.state = "failed" if lost or unheard else "acked"
        self._happened("batch lost" if lost else "ack lost" if unheard else "ack")

    def _fault(self) -> None:
        kind = self.dice.choice(["kill"] * 6 + ["lock lost", "backup", "source restored", "sink restored"])
        if "restored" in kind and not self.restores:
            kind = "kill"
        self._happened(kind)
        if kind == "kill":
            self._kill(self.dice.choice(sorted(self.actors)))
        elif kind == "lock lost":
            self.owner = None  # a frozen relay's session ended; it goes on when it wakes
        elif kind == "backup":
            self.backups = (self.source.backup(), self.sink.backup())
        else:
            self._restore(kind)

    def _restore(self, kind: str) -> None:
        if kind == "source restored":
            self.source = self.backups[0].backup()
            if self.bug != "the old epoch after a restore":
                self.source.begin_new_history(f"e{self.moves}")
            self._restart("writer", "relay")
        elif kind == "sink restored":
            self.sink, self.checked = self.backups[1].backup(), 0
            self.seen, self.newest = set(), {}
            if self.bug != "no rewind after a restore":
                self.committed = [0] * SHARDS
            self._restart("consumer")

    def _kill(self, name: str) -> None:
        self.actors[name].close()  # type: ignore[attr-defined]
        self._start(name)

    def _restart(self, *roles: str) -> None:
        for name in sorted(self.actors):
            if name.split()[0] in roles:
                self._kill(name)

    # -- the invariants

    def _check(self) -> None:
        """Nothing twice, order per key."""
        for source, shard, seq, key, version, name in self.sink.effects[self.checked :]:
            if (source, shard, seq) in self.seen:
                raise Violation(f"twice: {name} as {source}#{shard}/{seq}")
            self.seen.add((source, shard, seq))
            if self.newest.get((source, key), 0) >= version:
                raise Violation(f"order: {key} went from {self.newest[source, key]} to {version}")
            self.newest[source, key] = version
        self.checked = len(self.sink.effects)

    def settle(self) -> None:
        """A last disaster, so that nothing said later can cover up for it; then all comes to rest and nothing may be missing."""
        if self.restores:
            self._restore(self.dice.choice(["", "source restored", "sink restored"]))
        self._restart("writer", "relay", "consumer")
        self.quiet = True
        for _ in range(6000):
            self.step()
            if self.moves % 50 == 0 and not self.missing() and not any(self.source.outbox.values()):
                break
        if missing := self.missing():
            raise Violation(f"lost: {len(missing)} events, the first is {min(missing)}")
        if any(self.source.outbox.values()):
            raise Violation("stuck: the outbox is never empty")

    def missing(self) -> set[str]:
        """What was said and is neither handled nor parked."""
        parked = {self._name_at(shard, offset) for _, shard, offset in self.sink.parked}
        return set(self.source.emitted) - {effect[5] for effect in self.sink.effects} - parked

    def _name_at(self, shard: int, offset: int) -> str:
        return str(dict(self.log[shard][offset].headers)["ce_id"].decode())


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """A coroutine that never waits, to its end."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("something in a simulation waited")


def play(seed: int, moves: int = 500, **how: Any) -> World:
    """One schedule to its end. Raises Violation."""
    world = World(seed, **how)
    for _ in range(moves):
        world.step()
    world.settle()
    return world
