"""Changes as they happen, for many readers at once.

One task looks ten times a second for rows that changed, makes events of them and hands the same bytes to every reader of
that dimension. A reader costs one write per tick; one that can't keep up is cut off and told so. What waits for a reader is
bounded in bytes, and what it is sent first comes in pieces, each made when the one before was taken: a reader that takes
nothing holds one piece, and no longer than it may.
"""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import groupby, islice
from typing import NamedTuple

from chassis import Actor, Service, Transaction
from chassis.database import INFRASTRUCTURE
from metrics.api import schemas
from metrics.domain.catalogue import DIMENSIONS, By
from metrics.settings import MetricsSettings
from metrics.store import kpis

ALL_BY = [dimension.name for dimension in DIMENSIONS]
KEEP_ALIVE = b": keep-alive\n\n"
AT_ONCE = 64 * 1024  # bytes of one write, unless a single event is larger
PIECE = 200  # rows of one event: some 60 kB
NOTICE_S = 2.0  # a slow reader has this long to take the notice
FAREWELL_S = 0.2  # and any reader this long to take the last bytes when the service stops


def encode(event: str, data: str, position: str = "") -> bytes:
    """One server-sent event."""
    numbered = f"id: {position}\n" if position else ""
    return f"{numbered}event: {event}\ndata: {data}\n\n".encode()


class Frame(NamedTuple):
    """One tick of a dimension: its number, and the event as bytes."""

    number: int
    bytes: bytes


class Reader:
    """One open stream: the frames it has not been sent yet, and what ends it."""

    __slots__ = ("actor", "after", "backlog", "deadline", "first", "last", "position", "waiting", "wake")

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.backlog: deque[bytes] = deque()
        self.waiting = 0  # bytes of the backlog
        self.wake = asyncio.Event()
        self.last = False
        self.deadline = asyncio.timeout(None)
        # What stands before all ticks: frames that are there, and the key after which the snapshot goes on, or None.
        self.first: Sequence[bytes] = ()
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


class Dimension:
    """The readers of one dimension, its position, and the ring of late frames that a reader can resume from."""

    def __init__(self, ring_bytes: int) -> None:
        self.readers: set[Reader] = set()
        self.number = 0
        self._ring: deque[Frame] = deque()
        self._room = self._ring_bytes = ring_bytes

    def keep(self, frame: Frame) -> None:
        """Remembers the frame, and forgets the oldest ones when the ring is full."""
        self._ring.append(frame)
        self._room -= len(frame.bytes)
        while self._room < 0:
            self._room += len(self._ring.popleft().bytes)

    def since(self, number: int) -> list[bytes] | None:
        """The frames after this position, or None when some of them are gone."""
        if not 0 <= self.number - number <= len(self._ring):
            return None
        return [frame.bytes for frame in self._ring if frame.number > number]

    def break_off(self) -> None:
        """Nobody can resume from before this position."""
        self._ring.clear()
        self._room = self._ring_bytes
        self.number += 1


