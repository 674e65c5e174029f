"""Changes as they happen, for many readers at once.

One task looks ten times a second for rows that changed, makes events of them and hands the same bytes to every reader of
that dimension who sees the same teams: such readers share a channel, and nothing is shared between channels, neither bytes nor
numbers of events. Whose scope has changed is in another channel from the next tick on. A reader costs one write per tick; one that can't keep up is cut off and told so. What waits for a reader is
bounded in bytes, and what it is sent first comes in pieces, each made when the one before was taken: a reader that takes
nothing holds one piece, and no longer than it may.
"""

import asyncio
import contextlib
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

from prometheus_client import Counter, Gauge, Histogram

from chassis import Actor, Service, Transaction
from chassis.database import INFRASTRUCTURE
from chassis.telemetry import REGISTRY
from metrics.api import schemas
from metrics.domain.catalogue import By
from metrics.domain.kpi import Kpi, Part, summed
from metrics.settings import MetricsSettings
from metrics.store import kpis, scope
from metrics.use_cases._traced import show

CLIENTS = Gauge("stream_clients", "Streams of numbers that are open.", registry=REGISTRY)
STALLED = Counter("stream_clients_stalled", "Streams ended because they were read too slowly.", registry=REGISTRY)
FRAME_AGE = Histogram(
    "frame_age_seconds",
    "From the moment the newest event was said that a change on a screen holds to the sending of that change.",
    registry=REGISTRY,
    buckets=(0.05, 0.1, 0.2, 0.4, 0.7, 1, 2, 5, 30, 300),
)
KEEP_ALIVE = b": keep-alive\n\n"
AT_ONCE = 64 * 1024  # bytes of one write, unless a single event is larger
PIECE = 200  # rows of one event: some 60 kB
NOTICE_S = 2.0  # a slow reader has this long to take the notice
FAREWELL_S = 0.2  # and any reader this long to take the last bytes when the service stops
LOOK_S = 1.0  # every reader's scope is looked at this often, whatever was heard of it
IDLE_S = 60.0  # a channel without readers is kept this long, for those who come back


def encode(event: str, data: str, position: str = "") -> bytes:
    """One server-sent event."""
    numbered = f"id: {position}\n" if position else ""
    return f"{numbered}event: {event}\ndata: {data}\n\n".encode()


class Frame(NamedTuple):
    """One tick of a channel: its number, and the event as bytes."""

    number: int
    bytes: bytes


class Reader:
    """One open stream: the channel it is in, the frames it has not been sent yet, and what ends it. ``expires_at`` is when the
    token ends that opened it, in seconds of the epoch."""

    __slots__ = (
        "actor", "after", "backlog", "channel", "deadline", "expires_at", "first", "last", "position", "waiting", "wake",
    )  # fmt: skip

    def __init__(self, actor: Actor, channel: "Channel", expires_at: float | None) -> None:
        self.actor, self.channel, self.expires_at = actor, channel, expires_at
        self.backlog: deque[bytes] = deque()
        self.waiting = 0  # bytes of the backlog
        self.wake = asyncio.Event()
        self.last = False
        self.deadline = asyncio.timeout(None)
        # What stands before all ticks: frames that are there, and the key after which the snapshot goes on, or None.
        self.first: deque[bytes] = deque()
        self.after: str | None = None
        self.position = ""

    def push(self, frame: bytes) -> None:
        """One more frame to send."""
        self.backlog.append(frame)
        self.waiting += len(frame)
        self.wake.set()

    def clear(self) -> None:
        """Nothing waits any more."""
        self.backlog.clear()
        self.waiting = 0
        self.wake.clear()

    def end(self, within_s: float, word: bytes = b"") -> None:
        """Sends this last word instead of the backlog, if it can be sent in time."""
        if self.last:
            return
        self.last = True
        self.clear()
        self.push(word)
        with contextlib.suppress(RuntimeError):  # it has not begun to write, or has just ended
            self.deadline.reschedule(asyncio.get_running_loop().time() + within_s)

    async def next(self) -> bytes:
        """What is waiting, as one write of a bounded size."""
        await self.wake.wait()
        taken = [self.backlog.popleft()]
        size = len(taken[0])
        while self.backlog and size + len(self.backlog[0]) <= AT_ONCE:
            taken.append(self.backlog.popleft())
            size += len(taken[-1])
        self.waiting -= size
        if not self.backlog:
            self.wake.clear()
        return b"".join(taken)

    @property
    def done(self) -> bool:
        """Whether the last word was taken, and nothing follows."""
        return self.last and not self.backlog


