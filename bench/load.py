"""An open-loop generator: requests leave at their intended times, and latency counts from there.

A closed loop would send less just when the system is slow and so hide it (coordinated omission). It speaks HTTP/1.1 over
kept-alive connections with as little Python per request as can be, because it shares the machine with what it measures;
its own processor time is reported apart.
"""

import asyncio
import gc
import random
import resource
import time
from collections import deque
from dataclasses import dataclass, field
from typing import cast

from bench.latency import Latency, percentile

ACCEPTED = (200, 202)


@dataclass
class Sent:
    """What was offered and what became of it, while it happens."""

    offered: int = 0
    offered_leads: int = 0
    leads: int = 0
    latencies: Latency = field(default_factory=Latency)
    refusals: Latency = field(default_factory=Latency)
    statuses: dict[int, int] = field(default_factory=dict)
    waited_most: int = 0
    seconds: float = 0.0
    cpu: float = 0.0


class _Connection(asyncio.Protocol):
    """One kept-alive connection, one request at a time."""

    def __init__(self, pool: "Pool") -> None:
        self.pool, self.buffer = pool, b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.pool.free(self)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if end := answer_end(self.buffer):
            status, self.buffer = int(self.buffer[9:12]), self.buffer[end:]
            self.pool.answered(self, status)

    def connection_lost(self, error: Exception | None) -> None:
        self.pool.lost(self)


def answer_end(buffer: bytes) -> int:
    """Where the first answer in the buffer ends, 0 while it has not all come."""
    head_end = buffer.find(b"\r\n\r\n")
    if head_end < 0:
        return 0
    head = buffer[:head_end].lower()
    at = head.find(b"content-length:")
    end = head_end + 4 + (int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0)
    return end if len(buffer) >= end else 0


class Pool:
    """The connections and the queue in front of them: first in, first out."""

    def __init__(self, sent: Sent) -> None:
        self.sent = sent
        self.idle: list[_Connection] = []
        self.queue: deque[tuple[float, bytes, int]] = deque()
        self.busy: dict[_Connection, tuple[float, int]] = {}

    def offer(self, intended: float, request: bytes, leads: int) -> None:
        """Sends now if a connection is free, else as soon as one is."""
        self.sent.offered += 1
        self.sent.offered_leads += leads
        self.queue.append((intended, request, leads))
        self._next()
        self.sent.waited_most = max(self.sent.waited_most, len(self.queue))

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

    def answered(self, connection: _Connection, status: int) -> None:
        """An answer came."""
        intended, leads = self.busy.pop(connection)
        took = time.perf_counter() - intended
        self.sent.statuses[status] = self.sent.statuses.get(status, 0) + 1
        if status in ACCEPTED:
            self.sent.latencies.add(took)
            self.sent.leads += leads
        else:
            self.sent.refusals.add(took)
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
    even: bool = False,
    sent: Sent | None = None,
) -> Sent:
    """Offers ``per_second`` requests for ``seconds``, drawn in turn from ``requests`` (bytes, leads in them).

    They come as a Poisson process, or ``even``: of a few large batches a second so few are drawn that chance alone would
    change the load by a tenth. ``sent`` can be watched while it fills.
    """
    sent = Sent() if sent is None else sent
    pool = Pool(sent)
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(pool), host, port)
    gc.collect()
    gc.freeze()  # no pause of the generator's own in what it measures
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
        due += 1 / per_second if even else rng.expovariate(per_second)
        n += 1
    deadline = time.perf_counter() + 20
    while (pool.busy or pool.queue) and time.perf_counter() < deadline:
        await asyncio.sleep(0.01)
    sent.seconds = max(seconds, time.perf_counter() - began)
    after = resource.getrusage(resource.RUSAGE_SELF)
    sent.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    for connection in pool.idle:
        if connection.transport:
            connection.transport.close()
    return sent


__all__ = ["ACCEPTED", "Pool", "Sent", "answer_end", "percentile", "post", "run"]
