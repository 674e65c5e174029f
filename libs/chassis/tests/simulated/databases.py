"""Databases as dictionaries: what is committed, what a backup is, and what a lost connection leaves."""

import contextlib
import copy
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import asyncpg
from pydantic import SecretStr

from chassis import Settings, Transaction
from chassis.transaction import WatermarkMove
from chassis_testing import MASTER

AT = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = Settings(database_url=SecretStr("postgresql:///simulated"), master_key=SecretStr(MASTER), park_limit=10)


@dataclass
class Source:
    """What is committed in the database of the service that speaks."""

    epoch: str
    shards: int
    emitted: list[str] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)
    outbox: dict[int, dict[int, dict[str, Any]]] = field(default_factory=dict)
    next_seq: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for shard in range(self.shards):
            self.outbox.setdefault(shard, {})
            self.next_seq.setdefault(shard, 1)

    def backup(self) -> "Source":
        """A copy as of now."""
        return copy.deepcopy(self)

    def begin_new_history(self, epoch: str) -> None:
        """As chassis.restored does it: a new name, and what waits is numbered from 1."""
        self.epoch = epoch
        for shard, rows in self.outbox.items():
            waiting = [row for _, row in sorted(rows.items())]
            self.outbox[shard] = {n: {**row, "seq": n} for n, row in enumerate(waiting, 1)}
            self.next_seq[shard] = len(waiting) + 1


@dataclass
class Sink:
    """What is committed in the database of the service that hears."""

    watermark: dict[tuple[str, str, int], tuple[int, Any, str | None]] = field(default_factory=dict)
    effects: list[tuple[str, int, int, str, int, str]] = field(default_factory=list)
    parked: set[tuple[str, int, int]] = field(default_factory=set)

    def backup(self) -> "Sink":
        """A copy as of now."""
        return copy.deepcopy(self)


class Away(asyncpg.InterfaceError):
    """The connection is gone."""


class Connection:
    """The few statements that the chassis sends, on a sink."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.effects: list[tuple[str, int, int, str, int, str]] = []
        self.parked: list[tuple[Any, ...]] = []
        self.moves: list[tuple[tuple[str, str, int], tuple[int, Any, str | None]]] = []

    async def fetch(self, _: str, topics: list[str]) -> list[dict[str, Any]]:
        """The watermarks."""
        return [
            {"topic": t, "source": s, "shard": n, "last_seq": last, "last_at": at, "last_id": name}
            for (t, s, n), (last, at, name) in self.sink.watermark.items()
            if t in topics
        ]

    async def execute(self, statement: str, *columns: Any) -> None:
        """A history heard for the first time, or something parked."""
        if "watermark" in statement:
            for topic, source, shard, last in zip(*columns, strict=True):
                self.sink.watermark.setdefault((topic, source, shard), (last, None, None))
        else:
            self.parked += list(zip(*columns, strict=True))

    async def fetchrow(self, _: str, *columns: Any) -> dict[str, int]:
        """Watermarks move only from where they are believed to be. The moves stand last."""
        for topic, source, shard, old, new, at, name in zip(*columns[-len(WatermarkMove._fields) :], strict=True):
            if self.sink.watermark[topic, source, shard][0] == old:
                self.moves.append(((topic, source, shard), (new, at, name)))
        return {"moved": len(self.moves), "stored": 0}

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """A savepoint."""
        kept = len(self.effects)
        try:
            yield
        except BaseException:
            del self.effects[kept:]
            raise


class Database:
    """Stands where chassis.database.Database stands. Connections are lost before and after commits, by the dice."""

    def __init__(self, sink: Sink, dice: random.Random, bug: str) -> None:
        self.sink, self.dice, self.bug = sink, dice, bug
        self.calm = False
        self.process_cache: dict[Any, Any] = {}

    def _may_break(self, share: float) -> None:
        if not self.calm and self.dice.random() < share:
            raise Away("the connection is gone")

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection without a transaction."""
        self._may_break(0.01)
        yield Connection(self.sink)

    @contextlib.asynccontextmanager
    async def transaction(self, **chosen: Any) -> AsyncIterator[Transaction]:
        """All or nothing; after the commit nobody may learn that it happened."""
        conn = Connection(self.sink)
        tx = Transaction(conn, AT, SETTINGS, {}, **chosen)  # type: ignore[arg-type]
        yield tx
        await tx.finish()
        self._may_break(0.03)
        self.sink.watermark.update(conn.moves)
        if self.bug == "the effect apart from the watermark":
            self._may_break(0.05)
        self.sink.effects += conn.effects
        for row in conn.parked:
            self.sink.parked.add((row[1], row[2], row[3]))
        self._may_break(0.03)