class Channel:
    """The readers of one dimension who see the same teams, its position, and the ring of late frames that a reader can resume
    from. ``name`` tells its positions from those of any other, also of another process."""

    def __init__(self, by: By, teams: frozenset[str], ring_bytes: int) -> None:
        self.by, self.teams = by, teams
        self.name = secrets.token_hex(4)
        self.readers: set[Reader] = set()
        self.idle_since = 0.0
        self.number = 0
        self._ring: deque[Frame] = deque()
        self._room = self._ring_bytes = ring_bytes

    @property
    def position(self) -> str:
        """Where it stands."""
        return f"{self.name}-{self.number}"

    def tell(self, data: str) -> bytes:
        """The next event, remembered; the oldest ones are forgotten when the ring is full."""
        self.number += 1
        frame = Frame(self.number, encode("changed", data, self.position))
        self._ring.append(frame)
        self._room -= len(frame.bytes)
        while self._room < 0:
            self._room += len(self._ring.popleft().bytes)
        return frame.bytes

    def since(self, position: str) -> list[bytes] | None:
        """The frames after this position, or None when it is another's or some of them are gone."""
        name, _, text = position[:100].partition("-")
        number = int(text[:18]) if name == self.name and text.isdecimal() else -1
        if not 0 <= self.number - number <= len(self._ring) or number < 0:
            return None
        return [frame.bytes for frame in self._ring if frame.number > number]

    def break_off(self) -> None:
        """Nobody can resume from before this position."""
        self._ring.clear()
        self._room = self._ring_bytes
        self.number += 1

    def news(self, rows: Iterable[dict[str, Part]], seen: int) -> list[Kpi]:
        """What these rows are for who sees these teams, where one of them has changed it since that version was the highest:
        what was read up to a transaction still running is read again at the next tick, and told once is enough."""
        found: list[Kpi] = []
        for of in rows:
            parts = [part for team, part in of.items() if team in self.teams]
            if any(part.version > seen for part in parts):
                found += summed(parts)
        return found


