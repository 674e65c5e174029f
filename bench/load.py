"""An open-loop generator: requests leave at their intended times (Poisson), and latency counts from there.

A closed loop would send less just when the system is slow and so hide it (coordinated omission). It speaks HTTP/1.1 over a
fixed set of kept-alive connections with as little Python per request as can be, because it shares the machine with what it
measures; its own CPU is reported apart.
"""

import asyncio
import json
import random
import resource
import time
from collections import deque
from dataclasses import dataclass, field
from typing import cast


@dataclass
class Sent:
    """What became of the requests. Times in seconds."""

    offered: int = 0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    leads: int = 0
    accepted: list[str] = field(default_factory=list)
    waited_most: int = 0
    cpu: float = 0.0


class _Connection(asyncio.Protocol):
    """One kept-alive connection, one request at a time."""

    def __init__(self, pool: "Pool") -> None:
        self.pool, self.buffer, self.begun, self.leads = pool, b"", 0.0, 0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.pool.free(self)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head_end = self.buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return
        head = self.buffer[:head_end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self.buffer) < head_end + 4 + length:
            return
        status, body = int(self.buffer[9:12]), self.buffer[head_end + 4 : head_end + 4 + length]
        self.buffer = self.buffer[head_end + 4 + length :]
        self.pool.answered(self, status, body)

    def connection_lost(self, error: Exception | None) -> None:
        self.pool.lost(self)


class Pool:
    """The connections and the queue in front of them: first in, first out."""

    def __init__(self, sent: Sent, keep_ids: bool) -> None:
        self.sent, self.keep_ids = sent, keep_ids
        self.idle: list[_Connection] = []
        self.queue: deque[tuple[float, bytes, int]] = deque()
        self.busy: dict[_Connection, tuple[float, int]] = {}

    def offer(self, intended: float, request: bytes, leads: int) -> None:
        """Sends now if a connection is free, else as soon as one is."""
        self.sent.offered += 1
        self.queue.append((intended, request, leads))
        self.sent.waited_most = max(self.sent.waited_most, len(self.queue))
        self._next()

    def _next(self) -> None:
        while self.queue and self.idle:
            connection = self.idle.pop()
            if connection.transport is None or connection.transport.is_closing():
                continue
            intended, request, leads = self.queue.popleft()
            self.busy[connection] = (intended, leads)
            connection.transport.write(request)

    def free(self, connection: _Connection) -> None:
        """The connection can take a request."""
        self.idle.append(connection)
        self._next()

    def answered(self, connection: _Connection, status: int, body: bytes) -> None:
        """An answer came."""
        intended, leads = self.busy.pop(connection)
        self.sent.latencies.append(time.perf_counter() - intended)
        self.sent.statuses[status] = self.sent.statuses.get(status, 0) + 1
        if status in (200, 202):
            self.sent.leads += leads
            if self.keep_ids:
                answer = json.loads(body)
                self.sent.accepted += answer.get("ids") or [answer["id"]]
        self.free(connection)

    def lost(self, connection: _Connection) -> None:
        """The server closed it: what was under way has no answer."""
        if self.busy.pop(connection, None):
            self.sent.statuses[0] = self.sent.statuses.get(0, 0) + 1


def post(path: str, body: bytes, token: str = "") -> bytes:
    """A whole request as bytes."""
    head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return (head + (f"Authorization: Bearer {token}\r\n" if token else "") + "\r\n").encode() + body


async def run(
    host: str,
    port: int,
    requests: list[tuple[bytes, int]],
    per_second: float,
    seconds: float,
    *,
    connections: int = 64,
    seed: int = 1,
    keep_ids: bool = False,
) -> Sent:
    """Offers ``per_second`` requests for ``seconds``, drawn in turn from ``requests`` (bytes, leads in them)."""
    sent = Sent()
    pool = Pool(sent, keep_ids)
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(pool), host, port)
    rng, before = random.Random(seed), resource.getrusage(resource.RUSAGE_SELF)
    began = due = time.perf_counter()
    n = 0
    while due < began + seconds:
        now = time.perf_counter()
        if due > now:
            await asyncio.sleep(due - now)
        elif n % 50 == 0:
            await asyncio.sleep(0)
        request, leads = requests[n % len(requests)]
        pool.offer(due, request, leads)
        due += rng.expovariate(per_second)
        n += 1
    deadline = time.perf_counter() + 20
    while (pool.busy or pool.queue) and time.perf_counter() < deadline:
        await asyncio.sleep(0.01)
    after = resource.getrusage(resource.RUSAGE_SELF)
    sent.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    for connection in pool.idle:
        if connection.transport:
            connection.transport.close()
    return sent


def percentile(values: list[float], share: float) -> float:
    """The value that this share of the values does not exceed, in milliseconds."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 1) if ordered else float("nan")
