"""What one connection may cost: uvicorn's HTTP/1.1 with bounds on heads, time and number, and with fewer writes.

uvicorn's parser takes a head of any size for any time. Here a head that is too large is 431, and whoever owes us something, a
head or the rest of a body, is cut off when its time is over, or earlier when there are too many connections: the one that has
owed the longest goes first, so that thousands that say nothing cost nobody else his place.
"""

import asyncio
import contextlib
import math
import resource
from collections.abc import MutableMapping, Sequence
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

WHOLE = "tributary.body"  # in a request's scope: its body, if that came to its end before anybody read of it
HEAD_BYTES, HEADERS, PIPELINED = 32 * 1024, 100, 32
HEAD_WITHIN_S, BODY_WITHIN_S, TAKEN_WITHIN_S = 10.0, 20.0, 30.0
LOOK_EVERY_S, AT_ONCE, BREATH_S = 1.0, 20, 0.01
OTHER_FILES = 200  # open files that are no connections of strangers


class _Gathered:
    """A connection on which what one turn of the event loop has to write is one write: head and body of an answer go out
    in one system call and one packet, not in two."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        parts, self._parts = self._parts, []
        if parts:
            self._transport.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class TooMuch(Exception):
    """Ends the reading of a head that no door takes."""


class Keeper:
    """All connections of one process. ``owing`` are those from which we wait for something, the longest first."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.open: set[Protocol] = set()
        self.owing: dict[Protocol, None] = {}

    def protocol(self, **options: Any) -> "Protocol":
        """What uvicorn asks for at each new connection."""
        return Protocol(keeper=self, **options)

    def came(self, newcomer: "Protocol") -> None:
        """One more. When they are too many, who has owed us something for the longest time has to go."""
        self.open.add(newcomer)
        if len(self.open) > self.most:
            longest = next(iter(self.owing), newcomer)
            self.gone(longest)
            longest.transport.abort()

    def gone(self, protocol: "Protocol") -> None:
        """One less."""
        self.open.discard(protocol)
        self.owing.pop(protocol, None)

    async def watch(self) -> None:
        """Looks every second, until cancelled. One clock for all: a timer per request would cost as much as its answer."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            late = self.late(loop.time())
            for first in range(0, len(late), AT_ONCE):  # thousands at a time would hold up everybody else
                self.cut_off(late[first : first + AT_ONCE])
                await asyncio.sleep(BREATH_S)

    def late(self, now: float) -> list["Protocol"]:
        """Whose time is over."""
        return [protocol for protocol in self.open if protocol.due < now]

    def cut_off(self, late: Sequence["Protocol"]) -> None:
        """Closes these without a word, but for those that have gone by themselves."""
        for protocol in late:
            if protocol in self.open:
                self.gone(protocol)
                protocol.transport.abort()


def most_connections(asked: int) -> int:
    """As many as were asked for and the system allows: the limit of open files is raised as far as we may."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return asked if soft == resource.RLIM_INFINITY else max(1, min(asked, soft - OTHER_FILES))


class Protocol(HttpToolsProtocol):
    """One connection. ``due`` is when the other side must have sent, or taken, what it owes."""

    def __init__(self, *args: Any, keeper: Keeper | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.keeper = keeper or Keeper(1)
        self.due = math.inf
        self._untold = 0  # bytes in which nothing of a body has come: a head, its lead-in, trailers, padding of chunks
        self._refused = False
        self._before_stall = math.inf

    def _owes(self, within: float) -> None:
        self.due = self.loop.time() + within
        self.keeper.owing[self] = None

    # -- the connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_Gathered(transport, self.loop))  # type: ignore[arg-type]
        self._owes(HEAD_WITHIN_S)
        self.keeper.came(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.keeper.gone(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._untold += len(data)
        super().data_received(data)
        if self._untold > HEAD_BYTES and not self._refused:
            self._refuse(431)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._before_stall, self.due = self.due, self.loop.time() + TAKEN_WITHIN_S

    def resume_writing(self) -> None:
        super().resume_writing()
        self.due = self._before_stall
        if self.due == math.inf and self.cycle.response_complete:
            self._owes(HEAD_WITHIN_S)

    # -- what the parser says

    def on_headers_complete(self) -> None:
        if len(self.headers) > HEADERS or (self._untold > HEAD_BYTES and self._head_size() > HEAD_BYTES):
            self._refuse(431)
        elif len(self.pipeline) >= PIPELINED:
            self._refuse(429)
        if self._refused:
            raise TooMuch
        self._untold = 0
        self.keeper.owing.pop(self, None)
        self._owes(BODY_WITHIN_S)
        super().on_headers_complete()

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def on_body(self, body: bytes) -> None:
        self._untold = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A body that came with its head is there before anybody asks."""
        super().on_message_complete()
        self._untold = 0
        self.keeper.owing.pop(self, None)
        self.due = math.inf
        cycle = self.cycle
        if cycle.response_complete:
            self._owes(HEAD_WITHIN_S)
        elif not cycle.more_body:
            cast(MutableMapping[str, Any], cycle.scope).setdefault(WHOLE, cycle.body)

    def on_response_complete(self) -> None:
        """The next head is awaited, unless more was asked already, or this one's body is still on its way."""
        super().on_response_complete()
        if self.due == math.inf and self.cycle.response_complete:
            self._owes(HEAD_WITHIN_S)

    # -- an end

    def _refuse(self, status: int) -> None:
        """Says so in a line, and closes: what else comes is not for us."""
        self._refused = True
        self.transport.write(STATUS_LINE[status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP at all is told so, unless it was refused already."""
        if not self._refused:
            self._refused = True
            super().send_400_response(msg)