class Feed:
    """All open streams of this process."""

    def __init__(self, settings: MetricsSettings) -> None:
        self.settings = settings
        self.channels: dict[tuple[By, frozenset[str]], Channel] = {}
        self.floor: int | None = None
        self.seen = 0  # the highest version of what was told
        self._kick = asyncio.Event()
        self._lost = False
        self._silent_since = self._looked_at = 0.0
        self._changed: set[str] = set()

    @property
    def readers(self) -> int:
        """How many streams are open."""
        return sum(len(channel.readers) for channel in self.channels.values())

    def join(self, by: By, actor: Actor, teams: frozenset[str], expires_at: float | None = None) -> Reader:
        """A reader that is told of every tick from here on, once it was greeted. Whoever joins must close."""
        channel = self._channel(by, teams)
        reader = Reader(actor, channel, expires_at)
        channel.readers.add(reader)
        self._kick.set()
        return reader

    def _channel(self, by: By, teams: frozenset[str]) -> Channel:
        if (by, teams) not in self.channels:
            self.channels[by, teams] = Channel(by, teams, self.settings.stream_ring_bytes)
        return self.channels[by, teams]

    def scope_changed(self, persons: Collection[str]) -> None:
        """What these may see is another now: their streams follow at the next tick."""
        self._changed.update(persons)

    async def greet(self, reader: Reader, last_event_id: str, tx: Transaction) -> None:
        """Settles what stands before all ticks: what the reader missed, or the whole, or word that it must fetch the whole."""
        await self._begin(tx)
        reader.clear()  # ticks until now are told by what follows
        reader.position = reader.channel.position
        missed = reader.channel.since(last_event_id)
        if missed is not None:
            reader.first.extend([KEEP_ALIVE, *missed])
        elif last_event_id:
            reader.first.append(encode("resync", "{}", reader.position))
        else:
            reader.first.append(await self._piece(reader, "", tx))

    async def _piece(self, reader: Reader, after: str, tx: Transaction) -> bytes:
        """The next rows of a snapshot. The position stands on its last piece: whoever breaks off before that begins anew."""
        channel = reader.channel
        rows = await kpis.page(tx, channel.by, after, PIECE, channel.teams)
        as_of = await kpis.as_of(tx)
        if reader.channel is not channel:  # its scope has changed meanwhile: it is told so, and nothing of this
            return b""
        reader.after = rows[-1].key if len(rows) == PIECE else None
        table = schemas.table(as_of, rows, reader.after)
        return encode("snapshot", table.model_dump_json(), "" if reader.after is not None else reader.position)

    async def greeting(self, reader: Reader, service: Service) -> AsyncIterator[bytes]:
        """What stands before all ticks, piece by piece, as it is taken."""
        while reader.first:
            yield reader.first.popleft()
        while reader.after is not None and not reader.last:
            async with service.database.at_door(reader.actor) as tx:
                piece = await self._piece(reader, reader.after, tx)
            yield piece

    async def _begin(self, tx: Transaction) -> None:
        """Whatever changes from now on is told: settled before anything is read, so that nothing falls between."""
        if self.floor is None:
            seen, horizon = await kpis.last_merge(tx), await kpis.horizon(tx)
            if self.floor is None:
                self.seen, self.floor = seen, horizon

    def close(self, reader: Reader) -> None:
        """It is told nothing more of its channel."""
        reader.channel.readers.discard(reader)
        reader.channel.idle_since = asyncio.get_running_loop().time()

    async def run(self, service: Service) -> None:
        """Ticks while anybody reads, until the service stops; then every stream ends."""
        CLIENTS.set_function(lambda: self.readers)
        service.access.changed.append(self.scope_changed)
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._watch(service))
            await service.stopping.wait()
            for reader in self._all():
                reader.end(FAREWELL_S)
            watch.cancel()

    def _all(self) -> list[Reader]:
        return [reader for channel in self.channels.values() for reader in channel.readers]

    async def _watch(self, service: Service) -> None:
        pause = self.settings.stream_tick_ms / 1000
        while True:
            await self._kick.wait()
            if not self.readers:
                self._kick.clear()
                continue
            self._end_those_who_may_not_go_on(service)
            try:
                async with service.database.transaction() as tx:
                    await self._follow(tx)
                    await self.tick(tx)
            except INFRASTRUCTURE:
                # The database was away and may have come back as another: readers fetch the whole again.
                self.floor, self._lost = None, True
                await asyncio.sleep(1)
            await asyncio.sleep(pause)

    def _end_those_who_may_not_go_on(self, service: Service) -> None:
        now = time.time()
        for reader in self._all():
            if service.access.stale:
                reader.end(NOTICE_S, encode("stale", '{"detail": "Who may see what can\'t be checked just now."}'))
            elif reader.expires_at is not None and reader.expires_at <= now:
                reader.end(NOTICE_S, encode("expired", '{"detail": "The token has ended. Sign in and connect again."}'))

    async def _follow(self, tx: Transaction) -> None:
        """Every reader whose scope is another than that of his channel goes to the channel of his scope."""
        loop = asyncio.get_running_loop()
        readers, heard = self._all(), self._changed
        self._changed = set()
        if loop.time() - self._looked_at >= LOOK_S:
            self._looked_at = loop.time()
        else:
            readers = [reader for reader in readers if reader.actor.principal in heard]
        if not readers:
            return
        seen = await scope.of(tx, {reader.actor.principal for reader in readers})
        for reader in readers:
            self._move(reader, seen.get(reader.actor.principal, frozenset()))

    def _move(self, reader: Reader, teams: frozenset[str]) -> None:
        if teams == reader.channel.teams or reader.last:
            return
        self.close(reader)
        by = reader.channel.by
        # What waits for it is of the scope it had, and is not sent any more.
        reader.channel, reader.after = self._channel(by, teams), None
        reader.first.clear()
        reader.clear()
        reader.channel.readers.add(reader)
        if teams:
            reader.push(encode("resync", '{"scope": "changed"}', reader.channel.position))
        else:
            reader.end(NOTICE_S, encode("closed", '{"detail": "You see nothing here any more."}'))

    async def tick(self, tx: Transaction) -> None:
        """One look for changes: one event per channel of which something changed."""
        await self._begin(tx)
        loop = asyncio.get_running_loop()
        if self._lost:
            self._lost = False
            self._resync()
        for at, channel in list(self.channels.items()):
            if not channel.readers and loop.time() - channel.idle_since > IDLE_S:
                del self.channels[at]
        teams = frozenset[str]().union(*(channel.teams for channel in self.channels.values()))
        parts, self.floor = await kpis.read_parts(tx, sorted({by for by, _ in self.channels}), self.floor or 0, teams)
        if await self._tell(parts, tx):
            self._silent_since = loop.time()
        elif loop.time() - self._silent_since >= self.settings.stream_keep_alive_s:
            self._silent_since = loop.time()
            for reader in self._all():
                if not reader.backlog:  # whoever has something waiting is not kept alive by more of it
                    self._push(reader, KEEP_ALIVE)

    async def _tell(self, parts: Sequence[Part], tx: Transaction) -> bool:
        """Tells each channel what is new in it; whether there was anything."""
        rows: dict[By, list[dict[str, Part]]] = {}
        for (by, _, _), some in groupby(parts, key=lambda part: part[1:4]):
            rows.setdefault(by, []).append({part.team: part for part in some})
        seen, self.seen = self.seen, max([self.seen, *(part.version for part in parts)])
        news = [(channel, channel.news(rows.get(channel.by, ()), seen)) for channel in self.channels.values()]
        news = [(channel, changed) for channel, changed in news if changed]
        as_of = await kpis.as_of(tx) if news else {}
        for channel, changed in news:
            for start in range(0, len(changed), PIECE):
                frame = channel.tell(schemas.table(as_of, changed[start : start + PIECE]).model_dump_json())
                for reader in channel.readers:
                    self._push(reader, frame)
                await asyncio.sleep(0)  # many changes at once keep nobody else waiting
        if as_of:
            show(tx.process_cache, as_of, tx.now)
            FRAME_AGE.observe(max(0.0, (datetime.now(UTC) - max(as_of.values())).total_seconds()))
        return bool(news)

    def _push(self, reader: Reader, frame: bytes) -> None:
        full = reader.waiting + len(frame) > self.settings.stream_backlog_bytes and reader.backlog
        if full or len(reader.backlog) >= self.settings.stream_backlog:
            STALLED.inc(not reader.last)
            reader.end(
                NOTICE_S, encode("slow", '{"detail": "The stream was read too slowly and ends. Connect again."}')
            )
        elif not reader.last:
            reader.push(frame)

    def _resync(self) -> None:
        for channel in self.channels.values():
            channel.break_off()
            for reader in channel.readers:
                self._push(reader, encode("resync", "{}", channel.position))
