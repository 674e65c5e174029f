"""Requests that are never given up: each is sent again until its door has taken it, in the order in which they came.

It speaks HTTP/1.1 over kept-alive connections with as little Python per request as can be: it shares the machine with what
it strikes.
"""

import asyncio
import contextlib
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tributary.child_process import StackError

NOT_NOW = frozenset((429, 500, 502, 503, 504))
LONGEST_PAUSE_S, ANSWER_WITHIN_S = 1.0, 15.0


@dataclass(frozen=True)
class Request:
    """One thing to post, by one of the stack's machines. ``taken`` is told the answer."""

    path: str
    body: bytes
    taken: Callable[[dict[str, Any]], None]
    headers: Mapping[str, str] = field(default_factory=dict)
    machine: str = "web-form"


class Door:
    """The queue in front of one service, and as many senders as connections. While the door is away, the queue grows."""

    def __init__(self, url: str, token: Callable[[str], str], senders: int, seed: int) -> None:
        self.url, self._draw, self._senders = url, random.Random(seed), senders
        self._token = token
        self._queue: asyncio.Queue[Request] = asyncio.Queue()
        self.sent, self.sent_again = 0, 0
        self.refused: list[str] = []

    def put(self, request: Request) -> None:
        """Sends it now if a sender is free, else as soon as one is."""
        self._queue.put_nowait(request)

    @property
    def waiting(self) -> int:
        """How many have not begun."""
        return self._queue.qsize()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._senders):
                group.create_task(self._send_for_ever())

    async def emptied(self, within: float) -> None:
        """Returns when everything was taken; a StackError says that it was not in time."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._queue.join(), within)
            return
        raise StackError(f"{self.url} has not taken {self.waiting} requests within {within:g} s.")

    async def _send_for_ever(self) -> None:
        connection = Connection(self.url)
        try:
            while True:
                request = await self._queue.get()
                await self._send(connection, request)
                self._queue.task_done()
        finally:
            connection.close()

    async def _send(self, connection: "Connection", request: Request) -> None:
        pause = 0.05
        while True:
            self.sent += 1
            whole = self._whole(request)
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    status, body = await connection.ask(whole)
            except (OSError, EOFError, TimeoutError, ValueError):
                connection.close()
            else:
                if status in (200, 202):
                    request.taken(json.loads(body))
                    return
                if status not in NOT_NOW:
                    self.refused.append(f"{request.path}: {status} {body[:300].decode(errors='replace')}")
                    return
            self.sent_again += 1
            await asyncio.sleep(pause * (0.5 + self._draw.random()))
            pause = min(pause * 2, LONGEST_PAUSE_S)

    def _whole(self, request: Request) -> bytes:
        given = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
        known = (
            f"Host: tributary\r\nContent-Type: application/json\r\nAuthorization: Bearer {self._token(request.machine)}"
        )
        head = f"POST {request.path} HTTP/1.1\r\n{known}\r\n{given}Content-Length: {len(request.body)}\r\n\r\n"
        return head.encode() + request.body


class Connection:
    """One kept-alive connection, opened when it is needed."""

    def __init__(self, url: str) -> None:
        self._where = urlsplit(url)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._where.hostname, self._where.port)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        if b"connection: close" in head:
            self.close()
        return int(head[9:12]), body

    def close(self) -> None:
        """The next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
