"""A process of many callers, each with its own pace: ``python -m bench.flood PORT CALLERS RATE SECONDS``.

A caller waits for its answer before it calls again, as a browser does, and is late then; so the door has at most as many
requests at once as there are callers, and always as many as it leaves waiting. Times count from the actual sending: it is
the door's answer that is measured, not the queue of callers. The last line printed is JSON.
"""

import asyncio
import json
import random
import sys
import time
from typing import cast

import uvloop

from bench import load
from bench.forms import singles
from bench.latency import Latency

AGAIN_S = 0.05


class Flood:
    """All callers, and what they were told."""

    def __init__(self, port: int, callers: int, rate: float, seconds: float) -> None:
        self.port, self.callers, self.pace, self.seconds = port, callers, callers / rate, seconds
        self.requests = [request for request, _ in singles(5, 1000)]
        self.sent = self.broken = 0
        self.answers: dict[int, Latency] = {}
        self.began = self.ends = 0.0
        self.open: set[Caller] = set()
        self.rng = random.Random(3)

    async def run(self) -> dict[str, object]:
        """Calls for the whole time, then waits for the last answers."""
        loop = asyncio.get_running_loop()
        for _ in range(self.callers):
            await self.connect()
        self.began = loop.time()
        self.ends = self.began + self.seconds
        for caller in self.open:
            caller.due = self.began + self.rng.random() * self.pace
            loop.call_at(caller.due, caller.call)
        await asyncio.sleep(self.seconds)
        deadline = loop.time() + 60
        while any(c.sent_at for c in self.open) and loop.time() < deadline:
            await asyncio.sleep(0.05)
        unanswered = sum(1 for c in self.open if c.sent_at)
        return {
            "intended": round(self.callers / self.pace * self.seconds),
            "sent": self.sent,
            "broken": self.broken,
            "unanswered": unanswered,
            "answers": {status: latency.summary() for status, latency in sorted(self.answers.items())},
            "generator_cpu_s": round(time.process_time(), 2),
        }

    async def connect(self) -> None:
        """One more caller."""
        await asyncio.get_running_loop().create_connection(lambda: Caller(self), "127.0.0.1", self.port)


class Caller(asyncio.Protocol):
    """Calls, waits for the answer, and calls again when it is time or at once when it is late."""

    def __init__(self, flood: Flood) -> None:
        self.flood, self.buffer, self.due, self.sent_at = flood, b"", 0.0, 0.0
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.flood.open.add(self)
        if self.flood.began:
            self.due = self.loop.time() + self.flood.pace * self.flood.rng.random()
            self.loop.call_at(self.due, self.call)

    def call(self) -> None:
        """Sends the next request unless the time is over."""
        now = self.loop.time()
        if now >= self.flood.ends or self.transport.is_closing():
            return
        self.sent_at = now
        self.flood.sent += 1
        self.transport.write(self.flood.requests[self.flood.sent % len(self.flood.requests)])

    def data_received(self, data: bytes) -> None:
        self.buffer = self.buffer + data if self.buffer else data
        end = load.answer_end(self.buffer)
        if not end:
            return
        status, self.buffer = int(self.buffer[9:12]), self.buffer[end:]
        now = self.loop.time()
        self.flood.answers.setdefault(status, Latency()).add(now - self.sent_at)
        self.sent_at = 0.0
        self.due += self.flood.pace
        if self.due > now:
            self.loop.call_at(self.due, self.call)
        else:
            self.loop.call_soon(self.call)

    def connection_lost(self, error: Exception | None) -> None:
        self.flood.open.discard(self)
        if self.sent_at:
            self.flood.broken += 1
        if self.loop.time() < self.flood.ends:
            self.loop.call_later(AGAIN_S, lambda: self.loop.create_task(self._again()))

    async def _again(self) -> None:
        try:
            await self.flood.connect()
        except OSError:
            if self.loop.time() < self.flood.ends:
                self.loop.call_later(AGAIN_S, lambda: self.loop.create_task(self._again()))


def main() -> None:
    """From the command line."""
    port, callers, rate, seconds = sys.argv[1:]
    print(json.dumps(uvloop.run(Flood(int(port), int(callers), float(rate), float(seconds)).run())))


if __name__ == "__main__":
    main()
