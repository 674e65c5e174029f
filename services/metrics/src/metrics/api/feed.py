"""Changes as they happen, for many readers at once.

One task looks ten times a second for rows that changed, makes events of them and hands the same bytes to every reader who
asked for the same and sees the same teams: such readers share a channel, and nothing is shared between channels, neither bytes
nor numbers of events. Whose scope has changed is in another channel from the next tick on. A reader costs one write per tick;
one that can't keep up is cut off and told so.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Sequence
from datetime import UTC, datetime
from itertools import groupby

from prometheus_client import Counter, Gauge, Histogram

from chassis import Actor, Service, Transaction
from chassis.database import INFRASTRUCTURE
from chassis.telemetry import REGISTRY
from metrics.api import schemas
from metrics.api.channels import Channel, Slice, encode
from metrics.api.readers import Reader
from metrics.domain.catalogue import By
from metrics.domain.kpi import Part
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
PIECE = 200  # rows of one event: some 60 kB
NOTICE_S = 2.0  # a slow reader has this long to take the notice
FAREWELL_S = 0.2  # and any reader this long to take the last bytes when the service stops
LOOK_S = 1.0  # every reader's scope is looked at this often, whatever was heard of it
IDLE_S = 60.0  # a channel without readers is kept this long, for those who come back


class Feed:
    """All open streams of this process."""

    def __init__(self, settings: MetricsSettings) -> None:
        self.settings = settings
        self.channels: dict[tuple[Slice, frozenset[str]], Channel] = {}
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

    def join(self, of: Slice, actor: Actor, teams: frozenset[str], expires_at: float | None = None) -> Reader:
        """A reader that is told of every tick from here on, once it was greeted. Whoever joins must close."""
        channel = self._channel(of, teams)
        reader = Reader(actor, channel, expires_at)
        channel.readers.add(reader)
        self._kick.set()
        return reader

    def _channel(self, of: Slice, teams: frozenset[str]) -> Channel:
        if (of, teams) not in self.channels:
            self.channels[of, teams] = Channel(of, teams, self.settings.stream_ring_bytes)
        return self.channels[of, teams]

    def scope_changed(self, persons: Collection[str]) -> None:
        """What these may see is another now: their streams follow at the next tick."""
        self._changed.update(persons)

    async def greet(self, reader: Reader, last_event_id: str, tx: Transaction) -> None:
        """Settles what stands before all ticks: what the reader missed since that event, or the whole, also where that event is
        of another process, too old, or none."""
        await self._begin(tx)
        number = reader.channel.holds(last_event_id)
        if number is not None:
            reader.resume(number, KEEP_ALIVE)
        else:
            reader.begin(encode("resync", "{}") if last_event_id else b"")  # what it holds it can't go on from
            reader.first.append(await self._piece(reader, tx))

    async def _piece(self, reader: Reader, tx: Transaction) -> bytes:
        """The next rows of a snapshot. The position stands on its last piece: whoever breaks off before that begins anew."""
        channel, begun, by = reader.channel, reader.begun, reader.dimensions[0]
        now = await kpis.standing(tx)
        if channel.of.key is None:
            rows = await kpis.page(tx, by, reader.after, PIECE, channel.teams)
        else:
            rows = await kpis.row(tx, by, channel.of.key, channel.teams)
        if (
            reader.begun != begun or reader.last
        ):  # its scope has changed meanwhile: it is sent that, and nothing of this
            return b""
        following = rows[-1].key if len(rows) == PIECE else None
        reader.after = following or ""
        if following is None:
            reader.dimensions.popleft()
        table = schemas.table_json(by, now, rows, following, channel.of.numbers)
        return encode("snapshot", table, "" if reader.dimensions else reader.position)

    async def ahead(self, reader: Reader, service: Service) -> AsyncIterator[bytes]:
        """What stands before all ticks, piece by piece, as it is taken."""
        while reader.ahead and not reader.last:
            if reader.first:
                yield reader.first.popleft()
            elif reader.behind is not None:
                yield reader.missed()
            else:
                async with service.database.at_door(reader.actor) as tx:
                    piece = await self._piece(reader, tx)
                yield piece

    async def _begin(self, tx: Transaction) -> None:
        """Whatever changes from now on is told: settled before anything is read, so that nothing falls between."""
        if self.floor is None:
            now = await kpis.standing(tx)
            if self.floor is None:
                self.seen, self.floor = now.offset, now.horizon

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
        # What waits for it is of the scope it had, and is not sent any more.
        reader.channel = self._channel(reader.channel.of, teams)
        reader.channel.readers.add(reader)
        reader.clear()
        if teams:
            reader.begin(encode("resync", '{"scope": "changed"}'))
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
        dimensions = sorted({by for of, _ in self.channels for by in of.dimensions})
        now = await kpis.standing(tx)
        parts = await kpis.read_parts(tx, dimensions, self.floor or 0, teams)
        # What was merged between the two looks is in the rows; and so is all that was merged before it.
        now = now._replace(offset=max([now.offset, *(part.version for part in parts)]))
        self.floor = now.horizon
        if await self._tell(parts, now):
            show(tx.process_cache, now.as_of, tx.now)
            self._silent_since = loop.time()
        elif loop.time() - self._silent_since >= self.settings.stream_keep_alive_s:
            self._silent_since = loop.time()
            for reader in self._all():
                if not reader.backlog and not reader.ahead:  # whoever has something waiting needs no more of it
                    self._push(reader, KEEP_ALIVE)

    async def _tell(self, parts: Sequence[Part], now: kpis.Standing) -> bool:
        """Tells each channel what is new in it; whether there was anything."""
        rows: dict[By, list[dict[str, Part]]] = {}
        for (by, _, _), some in groupby(parts, key=lambda part: part[1:4]):
            rows.setdefault(by, []).append({part.team: part for part in some})
        seen, self.seen = self.seen, max([self.seen, *(part.version for part in parts)])
        told = False
        for channel in list(self.channels.values()):
            before = channel.number
            for by in channel.of.dimensions:
                changed = channel.news(rows.get(by, ()), seen)
                for start in range(0, len(changed), PIECE):
                    piece = changed[start : start + PIECE]
                    frame = channel.tell(schemas.table_json(by, now, piece, None, channel.of.numbers))
                    for reader in channel.readers:
                        self._push(reader, frame)
                    told = True
                    if len(piece) == PIECE:
                        await asyncio.sleep(0)  # many changes at once keep nobody else waiting
            if channel.number > before:
                await asyncio.sleep(0)  # what a tick tells a reader of several dimensions is one write, if it is little
        if told and now.as_of:
            FRAME_AGE.observe(max(0.0, (datetime.now(UTC) - max(now.as_of.values())).total_seconds()))
        return told

    def _push(self, reader: Reader, frame: bytes) -> None:
        full = reader.waiting + len(frame) > self.settings.stream_backlog_bytes and reader.backlog
        if full or len(reader.backlog) >= self.settings.stream_backlog:
            STALLED.inc(not reader.last)
            reader.cut_off(NOTICE_S)
        elif not reader.last:
            reader.push(frame)

    def _resync(self) -> None:
        for channel in self.channels.values():
            channel.break_off()
            for reader in channel.readers:
                if not reader.last:
                    reader.begin(encode("resync", "{}"))