class Feed:
    """All open streams of this process. ``name`` tells this process's positions from those of any other."""

    def __init__(self, settings: MetricsSettings) -> None:
        self.settings = settings
        self.name = secrets.token_hex(4)
        self.dimensions: dict[By, Dimension] = {by: Dimension(settings.stream_ring_bytes) for by in ALL_BY}
        self.floor: int | None = None
        self._kick = asyncio.Event()
        self._lost = False
        self._silent_since = 0.0
        self._to_event: dict[tuple[By, str], int] = {}

    @property
    def readers(self) -> int:
        """How many streams are open."""
        return sum(len(dimension.readers) for dimension in self.dimensions.values())

    def join(self, by: By, actor: Actor) -> Reader:
        """A reader that is told of every tick from here on, once it was greeted. Whoever joins must close."""
        reader = Reader(actor)
        self.dimensions[by].readers.add(reader)
        self._kick.set()
        return reader

    async def greet(self, reader: Reader, by: By, last_event_id: str, tx: Transaction) -> None:
        """Settles what stands before all ticks: what the reader missed, or the whole, or word that it must fetch the whole."""
        await self._begin(tx)
        reader.clear()  # ticks until now are told by what follows
        dimension = self.dimensions[by]
        reader.position = f"{self.name}-{dimension.number}"
        name, _, number = last_event_id[:100].partition("-")
        missed = dimension.since(int(number[:18])) if name == self.name and number.isdecimal() else None
        if missed is not None:
            reader.first = [KEEP_ALIVE, *missed]
        elif last_event_id:
            reader.first = [encode("resync", "{}", reader.position)]
        else:
            reader.first = [await self._piece(reader, by, "", tx)]

    async def _piece(self, reader: Reader, by: By, after: str, tx: Transaction) -> bytes:
        """The next rows of a snapshot. The position stands on its last piece: whoever breaks off before that begins anew."""
        rows = await kpis.page(tx, by, after, PIECE)
        reader.after = rows[-1].key if len(rows) == PIECE else None
        table = schemas.table(await kpis.as_of(tx), rows, reader.after)
        return encode("snapshot", table.model_dump_json(), "" if reader.after is not None else reader.position)

    async def greeting(self, reader: Reader, by: By, service: Service) -> AsyncIterator[bytes]:
        """What stands before all ticks, piece by piece, as it is taken."""
        for frame in reader.first:
            yield frame
        reader.first = ()
        while reader.after is not None and not reader.last:
            async with service.database.at_door(reader.actor) as tx:
                piece = await self._piece(reader, by, reader.after, tx)
            yield piece

    async def _begin(self, tx: Transaction) -> None:
        """Whatever changes from now on is told: settled before anything is read, so that nothing falls between."""
        horizon = await kpis.horizon(tx) if self.floor is None else 0
        if self.floor is None:
            self.floor = horizon

    def close(self, by: By, reader: Reader) -> None:
        """The stream has ended."""
        self.dimensions[by].readers.discard(reader)

    async def run(self, service: Service) -> None:
        """Ticks while anybody reads, until the service stops; then every stream ends."""
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._watch(service))
            await service.stopping.wait()
            for reader in self._all():
                reader.end(FAREWELL_S)
            watch.cancel()

    def _all(self) -> Iterable[Reader]:
        return [reader for dimension in self.dimensions.values() for reader in dimension.readers]

    async def _watch(self, service: Service) -> None:
        pause = self.settings.stream_tick_ms / 1000
        while True:
            await self._kick.wait()
            if not self.readers:
                self._kick.clear()
                continue
            try:
                async with service.database.transaction() as tx:
                    await self.tick(tx)
            except INFRASTRUCTURE:
                # The database was away and may have come back as another: readers fetch the whole again.
                self.floor, self._lost = None, True
                await asyncio.sleep(1)
            await asyncio.sleep(pause)

    async def tick(self, tx: Transaction) -> None:
        """One look for changes: one event per dimension that is read and changed."""
        await self._begin(tx)
        if self._lost:
            self._lost = False
            self._resync()
        rows, self.floor = await kpis.read(tx, ALL_BY, self.floor or 0)
        # What was read up to a transaction still running is read again at the next tick: told once is enough.
        fresh = [kpi for kpi in rows if self._to_event.get((kpi.by, kpi.key)) != kpi.version]
        self._to_event = {(kpi.by, kpi.key): kpi.version for kpi in rows}
        loop = asyncio.get_running_loop()
        if fresh:
            as_of = await kpis.as_of(tx)
            for by, changed in groupby(fresh, key=lambda kpi: kpi.by):
                while rows_of := list(islice(changed, PIECE)):
                    self._tell(by, schemas.table(as_of, rows_of).model_dump_json())
                    await asyncio.sleep(0)  # many changes at once keep nobody else waiting
            self._silent_since = loop.time()
        elif loop.time() - self._silent_since >= self.settings.stream_keep_alive_s:
            self._silent_since = loop.time()
            for reader in self._all():
                if not reader.backlog:  # whoever has something waiting is not kept alive by more of it
                    self._push(reader, KEEP_ALIVE)

    def _tell(self, by: By, data: str) -> None:
        dimension = self.dimensions[by]
        dimension.number += 1
        frame = Frame(dimension.number, encode("changed", data, f"{self.name}-{dimension.number}"))
        dimension.keep(frame)
        for reader in dimension.readers:
            self._push(reader, frame.bytes)

    def _push(self, reader: Reader, frame: bytes) -> None:
        full = reader.waiting + len(frame) > self.settings.stream_backlog_bytes and reader.backlog
        if full or len(reader.backlog) >= self.settings.stream_backlog:
            reader.end(
                NOTICE_S, encode("slow", '{"detail": "The stream was read too slowly and ends. Connect again."}')
            )
        elif not reader.last:
            reader.push(frame)

    def _resync(self) -> None:
        for dimension in self.dimensions.values():
            dimension.break_off()
            for reader in dimension.readers:
                self._push(reader, encode("resync", "{}", f"{self.name}-{dimension.number}"))
